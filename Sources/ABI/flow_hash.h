/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The keyed hash of a flow. It identifies the flow and selects its bucket of the flow table and its slot of the Maglev ring. Swift and
 * BPF share this code, so both find the same entry and the same server. All directors of a fleet have the same key, so they choose the
 * same server for every flow without communicating.
 *
 * It uses 64-bit multiplications without the upper half of the product, because BPF has no others. Each round is a bijection of the
 * 64-bit state (an odd multiplier, then a shift that folds the well mixed upper bits into the lower ones); after three rounds every
 * input bit flips every output bit with probability 1/2 within 1 % (FlowHashQualityTests). The key is 256 secret bits, xored in before
 * the first round and added between the rounds: a client that does not know it cannot aim at a bucket or a server.
 *
 * Rejected: folding the 128-bit product (wyhash), which is as fast, but BPF has no such multiplication; SipHash, four times the
 * instructions for 13 bytes; a 32-bit jhash, with which among a million flows some would share a hash, and so a server.
 */
#ifndef SLUICE_FLOW_HASH_H
#define SLUICE_FLOW_HASH_H

#include "tables.h"

/* Multipliers of "moremur" (Pelle Evensen) and splitmix64. */
#define SLUICE_MULTIPLIER_1 0x3c79ac492ba7b653ULL
#define SLUICE_MULTIPLIER_2 0x1c69b3f74ac4ae35ULL

/* All rounds after the first; `rest` is ports and protocol. The result is never 0, which marks a free flow entry. */
SLUICE_INLINE __u64 sluice_flow_hash_finish(const struct sluice_half *half, __u64 first, __u64 rest)
{
	__u64 hash = first ^ first >> 32;

	hash = (hash ^ rest ^ half->hash_key[2]) * SLUICE_MULTIPLIER_1;
	hash ^= hash >> 29;
	hash = (hash + half->hash_key[3]) * SLUICE_MULTIPLIER_2;
	hash ^= hash >> 32;
	return hash ? hash : 1;
}

/* Addresses and ports in packet order; ports: source first. */
SLUICE_INLINE __u64 sluice_flow_hash_v4(const struct sluice_half *half, __u32 source, __u32 destination, __u32 ports, __u8 protocol)
{
	__u64 first = (((__u64)source | (__u64)destination << 32) ^ half->hash_key[0]) * (half->hash_key[1] | 1);

	return sluice_flow_hash_finish(half, first, (__u64)ports | (__u64)protocol << 32);
}

/* IPv6: two rounds with different keys fold each address, so that swapped addresses are another flow. The CPU computes the two chains in
 * parallel. */
SLUICE_INLINE __u64 sluice_flow_hash_v6(const struct sluice_half *half, __u64 source_high, __u64 source_low, __u64 destination_high,
					__u64 destination_low, __u32 ports, __u8 protocol)
{
	__u64 source = (source_high ^ half->hash_key[0]) * SLUICE_MULTIPLIER_1;
	__u64 destination = (destination_high ^ half->hash_key[1]) * SLUICE_MULTIPLIER_2;

	source = ((source ^ source >> 32) + source_low) * (half->hash_key[1] | 1);
	destination = ((destination ^ destination >> 32) + destination_low) * (half->hash_key[0] | 1);
	source ^= source >> 29;
	destination ^= destination >> 32;
	return sluice_flow_hash_finish(half, (source + (destination << 17 | destination >> 47)) * SLUICE_MULTIPLIER_1,
				       (__u64)ports | (__u64)protocol << 32);
}

/* A flow's two buckets in a table of mask + 1 buckets, a power of two. A flow goes to the second if the first is full. Both depend only on
 * the tag, so an entry can be moved without its 5-tuple. */
SLUICE_INLINE __u64 sluice_first_bucket(__u64 hash, __u64 mask)
{
	return hash & mask;
}

SLUICE_INLINE __u64 sluice_second_bucket(__u64 hash, __u64 mask)
{
	return (hash * SLUICE_MULTIPLIER_2 >> 32) & mask;
}

#endif
