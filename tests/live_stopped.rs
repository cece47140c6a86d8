//! Everything is told by the kernel's records and nothing is looked up in /proc afterwards: while proctop stands still, processes come,
//! become somebody else and go, and their rows are as whole as ever.

mod support;

use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use nix::unistd::geteuid;
use support::bpf_or_skip;
use support::live::{Killed, Tracing, is_stopped, wait, wait_until};
use support::programs::{numbers, program};

const COUNT: usize = 1000;
const STOPPED: Duration = Duration::from_secs(2);

#[test]
fn while_proctop_is_stopped_nothing_is_lost_and_nothing_rewritten() {
    if !bpf_or_skip() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let list = directory.path().join("list");
    let path = program("restless");

    let tracing = Tracing::start(&[]);
    tracing.signal(Signal::SIGSTOP);
    wait_until("all threads of proctop are stopped", || is_stopped(tracing.pid()));
    let begun = Instant::now();
    let told_before = tracing.text();
    let restless = std::process::Command::new(&path).arg(COUNT.to_string()).arg("--list").arg(&list).spawn();
    let mut restless = Killed(restless.unwrap());
    let pid = restless.0.id();
    assert!(wait(&mut restless.0).success());
    thread::sleep(STOPPED.saturating_sub(begun.elapsed()));
    assert!(is_stopped(tracing.pid()) && tracing.text() == told_before, "it did not stand still");
    tracing.signal(Signal::SIGCONT);
    let events = tracing.stop();

    events.assert_nothing_lost();
    let parent = events.child_of_test(pid);
    let told = |event| events.of_children(event, parent).count();
    assert_eq!([told("fork"), told("exec"), told("exit")], [COUNT; 3]);
    let truth = numbers::<3>(&list);
    assert_eq!(truth.len(), COUNT);
    // forks are told in their order; a pid alone might have been used twice
    let forks: Vec<_> = events.of_children("fork", parent).collect();
    for (&[index, pid, code], fork) in truth.iter().zip(forks) {
        assert_eq!(fork.small("pid"), pid, "child {index}");
        assert_eq!(fork.text("comm"), "restless");
        let exec = events.one("exec", fork.id());
        let argv =
            ["restless", "--child", &index.to_string(), &format!("the distinct text of child {index}")];
        assert_eq!(exec.texts("argv"), argv);
        assert_eq!(exec.text("filename"), path.to_str().unwrap());
        assert_eq!(exec.text("comm"), "restless");
        let exit = events.one("exit", fork.id());
        assert_eq!(exit.small("exit_code"), code);
        assert_eq!(exit.text("comm"), format!("changed-{index}"), "the name at its end");
        for row in [fork, exec, exit] {
            assert_eq!(row.parent(), Some(parent), "{row:?}");
            assert_eq!(row.small("uid"), geteuid().as_raw(), "{row:?}");
        }
        if code > 0 {
            assert_eq!(exit.texts("argv"), argv, "the row of a failure repeats them");
        }
    }
}
