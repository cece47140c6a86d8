//! Which processes a run is about: all, the descendants of one, or the children that proctop itself starts.

use rustc_hash::FxHashMap;

use super::event::{Comm, Event, ProcessId, Subject, What};

/// Narrows a stream of events to a subtree. Members are known by identity and dropped when they end, so that the set
/// is as large as the living subtree.
#[derive(Debug)]
pub struct Scope {
    root: Root,
    /// With the comm that each had last.
    members: FxHashMap<ProcessId, Comm>,
    /// Parents of what the first snapshot listed, until it is complete.
    listed: Option<FxHashMap<ProcessId, Option<ProcessId>>>,
    held: Vec<Event>,
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
        let listed = matches!(root, Root::Pid(_)).then(FxHashMap::default);
        Self { root, members: FxHashMap::default(), listed, held: Vec::new(), found: false }
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

    /// Appends to `passed` what belongs to the scope. Processes of the first snapshot are held until the list is
    /// complete, since a child may be listed before its parent.
    pub fn filter(&mut self, events: Vec<Event>, passed: &mut Vec<Event>) {
        if self.root == Root::Everything {
            passed.extend(events);
            return;
        }
        for event in events {
            if matches!(event.what, What::SnapshotEnd { .. }) {
                self.settle(passed);
            }
            if self.listed.is_some() && matches!(event.what, What::Snapshot(_)) {
                self.hold(event);
            } else if self.admits(&event) {
                passed.push(event);
            }
        }
    }

    fn hold(&mut self, event: Event) {
        if let (What::Snapshot(snapshot), Some(listed)) = (&event.what, &mut self.listed) {
            listed.insert(snapshot.subject.id, snapshot.subject.parent);
            self.held.push(event);
        }
    }

    /// Finds the members among what was listed and lets their events pass.
    fn settle(&mut self, passed: &mut Vec<Event>) {
        let Some(listed) = self.listed.take() else { return };
        for event in std::mem::take(&mut self.held) {
            let What::Snapshot(snapshot) = &event.what else { continue };
            if self.descends(snapshot.subject.id, &listed) {
                self.join(&snapshot.subject);
                passed.push(event);
            }
        }
    }

    fn descends(&self, id: ProcessId, listed: &FxHashMap<ProcessId, Option<ProcessId>>) -> bool {
        let mut at = Some(id);
        // A list that contradicts itself could hold a circle: no line of descent is longer than the list.
        for _ in 0..=listed.len() {
            let Some(here) = at else { return false };
            if self.root == Root::Pid(here.pid) || self.members.contains_key(&here) {
                return true;
            }
            at = listed.get(&here).copied().flatten();
        }
        false
    }

    fn join(&mut self, subject: &Subject) {
        self.members.insert(subject.id, subject.comm);
        self.found = true;
    }

    fn admits(&mut self, event: &Event) -> bool {
        match &event.what {
            What::Clock { .. } | What::SnapshotEnd { .. } | What::Lost(_) | What::End(_) => true,
            What::Fork(fork) => self.admits_birth(&fork.subject, fork.forked_by),
            What::Snapshot(snapshot) => self.admits_birth(&snapshot.subject, None),
            What::Exec(exec) => self.admits_birth(&exec.subject, None),
            What::Exit(exit) => {
                let admitted = self.admits_birth(&exit.subject, None);
                self.members.remove(&exit.subject.id);
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
        let belongs = subject.parent.is_some_and(of_member) || forked_by.is_some_and(of_member);
        if belongs {
            self.join(subject);
        }
        belongs
    }
}
