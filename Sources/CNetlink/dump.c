/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>

/* Limit of datagrams in a dump, each up to 32 KiB. */
enum { MOST_DATAGRAMS = 65536 };

int sluice_nl_start_dump(struct sluice_nl *nl, enum sluice_nl_kind what)
{
	const struct ifinfomsg link = { .ifi_family = AF_UNSPEC };
	const struct ifaddrmsg address = { .ifa_family = AF_UNSPEC };
	const struct ndmsg neighbour = { .ndm_family = AF_UNSPEC };
	const uint32_t filter = RTEXT_FILTER_SKIP_STATS;
	int error;

	switch (what) {
	case SLUICE_NL_LINK:
		sluice_nl_begin(nl, RTM_GETLINK, NLM_F_DUMP, &link, sizeof(link));
		sluice_nl_put(nl, IFLA_EXT_MASK, &filter, sizeof(filter));
		break;
	case SLUICE_NL_ADDRESS:
		sluice_nl_begin(nl, RTM_GETADDR, NLM_F_DUMP, &address, sizeof(address));
		break;
	case SLUICE_NL_NEIGHBOUR:
		sluice_nl_begin(nl, RTM_GETNEIGH, NLM_F_DUMP, &neighbour, sizeof(neighbour));
		break;
	default:
		return -EINVAL;
	}
	error = sluice_nl_send(nl);
	nl->dumping = error == 0;
	nl->interrupted = 0;
	nl->datagrams = 0;
	return error;
}

/* The result of the dump: NLMSG_DONE has an errno too. */
static int finish(struct sluice_nl *nl, const struct nlmsghdr *message)
{
	const struct nlmsgerr *report = sluice_nl_header(message, sizeof(*report));
	const int *done = sluice_nl_header(message, sizeof(*done));
	int error = message->nlmsg_type == NLMSG_DONE ? (done ? *done : 0) : (report ? report->error : -EPROTO);

	nl->dumping = 0;
	if (error == 0 && nl->interrupted)
		return -EINTR;
	return error < 0 ? error : 0;
}

int sluice_nl_next_dumped(struct sluice_nl *nl, struct sluice_nl_record *out, uint32_t capacity)
{
	uint32_t count = 0;

	while (nl->dumping && count < capacity) {
		int error;
		const struct nlmsghdr *message = sluice_nl_next(nl, &error);

		if (error == 0 && !message) {
			/* Return what there is before waiting for more. */
			if (count > 0)
				break;
			error = nl->datagrams < MOST_DATAGRAMS ? sluice_nl_receive(nl, SLUICE_NL_WAIT_MS) : -EOVERFLOW;
			if (error == -EAGAIN)
				error = -ETIMEDOUT;
		}
		if (error < 0) {
			nl->dumping = 0;
			return error;
		}
		if (!message) {
			nl->datagrams += (uint32_t)error;
			continue;
		}
		if (message->nlmsg_seq != nl->sequence)
			continue;
		if (message->nlmsg_flags & NLM_F_DUMP_INTR)
			nl->interrupted = 1;
		if (message->nlmsg_type == NLMSG_DONE || message->nlmsg_type == NLMSG_ERROR) {
			error = finish(nl, message);
			if (error < 0)
				return error;
			break;
		}
		sluice_nl_take_record(message, &out[count++]);
	}
	return (int)count;
}
