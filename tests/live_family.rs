//! Parents that are not the caller, parents that die first, and pids that are used again.

mod support;

use std::collections::HashSet;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus};

use support::events::{Events, Id, Row};
use support::live::{Ran, Tracing, log_command, run};
use support::programs::{named_numbers, program};
use support::{bpf_or_skip, root_or_skip};

/// `families` with these arguments, watched by nobody else's doing: what it said, and what was told of it.
fn families(arguments: &[&str]) -> (Ran, Events) {
    let path = program("families");
    let command = [path.to_str().unwrap()].into_iter().chain(arguments.iter().copied());
    let (ran, events) = log_command(&["--wait-all"], command);
    assert_eq!((ran.code(), ran.stderr.as_str()), (Some(0), ""));
    events.assert_nothing_lost();
    (ran, events)
}

/// The only fork of this pid.
#[track_caller]
fn fork_of(events: &Events, pid: u64) -> &Row {
    let forks: Vec<_> = events.of("fork").filter(|row| row.number("pid") == pid).collect();
    assert_eq!(forks.len(), 1, "the fork of {pid}: {forks:?}");
    forks[0]
}

fn status(word: u64) -> ExitStatus {
    ExitStatus::from_raw(i32::try_from(word).expect("a wait status"))
}

fn forked_by(fork: &Row) -> Option<Id> {
    let by = fork.get("forked_by")?;
    Some((u32::try_from(by.get("pid")?.as_u64()?).ok()?, by.get("start_ns")?.as_u64()?))
}

#[test]
fn a_sibling_made_by_its_sibling_is_their_parents_and_says_who_forked_it() {
    if !bpf_or_skip() {
        return;
    }
    let (ran, events) = families(&["clone-parent"]);
    let truth = named_numbers(ran.stdout_text());
    let parent = events.command();
    assert_eq!(u64::from(parent.0), truth["parent"]);
    let [caller, sibling] = ["caller", "sibling"].map(|name| fork_of(&events, truth[name]));
    assert_eq!((caller.parent(), forked_by(caller)), (Some(parent), None));
    assert_eq!((sibling.parent(), forked_by(sibling)), (Some(parent), Some(caller.id())));
    for (fork, word, code) in [(caller, "caller_status", 5), (sibling, "sibling_status", 6)] {
        assert_eq!(status(truth[word]).code(), Some(code));
        let exit = events.one("exit", fork.id());
        exit.assert_ended(status(truth[word]));
        assert_eq!(exit.parent(), Some(parent), "{exit:?}");
    }
}

#[test]
fn an_orphan_keeps_its_origin_and_its_end_tells_who_adopted_it() {
    if !bpf_or_skip() {
        return;
    }
    for arguments in [&["orphan"][..], &["orphan", "--subreaper"]] {
        let (ran, events) = families(arguments);
        let truth = named_numbers(ran.stdout_text());
        let middle = fork_of(&events, truth["middle"]);
        let orphan = fork_of(&events, truth["orphan"]);
        assert_eq!(middle.parent(), Some(events.command()));
        assert_eq!(orphan.parent(), Some(middle.id()), "{arguments:?}");
        events.one("exit", middle.id()).assert_ended(ExitStatus::from_raw(3 << 8));
        let exit = events.one("exit", orphan.id());
        exit.assert_ended(ExitStatus::from_raw(7 << 8));
        assert_eq!(exit.number("ppid"), truth["adopter"], "{arguments:?}");
        match truth.get("status") {
            Some(&word) => {
                assert_eq!(exit.parent(), Some(events.command()), "the subreaper is the command itself");
                exit.assert_ended(status(word));
            }
            None => assert_ne!(exit.parent(), orphan.parent(), "adopted by an init"),
        }
    }
}

#[test]
fn five_processes_with_the_same_pid_are_five() {
    // choosing a pid needs a right of its own
    if !root_or_skip() {
        return;
    }
    let tracing = Tracing::start(&[]);
    let ran = run(Command::new(program("families")).args(["same-pid", "5"]));
    let events = tracing.stop();
    assert!(ran.status.success(), "{ran:?}");
    let truth: Vec<Vec<u32>> =
        ran.stdout_text().lines().map(|line| line.split(' ').map(|n| n.parse().unwrap()).collect()).collect();
    assert_eq!(truth.iter().map(|row| row[1]).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert_eq!(truth.iter().map(|row| row[0]).collect::<HashSet<_>>().len(), 1, "one pid: {truth:?}");

    let parent = events.child_of_test(ran.pid);
    let forks: Vec<_> = events.of_children("fork", parent).map(Row::id).collect();
    assert_eq!(forks.len(), 5, "{forks:?}");
    assert!(forks.iter().all(|&(pid, _)| pid == truth[0][0]));
    assert!(forks.windows(2).all(|pair| pair[0].1 < pair[1].1), "each started later: {forks:?}");
    for (&id, row) in forks.iter().zip(&truth) {
        let exit = events.one("exit", id);
        exit.assert_ended(ExitStatus::from_raw(i32::try_from(row[1]).unwrap() << 8));
        assert!(!exit.is_inferred());
    }
    events.assert_nothing_lost();
}
