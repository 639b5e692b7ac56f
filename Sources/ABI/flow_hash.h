/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The keyed hash of a flow: it names the flow, places it in the flow table and picks its slot of the Maglev ring. Swift's workers and BPF
 * compute it alike, so the kernel's forwarder finds the same entry and the same server; all directors of a fleet hold the same key, so
 * they agree on every flow without talking.
 *
 * Made of 64-bit multiplications whose upper half is thrown away: BPF has no other. Each round is a bijection of the running word (an odd
 * multiplier, then a shift that folds the well mixed upper bits into the lower ones); three rounds move every output bit by every
 * input bit with probability 1/2 within 1 % (FlowHashQualityTests). The key is 256 secret bits, xored in before the first and added
 * between the rounds: a client that does not know it can aim at no bucket and no server.
 *
 * Rejected: the 128-bit product folded in half (wyhash), as fast, but BPF cannot multiply so; SipHash, four times the instructions for
 * 13 bytes; a 32-bit jhash, whose 2^32 names would make two of a million flows share a server.
 */
#ifndef SLUICE_FLOW_HASH_H
#define SLUICE_FLOW_HASH_H

#include "tables.h"

/* Multipliers of "moremur" (Pelle Evensen) and splitmix64. */
#define SLUICE_MULTIPLIER_1 0x3c79ac492ba7b653ULL
#define SLUICE_MULTIPLIER_2 0x1c69b3f74ac4ae35ULL

/* The rounds behind the first; `rest` is ports and protocol. Never 0, which marks a free flow entry. */
SLUICE_INLINE __u64 sluice_flow_hash_finish(const struct sluice_half *half, __u64 first, __u64 rest)
{
	__u64 hash = first ^ first >> 32;

	hash = (hash ^ rest ^ half->hash_key[2]) * SLUICE_MULTIPLIER_1;
	hash ^= hash >> 29;
	hash = (hash + half->hash_key[3]) * SLUICE_MULTIPLIER_2;
	hash ^= hash >> 32;
	return hash ? hash : 1;
}

/* Addresses and ports as they lie in the packet; ports: the source's first. */
SLUICE_INLINE __u64 sluice_flow_hash_v4(const struct sluice_half *half, __u32 source, __u32 destination, __u32 ports, __u8 protocol)
{
	__u64 first = (((__u64)source | (__u64)destination << 32) ^ half->hash_key[0]) * (half->hash_key[1] | 1);

	return sluice_flow_hash_finish(half, first, (__u64)ports | (__u64)protocol << 32);
}

/* IPv6: each address is folded by two rounds of its own, keyed differently, so that swapped addresses are another flow. The two chains
 * run side by side. */
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

/* A flow's two buckets of a table of mask + 1, a power of two. The first is where it normally lives; a flow that finds it full goes to the
 * second. Both follow from the tag alone, so an entry can be moved without asking who it is. */
SLUICE_INLINE __u64 sluice_first_bucket(__u64 hash, __u64 mask)
{
	return hash & mask;
}

SLUICE_INLINE __u64 sluice_second_bucket(__u64 hash, __u64 mask)
{
	return (hash * SLUICE_MULTIPLIER_2 >> 32) & mask;
}

#endif
