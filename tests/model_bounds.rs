//! Storms and hostile streams: what is kept stays bounded, and no event takes long because many came before.

mod model_support;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use model_support::invariants;
use proctop::model::event::{Event, Exec, Exit, Fork, Image, ProcessId, Snapshot, Subject, WaitStatus, What};
use proctop::model::tree::LIVING_LIMIT;
use proctop::model::{Effect, Model};

const ROOT: ProcessId = ProcessId::new(1, 1);
const KIB_64: usize = 64 << 10;
/// No pid is greater.
const LARGEST_PID: u32 = 1 << 22;
/// What the tree keeps of arguments, as documented.
const TEXT_LIMIT: usize = 64 << 20;

fn subject(id: ProcessId, parent: ProcessId) -> Subject {
    Subject { id, parent: Some(parent), comm: "x".into(), ..Subject::default() }
}

fn fork(model: &mut Model, id: ProcessId, parent: ProcessId) -> Effect {
    let fork = Fork { subject: subject(id, parent), forked_by: None };
    model.apply(&Event { time_ns: id.start_ns, what: What::Fork(fork) })
}

fn exec(model: &mut Model, id: ProcessId, argv: &[u8]) {
    let image = Arc::new(Image { filename: b"/x"[..].into(), argv: argv.into(), ..Image::default() });
    let exec = Exec { subject: subject(id, ROOT), by_thread: None, image, ..Exec::default() };
    model.apply(&Event { time_ns: id.start_ns, what: What::Exec(exec) });
}

fn exit(model: &mut Model, id: ProcessId, parent: ProcessId, code: u8) -> Effect {
    let status = WaitStatus::exited(code);
    let exit = Exit { subject: subject(id, parent), status, cpu_ns: 1, ..Exit::default() };
    model.apply(&Event { time_ns: id.start_ns + 1, what: What::Exit(exit) })
}

fn with_root(history: usize) -> Model {
    let mut model = Model::new(history);
    let snapshot = Snapshot { subject: Subject { id: ROOT, ..Subject::default() }, ..Snapshot::default() };
    model.apply(&Event { time_ns: 1, what: What::Snapshot(snapshot) });
    model.apply(&Event { time_ns: 1, what: What::SnapshotEnd { taken_ns: 1 } });
    model
}

/// Bytes of text that the tree holds; what is shared counts once.
fn text_bytes(model: &Model) -> usize {
    let mut seen = HashSet::new();
    let nodes = model.tree().iter().map(|(_, process)| process);
    let images = nodes.flat_map(|process| process.images().map(|run| run.image).chain(process.inherited()));
    images
        .filter(|image| seen.insert(image.argv.as_ptr()))
        .map(|image| image.argv.len() + image.filename.len())
        .sum()
}

fn id(n: u64) -> ProcessId {
    ProcessId::new(2 + (n % 30_000) as u32, 10 + n)
}

#[test]
fn a_fork_storm_is_summed_up_in_its_parent() {
    let mut model = with_root(50);
    for n in 0..5000 {
        fork(&mut model, id(n), ROOT);
        exit(&mut model, id(n), ROOT, u8::from(n % 10 == 0));
    }
    invariants::assert_sound(&model, 50);
    let root = model.tree().get(model.tree().find(ROOT).unwrap()).unwrap();
    assert_eq!((root.children(), root.living_children()), (5000, 0));
    assert_eq!((root.folded().processes, root.folded().cpu_ns), (4950, 4950));
    assert_eq!(root.folded().failed, 495);
    assert_eq!((model.tree().dead(), model.tree().len(), model.seen()), (50, 51, 5001));
    // The log has more lines than the tree has processes.
    assert_eq!(model.log().end() - model.log().first(), 1000);
}

/// Where all the dead have living descendants the one that ended just now is the only leaf. It is told of nevertheless.
#[test]
fn who_just_ended_can_be_looked_up() {
    let mut model = with_root(10);
    for n in 0..20 {
        fork(&mut model, id(2 * n), ROOT);
        fork(&mut model, id(2 * n + 1), id(2 * n));
        exit(&mut model, id(2 * n), ROOT, 0);
        assert!(model.tree().find(id(2 * n)).is_some(), "{n}");
    }
    fork(&mut model, id(100), ROOT);
    exit(&mut model, id(100), ROOT, 0);
    assert!(model.tree().find(id(100)).is_some());
    assert_eq!(model.tree().dead(), 10);
}

/// Each forks the next and dies: no dead leaf is ever left.
#[test]
fn a_chain_of_hops_is_bounded() {
    let mut model = with_root(20);
    let mut last = ROOT;
    for n in 0..3000 {
        fork(&mut model, id(n), last);
        if last != ROOT {
            exit(&mut model, last, ROOT, 0);
        }
        last = id(n);
        assert!(model.tree().dead() <= 20);
    }
    invariants::assert_sound(&model, 20);
    let depth = model.tree().ancestors(model.tree().find(last).unwrap()).count();
    assert_eq!(depth, 21, "twenty dead, and the root");
}

/// Many wait for a parent that never comes; then, as many for one that does.
#[test]
fn orphans_of_an_unknown_parent_move_beneath_it_when_it_comes() {
    let (parent, count) = (ProcessId::new(40_000, 5), 60_000);
    let mut model = with_root(20_000);
    for n in 0..count {
        fork(&mut model, id(n), parent);
        // Out of order, and one at the front that stays.
        if n > 200 {
            exit(&mut model, id(n - n % 200), parent, 0);
            exit(&mut model, id(n - 100), parent, 0);
        }
    }
    fork(&mut model, parent, ROOT);
    invariants::assert_sound(&model, 20_000);
    let node = model.tree().get(model.tree().find(parent).unwrap()).unwrap();
    assert_eq!(node.children() as usize + 2, model.tree().len(), "all but the root and itself");
}

/// Whoever came last goes first, each from the end of a long queue: no event may walk it. It takes half a
/// second; walks took seventy.
#[test]
fn orphans_go_in_any_order_without_a_search() {
    let (parent, count) = (ProcessId::new(LARGEST_PID, 5), 100_000);
    let distinct = |n: u64| ProcessId::new(2 + n as u32, 10 + n);
    let mut model = with_root(10);
    let begin = Instant::now();
    for n in 0..count {
        fork(&mut model, distinct(n), parent);
    }
    for n in (100..count).rev() {
        exit(&mut model, distinct(n), parent, 0);
    }
    assert!(begin.elapsed() < Duration::from_secs(15), "{:?}", begin.elapsed());
    fork(&mut model, parent, ROOT);
    invariants::assert_sound(&model, 10);
    let place = model.tree().find(parent).unwrap();
    let first: Vec<_> =
        model.tree().children(place).take(100).map(|key| model.tree().get(key).unwrap().id).collect();
    assert_eq!(first, (0..100).map(distinct).collect::<Vec<_>>(), "those that are left, in their order");
    assert_eq!(
        model.tree().get(place).unwrap().children(),
        110,
        "the living, and the ten dead that are kept"
    );
}

/// How long it takes to put `count` beneath one process that has as many ancestors, or none: such that gather a child
/// which waited for them, and such that a list has shown elsewhere.
fn time_beneath(is_deep: bool, count: u32) -> Duration {
    let distinct = |n: u32| ProcessId::new(2 + n, 10 + u64::from(n));
    let mut model = with_root(10);
    for n in 0..count {
        fork(&mut model, distinct(n), if n == 0 || !is_deep { ROOT } else { distinct(n - 1) });
    }
    let bottom = distinct(count - 1);
    let begin = Instant::now();
    for n in count..2 * count {
        fork(&mut model, distinct(n + count), distinct(n));
        fork(&mut model, distinct(n), bottom);
        let snapshot = Snapshot { subject: subject(distinct(n + 2 * count), ROOT), ..Snapshot::default() };
        model.apply(&Event { time_ns: 1, what: What::Snapshot(snapshot) });
        fork(&mut model, distinct(n + 2 * count), bottom);
    }
    let taken = begin.elapsed();
    let place = model.tree().find(bottom).unwrap();
    assert_eq!(model.tree().get(place).unwrap().children(), u64::from(2 * count));
    let depth = model.tree().ancestors(place).count();
    assert_eq!(depth, if is_deep { count as usize } else { 1 });
    taken
}

/// Nothing walks up to the root, not even to look for a circle: that took a hundred times as long.
#[test]
fn a_deep_tree_takes_no_longer_than_a_flat_one() {
    let [flat, deep] = [false, true].map(|is_deep| time_beneath(is_deep, 30_000));
    assert!(deep < flat * 10 + Duration::from_secs(1), "{flat:?} when flat, {deep:?} when deep");
}

/// Nobody is taken in beyond the limit, until one ends or the pid of one is another's.
#[test]
fn the_living_are_bounded() {
    let distinct = |n: usize| ProcessId::new(1 + n as u32, 1 + n as u64);
    let mut model = with_root(10);
    for n in 1..LIVING_LIMIT {
        assert_ne!(fork(&mut model, distinct(n), ROOT), Effect::Nothing);
    }
    let (one_more, later) = (distinct(LIVING_LIMIT), distinct(LIVING_LIMIT + 1));
    assert_eq!(fork(&mut model, one_more, ROOT), Effect::Nothing);
    assert_eq!(exit(&mut model, one_more, ROOT, 0), Effect::Nothing);
    assert_eq!((model.tree().alive(), model.seen()), (LIVING_LIMIT, LIVING_LIMIT as u64));
    let reborn = ProcessId::new(2, u64::MAX / 2);
    assert_ne!(fork(&mut model, reborn, ROOT), Effect::Nothing);
    assert_eq!((model.tree().alive(), model.tree().dead()), (LIVING_LIMIT, 1));
    exit(&mut model, distinct(5), ROOT, 0);
    assert_ne!(fork(&mut model, later, ROOT), Effect::Nothing);
    assert_eq!(model.tree().living(later.pid), model.tree().find(later));
    assert_eq!(fork(&mut model, one_more, ROOT), Effect::Nothing, "full again");
}

#[test]
fn arguments_of_the_dead_are_bounded() {
    let mut model = with_root(20_000);
    for n in 0..2000 {
        fork(&mut model, id(n), ROOT);
        exec(&mut model, id(n), &vec![b'a'; KIB_64]);
        exit(&mut model, id(n), ROOT, 0);
    }
    assert!(text_bytes(&model) <= TEXT_LIMIT);
    assert!(model.tree().dead() > 900, "no more went than had to: {}", model.tree().dead());
    invariants::assert_sound(&model, 20_000);
    let lines: usize = model.log().iter_from(0).count();
    assert!((1000..4000).contains(&lines), "the log gave up {lines}");
}

/// Children that never execute keep their parent's arguments, those of each of its images.
#[test]
fn inherited_arguments_are_bounded() {
    let mut model = with_root(20_000);
    for n in 0..2000 {
        exec(&mut model, ROOT, &vec![b'a'; KIB_64]);
        fork(&mut model, id(n), ROOT);
        exit(&mut model, id(n), ROOT, 0);
    }
    assert!(text_bytes(&model) <= TEXT_LIMIT, "{}", text_bytes(&model));
    assert!(model.tree().dead() > 900);
}

/// What is shared is counted once: ten thousand children of one long command line are no reason to forget any.
#[test]
fn shared_arguments_count_once() {
    let mut model = with_root(20_000);
    exec(&mut model, ROOT, &vec![b'a'; KIB_64]);
    for n in 0..10_000 {
        fork(&mut model, id(n), ROOT);
        exit(&mut model, id(n), ROOT, 0);
    }
    assert_eq!(model.tree().evicted(), 0);
}

/// The living can't be given up. Their share is half; beyond it they keep the beginning of their latest arguments.
#[test]
fn arguments_of_the_living_are_bounded_and_leave_room_for_the_dead() {
    let mut model = with_root(20_000);
    for n in 0..100 {
        fork(&mut model, id(n), ROOT);
        exec(&mut model, id(n), b"short\0");
        exit(&mut model, id(n), ROOT, 0);
    }
    for n in 1000..2000 {
        fork(&mut model, id(n), ROOT);
        for _ in 0..20 {
            exec(&mut model, id(n), &vec![b'a'; KIB_64]);
        }
    }
    assert!(text_bytes(&model) <= TEXT_LIMIT / 2 + 1000 * 2000, "{}", text_bytes(&model));
    assert_eq!(model.tree().evicted(), 0, "the dead are not to blame");
    let last = model.tree().get(model.tree().find(id(1999)).unwrap()).unwrap();
    let (image, _) = last.image().unwrap();
    assert_eq!(image.argv.len() as u64 + image.argv_truncated_bytes, KIB_64 as u64, "what was cut is told");
    assert_eq!(last.image_count(), 20);
    invariants::assert_sound(&model, 20_000);
    for n in 1000..2000 {
        exit(&mut model, id(n), ROOT, 0);
    }
    fork(&mut model, id(5000), ROOT);
    exec(&mut model, id(5000), &vec![b'a'; KIB_64]);
    let later = model.tree().get(model.tree().find(id(5000)).unwrap()).unwrap();
    assert_eq!(later.image().unwrap().0.argv.len(), KIB_64, "there is room again");
}
