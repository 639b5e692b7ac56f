/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The tables as the steering program reads them: the active half, and the look-up of address, protocol and port. The look-ups are
 * the same as in Sources/Forwarding/Classify/ServiceLookup.swift.
 */
#ifndef SLUICE_LOOKUP_H
#define SLUICE_LOOKUP_H

#include "packet.h"
#include "tables.h"

/* The daemon creates these maps in the configured size and passes them at load; max_entries is a placeholder. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sluice_root);
} sl_root SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct sluice_slot);
} sl_slots SEC(".maps");

/* The active half. One load for each packet, so that a packet sees one generation. */
static __always_inline const struct sluice_half *half_in_force(const struct sluice_root *root, __u32 *index)
{
	*index = *(const volatile __u32 *)&root->active & 1;
	return *index ? &root->halves[1] : &root->halves[0];
}

struct lookup {
	const struct sluice_half *half;
	__u32 first; /* first slot of the half in sl_slots */
	__u32 index; /* of the half: 0 or 1 */
};

/* The slot of a key, or 0. Open addressing with at most SLUICE_PROBES probes: the table builder never places a key farther away.
 * */
static __always_inline const struct sluice_slot *find_slot(const struct lookup *tables, const __u64 *address, __u16 port_be, __u8 protocol)
{
	__u32 mask = tables->half->slot_mask;
	__u32 at = sluice_slot_hash_words(address[0], address[1], port_be, protocol) & mask;

	for (__u32 probe = 0; probe < SLUICE_PROBES; probe++) {
		__u32 key = tables->first + at;
		const struct sluice_slot *slot = bpf_map_lookup_elem(&sl_slots, &key);
		__u64 words[2];

		if (!slot || slot->service == SLUICE_NO_SERVICE)
			return 0;
		__builtin_memcpy(words, slot->address, sizeof(words));
		if (words[0] == address[0] && words[1] == address[1] && slot->port_be == port_be && slot->protocol == protocol)
			return slot;
		at = (at + 1) & mask;
	}
	return 0;
}

static __always_inline int is_listed(const struct lookup *tables, const __u64 *address, __u16 port_be, __u8 protocol)
{
	return find_slot(tables, address, port_be, protocol) != 0;
}

/* Whether there is a service for the port or for any port. The worker decides which of the two. */
static __always_inline int is_service(const struct lookup *tables, const __u64 *address, __u16 port_be, __u8 protocol)
{
	return is_listed(tables, address, port_be, protocol) || (port_be && is_listed(tables, address, 0, protocol));
}

static __always_inline int may_be_vip(const struct sluice_half *half, const __u64 *address)
{
	__u32 bit = sluice_slot_hash_words(address[0], address[1], 0, 0) & (SLUICE_VIP_FILTER_WORDS * 64 - 1);

	return (half->vip_filter[bit >> 6] >> (bit & 63)) & 1;
}

static __always_inline int is_transport(__u8 protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP;
}

/* The destination port; 0 if the frame ends before it: such a packet can only match a service of any port. */
static __always_inline __u16 destination_port(const void *transport, const void *end)
{
	const __be16 *ports = transport;

	return (const void *)(ports + 2) <= end ? ports[1] : 0;
}

#endif
