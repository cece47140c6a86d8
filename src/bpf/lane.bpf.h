/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Lanes: the short way for forks and exits, which are nearly all that a storm is made of.
 *
 * The ring is shared by all CPUs: it takes a lock, copies the record, and publishes it by an atomic exchange. That was more than
 * everything else in these programs together. A lane is memory of one program on one CPU, mapped by the reader. The kernel does not
 * let a program run twice at once on a CPU, so a lane has one writer, which fills a record in place and then moves
 * `produced` on: no lock, no copy, no atomic. Stores must become visible in their order for that; x86 promises it, and
 * elsewhere there are no lanes.
 *
 * While the reader sleeps, and where a lane is full, the record goes into the ring. The reader puts all in order by time.
 */
#ifndef PROCTOP_LANE_H
#define PROCTOP_LANE_H

/* Set before load: a power of two, or 0 where there are none. */
const volatile __u32 lane_bytes = 0;

struct lane {
	struct lane_head head;
	/* `lane_bytes`; room for the record that begins at the last place; room for one on its way into the ring. */
	__u8 records[];
};

enum lane_user {
	LANE_OF_FORK = 0,
	LANE_OF_EXIT = 1,
	LANE_USERS = 2,
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	/* Replaced before load by twice the number of possible CPUs, and by the size of a lane. */
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct lane) + 2 * LANE_RECORD_BYTES);
} lanes SEC(".maps");

/* Where a record is filled. */
struct place {
	struct lane *lane;
	void *record;
	__u64 before;
	bool is_in_lane;
};

/* Returns false where there is no place at all. */
static __always_inline bool take_place(struct place *place, enum lane_user user)
{
	__u32 index = bpf_get_smp_processor_id() * LANE_USERS + user;
	struct lane *lane = bpf_map_lookup_elem(&lanes, &index);
	__u32 bytes = lane_bytes, at = bytes + LANE_RECORD_BYTES;

	if (!lane)
		return false;
	place->lane = lane;
	place->before = lane->head.produced;
	place->is_in_lane =
		bytes && !reader_waits && place->before - *(volatile __u64 *)&lane->head.consumed + LANE_RECORD_BYTES <= bytes;
	if (place->is_in_lane)
		at = place->before & (bytes - 1);
	place->record = lane->records + at;
	return true;
}

/* `bytes` is a multiple of 8 and at most LANE_RECORD_BYTES. */
static __always_inline void publish(struct place *place, __u64 bytes, struct record_counter *counter)
{
	struct record_header *header = place->record;

	if (!place->is_in_lane) {
		hand_over(place->record, bytes, counter);
		return;
	}
	header->bytes = bytes;
	/* The compiler must not move the record's stores behind this one; the processor does not. */
	asm volatile("" ::: "memory");
	*(volatile __u64 *)&place->lane->head.produced = place->before + bytes;
}

#endif
