/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SLUICE_CNETLINK_INTERNAL_H
#define SLUICE_CNETLINK_INTERNAL_H

#include "CNetlink.h"
#include <netlink/addr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>

/* Handles one message of an answer. The first negative result becomes the result of the request. */
typedef int (*sluice_nl_take)(struct nl_msg *message, void *into);

struct sluice_nl {
	struct nl_sock *socket;
	struct nl_cb *callbacks;
	/* The current request. */
	uint32_t sequence; /* answers with another number belong to an abandoned request and are skipped */
	int done;
	int error; /* -errno */
	sluice_nl_take take;
	void *into;
	/* Of an event socket. */
	struct sluice_nl_event *event;
	int heard;
};

/* Sends the request and reads the whole answer. Frees `request`; a NULL request is -ENOMEM. */
int sluice_nl_ask(struct sluice_nl *nl, struct nl_msg *request, sluice_nl_take take, void *into);

/* -errno for an error number of libnl (NLE_*). */
int sluice_nl_failure(int nle);

/* Reads a neighbour from RTM_NEWNEIGH or RTM_DELNEIGH. -EAFNOSUPPORT: a forwarding entry of a bridge. */
int sluice_nl_take_neighbour(struct nl_msg *message, void *into);

/* NULL for an unknown family or without memory. */
struct nl_addr *sluice_nl_to_address(const struct sluice_nl_ip *ip);
/* Family 0 for NULL and for other families than IPv4 and IPv6. */
struct sluice_nl_ip sluice_nl_from_address(const struct nl_addr *address);
/* Copies an Ethernet address and returns its length; 0, and nothing copied, for another length. */
uint8_t sluice_nl_copy_mac(const struct nl_addr *address, uint8_t mac[6]);

#endif
