/* SPDX-License-Identifier: Apache-2.0 */
/* System calls for pinned worker threads and for the publication of a generation. */
#ifndef SLUICE_THREADS_H
#define SLUICE_THREADS_H

#include <pthread.h>
#include <linux/capability.h>
#include <stdint.h>

/* Pin the calling thread to one CPU; name it (15 characters). A caller may ignore -errno. */
int threads_pin(int cpu);
void threads_name(const char *name);

/* The CPUs that the process may run on: writes at most `room` numbers to cpus and returns their count. */
int threads_cpus(int *cpus, int room);

/* A descriptor that becomes readable for poll when threads_wake is called. */
int threads_wake_descriptor(void);
void threads_wake(int descriptor);

/* The thread's effective capabilities, bit n for capability n of linux/capability.h; all bits if that can't be read. */
uint64_t threads_capabilities(void);

/* Waits for a grace period: every BPF program that runs now ends, and every thread of ours passes a memory barrier. By
 * MEMBARRIER_CMD_GLOBAL, which is synchronize_rcu; a nohz_full kernel refuses it: there a private barrier for threads, and 50 ms
 * for programs. */
int threads_wait_for_readers(void);

/* Whether the kernel has what that needs: 0 or -errno. Without a wait, which would take a start ten milliseconds. */
int threads_can_wait_for_readers(void);

#endif
