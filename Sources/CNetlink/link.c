/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/ipv6.h>
#include <linux/rtnetlink.h>
#include <netlink/object.h>
#include <netlink/route/link.h>
#include <netlink/route/link/vlan.h>
#include <stdio.h>
#include <string.h>

_Static_assert(SLUICE_NL_NAME == IFNAMSIZ, "SLUICE_NL_NAME must be IFNAMSIZ");
_Static_assert(SLUICE_NL_ETHERNET == ARPHRD_ETHER, "SLUICE_NL_ETHERNET must be ARPHRD_ETHER");
_Static_assert(SLUICE_NL_LOWER_UP == IFF_LOWER_UP, "SLUICE_NL_LOWER_UP must be IFF_LOWER_UP");

/* libnl 3.7 parses the IPv6 settings of a link but has no getter for its MTU:
 * IFLA_AF_SPEC / AF_INET6 / IFLA_INET6_CONF[DEVCONF_MTU6]. */
static uint32_t ipv6_mtu(struct nl_msg *message)
{
	struct nlattr *families = nlmsg_find_attr(nlmsg_hdr(message), sizeof(struct ifinfomsg), IFLA_AF_SPEC);
	struct nlattr *ipv6 = families ? nla_find(nla_data(families), nla_len(families), AF_INET6) : NULL;
	struct nlattr *settings = ipv6 ? nla_find(nla_data(ipv6), nla_len(ipv6), IFLA_INET6_CONF) : NULL;
	int32_t mtu;

	if (!settings || nla_len(settings) < (int)((DEVCONF_MTU6 + 1) * sizeof(mtu)))
		return 0;
	memcpy(&mtu, (const char *)nla_data(settings) + DEVCONF_MTU6 * sizeof(mtu), sizeof(mtu));
	return mtu > 0 ? (uint32_t)mtu : 0;
}

static void fill(struct nl_object *object, void *into)
{
	struct rtnl_link *link = (struct rtnl_link *)object;
	struct sluice_nl_link *out = into;
	const char *name = rtnl_link_get_name(link);
	const char *kind = rtnl_link_get_type(link);
	int32_t elsewhere;

	out->ifindex = (uint32_t)rtnl_link_get_ifindex(link);
	out->flags = rtnl_link_get_flags(link);
	out->mtu = rtnl_link_get_mtu(link);
	/* An index of another namespace is meaningless here. */
	out->lower = rtnl_link_get_link_netnsid(link, &elsewhere) == 0 ? 0 : (uint32_t)rtnl_link_get_link(link);
	out->master = (uint32_t)rtnl_link_get_master(link);
	out->type = (uint16_t)rtnl_link_get_arptype(link);
	out->mac_length = sluice_nl_copy_mac(rtnl_link_get_addr(link), out->mac);
	snprintf(out->name, sizeof(out->name), "%s", name ? name : "");
	snprintf(out->kind, sizeof(out->kind), "%s", kind ? kind : "");
	if (rtnl_link_is_vlan(link)) {
		out->vlan_id = (uint16_t)rtnl_link_vlan_get_id(link);
		/* libnl returns the attribute unchanged, in network order. */
		out->vlan_protocol = ntohs((uint16_t)rtnl_link_vlan_get_protocol(link));
	}
}

static int take(struct nl_msg *message, void *into)
{
	struct sluice_nl_link *out = into;
	int error = nl_msg_parse(message, fill, out);

	if (error < 0)
		return sluice_nl_failure(error);
	out->mtu6 = ipv6_mtu(message);
	return 0;
}

int sluice_nl_link(struct sluice_nl *nl, uint32_t ifindex, const char *name, struct sluice_nl_link *out)
{
	struct nl_msg *request = NULL;
	int error;

	memset(out, 0, sizeof(*out));
	if (ifindex == 0 && (!name || !*name || strlen(name) >= SLUICE_NL_NAME))
		return -ENODEV;
	error = rtnl_link_build_get_request((int)ifindex, ifindex ? NULL : name, &request);
	if (error < 0)
		return sluice_nl_failure(error);
	error = sluice_nl_ask(nl, request, take, out);
	if (error == 0 && out->ifindex == 0)
		return -EPROTO;
	return error;
}
