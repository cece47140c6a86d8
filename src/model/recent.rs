//! The latest identities of a kind, bounded.

use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::event::ProcessId;

/// How many are remembered. What they are for (a second record of one exit, a list made before an exit and told after
/// it) is over within milliseconds.
const KEPT: usize = 4096;

/// Remembers the latest identities that were put in.
#[derive(Clone, Debug, Default)]
pub(super) struct Recent {
    ids: Vec<ProcessId>,
    /// Where the oldest is, once there are [`KEPT`].
    oldest: usize,
    /// Places in `ids`.
    table: HashTable<u16>,
    hasher: RandomState,
    /// Nobody in it is younger: most that are asked for are.
    youngest_ns: u64,
}

impl Recent {
    pub(super) fn insert(&mut self, id: ProcessId) {
        if self.contains(id) {
            return;
        }
        self.youngest_ns = self.youngest_ns.max(id.start_ns);
        let Self { ids, oldest, table, hasher, .. } = self;
        let mut at = ids.len();
        if at < KEPT {
            ids.push(id);
        } else if let Some(place) = ids.get_mut(*oldest) {
            at = *oldest;
            let gone = std::mem::replace(place, id);
            if let Ok(entry) = table.find_entry(hasher.hash_one(gone), |&other| usize::from(other) == at) {
                entry.remove();
            }
            *oldest = (at + 1) % KEPT;
        }
        let hash_of = |&at: &u16| ids.get(usize::from(at)).map_or(0, |id| hasher.hash_one(id));
        table.insert_unique(hasher.hash_one(id), u16::try_from(at).unwrap_or(0), hash_of);
    }

    pub(super) fn contains(&self, id: ProcessId) -> bool {
        let is_it = |&at: &u16| self.ids.get(usize::from(at)) == Some(&id);
        id.start_ns <= self.youngest_ns && self.table.find(self.hasher.hash_one(id), is_it).is_some()
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
