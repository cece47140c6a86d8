//! Which processes a run is about: all, the descendants of one, or the children that proctop itself starts.

use rustc_hash::FxHashMap;

use super::event::{Comm, Event, ProcessId, Subject, What};
use super::recent::Recent;

/// The most events that are held while a list is not complete; far more than a machine has processes.
const HELD_LIMIT: usize = 1 << 20;

/// Narrows a stream of events to a subtree. Members are known by identity and dropped when they end, so that the set
/// is as large as the living subtree.
#[derive(Debug)]
pub struct Scope {
    root: Root,
    /// With the comm that each had last.
    members: FxHashMap<ProcessId, Comm>,
    /// Members that ended lately: a list may still show them.
    ended: Recent,
    /// What came since a list began.
    held: Vec<Event>,
    is_holding: bool,
    /// The beginning of the list was too long to be held.
    is_cut: bool,
    /// No list was complete yet.
    is_first: bool,
    /// Whether a member was ever found.
    found: bool,
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

    fn new(root: Root) -> Self {
        // Before the first list is complete nobody knows who descends from that pid.
        let is_holding = matches!(root, Root::Pid(_));
        let members = FxHashMap::default();
        Self {
            root,
            members,
            ended: Recent::default(),
            held: Vec::new(),
            is_holding,
            is_cut: false,
            is_first: true,
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

    /// Those members that live, with the comm that each had last.
    pub fn living(&self) -> impl Iterator<Item = (ProcessId, Comm)> + '_ {
        self.members.iter().map(|(&id, &comm)| (id, comm))
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
            self.held.push(event);
            if is_whole || self.held.len() >= HELD_LIMIT {
                self.settle(passed);
                self.is_cut = !is_whole;
            }
        }
    }

    /// Finds the members among what was listed and judges what was held.
    fn settle(&mut self, passed: &mut Vec<Event>) {
        let held = std::mem::take(&mut self.held);
        self.is_holding = false;
        let listed: Listed = held.iter().filter_map(listed_with_parent).collect();
        for event in &held {
            let What::Snapshot(snapshot) = &event.what else { continue };
            let subject = &snapshot.subject;
            // The list may be older than what was told of a member since.
            let is_known = self.members.contains_key(&subject.id) || self.ended.contains(subject.id);
            if !is_known && self.descends(subject.id, &listed) {
                self.join(subject);
            }
        }
        self.is_first = false;
        for event in held {
            if let What::SnapshotEnd { taken_ns } = event.what
                && !self.is_cut
            {
                // Their ends were lost.
                self.members.retain(|id, _| listed.contains_key(id) || id.start_ns >= taken_ns);
            }
            self.judge(event, passed);
        }
    }

    fn descends(&self, id: ProcessId, listed: &Listed) -> bool {
        let mut at = Some(id);
        // A list that contradicts itself could hold a circle: no line of descent is longer than the list.
        for _ in 0..=listed.len() {
            let Some(here) = at else { return false };
            if self.members.contains_key(&here) || self.is_root(here) {
                return true;
            }
            at = listed.get(&here).copied().flatten();
            if at.is_some_and(|parent| self.root == Root::ChildrenOf(parent)) {
                return true;
            }
        }
        false
    }

    /// The pid may be another process's later.
    fn is_root(&self, id: ProcessId) -> bool {
        self.is_first && self.root == Root::Pid(id.pid)
    }

    fn join(&mut self, subject: &Subject) {
        self.members.insert(subject.id, subject.comm);
        self.found = true;
    }

    fn judge(&mut self, event: Event, passed: &mut Vec<Event>) {
        if self.admits(&event) {
            passed.push(event);
        }
    }

    fn admits(&mut self, event: &Event) -> bool {
        match &event.what {
            What::Clock { .. } | What::SnapshotEnd { .. } | What::Lost(_) | What::End(_) => true,
            What::Fork(fork) => self.admits_birth(&fork.subject, fork.forked_by),
            What::Snapshot(snapshot) => self.members.contains_key(&snapshot.subject.id),
            What::Exec(exec) => self.admits_birth(&exec.subject, None),
            What::Exit(exit) => {
                let id = exit.subject.id;
                let admitted = self.admits_birth(&exit.subject, None);
                if self.members.remove(&id).is_some() {
                    self.ended.insert(id);
                }
                admitted
            }
        }
    }

    /// A member, or the child of one: that joins, even if its fork was lost.
    fn admits_birth(&mut self, subject: &Subject, forked_by: Option<ProcessId>) -> bool {
        if let Some(comm) = self.members.get_mut(&subject.id) {
            *comm = subject.comm;
            return true;
        }
        let of_member =
            |parent: ProcessId| self.root == Root::ChildrenOf(parent) || self.members.contains_key(&parent);
        let belongs = !self.ended.contains(subject.id)
            && (subject.parent.is_some_and(of_member) || forked_by.is_some_and(of_member));
        if belongs {
            self.join(subject);
        }
        belongs
    }
}

/// What a list says: each process with its parent.
type Listed = FxHashMap<ProcessId, Option<ProcessId>>;

fn listed_with_parent(event: &Event) -> Option<(ProcessId, Option<ProcessId>)> {
    match &event.what {
        What::Snapshot(snapshot) => Some((snapshot.subject.id, snapshot.subject.parent)),
        _ => None,
    }
}
