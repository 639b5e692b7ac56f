/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"
#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <unistd.h>

/* Receive buffers in bytes, which the kernel doubles. It counts almost a kilobyte for each neighbour event, so 40,000 events fit: enough when
 * a large neighbour table expires at once. The memory is not reserved. */
enum { ANSWERS = 1 << 20, EVENTS = 16 << 20 };

static int open_socket(struct sluice_nl **out, int buffer)
{
	const struct sockaddr_nl self = { .nl_family = AF_NETLINK };
	const int on = 1;
	struct sluice_nl *nl = calloc(1, sizeof(*nl));
	int error;

	if (!nl)
		return -ENOMEM;
	for (uint32_t i = 0; i < SLUICE_NL_SLOTS; i++) {
		nl->inbox.parts[i] = (struct iovec){ nl->inbox.bytes[i], SLUICE_NL_SLOT };
		nl->inbox.headers[i].msg_hdr.msg_iov = &nl->inbox.parts[i];
		nl->inbox.headers[i].msg_hdr.msg_iovlen = 1;
		nl->inbox.headers[i].msg_hdr.msg_name = &nl->inbox.senders[i];
	}
	nl->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (nl->fd < 0 || bind(nl->fd, (const struct sockaddr *)&self, sizeof(self)) < 0) {
		error = -errno;
		sluice_nl_close(nl);
		return error;
	}
	/* Fails without CAP_NET_ADMIN: then events are lost sooner, which is reported (SLUICE_NL_LOST). */
	(void)setsockopt(nl->fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer));
	/* Errors without a copy of the request. */
	(void)setsockopt(nl->fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	*out = nl;
	return 0;
}

int sluice_nl_open(struct sluice_nl **out)
{
	return open_socket(out, ANSWERS);
}

int sluice_nl_open_events(struct sluice_nl **out)
{
	static const int groups[] = {
		RTNLGRP_LINK, RTNLGRP_NEIGH, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_RULE,
		RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
	};
	const int nexthops = RTNLGRP_NEXTHOP;
	struct sluice_nl *nl;
	int error = open_socket(&nl, EVENTS);

	if (error < 0)
		return error;
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		if (setsockopt(nl->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &groups[i], sizeof(groups[i])) < 0) {
			error = -errno;
			sluice_nl_close(nl);
			return error;
		}
	}
	/* Fails on kernels before 5.3, which have no next-hop objects. */
	(void)setsockopt(nl->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &nexthops, sizeof(nexthops));
	*out = nl;
	return 0;
}

void sluice_nl_close(struct sluice_nl *nl)
{
	if (!nl)
		return;
	if (nl->fd >= 0)
		close(nl->fd);
	free(nl);
}

int sluice_nl_fd(const struct sluice_nl *nl)
{
	return nl->fd;
}
