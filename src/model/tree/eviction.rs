//! Giving up the dead: the oldest leaf first, so that what is kept stays a tree.

use super::super::process::{Folded, NodeKey, Process};
use super::families::Merged;
use super::{Step, Tree};

impl Tree {
    /// Whoever ends from now on stays until the next event.
    pub(in crate::model) fn begin_event(&mut self) {
        self.journal.begin_event();
        self.old_leaves = self.dead_leaves.len();
        self.old_dead = self.dead_order.len();
    }

    /// Gives up dead until the limits hold; not `about`, nor whoever ended in this event.
    pub(in crate::model) fn enforce_limits(&mut self, about: Option<NodeKey>) {
        while self.dead > self.dead_limit || (self.texts.exceed_limit() && self.dead > 0) {
            if !self.evict_oldest_leaf(about) && !self.evict_oldest_dead(about) {
                break;
            }
        }
        for queue in [&mut self.dead_order, &mut self.dead_leaves] {
            if queue.len() > self.dead * 2 + 1024 {
                self.steps.take(queue.len());
                queue.retain(|&key| self.nodes.contains_key(key));
            }
        }
    }

    fn evict_oldest_leaf(&mut self, about: Option<NodeKey>) -> bool {
        while let Some(left) = self.old_leaves.checked_sub(1) {
            self.old_leaves = left;
            let Some(key) = self.dead_leaves.pop_front() else { return false };
            self.steps.take(1);
            if about == Some(key) {
                self.dead_leaves.push_back(key);
                continue;
            }
            let Some(node) = self.nodes.get_mut(key) else { continue };
            node.queued = false;
            if !node.is_alive() && self.first_child(key).is_none() {
                self.evict(key);
                return true;
            }
        }
        false
    }

    fn evict_oldest_dead(&mut self, about: Option<NodeKey>) -> bool {
        while let Some(left) = self.old_dead.checked_sub(1) {
            self.old_dead = left;
            let Some(key) = self.dead_order.pop_front() else { return false };
            self.steps.take(1);
            if about == Some(key) {
                self.dead_order.push_back(key);
                continue;
            }
            if self.get(key).is_some_and(|node| !node.is_alive()) {
                self.evict(key);
                return true;
            }
        }
        false
    }

    /// Removes a dead process; its numbers go to its parent, its children (if any) move up to its place's parent.
    fn evict(&mut self, key: NodeKey) {
        let parent = self.families.unlink(&mut self.nodes, key);
        let Some(node) = self.nodes.remove(key) else { return };
        self.journal.push(Step::Removed { key, parent });
        let Merged { children, relabelled } = self.families.merge(&mut self.nodes, &node.links);
        self.steps.take(relabelled);
        self.by_id.remove(&node.id);
        self.given_up.insert(node.id);
        self.waiting.remove(key);
        self.texts.release_all(&node);
        self.dead -= 1;
        self.evicted += 1;
        let Some(parent_key) = parent else { return };
        let Some(parent) = self.nodes.get_mut(parent_key) else { return };
        parent.folded.add(&folded_with(&node));
        parent.children = parent.children.saturating_add(children as u64);
        parent.living_children = parent.living_children.saturating_add(node.living_children);
        self.note_leaf(parent_key);
    }
}

/// What a process leaves behind when it is given up: itself and what was folded into it.
fn folded_with(node: &Process) -> Folded {
    let mut sum = node.folded;
    if let Some(ending) = &node.ending {
        sum.add(&Folded::of(ending));
    }
    sum
}
