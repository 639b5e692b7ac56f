/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The hashes of IPVS's `mh`, `sh` and `dh` schedulers, for directors that share a VIP with IPVS. Their keys are public, so a client can
 * aim at one server; Sluice's own hash is in flow_hash.h.
 */
#ifndef SLUICE_KERNEL_HASH_H
#define SLUICE_KERNEL_HASH_H

#include <linux/types.h>
#include "tables.h"

#define SLUICE_ROTATE(value, by) ((value) << (by) | (value) >> (64 - (by)))
#define SLUICE_SIPROUND(a, b, c, d)                                                                                    \
	do {                                                                                                           \
		a += b; b = SLUICE_ROTATE(b, 13); b ^= a; a = SLUICE_ROTATE(a, 32);                                    \
		c += d; d = SLUICE_ROTATE(d, 16); d ^= c;                                                              \
		a += d; d = SLUICE_ROTATE(d, 21); d ^= a;                                                              \
		c += b; b = SLUICE_ROTATE(b, 17); b ^= c; c = SLUICE_ROTATE(c, 32);                                    \
	} while (0)

/*
 * SipHash-1-3 of one 32-bit value, as hsiphash_1u32 of the kernel's lib/siphash.c computes it on 64-bit machines. Both words of the key
 * are `key`: that is how ip_vs_mh.c fills them.
 */
SLUICE_INLINE __u32 sluice_mh_hash(__u32 value, __u64 key)
{
	__u64 v0 = 0x736f6d6570736575ULL ^ key, v1 = 0x646f72616e646f6dULL ^ key;
	__u64 v2 = 0x6c7967656e657261ULL ^ key, v3 = 0x7465646279746573ULL ^ key;
	__u64 last = 4ULL << 56 | value;

	v3 ^= last;
	SLUICE_SIPROUND(v0, v1, v2, v3);
	v0 ^= last;
	v2 ^= 0xff;
	SLUICE_SIPROUND(v0, v1, v2, v3);
	SLUICE_SIPROUND(v0, v1, v2, v3);
	SLUICE_SIPROUND(v0, v1, v2, v3);
	return (__u32)(v0 ^ v1 ^ v2 ^ v3);
}

#undef SLUICE_SIPROUND
#undef SLUICE_ROTATE

/* hash_32 of include/linux/hash.h, to 8 bits: the 256 buckets of `sh` and `dh`. */
SLUICE_INLINE __u32 sluice_golden_hash(__u32 value)
{
	return (value * 0x61C88647U) >> 24;
}

#endif
