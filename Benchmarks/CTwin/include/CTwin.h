/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The IPv4 part of Sources/Forwarding in C, over the same memory, for comparison. It makes the same decisions and writes the same
 * bytes (the benchmark compares them), with the same stages, prefetches and look-ups.
 */
#ifndef C_TWIN_H
#define C_TWIN_H

#include "../../../Sources/ABI/flow_hash.h"

/* The layout of Frame, Verdict and ServerCounters in Forwarding. */
struct twin_frame {
	__u8 *bytes;
	__u32 length;
	__u16 headroom;
	__u16 interface;
};

struct twin_verdict {
	__u8 action;  /* 0 forward, 1 pass, 2 drop */
	__u8 outcome; /* 0 forwarded, 1 not for a service, 2 dropped, for any reason */
	__u16 egress;
	__s32 start;
	__u32 length;
	__u32 server;
};

struct twin_counters {
	__u64 packets;
	__u64 bytes;
};

/* Forwarding's ServerLoad: a cache line. */
struct twin_load {
	__u64 connections;
	__u64 identification;
	__u32 owner; /* the incarnation that `live` counts for, plus 1 */
	__u32 live[7];
	__u32 reserved[4];
};

struct twin_tables {
	const struct sluice_half *half;
	const struct sluice_slot *slots;
	const struct sluice_service *services;
	const struct sluice_server *servers;
	const __u16 *rings;
	const __u32 *members;
};

struct twin_packet {
	__u8 outcome; /* as in twin_verdict; 0xff: undecided */
	__u8 transport;
	__u8 flags;
	__u16 network;
	__u16 length;
	__u32 service;
	__u32 server;
	__u64 hash;
	struct sluice_flow *entry;
};

struct twin {
	struct sluice_bucket *buckets;
	struct sluice_connection *connections;
	__u8 *displaced;
	__u64 mask;
	struct twin_counters *servers;
	struct twin_load *loads;
	__u64 outcomes[3];
	__u64 received;
	__u64 full;
	__u64 flows;
	__u64 evicted;
	__u64 moved;
	__u8 misses[65];
	struct twin_packet scratch[64];
};

void twin_process(struct twin *twin, const struct twin_frame *frames, int count, const struct twin_tables *tables, __u32 now,
                  struct twin_verdict *verdicts);

#endif
