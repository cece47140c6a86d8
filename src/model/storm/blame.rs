//! Who is it: the deepest process beneath which most of the latest births are.
//!
//! The latest births and all their ancestors are made into a tree, each of them once, so that the work is that of the births
//! and of the ancestors that they have together, and not of births times depth.

use rustc_hash::FxHashMap;

use crate::model::event::Comm;
use crate::model::process::{NodeKey, Process};
use crate::model::tree::Tree;

/// Of a hundred births as many are beneath the culprit, or more.
const MOST: u64 = 60;
/// Ancestors that are looked at in all; of a deeper tree the upper part is taken as one.
const NODES: usize = 1 << 16;
/// Young processes one beneath the other from which on they are a chain: each forks the next.
const CHAIN: usize = 32;
/// One in so many births must be beside a process, beneath its parent, for both to be taken for the same.
const OTHERS: u64 = 20;
/// The comms that are told beneath the culprit.
const COMMS_BENEATH: usize = 4;
/// Levels that are gone down for them.
const LEVELS: usize = 16;
/// One in so many births must be beneath a comm for it to be told.
const SMALLEST: u32 = 5;
/// Comms that are compared on one level.
const COMMS_COMPARED: usize = 64;

/// A birth.
#[derive(Clone, Copy, Debug)]
pub(super) struct Birth {
    pub(super) key: NodeKey,
    /// Its parent then.
    pub(super) parent: Option<NodeKey>,
    pub(super) time_ns: u64,
    /// It stands for so many.
    pub(super) weight: u32,
}

/// Who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) culprit: NodeKey,
    /// Of a hundred births.
    pub(super) share: u8,
    /// The comms that come beneath it again and again, outermost first.
    pub(super) path: Vec<Comm>,
}

/// A process among the births and their ancestors.
#[derive(Clone, Copy, Debug)]
struct Node {
    key: NodeKey,
    /// The place of its parent; its own for the first, which is nobody.
    up: usize,
    /// Births here and beneath.
    births: u32,
    comm: Comm,
    /// It is no older than the storm.
    is_young: bool,
    /// The place of the child with most births, and those.
    best: (usize, u32),
}

impl Node {
    fn new(key: NodeKey, comm: Comm, is_young: bool) -> Self {
        Self { key, up: 0, births: 0, comm, is_young, best: (0, 0) }
    }
}

/// The work space, which is used again.
#[derive(Clone, Debug, Default)]
pub(super) struct Blame {
    /// The first is nobody: above all that have no parent.
    nodes: Vec<Node>,
    /// Where each walk up begins in `nodes`.
    walks: Vec<usize>,
    places: FxHashMap<NodeKey, usize>,
    group: Vec<bool>,
}

impl Blame {
    /// Finds who is to blame for these births; `None` where nobody is. A chain that has an age of its own began at
    /// `began_ns` or later.
    pub(super) fn find<'a>(
        &mut self,
        tree: &Tree,
        births: impl Iterator<Item = &'a Birth>,
        began_ns: u64,
    ) -> Option<Verdict> {
        self.gather(tree, births, began_ns);
        self.sum_up();
        let all = self.nodes.first()?.births;
        let mut at = 0;
        while let Some(best) = self.best(at).filter(|&(_, births)| is_most(births, all)) {
            at = best.0;
        }
        if at != 0 {
            at = self.widen(at);
        }
        let found = self.nodes.get(at).filter(|_| at != 0)?.key;
        let culprit = if self.young_below(at) >= CHAIN { head(tree, found, began_ns) } else { found };
        let at = self.places.get(&culprit).copied().unwrap_or(at);
        let births = self.nodes.get(at)?.births;
        let share = u64::from(births) * 100 / u64::from(all.max(1));
        let share = u8::try_from(share).unwrap_or(100);
        Some(Verdict { culprit, share, path: self.comms_below(at) })
    }

    /// Whether a process was found to be `culprit` or beneath it. For those of the last [`Blame::find`].
    pub(super) fn beneath<'a>(&'a mut self, culprit: NodeKey) -> impl Iterator<Item = NodeKey> + 'a {
        self.group.clear();
        self.group.resize(self.nodes.len(), false);
        if let Some(place) = self.places.get(&culprit).and_then(|&at| self.group.get_mut(at)) {
            *place = true;
        }
        // The latest walks end at nodes of earlier ones, and each goes up: so down is backwards in each.
        for (number, &first) in self.walks.iter().enumerate() {
            let end = self.walks.get(number + 1).copied().unwrap_or(self.nodes.len());
            for at in (first..end).rev() {
                let up = self.nodes.get(at).map_or(0, |node| node.up);
                let is_beneath = self.group.get(up).copied().unwrap_or(false);
                if let Some(place) = self.group.get_mut(at).filter(|_| is_beneath) {
                    *place = true;
                }
            }
        }
        self.nodes.iter().zip(&self.group).filter(|(_, is_in)| **is_in).map(|(node, _)| node.key)
    }

    /// Walks up from each birth until it meets those of before.
    fn gather<'a>(&mut self, tree: &Tree, births: impl Iterator<Item = &'a Birth>, began_ns: u64) {
        self.nodes.clear();
        self.walks.clear();
        self.places.clear();
        self.nodes.push(Node::new(NodeKey::default(), Comm::default(), false));
        for birth in births {
            let is_kept = |key: &NodeKey| tree.get(*key).is_some();
            let from = Some(birth.key).filter(is_kept).or(birth.parent.filter(is_kept));
            let place = self.walk_up(tree, from, began_ns);
            if let Some(node) = self.nodes.get_mut(place) {
                node.births = node.births.saturating_add(birth.weight);
            }
        }
    }

    /// The place of `from`, with all its ancestors in theirs.
    fn walk_up(&mut self, tree: &Tree, from: Option<NodeKey>, began_ns: u64) -> usize {
        let mut at = from;
        let first = self.nodes.len();
        let mut below = None;
        loop {
            let place = match at {
                None => 0,
                Some(key) => match self.places.get(&key) {
                    Some(&place) => place,
                    None if self.nodes.len() >= NODES => 0,
                    None => {
                        let process = tree.get(key);
                        let comm = process.as_ref().map(|process| process.comm()).unwrap_or_default();
                        let is_young = process.is_some_and(|process| process.id.start_ns >= began_ns);
                        self.places.insert(key, self.nodes.len());
                        self.nodes.push(Node::new(key, comm, is_young));
                        self.nodes.len() - 1
                    }
                },
            };
            if let Some(node) = below.and_then(|below: usize| self.nodes.get_mut(below)) {
                node.up = place;
            }
            let is_new = place >= first;
            if !is_new || place == 0 {
                if self.nodes.len() > first {
                    self.walks.push(first);
                    return first;
                }
                return place;
            }
            below = Some(place);
            at = at.and_then(|key| tree.parent(key));
        }
    }

    /// Adds the births of each to its parent's. A walk ends at nodes of earlier ones: so the latest comes first.
    fn sum_up(&mut self) {
        let mut end = self.nodes.len();
        for &first in self.walks.iter().rev() {
            for at in first..end {
                let Some(&Node { up, births, .. }) = self.nodes.get(at) else { continue };
                if let Some(parent) = self.nodes.get_mut(up) {
                    parent.births = parent.births.saturating_add(births);
                    // Of equals the first that was met: an order that the stream alone decides.
                    if births > parent.best.1 || (births == parent.best.1 && at < parent.best.0) {
                        parent.best = (at, births);
                    }
                }
            }
            end = first;
        }
    }

    /// In a fork bomb each does what its parent does, and one of them has most births by chance: up to the one above all.
    fn widen(&self, from: usize) -> usize {
        let all = self.nodes.first().map_or(0, |nobody| nobody.births);
        let mut at = from;
        while let Some(node) = self.nodes.get(at)
            && let Some(above) = self.nodes.get(node.up).filter(|_| node.up != 0)
        {
            let is_like_it = node.comm == above.comm && node.is_young;
            let others = u64::from(above.births.saturating_sub(node.births));
            if !is_like_it || others * OTHERS < u64::from(all) {
                break;
            }
            at = node.up;
        }
        at
    }

    fn best(&self, at: usize) -> Option<(usize, u32)> {
        self.nodes.get(at).map(|node| node.best).filter(|best| best.0 != 0)
    }

    /// Those on the way down where most are that are no older than the storm.
    fn young_below(&self, at: usize) -> usize {
        let down = std::iter::successors(self.best(at), |&(at, _)| self.best(at));
        down.filter(|&(at, _)| self.nodes.get(at).is_some_and(|node| node.is_young)).count()
    }

    /// Level by level the comm beneath which most are.
    fn comms_below(&mut self, culprit: usize) -> Vec<Comm> {
        let mut path = Vec::new();
        let Some(top) = self.nodes.get(culprit) else { return path };
        let (all, mut last) = (top.births, top.comm);
        self.group.clear();
        self.group.resize(self.nodes.len(), false);
        if let Some(place) = self.group.get_mut(culprit) {
            *place = true;
        }
        for _ in 0..LEVELS {
            let Some((comm, births)) = self.largest() else { break };
            if path.len() >= COMMS_BENEATH || births.saturating_mul(SMALLEST) < all {
                break;
            }
            // A process that only forks has its parent's name; once says that.
            if last != comm || path.is_empty() {
                path.push(comm);
                last = comm;
            }
            self.step_down(comm);
        }
        path
    }

    /// Among the children of the group the comm with most births.
    fn largest(&self) -> Option<(Comm, u32)> {
        let mut comms: Vec<(Comm, u32)> = Vec::new();
        for node in self.nodes.iter().skip(1).filter(|node| self.is_in_group(node.up)) {
            if let Some((_, births)) = comms.iter_mut().find(|(known, _)| *known == node.comm) {
                *births = births.saturating_add(node.births);
            } else if comms.len() < COMMS_COMPARED {
                comms.push((node.comm, node.births));
            }
        }
        comms.into_iter().max_by_key(|&(comm, births)| (births, std::cmp::Reverse(comm)))
    }

    fn is_in_group(&self, at: usize) -> bool {
        self.group.get(at).copied().unwrap_or(false)
    }

    /// The children of the group that have this comm are the group.
    fn step_down(&mut self, comm: Comm) {
        let is_next = |node: &Node| self.is_in_group(node.up) && node.comm == comm;
        let mut next: Vec<bool> = self.nodes.iter().map(is_next).collect();
        if let Some(nobody) = next.first_mut() {
            *nobody = false;
        }
        self.group = next;
    }
}

fn is_most(births: u32, all: u32) -> bool {
    u64::from(births) * 100 >= u64::from(all) * MOST && births > 0
}

/// Who began a chain: the first of those of one name. Where its members only fork, that is the program that they are
/// forks of; where each executes the same, the first that is no older than the storm.
fn head(tree: &Tree, member: NodeKey, began_ns: u64) -> NodeKey {
    let comm = tree.get(member).map(|process| process.comm());
    let has_own_image = |process: Process<'_>| process.image().is_some_and(|(_, inherited)| !inherited);
    let only_forks = tree.get(member).is_some_and(|process| !has_own_image(process));
    let mut at = member;
    for (key, process) in tree.ancestors(member).take(NODES) {
        let is_old = process.id.start_ns < began_ns;
        if Some(process.comm()) != comm || (is_old && !only_forks) {
            break;
        }
        at = key;
        if only_forks && has_own_image(process) {
            break;
        }
    }
    at
}
