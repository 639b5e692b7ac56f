/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Reading a frame in BPF: the link layer and the IPv4 header, as the steering program and the decapsulator both need them.
 *
 * A cursor walks forward; every step compares against the end first, in the form the verifier follows (pointer + constant > end).
 * Nothing here decides anything: a step that finds too few bytes says so, and the caller passes the frame to the kernel.
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

/* What is kept in the frame of an 802.1Q or 802.1ad tag, after the addresses (linux/if_vlan.h does not export it to user space). */
struct packet_tag {
	__be16 tci;
	__be16 ethertype;
};

enum {
	PACKET_TAGS = 2, /* 802.1ad outside 802.1Q; a third tag is nothing we know */
	PACKET_LINK_MAX = ETH_HLEN + PACKET_TAGS * sizeof(struct packet_tag),
	PACKET_IPV4_MAX = 60, /* IHL is 4 bits of 4-byte words: RFC 791 3.1 */
};

struct packet_cursor {
	void *start;
	void *at;
	void *end;
	__be16 ethertype; /* of what `at` points to */
	__u8 link_length; /* bytes from start to at */
};

static __always_inline int packet_is_tag(__be16 ethertype)
{
	return ethertype == bpf_htons(ETH_P_8021Q) || ethertype == bpf_htons(ETH_P_8021AD);
}

/* Past the Ethernet header and up to two tags. 0: a frame too short to have them. With more tags, `ethertype` is still a tag's. */
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

/* The fixed IPv4 header under the cursor, or 0 if it is not whole or its version and IHL are impossible. Options may follow. */
static __always_inline struct iphdr *packet_ipv4(const struct packet_cursor *cursor)
{
	struct iphdr *ip = cursor->at;

	if ((void *)(ip + 1) > cursor->end || ip->version != 4 || ip->ihl < 5)
		return 0;
	return ip;
}

/* The fixed IPv6 header under the cursor, or 0. */
static __always_inline struct ipv6hdr *packet_ipv6(const struct packet_cursor *cursor)
{
	struct ipv6hdr *ip = cursor->at;

	if ((void *)(ip + 1) > cursor->end || ip->version != 6)
		return 0;
	return ip;
}

/* RFC 8200 4.5. */
struct packet_ipv6_fragment {
	__u8 next; /* header of the fragmentable part */
	__u8 reserved;
	__be16 offset; /* 13 bits of 8-byte units, 2 reserved, more */
	__be32 identification;
};

/* The fragment header right behind an IPv6 header, or 0. */
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
 * Is the header checksum right (RFC 1071: the one's complement sum over a sound header is 0xffff), options included? 0 as well
 * when the options are not in the frame. A loop over 16-bit words was chosen over bpf_csum_diff, which wants a constant length.
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

/* More fragments, or an offset: not a whole packet (RFC 791 3.1). */
static __always_inline int packet_ipv4_is_fragment(const struct iphdr *ip)
{
	return ip->frag_off & bpf_htons(0x3fff);
}

/* A fragment other than the first: what follows the header is not what its protocol begins with. */
static __always_inline int packet_ipv4_is_later(const struct iphdr *ip)
{
	return ip->frag_off & bpf_htons(0x1fff);
}

#endif
