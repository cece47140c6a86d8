//! The rows at a moment: the living and the dead in one order.

use std::cmp::Ordering;

use super::Rows;
use super::sorted::Row;

/// Rows at a moment.
pub(super) struct Merged<'a> {
    rows: &'a Rows,
    now_ns: u64,
}

impl<'a> Merged<'a> {
    pub(super) fn new(rows: &'a Rows, now_ns: u64) -> Self {
        Self { rows, now_ns }
    }

    /// Whether the row of a living process comes before that of a dead one: it has lived longer.
    fn is_before(&self, living: &Row, dead: &Row) -> bool {
        let age_ns = i128::from(self.now_ns) - i128::from(living.rank);
        let life_ns = i128::from(!dead.rank);
        life_ns.cmp(&age_ns).then_with(|| living.by_age(dead)) == Ordering::Less
    }

    /// The `index`-th row.
    pub(super) fn get(&self, index: usize) -> Option<Row> {
        let Rows { living, others: dead, .. } = self.rows;
        // So many of the rows before it are those of the living.
        let (mut least, mut most) = (index.saturating_sub(dead.len()), index.min(living.len()));
        while least < most {
            let middle = least.midpoint(most);
            let goes_first = match (living.get(middle), dead.get(index - middle - 1)) {
                (Some(living), Some(dead)) => self.is_before(&living, &dead),
                (living, _) => living.is_some(),
            };
            if goes_first {
                least = middle + 1;
            } else {
                most = middle;
            }
        }
        match (living.get(least), dead.get(index - least)) {
            (Some(living), Some(dead)) if !self.is_before(&living, &dead) => Some(dead),
            (living, dead) => living.or(dead),
        }
    }

    /// Which row a process has.
    pub(super) fn position(&self, slot: u32) -> Option<usize> {
        let Rows { living, others: dead, .. } = self.rows;
        if let Some(row) = living.row(slot) {
            return Some(living.position(slot)? + dead.count_while(|dead| !self.is_before(&row, dead)));
        }
        let row = dead.row(slot)?;
        Some(dead.position(slot)? + living.count_while(|living| self.is_before(living, &row)))
    }
}
