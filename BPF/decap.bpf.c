// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Unwraps IP-in-IP (RFC 2003, RFC 2473, RFC 4213) on a real server whose kernel has no ipip device.
 *
 * Model. Outer destination is one of this host's addresses, outer header sound and whole: the outer header goes, the link header
 * moves up against the inner packet, and the kernel receives the inner packet as if it had come so. What the inner packet is allowed
 * to do is then the kernel's own judgement (martian sources, rp_filter, firewall, local or not), as for any packet of the wire; the
 * link header keeps its destination, so a frame for another machine stays another machine's.
 *
 * Caveats. IPv6 tunnels with extension headers (Linux's ip6tnl adds a destination option unless told `encaplimit none`) and
 * fragments of tunnel packets are not unwrapped: the kernel gets them as they came.
 */
#include "packet.h"

enum {
	DECAP_PASSED = 0,    /* not a tunnel packet for this host. Nonzero is normal */
	DECAP_UNWRAPPED = 1, /* nonzero is what it is for */
	DECAP_REFUSED = 2,   /* for us, but broken: dropped, as the kernel would. A few are normal on a bad link */
	DECAP_FRAGMENT = 3,  /* for us, but in pieces: passed. Nonzero: the path to this host has too small an MTU for the tunnel */
	DECAP_COUNTERS = 4,
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, DECAP_COUNTERS);
	__type(key, __u32);
	__type(value, __u64);
} decap_counters SEC(".maps");

struct decap_address {
	__u8 bytes[16]; /* IPv4 as ::ffff:a.b.c.d, like everywhere in tables.h */
};

/* This host's own addresses, kept up to date by `sluice decap`. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct decap_address);
	__type(value, __u8);
} decap_addresses SEC(".maps");

static __always_inline int count(__u32 what, int verdict)
{
	__u64 *counter = bpf_map_lookup_elem(&decap_counters, &what);

	if (counter)
		(*counter)++;
	return verdict;
}

static __always_inline int is_ours(const struct decap_address *address)
{
	return bpf_map_lookup_elem(&decap_addresses, address) != 0;
}

/* Takes `outer` bytes out between link header and inner packet. The context's frame must be re-read afterwards. */
static __always_inline int unwrap(struct xdp_md *ctx, const struct packet_cursor *cursor, __u32 outer, __u8 protocol)
{
	__u8 link[PACKET_LINK_MAX];
	__be16 ethertype = protocol == IPPROTO_IPIP ? bpf_htons(ETH_P_IP) : bpf_htons(ETH_P_IPV6);
	void *frame, *end;

	/* Copied out and back in, because the two places overlap with tags or a short outer header, and because the verifier wants
	 * one constant length: the longest link header always lies inside the outer headers that were just checked. */
	__builtin_memcpy(link, cursor->start, sizeof(link));
	if (bpf_xdp_adjust_head(ctx, outer))
		return count(DECAP_REFUSED, XDP_DROP);
	frame = (void *)(long)ctx->data;
	end = (void *)(long)ctx->data_end;
	if (frame + PACKET_LINK_MAX > end)
		return count(DECAP_REFUSED, XDP_DROP);
	switch (cursor->link_length) {
	case ETH_HLEN:
		__builtin_memcpy(frame, link, ETH_HLEN);
		*(__be16 *)(frame + ETH_HLEN - 2) = ethertype;
		break;
	case ETH_HLEN + sizeof(struct packet_tag):
		__builtin_memcpy(frame, link, ETH_HLEN + sizeof(struct packet_tag));
		*(__be16 *)(frame + ETH_HLEN + 2) = ethertype;
		break;
	default:
		__builtin_memcpy(frame, link, PACKET_LINK_MAX);
		*(__be16 *)(frame + PACKET_LINK_MAX - 2) = ethertype;
	}
	return count(DECAP_UNWRAPPED, XDP_PASS);
}

/* Does an inner packet of that protocol's version, with at least a fixed header, begin `outer` bytes past the cursor? */
static __always_inline int inner_is_sound(const struct packet_cursor *cursor, __u32 outer, __u32 payload, __u8 protocol)
{
	__u32 least = protocol == IPPROTO_IPIP ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
	const __u8 *inner = cursor->at + outer;

	if ((void *)(inner + sizeof(struct iphdr)) > cursor->end || payload < least)
		return 0;
	return *inner >> 4 == (protocol == IPPROTO_IPIP ? 4 : 6);
}

static __always_inline int is_tunnel(__u8 protocol)
{
	return protocol == IPPROTO_IPIP || protocol == IPPROTO_IPV6;
}

static __always_inline int from_ipv4(struct xdp_md *ctx, const struct packet_cursor *cursor, __u64 in_frame)
{
	struct decap_address to = { .bytes = { [10] = 0xff, [11] = 0xff } };
	struct iphdr *ip = packet_ipv4(cursor);
	__u32 header, total;
	__u8 protocol;

	if (!ip || !is_tunnel(ip->protocol))
		return count(DECAP_PASSED, XDP_PASS);
	__builtin_memcpy(to.bytes + 12, &ip->daddr, 4);
	if (!is_ours(&to))
		return count(DECAP_PASSED, XDP_PASS);
	header = ip->ihl * 4;
	total = bpf_ntohs(ip->tot_len);
	protocol = ip->protocol;
	if (!packet_ipv4_checksum_holds(ip, cursor->end) || total < header || total > in_frame || ip->ttl == 0)
		return count(DECAP_REFUSED, XDP_DROP);
	if (packet_ipv4_is_fragment(ip))
		return count(DECAP_FRAGMENT, XDP_PASS);
	if (!inner_is_sound(cursor, header, total - header, protocol))
		return count(DECAP_REFUSED, XDP_DROP);
	return unwrap(ctx, cursor, header, protocol);
}

static __always_inline int from_ipv6(struct xdp_md *ctx, const struct packet_cursor *cursor, __u64 in_frame)
{
	struct ipv6hdr *ip = packet_ipv6(cursor);
	struct decap_address to;
	__u32 payload;
	__u8 protocol;

	if (!ip || !is_tunnel(ip->nexthdr))
		return count(DECAP_PASSED, XDP_PASS);
	__builtin_memcpy(to.bytes, &ip->daddr, 16);
	if (!is_ours(&to))
		return count(DECAP_PASSED, XDP_PASS);
	payload = bpf_ntohs(ip->payload_len);
	protocol = ip->nexthdr;
	if (sizeof(*ip) + payload > in_frame || ip->hop_limit == 0)
		return count(DECAP_REFUSED, XDP_DROP);
	if (!inner_is_sound(cursor, sizeof(*ip), payload, protocol))
		return count(DECAP_REFUSED, XDP_DROP);
	return unwrap(ctx, cursor, sizeof(*ip), protocol);
}

/* xdp.frags: only headers are touched, so frames of several buffers (MTU over a page) are welcome. */
SEC("xdp.frags")
int sluice_decap(struct xdp_md *ctx)
{
	struct packet_cursor cursor;
	__u64 in_frame;

	if (!packet_link(ctx, &cursor))
		return count(DECAP_PASSED, XDP_PASS);
	in_frame = bpf_xdp_get_buff_len(ctx) - cursor.link_length;
	if (cursor.ethertype == bpf_htons(ETH_P_IP))
		return from_ipv4(ctx, &cursor, in_frame);
	if (cursor.ethertype == bpf_htons(ETH_P_IPV6))
		return from_ipv6(ctx, &cursor, in_frame);
	return count(DECAP_PASSED, XDP_PASS);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
