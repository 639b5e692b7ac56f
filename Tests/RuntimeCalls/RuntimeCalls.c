/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "RuntimeCalls.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define UNDER_SANITIZER 1
#endif
#endif

/* Initial-exec: the executable's own thread-local block is there before the first malloc of a thread. */
static __thread unsigned long calls[RUNTIME_KINDS] __attribute__((tls_model("initial-exec")));
static __thread int counting __attribute__((tls_model("initial-exec")));

int runtime_calls_available(void)
{
#ifdef UNDER_SANITIZER
	return 0;
#else
	return 1;
#endif
}

void runtime_calls_start(void)
{
	for (int kind = 0; kind < RUNTIME_KINDS; kind++)
		calls[kind] = 0;
	counting = 1;
}

void runtime_calls_stop(void)
{
	counting = 0;
}

void runtime_calls_read(unsigned long counts[RUNTIME_KINDS])
{
	for (int kind = 0; kind < RUNTIME_KINDS; kind++)
		counts[kind] = calls[kind];
}

const char *runtime_calls_name(int kind)
{
	static const char *const names[RUNTIME_KINDS] = {
		"malloc", "free", "swift_retain", "swift_release", "swift_allocObject", "swift_beginAccess", "swift_once",
	};

	return kind >= 0 && kind < RUNTIME_KINDS ? names[kind] : "?";
}

#ifndef UNDER_SANITIZER

static inline void count(int kind)
{
	if (counting)
		calls[kind]++;
}

/* glibc's own names for what it defines as malloc and so on: no dlsym, which itself allocates. */
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

void *malloc(size_t size)
{
	count(RUNTIME_MALLOC);
	return __libc_malloc(size);
}

void *calloc(size_t number, size_t size)
{
	count(RUNTIME_MALLOC);
	return __libc_calloc(number, size);
}

void *realloc(void *memory, size_t size)
{
	count(RUNTIME_MALLOC);
	return __libc_realloc(memory, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	count(RUNTIME_MALLOC);
	return __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
	count(RUNTIME_MALLOC);
	*memory = __libc_memalign(alignment, size);
	return *memory ? 0 : ENOMEM;
}

void free(void *memory)
{
	count(RUNTIME_FREE);
	__libc_free(memory);
}

/* The runtime's own, looked up before main. (Patching the runtime's `_swift_retain` pointers instead was tried: it masks bits of
 * them, and crashes.) */
static void *(*next_retain)(void *);
static void (*next_release)(void *);
static void *(*next_bridge_retain)(void *);
static void (*next_bridge_release)(void *);
static void *(*next_object)(const void *, size_t, size_t);
static void (*next_access)(void *, void *, unsigned long, void *);
static void (*next_once)(long *, void (*)(void *), void *);

static void find_next(void)
{
	next_retain = dlsym(RTLD_NEXT, "swift_retain");
	next_release = dlsym(RTLD_NEXT, "swift_release");
	next_bridge_retain = dlsym(RTLD_NEXT, "swift_bridgeObjectRetain");
	next_bridge_release = dlsym(RTLD_NEXT, "swift_bridgeObjectRelease");
	next_object = dlsym(RTLD_NEXT, "swift_allocObject");
	next_access = dlsym(RTLD_NEXT, "swift_beginAccess");
	next_once = dlsym(RTLD_NEXT, "swift_once");
}

/* Shared libraries' constructors may come before ours and retain already. */
#define PASS_ON(next) (__builtin_expect((next) == NULL, 0) ? (find_next(), (next)) : (next))

void *swift_retain(void *object)
{
	count(RUNTIME_RETAIN);
	return PASS_ON(next_retain)(object);
}

void swift_release(void *object)
{
	count(RUNTIME_RELEASE);
	PASS_ON(next_release)(object);
}

void *swift_bridgeObjectRetain(void *object)
{
	count(RUNTIME_RETAIN);
	return PASS_ON(next_bridge_retain)(object);
}

void swift_bridgeObjectRelease(void *object)
{
	count(RUNTIME_RELEASE);
	PASS_ON(next_bridge_release)(object);
}

void *swift_allocObject(const void *metadata, size_t size, size_t alignment_mask)
{
	count(RUNTIME_OBJECT);
	return PASS_ON(next_object)(metadata, size, alignment_mask);
}

void swift_beginAccess(void *pointer, void *buffer, unsigned long flags, void *pc)
{
	count(RUNTIME_ACCESS);
	/* The runtime notes the caller where it is given none: for us that would be this function, so say who it really is. */
	PASS_ON(next_access)(pointer, buffer, flags, pc ? pc : __builtin_return_address(0));
}

void swift_once(long *predicate, void (*function)(void *), void *context)
{
	count(RUNTIME_ONCE);
	PASS_ON(next_once)(predicate, function, context);
}

#endif
