//! Which events belong to a run that is about some processes only.

mod model_support;

use std::collections::HashSet;

use model_support::chaos;
use model_support::parse::ZERO_NS;
use model_support::world::{World, steps};
use proctop::model::event::{Comm, Event, ProcessId, Subject, What};
use proctop::model::scope::Scope;
use proptest::prelude::*;

fn passed(mut scope: Scope, batches: &[Vec<Event>]) -> (Vec<Event>, HashSet<ProcessId>, bool) {
    let mut passed = Vec::new();
    for batch in batches {
        scope.filter(batch.clone(), &mut passed);
    }
    let living = scope.living().map(|(id, _)| id).collect();
    (passed, living, scope.found_any())
}

fn subject(event: &Event) -> Option<&Subject> {
    match &event.what {
        What::Snapshot(snapshot) => Some(&snapshot.subject),
        What::Fork(fork) => Some(&fork.subject),
        What::Exec(exec) => Some(&exec.subject),
        What::Exit(exit) => Some(&exit.subject),
        What::Clock { .. } | What::SnapshotEnd { .. } | What::Lost(_) | What::End(_) => None,
    }
}

fn split(events: &[Event], sizes: &[usize]) -> Vec<Vec<Event>> {
    let (mut rest, mut batches) = (events, Vec::new());
    for &size in sizes {
        let (batch, after) = rest.split_at(size.min(rest.len()));
        batches.push(batch.to_vec());
        rest = after;
    }
    batches.push(rest.to_vec());
    batches
}

/// `root` and whoever descends from it by birth.
fn descendants(world: &World, root: ProcessId) -> HashSet<ProcessId> {
    let mut family = HashSet::from([root]);
    loop {
        let next: Vec<_> = world
            .all
            .iter()
            .filter(|(id, truth)| {
                !family.contains(id) && truth.born_of.is_some_and(|of| family.contains(&of))
            })
            .map(|(&id, _)| id)
            .collect();
        if next.is_empty() {
            return family;
        }
        family.extend(next);
    }
}

fn count(events: &[Event], belongs: &dyn Fn(&Event) -> bool) -> usize {
    events.iter().filter(|event| belongs(event)).count()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn batches_do_not_matter(events in chaos::events(), sizes in prop::collection::vec(0..20usize, 0..20), pid in 0..9u32) {
        let scopes: [&dyn Fn() -> Scope; 3] = [
            &Scope::everything,
            &|| Scope::subtree_of(pid),
            &|| Scope::children_of(ProcessId::new(pid, 100)),
        ];
        for scope in scopes {
            let whole = passed(scope(), std::slice::from_ref(&events));
            prop_assert_eq!(&whole, &passed(scope(), &split(&events, &sizes)));
            let mut order = events.iter();
            prop_assert!(whole.0.iter().all(|event| order.any(|other| other == event)), "the order is kept");
        }
        prop_assert_eq!(passed(Scope::everything(), std::slice::from_ref(&events)).0, events);
    }

    /// Nothing is lost here: the family is known exactly, and what tells of no process always passes.
    #[test]
    fn the_children_of_one_and_theirs_pass(steps in steps(false)) {
        let world = World::run(&steps);
        let init = ProcessId::new(1, 1);
        let (passed, living, found) = passed(Scope::children_of(init), std::slice::from_ref(&world.events));
        let family: HashSet<_> = world.all.keys().copied().filter(|&id| id != init).collect();
        // An exit that is told twice passes once; a list that is older than an exit does not bring the dead back.
        let is_birth_or_exec = |event: &Event| matches!(event.what, What::Fork(_) | What::Exec(_));
        let of_family = |event: &Event| subject(event).is_some_and(|subject| family.contains(&subject.id));
        prop_assert_eq!(
            count(&passed, &is_birth_or_exec),
            count(&world.events, &|event| is_birth_or_exec(event) && of_family(event))
        );
        let ended: Vec<_> = passed.iter().filter(|event| matches!(event.what, What::Exit(_))).filter_map(subject).collect();
        let once: HashSet<_> = ended.iter().map(|subject| subject.id).collect();
        prop_assert_eq!(ended.len(), once.len());
        prop_assert_eq!(once.len(), world.all.values().filter(|truth| truth.status.is_some()).count());
        let is_general = |event: &Event| subject(event).is_none();
        prop_assert_eq!(count(&passed, &is_general), count(&world.events, &is_general));
        prop_assert!(passed.iter().all(|event| is_general(event) || of_family(event)));
        prop_assert_eq!(living, world.living.iter().copied().filter(|&id| id != init).collect::<HashSet<_>>());
        prop_assert_eq!(found, !family.is_empty());
    }

    /// A subtree that is there when the stream begins: the list is in any order, the past is not told.
    #[test]
    fn a_subtree_is_found_in_any_list(steps in steps(false), pick in any::<u8>(), turn in any::<u8>()) {
        let world = World::run(&steps);
        let list_begins = world.events.len() - world.living.len() - 1;
        let (_, last) = world.events.split_at(list_begins);
        let (list, end) = last.split_at(last.len() - 1);
        let mut list = list.to_vec();
        let middle = usize::from(turn) % list.len();
        list.rotate_left(middle);
        list.extend(end.iter().cloned());
        let root = world.living[usize::from(pick) % world.living.len()];
        let (_, living, found) = passed(Scope::subtree_of(root.pid), &[list]);
        // Orphans are init's by then.
        let mut family = HashSet::from([root]);
        for _ in 0..world.living.len() {
            let child = |id: &&ProcessId| world.all[id].subject.parent.is_some_and(|of| family.contains(&of));
            let children: Vec<_> = world.living.iter().filter(child).copied().collect();
            family.extend(children);
        }
        prop_assert!(found);
        prop_assert_eq!(living, family);
    }

    /// From a stream that is whole, `subtree_of` and lineage by birth agree.
    #[test]
    fn a_subtree_is_followed(steps in steps(false)) {
        let world = World::run(&steps);
        let (_, living, _) = passed(Scope::subtree_of(1), std::slice::from_ref(&world.events));
        let family = descendants(&world, ProcessId::new(1, 1));
        prop_assert_eq!(living, world.living.iter().copied().filter(|id| family.contains(id)).collect::<HashSet<_>>());
    }

    /// After losses and a list every member that is said to live does, and every one that can be found is.
    #[test]
    fn a_scope_heals(steps in steps(true)) {
        let world = World::run(&steps);
        let init = ProcessId::new(1, 1);
        let (_, living, _) = passed(Scope::children_of(init), std::slice::from_ref(&world.events));
        prop_assert_eq!(living, world.living.iter().copied().filter(|&id| id != init).collect::<HashSet<_>>());
    }
}

/// A list that never ends must not hold everything back for ever, nor may its members be dropped for what was cut off.
#[test]
fn a_list_without_end_is_cut() {
    let entry = |pid: u32| {
        let parent = Some(ProcessId::new(1, 1));
        let subject = Subject { id: ProcessId::new(pid, u64::from(pid)), parent, ..Subject::default() };
        let snapshot = proctop::model::event::Snapshot { subject, ..Default::default() };
        Event { time_ns: ZERO_NS, what: What::Snapshot(snapshot) }
    };
    let end = Event { time_ns: ZERO_NS, what: What::SnapshotEnd { taken_ns: ZERO_NS } };
    let mut scope = Scope::subtree_of(2);
    let mut passed = Vec::new();
    scope.filter((2..(1 << 20) + 10).map(entry).chain([end]).collect(), &mut passed);
    assert_eq!(passed.len(), 2, "the root and the list's end");
    assert_eq!(scope.living().collect::<Vec<_>>(), [(ProcessId::new(2, 2), Comm::default())]);
}
