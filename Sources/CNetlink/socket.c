/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request, one answer. nl_send_sync and the *_get_kernel functions of libnl convert the kernel's errno to NLE_* numbers,
 * which is not reversible (ENETUNREACH and EHOSTUNREACH become one). So the exchange is done here with libnl's callbacks, which
 * keep the errno. The sequence check of libnl makes a socket unusable after one lost answer; this one skips answers to older
 * requests.
 */
#include "internal.h"
#include <errno.h>
#include <netlink/errno.h>
#include <netlink/socket.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

/* Limit of reads for one request, each a datagram of up to 32 KiB: bounds a dump. */
enum { MOST_READS = 65536, BUFFER = 65536 };

int sluice_nl_failure(int nle)
{
	switch (abs(nle)) {
	case NLE_NOMEM: return -ENOMEM;
	case NLE_AGAIN: return -ETIMEDOUT;
	case NLE_DUMP_INTR: return -EINTR;
	case NLE_PERM: return -EPERM;
	case NLE_INVAL: return -EINVAL;
	case NLE_AF_NOSUPPORT: return -EAFNOSUPPORT;
	default: return -EPROTO;
	}
}

static int on_valid(struct nl_msg *message, void *arg)
{
	struct sluice_nl *nl = arg;
	int error = nl->take ? nl->take(message, nl->into) : 0;

	if (error < 0 && nl->error == 0)
		nl->error = error;
	return NL_OK;
}

static int on_end(struct nl_msg *message, void *arg)
{
	struct sluice_nl *nl = arg;

	(void)message;
	nl->done = 1;
	return NL_OK;
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *error, void *arg)
{
	struct sluice_nl *nl = arg;

	(void)from;
	nl->error = error->error;
	nl->done = 1;
	return NL_SKIP;
}

static int on_sequence(struct nl_msg *message, void *arg)
{
	const struct sluice_nl *nl = arg;

	return nlmsg_hdr(message)->nlmsg_seq == nl->sequence ? NL_OK : NL_SKIP;
}

int sluice_nl_open(struct sluice_nl **out)
{
	const struct timeval wait = { SLUICE_NL_WAIT_MS / 1000, SLUICE_NL_WAIT_MS % 1000 * 1000 };
	struct sluice_nl *nl = calloc(1, sizeof(*nl));
	int error;

	if (!nl)
		return -ENOMEM;
	nl->socket = nl_socket_alloc();
	nl->callbacks = nl_cb_alloc(NL_CB_CUSTOM);
	if (!nl->socket || !nl->callbacks) {
		sluice_nl_close(nl);
		return -ENOMEM;
	}
	nl_cb_set(nl->callbacks, NL_CB_VALID, NL_CB_CUSTOM, on_valid, nl);
	nl_cb_set(nl->callbacks, NL_CB_FINISH, NL_CB_CUSTOM, on_end, nl);
	nl_cb_set(nl->callbacks, NL_CB_ACK, NL_CB_CUSTOM, on_end, nl);
	nl_cb_set(nl->callbacks, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, on_sequence, nl);
	nl_cb_err(nl->callbacks, NL_CB_CUSTOM, on_error, nl);

	errno = 0;
	error = nl_connect(nl->socket, NETLINK_ROUTE);
	if (error < 0) {
		error = errno ? -errno : sluice_nl_failure(error);
		sluice_nl_close(nl);
		return error;
	}
	nl_socket_set_msg_buf_size(nl->socket, BUFFER);
	if (setsockopt(nl_socket_get_fd(nl->socket), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) < 0) {
		error = -errno;
		sluice_nl_close(nl);
		return error;
	}
	*out = nl;
	return 0;
}

void sluice_nl_close(struct sluice_nl *nl)
{
	if (!nl)
		return;
	if (nl->callbacks)
		nl_cb_put(nl->callbacks);
	if (nl->socket)
		nl_socket_free(nl->socket);
	free(nl);
}

int sluice_nl_fd(const struct sluice_nl *nl)
{
	return nl_socket_get_fd(nl->socket);
}

int sluice_nl_ask(struct sluice_nl *nl, struct nl_msg *request, sluice_nl_take take, void *into)
{
	int error;

	if (!request)
		return -ENOMEM;
	nl->take = take;
	nl->into = into;
	nl->done = 0;
	nl->error = 0;
	/* Requests an acknowledgement too, so that every answer has an end mark. */
	nl_complete_msg(nl->socket, request);
	nl->sequence = nlmsg_hdr(request)->nlmsg_seq;
	error = nl_send(nl->socket, request);
	nlmsg_free(request);
	if (error < 0)
		return sluice_nl_failure(error);

	for (int reads = 0; !nl->done && reads < MOST_READS; reads++) {
		error = nl_recvmsgs(nl->socket, nl->callbacks);
		if (error < 0)
			return sluice_nl_failure(error);
	}
	return nl->done ? nl->error : -EPROTO;
}

struct nl_addr *sluice_nl_to_address(const struct sluice_nl_ip *ip)
{
	if (ip->family != AF_INET && ip->family != AF_INET6)
		return NULL;
	return nl_addr_build(ip->family, ip->bytes, ip->family == AF_INET ? 4 : 16);
}

struct sluice_nl_ip sluice_nl_from_address(const struct nl_addr *address)
{
	struct sluice_nl_ip ip = { 0 };
	int family = address ? nl_addr_get_family(address) : AF_UNSPEC;
	unsigned int length = family == AF_INET ? 4 : family == AF_INET6 ? 16 : 0;

	if (length == 0 || nl_addr_get_len(address) != length)
		return ip;
	ip.family = (uint8_t)family;
	memcpy(ip.bytes, nl_addr_get_binary_addr(address), length);
	return ip;
}

uint8_t sluice_nl_copy_mac(const struct nl_addr *address, uint8_t mac[6])
{
	if (!address || nl_addr_get_len(address) != 6)
		return 0;
	memcpy(mac, nl_addr_get_binary_addr(address), 6);
	return 6;
}
