//! The shape of the whole tree, slot by slot as it lies in memory: whoever looks at everybody takes this along, and need
//! not go from one process to the next through all of the memory.

use super::super::node::NodeIndex;
use super::super::process::{NodeKey, Process};
use super::Tree;

/// Where somebody stands. Others are named by their slots (the lower halves of their keys); 0 is nobody.
#[derive(Clone, Copy, Debug)]
pub(in crate::model) struct Standing<'a> {
    /// Who.
    pub(in crate::model) key: NodeKey,
    /// `None` of those that were born after the instant that is looked at.
    pub(in crate::model) process: Option<Process<'a>>,
    pub(in crate::model) parent: u32,
    pub(in crate::model) first_child: u32,
    pub(in crate::model) next_sibling: u32,
}

impl Tree {
    /// Where whoever has a slot stands, the unborn included: they are among the siblings of others.
    pub(in crate::model) fn standing(&self, slot: u32) -> Option<Standing<'_>> {
        let slot_of = |at: Option<NodeIndex>| at.map_or(0, NodeIndex::number);
        let at = self.nodes.at_slot(slot)?;
        let node = self.nodes.get(at)?;
        Some(Standing {
            key: self.nodes.key(at),
            process: self.is_born(node.id()).then(|| Process::new(self, node, self.at_ns)),
            parent: slot_of(self.families.parent(&node.links)),
            first_child: slot_of(self.families.first_child(&node.links)),
            next_sibling: slot_of(node.links.next),
        })
    }
}
