/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SLUICE_CNETLINK_INTERNAL_H
#define SLUICE_CNETLINK_INTERNAL_H

/* struct mmsghdr and recvmmsg; so this header comes first. */
#define _GNU_SOURCE
#include "CNetlink.h"
#include <stddef.h>
#include <sys/socket.h>

enum {
	/* The kernel splits a dump into datagrams of at most 32 KiB (netlink_dump of net/netlink/af_netlink.c). */
	SLUICE_NL_SLOT = 32768,
	SLUICE_NL_SLOTS = 32, /* datagrams per system call */
	SLUICE_NL_REQUEST = 160, /* bytes; the longest request, an IPv6 address with its attributes, has 100 */
};

/* Received datagrams that are not parsed yet. */
struct sluice_nl_inbox {
	struct mmsghdr headers[SLUICE_NL_SLOTS];
	struct iovec parts[SLUICE_NL_SLOTS];
	struct sockaddr_nl senders[SLUICE_NL_SLOTS];
	uint32_t filled;
	uint32_t slot;  /* the datagram being parsed */
	size_t offset;  /* of its next message */
	_Alignas(NLMSG_ALIGNTO) char bytes[SLUICE_NL_SLOTS][SLUICE_NL_SLOT];
};

struct sluice_nl {
	int fd;
	uint32_t sequence; /* of the last request; wraps around */
	/* The batch being built. */
	uint32_t count;
	size_t length;
	size_t latest;     /* offset of its last request */
	int overflow;
	_Alignas(NLMSG_ALIGNTO) char outbox[SLUICE_NL_BATCH * SLUICE_NL_REQUEST];
	/* The current dump. */
	int dumping;
	int interrupted;
	uint32_t datagrams;
	struct sluice_nl_inbox inbox;
};

/* A batch: sluice_nl_begin and the attributes for each request, then sluice_nl_exchange. */
void sluice_nl_begin(struct sluice_nl *nl, uint16_t type, uint16_t flags, const void *header, size_t size);
void sluice_nl_put(struct sluice_nl *nl, uint16_t type, const void *data, size_t length);
void sluice_nl_put_ip(struct sluice_nl *nl, uint16_t type, const struct sluice_nl_ip *ip);

/* Parses the answer to request `index`; its result goes to errors[index]. */
typedef int (*sluice_nl_take)(const struct nlmsghdr *answer, void *into, uint32_t index);
/* Sends the batch and reads until all requests are answered. `unanswered` is the error of a request without an answer: 0 for changes, since
 * the kernel reports only their failures. */
int sluice_nl_exchange(struct sluice_nl *nl, int32_t *errors, int32_t unanswered, sluice_nl_take take, void *into);
/* Sends the batch only. */
int sluice_nl_send(struct sluice_nl *nl);

/* Waits at most wait_ms for datagrams; to be called when sluice_nl_next has returned all messages. Returns their number, or -EAGAIN. */
int sluice_nl_receive(struct sluice_nl *nl, int wait_ms);
/* The next received message. NULL: there is none, or it is unreadable and *error is set. */
const struct nlmsghdr *sluice_nl_next(struct sluice_nl *nl, int *error);
int64_t sluice_nl_milliseconds(void);

/* The attributes of a message by type, up to type `most`. Other types are skipped; of several attributes of a type the last one counts. */
void sluice_nl_attributes(const struct nlmsghdr *message, size_t header, const struct rtattr **found, uint16_t most);
void sluice_nl_nested(const struct rtattr *outer, const struct rtattr **found, uint16_t most);
/* NULL if the message is too short. */
const void *sluice_nl_header(const struct nlmsghdr *message, size_t size);
/* 0 if the attribute is missing or too short. */
uint32_t sluice_nl_u32(const struct rtattr *attribute);
uint16_t sluice_nl_u16(const struct rtattr *attribute);
uint8_t sluice_nl_u8(const struct rtattr *attribute);
/* Truncated to fit; empty if the attribute is missing. */
void sluice_nl_string(const struct rtattr *attribute, char out[SLUICE_NL_NAME]);
/* Family 0 if the attribute is missing or has the wrong length, or if the family is neither IPv4 nor IPv6. */
struct sluice_nl_ip sluice_nl_address_of(const struct rtattr *attribute, uint8_t family);
/* Copies an Ethernet address and returns 6; 0 for any other length. */
uint8_t sluice_nl_mac(const struct rtattr *attribute, uint8_t mac[6]);
size_t sluice_nl_ip_length(uint8_t family);

/* Parse a message of a dump or an event. 1: not relevant; -EPROTO: unreadable. */
int sluice_nl_take_link(const struct nlmsghdr *message, struct sluice_nl_link *out);
int sluice_nl_take_address(const struct nlmsghdr *message, struct sluice_nl_address *out);
int sluice_nl_take_neighbour(const struct nlmsghdr *message, struct sluice_nl_neighbour *out);
int sluice_nl_take_prefix(const struct nlmsghdr *message, struct sluice_nl_prefix *out);

#endif
