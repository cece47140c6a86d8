//! Taking marks away from where they stand, for good or to put them elsewhere.

use super::super::chunks::{FULL, NIL};
use super::super::mark::{Id, Kind, Mark};
use super::{Place, Sequence};

/// Marks that were cut out of the sequence.
#[derive(Debug)]
pub(in crate::model::outline) enum Cut {
    Few(Vec<u32>),
    /// A tree of chunks.
    Many(u32),
}

impl Sequence {
    /// Takes a single mark away.
    pub(in crate::model::outline) fn remove(&mut self, kind: Kind, id: Id) {
        let Some(place) = self.place(kind, id) else { return };
        if let Some(chunk) = self.chunks.get_mut(place.chunk) {
            chunk.marks.remove(place.index);
        }
        self.entities_mut(id).put(Mark::new(kind, id), NIL);
        self.tidy(place.chunk);
    }

    /// Takes both marks of one away: of one beneath which nothing stands, they mostly lie side by side.
    pub(in crate::model::outline) fn remove_both(&mut self, id: Id) {
        let Some(place) = self.leaf(id) else {
            self.remove(Kind::Open, id);
            self.remove(Kind::Close, id);
            return;
        };
        if let Some(chunk) = self.chunks.get_mut(place.chunk) {
            chunk.marks.drain(place.index..place.index + 2);
        }
        self.lose_both(id);
        self.tidy(place.chunk);
    }

    /// As a cut, leaving its home where it stood: of one beneath which nothing stands, with its marks side by side. False,
    /// and nothing done, of others.
    pub(in crate::model::outline) fn cut_leaf_from_home(&mut self, id: Id) -> bool {
        let Some(place) = self.leaf(id) else { return false };
        let home = Mark::new(Kind::Home, id);
        if let Some(chunk) = self.chunks.get_mut(place.chunk) {
            chunk.marks.splice(place.index..place.index + 2, [home.bits()]);
        }
        self.lose_both(id);
        self.entities_mut(id).put(home, place.chunk);
        self.tidy(place.chunk);
        true
    }

    fn lose_both(&mut self, id: Id) {
        for kind in [Kind::Open, Kind::Close] {
            self.entities_mut(id).put(Mark::new(kind, id), NIL);
        }
    }

    /// Cuts out what lies from one mark to another one, both included, which follow each other in this order.
    pub(in crate::model::outline) fn cut(&mut self, from: Place, to: Place) -> Cut {
        if from.chunk == to.chunk {
            let taken = self.chunks.get_mut(from.chunk).map(|chunk| {
                let end = (to.index + 1).min(chunk.marks.len());
                chunk.marks.drain(from.index.min(end)..end).collect()
            });
            self.tidy(from.chunk);
            return Cut::Few(taken.unwrap_or_default());
        }
        let last = to.chunk;
        if to.index + 1 < self.chunks.len(last) {
            self.split_chunk(last, to.index + 1);
        }
        let first = if from.index > 0 { self.split_chunk(from.chunk, from.index) } else { from.chunk };
        let (before, _) = self.chunks.split(first, false);
        let (taken, behind) = self.chunks.split(last, true);
        self.chunks.root = self.chunks.merge(before, behind);
        self.tidy(self.chunks.last(before));
        Cut::Many(taken)
    }

    /// Puts what was cut out at a place.
    pub(in crate::model::outline) fn paste(&mut self, place: Place, cut: Cut) {
        let tree = match cut {
            Cut::Few(marks) => return self.insert(place, &marks),
            Cut::Many(tree) => tree,
        };
        let (first, last) = (self.chunks.first(tree), self.chunks.last(tree));
        if place.index == 0 {
            let (before, behind) = self.chunks.split(place.chunk, false);
            let before = self.chunks.merge(before, tree);
            self.chunks.root = self.chunks.merge(before, behind);
        } else {
            if place.index < self.chunks.len(place.chunk) {
                self.split_chunk(place.chunk, place.index);
            }
            self.chunks.insert_after(place.chunk, tree);
        }
        self.tidy(last);
        self.tidy(first);
    }

    /// Joins a chunk with the one behind it, or with the one before it, where both have few marks. None is left without
    /// any: next to a mark is the first or last one of the next chunk.
    fn tidy(&mut self, chunk: u32) {
        let len = self.chunks.len(chunk);
        if chunk == NIL || len > FULL / 4 {
            return;
        }
        for (to, from) in [(chunk, self.chunks.next(chunk)), (self.chunks.previous(chunk), chunk)] {
            let known = self.chunks.len(to);
            let is_much = len > 0 && known + self.chunks.len(from) > FULL / 2;
            if to == NIL || from == NIL || is_much {
                continue;
            }
            let moved =
                self.chunks.get_mut(from).map(|from| std::mem::take(&mut from.marks)).unwrap_or_default();
            if let Some(to) = self.chunks.get_mut(to) {
                to.marks.extend(moved);
            }
            self.chunks.uncount(to);
            self.chunks.remove(from);
            self.settle(to, known);
            return;
        }
    }

    /// The place of the open mark of one beneath which nothing stands, if its close is in the same chunk.
    fn leaf(&self, id: Id) -> Option<Place> {
        let place = self.place(Kind::Open, id)?;
        let next = self.chunks.marks(place.chunk).get(place.index + 1).copied();
        (next == Some(Mark::new(Kind::Close, id).bits())).then_some(place)
    }
}
