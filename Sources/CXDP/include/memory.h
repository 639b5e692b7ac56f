/* SPDX-License-Identifier: Apache-2.0 */
/* What the C library's allocator keeps (mallopt(3), malloc_trim(3)); Swift's Glibc module doesn't have it. */
#ifndef SLUICE_MEMORY_H
#define SLUICE_MEMORY_H

#include <stddef.h>

/* Two arenas instead of eight for each CPU: what one thread frees, another can use. Before the first threads start. */
void memory_use_few_arenas(void);

/* Bytes that the allocator keeps for later. */
size_t memory_unused(void);

/* Returns them to the kernel, as far as they are whole pages. Takes some milliseconds for each hundred megabytes. */
void memory_give_back(void);

#endif
