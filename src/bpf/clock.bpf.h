/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* CPU time that the scheduler has not yet added up. */
#ifndef PROCTOP_CLOCK_H
#define PROCTOP_CLOCK_H

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

static __always_inline void gauge_difference(__s64 difference, __u64 now_ns)
{
	if (now_ns - gauge.began_ns > GAUGE_STRETCH_NS) {
		gauge.least_before_ns = gauge.began_ns ? gauge.least_ns : difference;
		gauge.least_ns = difference;
		gauge.began_ns = now_ns;
	} else if (difference < gauge.least_ns) {
		gauge.least_ns = difference;
	}
}

static __always_inline void gauge_clock(struct task_struct *current_task, __u64 now_ns)
{
	if (bpf_core_field_exists(struct task_struct, se.cfs_rq))
		gauge_difference(now_ns - to_follow(current_task)->se.cfs_rq->rq->clock, now_ns);
}

/* As above where the running task is not at hand as a typed pointer (before 5.11). */
static __always_inline void gauge_by_reading(__u64 now_ns)
{
	struct task_struct *current_task = (void *)bpf_get_current_task();

	if (bpf_core_field_exists(struct task_struct, se.cfs_rq))
		gauge_difference(now_ns - BPF_CORE_READ(current_task, se.cfs_rq, rq, clock), now_ns);
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

	if (!bpf_core_field_exists(struct task_struct, se.cfs_rq))
		return 0;
	rq = to_follow(task)->se.cfs_rq->rq;
	slice = (__s64)now_ns - offset - (__s64)(task->se.exec_start + (rq->clock - rq->clock_task));
	if (slice < 0)
		return 0;
	if (slice > (__s64)(now_ns - task->start_boottime))
		slice = now_ns - task->start_boottime;
	return slice < LONGEST_TICK_NS ? slice : LONGEST_TICK_NS;
}

#endif
