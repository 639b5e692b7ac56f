/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Steering of ICMP. To a worker: echo requests to a VIP, errors about a packet of a service, errors about an outer packet of one
 * of our tunnels. All else goes to the kernel. Same order as in Sources/Forwarding/Classify/ICMPClassification.swift,
 * ICMPQuote.swift and TunnelQuote.swift.
 */
#ifndef SLUICE_ICMP_H
#define SLUICE_ICMP_H

#include "chain.h"
#include "lookup.h"
#include "packet.h"
#include "tables.h"

/* Whether the quoted packet is from a service. It was sent from the VIP, so the service's port is the source port. */
static __always_inline int quotes_service(const struct lookup *tables, const __u64 *vip, const __u8 *transport, const void *end, __u8 protocol)
{
	if ((const void *)(transport + 8) > end || !is_transport(protocol))
		return 0;
	return is_service(tables, vip, *(const __be16 *)transport, protocol);
}

/* Whether a tunnel to this address uses this protocol; for GUE also this port. */
static __always_inline int is_tunnel(const struct lookup *tables, const __u64 *address, const __u8 *payload, __u8 protocol)
{
	__be16 port = 0;

	switch (protocol) {
	case IPPROTO_IPIP:
	case IPPROTO_IPV6:
	case IPPROTO_GRE:
		break;
	case IPPROTO_UDP:
		port = ((const __be16 *)payload)[1];
		if (!port)
			return 0;
		break;
	default:
		return 0;
	}
	return is_listed(tables, address, port, SLUICE_SLOT_TUNNEL);
}

/*
 * A too-big error about an outer packet of a tunnel. The quote identifies it, whatever the outer source address is. Outer headers
 * have no options and no extension header except a fragment header, so there is no walk.
 */
static __always_inline int ipv4_is_path_error(const struct iphdr *ip, const void *end, const struct lookup *tables)
{
	const __u8 *icmp = (const void *)ip + (ip->ihl < 5 ? 20 : ip->ihl * 4);
	const struct iphdr *quote = (const void *)(icmp + 8);
	const __u8 *payload = (const void *)(quote + 1);
	__u64 address[2] = { 0, 0 };

	if (packet_ipv4_is_fragment(ip) || (void *)(payload + 8) > end)
		return 0;
	if (icmp[0] != 3 || icmp[1] != 4) /* fragmentation needed */
		return 0;
	if (quote->version != 4 || quote->ihl != 5 || quote->frag_off & bpf_htons(0x1fff) || quote->saddr != ip->daddr)
		return 0;
	address[1] = ((__u64)quote->daddr << 32) | 0xffff0000;
	return is_tunnel(tables, address, payload, quote->protocol);
}

static __always_inline int ipv6_is_path_error(const struct ipv6hdr *ip, const void *end, const struct lookup *tables)
{
	const __u8 *icmp = (const void *)(ip + 1);
	const struct ipv6hdr *quote = (const void *)(icmp + 8);
	const __u8 *payload = (const void *)(quote + 1);
	__u64 from[2], to[2];
	__u8 protocol;

	if ((void *)(payload + 8) > end || icmp[0] != 2 || quote->version != 6) /* packet too big */
		return 0;
	__builtin_memcpy(from, &quote->saddr, sizeof(from));
	__builtin_memcpy(to, &ip->daddr, sizeof(to));
	if (from[0] != to[0] || from[1] != to[1])
		return 0;
	protocol = quote->nexthdr;
	if (protocol == IPPROTO_FRAGMENT) { /* the outer packet was fragmented; a later fragment has no UDP port */
		if (*(const __be16 *)(payload + 2) & bpf_htons(0xfff8))
			return 0;
		protocol = payload[0];
		payload += 8;
		if ((void *)(payload + 8) > end)
			return 0;
	}
	__builtin_memcpy(to, &quote->daddr, sizeof(to));
	if (to[0] == 0 && (__u32)to[1] == 0xffff0000) /* IPv4-mapped: would match the key of an IPv4 server */
		return 0;
	return is_tunnel(tables, to, payload, protocol);
}

/* The same for the IP header at `offset` of the frame. A global function for the same reason as sluice_walk. */
__noinline int sluice_is_path_error(struct xdp_md *ctx, __u32 offset, __u32 half)
{
	const void *end = (void *)(long)ctx->data_end;
	__u32 zero = 0;
	const struct sluice_root *root = bpf_map_lookup_elem(&sl_root, &zero);
	const struct iphdr *ip;
	const struct ipv6hdr *ip6;
	struct lookup tables;

	if (!root || offset > PACKET_LINK_MAX)
		return 0; /* never true; for the verifier */
	tables.half = half & 1 ? &root->halves[1] : &root->halves[0];
	tables.first = (half & 1) * root->slot_capacity;
	ip = (void *)(long)ctx->data + offset;
	if ((void *)(ip + 1) > end)
		return 0;
	if (ip->version == 4)
		return ip->protocol == IPPROTO_ICMP && ipv4_is_path_error(ip, end, &tables);
	ip6 = (const void *)ip;
	if ((void *)(ip6 + 1) > end)
		return 0;
	return ip6->version == 6 && ip6->nexthdr == IPPROTO_ICMPV6 && ipv6_is_path_error(ip6, end, &tables);
}

/* Whether it is an echo request to a VIP, or an error about a packet of one of its services; not for fragments. */
static __always_inline int ipv4_icmp_is_ours(const struct packet_cursor *cursor, const struct lookup *tables, const struct iphdr *ip,
					     const __u64 *vip)
{
	const __u8 *icmp = cursor->at + (ip->ihl < 5 ? 20 : ip->ihl * 4);
	const struct iphdr *quote = (const void *)(icmp + 8);

	if (packet_ipv4_is_fragment(ip) || (void *)quote > cursor->end || !is_listed(tables, vip, 0, 0))
		return 0;
	switch (icmp[0]) {
	case 8: /* echo request */
		return 1;
	case 3: /* destination unreachable */
	case 11: /* time exceeded */
	case 12: /* parameter problem */
		break;
	default:
		return 0;
	}
	if ((void *)(quote + 1) > cursor->end || quote->version != 4 || quote->ihl < 5)
		return 0;
	if (quote->frag_off & bpf_htons(0x1fff) || quote->saddr != ip->daddr)
		return 0;
	return quotes_service(tables, vip, (const __u8 *)quote + quote->ihl * 4, cursor->end, quote->protocol);
}

/* The same for IPv6; the caller has checked that `vip` is a VIP. */
static __always_inline int ipv6_icmp_is_ours(struct xdp_md *ctx, const struct packet_cursor *cursor, const struct lookup *tables,
					     const __u8 *icmp, const __u64 *vip)
{
	const struct ipv6hdr *quote = (const void *)(icmp + 8);
	const __u8 *transport;
	struct chain quoted;
	__u64 source[2];

	if ((void *)quote > cursor->end)
		return 0;
	if (icmp[0] == 128) /* echo request */
		return 1;
	/* Destination unreachable, packet too big, time exceeded, parameter problem. */
	if (icmp[0] < 1 || icmp[0] > 4)
		return 0;
	if ((void *)(quote + 1) > cursor->end || quote->version != 6)
		return 0;
	__builtin_memcpy(source, &quote->saddr, sizeof(source));
	if (source[0] != vip[0] || source[1] != vip[1] || ipv6_walk(ctx, cursor, quote, &quoted, &transport) != CHAIN_WHOLE)
		return 0;
	return quotes_service(tables, vip, transport, cursor->end, quoted.protocol);
}

#endif
