//! One JSON object per line.
//!
//! A field that does not apply is absent. Text that is not UTF-8 has U+FFFD in it and its bytes, in base64, in a
//! field of the same name with `_b64`; for a list of arguments, `…_b64` lists all of them, so the indices agree.
//! Beside what JSON demands, characters on which a terminal could act are escaped too: a line is safe to look at.
//! An exit carries the `filename` and `argv` of its last image, and its `cwd`, only after a failure.

mod parts;

use std::io;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::{Line, Who, lifetime_ns, name, who};
use crate::model::cgroups::Owner;
use crate::model::changes::Change;
use crate::model::event::{
    Account, Comm, Exec, ExecFailed, Exit, Fork, Image, Lost, ProcessId, Session, Snapshot, Source, Subject,
    Thread, Usage, What,
};
use crate::model::storm::Report;
use crate::text::{Stamps, errno_name, signal_name, tty_name, wall_time};
use parts::{Counts, Id, KilledBy, TerminalSafe, flag, nonzero, text, texts};

/// The version of the names and meanings in the JSON lines, `start`'s `schema`. A change that breaks readers
/// raises it.
pub const SCHEMA: u32 = 1;

/// Makes the JSON line of an event, in a buffer that it uses again.
pub(super) struct JsonLines {
    stamps: Stamps,
    line: Vec<u8>,
}

impl JsonLines {
    pub(super) fn new() -> Self {
        Self { stamps: Stamps::utc(), line: Vec::new() }
    }

    pub(super) fn start(&mut self, source: &Source) -> io::Result<&[u8]> {
        write_line(&mut self.line, &Start(source))
    }

    /// Empty for events that have no line.
    pub(super) fn event(&mut self, line: &Line<'_>) -> io::Result<&[u8]> {
        let Some(name) = name(line) else {
            return Ok(&[]);
        };
        write_line(&mut self.line, &Row { name, time: self.stamps.show(line.wall_ns), line })
    }
}

fn write_line<'a>(line: &'a mut Vec<u8>, value: &impl Serialize) -> io::Result<&'a [u8]> {
    line.clear();
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut *line, TerminalSafe))?;
    line.push(b'\n');
    Ok(line)
}

struct Start<'a>(&'a Source);

impl Serialize for Start<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let source = self.0;
        let started_ns = i64::try_from(source.started_ns).unwrap_or(i64::MAX);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("event", "start")?;
        map.serialize_entry("time", &wall_time(source.wall_offset_ns.saturating_add(started_ns)))?;
        map.serialize_entry("schema", &SCHEMA)?;
        map.serialize_entry("version", &source.proctop)?;
        map.serialize_entry("host", &source.host)?;
        map.serialize_entry("kernel", &source.kernel)?;
        map.serialize_entry("boot_time", &wall_time(source.wall_offset_ns))?;
        if source.cpus > 0 {
            map.serialize_entry("cpus", &source.cpus)?;
        }
        if !source.command.is_empty() {
            texts(&mut map, "command", "command_b64", source.command.iter().map(Vec::as_slice))?;
        }
        map.end()
    }
}

struct Row<'a> {
    name: &'static str,
    time: &'a str,
    line: &'a Line<'a>,
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let line = self.line;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("event", self.name)?;
        map.serialize_entry("time", self.time)?;
        who_fields(&mut map, line)?;
        if let Some(storm) = line.context.storm {
            storm_fields(&mut map, storm)?;
        }
        match (line.context.change, &line.event.what) {
            (Some(change), _) => change_fields(&mut map, &change, line)?,
            (None, What::Snapshot(snapshot)) => snapshot_fields(&mut map, snapshot, line)?,
            (None, What::Fork(fork)) => fork_fields(&mut map, fork)?,
            (None, What::Exec(exec)) => exec_fields(&mut map, exec, line)?,
            (None, What::Exit(exit)) => exit_fields(&mut map, exit, line)?,
            (None, What::ExecFailed(failed)) => failed_fields(&mut map, failed, line)?,
            (None, What::ThreadStart(thread)) => thread_fields(&mut map, thread)?,
            (None, What::ThreadEnd(thread)) => {
                thread_fields(&mut map, thread)?;
                map.serialize_entry("lifetime_ns", &lifetime_ns(line.event, thread.start_ns))?;
                map.serialize_entry("cpu_ns", &thread.cpu_ns)?;
            }
            (None, What::Lost(lost)) => lost_fields(&mut map, lost)?,
            (None, What::End(account)) => account_fields(&mut map, account)?,
            _ => {}
        }
        flag(&mut map, "inferred", line.context.inferred)?;
        map.end()
    }
}

fn who_fields<M: SerializeMap>(map: &mut M, line: &Line<'_>) -> Result<(), M::Error> {
    match who(line) {
        Some(Who::Known(subject)) => subject_fields(map, subject, line),
        Some(Who::Named(id, comm)) => {
            map.serialize_entry("pid", &id.pid)?;
            text(map, "comm", "comm_b64", comm.as_bytes())?;
            map.serialize_entry("start_ns", &id.start_ns)
        }
        None => Ok(()),
    }
}

fn subject_fields<M: SerializeMap>(map: &mut M, subject: &Subject, line: &Line<'_>) -> Result<(), M::Error> {
    map.serialize_entry("pid", &subject.id.pid)?;
    if let Some(parent) = subject.parent {
        map.serialize_entry("ppid", &parent.pid)?;
        map.serialize_entry("ppid_start_ns", &parent.start_ns)?;
    }
    map.serialize_entry("uid", &subject.uids.effective)?;
    if subject.uids.real != subject.uids.effective {
        map.serialize_entry("ruid", &subject.uids.real)?;
    }
    if let Some(user) = line.user {
        map.serialize_entry("user", user)?;
    }
    text(map, "comm", "comm_b64", subject.comm.as_bytes())?;
    map.serialize_entry("start_ns", &subject.id.start_ns)?;
    if let Some(inner) = subject.inner_pid {
        map.serialize_entry("inner_pid", &inner)?;
    }
    flag(map, "outside", subject.outside)?;
    flag(map, "kernel_thread", subject.kernel_thread)
}

fn snapshot_fields<M: SerializeMap>(
    map: &mut M,
    snapshot: &Snapshot,
    line: &Line<'_>,
) -> Result<(), M::Error> {
    flag(map, "zombie", snapshot.zombie)?;
    if let Some(image) = &snapshot.image {
        image_fields(map, image)?;
    }
    session_fields(map, snapshot.session)?;
    nonzero(map, "threads", snapshot.threads.into())?;
    cgroup_fields(map, &snapshot.subject, line)
}

fn fork_fields<M: SerializeMap>(map: &mut M, fork: &Fork) -> Result<(), M::Error> {
    if let Some(ProcessId { pid, start_ns }) = fork.forked_by {
        map.serialize_entry("forked_by", &Id { pid, start_ns })?;
    }
    Ok(())
}

fn exec_fields<M: SerializeMap>(map: &mut M, exec: &Exec, line: &Line<'_>) -> Result<(), M::Error> {
    image_fields(map, &exec.image)?;
    if let Some(thread) = exec.by_thread {
        map.serialize_entry("by_thread", &thread)?;
    }
    nonzero(map, "path_tries", line.context.tries.into())?;
    session_fields(map, exec.session)?;
    cgroup_fields(map, &exec.subject, line)
}

fn session_fields<M: SerializeMap>(map: &mut M, session: Session) -> Result<(), M::Error> {
    nonzero(map, "sid", session.id.into())?;
    match tty_name(session.tty) {
        Some(name) => map.serialize_entry("tty", &name),
        None => Ok(()),
    }
}

fn image_fields<M: SerializeMap>(map: &mut M, image: &Image) -> Result<(), M::Error> {
    if !image.filename.is_empty() {
        text(map, "filename", "filename_b64", &image.filename)?;
    }
    if !image.argv_unreadable || !image.argv.is_empty() {
        texts(map, "argv", "argv_b64", image.args())?;
    }
    flag(map, "argv_unreadable", image.argv_unreadable)?;
    nonzero(map, "argv_truncated_bytes", image.argv_truncated_bytes)?;
    let Some(cwd) = &image.cwd else { return Ok(()) };
    text(map, "cwd", "cwd_b64", &cwd.path)?;
    flag(map, "cwd_deleted", cwd.deleted)?;
    flag(map, "cwd_cut", cwd.cut)
}

fn cgroup_fields<M: SerializeMap>(map: &mut M, subject: &Subject, line: &Line<'_>) -> Result<(), M::Error> {
    nonzero(map, "cgroup_id", subject.cgroup_id)?;
    let Some(path) = line.context.cgroup else { return Ok(()) };
    text(map, "cgroup", "cgroup_b64", &path.bytes)?;
    flag(map, "cgroup_cut", path.cut)?;
    match path.owner() {
        Some(Owner::Container { engine, id }) => {
            map.serialize_entry("container", id)?;
            map.serialize_entry("container_engine", engine)
        }
        Some(Owner::Unit(unit)) => map.serialize_entry("unit", unit),
        None => Ok(()),
    }
}

fn exit_fields<M: SerializeMap>(map: &mut M, exit: &Exit, line: &Line<'_>) -> Result<(), M::Error> {
    if line.context.inferred {
        return Ok(());
    }
    if let Some(signal) = exit.status.signal() {
        map.serialize_entry("signal", &signal_name(signal))?;
        map.serialize_entry("core_dumped", &exit.status.core_dumped())?;
    } else {
        map.serialize_entry("exit_code", &exit.status.code())?;
    }
    map.serialize_entry("lifetime_ns", &lifetime_ns(line.event, exit.subject.id.start_ns))?;
    if let Some(image_ns) = line.context.image_ns {
        map.serialize_entry("image_ns", &image_ns)?;
    }
    nonzero(map, "images", line.context.images.into())?;
    map.serialize_entry("cpu_ns", &exit.cpu_ns)?;
    map.serialize_entry("cpu_user_ns", &exit.cpu_user_ns)?;
    map.serialize_entry("cpu_system_ns", &exit.cpu_system_ns)?;
    flag(map, "cpu_partial", exit.cpu_partial)?;
    // A process with memory of its own has never had none; 0 is a kernel thread's.
    nonzero(map, "max_rss_bytes", exit.max_rss_bytes)?;
    usage_fields(map, &exit.usage)?;
    if let Some(killer) = exit.killed_by {
        map.serialize_entry("killed_by", &KilledBy(killer))?;
    }
    match line.context.image_of(exit) {
        Some(image) => image_fields(map, image),
        _ => Ok(()),
    }
}

fn usage_fields<M: SerializeMap>(map: &mut M, usage: &Usage) -> Result<(), M::Error> {
    nonzero(map, "threads", usage.threads.into())?;
    map.serialize_entry("minor_faults", &usage.minor_faults)?;
    map.serialize_entry("major_faults", &usage.major_faults)?;
    map.serialize_entry("voluntary_switches", &usage.voluntary_switches)?;
    map.serialize_entry("involuntary_switches", &usage.involuntary_switches)?;
    map.serialize_entry("read_bytes", &usage.read_bytes)?;
    map.serialize_entry("written_bytes", &usage.written_bytes)?;
    map.serialize_entry("storage_read_bytes", &usage.storage_read_bytes)?;
    map.serialize_entry("storage_written_bytes", &usage.storage_written_bytes)
}

fn failed_fields<M: SerializeMap>(map: &mut M, failed: &ExecFailed, line: &Line<'_>) -> Result<(), M::Error> {
    map.serialize_entry("errno", &errno_name(failed.error))?;
    if !failed.filename.is_empty() {
        text(map, "filename", "filename_b64", &failed.filename)?;
    }
    nonzero(map, "tries", line.context.tries.into())
}

fn thread_fields<M: SerializeMap>(map: &mut M, thread: &Thread) -> Result<(), M::Error> {
    map.serialize_entry("tid", &thread.tid)?;
    map.serialize_entry("thread_start_ns", &thread.start_ns)
}

/// What the subject's fields don't tell: what was before, and what they have no place for.
fn change_fields<M: SerializeMap>(map: &mut M, change: &Change, line: &Line<'_>) -> Result<(), M::Error> {
    match change {
        Change::Renamed { from } => text(map, "from", "from_b64", from.as_bytes())?,
        Change::Adopted => {}
        Change::Session(session) => session_fields(map, *session)?,
        Change::Uids { from } => {
            map.serialize_entry("from_uid", &from.effective)?;
            if from.real != from.effective {
                map.serialize_entry("from_ruid", &from.real)?;
            }
        }
        Change::Zombie | Change::Reaped => {}
    }
    match line.context.age_ns {
        Some(age_ns) => map.serialize_entry("age_ns", &age_ns),
        None => Ok(()),
    }
}

fn storm_fields<M: SerializeMap>(map: &mut M, storm: &Report) -> Result<(), M::Error> {
    map.serialize_entry("state", if storm.begins { "begin" } else { "end" })?;
    let comms = storm.culprit.iter().map(|culprit| &culprit.comm).chain(&storm.path);
    texts(map, "path", "path_b64", comms.map(Comm::as_bytes))?;
    map.serialize_entry("rate", &storm.rate)?;
    map.serialize_entry("total_rate", &storm.course.rate)?;
    map.serialize_entry("peak_rate", &storm.course.peak)?;
    map.serialize_entry("threshold", &storm.course.threshold)?;
    map.serialize_entry("began_ns", &storm.course.began_ns)?;
    map.serialize_entry("duration_ns", &storm.course.duration_ns())?;
    map.serialize_entry("total", &storm.total)?;
    map.serialize_entry("failed", &storm.failed)?;
    if let Some(p50) = storm.lifetime_p50_ns {
        map.serialize_entry("lifetime_p50_ns", &p50)?;
    }
    map.serialize_entry("cpu_ns", &storm.cpu_ns)
}

fn lost_fields<M: SerializeMap>(map: &mut M, lost: &Lost) -> Result<(), M::Error> {
    map.serialize_entry("count", &lost.dropped.total())?;
    map.serialize_entry("kinds", &Counts { of: &lost.dropped, zeros: false })?;
    nonzero(map, "missed_at_most", lost.missed_at_most)
}

fn account_fields<M: SerializeMap>(map: &mut M, account: &Account) -> Result<(), M::Error> {
    map.serialize_entry("attempted", &Counts { of: &account.attempted, zeros: true })?;
    map.serialize_entry("delivered", &Counts { of: &account.delivered, zeros: true })?;
    map.serialize_entry("dropped", &Counts { of: &account.dropped, zeros: true })?;
    map.serialize_entry("missed_at_most", &account.missed_at_most)?;
    nonzero(map, "malformed", account.malformed)
}

#[cfg(test)]
mod tests;
