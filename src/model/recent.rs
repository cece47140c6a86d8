//! The latest identities of a kind, bounded.

use std::collections::VecDeque;

use super::event::ProcessId;
use super::hash::IdSet;

/// How many are remembered. What they are for (a second record of one exit, a list made before an exit and told after
/// it) is over within milliseconds.
const KEPT: usize = 4096;

/// Remembers the latest identities that were put in.
#[derive(Clone, Debug, Default)]
pub(super) struct Recent {
    order: VecDeque<ProcessId>,
    set: IdSet<ProcessId>,
}

impl Recent {
    pub(super) fn insert(&mut self, id: ProcessId) {
        if !self.set.insert(id) {
            return;
        }
        if self.order.len() == KEPT
            && let Some(oldest) = self.order.pop_front()
        {
            self.set.remove(&oldest);
        }
        self.order.push_back(id);
    }

    pub(super) fn contains(&self, id: ProcessId) -> bool {
        self.set.contains(&id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_forgotten_first_and_twice_counts_once() {
        let mut recent = Recent::default();
        let id = |start_ns| ProcessId::new(7, start_ns);
        for start_ns in 0..KEPT as u64 {
            recent.insert(id(start_ns));
            recent.insert(id(start_ns));
        }
        assert!(recent.contains(id(0)) && recent.contains(id(KEPT as u64 - 1)));
        recent.insert(id(KEPT as u64));
        assert!(!recent.contains(id(0)) && recent.contains(id(1)) && recent.contains(id(KEPT as u64)));
    }
}
