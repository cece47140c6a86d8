//! Bytes of the kernel side to events. Nothing in the bytes is trusted: a length that does not fit makes the record
//! malformed, which is counted, and never a panic.

use std::sync::Arc;

use super::layout::{
    EXEC_ARGV_UNREADABLE, EXIT_CPU_PARTIAL, ExecRecord, ExitRecord, ForkRecord, RECORD_EXEC, RECORD_EXIT,
    RECORD_FORK, RECORD_SNAPSHOT, RecordHeader, RecordSubject, SUBJECT_KERNEL_THREAD, SUBJECT_SELF,
    SUBJECT_ZOMBIE, SnapshotRecord, read,
};
use crate::model::event::{
    Comm, Event, Exec, Exit, Fork, Image, Kind, ProcessId, Snapshot, Subject, Uids, WaitStatus, What,
};

/// The bytes are no record of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// One record of the snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotEntry {
    /// When the kernel came to this process, boot clock.
    pub time_ns: u64,
    /// The process; its image is not known to the kernel side.
    pub snapshot: Snapshot,
    /// The process is the one that reads the snapshot: proctop.
    pub is_self: bool,
}

/// The size of a record of the snapshot, in bytes.
pub const SNAPSHOT_BYTES: usize = size_of::<SnapshotRecord>();

/// Decodes one record of the ring. `page_bytes` is the machine's page size.
///
/// # Errors
/// [`Malformed`] when the bytes are too few for what they claim to be, or claim to be nothing that is known.
pub fn decode(bytes: &[u8], page_bytes: u64) -> Result<(Kind, Event), Malformed> {
    let header: RecordHeader = read(bytes).ok_or(Malformed)?;
    let (kind, what) = match header.kind {
        RECORD_FORK => (Kind::Fork, What::Fork(fork(bytes)?)),
        RECORD_EXEC => (Kind::Exec, What::Exec(exec(bytes)?)),
        RECORD_EXIT => (Kind::Exit, What::Exit(exit(bytes, page_bytes)?)),
        _ => return Err(Malformed),
    };
    Ok((kind, Event { time_ns: header.time_ns, what }))
}

/// Decodes one record of the snapshot.
///
/// # Errors
/// [`Malformed`] as for [`decode`].
pub fn decode_snapshot(bytes: &[u8]) -> Result<SnapshotEntry, Malformed> {
    let record: SnapshotRecord = read(bytes).ok_or(Malformed)?;
    if record.header.kind != RECORD_SNAPSHOT {
        return Err(Malformed);
    }
    let flags = record.subject.flags;
    Ok(SnapshotEntry {
        time_ns: record.header.time_ns,
        snapshot: Snapshot {
            subject: subject(&record.subject),
            zombie: flags & SUBJECT_ZOMBIE != 0,
            image: None,
        },
        is_self: flags & SUBJECT_SELF != 0,
    })
}

fn subject(record: &RecordSubject) -> Subject {
    // Pid 0 is the idle task: the parent of init and of kthreadd, and no process.
    let parent = (record.parent_pid != 0).then(|| ProcessId::new(record.parent_pid, record.parent_start_ns));
    Subject {
        id: ProcessId::new(record.pid, record.start_ns),
        parent,
        comm: Comm::from_bytes(&record.comm),
        uids: Uids { effective: record.euid, real: record.ruid },
        cgroup_id: record.cgroup_id,
        kernel_thread: record.flags & SUBJECT_KERNEL_THREAD != 0,
    }
}

fn fork(bytes: &[u8]) -> Result<Fork, Malformed> {
    let record: ForkRecord = read(bytes).ok_or(Malformed)?;
    let forked_by =
        (record.forked_by_pid != 0).then(|| ProcessId::new(record.forked_by_pid, record.forked_by_start_ns));
    Ok(Fork { subject: subject(&record.subject), forked_by })
}

fn exec(bytes: &[u8]) -> Result<Exec, Malformed> {
    let record: ExecRecord = read(bytes).ok_or(Malformed)?;
    let texts = bytes.get(size_of::<ExecRecord>()..).ok_or(Malformed)?;
    let (filename, rest) = texts.split_at_checked(size(record.filename_bytes)?).ok_or(Malformed)?;
    let argv = rest.get(..size(record.argv_bytes)?).ok_or(Malformed)?;
    let subject = subject(&record.subject);
    let image = Image {
        filename: filename.strip_suffix(&[0]).unwrap_or(filename).into(),
        argv: argv.into(),
        argv_truncated_bytes: record.argv_cut,
        argv_unreadable: record.flags & EXEC_ARGV_UNREADABLE != 0,
    };
    Ok(Exec {
        by_thread: (record.old_tid != subject.id.pid).then_some(record.old_tid),
        subject,
        image: Arc::new(image),
    })
}

fn exit(bytes: &[u8], page_bytes: u64) -> Result<Exit, Malformed> {
    let record: ExitRecord = read(bytes).ok_or(Malformed)?;
    let (cpu_user_ns, cpu_system_ns) = split_cpu(record.runtime_ns, record.utime_ns, record.stime_ns);
    Ok(Exit {
        subject: subject(&record.subject),
        status: WaitStatus(record.status & 0xffff),
        cpu_ns: record.runtime_ns,
        cpu_user_ns,
        cpu_system_ns,
        cpu_partial: record.flags & EXIT_CPU_PARTIAL != 0,
        max_rss_bytes: record.max_rss_pages.saturating_mul(page_bytes),
    })
}

/// The precise total, split in the ratio of what the ticks have seen, as `wait4` does (`cputime_adjust` in
/// kernel/sched/cputime.c): without a tick in the kernel all is user time, and the reverse.
fn split_cpu(total: u64, user_ticks: u64, system_ticks: u64) -> (u64, u64) {
    let ticks = u128::from(user_ticks) + u128::from(system_ticks);
    if system_ticks == 0 {
        return (total, 0);
    }
    let system = u128::from(total) * u128::from(system_ticks) / ticks;
    let system = u64::try_from(system).unwrap_or(total).min(total);
    (total - system, system)
}

fn size(bytes: u32) -> Result<usize, Malformed> {
    usize::try_from(bytes).map_err(|_| Malformed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn header(kind: u32) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend(77u64.to_ne_bytes());
        bytes.extend(1u64.to_ne_bytes());
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(0u32.to_ne_bytes());
        bytes
    }

    fn with_subject(kind: u32) -> Vec<u8> {
        let mut bytes = header(kind);
        for word in [100u64, 50, 9] {
            bytes.extend(word.to_ne_bytes());
        }
        for word in [42u32, 7, 1000, 1001, 0, 0] {
            bytes.extend(word.to_ne_bytes());
        }
        bytes.extend(*b"cc1\0\0\0\0\0\0\0\0\0\0\0\0\0");
        bytes
    }

    fn exec_bytes(filename: &[u8], argv: &[u8], claimed: (u32, u32)) -> Vec<u8> {
        let mut bytes = with_subject(RECORD_EXEC);
        bytes.extend(5u64.to_ne_bytes());
        for word in [42u32, claimed.0, claimed.1, 0] {
            bytes.extend(word.to_ne_bytes());
        }
        bytes.extend(filename);
        bytes.extend(argv);
        bytes
    }

    #[test]
    fn an_exec_is_read_whole() {
        let (kind, event) = decode(&exec_bytes(b"/bin/x\0", b"x\0-y\0", (7, 5)), 4096).expect("well-formed");
        assert_eq!((kind, event.time_ns), (Kind::Exec, 77));
        let What::Exec(exec) = event.what else { panic!("{event:?}") };
        assert_eq!(exec.subject.id, ProcessId::new(42, 100));
        assert_eq!(exec.subject.parent, Some(ProcessId::new(7, 50)));
        assert_eq!(exec.subject.uids, Uids { effective: 1000, real: 1001 });
        assert_eq!((&*exec.image.filename, &*exec.image.argv), (&b"/bin/x"[..], &b"x\0-y\0"[..]));
        assert_eq!((exec.image.argv_truncated_bytes, exec.by_thread), (5, None));
    }

    #[test]
    fn lengths_that_lie_are_malformed() {
        for claimed in [(8, 5), (7, 6), (u32::MAX, 5), (7, u32::MAX), (u32::MAX, u32::MAX)] {
            assert_eq!(decode(&exec_bytes(b"/bin/x\0", b"x\0-y\0", claimed), 4096), Err(Malformed));
        }
        let whole = exec_bytes(b"", b"", (0, 0));
        for cut in 0..whole.len() {
            assert_eq!(decode(&whole[..cut], 4096), Err(Malformed), "cut at {cut}");
        }
    }

    #[test]
    fn cpu_time_is_split_as_wait4_does() {
        assert_eq!(split_cpu(100, 0, 0), (100, 0));
        assert_eq!(split_cpu(100, 10, 0), (100, 0));
        assert_eq!(split_cpu(100, 0, 10), (0, 100));
        assert_eq!(split_cpu(100, 30, 10), (75, 25));
        assert_eq!(split_cpu(u64::MAX, u64::MAX, u64::MAX).1, u64::MAX / 2);
    }

    proptest! {
        #[test]
        fn hostile_bytes_do_not_panic(kind in 0u32..6, tail in prop::collection::vec(any::<u8>(), 0..400)) {
            let mut bytes = header(kind);
            bytes.extend(tail);
            let _ = decode(&bytes, u64::MAX);
            let _ = decode_snapshot(&bytes);
            let _ = decode(bytes.get(24..).unwrap_or_default(), 4096);
        }
    }
}
