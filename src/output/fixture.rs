//! One event of each kind, and hostile ones, for the tests of every format.

use std::sync::Arc;

use jiff::tz::TimeZone;

use super::{Context, Format, Line, Lines};
use crate::model::cgroups;
use crate::model::changes::Change;
use crate::model::event::*;

/// 2026-11-21T09:13:07.123456789Z
pub(super) const WALL_NS: i64 = 1_795_252_387_123_456_789;

pub(super) fn source() -> Source {
    Source {
        host: "vm".into(),
        kernel: "6.18.44".into(),
        proctop: "0.1.0".into(),
        wall_offset_ns: WALL_NS - 5_000_000_000,
        started_ns: 5_000_000_000,
        command: vec![b"make".to_vec(), b"-j8".to_vec()],
        cpus: 2,
    }
}

pub(super) fn subject(comm: &[u8]) -> Subject {
    Subject {
        id: ProcessId::new(8122, 5_000_000_000),
        parent: Some(ProcessId::new(8121, 4_000_000_000)),
        comm: Comm::from_bytes(comm),
        uids: Uids { effective: 1000, real: 1000 },
        cgroup_id: 0,
        kernel_thread: false,
        ..Subject::default()
    }
}

pub(super) fn image(filename: &[u8], argv: &[u8]) -> Image {
    Image { filename: filename.into(), argv: argv.into(), ..Image::default() }
}

pub(super) fn event(what: What) -> Event {
    Event { time_ns: 5_012_345_678, what }
}

pub(super) fn line(event: &Event) -> Line<'_> {
    Line { event, wall_ns: WALL_NS, user: Some("dev"), context: Context::default() }
}

pub(super) fn fork() -> Event {
    event(What::Fork(Fork { subject: subject(b"sh"), forked_by: None }))
}

pub(super) fn exec() -> Event {
    exec_of(image(b"/usr/bin/ls", b"ls\0-l\0/my etc\0"))
}

pub(super) fn exec_of(image: Image) -> Event {
    let subject = Subject { cgroup_id: 42, ..subject(b"ls") };
    event(What::Exec(Exec { subject, image: Arc::new(image), ..Exec::default() }))
}

pub(super) fn exit(status: WaitStatus) -> Event {
    event(What::Exit(Exit {
        subject: subject(b"ls"),
        status,
        cpu_ns: 3_000_000,
        cpu_user_ns: 1_000_000,
        cpu_system_ns: 2_000_000,
        cpu_partial: false,
        max_rss_bytes: 4_299_161,
        ..Exit::default()
    }))
}

pub(super) fn snapshot() -> Event {
    let subject = Subject { uids: Uids { effective: 0, real: 1000 }, parent: None, ..subject(b"sudo") };
    let image = Some(Arc::new(image(b"", b"sudo\0id\0")));
    event(What::Snapshot(Snapshot { subject, image, ..Snapshot::default() }))
}

pub(super) fn lost() -> Event {
    event(What::Lost(Lost {
        dropped: PerKind { fork: 12, exec: 3, ..PerKind::default() },
        missed_at_most: 4,
    }))
}

pub(super) fn end(dropped: u64) -> Event {
    event(What::End(Account {
        attempted: PerKind { fork: 2000, exec: 10, exit: 2000, ..PerKind::default() },
        delivered: PerKind { fork: 2000 - dropped, exec: 10, exit: 2000, ..PerKind::default() },
        dropped: PerKind { fork: dropped, ..PerKind::default() },
        missed_at_most: 0,
        malformed: 0,
    }))
}

/// Events that print nothing of themselves.
pub(super) fn silent() -> [Event; 6] {
    let subject = subject(b"sh");
    [
        What::Clock { wall_offset_ns: 1 },
        What::SnapshotEnd { taken_ns: 1 },
        What::Rename(Rename { subject, to: "new".into() }),
        What::Cgroup(Cgroup::default()),
        What::Look(Look { subject, session: session() }),
        What::Zombies(vec![subject.id]),
    ]
    .map(event)
}

pub(super) fn session() -> Session {
    Session { id: 812, tty: 136 << 20 | 3 }
}

/// An exec in a container, in a directory that is gone.
pub(super) fn exec_inside() -> Event {
    let cwd = Some(Directory { path: b"/my dir"[..].into(), deleted: true, cut: true });
    let image = Image { cwd, ..image(b"/bin/x", b"x\0") };
    let subject = Subject { cgroup_id: 42, inner_pid: Some(7), outside: true, ..subject(b"x") };
    event(What::Exec(Exec { subject, session: session(), image: Arc::new(image), ..Exec::default() }))
}

pub(super) fn path_of(path: &str) -> cgroups::Path {
    let path = path.replace("ID", &"0123456789abcdef".repeat(4));
    cgroups::Path { bytes: path.into_bytes().into(), cut: false }
}

/// A death by SIGKILL, with every cost.
pub(super) fn killed_by(killer: Killer) -> Event {
    let mut event = exit(WaitStatus::signaled(9, false));
    if let What::Exit(exit) = &mut event.what {
        exit.killed_by = Some(killer);
        exit.usage = Usage {
            minor_faults: 1,
            major_faults: 2,
            voluntary_switches: 3,
            involuntary_switches: 4,
            read_bytes: 5,
            written_bytes: 6,
            storage_read_bytes: 7,
            storage_written_bytes: 8,
            threads: 9,
        };
    }
    event
}

pub(super) fn bash() -> Killer {
    Killer::Process { id: ProcessId::new(4312, 77), comm: "bash".into() }
}

pub(super) fn failed(filename: &[u8]) -> Event {
    let id = ProcessId::new(8122, 5_000_000_000);
    event(What::ExecFailed(ExecFailed { id, comm: "sh".into(), error: 2, filename: filename.into() }))
}

/// The beginning and the end of one.
pub(super) fn thread() -> [Event; 2] {
    let of = ProcessId::new(8122, 5_000_000_000);
    let begun = Thread { of, tid: 8130, comm: "worker".into(), start_ns: 5_002_345_678, cpu_ns: 0 };
    [What::ThreadStart(begun), What::ThreadEnd(Thread { cpu_ns: 4_000_000, ..begun })].map(event)
}

/// Every change, with the subject as it is after that.
pub(super) fn changes() -> [(Change, Subject); 6] {
    let now = subject(b"new");
    let from = Uids { effective: 0, real: 1000 };
    [
        (Change::Renamed { from: "old".into() }, now),
        (Change::Adopted, Subject { parent: Some(ProcessId::new(1, 7)), ..now }),
        (Change::Session(session()), now),
        (Change::Uids { from }, now),
        (Change::Zombie, now),
        (Change::Reaped, now),
    ]
}

/// The context of a change.
pub(super) fn changed<'a>((change, subject): &'a (Change, Subject)) -> Context<'a> {
    let age_ns = matches!(change, Change::Zombie | Change::Reaped).then_some(3_000_000_000);
    Context { subject: Some(subject), change: Some(*change), age_ns, ..Context::default() }
}

/// A comm and arguments that try to act on a terminal: escape sequences, line breaks, bidi and C1 controls, bad UTF-8.
pub(super) fn hostile() -> Event {
    let argv = "\x1b]0;pwn\x07\0a\nb\0gpj\u{202e}.exe\0\u{9b}2J\0".as_bytes();
    let mut event = exec_of(image(b"/tmp/\xff\x1b[2J", &[argv, b"caf\xe9\0"].concat()));
    if let What::Exec(exec) = &mut event.what {
        exec.subject.comm = Comm::from_bytes(b"\x1b[2J\n\xff,\"x");
    }
    event
}

/// What a fresh writer prints for one line, without `start`.
pub(super) fn printed(format: Format, line: &Line<'_>) -> String {
    let mut lines = Lines::new(Vec::new(), format, TimeZone::fixed(jiff::tz::offset(2)));
    lines.event(line).unwrap();
    lines.flush().unwrap();
    String::from_utf8(lines.get_ref().clone()).unwrap()
}

/// What a fresh writer prints for `start`.
pub(super) fn printed_start(format: Format, source: &Source) -> String {
    let mut lines = Lines::new(Vec::new(), format, TimeZone::UTC);
    lines.start(source).unwrap();
    lines.flush().unwrap();
    String::from_utf8(lines.get_ref().clone()).unwrap()
}
