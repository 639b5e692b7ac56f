/* SPDX-License-Identifier: Apache-2.0 */
/* BPF/steer/steer.bpf.c from Swift: its maps, loading it, attaching it so that it outlives the process. */
#ifndef SLUICE_STEERING_H
#define SLUICE_STEERING_H

#include <stddef.h>
#include <stdint.h>

/* Descriptors of the maps the program is loaded with. */
struct steering_maps {
	int root;
	int slots;
	int sockets;
	int counters;
};

/* Creates an array map that can be mapped into the process; `value` bytes an element. Returns its descriptor. */
int steering_make_table(const char *name, uint32_t value, uint32_t entries);
int steering_make_sockets(const char *name, uint32_t entries);
int steering_make_counters(const char *name, uint32_t entries);

/* Maps `bytes` of a table into the process, shared with the kernel. NULL with *error set. */
void *steering_map_memory(int map, size_t bytes, int *error);

void steering_unmap_memory(void *memory, size_t bytes);

/* Element count and value size of a map. */
int steering_map_size(int map, uint32_t *value, uint32_t *entries);

/* The map of that name held by the program `program` (by name) that is attached to the interface: a descriptor, -ENOENT if there is none. */
int steering_find_map(unsigned int ifindex, const char *program, const char *map);

/* Loads the program over the given maps; the descriptor of the program. `log` receives the verifier's or libbpf's words on failure. */
int steering_load(const void *object, size_t size, const struct steering_maps *maps, char *log, size_t log_size);

/* Lets the program hold a further map: it then lives as long as the program is attached. */
int steering_hold(int program, int map);

/* Attaches by a BPF link: native (driver) or generic. Returns the link's descriptor. */
int steering_link(int program, unsigned int ifindex, int native);

/* Puts another program in the place of a link's, without a gap. */
int steering_update_link(int link, int program);
int steering_pin(int descriptor, const char *path);
int steering_open_pin(const char *path);
int steering_detach_link(int link);

/* Attaches over netlink: stays when the process ends, with no file system to pin in. `old` is the program id to replace, 0: none may be there. */
int steering_attach(int program, unsigned int ifindex, int native, uint32_t old);
int steering_detach(unsigned int ifindex, int native, uint32_t id);

/* What is attached now: program id (0: nothing), whether natively, and its name (16 bytes). */
int steering_attached(unsigned int ifindex, uint32_t *id, int *native, char *name);

/* The id of a loaded program. */
int steering_program_id(int program, uint32_t *id);

/* Sum over all CPUs of element `index` of a per-CPU array. */
int steering_read_counter(int map, uint32_t index, uint64_t *sum);

int steering_set_socket(int map, uint32_t key, int socket);

/* Whether `path` is on a BPF file system: only there can a link be pinned. */
int steering_is_bpffs(const char *path);

#endif
