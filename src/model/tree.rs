//! The process tree: who came from whom, the dead among them.
//!
//! Processes are found by identity, so that a reused pid is another process. A process stays where it was born when its
//! parent dies. The dead are kept up to a limit; then the oldest dead leaf goes first and its numbers are folded into
//! its parent. Where only dead with living descendants are left (a chain in which each forks the next and dies), the
//! oldest of those goes and its children move up one place.
//!
//! The living can't be given up; beyond [`LIVING_LIMIT`] of them no other is taken in until one has ended.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;
use slotmap::SlotMap;

use super::cgroups::Cgroups;
use super::event::ProcessId;
use super::process::{Birth, Ending, ImageRun, NodeKey, Process};
use super::recent::Recent;
use super::texts::{Texts, cut};

mod descendants;
mod eviction;
mod waiting;

pub use descendants::Descendants;
use waiting::Waiting;

/// The most living processes that are kept. Pids would allow for four times as many, machines have far less: only a
/// made-up stream comes here.
pub const LIVING_LIMIT: usize = 1 << 20;

/// The tree.
#[derive(Clone, Debug)]
pub struct Tree {
    nodes: SlotMap<NodeKey, Process>,
    by_id: FxHashMap<ProcessId, NodeKey>,
    living: FxHashMap<u32, NodeKey>,
    first_root: Option<NodeKey>,
    last_root: Option<NodeKey>,
    /// Those whose parent is not known (yet).
    waiting: Waiting,
    dead_limit: usize,
    texts: Texts,
    dead: usize,
    /// Dead without children, in the order in which they became that; checked when taken.
    dead_leaves: VecDeque<NodeKey>,
    /// All dead in the order of their ends; checked when taken.
    dead_order: VecDeque<NodeKey>,
    /// So many at the front of the two queues were there before the event that is being taken in.
    old_leaves: usize,
    old_dead: usize,
    evicted: u64,
    /// Who was given up lately.
    given_up: Recent,
    pub(super) cgroups: Cgroups,
}

impl Tree {
    /// An empty tree that keeps at most `dead_limit` dead processes and about `text_limit` bytes of arguments.
    pub fn new(dead_limit: usize, text_limit: usize) -> Self {
        Self {
            nodes: SlotMap::with_key(),
            by_id: FxHashMap::default(),
            living: FxHashMap::default(),
            first_root: None,
            last_root: None,
            waiting: Waiting::default(),
            dead_limit,
            texts: Texts::new(text_limit),
            dead: 0,
            dead_leaves: VecDeque::new(),
            dead_order: VecDeque::new(),
            old_leaves: 0,
            old_dead: 0,
            evicted: 0,
            given_up: Recent::default(),
            cgroups: Cgroups::default(),
        }
    }

    /// Where the processes run, as far as that was told.
    pub fn cgroups(&self) -> &Cgroups {
        &self.cgroups
    }

    /// A process by its place.
    pub fn get(&self, key: NodeKey) -> Option<&Process> {
        self.nodes.get(key)
    }

    /// The place of a process.
    pub fn find(&self, id: ProcessId) -> Option<NodeKey> {
        self.by_id.get(&id).copied()
    }

    /// The living process that has this pid.
    pub fn living(&self, pid: u32) -> Option<NodeKey> {
        self.living.get(&pid).copied()
    }

    /// How many processes are kept.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// How many of those kept live.
    pub fn alive(&self) -> usize {
        self.nodes.len() - self.dead
    }

    /// How many of those kept are dead.
    pub fn dead(&self) -> usize {
        self.dead
    }

    /// How many dead were given up since the beginning.
    pub fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Those without a parent in the tree, oldest first.
    pub fn roots(&self) -> Siblings<'_> {
        Siblings { tree: self, next: self.first_root }
    }

    /// The children of a process, oldest first.
    pub fn children(&self, key: NodeKey) -> Siblings<'_> {
        Siblings { tree: self, next: self.get(key).and_then(|node| node.links.first_child) }
    }

    /// The place of the parent in the tree.
    pub fn parent(&self, key: NodeKey) -> Option<NodeKey> {
        self.get(key)?.links.parent
    }

    /// The first child in the tree.
    pub fn first_child(&self, key: NodeKey) -> Option<NodeKey> {
        self.get(key)?.links.first_child
    }

    /// The sibling after this one.
    pub fn next_sibling(&self, key: NodeKey) -> Option<NodeKey> {
        self.get(key)?.links.next
    }

    /// Parent, grandparent and so on.
    pub fn ancestors(&self, key: NodeKey) -> impl Iterator<Item = (NodeKey, &Process)> + '_ {
        let with_node = move |key: NodeKey| self.get(key).map(|node| (key, node));
        std::iter::successors(self.parent(key).and_then(with_node), move |(key, _)| {
            self.parent(*key).and_then(with_node)
        })
    }

    /// All processes, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (NodeKey, &Process)> {
        self.nodes.iter()
    }

    pub(super) fn get_mut(&mut self, key: NodeKey) -> Option<&mut Process> {
        self.nodes.get_mut(key)
    }

    pub(super) fn living_nodes(&self) -> impl Iterator<Item = (NodeKey, &Process)> {
        self.living.values().filter_map(|&key| Some((key, self.get(key)?)))
    }

    /// Whether nothing is to be kept of a process that is not in the tree: it was, died and was given up, lately, or
    /// there is no room for another living one. Whoever has the pid of a living one needs none: one of the two ends.
    pub(super) fn gave_up(&self, id: ProcessId) -> bool {
        self.given_up.contains(id)
            || (self.living.len() >= LIVING_LIMIT && !self.living.contains_key(&id.pid))
    }

    /// Adds a living process beneath its parent and returns its place. Where another living one has its pid, one of
    /// the two must be ended next.
    pub(super) fn insert(&mut self, id: ProcessId, parent: Option<ProcessId>, birth: Birth) -> NodeKey {
        let mut process = Process::new(id, birth);
        process.parent = parent;
        let key = self.nodes.insert(process);
        self.by_id.insert(id, key);
        self.living.entry(id.pid).or_insert(key);
        self.append_beneath(key, id, parent);
        self.gather_waiting(id, key);
        key
    }

    /// Links `key` as the last child of its parent, or as a root that waits for it.
    fn append_beneath(&mut self, key: NodeKey, id: ProcessId, parent: Option<ProcessId>) {
        let Some(parent) = parent.filter(|&parent| parent != id) else { return self.append(key, None) };
        match self.find(parent) {
            Some(place) => self.append(key, Some(place)),
            None => {
                self.append(key, None);
                self.waiting.push(parent, key);
            }
        }
    }

    /// Those that were told of before their parent move beneath it.
    fn gather_waiting(&mut self, id: ProcessId, parent: NodeKey) {
        let children = self.waiting.take(id);
        if children.is_empty() {
            return;
        }
        let root = self.root_of(parent);
        for child in children {
            // All that wait are roots. Only contradictory events could make a circle; they leave the child where it is.
            if child != root {
                self.unlink(child);
                self.append(child, Some(parent));
            }
        }
    }

    fn root_of(&self, key: NodeKey) -> NodeKey {
        self.ancestors(key).last().map_or(key, |(root, _)| root)
    }

    /// Its parent at the fork turns out to be this one: it was first told of after the parent's death. No parent, or
    /// one among its own descendants, changes nothing.
    pub(super) fn move_beneath(&mut self, key: NodeKey, parent: Option<ProcessId>) {
        let Some(node) = self.get(key) else { return };
        let (id, former, latest) = (node.id, node.parent, node.adopted_by.or(node.parent));
        let Some(parent) = parent.filter(|&parent| Some(parent) != former && parent != id) else { return };
        let place = self.find(parent);
        if place.is_some_and(|place| self.ancestors(place).any(|(ancestor, _)| ancestor == key)) {
            return;
        }
        self.waiting.remove(key);
        self.detach(key);
        if let Some(node) = self.nodes.get_mut(key) {
            node.parent = Some(parent);
            node.adopted_by = latest.filter(|&latest| latest != parent);
        }
        self.append_beneath(key, id, Some(parent));
    }

    /// Takes `key` from its place, and from its parent's numbers.
    fn detach(&mut self, key: NodeKey) {
        self.unlink(key);
        let Some((parent_key, alive)) =
            self.get(key).and_then(|node| Some((node.links.parent?, node.is_alive())))
        else {
            return;
        };
        let Some(parent) = self.nodes.get_mut(parent_key) else { return };
        parent.children = parent.children.saturating_sub(1);
        parent.living_children = parent.living_children.saturating_sub(alive.into());
        self.note_leaf(parent_key);
    }

    /// Queues a dead process that has no child left.
    fn note_leaf(&mut self, key: NodeKey) {
        if self.get(key).is_some_and(|node| !node.is_alive() && node.links.first_child.is_none()) {
            self.dead_leaves.push_back(key);
        }
    }

    /// Links `key` as the last child of `parent`, or as the last root, and counts it there.
    fn append(&mut self, key: NodeKey, parent: Option<NodeKey>) {
        self.link_last(key, parent);
        let alive = self.get(key).is_some_and(Process::is_alive);
        if let Some(parent) = parent.and_then(|parent| self.nodes.get_mut(parent)) {
            parent.children = parent.children.saturating_add(1);
            parent.living_children = parent.living_children.saturating_add(alive.into());
        }
    }

    fn link_last(&mut self, key: NodeKey, parent: Option<NodeKey>) {
        let last = match parent.and_then(|parent| self.nodes.get_mut(parent)) {
            Some(node) => node.links.last_child.replace(key),
            None => self.last_root.replace(key),
        };
        match last.and_then(|last| self.nodes.get_mut(last)) {
            Some(last) => last.links.next = Some(key),
            None => self.set_first(parent, Some(key)),
        }
        if let Some(node) = self.nodes.get_mut(key) {
            node.links.parent = parent;
            node.links.previous = last;
            node.links.next = None;
        }
    }

    fn set_first(&mut self, parent: Option<NodeKey>, first: Option<NodeKey>) {
        match parent.and_then(|parent| self.nodes.get_mut(parent)) {
            Some(node) => node.links.first_child = first,
            None => self.first_root = first,
        }
    }

    fn set_last(&mut self, parent: Option<NodeKey>, last: Option<NodeKey>) {
        match parent.and_then(|parent| self.nodes.get_mut(parent)) {
            Some(node) => node.links.last_child = last,
            None => self.last_root = last,
        }
    }

    fn unlink(&mut self, key: NodeKey) {
        let Some(links) = self.get(key).map(|node| node.links) else { return };
        match links.previous.and_then(|previous| self.nodes.get_mut(previous)) {
            Some(previous) => previous.links.next = links.next,
            None => self.set_first(links.parent, links.next),
        }
        match links.next.and_then(|next| self.nodes.get_mut(next)) {
            Some(next) => next.links.previous = links.previous,
            None => self.set_last(links.parent, links.previous),
        }
    }

    /// Adds an image to the chain of a living process.
    pub(super) fn push_image(&mut self, key: NodeKey, mut run: ImageRun) {
        let Some(node) = self.nodes.get_mut(key).filter(|node| node.is_alive()) else { return };
        if self.texts.is_crowded_by(&run.image) {
            run.image = cut(&run.image);
            while let Some(gone) = node.drop_image() {
                self.texts.release_from_chain(&gone.image);
            }
        }
        self.texts.hold_in_chain(&run.image);
        if let Some(gone) = node.push_image(run) {
            self.texts.release_from_chain(&gone.image);
        }
    }

    /// The image that /proc showed of a living process was not there before the events.
    pub(super) fn forget_listed_image(&mut self, key: NodeKey) {
        let Some(node) = self.nodes.get_mut(key).filter(|node| node.is_alive()) else { return };
        if let Some(listed) = node.images.pop_if(|run| run.since_ns.is_none()) {
            self.texts.release_from_chain(&listed.image);
        }
    }

    /// A living process that was forked just now has its parent's image; false where that is not known.
    pub(super) fn inherit_image(&mut self, key: NodeKey, parent: Option<ProcessId>) -> bool {
        let parent = parent.and_then(|parent| self.get(self.find(parent)?));
        let Some(image) = parent.and_then(|parent| Some(parent.image()?.0.clone())) else { return false };
        let Some(node) = self.nodes.get_mut(key).filter(|node| node.is_alive() && node.inherited.is_none())
        else {
            return false;
        };
        self.texts.hold(&image);
        node.inherited = Some(image);
        true
    }

    /// A process that was forked just now is in its parent's session, unless it is known to be in another one already.
    pub(super) fn inherit_session(&mut self, key: NodeKey, parent: Option<ProcessId>) {
        let session = parent.and_then(|parent| self.get(self.find(parent)?)?.session);
        if let Some(node) = self.nodes.get_mut(key).filter(|node| node.session.is_none()) {
            node.session = session;
        }
    }

    /// Ends a living process; what was seen also takes the place of what was concluded. False when nothing changed.
    pub(super) fn end(&mut self, key: NodeKey, ending: Ending) -> bool {
        let Some(node) = self.nodes.get_mut(key) else { return false };
        if let Some(known) = &mut node.ending {
            let is_better = known.status.is_none() && ending.status.is_some();
            if is_better {
                *known = ending;
            }
            return is_better;
        }
        node.ending = Some(ending);
        node.zombie = false;
        node.search = None;
        self.texts.ended(node);
        let (pid, parent) = (node.id.pid, node.links.parent);
        if self.living.get(&pid) == Some(&key) {
            self.living.remove(&pid);
        }
        if let Some(parent) = parent.and_then(|parent| self.nodes.get_mut(parent)) {
            parent.living_children = parent.living_children.saturating_sub(1);
        }
        self.dead += 1;
        self.dead_order.push_back(key);
        self.note_leaf(key);
        true
    }
}

/// Siblings from one on.
#[derive(Clone)]
pub struct Siblings<'a> {
    tree: &'a Tree,
    next: Option<NodeKey>,
}

impl Iterator for Siblings<'_> {
    type Item = NodeKey;

    fn next(&mut self) -> Option<NodeKey> {
        let key = self.next?;
        self.next = self.tree.next_sibling(key);
        Some(key)
    }
}
