//! The rows of a window.

use std::ops::Range;

use super::super::process::NodeKey;
use super::super::tree::Tree;
use super::Outline;
use super::groups::GroupKey;
use super::mark::{Id, Kind};
use super::sequence::{FOLDED, MATCHED, TRANSPARENT};
use super::{slot_at, slot_of};

/// Whose row it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Node {
    /// A process.
    Process(NodeKey),
    /// Several in one.
    Group(GroupKey),
}

impl From<NodeKey> for Node {
    fn from(key: NodeKey) -> Self {
        Node::Process(key)
    }
}

impl From<GroupKey> for Node {
    fn from(key: GroupKey) -> Self {
        Node::Group(key)
    }
}

/// A row of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Whose row.
    pub of: Node,
    /// Its distance from the root, in generations.
    pub depth: u16,
    /// It matches; a row that does not is there for a descendant's sake (which may be folded away) and is shown dimmed.
    pub matched: bool,
    /// What is beneath it is folded away.
    pub folded: bool,
    /// It has children in the tree, be they shown or not; or it is a group.
    pub parental: bool,
    /// Bit n: beneath this row the line of generation n goes on. Generations beyond 63 have none.
    pub guides: u64,
}

impl Outline {
    /// The rows with these numbers, as far as there are any. Takes time in proportion to how many they are.
    pub fn rows(&self, tree: &Tree, wanted: Range<usize>) -> Vec<Row> {
        let seen = self.seen(wanted);
        let mut rows: Vec<Row> = seen.iter().filter_map(|&(id, depth)| self.row(tree, id, depth)).collect();
        let below = seen.last().map_or(0, |&(id, depth)| self.lines_beneath(id, depth));
        draw_guides(&mut rows, below);
        rows
    }

    /// Whose rows these are, each with its depth.
    fn seen(&self, wanted: Range<usize>) -> Vec<(Id, u32)> {
        let mut seen = Vec::new();
        let (mut at, end) = (wanted.start, wanted.end.min(self.len()));
        while at < end {
            // The first of all is the whole, which is no row.
            let Some((first, ids)) = self.sequence.rows_around(at + 1) else { break };
            let taken = ids.into_iter().skip((at + 1).saturating_sub(first)).take(end - at);
            seen.extend(taken.map(|(id, depth)| (id, depth.saturating_sub(1))));
            let reached = wanted.start + seen.len();
            if reached == at {
                break;
            }
            at = reached;
        }
        seen
    }

    /// The row with this number.
    pub fn row_at(&self, tree: &Tree, index: usize) -> Option<Row> {
        self.rows(tree, index..index.checked_add(1)?).pop()
    }

    /// The first row that matches, or into which the first match is folded.
    pub fn first_match(&self) -> Option<usize> {
        self.nearest(self.key_of(self.sequence.first_matched()?)?)
    }

    /// Whose the rows with these numbers are.
    pub fn nodes(&self, wanted: Range<usize>) -> Vec<Node> {
        self.seen(wanted).into_iter().filter_map(|(id, _)| self.node_of(id)).collect()
    }

    /// Beneath whom a process or a group stands.
    pub fn parent_of(&self, tree: &Tree, node: Node) -> Option<Node> {
        let of_process = |key: NodeKey| {
            let class = self.class_of(slot_of(key));
            let is_seen = self.is_formed(class) && !self.sequence.has(Id::group(class), TRANSPARENT);
            let group = self.key_of_group(class).filter(|_| is_seen).map(Node::Group);
            group.or_else(|| tree.parent(key).map(Node::Process))
        };
        match node {
            Node::Group(GroupKey::Alike { parent, .. }) => parent.map(Node::Process),
            Node::Group(GroupKey::Chain { top }) => of_process(top),
            Node::Process(key) => {
                let chain =
                    self.groups.chains.get(&slot_of(key)).and_then(|&number| self.key_of_group(number));
                chain.map(Node::Group).or_else(|| of_process(key))
            }
        }
    }

    fn node_of(&self, id: Id) -> Option<Node> {
        if id.is_group() {
            return self.key_of_group(slot_at(id.index())).map(Node::Group);
        }
        self.key_of(id).map(Node::Process)
    }

    fn row(&self, tree: &Tree, id: Id, depth: u32) -> Option<Row> {
        let of = self.node_of(id)?;
        let (matched, parental) = match of {
            Node::Process(key) => (self.sequence.has(id, MATCHED), tree.first_child(key).is_some()),
            Node::Group(_) => (self.is_matched_group(slot_at(id.index())), true),
        };
        Some(Row {
            of,
            depth: u16::try_from(depth).unwrap_or(u16::MAX),
            matched,
            folded: parental && self.sequence.has(id, FOLDED),
            parental,
            guides: 0,
        })
    }

    /// A chain that is seen has a match in it.
    fn is_matched_group(&self, number: u32) -> bool {
        self.groups.get(number).is_some_and(|group| group.top.is_some() || group.stats.matched > 0)
    }

    /// Bit n: beneath the row, which stands so deep, comes another one of generation n under the same parent.
    fn lines_beneath(&self, id: Id, depth: u32) -> u64 {
        let Some(mut place) = self.sequence.after(Kind::Close, id) else { return 0 };
        let mut lines = 0;
        let mut depth = depth;
        if depth > 63 {
            match self.sequence.beyond(place, depth - 63) {
                Some(above) => (place, depth) = (above, 63),
                None => return 0,
            }
        }
        loop {
            // What lies behind begins with later siblings; each close leads to those of the next generation above.
            let behind = self.sequence.behind(place);
            let Some(generation) = depth.checked_sub(behind.closes_first).filter(|_| behind.matched > 0)
            else {
                return lines;
            };
            lines |= 1u64.checked_shl(generation).unwrap_or(0);
            let Some(above) = self.sequence.beyond(place, behind.closes_first + 1) else { return lines };
            let Some(above_depth) = generation.checked_sub(1) else { return lines };
            (place, depth) = (above, above_depth);
        }
    }
}

/// From the bottom up: a line goes on in a generation while there is a later row of it under the same parent.
fn draw_guides(rows: &mut [Row], beneath: u64) {
    let mut below = beneath;
    for row in rows.iter_mut().rev() {
        let depth = u32::from(row.depth);
        let deeper = u64::MAX.checked_shl(depth + 1).unwrap_or(0);
        below &= !deeper;
        row.guides = below;
        below |= 1u64.checked_shl(depth).unwrap_or(0);
    }
}
