/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's routes, neighbours, links and addresses as fixed-size structs, read and changed by libnl-3 and libnl-route-3.
 *
 * A thin layer: a request in, plain structs out, no callback into Swift. Every function returns 0 (or a count) or -errno, the
 * kernel's errno if the kernel refused. A handle belongs to the network namespace of the thread that opened it; one thread may
 * use it at a time. No function waits longer than SLUICE_NL_WAIT_MS for an answer.
 */
#ifndef SLUICE_CNETLINK_H
#define SLUICE_CNETLINK_H

/* The constants of the fields below: NUD_*, RTN_*, RT_SCOPE_*, IFA_F_*. Not linux/if.h, which conflicts with net/if.h. */
#include <linux/rtnetlink.h>
#include <stdint.h>

enum {
	SLUICE_NL_WAIT_MS = 2000, /* the kernel answers within sendmsg: a longer wait is an error */
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
	uint32_t lower;  /* IFLA_LINK: the device below a VLAN; 0: none, or one in another namespace */
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
	char label[SLUICE_NL_NAME]; /* IPv4 only */
};

struct sluice_nl_route {
	uint32_t ifindex; /* egress interface */
	uint32_t mtu;     /* of the route, path MTU discovery included; 0: the MTU of the link */
	uint32_t flags;   /* RTNH_F_* */
	uint8_t type;     /* RTN_* */
	uint8_t encapsulated; /* 1: a lightweight tunnel (RTA_ENCAP) */
	struct sluice_nl_ip gateway; /* family 0: on link. May be IPv6 for an IPv4 destination (RFC 8950) */
	struct sluice_nl_ip source;  /* the source address that the kernel would use */
};

struct sluice_nl_neighbour {
	uint32_t ifindex;
	uint16_t state; /* NUD_* */
	uint8_t gone;   /* events only: the entry was deleted */
	uint8_t mac_length; /* 0: unknown */
	uint8_t mac[6];
	struct sluice_nl_ip ip;
};

/* What an event is about; a bit set. */
enum {
	SLUICE_NL_LINKS = 1,
	SLUICE_NL_ADDRESSES = 2,
	SLUICE_NL_ROUTES = 4,     /* rules and next-hop objects count as routes */
	SLUICE_NL_NEIGHBOURS = 8, /* the event has the neighbour */
	SLUICE_NL_LOST = 16,      /* events were lost or unreadable: anything may have changed */
};

struct sluice_nl_event {
	uint32_t about;
	struct sluice_nl_neighbour neighbour;
};

/* Opens a socket for requests. */
int sluice_nl_open(struct sluice_nl **out);
/* Opens a non-blocking socket that receives every change; it can't send requests. */
int sluice_nl_open_events(struct sluice_nl **out);
void sluice_nl_close(struct sluice_nl *nl);
/* The descriptor, for poll; the handle keeps it. */
int sluice_nl_fd(const struct sluice_nl *nl);

/* By index, or by name when ifindex is 0. -ENODEV: no such link. */
int sluice_nl_link(struct sluice_nl *nl, uint32_t ifindex, const char *name, struct sluice_nl_link *out);
/* All addresses of the namespace. Returns their number; at most `capacity` are written. */
int sluice_nl_addresses(struct sluice_nl *nl, struct sluice_nl_address *out, uint32_t capacity);
/* The route of a packet from this host to `destination`, rules included. -ENETUNREACH, -EHOSTUNREACH, -EACCES, -EINVAL, -EAGAIN:
 * no route, or a route of type unreachable, prohibit, blackhole, throw. */
int sluice_nl_route(struct sluice_nl *nl, const struct sluice_nl_ip *destination, struct sluice_nl_route *out);
/* -ENOENT: no such entry. */
int sluice_nl_neighbour(struct sluice_nl *nl, uint32_t ifindex, const struct sluice_nl_ip *ip, struct sluice_nl_neighbour *out);

/* Makes the kernel resolve or confirm the neighbour, as for a packet to it. Don't call it for a permanent entry: kernels from
 * 5.16 make it non-permanent (net/core/neighbour.c, NEIGH_UPDATE_F_USE). With `create`, -EEXIST if there is an entry. */
int sluice_nl_use_neighbour(struct sluice_nl *nl, uint32_t ifindex, const struct sluice_nl_ip *ip, int create);

/* Adds a /32 or /128. `label` may be NULL (IPv4 only). -EEXIST: it exists already. */
int sluice_nl_add_address(struct sluice_nl *nl, uint32_t ifindex, const struct sluice_nl_ip *ip, const char *label,
	uint8_t proto);
/* Removes a /32 or /128. -EADDRNOTAVAIL: it does not exist. */
int sluice_nl_remove_address(struct sluice_nl *nl, uint32_t ifindex, const struct sluice_nl_ip *ip);

/* Reads one pending event: 1 if there was one, else 0. */
int sluice_nl_next_event(struct sluice_nl *nl, struct sluice_nl_event *out);

/* An eventfd that wakes a thread from poll. */
int sluice_nl_open_wake(void);

#endif
