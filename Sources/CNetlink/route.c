/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"
#include <errno.h>
#include <string.h>

/* RTA_VIA: a gateway of another family than the destination's. */
static struct sluice_nl_ip via(const struct rtattr *attribute)
{
	struct sluice_nl_ip ip = { 0 };
	struct rtvia header;
	size_t length;

	if (!attribute || RTA_PAYLOAD(attribute) < sizeof(header))
		return ip;
	memcpy(&header, RTA_DATA(attribute), sizeof(header));
	length = sluice_nl_ip_length((uint8_t)header.rtvia_family);
	if (length == 0 || RTA_PAYLOAD(attribute) != sizeof(header) + length)
		return ip;
	ip.family = (uint8_t)header.rtvia_family;
	memcpy(ip.bytes, (const char *)RTA_DATA(attribute) + sizeof(header), length);
	return ip;
}

static int take(const struct nlmsghdr *message, void *into, uint32_t index)
{
	struct sluice_nl_route *out = (struct sluice_nl_route *)into + index;
	const struct rtmsg *header = sluice_nl_header(message, sizeof(*header));
	const struct rtattr *attributes[RTA_ENCAP + 1], *metrics[RTAX_MTU + 1];

	if (!header || message->nlmsg_type != RTM_NEWROUTE)
		return -EPROTO;
	sluice_nl_attributes(message, sizeof(*header), attributes, RTA_ENCAP);
	sluice_nl_nested(attributes[RTA_METRICS], metrics, RTAX_MTU);
	out->type = header->rtm_type;
	out->encapsulated = attributes[RTA_ENCAP] != NULL;
	out->mtu = sluice_nl_u32(metrics[RTAX_MTU]);
	/* For an ECMP route the answer has only the hop that the kernel chose. */
	out->ifindex = sluice_nl_u32(attributes[RTA_OIF]);
	out->source = sluice_nl_address_of(attributes[RTA_PREFSRC], header->rtm_family);
	out->gateway = attributes[RTA_VIA] ? via(attributes[RTA_VIA])
					   : sluice_nl_address_of(attributes[RTA_GATEWAY], header->rtm_family);
	return 0;
}

int sluice_nl_routes(struct sluice_nl *nl, const struct sluice_nl_ip *destinations, struct sluice_nl_route *out, uint32_t count)
{
	int32_t errors[SLUICE_NL_BATCH];
	int error;

	if (count > SLUICE_NL_BATCH)
		return -EINVAL;
	memset(out, 0, count * sizeof(*out));
	for (uint32_t i = 0; i < count; i++) {
		const struct rtmsg header = {
			.rtm_family = destinations[i].family,
			.rtm_dst_len = (uint8_t)(sluice_nl_ip_length(destinations[i].family) * 8),
		};

		sluice_nl_begin(nl, RTM_GETROUTE, 0, &header, sizeof(header));
		sluice_nl_put_ip(nl, RTA_DST, &destinations[i]);
	}
	error = sluice_nl_exchange(nl, errors, -EPROTO, take, out);
	for (uint32_t i = 0; i < count; i++)
		out[i].error = error < 0 ? error : errors[i];
	return error;
}

int sluice_nl_take_prefix(const struct nlmsghdr *message, struct sluice_nl_prefix *out)
{
	const struct rtmsg *header = sluice_nl_header(message, sizeof(*header));
	const struct rtattr *attributes[RTA_DST + 1];

	if (!header)
		return -EPROTO;
	/* RTM_F_CLONED: a cached exception of a route. */
	if (header->rtm_flags & RTM_F_CLONED || sluice_nl_ip_length(header->rtm_family) == 0)
		return 1;
	sluice_nl_attributes(message, sizeof(*header), attributes, RTA_DST);
	memset(out, 0, sizeof(*out));
	if (header->rtm_dst_len > sluice_nl_ip_length(header->rtm_family) * 8)
		return -EPROTO;
	out->length = header->rtm_dst_len;
	/* A default route has no RTA_DST. */
	out->ip = sluice_nl_address_of(attributes[RTA_DST], header->rtm_family);
	if (!attributes[RTA_DST] && out->length == 0)
		out->ip.family = header->rtm_family;
	return out->ip.family ? 0 : -EPROTO;
}
