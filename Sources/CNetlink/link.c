/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/ipv6.h>
#include <string.h>

_Static_assert(SLUICE_NL_NAME == IFNAMSIZ, "interface names grew");
_Static_assert(SLUICE_NL_ETHERNET == ARPHRD_ETHER, "the header's copy of the kernel's number");
_Static_assert(SLUICE_NL_LOWER_UP == IFF_LOWER_UP, "the header's copy of the kernel's number");

/* IFLA_AF_SPEC / AF_INET6 / IFLA_INET6_CONF[DEVCONF_MTU6]. */
static uint32_t ipv6_mtu(const struct rtattr *families)
{
	const struct rtattr *by_family[AF_INET6 + 1], *ipv6[IFLA_INET6_CONF + 1];
	int32_t mtu = 0;

	sluice_nl_nested(families, by_family, AF_INET6);
	sluice_nl_nested(by_family[AF_INET6], ipv6, IFLA_INET6_CONF);
	if (ipv6[IFLA_INET6_CONF] && RTA_PAYLOAD(ipv6[IFLA_INET6_CONF]) >= (DEVCONF_MTU6 + 1) * sizeof(mtu))
		memcpy(&mtu, (const char *)RTA_DATA(ipv6[IFLA_INET6_CONF]) + DEVCONF_MTU6 * sizeof(mtu), sizeof(mtu));
	return mtu > 0 ? (uint32_t)mtu : 0;
}

static void take_kind(const struct rtattr *information, struct sluice_nl_link *out)
{
	const struct rtattr *parts[IFLA_INFO_DATA + 1], *vlan[IFLA_VLAN_PROTOCOL + 1];

	sluice_nl_nested(information, parts, IFLA_INFO_DATA);
	sluice_nl_string(parts[IFLA_INFO_KIND], out->kind);
	if (strcmp(out->kind, "vlan") != 0)
		return;
	sluice_nl_nested(parts[IFLA_INFO_DATA], vlan, IFLA_VLAN_PROTOCOL);
	out->vlan_id = sluice_nl_u16(vlan[IFLA_VLAN_ID]);
	out->vlan_protocol = ntohs(sluice_nl_u16(vlan[IFLA_VLAN_PROTOCOL]));
}

int sluice_nl_take_link(const struct nlmsghdr *message, struct sluice_nl_link *out)
{
	const struct ifinfomsg *header = sluice_nl_header(message, sizeof(*header));
	const struct rtattr *attributes[IFLA_LINK_NETNSID + 1];

	if (!header)
		return -EPROTO;
	/* A bridge reports its ports to the same group (AF_BRIDGE), and a deleted link when a port leaves it. */
	if (header->ifi_family != AF_UNSPEC)
		return 1;
	sluice_nl_attributes(message, sizeof(*header), attributes, IFLA_LINK_NETNSID);
	/* Wireless extensions send messages without the attributes of the link (net/wireless/wext-core.c). */
	if (!attributes[IFLA_IFNAME])
		return 1;
	memset(out, 0, sizeof(*out));
	out->ifindex = (uint32_t)header->ifi_index;
	out->flags = header->ifi_flags;
	out->type = header->ifi_type;
	out->mtu = sluice_nl_u32(attributes[IFLA_MTU]);
	out->mtu6 = ipv6_mtu(attributes[IFLA_AF_SPEC]);
	/* An index of another namespace is meaningless here. */
	out->lower = attributes[IFLA_LINK_NETNSID] ? 0 : sluice_nl_u32(attributes[IFLA_LINK]);
	out->master = sluice_nl_u32(attributes[IFLA_MASTER]);
	out->mac_length = sluice_nl_mac(attributes[IFLA_ADDRESS], out->mac);
	sluice_nl_string(attributes[IFLA_IFNAME], out->name);
	take_kind(attributes[IFLA_LINKINFO], out);
	return 0;
}
