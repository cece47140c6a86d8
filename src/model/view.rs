//! What of the model is to be seen: the rows of the tree and the lines of the log under a filter.

use std::collections::VecDeque;

use rustc_hash::FxHashSet;

use super::Model;
use super::filter::Filter;
use super::log::Entry;
use super::process::{NodeKey, Process};
use super::subject::LineSubject;
use super::tree::Tree;
use super::verdicts::Verdicts;

/// What the user wants to see.
#[derive(Clone, Debug, Default)]
pub struct Criteria {
    /// Processes and lines that match.
    pub filter: Filter,
    /// Lived, or has lived, at least so long; nanoseconds. In the log: endings after at least that.
    pub min_duration_ns: u64,
    /// No dead.
    pub hide_exited: bool,
    /// Kernel threads too.
    pub kernel_threads: bool,
}

impl Criteria {
    /// Whether the log is shown whole.
    fn passes_all_lines(&self) -> bool {
        self.filter.is_empty() && self.min_duration_ns == 0
    }

    /// Whether there can be other rows with time alone, without any event.
    pub fn depend_on_time(&self) -> bool {
        self.min_duration_ns > 0 || self.filter.asks_for_duration()
    }

    /// What is judged at once.
    pub(super) fn admits(&self, process: Process<'_>, now_ns: u64) -> bool {
        (self.kernel_threads || !process.is_kernel_thread())
            && (!self.hide_exited || process.is_alive())
            && process.lifetime_ns(now_ns) >= self.min_duration_ns
    }
}

/// A row of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Whose row.
    pub key: NodeKey,
    /// Its distance from the root, in generations.
    pub depth: u16,
    /// It matches; a row that does not is there for a descendant's sake (which may be folded away) and is shown dimmed.
    pub matched: bool,
    /// Its children are folded away.
    pub folded: bool,
    /// It has children in the tree, be they shown or not.
    pub parental: bool,
    /// Bit n: beneath this row the line of generation n goes on. Generations beyond 63 have none.
    pub guides: u64,
}

/// The rows of the tree from top to bottom.
#[derive(Debug, Default)]
pub struct Rows {
    rows: Vec<Row>,
    matched: usize,
    kept: Vec<bool>,
    path: Vec<usize>,
    verdicts: Verdicts,
}

impl Rows {
    /// The rows.
    pub fn as_slice(&self) -> &[Row] {
        &self.rows
    }

    /// How many rows match; the others are their ancestors.
    pub fn matched(&self) -> usize {
        self.matched
    }

    /// Where a process is.
    pub fn position(&self, key: NodeKey) -> Option<usize> {
        self.rows.iter().position(|row| row.key == key)
    }

    /// Moves the rows out, to be looked at while there are others; what was in `into` is lost.
    pub fn move_into(&mut self, into: &mut Vec<Row>) {
        std::mem::swap(&mut self.rows, into);
        self.rows.clear();
    }

    /// Computes all rows anew, for the model that they were computed for before or a later state of it. Takes time in proportion to the processes that are kept.
    pub fn rebuild(&mut self, tree: &Tree, criteria: &Criteria, folded: &FxHashSet<NodeKey>, now_ns: u64) {
        self.rows.clear();
        self.kept.clear();
        self.path.clear();
        self.matched = 0;
        self.verdicts.begin(&criteria.filter);
        let mut at = tree.roots().next();
        while let Some(key) = at {
            at = self.visit(tree, criteria, folded, now_ns, key);
        }
        let mut kept = self.kept.iter();
        self.rows.retain(|_| kept.next().copied().unwrap_or(false));
        draw_guides(&mut self.rows);
    }

    /// Adds a row for `key` and tells which process comes next.
    fn visit(
        &mut self,
        tree: &Tree,
        criteria: &Criteria,
        folded: &FxHashSet<NodeKey>,
        now_ns: u64,
        key: NodeKey,
    ) -> Option<NodeKey> {
        let process = tree.get(key)?;
        let child = tree.first_child(key);
        let row = Row {
            key,
            depth: u16::try_from(self.path.len()).unwrap_or(u16::MAX),
            matched: self.verdicts.shows(tree, criteria, now_ns, key, process),
            folded: child.is_some() && folded.contains(&key),
            parental: child.is_some(),
            guides: 0,
        };
        self.rows.push(row);
        self.kept.push(row.matched);
        if row.matched {
            self.matched += 1;
            self.keep_path();
        } else if row.folded && self.any_match_beneath(tree, criteria, now_ns, key) {
            // What is folded away is still found: the row stays, to be unfolded.
            self.path.push(self.rows.len() - 1);
            self.keep_path();
            self.path.pop();
        }
        if let Some(child) = child.filter(|_| !row.folded) {
            self.path.push(self.rows.len() - 1);
            return Some(child);
        }
        let mut done = key;
        loop {
            if let Some(next) = tree.next_sibling(done) {
                return Some(next);
            }
            self.path.pop()?;
            done = tree.parent(done)?;
        }
    }

    fn any_match_beneath(&mut self, tree: &Tree, criteria: &Criteria, now_ns: u64, top: NodeKey) -> bool {
        let mut at = tree.first_child(top);
        while let Some(key) = at {
            let verdicts = &mut self.verdicts;
            if tree.get(key).is_some_and(|process| verdicts.shows(tree, criteria, now_ns, key, process)) {
                return true;
            }
            at = tree.first_child(key).or_else(|| {
                let up = std::iter::successors(Some(key), |&key| tree.parent(key));
                up.take_while(|&key| key != top).find_map(|key| tree.next_sibling(key))
            });
        }
        false
    }

    /// The ancestors of a match stay. Those above one that stays do so already.
    fn keep_path(&mut self) {
        for &index in self.path.iter().rev() {
            match self.kept.get_mut(index) {
                Some(kept) if !*kept => *kept = true,
                _ => break,
            }
        }
    }
}

/// From the bottom up: a line goes on in a generation while there is a later row of it under the same parent.
fn draw_guides(rows: &mut [Row]) {
    let mut below = 0u64;
    for row in rows.iter_mut().rev() {
        let depth = u32::from(row.depth);
        let deeper = u64::MAX.checked_shl(depth + 1).unwrap_or(0);
        below &= !deeper;
        row.guides = below;
        below |= 1u64.checked_shl(depth).unwrap_or(0);
    }
}

/// The lines of the log under a filter, kept up to date line by line.
#[derive(Debug, Default)]
pub struct Lines {
    matching: VecDeque<u64>,
    /// Lines before this number have been judged.
    judged: u64,
    whole: bool,
    first: u64,
    end: u64,
}

impl Lines {
    /// Forgets all judgements: the filter changed.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    /// Judges the lines that are new.
    pub fn update(&mut self, model: &Model, criteria: &Criteria) {
        let log = model.log();
        self.whole = criteria.passes_all_lines();
        (self.first, self.end) = (log.first(), log.end());
        while self.matching.front().is_some_and(|&number| number < log.first()) {
            self.matching.pop_front();
        }
        if !self.whole {
            for (number, line) in log.iter_from(self.judged) {
                let about_length = criteria.min_duration_ns > 0;
                let long_enough = match &line.entry {
                    // How long it lived is not known when nobody saw the end.
                    Entry::Exit(ending, _) if ending.status.is_none() => !about_length,
                    Entry::Exit(ending, _) => {
                        ending.time_ns.saturating_sub(line.id.start_ns) >= criteria.min_duration_ns
                    }
                    Entry::Lost(_) => true,
                    _ => !about_length,
                };
                let is_loss = matches!(line.entry, Entry::Lost(_));
                if long_enough && (is_loss || criteria.filter.matches(&LineSubject::new(model.tree(), &line)))
                {
                    self.matching.push_back(number);
                }
            }
        }
        self.judged = log.end();
    }

    /// How many lines there are to see.
    pub fn len(&self) -> usize {
        if self.whole {
            usize::try_from(self.end - self.first).unwrap_or(usize::MAX)
        } else {
            self.matching.len()
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of the `index`-th line, for [`super::log::Log::get`].
    pub fn number(&self, index: usize) -> Option<u64> {
        if self.whole {
            let number = self.first + index as u64;
            (number < self.end).then_some(number)
        } else {
            self.matching.get(index).copied()
        }
    }

    /// The index of the first line whose number is at least `number`.
    pub fn index(&self, number: u64) -> usize {
        if self.whole {
            usize::try_from(number.clamp(self.first, self.end) - self.first).unwrap_or(usize::MAX)
        } else {
            self.matching.partition_point(|&matching| matching < number)
        }
    }
}
