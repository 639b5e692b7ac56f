/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The headers between an outer IP header and the inner packet: none, GUE, or GRE.
 *
 * Each reader returns the number of bytes to remove and the inner protocol. Well-formed packets that it does not support
 * (options, keys, control messages, other payloads) are left to the kernel (DECAP_KERNELS); inconsistent ones are dropped
 * (DECAP_BROKEN).
 */
#ifndef SLUICE_DECAP_FORMATS_H
#define SLUICE_DECAP_FORMATS_H

#include "packet.h"
#include <linux/udp.h>

enum {
	DECAP_KERNELS = -1,
	DECAP_BROKEN = -2,
	DECAP_CHUNK = 256, /* half of the limit of bpf_csum_diff before Linux 6.13, and half of the stack */
};

/* The payload of an outer IP header. `length` is from the IP header and lies within the frame; the first buffer may end before.
 * */
struct decap_payload {
	const __u8 *at;
	const void *end;
	__u32 offset;    /* of `at` in the frame */
	__u32 length;
	__u32 addresses; /* unfolded sum of both addresses, for a pseudo header */
};

/* GUE, variant 0 (draft-ietf-intarea-gue-09 3.1). */
struct decap_gue {
	__u8 word;     /* version (2 bits), C (control message), length of the options in 4-byte words (5 bits) */
	__u8 protocol; /* of the inner packet; for a control message its type */
	__be16 flags;  /* which options are present */
};

struct decap_gre {
	__be16 word; /* checksum, routing, key, sequence, strict source route, …, version (3 bits): RFC 2784 2, RFC 2890 2 */
	__be16 protocol;
	__sum16 checksum; /* this and the next field only with the checksum bit */
	__be16 reserved;
};

/*
 * The one's complement sum (RFC 1071) of a part of the frame, starting with `seed`: 0xffff if a checksum in it is correct, 0 if
 * the part is not in the frame.
 *
 * A global function, so that the verifier checks its loop once and not for every path to it. By bpf_xdp_load_bytes, because
 * direct access ends with the first buffer.
 */
__attribute__((noinline)) int decap_sum(struct xdp_md *ctx, __u32 offset, __u32 length, __u32 seed)
{
	__be32 chunk[DECAP_CHUNK / 4];
	__u64 sum = seed;

	/* Bounded by IP's 64 KiB; a longer part keeps a rest and never has the correct sum. */
	for (__u32 i = 0; i < 65536 / DECAP_CHUNK && length >= DECAP_CHUNK; i++) {
		if (bpf_xdp_load_bytes(ctx, offset, chunk, DECAP_CHUNK))
			return 0;
		sum = bpf_csum_diff(0, 0, chunk, DECAP_CHUNK, (__u32)sum);
		offset += DECAP_CHUNK;
		length -= DECAP_CHUNK;
	}
	if (length > 0 && length < DECAP_CHUNK) {
		__builtin_memset(chunk, 0, sizeof(chunk));
		if (bpf_xdp_load_bytes(ctx, offset, chunk, length))
			return 0;
		sum = bpf_csum_diff(0, 0, chunk, DECAP_CHUNK, (__u32)sum);
	}
	sum = (sum & 0xffff) + ((sum >> 16) & 0xffff);
	sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* Bytes of UDP and GUE before the inner packet; sets *inside to its protocol. */
static __always_inline int decap_read_gue(struct xdp_md *ctx, const struct decap_payload *payload, __u8 *inside)
{
	const struct udphdr *udp = (const void *)payload->at;
	const struct decap_gue *gue = (const void *)(udp + 1);
	__u32 length;

	if (payload->length < sizeof(*udp) || (const void *)(udp + 1) > payload->end)
		return DECAP_BROKEN;
	length = bpf_ntohs(udp->len);
	if (length < sizeof(*udp) || length > payload->length)
		return DECAP_BROKEN;
	/* 0 means no checksum, over IPv6 too: RFC 6935 5, RFC 6936 (the inner packet has its own checksums). */
	if (udp->check && decap_sum(ctx, payload->offset, length, payload->addresses + bpf_htons(IPPROTO_UDP) + udp->len) != 0xffff)
		return DECAP_BROKEN;
	if (length < sizeof(*udp) + sizeof(*gue) || (const void *)(gue + 1) > payload->end)
		return DECAP_KERNELS;
	/* Another variant, a control message, options or flags: not sent by Sluice. */
	if (gue->word != 0 || gue->flags != 0)
		return DECAP_KERNELS;
	*inside = gue->protocol;
	return sizeof(*udp) + sizeof(*gue);
}

/* The same for GRE. */
static __always_inline int decap_read_gre(struct xdp_md *ctx, const struct decap_payload *payload, __u8 *inside)
{
	const struct decap_gre *gre = (const void *)payload->at;
	__u16 word;

	if (payload->length < 4 || (const void *)(payload->at + 4) > payload->end)
		return DECAP_BROKEN;
	word = bpf_ntohs(gre->word);
	/* Routing, key, sequence, strict source route, the highest recursion bit (RFC 2784 2.2: bits 1 to 5), and version 1
	 * (PPTP). Bits 6 to 12 must be ignored. */
	if (word & 0x7c07)
		return DECAP_KERNELS;
	if (gre->protocol == bpf_htons(ETH_P_IP))
		*inside = IPPROTO_IPIP;
	else if (gre->protocol == bpf_htons(ETH_P_IPV6))
		*inside = IPPROTO_IPV6;
	else
		return DECAP_KERNELS;
	if (!(word & 0x8000))
		return 4;
	if (payload->length < sizeof(*gre) || decap_sum(ctx, payload->offset, payload->length, 0) != 0xffff)
		return DECAP_BROKEN;
	return sizeof(*gre);
}

#endif
