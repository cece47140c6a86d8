//! Who is where, by identity: four bytes for each and one of the table's.

use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::super::event::ProcessId;
use super::super::node::{NodeIndex, Nodes};

/// The table. The identities themselves stand in the nodes. As with [`super::super::hash`], its seed is its own.
#[derive(Clone, Debug, Default)]
pub(super) struct Ids {
    table: HashTable<NodeIndex>,
    hasher: RandomState,
}

impl Ids {
    pub(super) fn find(&self, nodes: &Nodes, id: ProcessId) -> Option<NodeIndex> {
        let is_it = |&at: &NodeIndex| nodes.get(at).is_some_and(|node| node.id() == id);
        self.table.find(self.hasher.hash_one(id), is_it).copied()
    }

    /// Adds one who is not there.
    pub(super) fn insert(&mut self, nodes: &Nodes, id: ProcessId, at: NodeIndex) {
        let hash_of = |&at: &NodeIndex| nodes.get(at).map_or(0, |node| self.hasher.hash_one(node.id()));
        self.table.insert_unique(self.hasher.hash_one(id), at, hash_of);
    }

    pub(super) fn remove(&mut self, id: ProcessId, at: NodeIndex) {
        if let Ok(entry) = self.table.find_entry(self.hasher.hash_one(id), |&other| other == at) {
            entry.remove();
        }
    }
}
