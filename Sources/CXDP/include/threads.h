/* SPDX-License-Identifier: Apache-2.0 */
/* What a pinned worker thread and the publication of a generation need of the kernel. */
#ifndef SLUICE_THREADS_H
#define SLUICE_THREADS_H

#include <pthread.h>
#include <stdint.h>

/* Pins the calling thread to one CPU and names it (15 characters). -errno is no reason to stop. */
int threads_pin(int cpu);
void threads_name(const char *name);

/* CPUs the process may run on: their numbers in cpus, at most `room`; the count. */
int threads_cpus(int *cpus, int room);

/* Descriptor that poll sees as readable once threads_ring was called. */
int threads_bell(void);
void threads_ring(int bell);

/* Waits until every BPF program and every thread that may have read memory before has passed a point where it no longer does
 * (MEMBARRIER_CMD_GLOBAL is synchronize_rcu); where a nohz_full kernel refuses that, a barrier for our threads and 50 ms for programs. */
int threads_wait_for_readers(void);

#endif
