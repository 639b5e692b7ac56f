/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"
#include <errno.h>
#include <poll.h>
#include <time.h>

int64_t sluice_nl_milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int sluice_nl_receive(struct sluice_nl *nl, int wait_ms)
{
	const int64_t end = sluice_nl_milliseconds() + wait_ms;
	struct sluice_nl_inbox *inbox = &nl->inbox;

	inbox->filled = 0;
	inbox->slot = 0;
	inbox->offset = 0;
	for (uint32_t i = 0; i < SLUICE_NL_SLOTS; i++)
		inbox->headers[i].msg_hdr.msg_namelen = sizeof(inbox->senders[i]);

	for (;;) {
		struct pollfd waiting = { .fd = nl->fd, .events = POLLIN };
		int64_t left;
		int got = recvmmsg(nl->fd, inbox->headers, SLUICE_NL_SLOTS, MSG_DONTWAIT, NULL);

		if (got > 0) {
			inbox->filled = (uint32_t)got;
			return got;
		}
		if (got == 0 || (errno != EAGAIN && errno != EINTR))
			return got == 0 ? -EPROTO : -errno;
		left = end - sluice_nl_milliseconds();
		if (left <= 0)
			return -EAGAIN;
		/* Rarely reached: the kernel answers within sendto, and continues a dump within recvmmsg. */
		(void)poll(&waiting, 1, (int)left);
	}
}

const struct nlmsghdr *sluice_nl_next(struct sluice_nl *nl, int *error)
{
	struct sluice_nl_inbox *inbox = &nl->inbox;

	*error = 0;
	for (; inbox->slot < inbox->filled; inbox->slot++, inbox->offset = 0) {
		const struct mmsghdr *datagram = &inbox->headers[inbox->slot];
		const struct nlmsghdr *message = (const void *)(inbox->bytes[inbox->slot] + inbox->offset);
		size_t left = datagram->msg_len - inbox->offset;

		/* Other processes can send to this socket; port 0 is the kernel. */
		if (inbox->senders[inbox->slot].nl_pid != 0 || left == 0)
			continue;
		if (datagram->msg_hdr.msg_flags & MSG_TRUNC || left < sizeof(*message) || message->nlmsg_len < sizeof(*message) ||
		    message->nlmsg_len > left) {
			inbox->slot++;
			inbox->offset = 0;
			*error = -EPROTO;
			return NULL;
		}
		/* The last message of a datagram may have no padding. */
		inbox->offset += NLMSG_ALIGN(message->nlmsg_len) < left ? NLMSG_ALIGN(message->nlmsg_len) : left;
		return message;
	}
	return NULL;
}
