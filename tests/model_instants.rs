//! Looking back shows what was to be seen then.

mod model_support;

use std::collections::HashMap;
use std::sync::Arc;

use model_support::parse::ZERO_NS;
use model_support::replay;
use model_support::world::{Step, World, steps};
use proctop::model::Model;
use proctop::model::event::{Event, Exit, Fork, Image, ProcessId, Subject, What};
use proctop::model::filter::Filter;
use proctop::model::process::{IMAGES_KEPT, NodeKey, Process};
use proctop::model::view::{Criteria, Lines, Outline, Row};
use proptest::prelude::*;

const HISTORY: usize = 10_000;

/// An instant after which nothing tells of a time before it, and how many events had come by then.
fn instants(events: &[Event]) -> Vec<(usize, u64)> {
    let latest = |events: &[Event]| events.iter().map(|event| event.time_ns).max().unwrap_or(0);
    let splits = (1..=events.len()).map(|count| (count, latest(&events[..count])));
    splits.filter(|&(count, at_ns)| events[count..].iter().all(|event| event.time_ns > at_ns)).collect()
}

/// A story without losses, up to where a chain of images gets too long to be kept whole. Of who ran before it a list tells the image, as lists do: what he was called before he executed
/// another is known from there.
fn story(steps: &[Step]) -> Vec<Event> {
    let mut events = World::run(steps).events;
    let mut execs: HashMap<ProcessId, usize> = HashMap::new();
    let too_long = events.iter().position(|event| {
        let What::Exec(exec) = &event.what else { return false };
        let count = execs.entry(exec.subject.id).or_insert(1);
        *count += 1;
        *count > IMAGES_KEPT
    });
    events.truncate(too_long.unwrap_or(events.len()));
    for event in &mut events {
        if let What::Snapshot(snapshot) = &mut event.what
            && snapshot.subject.id.pid == 1
        {
            let argv = b"init\0"[..].into();
            snapshot.image = Some(Arc::new(Image { filename: b"init"[..].into(), argv, ..Image::default() }));
        }
    }
    events
}

/// Whoever was adopted is told of with his next event, and looking back it is as of the death of his parent: so adopters
/// are compared where they were known then.
fn facts(model: &Model, key: NodeKey, process: Process<'_>) -> String {
    let now_ns = model.instant().unwrap_or(model.latest_ns());
    let images: Vec<_> = process.images().map(|run| (run.since_ns, run.comm)).collect();
    assert!(process.image_comms().eq(images.iter().copied()), "the same without the images: {images:?}");
    let image = process.image().map(|(image, inherited)| (image.argv.to_vec(), inherited));
    let parent = model.tree().parent(key);
    format!(
        "{key:?} {process:?} {parent:?} {images:?} {image:?} {:?} {:?} {:?}",
        (process.children(), process.living_children(), process.image_count(), process.is_zombie()),
        (process.status(), process.cpu_ns(), process.max_rss_bytes(), process.failed()),
        (process.lifetime_ns(now_ns), process.image_ns(now_ns), process.last_image_since_ns()),
    )
}

fn all_facts(model: &Model) -> Vec<String> {
    let mut all: Vec<_> = model.tree().iter().map(|(key, process)| facts(model, key, process)).collect();
    all.sort();
    all
}

fn adopters(model: &Model) -> Vec<(NodeKey, ProcessId)> {
    model.tree().iter().filter_map(|(key, process)| Some((key, process.adopted_by()?))).collect()
}

/// What the numbers at the top are made of.
fn numbers(model: &Model) -> (usize, usize, usize, u64) {
    let tree = model.tree();
    (tree.len(), tree.alive(), tree.dead(), model.seen())
}

fn rows(model: &Model, criteria: &Criteria, outline: &mut Outline) -> Vec<Row> {
    outline.update(model.tree(), criteria, model.instant().unwrap_or(model.latest_ns()));
    assert!(outline.is_complete());
    outline.rows(model.tree(), 0..usize::MAX)
}

fn lines(model: &Model, criteria: &Criteria) -> Vec<u64> {
    let mut lines = Lines::default();
    lines.update(model, criteria);
    assert!(lines.is_complete());
    (0..lines.len()).filter_map(|index| lines.number(index)).collect()
}

fn criteria() -> impl Strategy<Value = Criteria> {
    let filter = prop_oneof![
        Just(""),
        Just("comm=cc1"),
        Just("not comm:sh"),
        Just("exit!=0"),
        Just("dur>200ns"),
        Just("state=running"),
        Just("argv:ls or under=3"),
        Just("cpu>0 and not sig:KILL"),
    ];
    (filter, prop_oneof![Just(0u64), 0..600u64], any::<bool>()).prop_map(
        |(filter, min_duration_ns, hide_exited)| Criteria {
            filter: Filter::parse(filter, &|_| None).expect("a filter"),
            min_duration_ns,
            hide_exited,
            kernel_threads: false,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn looking_back_shows_what_was_to_be_seen_then(
        steps in steps(false),
        picks in prop::collection::vec(any::<prop::sample::Index>(), 1..5),
        criteria in criteria(),
    ) {
        let events = story(&steps);
        let mut whole = replay(HISTORY, &events);
        let (mut outline, instants) = (Outline::with_few(2), instants(&events));
        for pick in picks {
            let (count, at_ns) = *pick.get(&instants);
            let then = replay(HISTORY, &events[..count]);
            whole.look_at(Some(at_ns));
            prop_assert_eq!(numbers(&whole), numbers(&then));
            prop_assert_eq!(all_facts(&whole), all_facts(&then));
            let known = adopters(&whole);
            prop_assert!(adopters(&then).iter().all(|adopter| known.contains(adopter)));
            let mut outline_then = Outline::with_few(2);
            let (seen, seen_then) =
                (rows(&whole, &criteria, &mut outline), rows(&then, &criteria, &mut outline_then));
            prop_assert_eq!(&seen, &seen_then);
            prop_assert_eq!(outline.matched(), outline_then.matched());
            prop_assert_eq!(lines(&whole, &criteria), lines(&then, &criteria));
        }
        whole.look_at(None);
        let end = replay(HISTORY, &events);
        prop_assert_eq!((numbers(&whole), all_facts(&whole)), (numbers(&end), all_facts(&end)));
        let fresh = rows(&end, &criteria, &mut Outline::with_few(2));
        prop_assert_eq!(rows(&whole, &criteria, &mut outline), fresh);
    }

    #[test]
    fn what_is_told_meanwhile_is_taken_in_and_changes_nothing(steps in steps(false), pick in any::<prop::sample::Index>()) {
        let events = story(&steps);
        let (count, at_ns) = *pick.get(&instants(&events));
        let mut model = replay(HISTORY, &events[..count]);
        model.look_at(Some(at_ns));
        let (mut outline, criteria) = (Outline::with_few(2), Criteria::default());
        let before = (numbers(&model), all_facts(&model), rows(&model, &criteria, &mut outline));
        for event in &events[count..] {
            model.apply(event);
            prop_assert_eq!(numbers(&model), before.0);
            prop_assert_eq!(rows(&model, &criteria, &mut outline), &before.2[..]);
        }
        prop_assert_eq!(all_facts(&model), before.1);
        model.look_at(None);
        let end = replay(HISTORY, &events);
        prop_assert_eq!((numbers(&model), all_facts(&model)), (numbers(&end), all_facts(&end)));
    }

    #[test]
    fn lines_are_found_in_both_directions(steps in steps(false), criteria in criteria()) {
        let model = replay(HISTORY, &story(&steps));
        let mut view = Lines::default();
        view.update(&model, &criteria);
        let log = model.log();
        let mut times: Vec<u64> = (0..view.len()).filter_map(|at| log.time_ns(view.number(at)?)).collect();
        times.dedup();
        let back = std::iter::successors(view.latest_before(&log, u64::MAX), |&at| view.latest_before(&log, at));
        prop_assert_eq!(back.collect::<Vec<_>>(), times.iter().rev().copied().collect::<Vec<_>>());
        let on = std::iter::successors(view.first_after(&log, 0), |&at| view.first_after(&log, at));
        prop_assert_eq!(on.collect::<Vec<_>>(), times);
    }
}

#[test]
fn what_was_given_up_bounds_how_far_back_can_be_looked() {
    let fork = |pid: u32, at| (pid, at, None);
    let story = [fork(2, 10), fork(3, 20), (2, 30, Some(())), (3, 40, Some(())), fork(4, 50)];
    let told = |history: usize| {
        let mut model = Model::new(history);
        for (pid, at, ends) in story {
            let id = ProcessId::new(pid, ZERO_NS + u64::from(pid - 1) * 10 + if pid == 4 { 20 } else { 0 });
            let subject = Subject { id, ..Default::default() };
            let what = match ends {
                Some(()) => What::Exit(Exit { subject, ..Default::default() }),
                None => What::Fork(Fork { subject, forked_by: None }),
            };
            model.apply(&Event { time_ns: ZERO_NS + at, what });
        }
        model.kept_from_ns() - ZERO_NS
    };
    assert_eq!((told(10), told(1), told(0)), (10, 30, 40));
}
