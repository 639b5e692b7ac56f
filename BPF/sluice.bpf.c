// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Steering: which frames go to a worker, which stay the kernel's.
 *
 * Model. A frame whose {address, protocol, port}, or {address, protocol, any port}, is a virtual service goes into the AF_XDP socket of
 * the queue it came in on; so do echo requests to a VIP, and ICMP errors that quote a service's packet, or say that an outer packet of
 * ours was too big. Everything else is XDP_PASS, untouched: ssh, ARP, BGP, broken packets, other machines' frames. What is wrong with a service's packet is the worker's to say; here
 * only the question "whose" is answered, in the order and with the same lookups as Sources/Forwarding/IPv4.swift, IPv6.swift,
 * ICMPParse.swift and TunnelQuote.swift.
 *
 * Caveat. The program outlives the daemon. A service's packet that then finds no socket is dropped, not passed: the kernel would answer
 * with a reset or an ICMP error, while a dropped packet is sent again and survives a restart.
 */
#include "fragments.h"
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
	__u32 index; /* the half's own */
};

/*
 * The key's slot, or 0. Open addressing, at most SLUICE_PROBES looks: the builder sees to it that no key lies farther from its place.
 */
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

/* Exact port before any port is the worker's business; here either will do. */
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

/* The destination port, or 0 where the frame ends before it: such a packet can only belong to a service of any port. */
static __always_inline __u16 destination_port(const void *transport, const void *end)
{
	const __be16 *ports = transport;

	return (const void *)(ports + 2) <= end ? ports[1] : 0;
}

/* Of a packet that an ICMP error quotes: it came from the VIP, so the service's port is the source's. */
static __always_inline int quotes_service(const struct lookup *tables, const __u64 *vip, const __u8 *transport, const void *end, __u8 protocol)
{
	if ((const void *)(transport + 8) > end || !is_transport(protocol))
		return 0;
	return is_service(tables, vip, *(const __be16 *)transport, protocol);
}

/* Whether a tunnel to this address carries this protocol. GUE is known by its port as well. */
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
 * An error that says our own outer packet was too big: known by the quote alone, whosever address is the outer source. What the director
 * writes has no options and no extension header but a fragment's, so nothing is walked.
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
	if (protocol == IPPROTO_FRAGMENT) { /* an outer packet sent in fragments; a later one has no UDP port */
		if (*(const __be16 *)(payload + 2) & bpf_htons(0xfff8))
			return 0;
		protocol = payload[0];
		payload += 8;
		if ((void *)(payload + 8) > end)
			return 0;
	}
	__builtin_memcpy(to, &quote->daddr, sizeof(to));
	if (to[0] == 0 && (__u32)to[1] == 0xffff0000) /* looks like an IPv4 server's key */
		return 0;
	return is_tunnel(tables, to, payload, protocol);
}

/* Of the IP header at `offset` of the frame. A global function, as sluice_walk is and for the same reason. */
__noinline int sluice_is_path_error(struct xdp_md *ctx, __u32 offset, __u32 half)
{
	const void *end = (void *)(long)ctx->data_end;
	__u32 zero = 0;
	const struct sluice_root *root = bpf_map_lookup_elem(&sl_root, &zero);
	const struct iphdr *ip;
	const struct ipv6hdr *ip6;
	struct lookup tables;

	if (!root || offset > PACKET_LINK_MAX)
		return 0; /* never so, but the verifier wants it asked */
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

/* Echo requests to a VIP, and errors about a packet of one of its services. Fragments and all else are the kernel's. */
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

/* A service's, or perhaps one's whose first fragment is yet to come: the VIP has a service of one of these protocols (SLUICE_SLOT_*). */
static __always_inline int later_fragment_is_ours(const struct lookup *tables, const struct datagram *datagram, __u8 kinds)
{
	const struct sluice_slot *vip = find_slot(tables, datagram->destination, 0, 0);

	if (!vip)
		return 0;
	switch (datagram_whose(datagram)) {
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

/* A whole packet's answer is its own; a first fragment's is its datagram's. */
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
	/* A header that claims less than its minimum is read as the minimum: the worker counts and drops it. */
	header = ip->ihl < 5 ? 20 : ip->ihl * 4;
	return ipv4_first_is_ours(tables, ip, address, is_service(tables, address, destination_port(cursor->at + header, cursor->end), ip->protocol));
}

enum {
	EXTENSIONS = 8,           /* as many as Sources/Forwarding/IPv6.swift walks */
	EXTENSIONS_BYTES = 0x4fff, /* more than a frame has; a bound the verifier can hold on to */
};

static __always_inline int is_extension(__u8 protocol)
{
	return protocol == IPPROTO_HOPOPTS || protocol == IPPROTO_ROUTING || protocol == IPPROTO_FRAGMENT ||
	       protocol == IPPROTO_AH || protocol == IPPROTO_DSTOPTS;
}

/* A walk along the extension headers. */
struct chain {
	__u32 offset; /* before: from the frame's start to what follows the IPv6 header; after: to what follows the last extension */
	__u8 protocol;
	__u8 is_first_fragment;
	__u32 identification; /* of the last fragment header */
};

/* CHAIN_FRAGMENT: a later one, whose `protocol` is what its datagram begins with. */
enum { CHAIN_WHOLE, CHAIN_NOT_OURS, CHAIN_TOO_MANY, CHAIN_FRAGMENT };

/*
 * A global function: the verifier follows it once, for any frame and any start, and not again behind every path that leads to it. Inlined,
 * a walk along a quoted packet behind a walk along the packet itself took half of the million steps a kernel is willing to follow.
 */
__noinline int sluice_walk(struct xdp_md *ctx, struct chain *chain)
{
	const void *start = (void *)(long)ctx->data;
	const void *end = (void *)(long)ctx->data_end;
	__u32 offset;
	__u8 protocol;

	if (!chain)
		return CHAIN_NOT_OURS; /* never so, but the verifier wants it asked */
	offset = chain->offset;
	protocol = chain->protocol;
	chain->is_first_fragment = 0;
	for (__u32 count = 0; is_extension(protocol); count++) {
		const __u8 *extension;
		__u32 bytes;

		if (offset > EXTENSIONS_BYTES)
			return CHAIN_NOT_OURS;
		extension = start + offset;
		if ((const void *)extension > end)
			return CHAIN_NOT_OURS;
		if (count == EXTENSIONS)
			return CHAIN_TOO_MANY;
		if ((const void *)(extension + 8) > end)
			return CHAIN_NOT_OURS;
		bytes = (extension[1] + 1) * 8;
		switch (protocol) {
		case IPPROTO_ROUTING: /* on its way to elsewhere, unless of type 0, which nobody may forward (RFC 5095) */
			if (extension[2] && extension[3])
				return CHAIN_NOT_OURS;
			break;
		case IPPROTO_FRAGMENT:
			__builtin_memcpy(&chain->identification, extension + 4, sizeof(chain->identification));
			if (((__u16)extension[2] << 8 | extension[3]) & 0xfff8) {
				chain->protocol = extension[0];
				return CHAIN_FRAGMENT;
			}
			chain->is_first_fragment |= extension[3] & 1;
			bytes = 8;
			break;
		case IPPROTO_AH:
			bytes = (extension[1] + 2) * 4; /* RFC 4302 2.2 */
			break;
		}
		protocol = extension[0];
		offset += bytes;
	}
	if (offset > EXTENSIONS_BYTES || start + offset > end)
		return CHAIN_NOT_OURS;
	chain->offset = offset;
	chain->protocol = protocol;
	return CHAIN_WHOLE;
}

/* Walks from an IPv6 header within the frame; sets *next to what follows the last extension. */
static __always_inline int ipv6_walk(struct xdp_md *ctx, const struct packet_cursor *cursor, const struct ipv6hdr *ip, struct chain *chain,
				     const __u8 **next)
{
	int ended;

	chain->offset = (const void *)(ip + 1) - cursor->start;
	chain->protocol = ip->nexthdr;
	ended = sluice_walk(ctx, chain);
	if (ended != CHAIN_WHOLE)
		return ended;
	if (chain->offset > EXTENSIONS_BYTES)
		return CHAIN_NOT_OURS; /* never so, but the verifier forgets at the call what it knew */
	*next = cursor->start + chain->offset;
	return CHAIN_WHOLE;
}

/* The same as ipv4_icmp_is_ours; the VIP is known to be one. */
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
	/* A v4-mapped destination looks like an IPv4 VIP's key; it belongs on no wire. */
	if (address[0] == 0 && (__u32)address[1] == 0xffff0000)
		return 0;
	if (ip->nexthdr == IPPROTO_ICMPV6 && sluice_is_path_error(ctx, cursor->link_length, tables->index))
		return 1;
	if (!may_be_vip(tables->half, address) || !is_listed(tables, address, 0, 0))
		return 0;
	ended = ipv6_walk(ctx, cursor, ip, &chain, &transport);
	if (ended == CHAIN_TOO_MANY)
		return 1; /* the worker refuses it */
	if (ended == CHAIN_FRAGMENT) {
		datagram_ipv6(&datagram, ip, address, chain.identification);
		/* Behind other extension headers, which the first fragment has, it may be of any protocol. */
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

/* A service's packet, by its EtherType's family. */
static __always_inline int is_for_service(struct xdp_md *ctx, const struct packet_cursor *cursor, const struct lookup *tables)
{
	if (cursor->ethertype == bpf_htons(ETH_P_IP))
		return ipv4_is_for_service(ctx, cursor, tables);
	return cursor->ethertype == bpf_htons(ETH_P_IPV6) && ipv6_is_for_service(ctx, cursor, tables);
}

/* By words: older clangs make a call of memcmp, which BPF does not have. */
static __always_inline int same_station(const __u8 *one, const __u8 *other)
{
	const __u16 *left = (const void *)one, *right = (const void *)other;

	return left[0] == right[0] && left[1] == right[1] && left[2] == right[2];
}

static __always_inline int interface_slot(const struct sluice_root *root, const struct xdp_md *ctx, const struct ethhdr *ethernet)
{
	for (__u32 slot = 0; slot < SLUICE_INTERFACES; slot++) {
		const struct sluice_interface *interface = &root->interfaces[slot];

		if (interface->ifindex != ctx->ingress_ifindex)
			continue;
		/* Another machine's frame, seen because the interface is promiscuous or a switch floods: not ours to take. */
		return same_station(interface->mac, ethernet->h_dest) ? (int)slot : -1;
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
	count(SLUICE_STEER_TAKEN, 0);
	return bpf_redirect_map(&sl_sockets, key, XDP_DROP);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
