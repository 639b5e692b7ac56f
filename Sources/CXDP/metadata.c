/* SPDX-License-Identifier: Apache-2.0 */
#include "include/metadata.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* linux/netdev.h, which Debian 12 does not have. */
enum { NETDEV_CMD_DEV_GET = 1, NETDEV_A_DEV_IFINDEX = 1, NETDEV_A_DEV_XDP_RX_METADATA_FEATURES = 5, NETDEV_XDP_RX_METADATA_VLAN_TAG = 4 };

struct message {
	struct nlmsghdr header;
	struct genlmsghdr command;
	char attributes[4096];
};

/* Sends a request with one attribute and receives its answer. */
static int ask(int fd, uint16_t family, uint8_t command, uint16_t attribute, const void *value, uint16_t length, struct message *answer)
{
	struct message request = {
		.header = { .nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN + NLA_HDRLEN + NLA_ALIGN(length)), .nlmsg_type = family, .nlmsg_flags = NLM_F_REQUEST },
		.command = { .cmd = command, .version = 1 },
	};
	struct nlattr *first = (struct nlattr *)request.attributes;
	ssize_t got;

	first->nla_type = attribute;
	first->nla_len = NLA_HDRLEN + length;
	memcpy(request.attributes + NLA_HDRLEN, value, length);
	if (send(fd, &request, request.header.nlmsg_len, 0) < 0)
		return -errno;
	got = recv(fd, answer, sizeof(*answer), 0);
	if (got < 0)
		return -errno;
	if (!NLMSG_OK(&answer->header, (size_t)got))
		return -EBADMSG;
	if (answer->header.nlmsg_type == NLMSG_ERROR)
		return ((struct nlmsgerr *)NLMSG_DATA(&answer->header))->error;
	return 0;
}

/* The value of an attribute with at least `length` bytes. */
static const void *find(const struct message *answer, uint16_t wanted, size_t length)
{
	const char *at = answer->attributes;
	size_t left = answer->header.nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN);

	while (left >= NLA_HDRLEN) {
		const struct nlattr *attribute = (const void *)at;
		size_t step = NLA_ALIGN(attribute->nla_len);

		if (attribute->nla_len < NLA_HDRLEN || step > left)
			return NULL;
		if ((attribute->nla_type & NLA_TYPE_MASK) == wanted)
			return attribute->nla_len - NLA_HDRLEN >= length ? at + NLA_HDRLEN : NULL;
		at += step;
		left -= step;
	}
	return NULL;
}

int metadata_has_tag(uint32_t ifindex)
{
	static const char name[] = "netdev";
	const struct timeval limit = { .tv_sec = 1 };
	int error, fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	const void *family, *features;
	struct message answer;
	uint64_t bits = 0;

	if (fd < 0)
		return -errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	/* -ENOENT before Linux 6.3. */
	error = ask(fd, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, CTRL_ATTR_FAMILY_NAME, name, sizeof(name), &answer);
	family = error ? NULL : find(&answer, CTRL_ATTR_FAMILY_ID, sizeof(uint16_t));
	if (family) {
		error = ask(fd, *(const uint16_t *)family, NETDEV_CMD_DEV_GET, NETDEV_A_DEV_IFINDEX, &ifindex, sizeof(ifindex), &answer);
		features = error ? NULL : find(&answer, NETDEV_A_DEV_XDP_RX_METADATA_FEATURES, sizeof(bits));
		if (features)
			memcpy(&bits, features, sizeof(bits));
	}
	close(fd);
	return error ? error : !!(bits & NETDEV_XDP_RX_METADATA_VLAN_TAG);
}
