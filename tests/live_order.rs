//! Events come in the order in which they caused one another, whichever CPU told of them and by whichever way.

mod support;

use std::collections::HashSet;
use std::process::Command;

use support::events::{Events, Id};
use support::live::{Tracing, run, sh};
use support::programs::program;
use support::{bpf_or_skip, storm_of};

/// Asserts that no process does anything before its fork or after its exit, and is nobody's parent before or after.
fn assert_causes_come_first(events: &Events) -> HashSet<Id> {
    let forked: HashSet<Id> = events.of("fork").map(support::events::Row::id).collect();
    let mut born = HashSet::new();
    let mut ended = HashSet::new();
    for row in events.rows() {
        if !["fork", "exec", "exit", "rename"].iter().any(|event| row.is(event)) {
            continue;
        }
        let id = row.id();
        assert!(!ended.contains(&id), "after its exit: {row:?}");
        if row.is("fork") {
            assert!(born.insert(id), "born twice: {row:?}");
            let parent = row.parent().expect("a parent");
            assert!(!ended.contains(&parent), "its parent has ended before: {row:?}");
        } else {
            assert!(born.contains(&id) || !forked.contains(&id), "before its fork: {row:?}");
        }
        if row.is("exit") {
            ended.insert(id);
        }
    }
    ended.intersection(&born).copied().collect()
}

#[test]
fn a_child_that_runs_on_another_cpu_at_once_is_not_told_of_before_its_fork() {
    if !bpf_or_skip() {
        return;
    }
    let count = storm_of(400);
    let last = std::thread::available_parallelism().map_or(1, usize::from) - 1;
    // Forked here, executed there, and the other way round; between them processes that execute nothing.
    let script = format!(
        "i=0; while [ $i -lt {count} ]; do taskset -c 0 true & (exit 3) & taskset -c {last} true & \
         i=$((i + 1)); wait; done"
    );
    let tracing = Tracing::start(&[]);
    let [shell, option, text] = sh(&script);
    let ran = run(Command::new(shell).args([option, text]));
    let events = tracing.stop();
    assert!(ran.status.success(), "{ran:?}");
    let shell = events.child_of_test(ran.pid);
    let whole = assert_causes_come_first(&events);
    if events.missed_at_most() == 0 {
        events.assert_nothing_lost();
        assert_eq!(
            events.of_children("exit", shell).filter(|row| whole.contains(&row.id())).count(),
            3 * count
        );
    }
}

#[test]
fn storms_on_all_cpus_at_once_are_told_in_order() {
    if !bpf_or_skip() {
        return;
    }
    let count = storm_of(3000);
    let cpus = std::thread::available_parallelism().map_or(1, usize::from);
    let tracing = Tracing::start(&[]);
    let storms: Vec<_> = (0..cpus)
        .map(|cpu| {
            let mut command = Command::new(program("storm"));
            command.args([&count.to_string(), "--mode", "mix", "--cpu", &cpu.to_string()]);
            std::thread::spawn(move || run(&mut command))
        })
        .collect();
    let ran: Vec<_> = storms.into_iter().map(|storm| storm.join().unwrap()).collect();
    let events = tracing.stop();
    let whole = assert_causes_come_first(&events);
    for ran in ran {
        assert!(ran.status.success(), "{ran:?}");
        let parent = events.child_of_test(ran.pid);
        let told = events.of_children("exit", parent).filter(|row| whole.contains(&row.id())).count();
        let missed = usize::try_from(events.missed_at_most()).unwrap();
        assert!(told <= count && told + missed >= count, "{told} of {count}, {missed} missed");
    }
}
