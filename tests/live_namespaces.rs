//! Processes in pid namespaces of their own, told from outside; and proctop where parts of /sys are out of sight.

mod support;

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Instant;

use support::events::{Events, Id, Row};
use support::live::{Killed, Ran, Tracing, field, run, wait, wait_until};
use support::process::children;
use support::programs::{numbers, program};
use support::{proctop, root_or_skip, tell_skipped};

/// Whether `unshare` gets such namespaces here; containers may forbid it.
fn can_unshare(which: &[&str]) -> bool {
    let can = run(Command::new("unshare").args(which).arg("true")).status.success();
    if !can {
        tell_skipped(&format!("unshare {which:?} is not allowed here"));
    }
    can
}

/// The pids of a process, the one of the outermost namespace first.
fn pids(pid: u32) -> Vec<u32> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("it lives");
    field(&status, "NSpid").split_whitespace().map(|pid| pid.parse().expect("a pid")).collect()
}

#[test]
fn a_storm_in_a_pid_namespace_is_told_with_the_pids_of_outside() {
    if !root_or_skip() || !can_unshare(&["--pid", "--fork"]) {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let list = directory.path().join("list");
    let tracing = Tracing::start(&[]);
    let begun = Instant::now();
    // unshare's child is the first process of the new namespace
    let mut unshare = Command::new("unshare");
    unshare
        .args(["--pid", "--fork"])
        .arg(program("storm"))
        .args(["500", "--mode", "fork", "--codes", "--list"]);
    let ran = run(unshare.arg(&list));
    let took = u64::try_from(begun.elapsed().as_nanos()).unwrap();
    let events = tracing.stop();
    assert!(ran.status.success(), "{ran:?}");

    let truth = numbers::<2>(&list);
    assert_eq!((truth.len(), truth[0][0]), (500, 2), "pids of the inside");
    let unshare = events.child_of_test(ran.pid);
    let storms: Vec<_> = events.of_children("fork", unshare).map(Row::id).collect();
    let [storm] = storms[..] else { panic!("{storms:?}") };
    assert_ne!(storm.0, 1);
    events.one("exit", storm).assert_ended(ExitStatus::from_raw(0));
    let forks: Vec<_> = events.of_children("fork", storm).map(Row::id).collect();
    assert_eq!(forks.len(), truth.len());
    let mut lived = 0;
    for (&id, [inner, code]) in forks.iter().zip(&truth) {
        assert_ne!(id.0, *inner, "as the host knows it");
        let exit = events.one("exit", id);
        assert_eq!(exit.small("exit_code"), *code);
        assert_eq!(exit.parent(), Some(storm));
        lived += exit.number("lifetime_ns");
    }
    // one after the other, and none before or after the storm's own life
    let whole = events.one("exit", storm).number("lifetime_ns");
    assert!(lived < whole && whole < took, "{lived} of {whole} of {took}");
    events.assert_nothing_lost();
}

#[test]
fn a_namespace_that_dies_takes_all_with_it_and_each_end_is_told() {
    if !root_or_skip() || !can_unshare(&["--pid", "--fork"]) {
        return;
    }
    let tracing = Tracing::start(&[]);
    // two levels: the inner one's first process is a shell with two children, one of which ignores what can be ignored
    let script = "sleep 1000 & trap '' TERM; sleep 1000 & wait";
    let mut outer = Command::new("unshare");
    outer.args(["--pid", "--fork", "unshare", "--pid", "--fork", "sh", "-c", script]);
    let mut outer = Killed(outer.stdin(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    let mut family = Vec::new();
    wait_until("all of them", || {
        let mut at = outer.0.id();
        family = vec![at];
        while let Some(&first) = children(at).first() {
            at = first;
            family.extend(children(family[family.len() - 1]));
        }
        let named = |pid: &u32| fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        family.len() == 5 && family[3..].iter().all(|pid| named(pid) == "sleep\n")
    });
    let [_, middle, shell, ref sleeps @ ..] = family[..] else { panic!("{family:?}") };
    let depth = pids(outer.0.id()).len();
    assert_eq!([middle, shell, sleeps[0]].map(|pid| pids(pid).len()), [depth + 1, depth + 2, depth + 2]);
    assert_eq!(pids(shell)[depth + 1], 1, "the first of its namespace");

    support::process::signal(shell, nix::sys::signal::Signal::SIGKILL);
    let status = wait(&mut outer.0);
    let events = tracing.stop();
    // unshare says with its own code how its child ended
    assert!(!status.success());
    let killed = ExitStatus::from_raw(9);
    let mut parent = events.child_of_test(outer.0.id());
    events.one("exit", parent).assert_ended(status);
    for pid in [middle, shell] {
        parent = child(&events, parent, pid);
    }
    events.one("exit", parent).assert_ended(killed);
    for &pid in sleeps {
        events.one("exit", child(&events, parent, pid)).assert_ended(killed);
    }
    events.assert_nothing_lost();
}

fn child(events: &Events, parent: Id, pid: u32) -> Id {
    let forks: Vec<_> =
        events.of_children("fork", parent).map(Row::id).filter(|&(child, _)| child == pid).collect();
    let [id] = forks[..] else { panic!("the fork of {pid}: {forks:?}") };
    id
}

/// proctop with these arguments where each of these directories is empty, as far as it is there at all.
fn without(directories: &[&str], arguments: &[&str]) -> Ran {
    let script = r#"for d in $0; do [ ! -d $d ] || mount -t tmpfs none $d || exit 99; done; exec "$@""#;
    let mut unshare = Command::new("unshare");
    unshare.args(["--mount", "--propagation", "private", "sh", "-c", script]).arg(directories.join(" "));
    run(unshare.arg(proctop()).args(arguments))
}

#[test]
fn a_kernel_without_btf_is_told_with_the_way_out_and_nothing_is_run() {
    if !root_or_skip() || !can_unshare(&["--mount"]) {
        return;
    }
    let btf = &["/sys/kernel/btf"];
    for arguments in [&["log"][..], &["log", "--", "echo", "ran"], &["record", "-o", "/dev/null"]] {
        let ran = without(btf, arguments);
        let line = ran.one_line(1);
        for part in ["this kernel has no BTF", "/sys/kernel/btf/vmlinux", "CONFIG_DEBUG_INFO_BTF=y"] {
            assert!(line.contains(part), "{line}");
        }
        assert!(ran.stdout.is_empty(), "{ran:?}");
    }
    let ran = without(btf, &["doctor"]);
    assert_eq!((ran.code(), ran.stderr.as_str()), (Some(1), ""), "{ran:?}");
    let btf_line = ran.stdout_text().lines().find(|line| line.contains(" BTF ")).expect("a line about it");
    assert!(btf_line.trim_start().starts_with("no ") && btf_line.contains("boot a kernel"), "{btf_line}");
    assert!(ran.stdout_text().contains("Tracing does not work here"), "{ran:?}");
}

#[test]
fn nothing_is_needed_of_tracefs_and_debugfs() {
    if !root_or_skip() || !can_unshare(&["--mount"]) {
        return;
    }
    let places = &["/sys/kernel/debug", "/sys/kernel/tracing"];
    let script = "ls /sys/kernel/debug /sys/kernel/tracing | grep -c tracing; exit 3";
    let ran = without(places, &["log", "--format", "json", "-o", "-", "--", "sh", "-c", script]);
    assert_eq!((ran.code(), ran.stderr.as_str()), (Some(3), ""));
    let own = |line: &&str| !line.starts_with('{');
    let entries: Vec<_> = ran.stdout_text().lines().filter(own).collect();
    assert_eq!(entries, ["1"], "nothing but the heading that ls prints");
    let told: Vec<_> = ran.stdout_text().lines().filter(|line| !own(line)).collect();
    let events = Events::parse(&told.join("\n"));
    assert_eq!(events.one("exit", events.command()).number("exit_code"), 3);
    assert_eq!(without(places, &["doctor"]).code(), Some(0));
}
