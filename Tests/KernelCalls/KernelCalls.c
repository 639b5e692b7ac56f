/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "include/KernelCalls.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_xdp.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef AF_XDP
#define AF_XDP 44
#endif
#ifndef SOL_XDP
#define SOL_XDP 283
#endif

int kernel_run_xdp(int program, const void *frame, size_t size, uint32_t times)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = (uint32_t)size, .repeat = (int)times);

	return bpf_prog_test_run_opts(program, &options) ? -errno : (int)options.retval;
}

int kernel_rewrite_by_xdp(int program, const void *frame, size_t size, void *result, size_t *result_size)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = (uint32_t)size, .data_out = result,
		    .data_size_out = (uint32_t)*result_size);

	if (bpf_prog_test_run_opts(program, &options))
		return -errno;
	*result_size = options.data_size_out;
	return (int)options.retval;
}

int kernel_make_xdp_socket(void)
{
	int size = 64, made = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (made < 0)
		return -errno;
	if (setsockopt(made, SOL_XDP, XDP_RX_RING, &size, sizeof(size))) {
		int error = -errno;

		close(made);
		return error;
	}
	return made;
}

int kernel_verified_instructions(int program)
{
	struct bpf_prog_info info = {};
	uint32_t size = sizeof(info);

	return bpf_obj_get_info_by_fd(program, &info, &size) ? -errno : (int)info.verified_insns;
}

int kernel_load_passing_program(const char *name)
{
	const struct bpf_insn instructions[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int program = bpf_prog_load(BPF_PROG_TYPE_XDP, name, "GPL", instructions, 2, NULL);

	return program < 0 ? -errno : program;
}

int kernel_tag_frames(const char *interface, uint16_t tci)
{
	const struct bpf_insn instructions[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2, .imm = htons(ETH_P_8021Q) },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_3, .imm = tci },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_skb_vlan_push },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)if_nametoindex(interface), .attach_point = BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, options);
	int error;

	options.prog_fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "push_tag", "GPL", instructions, 5, NULL);
	if (options.prog_fd < 0)
		return -errno;
	error = bpf_tc_hook_create(&hook);
	if (!error)
		error = bpf_tc_attach(&hook, &options);
	close(options.prog_fd);
	return error;
}

int kernel_enter_own_namespaces(void)
{
	if (unshare(CLONE_NEWNET | CLONE_NEWNS))
		return -errno;
	/* Or what is mounted here would show up in the namespace we came from. */
	return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ? -errno : 0;
}

int kernel_mount(const char *type, const char *folder)
{
	return mount(type, folder, type, 0, NULL) ? -errno : 0;
}

int kernel_open_frames(const char *interface)
{
	const struct sockaddr_ll address = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = (int)if_nametoindex(interface),
	};
	const struct timeval second = { .tv_sec = 1 };
	int one = 1, room = 8 << 20, opened = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));

	if (opened < 0)
		return -errno;
	if (bind(opened, (const struct sockaddr *)&address, sizeof(address)) ||
	    setsockopt(opened, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one)) ||
	    setsockopt(opened, SOL_PACKET, PACKET_AUXDATA, &one, sizeof(one)) ||
	    setsockopt(opened, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) ||
	    setsockopt(opened, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second))) {
		int error = -errno;

		close(opened);
		return error;
	}
	return opened;
}

int kernel_receive_frame(int opened, uint8_t *frame, size_t room)
{
	enum { ADDRESSES = 12, TAG = 4 };
	char control[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	struct iovec part = { .iov_base = frame, .iov_len = room - TAG };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };
	ssize_t length = recvmsg(opened, &message, 0);
	struct cmsghdr *header;

	if (length < 0)
		return -errno;
	for (header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
		struct tpacket_auxdata said;
		uint16_t tag[2];

		if (header->cmsg_level != SOL_PACKET || header->cmsg_type != PACKET_AUXDATA)
			continue;
		memcpy(&said, CMSG_DATA(header), sizeof(said));
		if (!(said.tp_status & TP_STATUS_VLAN_VALID) || length < ADDRESSES)
			continue;
		tag[0] = htons(said.tp_status & TP_STATUS_VLAN_TPID_VALID ? said.tp_vlan_tpid : ETH_P_8021Q);
		tag[1] = htons(said.tp_vlan_tci);
		memmove(frame + ADDRESSES + TAG, frame + ADDRESSES, (size_t)length - ADDRESSES);
		memcpy(frame + ADDRESSES, tag, TAG);
		length += TAG;
	}
	return (int)length;
}

int kernel_open_sender(const char *interface)
{
	const struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(interface) };
	int opened = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (opened < 0)
		return -errno;
	if (bind(opened, (const struct sockaddr *)&address, sizeof(address))) {
		int error = -errno;

		close(opened);
		return error;
	}
	return opened;
}

int kernel_send_frames(int opened, const void *frames, size_t stride, size_t size, unsigned count)
{
	enum { MOST = 64 };
	struct mmsghdr messages[MOST] = {};
	struct iovec parts[MOST];
	unsigned sent = 0;

	while (sent < count) {
		unsigned batch = count - sent < MOST ? count - sent : MOST;
		int taken;

		for (unsigned at = 0; at < batch; at++) {
			parts[at] = (struct iovec){ .iov_base = (char *)frames + (sent + at) * stride, .iov_len = size };
			messages[at].msg_hdr = (struct msghdr){ .msg_iov = &parts[at], .msg_iovlen = 1 };
		}
		taken = sendmmsg(opened, messages, batch, 0);
		if (taken <= 0)
			return sent ? (int)sent : -errno;
		sent += (unsigned)taken;
	}
	return (int)sent;
}
