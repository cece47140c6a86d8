//! The records of the kernel side as Rust types, generated from `src/bpf/proctop.h` at build time, and how to read
//! one out of bytes.

use std::mem::{offset_of, size_of};

#[allow(missing_docs, clippy::all, dead_code, non_camel_case_types)]
mod skeleton {
    include!(concat!(env!("OUT_DIR"), "/proctop.skel.rs"));
}

pub(super) use skeleton::types::{
    blame_record as BlameRecord, cgroup_record as CgroupRecord, exec_failed_record as ExecFailedRecord,
    exec_record as ExecRecord, exit_record as ExitRecord, fork_record as ForkRecord, lane_head as LaneHead,
    record_costs as RecordCosts, record_counters as RecordCounters, record_header as RecordHeader,
    record_session as RecordSession, record_subject as RecordSubject, rename_record as RenameRecord,
    snapshot_record as SnapshotRecord, thread_record as ThreadRecord,
};
pub(super) use skeleton::{OpenProctopSkel, ProctopSkel, ProctopSkelBuilder};

/// `enum record_kind` of `proctop.h`.
pub(super) const RECORD_FORK: u32 = 0;
pub(super) const RECORD_EXEC: u32 = 1;
pub(super) const RECORD_EXIT: u32 = 2;
pub(super) const RECORD_EXEC_FAILED: u32 = 3;
pub(super) const RECORD_RENAME: u32 = 4;
pub(super) const RECORD_THREAD_START: u32 = 5;
pub(super) const RECORD_THREAD_END: u32 = 6;
pub(super) const RECORD_CGROUP: u32 = 7;
pub(super) const RECORD_SNAPSHOT: u32 = 8;

/// `enum subject_flag`, `enum exec_flag`, `enum exit_flag` and `enum cgroup_flag` of `proctop.h`.
pub(super) const SUBJECT_KERNEL_THREAD: u32 = 1;
pub(super) const SUBJECT_ZOMBIE: u32 = 2;
pub(super) const SUBJECT_SELF: u32 = 4;
pub(super) const SUBJECT_OUTSIDE: u32 = 8;
pub(super) const EXEC_ARGV_UNREADABLE: u32 = 1;
pub(super) const EXEC_CWD_DELETED: u32 = 2;
pub(super) const EXEC_CWD_CUT: u32 = 4;
pub(super) const EXIT_COSTS_PARTIAL: u32 = 1;
pub(super) const EXIT_BLAMED: u32 = 2;
pub(super) const EXIT_OOM: u32 = 4;
pub(super) const CGROUP_PATH_CUT: u32 = 1;

/// `LANE_RECORD_BYTES` of `proctop.h`.
pub(super) const LANE_RECORD_BYTES: u32 = 256;

/// `enum blame_cause` of `proctop.h`.
pub(super) const BLAME_PROCESS: u32 = 0;
pub(super) const BLAME_FAULT: u32 = 1;
pub(super) const BLAME_TERMINAL: u32 = 2;
pub(super) const BLAME_TIMER: u32 = 3;
pub(super) const BLAME_RLIMIT: u32 = 4;

// A layout that changes in `proctop.h` and not here ends the build.
const _: () = {
    assert!(size_of::<RecordHeader>() == 16 && offset_of!(RecordHeader, kind) == 8);
    assert!(offset_of!(RecordHeader, bytes) == 12);
    assert!(size_of::<LaneHead>() == 128 && offset_of!(LaneHead, consumed) == 64);
    assert!(size_of::<ExitRecord>() + size_of::<BlameRecord>() <= LANE_RECORD_BYTES as usize);
    assert!(size_of::<RecordSubject>() == 64);
    assert!(offset_of!(RecordSubject, pid) == 24 && offset_of!(RecordSubject, comm) == 48);
    assert!(size_of::<RecordSession>() == 8 && offset_of!(RecordSession, tty) == 4);
    assert!(size_of::<ForkRecord>() == 96 && offset_of!(ForkRecord, forked_by_pid) == 88);
    assert!(size_of::<ExecRecord>() == 120 && offset_of!(ExecRecord, old_tid) == 96);
    assert!(offset_of!(ExecRecord, filename_bytes) == 100 && offset_of!(ExecRecord, cwd_bytes) == 104);
    assert!(offset_of!(ExecRecord, argv_bytes) == 108 && offset_of!(ExecRecord, flags) == 112);
    assert!(size_of::<RecordCosts>() == 88 && offset_of!(RecordCosts, storage_written_bytes) == 80);
    assert!(size_of::<ExitRecord>() == 192 && offset_of!(ExitRecord, costs) == 80);
    assert!(offset_of!(ExitRecord, max_rss_pages) == 168 && offset_of!(ExitRecord, threads) == 184);
    assert!(size_of::<BlameRecord>() == 40 && offset_of!(BlameRecord, comm) == 24);
    assert!(size_of::<ExecFailedRecord>() == 56 && offset_of!(ExecFailedRecord, error) == 28);
    assert!(size_of::<RenameRecord>() == 96 && offset_of!(RenameRecord, to) == 80);
    assert!(size_of::<ThreadRecord>() == 64 && offset_of!(ThreadRecord, tid) == 44);
    assert!(size_of::<CgroupRecord>() == 32 && offset_of!(CgroupRecord, path_bytes) == 24);
    assert!(size_of::<SnapshotRecord>() == 96 && offset_of!(SnapshotRecord, threads) == 88);
    assert!(size_of::<RecordCounters>() == 16 * 8);
};

/// A record that may be read out of any bytes of its size.
///
/// # Safety
/// The type is `repr(C)` and made of integers alone, without padding: every bit pattern is a value of it.
pub(super) unsafe trait Record: Copy {}

// SAFETY: generated from C structs of naturally aligned integers; the sizes above leave no room for padding.
unsafe impl Record for RecordHeader {}
// SAFETY: as above.
unsafe impl Record for ForkRecord {}
// SAFETY: as above.
unsafe impl Record for ExecRecord {}
// SAFETY: as above.
unsafe impl Record for ExitRecord {}
// SAFETY: as above.
unsafe impl Record for BlameRecord {}
// SAFETY: as above.
unsafe impl Record for ExecFailedRecord {}
// SAFETY: as above.
unsafe impl Record for RenameRecord {}
// SAFETY: as above.
unsafe impl Record for ThreadRecord {}
// SAFETY: as above.
unsafe impl Record for CgroupRecord {}
// SAFETY: as above.
unsafe impl Record for SnapshotRecord {}

/// Reads a record from the beginning of `bytes`; `None` where there are too few.
pub(super) fn read<R: Record>(bytes: &[u8]) -> Option<R> {
    let exact = bytes.get(..size_of::<R>())?;
    // SAFETY: the slice holds as many bytes as the type has, any bytes are a value of it (`Record`), and an unaligned
    // read asks nothing of the address.
    Some(unsafe { exact.as_ptr().cast::<R>().read_unaligned() })
}
