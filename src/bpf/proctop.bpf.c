// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * The programs that the kernel runs: fork, exec and exit of thread groups, and the list of what runs already.
 *
 * Three rules keep them cheap and honest:
 *  - Nobody is woken for a record. The reader sets `reader_waits` before it sleeps; the first record after that rings
 *    once. A wake-up for each record costs more than everything else here together.
 *  - A record is built in memory of its own (the stack, or a scratch of this program and CPU) and then copied into the
 *    ring in one call, so that a preempted producer never holds up the ring's head for long.
 *  - Each attempt is counted before it is made and each refusal after it: attempted = delivered + dropped, exactly.
 */
#include "kernel.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "proctop.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Set before load: the cgroup of the v1 memory hierarchy names a process, since the v2 hierarchy is not in use. */
const volatile bool cgroup_by_memory = false;

/* The doorbell: the reader sets it when it is about to sleep, the first record clears it and wakes the reader. */
__u32 reader_waits = 0;

/* Never used; they put the records into the BTF that the Rust types are generated from. */
struct fork_record fork_layout = {};
struct exec_record exec_layout = {};
struct exit_record exit_layout = {};
struct snapshot_record snapshot_layout = {};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	/* Replaced before load. */
	__uint(max_entries, 16 * 1024 * 1024);
} records SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, RECORD_KINDS);
	__type(key, __u32);
	__type(value, struct record_counter);
} counters SEC(".maps");

struct exec_scratch {
	struct exec_record record;
	__u8 text[FILENAME_BYTES + ARGV_BYTES];
};

/*
 * One entry for each CPU: a per-CPU map would do, but its values end at 32 KiB. Only the exec program uses it, and the
 * kernel does not let a program run twice at once on a CPU.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	/* Replaced before load by the number of possible CPUs. */
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct exec_scratch);
} exec_scratches SEC(".maps");

/*
 * The scheduler's clock against ours: the least difference that was seen in this stretch of time and in the one
 * before. The scheduler stamps its clock at ticks, wake-ups and switches, so that the smallest difference is that of a
 * fresh stamp. Several CPUs write here without a lock: at worst a stretch is a little longer.
 */
#define GAUGE_STRETCH_NS 1000000000ULL

struct {
	__u64 began_ns;
	__s64 least_ns;
	__s64 least_before_ns;
} gauge = {};

static __always_inline void gauge_clock(struct task_struct *current_task, __u64 now_ns)
{
	__s64 difference;

	if (!bpf_core_field_exists(struct sched_entity, cfs_rq))
		return;
	difference = now_ns - current_task->se.cfs_rq->rq->clock;
	if (now_ns - gauge.began_ns > GAUGE_STRETCH_NS) {
		gauge.least_before_ns = gauge.began_ns ? gauge.least_ns : difference;
		gauge.least_ns = difference;
		gauge.began_ns = now_ns;
	} else if (difference < gauge.least_ns) {
		gauge.least_ns = difference;
	}
}

/*
 * What the running task has used since the scheduler last added to its sum (`exec_start`). That happens at ticks and
 * switches only: without this a process of a millisecond would have used nothing. `clock_task` is behind `clock` by the
 * time that interrupts and the hypervisor took. The longest time between two ticks bounds the harm that a clock
 * adjustment can do.
 */
#define LONGEST_TICK_NS 10000000LL

static __always_inline __u64 running_slice(struct task_struct *task, __u64 now_ns)
{
	__s64 offset = gauge.least_ns < gauge.least_before_ns ? gauge.least_ns : gauge.least_before_ns;
	struct rq *rq;
	__s64 slice;

	if (!bpf_core_field_exists(struct sched_entity, cfs_rq))
		return 0;
	rq = task->se.cfs_rq->rq;
	slice = (__s64)now_ns - offset - (__s64)(task->se.exec_start + (rq->clock - rq->clock_task));
	if (slice < 0)
		return 0;
	if (slice > (__s64)(now_ns - task->start_boottime))
		slice = now_ns - task->start_boottime;
	return slice < LONGEST_TICK_NS ? slice : LONGEST_TICK_NS;
}

static __always_inline void fill_header(struct record_header *header, __u32 kind, struct record_counter *counter,
					__u64 time_ns)
{
	/* No atomic add: a kind has one program, and that never runs twice at once on a CPU. */
	counter->attempted++;
	header->sequence = counter->attempted;
	header->kind = kind;
	header->cpu = bpf_get_smp_processor_id();
	header->time_ns = time_ns;
}

static __always_inline void hand_over(void *record, __u64 bytes, struct record_counter *counter)
{
	__u64 wake = BPF_RB_NO_WAKEUP;

	if (reader_waits) {
		reader_waits = 0;
		wake = BPF_RB_FORCE_WAKEUP;
	}
	if (bpf_ringbuf_output(&records, record, bytes, wake))
		counter->dropped++;
}

static __always_inline __u64 cgroup_of(struct task_struct *task)
{
	struct css_set *cgroups = task->cgroups;

	if (!cgroup_by_memory || !bpf_core_enum_value_exists(enum cgroup_subsys_id, memory_cgrp_id))
		return cgroups->dfl_cgrp->kn->id;
	return cgroups->subsys[bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id)]->cgroup->kn->id;
}

/* `leader` leads a thread group; only it bears the start time and the comm of the process. */
static __always_inline void fill_subject(struct record_subject *subject, struct task_struct *leader)
{
	struct task_struct *parent = leader->real_parent->group_leader;
	const struct cred *cred = leader->real_cred;

	subject->pid = leader->tgid;
	subject->start_ns = leader->start_boottime;
	subject->parent_pid = parent->tgid;
	subject->parent_start_ns = parent->start_boottime;
	subject->euid = cred->euid.val;
	subject->ruid = cred->uid.val;
	subject->cgroup_id = cgroup_of(leader);
	subject->flags = leader->flags & PF_KTHREAD ? SUBJECT_KERNEL_THREAD : 0;
	subject->reserved = 0;
	/* Two loads: a call for sixteen bytes costs more than the rest of this function. */
	((__u64 *)subject->comm)[0] = ((__u64 *)leader->comm)[0];
	((__u64 *)subject->comm)[1] = ((__u64 *)leader->comm)[1];
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(on_fork, struct task_struct *caller, struct task_struct *child)
{
	struct fork_record record;
	struct record_counter *counter;
	__u32 kind = RECORD_FORK;

	if (child->pid != child->tgid)
		return 0;
	counter = bpf_map_lookup_elem(&counters, &kind);
	if (!counter)
		return 0;
	/* The start was stamped just now: reading the clock again would cost a tenth of this program and tell nothing. */
	fill_header(&record.header, kind, counter, child->start_boottime);
	fill_subject(&record.subject, child);
	record.forked_by_pid = 0;
	record.forked_by_start_ns = 0;
	record.reserved = 0;
	if ((__u32)caller->tgid != record.subject.parent_pid) {
		record.forked_by_pid = caller->tgid;
		record.forked_by_start_ns = caller->group_leader->start_boottime;
	}
	hand_over(&record, sizeof(record), counter);
	return 0;
}

/*
 * At this event the new image is in place and its arguments lie in pages that execve has just written. Returns the
 * number of bytes of `text` in use.
 */
static __always_inline __u64 fill_texts(struct exec_scratch *scratch, struct linux_binprm *bprm, struct mm_struct *mm)
{
	struct exec_record *record = &scratch->record;
	unsigned long start = mm->arg_start, end = mm->arg_end;
	__u64 bytes = end > start ? end - start : 0;
	long name;

	record->flags = 0;
	record->argv_cut = 0;
	name = bpf_probe_read_kernel_str(scratch->text, FILENAME_BYTES, bprm->filename);
	if (name < 0 || name > FILENAME_BYTES)
		name = 0;
	record->filename_bytes = name;
	if (bytes > ARGV_BYTES) {
		record->argv_cut = bytes - ARGV_BYTES;
		bytes = ARGV_BYTES;
	}
	if (bytes && bpf_probe_read_user(scratch->text + name, bytes, (void *)start)) {
		record->flags = EXEC_ARGV_UNREADABLE;
		record->argv_cut += bytes;
		bytes = 0;
	}
	record->argv_bytes = bytes;
	return name + bytes;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct *task, int old_tid, struct linux_binprm *bprm)
{
	struct record_counter *counter;
	struct exec_scratch *scratch;
	__u32 kind = RECORD_EXEC;
	__u32 cpu = bpf_get_smp_processor_id();
	__u64 bytes;

	counter = bpf_map_lookup_elem(&counters, &kind);
	if (!counter)
		return 0;
	scratch = bpf_map_lookup_elem(&exec_scratches, &cpu);
	if (!scratch) {
		counter->attempted++;
		counter->dropped++;
		return 0;
	}
	fill_header(&scratch->record.header, kind, counter, bpf_ktime_get_boot_ns());
	gauge_clock(task, scratch->record.header.time_ns);
	fill_subject(&scratch->record.subject, task->group_leader);
	scratch->record.old_tid = old_tid;
	bytes = fill_texts(scratch, bprm, task->mm) + sizeof(struct exec_record);
	if (bytes > sizeof(*scratch))
		bytes = sizeof(*scratch);
	hand_over(scratch, bytes, counter);
	return 0;
}

/*
 * The CPU time of the group: `signal` holds that of the threads which were released. The others, zombies among them,
 * are still in its list. (Adding the current task alone is wrong by up to 1000 times.)
 */
static __always_inline void sum_cpu_time(struct exit_record *record, struct signal_struct *signal,
					 struct task_struct *leader)
{
	struct list_head *head = &signal->thread_head;
	struct list_head *node;
	int i;

	record->runtime_ns = signal->sum_sched_runtime;
	record->utime_ns = signal->utime;
	record->stime_ns = signal->stime;
	/* The leader is released last of all: a group of one is the leader alone, and needs no walk. */
	if (signal->nr_threads == 1) {
		record->runtime_ns += leader->se.sum_exec_runtime;
		record->utime_ns += leader->utime;
		record->stime_ns += leader->stime;
		return;
	}
	node = BPF_CORE_READ(head, next);
	for (i = 0; i < THREADS_WALKED; i++) {
		struct task_struct *thread;

		if (!node || node == head)
			return;
		thread = (void *)node - bpf_core_field_offset(struct task_struct, thread_node);
		record->runtime_ns += BPF_CORE_READ(thread, se.sum_exec_runtime);
		record->utime_ns += BPF_CORE_READ(thread, utime);
		record->stime_ns += BPF_CORE_READ(thread, stime);
		node = BPF_CORE_READ(node, next);
	}
	if (node != head)
		record->flags |= EXIT_CPU_PARTIAL;
}

/* What waitpid will report: the group's code where one was set for all of it, else the leader's own. */
static __always_inline __u32 wait_status(struct task_struct *leader, struct signal_struct *signal)
{
	return signal->flags & SIGNAL_GROUP_EXIT ? signal->group_exit_code : leader->exit_code;
}

/*
 * Whether the last thread of the group ends here. Before 6.16 several threads that race may each find that none is
 * alive: the reader takes only the first record of an identity.
 */
static __always_inline bool group_is_dead(unsigned long long *ctx, struct signal_struct *signal)
{
	if (bpf_core_field_exists(struct trace_event_raw_sched_process_exit, group_dead))
		return ctx[1] & 1;
	return signal->live.counter == 0;
}

SEC("tp_btf/sched_process_exit")
int on_exit(unsigned long long *ctx)
{
	struct task_struct *task = (void *)ctx[0];
	struct signal_struct *signal = task->signal;
	struct task_struct *leader = task->group_leader;
	struct record_counter *counter;
	struct exit_record record;
	__u32 kind = RECORD_EXIT;

	if (!group_is_dead(ctx, signal))
		return 0;
	counter = bpf_map_lookup_elem(&counters, &kind);
	if (!counter)
		return 0;
	fill_header(&record.header, kind, counter, bpf_ktime_get_boot_ns());
	gauge_clock(task, record.header.time_ns);
	fill_subject(&record.subject, leader);
	record.flags = 0;
	record.status = wait_status(leader, signal);
	record.max_rss_pages = signal->maxrss;
	sum_cpu_time(&record, signal, leader);
	record.runtime_ns += running_slice(task, record.header.time_ns);
	hand_over(&record, sizeof(record), counter);
	return 0;
}

SEC("iter/task")
int take_snapshot(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct snapshot_record record;

	if (!task || task->pid != task->tgid)
		return 0;
	record.header.time_ns = bpf_ktime_get_boot_ns();
	record.header.sequence = 0;
	record.header.kind = RECORD_SNAPSHOT;
	record.header.cpu = bpf_get_smp_processor_id();
	fill_subject(&record.subject, task);
	/*
	 * Not by exit_state: that is set at the end of do_exit(), and on a busy machine it is long until then. Who has
	 * passed the exit event before it was attached, and is not there yet, would be taken for running for ever.
	 */
	if (task->signal->live.counter == 0)
		record.subject.flags |= SUBJECT_ZOMBIE;
	if ((__u32)task->tgid == bpf_get_current_pid_tgid() >> 32)
		record.subject.flags |= SUBJECT_SELF;
	bpf_seq_write(ctx->meta->seq, &record, sizeof(record));
	return 0;
}
