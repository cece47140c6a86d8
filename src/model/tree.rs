//! The process tree: who came from whom, the dead among them.
//!
//! Processes are found by identity, so that a reused pid is another process. A process stays where it was born when its
//! parent dies. The dead are kept up to a limit; then the oldest dead leaf goes first and its numbers are folded into
//! its parent. Where only dead with living descendants are left (a chain in which each forks the next and dies), the
//! oldest of those goes and its children move up one place.
//!
//! The living can't be given up; beyond [`LIVING_LIMIT`] of them no other is taken in until one has ended.
//!
//! A parent started before its child, and the tree believes nothing else: so no stream can make a circle, and nothing
//! has to be searched for one. No event takes time with the depth of the tree, nor, but for a logarithm, with the
//! number of anybody's children.

use super::cgroups::Cgroups;
use super::event::{Cgroup, ProcessId};
use super::node::{Extra, Node, NodeIndex, Nodes, Rare};
use super::process::{NodeKey, Process};
use super::recent::Recent;
use super::steps::Steps;
use super::store::{Pool, Store};

mod births;
mod descendants;
mod eviction;
mod families;
mod ids;
mod instant;
mod journal;
mod lives;
mod pids;
mod queue;
mod shape;
mod waiting;

pub use descendants::Descendants;
use families::Families;
use ids::Ids;
use instant::Looked;
pub(super) use instant::Turned;
pub(super) use journal::{Journal, Step};
use pids::Pids;
use queue::Queue;
pub(super) use shape::Standing;
use waiting::Waiting;

/// The most living processes that are kept. Pids would allow for four times as many, machines have far less: only a
/// made-up stream comes here.
pub const LIVING_LIMIT: usize = 1 << 20;

/// The tree.
#[derive(Clone, Debug)]
pub struct Tree {
    nodes: Nodes,
    ids: Ids,
    living: Pids,
    families: Families,
    /// Those whose parent is not known (yet).
    waiting: Waiting,
    pub(super) extras: Pool<Extra>,
    pub(super) rares: Pool<Rare>,
    pub(super) store: Store,
    dead_limit: usize,
    dead: usize,
    /// Dead without children, in the order in which they became that.
    leaves: Queue,
    /// The other dead, in the order of their ends.
    inner: Queue,
    /// Who ended in the event that is being taken in: not yet in a queue.
    ended: Vec<NodeIndex>,
    evicted: u64,
    /// Who was given up lately.
    given_up: Recent,
    cgroups: Cgroups,
    journal: Journal,
    steps: Steps,
    /// The instant, boot clock, as of which questions are answered; `u64::MAX` is now.
    at_ns: u64,
    /// What is counted as of the instant that is looked at, where one is.
    looked: Option<Looked>,
    /// The latest end of those that were given up.
    forgotten_ns: u64,
}

impl Tree {
    /// An empty tree that keeps at most `dead_limit` dead processes and about `text_limit` bytes of arguments.
    pub fn new(dead_limit: usize, text_limit: usize) -> Self {
        Self {
            nodes: Nodes::default(),
            ids: Ids::default(),
            living: Pids::default(),
            families: Families::default(),
            waiting: Waiting::default(),
            extras: Pool::default(),
            rares: Pool::default(),
            store: Store::new(text_limit),
            dead_limit,
            dead: 0,
            leaves: Queue::leaves(),
            inner: Queue::inner(),
            ended: Vec::new(),
            evicted: 0,
            given_up: Recent::default(),
            cgroups: Cgroups::default(),
            journal: Journal::default(),
            steps: Steps::default(),
            at_ns: u64::MAX,
            looked: None,
            forgotten_ns: 0,
        }
    }

    /// Where the processes run, as far as that was told.
    pub fn cgroups(&self) -> &Cgroups {
        &self.cgroups
    }

    /// A process by its place.
    pub fn get(&self, key: NodeKey) -> Option<Process<'_>> {
        self.view(self.nodes.index(key)?).filter(|process| self.is_born(process.id))
    }

    fn view(&self, at: NodeIndex) -> Option<Process<'_>> {
        Some(Process::new(self, self.nodes.get(at)?, self.at_ns))
    }

    /// The place of a process.
    pub fn find(&self, id: ProcessId) -> Option<NodeKey> {
        self.index_of(id).filter(|_| self.is_born(id)).map(|at| self.nodes.key(at))
    }

    fn index_of(&self, id: ProcessId) -> Option<NodeIndex> {
        self.ids.find(&self.nodes, id)
    }

    /// The living process that has this pid now, whatever instant is looked at.
    pub fn living(&self, pid: u32) -> Option<NodeKey> {
        self.living.get(pid).map(|at| self.nodes.key(at))
    }

    /// How many processes are kept.
    pub fn len(&self) -> usize {
        self.looked_at().map_or(self.nodes.len(), |looked| looked.born)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many of those kept live.
    pub fn alive(&self) -> usize {
        self.looked_at().map_or(self.nodes.len() - self.dead, |looked| looked.alive)
    }

    /// How many of those kept are dead.
    pub fn dead(&self) -> usize {
        self.len() - self.alive()
    }

    /// How many dead were given up since the beginning.
    pub fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Those without a parent in the tree, oldest first.
    pub fn roots(&self) -> Siblings<'_> {
        self.siblings_from(self.families.first_root())
    }

    /// The children of a process, oldest first.
    pub fn children(&self, key: NodeKey) -> Siblings<'_> {
        self.siblings_from(self.node(key).and_then(|node| self.families.first_child(&node.links)))
    }

    fn siblings_from(&self, next: Option<NodeIndex>) -> Siblings<'_> {
        Siblings { tree: self, next }
    }

    /// The place of the parent in the tree.
    pub fn parent(&self, key: NodeKey) -> Option<NodeKey> {
        Some(self.nodes.key(self.families.parent(&self.node(key)?.links)?))
    }

    /// The first child in the tree.
    pub fn first_child(&self, key: NodeKey) -> Option<NodeKey> {
        self.children(key).next()
    }

    /// Whether it has more than so many children in the tree; of `None`, whether there are more roots. As of an instant
    /// they are counted one by one, up to there.
    pub(super) fn has_more_children(&self, key: Option<NodeKey>, than: usize) -> bool {
        match (self.looked_at(), key) {
            (None, _) => {
                self.families.members(key.and_then(|key| self.node(key)).map(|node| &node.links)) > than
            }
            (Some(_), Some(key)) => self.children(key).nth(than).is_some(),
            (Some(_), None) => self.roots().nth(than).is_some(),
        }
    }

    /// The sibling after this one.
    pub fn next_sibling(&self, key: NodeKey) -> Option<NodeKey> {
        self.siblings_from(self.node(key)?.links.next).next()
    }

    /// Parent, grandparent and so on.
    pub fn ancestors(&self, key: NodeKey) -> impl Iterator<Item = (NodeKey, Process<'_>)> + '_ {
        // Whoever is born has ancestors that are; of others a line of the log may ask.
        let with_node = move |key: NodeKey| Some((key, self.view(self.nodes.index(key)?)?));
        std::iter::successors(self.parent(key).and_then(with_node), move |(key, _)| {
            self.parent(*key).and_then(with_node)
        })
    }

    /// All processes, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (NodeKey, Process<'_>)> {
        let born = self.nodes.iter().filter(|(_, node)| node.start_ns <= self.at_ns);
        born.map(|(at, node)| (self.nodes.key(at), Process::new(self, node, self.at_ns)))
    }

    fn node(&self, key: NodeKey) -> Option<&Node> {
        self.nodes.get(self.nodes.index(key)?)
    }

    /// What happened lately.
    pub(super) fn journal(&self) -> &Journal {
        &self.journal
    }

    pub(super) fn learn_cgroup(&mut self, cgroup: &Cgroup) {
        self.cgroups.learn(cgroup);
        self.journal.push(Step::CgroupLearned);
    }

    /// The places that processes have or had: their numbers are below this one.
    pub(super) fn slots(&self) -> u32 {
        self.nodes.slots()
    }

    /// Who has a place by its number.
    pub(super) fn at_slot(&self, slot: u32) -> Option<NodeKey> {
        self.nodes.at_slot(slot).map(|at| self.nodes.key(at))
    }

    /// Those that live, in no order. As of an instant all are asked.
    pub(super) fn living_keys(&self) -> impl Iterator<Item = NodeKey> + '_ {
        let now = self.looked_at().is_none().then(|| self.living.iter().map(|at| self.nodes.key(at)));
        let then = self.looked_at().map(|_| self.iter().filter(|(_, process)| process.is_alive()));
        now.into_iter().flatten().chain(then.into_iter().flatten().map(|(key, _)| key))
    }

    #[cfg(test)]
    pub(super) fn steps(&self) -> u64 {
        self.steps.taken()
    }
}

/// Siblings from one on.
#[derive(Clone)]
pub struct Siblings<'a> {
    tree: &'a Tree,
    next: Option<NodeIndex>,
}

impl Iterator for Siblings<'_> {
    type Item = NodeKey;

    fn next(&mut self) -> Option<NodeKey> {
        loop {
            let at = self.next?;
            let node = self.tree.nodes.get(at)?;
            self.next = node.links.next;
            if node.start_ns <= self.tree.at_ns {
                return Some(self.tree.nodes.key(at));
            }
        }
    }
}
