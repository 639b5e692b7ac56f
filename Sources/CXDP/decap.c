/* SPDX-License-Identifier: Apache-2.0 */
#include "include/decap.h"
#include "include/steering.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <stdlib.h>
#include <unistd.h>

struct decap {
	struct bpf_object *object;
	int program;
	int addresses;
	int counters;
	int link;
};

int decap_load(const void *object, size_t size, uint16_t gue_port, struct decap **result)
{
	struct decap *decap = calloc(1, sizeof(*decap));
	struct bpf_program *program;
	uint16_t port = htons(gue_port); /* all of struct decap_settings */
	uint32_t first = 0;
	int error, setup;

	if (!decap)
		return -ENOMEM;
	*result = decap;
	decap->link = -1;
	/* No messages of libbpf on stderr; the caller prints one line instead. */
	libbpf_set_print(NULL);
	decap->object = bpf_object__open_mem(object, size, NULL);
	if (!decap->object)
		return -errno;
	error = bpf_object__load(decap->object);
	if (error)
		return error;
	program = bpf_object__find_program_by_name(decap->object, "sluice_decap");
	decap->program = program ? bpf_program__fd(program) : -ENOENT;
	decap->addresses = bpf_object__find_map_fd_by_name(decap->object, "decap_addresses");
	decap->counters = bpf_object__find_map_fd_by_name(decap->object, "decap_counters");
	setup = bpf_object__find_map_fd_by_name(decap->object, "decap_setup");
	if (decap->program < 0 || decap->addresses < 0 || decap->counters < 0 || setup < 0)
		return -ENOENT;
	return bpf_map_update_elem(setup, &first, &port, BPF_ANY);
}

int decap_program(const struct decap *decap)
{
	return decap->program;
}

int decap_attach(struct decap *decap, unsigned int ifindex, int native)
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = native ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE);
	int link = bpf_link_create(decap->program, (int)ifindex, BPF_XDP, &options);

	if (link < 0)
		return link;
	decap->link = link;
	return 0;
}

int decap_set_address(struct decap *decap, const uint8_t *address, int present)
{
	uint8_t value = 1;

	return present ? bpf_map_update_elem(decap->addresses, address, &value, BPF_ANY)
		       : bpf_map_delete_elem(decap->addresses, address);
}

int decap_read_counter(struct decap *decap, unsigned int counter, uint64_t *sum)
{
	return steering_read_counter(decap->counters, counter, sum);
}

unsigned int decap_attached_program(unsigned int ifindex)
{
	uint32_t id = 0;

	return bpf_xdp_query_id((int)ifindex, 0, &id) ? 0 : id;
}

void decap_close(struct decap *decap)
{
	if (!decap)
		return;
	if (decap->link >= 0)
		close(decap->link);
	bpf_object__close(decap->object);
	free(decap);
}
