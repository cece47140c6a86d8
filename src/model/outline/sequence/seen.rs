//! Which rows of the sequence are seen, and where.

use super::super::mark::{Id, Kind, Mark};
use super::{FOLDED, MATCHED, Sequence, TRANSPARENT};

impl Sequence {
    /// How many rows stand before this one, and how deep it stands; `None` if it is not seen itself.
    pub(in crate::model::outline) fn standing(&self, id: Id) -> Option<(usize, u32)> {
        let place = self.place(Kind::Open, id)?;
        let before = self.before(place);
        if !before.is_open() || self.has(id, TRANSPARENT) || !self.is_kept(id) {
            return None;
        }
        Some(((before.kept + before.waiting_seen) as usize, before.opens))
    }

    /// How many rows stand before the place of this one, be it seen or not.
    pub(in crate::model::outline) fn seen_before(&self, id: Id) -> Option<usize> {
        let place = self.place(Kind::Open, id)?;
        let (before, behind) = (self.before(place), self.behind(place));
        Some(before.resolved(&behind) as usize)
    }

    /// It or something beneath it matches.
    pub(in crate::model::outline) fn is_kept(&self, id: Id) -> bool {
        if self.has(id, MATCHED) {
            return true;
        }
        let (Some(open), Some(close)) = (self.place(Kind::Open, id), self.place(Kind::Close, id)) else {
            return false;
        };
        self.matches_between(open, close) > 0
    }

    /// The rows of the chunk that holds the `n`-th row, each with how deep it stands, and which of all rows the first of these is.
    pub(in crate::model::outline) fn rows_around(&self, n: usize) -> Option<(usize, Vec<(Id, u32)>)> {
        let n = u32::try_from(n).ok()?;
        let (chunk, first) = self.chunks.find_row(n)?;
        Some((first as usize, self.rows_of(chunk)))
    }

    fn rows_of(&self, chunk: u32) -> Vec<(Id, u32)> {
        let (before, behind) = (self.chunks.before(chunk), self.chunks.behind(chunk));
        let (mut folds, mut depth) = (before.folds, before.opens);
        let mut rows: Vec<SeenRow> = Vec::new();
        // Those that are open, by their row where they are seen; from `waiting` on they wait for a match.
        let (mut open, mut waiting): (Vec<Option<usize>>, usize) = (Vec::new(), 0);
        for &bits in self.chunks.marks(chunk) {
            let mark = Mark::from_bits(bits);
            let flags = self.flags(mark.id());
            if mark.kind() == Kind::Home || flags & TRANSPARENT != 0 {
                continue;
            }
            let fold = i32::from(flags & FOLDED != 0);
            if mark.kind() == Kind::Close {
                open.pop();
                waiting = waiting.min(open.len());
                (folds, depth) = (folds - fold, depth.saturating_sub(1));
                continue;
            }
            open.push((folds == 0).then_some(rows.len()));
            if folds == 0 {
                rows.push(SeenRow { id: mark.id(), depth, kept: false });
            }
            (folds, depth) = (folds + fold, depth + 1);
            if flags & MATCHED != 0 {
                keep(&mut rows, open.get(waiting..));
                waiting = open.len();
            }
        }
        if behind.matched > 0 {
            let left = open.len().saturating_sub(behind.closes_first as usize);
            keep(&mut rows, open.get(waiting..left));
        }
        rows.into_iter().filter(|row| row.kept).map(|row| (row.id, row.depth)).collect()
    }
}

/// A row of a chunk that no fold hides.
struct SeenRow {
    id: Id,
    depth: u32,
    kept: bool,
}

fn keep(rows: &mut [SeenRow], waiting: Option<&[Option<usize>]>) {
    for &row in waiting.unwrap_or_default().iter().flatten() {
        if let Some(row) = rows.get_mut(row) {
            row.kept = true;
        }
    }
}
