/* SPDX-License-Identifier: Apache-2.0 */
/* What Swift can't say: a prefetch, and an acquiring load and releasing store of one word of shared memory. */
#ifndef SLUICE_INTRINSICS_H
#define SLUICE_INTRINSICS_H

#include <linux/types.h>

/* swift_attr lets functions marked @_noLocks call these; they inline to one instruction. */
#define SLUICE_HOT static inline __attribute__((always_inline, swift_attr("@_noLocks")))

SLUICE_HOT void sluice_prefetch(const void *line)
{
	__builtin_prefetch(line, 0, 3);
}

SLUICE_HOT __u32 sluice_load_acquire(const __u32 *word)
{
	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

SLUICE_HOT void sluice_store_release(__u32 *word, __u32 value)
{
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
}

#undef SLUICE_HOT
#endif
