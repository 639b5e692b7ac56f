/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts the calls that per-packet code must not make. The functions below stand before those of libc and of the Swift runtime,
 * because the linker finds the executable's own definitions first; each counts, if its thread is counting, and passes the call on.
 *
 * Caveat: under AddressSanitizer, which stands in the same place, nothing is interposed and `runtime_calls_available` says 0.
 */
#ifndef RUNTIME_CALLS_H
#define RUNTIME_CALLS_H

enum {
	RUNTIME_MALLOC,  /* malloc, calloc, realloc, posix_memalign, aligned_alloc */
	RUNTIME_FREE,
	RUNTIME_RETAIN,  /* swift_retain, swift_bridgeObjectRetain */
	RUNTIME_RELEASE, /* swift_release, swift_bridgeObjectRelease */
	RUNTIME_OBJECT,  /* swift_allocObject */
	RUNTIME_ACCESS,  /* swift_beginAccess: a dynamic exclusivity check */
	RUNTIME_ONCE,    /* swift_once: a lazy global */
	RUNTIME_KINDS,
};

int runtime_calls_available(void);

/* Between the two the calling thread's calls are counted, from zero. */
void runtime_calls_start(void);
void runtime_calls_stop(void);

/* What the calling thread counted last, one number a kind. */
void runtime_calls_read(unsigned long counts[RUNTIME_KINDS]);

/* What a counted kind is called in a failure. */
const char *runtime_calls_name(int kind);

#endif
