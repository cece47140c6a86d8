//! What whoever keeps something of the verdicts has to know beside the tree's journal.

use std::collections::VecDeque;

use super::super::process::NodeKey;
use super::sequence::MATCHED;
use super::{Item, Outline, generation_of, slot_of};

/// The turns that are kept.
const KEPT: usize = 1 << 16;

/// When verdicts turned without any step of the journal: those on everybody, by other criteria, and those on somebody who
/// came to an age that makes a difference.
#[derive(Clone, Debug, Default)]
pub(in crate::model) struct Verdicts {
    generation: u64,
    /// Slots of those who came of age. They are numbered from the beginning.
    aged: VecDeque<u32>,
    first: u64,
}

/// Who matches: what several threads may ask at once.
#[derive(Clone, Copy, Debug)]
pub(in crate::model) struct Matches<'a> {
    items: &'a [Item],
    flags: &'a [u8],
}

impl Matches<'_> {
    /// Whether a process matches.
    pub(in crate::model) fn has(self, key: NodeKey) -> bool {
        let slot = slot_of(key) as usize;
        let is_there = self.items.get(slot).is_some_and(|item| item.generation == generation_of(key));
        is_there && self.flags.get(slot).is_some_and(|flags| flags & MATCHED != 0)
    }
}

impl Outline {
    pub(in crate::model) fn matches(&self) -> Matches<'_> {
        Matches { items: &self.items, flags: self.sequence.process_flags() }
    }
}

impl Verdicts {
    /// Another one when everybody has been asked about anew.
    pub(in crate::model) fn generation(&self) -> u64 {
        self.generation
    }

    /// The number of whoever comes of age next.
    pub(in crate::model) fn end(&self) -> u64 {
        self.first + self.aged.len() as u64
    }

    /// The slots of those who came of age from `number` on; `None` when some of them are no longer kept.
    pub(in crate::model) fn since(&self, number: u64) -> Option<impl Iterator<Item = u32> + '_> {
        let skipped = usize::try_from(number.checked_sub(self.first)?).ok()?;
        (skipped <= self.aged.len()).then(|| self.aged.range(skipped..).copied())
    }

    pub(super) fn turn_all(&mut self) {
        self.generation += 1;
    }

    pub(super) fn came_of_age(&mut self, slot: u32) {
        if self.aged.len() >= KEPT {
            self.aged.pop_front();
            self.first += 1;
        }
        self.aged.push_back(slot);
    }
}
