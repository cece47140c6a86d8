//! Rows in an order, cut into chunks: a row is put in, taken out and looked up in the time that a chunk takes, and a
//! place is found in a logarithm. Cutting a chunk in two takes time in proportion to how many chunks there are, and is
//! paid for by the rows that filled it.

use std::cmp::Ordering;

/// The most rows of a chunk.
const FULL: usize = if cfg!(debug_assertions) { 32 } else { 512 };
/// In no chunk.
const NOWHERE: u32 = u32::MAX;

/// What a process is sorted by. Of equals the newest comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// The least comes first.
    pub(super) rank: u64,
    pub(super) start_ns: u64,
    pub(super) pid: u32,
    /// Its place in the tree.
    pub(super) slot: u32,
}

impl Row {
    /// The order of rows by their ranks, and of equal ones by age.
    pub(super) fn by_rank(&self, other: &Self) -> Ordering {
        // In one number: a comparison without a branch is what sorting takes least time with.
        let number = |row: &Self| u128::from(row.rank) << 64 | u128::from(!row.start_ns);
        number(self).cmp(&number(other)).then_with(|| other.pid.cmp(&self.pid))
    }

    /// The order of rows whose ranks say nothing.
    pub(super) fn by_age(&self, other: &Self) -> Ordering {
        (other.start_ns, other.pid).cmp(&(self.start_ns, self.pid))
    }
}

/// The rows.
#[derive(Clone, Debug, Default)]
pub(super) struct Sorted {
    chunks: Vec<Vec<Row>>,
    /// Chunks without rows.
    spare: Vec<u32>,
    /// The chunks that have some, in their order.
    order: Vec<u32>,
    /// Where each chunk is in that order.
    places: Vec<u32>,
    /// How many rows there are before each chunk of the order; right after [`Sorted::refresh`].
    before: Vec<usize>,
    len: usize,
    /// In which chunk a process is, by its slot.
    homes: Vec<u32>,
    /// `before` is not right.
    stale: bool,
}

impl Sorted {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    fn home(&self, slot: u32) -> Option<u32> {
        self.homes.get(slot as usize).copied().filter(|&home| home != NOWHERE)
    }

    fn chunk(&self, number: u32) -> &[Row] {
        self.chunks.get(number as usize).map_or(&[], Vec::as_slice)
    }

    fn chunk_at(&self, place: usize) -> &[Row] {
        self.order.get(place).map_or(&[], |&number| self.chunk(number))
    }

    /// The row of a process.
    pub(super) fn row(&self, slot: u32) -> Option<Row> {
        self.chunk(self.home(slot)?).iter().find(|row| row.slot == slot).copied()
    }

    /// Puts a row where it belongs; its process has none.
    pub(super) fn insert(&mut self, row: Row, compare: impl Fn(&Row, &Row) -> Ordering) {
        let is_before = |other: &Row| compare(other, &row) == Ordering::Less;
        let place = self.order.partition_point(|&number| self.chunk(number).last().is_some_and(is_before));
        let place = place.min(self.order.len().saturating_sub(1));
        let number = match self.order.get(place) {
            Some(&number) => number,
            None => self.add_chunk(place, Vec::new()),
        };
        self.stale = true;
        self.set_home(row.slot, number);
        let Some(chunk) = self.chunks.get_mut(number as usize) else { return };
        let at = chunk.partition_point(is_before);
        chunk.insert(at, row);
        self.len += 1;
        if chunk.len() > FULL {
            let upper = chunk.split_off(FULL / 2);
            self.add_chunk(place + 1, upper);
        }
    }

    /// Puts a row behind all others, where it belongs; its process has none.
    pub(super) fn push(&mut self, row: Row) {
        let last = self.order.last().copied().filter(|&number| self.chunk(number).len() < FULL - FULL / 4);
        let number = last.unwrap_or_else(|| self.add_chunk(self.order.len(), Vec::with_capacity(FULL + 1)));
        self.stale = true;
        self.set_home(row.slot, number);
        if let Some(chunk) = self.chunks.get_mut(number as usize) {
            chunk.push(row);
            self.len += 1;
        }
    }

    /// Puts rows behind all others, where they belong; their processes have none.
    pub(super) fn append(&mut self, rows: &[Row]) {
        for some in rows.chunks(FULL - FULL / 4) {
            let mut chunk = Vec::with_capacity(FULL + 1);
            chunk.extend_from_slice(some);
            self.add_chunk(self.order.len(), chunk);
        }
        self.len += rows.len();
        self.stale = true;
    }

    /// Takes the row of a process out.
    pub(super) fn remove(&mut self, slot: u32) -> Option<Row> {
        let number = self.home(slot)?;
        let chunk = self.chunks.get_mut(number as usize)?;
        let at = chunk.iter().position(|row| row.slot == slot)?;
        let row = chunk.remove(at);
        let left = chunk.len();
        self.len -= 1;
        self.stale = true;
        self.set_home(slot, NOWHERE);
        let place = self.places.get(number as usize).map_or(0, |&place| place as usize);
        if left == 0 {
            self.drop_chunk(place);
        } else if left < FULL / 4 && self.chunk_at(place + 1).len() < FULL / 4 {
            self.join(place);
        }
        Some(row)
    }

    fn set_home(&mut self, slot: u32, number: u32) {
        let slot = slot as usize;
        if slot >= self.homes.len() {
            self.homes.resize(slot + 1, NOWHERE);
        }
        if let Some(home) = self.homes.get_mut(slot) {
            *home = number;
        }
    }

    fn add_chunk(&mut self, place: usize, rows: Vec<Row>) -> u32 {
        let number = self.spare.pop().unwrap_or_else(|| {
            self.chunks.push(Vec::new());
            self.places.push(0);
            u32::try_from(self.chunks.len() - 1).unwrap_or(NOWHERE)
        });
        for row in &rows {
            self.set_home(row.slot, number);
        }
        if let Some(chunk) = self.chunks.get_mut(number as usize) {
            *chunk = rows;
        }
        self.order.insert(place.min(self.order.len()), number);
        self.number_from(place);
        number
    }

    fn drop_chunk(&mut self, place: usize) {
        if place < self.order.len() {
            let number = self.order.remove(place);
            self.spare.push(number);
            self.number_from(place);
        }
    }

    /// Takes the rows of the next chunk into this one.
    fn join(&mut self, place: usize) {
        let (Some(&number), Some(&next)) = (self.order.get(place), self.order.get(place + 1)) else { return };
        let moved = self.chunks.get_mut(next as usize).map(std::mem::take).unwrap_or_default();
        for row in &moved {
            self.set_home(row.slot, number);
        }
        if let Some(chunk) = self.chunks.get_mut(number as usize) {
            chunk.extend(moved);
        }
        self.drop_chunk(place + 1);
    }

    fn number_from(&mut self, place: usize) {
        for (place, &number) in self.order.iter().enumerate().skip(place) {
            if let Some(known) = self.places.get_mut(number as usize) {
                *known = u32::try_from(place).unwrap_or(NOWHERE);
            }
        }
    }

    /// Counts the rows before each chunk. To be called after changes, before rows are asked for by numbers.
    pub(super) fn refresh(&mut self) {
        if !std::mem::take(&mut self.stale) {
            return;
        }
        let mut sum = 0;
        let chunks = &self.chunks;
        self.before.clear();
        self.before.extend(self.order.iter().map(|&number| {
            let before = sum;
            sum += chunks.get(number as usize).map_or(0, Vec::len);
            before
        }));
    }

    /// The `index`-th row.
    pub(super) fn get(&self, index: usize) -> Option<Row> {
        let place = self.before.partition_point(|&before| before <= index).checked_sub(1)?;
        self.chunk_at(place).get(index - self.before.get(place)?).copied()
    }

    /// Which row a process has.
    pub(super) fn position(&self, slot: u32) -> Option<usize> {
        let number = self.home(slot)?;
        let place = self.places.get(number as usize).copied()?;
        let inside = self.chunk(number).iter().position(|row| row.slot == slot)?;
        Some(self.before.get(place as usize)? + inside)
    }

    /// How many rows come first of which this is true; it is true of none behind them.
    pub(super) fn count_while(&self, is_before: impl Fn(&Row) -> bool) -> usize {
        let place = self.order.partition_point(|&number| self.chunk(number).last().is_some_and(&is_before));
        self.before
            .get(place)
            .map_or(self.len, |before| before + self.chunk_at(place).partition_point(&is_before))
    }
}
