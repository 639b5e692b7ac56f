// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Steering: which frames go to a worker, which stay the kernel's.
 *
 * Model. A frame whose {address, protocol, port}, or {address, protocol, any port}, is a virtual service goes into the AF_XDP socket of
 * the queue it came in on. Everything else is XDP_PASS, untouched: ssh, ARP, BGP, broken packets, other machines' frames. What is
 * wrong with a service's packet is the worker's to say; here only the question "whose" is answered, in the order and with the same
 * lookups as Sources/Forwarding/IPv4.swift.
 *
 * Caveat. The program outlives the daemon. A service's packet that then finds no socket is dropped, not passed: the kernel would answer
 * with a reset or an ICMP error, while a dropped packet is sent again and survives a restart.
 */
#include "packet.h"
#include "tables.h"

/* All four are made by the daemon, sized by its configuration, and handed over at load; max_entries here is only a placeholder. */
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

/* The half in force. One load decides for the whole packet. */
static __always_inline const struct sluice_half *half_in_force(const struct sluice_root *root, __u32 *index)
{
	*index = *(const volatile __u32 *)&root->active & 1;
	return *index ? &root->halves[1] : &root->halves[0];
}

struct lookup {
	const struct sluice_half *half;
	__u32 first; /* the half's first slot in sl_slots */
};

/* Open addressing, at most SLUICE_PROBES looks: the builder sees to it that no key lies farther from its place. */
static __always_inline int is_service(const struct lookup *tables, __u64 low, __u16 port_be, __u8 protocol)
{
	__u32 mask = tables->half->slot_mask;
	__u32 at = sluice_slot_hash_words(0, low, port_be, protocol) & mask;

	for (__u32 probe = 0; probe < SLUICE_PROBES; probe++) {
		__u32 key = tables->first + at;
		const struct sluice_slot *slot = bpf_map_lookup_elem(&sl_slots, &key);
		__u64 words[2];

		if (!slot || slot->service == SLUICE_NO_SERVICE)
			return 0;
		__builtin_memcpy(words, slot->address, sizeof(words));
		if (words[0] == 0 && words[1] == low && slot->port_be == port_be && slot->protocol == protocol)
			return 1;
		at = (at + 1) & mask;
	}
	return 0;
}

static __always_inline int may_be_vip(const struct sluice_half *half, __u64 low)
{
	__u32 bit = sluice_slot_hash_words(0, low, 0, 0) & (SLUICE_VIP_FILTER_WORDS * 64 - 1);

	return (half->vip_filter[bit >> 6] >> (bit & 63)) & 1;
}

static __always_inline int ipv4_is_for_service(const struct packet_cursor *cursor, const struct lookup *tables)
{
	const struct iphdr *ip = cursor->at;
	__u32 header;
	const __be16 *ports;
	__u16 port = 0;
	__u64 low;

	if ((void *)(ip + 1) > cursor->end || ip->version != 4)
		return 0;
	low = ((__u64)ip->daddr << 32) | 0xffff0000; /* ::ffff:a.b.c.d, little endian */
	if (!may_be_vip(tables->half, low))
		return 0;
	if (ip->protocol != IPPROTO_TCP && ip->protocol != IPPROTO_UDP)
		return 0;
	if (ip->frag_off & bpf_htons(0x1fff))
		return 0;
	/* A header that claims less than its minimum is read as the minimum: the worker counts and drops it. */
	header = ip->ihl < 5 ? 20 : ip->ihl * 4;
	ports = cursor->at + header;
	if ((void *)(ports + 2) <= cursor->end)
		port = ports[1];
	if (is_service(tables, low, port, ip->protocol))
		return 1;
	return port && is_service(tables, low, 0, ip->protocol);
}

static __always_inline int interface_slot(const struct sluice_root *root, const struct xdp_md *ctx, const struct ethhdr *ethernet)
{
	for (__u32 slot = 0; slot < SLUICE_INTERFACES; slot++) {
		const struct sluice_interface *interface = &root->interfaces[slot];

		if (interface->ifindex != ctx->ingress_ifindex)
			continue;
		/* Another machine's frame, seen because the interface is promiscuous or a switch floods: not ours to take. */
		return __builtin_memcmp(interface->mac, ethernet->h_dest, ETH_ALEN) ? -1 : (int)slot;
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

	if (!root || !packet_link(ctx, &cursor) || cursor.ethertype != bpf_htons(ETH_P_IP))
		return pass();
	slot = interface_slot(root, ctx, cursor.start);
	if (slot < 0)
		return pass();
	half = half_in_force(root, &index);
	tables.half = half;
	tables.first = index * root->slot_capacity;
	if (!ipv4_is_for_service(&cursor, &tables))
		return pass();

	key = slot * SLUICE_QUEUES + ctx->rx_queue_index;
	if (ctx->rx_queue_index >= SLUICE_QUEUES || !bpf_map_lookup_elem(&sl_sockets, &key))
		return count(SLUICE_STEER_NO_SOCKET, XDP_DROP);
	count(SLUICE_STEER_TAKEN, 0);
	return bpf_redirect_map(&sl_sockets, key, XDP_DROP);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
