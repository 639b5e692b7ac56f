/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"
#include <errno.h>
#include <linux/if_addr.h>
#include <string.h>

int sluice_nl_take_address(const struct nlmsghdr *message, struct sluice_nl_address *out)
{
	const struct ifaddrmsg *header = sluice_nl_header(message, sizeof(*header));
	const struct rtattr *attributes[IFA_PROTO + 1];

	if (!header)
		return -EPROTO;
	sluice_nl_attributes(message, sizeof(*header), attributes, IFA_PROTO);
	memset(out, 0, sizeof(*out));
	out->ifindex = header->ifa_index;
	out->prefix = header->ifa_prefixlen;
	out->scope = header->ifa_scope;
	out->flags = attributes[IFA_FLAGS] ? sluice_nl_u32(attributes[IFA_FLAGS]) : header->ifa_flags;
	out->proto = sluice_nl_u8(attributes[IFA_PROTO]);
	sluice_nl_string(attributes[IFA_LABEL], out->label);
	/* IPv4 and point-to-point links have the local address in IFA_LOCAL, IPv6 in IFA_ADDRESS. */
	out->ip = sluice_nl_address_of(attributes[IFA_LOCAL], header->ifa_family);
	out->peer = sluice_nl_address_of(attributes[IFA_ADDRESS], header->ifa_family);
	if (!attributes[IFA_LOCAL])
		out->ip = out->peer;
	if (memcmp(&out->ip, &out->peer, sizeof(out->ip)) == 0)
		memset(&out->peer, 0, sizeof(out->peer));
	return out->ip.family ? 0 : 1;
}

static void describe(struct sluice_nl *nl, uint16_t type, uint16_t flags, const struct sluice_nl_vip *vip)
{
	const struct ifaddrmsg header = {
		.ifa_family = vip->ip.family,
		.ifa_prefixlen = (uint8_t)(sluice_nl_ip_length(vip->ip.family) * 8),
		/* No duplicate address detection: it would delay a take-over of the VIP by a second, and the real servers have the
		 * address too. */
		.ifa_flags = vip->ip.family == AF_INET6 ? IFA_F_NODAD : 0,
		.ifa_scope = RT_SCOPE_UNIVERSE,
		.ifa_index = vip->ifindex,
	};

	sluice_nl_begin(nl, type, flags, &header, sizeof(header));
	sluice_nl_put_ip(nl, IFA_LOCAL, &vip->ip);
	sluice_nl_put_ip(nl, IFA_ADDRESS, &vip->ip);
}

int sluice_nl_add_addresses(struct sluice_nl *nl, const struct sluice_nl_vip *vips, int32_t *errors, uint32_t count)
{
	/* Preferred for 0 s, so that the host never uses the VIP as source (RFC 6724 rule 3). */
	const struct ifa_cacheinfo lifetimes = { .ifa_prefered = 0, .ifa_valid = UINT32_MAX };

	if (count > SLUICE_NL_BATCH)
		return -EINVAL;
	for (uint32_t i = 0; i < count; i++) {
		const struct sluice_nl_vip *vip = &vips[i];

		describe(nl, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, vip);
		if (vip->ip.family == AF_INET6)
			sluice_nl_put(nl, IFA_CACHEINFO, &lifetimes, sizeof(lifetimes));
		else if (vip->label[0] != 0)
			sluice_nl_put(nl, IFA_LABEL, vip->label, strnlen(vip->label, SLUICE_NL_NAME - 1) + 1);
		/* Kernels before 5.18 ignore it. */
		sluice_nl_put(nl, IFA_PROTO, &vip->proto, sizeof(vip->proto));
	}
	return sluice_nl_exchange(nl, errors, 0, NULL, NULL);
}

int sluice_nl_remove_addresses(struct sluice_nl *nl, const struct sluice_nl_vip *vips, int32_t *errors, uint32_t count)
{
	if (count > SLUICE_NL_BATCH)
		return -EINVAL;
	for (uint32_t i = 0; i < count; i++)
		describe(nl, RTM_DELADDR, 0, &vips[i]);
	return sluice_nl_exchange(nl, errors, 0, NULL, NULL);
}
