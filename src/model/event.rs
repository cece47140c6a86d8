//! What happened: the one vocabulary that the kernel side, recordings, the model and every output share.
//!
//! All times are nanoseconds on the **boot clock** (`CLOCK_BOOTTIME`: monotonic, counts suspend). The wall clock
//! enters only as [`Clock`] events that carry the offset, so that whatever consumes events needs no clock of its own.
//! Stamps of different CPUs may go back by microseconds against each other: never sort by them, and subtract with
//! `saturating_sub`.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

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
}

impl Image {
    /// The arguments one by one, without their NULs; an empty `argv` yields none.
    pub fn args(&self) -> impl Iterator<Item = &[u8]> + Clone {
        let ended = self.argv.strip_suffix(&[0]).unwrap_or(&self.argv);
        ended.split(|&b| b == 0).take(if self.argv.is_empty() { 0 } else { usize::MAX })
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
}

/// A process that ran when the snapshot was taken.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The process.
    pub subject: Subject,
    /// Ended, but not yet reaped.
    pub zombie: bool,
    /// Its image, as far as it could be read from the outside.
    pub image: Option<Arc<Image>>,
}

/// The kinds of records that the kernel side hands over, in the order of the counters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// [`Fork`]
    Fork,
    /// [`Exec`]
    Exec,
    /// [`Exit`]
    Exit,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 3] = [Kind::Fork, Kind::Exec, Kind::Exit];

    /// The name in outputs.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Fork => "fork",
            Kind::Exec => "exec",
            Kind::Exit => "exit",
        }
    }
}

/// A number for each [`Kind`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PerKind {
    /// Of [`Kind::Fork`].
    pub fork: u64,
    /// Of [`Kind::Exec`].
    pub exec: u64,
    /// Of [`Kind::Exit`].
    pub exit: u64,
}

impl PerKind {
    /// The number of one kind.
    pub const fn get(&self, kind: Kind) -> u64 {
        match kind {
            Kind::Fork => self.fork,
            Kind::Exec => self.exec,
            Kind::Exit => self.exit,
        }
    }

    /// The number of one kind, to change it.
    pub const fn get_mut(&mut self, kind: Kind) -> &mut u64 {
        match kind {
            Kind::Fork => &mut self.fork,
            Kind::Exec => &mut self.exec,
            Kind::Exit => &mut self.exit,
        }
    }

    /// The sum over all kinds.
    pub const fn total(&self) -> u64 {
        self.fork.saturating_add(self.exec).saturating_add(self.exit)
    }

    /// Kind by kind, `self − earlier`, never below zero.
    pub const fn since(&self, earlier: &Self) -> Self {
        Self {
            fork: self.fork.saturating_sub(earlier.fork),
            exec: self.exec.saturating_sub(earlier.exec),
            exit: self.exit.saturating_sub(earlier.exit),
        }
    }

    /// Adds kind by kind.
    pub const fn add(&mut self, other: &Self) {
        self.fork = self.fork.saturating_add(other.fork);
        self.exec = self.exec.saturating_add(other.exec);
        self.exit = self.exit.saturating_add(other.exit);
    }
}

/// Records that were lost since the last event of this kind, at about the place in the stream where it happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lost {
    /// Records that the kernel could not hand over: exact.
    pub dropped: PerKind,
    /// Runs of our programs that the kernel skipped: an upper bound, since a skipped run may have been a thread's.
    pub missed_at_most: u64,
}

/// The account of a whole run: for each kind `attempted = delivered + dropped` holds exactly at its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Records that the kernel side tried to hand over.
    pub attempted: PerKind,
    /// Records that arrived.
    pub delivered: PerKind,
    /// Records that could not be handed over.
    pub dropped: PerKind,
    /// Runs that the kernel skipped: an upper bound of what was missed beside `dropped`.
    pub missed_at_most: u64,
    /// Records that arrived and could not be decoded; 0 unless proctop itself has a defect.
    pub malformed: u64,
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
