//! Chains: each has forked the next and nobody else, under the same name, and so on down to one that has no child. In the
//! outline nothing stands between them, so a chain is a run of marks, whatever it costs to walk along it.

use super::super::process::NodeKey;
use super::super::tree::Tree;
use super::mark::{Id, Kind, Mark};
use super::sequence::LINK;
use super::{Outline, slot_at, slot_of};

impl Outline {
    /// Looks whether a process, and those next to it, are links now. That comes first for everybody of whom something is
    /// new: where a run begins and ends, and who stands in it, goes by the links of all.
    pub(super) fn settle_links(&mut self, tree: &Tree, slot: u32) {
        let Some(key) = self.key_of(Id::process(slot)).filter(|&key| tree.get(key).is_some()) else { return };
        // Of several children only the first can still pass for the only one.
        let first =
            tree.parent(key).and_then(|parent| tree.first_child(parent)).filter(|&first| first != key);
        let first = first.filter(|&first| self.id_of(first).is_some_and(|id| self.sequence.has(id, LINK)));
        self.link(tree, key);
        for next in [tree.first_child(key), first].into_iter().flatten() {
            if self.link(tree, next) {
                self.touch(slot_of(next));
            }
        }
    }

    /// Looks whether a process, and those next to it, belong into a chain now.
    pub(super) fn settle_in_chains(&mut self, tree: &Tree, slot: u32) {
        let Some(key) = self.key_of(Id::process(slot)).filter(|&key| tree.get(key).is_some()) else { return };
        for key in [Some(key), tree.first_child(key), tree.parent(key)].into_iter().flatten() {
            self.settle_run(tree, key);
        }
    }

    /// Whether it is the only child of one like it; tells whether that is news.
    fn link(&mut self, tree: &Tree, key: NodeKey) -> bool {
        let Some(id) = self.id_of(key) else { return false };
        let comm = |key: NodeKey| tree.get(key).map(|process| process.comm());
        let parent = tree.parent(key).filter(|&parent| !tree.has_more_children(Some(parent), 1));
        let is_link = parent.is_some_and(|parent| comm(parent) == comm(key));
        let is_news = self.sequence.set(id, LINK, is_link);
        if is_link {
            self.unwrap(slot_at(id.index()));
        }
        is_news
    }

    /// Puts marks around the run that a process stands in, or takes them away.
    fn settle_run(&mut self, tree: &Tree, key: NodeKey) {
        let Some(id) = self.id_of(key) else { return };
        let child = tree.first_child(key).and_then(|child| self.id_of(child));
        let is_alone = !self.sequence.has(id, LINK) && !child.is_some_and(|id| self.sequence.has(id, LINK));
        if is_alone {
            self.unwrap(slot_at(id.index()));
            return;
        }
        // What is asked next goes by the sums.
        self.sequence.refresh();
        let Some(top) = self.sequence.top_of_run(id) else { return };
        let is_chain = self.sequence.end_of_run(top).is_some_and(|(bottom, behind)| {
            let length = self.sequence.depth(bottom) - self.sequence.depth(top) + 1;
            behind == Mark::new(Kind::Close, bottom) && length as usize > self.few
        });
        if is_chain && !self.is_pinned_in_run(top) {
            self.wrap(tree, top);
        } else {
            self.unwrap(slot_at(top.index()));
        }
    }

    fn is_pinned_in_run(&self, top: Id) -> bool {
        let pinned = self.pinned.and_then(|key| self.id_of(key));
        pinned.is_some_and(|pinned| self.sequence.top_of_run(pinned) == Some(top))
    }

    fn wrap(&mut self, tree: &Tree, top: Id) {
        let slot = slot_at(top.index());
        let process = self.key_of(top).and_then(|key| tree.get(key));
        let Some(comm) = process.map(|process| process.comm()) else { return };
        if self.groups.chains.contains_key(&slot) {
            return;
        }
        let number = self.groups.create(top, comm, Some(slot));
        let mark = |kind| [Mark::new(kind, Id::group(number)).bits()];
        if let Some(place) = self.sequence.after(Kind::Close, top) {
            self.sequence.insert(place, &mark(Kind::Close));
        }
        if let Some(place) = self.sequence.place(Kind::Open, top) {
            self.sequence.insert(place, &mark(Kind::Open));
        }
        self.close_or_open(number);
    }

    /// It is no longer the first of a chain.
    pub(super) fn unwrap(&mut self, slot: u32) {
        let Some(&number) = self.groups.chains.get(&slot) else { return };
        let id = Id::group(number);
        for kind in [Kind::Open, Kind::Close] {
            self.sequence.remove(kind, id);
        }
        self.sequence.forget(id);
        self.groups.drop(number);
    }

    /// How many of a chain match, and how many they are.
    pub(super) fn chain_numbers(&self, id: Id, top: Id) -> Option<(usize, usize)> {
        let (open, close) = (self.sequence.place(Kind::Open, id)?, self.sequence.place(Kind::Close, id)?);
        let (bottom, _) = self.sequence.end_of_run(top)?;
        let length = self.sequence.depth(bottom) - self.sequence.depth(top) + 1;
        Some((self.sequence.matches_between(open, close) as usize, length as usize))
    }

    /// Whether a process stands inside of a group or a chain, or is the first of one.
    pub(super) fn is_in_group(&self, tree: &Tree, key: NodeKey) -> bool {
        let mut at = Some(key);
        for _ in 0..64 {
            let Some(id) = at.and_then(|key| self.id_of(key)) else { return false };
            let slot = slot_at(id.index());
            let top = self.sequence.top_of_run(id).map_or(slot, |top| slot_at(top.index()));
            if self.is_formed(self.class_of(slot)) || self.groups.chains.contains_key(&top) {
                return true;
            }
            at = at.and_then(|key| tree.parent(key));
        }
        false
    }

    /// Who is shown as a row of its own.
    pub fn pinned(&self) -> Option<NodeKey> {
        self.pinned
    }

    /// Shows a process as a row of its own, where it would be swallowed by a group: as long as it is selected. Who is in
    /// a group already stays there.
    /// Tells whether there are other rows for that, with the next update.
    pub fn pin(&mut self, tree: &Tree, key: Option<NodeKey>) -> bool {
        if key == self.pinned {
            return false;
        }
        let wanted = key.filter(|&key| !self.is_in_group(tree, key));
        let former = std::mem::replace(&mut self.pinned, wanted);
        for key in [former, wanted].into_iter().flatten() {
            if self.id_of(key).is_some() {
                self.touch(slot_of(key));
            }
        }
        former != wanted
    }
}
