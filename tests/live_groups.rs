//! Thread groups: a process ends when its last thread does, exactly once, and as waitpid says. The truth is the swarm's own list.

mod support;

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitStatus};

use support::bpf_or_skip;
use support::events::Events;
use support::live::{Tracing, run};
use support::programs::{numbers, program};

/// A swarm with these arguments, its "pid status" list, and all that was told meanwhile.
fn swarm(arguments: &[&str], directory: &Path) -> (Vec<[u32; 2]>, Events, u32) {
    let list = directory.join("list");
    let mut command = Command::new(program("swarm"));
    command.args(arguments).arg("--list").arg(&list).current_dir(directory);
    let tracing = Tracing::start(&[]);
    let ran = run(&mut command);
    let events = tracing.stop();
    assert!(ran.status.success(), "{ran:?}");
    (numbers(&list), events, ran.pid)
}

/// Asserts that of each process of the list one fork and one exit was told, the exit as waitpid told it.
#[track_caller]
fn assert_told(truth: &[[u32; 2]], events: &Events, parent: u32) {
    let parent = events.child_of_test(parent);
    let forks: Vec<_> = events.of_children("fork", parent).collect();
    assert!(forks.iter().map(|fork| fork.small("pid")).eq(truth.iter().map(|&[pid, _]| pid)), "{forks:?}");
    assert_eq!(events.of_children("exit", parent).count(), truth.len(), "each ended once");
    for (fork, &[_, status]) in forks.iter().zip(truth) {
        let exit = events.one("exit", fork.id());
        exit.assert_ended(ExitStatus::from_raw(i32::try_from(status).unwrap()));
        assert_eq!(exit.text("comm"), "swarm");
    }
    events.assert_nothing_lost();
}

#[test]
fn of_300_processes_of_8_threads_exactly_300_exits_are_told() {
    if !bpf_or_skip() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    // on kernels before 6.16 several of the threads that end at the same moment may each be taken for the last
    for ending in ["race", "leader-first"] {
        let (truth, events, parent) = swarm(&["300", "--ending", ending, "--code", "100"], directory.path());
        assert_eq!(truth.len(), 300);
        assert_told(&truth, &events, parent);
    }
}

#[test]
fn however_a_group_ends_its_status_is_what_waitpid_says() {
    if !bpf_or_skip() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    for (ending, code, signal) in [
        ("group", Some(7), None),
        // whether the first or the last of the threads counts differs between kernels
        ("leader-first", None, None),
        ("kill", None, Some(9)),
        ("term", None, Some(15)),
    ] {
        let (truth, events, parent) = swarm(&["2", "--ending", ending, "--code", "7"], directory.path());
        assert_told(&truth, &events, parent);
        for [_, status] in truth {
            let status = ExitStatus::from_raw(i32::try_from(status).unwrap());
            if ending == "leader-first" {
                assert!(matches!(status.code(), Some(5 | 7)), "{status}");
            } else {
                assert_eq!((status.code(), status.signal()), (code, signal), "{ending}");
            }
        }
    }
}

#[test]
fn a_fault_is_told_with_and_without_its_core() {
    if !bpf_or_skip() {
        return;
    }
    // where the pattern is a plain name, the kernel writes the file by itself
    let pattern = fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap();
    let writes = !pattern.starts_with('|') && !pattern.trim().is_empty();
    for (limit, dumps) in [("unlimited", true), ("0", false)] {
        let directory = tempfile::tempdir().unwrap();
        let list = directory.path().join("list");
        let script = format!(r#"ulimit -c {limit} && exec "$0" 1 --ending fault --list list"#);
        let tracing = Tracing::start(&[]);
        let mut shell = Command::new("sh");
        let ran = run(shell.args(["-c", &script]).arg(program("swarm")).current_dir(directory.path()));
        let events = tracing.stop();
        if !ran.status.success() && limit == "unlimited" {
            // somebody without the right to raise it
            continue;
        }
        let truth = numbers(&list);
        assert_told(&truth, &events, ran.pid);
        let status = ExitStatus::from_raw(i32::try_from(truth[0][1]).unwrap());
        assert_eq!(status.signal(), Some(11));
        if writes {
            assert_eq!(status.core_dumped(), dumps, "limit {limit}");
        }
    }
}
