//! Storms on the live kernel: every process is told of, whatever the pace. The truth is the storm's own list of what wait4 said.

mod support;

use std::process::Command;

use support::events::{Events, Id};
use support::live::{Tracing, run};
use support::programs::{numbers, program};
use support::{bpf_or_skip, storm_of};

/// A storm and what was told of it.
struct Storm {
    /// "pid code" per child, in order, as wait4 told.
    truth: Vec<[u32; 2]>,
    /// The program that was the parent.
    parent: Id,
    events: Events,
}

fn storm(count: usize, options: &[&str]) -> Storm {
    let directory = tempfile::tempdir().unwrap();
    let list = directory.path().join("list");
    let mut command = Command::new(program("storm"));
    command.args([&count.to_string(), "--cpu", "0", "--list"]).arg(&list).args(options);

    let tracing = Tracing::start(&[]);
    let ran = run(&mut command);
    let events = tracing.stop();

    assert!(ran.status.success(), "{ran:?}");
    let parent = events.child_of_test(ran.pid);
    Storm { truth: numbers(&list), parent, events }
}

/// Asserts that forks and exits are those of the list, in its order, and that nothing of the machine was lost.
fn assert_told(storm: &Storm, count: usize) {
    let Storm { truth, parent, events } = storm;
    assert_eq!(truth.len(), count);
    let forks: Vec<_> = events.of_children("fork", *parent).map(|row| row.small("pid")).collect();
    let pids: Vec<_> = truth.iter().map(|&[pid, _]| pid).collect();
    assert!(forks == pids, "{} forks are not the {count} of the list", forks.len());

    let exits: Vec<_> =
        events.of_children("exit", *parent).map(|row| [row.small("pid"), row.small("exit_code")]).collect();
    assert!(exits == *truth, "{} exits are not the {count} of the list", exits.len());

    for row in events.of_children("exit", *parent) {
        assert!(row.number("lifetime_ns") > 0 && !row.is_inferred(), "{row:?}");
    }
    assert!(
        events
            .of_children("fork", *parent)
            .map(|row| row.id())
            .eq(events.of_children("exit", *parent).map(|row| row.id()))
    );
    events.assert_nothing_lost();
    for kind in ["fork", "exec"] {
        let told = events.of(kind).count() as u64;
        assert_eq!(told, events.account("delivered", kind), "{kind}: told and delivered");
    }
}

#[test]
fn of_20000_vforks_every_fork_and_exit_is_told() {
    if !bpf_or_skip() {
        return;
    }
    let count = storm_of(20_000);
    let storm = storm(count, &["--mode", "vfork", "--codes"]);
    assert_told(&storm, count);
    assert_eq!(storm.events.of_children("exec", storm.parent).count(), 0, "none of them executed anything");
}

#[test]
fn of_2000_forks_every_fork_and_exit_is_told() {
    if !bpf_or_skip() {
        return;
    }
    let count = storm_of(2000);
    let storm = storm(count, &["--mode", "fork", "--codes"]);
    assert_told(&storm, count);
    for row in storm.events.of_children("exit", storm.parent) {
        assert_eq!(row.text("comm"), "storm", "a child that executes nothing keeps its parent's name");
        assert_eq!((row.get("images"), row.get("image_ns"), row.get("argv")), (None, None, None));
    }
}

#[test]
fn of_1000_spawns_every_exec_is_told_with_its_arguments() {
    if !bpf_or_skip() {
        return;
    }
    let count = storm_of(1000);
    let storm = storm(count, &["--mode", "spawn", "--codes"]);
    assert_told(&storm, count);
    let execs: Vec<_> = storm.events.of_children("exec", storm.parent).collect();
    assert_eq!(execs.len(), count);
    for (row, [pid, code]) in execs.iter().zip(&storm.truth) {
        assert_eq!(row.small("pid"), *pid);
        assert_eq!(row.texts("argv"), ["storm", "--exit", &code.to_string()]);
        assert_eq!(row.text("filename"), program("storm").to_str().unwrap());
        assert_eq!(row.text("comm"), "storm");
    }
}
