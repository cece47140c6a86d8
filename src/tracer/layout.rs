//! The records of the kernel side as Rust types, generated from `src/bpf/proctop.h` at build time, and how to read
//! one out of bytes.

use std::mem::{offset_of, size_of};

#[allow(missing_docs, clippy::all, dead_code, non_camel_case_types)]
mod skeleton {
    include!(concat!(env!("OUT_DIR"), "/proctop.skel.rs"));
}

pub(super) use skeleton::types::{
    exec_record as ExecRecord, exit_record as ExitRecord, fork_record as ForkRecord,
    record_counter as RecordCounter, record_header as RecordHeader, record_subject as RecordSubject,
    snapshot_record as SnapshotRecord,
};
pub(super) use skeleton::{OpenProctopSkel, ProctopSkel, ProctopSkelBuilder};

/// `enum record_kind` of `proctop.h`.
pub(super) const RECORD_FORK: u32 = 0;
pub(super) const RECORD_EXEC: u32 = 1;
pub(super) const RECORD_EXIT: u32 = 2;
pub(super) const RECORD_SNAPSHOT: u32 = 3;

/// `enum subject_flag`, `enum exec_flag` and `enum exit_flag` of `proctop.h`.
pub(super) const SUBJECT_KERNEL_THREAD: u32 = 1;
pub(super) const SUBJECT_ZOMBIE: u32 = 2;
pub(super) const SUBJECT_SELF: u32 = 4;
pub(super) const EXEC_ARGV_UNREADABLE: u32 = 1;
pub(super) const EXIT_CPU_PARTIAL: u32 = 1;

// A layout that changes in `proctop.h` and not here ends the build.
const _: () = {
    assert!(size_of::<RecordHeader>() == 24);
    assert!(offset_of!(RecordHeader, sequence) == 8 && offset_of!(RecordHeader, kind) == 16);
    assert!(size_of::<RecordSubject>() == 64);
    assert!(offset_of!(RecordSubject, pid) == 24 && offset_of!(RecordSubject, comm) == 48);
    assert!(size_of::<ForkRecord>() == 104 && offset_of!(ForkRecord, forked_by_pid) == 96);
    assert!(size_of::<ExecRecord>() == 112 && offset_of!(ExecRecord, old_tid) == 96);
    assert!(offset_of!(ExecRecord, filename_bytes) == 100 && offset_of!(ExecRecord, argv_bytes) == 104);
    assert!(size_of::<ExitRecord>() == 128 && offset_of!(ExitRecord, status) == 120);
    assert!(offset_of!(ExitRecord, runtime_ns) == 88 && offset_of!(ExitRecord, max_rss_pages) == 112);
    assert!(size_of::<SnapshotRecord>() == 88);
    assert!(size_of::<RecordCounter>() == 16 && offset_of!(RecordCounter, dropped) == 8);
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
unsafe impl Record for SnapshotRecord {}
// SAFETY: as above.
unsafe impl Record for RecordCounter {}

/// Reads a record from the beginning of `bytes`; `None` where there are too few.
pub(super) fn read<R: Record>(bytes: &[u8]) -> Option<R> {
    let exact = bytes.get(..size_of::<R>())?;
    // SAFETY: the slice holds as many bytes as the type has, any bytes are a value of it (`Record`), and an unaligned
    // read asks nothing of the address.
    Some(unsafe { exact.as_ptr().cast::<R>().read_unaligned() })
}
