/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "include/CReflector.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

int generator_load(const char *interface, int flows)
{
	enum { SOURCE_PORT = 14 + 20, END = 14 + 20 + 8 };
	const struct bpf_insn instructions[] = {
		{ .code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = 6, .src_reg = 1, .off = offsetof(struct xdp_md, data) },
		{ .code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = 7, .src_reg = 1, .off = offsetof(struct xdp_md, data_end) },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 8, .src_reg = 6 },
		{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 8, .imm = END },
		{ .code = BPF_JMP | BPF_JGT | BPF_X, .dst_reg = 8, .src_reg = 7, .off = 3 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_get_prandom_u32 },
		{ .code = BPF_ALU64 | BPF_AND | BPF_K, .dst_reg = 0, .imm = flows - 1 },
		{ .code = BPF_STX | BPF_MEM | BPF_B, .dst_reg = 6, .src_reg = 0, .off = SOURCE_PORT + 1 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 1, .imm = (int)if_nametoindex(interface) },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 2, .imm = 0 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_redirect },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(BPF_PROG_TYPE_XDP, "generate", "GPL", instructions, sizeof(instructions) / sizeof(*instructions), NULL);
}

int generator_send(int program, const void *frame, size_t size, uint32_t count)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = (uint32_t)size, .repeat = (int)count, .batch_size = 64,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES);

	return bpf_prog_test_run_opts(program, &options) ? -errno : 0;
}

int64_t generator_received(const char *interface)
{
	FILE *devices = fopen("/proc/thread-self/net/dev", "r");
	char line[512];
	int64_t packets = -1;

	if (!devices)
		return -errno;
	while (packets < 0 && fgets(line, sizeof(line), devices)) {
		char name[IFNAMSIZ];
		long long received;

		if (sscanf(line, " %15[^:]: %*u %lld", name, &received) == 2 && !strcmp(name, interface))
			packets = received;
	}
	fclose(devices);
	return packets;
}

int generator_pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

int generator_cpus(int *first, int *last)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set))
		return -errno;
	*first = -1;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &set)) {
			*first = *first < 0 ? cpu : *first;
			*last = cpu;
		}
	return 0;
}
