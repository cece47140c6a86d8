//! What has happened to the shape of the tree and to its processes lately, for whoever keeps something up to date with
//! it: he reads on from where he was, and begins anew where that is no longer kept.

use std::collections::VecDeque;

use super::super::process::NodeKey;

/// The steps that are kept: more than a storm makes between two frames. Beyond about so many it is cheaper to look at
/// the whole tree.
const KEPT: usize = 1 << 16;
/// An event that changes a process in several places tells so once; it is looked for among so many steps.
const LOOKED_AT: usize = 4;

/// Something that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::model) enum Step {
    /// It is the last child of `parent` now, or the last root, with whatever is beneath it.
    Placed {
        /// Who.
        key: NodeKey,
        /// Beneath whom; `None` is a root.
        parent: Option<NodeKey>,
    },
    /// It is gone. Its children have become the last ones of its parent.
    Removed {
        /// Who.
        key: NodeKey,
        /// Beneath whom it was.
        parent: Option<NodeKey>,
    },
    /// Something else about it is not as it was.
    Changed(NodeKey),
    /// A cgroup has a path now, or another one.
    CgroupLearned,
}

/// The latest steps. They are numbered from the beginning.
#[derive(Clone, Debug, Default)]
pub(in crate::model) struct Journal {
    steps: VecDeque<Step>,
    first: u64,
    /// The first step of the event that is being taken in.
    event: u64,
    /// Of whom its latest step tells where it stands or that it changed: most of what an event tells is of one process.
    latest: Option<NodeKey>,
}

impl Journal {
    /// The number of the step that comes next.
    pub(in crate::model) fn end(&self) -> u64 {
        self.first + self.steps.len() as u64
    }

    /// The steps from `number` on; `None` when some of them are no longer kept, or it is another journal's number.
    pub(in crate::model) fn since(&self, number: u64) -> Option<impl Iterator<Item = Step> + '_> {
        let skipped = usize::try_from(number.checked_sub(self.first)?).ok()?;
        (skipped <= self.steps.len()).then(|| self.steps.range(skipped..).copied())
    }

    /// Whether half of what is kept has come since `number`, and all of that is still there.
    pub(in crate::model) fn is_filling_since(&self, number: u64) -> bool {
        let new = self.end().saturating_sub(number);
        number >= self.first && new > KEPT as u64 / 2
    }

    pub(super) fn begin_event(&mut self) {
        self.event = self.end();
        self.latest = None;
    }

    pub(super) fn push(&mut self, step: Step) {
        if self.steps.len() >= KEPT {
            self.steps.pop_front();
            self.first += 1;
        }
        self.steps.push_back(step);
        self.latest = match step {
            Step::Placed { key, .. } | Step::Changed(key) => Some(key),
            Step::Removed { .. } | Step::CgroupLearned => None,
        };
    }

    pub(super) fn changed(&mut self, key: NodeKey) {
        if self.latest != Some(key) {
            self.note_changed(key);
        }
    }

    fn note_changed(&mut self, key: NodeKey) {
        let of_event = usize::try_from(self.end() - self.event.max(self.first)).unwrap_or(usize::MAX);
        let is_told = |step: &Step| match *step {
            Step::Placed { key: told, .. } | Step::Changed(told) => told == key,
            Step::Removed { .. } | Step::CgroupLearned => false,
        };
        if !self.steps.iter().rev().take(of_event.min(LOOKED_AT)).any(is_told) {
            self.push(Step::Changed(key));
        }
    }
}

#[cfg(test)]
mod tests {
    use slotmap::SlotMap;

    use super::*;

    #[test]
    fn an_event_tells_once_that_a_process_changed_and_the_next_one_again() {
        let mut slots: SlotMap<NodeKey, ()> = SlotMap::with_key();
        let (a, b) = (slots.insert(()), slots.insert(()));
        let mut journal = Journal::default();
        journal.push(Step::Placed { key: a, parent: None });
        journal.changed(a);
        journal.changed(b);
        journal.changed(b);
        assert_eq!(journal.end(), 2);
        journal.begin_event();
        journal.changed(b);
        assert_eq!(journal.since(2).map(Iterator::collect), Some(vec![Step::Changed(b)]));
    }

    #[test]
    fn who_was_away_too_long_begins_anew() {
        let mut journal = Journal::default();
        for _ in 0..=KEPT {
            journal.push(Step::CgroupLearned);
        }
        assert!(journal.since(0).is_none());
        assert_eq!(journal.since(1).map(Iterator::count), Some(KEPT));
        assert_eq!(journal.since(journal.end()).map(Iterator::count), Some(0));
        assert!(journal.since(journal.end() + 1).is_none(), "this was another tree's");
    }
}
