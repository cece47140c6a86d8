/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The ring of records, the account of what went into it, and the doorbell. */
#ifndef PROCTOP_RING_H
#define PROCTOP_RING_H

/* The doorbell: the reader sets it when it is about to sleep, the first record clears it and wakes the reader. */
__u32 reader_waits = 0;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	/* Replaced before load. */
	__uint(max_entries, 16 * 1024 * 1024);
} records SEC(".maps");

/*
 * One entry for each CPU. Not a per-CPU map: this kind can be mapped, so that the reader needs no right to read it, and
 * is looked up without a call on every kernel.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	/* Replaced before load by the number of possible CPUs. */
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct record_counters);
} counters SEC(".maps");

static __always_inline void set_header(struct record_header *header, __u32 kind, __u64 time_ns)
{
	header->time_ns = time_ns;
	header->kind = kind;
	header->bytes = 0;
}

static __always_inline void fill_header(struct record_header *header, __u32 kind, struct record_counter *counter,
					__u64 time_ns)
{
	/* No atomic add: such a kind has one program, and that never runs twice at once on a CPU. */
	counter->attempted++;
	set_header(header, kind, time_ns);
}

/* Returns whether the record is in the ring. */
static __always_inline bool output(void *record, __u64 bytes)
{
	__u64 wake = BPF_RB_NO_WAKEUP;

	if (reader_waits) {
		reader_waits = 0;
		wake = BPF_RB_FORCE_WAKEUP;
	}
	return !bpf_ringbuf_output(&records, record, bytes, wake);
}

static __always_inline bool hand_over(void *record, __u64 bytes, struct record_counter *counter)
{
	bool is_taken = output(record, bytes);

	if (!is_taken)
		counter->dropped++;
	return is_taken;
}

static __always_inline struct record_counter *counter_of(__u32 kind)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct record_counters *of_cpu = bpf_map_lookup_elem(&counters, &cpu);

	return of_cpu ? &of_cpu->kinds[kind] : 0;
}

#endif
