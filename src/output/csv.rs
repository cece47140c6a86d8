//! Comma-separated values (RFC 4180) with the columns of [`COLUMNS`].
//!
//! A field that does not apply is empty. Text is sanitised, so that the file is safe to look at on a terminal, and
//! what a spreadsheet would take for a formula is marked as text. For the exact bytes use JSON.

use std::borrow::Cow;
use std::io::{self, Write};

use serde::Serialize;

use super::{Line, Who, lifetime_ns, name, who};
use crate::model::cgroups::Owner;
use crate::model::changes::Change;
use crate::model::event::{ExecFailed, Exit, Image, Killer, PerKind, Session, Subject, Thread, Usage, What};
use crate::model::storm::Report;
use crate::text::{Stamps, errno_name, push_args, sanitise, signal_name, tty_name};

/// The header row. New columns are only ever added at the end.
///
/// `time` is RFC 3339 in UTC; `…_ns` are nanoseconds, `start_ns` of the boot clock; `argv` is quoted for a shell.
/// An exit that was seen has one of `exit_code` and `signal`, the latter with `core_dumped`; only a failed one has
/// `filename` and `argv`. `lost_…` are records that could not be handed over: in a `lost` row since the one before,
/// in the `end` row in all. `tries` are the places of a failed search, `path_tries` those before an exec; `from…` is
/// what a process was called, or who it was, before. A `storm` row is about the process that makes
/// it; its `cpu_ns` is that of the storm's processes that ended.
pub const COLUMNS: [&str; 74] = [
    "time",
    "event",
    "pid",
    "ppid",
    "ppid_start_ns",
    "start_ns",
    "uid",
    "ruid",
    "user",
    "comm",
    "filename",
    "argv",
    "argv_truncated_bytes",
    "cgroup_id",
    "exit_code",
    "signal",
    "core_dumped",
    "lifetime_ns",
    "image_ns",
    "cpu_ns",
    "cpu_user_ns",
    "cpu_system_ns",
    "cpu_partial",
    "max_rss_bytes",
    "inferred",
    "lost_fork",
    "lost_exec",
    "lost_exit",
    "missed_at_most",
    "cwd",
    "cwd_deleted",
    "cgroup",
    "container",
    "container_engine",
    "unit",
    "sid",
    "tty",
    "inner_pid",
    "outside",
    "killed_by_pid",
    "killed_by_start_ns",
    "killed_by_comm",
    "killed_by_kernel",
    "threads",
    "minor_faults",
    "major_faults",
    "voluntary_switches",
    "involuntary_switches",
    "read_bytes",
    "written_bytes",
    "storage_read_bytes",
    "storage_written_bytes",
    "errno",
    "tries",
    "path_tries",
    "tid",
    "thread_start_ns",
    "from",
    "from_uid",
    "from_ruid",
    "age_ns",
    "lost_exec_failed",
    "lost_rename",
    "lost_thread_start",
    "lost_thread_end",
    "lost_cgroup",
    "storm_state",
    "storm_path",
    "storm_rate",
    "storm_peak_rate",
    "storm_duration_ns",
    "storm_total",
    "storm_failed",
    "storm_lifetime_p50_ns",
];

/// One row; its fields are the [`COLUMNS`], in their order.
#[derive(Default, Serialize)]
struct Row<'a> {
    time: &'a str,
    event: &'static str,
    pid: Option<u32>,
    ppid: Option<u32>,
    ppid_start_ns: Option<u64>,
    start_ns: Option<u64>,
    uid: Option<u32>,
    ruid: Option<u32>,
    user: Option<Cow<'a, str>>,
    comm: Option<Cow<'a, str>>,
    filename: Option<Cow<'a, str>>,
    argv: Option<&'a str>,
    argv_truncated_bytes: Option<u64>,
    cgroup_id: Option<u64>,
    exit_code: Option<u8>,
    signal: Option<Cow<'a, str>>,
    core_dumped: Option<bool>,
    lifetime_ns: Option<u64>,
    image_ns: Option<u64>,
    cpu_ns: Option<u64>,
    cpu_user_ns: Option<u64>,
    cpu_system_ns: Option<u64>,
    cpu_partial: Option<bool>,
    max_rss_bytes: Option<u64>,
    inferred: Option<bool>,
    lost_fork: Option<u64>,
    lost_exec: Option<u64>,
    lost_exit: Option<u64>,
    missed_at_most: Option<u64>,
    cwd: Option<Cow<'a, str>>,
    cwd_deleted: Option<bool>,
    cgroup: Option<Cow<'a, str>>,
    container: Option<&'a str>,
    container_engine: Option<&'static str>,
    unit: Option<Cow<'a, str>>,
    sid: Option<u32>,
    tty: Option<String>,
    inner_pid: Option<u32>,
    outside: Option<bool>,
    killed_by_pid: Option<u32>,
    killed_by_start_ns: Option<u64>,
    killed_by_comm: Option<Cow<'a, str>>,
    killed_by_kernel: Option<&'static str>,
    threads: Option<u32>,
    minor_faults: Option<u64>,
    major_faults: Option<u64>,
    voluntary_switches: Option<u64>,
    involuntary_switches: Option<u64>,
    read_bytes: Option<u64>,
    written_bytes: Option<u64>,
    storage_read_bytes: Option<u64>,
    storage_written_bytes: Option<u64>,
    errno: Option<String>,
    tries: Option<u32>,
    path_tries: Option<u32>,
    tid: Option<u32>,
    thread_start_ns: Option<u64>,
    from: Option<Cow<'a, str>>,
    from_uid: Option<u32>,
    from_ruid: Option<u32>,
    age_ns: Option<u64>,
    lost_exec_failed: Option<u64>,
    lost_rename: Option<u64>,
    lost_thread_start: Option<u64>,
    lost_thread_end: Option<u64>,
    lost_cgroup: Option<u64>,
    storm_state: Option<&'static str>,
    storm_path: Option<String>,
    storm_rate: Option<u32>,
    storm_peak_rate: Option<u32>,
    storm_duration_ns: Option<u64>,
    storm_total: Option<u64>,
    storm_failed: Option<u64>,
    storm_lifetime_p50_ns: Option<u64>,
}

/// Makes the row of an event, in buffers that it uses again.
pub(super) struct CsvLines {
    stamps: Stamps,
    argv: String,
    writer: csv::Writer<LastRecord>,
}

impl CsvLines {
    pub(super) fn new() -> Self {
        let writer = csv::WriterBuilder::new().has_headers(false).from_writer(LastRecord::default());
        Self { stamps: Stamps::utc(), argv: String::new(), writer }
    }

    pub(super) fn start(&mut self) -> io::Result<&[u8]> {
        self.writer.write_record(COLUMNS)?;
        self.record()
    }

    /// Empty for events that have no row.
    pub(super) fn event(&mut self, line: &Line<'_>) -> io::Result<&[u8]> {
        let image = shown_image(line);
        self.argv.clear();
        if let Some(image) = image {
            push_argv(&mut self.argv, image);
        }
        let time = self.stamps.show(line.wall_ns);
        let mut row = Row { time, inferred: line.context.inferred.then_some(true), ..Row::default() };
        let Some(event) = name(line) else { return Ok(&[]) };
        row.event = event;
        row.who(line);
        if let Some(storm) = line.context.storm {
            row.storm(storm);
        }
        match (line.context.change, &line.event.what) {
            (Some(change), _) => row.change(change, line),
            (None, What::Snapshot(snapshot)) => {
                row.session(snapshot.session);
                row.cgroup(line);
                row.threads = nonzero(snapshot.threads);
            }
            (None, What::Exec(exec)) => {
                row.session(exec.session);
                row.cgroup(line);
                row.path_tries = nonzero(line.context.tries);
            }
            (None, What::Exit(exit)) => row.exit(exit, line),
            (None, What::ExecFailed(failed)) => row.failed(failed, line),
            (None, What::ThreadStart(thread)) => row.thread(thread),
            (None, What::ThreadEnd(thread)) => {
                row.thread(thread);
                row.lifetime_ns = Some(lifetime_ns(line.event, thread.start_ns));
                row.cpu_ns = Some(thread.cpu_ns);
            }
            (None, What::Lost(lost)) => row.lost(&lost.dropped, lost.missed_at_most),
            (None, What::End(account)) => row.lost(&account.dropped, account.missed_at_most),
            _ => {}
        }
        if let Some(image) = image {
            row.image(image, &self.argv);
        }
        self.writer.serialize(row)?;
        self.record()
    }

    fn record(&mut self) -> io::Result<&[u8]> {
        self.writer.flush()?;
        Ok(&self.writer.get_ref().bytes)
    }
}

/// The image that belongs into the row: at an exit only after a failure.
fn shown_image<'a>(line: &Line<'a>) -> Option<&'a Image> {
    match &line.event.what {
        What::Snapshot(snapshot) => snapshot.image.as_deref(),
        What::Exec(exec) => Some(&exec.image),
        What::Exit(exit) if !line.context.inferred => line.context.image_of(exit),
        _ => None,
    }
}

impl<'a> Row<'a> {
    fn who(&mut self, line: &Line<'a>) {
        match who(line) {
            Some(Who::Known(subject)) => self.subject(subject, line),
            Some(Who::Named(id, comm)) => {
                self.pid = Some(id.pid);
                self.start_ns = Some(id.start_ns);
                self.comm = Some(text(comm.as_bytes()));
            }
            None => {}
        }
    }

    fn subject(&mut self, subject: &'a Subject, line: &Line<'a>) {
        self.pid = Some(subject.id.pid);
        self.ppid = subject.parent.map(|parent| parent.pid);
        self.ppid_start_ns = subject.parent.map(|parent| parent.start_ns);
        self.start_ns = Some(subject.id.start_ns);
        self.uid = Some(subject.uids.effective);
        self.ruid = (subject.uids.real != subject.uids.effective).then_some(subject.uids.real);
        self.user = line.user.map(|user| text(user.as_bytes()));
        self.comm = Some(text(subject.comm.as_bytes()));
        self.cgroup_id = nonzero(subject.cgroup_id);
        self.inner_pid = subject.inner_pid;
        self.outside = subject.outside.then_some(true);
    }

    fn session(&mut self, session: Session) {
        self.sid = nonzero(session.id);
        self.tty = tty_name(session.tty);
    }

    fn cgroup(&mut self, line: &Line<'a>) {
        let Some(path) = line.context.cgroup else { return };
        self.cgroup = Some(text(&path.bytes));
        match path.owner() {
            Some(Owner::Container { engine, id }) => {
                (self.container, self.container_engine) = (Some(id), Some(engine));
            }
            Some(Owner::Unit(unit)) => self.unit = Some(text(unit.as_bytes())),
            None => {}
        }
    }

    fn failed(&mut self, failed: &'a ExecFailed, line: &Line<'a>) {
        self.errno = Some(errno_name(failed.error));
        self.filename = (!failed.filename.is_empty()).then(|| text(&failed.filename));
        self.tries = nonzero(line.context.tries);
    }

    fn thread(&mut self, thread: &Thread) {
        self.tid = Some(thread.tid);
        self.thread_start_ns = Some(thread.start_ns);
    }

    fn change(&mut self, change: Change, line: &Line<'a>) {
        match change {
            Change::Renamed { from } => self.from = Some(Cow::Owned(text(from.as_bytes()).into_owned())),
            Change::Session(session) => self.session(session),
            Change::Uids { from } => {
                self.from_uid = Some(from.effective);
                self.from_ruid = (from.real != from.effective).then_some(from.real);
            }
            Change::Adopted | Change::Zombie | Change::Reaped => {}
        }
        self.age_ns = line.context.age_ns;
    }

    fn image(&mut self, image: &'a Image, argv: &'a str) {
        self.filename = (!image.filename.is_empty()).then(|| text(&image.filename));
        self.argv = Some(argv);
        self.argv_truncated_bytes = nonzero(image.argv_truncated_bytes);
        if let Some(cwd) = &image.cwd {
            self.cwd = Some(text(&cwd.path));
            self.cwd_deleted = cwd.deleted.then_some(true);
        }
    }

    fn exit(&mut self, exit: &'a Exit, line: &Line<'a>) {
        if line.context.inferred {
            return;
        }
        self.exit_code = exit.status.code();
        self.signal = exit.status.signal().map(signal_name);
        self.core_dumped = exit.status.signal().map(|_| exit.status.core_dumped());
        self.lifetime_ns = Some(lifetime_ns(line.event, exit.subject.id.start_ns));
        self.image_ns = line.context.image_ns;
        self.cpu_ns = Some(exit.cpu_ns);
        self.cpu_user_ns = Some(exit.cpu_user_ns);
        self.cpu_system_ns = Some(exit.cpu_system_ns);
        self.cpu_partial = exit.cpu_partial.then_some(true);
        self.max_rss_bytes = nonzero(exit.max_rss_bytes);
        self.usage(&exit.usage);
        match &exit.killed_by {
            Some(Killer::Process { id, comm }) => {
                self.killed_by_pid = Some(id.pid);
                self.killed_by_start_ns = Some(id.start_ns);
                self.killed_by_comm = Some(text(comm.as_bytes()));
            }
            Some(Killer::Kernel(cause)) => self.killed_by_kernel = Some(cause.name()),
            None => {}
        }
    }

    fn usage(&mut self, usage: &Usage) {
        self.threads = nonzero(usage.threads);
        self.minor_faults = Some(usage.minor_faults);
        self.major_faults = Some(usage.major_faults);
        self.voluntary_switches = Some(usage.voluntary_switches);
        self.involuntary_switches = Some(usage.involuntary_switches);
        self.read_bytes = Some(usage.read_bytes);
        self.written_bytes = Some(usage.written_bytes);
        self.storage_read_bytes = Some(usage.storage_read_bytes);
        self.storage_written_bytes = Some(usage.storage_written_bytes);
    }

    fn storm(&mut self, storm: &Report) {
        self.storm_state = Some(if storm.begins { "begin" } else { "end" });
        let comms = storm.culprit.iter().map(|culprit| &culprit.comm).chain(&storm.path);
        let comms: Vec<_> = comms.map(|comm| text(comm.as_bytes())).collect();
        self.storm_path = Some(comms.join(" > "));
        self.storm_rate = Some(storm.rate);
        self.storm_peak_rate = Some(storm.course.peak);
        self.storm_duration_ns = Some(storm.course.duration_ns());
        self.storm_total = Some(storm.total);
        self.storm_failed = Some(storm.failed);
        self.storm_lifetime_p50_ns = storm.lifetime_p50_ns;
        self.cpu_ns = Some(storm.cpu_ns);
    }

    fn lost(&mut self, dropped: &PerKind, missed_at_most: u64) {
        self.lost_fork = Some(dropped.fork);
        self.lost_exec = Some(dropped.exec);
        self.lost_exit = Some(dropped.exit);
        self.missed_at_most = Some(missed_at_most);
        self.lost_exec_failed = Some(dropped.exec_failed);
        self.lost_rename = Some(dropped.rename);
        self.lost_thread_start = Some(dropped.thread_start);
        self.lost_thread_end = Some(dropped.thread_end);
        self.lost_cgroup = Some(dropped.cgroup);
    }
}

fn nonzero<T: Default + PartialEq>(n: T) -> Option<T> {
    (n != T::default()).then_some(n)
}

/// Spreadsheets run what begins like this.
fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@'])
}

/// Safe for terminals, and for spreadsheets by the apostrophe that marks text in them.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    let text = sanitise(bytes);
    if is_formula(&text) { Cow::Owned(format!("'{text}")) } else { text }
}

/// The quoted arguments. A backslash hides a formula's sign from spreadsheets and is nothing to a shell.
fn push_argv(argv: &mut String, image: &Image) {
    push_args(argv, image.args());
    if is_formula(argv) {
        argv.insert(0, '\\');
    }
}

/// Holds one record: what is written after a flush takes the place of what was written before it.
#[derive(Default)]
struct LastRecord {
    bytes: Vec<u8>,
    whole: bool,
}

impl Write for LastRecord {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if std::mem::take(&mut self.whole) {
            self.bytes.clear();
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.whole = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
