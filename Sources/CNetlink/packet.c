/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "include/packet.h"
#include <errno.h>
#include <netpacket/packet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int sluice_packet_open(void)
{
	/* Protocol 0: it receives nothing (packet(7)). */
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd < 0 ? -errno : fd;
}

int sluice_packet_send(int fd, const struct sluice_packet *packets, uint32_t count)
{
	struct sockaddr_ll to[SLUICE_PACKET_BATCH];
	struct iovec parts[SLUICE_PACKET_BATCH];
	struct mmsghdr messages[SLUICE_PACKET_BATCH];
	int sent;

	if (count > SLUICE_PACKET_BATCH)
		count = SLUICE_PACKET_BATCH;
	memset(messages, 0, sizeof(messages));
	for (uint32_t i = 0; i < count; i++) {
		to[i] = (struct sockaddr_ll){ .sll_family = AF_PACKET, .sll_ifindex = (int)packets[i].ifindex, .sll_halen = 6 };
		memcpy(to[i].sll_addr, packets[i].bytes, 6);
		parts[i] = (struct iovec){ (void *)packets[i].bytes, packets[i].length };
		messages[i].msg_hdr = (struct msghdr){ .msg_name = &to[i], .msg_namelen = sizeof(to[i]), .msg_iov = &parts[i], .msg_iovlen = 1 };
	}
	sent = sendmmsg(fd, messages, count, MSG_DONTWAIT);
	return sent < 0 ? -errno : sent;
}
