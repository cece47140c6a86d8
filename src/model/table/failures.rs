//! Everything that failed, the latest first: processes by their ends, and execs by the lines of the log that tell them.

use std::collections::VecDeque;
use std::ops::Range;

use super::{Column, Failure, Table};
use crate::model::Model;
use crate::model::log::Entry;
use crate::model::outline::Outline;
use crate::model::process::NodeKey;
use crate::model::tree::Tree;
use crate::model::view::{Criteria, shows_line};

/// What failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failed {
    /// A process: it ended badly.
    Process(NodeKey),
    /// An exec: the number of its line in the log.
    Exec(u64),
}

/// The rows.
#[derive(Clone, Debug)]
pub struct Failures {
    processes: Table,
    execs: Execs,
}

impl Default for Failures {
    fn default() -> Self {
        Self { processes: Table::of_failed(), execs: Execs::default() }
    }
}

/// The failed execs among the lines of the log that a filter lets through.
#[derive(Clone, Debug, Default)]
struct Execs {
    /// Numbers with times, boot clock. Stamps of CPUs differ a little; here none is earlier than that before it.
    lines: VecDeque<(u64, u64)>,
    /// The lines from this number on, and before that one, have been judged; at first none.
    judged: Option<(u64, u64)>,
    first: u64,
    /// The instant that is looked at: later lines are still to come.
    instant: Option<u64>,
}

impl Execs {
    fn update(&mut self, model: &Model, criteria: &Criteria) {
        let log = model.log();
        if self.instant != model.instant() {
            *self = Self { instant: model.instant(), ..Self::default() };
        }
        self.first = log.first();
        while self.lines.front().is_some_and(|&(number, _)| number < log.first()) {
            self.lines.pop_front();
        }
        let time_of = |number: u64| {
            log.tells_failed_exec(number).then_some(())?;
            let line = log.get(number)?;
            model.instant().is_none_or(|at_ns| line.time_ns <= at_ns).then_some(())?;
            // What was found in the next place is no failure.
            matches!(&line.entry, Entry::ExecFailed(failed) if !failed.found).then_some(())?;
            shows_line(model, criteria, &line).then_some(line.time_ns)
        };
        let (from, to) = self.judged.unwrap_or((log.end(), log.end()));
        for number in to.max(log.first())..log.end() {
            if let Some(time_ns) = time_of(number) {
                let latest = self.lines.back().map_or(0, |&(_, time_ns)| time_ns);
                self.lines.push_back((number, time_ns.max(latest)));
            }
        }
        let older = from.saturating_sub(criteria.at_a_time()).max(log.first())..from;
        for number in older.clone().rev() {
            if let Some(time_ns) = time_of(number) {
                let earliest = self.lines.front().map_or(u64::MAX, |&(_, time_ns)| time_ns);
                self.lines.push_front((number, time_ns.min(earliest)));
            }
        }
        self.judged = Some((older.start.min(from), log.end()));
    }

    fn is_complete(&self) -> bool {
        self.judged.is_some_and(|(from, _)| from <= self.first)
    }

    /// The `index`-th from the latest one back.
    fn get(&self, index: usize) -> Option<(u64, u64)> {
        self.lines.get(self.lines.len().checked_sub(index + 1)?).copied()
    }
}

impl Failures {
    /// Brings the rows up to date with the model and the tree's outline, which is up to date already.
    pub fn update(&mut self, model: &Model, outline: &Outline, criteria: &Criteria) {
        self.processes.update(model.tree(), outline, Column::End);
        self.execs.update(model, criteria);
    }

    /// Goes on with what takes long; to be called until [`Failures::is_complete`].
    pub fn go_on(&mut self, model: &Model, outline: &Outline, criteria: &Criteria) {
        self.processes.go_on(model.tree(), outline);
        self.execs.update(model, criteria);
    }

    /// Whether all rows are there.
    pub fn is_complete(&self) -> bool {
        self.processes.is_complete() && self.execs.is_complete()
    }

    /// The filter is another one.
    pub fn reset(&mut self) {
        self.execs = Execs::default();
    }

    /// The next update is with another model.
    pub fn begin_anew(&mut self) {
        self.processes.begin_anew();
        self.reset();
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.processes.len() + self.execs.lines.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What a process that failed has to do with other failures.
    pub fn failure(&self, tree: &Tree, key: NodeKey) -> Option<Failure> {
        self.processes.failure(tree, key)
    }

    fn process(&self, tree: &Tree, index: usize) -> Option<(NodeKey, u64)> {
        // The order of ends does not change with time.
        let key = self.processes.keys(tree, index..index.saturating_add(1), 0).pop()?;
        Some((key, tree.get(key)?.end_ns().unwrap_or(0)))
    }

    /// The rows with these numbers, as far as there are any.
    pub fn rows(&self, tree: &Tree, wanted: Range<usize>) -> Vec<Failed> {
        (wanted.start..wanted.end.min(self.len())).filter_map(|index| self.row(tree, index)).collect()
    }

    fn row(&self, tree: &Tree, index: usize) -> Option<Failed> {
        let (processes, execs) = (self.processes.len(), self.execs.lines.len());
        // So many of the rows before it are of processes.
        let (mut least, mut most) = (index.saturating_sub(execs), index.min(processes));
        while least < most {
            let middle = least.midpoint(most);
            let exec = self.execs.get(index - middle - 1);
            let goes_first = match (self.process(tree, middle), exec) {
                (Some((_, end_ns)), Some((_, time_ns))) => end_ns >= time_ns,
                (process, _) => process.is_some(),
            };
            if goes_first {
                least = middle + 1;
            } else {
                most = middle;
            }
        }
        match (self.process(tree, least), self.execs.get(index - least)) {
            (Some((_, end_ns)), Some((number, time_ns))) if time_ns > end_ns => Some(Failed::Exec(number)),
            (Some((key, _)), _) => Some(Failed::Process(key)),
            (None, exec) => exec.map(|(number, _)| Failed::Exec(number)),
        }
    }

    /// Which row it has.
    pub fn position(&self, tree: &Tree, of: Failed) -> Option<usize> {
        match of {
            Failed::Process(key) => {
                let end_ns = tree.get(key)?.end_ns()?;
                let earlier = self.execs.lines.partition_point(|&(_, time_ns)| time_ns <= end_ns);
                Some(self.processes.position(tree, key, 0)? + self.execs.lines.len() - earlier)
            }
            Failed::Exec(number) => {
                let at = self.execs.lines.binary_search_by_key(&number, |&(number, _)| number).ok()?;
                let (_, time_ns) = *self.execs.lines.get(at)?;
                let (mut least, mut most) = (0, self.processes.len());
                while least < most {
                    let middle = least.midpoint(most);
                    match self.process(tree, middle) {
                        Some((_, end_ns)) if end_ns >= time_ns => least = middle + 1,
                        _ => most = middle,
                    }
                }
                Some(self.execs.lines.len() - 1 - at + least)
            }
        }
    }
}
