/* SPDX-License-Identifier: Apache-2.0 */
/* Functions that Swift doesn't have: a prefetch, and ordered loads and stores of single words of shared memory. */
#ifndef SLUICE_INTRINSICS_H
#define SLUICE_INTRINSICS_H

#include "tables.h"

#include <linux/types.h>

/* swift_attr lets functions with @_noLocks call these; each inlines to one instruction. */
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

/* Atomic for the word, without ordering. */
SLUICE_HOT __u64 sluice_load_word(const __u64 *word)
{
	return __atomic_load_n(word, __ATOMIC_RELAXED);
}

SLUICE_HOT void sluice_store_word(__u64 *word, __u64 value)
{
	__atomic_store_n(word, value, __ATOMIC_RELAXED);
}

SLUICE_HOT __u64 sluice_load_acquire_word(const __u64 *word)
{
	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

SLUICE_HOT void sluice_store_release_word(__u64 *word, __u64 value)
{
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
}

/*
 * A worker's epoch: odd within a batch, even outside. The worker uses plain stores; the control thread's membarrier executes the
 * fence on this CPU (Docs/generations.md). The signal fence keeps the compiler from moving the first load of the tables above the
 * store.
 */
SLUICE_HOT void sluice_enter_batch(__u64 *epoch)
{
	__atomic_store_n(epoch, *epoch + 1, __ATOMIC_RELAXED);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

SLUICE_HOT void sluice_leave_batch(__u64 *epoch)
{
	__atomic_store_n(epoch, *epoch + 1, __ATOMIC_RELEASE);
}

SLUICE_HOT __u64 sluice_read_epoch(const __u64 *epoch)
{
	return __atomic_load_n(epoch, __ATOMIC_ACQUIRE);
}

/*
 * An entry with a key word and plain fields. Writer: clear the key (sluice_unset_word), write the fields, store the key with
 * release. Reader: load the key with acquire, copy the fields, load the key again (sluice_load_word_again). The fences keep the
 * field accesses between the two.
 */
SLUICE_HOT __u64 sluice_load_word_again(const __u64 *word)
{
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return __atomic_load_n(word, __ATOMIC_RELAXED);
}

SLUICE_HOT void sluice_unset_word(__u64 *word)
{
	__atomic_store_n(word, 0, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
}

/*
 * A new flow's connection goes past the caches: nothing on the packet path reads it, so its line need not be fetched to be written. That
 * fetch, with the walk of the page tables before it, was half the price of a new flow. Such stores are not ordered with others;
 * sluice_order_connections orders them, once a batch.
 */
SLUICE_HOT void sluice_write_connection(struct sluice_connection *to, __u64 client, __u32 ports, __u16 service, __u16 sequence)
{
	typedef __u64 pair __attribute__((vector_size(16)));
	const pair words = { client, (__u64)sequence << 48 | (__u64)service << 32 | ports };

	_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "ports are the lower half of their word");
	__builtin_nontemporal_store(words, (pair *)to);
}

SLUICE_HOT void sluice_write_prefix(__u64 *to, __u64 prefix)
{
	__builtin_nontemporal_store(prefix, to);
}

SLUICE_HOT void sluice_order_connections(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

#undef SLUICE_HOT
#endif
