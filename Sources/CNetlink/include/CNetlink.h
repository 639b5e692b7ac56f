/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's routes, neighbours, links and addresses in fixed-size structs, read and changed through libnl-3 and libnl-route-3.
 *
 * Thin on purpose: a question in, plain structs out, no callback into Swift. Every function returns 0 (or a count) or -errno, the
 * kernel's own where the kernel refused. A handle belongs to the network namespace of the thread that opened it and serves one
 * thread at a time; nothing here waits longer than SLUICE_NL_WAIT_MS for an answer.
 */
#ifndef SLUICE_CNETLINK_H
#define SLUICE_CNETLINK_H

/* The constants that the fields below hold: NUD_*, RTN_*, RT_SCOPE_*, IFA_F_*. Not linux/if.h: it quarrels with net/if.h. */
#include <linux/rtnetlink.h>
#include <stdint.h>

enum {
	SLUICE_NL_WAIT_MS = 2000, /* the kernel answers inside sendmsg: a wait this long means something is broken */
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
	char label[SLUICE_NL_NAME]; /* IPv4 only */
};

struct sluice_nl_route {
	uint32_t ifindex; /* leaves by */
	uint32_t mtu;     /* of the route, path MTU discovery included; 0: the link's */
	uint32_t flags;   /* RTNH_F_* */
	uint8_t type;     /* RTN_* */
	uint8_t encapsulated; /* not 0: a lightweight tunnel (RTA_ENCAP) */
	struct sluice_nl_ip gateway; /* family 0: on link. May be IPv6 for an IPv4 destination (RFC 8950) */
	struct sluice_nl_ip source;  /* the source the kernel would take */
};

struct sluice_nl_neighbour {
	uint32_t ifindex;
	uint16_t state; /* NUD_* */
	uint8_t gone;   /* events only: the entry was deleted */
	uint8_t mac_length; /* 0: none known */
	uint8_t mac[6];
	struct sluice_nl_ip ip;
};

/* What an event was about; a set. */
enum {
	SLUICE_NL_LINKS = 1,
	SLUICE_NL_ADDRESSES = 2,
	SLUICE_NL_ROUTES = 4,     /* rules and next-hop objects count as routes */
	SLUICE_NL_NEIGHBOURS = 8, /* the neighbour is in the event */
	SLUICE_NL_LOST = 16,      /* events were lost or could not be read: anything may have changed */
};

struct sluice_nl_event {
	uint32_t about;
	struct sluice_nl_neighbour neighbour;
};

/* Opens a socket for questions and changes. */
int sluice_nl_open(struct sluice_nl **out);
/* Opens a socket that hears of every change, never blocks, and asks nothing. */
int sluice_nl_open_events(struct sluice_nl **out);
void sluice_nl_close(struct sluice_nl *nl);
/* For poll; the handle keeps it. */
int sluice_nl_fd(const struct sluice_nl *nl);

/* By index, or by name when ifindex is 0. -ENODEV: there is none. */
int sluice_nl_link(struct sluice_nl *nl, uint32_t ifindex, const char *name, struct sluice_nl_link *out);
/* Every address of the namespace. Returns how many there are; only `capacity` of them are written. */
int sluice_nl_addresses(struct sluice_nl *nl, struct sluice_nl_address *out, uint32_t capacity);
/* The route a packet of our own to `destination` takes, rules included. -ENETUNREACH, -EHOSTUNREACH, -EACCES, -EINVAL, -EAGAIN:
 * what the operator's routes say (none, unreachable, prohibit, blackhole, throw). */
int sluice_nl_route(struct sluice_nl *nl, const struct sluice_nl_ip *destination, struct sluice_nl_route *out);
/* -ENOENT: the kernel knows nothing of it. */
int sluice_nl_neighbour(struct sluice_nl *nl, uint32_t ifindex, const struct sluice_nl_ip *ip, struct sluice_nl_neighbour *out);

/* The kernel resolves or confirms the neighbour as if it had a packet for it. Never to be asked of a permanent entry: kernels
 * from 5.16 take its permanence away (net/core/neighbour.c, NEIGH_UPDATE_F_USE). With `create`, -EEXIST if there is an entry. */
int sluice_nl_use_neighbour(struct sluice_nl *nl, uint32_t ifindex, const struct sluice_nl_ip *ip, int create);

/* Adds a /32 or /128. `label` may be NULL (IPv4 only). -EEXIST: it is there. */
int sluice_nl_add_address(struct sluice_nl *nl, uint32_t ifindex, const struct sluice_nl_ip *ip, const char *label,
	uint8_t proto);
/* Removes a /32 or /128. -EADDRNOTAVAIL: it is not there. */
int sluice_nl_remove_address(struct sluice_nl *nl, uint32_t ifindex, const struct sluice_nl_ip *ip);

/* Reads one waiting event: 1 if there was one, 0 if none waits. */
int sluice_nl_next_event(struct sluice_nl *nl, struct sluice_nl_event *out);

/* An eventfd, to wake a thread out of poll. */
int sluice_nl_open_wake(void);

#endif
