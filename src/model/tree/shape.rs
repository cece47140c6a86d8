//! The shape of the whole tree, in the order in which it lies in memory: whoever looks at everybody takes this along, and
//! need not go from one process to the next through all of the memory.

use super::super::node::NodeIndex;
use super::super::process::{NodeKey, Process};
use super::super::store::Interned;
use super::Tree;

/// Where somebody stands. Others are named by their slots (the lower halves of their keys); 0 is nobody.
#[derive(Clone, Copy, Debug)]
pub(in crate::model) struct Standing<'a> {
    /// Who.
    pub(in crate::model) key: NodeKey,
    pub(in crate::model) process: Process<'a>,
    /// Equal for equal comms.
    pub(in crate::model) comm: Option<Interned>,
    pub(in crate::model) parent: u32,
    pub(in crate::model) first_child: u32,
    pub(in crate::model) next_sibling: u32,
}

impl Tree {
    /// Where everybody stands, in no order.
    pub(in crate::model) fn standings(&self) -> impl Iterator<Item = Standing<'_>> {
        let slot = |at: Option<NodeIndex>| at.map_or(0, NodeIndex::number);
        let born = self.nodes.iter().filter(|(_, node)| node.start_ns <= self.at_ns);
        born.map(move |(at, node)| {
            let process = Process::new(self, node, self.at_ns);
            Standing {
                key: self.nodes.key(at),
                process,
                comm: process.held_comm(),
                parent: slot(self.families.parent(&node.links)),
                first_child: slot(self.first_born(self.families.first_child(&node.links))),
                next_sibling: slot(self.first_born(node.links.next)),
            }
        })
    }

    /// The first of these siblings who is born at the instant that is looked at.
    fn first_born(&self, from: Option<NodeIndex>) -> Option<NodeIndex> {
        let mut siblings = std::iter::successors(from, |&at| self.nodes.get(at)?.links.next);
        siblings.find(|&at| self.nodes.get(at).is_some_and(|node| node.start_ns <= self.at_ns))
    }
}
