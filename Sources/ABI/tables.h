/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The layout of the memory that the BPF programs, the workers (Swift) and the reconciler (Swift) share. It is defined only here.
 * All tables are flat and use indices instead of pointers, so the same bytes work in plain memory (tests, replay) and in mmapable
 * BPF array maps (production), and outlive the process that wrote them.
 *
 * Two halves. The slot, service, server and owner tables exist twice. Readers load `root.active` (acquire) once per batch and use
 * only that half. The reconciler is the only writer: it writes the idle half, then flips `root.active` (release). It writes to
 * the half left behind only when no worker and no running BPF program reads it any more (Docs/generations.md). Rings and members
 * exist once: what a live generation refers to is never overwritten; a changed ring is written to a free part of the arena.
 *
 * Byte order: fields named *_be are in network order, all others in host order, which is little endian (asserted below).
 * Addresses are 16 bytes in network order, IPv4 as ::ffff:a.b.c.d (RFC 4291 2.5.5.2), so both families have one key format;
 * v4-mapped addresses on the wire are refused.
 */
#ifndef SLUICE_TABLES_H
#define SLUICE_TABLES_H

#include <linux/types.h>

#if !defined(__BYTE_ORDER__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "Sluice needs a little-endian machine: it reads and writes whole words of packets and tables"
#endif

/* Increase with every change of layout or meaning; a daemon takes over only memory of its own layout. */
enum { SLUICE_LAYOUT = 8 };

enum {
	SLUICE_INTERFACES = 16,        /* limit of attached interfaces */
	SLUICE_QUEUES = 64,            /* limit of queues (= workers) of an interface */
	SLUICE_FURTHER_MACS = 16,      /* limit of MAC addresses of an interface besides its own; two cache lines */
	SLUICE_PROBES = 8,             /* probes for one key at most, which bounds the loop in BPF; the table builder ensures it */
	SLUICE_VIP_FILTER_WORDS = 64,  /* 4096 bits: one load recognizes most of the host's own traffic */
	SLUICE_RING_BLOCK = 2048,      /* ring slots in one map element (array map elements are multiples of 8 bytes) */
	SLUICE_RING_ALIGNMENT = 32,    /* ring slots in a cache line: each ring starts at one */
	SLUICE_MEMBER_ALIGNMENT = 16,  /* members in a cache line: each service's members start at one */
	SLUICE_SERVERS = 1 << 20,      /* limit of servers, each counted once per service: a flow entry has 20 bits for the index */
	SLUICE_MEMBERS = 0xffff,       /* limit of servers of one service: member numbers are below SLUICE_NO_MEMBER */
	SLUICE_NO_MEMBER = 0xffff,     /* a ring slot without a server */
	SLUICE_NO_SERVICE = 0xffffffff,
};

/* A slot of the open-addressing table {address, protocol, port} -> service; free when service == SLUICE_NO_SERVICE. Besides one
 * slot for each service there are, with port 0:
 * - one for each VIP, with protocol 0: `service` counts its services, `flags` are for packets without ports;
 * - one for each tunnelled real server, with protocol SLUICE_SLOT_TUNNEL: `service` is the tunnel's index (see
 *   sluice_server.tunnel). It identifies ICMP errors about our tunnel packets. For GUE it has the tunnel's port: other UDP to
 *   that server is the host's own. */
struct sluice_slot {
	__u8 address[16];
	__u16 port_be; /* 0: any port */
	__u8 protocol; /* IPPROTO_TCP, IPPROTO_UDP; 0: a VIP; SLUICE_SLOT_TUNNEL */
	__u8 flags;    /* SLUICE_SLOT_* for a VIP, else 0 */
	__u32 service; /* index into services */
};

enum { SLUICE_SLOT_TUNNEL = 4 }; /* IPPROTO_IPIP, which is no service's protocol */

enum {
	SLUICE_SLOT_LIVE = 1, /* a service of this VIP has a live server: echo requests are answered */
	SLUICE_SLOT_TCP = 2,  /* the VIP has a TCP service: a later TCP fragment may belong to it */
	SLUICE_SLOT_UDP = 4,  /* the same for UDP */
};

enum {
	SLUICE_SERVICE_LIVE = 1,      /* has a live server */
	SLUICE_SERVICE_LOSS_DROP = 2, /* flows of a removed server are dropped, not rehashed */
	SLUICE_SERVICE_RESET = 4,     /* TCP without a live server is answered with a reset, not with port unreachable */
	SLUICE_SERVICE_FALLBACK = 8,  /* mh, sh: another server instead of one that takes no new flows */
	SLUICE_SERVICE_PORT = 16,     /* mh, sh: by the client's port, too */
	SLUICE_SERVICE_ONE_PACKET = 32, /* UDP: each packet is scheduled by itself */
	SLUICE_SERVICE_THRESHOLDS = 64, /* servers have thresholds */
};

/* How a service chooses the server of a new flow; see Sources/Forwarding/Schedule. */
enum {
	/* By a ring. */
	SLUICE_SCHEDULER_MAGLEV = 0,
	SLUICE_SCHEDULER_MH = 1,
	SLUICE_SCHEDULER_SH = 2,
	SLUICE_SCHEDULER_DH = 3,
	/* By the service's list of members, the newest server first, with LVS's names; their services have no ring. */
	SLUICE_SCHEDULER_RR = 16,
	SLUICE_SCHEDULER_WRR = 17,
	SLUICE_SCHEDULER_LC = 18,
	SLUICE_SCHEDULER_WLC = 19,
	SLUICE_SCHEDULER_SED = 20,
	SLUICE_SCHEDULER_NQ = 21,
	SLUICE_SCHEDULER_FO = 22,
	SLUICE_SCHEDULER_OVF = 23,
	SLUICE_SCHEDULER_TWOS = 24,
	SLUICE_SCHEDULER_LBLC = 25,
	SLUICE_SCHEDULER_LBLCR = 26,
};

/* A virtual service. 64 bytes: one cache line. */
struct sluice_service {
	__u8 address[16];
	__u16 port_be;
	__u8 protocol;     /* 0: the index is free */
	__u8 flags;        /* SLUICE_SERVICE_* */
	__u32 ring_start;  /* first slot of its ring in the arena, a multiple of SLUICE_RING_ALIGNMENT */
	__u32 ring_size;   /* slots, a prime; 0 while the service has no server of weight above 0 */
	__u32 member_start; /* its first member in the arena, a multiple of SLUICE_MEMBER_ALIGNMENT; ring slots hold offsets from it, so that
	                     * 16 bits are enough however many servers there are in all */
	__u32 member_count; /* servers on the ring */
	__u8 scheduler;    /* SLUICE_SCHEDULER_* */
	__u8 reserved1[3];
	__u64 ring_digest; /* digest of the ring's or list's input; if it is unchanged, a restarted daemon keeps the ring, a worker its tree */
	__u32 persistence; /* seconds for which a client keeps its server after its last flow; 0: each flow is scheduled by itself */
	__u32 netmask;     /* which clients count as one. IPv4: a mask in host order; IPv6: the length of a prefix */
	__u32 reserved[2];
};

enum {
	SLUICE_DIRECT = 1,
	SLUICE_IPIP = 2, /* RFC 2003, RFC 2473, RFC 4213 */
	SLUICE_GUE = 3,  /* UDP and variant 0 of draft-ietf-intarea-gue */
	SLUICE_GRE = 4,  /* RFC 2784 */
};

enum {
	SLUICE_SERVER_PRESENT = 1,       /* configured; clear: removed, or unreachable for too long */
	SLUICE_SERVER_RESOLVED = 2,      /* next hop known: MAC addresses, egress and MTU are valid */
	SLUICE_SERVER_IPV6 = 4,          /* the server's address is IPv6, and so is a tunnel's outer header */
	SLUICE_SERVER_CHECKSUM = 8,      /* GUE: a UDP checksum; GRE: the checksum field */
	SLUICE_SERVER_OUTER_8021AD = 16, /* tags[0] is 802.1ad; otherwise 802.1Q */
	SLUICE_SERVER_INNER_8021AD = 32, /* the same for tags[1] */
	SLUICE_SERVER_TAGS = 64,         /* times the number of tags: 0, 1 or 2 */
	SLUICE_SERVER_TAGS_SHIFT = 6,
};

/* A real server of one service. 64 bytes: rewriting needs only this cache line. A server keeps its index as long as it is
 * configured, across generations and restarts of the daemon; a reused index has another incarnation. */
struct sluice_server {
	__u8 next_hop_mac[6];
	__u8 source_mac[6];     /* MAC address of the egress interface */
	__u16 tags[2];          /* 802.1Q/ad TCI of frames to the server, outer first, host order; SLUICE_SERVER_TAGS has their number */
	__u8 method;            /* SLUICE_DIRECT, SLUICE_IPIP, SLUICE_GUE, SLUICE_GRE */
	__u8 flags;             /* SLUICE_SERVER_* */
	__u8 source_prefix;     /* leading bits of tunnel_source that all flows share, the others depend on the flow; 0: one source */
	__u8 egress;            /* interface slot, index into root.interfaces */
	__u16 mtu;              /* of the route to the server: size of the largest IP packet */
	__u16 weight;           /* effective: 0 takes no new flows */
	__u16 incarnation;      /* 12 bits are used: what a flow entry can hold */
	__u16 tunnel_port_be;   /* GUE: outer UDP destination port */
	__u8 address[16];       /* the real server's address: outer destination of a tunnel */
	__u8 tunnel_source[16]; /* outer source of a tunnel */
	__u32 tunnel;           /* lowest index of a server with this address: they share identification counter and learned MTU */
};

/* One for each server record: what few packets need. A daemon that takes over finds the servers' services by it; workers read the
 * thresholds when they schedule a flow of a service that has some. */
struct sluice_owner {
	__u64 freed;   /* the generation that freed the record, if it is not PRESENT */
	__u32 service; /* index of its service */
	__u16 port;    /* in host order; 0: that of the service. With the address it names the server within its service */
	__u16 reserved;
	__u32 last_weight; /* its weight; with `mh`, whose rings are filled by it, at weight 0 the latest one above */
	__u32 upper_threshold; /* connections from which it gets no new flows; 0: no limit */
	__u32 lower_threshold; /* connections below which it gets some again; 0: three quarters of the upper threshold */
	__u32 reserved1;
};

/* Offsets for raw loads in Swift. */
enum { SLUICE_SERVER_METHOD = 16, SLUICE_SERVER_FLAGS = 17, SLUICE_SERVER_SOURCE_PREFIX = 18, SLUICE_SERVER_EGRESS = 19,
       SLUICE_SERVER_MTU = 20, SLUICE_SERVER_TUNNEL_PORT = 26, SLUICE_SERVER_ADDRESS = 28, SLUICE_SERVER_TUNNEL_SOURCE = 44,
       SLUICE_SERVER_TUNNEL = 60, SLUICE_HALF_VIP_FILTER = 88, SLUICE_ROOT_ACTIVE = 4, SLUICE_ROOT_INTERFACES = 64,
       SLUICE_ROOT_HALVES = 320, SLUICE_ROOT_FURTHER = 1520, SLUICE_HALF_TIMEOUTS = 56 };

/* Connection states, derived from the client's packets: with direct routing and tunnels a director sees no replies (IPVS:
 * ip_vs_proto_tcp.c, tcp_states_dr). Index into timeouts. */
enum {
	SLUICE_STATE_NONE = 0,
	SLUICE_STATE_SYN_RECEIVED = 1,
	SLUICE_STATE_ESTABLISHED = 2,
	SLUICE_STATE_FIN_WAIT = 3,
	SLUICE_STATE_CLOSE = 4,
	SLUICE_STATE_UDP = 5,
	SLUICE_STATE_OPENED = 6, /* TCP: acknowledged, but the client has sent no data; has the timeout of ESTABLISHED, see FlowTable+Places.swift */
	SLUICE_STATE_CLIENT = 7, /* no flow: a client's server, of a service with persistence; see PersistentClients.swift */
	SLUICE_STATES = 8,
};

/* The longest persistence, 31 days (ipvsadm(8)): the timeout of SLUICE_STATE_CLIENT. Shorter ones are counted from an earlier second. */
enum { SLUICE_LONGEST_PERSISTENCE = 2678400 };

enum { SLUICE_HALF_PERSISTENCE = 1 }; /* a service has persistence: ageing keeps its clients' entries as long as they have flows */

/* One half: the values of a generation besides its tables. */
struct sluice_half {
	__u64 generation;
	__u64 hash_key[4];       /* key of the flow hash; the same on every director of a fleet */
	__u32 slot_mask;         /* used size of the slot table, a power of two, minus 1 */
	__u32 service_count;     /* services are 0 ..< service_count, with holes */
	__u32 server_limit;      /* servers have indices below this, with holes */
	__u32 flags;             /* SLUICE_HALF_* */
	__u32 timeouts[SLUICE_STATES]; /* seconds, by state */
	__u64 vip_filter[SLUICE_VIP_FILTER_WORDS]; /* one bit for each VIP, by its hash */
};

enum { SLUICE_INTERFACE_STRIPS_TAGS = 1 }; /* it took VLAN tags off before Sluice, and is to do so again after it */

/* An attached interface. Its MAC address is one word, so that a change is seen whole. */
struct sluice_interface {
	__u64 mac;     /* the six bytes in the order of the wire, as a load of them gives; the upper two are 0 */
	__u32 ifindex; /* 0: free */
	__u8 queues;
	__u8 flags;    /* SLUICE_INTERFACE_* */
	__u16 further; /* places in use in its sluice_further_macs, holes included; 0 on most hosts */
};

/* Further MAC addresses by which an interface receives for this host, such as those of its macvlans; see Docs/decisions/mac-addresses.md.
 * Words as sluice_interface.mac, 0: a hole. An address keeps its place, so that no reader misses one while another is removed. Apart
 * from sluice_interface, because only frames to another address than the interface's own are compared with them. */
struct sluice_further_macs {
	__u64 macs[SLUICE_FURTHER_MACS];
};

/* Element 0 of the root map. It has the capacities of the maps, so that no reader needs a constant. */
struct sluice_root {
	__u32 layout; /* SLUICE_LAYOUT, written last when the memory is created */
	__u32 active; /* the active half: 0 or 1 */
	__u32 slot_capacity;    /* slots of one half: where the second begins */
	__u32 service_capacity; /* services of one half */
	__u32 server_capacity;  /* servers of one half, and owners, and paths */
	__u32 ring_capacity;    /* ring slots */
	__u32 member_capacity;  /* members */
	__u32 flow_buckets;     /* of one worker */
	__u32 workers;
	__u32 reserved[7];
	struct sluice_interface interfaces[SLUICE_INTERFACES]; /* an interface keeps its slot */
	struct sluice_half halves[2];
	struct sluice_further_macs further[SLUICE_INTERFACES]; /* by the interface's slot */
};

/* Learned path MTUs: one word for each tunnel (see sluice_server.tunnel), 0: none. Not part of the halves, because they outlive
 * generations. Any worker writes, all read, whole words. From the highest bits: expiry in seconds (32 bits), incarnation of the
 * server with that index (16), MTU of the path (16). */
enum { SLUICE_PATH_SECONDS = 600 }; /* RFC 1191 6.3, RFC 8201 4: ten minutes */

/* A bucket of a worker's flow table: four entries, one cache line (see Sources/Forwarding/Connections/FlowTable.swift). */
struct sluice_flow {
	__u64 tag;                /* the flow hash; 0: free. Two flows with the same tag share a server: probability 2^-64 for a pair */
	__u32 incarnation_server; /* the server's incarnation << 20 | its index */
	__u32 seen_state;         /* seconds << 4 | confirmed << 3 | SLUICE_STATE_*; seconds of CLOCK_MONOTONIC, 28 bits: eight years */
};

struct sluice_bucket {
	struct sluice_flow entries[4];
};

/* A flow's client and ports, one for each entry of a bucket, written once when the entry is made. With the service's address and protocol
 * they are the 5-tuple. 16 bytes, so that those of a bucket are one cache line, and each is one store; the first half of an IPv6 client's
 * address is in an array of its own, which IPv4 flows don't touch. A flow takes 40 bytes in all. */
struct sluice_connection {
	__u64 client;     /* address in memory order: of an IPv6 client its second half, of an IPv4 client that of ::ffff:a.b.c.d */
	__u32 ports;      /* in packet order: the client's, then the destination's */
	__u16 service;    /* the service's index when the flow began; the index may have been reused since */
	__u16 sequence;   /* sequence number of the first SYN, folded to 16 bits: a repeated SYN has the same */
};

/* How long steering and workers remember the datagram of a first fragment: as long as Linux waits for missing fragments
 * (IP_FRAG_TIME in net/ip.h). */
enum { SLUICE_FRAGMENT_SECONDS = 30 };

/* Results of the steering program; index of the per-CPU counters. */
enum {
	SLUICE_STEER_PASSED = 0,    /* not for a service, left to the kernel; nonzero is normal */
	SLUICE_STEER_TAKEN = 1,     /* to the socket of its queue; nonzero is normal */
	SLUICE_STEER_NO_SOCKET = 2, /* for a service, but no worker on its queue, dropped; nonzero after a crash of the daemon */
	SLUICE_STEER_COUNTERS = 3,
};

/*
 * The hash of the slot table; BPF and Swift both compute it. It has no key: operators, not clients, choose the addresses in the table,
 * and a look-up takes at most SLUICE_PROBES probes whatever a client sends. The flow hash, which has a key, is in flow_hash.h.
 */
#ifdef __clang__
/* The attribute lets Swift code with @_noLocks call it. */
#define SLUICE_INLINE static inline __attribute__((always_inline, swift_attr("@_noLocks")))
#else
#define SLUICE_INLINE static inline
#endif

/* The finalizer of splitmix64 (Steele et al., OOPSLA 2014): every input bit affects every output bit. */
SLUICE_INLINE __u64 sluice_mix64(__u64 value)
{
	value += 0x9e3779b97f4a7c15ULL;
	value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9ULL;
	value = (value ^ value >> 27) * 0x94d049bb133111ebULL;
	return value ^ value >> 31;
}

/* `high` and `low`: the address as two words in memory order. */
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

#define SLUICE_SIZE(type, size) _Static_assert(sizeof(type) == (size), #type " has another size than its readers expect")
SLUICE_SIZE(struct sluice_slot, 24);
SLUICE_SIZE(struct sluice_service, 64);
SLUICE_SIZE(struct sluice_server, 64);
SLUICE_SIZE(struct sluice_owner, 32);
SLUICE_SIZE(struct sluice_connection, 16);
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
_Static_assert(__builtin_offsetof(struct sluice_root, further) == SLUICE_ROOT_FURTHER, "SLUICE_ROOT_FURTHER");
_Static_assert(__builtin_offsetof(struct sluice_slot, flags) == 19, "Tables.vipFlags reads a slot by words");
_Static_assert(__builtin_offsetof(struct sluice_slot, service) == 20, "Tables.find reads a slot by words");
SLUICE_SIZE(struct sluice_flow, 16);
SLUICE_SIZE(struct sluice_bucket, 64);
SLUICE_SIZE(struct sluice_half, 600);
SLUICE_SIZE(struct sluice_interface, 16);
SLUICE_SIZE(struct sluice_further_macs, 128);
SLUICE_SIZE(struct sluice_root, 3568);
#undef SLUICE_SIZE

#endif
