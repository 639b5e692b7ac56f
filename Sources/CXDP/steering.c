/* SPDX-License-Identifier: Apache-2.0 */
#include "include/steering.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef BPF_F_XDP_DEV_BOUND_ONLY
#define BPF_F_XDP_DEV_BOUND_ONLY (1U << 6) /* Linux 6.3; Debian 12's header is older */
#endif

int steering_make_table(const char *name, uint32_t value, uint32_t entries)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE);
	int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, name, sizeof(uint32_t), value, entries, &options);

	return map < 0 ? -errno : map;
}

int steering_make_sockets(const char *name, uint32_t entries)
{
	int map = bpf_map_create(BPF_MAP_TYPE_XSKMAP, name, sizeof(uint32_t), sizeof(uint32_t), entries, NULL);

	return map < 0 ? -errno : map;
}

int steering_make_counters(const char *name, uint32_t entries)
{
	int map = bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, name, sizeof(uint32_t), sizeof(uint64_t), entries, NULL);

	return map < 0 ? -errno : map;
}

void *steering_map_memory(int map, size_t bytes, int populated, int *error)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | (populated ? MAP_POPULATE : 0), map, 0);

	*error = memory == MAP_FAILED ? -errno : 0;
	return memory == MAP_FAILED ? NULL : memory;
}

void steering_unmap_memory(void *memory, size_t bytes)
{
	munmap(memory, bytes);
}

int steering_map_size(int map, uint32_t *value, uint32_t *entries)
{
	struct bpf_map_info info = {};
	uint32_t size = sizeof(info);

	if (bpf_obj_get_info_by_fd(map, &info, &size))
		return -errno;
	*value = info.value_size;
	*entries = info.max_entries;
	return 0;
}

int steering_open_program(uint32_t id)
{
	int program = bpf_prog_get_fd_by_id(id);

	return program < 0 ? -errno : program;
}

int steering_program_maps(int program, uint32_t *ids, int room)
{
	struct bpf_prog_info info = { .nr_map_ids = (uint32_t)room, .map_ids = (uintptr_t)ids };
	uint32_t size = sizeof(info);

	if (bpf_obj_get_info_by_fd(program, &info, &size))
		return -errno;
	return (int)info.nr_map_ids < room ? (int)info.nr_map_ids : room;
}

int steering_open_map(uint32_t id)
{
	int map = bpf_map_get_fd_by_id(id);

	return map < 0 ? -errno : map;
}

int steering_map_identity(int map, uint32_t *id, char *name)
{
	struct bpf_map_info info = {};
	uint32_t size = sizeof(info);

	if (bpf_obj_get_info_by_fd(map, &info, &size))
		return -errno;
	*id = info.id;
	memcpy(name, info.name, sizeof(info.name));
	return 0;
}

int steering_link_program(int link, uint32_t *id)
{
	struct bpf_link_info info = {};
	uint32_t size = sizeof(info);

	if (bpf_obj_get_info_by_fd(link, &info, &size))
		return -errno;
	*id = info.prog_id;
	return 0;
}

/* Log buffer of the print function of libbpf, which is process-wide; programs are loaded by one thread, at start. */
static struct {
	char *text;
	size_t room;
} load_log;

static int append_log(enum libbpf_print_level level, const char *format, va_list arguments)
{
	int written;

	if (level == LIBBPF_DEBUG || !load_log.text || load_log.room < 2)
		return 0;
	written = vsnprintf(load_log.text, load_log.room, format, arguments);
	if (written < 0)
		return 0;
	if ((size_t)written >= load_log.room)
		written = (int)load_log.room - 1;
	load_log.text += written;
	load_log.room -= (size_t)written;
	return written;
}

int steering_load(const void *object, size_t size, const struct steering_maps *maps, struct steering_form form, char *log, size_t log_size)
{
	const struct { const char *name; int map; } parts[] = {
		{ "sl_root", maps->root }, { "sl_slots", maps->slots }, { "sl_sockets", maps->sockets }, { "sl_steered", maps->counters },
	};
	struct bpf_object *opened;
	struct bpf_program *program;
	int error = 0, fd = -ENOENT;

	load_log.text = log;
	load_log.room = log_size;
	libbpf_set_print(append_log);
	opened = bpf_object__open_mem(object, size, NULL);
	if (!opened) {
		load_log.text = NULL;
		return -errno;
	}
	for (size_t i = 0; !error && i < sizeof(parts) / sizeof(*parts); i++) {
		struct bpf_map *map = bpf_object__find_map_by_name(opened, parts[i].name);

		error = map ? bpf_map__reuse_fd(map, parts[i].map) : -ENOENT;
	}
	program = bpf_object__find_program_by_name(opened, "sluice_steer");
	if (!error && program) {
		error = bpf_program__set_flags(program, bpf_program__flags(program) | (form.frags ? BPF_F_XDP_HAS_FRAGS : 0) |
							(form.interface ? BPF_F_XDP_DEV_BOUND_ONLY : 0));
		bpf_program__set_ifindex(program, form.interface);
	}
	if (!error)
		error = bpf_object__load(opened);
	if (!error && program) {
		fd = dup(bpf_program__fd(program)); /* keeps the program when the object is closed */
		error = fd < 0 ? -errno : 0;
	}
	bpf_object__close(opened);
	load_log.text = NULL;
	return error ? error : fd;
}

int steering_hold(int program, int map)
{
	return bpf_prog_bind_map(program, map, NULL) ? -errno : 0;
}

int steering_link(int program, unsigned int ifindex, int native)
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = native ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE);
	int link = bpf_link_create(program, (int)ifindex, BPF_XDP, &options);

	return link < 0 ? -errno : link;
}

int steering_update_link(int link, int program)
{
	return bpf_link_update(link, program, NULL) ? -errno : 0;
}

int steering_pin(int descriptor, const char *path)
{
	return bpf_obj_pin(descriptor, path) ? -errno : 0;
}

int steering_open_pin(const char *path)
{
	int link = bpf_obj_get(path);

	return link < 0 ? -errno : link;
}

int steering_detach_link(int link)
{
	return bpf_link_detach(link) ? -errno : 0;
}

int steering_attach(int program, unsigned int ifindex, int native, uint32_t old)
{
	uint32_t flags = native ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE;
	LIBBPF_OPTS(bpf_xdp_attach_opts, options);
	int error;

	options.old_prog_fd = old ? bpf_prog_get_fd_by_id(old) : 0;
	if (old && options.old_prog_fd < 0)
		return -errno;
	error = bpf_xdp_attach((int)ifindex, program, flags | (old ? XDP_FLAGS_REPLACE : XDP_FLAGS_UPDATE_IF_NOEXIST), old ? &options : NULL);
	if (old)
		close(options.old_prog_fd);
	return error;
}

void steering_refusal(int program, unsigned int ifindex, int native, char *text, size_t room)
{
	static const char before[] = "Kernel error message: ";
	char log[512] = {}, *found;

	load_log.text = log;
	load_log.room = sizeof(log);
	libbpf_set_print(append_log);
	if (!bpf_xdp_attach((int)ifindex, program, (native ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE) | XDP_FLAGS_UPDATE_IF_NOEXIST, NULL))
		bpf_xdp_detach((int)ifindex, native ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE, NULL);
	load_log.text = NULL;
	found = strstr(log, before);
	snprintf(text, room, "%s", found ? found + strlen(before) : "");
	text[strcspn(text, "\n")] = 0;
}

int steering_detach(unsigned int ifindex, int native, uint32_t id)
{
	LIBBPF_OPTS(bpf_xdp_attach_opts, options, .old_prog_fd = bpf_prog_get_fd_by_id(id));
	int error;

	if (options.old_prog_fd < 0)
		return -errno;
	/* Only if it is still our program: it may have been replaced meanwhile. */
	error = bpf_xdp_detach((int)ifindex, (native ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE) | XDP_FLAGS_REPLACE, &options);
	close(options.old_prog_fd);
	return error;
}

int steering_attached(unsigned int ifindex, uint32_t *id, int *native, char *name)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, options);
	int error = bpf_xdp_query((int)ifindex, 0, &options);

	if (error)
		return error;
	*native = options.attach_mode == XDP_ATTACHED_DRV || options.drv_prog_id != 0;
	*id = options.drv_prog_id ? options.drv_prog_id : options.skb_prog_id ? options.skb_prog_id : options.prog_id;
	if (name && *id) {
		struct bpf_prog_info info = {};
		uint32_t size = sizeof(info);
		int program = bpf_prog_get_fd_by_id(*id);

		name[0] = 0;
		if (program >= 0 && !bpf_obj_get_info_by_fd(program, &info, &size))
			memcpy(name, info.name, sizeof(info.name));
		if (program >= 0)
			close(program);
	}
	return 0;
}

int steering_program_id(int program, uint32_t *id)
{
	struct bpf_prog_info info = {};
	uint32_t size = sizeof(info);

	if (bpf_obj_get_info_by_fd(program, &info, &size))
		return -errno;
	*id = info.id;
	return 0;
}

int steering_read_counter(int map, uint32_t index, uint64_t *sum)
{
	int cpus = libbpf_num_possible_cpus();
	uint64_t *values = cpus > 0 ? calloc((size_t)cpus, sizeof(*values)) : NULL;
	int error;

	if (!values)
		return -ENOMEM;
	error = bpf_map_lookup_elem(map, &index, values) ? -errno : 0;
	*sum = 0;
	for (int cpu = 0; !error && cpu < cpus; cpu++)
		*sum += values[cpu];
	free(values);
	return error;
}

int steering_set_socket(int map, uint32_t key, int socket)
{
	return bpf_map_update_elem(map, &key, &socket, BPF_ANY) ? -errno : 0;
}

int steering_is_bpffs(const char *path)
{
	struct statfs about;

	return !statfs(path, &about) && about.f_type == BPF_FS_MAGIC;
}
