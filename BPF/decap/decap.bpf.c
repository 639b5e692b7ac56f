// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Unwraps IP-in-IP (RFC 2003, RFC 2473, RFC 4213), GUE and GRE on a real server without tunnel devices.
 *
 * Model. If the outer destination is an address of this host and the outer headers are valid and complete, they are removed: the
 * link header moves to the inner packet, and the kernel receives the inner packet as if it had arrived that way. The kernel then
 * applies its own checks (martian sources, rp_filter, firewall, local delivery), as to any packet. The link header keeps its
 * destination MAC address.
 *
 * Caveats. A packet with a wrong GUE or GRE checksum is dropped. Between two ends on one host (veth) the kernel leaves checksums
 * unfinished, so transmit offload must be off there. IPv6 tunnels with extension headers (ip6tnl of Linux adds a destination
 * option without `encaplimit none`) and fragments of tunnel packets are not unwrapped: the kernel gets them unchanged.
 */
#include "formats.h"
#include "maps.h"

/* Removes the `outer` bytes between link header and inner packet. Pointers into the frame are invalid afterwards. */
static __always_inline int unwrap(struct xdp_md *ctx, const struct packet_cursor *cursor, __u32 outer, __u8 protocol)
{
	__u8 link[PACKET_LINK_MAX];
	__be16 ethertype = protocol == IPPROTO_IPIP ? bpf_htons(ETH_P_IP) : bpf_htons(ETH_P_IPV6);
	void *frame, *end;

	/* Copied to the stack first: source and target may overlap (tags, a short outer header), and the verifier needs a
	 * constant length. The longest link header always lies within the outer headers that were just checked. */
	__builtin_memcpy(link, cursor->start, sizeof(link));
	if (bpf_xdp_adjust_head(ctx, outer))
		return refuse();
	frame = (void *)(long)ctx->data;
	end = (void *)(long)ctx->data_end;
	if (frame + PACKET_LINK_MAX > end)
		return refuse();
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

/* Whether there is an inner packet of the protocol's IP version, with a complete fixed header, not longer than its payload. */
static __always_inline int inner_is_sound(const struct decap_payload *payload, __u32 before, __u8 protocol)
{
	const struct iphdr *v4 = (const void *)(payload->at + before);
	const struct ipv6hdr *v6 = (const void *)v4;
	__u32 room = payload->length - before;

	if (payload->length < before || (const void *)(v4 + 1) > payload->end)
		return 0;
	if (protocol == IPPROTO_IPIP)
		return v4->version == 4 && room >= sizeof(*v4) && bpf_ntohs(v4->tot_len) <= room;
	return v6->version == 6 && room >= sizeof(*v6) && bpf_ntohs(v6->payload_len) <= room - sizeof(*v6);
}

/* Whether the packet may be a tunnel packet. For UDP the port decides; a later fragment has none and is left to the kernel. */
static __always_inline int may_be_tunnel(__u8 protocol, const __be16 *ports, const void *end, int is_later)
{
	switch (protocol) {
	case IPPROTO_IPIP:
	case IPPROTO_IPV6:
	case IPPROTO_GRE:
		return 1;
	case IPPROTO_UDP:
		return !is_later && (const void *)(ports + 2) <= end && is_gue_port(ports[1]);
	}
	return 0;
}

/* Unwraps the payload of a valid outer IP header to this host. */
static __always_inline int unwrap_payload(struct xdp_md *ctx, const struct packet_cursor *cursor, const struct decap_payload *payload,
					  __u8 protocol)
{
	__u8 inside = protocol;
	int before = 0;

	if (protocol == IPPROTO_UDP)
		before = decap_read_gue(ctx, payload, &inside);
	else if (protocol == IPPROTO_GRE)
		before = decap_read_gre(ctx, payload, &inside);
	if (before == DECAP_BROKEN)
		return refuse();
	if (before < 0 || (inside != IPPROTO_IPIP && inside != IPPROTO_IPV6))
		return pass();
	if (!inner_is_sound(payload, before, inside))
		return refuse();
	return unwrap(ctx, cursor, payload->offset - cursor->link_length + before, inside);
}

static __always_inline int from_ipv4(struct xdp_md *ctx, const struct packet_cursor *cursor, __u64 in_frame)
{
	struct decap_address to = { .bytes = { [10] = 0xff, [11] = 0xff } };
	struct iphdr *ip = packet_ipv4(cursor);
	struct decap_payload payload;
	__u32 header, total;

	if (!ip)
		return pass();
	header = ip->ihl * 4;
	payload.at = cursor->at + header;
	payload.end = cursor->end;
	if (!may_be_tunnel(ip->protocol, (const void *)payload.at, cursor->end, packet_ipv4_is_later(ip)))
		return pass();
	__builtin_memcpy(to.bytes + 12, &ip->daddr, 4);
	if (!is_ours(&to))
		return pass();
	total = bpf_ntohs(ip->tot_len);
	if (!packet_ipv4_checksum_holds(ip, cursor->end) || total < header || total > in_frame || ip->ttl == 0)
		return refuse();
	if (packet_ipv4_is_fragment(ip))
		return count(DECAP_FRAGMENT, XDP_PASS);
	payload.offset = cursor->link_length + header;
	payload.length = total - header;
	payload.addresses = bpf_csum_diff(0, 0, &ip->saddr, 2 * sizeof(ip->saddr), 0);
	return unwrap_payload(ctx, cursor, &payload, ip->protocol);
}

static __always_inline int from_ipv6(struct xdp_md *ctx, const struct packet_cursor *cursor, __u64 in_frame)
{
	struct ipv6hdr *ip = packet_ipv6(cursor);
	struct decap_payload payload;
	struct decap_address to;
	const struct packet_ipv6_fragment *fragment;
	__u8 protocol;

	if (!ip)
		return pass();
	protocol = ip->nexthdr;
	payload.at = (void *)(ip + 1);
	payload.end = cursor->end;
	fragment = packet_ipv6_fragment(ip, cursor->end);
	if (fragment) {
		protocol = fragment->next;
		payload.at = (void *)(fragment + 1);
	}
	if (!may_be_tunnel(protocol, (const void *)payload.at, cursor->end, fragment && packet_ipv6_is_later(fragment)))
		return pass();
	__builtin_memcpy(to.bytes, &ip->daddr, 16);
	if (!is_ours(&to))
		return pass();
	payload.offset = cursor->link_length + sizeof(*ip);
	payload.length = bpf_ntohs(ip->payload_len);
	if (sizeof(*ip) + payload.length > in_frame || ip->hop_limit == 0)
		return refuse();
	if (fragment)
		return count(DECAP_FRAGMENT, XDP_PASS);
	payload.addresses = bpf_csum_diff(0, 0, (__be32 *)&ip->saddr, 2 * sizeof(ip->saddr), 0);
	return unwrap_payload(ctx, cursor, &payload, protocol);
}

/* xdp.frags: also for frames of several buffers (MTU over a page). */
SEC("xdp.frags")
int sluice_decap(struct xdp_md *ctx)
{
	struct packet_cursor cursor;
	__u64 in_frame;

	if (!packet_link(ctx, &cursor))
		return pass();
	in_frame = bpf_xdp_get_buff_len(ctx) - cursor.link_length;
	if (cursor.ethertype == bpf_htons(ETH_P_IP))
		return from_ipv4(ctx, &cursor, in_frame);
	if (cursor.ethertype == bpf_htons(ETH_P_IPV6))
		return from_ipv6(ctx, &cursor, in_frame);
	return pass();
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
