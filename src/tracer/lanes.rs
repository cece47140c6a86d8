//! The reader's end of the lanes: records that the programs of each CPU wrote straight into mapped memory
//! (`src/bpf/lane.bpf.h`).

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::ffi::c_void;
use std::mem::{offset_of, size_of};
use std::num::NonZeroUsize;
use std::os::fd::BorrowedFd;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};

use nix::errno::Errno;
use nix::sys::mman::{MapFlags, ProtFlags, mmap, munmap};

use super::layout::{LANE_RECORD_BYTES, LaneHead, RecordHeader, read};

/// The largest lane. Forks and exits of a CPU that does nothing else fill it in some 30 ms.
const LARGEST: u32 = 512 << 10;
/// Smaller ones are not worth having.
const SMALLEST: u32 = 4 << 10;
/// Lanes of a CPU: one for each program that writes into one.
pub(super) const PER_CPU: u32 = 2;

/// The size of each lane beside a ring of that size: together they take no more than it. 0 where there are none: the
/// programs rely on stores that become visible in their order.
pub(super) fn bytes_of_each(ring_bytes: u32, cpus: u32) -> u32 {
    let share = ring_bytes / cpus.saturating_mul(PER_CPU).max(1);
    if !cfg!(target_arch = "x86_64") || share < SMALLEST {
        return 0;
    }
    (1 << share.ilog2()).min(LARGEST)
}

/// The size of a lane's value in its map: what stands before its records, these, and twice the longest one.
pub(super) fn value_bytes(lane_bytes: u32) -> u32 {
    size_of::<LaneHead>() as u32 + lane_bytes + 2 * LANE_RECORD_BYTES
}

/// Where the reader is in a lane.
#[derive(Clone, Copy, Debug, Default)]
struct Position {
    consumed: u64,
    /// As far as it may be read in this turn.
    produced: u64,
    /// Of the latest record: a lane's times need not ascend, its records are taken in their order all the same.
    latest_ns: u64,
}

/// The mapped lanes.
#[derive(Debug)]
pub(super) struct Lanes {
    start: NonNull<c_void>,
    mapped: NonZeroUsize,
    /// From one lane to the next.
    stride: usize,
    /// Of a lane; a power of two.
    bytes: usize,
    positions: Vec<Position>,
    /// The lanes that hold something to read, by the time of their next record.
    next: BinaryHeap<Reverse<(u64, usize)>>,
    malformed: u64,
}

impl Lanes {
    /// Maps the lanes of `cpus` CPUs, which `map` holds.
    ///
    /// # Errors
    /// When the kernel does not let them be mapped.
    pub(super) fn map(map: BorrowedFd<'_>, cpus: u32, lane_bytes: u32) -> Result<Self, Errno> {
        let count = if lane_bytes == 0 { 0 } else { cpus.saturating_mul(PER_CPU) as usize };
        // An array map's values begin at multiples of 8.
        let stride = (value_bytes(lane_bytes) as usize).next_multiple_of(8);
        let all = stride.saturating_mul(cpus.saturating_mul(PER_CPU) as usize);
        let mapped = NonZeroUsize::new(all).ok_or(Errno::EINVAL)?;
        // SAFETY: a new mapping at a place of the kernel's choice changes no memory of ours.
        let start = unsafe {
            mmap(None, mapped, ProtFlags::PROT_READ | ProtFlags::PROT_WRITE, MapFlags::MAP_SHARED, map, 0)?
        };
        let bytes = lane_bytes as usize;
        let positions = vec![Position::default(); count];
        Ok(Self { start, mapped, stride, bytes, positions, next: BinaryHeap::new(), malformed: 0 })
    }

    /// Begins a turn: what was written until now is there to be taken.
    pub(super) fn begin(&mut self) {
        self.next.clear();
        for lane in 0..self.positions.len() {
            let produced = self.word(lane, offset_of!(LaneHead, produced)).load(Ordering::Acquire);
            if let Some(position) = self.positions.get_mut(lane) {
                position.produced = produced;
            }
            if let Some(time_ns) = self.time_of_next(lane) {
                self.next.push(Reverse((time_ns, lane)));
            }
        }
    }

    /// The time of the earliest record that is there.
    pub(super) fn next_ns(&self) -> Option<u64> {
        self.next.peek().map(|Reverse((time_ns, _))| *time_ns)
    }

    /// Takes the earliest record: `with` is given its bytes.
    pub(super) fn take<T>(&mut self, with: impl FnOnce(&[u8]) -> T) -> Option<T> {
        let Reverse((_, lane)) = *self.next.peek()?;
        let result = self.record(lane).map(with);
        let bytes = self.record(lane).map_or(0, |record| record.len() as u64);
        if let Some(position) = self.positions.get_mut(lane) {
            position.consumed += bytes;
        }
        let following = self.time_of_next(lane);
        if let Some(mut top) = self.next.peek_mut() {
            match following {
                Some(time_ns) => *top = Reverse((time_ns, lane)),
                None => drop(PeekMut::pop(top)),
            }
        }
        result
    }

    /// Ends a turn: the room of what was taken is free again.
    pub(super) fn end(&mut self) {
        for (lane, position) in self.positions.iter().enumerate() {
            let consumed = self.word(lane, offset_of!(LaneHead, consumed));
            if consumed.load(Ordering::Relaxed) != position.consumed {
                consumed.store(position.consumed, Ordering::Release);
            }
        }
    }

    /// Whether anything waits to be read.
    pub(super) fn is_empty(&self) -> bool {
        self.positions.iter().enumerate().all(|(lane, position)| {
            self.word(lane, offset_of!(LaneHead, produced)).load(Ordering::Acquire) == position.consumed
        })
    }

    /// Stretches that made no sense, and were skipped.
    pub(super) fn malformed(&self) -> u64 {
        self.malformed
    }

    /// The time of a lane's next record, which is never before that of the one in front of it. A lane that makes no
    /// sense is skipped to its end.
    fn time_of_next(&mut self, lane: usize) -> Option<u64> {
        let header = self.record(lane).and_then(read::<RecordHeader>);
        let position = self.positions.get_mut(lane)?;
        if position.consumed == position.produced {
            return None;
        }
        let Some(header) = header else {
            position.consumed = position.produced;
            self.malformed += 1;
            return None;
        };
        position.latest_ns = position.latest_ns.max(header.time_ns);
        Some(position.latest_ns)
    }

    /// The bytes of a lane's next record; `None` without one, or where it can't be one.
    fn record(&self, lane: usize) -> Option<&[u8]> {
        let position = self.positions.get(lane)?;
        let waiting = usize::try_from(position.produced.checked_sub(position.consumed)?).ok()?;
        let at = usize::try_from(position.consumed).ok()? & self.bytes.wrapping_sub(1);
        let rest = self.stretch(lane, at, waiting.min(LANE_RECORD_BYTES as usize))?;
        let bytes = read::<RecordHeader>(rest)?.bytes as usize;
        if waiting > self.bytes || bytes < size_of::<RecordHeader>() || !bytes.is_multiple_of(8) {
            return None;
        }
        rest.get(..bytes)
    }

    /// Bytes of a lane's records, from a place on.
    fn stretch(&self, lane: usize, at: usize, bytes: usize) -> Option<&[u8]> {
        if lane >= self.positions.len() || at >= self.bytes || bytes > LANE_RECORD_BYTES as usize {
            return None;
        }
        // SAFETY: a lane has room for the longest record behind its last place, so that all of this lies in the mapping,
        // which lives as long as `self`. Only what was published is asked for (`produced` was loaded with acquire),
        // and the kernel side leaves that alone until `consumed` is past it.
        Some(unsafe {
            let records = self.start.cast::<u8>().add(lane * self.stride + size_of::<LaneHead>());
            std::slice::from_raw_parts(records.add(at).as_ptr(), bytes)
        })
    }

    /// One of the words in front of a lane's records.
    fn word(&self, lane: usize, offset: usize) -> &AtomicU64 {
        debug_assert!(lane < self.positions.len() && offset + size_of::<u64>() <= size_of::<LaneHead>());
        // SAFETY: callers count lanes by `positions`, so that the word lies in the mapping, which lives as long as
        // `self`; it is aligned, since strides and offsets are multiples of 8, and both sides access it as a whole.
        unsafe { self.start.cast::<u8>().add(lane * self.stride + offset).cast::<AtomicU64>().as_ref() }
    }
}

impl Drop for Lanes {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours alone and nothing refers to it any more.
        let _ = unsafe { munmap(self.start, self.mapped.get()) };
    }
}

#[cfg(test)]
mod tests;
