/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"
#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/errno.h>
#include <netlink/socket.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

/* A few thousand events: enough when a full neighbour table expires at once between two reads. */
enum { RECEIVE_BUFFER = 4 << 20 };

static void note_neighbour(struct nl_msg *message, struct sluice_nl_event *event)
{
	int error;

	/* There is room for one neighbour in each event; the kernel sends one in each datagram. */
	if (event->about & SLUICE_NL_NEIGHBOURS) {
		event->about |= SLUICE_NL_LOST;
		return;
	}
	error = sluice_nl_take_neighbour(message, &event->neighbour);
	if (error == 0)
		event->about |= SLUICE_NL_NEIGHBOURS;
	else if (error != -EAFNOSUPPORT)
		event->about |= SLUICE_NL_LOST;
}

static int on_event(struct nl_msg *message, void *arg)
{
	struct sluice_nl *nl = arg;

	nl->heard = 1;
	switch (nlmsg_hdr(message)->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		nl->event->about |= SLUICE_NL_LINKS;
		break;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		nl->event->about |= SLUICE_NL_ADDRESSES;
		break;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
	case RTM_NEWRULE:
	case RTM_DELRULE:
	case RTM_NEWNEXTHOP:
	case RTM_DELNEXTHOP:
		nl->event->about |= SLUICE_NL_ROUTES;
		break;
	case RTM_NEWNEIGH:
	case RTM_DELNEIGH:
		note_neighbour(message, nl->event);
		break;
	default:
		break;
	}
	return NL_OK;
}

static int on_any(struct nl_msg *message, void *arg)
{
	(void)message;
	(void)arg;
	return NL_OK;
}

int sluice_nl_open_events(struct sluice_nl **out)
{
	static const int groups[] = {
		RTNLGRP_LINK, RTNLGRP_NEIGH, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_RULE,
		RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
	};
	const int size = RECEIVE_BUFFER;
	struct sluice_nl *nl;
	int error = sluice_nl_open(&nl);

	if (error < 0)
		return error;
	/* An event has the sequence number of the request that caused it, from any process. */
	nl_cb_set(nl->callbacks, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, on_any, nl);
	nl_cb_set(nl->callbacks, NL_CB_VALID, NL_CB_CUSTOM, on_event, nl);
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		errno = 0;
		error = nl_socket_add_membership(nl->socket, groups[i]);
		if (error < 0)
			goto fail;
	}
	/* Fails on kernels before 5.3, which have no next-hop objects. */
	(void)nl_socket_add_membership(nl->socket, RTNLGRP_NEXTHOP);
	/* Fails without CAP_NET_ADMIN: then events are lost sooner, which is reported (SLUICE_NL_LOST). */
	(void)setsockopt(nl_socket_get_fd(nl->socket), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	error = nl_socket_set_nonblocking(nl->socket);
	if (error < 0)
		goto fail;
	*out = nl;
	return 0;
fail:
	error = errno ? -errno : sluice_nl_failure(error);
	sluice_nl_close(nl);
	return error;
}

int sluice_nl_next_event(struct sluice_nl *nl, struct sluice_nl_event *out)
{
	int error;

	memset(out, 0, sizeof(*out));
	nl->event = out;
	nl->heard = 0;
	error = nl_recvmsgs(nl->socket, nl->callbacks);
	nl->event = NULL;
	if (error >= 0)
		return 1;
	if (error == -NLE_AGAIN)
		return nl->heard;
	/* ENOBUFS becomes NLE_NOMEM: the socket overflowed but still works. An unreadable message counts the same. */
	if (error == -NLE_NOMEM || error == -NLE_MSG_TRUNC || error == -NLE_MSG_TOOSHORT || error == -NLE_DUMP_INTR) {
		out->about |= SLUICE_NL_LOST;
		return 1;
	}
	return sluice_nl_failure(error);
}

int sluice_nl_open_wake(void)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	return fd < 0 ? -errno : fd;
}
