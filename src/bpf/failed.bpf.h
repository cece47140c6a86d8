/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Failed execs. Attached only while they are wanted, since the system-call tracepoint costs every system call of the
 * machine some nanoseconds; fexit on the two calls alone costs nothing elsewhere, but not every kernel can do it.
 */
#ifndef PROCTOP_FAILED_H
#define PROCTOP_FAILED_H

/* Set before load: the numbers of the two calls on this machine. */
const volatile __u32 execve_number = 0;
const volatile __u32 execveat_number = 0;

struct failed_scratch {
	struct exec_failed_record record;
	__u8 filename[FILENAME_BYTES];
};

/* Two entries for each CPU, one for each of the two calls. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	/* Replaced before load by twice the number of possible CPUs. */
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct failed_scratch);
} failed_scratches SEC(".maps");

/* The registers of the two architectures, as far as they are read. */
struct pt_regs___on_x86 {
	unsigned long orig_ax;
	unsigned long di;
	unsigned long si;
} __attribute__((preserve_access_index));

struct pt_regs___on_arm64 {
	__u64 regs[31];
	__u64 orig_x0;
	__s32 syscallno;
} __attribute__((preserve_access_index));

static __always_inline __u32 syscall_number(void *registers)
{
	struct pt_regs___on_x86 *x86 = registers;
	struct pt_regs___on_arm64 *arm64 = registers;

	if (bpf_core_field_exists(x86->orig_ax))
		return BPF_CORE_READ(x86, orig_ax);
	if (bpf_core_field_exists(arm64->syscallno))
		return BPF_CORE_READ(arm64, syscallno);
	return 0;
}

/* The file name is the first argument of execve and the second one of execveat. */
static __always_inline const void *filename_of(void *registers, bool is_at)
{
	struct pt_regs___on_x86 *x86 = registers;
	struct pt_regs___on_arm64 *arm64 = registers;

	if (bpf_core_field_exists(x86->orig_ax))
		return (void *)(is_at ? BPF_CORE_READ(x86, si) : BPF_CORE_READ(x86, di));
	if (bpf_core_field_exists(arm64->syscallno))
		return (void *)(is_at ? BPF_CORE_READ(arm64, regs[1]) : BPF_CORE_READ(arm64, orig_x0));
	return 0;
}

/* `current` as a pointer that may only be read through: the typed one needs Linux 5.11. */
static __always_inline void tell_failed(void *registers, bool is_at, long result)
{
	struct task_struct *leader = BPF_CORE_READ((struct task_struct *)bpf_get_current_task(), group_leader);
	struct record_counter *counter = counter_of(RECORD_EXEC_FAILED);
	__u32 place = 2 * bpf_get_smp_processor_id() + is_at;
	struct exec_failed_record *record;
	struct failed_scratch *scratch;
	long bytes;

	if (!counter)
		return;
	/* Atomic: this kind has two programs where fexit works, and from 7.0 on they can preempt each other. */
	__sync_fetch_and_add(&counter->attempted, 1);
	scratch = bpf_map_lookup_elem(&failed_scratches, &place);
	if (!scratch) {
		__sync_fetch_and_add(&counter->dropped, 1);
		return;
	}
	record = &scratch->record;
	set_header(&record->header, RECORD_EXEC_FAILED, bpf_ktime_get_boot_ns());
	record->start_ns = BPF_CORE_READ(leader, start_boottime);
	record->pid = read_pid(leader);
	record->error = -result;
	record->reserved = 0;
	bpf_core_read(record->comm, sizeof(record->comm), &leader->comm);
	bytes = bpf_probe_read_user_str(scratch->filename, FILENAME_BYTES, filename_of(registers, is_at));
	if (bytes < 0 || bytes > FILENAME_BYTES)
		bytes = 0;
	record->filename_bytes = bytes;
	if (!output(record, sizeof(*record) + bytes))
		__sync_fetch_and_add(&counter->dropped, 1);
}

/* TS_COMPAT of arch/x86/include/asm/thread_info.h and TIF_32BIT of arch/arm64/include/asm/thread_info.h */
#define TS_COMPAT 2
#define TIF_32BIT 22

/* 32-bit programs number the system calls otherwise: theirs would be taken for others. */
static __always_inline bool is_32_bit(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	if (bpf_core_field_exists(struct thread_info, status))
		return BPF_CORE_READ(task, thread_info.status) & TS_COMPAT;
	return BPF_CORE_READ(task, thread_info.flags) >> TIF_32BIT & 1;
}

SEC("tp_btf/sys_exit")
int on_system_call(unsigned long long *ctx)
{
	long result = ctx[1];
	__u32 number;

	if (result >= 0)
		return 0;
	number = syscall_number((void *)ctx[0]);
	if ((number == execve_number || number == execveat_number) && !is_32_bit())
		tell_failed((void *)ctx[0], number == execveat_number, result);
	return 0;
}

/* Their targets are named after the architecture: set before load. */
SEC("?fexit")
int on_execve_return(unsigned long long *ctx)
{
	long result = ctx[1];

	if (result < 0)
		tell_failed((void *)ctx[0], false, result);
	return 0;
}

SEC("?fexit")
int on_execveat_return(unsigned long long *ctx)
{
	long result = ctx[1];

	if (result < 0)
		tell_failed((void *)ctx[0], true, result);
	return 0;
}

#endif
