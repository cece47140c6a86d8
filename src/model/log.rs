//! The event log: the latest events as lines, bounded in number and in bytes.

use std::collections::VecDeque;
use std::sync::Arc;

use super::changes::Change;
use super::event::{Comm, ExecFailed, Image, Lost, ProcessId, Thread, Uids};
use super::process::{Ending, text_bytes};
use super::storm::Report;

/// What a line of the log tells.
#[derive(Clone, Debug)]
pub enum Entry {
    /// A process was created; by whom, where that was not its parent.
    Fork(Option<ProcessId>),
    /// A process executed a program.
    Exec(Arc<Image>),
    /// A process ended, with the image that it ran last.
    Exit(Ending, Option<Arc<Image>>),
    /// An exec failed.
    ExecFailed(FailedExec),
    /// Something else about a process changed.
    Changed(Change),
    /// A thread began.
    ThreadStart(Thread),
    /// A thread ended.
    ThreadEnd(Thread),
    /// Something was lost.
    Lost(Lost),
    /// A storm began, or was over. The line is about who made it; of nobody, all zero.
    Storm(Arc<Report>),
}

/// Execs of one process that failed in a row: a shell that tries one directory of PATH after the other makes one of it.
#[derive(Clone, Debug)]
pub struct FailedExec {
    /// Why: the number of the error (errno).
    pub error: u32,
    /// What was to be executed, as the kernel was told; of several the latest.
    pub filename: Arc<[u8]>,
    /// How often the same name was tried in a row, as a rule in one place after the other.
    pub tries: u32,
    /// The next place had it: this was a search and no failure.
    pub found: bool,
}

impl FailedExec {
    /// The event of the latest try, told by `line`.
    pub fn event(&self, line: &LogLine) -> ExecFailed {
        let filename = self.filename.as_ref().into();
        ExecFailed { id: line.id, comm: line.comm, error: self.error, filename }
    }
}

/// A line of the log. It stands for itself: the process may no longer be kept.
#[derive(Clone, Debug)]
pub struct LogLine {
    /// When, boot clock.
    pub time_ns: u64,
    /// Which process; all zero for a loss.
    pub id: ProcessId,
    /// Its parent at that moment.
    pub parent: Option<ProcessId>,
    /// Its comm at that moment.
    pub comm: Comm,
    /// Its user ids at that moment.
    pub uids: Uids,
    /// What happened.
    pub entry: Entry,
}

/// The log. Lines are numbered from the beginning of the stream, so that a place in it stays valid while old lines go.
#[derive(Clone, Debug)]
pub struct Log {
    lines: VecDeque<LogLine>,
    first: u64,
    limit: usize,
    text_limit: i64,
    text_bytes: i64,
}

impl Log {
    /// An empty log of at most `limit` lines and about `text_limit` bytes of arguments.
    pub fn new(limit: usize, text_limit: usize) -> Self {
        let text_limit = i64::try_from(text_limit).unwrap_or(i64::MAX);
        Self { lines: VecDeque::new(), first: 0, limit: limit.max(1), text_limit, text_bytes: 0 }
    }

    /// The number of the oldest line that is kept.
    pub fn first(&self) -> u64 {
        self.first
    }

    /// The number that the next line will get.
    pub fn end(&self) -> u64 {
        self.first + self.lines.len() as u64
    }

    /// A line by its number, while it is kept.
    pub fn get(&self, number: u64) -> Option<&LogLine> {
        self.lines.get(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }

    /// The lines from number `from` on, each with its number.
    pub fn iter_from(&self, from: u64) -> impl DoubleEndedIterator<Item = (u64, &LogLine)> + '_ {
        let skipped =
            usize::try_from(from.saturating_sub(self.first)).unwrap_or(usize::MAX).min(self.lines.len());
        let start = self.first + skipped as u64;
        self.lines.range(skipped..).enumerate().map(move |(index, line)| (start + index as u64, line))
    }

    /// Puts another failure in the place of the one that line `number` tells, which it continues. False when that line
    /// is no longer kept, or tells of something else.
    pub(super) fn continue_failed(&mut self, number: u64, id: ProcessId, failed: &FailedExec) -> bool {
        let Some(line) = self.get_mut(number) else { return false };
        let Entry::ExecFailed(known) = &mut line.entry else { return false };
        // PATH may name a place twice.
        let is_same = base_name(&known.filename) == base_name(&failed.filename);
        if line.id != id || known.error != failed.error || !is_same {
            return false;
        }
        let longer = (failed.filename.len() as i64).saturating_sub(known.filename.len() as i64);
        *known = FailedExec { tries: known.tries.saturating_add(1), ..failed.clone() };
        self.text_bytes = self.text_bytes.saturating_add(longer);
        true
    }

    /// Notes in line `number`, a failed exec of this process, that the program was found in `filename`. False when that
    /// line is no longer kept, or tells of something else.
    pub(super) fn note_found(&mut self, number: u64, id: ProcessId, filename: &[u8]) -> bool {
        let Some(line) = self.get_mut(number).filter(|line| line.id == id) else { return false };
        let Entry::ExecFailed(failed) = &mut line.entry else { return false };
        failed.found = base_name(&failed.filename) == base_name(filename);
        failed.found
    }

    fn get_mut(&mut self, number: u64) -> Option<&mut LogLine> {
        self.lines.get_mut(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }

    pub(super) fn push(&mut self, line: LogLine) {
        self.text_bytes = self.text_bytes.saturating_add(line_bytes(&line));
        self.lines.push_back(line);
        while self.lines.len() > self.limit || (self.text_bytes > self.text_limit && self.lines.len() > 1) {
            if let Some(gone) = self.lines.pop_front() {
                self.text_bytes -= line_bytes(&gone);
                self.first += 1;
            }
        }
    }
}

fn line_bytes(line: &LogLine) -> i64 {
    match &line.entry {
        Entry::Exec(image) => text_bytes(image),
        Entry::Exit(_, Some(image)) => text_bytes(image),
        Entry::ExecFailed(failed) => i64::try_from(failed.filename.len()).unwrap_or(i64::MAX / 4),
        Entry::Exit(_, None)
        | Entry::Fork(_)
        | Entry::Changed(_)
        | Entry::ThreadStart(_)
        | Entry::ThreadEnd(_)
        | Entry::Lost(_)
        | Entry::Storm(_) => 0,
    }
}

/// What follows the last slash.
pub fn base_name(path: &[u8]) -> &[u8] {
    path.rsplit(|&byte| byte == b'/').next().unwrap_or(path)
}
