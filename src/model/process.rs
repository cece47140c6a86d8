//! One process as the model knows it.

use std::sync::Arc;

use slotmap::new_key_type;

use super::event::{Comm, Image, Killer, ProcessId, Session, Uids, Usage, WaitStatus};

new_key_type! {
    /// The place of a process in the tree; never reused for another one.
    pub struct NodeKey;
}

/// Images that are kept of one exec chain; of a longer one the first and the latest stay.
pub const IMAGES_KEPT: usize = 16;

/// How we know that a process began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Birth {
    /// Its fork was seen.
    Forked,
    /// It ran before the tracing began.
    Snapshot,
    /// It was born while the tracing ran, and its fork was not seen.
    Unseen,
}

/// One image: from an exec to the next, or to the end.
#[derive(Clone, Debug)]
pub struct ImageRun {
    /// When it began, boot clock; `None` when that was before the tracing.
    pub since_ns: Option<u64>,
    /// The comm that exec gave.
    pub comm: Comm,
    /// File name and arguments.
    pub image: Arc<Image>,
}

/// How and when a process ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ending {
    /// When, boot clock. For an ending that was concluded: when it was noticed.
    pub time_ns: u64,
    /// What `waitpid` says; `None` when the end was concluded and not seen.
    pub status: Option<WaitStatus>,
    /// CPU time of all threads, in nanoseconds.
    pub cpu_ns: u64,
    /// The part of `cpu_ns` in user mode.
    pub cpu_user_ns: u64,
    /// The part of `cpu_ns` in kernel mode.
    pub cpu_system_ns: u64,
    /// `cpu_ns` is a lower bound.
    pub cpu_partial: bool,
    /// Peak resident set in bytes.
    pub max_rss_bytes: u64,
    /// What else it used.
    pub usage: Usage,
    /// Who sent the signal that ended it.
    pub killed_by: Option<Killer>,
}

impl Ending {
    /// An ending that was concluded at `time_ns`.
    pub fn unseen(time_ns: u64) -> Self {
        Self { time_ns, ..Self::default() }
    }

    /// Ended by a signal or with a code other than 0.
    pub fn failed(&self) -> bool {
        self.status.is_some_and(|status| !status.success())
    }
}

/// The sums of descendants that are no longer kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Folded {
    /// How many they are.
    pub processes: u64,
    /// How many of them failed.
    pub failed: u64,
    /// Their CPU time in nanoseconds.
    pub cpu_ns: u64,
    /// The largest peak resident set among them, in bytes.
    pub max_rss_bytes: u64,
}

impl Folded {
    /// One process that ended so.
    pub(super) fn of(ending: &Ending) -> Self {
        Self {
            processes: 1,
            failed: ending.failed().into(),
            cpu_ns: ending.cpu_ns,
            max_rss_bytes: ending.max_rss_bytes,
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.processes = self.processes.saturating_add(other.processes);
        self.failed = self.failed.saturating_add(other.failed);
        self.cpu_ns = self.cpu_ns.saturating_add(other.cpu_ns);
        self.max_rss_bytes = self.max_rss_bytes.max(other.max_rss_bytes);
    }
}

/// A program is looked for in one place after the other, as PATH has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Search {
    /// The line of the log that tells of it.
    pub(super) line: u64,
    /// When the latest place was tried, boot clock.
    pub(super) latest_ns: u64,
}

/// The places around a process in the tree.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Links {
    pub(super) parent: Option<NodeKey>,
    pub(super) previous: Option<NodeKey>,
    pub(super) next: Option<NodeKey>,
    pub(super) first_child: Option<NodeKey>,
    pub(super) last_child: Option<NodeKey>,
}

/// A process, living or dead.
#[derive(Clone, Debug)]
pub struct Process {
    /// Its identity.
    pub id: ProcessId,
    /// Its latest comm.
    pub comm: Comm,
    /// Its latest user ids.
    pub uids: Uids,
    /// Its cgroup's id, 0 when unknown.
    pub cgroup_id: u64,
    /// A kernel thread.
    pub kernel_thread: bool,
    /// All its threads have ended and nobody had reaped it when it was looked.
    pub zombie: bool,
    /// Its pid in its own pid namespace, where that is another one.
    pub inner_pid: Option<u32>,
    /// proctop's own pid namespace has no pid for it.
    pub outside: bool,
    /// Its session, once that was told.
    pub session: Option<Session>,
    /// The execs that failed: several places that were tried in a row for one name count once, or not at all where it
    /// was found at last.
    pub failed_execs: u32,
    /// The search for a program that the latest of these may belong to.
    pub(super) search: Option<Search>,
    /// How we know that it began.
    pub birth: Birth,
    /// Its parent when it was forked (or when it was first seen). The tree keeps to it.
    pub parent: Option<ProcessId>,
    /// Who called fork, where that was not the parent.
    pub forked_by: Option<ProcessId>,
    /// Its latest parent, where that is another one by now: the first died.
    pub adopted_by: Option<ProcessId>,
    /// How it ended, when it did.
    pub ending: Option<Ending>,
    /// Its children ever, those no longer kept included, and those that moved up when their dead parent was given up.
    pub children: u64,
    /// Its children that live.
    pub living_children: u32,
    /// The descendants that are no longer kept.
    pub folded: Folded,
    /// The image that it inherited by fork.
    pub inherited: Option<Arc<Image>>,
    /// Its exec chain, oldest first, [`IMAGES_KEPT`] at most.
    pub images: Vec<ImageRun>,
    /// Images that are no longer in `images`; they lay between the first and the second.
    pub images_dropped: u32,
    pub(super) links: Links,
    pub(super) listed: u32,
}

impl Process {
    pub(super) fn new(id: ProcessId, birth: Birth) -> Self {
        Self {
            id,
            birth,
            comm: Comm::default(),
            uids: Uids::default(),
            cgroup_id: 0,
            kernel_thread: false,
            zombie: false,
            inner_pid: None,
            outside: false,
            session: None,
            failed_execs: 0,
            search: None,
            parent: None,
            forked_by: None,
            adopted_by: None,
            ending: None,
            children: 0,
            living_children: 0,
            folded: Folded::default(),
            inherited: None,
            images: Vec::new(),
            images_dropped: 0,
            links: Links::default(),
            listed: 0,
        }
    }

    /// Not ended, as far as is known.
    pub fn is_alive(&self) -> bool {
        self.ending.is_none()
    }

    /// Nothing that the stream can still tell changes it: its fork and its end were seen.
    pub fn is_settled(&self) -> bool {
        self.birth == Birth::Forked && self.ending.is_some_and(|ending| ending.status.is_some())
    }

    /// Exit − fork; for a living process its age at `now_ns` (boot clock). Nanoseconds.
    pub fn lifetime_ns(&self, now_ns: u64) -> u64 {
        self.ending.map_or(now_ns, |ending| ending.time_ns).saturating_sub(self.id.start_ns)
    }

    /// The image that runs, or ran last; the second value tells that it is its parent's, inherited by fork.
    pub fn image(&self) -> Option<(&Arc<Image>, bool)> {
        let own = self.images.last().map(|run| (&run.image, false));
        own.or_else(|| self.inherited.as_ref().map(|image| (image, true)))
    }

    /// Time from the last exec to the end, or to `now_ns`, in nanoseconds; `None` without an exec that was seen.
    pub fn image_ns(&self, now_ns: u64) -> Option<u64> {
        let since = self.images.last()?.since_ns?;
        Some(self.ending.map_or(now_ns, |ending| ending.time_ns).saturating_sub(since))
    }

    /// Its execs ever, as far as they are known.
    pub fn image_count(&self) -> u32 {
        self.images_dropped.saturating_add(u32::try_from(self.images.len()).unwrap_or(u32::MAX))
    }

    /// Adds an image to the chain; returns the one that went for it.
    pub(super) fn push_image(&mut self, run: ImageRun) -> Option<ImageRun> {
        // What /proc showed in the snapshot may be the very exec whose event comes now.
        let same = |last: &mut ImageRun| last.since_ns.is_none() && last.image.argv == run.image.argv;
        let replaced = self.images.pop_if(same);
        let gone =
            replaced.or_else(|| (self.images.len() >= IMAGES_KEPT).then(|| self.drop_image()).flatten());
        // Most have one: room for four, a vector's first step, would be a quarter of what a process takes.
        if self.images.is_empty() {
            self.images.reserve_exact(1);
        }
        self.images.push(run);
        gone
    }

    /// Removes the image after the first one, for want of that the first.
    pub(super) fn drop_image(&mut self) -> Option<ImageRun> {
        let last = self.images.len().checked_sub(1)?;
        self.images_dropped = self.images_dropped.saturating_add(1);
        Some(self.images.remove(last.min(1)))
    }

    /// Bytes of text in its chain.
    pub(super) fn text_bytes(&self) -> i64 {
        self.images.iter().map(|run| text_bytes(&run.image)).sum()
    }
}

/// What an image takes in memory, roughly.
pub(super) fn text_bytes(image: &Image) -> i64 {
    let cwd = image.cwd.as_ref().map_or(0, |cwd| cwd.path.len());
    let all = image.filename.len().saturating_add(image.argv.len()).saturating_add(cwd);
    i64::try_from(all).unwrap_or(i64::MAX / 4)
}
