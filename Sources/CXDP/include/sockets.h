/* SPDX-License-Identifier: Apache-2.0 */
/* AF_XDP sockets and the UMEM they share, through libxdp. */
#ifndef SLUICE_SOCKETS_H
#define SLUICE_SOCKETS_H

#include <stddef.h>
#include <stdint.h>
#include <xdp/xsk.h>

/* Of Linux 6.6: frames in several descriptors. Debian 12's header is older. */
#ifndef XDP_USE_SG
#define XDP_USE_SG (1 << 4)
#define XDP_PKT_CONTD (1 << 0)
#endif

/* One AF_XDP socket on one queue of one interface, with its four rings. In C memory, because libxdp keeps pointers into it. */
struct sluice_socket {
	struct xsk_ring_cons rx;
	struct xsk_ring_cons completion;
	struct xsk_ring_prod tx;
	struct xsk_ring_prod fill;
	struct xsk_socket *socket;
	int descriptor;
};

struct sluice_socket *sockets_make(void);

/* Anonymous memory for a UMEM. *huge in: huge pages are wanted; out: whether it has them, reserved or transparent. NULL with *error set on
 * failure. */
void *sockets_make_area(size_t bytes, int *huge, int *error);
void sockets_free_area(void *area, size_t bytes);

/* Registers the area with the fill and completion rings of `first`: libxdp binds the first socket by the UMEM's own descriptor.
 * */
int sockets_register(struct xsk_umem **umem, void *area, size_t bytes, uint32_t chunk, uint32_t ring, struct sluice_socket *first);

/* Binds to a queue. Flags: XDP_COPY or XDP_ZEROCOPY, with XDP_USE_SG for frames in several descriptors. */
int sockets_bind(struct sluice_socket *socket, const char *interface, uint32_t queue, struct xsk_umem *umem, uint32_t ring, uint16_t flags);

/* The kernel's counters of a socket's rings (linux/if_xdp.h); callable from any thread. -errno, and nothing written, for a closed
 * descriptor. */
int sockets_statistics(int descriptor, struct xdp_statistics *statistics);

/* The indices of a socket's rings, shared by kernel and worker; callable from any thread while the socket is open. */
struct ring_indices {
	uint32_t submitted; /* descriptors put into the transmit ring */
	uint32_t completed; /* of these, sent */
	uint32_t filled;    /* frames put into the fill ring */
	uint32_t taken;     /* of these, taken by the kernel */
	uint64_t starved;   /* times it found none */
};

struct ring_indices sockets_indices(const struct sluice_socket *socket);

/* Interrupts instead of busy polling, from now on. */
int sockets_end_busy_poll(int descriptor);

int sockets_is_zero_copy(const struct sluice_socket *socket);
int sockets_prefer_busy_poll(const struct sluice_socket *socket, unsigned int microseconds, unsigned int budget);

void sockets_close(struct sluice_socket *socket);
int sockets_unregister(struct xsk_umem *umem);

/* The number of receive queues of an interface, each of which needs a worker. */
int sockets_queues(const char *interface);
/* The largest number that it can have, or -errno. */
int sockets_most_queues(const char *interface);
/* Whether the interface is one end of a veth pair: 1, 0, or -errno. */
int sockets_is_veth(const char *interface);

/* Whether the NIC takes VLAN tags off received frames: 1, 0, or -errno where the driver doesn't say. */
int sockets_strips_tags(const char *interface);
int sockets_strip_tags(const char *interface, int strip);

/* -EAFNOSUPPORT: it is not Ethernet. */
int sockets_mac(const char *interface, uint8_t *mac);
int sockets_mtu(const char *interface);

#endif
