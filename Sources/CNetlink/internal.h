/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SLUICE_CNETLINK_INTERNAL_H
#define SLUICE_CNETLINK_INTERNAL_H

#include "CNetlink.h"
#include <netlink/addr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>

/* Takes one message of an answer. A negative result ends the question with it. */
typedef int (*sluice_nl_take)(struct nl_msg *message, void *into);

struct sluice_nl {
	struct nl_sock *socket;
	struct nl_cb *callbacks;
	/* The question under way. */
	uint32_t sequence; /* answers of another number are of a question given up, and skipped */
	int done;
	int error; /* -errno */
	sluice_nl_take take;
	void *into;
	/* An event socket's. */
	struct sluice_nl_event *event;
	int heard;
};

/* Asks and reads the whole answer. Takes `request` over; a NULL request is -ENOMEM. */
int sluice_nl_ask(struct sluice_nl *nl, struct nl_msg *request, sluice_nl_take take, void *into);

/* -errno for libnl's own failures while building or parsing (it has numbers of its own: NLE_*). */
int sluice_nl_failure(int nle);

/* Fills a neighbour from RTM_NEWNEIGH or RTM_DELNEIGH. -EAFNOSUPPORT: a bridge's forwarding entry. */
int sluice_nl_take_neighbour(struct nl_msg *message, void *into);

/* NULL for an unknown family or out of memory. */
struct nl_addr *sluice_nl_to_address(const struct sluice_nl_ip *ip);
/* Family 0 for NULL and for what is neither IPv4 nor IPv6. */
struct sluice_nl_ip sluice_nl_from_address(const struct nl_addr *address);
/* Copies an Ethernet address; another length copies nothing and returns 0. */
uint8_t sluice_nl_copy_mac(const struct nl_addr *address, uint8_t mac[6]);

#endif
