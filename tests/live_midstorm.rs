//! Started in the middle of a storm: whoever is told of is told of once, and nothing dead rises.

mod support;

use std::collections::HashMap;
use std::path::Path;
use std::process::{Command, Stdio};

use support::events::{Events, Id, Row};
use support::kernel::started_ever;
use support::live::{Killed, Tracing, wait, wait_until};
use support::programs::{numbers, program};
use support::{bpf_or_skip, storm_of};

fn start(name: &str, arguments: &[&str], list: &Path) -> Killed {
    let mut command = Command::new(program(name));
    command.args(arguments).arg("--list").arg(list).stdout(Stdio::null());
    let before = started_ever();
    let started = Killed(command.spawn().unwrap());
    wait_until("the storm is at it", || started_ever() > before + 200);
    started
}

/// What was told of each child, in the order in which it was told.
fn lives(events: &Events, parent: Id) -> HashMap<Id, Vec<&Row>> {
    let mut lives: HashMap<Id, Vec<&Row>> = HashMap::new();
    let told = |row: &&Row| ["snapshot", "fork", "exec", "exit"].iter().any(|event| row.is(event));
    for row in events.rows().iter().filter(told).filter(|row| row.parent() == Some(parent)) {
        lives.entry(row.id()).or_default().push(row);
    }
    lives
}

/// Asserts that a child was told of once, in an order that makes sense. `first_born` is the start of the first whose fork was told.
#[track_caller]
fn assert_sound(life: &[&Row], first_born: u64) {
    let count = |event| life.iter().filter(|row| row.is(event)).count();
    let (listed, forked, ended) = (count("snapshot"), count("fork"), count("exit"));
    assert!(listed <= 1 && forked <= 1 && ended <= 1, "told twice: {life:?}");
    let (first, last) = (life[0], life[life.len() - 1]);
    assert!(ended == 0 || last.is("exit"), "it has risen: {life:?}");
    // one that was listed as dead has ended before
    let was_dead = listed == 1 && life.iter().any(|row| row.get("zombie").is_some());
    assert!(ended == 1 || was_dead, "its end is missing: {life:?}");
    // exits are attached first: of one that ended between that and the list, the exit is all that there is
    let is_from_before = first.number("start_ns") < first_born;
    assert!(listed + forked >= 1 || is_from_before, "its birth is missing: {life:?}");
    assert!(life.iter().all(|row| !row.is_inferred()), "{life:?}");
}

/// Asserts that those whose birth was told are the last of the list, in its order, that all others are earlier ones, and that each has
/// ended as the list says.
#[track_caller]
fn assert_true(events: &Events, parent: Id, truth: &[[u32; 2]]) {
    let lives = lives(events, parent);
    let born: Vec<_> = events.of_children("fork", parent).map(Row::id).collect();
    let first_born = born.iter().map(|&(_, start)| start).min().unwrap_or(u64::MAX);
    let ending =
        |id: &Id| lives[id].iter().find(|row| row.is("exit")).map(|row| [id.0, row.small("exit_code")]);
    for life in lives.values() {
        assert_sound(life, first_born);
    }
    assert!(born.len() < truth.len(), "it was not the middle");
    let (earlier, last) = truth.split_at(truth.len() - born.len());
    assert!(born.iter().filter_map(ending).eq(last.iter().copied()), "the born are not the last of the list");
    let of_before: Vec<_> = lives.keys().filter(|&&(_, start)| start < first_born).collect();
    assert_eq!(born.len() + of_before.len(), lives.len(), "all others are older");
    for ending in of_before.into_iter().filter_map(ending) {
        assert!(earlier.contains(&ending), "{ending:?} is not of the storm");
    }
    events.assert_nothing_lost();
}

/// Starts proctop several times while the storm goes on, and judges what each was told.
fn watch(mut storm: Killed, truth: impl FnOnce() -> Vec<[u32; 2]>) {
    let pid = storm.0.id();
    let tracings: Vec<_> = (0..2).map(|_| Tracing::start(&[])).collect();
    assert!(wait(&mut storm.0).success());
    let truth = truth();
    let mut children = Vec::new();
    for tracing in tracings {
        let events = tracing.stop();
        // on a busy machine the storm may have been over before the last was armed
        let listed: Vec<_> = events.of("snapshot").filter(|row| row.small("pid") == pid).collect();
        if let [parent] = listed[..] {
            assert_true(&events, parent.id(), &truth);
            children.push(events.of_children("exit", parent.id()).count());
        }
    }
    assert!(children.first().is_some_and(|&count| count > 100), "the storm was over too soon: {children:?}");
    assert!(children.is_sorted_by(|earlier, later| earlier >= later), "{children:?}");
}

#[test]
fn of_one_after_the_other_none_is_told_twice_or_after_its_end() {
    if !bpf_or_skip() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let list = directory.path().join("list");
    // Long enough for two to be armed meanwhile, also where all takes longer, and not longer than is waited for it there.
    let processes = storm_of(10_000).max(4_000).to_string();
    watch(start("storm", &[&processes, "--mode", "fork", "--codes"], &list), || numbers(&list));
}

#[test]
fn of_many_at_once_none_is_told_twice_or_after_its_end() {
    if !bpf_or_skip() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let list = directory.path().join("list");
    watch(start("restless", &["4000", "--jobs", "64"], &list), || {
        numbers::<3>(&list).into_iter().map(|[_, pid, code]| [pid, code]).collect()
    });
}
