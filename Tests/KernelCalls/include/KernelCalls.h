/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel calls that only the data plane's tests make. Every int is 0 (or a descriptor) or -errno. */
#ifndef SLUICE_KERNEL_CALLS_H
#define SLUICE_KERNEL_CALLS_H

#include <stddef.h>
#include <stdint.h>

/* Runs an XDP program over a frame `times` times (BPF_PROG_TEST_RUN), as if it came in on this network namespace's loopback, queue 0: the
 * kernel's default without a context. Returns the last XDP verdict. What the program writes to the frame goes to a copy. */
int kernel_run_xdp(int program, const void *frame, size_t size, uint32_t times);

/* The same once, and the frame as the program left it goes to `result`, which has room for *result_size bytes. A frame longer than a page
 * lies in several buffers. */
int kernel_rewrite_by_xdp(int program, const void *frame, size_t size, void *result, size_t *result_size);

/* An AF_XDP socket with a receive ring and nothing else: bound nowhere, but an XSKMAP takes it. */
int kernel_make_xdp_socket(void);

/* Instructions the kernel's verifier followed before it let the program in; it gives up at a million. */
int kernel_verified_instructions(int program);

/* A program of that name which passes everything: somebody else's. */
int kernel_load_passing_program(const char *name);

/* Has the kernel give every frame that leaves by this interface a VLAN tag, beside the frame as for a NIC that inserts it. */
int kernel_tag_frames(const char *interface, uint16_t tci);

/* Moves the calling thread, and what it starts from now on, into network and mount namespaces of its own, which end with it. Nothing it
 * mounts is seen outside. */
int kernel_enter_own_namespaces(void);

/* Mounts an empty file system of a type ("bpf", "tmpfs") over a folder. */
int kernel_mount(const char *type, const char *folder);

/* A socket that sends and receives an interface's frames whole; its own are not heard. A receive without a frame ends after a second. */
int kernel_open_frames(const char *interface);

/* Receives a frame as the wire had it: the kernel takes the outer VLAN tag out and tells it beside the frame. Its length, or -errno. */
int kernel_receive_frame(int opened, uint8_t *frame, size_t room);

/* A socket that sends an interface's frames and receives nothing. */
int kernel_open_sender(const char *interface);

/* Sends `count` frames of `size` bytes each, the next one `stride` bytes after the last. Returns how many the kernel took, or -errno. */
int kernel_send_frames(int opened, const void *frames, size_t stride, size_t size, unsigned count);

#endif
