//! Who is where, by identity.

use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::super::event::ProcessId;
use super::super::node::{NodeIndex, Nodes};
use super::pids::Pids;

/// The latest of each pid, and in a table those whose pid was another's since. The identities themselves stand in the
/// nodes. As with [`super::super::hash`], the table's seed is its own.
#[derive(Clone, Debug, Default)]
pub(super) struct Ids {
    latest: Pids,
    former: HashTable<NodeIndex>,
    hasher: RandomState,
}

impl Ids {
    pub(super) fn find(&self, nodes: &Nodes, id: ProcessId) -> Option<NodeIndex> {
        let is_it = |at: NodeIndex| nodes.get(at).is_some_and(|node| node.id() == id);
        let latest = self.latest.get(id.pid).filter(|&latest| is_it(latest));
        if latest.is_some() || self.former.is_empty() {
            return latest;
        }
        self.former.find(self.hasher.hash_one(id), |&at| is_it(at)).copied()
    }

    /// Adds one who is not there.
    pub(super) fn insert(&mut self, nodes: &Nodes, id: ProcessId, at: NodeIndex) {
        let Some(former) = self.latest.insert(id.pid, at) else { return };
        let hash_of = |&at: &NodeIndex| nodes.get(at).map_or(0, |node| self.hasher.hash_one(node.id()));
        self.former.insert_unique(hash_of(&former), former, hash_of);
    }

    pub(super) fn remove(&mut self, id: ProcessId, at: NodeIndex) {
        if !self.latest.remove(id.pid, at)
            && let Ok(entry) = self.former.find_entry(self.hasher.hash_one(id), |&other| other == at)
        {
            entry.remove();
        }
    }
}
