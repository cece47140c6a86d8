//! The tree as it was at an instant. Nothing is kept for that: who was born later is passed over, and a process tells what
//! was so ([`Process`]). What events tell meanwhile is taken in as of now.

use super::super::event::ProcessId;
use super::super::node::Node;
use super::super::process::{NodeKey, Process};
use super::Tree;

/// What is counted as of an instant, kept up to date with what is told late of the time before it, and what is given up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Looked {
    at_ns: u64,
    /// Those kept that were born by then.
    pub(super) born: usize,
    /// Those of them that lived then.
    pub(super) alive: usize,
    /// Processes ever, up to then.
    seen: u64,
}

/// Of whom something happened between two instants.
#[derive(Debug, Default)]
pub(in crate::model) struct Turned {
    /// Those born then.
    pub(in crate::model) born: Vec<(ProcessId, NodeKey)>,
    /// Others who ended, executed something or were adopted.
    pub(in crate::model) changed: Vec<NodeKey>,
}

impl Tree {
    /// From now on questions are answered as of an instant of the boot clock, or as of now. `seen` is how many processes
    /// there were ever. Takes time in proportion to those that are kept.
    pub(in crate::model) fn look_at(&mut self, instant: Option<u64>, seen: u64) {
        self.looked = None;
        self.at_ns = instant.unwrap_or(u64::MAX);
        self.looked = instant.map(|at_ns| {
            let (mut born, mut alive) = (0, 0);
            for (_, process) in self.iter() {
                born += 1;
                alive += usize::from(process.is_alive());
            }
            // Whoever was given up had ended by then: those born later are all kept.
            let unborn = (self.nodes.len() - born) as u64;
            Looked { at_ns, born, alive, seen: seen.saturating_sub(unborn) }
        });
    }

    /// The instant that is looked at, boot clock; `None` is now.
    pub(in crate::model) fn instant(&self) -> Option<u64> {
        self.looked_at().map(|looked| looked.at_ns)
    }

    /// Processes ever, up to the instant that is looked at.
    pub(in crate::model) fn seen_then(&self) -> Option<u64> {
        self.looked_at().map(|looked| looked.seen)
    }

    /// What is taken in is taken in as of now: to be called before, and with `false` after it.
    pub(in crate::model) fn set_present(&mut self, present: bool) {
        let then = self.looked.filter(|_| !present);
        self.at_ns = then.map_or(u64::MAX, |looked| looked.at_ns);
    }

    /// Before this instant somebody lived who is no longer kept.
    pub(in crate::model) fn forgotten_ns(&self) -> u64 {
        self.forgotten_ns
    }

    pub(super) fn looked_at(&self) -> Option<&Looked> {
        self.looked.as_ref().filter(|_| self.at_ns != u64::MAX)
    }

    pub(super) fn is_born(&self, id: ProcessId) -> bool {
        id.start_ns <= self.at_ns
    }

    /// Whether somebody who is kept was born after an instant; `u64::MAX` is now.
    pub(in crate::model) fn is_unborn_at(&self, key: NodeKey, at_ns: u64) -> bool {
        self.node(key).is_some_and(|node| node.start_ns > at_ns)
    }

    /// Of whom something happened between two instants, whichever is the earlier; `None` where they are more than `most`.
    /// Takes a look at everybody.
    pub(in crate::model) fn turned_between(&self, one_ns: u64, other_ns: u64, most: usize) -> Option<Turned> {
        let (from_ns, to_ns) = (one_ns.min(other_ns), one_ns.max(other_ns));
        let is_between = |time_ns: u64| from_ns < time_ns && time_ns <= to_ns;
        let mut turned = Turned::default();
        for (at, node) in self.nodes.iter() {
            if is_between(node.start_ns) {
                turned.born.push((node.id(), self.nodes.key(at)));
            } else if node.start_ns <= from_ns {
                let ends = !node.is_alive() && is_between(node.end_ns);
                let (before, after) = (Process::new(self, node, from_ns), Process::new(self, node, to_ns));
                let is_other = ends || after.has_execed_since(from_ns);
                if is_other || before.adopted_by() != after.adopted_by() {
                    turned.changed.push(self.nodes.key(at));
                }
            }
            if turned.born.len() + turned.changed.len() > most {
                return None;
            }
        }
        Some(turned)
    }

    /// A process with all that is known of it by now, whatever instant is looked at.
    pub(in crate::model) fn latest(&self, id: ProcessId) -> Option<(NodeKey, Process<'_>)> {
        let at = self.index_of(id)?;
        Some((self.nodes.key(at), Process::new(self, self.nodes.get(at)?, u64::MAX)))
    }

    /// Another process as of another instant; `None` also when that was before its birth.
    pub(in crate::model) fn as_of(&self, id: ProcessId, at_ns: u64) -> Option<Process<'_>> {
        let node = self.nodes.get(self.index_of(id)?)?;
        (id.start_ns <= at_ns).then(|| Process::new(self, node, at_ns))
    }

    /// Of the children of a process that are kept: how many are still unborn at the instant that is looked at, and how
    /// many live then.
    pub(in crate::model) fn children_then(&self, node: &Node, at_ns: u64) -> (u64, u32) {
        let (mut unborn, mut living) = (0, 0);
        let mut next = self.families.first_child(&node.links);
        while let Some(child) = next.and_then(|at| self.nodes.get(at)) {
            match child.start_ns > at_ns {
                true => unborn += 1,
                false => living += u32::from(child.is_alive_at(at_ns)),
            }
            next = child.links.next;
        }
        (unborn, living)
    }

    /// Somebody came, be it that he is told of late.
    pub(super) fn count_born(&mut self, id: ProcessId) {
        if let Some(looked) = self.looked.as_mut().filter(|looked| id.start_ns <= looked.at_ns) {
            looked.born += 1;
            looked.alive += 1;
            looked.seen += 1;
        }
    }

    /// Somebody ended, or ended at another time than was believed.
    pub(super) fn count_ended(&mut self, before: &Node, end_ns: u64) {
        if let Some(looked) = self.looked.as_mut().filter(|looked| before.start_ns <= looked.at_ns) {
            looked.alive += usize::from(end_ns > looked.at_ns);
            looked.alive = looked.alive.saturating_sub(before.is_alive_at(looked.at_ns).into());
        }
    }

    /// Somebody dead is given up.
    pub(super) fn count_given_up(&mut self, node: &Node) {
        self.forgotten_ns = self.forgotten_ns.max(node.end_ns);
        if let Some(looked) = self.looked.as_mut().filter(|looked| node.start_ns <= looked.at_ns) {
            looked.born = looked.born.saturating_sub(1);
            looked.alive = looked.alive.saturating_sub(node.is_alive_at(looked.at_ns).into());
        }
    }
}
