//! What a filter said of processes of which it will say so again.

use slotmap::SecondaryMap;

use super::filter::Filter;
use super::process::{NodeKey, Process};
use super::subject::ProcessSubject;
use super::tree::Tree;
use super::view::Criteria;

/// The verdicts. There are far more dead than living, and of most dead nothing new will be told.
#[derive(Debug, Default)]
pub(super) struct Verdicts {
    filter: Filter,
    settled: SecondaryMap<NodeKey, bool>,
}

impl Verdicts {
    /// Forgets what another filter said.
    pub(super) fn begin(&mut self, filter: &Filter) {
        if !self.filter.is_same(filter) {
            *self = Self { filter: filter.clone(), settled: SecondaryMap::new() };
        }
    }

    pub(super) fn shows(
        &mut self,
        tree: &Tree,
        criteria: &Criteria,
        now_ns: u64,
        key: NodeKey,
        process: Process<'_>,
    ) -> bool {
        if !criteria.admits(process, now_ns) {
            return false;
        }
        if self.filter.is_empty() {
            return true;
        }
        if let Some(&verdict) = self.settled.get(key) {
            return verdict;
        }
        let verdict = self.filter.matches(&ProcessSubject::new(tree, key, process, now_ns));
        if process.is_settled() && !self.filter.asks_for_others() {
            self.settled.insert(key, verdict);
        }
        verdict
    }
}
