//! Texts one behind the other in chunks.

use std::num::NonZeroU32;

/// Bytes of a chunk. A longer text has one for itself.
const CHUNK: usize = 64 << 10;
/// All lie at multiples of this.
const UNIT: usize = 8;
/// Units of a chunk, in bits: the lower part of a spot.
const UNIT_BITS: u32 = (CHUNK / UNIT).trailing_zeros();
/// The owner and the tag in front of each text.
const HEAD: usize = 8;

/// Where a text lies: chunk and unit. It changes when the text is moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spot(NonZeroU32);

impl Spot {
    /// `offset` is one of a record that begins in a chunk of usual size: a longer one has its chunk for itself.
    fn new(chunk: u32, offset: usize) -> Self {
        Self(NonZeroU32::MIN.saturating_add(chunk << UNIT_BITS | (offset / UNIT) as u32))
    }

    fn number(self) -> u32 {
        (self.0.get() - 1) >> UNIT_BITS
    }

    fn chunk(self) -> usize {
        self.number() as usize
    }

    fn offset(self) -> usize {
        ((self.0.get() - 1) & ((1 << UNIT_BITS) - 1)) as usize * UNIT
    }
}

#[derive(Clone, Debug, Default)]
struct Chunk {
    bytes: Vec<u8>,
    /// Bytes that texts of it take which were not released.
    live: usize,
}

/// A text with what stands before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Record<'a> {
    /// Whose it is.
    pub(super) owner: u32,
    /// What its owner wanted to be kept with it.
    pub(super) flags: u8,
    pub(super) text: &'a [u8],
}

/// The chunks. Texts go in about the order in which they came; where few are left of a chunk they are to be moved.
#[derive(Clone, Debug, Default)]
pub(super) struct Arena {
    chunks: Vec<Chunk>,
    /// Numbers of chunks that hold nothing.
    free: Vec<u32>,
    /// The one that is being filled.
    current: Option<u32>,
    /// Of a chunk that went: the next one takes it.
    spare: Vec<u8>,
    /// A chunk of which little is left.
    sparse: Option<usize>,
}

impl Arena {
    /// The longest text: the flags lie above its length.
    pub(super) const LONGEST: usize = (1 << 24) - 1;

    /// Adds the parts as one text of at most [`Arena::LONGEST`] bytes.
    pub(super) fn push(&mut self, owner: u32, flags: u8, parts: [&[u8]; 2]) -> Option<Spot> {
        let len = parts.iter().map(|part| part.len()).sum::<usize>().min(Self::LONGEST);
        let size = size_of(len);
        let number = self.chunk_for(size);
        let chunk = self.chunks.get_mut(number as usize)?;
        let offset = chunk.bytes.len();
        let tag = u32::from(flags) << 24 | u32::try_from(len).unwrap_or(0);
        chunk.bytes.extend_from_slice(&owner.to_le_bytes());
        chunk.bytes.extend_from_slice(&tag.to_le_bytes());
        parts.iter().for_each(|part| chunk.bytes.extend_from_slice(part));
        chunk.bytes.resize(offset + size, 0);
        chunk.live += size;
        Some(Spot::new(number, offset))
    }

    /// The number of a chunk that has room.
    fn chunk_for(&mut self, size: usize) -> u32 {
        if size > CHUNK {
            return self.new_chunk(Vec::with_capacity(size));
        }
        if let Some(current) = self.current {
            let chunk = self.chunks.get(current as usize);
            if chunk.is_some_and(|chunk| chunk.bytes.len() + size <= CHUNK) {
                return current;
            }
            self.current = None;
            self.tidy(current);
        }
        let mut bytes = std::mem::take(&mut self.spare);
        bytes.reserve_exact(CHUNK);
        let number = self.new_chunk(bytes);
        self.current = Some(number);
        number
    }

    fn new_chunk(&mut self, bytes: Vec<u8>) -> u32 {
        let chunk = Chunk { bytes, live: 0 };
        if let Some(number) = self.free.pop()
            && let Some(place) = self.chunks.get_mut(number as usize)
        {
            *place = chunk;
            return number;
        }
        self.chunks.push(chunk);
        u32::try_from(self.chunks.len() - 1).unwrap_or(u32::MAX)
    }

    fn drop_if_empty(&mut self, number: u32) {
        let Some(chunk) = self.chunks.get_mut(number as usize).filter(|chunk| chunk.live == 0) else {
            return;
        };
        let mut bytes = std::mem::take(&mut chunk.bytes);
        if bytes.capacity() == CHUNK && self.spare.capacity() == 0 {
            bytes.clear();
            self.spare = bytes;
        }
        self.free.push(number);
    }

    pub(super) fn get(&self, spot: Spot) -> Option<Record<'_>> {
        record_at(&self.chunks.get(spot.chunk())?.bytes, spot.offset())
    }

    /// A text of so many bytes is no longer wanted. It is not looked at, since it is likely far from all that is.
    pub(super) fn release(&mut self, spot: Spot, len: usize) {
        let size = size_of(len);
        let Some(chunk) = self.chunks.get_mut(spot.chunk()) else { return };
        chunk.live = chunk.live.saturating_sub(size);
        self.tidy(spot.number());
    }

    /// Drops a chunk that is empty, and notes one that is nearly, unless it is still being filled.
    fn tidy(&mut self, number: u32) {
        let Some(chunk) = self.chunks.get(number as usize) else { return };
        match chunk.live {
            _ if self.current == Some(number) => {}
            0 => self.drop_if_empty(number),
            live if live < CHUNK / 4 => self.sparse = Some(number as usize),
            _ => {}
        }
    }

    /// A chunk from which all should be moved.
    pub(super) fn take_sparse(&mut self) -> Option<usize> {
        self.sparse.take()
    }

    /// All that was ever put into a chunk, as (spot, owner).
    pub(super) fn owners(&self, chunk: usize) -> Vec<(Spot, u32)> {
        let Some(Chunk { bytes, .. }) = self.chunks.get(chunk) else { return Vec::new() };
        let mut owners = Vec::new();
        let mut offset = 0;
        while let Some(record) = record_at(bytes, offset) {
            let Ok(number) = u32::try_from(chunk) else { break };
            owners.push((Spot::new(number, offset), record.owner));
            offset += size_of(record.text.len());
        }
        owners
    }

    /// Moves a text to where the latest are. It is as if it was released and pushed again.
    pub(super) fn move_up(&mut self, spot: Spot) -> Option<Spot> {
        let Record { owner, flags, text } = self.get(spot)?;
        let text = text.to_vec();
        if let Some(chunk) = self.chunks.get_mut(spot.chunk()) {
            chunk.live = chunk.live.saturating_sub(size_of(text.len()));
        }
        let moved = self.push(owner, flags, [&text, &[]]);
        self.drop_if_empty(spot.number());
        moved
    }

    #[cfg(test)]
    pub(super) fn allocated(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.bytes.capacity()).sum()
    }
}

fn size_of(len: usize) -> usize {
    (HEAD + len).next_multiple_of(UNIT)
}

fn record_at(bytes: &[u8], offset: usize) -> Option<Record<'_>> {
    let rest = bytes.get(offset..)?;
    let (owner, rest) = rest.split_first_chunk::<4>()?;
    let (tag, rest) = rest.split_first_chunk::<4>()?;
    let tag = u32::from_le_bytes(*tag);
    let text = rest.get(..(tag & 0xff_ffff) as usize)?;
    Some(Record { owner: u32::from_le_bytes(*owner), flags: (tag >> 24) as u8, text })
}
