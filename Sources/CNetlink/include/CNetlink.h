/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's routes, neighbours, links and addresses as fixed-size structs.
 *
 * A thin layer: arrays of requests in, arrays of plain structs out, no callback into Swift. Every function returns 0 (or a count) or -errno,
 * the kernel's errno if the kernel refused. A handle belongs to the network namespace of the thread that opened it; one thread may use it at a
 * time.
 *
 * Plain sockets and the kernel's headers instead of libnl, which allocates a page for each request and an object for each answer, sends one
 * request at a time, and maps several errnos to one of its own numbers (ENETUNREACH and EHOSTUNREACH). This way the kernel looks up 100,000
 * routes in 0.2 s.
 */
#ifndef SLUICE_CNETLINK_H
#define SLUICE_CNETLINK_H

/* The constants of the fields below: NUD_*, RTN_*, RT_SCOPE_*, IFA_F_*. Not linux/if.h, which conflicts with net/if.h. */
#include <linux/rtnetlink.h>
#include <stdint.h>
#include "packet.h"

enum {
	SLUICE_NL_WAIT_MS = 2000, /* for all answers to a batch, or for the next part of a dump; the kernel answers within sendto */
	SLUICE_NL_BATCH = 64,     /* requests in one datagram; the answers fit in the default receive buffer */
	SLUICE_NL_NAME = 16,      /* IFNAMSIZ, with the final zero */
	SLUICE_NL_ETHERNET = 1,   /* ARPHRD_ETHER */
	SLUICE_NL_LOWER_UP = 1 << 16, /* IFF_LOWER_UP */
};

struct sluice_nl; /* one netlink socket */

/* AF_INET uses 4 bytes, AF_INET6 16; family 0: no address. Network order. */
struct sluice_nl_ip {
	uint8_t family;
	uint8_t bytes[16];
};

struct sluice_nl_link {
	uint32_t ifindex;
	uint32_t flags;  /* IFF_*, IFF_LOWER_UP included */
	uint32_t mtu;
	uint32_t mtu6;   /* IPv6 MTU, which router advertisements may lower; 0: IPv6 is off */
	uint32_t lower;  /* IFLA_LINK: the device below a VLAN or macvlan; 0: none, or one in another namespace */
	uint32_t master; /* its bond, bridge or VRF, or 0 */
	uint16_t type;   /* ARPHRD_* */
	uint16_t vlan_protocol; /* ETH_P_8021Q, ETH_P_8021AD, host order; kind "vlan" only */
	uint16_t vlan_id;
	uint8_t mac_length; /* 6 for Ethernet */
	uint8_t mac[6];
	char name[SLUICE_NL_NAME];
	char kind[SLUICE_NL_NAME]; /* "vlan", "bond", "veth", …; empty for a physical device */
};

struct sluice_nl_address {
	uint32_t ifindex;
	uint32_t flags; /* IFA_F_* */
	uint8_t prefix; /* bits */
	uint8_t scope;  /* RT_SCOPE_* */
	uint8_t proto;  /* IFA_PROTO (kernels from 5.18); 0: not set */
	struct sluice_nl_ip ip;
	struct sluice_nl_ip peer; /* the other end of a point-to-point address; family 0: none */
	char label[SLUICE_NL_NAME]; /* IPv4 only */
};

struct sluice_nl_route {
	int32_t error;    /* -errno of this look-up. -ENETUNREACH, -EHOSTUNREACH, -EACCES, -EINVAL, -EAGAIN: no route, or a route of type
			   * unreachable, prohibit, blackhole, throw */
	uint32_t ifindex; /* egress interface */
	uint32_t mtu;     /* of the route, path MTU discovery included; 0: the MTU of the link */
	uint8_t type;     /* RTN_* */
	uint8_t encapsulated; /* 1: a lightweight tunnel (RTA_ENCAP) */
	struct sluice_nl_ip gateway; /* family 0: on link. May be IPv6 for an IPv4 destination (RFC 8950) */
	struct sluice_nl_ip source;  /* the source address that the kernel would use */
};

struct sluice_nl_neighbour {
	uint32_t ifindex;
	uint16_t state; /* NUD_* */
	uint8_t mac_length; /* 0: unknown */
	uint8_t mac[6];
	struct sluice_nl_ip ip;
};

/* The neighbour of a request. */
struct sluice_nl_hop {
	uint32_t ifindex;
	struct sluice_nl_ip ip;
	uint8_t create; /* for sluice_nl_use_neighbours: creates the entry; -EEXIST if there is one */
};

/* A virtual address on an interface, /32 or /128. */
struct sluice_nl_vip {
	uint32_t ifindex;
	struct sluice_nl_ip ip;
	uint8_t proto;              /* IFA_PROTO */
	char label[SLUICE_NL_NAME]; /* IPv4 only; empty: none */
};

/* The destinations of a route that was added, changed or removed. */
struct sluice_nl_prefix {
	struct sluice_nl_ip ip; /* the network address */
	uint8_t length;         /* bits */
};

enum sluice_nl_kind {
	SLUICE_NL_NOTHING,   /* not relevant, such as the forwarding table of a bridge */
	SLUICE_NL_LINK,
	SLUICE_NL_ADDRESS,
	SLUICE_NL_NEIGHBOUR,
	SLUICE_NL_ROUTE,     /* only its prefix */
	SLUICE_NL_RULES,     /* a rule or a next-hop object: any route may have changed */
	SLUICE_NL_LOST,      /* events were lost or unreadable: anything may have changed */
};

/* One message of a dump, or one event. */
struct sluice_nl_record {
	uint8_t kind; /* enum sluice_nl_kind */
	uint8_t gone; /* events only: the object was deleted */
	union {
		struct sluice_nl_link link;
		struct sluice_nl_address address;
		struct sluice_nl_neighbour neighbour;
		struct sluice_nl_prefix prefix;
	};
};

/* Opens a socket for requests. */
int sluice_nl_open(struct sluice_nl **out);
/* Opens a socket that receives every change; only sluice_nl_read_events may be used with it. */
int sluice_nl_open_events(struct sluice_nl **out);
void sluice_nl_close(struct sluice_nl *nl);
/* The descriptor, for poll; the handle keeps it. */
int sluice_nl_fd(const struct sluice_nl *nl);

/*
 * Batches of at most SLUICE_NL_BATCH requests. A result other than 0 is an error of the exchange (the socket, no answer in time); an error of
 * one request is in its own `error`.
 */

/* The routes of packets from this host to the destinations, rules included. */
int sluice_nl_routes(struct sluice_nl *nl, const struct sluice_nl_ip *destinations, struct sluice_nl_route *out, uint32_t count);
/* errors[i] is -ENOENT if there is no such entry, -ENODEV if there is no such interface. */
int sluice_nl_neighbours(struct sluice_nl *nl, const struct sluice_nl_hop *hops, struct sluice_nl_neighbour *out, int32_t *errors,
	uint32_t count);
/* Makes the kernel resolve or confirm the neighbours, as for a packet to each. Not to be used for permanent entries: kernels from 5.16 make
 * them non-permanent (net/core/neighbour.c, NEIGH_UPDATE_F_USE). */
int sluice_nl_use_neighbours(struct sluice_nl *nl, const struct sluice_nl_hop *hops, int32_t *errors, uint32_t count);
/* errors[i] is -EEXIST if the address exists already. */
int sluice_nl_add_addresses(struct sluice_nl *nl, const struct sluice_nl_vip *vips, int32_t *errors, uint32_t count);
/* errors[i] is -EADDRNOTAVAIL if the address does not exist. */
int sluice_nl_remove_addresses(struct sluice_nl *nl, const struct sluice_nl_vip *vips, int32_t *errors, uint32_t count);

/* Requests a dump of all links, addresses or neighbours; sluice_nl_next_dumped reads it. */
int sluice_nl_start_dump(struct sluice_nl *nl, enum sluice_nl_kind what);
/* Reads at most `capacity` records and returns their number; 0: the dump is complete. -EINTR: the table changed during the dump; start
 * again. */
int sluice_nl_next_dumped(struct sluice_nl *nl, struct sluice_nl_record *out, uint32_t capacity);

/* Reads at most `capacity` pending events and returns their number; never blocks. */
int sluice_nl_read_events(struct sluice_nl *nl, struct sluice_nl_record *out, uint32_t capacity);

/* Parses one message of a dump or an event; reads no further than nlmsg_len, whatever the content. An unreadable one is SLUICE_NL_LOST. */
void sluice_nl_take_record(const struct nlmsghdr *message, struct sluice_nl_record *out);

#endif
