/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "include/CReflector.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <xdp/xsk.h>

/* As Sluice's worker has them (Sources/AFXDP/Worker). */
enum { BATCH = 64, RING = 2048, CHUNK = 4096, FRAMES = 2 * RING, IDLE_ROUNDS = 32 };
/* A fill ring that has room for all frames replaces the worker's pool. At most a ring of them is received, and as many are sent. */
enum { FILL = FRAMES, AREA = FRAMES * CHUNK };

struct reflector {
	struct xsk_ring_prod fill, tx;
	struct xsk_ring_cons completion, rx;
	struct xsk_umem *umem;
	struct xsk_socket *socket;
	uint8_t *area;
	uint32_t interface;
	int attached;
	int cpu;
	int is_ending;
	pthread_t thread;
};

/* Gives every frame to the socket of its queue: the least that steering can do. */
static int load_steering(int sockets)
{
	const struct bpf_insn instructions[] = {
		{ .code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = 2, .src_reg = 1, .off = offsetof(struct xdp_md, rx_queue_index) },
		{ .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 1, .src_reg = BPF_PSEUDO_MAP_FD, .imm = sockets },
		{},
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 3, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_redirect_map },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(BPF_PROG_TYPE_XDP, "reflect", "GPL", instructions, sizeof(instructions) / sizeof(*instructions), NULL);
}

static int attach(struct reflector *reflector)
{
	const uint32_t queue = 0;
	const int descriptor = xsk_socket__fd(reflector->socket);
	int sockets = bpf_map_create(BPF_MAP_TYPE_XSKMAP, "reflect", sizeof(queue), sizeof(descriptor), 1, NULL);
	int program, error;

	if (sockets < 0)
		return sockets;
	program = load_steering(sockets);
	error = program < 0 ? program : bpf_map_update_elem(sockets, &queue, &descriptor, BPF_ANY);
	if (!error)
		error = bpf_xdp_attach((int)reflector->interface, program, XDP_FLAGS_DRV_MODE, NULL);
	reflector->attached = !error;
	if (program >= 0)
		close(program);
	close(sockets);
	return error;
}

static int open_socket(struct reflector *reflector, const char *interface)
{
	const struct xsk_umem_config memory = { .fill_size = FILL, .comp_size = FRAMES, .frame_size = CHUNK };
	const struct xsk_socket_config rings = {
		.rx_size = RING,
		.tx_size = RING,
		.libxdp_flags = XSK_LIBXDP_FLAGS__INHIBIT_PROG_LOAD,
		.bind_flags = XDP_COPY | XDP_USE_NEED_WAKEUP,
	};
	uint32_t at;
	int error;

	reflector->area = mmap(NULL, AREA, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (reflector->area == MAP_FAILED) {
		reflector->area = NULL;
		return -errno;
	}
	/* Transparent huge pages, as the worker's packet buffers. */
	(void)madvise(reflector->area, AREA, MADV_HUGEPAGE);
	error = xsk_umem__create(&reflector->umem, reflector->area, AREA, &reflector->fill, &reflector->completion, &memory);
	if (error)
		return error;
	xsk_ring_prod__reserve(&reflector->fill, FRAMES, &at);
	for (uint32_t frame = 0; frame < FRAMES; frame++)
		*xsk_ring_prod__fill_addr(&reflector->fill, at + frame) = (uint64_t)frame * CHUNK;
	xsk_ring_prod__submit(&reflector->fill, FRAMES);
	return xsk_socket__create(&reflector->socket, interface, 0, reflector->umem, &reflector->rx, &reflector->tx, &rings);
}

/* Sent frames go back to the fill ring. */
static void reclaim(struct reflector *reflector)
{
	uint32_t from, to, count = xsk_ring_cons__peek(&reflector->completion, FRAMES, &from);

	if (!count)
		return;
	xsk_ring_prod__reserve(&reflector->fill, count, &to);
	for (uint32_t i = 0; i < count; i++)
		*xsk_ring_prod__fill_addr(&reflector->fill, to + i) =
			*xsk_ring_cons__comp_addr(&reflector->completion, from + i) & ~(uint64_t)(CHUNK - 1);
	xsk_ring_prod__submit(&reflector->fill, count);
	xsk_ring_cons__release(&reflector->completion, count);
}

static void swap_addresses(uint8_t *frame)
{
	uint8_t address[6];

	memcpy(address, frame, 6);
	memcpy(frame, frame + 6, 6);
	memcpy(frame + 6, address, 6);
}

static uint32_t reflect(struct reflector *reflector)
{
	uint32_t from, to, count = xsk_ring_cons__peek(&reflector->rx, BATCH, &from);

	if (!count)
		return 0;
	xsk_ring_prod__reserve(&reflector->tx, count, &to);
	for (uint32_t i = 0; i < count; i++) {
		const struct xdp_desc *received = xsk_ring_cons__rx_desc(&reflector->rx, from + i);
		struct xdp_desc *sent = xsk_ring_prod__tx_desc(&reflector->tx, to + i);

		swap_addresses(reflector->area + received->addr);
		*sent = (struct xdp_desc){ .addr = received->addr, .len = received->len };
	}
	xsk_ring_prod__submit(&reflector->tx, count);
	xsk_ring_cons__release(&reflector->rx, count);
	return count;
}

/* The kernel sends part of the ring for each call; EAGAIN says that there is more. */
static void send_all(struct reflector *reflector)
{
	int descriptor = xsk_socket__fd(reflector->socket);

	while (xsk_ring_prod__needs_wakeup(&reflector->tx) &&
	       sendto(descriptor, NULL, 0, MSG_DONTWAIT, NULL, 0) < 0 && errno == EAGAIN)
		;
}

static void *run(void *argument)
{
	struct reflector *reflector = argument;
	struct pollfd readable = { .fd = xsk_socket__fd(reflector->socket), .events = POLLIN };
	unsigned idle = 0;

	(void)generator_pin(reflector->cpu);
	while (!__atomic_load_n(&reflector->is_ending, __ATOMIC_RELAXED)) {
		uint32_t count = reflect(reflector);

		if (count)
			send_all(reflector);
		reclaim(reflector);
		idle = count ? 0 : idle + 1;
		if (idle >= IDLE_ROUNDS) {
			poll(&readable, 1, 200);
			idle = 0;
		}
	}
	return NULL;
}

static void release(struct reflector *reflector)
{
	if (reflector->attached)
		bpf_xdp_detach((int)reflector->interface, XDP_FLAGS_DRV_MODE, NULL);
	if (reflector->socket)
		xsk_socket__delete(reflector->socket);
	if (reflector->umem)
		xsk_umem__delete(reflector->umem);
	if (reflector->area)
		munmap(reflector->area, AREA);
	free(reflector);
}

int reflector_start(struct reflector **started, const char *interface, const char *name, int cpu)
{
	struct reflector *reflector = calloc(1, sizeof(*reflector));
	int error;

	if (!reflector)
		return -ENOMEM;
	reflector->interface = if_nametoindex(interface);
	reflector->cpu = cpu;
	error = open_socket(reflector, interface);
	if (!error)
		error = attach(reflector);
	if (!error)
		error = -pthread_create(&reflector->thread, NULL, run, reflector);
	if (error) {
		release(reflector);
		return error;
	}
	pthread_setname_np(reflector->thread, name);
	*started = reflector;
	return 0;
}

void reflector_stop(struct reflector *reflector)
{
	__atomic_store_n(&reflector->is_ending, 1, __ATOMIC_RELAXED);
	pthread_join(reflector->thread, NULL);
	release(reflector);
}
