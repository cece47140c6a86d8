//! Rows that are kept up to date are those that would be computed anew.

use crossterm::event::KeyCode;
use proptest::prelude::*;

use super::builder::*;
use crate::model::event::*;
use crate::model::filter::Filter;
use crate::model::view::{Criteria, Outline};

const FILTERS: [&str; 10] = [
    "cc",
    "comm=make",
    "exit!=0",
    "not exit=0",
    "dur>5ms",
    "ppid=1 or ppid=3",
    "under=3",
    "not under=2 cc",
    "state=exited file:bin",
    "argv~^c",
];

#[derive(Clone, Debug)]
enum Step {
    Fork(u32, u32),
    Exec(u32, &'static str),
    Exit(u32, u8),
    Adopt(u32, u32),
    /// A list without this one.
    List(u32),
    Pass,
}

fn step() -> impl Strategy<Value = Step> {
    let pid = 1..14u32;
    prop_oneof![
        6 => (pid.clone(), 2..14u32).prop_map(|(parent, pid)| Step::Fork(parent, pid)),
        4 => (pid.clone(), prop::sample::select(vec!["cc -c a.c", "make all", "sh"]))
            .prop_map(|(pid, argv)| Step::Exec(pid, argv)),
        6 => (2..14u32, 0..2u8).prop_map(|(pid, code)| Step::Exit(pid, code)),
        1 => (2..14u32, pid).prop_map(|(pid, by)| Step::Adopt(pid, by)),
        1 => (2..14u32).prop_map(Step::List),
        2 => Just(Step::Pass),
    ]
}

fn take(world: &mut World, step: &Step) {
    world.pass(1);
    match *step {
        Step::Fork(parent, pid) => drop(world.fork(parent, pid)),
        Step::Exec(pid, argv) => drop(world.exec(pid, argv)),
        Step::Exit(pid, code) => drop(world.exit(pid, WaitStatus::exited(code))),
        Step::Adopt(pid, by) => drop(world.adopt(pid, by)),
        Step::List(missing) => {
            for pid in (1..14).filter(|&pid| pid != missing) {
                let subject = world.subject(pid);
                world.apply(What::Snapshot(Snapshot {
                    subject,
                    zombie: false,
                    image: None,
                    ..Snapshot::default()
                }));
            }
            world.pass(1).snapshot_end();
        }
        Step::Pass => drop(world.pass(3 * MS)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_judged_before_is_judged_the_same(
        filter in prop::sample::select(FILTERS.to_vec()),
        steps in prop::collection::vec(step(), 1..50),
        history in 2..20usize,
    ) {
        let mut world = World::new(history);
        world.snapshot(1, 0, "init", "init").snapshot_end();
        let filter = Filter::parse(filter, &|_| None).unwrap();
        let criteria = Criteria { filter, ..Criteria::default() };
        let mut kept = Outline::default();
        for step in &steps {
            take(&mut world, step);
            let mut anew = Outline::default();
            let tree = world.model.tree();
            kept.update(tree, &criteria, world.now_ns);
            anew.update(tree, &criteria, world.now_ns);
            prop_assert_eq!(kept.rows(tree, 0..kept.len()), anew.rows(tree, 0..anew.len()));
            prop_assert_eq!(kept.matched(), anew.matched());
        }
    }
}

#[test]
fn who_is_under_whom_is_asked_again_when_ancestors_are_given_up() {
    let mut world = World::new(2);
    world.snapshot(1, 0, "init", "init").snapshot_end();
    world.fork(1, 2).fork(2, 3).fork(3, 4).fork(4, 5);
    world.exit(2, WaitStatus::exited(0)).exit(3, WaitStatus::exited(0));
    let filter = Filter::parse("under=2 exit=0", &|_| None).unwrap();
    let criteria = Criteria { filter, ..Criteria::default() };
    let mut rows = Outline::default();
    let mut matched = |world: &World| {
        rows.update(world.model.tree(), &criteria, world.now_ns);
        rows.matched()
    };
    assert_eq!(matched(&world), 2);
    world.exit(4, WaitStatus::exited(0)).fork(1, 6);
    assert_eq!(matched(&world), 0, "2 is no longer kept");
}

#[test]
fn another_filter_is_not_answered_with_what_the_one_before_said() {
    let world = build();
    let mut rows = Outline::default();
    for (uid, matched) in [(0, 2), (1000, 11)] {
        // The same text, and another meaning.
        let filter = Filter::parse("user=x", &|_| Some(uid)).unwrap();
        let criteria = Criteria { filter, ..Criteria::default() };
        rows.update(world.model.tree(), &criteria, world.now_ns);
        assert_eq!(rows.matched(), matched);
    }
}

#[test]
fn rows_stay_while_only_time_passes() {
    let mut world = build();
    let mut screen = Screen::new(80, 24);
    for (keys, depend) in [("", false), ("/comm:cc1 exit!=0", false), ("/dur>1s", true), ("d3s", true)] {
        screen.typed(&world, keys);
        screen.code(&world, KeyCode::Enter);
        assert_eq!(screen.ui.criteria.depend_on_time(), depend, "{keys}");
        screen.code(&world, KeyCode::Esc);
        screen.code(&world, KeyCode::Esc);
    }
    screen.show(&world);
    let life = |screen: &mut Screen, world: &World| screen.text(world).lines().nth(7).map(str::to_owned);
    let before = life(&mut screen, &world);
    world.pass(S);
    assert_ne!(life(&mut screen, &world), before, "the age of what lives goes on all the same");
}
