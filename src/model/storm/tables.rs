//! Who starts most: parents, comms and paths of comms, each in a table of at most [`ROWS`] rows.

use std::hash::Hash;

use super::gauge::TENTH_NS;
use super::lifetimes::Lifetimes;
use super::namesakes::Namesakes;
use crate::model::event::{Comm, ProcessId};
use crate::model::hash::IdMap;
use crate::model::rates::Buckets;

/// The most rows of a table. When another one comes, one goes that was not counted in for the longest, or nearly so.
pub const ROWS: usize = 128;
/// The seconds of a row's history.
pub const MINUTE: usize = 60;
/// Tenths of a second for which a second can still be no peak: who executes within them leaves none behind.
const UNSURE: usize = 20;
/// Tenths of a second that are kept for that: each that is unsure may end a second.
const TENTHS: usize = UNSURE + 10;
/// The comms of a path: those of a process and of its nearest ancestors, where they differ from one to the next.
pub const PATH: usize = 4;

/// The comms from an ancestor down to a process, outermost first; what is not used is empty and stands at the end.
pub type Path = [Comm; PATH];

/// What was started under one name.
#[derive(Clone, Debug)]
pub struct Row<K> {
    /// Whose row it is.
    pub key: K,
    /// The comm under which the latest was counted; of a parent, its own.
    pub comm: Comm,
    /// Processes ever, since the row is there.
    pub total: u64,
    /// Those of them that live.
    pub live: u64,
    /// Ends that were seen.
    pub ended: u64,
    /// Ends by a signal or with a code other than 0.
    pub failed: u64,
    /// CPU time of those that ended, in nanoseconds.
    pub cpu_ns: u64,
    /// Lifetimes of those that ended.
    pub lifetimes: Lifetimes,
    namesakes: Namesakes,
    /// The most in a second that is no longer unsure.
    peak: u32,
    tenths: Buckets<TENTHS>,
    seconds: Buckets<{ MINUTE + 1 }>,
    generation: u32,
    touched: bool,
}

impl<K> Row<K> {
    /// An empty row that has the histogram of another one.
    fn new(key: K, generation: u32, mut lifetimes: Lifetimes) -> Self {
        lifetimes.clear();
        Self {
            key,
            comm: Comm::default(),
            total: 0,
            live: 0,
            ended: 0,
            failed: 0,
            cpu_ns: 0,
            lifetimes,
            namesakes: Namesakes::default(),
            peak: 0,
            tenths: Buckets::new(),
            seconds: Buckets::new(),
            generation,
            touched: false,
        }
    }

    /// New processes in the second that ended with the last full tenth before `now_ns`.
    pub fn rate(&self, now_ns: u64) -> u32 {
        self.before(now_ns / TENTH_NS)
    }

    fn before(&self, tenth: u64) -> u32 {
        (1..=10).map(|back| self.tenths.get(tenth.saturating_sub(back))).fold(0, u32::saturating_add)
    }

    /// The highest rate of a second, of those that are counted here still.
    pub fn peak(&self, now_ns: u64) -> u32 {
        let newest = self.tenths.newest();
        let full = newest.min((now_ns / TENTH_NS).saturating_sub(1));
        let peak = self.highest(self.first_unsure(), full).max(self.peak).max(self.rate(now_ns));
        // Who went after long was in a peak of long ago, but in nothing that is counted now.
        peak.min(u32::try_from(self.total).unwrap_or(u32::MAX))
    }

    /// The first tenth that ends a second of which the rate may still change.
    fn first_unsure(&self) -> u64 {
        (self.tenths.newest() + 1).saturating_sub(UNSURE as u64)
    }

    /// The highest rate of the seconds that end with these tenths.
    fn highest(&self, first: u64, last: u64) -> u32 {
        (first..=last).map(|tenth| self.before(tenth + 1)).max().unwrap_or(0)
    }

    /// A process that has this name: one that lives, if any that is known of does; of those that do the latest that
    /// executed under it, before those that were only forked. `None` for a parent's row, and where none is known.
    pub fn process(&self) -> Option<ProcessId> {
        self.namesakes.best()
    }

    /// New processes in each of the last full seconds before `now_ns`, oldest first.
    pub fn history(&self, now_ns: u64) -> impl Iterator<Item = u32> + '_ {
        let second = now_ns / (10 * TENTH_NS);
        (1..=MINUTE as u64)
            .rev()
            .map(move |back| second.checked_sub(back).map_or(0, |second| self.seconds.get(second)))
    }

    /// New processes in the second that is under way and the 60 before it.
    pub fn minute(&self, now_ns: u64) -> u64 {
        let now = self.seconds.get(now_ns / (10 * TENTH_NS));
        self.history(now_ns).chain([now]).map(u64::from).sum()
    }

    /// Ends that failed, of a hundred.
    pub fn failed_percent(&self) -> u64 {
        self.failed.saturating_mul(100).checked_div(self.ended).unwrap_or(0)
    }

    /// So many processes begin.
    pub(super) fn begin(&mut self, time_ns: u64, weight: u32) {
        let tenth = time_ns / TENTH_NS;
        let newest = self.tenths.newest();
        if newest < tenth {
            let sure = newest.min(tenth.saturating_sub(UNSURE as u64));
            self.peak = self.peak.max(self.highest(self.first_unsure(), sure));
        }
        // What comes once goes first.
        self.touched = self.total > 0;
        self.tenths.add(tenth, weight);
        self.seconds.add(tenth / 10, weight);
        self.total = self.total.saturating_add(weight.into());
        self.live = self.live.saturating_add(weight.into());
    }

    /// It is new, however many were counted at once: what comes once goes first.
    pub(super) fn has_come(&mut self) {
        self.touched = false;
    }

    pub(super) fn end(&mut self, end: &End) {
        let weight = u64::from(end.weight);
        self.live = self.live.saturating_sub(weight);
        let Some(lifetime_ns) = end.lifetime_ns else { return };
        self.ended = self.ended.saturating_add(weight);
        self.failed = self.failed.saturating_add(if end.failed { weight } else { 0 });
        self.cpu_ns = self.cpu_ns.saturating_add(end.cpu_ns.saturating_mul(weight));
        self.lifetimes.add(lifetime_ns, end.weight);
    }

    /// So many processes that began at `time_ns` go on under another name: as if they had never been here, but for a peak
    /// that is longer ago than [`UNSURE`] tenths.
    pub(super) fn leave(&mut self, time_ns: u64, weight: u32) {
        let tenth = time_ns / TENTH_NS;
        self.tenths.take_back(tenth, weight);
        self.seconds.take_back(tenth / 10, weight);
        self.live = self.live.saturating_sub(weight.into());
        self.total = self.total.saturating_sub(weight.into());
    }

    /// Those that have this name.
    pub(super) fn namesakes(&mut self) -> &mut Namesakes {
        &mut self.namesakes
    }
}

/// What is counted of the end of a process.
#[derive(Clone, Copy, Debug)]
pub(super) struct End {
    /// `None` where nobody saw it.
    pub(super) lifetime_ns: Option<u64>,
    pub(super) failed: bool,
    pub(super) cpu_ns: u64,
    /// It stands for so many.
    pub(super) weight: u32,
}

/// The place of a row; another one may have taken it since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    index: u32,
    generation: u32,
}

/// Rows by what they are about.
#[derive(Clone, Debug)]
pub struct Table<K> {
    rows: Vec<Row<K>>,
    places: IdMap<K, u32>,
    hand: usize,
    generation: u32,
}

impl<K> Default for Table<K> {
    fn default() -> Self {
        Self { rows: Vec::new(), places: IdMap::default(), hand: 0, generation: 0 }
    }
}

impl<K: Copy + Eq + Hash> Table<K> {
    /// The rows, in no order.
    pub fn rows(&self) -> &[Row<K>] {
        &self.rows
    }

    pub(super) fn find(&self, key: &K) -> Option<Place> {
        let index = *self.places.get(key)?;
        let row = self.rows.get(usize::try_from(index).ok()?)?;
        Some(Place { index, generation: row.generation })
    }

    /// The row of this key, which may be a new one.
    pub(super) fn place(&mut self, key: K) -> Place {
        self.find(&key).unwrap_or_else(|| self.insert(key))
    }

    fn insert(&mut self, key: K) -> Place {
        self.generation = self.generation.wrapping_add(1);
        let at = if self.rows.len() < ROWS { self.rows.len() } else { self.coldest() };
        match self.rows.get_mut(at) {
            // Names that come once each allocate nothing.
            Some(row) => {
                self.places.remove(&row.key);
                let lifetimes = std::mem::take(&mut row.lifetimes);
                *row = Row::new(key, self.generation, lifetimes);
            }
            None => self.rows.push(Row::new(key, self.generation, Lifetimes::default())),
        }
        let index = u32::try_from(at).unwrap_or(u32::MAX);
        self.places.insert(key, index);
        Place { index, generation: self.generation }
    }

    /// A clock: its hand passes those that were counted in since it came by last.
    fn coldest(&mut self) -> usize {
        loop {
            self.hand = (self.hand + 1) % ROWS;
            match self.rows.get_mut(self.hand) {
                Some(row) if row.touched => row.touched = false,
                _ => return self.hand,
            }
        }
    }

    pub(super) fn get_mut(&mut self, place: Place) -> Option<&mut Row<K>> {
        let row = self.rows.get_mut(usize::try_from(place.index).ok()?)?;
        (row.generation == place.generation).then_some(row)
    }
}
