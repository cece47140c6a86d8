//! Which events belong to a run that is about some processes only.

mod model_support;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use model_support::chaos;
use model_support::parse::ZERO_NS;
use model_support::world::{World, steps};
use proctop::model::event::{Comm, Event, Exec, Exit, Fork, Image, ProcessId, Snapshot, Subject, What};
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
        What::Rename(rename) => Some(&rename.subject),
        What::Look(look) => Some(&look.subject),
        _ => None,
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

/// The root that the tests below ask for.
const ROOT: ProcessId = ProcessId::new(2, 2);

fn entry(id: ProcessId, parent: ProcessId) -> Event {
    let subject = Subject { id, parent: Some(parent), ..Subject::default() };
    Event { time_ns: ZERO_NS, what: What::Snapshot(Snapshot { subject, ..Snapshot::default() }) }
}

fn fork(id: ProcessId, parent: ProcessId) -> Event {
    let subject = Subject { id, parent: Some(parent), ..Subject::default() };
    Event { time_ns: ZERO_NS, what: What::Fork(Fork { subject, forked_by: None }) }
}

fn exit(id: ProcessId, parent: ProcessId) -> Event {
    let subject = Subject { id, parent: Some(parent), ..Subject::default() };
    Event { time_ns: ZERO_NS, what: What::Exit(Exit { subject, ..Exit::default() }) }
}

fn list_end() -> Event {
    Event { time_ns: ZERO_NS, what: What::SnapshotEnd { taken_ns: ZERO_NS } }
}

/// A scope that has found its root, and nobody else.
fn with_root() -> Scope {
    let mut scope = Scope::subtree_of(ROOT.pid);
    scope.filter(vec![entry(ROOT, ProcessId::new(1, 1)), list_end()], &mut Vec::new());
    scope
}

/// In a recording the root may begin at any time: then it is the first with that pid, and no later one.
#[test]
fn a_recorded_root_is_awaited() {
    let (init, child) = (ProcessId::new(1, 1), ProcessId::new(7, 20));
    let [root, reused] = [10, 30].map(|start_ns| ProcessId::new(ROOT.pid, start_ns));
    let events = [
        vec![entry(init, ProcessId::new(0, 0)), list_end(), fork(ProcessId::new(6, 5), init)],
        vec![fork(root, init), fork(child, root), exit(root, init), fork(reused, init)],
        vec![fork(ProcessId::new(8, 31), reused), fork(ProcessId::new(9, 32), child)],
    ];
    let (told, living, found) = passed(Scope::recorded_subtree_of(ROOT.pid), &events);
    assert!(found);
    assert_eq!(living, HashSet::from([child, ProcessId::new(9, 32)]));
    let told: Vec<_> = told.iter().filter_map(subject).map(|subject| subject.id).collect();
    assert_eq!(told, [root, child, root, ProcessId::new(9, 32)]);
    let (_, living, found) = passed(Scope::subtree_of(ROOT.pid), &events);
    assert!(!found && living.is_empty(), "live, a pid is whose it is at the beginning");
    // Who ran before is in the list, as ever; an exit alone tells of one whose fork was lost.
    let listed = [vec![entry(root, init), list_end(), exit(root, init), fork(reused, init)]];
    assert_eq!(
        passed(Scope::recorded_subtree_of(ROOT.pid), &listed).0.len(),
        3,
        "listed, the list's end, exit"
    );
    let unseen = [vec![list_end(), exit(root, init), fork(child, root)]];
    assert_eq!(passed(Scope::recorded_subtree_of(ROOT.pid), &unseen).0.len(), 2);
}

/// Whether the scope lets the event pass.
fn passes(scope: &mut Scope, event: Event) -> bool {
    let mut passed = Vec::new();
    scope.filter(vec![event], &mut passed);
    !passed.is_empty()
}

fn living(scope: &Scope) -> HashSet<ProcessId> {
    scope.living().map(|(id, _)| id).collect()
}

/// A list that never ends must not hold everything back for ever, nor may its members be dropped for what was cut off.
#[test]
fn a_list_without_end_is_cut() {
    let listed = |pid: u32| entry(ProcessId::new(pid, u64::from(pid)), ProcessId::new(1, 1));
    let mut scope = Scope::subtree_of(2);
    let mut passed = Vec::new();
    scope.filter((2..(1 << 20) + 10).map(listed).chain([list_end()]).collect(), &mut passed);
    assert_eq!(passed.len(), 2, "the root and the list's end");
    assert_eq!(scope.living().collect::<Vec<_>>(), [(ProcessId::new(2, 2), Comm::default())]);
}

/// What is held while a list is not complete is bounded in bytes too. The root may still be listed after the cut.
#[test]
fn long_arguments_cut_a_list() {
    let (limit, argv) = (64 << 20, vec![b'a'; 64 << 10].into_boxed_slice());
    let image = Arc::new(Image { argv, ..Image::default() });
    let stranger = |pid| {
        let subject = Subject { id: ProcessId::new(pid, 9), ..Subject::default() };
        Snapshot { subject, image: Some(image.clone()), ..Snapshot::default() }
    };
    let execute = |id| {
        let subject = Subject { id, ..Subject::default() };
        Event {
            time_ns: ZERO_NS,
            what: What::Exec(Exec { subject, image: image.clone(), ..Exec::default() }),
        }
    };
    let (mut scope, mut passed) = (Scope::subtree_of(ROOT.pid), Vec::new());
    scope.filter(vec![entry(ROOT, ProcessId::new(1, 1))], &mut passed);
    let fitting = limit / (64 << 10);
    scope.filter((1..fitting).map(|_| execute(ROOT)).collect(), &mut passed);
    assert!(passed.is_empty(), "held as long as there is room");
    scope.filter(vec![execute(ROOT)], &mut passed);
    assert_eq!(passed.len(), 1 + fitting, "the root and its execs");

    let (mut scope, mut passed) = (Scope::subtree_of(ROOT.pid), Vec::new());
    let strangers =
        (0..fitting as u32 + 5).map(|n| Event { time_ns: ZERO_NS, what: What::Snapshot(stranger(100 + n)) });
    scope.filter(strangers.chain([entry(ROOT, ProcessId::new(1, 1)), list_end()]).collect(), &mut passed);
    assert_eq!(living(&scope), HashSet::from([ROOT]));
    // That list is complete: whoever has the pid in a later one is another process.
    let later = vec![entry(ProcessId::new(ROOT.pid, 77), ProcessId::new(1, 1)), list_end()];
    scope.filter(later, &mut passed);
    assert!(living(&scope).is_empty());
}

/// There is one member for each pid, however often it is born.
#[test]
fn members_end_when_their_pid_is_reborn() {
    let mut scope = with_root();
    for n in 0..100_000 {
        assert!(passes(&mut scope, fork(ProcessId::new(3 + n % 3, 10 + u64::from(n)), ROOT)));
    }
    assert_eq!(living(&scope).len(), 4, "the root and three");
    // Also when a stranger has the pid.
    let [third, fourth, fifth] =
        [3, 4, 5].map(|pid| *living(&scope).iter().find(|id| id.pid == pid).unwrap());
    assert!(!passes(&mut scope, fork(ProcessId::new(third.pid, u64::MAX), ProcessId::new(1, 1))));
    assert_eq!(living(&scope), HashSet::from([ROOT, fourth, fifth]));
    // What is told late of the one before is told once, and it does not come back.
    assert!(passes(&mut scope, exit(third, ProcessId::new(1, 1))));
    assert!(!passes(&mut scope, exit(third, ROOT)));
    assert!(passes(&mut scope, fork(ProcessId::new(fourth.pid, 5), ROOT)));
    assert_eq!(living(&scope), HashSet::from([ROOT, fourth, fifth]));
}

/// In a list that shows its pid's next owner the end of a member, told before, still passes, as do its children.
#[test]
fn a_list_that_is_ahead_hides_no_end() {
    let (member, next, child) = (ProcessId::new(3, 10), ProcessId::new(3, 20), ProcessId::new(4, 11));
    let mut scope = with_root();
    assert!(passes(&mut scope, fork(member, ROOT)));
    let mut passed = Vec::new();
    let held = [
        entry(ROOT, ProcessId::new(1, 1)),
        fork(child, member),
        exit(member, ROOT),
        entry(next, ROOT),
        list_end(),
    ];
    scope.filter(held.to_vec(), &mut passed);
    assert_eq!(passed, held);
    assert_eq!(living(&scope), HashSet::from([ROOT, next]));
}

#[test]
fn who_has_no_possible_pid_does_not_join() {
    let mut scope = with_root();
    for pid in [0, (1 << 22) + 1, u32::MAX] {
        assert!(!passes(&mut scope, fork(ProcessId::new(pid, 10), ROOT)), "{pid}");
    }
    assert!(passes(&mut scope, fork(ProcessId::new(1 << 22, 10), ROOT)));
    assert_eq!(living(&scope), HashSet::from([ROOT, ProcessId::new(1 << 22, 10)]));
}

#[test]
fn members_are_bounded() {
    let limit = 1 << 20;
    let member = |n: u32| ProcessId::new(ROOT.pid + n, 10);
    let mut scope = with_root();
    scope.filter((1..limit).map(|n| fork(member(n), ROOT)).collect(), &mut Vec::new());
    assert_eq!(scope.living().count(), limit as usize);
    assert!(!passes(&mut scope, fork(member(limit), ROOT)));
    assert!(passes(&mut scope, exit(member(7), ROOT)));
    assert!(passes(&mut scope, fork(member(limit + 1), ROOT)), "there is room again");
    assert!(!passes(&mut scope, fork(member(limit + 2), ROOT)));
    assert_eq!(scope.living().count(), limit as usize);
}

/// Children stand before their parents, in one line, and in a circle: each is walked once. It takes half a
/// second; walks from each would take minutes.
#[test]
fn a_long_line_of_descent_is_walked_once() {
    let id = |n: u32| ProcessId::new(10 + n, 10);
    let count = 100_000;
    let line = |first_parent| {
        let parent = move |n| if n == 0 { first_parent } else { id(n - 1) };
        (0..count).rev().map(move |n| entry(id(n), parent(n)))
    };
    let begin = Instant::now();
    for (first_parent, members) in [(ROOT, count as usize + 1), (ProcessId::new(1, 1), 1), (id(count - 1), 1)]
    {
        let mut scope = Scope::subtree_of(ROOT.pid);
        let list = line(first_parent).chain([entry(ROOT, ProcessId::new(1, 1)), list_end()]).collect();
        scope.filter(list, &mut Vec::new());
        assert_eq!(scope.living().count(), members);
    }
    assert!(begin.elapsed() < Duration::from_secs(15), "{:?}", begin.elapsed());
}
