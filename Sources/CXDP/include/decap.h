/* SPDX-License-Identifier: Apache-2.0 */
/* BPF/decap/decap.bpf.c from Swift: load, attach, set the host's addresses, read the counters. An int result is 0 or -errno. */
#ifndef SLUICE_DECAP_H
#define SLUICE_DECAP_H

#include <stddef.h>
#include <stdint.h>

struct decap;

/* Creates *decap from the bytes of a BPF object and loads it into the kernel; GUE is unwrapped on that UDP port. Call decap_close
 * afterwards, also on failure. */
int decap_load(const void *object, size_t size, uint16_t gue_port, struct decap **decap);

/* The descriptor of the program; decap keeps it. */
int decap_program(const struct decap *decap);

/* Attaches to an interface by a BPF link. The kernel removes the link when its last descriptor closes, so the program does not
 * outlive the process, even after SIGKILL. native: in the driver; otherwise the kernel's generic hook. */
int decap_attach(struct decap *decap, unsigned int ifindex, int native);

/* Adds a host address (16 bytes, IPv4 mapped): tunnel packets to it are unwrapped. present 0: removes it. */
int decap_set_address(struct decap *decap, const uint8_t *address, int present);

/* Sum of a counter over all CPUs, by the enum of BPF/decap/maps.h. */
int decap_read_counter(struct decap *decap, unsigned int counter, uint64_t *sum);

/* The id of the XDP program of an interface in any mode; 0: none. */
unsigned int decap_attached_program(unsigned int ifindex);

void decap_close(struct decap *decap);

#endif
