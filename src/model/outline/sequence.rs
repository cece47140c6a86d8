//! The outline as a sequence of marks, in the order in which the rows stand. Nothing here takes time in proportion to
//! what is in the sequence, but for a logarithm.

mod cutting;
mod seen;

use super::chunks::{Chunks, FULL, NIL};
use super::mark::{Id, Kind, Mark};
use super::summary::Summary;

/// It matches.
pub(super) const MATCHED: u8 = 1;
/// What is beneath it is not seen.
pub(super) const FOLDED: u8 = 2;
/// It is the only child of a process with the same comm.
pub(super) const LINK: u8 = 4;
/// It is no row, and what is beneath it stands where it would.
pub(super) const TRANSPARENT: u8 = 8;

/// It is in a class: those alike, be they a group or not. Says nothing about rows.
pub(super) const MEMBER: u8 = 16;

/// Processes or groups: where the marks of each are, by the chunk, and what is so. What is so lies beside each other, as
/// a walk along the marks asks for nothing else.
#[derive(Clone, Debug, Default)]
struct Entities {
    at: Vec<[u32; 3]>,
    flags: Vec<u8>,
}

const NOWHERE: [u32; 3] = [NIL; 3];

impl Entities {
    #[inline]
    fn flags(&self, index: usize) -> u8 {
        self.flags.get(index).copied().unwrap_or(0)
    }

    fn at(&self, index: usize) -> [u32; 3] {
        self.at.get(index).copied().unwrap_or(NOWHERE)
    }

    fn flags_mut(&mut self, index: usize) -> Option<&mut u8> {
        grow(&mut self.flags, index, 0);
        self.flags.get_mut(index)
    }

    fn put(&mut self, mark: Mark, chunk: u32) {
        let index = mark.id().index();
        grow(&mut self.at, index, NOWHERE);
        if let Some(at) = self.at.get_mut(index).and_then(|at| at.get_mut(mark.kind() as usize)) {
            *at = chunk;
        }
    }
}

/// A place between marks: before the mark with this index in a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    chunk: u32,
    index: usize,
}

/// The sequence.
#[derive(Clone, Debug, Default)]
pub(super) struct Sequence {
    pub(super) chunks: Chunks,
    processes: Entities,
    groups: Entities,
}

impl Sequence {
    fn entities(&self, id: Id) -> &Entities {
        if id.is_group() { &self.groups } else { &self.processes }
    }

    fn entities_mut(&mut self, id: Id) -> &mut Entities {
        if id.is_group() { &mut self.groups } else { &mut self.processes }
    }

    fn flags(&self, id: Id) -> u8 {
        self.entities(id).flags(id.index())
    }

    fn at(&self, id: Id) -> [u32; 3] {
        self.entities(id).at(id.index())
    }

    pub(super) fn has(&self, id: Id, flag: u8) -> bool {
        self.flags(id) & flag != 0
    }

    /// What is so of all processes, by slots.
    pub(super) fn process_flags(&self) -> &[u8] {
        &self.processes.flags
    }

    /// Tells whether that is news.
    pub(super) fn set(&mut self, id: Id, flag: u8, on: bool) -> bool {
        let is_news = self.set_silently(id, flag, on);
        if is_news {
            let [open, close, _] = self.at(id);
            self.chunks.touch(open);
            if close != open {
                self.chunks.touch(close);
            }
        }
        is_news
    }

    /// As [`Sequence::set`], of many at once: [`Sequence::touch_all`] must follow, unless it is about [`MEMBER`].
    pub(super) fn set_silently(&mut self, id: Id, flag: u8, on: bool) -> bool {
        let Some(flags) = self.entities_mut(id).flags_mut(id.index()) else { return false };
        let before = *flags;
        *flags = if on { before | flag } else { before & !flag };
        *flags != before
    }

    /// The flags of a process of which the marks are to come.
    pub(super) fn hold(&mut self, slot: u32, is_matched: bool, is_folded: bool) {
        if let Some(flags) = self.processes.flags_mut(Id::process(slot).index()) {
            *flags = if is_matched { MATCHED } else { 0 } | if is_folded { FOLDED } else { 0 };
        }
    }

    /// All sums are to be computed anew, and all members counted.
    pub(super) fn touch_all(&mut self) {
        self.chunks.touch_all();
    }

    /// The sequence anew, from all its marks.
    pub(super) fn fill(&mut self, marks: &[u32]) {
        self.chunks = Chunks::default();
        self.processes.at.fill(NOWHERE);
        self.groups.at.fill(NOWHERE);
        let chunks: Vec<u32> =
            marks.chunks(FULL * 3 / 4).map(|some| self.chunks.create(some.to_vec())).collect();
        for &chunk in &chunks {
            self.settle(chunk, 0);
        }
        self.chunks.build(chunks.into_iter());
    }

    /// Forgets the flags of all groups; their marks must be gone next.
    pub(super) fn forget_groups(&mut self) {
        self.groups = Entities::default();
    }

    /// Forgets the flags of one whose marks are gone.
    pub(super) fn forget(&mut self, id: Id) {
        let entities = self.entities_mut(id);
        if let Some(at) = entities.at.get_mut(id.index()) {
            *at = NOWHERE;
        }
        if let Some(flags) = entities.flags.get_mut(id.index()) {
            *flags = 0;
        }
    }

    fn push(&self, sum: &mut Summary, bits: u32) {
        push(&self.processes.flags, &self.groups.flags, sum, Mark::from_bits(bits));
    }

    fn is_link(&self, bits: u32) -> bool {
        let mut sum = Summary::default();
        self.push(&mut sum, bits);
        sum.all_links
    }

    /// What comes of `sum` with these marks behind it.
    fn sum(&self, mut sum: Summary, marks: Option<&[u32]>) -> Summary {
        for &bits in marks.unwrap_or_default() {
            self.push(&mut sum, bits);
        }
        sum
    }

    /// Brings the sums up to date: all questions below ask for that.
    pub(super) fn refresh(&mut self) {
        let Self { chunks, processes, groups } = self;
        chunks.refresh(&|marks: &[u32]| {
            let mut sum = Summary::default();
            for &bits in marks {
                push(&processes.flags, &groups.flags, &mut sum, Mark::from_bits(bits));
            }
            sum
        });
    }

    pub(super) fn place(&self, kind: Kind, id: Id) -> Option<Place> {
        let chunk = self.at(id).get(kind as usize).copied().filter(|&chunk| chunk != NIL)?;
        let index = position(self.chunks.marks(chunk), Mark::new(kind, id).bits())?;
        Some(Place { chunk, index })
    }

    pub(super) fn after(&self, kind: Kind, id: Id) -> Option<Place> {
        self.place(kind, id).map(|place| Place { index: place.index + 1, ..place })
    }

    pub(super) fn is_in(&self, id: Id) -> bool {
        self.at(id)[0] != NIL
    }

    /// The same place, before a mark of its own chunk.
    pub(super) fn normalised(&self, place: Place) -> Place {
        if place.index < self.chunks.len(place.chunk) {
            return place;
        }
        Place { chunk: self.chunks.next(place.chunk), index: 0 }
    }

    /// The mark right behind a place.
    pub(super) fn mark_at(&self, place: Place) -> Option<Mark> {
        let found = self.chunks.marks(place.chunk).get(place.index).copied();
        let next = || self.chunks.marks(self.chunks.next(place.chunk)).first().copied();
        found.or_else(next).map(Mark::from_bits)
    }

    /// The mark right before that of `id`.
    pub(super) fn mark_before(&self, kind: Kind, id: Id) -> Option<Mark> {
        let place = self.place(kind, id)?;
        let previous = || self.chunks.marks(self.chunks.previous(place.chunk)).last().copied();
        let found = match place.index.checked_sub(1) {
            Some(index) => self.chunks.marks(place.chunk).get(index).copied(),
            None => previous(),
        };
        found.map(Mark::from_bits)
    }

    /// The marks in a chunk from `from` on are there now.
    fn settle(&mut self, chunk: u32, from: usize) {
        let Self { chunks, processes, groups } = self;
        for &bits in chunks.marks(chunk).get(from..).unwrap_or_default() {
            let mark = Mark::from_bits(bits);
            let all = if mark.id().is_group() { &mut *groups } else { &mut *processes };
            all.put(mark, chunk);
        }
    }

    /// Puts marks, at most a chunk full of them, at a place.
    pub(super) fn insert(&mut self, place: Place, marks: &[u32]) {
        let Some(chunk) = self.chunks.get_mut(place.chunk) else { return };
        let index = place.index.min(chunk.marks.len());
        if chunk.marks.capacity() < chunk.marks.len() + marks.len() {
            chunk.marks.reserve_exact(marks.len() + chunk.marks.len() / 4);
        }
        chunk.marks.splice(index..index, marks.iter().copied());
        self.chunks.uncount(place.chunk);
        self.settle_some(place.chunk, index, marks.len());
        if self.chunks.len(place.chunk) > FULL {
            let len = self.chunks.len(place.chunk);
            // What grows at its end is not to be left half empty.
            let end = index + marks.len();
            let at = if end + FULL / 8 >= len && end > FULL / 2 { end.min(len - 1) } else { len / 2 };
            let behind = self.split_chunk(place.chunk, at);
            for chunk in [place.chunk, behind] {
                if self.chunks.len(chunk) > FULL {
                    self.split_chunk(chunk, self.chunks.len(chunk) / 2);
                }
            }
        }
    }

    fn settle_some(&mut self, chunk: u32, from: usize, count: usize) {
        for index in from..from + count {
            let Some(&bits) = self.chunks.marks(chunk).get(index) else { break };
            let mark = Mark::from_bits(bits);
            self.entities_mut(mark.id()).put(mark, chunk);
        }
    }

    /// The marks from `at` on get a chunk of their own.
    fn split_chunk(&mut self, chunk: u32, at: usize) -> u32 {
        let tail = self.chunks.get_mut(chunk).map(|chunk| chunk.marks.split_off(at.min(chunk.marks.len())));
        let behind = self.chunks.create(tail.unwrap_or_default());
        self.chunks.insert_after(chunk, behind);
        self.settle(behind, 0);
        behind
    }

    /// What lies before a place.
    fn before(&self, place: Place) -> Summary {
        self.sum(self.chunks.before(place.chunk), self.chunks.marks(place.chunk).get(..place.index))
    }

    /// What lies behind a place.
    pub(super) fn behind(&self, place: Place) -> Summary {
        self.rest_of(place).then(&self.chunks.behind(place.chunk))
    }

    fn rest_of(&self, place: Place) -> Summary {
        self.sum(Summary::default(), self.chunks.marks(place.chunk).get(place.index..))
    }

    /// The place behind the `n`-th close (from 1) of what was opened before `place`.
    pub(super) fn beyond(&self, place: Place, n: u32) -> Option<Place> {
        let found = self.find(place, &|sum: &Summary| sum.closes >= n)?;
        Some(Place { index: found.index + 1, ..found })
    }

    /// The first that matches, in the order in which they stand.
    pub(super) fn first_matched(&self) -> Option<Id> {
        let begin = self.place(Kind::Open, Id::WHOLE)?;
        self.matched_behind(begin, 1)
    }

    /// Whose the `n`-th match (from 1) behind a place is.
    pub(super) fn matched_behind(&self, place: Place, n: u32) -> Option<Id> {
        let found = self.find(place, &|sum: &Summary| sum.matched >= n)?;
        self.mark_at(found).map(Mark::id)
    }

    /// The place before the first mark with which what lies behind `place` is enough; with more it must stay enough.
    fn find(&self, place: Place, is_enough: &impl Fn(&Summary) -> bool) -> Option<Place> {
        let sum = self.rest_of(place);
        let (chunk, from, mut sum) = if is_enough(&sum) {
            (place.chunk, place.index, Summary::default())
        } else {
            let (chunk, sum) = self.chunks.find_behind(place.chunk, sum, is_enough)?;
            (chunk, 0, sum)
        };
        for (index, &bits) in self.chunks.marks(chunk).iter().enumerate().skip(from) {
            self.push(&mut sum, bits);
            if is_enough(&sum) {
                return Some(Place { chunk, index });
            }
        }
        None
    }

    /// Matches from a place to another one behind it.
    pub(super) fn matches_between(&self, from: Place, to: Place) -> u32 {
        self.before(to).matched.saturating_sub(self.before(from).matched)
    }

    /// Everything.
    pub(super) fn whole(&self) -> Summary {
        self.chunks.whole()
    }

    /// The first of a run of links that `id` stands in; itself where it is none.
    pub(super) fn top_of_run(&self, id: Id) -> Option<Id> {
        if !self.has(id, LINK) {
            return Some(id);
        }
        let place = self.place(Kind::Open, id)?;
        let is_unlinked = |&&bits: &&u32| !self.is_link(bits);
        let before = self.chunks.marks(place.chunk).get(..place.index).unwrap_or_default();
        let found = before.iter().rev().find(is_unlinked).copied();
        let found = found.or_else(|| {
            let chunk = self.chunks.last_unlinked_before(place.chunk);
            self.chunks.marks(chunk).iter().rev().find(is_unlinked).copied()
        });
        found.map(|bits| Mark::from_bits(bits).id())
    }

    /// The last of the links beneath `id`, itself where there is none, and the mark behind that.
    pub(super) fn end_of_run(&self, id: Id) -> Option<(Id, Mark)> {
        let place = self.after(Kind::Open, id)?;
        let found = self.find(place, &|sum: &Summary| !sum.all_links)?;
        let behind = self.mark_at(found)?;
        let last = self.mark_before(behind.kind(), behind.id())?;
        Some((last.id(), behind))
    }

    /// How many marks of rows are open at that of `id`.
    pub(super) fn depth(&self, id: Id) -> u32 {
        self.place(Kind::Open, id).map_or(0, |place| self.before(place).opens)
    }

    /// All marks from a place on.
    pub(super) fn marks_from(&self, place: Place) -> impl Iterator<Item = Mark> + '_ {
        let rest = self.chunks.marks(place.chunk).get(place.index..).unwrap_or_default();
        let chunk = move |at: u32| Some(at).filter(|&at| at != NIL);
        let others = std::iter::successors(chunk(self.chunks.next(place.chunk)), move |&at| {
            chunk(self.chunks.next(at))
        });
        rest.iter().chain(others.flat_map(|at| self.chunks.marks(at))).map(|&bits| Mark::from_bits(bits))
    }
}

/// Where a mark is among those of a chunk: some at a time, as a comparison of several at once costs what one does.
fn position(marks: &[u32], bits: u32) -> Option<usize> {
    const AT_ONCE: usize = 8;
    let blocks = marks.as_chunks::<AT_ONCE>().0;
    let holds = |block: &[u32; AT_ONCE]| block.iter().fold(false, |found, &mark| found | (mark == bits));
    let at = blocks.iter().position(holds).unwrap_or(blocks.len()) * AT_ONCE;
    let found = marks.get(at..)?.iter().take(AT_ONCE).position(|&mark| mark == bits)?;
    Some(at + found)
}

/// Makes room for one with this index. By an eighth at a time: of a million, half would stand empty otherwise.
pub(super) fn grow<T: Clone>(all: &mut Vec<T>, index: usize, empty: T) {
    if all.len() <= index {
        if all.capacity() <= index {
            all.reserve_exact(index + 1 - all.len() + index / 8);
        }
        all.resize(index + 1, empty);
    }
}

#[inline]
fn push(processes: &[u8], groups: &[u8], sum: &mut Summary, mark: Mark) {
    let id = mark.id();
    let all = if id.is_group() { groups } else { processes };
    let flags = all.get(id.index()).copied().unwrap_or(0);
    match mark.kind() {
        Kind::Open if flags & TRANSPARENT == 0 => {
            sum.push_open(flags & MATCHED != 0, flags & FOLDED != 0, flags & LINK != 0);
        }
        Kind::Close if flags & TRANSPARENT == 0 => sum.push_close(flags & FOLDED != 0),
        _ => sum.push_nothing(),
    }
}
