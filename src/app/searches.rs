//! Failed execs that may be the beginning of a search.
//!
//! A shell that looks for a program in each directory of PATH fails in all but the last. That is one failure if the
//! program is nowhere, and none if it is found: the line waits until that is known. The model decides what belongs
//! together; here it is only waited, for few and not for long.

use std::collections::VecDeque;

use crate::model::Model;
use crate::model::changes::SEARCH_NS;
use crate::model::event::ProcessId;
use crate::model::log::{Entry, Log, LogLine};

/// The most that wait at a time; beyond it the oldest waits no longer.
const HELD: usize = 256;

/// The lines that wait, the one that was begun first in front.
#[derive(Debug, Default)]
pub(super) struct Searches {
    held: VecDeque<Held>,
}

#[derive(Debug)]
struct Held {
    /// The number of its line in the model's log.
    number: u64,
    /// What that said after the latest try. The log may give it up at any time.
    line: LogLine<'static>,
}

impl Searches {
    pub(super) fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// Holds line `number`, to which a try at `time_ns` was added. Returns one for which there is no room any more.
    pub(super) fn hold(&mut self, number: u64, time_ns: u64, log: Log<'_>) -> Option<LogLine<'static>> {
        let line = LogLine { time_ns, ..log.get(number)?.detached()? };
        if let Some(known) = self.held.iter_mut().find(|held| held.number == number) {
            known.line = line;
            return None;
        }
        self.held.push_back(Held { number, line });
        if self.held.len() > HELD { self.held.pop_front().map(|held| held.line) } else { None }
    }

    /// The number of places that were tried before the exec of this process that the log was told of last; it is no
    /// longer held then.
    pub(super) fn take_found(&mut self, id: ProcessId, log: Log<'_>) -> u32 {
        let is_found = |held: &Held| {
            held.line.id == id
                && matches!(log.get(held.number), Some(LogLine { entry: Entry::ExecFailed(failed), .. }) if failed.found)
        };
        let found = self.held.iter().position(is_found).and_then(|index| self.held.remove(index));
        match found.map(|held| held.line.entry) {
            Some(Entry::ExecFailed(failed)) => failed.tries,
            _ => 0,
        }
    }

    /// Those that came to nothing: the process does something else, or nothing came for a while.
    pub(super) fn take_given_up(&mut self, model: &Model, now_ns: u64) -> Vec<LogLine<'static>> {
        if self.held.is_empty() {
            return Vec::new();
        }
        let goes_on = |held: &Held| {
            model.search_line(held.line.id) == Some(held.number)
                && now_ns.saturating_sub(held.line.time_ns) <= SEARCH_NS
        };
        let (kept, gone) = std::mem::take(&mut self.held).into_iter().partition(goes_on);
        self.held = kept;
        VecDeque::into_iter(gone).map(|held| held.line).collect()
    }

    /// All of them.
    pub(super) fn take_all(&mut self) -> Vec<LogLine<'static>> {
        self.held.drain(..).map(|held| held.line).collect()
    }
}
