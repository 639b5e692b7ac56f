/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A batch is up to SLUICE_NL_BATCH requests in one datagram. The kernel handles them in order before sendto returns (netlink_rcv_skb of
 * net/netlink/af_netlink.c). A query gets one message as its answer, a failure one error message. Only the last request asks for an
 * acknowledgement, which shows that all were handled; an acknowledgement for each would double the number of messages.
 */
#include "internal.h"
#include <errno.h>
#include <string.h>

static struct nlmsghdr *latest(struct sluice_nl *nl)
{
	return (void *)(nl->outbox + nl->latest);
}

/* Space for `length` bytes, zeroed. NULL if the batch is full; then it can't be sent. */
static void *append(struct sluice_nl *nl, size_t length)
{
	char *space = nl->outbox + nl->length;

	if (nl->overflow || NLMSG_ALIGN(length) > sizeof(nl->outbox) - nl->length) {
		nl->overflow = 1;
		return NULL;
	}
	memset(space, 0, NLMSG_ALIGN(length));
	nl->length += NLMSG_ALIGN(length);
	return space;
}

void sluice_nl_begin(struct sluice_nl *nl, uint16_t type, uint16_t flags, const void *header, size_t size)
{
	size_t start = nl->length;
	struct nlmsghdr *message = append(nl, NLMSG_LENGTH(size));

	if (!message)
		return;
	nl->latest = start;
	nl->count++;
	message->nlmsg_len = (uint32_t)NLMSG_ALIGN(NLMSG_LENGTH(size));
	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST | flags;
	message->nlmsg_seq = ++nl->sequence;
	memcpy(NLMSG_DATA(message), header, size);
}

void sluice_nl_put(struct sluice_nl *nl, uint16_t type, const void *data, size_t length)
{
	struct rtattr *attribute = append(nl, RTA_LENGTH(length));

	if (!attribute)
		return;
	attribute->rta_type = type;
	attribute->rta_len = (uint16_t)RTA_LENGTH(length);
	memcpy(RTA_DATA(attribute), data, length);
	latest(nl)->nlmsg_len = (uint32_t)(nl->length - nl->latest);
}

void sluice_nl_put_ip(struct sluice_nl *nl, uint16_t type, const struct sluice_nl_ip *ip)
{
	sluice_nl_put(nl, type, ip->bytes, sluice_nl_ip_length(ip->family));
}

int sluice_nl_send(struct sluice_nl *nl)
{
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	size_t length = nl->length;
	int overflow = nl->overflow;

	nl->count = 0;
	nl->length = 0;
	nl->overflow = 0;
	if (overflow)
		return -EMSGSIZE;
	if (sendto(nl->fd, nl->outbox, length, 0, (const struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return -errno;
	return 0;
}

int sluice_nl_exchange(struct sluice_nl *nl, int32_t *errors, int32_t unanswered, sluice_nl_take take, void *into)
{
	const uint32_t count = nl->count;
	const uint32_t first = nl->sequence - count + 1;
	const int64_t end = sluice_nl_milliseconds() + SLUICE_NL_WAIT_MS;
	int error;

	if (count == 0)
		return 0;
	for (uint32_t i = 0; i < count; i++)
		errors[i] = unanswered;
	latest(nl)->nlmsg_flags |= NLM_F_ACK;
	error = sluice_nl_send(nl);
	if (error < 0)
		return error;
	for (;;) {
		const struct nlmsghdr *message = sluice_nl_next(nl, &error);

		if (error < 0)
			return error;
		if (!message) {
			int64_t left = end - sluice_nl_milliseconds();

			error = left > 0 ? sluice_nl_receive(nl, (int)left) : -EAGAIN;
			if (error < 0)
				return error == -EAGAIN ? -ETIMEDOUT : error;
			continue;
		}
		/* A late answer to an earlier batch or dump. */
		if (message->nlmsg_seq - first >= count)
			continue;
		if (message->nlmsg_type == NLMSG_ERROR) {
			const struct nlmsgerr *report = sluice_nl_header(message, sizeof(*report));

			if (!report)
				return -EPROTO;
			if (report->error != 0)
				errors[message->nlmsg_seq - first] = report->error;
			if (message->nlmsg_seq - first == count - 1)
				return 0;
		} else if (take) {
			errors[message->nlmsg_seq - first] = take(message, into, message->nlmsg_seq - first);
		}
	}
}
