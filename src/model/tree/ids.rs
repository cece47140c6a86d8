//! Who is where, by identity.

use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::super::event::ProcessId;
use super::super::node::{NodeIndex, Nodes};
use super::pids::Pids;

/// Parts of the table of the former: so many small pauses for growth in place of one that a key would have to wait for.
const PARTS: usize = 64;

/// The latest of each pid, and in a table those whose pid was another's since. The identities themselves stand in the
/// nodes. As with [`super::super::hash`], the table's seed is its own.
#[derive(Clone, Debug, Default)]
pub(super) struct Ids {
    latest: Pids,
    former: Former,
    hasher: RandomState,
}

impl Ids {
    pub(super) fn find(&self, nodes: &Nodes, id: ProcessId) -> Option<NodeIndex> {
        let is_it = |at: NodeIndex| nodes.get(at).is_some_and(|node| node.id() == id);
        let latest = self.latest.get(id.pid).filter(|&latest| is_it(latest));
        if latest.is_some() || self.former.len == 0 {
            return latest;
        }
        self.former.find(self.hasher.hash_one(id), is_it)
    }

    /// Adds one who is not there.
    pub(super) fn insert(&mut self, nodes: &Nodes, id: ProcessId, at: NodeIndex) {
        let Some(former) = self.latest.insert(id.pid, at) else { return };
        let hash = nodes.get(former).map_or(0, |node| self.hasher.hash_one(node.id()));
        self.former.insert(hash, former);
    }

    pub(super) fn remove(&mut self, id: ProcessId, at: NodeIndex) {
        if !self.latest.remove(id.pid, at) {
            self.former.remove(self.hasher.hash_one(id), at);
        }
    }
}

/// A hash table in parts. Each entry has its hash with it: a table that grows would otherwise look at every node, most of
/// which nothing has touched for long.
#[derive(Clone, Debug)]
struct Former {
    parts: Vec<HashTable<Entry>>,
    len: usize,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    hash: u32,
    at: NodeIndex,
}

impl Default for Former {
    fn default() -> Self {
        Self { parts: vec![HashTable::new(); PARTS], len: 0 }
    }
}

impl Former {
    fn find(&self, hash: u64, is_it: impl Fn(NodeIndex) -> bool) -> Option<NodeIndex> {
        let (part, hash) = (self.parts.get(part(hash))?, kept(hash));
        part.find(spread(hash), |entry| entry.hash == hash && is_it(entry.at)).map(|entry| entry.at)
    }

    fn insert(&mut self, hash: u64, at: NodeIndex) {
        let Some(part) = self.parts.get_mut(part(hash)) else { return };
        let hash = kept(hash);
        part.insert_unique(spread(hash), Entry { hash, at }, |entry| spread(entry.hash));
        self.len += 1;
    }

    fn remove(&mut self, hash: u64, at: NodeIndex) {
        let Some(part) = self.parts.get_mut(part(hash)) else { return };
        if let Ok(found) = part.find_entry(spread(kept(hash)), |entry| entry.at == at) {
            found.remove();
            self.len -= 1;
        }
    }
}

/// By one half of a hash one finds the part.
fn part(hash: u64) -> usize {
    hash as usize % PARTS
}

/// The other half is kept.
fn kept(hash: u64) -> u32 {
    (hash >> 32) as u32
}

/// What is kept, for a table, which goes by the lowest and by the highest bits.
fn spread(kept: u32) -> u64 {
    u64::from(kept) << 32 | u64::from(kept)
}
