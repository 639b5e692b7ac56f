/* SPDX-License-Identifier: Apache-2.0 */
#include "CTwin.h"

#include <stdbool.h>
#include <string.h>

enum { FORWARDED, NOT_FOR_SERVICE, DROPPED, ON_ITS_WAY = 0xff };
enum { FORWARD, PASS, DROP };

static inline __u16 raw16(const void *p) { __u16 v; memcpy(&v, p, sizeof(v)); return v; }
static inline __u32 raw32(const void *p) { __u32 v; memcpy(&v, p, sizeof(v)); return v; }
static inline __u64 raw64(const void *p) { __u64 v; memcpy(&v, p, sizeof(v)); return v; }
static inline __u16 get16(const void *p) { return __builtin_bswap16(raw16(p)); }
static inline void put16(void *p, __u16 v) { memcpy(p, &v, sizeof(v)); }
static inline void put32(void *p, __u32 v) { memcpy(p, &v, sizeof(v)); }
static inline void put64(void *p, __u64 v) { memcpy(p, &v, sizeof(v)); }

static inline __u16 fold(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static inline __u64 mapped(__u32 address) { return (__u64)address << 32 | 0xffff0000; }

static inline __u32 find(const struct twin_tables *t, __u64 low, __u16 port, __u8 number)
{
	__u32 mask = t->half->slot_mask;
	__u32 at = sluice_slot_hash_words(0, low, port, number) & mask;
	__u32 key = port | (__u32)number << 16;

	for (int probe = 0; probe < SLUICE_PROBES; probe++) {
		const char *slot = (const char *)&t->slots[at];
		__u32 service = raw32(slot + 20);

		if (service == SLUICE_NO_SERVICE)
			return service;
		if (raw64(slot) == 0 && raw64(slot + 8) == low && (raw32(slot + 16) & 0xffffff) == key)
			return service;
		at = (at + 1) & mask;
	}
	return SLUICE_NO_SERVICE;
}

static inline bool is_vip(const struct twin_tables *t, __u64 low)
{
	__u32 hash = sluice_slot_hash_words(0, low, 0, 0);

	if (!(t->half->vip_filter[(hash & 4095) >> 6] & 1ULL << (hash & 63)))
		return false;
	return find(t, low, 0, 0) != SLUICE_NO_SERVICE;
}

static inline __u64 mix(__u64 a, __u64 b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (__u64)(product >> 64) ^ (__u64)product;
}

static inline __u64 flow_hash(const __u64 *key, __u32 source, __u32 destination, __u32 ports, __u8 number)
{
	__u64 addresses = source | (__u64)destination << 32, rest = ports | (__u64)number << 32;
	__u64 hash = mix(mix(addresses ^ key[0], rest ^ key[1]) ^ key[2], rest ^ key[3]);

	return hash ? hash : 1;
}

static inline __u8 parse(const __u8 *frame, int length, const struct twin_tables *t, struct twin_packet *packet)
{
	if (length < 14)
		return NOT_FOR_SERVICE;
	int network = 14;
	__u16 type = get16(frame + 12);
	for (int tags = 0; type == 0x8100 || type == 0x88a8; tags++) {
		if (tags == 2 || length < network + 4)
			return NOT_FOR_SERVICE;
		type = get16(frame + network + 2);
		network += 4;
	}
	int available = length - network;
	if (type != 0x0800 || available < 20)
		return NOT_FOR_SERVICE;
	const __u8 *header = frame + network;
	int words = header[0] & 15;
	__u8 number = header[9];
	__u32 source = raw32(header + 12), destination = raw32(header + 16);
	__u16 fragment = get16(header + 6);
	if (header[0] >> 4 != 4 || (number != 6 && number != 17) || fragment & 0x1fff)
		return NOT_FOR_SERVICE;

	int transport = (words < 5 ? 5 : words) * 4;
	__u32 ports = available >= transport + 4 ? raw32(header + transport) : 0;
	__u32 service = find(t, mapped(destination), ports >> 16, number);
	if (service == SLUICE_NO_SERVICE && ports >> 16)
		service = find(t, mapped(destination), 0, number);
	if (service == SLUICE_NO_SERVICE)
		return NOT_FOR_SERVICE;
	packet->service = service;

	int total = get16(header + 2);
	if (words < 5 || total < words * 4 || total > available)
		return DROPPED;
	__u64 sum = (__u64)raw32(header) + raw32(header + 4) + raw32(header + 8) + raw32(header + 12) + raw32(header + 16);
	for (int word = 5; word < words; word++)
		sum += raw32(header + word * 4);
	if (fold(sum) != 0xffff || !header[8])
		return DROPPED;
	__u8 top = source;
	if (!top || top == 127 || (top & 0xf0) == 0xe0 || source == 0xffffffff || is_vip(t, mapped(source)))
		return DROPPED;

	int payload = total - transport;
	bool more = fragment & 0x2000;
	if (number == 6) {
		if (payload < 20)
			return DROPPED;
		int offset = (header[transport + 12] >> 4) * 4;
		if (offset < 20 || (!more && offset > payload))
			return DROPPED;
		packet->flags = header[transport + 13];
	} else {
		if (payload < 8)
			return DROPPED;
		int claimed = get16(header + transport + 4);
		if (claimed < 8 || (!more && claimed > payload))
			return DROPPED;
		packet->flags = 0;
	}
	packet->transport = number;
	packet->network = network;
	packet->length = total;
	packet->hash = flow_hash(t->half->hash_key, source, destination, ports, number);
	return ON_ITS_WAY;
}

static inline struct sluice_flow *find_flow(struct twin *twin, __u64 hash)
{
	struct sluice_flow *entries = twin->buckets[hash & twin->mask].entries;
	int place = (entries[1].tag == hash ? 1 : 0) | (entries[2].tag == hash ? 2 : 0) | (entries[3].tag == hash ? 3 : 0);

	return entries[place].tag == hash ? entries + place : NULL;
}

static inline bool expired(const struct sluice_flow *flow, __u32 age, const struct sluice_half *half)
{
	return age > half->timeouts[flow->incarnation_state & 7];
}

static inline struct sluice_flow *find_place(struct twin *twin, __u64 hash, __u32 now, const struct sluice_half *half)
{
	struct sluice_flow *entries = twin->buckets[hash & twin->mask].entries, *oldest = NULL;
	__u32 oldest_age = 0;

	for (int index = 0; index < 4; index++) {
		struct sluice_flow *entry = entries + index;
		__u32 age = now - entry->seen;

		if (!entry->tag || expired(entry, age, half))
			return entry;
		if (!(entry->incarnation_state & 8) && (!oldest || age > oldest_age)) {
			oldest = entry;
			oldest_age = age;
		}
	}
	return oldest;
}

static inline const __u16 *ring_slot(const struct twin_packet *packet, const struct twin_tables *t)
{
	const struct sluice_service *service = t->services + packet->service;

	return t->rings + service->ring_start + ((packet->hash >> 32) * service->ring_size >> 32);
}

static inline __u16 next_state(__u16 state, __u8 transport, __u8 flags)
{
	if (transport == 17)
		return SLUICE_STATE_UDP;
	if (flags & 4)
		return SLUICE_STATE_CLOSE;
	if (flags & 2)
		return state == SLUICE_STATE_ESTABLISHED ? SLUICE_STATE_ESTABLISHED : SLUICE_STATE_SYN_RECEIVED;
	if (flags & 1)
		return state == SLUICE_STATE_CLOSE ? SLUICE_STATE_CLOSE : SLUICE_STATE_FIN_WAIT;
	return state == SLUICE_STATE_FIN_WAIT || state == SLUICE_STATE_CLOSE ? state : SLUICE_STATE_ESTABLISHED;
}

static inline __u8 choose(struct twin *twin, struct twin_packet *packet, const struct twin_tables *t, __u32 now)
{
	bool syn = packet->flags & 2;
	struct sluice_flow *entry = packet->entry;

	if (!entry || entry->tag != packet->hash)
		entry = find_flow(twin, packet->hash);
	if (entry && !expired(entry, now - entry->seen, t->half)) {
		__u16 state = entry->incarnation_state & 7;
		const struct sluice_server *server = t->servers + entry->server;
		bool present = server->flags & SLUICE_SERVER_PRESENT && server->incarnation == entry->incarnation_state >> 4;
		bool reopens = syn && state != SLUICE_STATE_SYN_RECEIVED && state != SLUICE_STATE_ESTABLISHED;

		if (present && !reopens) {
			__u16 confirmed = syn ? entry->incarnation_state & 8 : 8;
			__u16 word = (entry->incarnation_state & 0xfff0) | confirmed | next_state(state, packet->transport, packet->flags);

			if (entry->incarnation_state != word)
				entry->incarnation_state = word;
			if (entry->seen != now)
				entry->seen = now;
			packet->server = entry->server;
			return ON_ITS_WAY;
		}
		if (!present && !syn && t->services[packet->service].flags & SLUICE_SERVICE_LOSS_DROP)
			return DROPPED;
	}
	if (!t->services[packet->service].ring_size)
		return DROPPED;
	packet->server = *ring_slot(packet, t);
	if (packet->server == SLUICE_NO_SERVER)
		return DROPPED;
	__builtin_prefetch(twin->servers + packet->server);
	if (packet->flags & 4)
		return ON_ITS_WAY;
	if (!entry)
		entry = find_place(twin, packet->hash, now, t->half);
	if (!entry) {
		twin->full++;
		twin->servers[packet->server].connections += syn;
		return ON_ITS_WAY;
	}
	entry->tag = packet->hash;
	entry->server = packet->server;
	entry->incarnation_state =
		(__u16)(t->servers[packet->server].incarnation << 4) | next_state(SLUICE_STATE_NONE, packet->transport, packet->flags);
	entry->seen = now;
	twin->servers[packet->server].connections++;
	return ON_ITS_WAY;
}

static inline void write_outer(struct twin *twin, __u8 *inner, int total, const struct sluice_server *server)
{
	__u8 *header = inner - 20;
	__u16 fragment = get16(inner + 6) & 0x4000, identification = 0;

	if (!fragment)
		identification = twin->servers[server->tunnel].identification++;
	__u32 first = 0x45 | (__u32)inner[1] << 8 | (__u32)__builtin_bswap16(total + 20) << 16;
	__u32 second = __builtin_bswap16(identification) | (__u32)__builtin_bswap16(fragment) << 16;
	__u32 third = 0x0440, source = raw32(server->tunnel_source + 12), destination = raw32(server->address + 12);
	__u64 sum = (__u64)first + second + third + source + destination;

	put32(header, first);
	put32(header + 4, second);
	put32(header + 8, third | (__u32)(__u16)~fold(sum) << 16);
	put32(header + 12, source);
	put32(header + 16, destination);
}

static inline struct twin_verdict drop(__u8 outcome, __u16 server)
{
	return (struct twin_verdict){.action = outcome == NOT_FOR_SERVICE ? PASS : DROP, .outcome = outcome, .server = server};
}

static inline struct twin_verdict rewrite(struct twin *twin, const struct twin_frame *frame, const struct twin_packet *packet,
                                          const struct twin_tables *t)
{
	const struct sluice_server *server = t->servers + packet->server;
	if (!(server->flags & SLUICE_SERVER_RESOLVED))
		return drop(DROPPED, packet->server);
	bool tunnelled = server->method == SLUICE_IPIP;
	int tags = server->flags >> SLUICE_SERVER_TAGS_SHIFT, outer = tunnelled ? 20 : 0;
	if (packet->length + outer > server->mtu)
		return drop(DROPPED, packet->server);
	int start = packet->network - outer - 14 - tags * 4;
	if (start + frame->headroom < 0)
		return drop(DROPPED, packet->server);

	__u8 *inner = frame->bytes + packet->network, *header = frame->bytes + start;
	if (tunnelled)
		write_outer(twin, inner, packet->length, server);
	put64(header, raw64(server));
	put32(header + 8, raw32((const char *)server + 8));
	int type = 12;
	if (tags) {
		put16(header + type, __builtin_bswap16(server->flags & SLUICE_SERVER_OUTER_8021AD ? 0x88a8 : 0x8100));
		put16(header + type + 2, __builtin_bswap16(server->tags[0]));
		type += 4;
	}
	if (tags == 2) {
		put16(header + type, __builtin_bswap16(server->flags & SLUICE_SERVER_INNER_8021AD ? 0x88a8 : 0x8100));
		put16(header + type + 2, __builtin_bswap16(server->tags[1]));
		type += 4;
	}
	put16(header + type, __builtin_bswap16(0x0800));
	int end = tunnelled ? packet->network + packet->length : (int)frame->length;
	twin->servers[packet->server].packets++;
	twin->servers[packet->server].bytes += packet->length;
	return (struct twin_verdict){
		.action = FORWARD, .outcome = FORWARDED, .egress = server->egress, .start = start, .length = end - start, .server = packet->server,
	};
}

void twin_process(struct twin *twin, const struct twin_frame *frames, int count, const struct twin_tables *t, __u32 now,
                  struct twin_verdict *verdicts)
{
	const int ahead = 6;
	struct twin_packet *packets = twin->scratch;
	int misses = 0;

	for (int index = 0; index < count && index < ahead; index++)
		__builtin_prefetch(frames[index].bytes);
	for (int index = 0; index < count; index++) {
		if (index + ahead < count)
			__builtin_prefetch(frames[index + ahead].bytes);
		packets[index].outcome = parse(frames[index].bytes, frames[index].length, t, &packets[index]);
		if (packets[index].outcome == ON_ITS_WAY)
			__builtin_prefetch(twin->buckets + (packets[index].hash & twin->mask));
	}
	for (int index = 0; index < count; index++) {
		if (packets[index].outcome != ON_ITS_WAY)
			continue;
		struct sluice_flow *entry = packets[index].entry = find_flow(twin, packets[index].hash);
		if (entry) {
			__builtin_prefetch(t->servers + entry->server);
			__builtin_prefetch(twin->servers + entry->server);
		} else {
			__builtin_prefetch(ring_slot(&packets[index], t));
			misses++;
		}
	}
	for (int index = 0; misses && index < count; index++) {
		if (packets[index].outcome != ON_ITS_WAY || packets[index].entry)
			continue;
		__builtin_prefetch(t->servers + *ring_slot(&packets[index], t));
		__builtin_prefetch(twin->servers + *ring_slot(&packets[index], t));
	}
	for (int index = 0; index < count; index++) {
		packets[index].server = SLUICE_NO_SERVER;
		if (packets[index].outcome != ON_ITS_WAY)
			continue;
		packets[index].outcome = choose(twin, &packets[index], t, now);
		if (packets[index].outcome == ON_ITS_WAY && t->servers[packets[index].server].method == SLUICE_IPIP)
			__builtin_prefetch(frames[index].bytes - 20);
	}
	for (int index = 0; index < count; index++) {
		verdicts[index] = packets[index].outcome == ON_ITS_WAY ? rewrite(twin, &frames[index], &packets[index], t)
		                                                       : drop(packets[index].outcome, packets[index].server);
		twin->outcomes[verdicts[index].outcome]++;
	}
	twin->received += count;
}
