//! Following the tree: step by step by its journal, or all at once.

use slotmap::Key;

use super::super::process::NodeKey;
use super::super::tree::{Step, Tree};
use super::mark::{Id, Kind, Mark};
use super::sequence::{FOLDED, MATCHED};
use super::{Item, Outline, slot_of};

impl Outline {
    /// The shape is that of the tree afterwards, and whoever is not as he was is touched.
    pub(super) fn follow(&mut self, tree: &Tree) {
        let journal = tree.journal();
        match self.read_to.and_then(|read_to| journal.since(read_to)) {
            Some(steps) => steps.for_each(|step| self.take(step)),
            None => self.lay_out(tree),
        }
        self.read_to = Some(journal.end());
        if self.folded.len() > tree.len() {
            self.folded.retain(|&key| tree.get(key).is_some());
        }
    }

    fn take(&mut self, step: Step) {
        match step {
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

    fn id_of_parent(&self, parent: Option<NodeKey>) -> Id {
        parent.and_then(|parent| self.id_of(parent)).unwrap_or(Id::WHOLE)
    }

    /// It is the last child of its parent now.
    fn put(&mut self, key: NodeKey, parent: Option<NodeKey>) {
        let (slot, parent) = (slot_of(key), self.id_of_parent(parent));
        let id = Id::process(slot);
        if self.id_of(key).is_some() {
            self.judging.family_changed();
            let cut = self.sequence.place(Kind::Open, id).zip(self.sequence.place(Kind::Close, id));
            let Some(cut) = cut.map(|(open, close)| self.sequence.cut(open, close)) else { return };
            if let Some(end) = self.sequence.place(Kind::Close, parent) {
                self.sequence.paste(end, cut);
            }
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
        let index = slot as usize;
        if self.items.len() <= index {
            self.items.resize(index + 1, Item::default());
        }
        if let Some(item) = self.items.get_mut(index) {
            // The slot may be among those to be looked at already.
            *item = Item { key, touched: item.touched, ..Item::default() };
        }
        self.sequence.set(Id::process(slot), FOLDED, self.folded.contains(&key));
    }

    /// It is gone, and what was beneath it comes last beneath its parent.
    fn remove(&mut self, key: NodeKey, parent: Option<NodeKey>) {
        let Some(id) = self.id_of(key) else { return };
        self.move_children_up(id, self.id_of_parent(parent));
        for kind in [Kind::Open, Kind::Close] {
            self.sequence.remove(kind, id);
        }
        self.sequence.forget(id);
        self.folded.remove(&key);
        self.judging.forget(slot_of(key));
        if let Some(item) = self.items.get_mut(id.index()) {
            item.key = NodeKey::null();
        }
    }

    fn move_children_up(&mut self, id: Id, parent: Id) {
        let inside = self.sequence.after(Kind::Open, id);
        if inside.and_then(|place| self.sequence.mark_at(place)) == Some(Mark::new(Kind::Close, id)) {
            return;
        }
        self.judging.family_changed();
        let last = self.sequence.mark_before(Kind::Close, id);
        let from = inside.map(|place| self.sequence.normalised(place));
        let to = last.and_then(|mark| self.sequence.place(mark.kind(), mark.id()));
        let Some(cut) = from.zip(to).map(|(from, to)| self.sequence.cut(from, to)) else { return };
        if let Some(end) = self.sequence.place(Kind::Close, parent) {
            self.sequence.paste(end, cut);
        }
    }

    /// Nobody is there.
    pub(super) fn clear(&mut self) {
        self.items.clear();
        self.touched.clear();
        self.sequence.fill(&[Kind::Open, Kind::Close].map(|kind| Mark::new(kind, Id::WHOLE).bits()));
        self.sequence.refresh();
    }

    /// Lays everything out anew. Until everybody has been asked about again, the verdicts on those who are still there
    /// stay.
    fn lay_out(&mut self, tree: &Tree) {
        let former = std::mem::take(&mut self.items);
        self.clear();
        let mut marks = Vec::with_capacity(tree.len() * 2 + 2);
        marks.push(Mark::new(Kind::Open, Id::WHOLE).bits());
        let mut at = tree.roots().next();
        while let Some(key) = at {
            let id = Id::process(slot_of(key));
            marks.push(Mark::new(Kind::Open, id).bits());
            at = tree.first_child(key);
            let mut done = Some(key).filter(|_| at.is_none());
            while let Some(key) = done {
                marks.push(Mark::new(Kind::Close, Id::process(slot_of(key))).bits());
                at = tree.next_sibling(key);
                done = if at.is_none() { tree.parent(key) } else { None };
            }
        }
        marks.push(Mark::new(Kind::Close, Id::WHOLE).bits());
        self.sequence.fill(&marks);
        for (key, _) in tree.iter() {
            let stays = former.get(slot_of(key) as usize).is_some_and(|item| item.key == key);
            self.hold_again(key, stays);
        }
        self.judging.begin_anew();
    }

    fn hold_again(&mut self, key: NodeKey, stays: bool) {
        let slot = slot_of(key);
        if self.items.len() <= slot as usize {
            self.items.resize(slot as usize + 1, Item::default());
        }
        if let Some(item) = self.items.get_mut(slot as usize) {
            *item = Item { key, ..Item::default() };
        }
        let id = Id::process(slot);
        self.sequence.set_silently(id, FOLDED, self.folded.contains(&key));
        if !stays {
            self.sequence.set_silently(id, MATCHED, false);
            if self.judging.has_verdicts() {
                self.touch(slot);
            }
        }
    }
}
