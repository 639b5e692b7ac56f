/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The four rings of an AF_XDP socket, and the only system calls of the packet path. One-line wrappers with the attribute that
 * Swift's `@_noLocks` needs: the compiler can't see that the inline functions of libxdp neither allocate nor lock. They inline
 * into the worker loop.
 */
#ifndef SLUICE_RINGS_H
#define SLUICE_RINGS_H

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include "sockets.h"

#define SLUICE_HOT static inline __attribute__((always_inline, swift_attr("@_noLocks")))

/* Up to `most` received descriptors; *at is the index of the first. The load-acquire in xsk_cons_nb_avail orders our reads of
 * descriptors and frames after the kernel's writes. */
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

/* Whether the frame goes on in the next descriptor. */
SLUICE_HOT uint32_t rings_received_more(const struct sluice_socket *socket, uint32_t at)
{
	return xsk_ring_cons__rx_desc(&socket->rx, at)->options & XDP_PKT_CONTD;
}

SLUICE_HOT void rings_release_received(struct sluice_socket *socket, uint32_t count)
{
	xsk_ring_cons__release(&socket->rx, count);
}

/* Reserves a descriptor of the transmit ring: 1 and its index in *at, or 0 when the ring is full. */
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

/* The same for the descriptors of one frame: all or none. */
SLUICE_HOT uint32_t rings_reserve_transmit_parts(struct sluice_socket *socket, uint32_t count, uint32_t *at)
{
	return xsk_ring_prod__reserve(&socket->tx, count, at);
}

SLUICE_HOT void rings_set_transmit_part(struct sluice_socket *socket, uint32_t at, uint64_t address, uint32_t length, uint32_t more)
{
	struct xdp_desc *descriptor = xsk_ring_prod__tx_desc(&socket->tx, at);

	descriptor->addr = address;
	descriptor->len = length;
	descriptor->options = more ? XDP_PKT_CONTD : 0;
}

/* The store-release in xsk_ring_prod__submit orders our writes of frames and descriptors before the kernel's reads. */
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

/* Free entries of the fill ring. If at least `enough` are known to be free, the kernel's index is not read. */
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

/* Submitted descriptors that the kernel has not taken. Only these need a wake-up: for taken ones it makes completions by itself. */
SLUICE_HOT uint32_t rings_untaken(const struct sluice_socket *socket)
{
	return socket->tx.cached_prod - __atomic_load_n(socket->tx.consumer, __ATOMIC_RELAXED);
}

/* Wakes the kernel to send, if it needs that. -EAGAIN: it sent a part and needs another call. */
SLUICE_HOT int rings_kick_transmit(struct sluice_socket *socket)
{
	if (!xsk_ring_prod__needs_wakeup(&socket->tx))
		return 0;
	return sendto(socket->descriptor, NULL, 0, MSG_DONTWAIT, NULL, 0) < 0 ? -errno : 0;
}

/* Wakes the driver, if it needs that, to take frames from the fill ring after it was empty. */
SLUICE_HOT void rings_kick_fill(struct sluice_socket *socket)
{
	if (xsk_ring_prod__needs_wakeup(&socket->fill))
		recvfrom(socket->descriptor, NULL, 0, MSG_DONTWAIT, NULL, NULL);
}

/* Polls the device once from this thread (SO_BUSY_POLL), needed or not: with deferred interrupts nothing else does. poll(2) would
 * do it only with the sysctl net.core.busy_poll. */
SLUICE_HOT void rings_poll_device(struct sluice_socket *socket)
{
	recvfrom(socket->descriptor, NULL, 0, MSG_DONTWAIT, NULL, NULL);
}

SLUICE_HOT int rings_wait(struct pollfd *descriptors, uint32_t count, int milliseconds)
{
	return poll(descriptors, count, milliseconds);
}

/* Seconds of CLOCK_MONOTONIC, as flow entries use them. The coarse clock is a vDSO read without the hardware counter. */
SLUICE_HOT uint32_t rings_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (uint32_t)now.tv_sec;
}

#undef SLUICE_HOT
#endif
