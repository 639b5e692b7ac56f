/* SPDX-License-Identifier: Apache-2.0 */
/* What Swift can't say: a prefetch, and ordered loads and stores of single words of shared memory. */
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

/* Whole words that order nothing else. */
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
 * A worker's epoch: odd within a batch, even outside. Plain stores on the worker's side; the fence of the entry is the writer's
 * membarrier, which runs one on this CPU for us. Only the compiler must be kept from moving the table's first load above the store.
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
 * An entry of plain fields behind a word that names it: unset the word, write the rest, store the word with release; the reader loads the word with
 * acquire, copies the rest, and takes the word again. Each fence orders the rest between the two.
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

#undef SLUICE_HOT
#endif
