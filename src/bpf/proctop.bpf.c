// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * The programs that the kernel runs: the life of thread groups from fork to exit, and the list of what runs already.
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

#include "ring.bpf.h"
#include "lane.bpf.h"
#include "subject.bpf.h"
#include "clock.bpf.h"
#include "path.bpf.h"
#include "blame.bpf.h"
#include "costs.bpf.h"
#include "threads.bpf.h"
#include "failed.bpf.h"
#include "steady.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Never used; they put the records into the BTF that the Rust types are generated from. */
struct fork_record fork_layout = {};
struct exec_record exec_layout = {};
struct exit_record exit_layout = {};
struct blame_record blame_layout = {};
struct exec_failed_record exec_failed_layout = {};
struct rename_record rename_layout = {};
struct thread_record thread_layout = {};
struct cgroup_record cgroup_layout = {};
struct snapshot_record snapshot_layout = {};
struct lane_head lane_layout = {};

struct exec_scratch {
	struct exec_record record;
	__u8 text[FILENAME_BYTES + PATH_BYTES + ARGV_BYTES];
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

/* The cgroups whose paths were told. What is forgotten for room is told again. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, __u32);
} told_cgroups SEC(".maps");

static __always_inline void tell_fork(struct task_struct *caller, struct task_struct *child)
{
	struct record_counter *counter;
	struct fork_record *record;
	struct task_struct *leader;
	struct place place;

	if (child->pid != child->tgid) {
		thread_began(child);
		return;
	}
	counter = counter_of(RECORD_FORK);
	if (!counter || !take_place(&place, LANE_OF_FORK))
		return;
	record = place.record;
	/* The start was stamped just now: reading the clock again would cost a tenth of this program and tell nothing. */
	fill_header(&record->header, RECORD_FORK, counter, child->start_boottime);
	fill_subject(&record->subject, child);
	record->forked_by_pid = 0;
	record->forked_by_start_ns = 0;
	record->reserved = 0;
	leader = to_follow(caller)->group_leader;
	if (leader != to_follow(child)->real_parent->group_leader) {
		record->forked_by_pid = pid_of(leader);
		record->forked_by_start_ns = leader->start_boottime;
	}
	publish(&place, sizeof(*record), counter);
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(on_fork, struct task_struct *caller, struct task_struct *child)
{
	tell_fork(caller, child);
	return 0;
}

SEC("tp/sched/sched_process_fork")
int on_fork_steady(struct trace_event_raw_sched_process_fork *record)
{
	struct task_struct *child = bpf_task_from_pid(record->child_pid);

	if (!child)
		return 0;
	tell_fork(bpf_get_current_task_btf(), child);
	bpf_task_release(child);
	return 0;
}

/* The size of the file name at the beginning of `text`, its NUL included; 0 where it can't be read. */
static __always_inline __u64 fill_filename(struct exec_scratch *scratch, const void *filename)
{
	long bytes = bpf_probe_read_kernel_str(scratch->text, FILENAME_BYTES, filename);

	return bytes < 0 || bytes > FILENAME_BYTES ? 0 : bytes;
}

/* The working directory behind the file name. Returns the bytes that it takes. */
static __always_inline __u64 fill_directory(struct exec_scratch *scratch, struct fs_struct *fs, __u64 at)
{
	struct path_scratch *path;
	__u32 place;
	__u64 bytes;

	path = path_scratch(PATH_OF_EXEC, &place);
	if (!path || !fs || at > FILENAME_BYTES)
		return 0;
	walk_directory(path, place, fs);
	if (path->is_cut)
		scratch->record.flags |= EXEC_CWD_CUT;
	if (is_deleted(BPF_CORE_READ(fs, pwd.dentry)))
		scratch->record.flags |= EXEC_CWD_DELETED;
	bytes = path->bytes;
	if (!bytes || bytes > PATH_BYTES || bpf_probe_read_kernel(scratch->text + at, bytes, path->names))
		return 0;
	return bytes;
}

/*
 * The arguments behind that. At this event the new image is in place and its arguments lie in pages that execve has
 * just written.
 */
static __always_inline __u64 fill_arguments(struct exec_scratch *scratch, struct mm_struct *mm, __u64 at)
{
	struct exec_record *record = &scratch->record;
	unsigned long start = mm->arg_start, end = mm->arg_end;
	__u64 bytes = end > start ? end - start : 0;

	record->argv_cut = 0;
	if (bytes > ARGV_BYTES) {
		record->argv_cut = bytes - ARGV_BYTES;
		bytes = ARGV_BYTES;
	}
	if (at > FILENAME_BYTES + PATH_BYTES)
		return 0;
	if (bytes && bpf_probe_read_user(scratch->text + at, bytes, (void *)start)) {
		record->flags |= EXEC_ARGV_UNREADABLE;
		record->argv_cut += bytes;
		bytes = 0;
	}
	return bytes;
}

/* The path of a cgroup that was not met before, in front of the first process in it. A path that could not be handed over is tried again. */
static __always_inline void tell_cgroup(struct cgroup *cgroup)
{
	struct record_counter *counter = counter_of(RECORD_CGROUP);
	__u64 bytes, id = cgroup->kn->id;
	struct path_scratch *path;
	__u32 place, told = 1;

	if (!counter || bpf_map_lookup_elem(&told_cgroups, &id))
		return;
	path = path_scratch(PATH_OF_EXEC, &place);
	if (!path)
		return;
	fill_cgroup(path, place, cgroup);
	fill_header(&path->cgroup.header, RECORD_CGROUP, counter, bpf_ktime_get_boot_ns());
	bytes = path->bytes;
	if (bytes > PATH_BYTES)
		return;
	if (hand_over(&path->cgroup, sizeof(path->cgroup) + bytes, counter))
		bpf_map_update_elem(&told_cgroups, &id, &told, BPF_ANY);
}

static __always_inline void tell_exec(struct task_struct *task, int old_tid, const void *filename)
{
	struct record_counter *counter;
	struct exec_scratch *scratch;
	struct exec_record *record;
	struct task_struct *links = to_follow(task);
	__u32 cpu = bpf_get_smp_processor_id();
	__u64 bytes;

	counter = counter_of(RECORD_EXEC);
	if (!counter)
		return;
	scratch = bpf_map_lookup_elem(&exec_scratches, &cpu);
	if (!scratch) {
		counter->attempted++;
		counter->dropped++;
		return;
	}
	tell_cgroup(cgroup_of(task));
	record = &scratch->record;
	fill_header(&record->header, RECORD_EXEC, counter, bpf_ktime_get_boot_ns());
	gauge_clock(task, record->header.time_ns);
	fill_subject(&record->subject, links->group_leader);
	fill_session(&record->session, links->signal);
	/* Of a leader's own exec, which is nearly all, there is nothing to tell. */
	record->old_tid = old_tid == task->pid ? 0 : old_tid;
	record->flags = 0;
	record->reserved = 0;
	bytes = fill_filename(scratch, filename);
	record->filename_bytes = bytes;
	record->cwd_bytes = fill_directory(scratch, links->fs, bytes);
	bytes += record->cwd_bytes;
	record->argv_bytes = fill_arguments(scratch, links->mm, bytes);
	bytes += record->argv_bytes + sizeof(*record);
	if (bytes > sizeof(*record) + sizeof(scratch->text))
		bytes = sizeof(*record) + sizeof(scratch->text);
	hand_over(record, bytes, counter);
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct *task, int old_tid, struct linux_binprm *bprm)
{
	tell_exec(task, old_tid, to_follow(bprm)->filename);
	return 0;
}

SEC("tp/sched/sched_process_exec")
int on_exec_steady(struct trace_event_raw_sched_process_exec *record)
{
	tell_exec(bpf_get_current_task_btf(), record->old_pid, text_in(record, record->__data_loc_filename));
	return 0;
}

/* What waitpid will report: the group's code where one was set for all of it, else the leader's own. */
static __always_inline __u32 wait_status(struct task_struct *leader, struct signal_struct *signal)
{
	return signal->flags & SIGNAL_GROUP_EXIT ? signal->group_exit_code : leader->exit_code;
}

/*
 * Whether the last thread of the group ends here. Before 6.16 several threads that race may each find that none is
 * alive; the last of those that were counted is it. Of a group that was not counted each tells, and the reader takes only
 * the first record of an identity.
 */
static __always_inline bool group_is_dead(unsigned long long *ctx, struct task_struct *leader,
					  struct signal_struct *signal)
{
	bool all_counted;

	if (bpf_core_field_exists(struct trace_event_raw_sched_process_exit, group_dead))
		return ctx[1] & 1;
	all_counted = count_end(leader, signal);
	return signal->live.counter == 0 && all_counted;
}

/* An exit record with room for who ended the process. */
struct exit_message {
	struct exit_record exit;
	struct blame_record blame;
};
_Static_assert(sizeof(struct exit_message) <= LANE_RECORD_BYTES, "an exit must fit into a lane's spare room");

/* Adds who sent the signal, if that is known. Returns the size of the whole message. */
static __always_inline __u64 add_blame(struct exit_message *message, struct task_struct *leader)
{
	struct blame_record *blame;
	struct identity identity;

	identify(&identity, leader);
	blame = bpf_map_lookup_elem(&blames, &identity);
	if (!blame)
		return sizeof(message->exit);
	message->blame = *blame;
	bpf_map_delete_elem(&blames, &identity);
	if (message->blame.signal != (message->exit.status & 0x7f))
		return sizeof(message->exit);
	message->exit.flags |= EXIT_BLAMED;
	return sizeof(*message);
}

static __always_inline void tell_exit(struct task_struct *task, struct task_struct *leader,
				      struct signal_struct *signal, bool is_dead)
{
	__u64 bytes = sizeof(struct exit_record);
	struct record_counter *counter;
	struct exit_record *record;
	struct place place;

	if (threads_wanted && (task->pid != task->tgid || had_other_threads(signal)))
		thread_ended(task);
	if (!is_dead)
		return;
	counter = counter_of(RECORD_EXIT);
	if (!counter || !take_place(&place, LANE_OF_EXIT))
		return;
	record = place.record;
	fill_header(&record->header, RECORD_EXIT, counter, bpf_ktime_get_boot_ns());
	gauge_clock(task, record->header.time_ns);
	fill_subject(&record->subject, leader);
	record->flags = 0;
	record->reserved = 0;
	record->status = wait_status(leader, signal);
	record->max_rss_pages = signal->maxrss;
	record->threads = 1;
	if (!had_other_threads(signal)) {
		set_costs(&record->costs, leader);
	} else {
		record->threads = threads_ever(leader, signal);
		if (!sum_costs(&record->costs, leader, signal))
			record->flags |= EXIT_COSTS_PARTIAL;
	}
	record->costs.runtime_ns += running_slice(task, record->header.time_ns);
	if (signal->oom_mm)
		record->flags |= EXIT_OOM;
	if (record->status & 0x7f)
		bytes = add_blame(place.record, leader);
	publish(&place, bytes, counter);
}

SEC("tp_btf/sched_process_exit")
int on_exit(unsigned long long *ctx)
{
	struct task_struct *task = (void *)ctx[0];
	struct signal_struct *signal = to_follow(task)->signal;
	struct task_struct *leader = task->group_leader;

	tell_exit(task, leader, signal, group_is_dead(ctx, leader, signal));
	return 0;
}

SEC("tp/sched/sched_process_exit")
int on_exit_steady(struct trace_event_raw_sched_process_exit *record)
{
	struct task_struct *task = bpf_get_current_task_btf();

	tell_exit(task, task->group_leader, to_follow(task)->signal, record->group_dead);
	return 0;
}

SEC("tp_btf/signal_generate")
int BPF_PROG(on_signal, int signal, struct kernel_siginfo *info, struct task_struct *target, int group, int result)
{
	struct blame_record blame;
	struct identity identity;

	/* SIGCHLD comes at every exit, so it leaves first. A result other than 0: ignored, or pending already. */
	if (signal == SIGCHLD || result || is_harmless(signal) || is_handled(target, signal))
		return 0;
	fill_blame(&blame, signal, cause_of(signal, info, target));
	identify(&identity, to_follow(target)->group_leader);
	bpf_map_update_elem(&blames, &identity, &blame, BPF_ANY);
	return 0;
}

/*
 * The comm is still the former one. An exec renames too, before its own event and with a memory whose arguments are
 * not yet in place (setup_arg_pages sets them later); kernel threads have no memory.
 */
SEC("tp_btf/task_rename")
int BPF_PROG(on_rename, struct task_struct *task, const char *to)
{
	struct mm_struct *mm = to_follow(task)->mm;
	struct record_counter *counter;
	struct rename_record record;

	if (task->pid != task->tgid || !mm || !mm->arg_start)
		return 0;
	counter = counter_of(RECORD_RENAME);
	if (!counter)
		return 0;
	fill_header(&record.header, RECORD_RENAME, counter, bpf_ktime_get_boot_ns());
	fill_subject(&record.subject, task);
	__builtin_memset(record.to, 0, sizeof(record.to));
	bpf_probe_read_kernel_str(record.to, sizeof(record.to), to);
	hand_over(&record, sizeof(record), counter);
	return 0;
}

/* The path of a cgroup goes in front of the first process that is met in it. */
static __always_inline void list_cgroup(struct seq_file *seq, struct task_struct *task, __u64 id)
{
	struct path_scratch *path;
	__u32 place, told = 1;
	__u64 bytes;

	if (bpf_map_lookup_elem(&told_cgroups, &id))
		return;
	path = path_scratch(PATH_OF_LIST, &place);
	if (!path)
		return;
	fill_cgroup(path, place, cgroup_of(task));
	set_header(&path->cgroup.header, RECORD_CGROUP, bpf_ktime_get_boot_ns());
	bytes = path->bytes;
	if (bytes > PATH_BYTES)
		return;
	if (!bpf_seq_write(seq, &path->cgroup, sizeof(path->cgroup) + bytes))
		bpf_map_update_elem(&told_cgroups, &id, &told, BPF_ANY);
}

SEC("iter/task")
int take_snapshot(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct snapshot_record record;
	struct signal_struct *signal;

	if (!task || task->pid != task->tgid)
		return 0;
	signal = to_follow(task)->signal;
	set_header(&record.header, RECORD_SNAPSHOT, bpf_ktime_get_boot_ns());
	/* The reader has slept just now, so that its CPU's stamp is fresh: without it the first exits would find none. */
	if (ctx->meta->seq_num == 0)
		gauge_by_reading(record.header.time_ns);
	fill_subject(&record.subject, task);
	fill_session(&record.session, signal);
	record.threads = signal->nr_threads;
	record.status = 0;
	/*
	 * Not by exit_state: that is set at the end of do_exit(), and on a busy machine it is long until then. Who has
	 * passed the exit event before it was attached, and is not there yet, would be taken for running for ever.
	 */
	if (signal->live.counter == 0) {
		record.subject.flags |= SUBJECT_ZOMBIE;
		record.status = wait_status(task, signal);
	}
	if ((__u32)task->tgid == bpf_get_current_pid_tgid() >> 32) {
		record.subject.flags |= SUBJECT_SELF;
		if (own_namespace.inode)
			own_namespace.level = to_follow(task)->thread_pid->level;
	}
	list_cgroup(ctx->meta->seq, task, record.subject.cgroup_id);
	bpf_seq_write(ctx->meta->seq, &record, sizeof(record));
	return 0;
}
