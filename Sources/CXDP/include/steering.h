/* SPDX-License-Identifier: Apache-2.0 */
/* BPF/steer/steer.bpf.c from Swift: create its maps, load it, attach it so that it outlives the process. */
#ifndef SLUICE_STEERING_H
#define SLUICE_STEERING_H

#include <stddef.h>
#include <stdint.h>

/* Descriptors of the maps that the program is loaded with. */
struct steering_maps {
	int root;
	int slots;
	int sockets;
	int counters;
};

/* Creates an mmapable array map with `value` bytes for each element. Returns its descriptor. */
int steering_make_table(const char *name, uint32_t value, uint32_t entries);
int steering_make_sockets(const char *name, uint32_t entries);
int steering_make_counters(const char *name, uint32_t entries);

/* Maps `bytes` of a table into the process, shared with the kernel; populated: all pages at once, so that none faults later. NULL with *error
 * set on failure. */
void *steering_map_memory(int map, size_t bytes, int populated, int *error);

void steering_unmap_memory(void *memory, size_t bytes);

/* Value size and number of entries of a map. */
int steering_map_size(int map, uint32_t *value, uint32_t *entries);

enum { STEERING_MAPS = 256 }; /* limit of the maps of a program: 64 workers have two each */

/* Descriptors by number, or -errno: -EPERM without CAP_SYS_ADMIN. */
int steering_open_program(uint32_t id);
int steering_open_map(uint32_t id);

/* The numbers of a program's maps: writes at most `room` and returns how many. */
int steering_program_maps(int program, uint32_t *ids, int room);

/* Number and name (16 bytes) of a map. */
int steering_map_identity(int map, uint32_t *id, char *name);

/* The number of the program of a link. */
int steering_link_program(int link, uint32_t *id);

/* How a program is loaded. */
struct steering_form {
	int frags;          /* it takes frames in several buffers */
	uint32_t interface; /* the one it is bound to, so that it may call its driver's kfuncs; 0: none */
};

/* Loads the program with the given maps and returns its descriptor. On failure `log` has the verifier's or libbpf's messages. */
int steering_load(const void *object, size_t size, const struct steering_maps *maps, struct steering_form form, char *log, size_t log_size);

/* Binds a further map to the program: the map then lives as long as the program is attached. */
int steering_hold(int program, int map);

/* Attaches by a BPF link, native (driver) or generic. Returns the descriptor of the link. */
int steering_link(int program, unsigned int ifindex, int native);

/* Replaces the program of a link without a gap. */
int steering_update_link(int link, int program);
int steering_pin(int descriptor, const char *path);
int steering_open_pin(const char *path);
int steering_detach_link(int link);

/* Attaches over netlink: the program stays when the process ends, without a pin. `old` is the id of the program to replace; 0:
 * there must be none. */
int steering_attach(int program, unsigned int ifindex, int native, uint32_t old);

/* The driver's own words on why it refuses the program; empty if it says nothing. They come over netlink only, not with a link. */
void steering_refusal(int program, unsigned int ifindex, int native, char *text, size_t room);
int steering_detach(unsigned int ifindex, int native, uint32_t id);

/* The attached program: id (0: none), whether native, and name (16 bytes). */
int steering_attached(unsigned int ifindex, uint32_t *id, int *native, char *name);

/* The id of a loaded program. */
int steering_program_id(int program, uint32_t *id);

/* Sum of element `index` of a per-CPU array over all CPUs. */
int steering_read_counter(int map, uint32_t index, uint64_t *sum);

int steering_set_socket(int map, uint32_t key, int socket);

/* Whether `path` is on a BPF file system, where links can be pinned. */
int steering_is_bpffs(const char *path);

#endif
