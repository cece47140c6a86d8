//! What was handed over and what was lost, by kind.

use serde::{Deserialize, Serialize};

/// The kinds of records that the kernel side hands over, in the order of the counters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// [`super::event::Fork`]
    Fork,
    /// [`super::event::Exec`]
    Exec,
    /// [`super::event::Exit`]
    Exit,
    /// [`super::event::ExecFailed`]
    ExecFailed,
    /// [`super::event::Rename`]
    Rename,
    /// The beginning of a [`super::event::Thread`]
    ThreadStart,
    /// The end of a [`super::event::Thread`]
    ThreadEnd,
    /// [`super::event::Cgroup`]
    Cgroup,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 8] = [
        Kind::Fork,
        Kind::Exec,
        Kind::Exit,
        Kind::ExecFailed,
        Kind::Rename,
        Kind::ThreadStart,
        Kind::ThreadEnd,
        Kind::Cgroup,
    ];

    /// The name in outputs.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Fork => "fork",
            Kind::Exec => "exec",
            Kind::Exit => "exit",
            Kind::ExecFailed => "exec_failed",
            Kind::Rename => "rename",
            Kind::ThreadStart => "thread_start",
            Kind::ThreadEnd => "thread_end",
            Kind::Cgroup => "cgroup",
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
    /// Of [`Kind::ExecFailed`].
    pub exec_failed: u64,
    /// Of [`Kind::Rename`].
    pub rename: u64,
    /// Of [`Kind::ThreadStart`].
    pub thread_start: u64,
    /// Of [`Kind::ThreadEnd`].
    pub thread_end: u64,
    /// Of [`Kind::Cgroup`].
    pub cgroup: u64,
}

impl PerKind {
    /// The number of one kind.
    pub const fn get(&self, kind: Kind) -> u64 {
        match kind {
            Kind::Fork => self.fork,
            Kind::Exec => self.exec,
            Kind::Exit => self.exit,
            Kind::ExecFailed => self.exec_failed,
            Kind::Rename => self.rename,
            Kind::ThreadStart => self.thread_start,
            Kind::ThreadEnd => self.thread_end,
            Kind::Cgroup => self.cgroup,
        }
    }

    /// The number of one kind, to change it.
    pub const fn get_mut(&mut self, kind: Kind) -> &mut u64 {
        match kind {
            Kind::Fork => &mut self.fork,
            Kind::Exec => &mut self.exec,
            Kind::Exit => &mut self.exit,
            Kind::ExecFailed => &mut self.exec_failed,
            Kind::Rename => &mut self.rename,
            Kind::ThreadStart => &mut self.thread_start,
            Kind::ThreadEnd => &mut self.thread_end,
            Kind::Cgroup => &mut self.cgroup,
        }
    }

    /// The sum over all kinds.
    pub fn total(&self) -> u64 {
        Kind::ALL.into_iter().fold(0, |sum, kind| self.get(kind).saturating_add(sum))
    }

    /// Kind by kind, `self − earlier`, never below zero.
    pub fn since(&self, earlier: &Self) -> Self {
        let mut difference = *self;
        for kind in Kind::ALL {
            *difference.get_mut(kind) = self.get(kind).saturating_sub(earlier.get(kind));
        }
        difference
    }

    /// Adds kind by kind.
    pub fn add(&mut self, other: &Self) {
        for kind in Kind::ALL {
            *self.get_mut(kind) = self.get(kind).saturating_add(other.get(kind));
        }
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
