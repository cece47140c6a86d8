//! Who comes, and beneath whom.

use super::super::event::{ProcessId, Subject};
use super::super::node::{Node, NodeIndex, flag};
use super::super::process::{Birth, NodeKey};
use super::super::store::Place;
use super::{LIVING_LIMIT, Step, Tree};

impl Tree {
    /// Whether nothing is to be kept of a process that is not in the tree: it was, died and was given up, lately, or
    /// there is no room for another living one. Whoever has the pid of a living one needs none: one of the two ends.
    pub(in crate::model) fn gave_up(&self, id: ProcessId) -> bool {
        self.given_up.contains(id) || (self.living.len() >= LIVING_LIMIT && self.living.get(id.pid).is_none())
    }

    /// Adds a living process beneath its parent and returns its place. One that was forked is in its parent's session.
    /// Where another living one has its pid, one of the two must be ended next.
    pub(in crate::model) fn insert(&mut self, subject: &Subject, birth: Birth) -> Option<NodeKey> {
        let Subject { id, parent, comm, inner_pid, .. } = *subject;
        let parent_at = parent.and_then(|parent| self.index_of(parent));
        // Whoever has just been forked is what its parent is.
        let near = parent_at.and_then(|at| self.nodes.get(at));
        let (near_comm, near_place) = near.map_or((None, None), |parent| (parent.comm, parent.place));
        let session = near_place.filter(|_| birth == Birth::Forked).and_then(|at| self.store.places.get(at));
        let place = Place::of(subject, session.and_then(|place| place.session));
        let comm = self.store.comms.hold(&comm, near_comm, Clone::clone);
        let mut node = Node::new(id, comm, self.store.places.hold(&place, near_place, Clone::clone));
        node.set_parent(parent);
        node.set_birth(birth);
        node.set_inner_pid(inner_pid);
        let at = self.nodes.insert(node)?;
        self.ids.insert(&self.nodes, id, at);
        self.count_born(id);
        if self.living.get(id.pid).is_none() {
            self.living.insert(id.pid, at);
        }
        self.append_beneath(at, id, parent);
        self.gather_waiting(id, at);
        Some(self.nodes.key(at))
    }

    /// Links `at` as the last child of its parent, or as a root that waits for it.
    fn append_beneath(&mut self, at: NodeIndex, id: ProcessId, parent: Option<ProcessId>) {
        let Some(parent) = parent.filter(|&parent| is_older(parent, id)) else {
            return self.append(at, None);
        };
        match self.index_of(parent) {
            Some(place) => self.append(at, Some(place)),
            None => {
                self.append(at, None);
                self.waiting.push(parent, self.nodes.key(at));
            }
        }
    }

    /// Those that were told of before their parent move beneath it.
    fn gather_waiting(&mut self, id: ProcessId, parent: NodeIndex) {
        if !self.waiting.has_any() {
            return;
        }
        for child in self.waiting.take(id) {
            self.steps.take(1);
            let Some(child) = self.nodes.index(child) else { continue };
            // All that wait are roots.
            self.families.unlink(&mut self.nodes, child);
            self.append(child, Some(parent));
        }
    }

    /// Its parent at the fork turns out to be this one: it was first told of after the parent's death. No parent, or
    /// one that can't be, changes nothing.
    pub(in crate::model) fn move_beneath(&mut self, key: NodeKey, parent: Option<ProcessId>) {
        let (Some(at), Some(process)) = (self.nodes.index(key), self.get(key)) else { return };
        let (id, latest) = (process.id, process.latest_parent());
        let Some(parent) = parent.filter(|&parent| Some(parent) != process.parent() && is_older(parent, id))
        else {
            return;
        };
        if let Some(node) = self.nodes.get_mut(at) {
            node.set_parent(Some(parent));
        }
        self.set_adopted_by(at, latest.filter(|&latest| latest != parent));
        self.journal.changed(key);
        self.waiting.remove(key);
        self.detach(at);
        self.append_beneath(at, id, Some(parent));
    }

    /// Takes `at` from its place, and from its parent's numbers.
    fn detach(&mut self, at: NodeIndex) {
        let alive = self.nodes.get(at).is_some_and(Node::is_alive);
        let Some(parent) = self.families.unlink(&mut self.nodes, at) else { return };
        if let Some(parent) = self.nodes.get_mut(parent) {
            parent.remove_child(alive);
        }
        self.journal.changed(self.nodes.key(parent));
        self.requeue(parent);
    }

    /// Links `at` as the last child of `parent`, or as the last root, and counts it there.
    fn append(&mut self, at: NodeIndex, parent: Option<NodeIndex>) {
        self.families.append(&mut self.nodes, at, parent);
        let placed = Step::Placed { key: self.nodes.key(at), parent: parent.map(|at| self.nodes.key(at)) };
        self.journal.push(placed);
        let alive = self.nodes.get(at).is_some_and(Node::is_alive);
        let Some(parent_at) = parent else { return };
        let Some(parent) = self.nodes.get_mut(parent_at) else { return };
        parent.add_children(1, alive.into());
        if parent.has(flag::LEAF) {
            self.requeue(parent_at);
        }
    }
}

/// Whether `parent` may be one of `child`. The kernel's clock is so coarse while it starts that some of its threads
/// have one start time with the thread that forked them.
fn is_older(parent: ProcessId, child: ProcessId) -> bool {
    (parent.start_ns, parent.pid) < (child.start_ns, child.pid)
}
