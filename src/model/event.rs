//! What happened: the one vocabulary that the kernel side, recordings, the model and every output share.
//!
//! All times are nanoseconds on the **boot clock** (`CLOCK_BOOTTIME`: monotonic, counts suspend). The wall clock
//! enters only as [`Clock`] events that carry the offset, so that whatever consumes events needs no clock of its own.
//! Stamps of different CPUs may go back by microseconds against each other: never sort by them, and subtract with
//! `saturating_sub`.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use super::account::{Account, Kind, Lost, PerKind};
pub use super::usage::{Cause, Killer, Usage};

/// The identity of a process (a thread group): pids are reused, a pid together with a start time is not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ProcessId {
    /// The thread group id in the initial pid namespace; what users call the pid.
    pub pid: u32,
    /// `start_boottime` of the group's leader, in nanoseconds of the boot clock.
    pub start_ns: u64,
}

impl ProcessId {
    /// Puts the two halves together.
    pub const fn new(pid: u32, start_ns: u64) -> Self {
        Self { pid, start_ns }
    }
}

/// The kernel's name of a task: at most 15 bytes, not necessarily UTF-8, set by exec and by `prctl(PR_SET_NAME)`.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Comm([u8; 16]);

impl Comm {
    /// Takes the bytes up to the first NUL, 15 at most.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let mut comm = [0; 16];
        for (to, &from) in comm.iter_mut().take(15).zip(bytes.iter().take_while(|&&b| b != 0)) {
            *to = from;
        }
        Self(comm)
    }

    /// The name without its padding. Untrusted: it may hold escape sequences and invalid UTF-8.
    pub fn as_bytes(&self) -> &[u8] {
        let end = self.0.iter().position(|&b| b == 0).unwrap_or(self.0.len());
        self.0.get(..end).unwrap_or_default()
    }
}

impl From<&str> for Comm {
    fn from(text: &str) -> Self {
        Self::from_bytes(text.as_bytes())
    }
}

impl fmt::Debug for Comm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Comm({})", self.as_bytes().escape_ascii())
    }
}

/// How a process ended, in the encoding of `waitpid`'s status word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct WaitStatus(pub u32);

impl WaitStatus {
    /// A normal exit with this code (0–255).
    pub const fn exited(code: u8) -> Self {
        Self((code as u32) << 8)
    }

    /// A death by this signal (1–126).
    pub const fn signaled(signal: u8, core_dumped: bool) -> Self {
        Self((signal & 0x7f) as u32 | if core_dumped { 0x80 } else { 0 })
    }

    /// The exit code 0–255, unless a signal ended the process.
    pub const fn code(self) -> Option<u8> {
        if self.0 & 0x7f == 0 { Some((self.0 >> 8) as u8) } else { None }
    }

    /// The number of the signal that ended the process, 1–127.
    pub const fn signal(self) -> Option<u8> {
        match (self.0 & 0x7f) as u8 {
            0 => None,
            signal => Some(signal),
        }
    }

    /// Whether the kernel wrote a core dump.
    pub const fn core_dumped(self) -> bool {
        self.signal().is_some() && self.0 & 0x80 != 0
    }

    /// True only for exit code 0.
    pub const fn success(self) -> bool {
        matches!(self.code(), Some(0))
    }
}

/// What an exec put in place: the text of one image of a process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// The path as it was given to the kernel (for a script: the script, not its interpreter). Empty when unknown.
    pub filename: Box<[u8]>,
    /// The arguments as they lie in the process's memory: each ended by NUL. Use [`Image::args`].
    pub argv: Box<[u8]>,
    /// How many bytes of the arguments are not in `argv` because they are beyond the cap.
    pub argv_truncated_bytes: u64,
    /// The arguments could not be read from the process's memory; `argv` holds what could.
    pub argv_unreadable: bool,
    /// The working directory at that moment; `None` when unknown.
    pub cwd: Option<Directory>,
}

/// A working directory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Directory {
    /// Its path as the process sees it: from its own root, which `chroot` may have set.
    pub path: Box<[u8]>,
    /// It was deleted.
    pub deleted: bool,
    /// The path was longer or deeper than is walked: its beginning is missing.
    pub cut: bool,
}

impl Image {
    /// The arguments one by one, without their NULs; an empty `argv` yields none.
    pub fn args(&self) -> impl Iterator<Item = &[u8]> + Clone {
        self.view().args()
    }

    /// The same, borrowed.
    pub fn view(&self) -> ImageRef<'_> {
        let cwd = self.cwd.as_ref();
        ImageRef {
            filename: &self.filename,
            argv: &self.argv,
            argv_truncated_bytes: self.argv_truncated_bytes,
            argv_unreadable: self.argv_unreadable,
            cwd: cwd.map(|cwd| DirectoryRef { path: &cwd.path, deleted: cwd.deleted, cut: cwd.cut }),
        }
    }
}

/// An [`Image`] that somebody else keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImageRef<'a> {
    /// As [`Image::filename`].
    pub filename: &'a [u8],
    /// As [`Image::argv`].
    pub argv: &'a [u8],
    /// As [`Image::argv_truncated_bytes`].
    pub argv_truncated_bytes: u64,
    /// As [`Image::argv_unreadable`].
    pub argv_unreadable: bool,
    /// As [`Image::cwd`].
    pub cwd: Option<DirectoryRef<'a>>,
}

/// A [`Directory`] that somebody else keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DirectoryRef<'a> {
    /// As [`Directory::path`].
    pub path: &'a [u8],
    /// As [`Directory::deleted`].
    pub deleted: bool,
    /// As [`Directory::cut`].
    pub cut: bool,
}

/// The arguments of an [`Image::argv`], as [`Image::args`].
pub(in crate::model) fn args_of(argv: &[u8]) -> impl Iterator<Item = &[u8]> + Clone {
    let ended = argv.strip_suffix(&[0]).unwrap_or(argv);
    ended.split(|&b| b == 0).take(if argv.is_empty() { 0 } else { usize::MAX })
}

impl<'a> ImageRef<'a> {
    /// As [`Image::args`].
    pub fn args(&self) -> impl Iterator<Item = &'a [u8]> + Clone + use<'a> {
        args_of(self.argv)
    }

    /// Bytes of text in it.
    pub fn text_bytes(&self) -> usize {
        let cwd = self.cwd.map_or(0, |cwd| cwd.path.len());
        self.filename.len().saturating_add(self.argv.len()).saturating_add(cwd)
    }

    /// One of one's own.
    pub fn to_image(&self) -> Image {
        let cwd =
            self.cwd.map(|DirectoryRef { path, deleted, cut }| Directory { path: path.into(), deleted, cut });
        Image {
            filename: self.filename.into(),
            argv: self.argv.into(),
            argv_truncated_bytes: self.argv_truncated_bytes,
            argv_unreadable: self.argv_unreadable,
            cwd,
        }
    }
}

/// User ids of a process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Uids {
    /// The effective user id, as `ps` shows it.
    pub effective: u32,
    /// The real user id.
    pub real: u32,
}

/// What is known of a process whatever the event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// Which process.
    pub id: ProcessId,
    /// Its `real_parent` at that moment. `None` when the kernel had none to name.
    pub parent: Option<ProcessId>,
    /// The leader's comm at that moment. A process that only forked still bears its parent's.
    pub comm: Comm,
    /// Its user ids at that moment.
    pub uids: Uids,
    /// The id of its cgroup: on the v2 hierarchy where that is in use, else on v1's; 0 when unknown.
    pub cgroup_id: u64,
    /// A kernel thread (`PF_KTHREAD`).
    pub kernel_thread: bool,
    /// Its pid in its own pid namespace, where that is not the one that `id.pid` is from.
    pub inner_pid: Option<u32>,
    /// proctop ran in a pid namespace in which this process has no pid: `id.pid` is that of the initial one.
    pub outside: bool,
}

/// The session that a process belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Session {
    /// Its id: the pid of the process that called `setsid`; 0 for kernel threads and for a session from outside of
    /// proctop's pid namespace.
    pub id: u32,
    /// The device of its controlling terminal, `major << 20 | minor`; 0 without one.
    pub tty: u32,
}

/// A new thread group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fork {
    /// The child.
    pub subject: Subject,
    /// The process that called fork, where it is not the parent (`CLONE_PARENT`).
    pub forked_by: Option<ProcessId>,
}

/// The image of a process changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exec {
    /// The process, with its new comm and user ids.
    pub subject: Subject,
    /// Its session.
    pub session: Session,
    /// The thread that called exec, where it was not the leader; that thread became the leader.
    pub by_thread: Option<u32>,
    /// What was executed.
    pub image: Arc<Image>,
}

/// The last thread of a process ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exit {
    /// The process, as it was at its end.
    pub subject: Subject,
    /// What `waitpid` reports.
    pub status: WaitStatus,
    /// CPU time of all its threads, in nanoseconds.
    pub cpu_ns: u64,
    /// The part of `cpu_ns` in user mode, as the kernel splits it.
    pub cpu_user_ns: u64,
    /// The part of `cpu_ns` in kernel mode.
    pub cpu_system_ns: u64,
    /// `cpu_ns` is a lower bound: there were more threads than are walked.
    pub cpu_partial: bool,
    /// The largest resident set it ever had, in bytes.
    pub max_rss_bytes: u64,
    /// What else it used.
    pub usage: Usage,
    /// Who sent the signal that ended it, where a signal did and that is known.
    pub killed_by: Option<Killer>,
}

/// An exec that did not succeed. The process goes on as it was.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecFailed {
    /// The process.
    pub id: ProcessId,
    /// Its comm.
    pub comm: Comm,
    /// Why: the number of the error (errno), positive.
    pub error: u32,
    /// The path as it was given to the kernel; empty when unknown.
    pub filename: Box<[u8]>,
}

/// A process took another comm without an exec (`prctl`, or a write to `/proc/PID/comm`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rename {
    /// The process, with the comm that it had.
    pub subject: Subject,
    /// Its new comm.
    pub to: Comm,
}

/// A thread beside the leader of its group; at its end also the leader of a group that has or had others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thread {
    /// Its process.
    pub of: ProcessId,
    /// Its thread id.
    pub tid: u32,
    /// Its own comm at that moment.
    pub comm: Comm,
    /// When it started, boot clock.
    pub start_ns: u64,
    /// Its CPU time in nanoseconds; 0 at its beginning.
    pub cpu_ns: u64,
}

/// Where a cgroup lies. Told before, or right after, the first process that is met in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cgroup {
    /// As in [`Subject::cgroup_id`].
    pub id: u64,
    /// Its path from the root of its hierarchy.
    pub path: Box<[u8]>,
    /// The path was longer or deeper than is walked: its beginning is missing.
    pub cut: bool,
}

/// A process as it is now: one whose parent, session or user ids are not what they were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// The process.
    pub subject: Subject,
    /// Its session.
    pub session: Session,
}

/// A process that ran when the snapshot was taken.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The process.
    pub subject: Subject,
    /// Its session.
    pub session: Session,
    /// Its threads at that moment.
    pub threads: u32,
    /// Ended, but not yet reaped.
    pub zombie: bool,
    /// Its image, as far as it could be read from the outside.
    pub image: Option<Arc<Image>>,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When, in nanoseconds of the boot clock.
    pub time_ns: u64,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    /// From here on, wall time (nanoseconds since 1970, UTC) = boot clock + this. Sampled again now and then.
    Clock {
        /// The offset in nanoseconds.
        wall_offset_ns: i64,
    },
    /// Ran before; one of a list that [`What::SnapshotEnd`] closes.
    Snapshot(Snapshot),
    /// The list is complete: a living process that started before `taken_ns` and was not in it has ended.
    SnapshotEnd {
        /// When the list was begun, boot clock.
        taken_ns: u64,
    },
    /// A process was created.
    Fork(Fork),
    /// A process executed a program.
    Exec(Exec),
    /// A process ended.
    Exit(Exit),
    /// An exec failed.
    ExecFailed(ExecFailed),
    /// A process took another comm.
    Rename(Rename),
    /// A thread began.
    ThreadStart(Thread),
    /// A thread ended.
    ThreadEnd(Thread),
    /// The path of a cgroup.
    Cgroup(Cgroup),
    /// Something of a process changed for which the kernel has no event: seen when it was looked at.
    Look(Look),
    /// Those that have ended and were not reaped when it was looked: all of them, told when they are not the same as
    /// the last time.
    Zombies(Vec<ProcessId>),
    /// Something was lost here.
    Lost(Lost),
    /// The stream ended in order; nothing follows.
    End(Account),
}

/// Where a stream of events comes from; told once, before the first event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The host's name.
    pub host: String,
    /// The kernel's release, as `uname -r` prints it.
    pub kernel: String,
    /// The version of proctop that traced.
    pub proctop: String,
    /// Nanoseconds since 1970 (UTC) at the boot clock's zero, when the stream began.
    pub wall_offset_ns: i64,
    /// When the stream began, boot clock.
    pub started_ns: u64,
    /// The command that proctop ran, argument by argument; empty when it watched the whole machine.
    pub command: Vec<Vec<u8>>,
    /// CPUs of the machine.
    pub cpus: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wait_status_says_what_waitpid_says() {
        assert_eq!(WaitStatus::exited(3).code(), Some(3));
        assert_eq!(WaitStatus::exited(3).signal(), None);
        assert_eq!(WaitStatus::signaled(11, true).signal(), Some(11));
        assert!(WaitStatus::signaled(11, true).core_dumped());
        assert!(!WaitStatus::signaled(9, false).core_dumped());
        assert_eq!(WaitStatus::signaled(9, false).code(), None);
        assert!(WaitStatus::exited(0).success() && !WaitStatus::signaled(15, false).success());
    }

    #[test]
    fn comm_ends_at_nul_and_at_fifteen_bytes() {
        assert_eq!(Comm::from_bytes(b"sh\0garbage").as_bytes(), b"sh");
        assert_eq!(Comm::from_bytes(b"0123456789abcdefgh").as_bytes(), b"0123456789abcde");
        assert_eq!(Comm::default().as_bytes(), b"");
    }

    #[test]
    fn args_are_split_at_their_nuls() {
        let image = |argv: &[u8]| Image { argv: argv.into(), ..Image::default() };
        let args = |argv: &[u8]| image(argv).args().map(<[u8]>::to_vec).collect::<Vec<_>>();
        assert_eq!(args(b"ls\0-l\0"), [b"ls".to_vec(), b"-l".to_vec()]);
        assert_eq!(args(b"sh\0\0x\0"), [b"sh".to_vec(), b"".to_vec(), b"x".to_vec()]);
        assert_eq!(args(b"cut\0in the mid"), [b"cut".to_vec(), b"in the mid".to_vec()]);
        assert_eq!(args(b"\0"), [b"".to_vec()], "one empty argument is not none");
        assert!(args(b"").is_empty());
    }
}
