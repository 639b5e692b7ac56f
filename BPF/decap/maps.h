/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Maps and counters of the decapsulator. */
#ifndef SLUICE_DECAP_MAPS_H
#define SLUICE_DECAP_MAPS_H

#include "packet.h"

enum {
	DECAP_PASSED = 0,    /* not a tunnel packet for this host, left to the kernel; nonzero is normal */
	DECAP_UNWRAPPED = 1, /* unwrapped; nonzero is normal */
	DECAP_REFUSED = 2,   /* invalid tunnel packet for this host, dropped as the kernel would; a few are normal on a bad link */
	DECAP_FRAGMENT = 3,  /* fragment of a tunnel packet, left to the kernel; nonzero: the path MTU to this host is too small for the tunnel */
	DECAP_COUNTERS = 4,
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, DECAP_COUNTERS);
	__type(key, __u32);
	__type(value, __u64);
} decap_counters SEC(".maps");

struct decap_address {
	__u8 bytes[16]; /* IPv4 as ::ffff:a.b.c.d, as in tables.h */
};

/* The addresses of this host, kept up to date by `sluice decap`. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct decap_address);
	__type(value, __u8);
} decap_addresses SEC(".maps");

struct decap_settings {
	__be16 gue_port; /* UDP destination port of GUE */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct decap_settings);
} decap_setup SEC(".maps");

static __always_inline int count(__u32 what, int verdict)
{
	__u64 *counter = bpf_map_lookup_elem(&decap_counters, &what);

	if (counter)
		(*counter)++;
	return verdict;
}

static __always_inline int pass(void)
{
	return count(DECAP_PASSED, XDP_PASS);
}

static __always_inline int refuse(void)
{
	return count(DECAP_REFUSED, XDP_DROP);
}

static __always_inline int is_ours(const struct decap_address *address)
{
	return bpf_map_lookup_elem(&decap_addresses, address) != 0;
}

static __always_inline int is_gue_port(__be16 port)
{
	__u32 first = 0;
	const struct decap_settings *settings = bpf_map_lookup_elem(&decap_setup, &first);

	return settings && port == settings->gue_port;
}

#endif
