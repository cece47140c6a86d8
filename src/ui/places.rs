//! Where rows have gone when there are others.

use std::ops::Range;

use crate::model::process::NodeKey;
use crate::model::view::Outline;

/// Rows as they were, as many as are needed to find a neighbour of one that has gone.
#[derive(Debug, Default)]
pub(super) struct Places {
    first: usize,
    keys: Vec<NodeKey>,
}

impl Places {
    /// The rows around one: so many before and behind it.
    pub(super) fn around(rows: &Outline, at: usize, reach: usize) -> Self {
        let wanted: Range<usize> = at.saturating_sub(reach)..at.saturating_add(reach + 1);
        Self { first: wanted.start, keys: rows.keys(wanted) }
    }

    /// Where that of the former rows is now that was nearest to `at`.
    pub(super) fn nearest(&self, rows: &Outline, at: usize) -> Option<usize> {
        let at = at.checked_sub(self.first)?;
        let find = |index: usize| self.keys.get(index).and_then(|&key| rows.position(key));
        let by_distance = (0..self.keys.len()).flat_map(|by| [Some(at + by), at.checked_sub(by)]);
        by_distance.flatten().find_map(find)
    }
}
