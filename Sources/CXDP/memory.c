/* SPDX-License-Identifier: Apache-2.0 */
#include "include/memory.h"

#include <malloc.h>

void memory_use_few_arenas(void)
{
	mallopt(M_ARENA_MAX, 2);
}

size_t memory_unused(void)
{
	return mallinfo2().fordblks;
}

void memory_give_back(void)
{
	malloc_trim(0);
}
