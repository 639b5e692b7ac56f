/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's routes, neighbours, links and addresses in fixed-size structs.
 *
 * Thin on purpose: arrays of questions in, arrays of plain structs out, no callback into Swift. Every function returns 0 (or a count) or
 * -errno, the kernel's own where the kernel refused. A handle belongs to the network namespace of the thread that opened it and serves one
 * thread at a time.
 *
 * Plain sockets and the kernel's own headers rather than libnl: libnl allocates a page for each request and an object for each answer, turns
 * the kernel's errno into numbers of its own that can't be turned back (ENETUNREACH and EHOSTUNREACH become one), and sends one request at a
 * time. 100,000 routes are asked here in a fifth of a second.
 */
#ifndef SLUICE_CNETLINK_H
#define SLUICE_CNETLINK_H

/* The constants that the fields below hold: NUD_*, RTN_*, RT_SCOPE_*, IFA_F_*. Not linux/if.h: it quarrels with net/if.h. */
#include <linux/rtnetlink.h>
#include <stdint.h>

enum {
	SLUICE_NL_WAIT_MS = 2000, /* for all answers to a batch, or the next part of a dump: the kernel answers inside the system call */
	SLUICE_NL_BATCH = 64,     /* requests sent at once; their answers fit a socket's default buffer, and a core's first cache */
	SLUICE_NL_NAME = 16,      /* IFNAMSIZ, the final zero included */
	SLUICE_NL_ETHERNET = 1,   /* ARPHRD_ETHER */
	SLUICE_NL_LOWER_UP = 1 << 16, /* IFF_LOWER_UP */
};

struct sluice_nl; /* one netlink socket */

/* AF_INET: 4 bytes in use, AF_INET6: 16, family 0: no address. Network order. */
struct sluice_nl_ip {
	uint8_t family;
	uint8_t bytes[16];
};

struct sluice_nl_link {
	uint32_t ifindex;
	uint32_t flags;  /* IFF_*, IFF_LOWER_UP included */
	uint32_t mtu;
	uint32_t mtu6;   /* what IPv6 keeps to: a router advertisement may have lowered it; 0: IPv6 is off */
	uint32_t lower;  /* IFLA_LINK: what a VLAN lies on; 0: nothing, or something of another namespace */
	uint32_t master; /* bond, bridge or VRF it belongs to, or 0 */
	uint16_t type;   /* ARPHRD_* */
	uint16_t vlan_protocol; /* ETH_P_8021Q, ETH_P_8021AD, host order; kind "vlan" only */
	uint16_t vlan_id;
	uint8_t mac_length; /* 6, or the link is no Ethernet */
	uint8_t mac[6];
	char name[SLUICE_NL_NAME];
	char kind[SLUICE_NL_NAME]; /* "vlan", "bond", "veth", …; empty: a plain device */
};

struct sluice_nl_address {
	uint32_t ifindex;
	uint32_t flags; /* IFA_F_* */
	uint8_t prefix; /* bits */
	uint8_t scope;  /* RT_SCOPE_* */
	uint8_t proto;  /* IFA_PROTO (kernels from 5.18), 0: not said */
	struct sluice_nl_ip ip;
	struct sluice_nl_ip peer; /* the other end of a point-to-point address; family 0: none */
	char label[SLUICE_NL_NAME]; /* IPv4 only */
};

struct sluice_nl_route {
	int32_t error;    /* -errno for this destination alone; -ENETUNREACH, -EHOSTUNREACH, -EACCES, -EINVAL, -EAGAIN: what the
			   * operator's routes say (none, unreachable, prohibit, blackhole, throw) */
	uint32_t ifindex; /* leaves by */
	uint32_t mtu;     /* of the route, path MTU discovery included; 0: the link's */
	uint8_t type;     /* RTN_* */
	uint8_t encapsulated; /* not 0: a lightweight tunnel (RTA_ENCAP) */
	struct sluice_nl_ip gateway; /* family 0: on link. May be IPv6 for an IPv4 destination (RFC 8950) */
	struct sluice_nl_ip source;  /* the source the kernel would take */
};

struct sluice_nl_neighbour {
	uint32_t ifindex;
	uint16_t state; /* NUD_* */
	uint8_t mac_length; /* 0: none known */
	uint8_t mac[6];
	struct sluice_nl_ip ip;
};

/* What a request about a neighbour names. */
struct sluice_nl_hop {
	uint32_t ifindex;
	struct sluice_nl_ip ip;
	uint8_t create; /* sluice_nl_use_neighbours: make the entry, -EEXIST if there is one */
};

/* A /32 or /128 of Sluice's on an interface. */
struct sluice_nl_vip {
	uint32_t ifindex;
	struct sluice_nl_ip ip;
	uint8_t proto;              /* IFA_PROTO */
	char label[SLUICE_NL_NAME]; /* IPv4 only; empty: none */
};

/* The destinations of a route that came, changed or went. */
struct sluice_nl_prefix {
	struct sluice_nl_ip ip; /* the lowest address */
	uint8_t length;         /* bits */
};

enum sluice_nl_kind {
	SLUICE_NL_NOTHING,   /* not about us: a bridge's forwarding table, say */
	SLUICE_NL_LINK,
	SLUICE_NL_ADDRESS,
	SLUICE_NL_NEIGHBOUR,
	SLUICE_NL_ROUTE,     /* the prefix is all that is told */
	SLUICE_NL_RULES,     /* a rule or a next-hop object: any route may have changed */
	SLUICE_NL_LOST,      /* events were lost or one could not be read: anything may have changed */
};

/* One message of a dump, or one event. */
struct sluice_nl_record {
	uint8_t kind; /* enum sluice_nl_kind */
	uint8_t gone; /* events only: it was deleted */
	union {
		struct sluice_nl_link link;
		struct sluice_nl_address address;
		struct sluice_nl_neighbour neighbour;
		struct sluice_nl_prefix prefix;
	};
};

/* Opens a socket for questions and changes. */
int sluice_nl_open(struct sluice_nl **out);
/* Opens a socket that hears of every change, never blocks, and asks nothing. */
int sluice_nl_open_events(struct sluice_nl **out);
void sluice_nl_close(struct sluice_nl *nl);
/* For poll; the handle keeps it. */
int sluice_nl_fd(const struct sluice_nl *nl);

/*
 * Batches of at most SLUICE_NL_BATCH. A result other than 0 is about the asking itself (the socket, a kernel that does not answer); what the
 * kernel says of one request is in its own `error`.
 */

/* The routes that packets of our own to the destinations take, rules included. */
int sluice_nl_routes(struct sluice_nl *nl, const struct sluice_nl_ip *destinations, struct sluice_nl_route *out, uint32_t count);
/* errors[i] is -ENOENT where the kernel knows nothing of the neighbour, and -ENODEV where there is no such interface. */
int sluice_nl_neighbours(struct sluice_nl *nl, const struct sluice_nl_hop *hops, struct sluice_nl_neighbour *out, int32_t *errors,
	uint32_t count);
/* The kernel resolves or confirms the neighbours as if it had a packet for each. Never to be asked of a permanent entry: kernels from 5.16
 * take its permanence away (net/core/neighbour.c, NEIGH_UPDATE_F_USE). */
int sluice_nl_use_neighbours(struct sluice_nl *nl, const struct sluice_nl_hop *hops, int32_t *errors, uint32_t count);
/* errors[i] is -EEXIST where the address is there. */
int sluice_nl_add_addresses(struct sluice_nl *nl, const struct sluice_nl_vip *vips, int32_t *errors, uint32_t count);
/* errors[i] is -EADDRNOTAVAIL where the address is not there. */
int sluice_nl_remove_addresses(struct sluice_nl *nl, const struct sluice_nl_vip *vips, int32_t *errors, uint32_t count);

/* Asks for all links, addresses or neighbours (a kind above); sluice_nl_next_dumped then reads them. */
int sluice_nl_start_dump(struct sluice_nl *nl, enum sluice_nl_kind what);
/* How many of `capacity` records were read; 0: that was all. -EINTR: the table changed meanwhile, so start again. */
int sluice_nl_next_dumped(struct sluice_nl *nl, struct sluice_nl_record *out, uint32_t capacity);

/* How many of `capacity` events were read; 0: none waits. */
int sluice_nl_read_events(struct sluice_nl *nl, struct sluice_nl_record *out, uint32_t capacity);

/* What both read one message into. nlmsg_len bytes are looked at, whatever they hold; what can't be read is SLUICE_NL_LOST. */
void sluice_nl_take_record(const struct nlmsghdr *message, struct sluice_nl_record *out);

#endif
