//! Which processes a run is about: all, the descendants of one, or the children that proctop itself starts.

use super::event::{Comm, Event, Image, ProcessId, Subject, What};
use super::hash::IdMap;
use super::is_plausible;
use super::recent::Recent;
use super::roll_call::{Presence, RollCall};

/// The most events that are held while a list is not complete; far more than a machine has processes.
const HELD_LIMIT: usize = 1 << 20;
/// Bytes of arguments that are held at most while a list is not complete, but for the last event's.
const HELD_TEXT_LIMIT: usize = 64 << 20;
/// The most members. Beyond it nobody joins until one has ended; only a made-up stream comes here.
const MEMBERS_LIMIT: usize = 1 << 20;

/// Narrows a stream of events to a subtree. Members are known by identity and dropped when they end, so that the set
/// is as large as the living subtree: at most one for each pid, and 2^20 in all.
#[derive(Debug)]
pub struct Scope {
    root: Root,
    /// By pid.
    members: IdMap<u32, Member>,
    roll_call: RollCall,
    /// Members whose pid another process has by now: what happened before may still be told.
    reborn: Recent,
    /// Members that ended lately: a list may still show them.
    ended: Recent,
    /// What came since a list began.
    held: Vec<Event>,
    held_text: usize,
    is_holding: bool,
    /// The beginning of the list was too long to be held.
    is_cut: bool,
    /// No list was complete yet.
    is_first: bool,
    /// The root may begin at any time.
    awaits_root: bool,
    /// Whether a member was ever found.
    found: bool,
}

#[derive(Clone, Copy, Debug)]
struct Member {
    start_ns: u64,
    /// The one that it had last.
    comm: Comm,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Root {
    Everything,
    ChildrenOf(ProcessId),
    Pid(u32),
}

impl Scope {
    /// Every event passes.
    pub fn everything() -> Self {
        Self::new(Root::Everything)
    }

    /// The children that `parent` forks from now on and all their descendants; not `parent` itself.
    pub fn children_of(parent: ProcessId) -> Self {
        Self::new(Root::ChildrenOf(parent))
    }

    /// The process that has this pid when the stream begins, and all its descendants.
    pub fn subtree_of(pid: u32) -> Self {
        Self::new(Root::Pid(pid))
    }

    /// The first process that has this pid, whenever it begins, and all its descendants: a recording is over, and who is
    /// meant may be anybody in it.
    pub fn recorded_subtree_of(pid: u32) -> Self {
        Self { awaits_root: true, ..Self::new(Root::Pid(pid)) }
    }

    fn new(root: Root) -> Self {
        // Before the first list is complete nobody knows who descends from that pid.
        let is_holding = matches!(root, Root::Pid(_));
        let members = IdMap::default();
        Self {
            root,
            members,
            roll_call: RollCall::default(),
            reborn: Recent::default(),
            ended: Recent::default(),
            held: Vec::new(),
            held_text: 0,
            is_holding,
            is_cut: false,
            is_first: true,
            awaits_root: false,
            found: false,
        }
    }

    /// Whether any process belonged to it so far.
    pub fn found_any(&self) -> bool {
        self.found
    }

    /// The pid that the scope was asked to begin at.
    pub fn wanted_pid(&self) -> Option<u32> {
        match self.root {
            Root::Pid(pid) => Some(pid),
            Root::Everything | Root::ChildrenOf(_) => None,
        }
    }

    /// Those members that live, with the comm that each had last; in no order.
    pub fn living(&self) -> impl Iterator<Item = (ProcessId, Comm)> + '_ {
        self.members.iter().map(|(&pid, member)| (ProcessId::new(pid, member.start_ns), member.comm))
    }

    #[cfg(test)]
    pub(super) fn steps(&self) -> u64 {
        self.roll_call.steps()
    }

    /// Appends to `passed` what belongs to the scope. Events are held from the beginning of a list of processes to its
    /// end, since a child may be listed before its parent.
    pub fn filter(&mut self, events: Vec<Event>, passed: &mut Vec<Event>) {
        if self.root == Root::Everything {
            passed.extend(events);
            return;
        }
        for event in events {
            self.is_holding |= matches!(event.what, What::Snapshot(_) | What::SnapshotEnd { .. });
            if !self.is_holding {
                self.judge(event, passed);
                continue;
            }
            let is_whole = matches!(event.what, What::SnapshotEnd { .. } | What::End(_));
            self.held_text = self.held_text.saturating_add(text_bytes(&event));
            self.held.push(event);
            if is_whole || self.held.len() >= HELD_LIMIT || self.held_text >= HELD_TEXT_LIMIT {
                self.settle(passed, is_whole);
                self.is_cut = !is_whole;
            }
        }
    }

    /// Finds the members among what was listed and judges what was held.
    fn settle(&mut self, passed: &mut Vec<Event>, is_whole: bool) {
        let held = std::mem::take(&mut self.held);
        self.held_text = 0;
        self.is_holding = false;
        let mut listed: Listed = held.iter().filter_map(listed_with_parent).collect();
        for event in &held {
            let What::Snapshot(snapshot) = &event.what else { continue };
            let subject = &snapshot.subject;
            // The list may be older than what was told of a member since.
            let is_known = self.is_member(subject.id) || self.ended.contains(subject.id);
            if !is_known && self.descends(subject.id, &mut listed) {
                self.join(subject);
            }
        }
        // The root may stand in what is still to come of the first list.
        self.is_first &= !is_whole;
        for event in held {
            if let What::SnapshotEnd { taken_ns } = event.what
                && !self.is_cut
            {
                self.strike_off(taken_ns, &listed);
            }
            self.judge(event, passed);
        }
    }

    /// Members that are missing from a list have ended, and that was lost.
    fn strike_off(&mut self, taken_ns: u64, listed: &Listed) {
        let members = &self.members;
        let missing =
            self.roll_call.close(taken_ns, |id| match (is_current(members, id), listed.contains_key(&id)) {
                (false, _) => Presence::Gone,
                (true, true) => Presence::Listed,
                (true, false) => Presence::Unlisted,
            });
        for id in missing {
            self.members.remove(&id.pid);
        }
    }

    /// What turns out is noted for the whole line of descent, so that a long one is walked once.
    fn descends(&self, id: ProcessId, listed: &mut Listed) -> bool {
        let mut line = Vec::new();
        let mut at = Some(id);
        let belongs = loop {
            let Some(here) = at else { break false };
            if self.is_member(here) || self.is_root(here) {
                break true;
            }
            let Some(lineage) = listed.get_mut(&here) else { break false };
            match std::mem::replace(lineage, Lineage::Known(false)) {
                Lineage::Known(belongs) => {
                    *lineage = Lineage::Known(belongs);
                    break belongs;
                }
                // A list that contradicts itself could hold a circle: that ends where it was noted just now.
                Lineage::From(parent) => {
                    line.push(here);
                    at = parent;
                }
            }
            if at.is_some_and(|parent| self.root == Root::ChildrenOf(parent)) {
                break true;
            }
        };
        for id in line.into_iter().filter(|_| belongs) {
            listed.insert(id, Lineage::Known(true));
        }
        belongs
    }

    /// The pid may be another process's later.
    fn is_root(&self, id: ProcessId) -> bool {
        let may_begin = self.is_first || (self.awaits_root && !self.found);
        may_begin && self.root == Root::Pid(id.pid)
    }

    /// Also events tell who the root is, and not a list alone.
    fn is_awaited(&self, id: ProcessId) -> bool {
        self.awaits_root && self.is_root(id)
    }

    fn is_member(&self, id: ProcessId) -> bool {
        is_current(&self.members, id) || (self.reborn.contains(id) && !self.ended.contains(id))
    }

    /// False where it can't be one, or where there is no room.
    fn join(&mut self, subject: &Subject) -> bool {
        let ProcessId { pid, start_ns } = subject.id;
        if !is_plausible(subject.id) {
            return false;
        }
        self.outlive(subject.id);
        if self.members.get(&pid).is_some_and(|member| member.start_ns > start_ns) {
            self.reborn.insert(subject.id);
        } else if self.members.len() < MEMBERS_LIMIT {
            self.members.insert(pid, Member { start_ns, comm: subject.comm });
            let members = &self.members;
            self.roll_call.join(subject.id, members.len(), |id| !is_current(members, id));
        } else {
            return false;
        }
        self.found = true;
        true
    }

    /// Pids are unique: who had this one before has ended.
    fn outlive(&mut self, id: ProcessId) {
        if let Some(former) = self.members.get(&id.pid).map(|member| member.start_ns)
            && former < id.start_ns
        {
            self.members.remove(&id.pid);
            self.reborn.insert(ProcessId::new(id.pid, former));
        }
    }

    fn judge(&mut self, event: Event, passed: &mut Vec<Event>) {
        if self.admits(&event) {
            passed.push(event);
        }
    }

    fn admits(&mut self, event: &Event) -> bool {
        match &event.what {
            What::Clock { .. }
            | What::SnapshotEnd { .. }
            | What::Cgroup(_)
            | What::Zombies(_)
            | What::Lost(_)
            | What::End(_) => true,
            What::ExecFailed(failed) => self.is_member(failed.id),
            What::Rename(rename) => self.admits_rename(&rename.subject, rename.to),
            What::ThreadStart(thread) | What::ThreadEnd(thread) => self.is_member(thread.of),
            What::Look(look) => self.is_member(look.subject.id),
            What::Fork(fork) => self.admits_birth(&fork.subject, fork.forked_by),
            What::Snapshot(snapshot) => {
                self.outlive(snapshot.subject.id);
                self.is_member(snapshot.subject.id)
            }
            What::Exec(exec) => self.admits_birth(&exec.subject, None),
            What::Exit(exit) => {
                let admitted = self.admits_birth(&exit.subject, None);
                self.end(exit.subject.id);
                admitted
            }
        }
    }

    fn end(&mut self, id: ProcessId) {
        if !self.is_member(id) {
            return;
        }
        self.ended.insert(id);
        if is_current(&self.members, id) {
            self.members.remove(&id.pid);
        }
    }

    fn admits_rename(&mut self, subject: &Subject, to: Comm) -> bool {
        let admitted = self.admits_birth(subject, None);
        if let Some(member) = self.members.get_mut(&subject.id.pid).filter(|_| admitted) {
            member.comm = to;
        }
        admitted
    }

    /// A member, or the child of one: that joins, even if its fork was lost.
    fn admits_birth(&mut self, subject: &Subject, forked_by: Option<ProcessId>) -> bool {
        let id = subject.id;
        self.outlive(id);
        if let Some(member) = self.members.get_mut(&id.pid).filter(|member| member.start_ns == id.start_ns) {
            member.comm = subject.comm;
            return true;
        }
        if self.is_member(id) {
            return true;
        }
        let of_member = |parent: ProcessId| self.root == Root::ChildrenOf(parent) || self.is_member(parent);
        let belongs = !self.ended.contains(id)
            && (self.is_awaited(id)
                || subject.parent.is_some_and(of_member)
                || forked_by.is_some_and(of_member));
        belongs && self.join(subject)
    }
}

/// Whether it is the member that has its pid now.
fn is_current(members: &IdMap<u32, Member>, id: ProcessId) -> bool {
    members.get(&id.pid).is_some_and(|member| member.start_ns == id.start_ns)
}

/// What a list says: each process with its line of descent.
type Listed = IdMap<ProcessId, Lineage>;

#[derive(Clone, Copy, Debug)]
enum Lineage {
    From(Option<ProcessId>),
    /// Whether it comes from a member.
    Known(bool),
}

fn listed_with_parent(event: &Event) -> Option<(ProcessId, Lineage)> {
    match &event.what {
        What::Snapshot(snapshot) => Some((snapshot.subject.id, Lineage::From(snapshot.subject.parent))),
        _ => None,
    }
}

/// What an event's arguments take in memory, roughly.
fn text_bytes(event: &Event) -> usize {
    let image = match &event.what {
        What::Snapshot(snapshot) => snapshot.image.as_deref(),
        What::Exec(exec) => Some(&*exec.image),
        _ => None,
    };
    image.map_or(0, |Image { filename, argv, cwd, .. }| {
        let cwd = cwd.as_ref().map_or(0, |cwd| cwd.path.len());
        filename.len().saturating_add(argv.len()).saturating_add(cwd)
    })
}
