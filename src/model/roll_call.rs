//! Who is missing from a list of processes, found without a look at everybody.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::event::ProcessId;
use super::steps::Steps;

/// So many that are gone may be held besides; few in tests, which are short.
const SPARE: usize = if cfg!(test) { 4 } else { 1024 };

/// What has become of a process when a list is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    /// It is in the list.
    Listed,
    /// It lives, as far as is known, and is not in the list.
    Unlisted,
    /// It has ended.
    Gone,
}

/// The living, in such an order that each list costs what it names and whom it misses: a stream may hold any number of
/// lists that name nobody.
#[derive(Clone, Debug, Default)]
pub(super) struct RollCall {
    /// Who came since the latest list, or was named in it.
    current: Vec<ProcessId>,
    /// Who is younger than the latest list that did not name it, and so need not be in an older one: by start time.
    younger: BinaryHeap<Reverse<(u64, u32)>>,
    steps: Steps,
}

impl RollCall {
    /// Somebody came. `alive` is how many there are by now; `has_gone` tells who no longer is one of them.
    pub(super) fn join(&mut self, id: ProcessId, alive: usize, has_gone: impl Fn(ProcessId) -> bool) {
        self.current.push(id);
        let held = self.current.len() + self.younger.len();
        // Each of them may be there twice, since an identity that was forgotten can come again.
        if held > alive * 4 + SPARE {
            self.steps.take(held);
            self.forget(has_gone);
        }
    }

    fn forget(&mut self, has_gone: impl Fn(ProcessId) -> bool) {
        self.current.retain(|&id| !has_gone(id));
        self.current.sort_unstable();
        self.current.dedup();
        let mut younger = std::mem::take(&mut self.younger).into_vec();
        younger.retain(|&Reverse((start_ns, pid))| !has_gone(ProcessId::new(pid, start_ns)));
        younger.sort_unstable();
        younger.dedup();
        self.younger = younger.into();
    }

    /// A list that was begun at `taken_ns` is complete. Returns who started before that and is not in it, the oldest
    /// first; those are struck off.
    pub(super) fn close(
        &mut self,
        taken_ns: u64,
        presence: impl Fn(ProcessId) -> Presence,
    ) -> Vec<ProcessId> {
        let mut asked = std::mem::take(&mut self.current);
        while let Some(&Reverse((start_ns, pid))) = self.younger.peek()
            && start_ns < taken_ns
        {
            self.younger.pop();
            asked.push(ProcessId::new(pid, start_ns));
        }
        self.steps.take(asked.len());
        let mut missing = Vec::new();
        for id in asked {
            match presence(id) {
                Presence::Listed => self.current.push(id),
                Presence::Unlisted if id.start_ns < taken_ns => missing.push(id),
                Presence::Unlisted => self.younger.push(Reverse((id.start_ns, id.pid))),
                Presence::Gone => {}
            }
        }
        missing.sort_unstable_by_key(|id| (id.start_ns, id.pid));
        missing
    }

    #[cfg(test)]
    pub(super) fn steps(&self) -> u64 {
        self.steps.taken()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Step {
        Join(u64),
        Go(u64),
        List(Vec<u64>, u64),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => (0..20u64).prop_map(Step::Join),
            2 => (0..20u64).prop_map(Step::Go),
            1 => (prop::collection::vec(0..20u64, 0..8), 0..22u64).prop_map(|(listed, taken)| Step::List(listed, taken)),
        ]
    }

    fn id(start_ns: u64) -> ProcessId {
        ProcessId::new(7, start_ns)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn who_is_missing_is_who_a_look_at_everybody_would_find(steps in prop::collection::vec(step(), 0..60)) {
            let mut alive: HashSet<u64> = HashSet::new();
            let mut roll_call = RollCall::default();
            for step in steps {
                match step {
                    Step::Join(start) => {
                        if alive.insert(start) {
                            let living = alive.clone();
                            roll_call.join(id(start), living.len(), |id| !living.contains(&id.start_ns));
                        }
                    }
                    Step::Go(start) => {
                        alive.remove(&start);
                    }
                    Step::List(listed, taken) => {
                        let mut naive: Vec<_> =
                            alive.iter().copied().filter(|start| *start < taken && !listed.contains(start)).collect();
                        naive.sort_unstable();
                        let mut missing = roll_call.close(taken, |id| {
                            match (alive.contains(&id.start_ns), listed.contains(&id.start_ns)) {
                                (false, _) => Presence::Gone,
                                (true, true) => Presence::Listed,
                                (true, false) => Presence::Unlisted,
                            }
                        });
                        missing.dedup();
                        prop_assert_eq!(missing, naive.iter().map(|&start| id(start)).collect::<Vec<_>>());
                        alive.retain(|start| !naive.contains(start));
                    }
                }
            }
        }
    }
}
