/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"
#include <errno.h>
#include <linux/neighbour.h>
#include <string.h>

int sluice_nl_take_neighbour(const struct nlmsghdr *message, struct sluice_nl_neighbour *out)
{
	const struct ndmsg *header = sluice_nl_header(message, sizeof(*header));
	const struct rtattr *attributes[NDA_LLADDR + 1];

	if (!header)
		return -EPROTO;
	/* A forwarding entry of a bridge, or a proxy entry. */
	if (sluice_nl_ip_length(header->ndm_family) == 0 || header->ndm_flags & NTF_PROXY)
		return 1;
	sluice_nl_attributes(message, sizeof(*header), attributes, NDA_LLADDR);
	memset(out, 0, sizeof(*out));
	out->ifindex = (uint32_t)header->ndm_ifindex;
	out->state = header->ndm_state;
	out->ip = sluice_nl_address_of(attributes[NDA_DST], header->ndm_family);
	out->mac_length = sluice_nl_mac(attributes[NDA_LLADDR], out->mac);
	return out->ip.family ? 0 : -EPROTO;
}

static int take(const struct nlmsghdr *message, void *into, uint32_t index)
{
	struct sluice_nl_neighbour *out = into;

	if (message->nlmsg_type != RTM_NEWNEIGH)
		return -EPROTO;
	return sluice_nl_take_neighbour(message, &out[index]) == 0 ? 0 : -EPROTO;
}

static void describe(struct sluice_nl *nl, uint16_t type, uint16_t flags, uint8_t entry_flags, const struct sluice_nl_hop *hop)
{
	/* NUD_NONE: the kernel would set any other state. */
	const struct ndmsg header = {
		.ndm_family = hop->ip.family, .ndm_ifindex = (int)hop->ifindex, .ndm_state = NUD_NONE, .ndm_flags = entry_flags,
	};

	sluice_nl_begin(nl, type, flags, &header, sizeof(header));
	sluice_nl_put_ip(nl, NDA_DST, &hop->ip);
}

int sluice_nl_neighbours(struct sluice_nl *nl, const struct sluice_nl_hop *hops, struct sluice_nl_neighbour *out, int32_t *errors,
	uint32_t count)
{
	if (count > SLUICE_NL_BATCH)
		return -EINVAL;
	memset(out, 0, count * sizeof(*out));
	for (uint32_t i = 0; i < count; i++)
		describe(nl, RTM_GETNEIGH, 0, 0, &hops[i]);
	return sluice_nl_exchange(nl, errors, -EPROTO, take, out);
}

int sluice_nl_use_neighbours(struct sluice_nl *nl, const struct sluice_nl_hop *hops, int32_t *errors, uint32_t count)
{
	if (count > SLUICE_NL_BATCH)
		return -EINVAL;
	for (uint32_t i = 0; i < count; i++)
		describe(nl, RTM_NEWNEIGH, hops[i].create ? NLM_F_CREATE | NLM_F_EXCL : 0, NTF_USE, &hops[i]);
	return sluice_nl_exchange(nl, errors, 0, NULL, NULL);
}
