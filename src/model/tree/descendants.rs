//! What all descendants of a process come to together.

use super::super::process::{Folded, NodeKey};
use super::Tree;

/// The sums over the descendants of a process, those that are no longer kept among them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Descendants {
    /// How many live.
    pub living: u64,
    /// Those that have ended: costs are known only of them.
    pub ended: Folded,
    /// How many of those that have ended are no longer kept.
    pub gone: u64,
}

impl Tree {
    /// Sums up the descendants of a process. Takes time in proportion to those that are kept.
    pub fn descendants(&self, top: NodeKey) -> Descendants {
        let mut sums = Descendants::default();
        if let Some(node) = self.get(top) {
            sums.add_gone(&node.folded());
        }
        let mut at = self.first_child(top);
        while let Some(key) = at {
            let Some(node) = self.get(key) else { break };
            sums.add_gone(&node.folded());
            if node.is_alive() {
                sums.living += 1;
            } else {
                sums.ended.add(&Folded::of(&node));
            }
            at = self.first_child(key).or_else(|| self.next_beneath(top, key));
        }
        sums
    }

    /// Whoever comes after all descendants of `key`, while that is beneath `top`.
    fn next_beneath(&self, top: NodeKey, key: NodeKey) -> Option<NodeKey> {
        let up = std::iter::successors(Some(key), |&key| self.parent(key));
        up.take_while(|&key| key != top).find_map(|key| self.next_sibling(key))
    }
}

impl Descendants {
    /// All of them.
    pub fn processes(&self) -> u64 {
        self.living.saturating_add(self.ended.processes)
    }

    fn add_gone(&mut self, folded: &Folded) {
        self.ended.add(folded);
        self.gone = self.gone.saturating_add(folded.processes);
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::event::{Event, Exit, Fork, ProcessId, Subject, WaitStatus, What};
    use super::super::super::process::Folded;
    use super::*;
    use crate::model::Model;

    fn id(pid: u32) -> ProcessId {
        ProcessId::new(pid, pid.into())
    }

    /// 1 forks 2 and 3, 2 forks 4 and 5; 4 and 3 have ended.
    fn family(history: usize) -> Model {
        let mut model = Model::new(history);
        let mut apply = |what| {
            model.apply(&Event { time_ns: 100, what });
        };
        let subject = |pid, parent| Subject { id: id(pid), parent: Some(id(parent)), ..Subject::default() };
        for (parent, pid) in [(9, 1), (1, 2), (1, 3), (2, 4), (2, 5)] {
            apply(What::Fork(Fork { subject: subject(pid, parent), forked_by: None }));
        }
        for (pid, parent, code) in [(4, 2, 1), (3, 1, 0)] {
            let exit = Exit {
                subject: subject(pid, parent),
                status: WaitStatus::exited(code),
                cpu_ns: u64::from(pid) * 10,
                max_rss_bytes: u64::from(pid) << 20,
                ..Exit::default()
            };
            apply(What::Exit(exit));
        }
        // Whoever ended in the last event is kept until the next one.
        apply(What::SnapshotEnd { taken_ns: 0 });
        model
    }

    fn sums(model: &Model, pid: u32) -> Descendants {
        let tree = model.tree();
        tree.find(id(pid)).map(|key| tree.descendants(key)).unwrap_or_default()
    }

    #[test]
    fn the_whole_subtree_is_summed_and_nothing_beside_it() {
        let ended = |processes, failed, cpu_ns, rss: u64| Folded {
            processes,
            failed,
            cpu_ns,
            max_rss_bytes: rss << 20,
        };
        let model = family(10);
        assert_eq!(sums(&model, 1), Descendants { living: 2, ended: ended(2, 1, 70, 4), gone: 0 });
        assert_eq!(sums(&model, 2), Descendants { living: 1, ended: ended(1, 1, 40, 4), gone: 0 });
        assert_eq!(sums(&model, 5), Descendants::default());
        assert_eq!(sums(&model, 1).processes(), 4);
    }

    #[test]
    fn those_that_are_no_longer_kept_still_count() {
        let (all, kept_one) = (family(10), family(0));
        assert_eq!(kept_one.tree().dead(), 0);
        assert_eq!(sums(&kept_one, 1), Descendants { gone: 2, ..sums(&all, 1) });
        assert_eq!(sums(&kept_one, 2), Descendants { gone: 1, ..sums(&all, 2) });
    }
}
