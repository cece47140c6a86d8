//! Where rows have gone when there are others.

use std::ops::Range;

use crate::model::view::{Node, Outline};

/// Rows as they were, as many as are needed to find a neighbour of one that has gone.
#[derive(Debug, Default)]
pub(super) struct Places {
    first: usize,
    nodes: Vec<Node>,
}

impl Places {
    /// The rows around one: so many before and behind it.
    pub(super) fn around(rows: &Outline, at: usize, reach: usize) -> Self {
        let wanted: Range<usize> = at.saturating_sub(reach)..at.saturating_add(reach + 1);
        Self { first: wanted.start, nodes: rows.nodes(wanted) }
    }

    /// Where that of the former rows is now that was nearest to `at`.
    pub(super) fn nearest(&self, rows: &Outline, at: usize) -> Option<usize> {
        let at = at.checked_sub(self.first)?;
        let find = |index: usize| self.nodes.get(index).and_then(|&node| rows.position(node));
        let by_distance = (0..self.nodes.len()).flat_map(|by| [Some(at + by), at.checked_sub(by)]);
        by_distance.flatten().find_map(find)
    }
}
