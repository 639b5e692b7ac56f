/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "include/sockets.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef SO_PREFER_BUSY_POLL
#define SO_PREFER_BUSY_POLL 69
#define SO_BUSY_POLL_BUDGET 70
#endif
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif
#ifndef XDP_MAX_TX_SKB_BUDGET
#define XDP_MAX_TX_SKB_BUDGET 9
#endif
#ifndef SOL_XDP
#define SOL_XDP 283
#endif

struct sluice_socket *sockets_make(void)
{
	struct sluice_socket *socket = aligned_alloc(64, (sizeof(*socket) + 63) / 64 * 64);

	if (socket) {
		memset(socket, 0, sizeof(*socket));
		socket->descriptor = -1;
	}
	return socket;
}

/*
 * Without reserved huge pages, transparent ones: half of a packet's cost in user space was page table walks, each through both
 * tables of a virtual machine. MADV_HUGEPAGE lets the first touch make them; MADV_COLLAPSE (Linux 6.1) makes those that are still
 * missing, and says whether all are there. NULL when there are none.
 */
static void *make_transparent(size_t bytes)
{
	const size_t page = 2 << 20;
	uint8_t *area, *mapped = mmap(NULL, bytes + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (mapped == MAP_FAILED)
		return NULL;
	/* Aligned, or no huge page fits at the ends; what is left over goes back. */
	area = (uint8_t *)(((uintptr_t)mapped + page - 1) & ~(uintptr_t)(page - 1));
	if (area > mapped)
		munmap(mapped, (size_t)(area - mapped));
	munmap(area + bytes, (size_t)(mapped + page - area));
	if (!madvise(area, bytes, MADV_HUGEPAGE) && !madvise(area, bytes, MADV_POPULATE_WRITE) && !madvise(area, bytes, MADV_COLLAPSE))
		return area;
	munmap(area, bytes);
	return NULL;
}

void *sockets_make_area(size_t bytes, int *huge, int *error)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS;
	void *area = *huge ? mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags | MAP_HUGETLB, -1, 0) : MAP_FAILED;

	if (*huge && area == MAP_FAILED) {
		area = make_transparent(bytes);
		area = area ? area : MAP_FAILED;
	}
	*huge = area != MAP_FAILED;
	if (area == MAP_FAILED)
		area = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
	*error = area == MAP_FAILED ? -errno : 0;
	return area == MAP_FAILED ? NULL : area;
}

void sockets_free_area(void *area, size_t bytes)
{
	munmap(area, bytes);
}

int sockets_register(struct xsk_umem **umem, void *area, size_t bytes, uint32_t chunk, uint32_t ring, struct sluice_socket *first)
{
	const struct xsk_umem_config config = { .fill_size = ring, .comp_size = ring, .frame_size = chunk };

	return xsk_umem__create(umem, area, bytes, &first->fill, &first->completion, &config);
}

int sockets_bind(struct sluice_socket *socket, const char *interface, uint32_t queue, struct xsk_umem *umem, uint32_t ring, uint16_t flags)
{
	const struct xsk_socket_config config = {
		.rx_size = ring,
		.tx_size = ring,
		.libxdp_flags = XSK_LIBXDP_FLAGS__INHIBIT_PROG_LOAD, /* else libxdp replaces our program by its own */
		.bind_flags = flags | XDP_USE_NEED_WAKEUP,
	};
	int error = xsk_socket__create_shared(&socket->socket, interface, queue, umem, &socket->rx, &socket->tx, &socket->fill,
					      &socket->completion, &config);

	if (error)
		return error;
	socket->descriptor = xsk_socket__fd(socket->socket);
	/* In copy mode one call sends 32 frames, and all of the ring with this option of Linux 6.17: half the calls for a full batch. */
	(void)setsockopt(socket->descriptor, SOL_XDP, XDP_MAX_TX_SKB_BUDGET, &ring, sizeof(ring));
	return 0;
}

int sockets_statistics(int descriptor, struct xdp_statistics *statistics)
{
	struct xdp_statistics read = {};
	socklen_t size = sizeof(read);

	/* Kernels before 5.9 write only the first three fields. */
	if (getsockopt(descriptor, SOL_XDP, XDP_STATISTICS, &read, &size))
		return -errno;
	*statistics = read;
	return 0;
}

struct ring_indices sockets_indices(const struct sluice_socket *socket)
{
	struct xdp_statistics statistics = {};

	(void)sockets_statistics(socket->descriptor, &statistics);
	return (struct ring_indices){
		.submitted = __atomic_load_n(socket->tx.producer, __ATOMIC_ACQUIRE),
		.completed = __atomic_load_n(socket->completion.producer, __ATOMIC_ACQUIRE),
		.filled = __atomic_load_n(socket->fill.producer, __ATOMIC_ACQUIRE),
		.taken = __atomic_load_n(socket->fill.consumer, __ATOMIC_ACQUIRE),
		.starved = statistics.rx_fill_ring_empty_descs,
	};
}

int sockets_end_busy_poll(int descriptor)
{
	const int off = 0;

	return setsockopt(descriptor, SOL_SOCKET, SO_PREFER_BUSY_POLL, &off, sizeof(off)) ? -errno : 0;
}

int sockets_is_zero_copy(const struct sluice_socket *socket)
{
	struct xdp_options options = {};
	socklen_t size = sizeof(options);

	return !getsockopt(socket->descriptor, SOL_XDP, XDP_OPTIONS, &options, &size) && options.flags & XDP_OPTIONS_ZEROCOPY;
}

int sockets_prefer_busy_poll(const struct sluice_socket *socket, unsigned int microseconds, unsigned int budget)
{
	const int values[] = { 1, (int)microseconds, (int)budget };
	const int names[] = { SO_PREFER_BUSY_POLL, SO_BUSY_POLL, SO_BUSY_POLL_BUDGET };

	for (int i = 0; i < 3; i++)
		if (setsockopt(socket->descriptor, SOL_SOCKET, names[i], &values[i], sizeof(values[i])))
			return -errno;
	return 0;
}

void sockets_close(struct sluice_socket *socket)
{
	if (!socket)
		return;
	if (socket->socket)
		xsk_socket__delete(socket->socket);
	free(socket);
}

int sockets_unregister(struct xsk_umem *umem)
{
	return xsk_umem__delete(umem);
}

/* One ethtool or interface ioctl. Not by /sys, which shows the interfaces of another network namespace under `nsenter --net`. */
static int interface_ioctl(const char *interface, unsigned long request, struct ifreq *about)
{
	int error, control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (control < 0)
		return -errno;
	strncpy(about->ifr_name, interface, IFNAMSIZ - 1);
	error = ioctl(control, request, about) ? -errno : 0;
	close(control);
	return error;
}

static int read_channels(const char *interface, struct ethtool_channels *channels)
{
	struct ifreq about = { .ifr_data = (void *)channels };

	channels->cmd = ETHTOOL_GCHANNELS;
	return interface_ioctl(interface, SIOCETHTOOL, &about);
}

int sockets_most_queues(const char *interface)
{
	struct ethtool_channels channels = {};
	int error = read_channels(interface, &channels);

	return error ? error : (int)(channels.max_combined ? channels.max_combined : channels.max_rx);
}

int sockets_queues(const char *interface)
{
	struct ethtool_channels channels = {};
	int error = read_channels(interface, &channels);

	if (error == -EOPNOTSUPP)
		return 1; /* a driver without this call has one queue */
	if (error)
		return error;
	/* Drivers report a queue pair as combined, or as one receive and one transmit queue. */
	if (channels.combined_count + channels.rx_count == 0)
		return 1;
	return (int)(channels.combined_count + channels.rx_count);
}

int sockets_is_veth(const char *interface)
{
	struct ethtool_drvinfo driver = { .cmd = ETHTOOL_GDRVINFO };
	struct ifreq about = { .ifr_data = (void *)&driver };
	int error = interface_ioctl(interface, SIOCETHTOOL, &about);

	return error ? error : !strcmp(driver.driver, "veth");
}

int sockets_strips_tags(const char *interface)
{
	struct ethtool_value flags = { .cmd = ETHTOOL_GFLAGS };
	struct ifreq about = { .ifr_data = (void *)&flags };
	int error = interface_ioctl(interface, SIOCETHTOOL, &about);

	return error ? error : !!(flags.data & ETH_FLAG_RXVLAN);
}

int sockets_strip_tags(const char *interface, int strip)
{
	struct ethtool_value flags = { .cmd = ETHTOOL_GFLAGS };
	struct ifreq about = { .ifr_data = (void *)&flags };
	int error = interface_ioctl(interface, SIOCETHTOOL, &about);

	if (error)
		return error;
	flags.cmd = ETHTOOL_SFLAGS;
	flags.data = strip ? flags.data | ETH_FLAG_RXVLAN : flags.data & ~(uint32_t)ETH_FLAG_RXVLAN;
	about.ifr_data = (void *)&flags;
	return interface_ioctl(interface, SIOCETHTOOL, &about);
}

int sockets_mac(const char *interface, uint8_t *mac)
{
	struct ifreq about = {};
	int error = interface_ioctl(interface, SIOCGIFHWADDR, &about);

	if (error)
		return error;
	if (about.ifr_hwaddr.sa_family != ARPHRD_ETHER)
		return -EAFNOSUPPORT; /* lo has six zero bytes */
	memcpy(mac, about.ifr_hwaddr.sa_data, 6);
	return 0;
}

int sockets_mtu(const char *interface)
{
	struct ifreq about = {};
	int error = interface_ioctl(interface, SIOCGIFMTU, &about);

	return error ? error : about.ifr_mtu;
}
