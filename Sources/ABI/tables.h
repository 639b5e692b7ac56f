/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The memory that the BPF programs, the workers (Swift) and the reconciler (Swift) share, laid out here and nowhere else.
 * Everything is flat and position free: indices, never pointers, so that the same bytes serve in plain memory (tests, replay),
 * in mmapable BPF array maps (production), and outlive the process that wrote them.
 *
 * Two halves. The slot, service, server and owner tables exist twice. Readers load `root.active` once a batch (acquire) and use
 * only that half; the reconciler is the one writer: it writes the idle half, then flips `root.active` (release). It writes to
 * the half left behind only after every worker and every running BPF program has moved on (Docs/generations.md). Rings and
 * members are not doubled: what a live generation names is never written; a changed ring is filled in another place of the arena.
 *
 * Byte order: fields named *_be hold network order, all others host order, which is little endian (asserted below). Addresses
 * are 16 bytes in network order, an IPv4 address as ::ffff:a.b.c.d (RFC 4291 2.5.5.2): one key serves both families, and a
 * v4-mapped address on the wire is refused.
 */
#ifndef SLUICE_TABLES_H
#define SLUICE_TABLES_H

#include <linux/types.h>

#if !defined(__BYTE_ORDER__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "Sluice reads and writes whole words of packets and tables as a little-endian machine does"
#endif

/* Raised with every change of meaning below; a daemon takes over only memory of its own layout. */
enum { SLUICE_LAYOUT = 4 };

enum {
	SLUICE_INTERFACES = 16,        /* attached interfaces at most */
	SLUICE_QUEUES = 64,            /* queues (= workers) of one interface at most */
	SLUICE_PROBES = 8,             /* slots examined for one key: bounds the BPF loop; the compiler of tables keeps to it */
	SLUICE_VIP_FILTER_WORDS = 64,  /* 4096 bits: one load rules out most of the host's own traffic */
	SLUICE_RING_BLOCK = 2048,      /* ring slots in one map element (elements of array maps are multiples of 8 bytes) */
	SLUICE_RING_ALIGNMENT = 32,    /* ring slots in a cache line: each ring begins on one */
	SLUICE_MEMBER_ALIGNMENT = 16,  /* members in a cache line: each service's begin on one */
	SLUICE_SERVERS = 1 << 20,      /* servers at most, each counted once for each of its services: 20 bits of a flow entry */
	SLUICE_MEMBERS = 0xffff,       /* servers of one service at most: member numbers below SLUICE_NO_MEMBER */
	SLUICE_NO_MEMBER = 0xffff,     /* a ring slot without a server */
	SLUICE_NO_SERVICE = 0xffffffff,
};

/* A slot of the open-addressed table {address, protocol, port} -> service; free when service == SLUICE_NO_SERVICE. Besides one slot
 * for each service there are, with port 0,
 * - one for each VIP, with protocol 0: `service` counts its services, flags say how to treat packets without ports;
 * - one for each tunnelled real server, with protocol SLUICE_SLOT_TUNNEL: `service` is the tunnel's index (sluice_server.tunnel).
 *   It tells that an ICMP error quotes a packet of ours. For GUE its port is the tunnel's: other UDP to that server is the host's own. */
struct sluice_slot {
	__u8 address[16];
	__u16 port_be; /* 0: any port */
	__u8 protocol; /* IPPROTO_TCP, IPPROTO_UDP; 0: the VIP itself; SLUICE_SLOT_TUNNEL */
	__u8 flags;    /* SLUICE_SLOT_*; 0 but for a VIP */
	__u32 service; /* index into services */
};

enum { SLUICE_SLOT_TUNNEL = 4 }; /* IPPROTO_IPIP, which no service has */

enum {
	SLUICE_SLOT_LIVE = 1, /* a service of this VIP has a live server: echo requests are answered */
	SLUICE_SLOT_TCP = 2,  /* it has a TCP service: a later fragment of TCP may belong to it */
	SLUICE_SLOT_UDP = 4,
};

enum {
	SLUICE_SERVICE_LIVE = 1,      /* has a live server */
	SLUICE_SERVICE_LOSS_DROP = 2, /* flows of a removed server are dropped, not rehashed */
	SLUICE_SERVICE_RESET = 4,     /* TCP without a live server is answered with a reset, not with port unreachable */
};

/* How a service chooses the server of a new flow; see Sources/Forwarding/Schedule. */
enum {
	SLUICE_SCHEDULER_MAGLEV = 0,
};

/* A virtual service. 64 bytes: one cache line. */
struct sluice_service {
	__u8 address[16];
	__u16 port_be;
	__u8 protocol;     /* 0: a hole among the services */
	__u8 flags;        /* SLUICE_SERVICE_* */
	__u32 ring_start;  /* first slot of its ring in the arena, a multiple of SLUICE_RING_ALIGNMENT */
	__u32 ring_size;   /* slots, a prime; 0 while the service has no server of weight above 0 */
	__u32 member_start; /* its first place in the member arena, a multiple of SLUICE_MEMBER_ALIGNMENT: what ring slots name is an offset
	                     * from there, so that they need 16 bits however many servers there are in all */
	__u32 member_count; /* servers on the ring */
	__u16 incarnation; /* a reused service index has another one */
	__u8 scheduler;    /* SLUICE_SCHEDULER_* */
	__u8 reserved1;
	__u64 ring_digest; /* of what the ring was filled by: tells a restarted daemon that it may stay as it is */
	__u32 reserved[4];
};

enum {
	SLUICE_DIRECT = 1,
	SLUICE_IPIP = 2, /* RFC 2003, RFC 2473, RFC 4213 */
	SLUICE_GUE = 3,  /* UDP and variant 0 of draft-ietf-intarea-gue */
	SLUICE_GRE = 4,  /* RFC 2784 */
};

enum {
	SLUICE_SERVER_PRESENT = 1,       /* configured; otherwise its flows have lost their server */
	SLUICE_SERVER_RESOLVED = 2,      /* next hop known: MAC addresses, egress and MTU below are valid */
	SLUICE_SERVER_IPV6 = 4,          /* its address is IPv6, and so is a tunnel's outer header */
	SLUICE_SERVER_CHECKSUM = 8,      /* GUE: a UDP checksum; GRE: the checksum field */
	SLUICE_SERVER_OUTER_8021AD = 16, /* tags[0] is an 802.1ad tag; otherwise 802.1Q */
	SLUICE_SERVER_INNER_8021AD = 32, /* the same for tags[1] */
	SLUICE_SERVER_TAGS = 64,         /* times the number of tags: 0, 1 or 2 */
	SLUICE_SERVER_TAGS_SHIFT = 6,
};

/* A real server of one service. 64 bytes: one cache line holds everything that rewriting needs. A server keeps its index as long as
 * it is configured, across generations and restarts of the daemon; a reused index has another incarnation. */
struct sluice_server {
	__u8 next_hop_mac[6];
	__u8 source_mac[6];     /* the egress interface's own */
	__u16 tags[2];          /* 802.1Q/ad TCI towards the server, outer first, host order; SLUICE_SERVER_TAGS counts them */
	__u8 method;            /* SLUICE_DIRECT, SLUICE_IPIP, SLUICE_GUE, SLUICE_GRE */
	__u8 flags;             /* SLUICE_SERVER_* */
	__u8 source_prefix;     /* leading bits of tunnel_source that all flows share, the others are the flow's; 0: one source for all */
	__u8 egress;            /* interface slot, index into root.interfaces */
	__u16 mtu;              /* of the route to the server, the IP packet's bytes */
	__u16 weight;           /* effective: 0 takes no new flows */
	__u16 incarnation;      /* 12 bits are used: what a flow entry can hold */
	__u16 tunnel_port_be;   /* GUE: the outer UDP destination */
	__u8 address[16];       /* the real server's own: a tunnel's outer destination */
	__u8 tunnel_source[16]; /* a tunnel's outer source */
	__u32 tunnel;           /* lowest index of a server of the same address: its identification counter and path MTU serve all of them */
};

/* Beside each server record, for the reconciler alone: a daemon that takes over finds the servers again by it. */
struct sluice_owner {
	__u64 freed;   /* of a record without PRESENT: the generation that freed it */
	__u32 service; /* index of its service */
	__u32 reserved;
};

/* Where Swift's raw loads find what they copy whole. */
enum { SLUICE_SERVER_METHOD = 16, SLUICE_SERVER_FLAGS = 17, SLUICE_SERVER_SOURCE_PREFIX = 18, SLUICE_SERVER_EGRESS = 19,
       SLUICE_SERVER_MTU = 20, SLUICE_SERVER_TUNNEL_PORT = 26, SLUICE_SERVER_ADDRESS = 28, SLUICE_SERVER_TUNNEL_SOURCE = 44,
       SLUICE_SERVER_TUNNEL = 60, SLUICE_HALF_VIP_FILTER = 88, SLUICE_ROOT_ACTIVE = 4, SLUICE_ROOT_INTERFACES = 64,
       SLUICE_ROOT_HALVES = 320, SLUICE_HALF_TIMEOUTS = 56 };

/* Connection states as the client's packets show them: under direct routing and tunnels a director sees no replies (IPVS:
 * ip_vs_proto_tcp.c, tcp_states_dr). Index into timeouts. */
enum {
	SLUICE_STATE_NONE = 0,
	SLUICE_STATE_SYN_RECEIVED = 1,
	SLUICE_STATE_ESTABLISHED = 2,
	SLUICE_STATE_FIN_WAIT = 3,
	SLUICE_STATE_CLOSE = 4,
	SLUICE_STATE_UDP = 5,
	SLUICE_STATES = 6,
};

/* One half: what a generation says besides its tables. */
struct sluice_half {
	__u64 generation;
	__u64 hash_key[4];       /* of the flow hash; the same on every director of a fleet */
	__u32 slot_mask;         /* slots in use of the slot table, a power of two, minus 1 */
	__u32 service_count;     /* services are 0 ..< service_count, with holes */
	__u32 server_limit;      /* servers are below this index, with holes */
	__u32 reserved0;
	__u32 timeouts[SLUICE_STATES]; /* seconds, by state */
	__u32 reserved[2];       /* zero: a state of 6 or 7 finds a timeout of 0 here */
	__u64 vip_filter[SLUICE_VIP_FILTER_WORDS]; /* bit of each VIP's filter hash */
};

/* An attached interface. Its MAC address is one word, so that a change is seen whole. */
struct sluice_interface {
	__u64 mac;     /* the six bytes in the order of the wire, as a load of them gives; the upper two are 0 */
	__u32 ifindex; /* 0: free */
	__u32 queues;
};

/* Element 0 of the root map. Capacities are of the maps, so that no reader needs a constant. */
struct sluice_root {
	__u32 layout; /* SLUICE_LAYOUT, written last when the memory is made */
	__u32 active; /* the half in force: 0 or 1 */
	__u32 slot_capacity;    /* slots of one half: where the second begins */
	__u32 service_capacity; /* services of one half */
	__u32 server_capacity;  /* servers of one half, and owners, and paths */
	__u32 ring_capacity;    /* ring slots */
	__u32 member_capacity;  /* members */
	__u32 flow_buckets;     /* of one worker */
	__u32 workers;
	__u32 reserved[7];
	struct sluice_interface interfaces[SLUICE_INTERFACES]; /* a slot, once given, keeps its interface */
	struct sluice_half halves[2];
};

/* What ICMP errors have said about the path to a tunnelled real server: a word for each tunnel (sluice_server.tunnel), 0: nothing.
 * Not doubled, since it outlives generations; any worker writes, all read, whole words. From the top: the second until which it
 * holds (32 bits), the incarnation of the server of that index (16), the path MTU (16). */
enum { SLUICE_PATH_SECONDS = 600 }; /* RFC 1191 6.3, RFC 8201 4: ten minutes */

/* A bucket of a worker's flow table: four entries, one cache line (see Sources/Forwarding/Connections/FlowTable.swift). */
struct sluice_flow {
	__u64 tag;                /* the flow hash; 0: free. Two flows with one tag would share a server: 2^-64 a pair */
	__u32 incarnation_server; /* the server's incarnation << 20 | its index */
	__u32 seen_state;         /* seconds << 4 | confirmed << 3 | SLUICE_STATE_*; seconds of CLOCK_MONOTONIC, 28 bits: eight years */
};

struct sluice_bucket {
	struct sluice_flow entries[4];
};

/* Who a flow is: beside each entry of a bucket, written once when the entry is made. With the service's address and protocol it is the
 * 5-tuple. 24 bytes, so that a flow takes 40 in all. */
struct sluice_connection {
	__u64 client[2];  /* address, as it lies in memory */
	__u32 ports;      /* as they lie in the packet: the client's, then the destination's */
	__u32 service;    /* the service's incarnation << 16 | its index */
};

/* How long a first fragment's datagram is remembered, by steering as by the workers: as long as Linux waits for the rest of one
 * (IP_FRAG_TIME in net/ip.h). */
enum { SLUICE_FRAGMENT_SECONDS = 30 };

/* What the steering program does with a frame; the per-CPU counters' index. */
enum {
	SLUICE_STEER_PASSED = 0,    /* not for a virtual service: the kernel's. Nonzero is normal */
	SLUICE_STEER_TAKEN = 1,     /* into the socket of its queue. Nonzero is normal */
	SLUICE_STEER_NO_SOCKET = 2, /* a service's packet, but no worker on its queue: dropped. Nonzero after a crash of the daemon */
	SLUICE_STEER_COUNTERS = 3,
};

/*
 * The hash of the slot table, computed by both sides. It is not keyed: operators, not clients, choose the addresses in the table, and a
 * look-up costs at most SLUICE_PROBES whatever a client sends. The flow hash, which is keyed, is in flow_hash.h.
 */
#ifdef __clang__
/* Inlined on both sides; the attribute lets Swift's per-packet code, which may not allocate or lock, call it. */
#define SLUICE_INLINE static inline __attribute__((always_inline, swift_attr("@_noLocks")))
#else
#define SLUICE_INLINE static inline
#endif

/* The finalizer of splitmix64 (Steele et al., OOPSLA 2014): every bit of the input moves every bit of the output. */
SLUICE_INLINE __u64 sluice_mix64(__u64 value)
{
	value += 0x9e3779b97f4a7c15ULL;
	value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9ULL;
	value = (value ^ value >> 27) * 0x94d049bb133111ebULL;
	return value ^ value >> 31;
}

/* The address as two words, as it lies in memory. */
SLUICE_INLINE __u32 sluice_slot_hash_words(__u64 high, __u64 low, __u16 port_be, __u8 protocol)
{
	__u64 hash = high * 0x9e3779b97f4a7c15ULL;

	hash ^= hash >> 29;
	hash += low;
	hash *= 0xbf58476d1ce4e5b9ULL;
	hash ^= hash >> 32;
	hash += ((__u64)port_be << 8) | protocol;
	hash *= 0x94d049bb133111ebULL;
	return (__u32)(hash >> 32);
}

SLUICE_INLINE __u32 sluice_slot_hash(const __u8 *address, __u16 port_be, __u8 protocol)
{
	__u64 words[2];

	__builtin_memcpy(words, address, sizeof(words));
	return sluice_slot_hash_words(words[0], words[1], port_be, protocol);
}

#define SLUICE_SIZE(type, size) _Static_assert(sizeof(type) == (size), #type " is laid out otherwise than its readers expect")
SLUICE_SIZE(struct sluice_slot, 24);
SLUICE_SIZE(struct sluice_service, 64);
SLUICE_SIZE(struct sluice_server, 64);
SLUICE_SIZE(struct sluice_owner, 16);
SLUICE_SIZE(struct sluice_connection, 24);
_Static_assert(__builtin_offsetof(struct sluice_server, source_mac) == 6, "MAC addresses are copied as one Ethernet header");
_Static_assert(__builtin_offsetof(struct sluice_server, method) == SLUICE_SERVER_METHOD, "SLUICE_SERVER_METHOD");
_Static_assert(__builtin_offsetof(struct sluice_server, flags) == SLUICE_SERVER_FLAGS, "SLUICE_SERVER_FLAGS");
_Static_assert(__builtin_offsetof(struct sluice_server, source_prefix) == SLUICE_SERVER_SOURCE_PREFIX, "SLUICE_SERVER_SOURCE_PREFIX");
_Static_assert(__builtin_offsetof(struct sluice_server, egress) == SLUICE_SERVER_EGRESS, "SLUICE_SERVER_EGRESS");
_Static_assert(__builtin_offsetof(struct sluice_server, mtu) == SLUICE_SERVER_MTU, "SLUICE_SERVER_MTU");
_Static_assert(__builtin_offsetof(struct sluice_server, tunnel_port_be) == SLUICE_SERVER_TUNNEL_PORT, "SLUICE_SERVER_TUNNEL_PORT");
_Static_assert(__builtin_offsetof(struct sluice_server, tunnel) == SLUICE_SERVER_TUNNEL, "SLUICE_SERVER_TUNNEL");
_Static_assert(__builtin_offsetof(struct sluice_server, address) == SLUICE_SERVER_ADDRESS, "SLUICE_SERVER_ADDRESS");
_Static_assert(__builtin_offsetof(struct sluice_server, tunnel_source) == SLUICE_SERVER_TUNNEL_SOURCE, "SLUICE_SERVER_TUNNEL_SOURCE");
_Static_assert(__builtin_offsetof(struct sluice_half, vip_filter) == SLUICE_HALF_VIP_FILTER, "SLUICE_HALF_VIP_FILTER");
_Static_assert(__builtin_offsetof(struct sluice_root, active) == SLUICE_ROOT_ACTIVE, "SLUICE_ROOT_ACTIVE");
_Static_assert(__builtin_offsetof(struct sluice_root, interfaces) == SLUICE_ROOT_INTERFACES, "SLUICE_ROOT_INTERFACES");
_Static_assert(__builtin_offsetof(struct sluice_half, timeouts) == SLUICE_HALF_TIMEOUTS, "SLUICE_HALF_TIMEOUTS");
_Static_assert(__builtin_offsetof(struct sluice_root, halves) == SLUICE_ROOT_HALVES, "SLUICE_ROOT_HALVES");
_Static_assert(__builtin_offsetof(struct sluice_slot, flags) == 19, "Tables.vipFlags reads a slot by words");
_Static_assert(__builtin_offsetof(struct sluice_slot, service) == 20, "Tables.find reads a slot by words");
SLUICE_SIZE(struct sluice_flow, 16);
SLUICE_SIZE(struct sluice_bucket, 64);
SLUICE_SIZE(struct sluice_half, 600);
SLUICE_SIZE(struct sluice_interface, 16);
SLUICE_SIZE(struct sluice_root, 1520);
#undef SLUICE_SIZE

#endif
