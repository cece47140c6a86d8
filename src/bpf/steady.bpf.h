/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Programs that are not missed, from 7.0 on.
 *
 * There a task can be preempted in the middle of a `tp_btf` program, which stays marked as running on that CPU until the
 * task goes on; meanwhile the kernel skips it for everybody else there (`recursion_misses`). A tick is enough, or our own
 * wake-up of the reader. With as many tasks as a group of threads has, one that waits for its turn in the exit program
 * makes dozens of ends be missed. To forbid preemption in the program would not help: it comes where that is allowed
 * again, which is still within the program; and of a second program behind the first the same is true.
 *
 * The classic way by perf events keeps preemption off around the program and not in it (`perf_trace_*`,
 * include/trace/perf.h), as all ways did before: there nothing is missed. It makes a record first, of which little is
 * needed, and takes tracefs to attach: it is taken from 7.0 on, where tracefs is there.
 */
#ifndef PROCTOP_STEADY_H
#define PROCTOP_STEADY_H

extern struct task_struct *bpf_task_from_pid(__s32 pid) __ksym __weak;
extern void bpf_task_release(struct task_struct *task) __ksym __weak;

/* A text of the record. */
static __always_inline const void *text_in(const void *record, __u32 location)
{
	return record + (location & 0xffff);
}

#endif
