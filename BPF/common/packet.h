/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Parsing a frame in BPF: link layer and IP headers, for the steering program and the decapsulator.
 *
 * A cursor moves forward; every step first compares with the end, in the form that the verifier understands (pointer + constant >
 * end). A step that finds too few bytes returns 0, and the caller passes the frame to the kernel.
 */
#ifndef SLUICE_PACKET_H
#define SLUICE_PACKET_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/* An 802.1Q or 802.1ad tag after the MAC addresses (linux/if_vlan.h does not export its struct to user space). */
struct packet_tag {
	__be16 tci;
	__be16 ethertype;
};

enum {
	PACKET_TAGS = 2, /* 802.1ad around 802.1Q; frames with a third tag are left to the kernel */
	PACKET_LINK_MAX = ETH_HLEN + PACKET_TAGS * sizeof(struct packet_tag),
	PACKET_IPV4_MAX = 60, /* IHL is 4 bits of 4-byte words: RFC 791 3.1 */
};

struct packet_cursor {
	void *start;
	void *at;
	void *end;
	__be16 ethertype; /* of the header that `at` points to */
	__u8 link_length; /* bytes from start to at */
};

static __always_inline int packet_is_tag(__be16 ethertype)
{
	return ethertype == bpf_htons(ETH_P_8021Q) || ethertype == bpf_htons(ETH_P_8021AD);
}

/* Moves the cursor past the Ethernet header and up to two tags. 0: the frame is too short. With more tags, `ethertype` is a
 * tag's. */
static __always_inline int packet_link(struct xdp_md *ctx, struct packet_cursor *cursor)
{
	struct ethhdr *ethernet;

	cursor->start = (void *)(long)ctx->data;
	cursor->end = (void *)(long)ctx->data_end;
	ethernet = cursor->start;
	if ((void *)(ethernet + 1) > cursor->end)
		return 0;
	cursor->at = ethernet + 1;
	cursor->ethertype = ethernet->h_proto;
	cursor->link_length = ETH_HLEN;

	#pragma unroll
	for (int tags = 0; tags < PACKET_TAGS; tags++) {
		struct packet_tag *tag = cursor->at;

		if (!packet_is_tag(cursor->ethertype))
			break;
		if ((void *)(tag + 1) > cursor->end)
			return 0;
		cursor->at = tag + 1;
		cursor->ethertype = tag->ethertype;
		cursor->link_length += sizeof(*tag);
	}
	return 1;
}

/* The fixed IPv4 header at the cursor; 0 if it is truncated or has an invalid version or IHL. Options may follow. */
static __always_inline struct iphdr *packet_ipv4(const struct packet_cursor *cursor)
{
	struct iphdr *ip = cursor->at;

	if ((void *)(ip + 1) > cursor->end || ip->version != 4 || ip->ihl < 5)
		return 0;
	return ip;
}

/* The fixed IPv6 header at the cursor, or 0. */
static __always_inline struct ipv6hdr *packet_ipv6(const struct packet_cursor *cursor)
{
	struct ipv6hdr *ip = cursor->at;

	if ((void *)(ip + 1) > cursor->end || ip->version != 6)
		return 0;
	return ip;
}

/* RFC 8200 4.5. */
struct packet_ipv6_fragment {
	__u8 next; /* protocol of the fragmentable part */
	__u8 reserved;
	__be16 offset; /* 13 bits in units of 8 bytes, 2 reserved bits, more-fragments bit */
	__be32 identification;
};

/* The fragment header directly behind an IPv6 header, or 0. */
static __always_inline const struct packet_ipv6_fragment *packet_ipv6_fragment(const struct ipv6hdr *ip, const void *end)
{
	const struct packet_ipv6_fragment *fragment = (const void *)(ip + 1);

	return ip->nexthdr == IPPROTO_FRAGMENT && (const void *)(fragment + 1) <= end ? fragment : 0;
}

/* As packet_ipv4_is_later, below. */
static __always_inline int packet_ipv6_is_later(const struct packet_ipv6_fragment *fragment)
{
	return fragment->offset & bpf_htons(0xfff8);
}

/*
 * Whether the header checksum, options included, is correct (RFC 1071: the one's complement sum is 0xffff). 0 also if the frame
 * ends within the options. A loop over 16-bit words, because bpf_csum_diff needs a constant length.
 */
static __always_inline int packet_ipv4_checksum_holds(const struct iphdr *ip, const void *end)
{
	const __u16 *word = (const void *)ip;
	__u32 words = ip->ihl * 2;
	__u32 sum = 0;

	for (__u32 i = 0; i < PACKET_IPV4_MAX / 2; i++) {
		if (i >= words)
			break;
		if ((const void *)(word + i + 1) > end)
			return 0;
		sum += word[i];
	}
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff;
}

/* Whether more fragments follow or the offset is not 0 (RFC 791 3.1). */
static __always_inline int packet_ipv4_is_fragment(const struct iphdr *ip)
{
	return ip->frag_off & bpf_htons(0x3fff);
}

/* Whether it is a later fragment: no transport header follows. */
static __always_inline int packet_ipv4_is_later(const struct iphdr *ip)
{
	return ip->frag_off & bpf_htons(0x1fff);
}

#endif
