/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Steering of later fragments (Docs/fragments.md). Only the first fragment of a datagram has ports, so steering remembers for
 * every first fragment to a VIP whether it was for a service; later fragments follow it. If the first is still unknown, a later
 * one goes to a worker, which holds it, when the VIP has a service that it may belong to.
 *
 * One map for all CPUs: NICs spread first fragments by ports, and can't do so for later ones. The LRU map bounds it. The map
 * belongs to the program, not to the daemon, and is empty after a restart of either: then datagrams in transit are lost.
 */
#ifndef SLUICE_FRAGMENTS_H
#define SLUICE_FRAGMENTS_H

#include "lookup.h"
#include "packet.h"
#include "tables.h"

struct datagram {
	__u64 source[2];
	__u64 destination[2];
	__u32 identification; /* byte order of the packet */
	__u32 protocol;       /* IPv4 only (RFC 791 3.2); IPv6: 0 (RFC 8200 4.5) */
};

enum { DATAGRAM_UNKNOWN, DATAGRAM_SERVICE, DATAGRAM_KERNEL };

struct first_fragment {
	__u64 until; /* expiry, bpf_ktime_get_ns */
	__u64 owner; /* DATAGRAM_SERVICE, DATAGRAM_KERNEL */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct datagram);
	__type(value, struct first_fragment);
} sl_datagrams SEC(".maps");

static __always_inline void datagram_ipv4(struct datagram *datagram, const struct iphdr *ip, const __u64 *destination)
{
	datagram->source[0] = 0;
	datagram->source[1] = ((__u64)ip->saddr << 32) | 0xffff0000;
	datagram->destination[0] = destination[0];
	datagram->destination[1] = destination[1];
	datagram->identification = ip->id;
	datagram->protocol = ip->protocol;
}

static __always_inline void datagram_ipv6(struct datagram *datagram, const struct ipv6hdr *ip, const __u64 *destination, __u32 identification)
{
	__builtin_memcpy(datagram->source, &ip->saddr, sizeof(datagram->source));
	datagram->destination[0] = destination[0];
	datagram->destination[1] = destination[1];
	datagram->identification = identification;
	datagram->protocol = 0;
}

static __always_inline void datagram_remember(const struct datagram *datagram, int is_service)
{
	struct first_fragment first = {
		.until = bpf_ktime_get_ns() + SLUICE_FRAGMENT_SECONDS * 1000000000ULL,
		.owner = is_service ? DATAGRAM_SERVICE : DATAGRAM_KERNEL,
	};

	bpf_map_update_elem(&sl_datagrams, datagram, &first, BPF_ANY);
}

static __always_inline int datagram_owner(const struct datagram *datagram)
{
	const struct first_fragment *first = bpf_map_lookup_elem(&sl_datagrams, datagram);

	if (!first || first->until < bpf_ktime_get_ns())
		return DATAGRAM_UNKNOWN;
	return first->owner;
}

/* Whether the datagram is for a service, or its first fragment is unknown and the VIP has a service of one of `kinds`
 * (SLUICE_SLOT_*). */
static __always_inline int later_fragment_is_ours(const struct lookup *tables, const struct datagram *datagram, __u8 kinds)
{
	const struct sluice_slot *vip = find_slot(tables, datagram->destination, 0, 0);

	if (!vip)
		return 0;
	switch (datagram_owner(datagram)) {
	case DATAGRAM_SERVICE:
		return 1;
	case DATAGRAM_KERNEL:
		return 0;
	}
	return (vip->flags & kinds) != 0;
}

static __always_inline __u8 slot_kinds(__u8 protocol)
{
	return protocol == IPPROTO_TCP ? SLUICE_SLOT_TCP : protocol == IPPROTO_UDP ? SLUICE_SLOT_UDP : 0;
}

/* Returns `ours`; for a first fragment it is remembered for the datagram. */
static __always_inline int ipv4_first_is_ours(const struct lookup *tables, const struct iphdr *ip, const __u64 *address, int ours)
{
	struct datagram datagram;

	if (ip->frag_off & bpf_htons(0x2000) && is_listed(tables, address, 0, 0)) {
		datagram_ipv4(&datagram, ip, address);
		datagram_remember(&datagram, ours);
	}
	return ours;
}

static __always_inline int ipv4_later_is_ours(const struct lookup *tables, const struct iphdr *ip, const __u64 *address)
{
	struct datagram datagram;

	datagram_ipv4(&datagram, ip, address);
	return later_fragment_is_ours(tables, &datagram, slot_kinds(ip->protocol));
}

#endif
