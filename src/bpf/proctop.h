/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The records that the kernel side hands to the tracer.
 *
 * The Rust side uses types that are generated from these at build time. `src/tracer/layout.rs` pins every size and
 * offset as well: a recording host and a reading host never meet through these bytes, but a silent change of them
 * must break the build and not the user.
 *
 * All members are naturally aligned, without holes. Times: nanoseconds of the boot clock.
 */
#ifndef PROCTOP_H
#define PROCTOP_H

#define COMM_BYTES 16
/* The longest file name that is handed over, its NUL included: PATH_MAX. */
#define FILENAME_BYTES 4096
/* The cap of the arguments of one exec, in bytes; what lies beyond is counted in argv_cut. */
#define ARGV_BYTES 65536
/* How many threads of a dying group are visited to sum their CPU time; more sets EXIT_CPU_PARTIAL. */
#define THREADS_WALKED 128

enum record_kind {
	RECORD_FORK = 0,
	RECORD_EXEC = 1,
	RECORD_EXIT = 2,
	RECORD_KINDS = 3,
	RECORD_SNAPSHOT = 3,
};

enum subject_flag {
	SUBJECT_KERNEL_THREAD = 1,
	/* Snapshot only: all threads have ended, nobody has reaped it. */
	SUBJECT_ZOMBIE = 2,
	/* Snapshot only: this is the process that reads the snapshot. */
	SUBJECT_SELF = 4,
};

enum exec_flag {
	EXEC_ARGV_UNREADABLE = 1,
};

enum exit_flag {
	EXIT_CPU_PARTIAL = 1,
};

struct record_header {
	__u64 time_ns;
	/* The number of this record among those of its kind and CPU, from 1; a gap is where records were dropped. */
	__u64 sequence;
	__u32 kind;
	__u32 cpu;
};

struct record_subject {
	__u64 start_ns;
	__u64 parent_start_ns;
	__u64 cgroup_id;
	__u32 pid;
	__u32 parent_pid;
	__u32 euid;
	__u32 ruid;
	__u32 flags;
	__u32 reserved;
	__u8 comm[COMM_BYTES];
};

struct fork_record {
	struct record_header header;
	struct record_subject subject;
	/* The caller, where it is not the parent (CLONE_PARENT); else 0. */
	__u64 forked_by_start_ns;
	__u32 forked_by_pid;
	__u32 reserved;
};

/* filename (with its NUL) and then argv follow the fixed part. */
struct exec_record {
	struct record_header header;
	struct record_subject subject;
	__u64 argv_cut;
	__u32 old_tid;
	__u32 filename_bytes;
	__u32 argv_bytes;
	__u32 flags;
};

struct exit_record {
	struct record_header header;
	struct record_subject subject;
	__u64 runtime_ns;
	__u64 utime_ns;
	__u64 stime_ns;
	__u64 max_rss_pages;
	__u32 status;
	__u32 flags;
};

struct snapshot_record {
	struct record_header header;
	struct record_subject subject;
};

/* Per CPU and kind. */
struct record_counter {
	__u64 attempted;
	__u64 dropped;
};

#endif
