//! Following the tree: step by step by its journal, or all at once.

use super::super::process::NodeKey;
use super::super::tree::{Step, Tree};
use super::super::view::Criteria;
use super::groups::Groups;
use super::mark::{Id, Kind, Mark};
use super::sequence::{FOLDED, MEMBER, grow};
use super::{Item, Outline, TOUCHED, slot_at, slot_of};

impl Outline {
    /// The shape is that of the tree afterwards, and whoever is not as he was is touched. Where all has to be laid out
    /// anew that is by these criteria.
    pub(super) fn follow(&mut self, tree: &Tree, criteria: &Criteria, now_ns: u64) {
        let journal = tree.journal();
        let (from_ns, to_ns) = (self.instant.unwrap_or(u64::MAX), tree.instant().unwrap_or(u64::MAX));
        self.instant = tree.instant();
        let mut is_followed = false;
        if let Some(steps) = self.read_to.and_then(|read_to| journal.since(read_to)) {
            steps.for_each(|step| self.take(tree, step, from_ns));
            is_followed = from_ns == to_ns || self.go_to_instant(tree, from_ns, to_ns);
        }
        if !is_followed {
            self.lay_out(tree, criteria, now_ns);
        }
        self.read_to = Some(journal.end());
        if self.instant.is_some() {
            // What is folded may be of those who are still to come.
            return;
        }
        if self.folds.folded.len() > tree.len() {
            self.folds.folded.retain(|&key| tree.get(key).is_some());
        }
        if self.folds.opened.len() > tree.len() {
            self.folds.opened.clear();
        }
    }

    fn take(&mut self, tree: &Tree, step: Step, at_ns: u64) {
        match step {
            // At the instant that is looked at.
            Step::Placed { key, .. } if tree.is_unborn_at(key, at_ns) => {}
            Step::Placed { key, parent } => self.put(key, parent),
            Step::Removed { key, parent } => self.remove(key, parent),
            Step::Changed(key) => {
                if self.id_of(key).is_some() {
                    self.touch(slot_of(key));
                }
            }
            Step::CgroupLearned => self.judging.cgroup_learned(),
        }
    }

    /// It is the last child of its parent now.
    pub(super) fn put(&mut self, key: NodeKey, parent: Option<NodeKey>) {
        let (slot, parent) = (slot_of(key), self.id_or_whole(parent));
        let id = Id::process(slot);
        if self.id_of(key).is_some() {
            self.judging.family_changed();
            self.leave(slot);
            self.unwrap(slot);
            self.move_before(id, Kind::Close, parent);
        } else {
            self.hold(slot, key);
            let marks = [Kind::Open, Kind::Close].map(|kind| Mark::new(kind, id).bits());
            if let Some(end) = self.sequence.place(Kind::Close, parent) {
                self.sequence.insert(end, &marks);
            }
        }
        self.touch(slot);
    }

    /// Somebody new has a slot.
    fn hold(&mut self, slot: u32, key: NodeKey) {
        grow(&mut self.items, slot as usize, Item::default());
        if let Some(item) = self.items.get_mut(slot as usize) {
            // The slot may be among those to be looked at already.
            *item = Item::of(key, item.flags & TOUCHED);
        }
        self.sequence.set_silently(Id::process(slot), MEMBER, false);
        self.sequence.set(Id::process(slot), FOLDED, self.folds.folded.contains(&key));
    }

    /// It is gone, and what was beneath it comes last beneath its parent.
    pub(super) fn remove(&mut self, key: NodeKey, parent: Option<NodeKey>) {
        let Some(id) = self.id_of(key) else { return };
        self.unwrap(slot_of(key));
        self.move_children_up(id, self.id_or_whole(parent));
        if let Some(parent) = parent.filter(|&parent| self.id_of(parent).is_some()) {
            self.touch(slot_of(parent));
        }
        let group = self.withdraw(slot_of(key));
        self.sequence.remove_both(id);
        self.sequence.remove(Kind::Home, id);
        if let Some(group) = group {
            self.shrink(group);
        }
        self.sequence.forget(id);
        self.folds.folded.remove(&key);
        self.judging.forget(slot_of(key));
        if let Some(item) = self.items.get_mut(id.index()) {
            item.generation = 0;
        }
    }

    fn move_children_up(&mut self, id: Id, parent: Id) {
        let inside = self.sequence.after(Kind::Open, id);
        if inside.and_then(|place| self.sequence.mark_at(place)) == Some(Mark::new(Kind::Close, id)) {
            return;
        }
        self.judging.family_changed();
        self.disband_beneath(id);
        self.touch_first_beneath(id);
        let inside = self.sequence.after(Kind::Open, id);
        let last = self.sequence.mark_before(Kind::Close, id);
        let from = inside.map(|place| self.sequence.normalised(place));
        let to = last.and_then(|mark| self.sequence.place(mark.kind(), mark.id()));
        let Some(cut) = from.zip(to).map(|(from, to)| self.sequence.cut(from, to)) else { return };
        if let Some(end) = self.sequence.place(Kind::Close, parent) {
            self.sequence.paste(end, cut);
        }
    }

    /// If it is the only child, it may have been a link of a chain, or may become one.
    fn touch_first_beneath(&mut self, id: Id) {
        let Some(place) = self.sequence.after(Kind::Open, id) else { return };
        let first = self.sequence.marks_from(place).find(|mark| !mark.id().is_group());
        if let Some(first) = first {
            self.touch(slot_at(first.id().index()));
        }
    }

    /// Nobody is there.
    pub(super) fn clear(&mut self) {
        self.items.clear();
        self.touched.clear();
        self.groups = Groups::default();
        self.many_roots = false;
        self.sequence.forget_groups();
        self.sequence.fill(&[Kind::Open, Kind::Close].map(|kind| Mark::new(kind, Id::WHOLE).bits()));
        self.sequence.refresh();
    }
}
