/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Who sent the signal that ends a process: kept by its target until that has ended. */
#ifndef PROCTOP_BLAME_H
#define PROCTOP_BLAME_H

/* What is forgotten for room costs the answer of one process, which then has none. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, struct identity);
	__type(value, struct blame_record);
} blames SEC(".maps");

/* The signals that end nobody by default (signal(7)): SIGCHLD, SIGCONT, the four that stop, SIGURG and SIGWINCH. */
#define HARMLESS_SIGNALS (1ULL << 17 | 1ULL << 18 | 0xfULL << 19 | 1ULL << 23 | 1ULL << 28)

/* _NSIG of x86 and arm64: signals are numbered from 1 to this. */
#define SIGNALS 64

static __always_inline bool is_harmless(__u32 signal)
{
	return signal < SIGNALS && HARMLESS_SIGNALS >> signal & 1;
}

/* A process that handles the signal, or ignores it, does not end by it. */
static __always_inline bool is_handled(struct task_struct *target, __u32 signal)
{
	struct sighand_struct *sighand = 0;
	unsigned long handler = 0;
	void *action;

	/* Read and not taken: see number_at. */
	if (bpf_probe_read_kernel(&sighand, sizeof(sighand), &target->sighand) || !sighand)
		return false;
	if (signal < 1 || signal > SIGNALS)
		return false;
	action = (void *)sighand + bpf_core_field_offset(struct sighand_struct, action) +
		 (__u64)(signal - 1) * (bpf_core_field_size(struct sighand_struct, action) / SIGNALS);
	/* The handler is the first member of the action. 0 is SIG_DFL. */
	if (bpf_probe_read_kernel(&handler, sizeof(handler), action))
		return false;
	return handler != 0;
}

/*
 * Signals that the kernel itself made up (SEND_SIG_PRIV). SIGKILL comes from the hard limit of CPU time, if there is
 * one; when memory ran out the exit record says so by itself.
 */
static __always_inline __u32 cause_of_made_up(__u32 signal, struct task_struct *target)
{
	switch (signal) {
	case SIGHUP:
	case SIGINT:
	case SIGQUIT:
		return BLAME_TERMINAL;
	case SIGALRM:
	case SIGVTALRM:
	case SIGPROF:
		return BLAME_TIMER;
	case SIGXCPU:
		return BLAME_RLIMIT;
	case SIGKILL:
		return to_follow(target)->signal->rlim[RLIMIT_CPU].rlim_max == RLIM_INFINITY ? BLAME_OTHER : BLAME_RLIMIT;
	}
	return BLAME_OTHER;
}

/*
 * Whether `current` sent it, or why the kernel did. `info` must not be dereferenced: it can be 0 (the kernel on behalf
 * of `current`: SIGPIPE, the parent-death signal, SIGXFSZ) or 1 (SEND_SIG_PRIV), and a load from there has no handler.
 */
static __always_inline __u32 cause_of(__u32 signal, struct kernel_siginfo *info, struct task_struct *target)
{
	unsigned long address = (unsigned long)info;
	int code = 0;

	if (address == 1)
		return cause_of_made_up(signal, target);
	/*
	 * Not compared with 0, and hidden from the compiler, which would: the verifier takes such an argument for a
	 * pointer that is never null and would remove what follows.
	 */
	asm volatile("" : "+r"(address));
	if (address < 2)
		return signal == SIGXFSZ ? BLAME_RLIMIT : BLAME_PROCESS;
	bpf_probe_read_kernel(&code, sizeof(code), &info->si_code);
	switch (code) {
	case SI_USER:
	case SI_QUEUE:
	case SI_TKILL:
		return BLAME_PROCESS;
	case SI_TIMER:
		return BLAME_TIMER;
	}
	switch (signal) {
	case SIGILL:
	case SIGTRAP:
	case SIGBUS:
	case SIGFPE:
	case SIGSEGV:
	case SIGSYS:
		return BLAME_FAULT;
	}
	return BLAME_OTHER;
}

static __always_inline void fill_blame(struct blame_record *blame, __u32 signal, __u32 cause)
{
	struct task_struct *sender = (void *)bpf_get_current_task();

	__builtin_memset(blame, 0, sizeof(*blame));
	blame->signal = signal;
	blame->cause = cause;
	if (cause != BLAME_PROCESS)
		return;
	sender = BPF_CORE_READ(sender, group_leader);
	blame->start_ns = BPF_CORE_READ(sender, start_boottime);
	blame->pid = read_pid(sender);
	bpf_core_read(blame->comm, sizeof(blame->comm), &sender->comm);
}

#endif
