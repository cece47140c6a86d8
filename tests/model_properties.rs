//! What the model guarantees whatever it is told.

mod model_support;

use std::collections::HashSet;

use model_support::world::{World, steps};
use model_support::{chaos, criteria, invariants, naive, replay, show};
use proctop::model::event::{Event, ProcessId, What};
use proctop::model::filter::Filter;
use proctop::model::log::Entry;
use proctop::model::process::Birth;
use proctop::model::rates::Counted;
use proctop::model::view::{Criteria, Lines};
use proctop::model::{Effect, Model};
use proptest::prelude::*;

/// More than any stream here has: nothing is given up.
const ALL: usize = 10_000;

fn everything(model: &Model) -> String {
    let part = |head| show::section(model, head).expect("a section");
    [part("tree"), part("log"), part("counts"), part("rows kthreads")].join("\n")
}

fn living(model: &Model) -> HashSet<ProcessId> {
    model.tree().iter().filter(|(_, process)| process.is_alive()).map(|(_, process)| process.id).collect()
}

proptest! {
    // What is found here becomes a scenario: no file of seeds.
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nonsense_leaves_the_model_sound(events in chaos::events(), history in 0..12usize) {
        let mut model = Model::new(history);
        for event in &events {
            let before = model.version();
            let effect = model.apply(event);
            prop_assert_eq!(effect != Effect::Nothing, model.version() != before);
            if let Effect::News(Some(key)) = effect {
                prop_assert!(model.tree().get(key).is_some(), "what the news is about can be looked up");
            }
            invariants::assert_sound(&model, history);
        }
    }

    /// What tells nothing changes nothing.
    #[test]
    fn nothing_is_nothing(events in chaos::events()) {
        let mut model = Model::new(ALL);
        for event in &events {
            let before = everything(&model);
            if model.apply(event) == Effect::Nothing {
                prop_assert_eq!(&before, &everything(&model), "{:?}", event);
                prop_assert!(model.concluded().is_empty());
            }
        }
    }

    #[test]
    fn counts_are_those_of_the_tree(events in chaos::events()) {
        let model = replay(ALL, &events);
        let count = |test: &dyn Fn(proctop::model::process::Process<'_>) -> bool| {
            model.tree().iter().filter(|(_, process)| test(*process)).count() as u64
        };
        let status = |process: proctop::model::process::Process<'_>| process.ending().and_then(|end| end.status);
        prop_assert_eq!(model.tree().evicted(), 0);
        prop_assert_eq!(model.rates().total(Counted::Fork), count(&|process| process.birth() == Birth::Forked));
        prop_assert_eq!(model.rates().total(Counted::Exit), count(&|process| status(process).is_some()));
        let failed = |status: proctop::model::event::WaitStatus| !status.success();
        prop_assert_eq!(model.rates().total(Counted::Failed), count(&|process| status(process).is_some_and(failed)));
    }

    /// Each try is in one line; a line that was found has failed nobody.
    #[test]
    fn failed_execs_add_up(events in prop_oneof![chaos::searches(), chaos::events()]) {
        let model = replay(ALL, &events);
        let told = events.iter().filter(|event| matches!(event.what, What::ExecFailed(_))).count() as u64;
        let failures = || model.log().iter_from(0).filter_map(|(_, line)| match line.entry {
            Entry::ExecFailed(failed) => Some((line.id, failed)),
            _ => None,
        });
        prop_assert_eq!(failures().map(|(_, failed)| u64::from(failed.tries)).sum::<u64>(), told);
        for (_, process) in model.tree().iter() {
            let lines = failures().filter(|(id, failed)| *id == process.id && !failed.found).count();
            prop_assert!(process.failed_execs() as usize <= lines, "{:?}", process.id);
        }
    }

    /// Every change is told and stands in the log, in the same order.
    #[test]
    fn changes_are_logged(events in chaos::events()) {
        let mut model = Model::new(ALL);
        for event in &events {
            let before = model.log().end();
            model.apply(event);
            let logged: Vec<_> = model.log().iter_from(before).filter_map(|(_, line)| match line.entry {
                Entry::Changed(change) => Some((line.id, change)),
                _ => None,
            }).collect();
            let id = |key| model.tree().get(key).map(|process| process.id).expect("it can be looked up");
            let told: Vec<_> = model.changes().iter().map(|&(key, change)| (id(key), change)).collect();
            prop_assert_eq!(told, logged);
        }
    }

    /// A zombie is one that the latest look or list showed as such, and only while nothing else was told of it.
    #[test]
    fn zombies_are_those_that_were_seen(events in chaos::events()) {
        let model = replay(ALL, &events);
        let mut shown = HashSet::new();
        for event in &events {
            match &event.what {
                What::Zombies(zombies) => shown.extend(zombies.iter().copied()),
                What::Snapshot(snapshot) if snapshot.zombie => {
                    shown.insert(snapshot.subject.id);
                }
                _ => {}
            }
        }
        let latest = events.iter().rev().find_map(|event| match &event.what {
            What::Zombies(zombies) => Some(zombies),
            _ => None,
        });
        for (_, process) in model.tree().iter().filter(|(_, process)| process.is_zombie()) {
            prop_assert!(shown.contains(&process.id), "{:?}", process.id);
            let is_in_latest = latest.is_some_and(|zombies| zombies.contains(&process.id));
            prop_assert!(process.is_alive() || is_in_latest, "{:?} has been reaped", process.id);
        }
    }

    #[test]
    fn the_same_stream_gives_the_same_state(events in chaos::events(), history in 0..30usize) {
        let mut half = replay(history, &events[..events.len() / 2]);
        let frozen = half.clone();
        let picture = everything(&frozen);
        for event in &events[events.len() / 2..] {
            half.apply(event);
        }
        prop_assert_eq!(everything(&half), everything(&replay(history, &events)));
        prop_assert_eq!(picture, everything(&frozen), "a clone does not move");
    }

    #[test]
    fn a_true_story_is_retold_exactly(steps in steps(false)) {
        let world = World::run(&steps);
        let model = replay(ALL, &world.events);
        prop_assert_eq!(model.tree().len(), world.all.len());
        for (id, truth) in &world.all {
            let key = model.tree().find(*id).expect("all are kept");
            let process = model.tree().get(key).expect("it has a place");
            let above = model.tree().ancestors(key).next().map(|(_, parent)| parent.id);
            prop_assert_eq!(above, truth.born_of);
            prop_assert_eq!(process.ending().map(|end| end.status), truth.status.map(Some));
            prop_assert_eq!(process.comm(), truth.subject.comm);
            let told = if id.pid == 1 { Birth::Snapshot } else { Birth::Forked };
            prop_assert_eq!(process.birth(), told);
            if truth.images.len() <= proctop::model::process::IMAGES_KEPT {
                let images: Vec<_> = process.images().map(|run| run.comm).collect();
                prop_assert_eq!(&images, &truth.images);
            }
            prop_assert_eq!(process.image_count() as usize, truth.images.len());
            if truth.status.is_none() || truth.is_end_told {
                prop_assert_eq!(process.latest_parent(), truth.subject.parent);
            }
        }
    }

    #[test]
    fn losses_are_healed_by_the_next_list(steps in steps(true), history in prop_oneof![Just(ALL), 0..20usize]) {
        let world = World::run(&steps);
        let mut model = Model::new(history);
        for event in &world.events {
            model.apply(event);
            invariants::assert_sound(&model, history);
        }
        prop_assert_eq!(living(&model), world.living.iter().copied().collect::<HashSet<_>>());
        for (_, process) in model.tree().iter() {
            let truth = &world.all[&process.id];
            let told = truth.status.filter(|_| truth.is_end_told);
            prop_assert_eq!(process.ending().and_then(|end| end.status), told, "{:?}", process.id);
            prop_assert_eq!(process.birth() == Birth::Forked, truth.is_birth_told && process.id.pid != 1);
        }
        let told = world.all.values().filter(|truth| truth.is_end_told).count() as u64;
        prop_assert_eq!(model.rates().total(Counted::Exit), told, "each end counts once");
    }

    #[test]
    fn lines_are_the_same_however_late_they_are_judged(
        events in chaos::ordered_events(), criteria in criteria::of_lines(), every in 1..20usize
    ) {
        let mut model = Model::new(ALL);
        let mut step_by_step = Lines::default();
        for batch in events.chunks(every) {
            for event in batch {
                model.apply(event);
            }
            step_by_step.update(&model, &criteria);
        }
        let chains_are_whole = model.tree().iter().all(|(_, process)| process.images_dropped() == 0);
        prop_assume!(chains_are_whole);
        let mut at_once = Lines::default();
        at_once.update(&model, &criteria);
        let numbers = |lines: &Lines| (0..lines.len()).filter_map(|index| lines.number(index)).collect::<Vec<_>>();
        prop_assert_eq!(numbers(&at_once), naive::lines(&model, &criteria));
        if !events.is_empty() {
            prop_assert_eq!(numbers(&step_by_step), numbers(&at_once));
        }
        for (index, number) in numbers(&at_once).into_iter().enumerate() {
            prop_assert_eq!(at_once.index(number), index);
        }
        prop_assert_eq!(at_once.number(at_once.len()), None);
        step_by_step.reset();
        prop_assert!(step_by_step.is_empty());
    }
}

/// Lines that the log no longer has are not shown, whenever they were judged.
#[test]
fn lines_go_with_the_log() {
    let lost = |time_ns| Event { time_ns, what: What::Lost(Default::default()) };
    for filter in ["", "comm:x"] {
        let criteria = Criteria { filter: Filter::parse(filter, &|_| None).unwrap(), ..Criteria::default() };
        let (mut model, mut lines) = (Model::new(0), Lines::default());
        for round in 0..5 {
            for time_ns in 0..700 {
                model.apply(&lost(time_ns));
            }
            lines.update(&model, &criteria);
            assert_eq!(lines.len(), if round == 0 { 700 } else { 1000 });
            assert_eq!(lines.number(0), Some(model.log().first()));
            assert_eq!(lines.number(lines.len() - 1), Some(model.log().end() - 1));
            assert_eq!((lines.index(0), lines.index(u64::MAX)), (0, lines.len()));
        }
    }
}
