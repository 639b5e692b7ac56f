/* SPDX-License-Identifier: Apache-2.0 */
#include "CTwin.h"
#include "flow_table.h"

#include <stdbool.h>
#include <string.h>

enum { FORWARDED, NOT_FOR_SERVICE, DROPPED, ON_ITS_WAY = 0xff };
enum { FORWARD, PASS, DROP };
#define NO_SERVER 0xffffffffu

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
	packet->hash = sluice_flow_hash_v4(t->half, source, destination, ports, number);
	return ON_ITS_WAY;
}

static inline const __u16 *ring_slot(const struct twin_packet *packet, const struct twin_tables *t)
{
	const struct sluice_service *service = t->services + packet->service;

	return t->rings + service->ring_start + ((packet->hash >> 32) * service->ring_size >> 32);
}

static inline const __u32 *member(const struct twin_packet *packet, const struct twin_tables *t)
{
	const struct sluice_service *service = t->services + packet->service;
	__u32 number = *ring_slot(packet, t);

	return t->members + service->member_start + (number < service->member_count ? number : 0);
}

static inline __u16 next_state(__u16 state, __u8 transport, __u8 flags)
{
	if (transport == 17)
		return SLUICE_STATE_UDP;
	if (flags & 4)
		return SLUICE_STATE_CLOSE;
	if (flags & 2)
		return state == SLUICE_STATE_ESTABLISHED || state == SLUICE_STATE_OPENED ? state : SLUICE_STATE_SYN_RECEIVED;
	if (flags & 1)
		return state == SLUICE_STATE_CLOSE ? SLUICE_STATE_CLOSE : SLUICE_STATE_FIN_WAIT;
	return state == SLUICE_STATE_FIN_WAIT || state == SLUICE_STATE_CLOSE ? state : SLUICE_STATE_ESTABLISHED;
}

/* Whether a TCP segment has no data. */
static bool is_empty(const struct twin_frame *frame, const struct twin_packet *packet)
{
	const __u8 *header = frame->bytes + packet->network;
	int transport = (header[0] & 15) * 4;

	return packet->transport == 6 && transport + (header[transport + 12] >> 4) * 4 >= packet->length;
}

static inline __u8 choose(struct twin *twin, const struct twin_frame *frame, struct twin_packet *packet, const struct twin_tables *t, __u32 now)
{
	bool syn = packet->flags & 2;
	struct sluice_flow *entry = packet->entry;

	if (!entry || entry->tag != packet->hash)
		entry = find_flow(twin, packet->hash);
	if (entry && !expired(entry, now, t->half)) {
		__u16 state = flow_state(entry);
		const struct sluice_server *server = t->servers + flow_server(entry);
		bool present = server->flags & SLUICE_SERVER_PRESENT && server->incarnation == flow_incarnation(entry);
		bool reopens = syn && (state == SLUICE_STATE_FIN_WAIT || state == SLUICE_STATE_CLOSE);

		if (present && !reopens) {
			__u16 next = next_state(state, packet->transport, packet->flags);

			if (next != state && next == SLUICE_STATE_ESTABLISHED && is_empty(frame, packet))
				next = SLUICE_STATE_OPENED;
			__u32 word = now << 4 | (syn ? entry->seen_state & 8 : 8) | next;

			if (entry->seen_state != word) {
				struct twin_load *load = twin->loads + flow_server(entry);

				if (next != state && load->owner == flow_incarnation(entry) + 1u) {
					load->live[state]--;
					load->live[next]++;
				}
				entry->seen_state = word;
			}
			packet->server = flow_server(entry);
			return ON_ITS_WAY;
		}
		if (!present && !syn && t->services[packet->service].flags & SLUICE_SERVICE_LOSS_DROP)
			return DROPPED;
	}
	const struct sluice_service *service = t->services + packet->service;
	if (!service->ring_size)
		return DROPPED;
	__u16 number = *ring_slot(packet, t);
	if (number == SLUICE_NO_MEMBER)
		return DROPPED;
	packet->server = t->members[service->member_start + number];
	__builtin_prefetch(twin->servers + packet->server);
	if (packet->flags & 4)
		return ON_ITS_WAY;
	struct twin_load *load = twin->loads + packet->server;
	if (entry)
		remove_flow(twin, entry);
	else
		entry = find_place(twin, packet->hash, now, t->half);
	if (!entry) {
		twin->full++;
		load->connections += syn;
		return ON_ITS_WAY;
	}
	const __u8 *header = frame->bytes + packet->network;
	__u16 incarnation = t->servers[packet->server].incarnation;
	__u16 state = next_state(SLUICE_STATE_NONE, packet->transport, packet->flags);

	if (state == SLUICE_STATE_ESTABLISHED && is_empty(frame, packet))
		state = SLUICE_STATE_OPENED;

	write_connection(connection(twin, entry), (struct sluice_connection){
		.client = mapped(raw32(header + 12)),
		.ports = raw32(header + (header[0] & 15) * 4),
		.service = packet->service,
		.sequence = syn ? raw32(header + (header[0] & 15) * 4 + 4) ^ raw32(header + (header[0] & 15) * 4 + 4) >> 16 : 0,
	});
	write_flow(entry, (struct sluice_flow){
		.tag = packet->hash, .incarnation_server = (__u32)incarnation << 20 | packet->server, .seen_state = now << 4 | state,
	});
	note(twin, packet->hash, entry, 1);
	if (load->owner != incarnation + 1u) {
		load->owner = incarnation + 1u;
		memset(load->live, 0, sizeof(load->live));
	}
	load->live[state]++;
	twin->flows++;
	load->connections++;
	return ON_ITS_WAY;
}

static inline void write_outer(struct twin *twin, __u8 *inner, int total, const struct sluice_server *server)
{
	__u8 *header = inner - 20;
	__u16 fragment = get16(inner + 6) & 0x4000, identification = 0;

	if (!fragment)
		identification = twin->loads[server->tunnel].identification++;
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

static inline struct twin_verdict drop(__u8 outcome, __u32 server)
{
	return (struct twin_verdict){.action = outcome == NOT_FOR_SERVICE ? PASS : DROP, .outcome = outcome, .server = server};
}

static inline struct twin_verdict rewrite(struct twin *twin, const struct twin_frame *frame, const struct twin_packet *packet,
                                          const struct twin_tables *t)
{
	const struct sluice_server *server = t->servers + packet->server;
	if (!(server->flags & SLUICE_SERVER_RESOLVED))
		return drop(DROPPED, packet->server);
	__u8 *inner = frame->bytes + packet->network;
	if (raw16(inner + 12) == 0xfea9 || inner[8] <= 1)
		return drop(DROPPED, packet->server);
	bool tunnelled = server->method == SLUICE_IPIP;
	int tags = server->flags >> SLUICE_SERVER_TAGS_SHIFT, outer = tunnelled ? 20 : 0;
	if (packet->length + outer > server->mtu)
		return drop(DROPPED, packet->server);
	int start = packet->network - outer - 14 - tags * 4;
	if (start + frame->headroom < 0)
		return drop(DROPPED, packet->server);

	__u8 *header = frame->bytes + start;
	__u32 sum = raw16(inner + 10) + 1;
	inner[8]--;
	put16(inner + 10, sum + (sum >= 0xffff));
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

static inline void fetch_server(const struct twin *twin, __u32 server, const struct twin_tables *t)
{
	__builtin_prefetch(t->servers + server);
	__builtin_prefetch(twin->servers + server);
}

static inline void fetch_new(const struct twin *twin, const struct twin_packet *packet, const struct twin_tables *t)
{
	const struct sluice_flow *first = first_bucket(twin, packet->hash);

	__builtin_prefetch(ring_slot(packet, t));
	if (!!first[0].tag & !!first[1].tag & !!first[2].tag & !!first[3].tag)
		__builtin_prefetch(second_bucket(twin, packet->hash));
}

static __attribute__((noinline)) void look_further(struct twin *twin, int missed, const struct twin_tables *t)
{
	int moved = 0;

	for (int position = 0; position < missed; position++) {
		__u8 number = twin->misses[position];
		struct twin_packet *packet = twin->scratch + number;

		if (*displaced(twin, packet->hash)) {
			__builtin_prefetch(second_bucket(twin, packet->hash));
			twin->misses[position] = twin->misses[moved];
			twin->misses[moved++] = number;
		} else {
			fetch_new(twin, packet, t);
		}
	}
	for (int position = 0; position < moved; position++) {
		struct twin_packet *packet = twin->scratch + twin->misses[position];

		packet->entry = find_in(second_bucket(twin, packet->hash), packet->hash);
		if (!packet->entry)
			fetch_new(twin, packet, t);
	}
	for (int position = 0; position < missed; position++) {
		struct twin_packet *packet = twin->scratch + twin->misses[position];

		if (packet->entry) {
			fetch_server(twin, flow_server(packet->entry), t);
		} else {
			fetch_server(twin, *member(packet, t), t);
			__builtin_prefetch(twin->loads + *member(packet, t));
		}
	}
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
			__builtin_prefetch(first_bucket(twin, packets[index].hash));
	}
	for (int index = 0; index < count; index++) {
		if (packets[index].outcome != ON_ITS_WAY)
			continue;
		struct sluice_flow *entry = packets[index].entry = find_in(first_bucket(twin, packets[index].hash), packets[index].hash);

		twin->misses[misses] = index;
		if (entry)
			fetch_server(twin, flow_server(entry), t);
		else
			misses++;
	}
	if (misses)
		look_further(twin, misses, t);
	for (int index = 0; index < count; index++) {
		packets[index].server = NO_SERVER;
		if (packets[index].outcome != ON_ITS_WAY)
			continue;
		packets[index].outcome = choose(twin, frames + index, &packets[index], t, now);
		if (packets[index].outcome == ON_ITS_WAY && t->servers[packets[index].server].method == SLUICE_IPIP)
			__builtin_prefetch(frames[index].bytes - 20);
	}
	if (misses)
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
	for (int index = 0; index < count; index++) {
		verdicts[index] = packets[index].outcome == ON_ITS_WAY ? rewrite(twin, &frames[index], &packets[index], t)
		                                                       : drop(packets[index].outcome, packets[index].server);
		twin->outcomes[verdicts[index].outcome]++;
	}
	twin->received += count;
}
