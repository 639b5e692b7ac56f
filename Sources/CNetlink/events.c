/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"
#include <errno.h>
#include <linux/neighbour.h>

void sluice_nl_take_record(const struct nlmsghdr *message, struct sluice_nl_record *out)
{
	const uint16_t type = message->nlmsg_type;
	int result = 1;

	out->kind = SLUICE_NL_NOTHING;
	out->gone = type == RTM_DELLINK || type == RTM_DELADDR || type == RTM_DELNEIGH || type == RTM_DELROUTE;
	switch (type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		out->kind = SLUICE_NL_LINK;
		result = sluice_nl_take_link(message, &out->link);
		break;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		out->kind = SLUICE_NL_ADDRESS;
		result = sluice_nl_take_address(message, &out->address);
		break;
	case RTM_NEWNEIGH:
	case RTM_DELNEIGH:
		out->kind = SLUICE_NL_NEIGHBOUR;
		result = sluice_nl_take_neighbour(message, &out->neighbour);
		break;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		out->kind = SLUICE_NL_ROUTE;
		result = sluice_nl_take_prefix(message, &out->prefix);
		break;
	case RTM_NEWRULE:
	case RTM_DELRULE:
	case RTM_NEWNEXTHOP:
	case RTM_DELNEXTHOP:
		out->kind = SLUICE_NL_RULES;
		result = 0;
		break;
	default:
		break;
	}
	if (result != 0)
		out->kind = result > 0 ? SLUICE_NL_NOTHING : SLUICE_NL_LOST;
}

/* When a process deletes an entry, the kernel first sets it to failed and reports that with the port of the process (neigh_delete of
 * net/core/neighbour.c); when a neighbour does not answer, the port is 0. The former counts as deleted, so that `ip neigh flush` takes no real
 * server out of service. */
static void tell_deletion_from_failure(const struct nlmsghdr *message, struct sluice_nl_record *record)
{
	if (record->kind == SLUICE_NL_NEIGHBOUR && record->neighbour.state == NUD_FAILED && message->nlmsg_pid != 0)
		record->gone = 1;
}

int sluice_nl_read_events(struct sluice_nl *nl, struct sluice_nl_record *out, uint32_t capacity)
{
	uint32_t count = 0;

	while (count < capacity) {
		int error;
		const struct nlmsghdr *message = sluice_nl_next(nl, &error);

		if (message) {
			sluice_nl_take_record(message, &out[count]);
			tell_deletion_from_failure(message, &out[count++]);
			continue;
		}
		if (error == 0)
			error = sluice_nl_receive(nl, 0);
		if (error == -EAGAIN)
			break;
		/* ENOBUFS: the socket overflowed but still works. An unreadable message counts the same. */
		if (error == -ENOBUFS || error == -EPROTO)
			out[count++].kind = SLUICE_NL_LOST;
		else if (error < 0)
			return error;
	}
	return (int)count;
}
