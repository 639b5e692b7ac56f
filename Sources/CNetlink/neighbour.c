/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"
#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/route/neighbour.h>
#include <string.h>

int sluice_nl_take_neighbour(struct nl_msg *message, void *into)
{
	struct sluice_nl_neighbour *out = into;
	struct rtnl_neigh *entry = NULL;
	int error;

	if (nlmsg_hdr(message)->nlmsg_type != RTM_NEWNEIGH && nlmsg_hdr(message)->nlmsg_type != RTM_DELNEIGH)
		return -EPROTO;
	error = rtnl_neigh_parse(nlmsg_hdr(message), &entry);
	if (error < 0)
		return sluice_nl_failure(error);
	memset(out, 0, sizeof(*out));
	if (rtnl_neigh_get_family(entry) == AF_INET || rtnl_neigh_get_family(entry) == AF_INET6) {
		int state = rtnl_neigh_get_state(entry);

		out->ifindex = (uint32_t)rtnl_neigh_get_ifindex(entry);
		out->state = state < 0 ? NUD_NONE : (uint16_t)state;
		out->gone = nlmsg_hdr(message)->nlmsg_type == RTM_DELNEIGH;
		out->ip = sluice_nl_from_address(rtnl_neigh_get_dst(entry));
		out->mac_length = sluice_nl_copy_mac(rtnl_neigh_get_lladdr(entry), out->mac);
	}
	rtnl_neigh_put(entry);
	return out->ip.family ? 0 : -EAFNOSUPPORT;
}

int sluice_nl_neighbour(struct sluice_nl *nl, uint32_t ifindex, const struct sluice_nl_ip *ip, struct sluice_nl_neighbour *out)
{
	struct ndmsg header = { .ndm_family = ip->family, .ndm_ifindex = (int)ifindex };
	struct nl_addr *address = sluice_nl_to_address(ip);
	struct nl_msg *request;

	memset(out, 0, sizeof(*out));
	if (!address)
		return -EAFNOSUPPORT;
	/* One entry, not libnl's cache of the whole table. Needs Linux 5.0 (neigh_get), which AF_XDP as used here needs anyway.
	 * */
	request = nlmsg_alloc_simple(RTM_GETNEIGH, 0);
	if (request && (nlmsg_append(request, &header, sizeof(header), NLMSG_ALIGNTO) < 0 ||
			nla_put_addr(request, NDA_DST, address) < 0)) {
		nlmsg_free(request);
		request = NULL;
	}
	nl_addr_put(address);
	return sluice_nl_ask(nl, request, sluice_nl_take_neighbour, out);
}

int sluice_nl_use_neighbour(struct sluice_nl *nl, uint32_t ifindex, const struct sluice_nl_ip *ip, int create)
{
	struct nl_addr *address = sluice_nl_to_address(ip);
	struct rtnl_neigh *entry = rtnl_neigh_alloc();
	struct nl_msg *request = NULL;
	int error = -ENOMEM;

	if (address && entry) {
		rtnl_neigh_set_ifindex(entry, (int)ifindex);
		rtnl_neigh_set_dst(entry, address);
		rtnl_neigh_set_state(entry, NUD_NONE); /* explicit, because libnl's default is a permanent entry */
		rtnl_neigh_set_flags(entry, NTF_USE);
		error = rtnl_neigh_build_add_request(entry, create ? NLM_F_CREATE | NLM_F_EXCL : 0, &request);
		error = error < 0 ? sluice_nl_failure(error) : sluice_nl_ask(nl, request, NULL, NULL);
	}
	if (entry)
		rtnl_neigh_put(entry);
	if (address)
		nl_addr_put(address);
	return error;
}
