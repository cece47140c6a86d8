//! Giving up the dead: the oldest leaf first, so that what is kept stays a tree.

use super::super::node::{Node, NodeIndex};
use super::super::process::{Folded, NodeKey, Process};
use super::families::Merged;
use super::{Step, Tree};

impl Tree {
    /// Whoever ended until now may go.
    pub(in crate::model) fn begin_event(&mut self) {
        self.journal.begin_event();
        let mut ended = std::mem::take(&mut self.ended);
        for at in ended.drain(..) {
            self.enqueue(at);
        }
        self.ended = ended;
    }

    /// Gives up dead until the limits hold; not `about`, nor whoever ended in this event.
    pub(in crate::model) fn enforce_limits(&mut self, about: Option<NodeKey>) {
        let is_too_much =
            |tree: &Self| tree.dead > tree.dead_limit || (tree.store.exceeds_limit() && tree.dead > 0);
        if !is_too_much(self) {
            return;
        }
        let about = about.and_then(|key| self.nodes.index(key));
        while is_too_much(self) {
            let oldest = |queue: &super::Queue| queue.first_but(&self.nodes, about);
            let Some(at) = oldest(&self.leaves).or_else(|| oldest(&self.inner)) else { break };
            self.steps.take(1);
            self.evict(at);
        }
    }

    fn enqueue(&mut self, at: NodeIndex) {
        let Some(node) = self.nodes.get(at) else { return };
        let is_leaf = self.families.first_child(&node.links).is_none();
        let queue = if is_leaf { &mut self.leaves } else { &mut self.inner };
        queue.push(&mut self.nodes, at);
    }

    /// A queued one has other children than before: it may belong into the other queue.
    pub(super) fn requeue(&mut self, at: NodeIndex) {
        let Some(node) = self.nodes.get(at) else { return };
        let is_leaf = self.families.first_child(&node.links).is_none();
        let (from, to) = match is_leaf {
            true => (&mut self.inner, &mut self.leaves),
            false => (&mut self.leaves, &mut self.inner),
        };
        if from.remove(&mut self.nodes, at) {
            to.push(&mut self.nodes, at);
        }
    }

    /// Removes a dead process; its numbers go to its parent, its children (if any) move up to its place's parent.
    fn evict(&mut self, at: NodeIndex) {
        self.leaves.remove(&mut self.nodes, at);
        self.inner.remove(&mut self.nodes, at);
        if self.waiting.has_any() {
            self.waiting.remove(self.nodes.key(at));
        }
        let folded = self.folded_with(at);
        let parent = self.families.unlink(&mut self.nodes, at);
        let removed = Step::Removed { key: self.nodes.key(at), parent: parent.map(|at| self.nodes.key(at)) };
        let Some(node) = self.nodes.remove(at) else { return };
        self.count_given_up(&node);
        self.journal.push(removed);
        let Merged { children, relabelled } = self.families.merge(&mut self.nodes, &node.links);
        self.steps.take(relabelled);
        self.ids.remove(node.id(), at);
        self.given_up.insert(node.id());
        self.release(&node);
        self.dead -= 1;
        self.evicted += 1;
        let Some(parent) = parent else { return };
        if let Some(rare) = self.rare(parent) {
            rare.folded.add(&folded);
        }
        let Some(node_of_parent) = self.nodes.get_mut(parent) else { return };
        node_of_parent.add_children(children.into(), node.living_children());
        self.requeue(parent);
    }

    /// What a process leaves behind when it is given up: itself and what was folded into it.
    fn folded_with(&self, at: NodeIndex) -> Folded {
        let Some(node) = self.nodes.get(at) else { return Folded::default() };
        let process = Process::new(self, node, u64::MAX);
        let mut sum = process.folded();
        sum.add(&Folded::of(&process));
        sum
    }

    /// What it held others may hold still.
    fn release(&mut self, node: &Node) {
        let extra = node.extra.map(|extra| self.extras.remove(extra.number())).unwrap_or_default();
        for run in &extra.later {
            self.store.comms.release(run.comm);
            self.store.release(run.image);
        }
        if let Some(rare) = extra.rare {
            self.rares.remove(rare.number());
        }
        for image in [node.image, node.inherited].into_iter().flatten() {
            self.store.release(image);
        }
        for comm in [node.comm, node.image_comm].into_iter().flatten() {
            self.store.comms.release(comm);
        }
        if let Some(place) = node.place {
            self.store.places.release(place);
        }
    }
}
