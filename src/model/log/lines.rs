//! The lines as they lie in memory: what all have in one queue, what endings and others have beside that in queues of their
//! own. They come and go in one order, so a number finds what belongs together.

use std::collections::VecDeque;
use std::sync::Arc;

use super::{Entry, FailedExec, LogLine, base_name};
use crate::model::changes::Change;
use crate::model::event::{ImageRef, Lost, ProcessId, Thread, WaitStatus};
use crate::model::packed::{INLINE, Numbers, Packed};
use crate::model::process::Ending;
use crate::model::store::{Holder, ImageIndex, Interned, Store};
use crate::model::storm::Report;

/// What a line tells of its process, whatever happened.
#[derive(Clone, Copy, Debug)]
pub(in crate::model) struct Head {
    pub(in crate::model) time_ns: u64,
    pub(in crate::model) id: ProcessId,
    pub(in crate::model) parent: Option<ProcessId>,
    /// Held for the line.
    pub(in crate::model) comm: Interned,
    /// Held for the line.
    pub(in crate::model) place: Interned,
}

/// What only few lines tell.
#[derive(Clone, Debug)]
pub(in crate::model) enum Other {
    ForkedBy(ProcessId),
    Exit(Box<Ending>, Option<ImageIndex>),
    Failed(FailedExec),
    Changed(Change),
    ThreadStart(Thread),
    ThreadEnd(Thread),
    Lost(Lost),
    Storm(Arc<Report>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Fork,
    /// The image.
    Exec,
    /// The next of the endings.
    Exit,
    /// The next of the others.
    Other,
}

#[derive(Clone, Debug)]
struct Line {
    time_ns: u64,
    start_ns: u64,
    parent_start_ns: u64,
    pid: u32,
    parent_pid: u32,
    comm: Interned,
    place: Interned,
    kind: Kind,
    /// The number of the image, or the lower half of that of the ending or the other.
    side: u32,
    has_parent: bool,
}

/// A hundred thousand of them are kept.
const _: () = assert!(size_of::<Line>() == 48);

#[derive(Clone, Debug)]
struct Exit {
    status: u32,
    image: Option<ImageIndex>,
    is_seen: bool,
    cpu_partial: bool,
    costs: [u8; INLINE],
}

/// A queue of which each element keeps its number.
#[derive(Clone, Debug)]
struct Numbered<T> {
    queue: VecDeque<T>,
    first: u32,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self { queue: VecDeque::new(), first: 0 }
    }
}

impl<T> Numbered<T> {
    /// Returns its number, which comes again after four thousand million.
    fn push(&mut self, value: T) -> u32 {
        let number = self.first.wrapping_add(self.queue.len() as u32);
        self.queue.push_back(value);
        number
    }

    fn pop(&mut self) -> Option<T> {
        self.first = self.first.wrapping_add(1);
        self.queue.pop_front()
    }

    fn get(&self, number: u32) -> Option<&T> {
        self.queue.get(number.wrapping_sub(self.first) as usize)
    }

    fn get_mut(&mut self, number: u32) -> Option<&mut T> {
        self.queue.get_mut(number.wrapping_sub(self.first) as usize)
    }
}

/// The log without what it shares with the tree.
#[derive(Clone, Debug)]
pub(in crate::model) struct LogLines {
    lines: VecDeque<Line>,
    exits: Numbered<Exit>,
    others: Numbered<Other>,
    first: u64,
    limit: usize,
    text_limit: i64,
    text_bytes: i64,
}

impl LogLines {
    /// An empty log of at most `limit` lines and about `text_limit` bytes of arguments.
    pub(in crate::model) fn new(limit: usize, text_limit: usize) -> Self {
        Self {
            lines: VecDeque::new(),
            exits: Numbered::default(),
            others: Numbered::default(),
            first: 0,
            limit: limit.max(1),
            text_limit: i64::try_from(text_limit).unwrap_or(i64::MAX),
            text_bytes: 0,
        }
    }

    pub(in crate::model) fn first(&self) -> u64 {
        self.first
    }

    pub(in crate::model) fn end(&self) -> u64 {
        self.first + self.lines.len() as u64
    }

    /// Lines of several CPUs may be microseconds out of order: it is by the lines around.
    pub(in crate::model) fn end_at(&self, at_ns: u64) -> u64 {
        self.first + self.lines.partition_point(|line| line.time_ns <= at_ns) as u64
    }

    pub(in crate::model) fn time_ns(&self, number: u64) -> Option<u64> {
        Some(self.line(number)?.time_ns)
    }

    pub(in crate::model) fn tells_failed_exec(&self, number: u64) -> bool {
        let other = self.line(number).filter(|line| line.kind == Kind::Other);
        other.is_some_and(|line| matches!(self.others.get(line.side), Some(Other::Failed(_))))
    }

    fn line(&self, number: u64) -> Option<&Line> {
        self.lines.get(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }

    pub(in crate::model) fn get<'a>(&'a self, number: u64, store: &'a Store) -> Option<LogLine<'a>> {
        self.read(number, store, |image| store.images.get(image), Exit::ending)
    }

    /// A line with empty images, and without what its process cost: these lie elsewhere, or have to be computed.
    pub(in crate::model) fn brief<'a>(&'a self, number: u64, store: &'a Store) -> Option<LogLine<'a>> {
        self.read(number, store, |_| ImageRef::default(), Exit::ending_without_costs)
    }

    fn read<'a>(
        &'a self,
        number: u64,
        store: &'a Store,
        image_of: impl Fn(ImageIndex) -> ImageRef<'a>,
        ending_of: impl Fn(&Exit, u64) -> Ending,
    ) -> Option<LogLine<'a>> {
        let line = self.line(number)?;
        let entry = match line.kind {
            Kind::Fork => Entry::Fork(None),
            Kind::Exec => Entry::Exec(image_of(ImageIndex::new(line.side))),
            Kind::Exit => {
                let exit = self.exits.get(line.side)?;
                Entry::Exit(ending_of(exit, line.time_ns), exit.image.map(&image_of))
            }
            Kind::Other => match self.others.get(line.side)? {
                Other::ForkedBy(by) => Entry::Fork(Some(*by)),
                Other::Exit(ending, image) => Entry::Exit(**ending, image.map(&image_of)),
                Other::Failed(failed) => Entry::ExecFailed(failed.clone()),
                Other::Changed(change) => Entry::Changed(*change),
                Other::ThreadStart(thread) => Entry::ThreadStart(*thread),
                Other::ThreadEnd(thread) => Entry::ThreadEnd(*thread),
                Other::Lost(lost) => Entry::Lost(*lost),
                Other::Storm(report) => Entry::Storm(Arc::clone(report)),
            },
        };
        let parent = ProcessId::new(line.parent_pid, line.parent_start_ns);
        Some(LogLine {
            time_ns: line.time_ns,
            id: ProcessId::new(line.pid, line.start_ns),
            parent: line.has_parent.then_some(parent),
            comm: store.comms.get(line.comm).copied().unwrap_or_default(),
            uids: store.places.get(line.place).map(|place| place.uids).unwrap_or_default(),
            entry,
        })
    }

    pub(in crate::model) fn fork(&mut self, head: &Head, by: Option<ProcessId>, store: &mut Store) {
        match by {
            Some(by) => self.other(head, Other::ForkedBy(by), store),
            None => self.push(head, Kind::Fork, 0, store),
        }
    }

    pub(in crate::model) fn exec(&mut self, head: &Head, image: ImageIndex, store: &mut Store) {
        self.hold(image, store);
        self.push(head, Kind::Exec, image.number(), store);
    }

    pub(in crate::model) fn exit(
        &mut self,
        head: &Head,
        ending: &Ending,
        packed: &Packed,
        image: Option<ImageIndex>,
        store: &mut Store,
    ) {
        let costs = packed.inline().filter(|_| ending.killed_by.is_none() && ending.time_ns == head.time_ns);
        let Some(costs) = costs else {
            return self.other(head, Other::Exit(Box::new(*ending), image), store);
        };
        if let Some(image) = image {
            self.hold(image, store);
        }
        let side = self.exits.push(Exit {
            status: ending.status.map_or(0, |status| status.0),
            image,
            is_seen: ending.status.is_some(),
            cpu_partial: ending.cpu_partial,
            costs,
        });
        self.push(head, Kind::Exit, side, store);
    }

    pub(in crate::model) fn other(&mut self, head: &Head, other: Other, store: &mut Store) {
        match &other {
            Other::Exit(_, Some(image)) => self.hold(*image, store),
            Other::Failed(failed) => self.add_text(failed.filename.len()),
            _ => {}
        }
        let side = self.others.push(other);
        self.push(head, Kind::Other, side, store);
    }

    fn push(&mut self, head: &Head, kind: Kind, side: u32, store: &mut Store) {
        // Before it is there: with one more the queue would take twice the room.
        if self.lines.len() >= self.limit {
            self.pop(store);
        }
        let Head { time_ns, id, parent, comm, place } = head;
        let parent_id = parent.unwrap_or_default();
        self.lines.push_back(Line {
            time_ns: *time_ns,
            start_ns: id.start_ns,
            parent_start_ns: parent_id.start_ns,
            pid: id.pid,
            parent_pid: parent_id.pid,
            comm: *comm,
            place: *place,
            kind,
            side,
            has_parent: parent.is_some(),
        });
        while self.text_bytes > self.text_limit && self.lines.len() > 1 {
            self.pop(store);
        }
    }

    fn pop(&mut self, store: &mut Store) {
        let Some(line) = self.lines.pop_front() else { return };
        self.first += 1;
        store.comms.release(line.comm);
        store.places.release(line.place);
        let image = match line.kind {
            Kind::Fork => None,
            Kind::Exec => Some(ImageIndex::new(line.side)),
            Kind::Exit => self.exits.pop().and_then(|exit| exit.image),
            Kind::Other => match self.others.pop() {
                Some(Other::Exit(_, image)) => image,
                Some(Other::Failed(failed)) => {
                    self.text_bytes -= failed.filename.len() as i64;
                    None
                }
                _ => None,
            },
        };
        if let Some(image) = image {
            self.text_bytes -= store.images.text_bytes(image);
            store.images.release(Holder::Log, image);
        }
    }

    fn hold(&mut self, image: ImageIndex, store: &mut Store) {
        store.images.hold(Holder::Log, image);
        self.text_bytes = self.text_bytes.saturating_add(store.images.text_bytes(image));
    }

    fn add_text(&mut self, bytes: usize) {
        self.text_bytes = self.text_bytes.saturating_add(i64::try_from(bytes).unwrap_or(i64::MAX / 4));
    }

    /// Puts another failure in the place of the one that line `number` tells, which it continues. False when that line
    /// is no longer kept, or tells of something else.
    pub(in crate::model) fn continue_failed(
        &mut self,
        number: u64,
        id: ProcessId,
        failed: &FailedExec,
    ) -> bool {
        let Some(known) = self.failed_mut(number, id) else { return false };
        // PATH may name a place twice.
        let is_same = base_name(&known.filename) == base_name(&failed.filename);
        if known.error != failed.error || !is_same {
            return false;
        }
        let longer = (failed.filename.len() as i64).saturating_sub(known.filename.len() as i64);
        *known = FailedExec { tries: known.tries.saturating_add(1), ..failed.clone() };
        self.text_bytes = self.text_bytes.saturating_add(longer);
        true
    }

    /// Notes in line `number`, a failed exec of this process, that the program was found in `filename`. False when that
    /// line is no longer kept, or tells of something else.
    pub(in crate::model) fn note_found(&mut self, number: u64, id: ProcessId, filename: &[u8]) -> bool {
        let Some(failed) = self.failed_mut(number, id) else { return false };
        failed.found = base_name(&failed.filename) == base_name(filename);
        failed.found
    }

    fn failed_mut(&mut self, number: u64, id: ProcessId) -> Option<&mut FailedExec> {
        let line = self.line(number)?;
        let is_it = line.kind == Kind::Other && ProcessId::new(line.pid, line.start_ns) == id;
        let side = line.side;
        match self.others.get_mut(side).filter(|_| is_it)? {
            Other::Failed(failed) => Some(failed),
            _ => None,
        }
    }
}

impl Exit {
    fn ending_without_costs(&self, time_ns: u64) -> Ending {
        let mut ending = Ending::unseen(time_ns);
        ending.status = self.is_seen.then_some(WaitStatus(self.status));
        ending.cpu_partial = self.cpu_partial;
        ending
    }

    fn ending(&self, time_ns: u64) -> Ending {
        let mut ending = self.ending_without_costs(time_ns);
        Numbers::new(&self.costs).unpack(&mut ending);
        ending
    }
}
