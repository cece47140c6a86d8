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

use std::collections::VecDeque;

use slotmap::SlotMap;

use super::cgroups::Cgroups;
use super::event::{Cgroup, ProcessId};
use super::hash::IdMap;
use super::process::{Birth, Ending, ImageRun, NodeKey, Process};
use super::recent::Recent;
use super::steps::Steps;
use super::texts::{Texts, cut};

mod descendants;
mod eviction;
mod families;
mod journal;
mod waiting;

pub use descendants::Descendants;
use families::Families;
pub(super) use journal::{Journal, Step};
use waiting::Waiting;

/// The most living processes that are kept. Pids would allow for four times as many, machines have far less: only a
/// made-up stream comes here.
pub const LIVING_LIMIT: usize = 1 << 20;

/// The tree.
#[derive(Clone, Debug)]
pub struct Tree {
    nodes: SlotMap<NodeKey, Process>,
    by_id: IdMap<ProcessId, NodeKey>,
    living: IdMap<u32, NodeKey>,
    families: Families,
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
    cgroups: Cgroups,
    journal: Journal,
    steps: Steps,
}

impl Tree {
    /// An empty tree that keeps at most `dead_limit` dead processes and about `text_limit` bytes of arguments.
    pub fn new(dead_limit: usize, text_limit: usize) -> Self {
        Self {
            nodes: SlotMap::with_key(),
            by_id: IdMap::default(),
            living: IdMap::default(),
            families: Families::default(),
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
            journal: Journal::default(),
            steps: Steps::default(),
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
        Siblings { tree: self, next: self.families.first_root() }
    }

    /// The children of a process, oldest first.
    pub fn children(&self, key: NodeKey) -> Siblings<'_> {
        Siblings { tree: self, next: self.first_child(key) }
    }

    /// The place of the parent in the tree.
    pub fn parent(&self, key: NodeKey) -> Option<NodeKey> {
        self.families.parent(&self.get(key)?.links)
    }

    /// The first child in the tree.
    pub fn first_child(&self, key: NodeKey) -> Option<NodeKey> {
        self.families.first_child(&self.get(key)?.links)
    }

    /// How many children it has in the tree; of `None`, how many roots there are.
    pub(super) fn child_count(&self, key: Option<NodeKey>) -> usize {
        self.families.members(key.and_then(|key| self.get(key)).map(|node| &node.links))
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

    #[cfg(test)]
    pub(super) fn steps(&self) -> u64 {
        self.steps.taken()
    }

    /// What happened lately.
    pub(super) fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Whoever asks for this is going to change it.
    pub(super) fn get_mut(&mut self, key: NodeKey) -> Option<&mut Process> {
        let node = self.nodes.get_mut(key)?;
        self.journal.changed(key);
        Some(node)
    }

    pub(super) fn learn_cgroup(&mut self, cgroup: &Cgroup) {
        self.cgroups.learn(cgroup);
        self.journal.push(Step::CgroupLearned);
    }

    /// Those that live, in no order.
    pub(super) fn living_keys(&self) -> impl Iterator<Item = NodeKey> + '_ {
        self.living.values().copied()
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
        let Some(parent) = parent.filter(|&parent| is_older(parent, id)) else {
            return self.append(key, None);
        };
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
        for child in self.waiting.take(id) {
            self.steps.take(1);
            // All that wait are roots.
            self.families.unlink(&mut self.nodes, child);
            self.append(child, Some(parent));
        }
    }

    /// Its parent at the fork turns out to be this one: it was first told of after the parent's death. No parent, or
    /// one that can't be, changes nothing.
    pub(super) fn move_beneath(&mut self, key: NodeKey, parent: Option<ProcessId>) {
        let Some(node) = self.nodes.get_mut(key) else { return };
        self.journal.changed(key);
        let (id, latest) = (node.id, node.adopted_by.or(node.parent));
        let Some(parent) = parent.filter(|&parent| Some(parent) != node.parent && is_older(parent, id))
        else {
            return;
        };
        node.parent = Some(parent);
        node.adopted_by = latest.filter(|&latest| latest != parent);
        self.waiting.remove(key);
        self.detach(key);
        self.append_beneath(key, id, Some(parent));
    }

    /// Takes `key` from its place, and from its parent's numbers.
    fn detach(&mut self, key: NodeKey) {
        let alive = self.get(key).is_some_and(Process::is_alive);
        let Some(parent_key) = self.families.unlink(&mut self.nodes, key) else { return };
        let Some(parent) = self.nodes.get_mut(parent_key) else { return };
        parent.children = parent.children.saturating_sub(1);
        parent.living_children = parent.living_children.saturating_sub(alive.into());
        self.journal.changed(parent_key);
        self.note_leaf(parent_key);
    }

    /// Queues a dead process that has no child left, once.
    fn note_leaf(&mut self, key: NodeKey) {
        let Some(node) = self.nodes.get_mut(key) else { return };
        let is_leaf = !node.is_alive() && self.families.first_child(&node.links).is_none();
        if is_leaf && !std::mem::replace(&mut node.queued, true) {
            self.dead_leaves.push_back(key);
        }
    }

    /// Links `key` as the last child of `parent`, or as the last root, and counts it there.
    fn append(&mut self, key: NodeKey, parent: Option<NodeKey>) {
        self.families.append(&mut self.nodes, key, parent);
        self.journal.push(Step::Placed { key, parent });
        let alive = self.get(key).is_some_and(Process::is_alive);
        if let Some(parent) = parent.and_then(|parent| self.nodes.get_mut(parent)) {
            parent.children = parent.children.saturating_add(1);
            parent.living_children = parent.living_children.saturating_add(alive.into());
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
        self.journal.changed(key);
        if let Some(gone) = node.push_image(run) {
            self.texts.release_from_chain(&gone.image);
        }
    }

    /// The image that /proc showed of a living process was not there before the events.
    pub(super) fn forget_listed_image(&mut self, key: NodeKey) {
        let Some(node) = self.nodes.get_mut(key).filter(|node| node.is_alive()) else { return };
        if let Some(listed) = node.images.pop_if(|run| run.since_ns.is_none()) {
            self.journal.changed(key);
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
        self.journal.changed(key);
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
        self.journal.changed(key);
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
        let (pid, parent) = (node.id.pid, self.families.parent(&node.links));
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

/// Whether `parent` may be one of `child`. The kernel's clock is so coarse while it starts that some of its threads
/// have one start time with the thread that forked them.
fn is_older(parent: ProcessId, child: ProcessId) -> bool {
    (parent.start_ns, parent.pid) < (child.start_ns, child.pid)
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
