//! Bytes of the kernel side to events. Nothing in the bytes is trusted: a length that does not fit makes the record
//! malformed, which is counted, and never a panic.

use std::sync::Arc;

use super::layout::{
    BLAME_FAULT, BLAME_PROCESS, BLAME_RLIMIT, BLAME_TERMINAL, BLAME_TIMER, BlameRecord, CGROUP_PATH_CUT,
    CgroupRecord, EXEC_ARGV_UNREADABLE, EXEC_CWD_CUT, EXEC_CWD_DELETED, EXIT_BLAMED, EXIT_COSTS_PARTIAL,
    EXIT_OOM, ExecFailedRecord, ExecRecord, ExitRecord, ForkRecord, RECORD_CGROUP, RECORD_EXEC,
    RECORD_EXEC_FAILED, RECORD_EXIT, RECORD_FORK, RECORD_RENAME, RECORD_SNAPSHOT, RECORD_THREAD_END,
    RECORD_THREAD_START, RecordCosts, RecordHeader, RecordSession, RecordSubject, RenameRecord,
    SUBJECT_KERNEL_THREAD, SUBJECT_OUTSIDE, SUBJECT_SELF, SUBJECT_ZOMBIE, SnapshotRecord, ThreadRecord, read,
};
use crate::model::event::{
    Cause, Cgroup, Comm, Directory, Event, Exec, ExecFailed, Exit, Fork, Image, Killer, Kind, ProcessId,
    Rename, Session, Snapshot, Subject, Thread, Uids, Usage, WaitStatus, What,
};

/// The bytes are no record of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// One record of the list of what runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listed {
    /// A process.
    Process(SnapshotEntry),
    /// The path of a cgroup that was not told before.
    Cgroup(Cgroup),
}

/// One process of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotEntry {
    /// When the kernel came to this process, boot clock.
    pub time_ns: u64,
    /// The process; its image is not known to the kernel side.
    pub snapshot: Snapshot,
    /// The process is the one that reads the snapshot: proctop.
    pub is_self: bool,
}

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
        RECORD_EXEC_FAILED => (Kind::ExecFailed, What::ExecFailed(exec_failed(bytes)?)),
        RECORD_RENAME => (Kind::Rename, What::Rename(rename(bytes)?)),
        RECORD_THREAD_START => (Kind::ThreadStart, What::ThreadStart(thread(bytes)?)),
        RECORD_THREAD_END => (Kind::ThreadEnd, What::ThreadEnd(thread(bytes)?)),
        RECORD_CGROUP => (Kind::Cgroup, What::Cgroup(cgroup(bytes)?.0)),
        _ => return Err(Malformed),
    };
    Ok((kind, Event { time_ns: header.time_ns, what }))
}

/// Decodes the first record of a list and tells how many bytes it takes.
///
/// # Errors
/// [`Malformed`] as for [`decode`].
pub fn decode_listed(bytes: &[u8]) -> Result<(Listed, usize), Malformed> {
    let header: RecordHeader = read(bytes).ok_or(Malformed)?;
    match header.kind {
        RECORD_SNAPSHOT => Ok((Listed::Process(snapshot(bytes)?), size_of::<SnapshotRecord>())),
        RECORD_CGROUP => cgroup(bytes).map(|(cgroup, length)| (Listed::Cgroup(cgroup), length)),
        _ => Err(Malformed),
    }
}

fn snapshot(bytes: &[u8]) -> Result<SnapshotEntry, Malformed> {
    let record: SnapshotRecord = read(bytes).ok_or(Malformed)?;
    let flags = record.subject.flags;
    Ok(SnapshotEntry {
        time_ns: record.header.time_ns,
        snapshot: Snapshot {
            subject: subject(&record.subject),
            session: session(&record.session),
            threads: record.threads,
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
        inner_pid: (record.inner_pid != 0).then_some(record.inner_pid),
        outside: record.flags & SUBJECT_OUTSIDE != 0,
    }
}

fn session(record: &RecordSession) -> Session {
    Session { id: record.id, tty: record.tty }
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
    let (cwd, rest) = rest.split_at_checked(size(record.cwd_bytes)?).ok_or(Malformed)?;
    let argv = rest.get(..size(record.argv_bytes)?).ok_or(Malformed)?;
    let cut = record.flags & EXEC_CWD_CUT != 0;
    let image = Image {
        filename: without_nul(filename).into(),
        argv: argv.into(),
        argv_truncated_bytes: record.argv_cut,
        argv_unreadable: record.flags & EXEC_ARGV_UNREADABLE != 0,
        cwd: Some(Directory { path: path_of(cwd, cut), deleted: record.flags & EXEC_CWD_DELETED != 0, cut }),
    };
    Ok(Exec {
        subject: subject(&record.subject),
        by_thread: (record.old_tid != 0).then_some(record.old_tid),
        session: session(&record.session),
        image: Arc::new(image),
    })
}

/// Names from the innermost to the outermost, each with its NUL, to a path; `cut` when the beginning is missing.
fn path_of(names: &[u8], cut: bool) -> Box<[u8]> {
    let mut path = Vec::with_capacity(names.len().max(1));
    let ended = names.strip_suffix(&[0]).unwrap_or(names);
    let names = ended.rsplit(|&byte| byte == 0).filter(|name| !name.is_empty());
    for (index, name) in names.enumerate() {
        if index > 0 || !cut {
            path.push(b'/');
        }
        path.extend_from_slice(name);
    }
    if path.is_empty() && !cut {
        path.push(b'/');
    }
    path.into()
}

fn exit(bytes: &[u8], page_bytes: u64) -> Result<Exit, Malformed> {
    let record: ExitRecord = read(bytes).ok_or(Malformed)?;
    let costs = &record.costs;
    let (cpu_user_ns, cpu_system_ns) = split_cpu(costs.runtime_ns, costs.utime_ns, costs.stime_ns);
    let status = WaitStatus(record.status & 0xffff);
    Ok(Exit {
        subject: subject(&record.subject),
        status,
        cpu_ns: costs.runtime_ns,
        cpu_user_ns,
        cpu_system_ns,
        cpu_partial: record.flags & EXIT_COSTS_PARTIAL != 0,
        max_rss_bytes: record.max_rss_pages.saturating_mul(page_bytes),
        usage: usage(costs, record.threads),
        killed_by: killed_by(&record, status, bytes)?,
    })
}

fn usage(costs: &RecordCosts, threads: u32) -> Usage {
    Usage {
        minor_faults: costs.minor_faults,
        major_faults: costs.major_faults,
        voluntary_switches: costs.voluntary_switches,
        involuntary_switches: costs.involuntary_switches,
        read_bytes: costs.read_bytes,
        written_bytes: costs.written_bytes,
        storage_read_bytes: costs.storage_read_bytes,
        storage_written_bytes: costs.storage_written_bytes,
        threads,
    }
}

/// That memory ran out is known from the process itself, and is the answer where it died by SIGKILL.
fn killed_by(record: &ExitRecord, status: WaitStatus, bytes: &[u8]) -> Result<Option<Killer>, Malformed> {
    const SIGKILL: u8 = 9;
    if status.signal() == Some(SIGKILL) && record.flags & EXIT_OOM != 0 {
        return Ok(Some(Killer::Kernel(Cause::Oom)));
    }
    if record.flags & EXIT_BLAMED == 0 {
        return Ok(None);
    }
    let blame: BlameRecord = bytes.get(size_of::<ExitRecord>()..).and_then(read).ok_or(Malformed)?;
    Ok(Some(match blame.cause {
        BLAME_PROCESS => Killer::Process {
            id: ProcessId::new(blame.pid, blame.start_ns),
            comm: Comm::from_bytes(&blame.comm),
        },
        BLAME_FAULT => Killer::Kernel(Cause::Fault),
        BLAME_TERMINAL => Killer::Kernel(Cause::Terminal),
        BLAME_TIMER => Killer::Kernel(Cause::Timer),
        BLAME_RLIMIT => Killer::Kernel(Cause::Rlimit),
        _ => Killer::Kernel(Cause::Other),
    }))
}

fn exec_failed(bytes: &[u8]) -> Result<ExecFailed, Malformed> {
    let record: ExecFailedRecord = read(bytes).ok_or(Malformed)?;
    let text = bytes.get(size_of::<ExecFailedRecord>()..).ok_or(Malformed)?;
    let filename = text.get(..size(record.filename_bytes)?).ok_or(Malformed)?;
    Ok(ExecFailed {
        id: ProcessId::new(record.pid, record.start_ns),
        comm: Comm::from_bytes(&record.comm),
        error: record.error,
        filename: without_nul(filename).into(),
    })
}

fn rename(bytes: &[u8]) -> Result<Rename, Malformed> {
    let record: RenameRecord = read(bytes).ok_or(Malformed)?;
    Ok(Rename { subject: subject(&record.subject), to: Comm::from_bytes(&record.to) })
}

fn thread(bytes: &[u8]) -> Result<Thread, Malformed> {
    let record: ThreadRecord = read(bytes).ok_or(Malformed)?;
    Ok(Thread {
        of: ProcessId::new(record.pid, record.start_ns),
        tid: record.tid,
        comm: Comm::from_bytes(&record.comm),
        start_ns: record.thread_start_ns,
        cpu_ns: record.runtime_ns,
    })
}

/// A cgroup's path, and how many bytes the record takes.
fn cgroup(bytes: &[u8]) -> Result<(Cgroup, usize), Malformed> {
    let record: CgroupRecord = read(bytes).ok_or(Malformed)?;
    let length = size_of::<CgroupRecord>().checked_add(size(record.path_bytes)?).ok_or(Malformed)?;
    let names = bytes.get(size_of::<CgroupRecord>()..length).ok_or(Malformed)?;
    let cut = record.flags & CGROUP_PATH_CUT != 0;
    Ok((Cgroup { id: record.id, path: path_of(names, cut), cut }, length))
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

fn without_nul(text: &[u8]) -> &[u8] {
    text.strip_suffix(&[0]).unwrap_or(text)
}

#[cfg(test)]
mod tests;
