//! Where rows have gone when there are others.

use rustc_hash::FxHashMap;

use crate::model::process::NodeKey;
use crate::model::view::{Row, Rows};

/// Finds rows by process; the index of them is made when it is first needed.
pub(super) struct Places<'a> {
    rows: &'a [Row],
    index: Option<FxHashMap<NodeKey, usize>>,
}

impl<'a> Places<'a> {
    pub(super) fn new(rows: &'a Rows) -> Self {
        Self { rows: rows.as_slice(), index: None }
    }

    pub(super) fn of(&mut self, key: NodeKey) -> Option<usize> {
        let make = || self.rows.iter().enumerate().map(|(index, row)| (row.key, index)).collect();
        self.index.get_or_insert_with(make).get(&key).copied()
    }

    /// Where that of the former rows is now that was nearest to `at`.
    pub(super) fn nearest(&mut self, former: &[Row], at: usize) -> Option<usize> {
        // Mostly it is still where it was.
        let here = former.get(at)?.key;
        if self.rows.get(at).is_some_and(|row| row.key == here) {
            return Some(at);
        }
        if let Some(index) = self.of(here) {
            return Some(index);
        }
        let below = former.get(at + 1..).unwrap_or_default().iter();
        let mut above = former.get(..at).unwrap_or_default().iter().rev();
        for row in below {
            if let Some(index) = self.of(row.key) {
                return Some(index);
            }
            if let Some(index) = above.next().and_then(|row| self.of(row.key)) {
                return Some(index);
            }
        }
        above.find_map(|row| self.of(row.key))
    }
}
