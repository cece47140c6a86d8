//! Processes in the order of a column, kept up to date with the tree and with the verdicts of its [`Outline`]: what an
//! event costs does not depend on how many rows there are, but for a logarithm and the length of a chunk ([`sorted`]).
//!
//! Who is not as he was is taken out and put back in: by the tree's journal, or because he came to an age that a filter
//! asks for. Another column, or other verdicts on everybody, make rows anew, some at a time, while those of before are
//! shown and followed. Where the journal does not reach back far enough the rows of before are lost.
//!
//! By lifetime the living and the dead change places with time alone; so each have an order of their own, and the two
//! are merged where rows are asked for.

mod causes;
mod column;
mod failures;
mod making;
mod merged;
mod sorted;

use std::ops::Range;

use super::outline::{Outline, slot_of};
use super::process::{NodeKey, Process};
use super::tree::{Step, Tree};
use causes::Causes;
pub use causes::Failure;
pub use column::{Column, cpu_per_mille};
pub use failures::{Failed, Failures};
use making::{Making, Wanted};
use merged::Merged;
use sorted::{Row, Sorted};

/// Rows in the order of a column.
#[derive(Clone, Debug)]
struct Rows {
    column: Column,
    /// Which verdicts they are by, or were when they were begun: others have turned since then, if this is not the latest.
    /// `None` where some belong elsewhere by now.
    generation: Option<u64>,
    /// All; by a column that ages only the dead.
    others: Sorted,
    /// The living, where they have an order of their own.
    living: Sorted,
}

/// So many processes are looked at between two looks at the keys: a few milliseconds. In builds for tests fewer, so
/// that there is something between.
const AT_A_TIME: u32 = if cfg!(debug_assertions) { 1 << 11 } else { 1 << 17 };

/// The rows of a table.
#[derive(Clone, Debug)]
pub struct Table {
    /// Of failures: what they have to do with each other.
    causes: Option<Causes>,
    shown: Option<Rows>,
    coming: Option<Making>,
    /// The step of the tree's journal that comes next; `None` before the first.
    read_to: Option<u64>,
    /// The latest generation of verdicts.
    generation: u64,
    /// The instant as of which all this is.
    instant: Option<u64>,
    /// The number of whoever comes of age next.
    aged_to: u64,
    inverted: bool,
    touched: Vec<u32>,
    at_a_time: u32,
}

impl Default for Table {
    fn default() -> Self {
        Self::with_pace(AT_A_TIME)
    }
}

impl Table {
    /// A table that looks at so many processes, at least one, in each step of what takes long.
    pub fn with_pace(at_a_time: u32) -> Self {
        Self {
            causes: None,
            shown: None,
            coming: None,
            read_to: None,
            generation: 0,
            instant: None,
            aged_to: 0,
            inverted: false,
            touched: Vec::new(),
            at_a_time: at_a_time.max(1),
        }
    }

    /// Rows for those alone that failed.
    pub fn of_failed() -> Self {
        Self { causes: Some(Causes::default()), ..Self::default() }
    }

    /// Brings the rows up to date with the tree and its outline, which is up to date already. What takes long is begun:
    /// see [`Table::is_complete`].
    pub fn update(&mut self, tree: &Tree, outline: &Outline, column: Column) {
        self.follow(tree, outline);
        self.begin(outline, column);
        self.settle(tree, outline);
        self.make_some(tree, outline);
        self.refresh();
    }

    /// Goes on with what takes long; to be called until [`Table::is_complete`].
    pub fn go_on(&mut self, tree: &Tree, outline: &Outline) {
        self.make_some(tree, outline);
        self.refresh();
    }

    /// Whether all rows are there, in the order that was asked for.
    pub fn is_complete(&self) -> bool {
        self.coming.is_none() && self.shown.is_some()
    }

    /// The next update is with another tree.
    pub fn begin_anew(&mut self) {
        self.read_to = None;
    }

    /// The last row becomes the first.
    pub fn set_inverted(&mut self, inverted: bool) {
        self.inverted = inverted;
    }

    fn rows(&self) -> Option<&Rows> {
        self.shown.as_ref().or(self.coming.as_ref().map(Making::rows))
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows().map_or(0, Rows::len)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn turned(&self, index: usize) -> Option<usize> {
        if self.inverted { self.len().checked_sub(index + 1) } else { Some(index) }
    }

    /// The processes of the rows with these numbers at `now_ns` (boot clock), as far as there are any.
    pub fn keys(&self, tree: &Tree, wanted: Range<usize>, now_ns: u64) -> Vec<NodeKey> {
        let Some(rows) = self.rows() else { return Vec::new() };
        let merged = Merged::new(rows, now_ns);
        let wanted = wanted.start..wanted.end.min(self.len());
        let slots = wanted.filter_map(|index| Some(merged.get(self.turned(index)?)?.slot));
        slots.filter_map(|slot| tree.at_slot(slot)).collect()
    }

    /// Which row a process has at `now_ns`.
    pub fn position(&self, tree: &Tree, key: NodeKey, now_ns: u64) -> Option<usize> {
        tree.get(key)?;
        let index = Merged::new(self.rows()?, now_ns).position(slot_of(key))?;
        self.turned(index)
    }

    /// What a failure has to do with others; `None` of what did not fail, and in a table of everybody.
    pub fn failure(&self, tree: &Tree, key: NodeKey) -> Option<Failure> {
        self.causes.as_ref()?.failure(tree, key)
    }

    fn refresh(&mut self) {
        if let Some(rows) = &mut self.shown {
            rows.refresh();
        }
    }

    /// Takes those out who are gone, and touches those who are not as they were.
    fn follow(&mut self, tree: &Tree, outline: &Outline) {
        if std::mem::replace(&mut self.instant, tree.instant()) != tree.instant() {
            self.read_to = None;
        }
        let journal = tree.journal();
        let verdicts = outline.verdicts();
        let steps = self.read_to.and_then(|read_to| journal.since(read_to));
        let turned = verdicts.since(self.aged_to);
        match (steps, turned) {
            (Some(steps), Some(turned)) => {
                self.touched.extend(turned);
                steps.for_each(|step| self.take(step));
            }
            _ => self.lose(),
        }
        self.read_to = Some(journal.end());
        self.aged_to = verdicts.end();
    }

    fn lose(&mut self) {
        self.shown = None;
        self.coming = None;
        self.touched.clear();
        if let Some(causes) = &mut self.causes {
            *causes = Causes::default();
        }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Placed { key, parent } => {
                self.touched.push(slot_of(key));
                self.touched.extend(parent.map(slot_of));
            }
            Step::Removed { key, parent } => {
                let slot = slot_of(key);
                if let Some(rows) = &mut self.shown {
                    rows.remove(slot);
                }
                if let Some(making) = &mut self.coming {
                    making.note(slot);
                }
                if let Some(causes) = &mut self.causes {
                    causes.forget(slot);
                }
                self.touched.extend(parent.map(slot_of));
            }
            Step::Changed(key) => self.touched.push(slot_of(key)),
            Step::CgroupLearned => {
                // Any of them may belong elsewhere.
                let coming = self.coming.as_mut().map(Making::rows_mut);
                for rows in self.shown.iter_mut().chain(coming) {
                    rows.generation = rows.generation.filter(|_| rows.column != Column::Cgroup);
                }
            }
        }
    }

    /// Begins to make rows anew where the column or the verdicts are other ones.
    fn begin(&mut self, outline: &Outline, column: Column) {
        self.generation = outline.verdicts().generation();
        let wanted = Some(self.generation);
        match &mut self.coming {
            // To begin again each time would never come to an end.
            Some(making) if making.column() == column && making.has_begun() => {}
            _ if self
                .shown
                .as_ref()
                .is_none_or(|rows| (rows.column, rows.generation) != (column, wanted)) =>
            {
                self.coming = Some(Making::new(column, self.generation, self.at_a_time));
            }
            // Taken back before it was done.
            _ => self.coming = None,
        }
    }

    /// Puts everybody who was touched where he belongs.
    fn settle(&mut self, tree: &Tree, outline: &Outline) {
        let mut touched = std::mem::take(&mut self.touched);
        touched.sort_unstable();
        touched.dedup();
        if let Some(rows) = &mut self.shown {
            rows.settle(tree, &touched, &wanted(tree, outline, self.causes.is_some()));
        }
        for &slot in &touched {
            if let Some(making) = &mut self.coming {
                making.note(slot);
            }
            if let Some(causes) = &mut self.causes {
                causes.note(tree, slot);
            }
        }
        touched.clear();
        self.touched = touched;
    }

    /// Makes some more of the rows that are coming.
    fn make_some(&mut self, tree: &Tree, outline: &Outline) {
        let Some(making) = &mut self.coming else { return };
        if outline.is_about_to_turn() && !making.has_begun() {
            return;
        }
        let wanted = wanted(tree, outline, self.causes.is_some());
        if let Some(causes) = &mut self.causes {
            making.upcoming(tree).for_each(|slot| causes.note(tree, slot));
        }
        if !making.go_on(tree, &wanted) {
            return;
        }
        let Some(making) = self.coming.take() else { return };
        let rows = making.finish(tree, &wanted);
        if rows.generation != Some(self.generation) {
            self.coming = Some(Making::new(rows.column, self.generation, self.at_a_time));
        }
        self.shown = Some(rows);
    }
}

/// Tells who is to have a row, by slots.
fn wanted<'a>(
    tree: &'a Tree,
    outline: &'a Outline,
    failed_alone: bool,
) -> impl Fn(u32) -> Option<Process<'a>> + Sync {
    let matches = outline.matches();
    move |slot| {
        let key = tree.at_slot(slot).filter(|&key| matches.has(key))?;
        tree.get(key).filter(|process| !failed_alone || process.failed())
    }
}

impl Rows {
    fn new(column: Column, generation: u64) -> Self {
        Self { column, generation: Some(generation), others: Sorted::default(), living: Sorted::default() }
    }

    fn refresh(&mut self) {
        self.others.refresh();
        self.living.refresh();
    }

    fn len(&self) -> usize {
        self.others.len() + self.living.len()
    }

    fn row(&self, tree: &Tree, slot: u32, process: Process<'_>) -> Row {
        let rank = self.column.rank(tree, process);
        Row { rank, start_ns: process.id.start_ns, pid: process.id.pid, slot }
    }

    fn is_apart(&self, process: Process<'_>) -> bool {
        self.column.ages() && process.is_alive()
    }

    fn insert(&mut self, tree: &Tree, slot: u32, process: Process<'_>) {
        let row = self.row(tree, slot, process);
        let column = self.column;
        let rows = if self.is_apart(process) { &mut self.living } else { &mut self.others };
        rows.insert(row, |one, other| column.compare(tree, one, other));
    }

    fn remove(&mut self, slot: u32) {
        if self.others.remove(slot).is_none() {
            self.living.remove(slot);
        }
    }

    /// Whether a process has the row that it should have, as far as that is told by numbers.
    fn is_right(&self, tree: &Tree, slot: u32, process: Process<'_>) -> bool {
        let rows = if self.is_apart(process) { &self.living } else { &self.others };
        !self.column.is_text() && rows.row(slot) == Some(self.row(tree, slot, process))
    }

    /// Puts everybody among these where he belongs. All that change are taken out before any is put in: rows are compared
    /// by what their processes are now.
    fn settle(&mut self, tree: &Tree, slots: &[u32], wanted: Wanted<'_, '_>) {
        let mut moved = Vec::new();
        for &slot in slots {
            match wanted(slot) {
                Some(process) if self.is_right(tree, slot, process) => {}
                process => {
                    self.remove(slot);
                    moved.extend(process.map(|process| (slot, process)));
                }
            }
        }
        for (slot, process) in moved {
            self.insert(tree, slot, process);
        }
    }
}
