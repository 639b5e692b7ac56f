/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <netlink/route/addr.h>
#include <stdio.h>
#include <string.h>

struct listing {
	struct sluice_nl_address *out;
	uint32_t capacity;
	uint32_t count;
};

/* Parses the attributes itself: libnl 3.7 doesn't know IFA_PROTO and has no public parser for a single address message. */
static int take(struct nl_msg *message, void *into)
{
	struct listing *listing = into;
	struct nlattr *attributes[IFA_MAX + 1];
	const struct ifaddrmsg *header;
	struct sluice_nl_address *out;
	struct nlattr *local;

	if (nlmsg_parse(nlmsg_hdr(message), sizeof(*header), attributes, IFA_MAX, NULL) < 0)
		return -EPROTO;
	header = nlmsg_data(nlmsg_hdr(message));
	/* IPv4 and point-to-point links have the local address in IFA_LOCAL, IPv6 in IFA_ADDRESS. */
	local = attributes[IFA_LOCAL] ? attributes[IFA_LOCAL] : attributes[IFA_ADDRESS];
	if (!local || nla_len(local) != (header->ifa_family == AF_INET ? 4 : 16))
		return 0;
	if (listing->count++ >= listing->capacity)
		return 0;

	out = &listing->out[listing->count - 1];
	memset(out, 0, sizeof(*out));
	out->ifindex = header->ifa_index;
	out->prefix = header->ifa_prefixlen;
	out->scope = header->ifa_scope;
	out->flags = attributes[IFA_FLAGS] ? nla_get_u32(attributes[IFA_FLAGS]) : header->ifa_flags;
	out->proto = attributes[IFA_PROTO] ? nla_get_u8(attributes[IFA_PROTO]) : 0;
	out->ip.family = header->ifa_family;
	memcpy(out->ip.bytes, nla_data(local), (size_t)nla_len(local));
	if (attributes[IFA_LABEL])
		nla_strlcpy(out->label, attributes[IFA_LABEL], sizeof(out->label));
	return 0;
}

int sluice_nl_addresses(struct sluice_nl *nl, struct sluice_nl_address *out, uint32_t capacity)
{
	struct ifaddrmsg header = { .ifa_family = AF_UNSPEC };
	struct listing listing = { .out = out, .capacity = capacity };
	struct nl_msg *request = nlmsg_alloc_simple(RTM_GETADDR, NLM_F_DUMP);
	int error;

	if (request && nlmsg_append(request, &header, sizeof(header), NLMSG_ALIGNTO) < 0) {
		nlmsg_free(request);
		request = NULL;
	}
	error = sluice_nl_ask(nl, request, take, &listing);
	return error < 0 ? error : (int)listing.count;
}

static struct rtnl_addr *describe(uint32_t ifindex, const struct sluice_nl_ip *ip)
{
	struct nl_addr *local = sluice_nl_to_address(ip);
	struct rtnl_addr *address = rtnl_addr_alloc();

	if (local && address) {
		rtnl_addr_set_ifindex(address, (int)ifindex);
		if (rtnl_addr_set_local(address, local) == 0) {
			rtnl_addr_set_prefixlen(address, ip->family == AF_INET ? 32 : 128);
			nl_addr_put(local);
			return address;
		}
	}
	if (local)
		nl_addr_put(local);
	if (address)
		rtnl_addr_put(address);
	return NULL;
}

int sluice_nl_add_address(struct sluice_nl *nl, uint32_t ifindex, const struct sluice_nl_ip *ip, const char *label, uint8_t proto)
{
	struct rtnl_addr *address = describe(ifindex, ip);
	struct nl_msg *request = NULL;
	int error;

	if (!address)
		return ip->family ? -ENOMEM : -EAFNOSUPPORT;
	if (ip->family == AF_INET6) {
		/* No duplicate address detection: it would delay a take-over of the VIP by a second, and the real servers have
		 * the address too. Preferred for 0 s, so that the host never uses the VIP as source (RFC 6724 rule 3). */
		rtnl_addr_set_flags(address, IFA_F_NODAD);
		rtnl_addr_set_valid_lifetime(address, UINT32_MAX);
		rtnl_addr_set_preferred_lifetime(address, 0);
	}
	if (label && ip->family == AF_INET)
		rtnl_addr_set_label(address, label);
	error = rtnl_addr_build_add_request(address, NLM_F_CREATE | NLM_F_EXCL, &request);
	rtnl_addr_put(address);
	if (error < 0)
		return sluice_nl_failure(error);
	/* Kernels before 5.18 ignore it. */
	if (nla_put_u8(request, IFA_PROTO, proto) < 0) {
		nlmsg_free(request);
		return -ENOMEM;
	}
	return sluice_nl_ask(nl, request, NULL, NULL);
}

int sluice_nl_remove_address(struct sluice_nl *nl, uint32_t ifindex, const struct sluice_nl_ip *ip)
{
	struct rtnl_addr *address = describe(ifindex, ip);
	struct nl_msg *request = NULL;
	int error;

	if (!address)
		return ip->family ? -ENOMEM : -EAFNOSUPPORT;
	error = rtnl_addr_build_delete_request(address, 0, &request);
	rtnl_addr_put(address);
	return error < 0 ? sluice_nl_failure(error) : sluice_nl_ask(nl, request, NULL, NULL);
}
