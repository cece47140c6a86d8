//! What of the model is to be seen: the rows of the tree and the lines of the log under a filter.

use std::collections::VecDeque;

use super::Model;
use super::filter::Filter;
use super::log::{Entry, Log, LogLine};
pub use super::outline::{Folds, GroupFacts, GroupKey, Node, Outline, Row, Sample};
use super::process::Process;
use super::subject::LineSubject;

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

    /// Whether `other` asks for the same.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.filter.is_same(&other.filter)
            && (self.min_duration_ns, self.hide_exited, self.kernel_threads)
                == (other.min_duration_ns, other.hide_exited, other.kernel_threads)
    }

    /// So many processes or lines are judged between two looks at the keys: a few milliseconds. In builds for tests
    /// fewer, so that there is something between.
    pub(super) fn at_a_time(&self) -> u64 {
        let cheap = if cfg!(debug_assertions) { 1 << 12 } else { 1 << 16 };
        if self.filter.has_regex() { cheap / 4 } else { cheap }
    }

    /// Of lines fewer: rows are waited for meanwhile.
    fn lines_at_a_time(&self) -> u64 {
        (self.at_a_time() / 8).max(1 << 12)
    }

    /// What is judged at once.
    pub(super) fn admits(&self, process: Process<'_>, now_ns: u64) -> bool {
        (self.kernel_threads || !process.is_kernel_thread())
            && (!self.hide_exited || process.is_alive())
            && process.lifetime_ns(now_ns) >= self.min_duration_ns
    }
}

/// The lines of the log under a filter, kept up to date line by line.
#[derive(Debug, Default)]
pub struct Lines {
    matching: VecDeque<u64>,
    /// The lines from this number on, and before that one, have been judged; at first none.
    judged: Option<(u64, u64)>,
    whole: bool,
    first: u64,
    /// The lines from this number on are still to come at the instant that is looked at.
    end: u64,
    /// The matching lines before that.
    matching_then: usize,
}

impl Lines {
    /// Forgets all judgements: the filter changed.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    /// Judges the lines that are new, and some of the others, the latest first: to be called until
    /// [`Lines::is_complete`].
    pub fn update(&mut self, model: &Model, criteria: &Criteria) {
        let log = model.log();
        self.whole = criteria.passes_all_lines();
        (self.first, self.end) = (log.first(), model.instant().map_or(log.end(), |at_ns| log.end_at(at_ns)));
        while self.matching.front().is_some_and(|&number| number < log.first()) {
            self.matching.pop_front();
        }
        if self.whole {
            self.judged = None;
            return;
        }
        let is_brief = criteria.filter.is_about_heads();
        let shows = |number: u64| {
            let line = if is_brief { log.brief(number) } else { log.get(number) };
            line.is_some_and(|line| shows_line(model, criteria, &line))
        };
        let (from, to) = self.judged.unwrap_or((log.end(), log.end()));
        self.matching.extend((to.max(log.first())..log.end()).filter(|&number| shows(number)));
        let older = from.saturating_sub(criteria.lines_at_a_time()).max(log.first())..from;
        for number in older.clone().rev() {
            if shows(number) {
                self.matching.push_front(number);
            }
        }
        self.judged = Some((older.start.min(from), log.end()));
        self.matching_then = self.matching.partition_point(|&number| number < self.end);
    }

    /// The time of the latest line that tells of an earlier time than `before_ns`.
    pub fn latest_before(&self, log: &Log<'_>, before_ns: u64) -> Option<u64> {
        let end = self.index_of_all(log.end_at(before_ns.checked_sub(1)?));
        let mut times = (0..end).rev().filter_map(|index| log.time_ns(self.number_of_all(index)?));
        times.find(|&time_ns| time_ns < before_ns)
    }

    /// The time of the first line that tells of a later time than `after_ns`, even if it is still to come at the instant
    /// that is looked at.
    pub fn first_after(&self, log: &Log<'_>, after_ns: u64) -> Option<u64> {
        let from = self.index_of_all(log.end_at(after_ns));
        let mut times = (from..).map_while(|index| log.time_ns(self.number_of_all(index)?));
        times.find(|&time_ns| time_ns > after_ns)
    }

    /// The number of the `index`-th line, those that are still to come included.
    fn number_of_all(&self, index: usize) -> Option<u64> {
        if self.whole { Some(self.first + index as u64) } else { self.matching.get(index).copied() }
    }

    fn index_of_all(&self, number: u64) -> usize {
        if self.whole {
            usize::try_from(number.saturating_sub(self.first)).unwrap_or(usize::MAX)
        } else {
            self.matching.partition_point(|&matching| matching < number)
        }
    }

    /// Whether all lines that are kept have been judged. Until then the latest of those that are to be seen are there.
    pub fn is_complete(&self) -> bool {
        self.whole || self.judged.is_some_and(|(from, _)| from <= self.first)
    }

    /// How many lines there are to see.
    pub fn len(&self) -> usize {
        if self.whole {
            usize::try_from(self.end - self.first).unwrap_or(usize::MAX)
        } else {
            self.matching_then
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
            self.matching.get(index).copied().filter(|_| index < self.matching_then)
        }
    }

    /// The index of the first line whose number is at least `number`.
    pub fn index(&self, number: u64) -> usize {
        if self.whole {
            usize::try_from(number.clamp(self.first, self.end) - self.first).unwrap_or(usize::MAX)
        } else {
            self.matching.partition_point(|&matching| matching < number).min(self.matching_then)
        }
    }
}

/// Whether a line of the log is to be seen.
pub(super) fn shows_line(model: &Model, criteria: &Criteria, line: &LogLine<'_>) -> bool {
    let about_length = criteria.min_duration_ns > 0;
    let long_enough = match &line.entry {
        // How long it lived is not known when nobody saw the end.
        Entry::Exit(ending, _) if ending.status.is_none() => !about_length,
        Entry::Exit(ending, _) => ending.time_ns.saturating_sub(line.id.start_ns) >= criteria.min_duration_ns,
        Entry::Lost(_) => return true,
        _ => !about_length,
    };
    long_enough && criteria.filter.matches(&LineSubject::new(model.tree(), line))
}
