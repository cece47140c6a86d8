//! The dead in the order in which they go. Each is in one of two queues, so one pair of links does.

use super::super::node::{NodeIndex, Nodes, QueueLinks, flag};

/// A queue, of which anybody can be taken out.
#[derive(Clone, Debug)]
pub(super) struct Queue {
    first: Option<NodeIndex>,
    last: Option<NodeIndex>,
    /// Set of those that are in it.
    flag: u16,
}

impl Queue {
    /// For the dead without children.
    pub(super) const fn leaves() -> Self {
        Self { first: None, last: None, flag: flag::LEAF }
    }

    /// For the others.
    pub(super) const fn inner() -> Self {
        Self { first: None, last: None, flag: flag::INNER }
    }

    /// The first one who is not `about`.
    pub(super) fn first_but(&self, nodes: &Nodes, about: Option<NodeIndex>) -> Option<NodeIndex> {
        match self.first {
            first if first.is_some() && first == about => nodes.get(first?)?.queue.next,
            first => first,
        }
    }

    /// Adds one who is in no queue.
    pub(super) fn push(&mut self, nodes: &mut Nodes, at: NodeIndex) {
        let last = self.last.replace(at);
        self.first.get_or_insert(at);
        if let Some(node) = nodes.get_mut(at) {
            node.queue = QueueLinks { previous: last, next: None };
            node.set(self.flag, true);
        }
        if let Some(last) = last.and_then(|last| nodes.get_mut(last)) {
            last.queue.next = Some(at);
        }
    }

    /// Takes one out; false if it is not in this queue.
    pub(super) fn remove(&mut self, nodes: &mut Nodes, at: NodeIndex) -> bool {
        let Some(node) = nodes.get_mut(at).filter(|node| node.has(self.flag)) else { return false };
        node.set(self.flag, false);
        let QueueLinks { previous, next } = std::mem::take(&mut node.queue);
        match previous.and_then(|previous| nodes.get_mut(previous)) {
            Some(previous) => previous.queue.next = next,
            None => self.first = next,
        }
        match next.and_then(|next| nodes.get_mut(next)) {
            Some(next) => next.queue.previous = previous,
            None => self.last = previous,
        }
        true
    }
}
