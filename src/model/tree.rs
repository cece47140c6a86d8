//! The process tree: who came from whom, the dead among them.
//!
//! Processes are found by identity, so that a reused pid is another process. A process stays where it was born when its
//! parent dies. The dead are kept up to a limit; then the oldest dead leaf goes first and its numbers are folded into
//! its parent. Where only dead with living descendants are left (a chain in which each forks the next and dies), the
//! oldest of those goes and its children move up one place.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;
use slotmap::SlotMap;

use super::event::{Image, ProcessId};
use super::process::{Birth, Ending, Folded, ImageRun, NodeKey, Process};

/// The tree.
#[derive(Clone, Debug)]
pub struct Tree {
    nodes: SlotMap<NodeKey, Process>,
    by_id: FxHashMap<ProcessId, NodeKey>,
    living: FxHashMap<u32, NodeKey>,
    first_root: Option<NodeKey>,
    last_root: Option<NodeKey>,
    /// Those whose parent is not known (yet), by that parent.
    waiting: FxHashMap<ProcessId, Vec<NodeKey>>,
    dead_limit: usize,
    text_limit: i64,
    text_bytes: i64,
    dead: usize,
    /// Dead without children, in the order in which they became that; checked when taken.
    dead_leaves: VecDeque<NodeKey>,
    /// All dead in the order of their ends; checked when taken.
    dead_order: VecDeque<NodeKey>,
    evicted: u64,
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
            waiting: FxHashMap::default(),
            dead_limit,
            text_limit: i64::try_from(text_limit).unwrap_or(i64::MAX),
            text_bytes: 0,
            dead: 0,
            dead_leaves: VecDeque::new(),
            dead_order: VecDeque::new(),
            evicted: 0,
        }
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

    pub(super) fn living_keys(&self) -> Vec<NodeKey> {
        self.living.values().copied().collect()
    }

    /// Adds a living process beneath its parent and returns its place; the pid's former owner must have ended.
    pub(super) fn insert(&mut self, id: ProcessId, parent: Option<ProcessId>, birth: Birth) -> NodeKey {
        let mut process = Process::new(id, birth);
        process.parent = parent;
        let key = self.nodes.insert(process);
        self.by_id.insert(id, key);
        self.living.insert(id.pid, key);
        match parent.filter(|&parent| parent != id) {
            None => self.append(key, None),
            Some(parent) => match self.find(parent) {
                Some(place) => self.append(key, Some(place)),
                None => {
                    self.append(key, None);
                    self.waiting.entry(parent).or_default().push(key);
                }
            },
        }
        self.gather_waiting(id, key);
        key
    }

    /// Those that were told of before their parent move beneath it.
    fn gather_waiting(&mut self, id: ProcessId, parent: NodeKey) {
        for child in self.waiting.remove(&id).unwrap_or_default() {
            // Only contradictory events could make a circle; they leave the child where it is.
            let circle = child == parent || self.ancestors(parent).any(|(ancestor, _)| ancestor == child);
            if !circle && self.nodes.contains_key(child) {
                self.unlink(child);
                self.append(child, Some(parent));
            }
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

    pub(super) fn push_image(&mut self, key: NodeKey, run: ImageRun) {
        if let Some(node) = self.nodes.get_mut(key) {
            self.text_bytes = self.text_bytes.saturating_add(node.push_image(run));
        }
    }

    /// The image that a child of this process inherits.
    pub(super) fn image_of(&self, id: ProcessId) -> Option<std::sync::Arc<Image>> {
        Some(self.get(self.find(id)?)?.image()?.0.clone())
    }

    /// Ends a living process; false when it had ended before.
    pub(super) fn end(&mut self, key: NodeKey, ending: Ending) -> bool {
        let Some(node) = self.nodes.get_mut(key).filter(|node| node.is_alive()) else { return false };
        node.ending = Some(ending);
        node.zombie = false;
        let (pid, parent, leaf) = (node.id.pid, node.links.parent, node.links.first_child.is_none());
        if self.living.get(&pid) == Some(&key) {
            self.living.remove(&pid);
        }
        if let Some(parent) = parent.and_then(|parent| self.nodes.get_mut(parent)) {
            parent.living_children = parent.living_children.saturating_sub(1);
        }
        self.dead += 1;
        self.dead_order.push_back(key);
        if leaf {
            self.dead_leaves.push_back(key);
        }
        true
    }

    /// Gives up dead until the limits hold.
    pub(super) fn enforce_limits(&mut self) {
        while self.dead > self.dead_limit || (self.text_bytes > self.text_limit && self.dead > 0) {
            if !self.evict_oldest_leaf() && !self.evict_oldest_dead() {
                break;
            }
        }
        if self.dead_order.len() > self.dead * 2 + 1024 {
            let nodes = &self.nodes;
            self.dead_order.retain(|&key| nodes.contains_key(key));
        }
    }

    fn evict_oldest_leaf(&mut self) -> bool {
        while let Some(key) = self.dead_leaves.pop_front() {
            let is_dead_leaf = |node: &Process| !node.is_alive() && node.links.first_child.is_none();
            if self.get(key).is_some_and(is_dead_leaf) {
                self.evict(key);
                return true;
            }
        }
        false
    }

    fn evict_oldest_dead(&mut self) -> bool {
        while let Some(key) = self.dead_order.pop_front() {
            if self.get(key).is_some_and(|node| !node.is_alive()) {
                self.evict(key);
                return true;
            }
        }
        false
    }

    /// Removes a dead process; its numbers go to its parent, its children (if any) move up to its place's parent.
    fn evict(&mut self, key: NodeKey) {
        let parent = self.parent(key);
        let children: Vec<_> = self.children(key).collect();
        self.unlink(key);
        for &child in &children {
            self.link_last(child, parent);
        }
        let Some(node) = self.nodes.remove(key) else { return };
        self.by_id.remove(&node.id);
        self.forget_waiting(&node, key);
        self.text_bytes = self.text_bytes.saturating_sub(node.text_bytes());
        self.dead -= 1;
        self.evicted += 1;
        let Some(parent_key) = parent else { return };
        let Some(parent) = self.nodes.get_mut(parent_key) else { return };
        parent.folded.add(&folded_with(&node));
        parent.children = parent.children.saturating_add(children.len() as u64);
        parent.living_children = parent.living_children.saturating_add(node.living_children);
        if !parent.is_alive() && parent.links.first_child.is_none() {
            self.dead_leaves.push_back(parent_key);
        }
    }

    fn forget_waiting(&mut self, node: &Process, key: NodeKey) {
        let Some(parent) = node.parent else { return };
        if let Some(waiting) = self.waiting.get_mut(&parent) {
            waiting.retain(|&other| other != key);
            if waiting.is_empty() {
                self.waiting.remove(&parent);
            }
        }
    }
}

/// What a process leaves behind when it is given up: itself and what was folded into it.
fn folded_with(node: &Process) -> Folded {
    let mut sum = node.folded;
    if let Some(ending) = &node.ending {
        sum.add(&Folded {
            processes: 1,
            failed: ending.failed().into(),
            cpu_ns: ending.cpu_ns,
            max_rss_bytes: ending.max_rss_bytes,
        });
    }
    sum
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
