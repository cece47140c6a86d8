//! Rows that are being made: processes are taken by their slots, some at a time and by two threads, and sorted as they
//! come; then these runs are merged, some rows at a time or, where they are not more than that, all at once. Who changes
//! meanwhile is left out, and put where he belongs at the end: so no two rows are ever compared of which one is not as it
//! was when it was sorted.

use std::cmp::Ordering;
use std::ops::Range;

use super::super::outline::parts::in_parts;
use super::super::process::Process;
use super::super::tree::Tree;
use super::sorted::Row;
use super::{Column, Rows};

/// Those that are taken at a time are so many parts: one thread takes one before it takes another.
const PARTS: u32 = 4;

/// Rows that are being made.
#[derive(Clone, Debug)]
pub(super) struct Making {
    /// What is merged so far.
    rows: Rows,
    /// So many processes are taken at once, and half as many rows merged one by one; of rows that are no more than that
    /// all are merged.
    at_a_time: u32,
    /// The slot that comes next.
    next: u32,
    others: Runs,
    living: Runs,
    /// By slots: who was taken and has changed since, or has come since all were taken.
    changed: Vec<bool>,
}

/// Who is to have a row.
pub(super) type Wanted<'a, 'b> = &'a (dyn Fn(u32) -> Option<Process<'b>> + Sync);

/// Rows of some processes, those of the living apart where they have an order of their own; each kind sorted.
#[derive(Clone, Debug, Default)]
struct Part {
    others: Vec<Row>,
    living: Vec<Row>,
}

impl Making {
    pub(super) fn new(column: Column, generation: u64, at_a_time: u32) -> Self {
        Self {
            rows: Rows::new(column, generation),
            at_a_time,
            next: 0,
            others: Runs::default(),
            living: Runs::default(),
            changed: Vec::new(),
        }
    }

    pub(super) fn column(&self) -> Column {
        self.rows.column
    }

    /// Those that are there already: the first ones.
    pub(super) fn rows(&self) -> &Rows {
        &self.rows
    }

    pub(super) fn rows_mut(&mut self) -> &mut Rows {
        &mut self.rows
    }

    pub(super) fn has_begun(&self) -> bool {
        self.next > 0
    }

    /// Somebody is not as he was, or no longer there.
    pub(super) fn note(&mut self, slot: u32) {
        // Of the others it is seen when their turn comes.
        if slot < self.next {
            let slot = slot as usize;
            if slot >= self.changed.len() {
                self.changed.resize(slot + 1, false);
            }
            if let Some(changed) = self.changed.get_mut(slot) {
                *changed = true;
            }
        }
    }

    /// Goes on for a while. True when nothing is left but [`Making::finish`].
    pub(super) fn go_on(&mut self, tree: &Tree, wanted: Wanted<'_, '_>) -> bool {
        self.take_some(tree, wanted);
        if self.next < tree.slots() {
            return false;
        }
        // Whoever comes from now on may belong before those that are merged already.
        self.next = u32::MAX;
        let column = self.rows.column;
        let changed = |row: &Row| self.changed.get(row.slot as usize).is_some_and(|&changed| changed);
        let pace = self.pace() as usize;
        if self.others.len() + self.living.len() <= pace {
            self.rows.others.append(&self.others.merge_all(column, tree, &changed));
            self.rows.living.append(&self.living.merge_all(column, tree, &changed));
            self.rows.refresh();
            return true;
        }
        let is_less = |one: &Row, other: &Row| column.compare(tree, one, other) == Ordering::Less;
        let room = pace.div_ceil(2);
        let merged = self.others.merge_some(room, &is_less, &changed, |row| self.rows.others.push(row));
        let room = room - merged;
        let merged = self.living.merge_some(room, &is_less, &changed, |row| self.rows.living.push(row));
        self.rows.refresh();
        merged < room
    }

    /// The slots that are taken next.
    pub(super) fn upcoming(&self, tree: &Tree) -> Range<u32> {
        self.next..self.next.saturating_add(self.pace()).min(tree.slots()).max(self.next)
    }

    /// Texts take longer to compare.
    fn pace(&self) -> u32 {
        if self.rows.column.is_text() { (self.at_a_time / 8).max(1) } else { self.at_a_time }
    }

    fn take_some(&mut self, tree: &Tree, wanted: Wanted<'_, '_>) {
        let upcoming = self.upcoming(tree);
        self.next = upcoming.end;
        if upcoming.is_empty() {
            return;
        }
        let all = upcoming.end - upcoming.start;
        let size = all.div_ceil(PARTS);
        let count = all.div_ceil(size);
        let mut parts = vec![Part::default(); count as usize];
        let rows = &self.rows;
        in_parts(&mut parts, 1, |number, parts| {
            for (number, part) in (number..).zip(parts) {
                let from = upcoming.start + u32::try_from(number).unwrap_or(u32::MAX).saturating_mul(size);
                *part = rows.part(tree, wanted, from..from.saturating_add(size).min(upcoming.end));
            }
        });
        for Part { others, living } in parts {
            self.others.add(others);
            self.living.add(living);
        }
    }

    /// The rows, as of now.
    pub(super) fn finish(mut self, tree: &Tree, wanted: Wanted<'_, '_>) -> Rows {
        let changed = self.changed.iter().enumerate().filter(|&(_, &changed)| changed);
        let slots: Vec<u32> = changed.filter_map(|(slot, _)| u32::try_from(slot).ok()).collect();
        self.rows.settle(tree, &slots, wanted);
        self.rows
    }
}

impl Rows {
    /// The rows of those that have these slots.
    fn part(&self, tree: &Tree, wanted: Wanted<'_, '_>, slots: Range<u32>) -> Part {
        let mut part = Part::default();
        for slot in slots {
            let Some(process) = wanted(slot) else { continue };
            let rows = if self.is_apart(process) { &mut part.living } else { &mut part.others };
            rows.push(self.row(tree, slot, process));
        }
        self.column.sort(tree, &mut part.others);
        self.column.sort(tree, &mut part.living);
        part
    }
}

/// Runs of rows, each sorted.
#[derive(Clone, Debug, Default)]
struct Runs {
    /// The first comes last.
    runs: Vec<Vec<Row>>,
}

impl Runs {
    fn add(&mut self, mut run: Vec<Row>) {
        run.reverse();
        self.runs.push(run);
    }

    fn len(&self) -> usize {
        self.runs.iter().map(Vec::len).sum()
    }

    /// All rows in one run, without those that have changed. None is left.
    fn merge_all(&mut self, column: Column, tree: &Tree, has_changed: &dyn Fn(&Row) -> bool) -> Vec<Row> {
        let mut all = Vec::with_capacity(self.len());
        for run in self.runs.drain(..) {
            all.extend(run.into_iter().rev());
        }
        all.retain(|row| !has_changed(row));
        column.sort(tree, &mut all);
        all
    }

    /// Hands out the first rows of all, at most `room`, without those that have changed; returns how many were looked at.
    fn merge_some(
        &mut self,
        room: usize,
        is_less: &dyn Fn(&Row, &Row) -> bool,
        has_changed: &dyn Fn(&Row) -> bool,
        mut take: impl FnMut(Row),
    ) -> usize {
        for run in &mut self.runs {
            drop_changed(run, has_changed);
        }
        self.runs.retain(|run| !run.is_empty());
        let is_first = |one: &[Row], other: &[Row]| match (one.last(), other.last()) {
            (Some(one), Some(other)) => is_less(one, other),
            (one, _) => one.is_some(),
        };
        // A heap: each run begins before the two beneath it.
        for at in (0..self.runs.len() / 2).rev() {
            sink(&mut self.runs, at, &is_first);
        }
        for merged in 0..room {
            let Some(run) = self.runs.first_mut() else { return merged };
            if let Some(row) = run.pop() {
                take(row);
            }
            drop_changed(run, has_changed);
            if run.is_empty() {
                self.runs.swap_remove(0);
            }
            sink(&mut self.runs, 0, &is_first);
        }
        room
    }
}

fn drop_changed(run: &mut Vec<Row>, has_changed: &dyn Fn(&Row) -> bool) {
    while run.pop_if(|row| has_changed(row)).is_some() {}
}

/// Lets a run down to where it belongs in the heap.
fn sink(runs: &mut [Vec<Row>], mut at: usize, is_first: &impl Fn(&[Row], &[Row]) -> bool) {
    loop {
        let first = |one: usize, other: usize| match (runs.get(one), runs.get(other)) {
            (Some(run), Some(known)) if is_first(run, known) => one,
            _ => other,
        };
        let least = first(2 * at + 2, first(2 * at + 1, at));
        if least == at {
            return;
        }
        runs.swap(at, least);
        at = least;
    }
}
