/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The least that an AF_XDP program can do with a packet, in C over libxdp: swap its MAC addresses and send it back by the socket it came
 * from. The yardstick of `sluice-bench reflector`, with the ring sizes and batches of Sluice's worker, and the generator for both. An
 * int result is 0 (or a descriptor) or -errno.
 */
#ifndef C_REFLECTOR_H
#define C_REFLECTOR_H

#include <stddef.h>
#include <stdint.h>

struct reflector;

/* Attaches to queue 0 of an interface, in copy mode, and starts a thread of this name on a CPU. */
int reflector_start(struct reflector **started, const char *interface, const char *name, int cpu);

/* Ends the thread and detaches. */
void reflector_stop(struct reflector *reflector);

/* A program that sends what it is run with through an interface, with a random last byte of the UDP source port below `flows`, a power
 * of two up to 256. Frames are plain Ethernet and IPv4 of 20 bytes. */
int generator_load(const char *interface, int flows);

/* Runs it `count` times over copies of a frame (BPF_F_TEST_XDP_LIVE_FRAMES, Linux 5.18). The peer of a veth receives within the call. */
int generator_send(int program, const void *frame, size_t size, uint32_t count);

/* The interface's count of received packets, in the thread's network namespace; negative: none. */
int64_t generator_received(const char *interface);

/* Keeps the calling thread, and what it starts from now on, on one CPU. */
int generator_pin(int cpu);

/* The first and the last CPU that the calling thread may run on. */
int generator_cpus(int *first, int *last);

#endif
