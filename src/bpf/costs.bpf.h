/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* What a group has used, all its threads together. */
#ifndef PROCTOP_COSTS_H
#define PROCTOP_COSTS_H

/*
 * Threads that each group ever had, for those that had more than one. Before a group is met here its former threads are
 * not known, so it begins with those that it has. An LRU map: what is forgotten for room begins anew.
 */
struct thread_count {
	__u32 began;
	/* Counted before 6.16 only, where the exit event does not tell who is the last. */
	__u32 ended;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, struct identity);
	__type(value, struct thread_count);
} thread_counts SEC(".maps");

static __always_inline void count_thread(struct task_struct *leader, struct signal_struct *signal)
{
	struct thread_count *count, now = { .began = signal->nr_threads };
	struct identity identity;

	identify(&identity, leader);
	count = bpf_map_lookup_elem(&thread_counts, &identity);
	if (count)
		__sync_fetch_and_add(&count->began, 1);
	else
		bpf_map_update_elem(&thread_counts, &identity, &now, BPF_NOEXIST);
}

/* Whether there are other threads than the leader, or any was ever released: its sums would be here. */
static __always_inline bool had_other_threads(struct signal_struct *signal)
{
	return signal->nr_threads > 1 || signal->sum_sched_runtime || signal->nvcsw || signal->nivcsw ||
	       signal->min_flt || signal->utime || signal->stime;
}

/*
 * Counts the end of a thread; returns whether all that began have ended, as far as is known. Threads that the fork event
 * does not tell of (io_uring's) make it true too early, which is no worse than not to count.
 */
static __always_inline bool count_end(struct task_struct *leader, struct signal_struct *signal)
{
	struct thread_count *count;
	struct identity identity;

	if (!had_other_threads(signal))
		return true;
	identify(&identity, leader);
	count = bpf_map_lookup_elem(&thread_counts, &identity);
	if (!count)
		return true;
	__sync_fetch_and_add(&count->ended, 1);
	return count->ended >= count->began;
}

/* Of a group that had other threads. */
static __always_inline __u32 threads_ever(struct task_struct *leader, struct signal_struct *signal)
{
	__u32 threads = signal->nr_threads;
	struct thread_count *count;
	struct identity identity;

	identify(&identity, leader);
	count = bpf_map_lookup_elem(&thread_counts, &identity);
	if (count) {
		threads = count->began;
		bpf_map_delete_elem(&thread_counts, &identity);
	}
	return threads;
}

/* Those of the threads that were released. */
static __always_inline void begin_costs(struct record_costs *costs, struct signal_struct *signal)
{
	costs->runtime_ns = signal->sum_sched_runtime;
	costs->utime_ns = signal->utime;
	costs->stime_ns = signal->stime;
	costs->minor_faults = signal->min_flt;
	costs->major_faults = signal->maj_flt;
	costs->voluntary_switches = signal->nvcsw;
	costs->involuntary_switches = signal->nivcsw;
	costs->read_bytes = 0;
	costs->written_bytes = 0;
	costs->storage_read_bytes = 0;
	costs->storage_written_bytes = 0;
	if (bpf_core_field_exists(struct task_struct, ioac.rchar)) {
		costs->read_bytes = signal->ioac.rchar;
		costs->written_bytes = signal->ioac.wchar;
	}
	if (bpf_core_field_exists(struct task_struct, ioac.read_bytes)) {
		costs->storage_read_bytes = signal->ioac.read_bytes;
		costs->storage_written_bytes = signal->ioac.write_bytes;
	}
}

/* Those of a leader that is and was alone: nothing was released, so there is nothing to add it to. */
static __always_inline void set_costs(struct record_costs *costs, struct task_struct *leader)
{
	costs->runtime_ns = leader->se.sum_exec_runtime;
	costs->utime_ns = leader->utime;
	costs->stime_ns = leader->stime;
	costs->minor_faults = leader->min_flt;
	costs->major_faults = leader->maj_flt;
	costs->voluntary_switches = leader->nvcsw;
	costs->involuntary_switches = leader->nivcsw;
	costs->read_bytes = 0;
	costs->written_bytes = 0;
	costs->storage_read_bytes = 0;
	costs->storage_written_bytes = 0;
	if (bpf_core_field_exists(struct task_struct, ioac.rchar)) {
		costs->read_bytes = leader->ioac.rchar;
		costs->written_bytes = leader->ioac.wchar;
	}
	if (bpf_core_field_exists(struct task_struct, ioac.read_bytes)) {
		costs->storage_read_bytes = leader->ioac.read_bytes;
		costs->storage_written_bytes = leader->ioac.write_bytes;
	}
}

/* Where the threads of a group are added up. Only the exit program uses it, which never runs twice at once on a CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct record_costs);
} cost_scratches SEC(".maps");

/*
 * As above for a thread that the list led to: such a pointer may only be read through. A function of its own that the
 * verifier looks at once, and not in every turn of the loop: that would take a third of the time that loading takes.
 */
__attribute__((noinline)) int add_thread(__u64 place)
{
	struct task_struct *thread = (void *)place;
	struct record_costs *costs;
	__u32 first = 0;

	costs = bpf_map_lookup_elem(&cost_scratches, &first);
	if (!costs)
		return 1;
	costs->runtime_ns += BPF_CORE_READ(thread, se.sum_exec_runtime);
	costs->utime_ns += BPF_CORE_READ(thread, utime);
	costs->stime_ns += BPF_CORE_READ(thread, stime);
	costs->minor_faults += BPF_CORE_READ(thread, min_flt);
	costs->major_faults += BPF_CORE_READ(thread, maj_flt);
	costs->voluntary_switches += BPF_CORE_READ(thread, nvcsw);
	costs->involuntary_switches += BPF_CORE_READ(thread, nivcsw);
	if (bpf_core_field_exists(struct task_struct, ioac.rchar)) {
		costs->read_bytes += BPF_CORE_READ(thread, ioac.rchar);
		costs->written_bytes += BPF_CORE_READ(thread, ioac.wchar);
	}
	if (bpf_core_field_exists(struct task_struct, ioac.read_bytes)) {
		costs->storage_read_bytes += BPF_CORE_READ(thread, ioac.read_bytes);
		costs->storage_written_bytes += BPF_CORE_READ(thread, ioac.write_bytes);
	}
	return 0;
}

static __always_inline struct list_head *after(struct list_head *node)
{
	struct list_head *next = 0;

	bpf_probe_read_kernel(&next, sizeof(next), &node->next);
	return next;
}

/* A part of THREADS_WALKED: what the verifier looks at in each turn of a loop, it looks at so many times only. */
#define THREADS_AT_ONCE 16
_Static_assert(THREADS_WALKED % THREADS_AT_ONCE == 0, "whole parts");

/* Adds the threads from `node` of the list of `head` on; returns how far it came. */
__attribute__((noinline)) __u64 add_some_threads(__u64 node, __u64 head)
{
	int i;

	for (i = 0; i < THREADS_AT_ONCE && node && node != head; i++) {
		add_thread(node - bpf_core_field_offset(struct task_struct, thread_node));
		node = (__u64)after((struct list_head *)node);
	}
	return node;
}

/* Returns false where there are more threads than are walked. */
static __always_inline bool add_threads(struct record_costs *costs, __u64 head)
{
	struct record_costs *scratch;
	__u32 first = 0;
	__u64 node;
	int i;

	scratch = bpf_map_lookup_elem(&cost_scratches, &first);
	if (!scratch)
		return false;
	*scratch = *costs;
	node = (__u64)after((struct list_head *)head);
	for (i = 0; i < THREADS_WALKED / THREADS_AT_ONCE && node && node != head; i++)
		node = add_some_threads(node, head);
	*costs = *scratch;
	return !node || node == head;
}

/*
 * The sums of a group that had other threads: `signal` holds those of the threads which were released. The others,
 * zombies and the leader among them, are still in its list. (Adding the current task alone is wrong by up to 1000
 * times.) Returns false where there are more than are walked.
 */
static __always_inline bool sum_costs(struct record_costs *costs, struct task_struct *leader, struct signal_struct *signal)
{
	/* Read, so that it is a number: a function of its own takes no typed pointer. */
	__u64 number = (__u64)BPF_CORE_READ(leader, signal);

	begin_costs(costs, signal);
	return add_threads(costs, number + bpf_core_field_offset(struct signal_struct, thread_head));
}

#endif
