/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The walk along IPv6 extension headers, the same as in Sources/Packet/IPv6.swift. */
#ifndef SLUICE_CHAIN_H
#define SLUICE_CHAIN_H

#include "packet.h"

enum {
	EXTENSIONS = 8,            /* the same limit as in Sources/Packet/IPv6.swift */
	EXTENSIONS_BYTES = 0x4fff, /* more than a frame has; a bound for the verifier */
};

static __always_inline int is_extension(__u8 protocol)
{
	return protocol == IPPROTO_HOPOPTS || protocol == IPPROTO_ROUTING || protocol == IPPROTO_FRAGMENT ||
	       protocol == IPPROTO_AH || protocol == IPPROTO_DSTOPTS;
}

/* Input and result of a walk. */
struct chain {
	__u32 offset; /* from the start of the frame. In: behind the IPv6 header; out: behind the last extension header */
	__u8 protocol;
	__u8 is_first_fragment;
	__u32 identification; /* of the last fragment header */
};

/* CHAIN_FRAGMENT: a later fragment; `protocol` is that of the datagram's first header behind the fragment header. */
enum { CHAIN_WHOLE, CHAIN_NOT_OURS, CHAIN_TOO_MANY, CHAIN_FRAGMENT };

/*
 * A global function: the verifier checks it once, for any frame and any start, and not again for every path to it. Inlined, a
 * walk along a quoted packet after the walk along the packet itself took half of the verifier's limit of a million instructions.
 */
__noinline int sluice_walk(struct xdp_md *ctx, struct chain *chain)
{
	const void *start = (void *)(long)ctx->data;
	const void *end = (void *)(long)ctx->data_end;
	__u32 offset;
	__u8 protocol;

	if (!chain)
		return CHAIN_NOT_OURS; /* never true; for the verifier */
	offset = chain->offset;
	protocol = chain->protocol;
	chain->is_first_fragment = 0;
	for (__u32 count = 0; is_extension(protocol); count++) {
		const __u8 *extension;
		__u32 bytes;

		if (offset > EXTENSIONS_BYTES)
			return CHAIN_NOT_OURS;
		extension = start + offset;
		if ((const void *)extension > end)
			return CHAIN_NOT_OURS;
		if (count == EXTENSIONS)
			return CHAIN_TOO_MANY;
		if ((const void *)(extension + 8) > end)
			return CHAIN_NOT_OURS;
		bytes = (extension[1] + 1) * 8;
		switch (protocol) {
		case IPPROTO_ROUTING: /* segments left: to another host; type 0 goes to the worker, which drops it (RFC 5095) */
			if (extension[2] && extension[3])
				return CHAIN_NOT_OURS;
			break;
		case IPPROTO_FRAGMENT:
			__builtin_memcpy(&chain->identification, extension + 4, sizeof(chain->identification));
			if (((__u16)extension[2] << 8 | extension[3]) & 0xfff8) {
				chain->protocol = extension[0];
				return CHAIN_FRAGMENT;
			}
			chain->is_first_fragment |= extension[3] & 1;
			bytes = 8;
			break;
		case IPPROTO_AH:
			bytes = (extension[1] + 2) * 4; /* RFC 4302 2.2 */
			break;
		}
		protocol = extension[0];
		offset += bytes;
	}
	if (offset > EXTENSIONS_BYTES || start + offset > end)
		return CHAIN_NOT_OURS;
	chain->offset = offset;
	chain->protocol = protocol;
	return CHAIN_WHOLE;
}

/* Walks from an IPv6 header in the frame; sets *next to the header behind the last extension header. */
static __always_inline int ipv6_walk(struct xdp_md *ctx, const struct packet_cursor *cursor, const struct ipv6hdr *ip, struct chain *chain,
				     const __u8 **next)
{
	int ended;

	chain->offset = (const void *)(ip + 1) - cursor->start;
	chain->protocol = ip->nexthdr;
	ended = sluice_walk(ctx, chain);
	if (ended != CHAIN_WHOLE)
		return ended;
	if (chain->offset > EXTENSIONS_BYTES)
		return CHAIN_NOT_OURS; /* never true; the verifier loses the bound at the call */
	*next = cursor->start + chain->offset;
	return CHAIN_WHOLE;
}

#endif
