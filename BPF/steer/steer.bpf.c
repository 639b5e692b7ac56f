// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Steering: decides which frames go to a worker and which to the kernel (Docs/packets.md).
 *
 * Model. These go to the AF_XDP socket of the receive queue: frames for the {address, protocol, port} or {address, protocol, any
 * port} of a service, echo requests to a VIP, ICMP errors that quote a packet of a service, ICMP too-big errors about our tunnel
 * packets, and later fragments with their first one. Everything else is XDP_PASS, unchanged: ssh, ARP, BGP, malformed packets,
 * frames to other hosts. The worker checks packets; steering only decides who gets them, in the same order and with the same
 * look-ups as Sources/Forwarding/Classify/IPv4+Classify.swift and IPv6+Classify.swift.
 *
 * Caveat. The program outlives the daemon. Without a socket, a packet of a service is dropped, not passed: the kernel would
 * answer with a reset or an ICMP error, while the sender repeats a dropped packet, so its connection survives a restart of the
 * daemon.
 */
#include "chain.h"
#include "fragments.h"
#include "icmp.h"
#include "lookup.h"
#include "packet.h"
#include "tables.h"
#ifdef SLUICE_READS_TAG
#include "tag.h"
#else
static __always_inline void put_tag_back(struct xdp_md *ctx __attribute__((unused))) {}
#endif

/* The daemon creates these maps, as those of lookup.h, and passes them at load; max_entries is a placeholder. */
struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__uint(max_entries, SLUICE_INTERFACES * SLUICE_QUEUES);
	__type(key, __u32);
	__type(value, __u32);
} sl_sockets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SLUICE_STEER_COUNTERS);
	__type(key, __u32);
	__type(value, __u64);
} sl_steered SEC(".maps");

static __always_inline int count(__u32 what, int verdict)
{
	__u64 *counter = bpf_map_lookup_elem(&sl_steered, &what);

	if (counter)
		(*counter)++;
	return verdict;
}

static __always_inline int pass(void)
{
	return count(SLUICE_STEER_PASSED, XDP_PASS);
}

static __always_inline int ipv4_is_for_service(struct xdp_md *ctx, const struct packet_cursor *cursor, const struct lookup *tables)
{
	const struct iphdr *ip = cursor->at;
	__u64 address[2] = { 0, 0 };
	__u32 header;

	if ((void *)(ip + 1) > cursor->end || ip->version != 4)
		return 0;
	if (ip->protocol == IPPROTO_ICMP && sluice_is_path_error(ctx, cursor->link_length, tables->index))
		return 1;
	address[1] = ((__u64)ip->daddr << 32) | 0xffff0000; /* ::ffff:a.b.c.d, little endian */
	if (!may_be_vip(tables->half, address))
		return 0;
	if (ip->protocol == IPPROTO_ICMP)
		return ipv4_icmp_is_ours(cursor, tables, ip, address);
	if (!is_transport(ip->protocol))
		return 0;
	if (ip->frag_off & bpf_htons(0x1fff))
		return ipv4_later_is_ours(tables, ip, address);
	/* An IHL below the minimum is read as the minimum: the worker drops and counts the packet. */
	header = ip->ihl < 5 ? 20 : ip->ihl * 4;
	return ipv4_first_is_ours(tables, ip, address, is_service(tables, address, destination_port(cursor->at + header, cursor->end), ip->protocol));
}

static __always_inline int ipv6_is_for_service(struct xdp_md *ctx, const struct packet_cursor *cursor, const struct lookup *tables)
{
	const struct ipv6hdr *ip = packet_ipv6(cursor);
	const __u8 *transport;
	struct datagram datagram;
	__u64 address[2];
	struct chain chain;
	int ended, ours;

	if (!ip)
		return 0;
	__builtin_memcpy(address, &ip->daddr, sizeof(address));
	/* A v4-mapped destination would match the key of an IPv4 VIP; it is not valid on the wire. */
	if (address[0] == 0 && (__u32)address[1] == 0xffff0000)
		return 0;
	if (ip->nexthdr == IPPROTO_ICMPV6 && sluice_is_path_error(ctx, cursor->link_length, tables->index))
		return 1;
	if (!may_be_vip(tables->half, address) || !is_listed(tables, address, 0, 0))
		return 0;
	ended = ipv6_walk(ctx, cursor, ip, &chain, &transport);
	if (ended == CHAIN_TOO_MANY)
		return 1; /* the worker drops it */
	if (ended == CHAIN_FRAGMENT) {
		datagram_ipv6(&datagram, ip, address, chain.identification);
		/* The first fragment has further extension headers, so the protocol is unknown. */
		return later_fragment_is_ours(tables, &datagram,
					      is_extension(chain.protocol) ? SLUICE_SLOT_TCP | SLUICE_SLOT_UDP : slot_kinds(chain.protocol));
	}
	if (ended != CHAIN_WHOLE)
		return 0;
	if (chain.protocol == IPPROTO_ICMPV6 && !chain.is_first_fragment)
		return ipv6_icmp_is_ours(ctx, cursor, tables, transport, address);
	ours = is_transport(chain.protocol) && is_service(tables, address, destination_port(transport, cursor->end), chain.protocol);
	if (chain.is_first_fragment) {
		datagram_ipv6(&datagram, ip, address, chain.identification);
		datagram_remember(&datagram, ours);
	}
	return ours;
}

/* By EtherType. */
static __always_inline int is_for_service(struct xdp_md *ctx, const struct packet_cursor *cursor, const struct lookup *tables)
{
	if (cursor->ethertype == bpf_htons(ETH_P_IP))
		return ipv4_is_for_service(ctx, cursor, tables);
	return cursor->ethertype == bpf_htons(ETH_P_IPV6) && ipv6_is_for_service(ctx, cursor, tables);
}

/* The address in the format of sluice_interface.mac. By words: older versions of clang call memcmp, which BPF does not have. */
static __always_inline __u64 mac_word(const __u8 *address)
{
	const __u16 *words = (const void *)address;

	return words[0] | (__u64)words[1] << 16 | (__u64)words[2] << 32;
}

/* Whether a frame to this address, which is not the interface's own, is for this host all the same. */
static __always_inline int is_further_mac(const struct sluice_root *root, __u32 slot, __u64 mac)
{
	/* 0 would match a hole; the lowest bit of the first byte marks multicast, as in ARP requests. */
	if (mac == 0 || mac & 1)
		return 0;
	for (__u32 place = 0; place < SLUICE_FURTHER_MACS; place++) {
		if (place >= root->interfaces[slot].further)
			return 0;
		if (*(const volatile __u64 *)&root->further[slot].macs[place] == mac)
			return 1;
	}
	return 0;
}

static __always_inline int interface_slot(const struct sluice_root *root, const struct xdp_md *ctx, const struct ethhdr *ethernet)
{
	const __u64 mac = mac_word(ethernet->h_dest);

	for (__u32 slot = 0; slot < SLUICE_INTERFACES; slot++) {
		const struct sluice_interface *interface = &root->interfaces[slot];

		if (interface->ifindex != ctx->ingress_ifindex)
			continue;
		/* A frame to another host, seen in promiscuous mode or because a switch floods, is not ours; nor is one to a macvlan of a
		 * container, which may have the VIP as a real server. */
		return *(const volatile __u64 *)&interface->mac == mac || is_further_mac(root, slot, mac) ? (int)slot : -1;
	}
	return -1;
}

SEC("xdp")
int sluice_steer(struct xdp_md *ctx)
{
	__u32 zero = 0, index, key;
	struct packet_cursor cursor;
	const struct sluice_root *root = bpf_map_lookup_elem(&sl_root, &zero);
	const struct sluice_half *half;
	struct lookup tables;
	int slot;

	if (!root || !packet_link(ctx, &cursor))
		return pass();
	slot = interface_slot(root, ctx, cursor.start);
	if (slot < 0)
		return pass();
	half = half_in_force(root, &index);
	tables.half = half;
	tables.first = index * root->slot_capacity;
	tables.index = index;
	if (!is_for_service(ctx, &cursor, &tables))
		return pass();

	key = slot * SLUICE_QUEUES + ctx->rx_queue_index;
	if (ctx->rx_queue_index >= SLUICE_QUEUES || !bpf_map_lookup_elem(&sl_sockets, &key))
		return count(SLUICE_STEER_NO_SOCKET, XDP_DROP);
	put_tag_back(ctx);
	count(SLUICE_STEER_TAKEN, 0);
	return bpf_redirect_map(&sl_sockets, key, XDP_DROP);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
