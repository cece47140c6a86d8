//! The kernel side's account: what it tried to hand over and what it could not, by kind.
//!
//! The counters are mapped once, so that reading them needs no right that could be given up.

use std::ffi::c_void;
use std::num::NonZeroUsize;
use std::os::fd::BorrowedFd;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};

use nix::errno::Errno;
use nix::sys::mman::{MapFlags, ProtFlags, mmap, munmap};

use super::layout::RecordCounters;
use crate::model::event::{Kind, PerKind};

/// Words of a counter: attempted and dropped.
const WORDS: usize = 2;
/// Words of one CPU's counters.
const WORDS_PER_CPU: usize = size_of::<RecordCounters>() / size_of::<u64>();
const _: () = assert!(WORDS_PER_CPU == WORDS * Kind::ALL.len());

/// Sums over all CPUs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sums {
    pub(super) attempted: PerKind,
    pub(super) dropped: PerKind,
}

/// The mapped counters.
#[derive(Debug)]
pub(super) struct Counters {
    start: NonNull<c_void>,
    bytes: NonZeroUsize,
    words: usize,
}

impl Counters {
    /// Maps the counters of `cpus` CPUs, which `map` holds.
    pub(super) fn map(map: BorrowedFd<'_>, cpus: u32) -> Result<Self, Errno> {
        let words = usize::try_from(cpus).unwrap_or(0).saturating_mul(WORDS_PER_CPU);
        let bytes = NonZeroUsize::new(words.saturating_mul(size_of::<u64>())).ok_or(Errno::EINVAL)?;
        // SAFETY: a new mapping at a place of the kernel's choice changes no memory of ours.
        let start = unsafe { mmap(None, bytes, ProtFlags::PROT_READ, MapFlags::MAP_SHARED, map, 0)? };
        Ok(Self { start, bytes, words })
    }

    /// The sums as they are now.
    pub(super) fn sums(&self) -> Sums {
        // SAFETY: the mapping is as long as that, lives as long as `self` and begins at a page. Its words are written
        // by the kernel side alone, as aligned words, and so read here atomically.
        let words =
            unsafe { std::slice::from_raw_parts(self.start.cast::<AtomicU64>().as_ptr(), self.words) };
        let mut sums = Sums::default();
        for of_cpu in words.chunks_exact(WORDS_PER_CPU) {
            for (kind, counter) in Kind::ALL.into_iter().zip(of_cpu.chunks_exact(WORDS)) {
                if let [attempted, dropped] = counter {
                    *sums.attempted.get_mut(kind) += attempted.load(Ordering::Relaxed);
                    *sums.dropped.get_mut(kind) += dropped.load(Ordering::Relaxed);
                }
            }
        }
        sums
    }
}

impl Drop for Counters {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours alone and nothing refers to it any more.
        let _ = unsafe { munmap(self.start, self.bytes.get()) };
    }
}
