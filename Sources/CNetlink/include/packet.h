/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of the director's own, sent past the kernel's stack (packet(7)). */
#ifndef SLUICE_PACKET_H
#define SLUICE_PACKET_H

#include <stdint.h>

enum { SLUICE_PACKET_BATCH = 64, SLUICE_PACKET_BYTES = 86 };

/* One Ethernet frame and the interface that it leaves by. */
struct sluice_packet {
	uint32_t ifindex;
	uint16_t length;
	uint8_t bytes[SLUICE_PACKET_BYTES];
};

/* A socket that only sends, or -errno. */
int sluice_packet_open(void);

/* Sends at most SLUICE_PACKET_BATCH of them; returns how many were sent, or -errno if the first was not. */
int sluice_packet_send(int fd, const struct sluice_packet *packets, uint32_t count);

#endif
