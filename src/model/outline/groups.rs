//! Groups: siblings alike, in one row as long as nobody opens it. They are dead with all that is beneath them, which is
//! not much, and have one comm; there must be more of them than a few. In the outline they are moved together, in front
//! of the other children of their parent; a mark stays where each of them would stand otherwise.

mod kept;

pub(super) use kept::Groups;
use slotmap::Key;

use super::super::event::Comm;
use super::super::process::{NodeKey, Process};
use super::super::tree::Tree;
use super::mark::{Id, Kind, Mark};
use super::sequence::{FOLDED, MATCHED, MEMBER, TRANSPARENT};
use super::stats::{Share, Stats};
use super::{ALIVE, MANY, Outline, slot_at, slot_of};

/// A group begins with one more than so many alike.
pub(super) const FEW: usize = 8;
/// Who has more than so many processes in all, himself included, is no member of a group: that much is not hidden, and
/// so much has to be looked at when something beneath him changes.
pub(super) const SMALL: usize = 64;

/// Which group: as long as anybody of it is kept it is the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GroupKey {
    /// Dead children of a process (or dead roots) with the same comm.
    Alike {
        /// Whose children.
        parent: Option<NodeKey>,
        /// Their comm.
        comm: Comm,
    },
    /// A chain in which each has forked the next and nobody else.
    Chain {
        /// The first of it.
        top: NodeKey,
    },
}

/// What the row of a group tells. Under a filter it is about those that are to be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupFacts {
    /// Their comm.
    pub comm: Comm,
    /// How many of them are to be seen.
    pub members: usize,
    /// How many there are.
    pub of: usize,
    /// How many of those to be seen failed, and the lifetimes that a half, and 99 of 100 of them, do not exceed: in
    /// nanoseconds, at most a sixteenth off. A chain has none of that.
    pub ends: Option<(usize, u64, u64)>,
}

impl Outline {
    /// With another number of siblings alike that are not yet a group: 8 by default.
    #[must_use]
    pub fn with_few(few: usize) -> Self {
        Self { few, ..Self::default() }
    }

    /// What a group's row tells.
    pub fn facts(&self, key: GroupKey) -> Option<GroupFacts> {
        let id = self.id_of_group(key)?;
        let group = self.groups.get(slot_at(id.index()))?;
        if let Some(top) = group.top {
            let (members, of) = self.chain_numbers(id, Id::process(top))?;
            return Some(GroupFacts { comm: group.comm, members, of, ends: None });
        }
        let stats = &group.stats;
        let ends = (stats.failed as usize, stats.percentile(50), stats.percentile(99));
        let (members, of) = (stats.counted as usize, group.members as usize);
        Some(GroupFacts { comm: group.comm, members, of, ends: Some(ends) })
    }

    pub(super) fn id_of_group(&self, key: GroupKey) -> Option<Id> {
        let number = match key {
            GroupKey::Alike { parent, comm } => {
                let parent = parent.map_or(Some(Id::WHOLE), |parent| self.id_of(parent))?;
                self.groups.find(parent, comm)?
            }
            GroupKey::Chain { top } => {
                *self.groups.chains.get(&slot_of(top)).filter(|_| self.id_of(top).is_some())?
            }
        };
        Some(Id::group(number))
    }

    pub(super) fn key_of_group(&self, number: u32) -> Option<GroupKey> {
        let group = self.groups.get(number)?;
        Some(match group.top {
            Some(top) => GroupKey::Chain { top: self.key_of(Id::process(top))? },
            None => GroupKey::Alike { parent: self.key_of(group.parent), comm: group.comm },
        })
    }

    /// Whether a group is closed: as long as nobody has opened it.
    pub(super) fn close_or_open(&mut self, number: u32) {
        let is_open = self.key_of_group(number).is_some_and(|key| self.folds.opened.contains(&key));
        self.sequence.set(Id::group(number), FOLDED, !is_open);
    }

    pub(super) fn class_of(&self, slot: u32) -> u32 {
        self.items.get(slot as usize).map_or(0, |item| item.class)
    }

    pub(super) fn is_formed(&self, number: u32) -> bool {
        number != 0 && self.sequence.is_in(Id::group(number))
    }

    /// The marks of a process, or those of the chain around it that it is the first of.
    pub(super) fn outer(&self, id: Id) -> Id {
        let chain = self.groups.chains.get(&slot_at(id.index())).filter(|_| !id.is_group());
        chain.map_or(id, |&number| Id::group(number))
    }

    /// Looks whether a process, and those above it, belong into a group now.
    pub(super) fn settle_in_groups(&mut self, tree: &Tree, slot: u32) {
        let mut at = slot;
        for _ in 0..SMALL {
            let Some(key) = self.key_of(Id::process(at)) else { return };
            let Some(process) = tree.get(key) else { return };
            let parent = tree.parent(key);
            if process.is_alive() && at != slot {
                // Nobody above it is in a group since it came.
                return;
            }
            let share = match tree.has_more_children(parent, self.few) {
                true => self.share_of(at, process),
                false => None,
            };
            match share {
                Some(share) => self.join(tree, at, self.id_or_whole(parent), process.comm(), share),
                None => self.leave(at),
            }
            let Some(parent) = parent else { return };
            at = slot_of(parent);
        }
    }

    /// How it would count in a group; `None` where it can be in none.
    fn share_of(&self, slot: u32, process: Process<'_>) -> Option<Share> {
        let end_ns = process.end_ns()?;
        let id = Id::process(slot);
        let (mut size, mut counted) = (0, false);
        let close = Mark::new(Kind::Close, id);
        for mark in self.sequence.marks_from(self.sequence.place(Kind::Open, id)?) {
            if mark == close {
                break;
            }
            if mark.kind() != Kind::Open || mark.id().is_group() {
                continue;
            }
            size += 1;
            let item = self.items.get(mark.id().index())?;
            if size > SMALL
                || item.has(ALIVE)
                || (self.pinned.is_some() && self.pinned == item.key(mark.id().index()))
            {
                return None;
            }
            counted |= self.sequence.has(mark.id(), MATCHED);
        }
        let share = Share::new(process.lifetime_ns(end_ns), process.failed());
        Some(share.with(counted, self.sequence.has(id, MATCHED)))
    }

    fn join(&mut self, tree: &Tree, slot: u32, parent: Id, comm: Comm, share: Share) {
        let class = self.class_of(slot);
        let is_same =
            self.groups.get(class).is_some_and(|group| (group.parent, group.comm) == (parent, comm));
        if class != 0 && is_same {
            self.count_anew(slot, share);
            return;
        }
        self.leave(slot);
        let number = self.groups.alike(parent, comm);
        if let Some(item) = self.items.get_mut(slot as usize) {
            (item.class, item.share) = (number, share);
        }
        self.sequence.set_silently(Id::process(slot), MEMBER, true);
        let is_formed = self.is_formed(number);
        let Some(group) = self.groups.get_mut(number) else { return };
        group.members += 1;
        if is_formed {
            group.stats.add(share);
            self.enter(slot, number);
            self.show_or_not(number);
            return;
        }
        group.loose.push(slot);
        if group.loose.len() > self.few {
            self.form(tree, number);
        }
    }

    fn count_anew(&mut self, slot: u32, share: Share) {
        let Some(item) = self.items.get_mut(slot as usize) else { return };
        let before = std::mem::replace(&mut item.share, share);
        let number = item.class;
        if before != share && self.is_formed(number) {
            if let Some(group) = self.groups.get_mut(number) {
                group.stats.remove(before);
                group.stats.add(share);
            }
            self.show_or_not(number);
        }
    }

    /// A group of one is no group. While they are being counted anew all are to be seen.
    pub(super) fn show_or_not(&mut self, number: u32) {
        let Some(group) = self.groups.get(number) else { return };
        let alone = group.stats.counted <= 1 && !self.judging.is_counting();
        self.sequence.set(Id::group(number), TRANSPARENT, alone);
    }

    /// They have become so many that they are a group.
    fn form(&mut self, tree: &Tree, number: u32) {
        let Some(group) = self.groups.get_mut(number) else { return };
        let mut members = std::mem::take(&mut group.loose);
        let (parent, comm) = (group.parent, group.comm);
        let place = match self.groups.before(parent, comm) {
            Some(before) => self.sequence.after(Kind::Close, Id::group(before)),
            None => self.sequence.after(Kind::Open, parent),
        };
        let Some(place) = place else { return };
        let marks = [Kind::Open, Kind::Close].map(|kind| Mark::new(kind, Id::group(number)).bits());
        self.sequence.insert(place, &marks);
        self.groups.form(number);
        self.close_or_open(number);
        members.sort_by_key(|&slot| self.key_of(Id::process(slot)).and_then(|key| end_of(tree, key)));
        for slot in members {
            let share = self.items.get(slot as usize).map(|item| item.share).unwrap_or_default();
            if let Some(group) = self.groups.get_mut(number) {
                group.stats.add(share);
            }
            self.enter(slot, number);
        }
        self.show_or_not(number);
    }

    /// Moves a process to the end of a group.
    fn enter(&mut self, slot: u32, number: u32) {
        let (id, outer) = (Id::process(slot), self.outer(Id::process(slot)));
        if outer == id && self.sequence.cut_leaf_from_home(id) {
            if let Some(place) = self.sequence.place(Kind::Close, Id::group(number)) {
                let marks = [Kind::Open, Kind::Close].map(|kind| Mark::new(kind, id).bits());
                self.sequence.insert(place, &marks);
            }
            return;
        }
        if let Some(place) = self.sequence.place(Kind::Open, outer) {
            self.sequence.insert(place, &[Mark::new(Kind::Home, id).bits()]);
        }
        self.move_before(outer, Kind::Close, Id::group(number));
    }

    /// Moves a process back to where it would stand without groups.
    fn go_home(&mut self, slot: u32) {
        let id = Id::process(slot);
        self.move_before(self.outer(id), Kind::Home, id);
        self.sequence.remove(Kind::Home, id);
    }

    pub(super) fn move_before(&mut self, moved: Id, kind: Kind, of: Id) {
        let range = self.sequence.place(Kind::Open, moved).zip(self.sequence.place(Kind::Close, moved));
        let Some(cut) = range.map(|(open, close)| self.sequence.cut(open, close)) else { return };
        if let Some(place) = self.sequence.place(kind, of) {
            self.sequence.paste(place, cut);
        }
    }

    /// It is in no group, and stands where it did before.
    pub(super) fn leave(&mut self, slot: u32) {
        let Some(number) = self.withdraw(slot) else { return };
        if self.is_formed(number) {
            self.go_home(slot);
        }
        self.shrink(number);
    }

    /// It is no longer counted, and no longer known where it stands: either it goes home, or its marks go, and then comes
    /// [`Outline::shrink`].
    pub(super) fn withdraw(&mut self, slot: u32) -> Option<u32> {
        let item = self.items.get_mut(slot as usize).filter(|item| item.class != 0)?;
        let (number, share) = (std::mem::take(&mut item.class), item.share);
        self.sequence.set_silently(Id::process(slot), MEMBER, false);
        let is_formed = self.is_formed(number);
        let group = self.groups.get_mut(number)?;
        group.members = group.members.saturating_sub(1);
        if is_formed {
            group.stats.remove(share);
        } else {
            group.loose.retain(|&other| other != slot);
        }
        Some(number)
    }

    /// Somebody has left it.
    pub(super) fn shrink(&mut self, number: u32) {
        let Some(left) = self.groups.get(number).map(|group| group.members as usize) else { return };
        if self.is_formed(number) {
            if left <= self.few {
                self.dissolve(number);
            } else {
                self.show_or_not(number);
            }
        }
        if left == 0 {
            self.groups.drop(number);
        }
    }

    /// They have become too few.
    fn dissolve(&mut self, number: u32) {
        let members = self.members_of(number);
        for &slot in &members {
            self.go_home(slot);
        }
        let id = Id::group(number);
        for kind in [Kind::Open, Kind::Close] {
            self.sequence.remove(kind, id);
        }
        self.sequence.forget(id);
        let Some(group) = self.groups.get_mut(number) else { return };
        (group.loose, group.stats) = (members, Stats::default());
        self.groups.unform(number);
    }

    /// The members of a group that stand in it. Takes time in proportion to them.
    fn members_of(&self, number: u32) -> Vec<u32> {
        let mut members = Vec::new();
        let mut at = self.sequence.after(Kind::Open, Id::group(number));
        while let Some(mark) = at.and_then(|place| self.sequence.mark_at(place)) {
            if mark.kind() == Kind::Close {
                break;
            }
            let id = mark.id();
            let top = self.groups.get(slot_at(id.index())).filter(|_| id.is_group());
            members.push(top.and_then(|group| group.top).unwrap_or(slot_at(id.index())));
            at = self.sequence.after(Kind::Close, id);
        }
        members
    }

    /// The children of somebody who goes are going to be another one's: they are in no group until that is looked at.
    pub(super) fn disband_beneath(&mut self, parent: Id) {
        for number in self.groups.beneath(parent) {
            let members = if self.is_formed(number) {
                self.members_of(number)
            } else {
                self.groups.get(number).map(|group| group.loose.clone()).unwrap_or_default()
            };
            for slot in members {
                self.leave(slot);
                self.touch(slot);
            }
        }
    }

    /// Whether somebody has so many children that there can be groups among them may have changed.
    pub(super) fn count_children(&mut self, tree: &Tree, parent: Option<NodeKey>) {
        let many = tree.has_more_children(parent, self.few);
        let before = match parent {
            Some(key) => self.items.get_mut(slot_of(key) as usize).map(|item| item.set(MANY, many)),
            None => Some(std::mem::replace(&mut self.many_roots, many)),
        };
        if before.is_none_or(|before| before == many) {
            return;
        }
        if !many {
            self.disband_beneath(self.id_or_whole(parent));
            return;
        }
        // Those that came since then are looked at anyway.
        let first = match parent {
            Some(key) => tree.first_child(key),
            None => tree.roots().next(),
        };
        let few = std::iter::successors(first, |&key| tree.next_sibling(key)).take(self.few + 1);
        for key in few.collect::<Vec<_>>() {
            self.touch(slot_of(key));
        }
    }

    pub(super) fn id_or_whole(&self, parent: Option<NodeKey>) -> Id {
        parent.and_then(|parent| self.id_of(parent)).unwrap_or(Id::WHOLE)
    }
}

/// By which members of a group stand in it.
pub(super) fn end_of(tree: &Tree, key: NodeKey) -> Option<(u64, u64, u32)> {
    let process = tree.get(key).filter(|_| !key.is_null())?;
    Some((process.end_ns()?, process.id.start_ns, process.id.pid))
}
