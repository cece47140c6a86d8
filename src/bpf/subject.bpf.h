/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* What every record says of its process. */
#ifndef PROCTOP_SUBJECT_H
#define PROCTOP_SUBJECT_H

/* Set before load: the cgroup of the v1 memory hierarchy names a process, since the v2 hierarchy is not in use. */
const volatile bool cgroup_by_memory = false;

/*
 * The pid namespace that proctop runs in, where that is not the initial one: its inode, set by the reader before it
 * takes a first list, and its depth, which that list finds, before the first program is attached.
 */
struct {
	__u32 level;
	__u32 inode;
} own_namespace = {};

extern void *bpf_rdonly_cast(const void *object, __u32 type) __ksym __weak;

/*
 * The same object, to load pointers from. For each one that is loaded from a trusted pointer the verifier searches the
 * names of all of the kernel's types, up to four times (btf_nested_type_is_trusted, kernel/bpf/btf.c, before 6.19 from
 * the first to the last): that was two thirds of the time that loading took. From this one it does not. Numbers are
 * better read from the object itself: loads from there need no check of their address.
 */
#define to_follow(object) \
	((typeof(object))without_trust(object, bpf_core_type_id_kernel(typeof(*(object)))))

static __always_inline void *without_trust(void *object, __u32 type)
{
	return bpf_ksym_exists(bpf_rdonly_cast) ? bpf_rdonly_cast(object, type) : object;
}

/*
 * The number of the pid that `*place` points to at a depth of the namespaces; 0 where it has none there, or another
 * namespace is at that depth. The pointer is read and not taken: verifiers before 6.12 let nobody reckon with a typed
 * one. Not inline: it is called from many places and hardly ever run.
 */
static __attribute__((noinline)) __u32 number_at(struct pid **place, __u32 level, __u32 inode)
{
	struct upid number = {};
	struct pid *pid = 0;

	if (bpf_probe_read_kernel(&pid, sizeof(pid), place) || !pid || BPF_CORE_READ(pid, level) < level)
		return 0;
	if (bpf_probe_read_kernel(&number, bpf_core_type_size(struct upid),
				  (void *)pid + bpf_core_field_offset(struct pid, numbers) +
					  level * bpf_core_type_size(struct upid)))
		return 0;
	if (inode && BPF_CORE_READ(number.ns, ns.inum) != inode)
		return 0;
	return number.nr;
}

/*
 * The number of a task as whoever uses proctop knows it, a leader's being the pid of its group; 0 where that person
 * has none for it.
 */
static __always_inline __u32 visible_pid(struct task_struct *task)
{
	if (!own_namespace.level)
		return task->pid;
	return number_at(&task->thread_pid, own_namespace.level, own_namespace.inode);
}

static __always_inline __u32 pid_of(struct task_struct *task)
{
	__u32 visible = visible_pid(task);

	return visible ? visible : task->pid;
}

/* As above, of a task that may only be read through. */
static __always_inline __u32 read_pid(struct task_struct *task)
{
	__u32 visible = 0;

	if (own_namespace.level)
		visible = number_at(&task->thread_pid, own_namespace.level, own_namespace.inode);
	return visible ? visible : BPF_CORE_READ(task, pid);
}

/* By which maps know a group: the pid in the initial namespace and the start, since a reused pid is another process. */
struct identity {
	__u64 start_ns;
	__u32 pid;
	__u32 reserved;
};

static __always_inline void identify(struct identity *identity, struct task_struct *leader)
{
	identity->start_ns = leader->start_boottime;
	identity->pid = leader->tgid;
	identity->reserved = 0;
}

static __always_inline struct cgroup *cgroup_of(struct task_struct *task)
{
	struct css_set *cgroups = to_follow(task)->cgroups;

	if (!cgroup_by_memory || !bpf_core_enum_value_exists(enum cgroup_subsys_id, memory_cgrp_id))
		return cgroups->dfl_cgrp;
	return cgroups->subsys[bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id)]->cgroup;
}

/* The pid in the innermost namespace, where that is not the one that `pid` is from. */
static __always_inline __u32 inner_pid(struct task_struct *leader, __u32 pid)
{
	struct pid *numbers = to_follow(leader)->thread_pid;
	__u32 inner;

	/* At its end a thread may have given its numbers back. */
	if (!numbers || numbers->level == 0)
		return 0;
	inner = number_at(&leader->thread_pid, numbers->level, 0);
	return inner == pid ? 0 : inner;
}

/* `leader` leads a thread group; only it bears the start time and the comm of the process. */
static __always_inline void fill_subject(struct record_subject *subject, struct task_struct *leader)
{
	struct task_struct *links = to_follow(leader);
	struct task_struct *parent = links->real_parent->group_leader;
	const struct cred *cred = links->real_cred;
	__u32 pid = visible_pid(leader);

	subject->flags = leader->flags & PF_KTHREAD ? SUBJECT_KERNEL_THREAD : 0;
	if (!pid) {
		subject->flags |= SUBJECT_OUTSIDE;
		pid = leader->pid;
	}
	subject->pid = pid;
	subject->inner_pid = inner_pid(leader, pid);
	subject->start_ns = leader->start_boottime;
	subject->parent_pid = pid_of(parent);
	subject->parent_start_ns = parent->start_boottime;
	subject->euid = cred->euid.val;
	subject->ruid = cred->uid.val;
	subject->cgroup_id = cgroup_of(leader)->kn->id;
	/* Two loads: a call for sixteen bytes costs more than the rest of this function. */
	((__u64 *)subject->comm)[0] = ((__u64 *)leader->comm)[0];
	((__u64 *)subject->comm)[1] = ((__u64 *)leader->comm)[1];
}

/* include/linux/kdev_t.h: the minor number takes the lower 20 bits. */
#define MINOR_BITS 20

static __always_inline void fill_session(struct record_session *session, struct signal_struct *signal)
{
	struct pid **leader = &signal->pids[bpf_core_enum_value(enum pid_type, PIDTYPE_SID)];
	struct tty_struct *tty = signal->tty;

	session->id = number_at(leader, own_namespace.level, own_namespace.inode);
	session->tty = 0;
	if (tty)
		session->tty = tty->driver->major << MINOR_BITS | (tty->driver->minor_start + tty->index);
}

#endif
