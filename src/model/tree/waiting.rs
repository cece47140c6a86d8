//! Processes that were told of before their parent, by that parent.

use rustc_hash::FxHashMap;

use super::super::event::ProcessId;
use super::super::hash::IdMap;
use super::super::process::NodeKey;

/// A list for each parent that is not known, in the order of arrival; whoever goes from it is found at once, however
/// many wait for the same parent.
#[derive(Clone, Debug, Default)]
pub(super) struct Waiting {
    ends: IdMap<ProcessId, Ends>,
    links: FxHashMap<NodeKey, Link>,
}

#[derive(Clone, Copy, Debug)]
struct Ends {
    first: NodeKey,
    last: NodeKey,
}

#[derive(Clone, Copy, Debug)]
struct Link {
    parent: ProcessId,
    previous: Option<NodeKey>,
    next: Option<NodeKey>,
}

impl Waiting {
    pub(super) fn has_any(&self) -> bool {
        !self.ends.is_empty()
    }

    /// Who waits waits for one parent: the latest.
    pub(super) fn push(&mut self, parent: ProcessId, key: NodeKey) {
        self.remove(key);
        let ends = self.ends.entry(parent).or_insert(Ends { first: key, last: key });
        let previous = Some(std::mem::replace(&mut ends.last, key)).filter(|&last| last != key);
        if let Some(previous) = previous.and_then(|previous| self.links.get_mut(&previous)) {
            previous.next = Some(key);
        }
        self.links.insert(key, Link { parent, previous, next: None });
    }

    /// Nothing happens where it does not wait.
    pub(super) fn remove(&mut self, key: NodeKey) {
        let Some(link) = self.links.remove(&key) else { return };
        if let Some(previous) = link.previous.and_then(|previous| self.links.get_mut(&previous)) {
            previous.next = link.next;
        }
        if let Some(next) = link.next.and_then(|next| self.links.get_mut(&next)) {
            next.previous = link.previous;
        }
        let Some(ends) = self.ends.get_mut(&link.parent) else { return };
        match (link.previous, link.next) {
            (None, None) => {
                self.ends.remove(&link.parent);
            }
            (None, Some(next)) => ends.first = next,
            (Some(previous), None) => ends.last = previous,
            (Some(_), Some(_)) => {}
        }
    }

    /// All that wait for `parent`, in the order of arrival; they wait no longer.
    pub(super) fn take(&mut self, parent: ProcessId) -> Vec<NodeKey> {
        let mut next = self.ends.remove(&parent).map(|ends| ends.first);
        let mut taken = Vec::new();
        while let Some(key) = next {
            next = self.links.remove(&key).and_then(|link| link.next);
            taken.push(key);
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;
    use slotmap::SlotMap;

    use super::*;

    #[derive(Clone, Copy, Debug)]
    enum Step {
        Push(u32, usize),
        Remove(usize),
        Take(u32),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => (0..3u32, 0..8usize).prop_map(|(parent, key)| Step::Push(parent, key)),
            2 => (0..8usize).prop_map(Step::Remove),
            1 => (0..3u32).prop_map(Step::Take),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn it_does_what_plain_queues_do(steps in prop::collection::vec(step(), 0..60)) {
            let mut slots: SlotMap<NodeKey, ()> = SlotMap::with_key();
            let keys: Vec<_> = (0..8).map(|_| slots.insert(())).collect();
            let mut waiting = Waiting::default();
            let mut plain: [VecDeque<NodeKey>; 3] = Default::default();
            for step in steps {
                match step {
                    Step::Push(parent, key) => {
                        plain.iter_mut().for_each(|queue| queue.retain(|&other| other != keys[key]));
                        plain[parent as usize].push_back(keys[key]);
                        waiting.push(ProcessId::new(parent, 1), keys[key]);
                    }
                    Step::Remove(key) => {
                        plain.iter_mut().for_each(|queue| queue.retain(|&other| other != keys[key]));
                        waiting.remove(keys[key]);
                    }
                    Step::Take(parent) => {
                        let taken: Vec<_> = plain[parent as usize].drain(..).collect();
                        prop_assert_eq!(waiting.take(ProcessId::new(parent, 1)), taken);
                    }
                }
                prop_assert_eq!(waiting.links.len(), plain.iter().map(VecDeque::len).sum::<usize>());
                prop_assert_eq!(waiting.ends.len(), plain.iter().filter(|queue| !queue.is_empty()).count());
            }
        }
    }
}
