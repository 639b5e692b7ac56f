/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"
#include <string.h>

static void walk(const struct rtattr *attribute, size_t left, const struct rtattr **found, uint16_t most)
{
	memset(found, 0, (most + 1u) * sizeof(*found));
	while (left >= sizeof(*attribute) && attribute->rta_len >= sizeof(*attribute) && attribute->rta_len <= left) {
		size_t step = RTA_ALIGN(attribute->rta_len);
		uint16_t type = attribute->rta_type & NLA_TYPE_MASK;

		if (type <= most)
			found[type] = attribute;
		if (step >= left)
			return;
		left -= step;
		attribute = (const void *)((const char *)attribute + step);
	}
}

static size_t payload(const struct rtattr *attribute)
{
	return attribute ? RTA_PAYLOAD(attribute) : 0;
}

void sluice_nl_attributes(const struct nlmsghdr *message, size_t header, const struct rtattr **found, uint16_t most)
{
	size_t start = NLMSG_LENGTH(NLMSG_ALIGN(header));
	size_t left = message->nlmsg_len > start ? message->nlmsg_len - start : 0;

	walk((const void *)((const char *)message + start), left, found, most);
}

void sluice_nl_nested(const struct rtattr *outer, const struct rtattr **found, uint16_t most)
{
	walk(outer ? RTA_DATA(outer) : NULL, payload(outer), found, most);
}

const void *sluice_nl_header(const struct nlmsghdr *message, size_t size)
{
	return message->nlmsg_len >= NLMSG_LENGTH(size) ? NLMSG_DATA(message) : NULL;
}

uint32_t sluice_nl_u32(const struct rtattr *attribute)
{
	uint32_t value = 0;

	if (payload(attribute) >= sizeof(value))
		memcpy(&value, RTA_DATA(attribute), sizeof(value));
	return value;
}

uint16_t sluice_nl_u16(const struct rtattr *attribute)
{
	uint16_t value = 0;

	if (payload(attribute) >= sizeof(value))
		memcpy(&value, RTA_DATA(attribute), sizeof(value));
	return value;
}

uint8_t sluice_nl_u8(const struct rtattr *attribute)
{
	return payload(attribute) >= 1 ? *(const uint8_t *)RTA_DATA(attribute) : 0;
}

void sluice_nl_string(const struct rtattr *attribute, char out[SLUICE_NL_NAME])
{
	size_t length = payload(attribute);

	memset(out, 0, SLUICE_NL_NAME);
	if (length > SLUICE_NL_NAME - 1)
		length = SLUICE_NL_NAME - 1;
	if (length > 0)
		memcpy(out, RTA_DATA(attribute), length);
}

size_t sluice_nl_ip_length(uint8_t family)
{
	return family == AF_INET ? 4 : family == AF_INET6 ? 16 : 0;
}

struct sluice_nl_ip sluice_nl_address_of(const struct rtattr *attribute, uint8_t family)
{
	struct sluice_nl_ip ip = { 0 };
	size_t length = sluice_nl_ip_length(family);

	if (length == 0 || payload(attribute) != length)
		return ip;
	ip.family = family;
	memcpy(ip.bytes, RTA_DATA(attribute), length);
	return ip;
}

uint8_t sluice_nl_mac(const struct rtattr *attribute, uint8_t mac[6])
{
	if (payload(attribute) != 6)
		return 0;
	memcpy(mac, RTA_DATA(attribute), 6);
	return 6;
}
