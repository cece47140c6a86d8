//! The event log: the latest events as lines, bounded in number and in bytes.

use std::sync::Arc;

use super::changes::Change;
use super::event::{Comm, ExecFailed, ImageRef, Lost, ProcessId, Thread, Uids};
use super::process::Ending;
use super::store::Store;
use super::storm::Report;

mod lines;

pub(super) use lines::{Head, LogLines, Other};

/// What a line of the log tells.
#[derive(Clone, Debug)]
pub enum Entry<'a> {
    /// A process was created; by whom, where that was not its parent.
    Fork(Option<ProcessId>),
    /// A process executed a program.
    Exec(ImageRef<'a>),
    /// A process ended, with the image that it ran last.
    Exit(Ending, Option<ImageRef<'a>>),
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
    pub fn event(&self, line: &LogLine<'_>) -> ExecFailed {
        let filename = self.filename.as_ref().into();
        ExecFailed { id: line.id, comm: line.comm, error: self.error, filename }
    }
}

/// A line of the log. It stands for itself: the process may no longer be kept.
#[derive(Clone, Debug)]
pub struct LogLine<'a> {
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
    pub entry: Entry<'a>,
}

impl LogLine<'_> {
    /// The same for as long as is wanted; `None` of a line that shows an image.
    pub fn detached(&self) -> Option<LogLine<'static>> {
        let entry = match &self.entry {
            Entry::Fork(by) => Entry::Fork(*by),
            Entry::Exit(ending, None) => Entry::Exit(*ending, None),
            Entry::ExecFailed(failed) => Entry::ExecFailed(failed.clone()),
            Entry::Changed(change) => Entry::Changed(*change),
            Entry::ThreadStart(thread) => Entry::ThreadStart(*thread),
            Entry::ThreadEnd(thread) => Entry::ThreadEnd(*thread),
            Entry::Lost(lost) => Entry::Lost(*lost),
            Entry::Storm(report) => Entry::Storm(Arc::clone(report)),
            Entry::Exec(_) | Entry::Exit(_, Some(_)) => return None,
        };
        let Self { time_ns, id, parent, comm, uids, .. } = *self;
        Some(LogLine { time_ns, id, parent, comm, uids, entry })
    }
}

/// The log. Lines are numbered from the beginning of the stream, so that a place in it stays valid while old lines go.
#[derive(Clone, Copy, Debug)]
pub struct Log<'a> {
    lines: &'a LogLines,
    store: &'a Store,
}

impl<'a> Log<'a> {
    pub(super) fn new(lines: &'a LogLines, store: &'a Store) -> Self {
        Self { lines, store }
    }

    /// The number of the oldest line that is kept.
    pub fn first(&self) -> u64 {
        self.lines.first()
    }

    /// The number that the next line will get.
    pub fn end(&self) -> u64 {
        self.lines.end()
    }

    /// The number of the first line that tells of a time after this one.
    pub fn end_at(&self, at_ns: u64) -> u64 {
        self.lines.end_at(at_ns)
    }

    /// The time of a line by its number, while it is kept.
    pub fn time_ns(&self, number: u64) -> Option<u64> {
        self.lines.time_ns(number)
    }

    /// Whether a line is kept that tells of a failed exec. Costs less than to get it.
    pub fn tells_failed_exec(&self, number: u64) -> bool {
        self.lines.tells_failed_exec(number)
    }

    /// A line by its number, while it is kept.
    pub fn get(&self, number: u64) -> Option<LogLine<'a>> {
        self.lines.get(number, self.store)
    }

    /// A line by its number for a filter to which [`Filter::is_about_heads`] applies: its images are empty, and it does not
    /// tell what its process cost. Costs far less than to get all of it.
    ///
    /// [`Filter::is_about_heads`]: super::filter::Filter::is_about_heads
    pub(super) fn brief(&self, number: u64) -> Option<LogLine<'a>> {
        self.lines.brief(number, self.store)
    }

    /// The lines from number `from` on, each with its number.
    pub fn iter_from(&self, from: u64) -> impl DoubleEndedIterator<Item = (u64, LogLine<'a>)> + use<'a> {
        let this = *self;
        (from.max(self.first())..self.end()).filter_map(move |number| Some((number, this.get(number)?)))
    }
}

/// What follows the last slash.
pub fn base_name(path: &[u8]) -> &[u8] {
    path.rsplit(|&byte| byte == b'/').next().unwrap_or(path)
}
