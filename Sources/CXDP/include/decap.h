/* SPDX-License-Identifier: Apache-2.0 */
/* BPF/decap/decap.bpf.c from Swift: load, attach, tell it the host's addresses, read its counters. Every int is 0 or -errno. */
#ifndef SLUICE_DECAP_H
#define SLUICE_DECAP_H

#include <stddef.h>
#include <stdint.h>

struct decap;

/* Makes *decap from the bytes of a BPF object and loads it into the kernel, to unwrap GUE that comes to that UDP port. decap_close gives
 * it back, also what failed half way. */
int decap_load(const void *object, size_t size, uint16_t gue_port, struct decap **decap);

/* The program's descriptor, which stays the decap's. */
int decap_program(const struct decap *decap);

/* Attaches to an interface for as long as this process lives: a BPF link, which the kernel cuts when its last descriptor closes,
 * so that not even SIGKILL leaves a program behind. native: in the driver; otherwise the kernel's generic hook. */
int decap_attach(struct decap *decap, unsigned int ifindex, int native);

/* Adds an address (16 bytes, IPv4 mapped) to those whose tunnels are unwrapped, or takes it out. */
int decap_set_address(struct decap *decap, const uint8_t *address, int present);

/* Sum over all CPUs of a counter, by the enum of BPF/decap/maps.h. */
int decap_read_counter(struct decap *decap, unsigned int counter, uint64_t *sum);

/* The id of the XDP program an interface has, whatever its mode; 0: none. */
unsigned int decap_attached_program(unsigned int ifindex);

void decap_close(struct decap *decap);

#endif
