//! One process as the model knows it.

use std::fmt;

use slotmap::new_key_type;

use super::event::{Comm, ImageRef, Killer, ProcessId, Session, Uids, Usage, WaitStatus};
use super::node::{Extra, Node, Rare, Run, Search, flag};
use super::packed::Numbers;
use super::store::{ImageIndex, Interned, Place};
use super::tree::Tree;

new_key_type! {
    /// The place of a process in the tree; never reused for another one.
    pub struct NodeKey;
}

/// So many ancestors are asked at most for the comm that a process had before its first exec.
const GENERATIONS_ASKED: usize = 64;

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
#[derive(Clone, Copy, Debug)]
pub struct ImageRun<'a> {
    /// When it began, boot clock; `None` when that was before the tracing.
    pub since_ns: Option<u64>,
    /// The comm that exec gave.
    pub comm: Comm,
    /// File name and arguments.
    pub image: ImageRef<'a>,
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
    /// A process that ended.
    pub(super) fn of(process: &Process<'_>) -> Self {
        Self {
            processes: 1,
            failed: process.failed().into(),
            cpu_ns: process.cpu_ns().unwrap_or(0),
            max_rss_bytes: process.max_rss_bytes().unwrap_or(0),
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.processes = self.processes.saturating_add(other.processes);
        self.failed = self.failed.saturating_add(other.failed);
        self.cpu_ns = self.cpu_ns.saturating_add(other.cpu_ns);
        self.max_rss_bytes = self.max_rss_bytes.max(other.max_rss_bytes);
    }
}

/// A process, living or dead, as the tree keeps it: what is asked for is read from there, and some of it computed.
///
/// As of an instant ([`super::Model::look_at`]) it tells what was so then, as far as that is kept. User ids, cgroup,
/// session and the number of failed execs are always the latest that are known.
#[derive(Clone, Copy)]
pub struct Process<'a> {
    /// Its identity.
    pub id: ProcessId,
    tree: &'a Tree,
    node: &'a Node,
    /// The instant as of which it answers, boot clock; `u64::MAX` is now.
    at_ns: u64,
}

impl<'a> Process<'a> {
    pub(super) fn new(tree: &'a Tree, node: &'a Node, at_ns: u64) -> Self {
        Self { id: node.id(), tree, node, at_ns }
    }

    /// Whether something that happened at a time had happened; what has no time was before the tracing.
    fn had_come(&self, time_ns: Option<u64>) -> bool {
        time_ns.is_none_or(|time_ns| time_ns <= self.at_ns)
    }

    fn extra(&self) -> Option<&'a Extra> {
        self.tree.extras.get(self.node.extra?.number())
    }

    fn rare(&self) -> Option<&'a Rare> {
        self.tree.rares.get(self.extra()?.rare?.number())
    }

    fn place(&self) -> Place {
        self.node.place.and_then(|place| self.tree.store.places.get(place)).copied().unwrap_or_default()
    }

    fn comm_of(&self, comm: Option<Interned>) -> Comm {
        comm.and_then(|comm| self.tree.store.comms.get(comm)).copied().unwrap_or_default()
    }

    fn image_of(&self, image: ImageIndex) -> ImageRef<'a> {
        self.tree.store.images.get(image)
    }

    /// Its latest comm. When a name was changed without an exec is not kept: as of an instant it is the latest while the
    /// latest image runs, and before that what the exec gave.
    pub fn comm(&self) -> Comm {
        self.comm_of(self.held_comm())
    }

    /// Its latest comm as it is kept: equal for equal comms.
    pub(super) fn held_comm(&self) -> Option<Interned> {
        if self.at_ns == u64::MAX || self.is_latest_image_in_force() {
            return self.node.comm;
        }
        match self.later().last() {
            Some(run) => Some(run.comm),
            None if self.first_image().is_some() => self.node.image_comm,
            None => self.comm_at_birth().or(self.node.comm),
        }
    }

    /// Whether all its execs had come by the instant, or there were none.
    fn is_latest_image_in_force(&self) -> bool {
        let latest = self.extra().and_then(|extra| extra.later.last());
        self.had_come(match latest {
            Some(run) => run.since_ns,
            None => self.node.image.and_then(|_| self.first_since_ns()),
        })
    }

    /// Whether an exec came after an earlier instant.
    pub(super) fn has_execed_since(&self, earlier_ns: u64) -> bool {
        let is_new = |since_ns: Option<u64>| since_ns.is_some_and(|since_ns| since_ns > earlier_ns);
        self.node.image.is_some()
            && (is_new(self.first_since_ns()) || self.later().iter().any(|run| is_new(run.since_ns)))
    }

    /// The comm that its parent had at the fork, while that is kept.
    fn comm_at_birth(&self) -> Option<Interned> {
        let mut child = *self;
        for _ in 0..GENERATIONS_ASKED {
            let parent = self.tree.as_of(child.forked_by().or(child.parent())?, child.id.start_ns)?;
            if parent.is_latest_image_in_force() || parent.images().next().is_some() {
                return parent.held_comm();
            }
            child = parent;
        }
        None
    }

    /// Its latest user ids.
    pub fn uids(&self) -> Uids {
        self.place().uids
    }

    /// Its cgroup's id, 0 when unknown.
    pub fn cgroup_id(&self) -> u64 {
        self.place().cgroup_id
    }

    /// Whether it is a kernel thread.
    pub fn is_kernel_thread(&self) -> bool {
        self.place().kernel_thread
    }

    /// Whether all its threads have ended and nobody had reaped it when it was looked last. As of an instant: whether it
    /// has still not been reaped, and had ended by then.
    pub fn is_zombie(&self) -> bool {
        self.node.has(flag::ZOMBIE) && (self.node.is_alive() || !self.is_alive())
    }

    /// Its pid in its own pid namespace, where that is another one.
    pub fn inner_pid(&self) -> Option<u32> {
        self.node.has(flag::INNER_PID).then_some(self.node.inner_pid)
    }

    /// Whether proctop's own pid namespace has no pid for it.
    pub fn is_outside(&self) -> bool {
        self.place().outside
    }

    /// Its session, once that was told.
    pub fn session(&self) -> Option<Session> {
        self.place().session
    }

    /// The execs that failed: several places that were tried in a row for one name count once, or not at all where it
    /// was found at last.
    pub fn failed_execs(&self) -> u32 {
        self.extra().map_or(0, |extra| extra.failed_execs)
    }

    /// The search for a program that the latest of these may belong to.
    pub(super) fn search(&self) -> Option<Search> {
        self.rare()?.search
    }

    /// How we know that it began.
    pub fn birth(&self) -> Birth {
        self.node.birth()
    }

    /// Its parent when it was forked (or when it was first seen). The tree keeps to it.
    pub fn parent(&self) -> Option<ProcessId> {
        self.node.parent()
    }

    /// Who called fork, where that was not the parent.
    pub fn forked_by(&self) -> Option<ProcessId> {
        self.rare()?.forked_by
    }

    /// Its latest parent, where that is another one by now: the first died. As of an instant: if the first had died, who
    /// has it now.
    pub fn adopted_by(&self) -> Option<ProcessId> {
        let adopter = self.extra()?.adopted_by?;
        if self.at_ns == u64::MAX {
            return Some(adopter);
        }
        let parent = self.parent().and_then(|parent| self.tree.as_of(parent, self.at_ns));
        let is_orphan = parent.is_none_or(|parent| !parent.is_alive());
        Some(adopter).filter(|adopter| is_orphan && adopter.start_ns <= self.at_ns)
    }

    /// Its latest parent.
    pub fn latest_parent(&self) -> Option<ProcessId> {
        self.adopted_by().or(self.parent())
    }

    /// Its children ever, those no longer kept included, and those that moved up when their dead parent was given up.
    /// As of an instant those that came later are counted off, one by one.
    pub fn children(&self) -> u64 {
        match self.at_ns {
            u64::MAX => self.node.children(),
            at_ns => self.node.children().saturating_sub(self.tree.children_then(self.node, at_ns).0),
        }
    }

    /// Its children that live.
    pub fn living_children(&self) -> u32 {
        match self.at_ns {
            u64::MAX => self.node.living_children(),
            at_ns => self.tree.children_then(self.node, at_ns).1,
        }
    }

    /// The descendants that are no longer kept.
    pub fn folded(&self) -> Folded {
        self.rare().map(|rare| rare.folded).unwrap_or_default()
    }

    /// Not ended, as far as is known.
    pub fn is_alive(&self) -> bool {
        self.node.is_alive_at(self.at_ns)
    }

    /// When it ended, boot clock; as in [`Ending::time_ns`].
    pub fn end_ns(&self) -> Option<u64> {
        (!self.is_alive()).then_some(self.node.end_ns)
    }

    /// What `waitpid` says of its end; `None` while it lives, and when its end was not seen.
    pub fn status(&self) -> Option<WaitStatus> {
        (self.node.has(flag::STATUS) && !self.is_alive()).then_some(WaitStatus(self.node.status))
    }

    /// Ended by a signal or with a code other than 0.
    pub fn failed(&self) -> bool {
        self.status().is_some_and(|status| !status.success())
    }

    /// Who sent the signal that ended it.
    pub fn killed_by(&self) -> Option<&'a Killer> {
        self.rare()?.killed_by.as_ref().filter(|_| !self.is_alive())
    }

    /// The CPU time of all its threads in nanoseconds, when its end was seen.
    pub fn cpu_ns(&self) -> Option<u64> {
        self.status().map(|_| self.costs().next())
    }

    /// Its peak resident set in bytes, when its end was seen.
    pub fn max_rss_bytes(&self) -> Option<u64> {
        let mut costs = self.status().map(|_| self.costs())?;
        costs.next();
        Some(costs.max_rss_bytes())
    }

    fn costs(&self) -> Numbers<'a> {
        let wide = self.rare().filter(|_| self.node.has(flag::WIDE));
        Numbers::new(wide.map_or(&self.node.costs[..], |rare| &rare.costs))
    }

    /// How it ended, when it did.
    pub fn ending(&self) -> Option<Ending> {
        let mut ending = Ending::unseen(self.end_ns()?);
        ending.status = self.status();
        ending.killed_by = self.killed_by().copied();
        ending.cpu_partial = self.node.has(flag::CPU_PARTIAL);
        self.costs().unpack(&mut ending);
        Some(ending)
    }

    /// Nothing that the stream can still tell changes it: its fork and its end were seen.
    pub fn is_settled(&self) -> bool {
        self.birth() == Birth::Forked && self.status().is_some()
    }

    /// Exit − fork; for a living process its age at `now_ns` (boot clock). Nanoseconds.
    pub fn lifetime_ns(&self, now_ns: u64) -> u64 {
        self.end_ns().unwrap_or(now_ns).saturating_sub(self.id.start_ns)
    }

    /// The image that it inherited by fork.
    pub fn inherited(&self) -> Option<ImageRef<'a>> {
        self.node.inherited.map(|image| self.image_of(image))
    }

    /// Its exec chain, oldest first, [`IMAGES_KEPT`] at most.
    pub fn images(&self) -> impl DoubleEndedIterator<Item = ImageRun<'a>> + use<'a> {
        let this = *self;
        self.first_image().into_iter().chain(self.later().iter().map(move |run| this.run(run)))
    }

    /// The comms that the execs of its chain gave, oldest first, each with its time as in [`ImageRun::since_ns`]. The
    /// images are not looked at: they are likely far from all that is.
    pub fn image_comms(&self) -> impl Iterator<Item = (Option<u64>, Comm)> + use<'a> {
        let this = *self;
        let first = self.node.image.map(|_| (self.first_since_ns(), self.comm_of(self.node.image_comm)));
        let first = first.filter(|&(since_ns, _)| self.had_come(since_ns));
        first
            .into_iter()
            .chain(self.later().iter().map(move |run| (run.since_ns, this.comm_of(Some(run.comm)))))
    }

    fn first_image(&self) -> Option<ImageRun<'a>> {
        let image = self.image_of(self.node.image?);
        let since_ns = self.first_since_ns();
        self.had_come(since_ns).then(|| ImageRun {
            since_ns,
            comm: self.comm_of(self.node.image_comm),
            image,
        })
    }

    /// The images after the first one, up to the instant.
    fn later(&self) -> &'a [Run] {
        let all = self.extra().map_or(&[][..], |extra| &extra.later);
        let come = all.iter().rposition(|run| self.had_come(run.since_ns)).map_or(0, |last| last + 1);
        all.get(..come).unwrap_or_default()
    }

    fn first_since_ns(&self) -> Option<u64> {
        if self.node.has(flag::SINCE_UNKNOWN) {
            return None;
        }
        let wide = self.rare().filter(|_| self.node.has(flag::SINCE_WIDE)).map(|rare| rare.first_since_ns);
        Some(wide.unwrap_or(self.id.start_ns.saturating_add(self.node.image_after_ns.into())))
    }

    /// The latest of its exec chain, where that began before the tracing: what /proc showed.
    pub(super) fn listed_image(&self) -> Option<ImageRef<'a>> {
        let has_image = self.node.image.is_some();
        (has_image && self.last_image_since_ns().is_none()).then(|| self.last_image())?.map(|run| run.image)
    }

    /// The latest of its exec chain.
    pub fn last_image(&self) -> Option<ImageRun<'a>> {
        match self.later().last() {
            Some(run) => Some(self.run(run)),
            None => self.first_image(),
        }
    }

    fn run(&self, run: &Run) -> ImageRun<'a> {
        let Run { since_ns, comm, image } = *run;
        ImageRun { since_ns, comm: self.comm_of(Some(comm)), image: self.image_of(image) }
    }

    /// When the latest of its exec chain began, boot clock; `None` without one, and when that was before the tracing.
    pub fn last_image_since_ns(&self) -> Option<u64> {
        match self.later().last() {
            Some(run) => run.since_ns,
            None => self.first_image()?.since_ns,
        }
    }

    /// Images that are no longer in the chain; they lay between the first and the second. As of an instant between these
    /// it is not known how many had come: 0.
    pub fn images_dropped(&self) -> u32 {
        let extra =
            self.extra().filter(|extra| extra.later.len() == self.later().len() || !self.later().is_empty());
        extra.map_or(0, |extra| extra.images_dropped)
    }

    /// The image that runs, or ran last; the second value tells that it is its parent's, inherited by fork.
    pub fn image(&self) -> Option<(ImageRef<'a>, bool)> {
        let own = self.last_image().map(|run| (run.image, false));
        own.or_else(|| self.inherited().map(|image| (image, true)))
    }

    /// Time from the last exec to the end, or to `now_ns`, in nanoseconds; `None` without an exec that was seen.
    pub fn image_ns(&self, now_ns: u64) -> Option<u64> {
        Some(self.end_ns().unwrap_or(now_ns).saturating_sub(self.last_image_since_ns()?))
    }

    /// Its execs ever, as far as they are known.
    pub fn image_count(&self) -> u32 {
        let kept = self.later().len() + usize::from(self.first_image().is_some());
        self.images_dropped().saturating_add(u32::try_from(kept).unwrap_or(u32::MAX))
    }
}

impl fmt::Debug for Process<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Process");
        shown.field("id", &self.id).field("comm", &self.comm()).field("birth", &self.birth());
        shown.field("parent", &self.parent()).field("ending", &self.ending()).finish_non_exhaustive()
    }
}
