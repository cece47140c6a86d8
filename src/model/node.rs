//! A process as it lies in memory: there may be a million dead ones, so what most have is small, and what few have lies
//! elsewhere.

use std::num::NonZeroU32;

use slotmap::{Key, KeyData};

use super::event::{Killer, ProcessId};
use super::packed::INLINE;
use super::process::{Birth, Folded, NodeKey};
use super::store::{ImageIndex, Interned};

/// Where a process is, as long as it is there: a [`NodeKey`] without its generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct NodeIndex(NonZeroU32);

/// Where something is that belongs to a process: what it has beside what all have, its family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SideIndex(NonZeroU32);

/// The children of one process, or the roots.
pub(super) type FamilyIndex = SideIndex;

impl NodeIndex {
    pub(super) fn new(number: u32) -> Option<Self> {
        NonZeroU32::new(number).map(Self)
    }

    pub(super) fn number(self) -> u32 {
        self.0.get()
    }
}

impl SideIndex {
    pub(super) fn new(number: u32) -> Self {
        Self(NonZeroU32::MIN.saturating_add(number))
    }

    pub(super) fn number(self) -> u32 {
        self.0.get() - 1
    }
}

/// One bit for each.
pub(super) mod flag {
    pub(in crate::model) const PARENT: u16 = 1;
    pub(in crate::model) const INNER_PID: u16 = 1 << 1;
    pub(in crate::model) const ZOMBIE: u16 = 1 << 2;
    pub(in crate::model) const DEAD: u16 = 1 << 3;
    /// How it ended is known.
    pub(in crate::model) const STATUS: u16 = 1 << 4;
    pub(in crate::model) const CPU_PARTIAL: u16 = 1 << 5;
    /// The costs lie with what few have.
    pub(in crate::model) const WIDE: u16 = 1 << 6;
    /// The first image's beginning is not known.
    pub(in crate::model) const SINCE_UNKNOWN: u16 = 1 << 7;
    /// It lies with what few have.
    pub(in crate::model) const SINCE_WIDE: u16 = 1 << 8;
    /// In the queue of the dead without children.
    pub(in crate::model) const LEAF: u16 = 1 << 9;
    /// In the queue of the other dead.
    pub(in crate::model) const INNER: u16 = 1 << 10;
    pub(in crate::model) const FORKED: u16 = 1 << 11;
    pub(in crate::model) const UNSEEN: u16 = 1 << 12;
}

/// What is kept of each process.
#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    pub(super) start_ns: u64,
    /// When it ended. While it lives, the number of the latest list that named it.
    pub(super) end_ns: u64,
    pub(super) parent_start_ns: u64,
    /// Its living children in the lowest 22 bits (there are no more pids), all of them ever in the others.
    children: u64,
    pub(super) pid: u32,
    pub(super) parent_pid: u32,
    pub(super) inner_pid: u32,
    pub(super) comm: Option<Interned>,
    pub(super) place: Option<Interned>,
    pub(super) links: Links,
    pub(super) queue: QueueLinks,
    pub(super) inherited: Option<ImageIndex>,
    /// The first of its exec chain.
    pub(super) image: Option<ImageIndex>,
    /// The comm that it gave.
    pub(super) image_comm: Option<Interned>,
    /// Nanoseconds from the start to the first exec.
    pub(super) image_after_ns: u32,
    pub(super) status: u32,
    pub(super) extra: Option<SideIndex>,
    /// Odd while somebody is here; each who comes has another one.
    pub(super) generation: u32,
    pub(super) flags: u16,
    pub(super) costs: [u8; INLINE],
}

/// A million of them make the difference.
const _: () = assert!(size_of::<Node>() == 136);

/// The places around a process in the tree.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Links {
    /// The family that it is a child of.
    pub(super) family: Option<FamilyIndex>,
    pub(super) previous: Option<NodeIndex>,
    pub(super) next: Option<NodeIndex>,
    /// The family of its children, since there was one.
    pub(super) own: Option<FamilyIndex>,
}

/// The places around a dead process in its queue.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct QueueLinks {
    pub(super) previous: Option<NodeIndex>,
    pub(super) next: Option<NodeIndex>,
}

const LIVING_BITS: u32 = 22;
const LIVING_MASK: u64 = (1 << LIVING_BITS) - 1;

impl Node {
    pub(super) fn new(id: ProcessId, comm: Interned, place: Interned) -> Self {
        let ProcessId { pid, start_ns } = id;
        Self { pid, start_ns, comm: Some(comm), place: Some(place), ..Self::default() }
    }

    pub(super) const fn id(&self) -> ProcessId {
        ProcessId::new(self.pid, self.start_ns)
    }

    pub(super) const fn has(&self, flag: u16) -> bool {
        self.flags & flag != 0
    }

    pub(super) const fn set(&mut self, flag: u16, is_set: bool) {
        if is_set {
            self.flags |= flag;
        } else {
            self.flags &= !flag;
        }
    }

    pub(super) const fn is_alive(&self) -> bool {
        !self.has(flag::DEAD)
    }

    /// Whether it had not ended by an instant; `u64::MAX` is now.
    pub(super) const fn is_alive_at(&self, at_ns: u64) -> bool {
        self.is_alive() || self.end_ns > at_ns
    }

    pub(super) fn parent(&self) -> Option<ProcessId> {
        self.has(flag::PARENT).then(|| ProcessId::new(self.parent_pid, self.parent_start_ns))
    }

    pub(super) fn set_parent(&mut self, parent: Option<ProcessId>) {
        let id = parent.unwrap_or_default();
        (self.parent_pid, self.parent_start_ns) = (id.pid, id.start_ns);
        self.set(flag::PARENT, parent.is_some());
    }

    pub(super) const fn birth(&self) -> Birth {
        match self.flags & (flag::FORKED | flag::UNSEEN) {
            flag::FORKED => Birth::Forked,
            flag::UNSEEN => Birth::Unseen,
            _ => Birth::Snapshot,
        }
    }

    pub(super) fn set_birth(&mut self, birth: Birth) {
        self.set(flag::FORKED, birth == Birth::Forked);
        self.set(flag::UNSEEN, birth == Birth::Unseen);
    }

    pub(super) fn set_inner_pid(&mut self, inner_pid: Option<u32>) {
        self.inner_pid = inner_pid.unwrap_or(0);
        self.set(flag::INNER_PID, inner_pid.is_some());
    }

    pub(super) const fn children(&self) -> u64 {
        self.children >> LIVING_BITS
    }

    pub(super) const fn living_children(&self) -> u32 {
        (self.children & LIVING_MASK) as u32
    }

    /// Counts children that came, so many of them living.
    pub(super) fn add_children(&mut self, count: u64, living: u32) {
        let ever = self.children().saturating_add(count).min(u64::MAX >> LIVING_BITS);
        let living = u64::from(self.living_children()).saturating_add(living.into()).min(LIVING_MASK);
        self.children = ever << LIVING_BITS | living;
    }

    /// Counts a child that went elsewhere.
    pub(super) fn remove_child(&mut self, alive: bool) {
        self.children = self.children().saturating_sub(1) << LIVING_BITS | self.children & LIVING_MASK;
        if alive {
            self.child_ended();
        }
    }

    pub(super) const fn child_ended(&mut self) {
        if self.children & LIVING_MASK > 0 {
            self.children -= 1;
        }
    }
}

/// An image after the first one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    pub(super) since_ns: Option<u64>,
    pub(super) comm: Interned,
    pub(super) image: ImageIndex,
}

/// What some processes have.
#[derive(Clone, Debug, Default)]
pub(super) struct Extra {
    pub(super) adopted_by: Option<ProcessId>,
    /// The images after the first one.
    pub(super) later: Vec<Run>,
    pub(super) images_dropped: u32,
    pub(super) failed_execs: u32,
    pub(super) rare: Option<SideIndex>,
}

/// What few processes have.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Rare {
    pub(super) forked_by: Option<ProcessId>,
    pub(super) killed_by: Option<Killer>,
    pub(super) search: Option<Search>,
    pub(super) folded: Folded,
    pub(super) first_since_ns: u64,
    pub(super) costs: Box<[u8]>,
}

/// A program is looked for in one place after the other, as PATH has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Search {
    /// The line of the log that tells of it.
    pub(super) line: u64,
    /// When the first place was tried, boot clock.
    pub(super) first_ns: u64,
    /// When the latest one was.
    pub(super) latest_ns: u64,
}

impl Extra {
    /// Nothing is lost without it.
    pub(super) fn is_empty(&self) -> bool {
        let Self { adopted_by, later, images_dropped, failed_execs, rare } = self;
        adopted_by.is_none()
            && later.is_empty()
            && *images_dropped == 0
            && *failed_execs == 0
            && rare.is_none()
    }
}

/// The processes that are kept, each at a place of its own. Places are given out again, keys are not.
#[derive(Clone, Debug)]
pub(super) struct Nodes {
    /// The first one is nobody's: no index is 0.
    nodes: Vec<Node>,
    free: Option<NodeIndex>,
    len: usize,
}

impl Default for Nodes {
    fn default() -> Self {
        Self { nodes: vec![Node::default()], free: None, len: 0 }
    }
}

impl Nodes {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn insert(&mut self, node: Node) -> Option<NodeIndex> {
        self.len += 1;
        if let Some(index) = self.free
            && let Some(place) = self.nodes.get_mut(index.number() as usize)
        {
            self.free = place.links.next;
            *place = Node { generation: place.generation.wrapping_add(1), ..node };
            return Some(index);
        }
        self.nodes.push(Node { generation: 1, ..node });
        NodeIndex::new(u32::try_from(self.nodes.len() - 1).ok()?)
    }

    pub(super) fn remove(&mut self, index: NodeIndex) -> Option<Node> {
        let place = self.nodes.get_mut(index.number() as usize).filter(|node| node.generation % 2 == 1)?;
        self.len -= 1;
        let node = place.clone();
        place.generation = place.generation.wrapping_add(1);
        place.links.next = self.free.replace(index);
        Some(node)
    }

    /// Somebody who is there.
    pub(super) fn get(&self, index: NodeIndex) -> Option<&Node> {
        self.nodes.get(index.number() as usize)
    }

    pub(super) fn get_mut(&mut self, index: NodeIndex) -> Option<&mut Node> {
        self.nodes.get_mut(index.number() as usize)
    }

    /// The index of a key, while that process is kept.
    pub(super) fn index(&self, key: NodeKey) -> Option<NodeIndex> {
        let key = key.data().as_ffi();
        let index = NodeIndex::new((key & u64::from(u32::MAX)) as u32)?;
        self.get(index).filter(|node| u64::from(node.generation) == key >> 32)?;
        Some(index)
    }

    /// The key of somebody who is there.
    pub(super) fn key(&self, index: NodeIndex) -> NodeKey {
        let generation = self.get(index).map_or(0, |node| node.generation);
        KeyData::from_ffi(u64::from(generation) << 32 | u64::from(index.number())).into()
    }

    /// The numbers of all that are or were there are below this one.
    pub(super) fn slots(&self) -> u32 {
        u32::try_from(self.nodes.len()).unwrap_or(u32::MAX)
    }

    /// Who is there, by the number alone.
    pub(super) fn at_slot(&self, slot: u32) -> Option<NodeIndex> {
        let index = NodeIndex::new(slot)?;
        self.get(index).filter(|node| node.generation % 2 == 1)?;
        Some(index)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (NodeIndex, &Node)> {
        let there = self.nodes.iter().zip(0..).filter(|(node, _)| node.generation % 2 == 1);
        there.filter_map(|(node, number)| Some((NodeIndex::new(number)?, node)))
    }
}
