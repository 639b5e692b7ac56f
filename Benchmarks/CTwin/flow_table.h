/* SPDX-License-Identifier: Apache-2.0 */
/* The flow table of the twin: the rules of Sources/Forwarding/Connections again, in C. */
#ifndef TWIN_FLOW_TABLE_H
#define TWIN_FLOW_TABLE_H

#include "CTwin.h"

#include <stdbool.h>
#include <string.h>

static inline struct sluice_flow *first_bucket(const struct twin *twin, __u64 hash)
{
	return twin->buckets[sluice_first_bucket(hash, twin->mask)].entries;
}

static inline struct sluice_flow *second_bucket(const struct twin *twin, __u64 hash)
{
	return twin->buckets[sluice_second_bucket(hash, twin->mask)].entries;
}

static inline __u8 *displaced(const struct twin *twin, __u64 hash)
{
	return twin->displaced + sluice_first_bucket(hash, twin->mask);
}

static inline struct sluice_flow *find_in(struct sluice_flow *entries, __u64 hash)
{
	int place = (entries[1].tag == hash ? 1 : 0) | (entries[2].tag == hash ? 2 : 0) | (entries[3].tag == hash ? 3 : 0);

	return entries[place].tag == hash ? entries + place : NULL;
}

static inline struct sluice_flow *find_flow(const struct twin *twin, __u64 hash)
{
	struct sluice_flow *found = find_in(first_bucket(twin, hash), hash);

	return found || !*displaced(twin, hash) ? found : find_in(second_bucket(twin, hash), hash);
}

static inline __u32 flow_server(const struct sluice_flow *flow) { return flow->incarnation_server & 0xfffff; }
static inline __u16 flow_incarnation(const struct sluice_flow *flow) { return flow->incarnation_server >> 20; }
static inline __u16 flow_state(const struct sluice_flow *flow) { return flow->seen_state & 7; }
static inline __u32 flow_age(const struct sluice_flow *flow, __u32 now) { return (now - (flow->seen_state >> 4)) & 0x0fffffff; }

static inline bool expired(const struct sluice_flow *flow, __u32 now, const struct sluice_half *half)
{
	return flow_age(flow, now) > half->timeouts[flow_state(flow)];
}

/* Counts an entry that comes to a place (1) or goes (-1) if that is its flow's second bucket. */
static inline void note(struct twin *twin, __u64 hash, const struct sluice_flow *place, int step)
{
	const struct sluice_flow *home = first_bucket(twin, hash);

	if (place < home || place >= home + 4)
		*displaced(twin, hash) += step;
}

static inline void remove_flow(struct twin *twin, struct sluice_flow *entry)
{
	struct twin_load *load = twin->loads + flow_server(entry);

	if (load->owner == flow_incarnation(entry) + 1u)
		load->live[flow_state(entry)]--;
	note(twin, entry->tag, entry, -1);
	__atomic_store_n(&entry->tag, 0, __ATOMIC_RELEASE);
	twin->flows--;
}

/* In the order that other threads may read an entry in: tag 0, the rest, the tag. */
static inline void write_flow(struct sluice_flow *place, struct sluice_flow flow)
{
	__u64 rest = flow.incarnation_server | (__u64)flow.seen_state << 32;

	__atomic_store_n(&place->tag, 0, __ATOMIC_RELEASE);
	__atomic_store_n((__u64 *)&place->incarnation_server, rest, __ATOMIC_RELEASE);
	__atomic_store_n(&place->tag, flow.tag, __ATOMIC_RELEASE);
}

static inline struct sluice_connection *connection(const struct twin *twin, const struct sluice_flow *entry)
{
	return twin->connections + (entry - twin->buckets->entries);
}

static inline void write_connection(struct sluice_connection *to, struct sluice_connection value)
{
	typedef __u64 pair __attribute__((vector_size(16)));
	pair words;

	memcpy(&words, &value, sizeof(words));
	__builtin_nontemporal_store(words, (pair *)to);
}

static inline struct sluice_flow *free_place(struct sluice_flow *entries, __u32 now, const struct sluice_half *half)
{
	for (int index = 0; index < 4; index++)
		if (!entries[index].tag || expired(entries + index, now, half))
			return entries + index;
	return NULL;
}

static inline struct sluice_flow *oldest_unconfirmed(struct sluice_flow *entries, __u32 now)
{
	struct sluice_flow *oldest = NULL;
	__u32 oldest_age = 0;

	for (int index = 0; index < 4; index++) {
		__u32 age = flow_age(entries + index, now);

		if (!(entries[index].seen_state & 8) && (!oldest || age > oldest_age)) {
			oldest = entries + index;
			oldest_age = age;
		}
	}
	return oldest;
}

static inline struct sluice_flow *make_room(struct twin *twin, struct sluice_flow *entries, __u32 now, const struct sluice_half *half)
{
	for (int index = 0; index < 4; index++) {
		struct sluice_flow *entry = entries + index;
		__u64 hash = entry->tag;
		struct sluice_flow *home = first_bucket(twin, hash), *other = home == entries ? second_bucket(twin, hash) : home;

		if (other == entries || *displaced(twin, hash) == 255)
			continue;
		struct sluice_flow *place = free_place(other, now, half);
		if (!place)
			continue;
		if (place->tag)
			remove_flow(twin, place);
		write_connection(connection(twin, place), *connection(twin, entry));
		write_flow(place, *entry);
		note(twin, hash, place, 1);
		note(twin, hash, entry, -1);
		__atomic_store_n(&entry->tag, 0, __ATOMIC_RELEASE);
		twin->moved++;
		return entry;
	}
	return NULL;
}

static __attribute__((noinline)) struct sluice_flow *place_elsewhere(struct twin *twin, __u64 hash, struct sluice_flow *first,
                                                                     __u32 now, const struct sluice_half *half)
{
	struct sluice_flow *second = *displaced(twin, hash) != 255 ? second_bucket(twin, hash) : first;
	struct sluice_flow *place = free_place(second, now, half);

	if (!place) {
		place = oldest_unconfirmed(first, now);
		if (!place)
			place = oldest_unconfirmed(second, now);
		twin->evicted += place != NULL;
	}
	if (place) {
		if (place->tag)
			remove_flow(twin, place);
		return place;
	}
	place = make_room(twin, first, now, half);
	return place ? place : make_room(twin, second, now, half);
}

static inline struct sluice_flow *find_place(struct twin *twin, __u64 hash, __u32 now, const struct sluice_half *half)
{
	struct sluice_flow *first = first_bucket(twin, hash), *place = free_place(first, now, half);

	if (!place)
		return place_elsewhere(twin, hash, first, now, half);
	if (place->tag)
		remove_flow(twin, place);
	return place;
}

#endif
