// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * What proctop's programs are measured against, at the same tracepoints: programs that do nothing (what being called
 * costs, and reading the clock for the kernel's statistics), and programs that reserve a record of the same size and
 * submit it as it is (what handing over costs at least).
 *
 * The loader takes those whose names begin with `empty_` or with `floor_`.
 */
#include "../../src/bpf/kernel.h"

#include <bpf/bpf_helpers.h>

#include "../../src/bpf/proctop.h"

/* A command line as those of compilers are, with the name of the program and the directory. */
#define EXEC_TEXT_BYTES 1152

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* It takes a whole storm, and so needs no reader. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024 * 1024);
} floor_records SEC(".maps");

static __always_inline int submit(__u64 bytes)
{
	void *record = bpf_ringbuf_reserve(&floor_records, bytes, 0);

	if (record)
		bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
	return 0;
}

SEC("tp_btf/sched_process_fork")
int empty_fork(void *ctx)
{
	return 0;
}

SEC("tp_btf/sched_process_exec")
int empty_exec(void *ctx)
{
	return 0;
}

SEC("tp_btf/sched_process_exit")
int empty_exit(void *ctx)
{
	return 0;
}

SEC("tp_btf/signal_generate")
int empty_signal(void *ctx)
{
	return 0;
}

SEC("tp_btf/task_rename")
int empty_rename(void *ctx)
{
	return 0;
}

SEC("tp_btf/sched_process_fork")
int floor_fork(void *ctx)
{
	return submit(sizeof(struct fork_record));
}

SEC("tp_btf/sched_process_exec")
int floor_exec(void *ctx)
{
	return submit(sizeof(struct exec_record) + EXEC_TEXT_BYTES);
}

SEC("tp_btf/sched_process_exit")
int floor_exit(void *ctx)
{
	return submit(sizeof(struct exit_record));
}
