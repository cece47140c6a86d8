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
/* The most of a path that is handed over, in bytes with one NUL for each component; the rest is cut and marked. */
#define PATH_BYTES 4096
/* The most components of a path that are walked. */
#define PATH_DEPTH 64
/* How many threads of a dying group are visited to sum their CPU time; more sets EXIT_CPU_PARTIAL. */
#define THREADS_WALKED 128
/* The longest record of a lane: an exit with who caused it. A multiple of 8. */
#define LANE_RECORD_BYTES 256

enum record_kind {
	RECORD_FORK = 0,
	RECORD_EXEC = 1,
	RECORD_EXIT = 2,
	RECORD_EXEC_FAILED = 3,
	RECORD_RENAME = 4,
	RECORD_THREAD_START = 5,
	RECORD_THREAD_END = 6,
	RECORD_CGROUP = 7,
	RECORD_KINDS = 8,
	/* Only in the list of what runs, never in the ring. */
	RECORD_SNAPSHOT = 8,
};

enum subject_flag {
	SUBJECT_KERNEL_THREAD = 1,
	/* Snapshot only: all threads have ended, nobody has reaped it. */
	SUBJECT_ZOMBIE = 2,
	/* Snapshot only: this is the process that reads the snapshot. */
	SUBJECT_SELF = 4,
	/* proctop runs in a pid namespace and this process has no pid there: the pid is the initial namespace's. */
	SUBJECT_OUTSIDE = 8,
};

enum exec_flag {
	EXEC_ARGV_UNREADABLE = 1,
	/* The working directory was deleted. */
	EXEC_CWD_DELETED = 2,
	/* The working directory lies deeper or its path is longer than is walked; the part at the root is missing. */
	EXEC_CWD_CUT = 4,
};

enum exit_flag {
	/* There were more threads than are walked: the sums are lower bounds. */
	EXIT_COSTS_PARTIAL = 1,
	/* A `blame_record` follows. */
	EXIT_BLAMED = 2,
	/* The kernel chose this process when memory ran out. */
	EXIT_OOM = 4,
};

/* Who ended a process. Values above BLAME_PROCESS: the kernel did, for this reason. */
enum blame_cause {
	BLAME_PROCESS = 0,
	BLAME_FAULT = 1,
	BLAME_TERMINAL = 2,
	BLAME_TIMER = 3,
	BLAME_RLIMIT = 4,
	BLAME_OTHER = 5,
};

enum cgroup_flag {
	/* The path is deeper or longer than is walked; the part at the root is missing. */
	CGROUP_PATH_CUT = 1,
};

struct record_header {
	__u64 time_ns;
	__u32 kind;
	/* The size of the whole record, where it lies in a lane; in the ring, which knows it by itself, 0. */
	__u32 bytes;
};

/* In front of a lane's records: bytes ever, of the writer and of the reader, each on a cache line of its own. */
struct lane_head {
	__u64 produced;
	__u64 unused[7];
	__u64 consumed;
	__u64 unused_too[7];
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
	/* The pid in the process's own pid namespace, where that is not the one that `pid` is from; else 0. */
	__u32 inner_pid;
	__u8 comm[COMM_BYTES];
};

/* To which session a process belongs. */
struct record_session {
	__u32 id;
	/* Its controlling terminal as (major << 20 | minor); 0: none. */
	__u32 tty;
};

struct fork_record {
	struct record_header header;
	struct record_subject subject;
	/* The caller, where it is not the parent (CLONE_PARENT); else 0. */
	__u64 forked_by_start_ns;
	__u32 forked_by_pid;
	__u32 reserved;
};

/*
 * filename (with its NUL), cwd and argv follow the fixed part, in this order. The cwd is a list of names, each with its
 * NUL, from the directory itself up to the root; none at all is the root.
 */
struct exec_record {
	struct record_header header;
	struct record_subject subject;
	struct record_session session;
	__u64 argv_cut;
	/* The thread that called exec, where that was not the leader; else 0. */
	__u32 old_tid;
	__u32 filename_bytes;
	__u32 cwd_bytes;
	__u32 argv_bytes;
	__u32 flags;
	__u32 reserved;
};

/* What all threads of a group have used together. Bytes: through system calls, and from and to storage. */
struct record_costs {
	__u64 runtime_ns;
	__u64 utime_ns;
	__u64 stime_ns;
	__u64 minor_faults;
	__u64 major_faults;
	__u64 voluntary_switches;
	__u64 involuntary_switches;
	__u64 read_bytes;
	__u64 written_bytes;
	__u64 storage_read_bytes;
	__u64 storage_written_bytes;
};

/* With EXIT_BLAMED a blame_record follows. */
struct exit_record {
	struct record_header header;
	struct record_subject subject;
	struct record_costs costs;
	__u64 max_rss_pages;
	__u32 status;
	__u32 flags;
	/* Threads that the group ever had, its leader among them, as far as was seen. */
	__u32 threads;
	__u32 reserved;
};

/* The sender of the signal by which a process ended; zeros where `cause` is not BLAME_PROCESS. */
struct blame_record {
	__u64 start_ns;
	__u32 pid;
	__u32 signal;
	__u32 cause;
	__u32 reserved;
	__u8 comm[COMM_BYTES];
};

/* An execve that did not succeed. The file name, with its NUL, follows. */
struct exec_failed_record {
	struct record_header header;
	__u64 start_ns;
	__u32 pid;
	/* As errno says it, positive. */
	__u32 error;
	__u32 filename_bytes;
	__u32 reserved;
	__u8 comm[COMM_BYTES];
};

/* A process took another name without an exec: the subject bears the former one. */
struct rename_record {
	struct record_header header;
	struct record_subject subject;
	__u8 to[COMM_BYTES];
};

/* A thread that is not its group's leader began, or one of a group that has or had others ended. */
struct thread_record {
	struct record_header header;
	__u64 start_ns;
	__u64 thread_start_ns;
	__u64 runtime_ns;
	__u32 pid;
	__u32 tid;
	__u8 comm[COMM_BYTES];
};

/* The names from the cgroup up to the root of its hierarchy follow, each with its NUL. */
struct cgroup_record {
	struct record_header header;
	__u64 id;
	__u32 path_bytes;
	__u32 flags;
};

/* One of the list of what runs. */
struct snapshot_record {
	struct record_header header;
	struct record_subject subject;
	struct record_session session;
	/* Its threads now; the status of a zombie as waitpid will report it. */
	__u32 threads;
	__u32 status;
};

struct record_counter {
	__u64 attempted;
	__u64 dropped;
};

/* Of one CPU. */
struct record_counters {
	struct record_counter kinds[RECORD_KINDS];
};

#endif
