/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"
#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>
#include <string.h>

static int take(struct nl_msg *message, void *into)
{
	struct sluice_nl_route *out = into;
	struct rtnl_route *route = NULL;
	struct rtnl_nexthop *hop;
	int error;

	if (nlmsg_hdr(message)->nlmsg_type != RTM_NEWROUTE)
		return -EPROTO;
	error = rtnl_route_parse(nlmsg_hdr(message), &route);
	if (error < 0)
		return sluice_nl_failure(error);

	out->type = rtnl_route_get_type(route);
	out->encapsulated = nlmsg_find_attr(nlmsg_hdr(message), sizeof(struct rtmsg), RTA_ENCAP) != NULL;
	out->source = sluice_nl_from_address(rtnl_route_get_pref_src(route));
	if (rtnl_route_get_metric(route, RTAX_MTU, &out->mtu) < 0)
		out->mtu = 0;
	/* The answer to a look-up has the one hop that the kernel chose, never the list of an ECMP route. */
	hop = rtnl_route_nexthop_n(route, 0);
	if (hop) {
		struct nl_addr *via = rtnl_route_nh_get_via(hop);

		out->ifindex = (uint32_t)rtnl_route_nh_get_ifindex(hop);
		out->flags = rtnl_route_nh_get_flags(hop);
		out->gateway = sluice_nl_from_address(via ? via : rtnl_route_nh_get_gateway(hop));
	}
	rtnl_route_put(route);
	return 0;
}

int sluice_nl_route(struct sluice_nl *nl, const struct sluice_nl_ip *destination, struct sluice_nl_route *out)
{
	struct rtmsg header = { .rtm_family = destination->family };
	struct nl_addr *address = sluice_nl_to_address(destination);
	struct nl_msg *request;

	memset(out, 0, sizeof(*out));
	if (!address)
		return -EAFNOSUPPORT;
	/* Not rtnl_route_lookup: it uses the socket's own callbacks and loses the errno. */
	header.rtm_dst_len = (unsigned char)(nl_addr_get_len(address) * 8);
	request = nlmsg_alloc_simple(RTM_GETROUTE, 0);
	if (request && (nlmsg_append(request, &header, sizeof(header), NLMSG_ALIGNTO) < 0 ||
			nla_put_addr(request, RTA_DST, address) < 0)) {
		nlmsg_free(request);
		request = NULL;
	}
	nl_addr_put(address);
	return sluice_nl_ask(nl, request, take, out);
}
