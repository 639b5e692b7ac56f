/* SPDX-License-Identifier: Apache-2.0 */
/* What the C library's allocator keeps (mallopt(3), malloc_trim(3)); Swift's Glibc module doesn't have it. */
#ifndef SLUICE_MEMORY_H
#define SLUICE_MEMORY_H

#include <stddef.h>

/* Uses two arenas instead of eight for each CPU, so that one thread can use what another frees. Call before the first threads start. */
void memory_use_few_arenas(void);

/* Bytes of the process in memory (proc_pid_statm(5)); 0 when that can't be read. */
size_t memory_resident(void);

/* Returns what the allocator keeps for later to the kernel, as far as it is whole pages. Takes some milliseconds for each hundred megabytes. */
void memory_give_back(void);

#endif
