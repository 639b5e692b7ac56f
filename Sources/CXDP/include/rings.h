/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The four rings on the packet path, and the only system calls it makes. One-line wrappers that say to Swift's `@_noLocks` what
 * the compiler can't see in libxdp's inlines: no allocation, no lock. They inline into the worker loop.
 */
#ifndef SLUICE_RINGS_H
#define SLUICE_RINGS_H

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include "sockets.h"

#define SLUICE_HOT static inline __attribute__((always_inline, swift_attr("@_noLocks")))

/* Up to `most` received descriptors; the first one's index in *at. The acquiring load in xsk_cons_nb_avail orders our reading of descriptors
 * and frames after the kernel's writing of them. */
SLUICE_HOT uint32_t rings_receive(struct sluice_socket *socket, uint32_t most, uint32_t *at)
{
	return xsk_ring_cons__peek(&socket->rx, most, at);
}

SLUICE_HOT uint64_t rings_received_address(const struct sluice_socket *socket, uint32_t at)
{
	return xsk_ring_cons__rx_desc(&socket->rx, at)->addr;
}

SLUICE_HOT uint32_t rings_received_length(const struct sluice_socket *socket, uint32_t at)
{
	return xsk_ring_cons__rx_desc(&socket->rx, at)->len;
}

SLUICE_HOT void rings_release_received(struct sluice_socket *socket, uint32_t count)
{
	xsk_ring_cons__release(&socket->rx, count);
}

/* A place in the transmit ring: 1 and its index in *at, or 0 when the ring is full. */
SLUICE_HOT uint32_t rings_reserve_transmit(struct sluice_socket *socket, uint32_t *at)
{
	return xsk_ring_prod__reserve(&socket->tx, 1, at);
}

SLUICE_HOT void rings_set_transmit(struct sluice_socket *socket, uint32_t at, uint64_t address, uint32_t length)
{
	struct xdp_desc *descriptor = xsk_ring_prod__tx_desc(&socket->tx, at);

	descriptor->addr = address;
	descriptor->len = length;
	descriptor->options = 0;
}

/* The releasing store in xsk_ring_prod__submit orders the frames and descriptors we wrote before the kernel's reading of them. */
SLUICE_HOT void rings_submit_transmit(struct sluice_socket *socket, uint32_t count)
{
	xsk_ring_prod__submit(&socket->tx, count);
}

SLUICE_HOT uint32_t rings_complete(struct sluice_socket *socket, uint32_t most, uint32_t *at)
{
	return xsk_ring_cons__peek(&socket->completion, most, at);
}

SLUICE_HOT uint64_t rings_completed_address(const struct sluice_socket *socket, uint32_t at)
{
	return *xsk_ring_cons__comp_addr(&socket->completion, at);
}

SLUICE_HOT void rings_release_completed(struct sluice_socket *socket, uint32_t count)
{
	xsk_ring_cons__release(&socket->completion, count);
}

/* Free places in the fill ring, as far as is known without asking memory the kernel writes, if `enough` are known. */
SLUICE_HOT uint32_t rings_fill_room(struct sluice_socket *socket, uint32_t enough)
{
	return xsk_prod_nb_free(&socket->fill, enough);
}

SLUICE_HOT uint32_t rings_reserve_fill(struct sluice_socket *socket, uint32_t count, uint32_t *at)
{
	return xsk_ring_prod__reserve(&socket->fill, count, at);
}

SLUICE_HOT void rings_set_fill(struct sluice_socket *socket, uint32_t at, uint64_t address)
{
	*xsk_ring_prod__fill_addr(&socket->fill, at) = address;
}

SLUICE_HOT void rings_submit_fill(struct sluice_socket *socket, uint32_t count)
{
	xsk_ring_prod__submit(&socket->fill, count);
}

/* Asks the kernel to send, where it wants to be asked. -EAGAIN: it sent its share and wants to be asked again. */
SLUICE_HOT int rings_kick_transmit(struct sluice_socket *socket)
{
	if (!xsk_ring_prod__needs_wakeup(&socket->tx))
		return 0;
	return sendto(socket->descriptor, NULL, 0, MSG_DONTWAIT, NULL, 0) < 0 ? -errno : 0;
}

/* Asks the driver to take frames from the fill ring again after it ran dry. */
SLUICE_HOT void rings_kick_fill(struct sluice_socket *socket)
{
	if (xsk_ring_prod__needs_wakeup(&socket->fill))
		recvfrom(socket->descriptor, NULL, 0, MSG_DONTWAIT, NULL, NULL);
}

/* Polls the device once from this thread (SO_BUSY_POLL), whether or not it wants to be woken: with its interrupts put off nobody else does.
 * poll(2) would do it only under the sysctl net.core.busy_poll. */
SLUICE_HOT void rings_poll_device(struct sluice_socket *socket)
{
	recvfrom(socket->descriptor, NULL, 0, MSG_DONTWAIT, NULL, NULL);
}

SLUICE_HOT int rings_wait(struct pollfd *descriptors, uint32_t count, int milliseconds)
{
	return poll(descriptors, count, milliseconds);
}

/* Seconds of CLOCK_MONOTONIC: what flow entries are kept by. The coarse clock is a vDSO read without the counter. */
SLUICE_HOT uint32_t rings_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (uint32_t)now.tv_sec;
}

#undef SLUICE_HOT
#endif
