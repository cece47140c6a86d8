/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Threads: how many a group ever had, and, when wanted, the beginning and end of each. */
#ifndef PROCTOP_THREADS_H
#define PROCTOP_THREADS_H

/* Set at any time: the beginnings and ends of threads are wanted. */
__u32 threads_wanted = 0;

static __always_inline void tell_thread(struct task_struct *thread, __u32 kind, __u64 time_ns, __u64 runtime_ns)
{
	struct record_counter *counter = counter_of(kind);
	struct task_struct *leader = thread->group_leader;
	struct thread_record record;

	if (!counter)
		return;
	fill_header(&record.header, kind, counter, time_ns);
	record.start_ns = leader->start_boottime;
	record.thread_start_ns = thread->start_boottime;
	record.runtime_ns = runtime_ns;
	record.pid = pid_of(leader);
	record.tid = pid_of(thread);
	((__u64 *)record.comm)[0] = ((__u64 *)thread->comm)[0];
	((__u64 *)record.comm)[1] = ((__u64 *)thread->comm)[1];
	hand_over(&record, sizeof(record), counter);
}

static __always_inline void thread_began(struct task_struct *thread)
{
	count_thread(thread->group_leader, thread->signal);
	if (threads_wanted)
		tell_thread(thread, RECORD_THREAD_START, thread->start_boottime, 0);
}

static __always_inline void thread_ended(struct task_struct *thread)
{
	__u64 now_ns = bpf_ktime_get_boot_ns();

	tell_thread(thread, RECORD_THREAD_END, now_ns, thread->se.sum_exec_runtime + running_slice(thread, now_ns));
}

#endif
