//! Everything is told by the kernel's records and nothing is looked up in /proc afterwards: while proctop stands still, processes come,
//! become somebody else and go, and their rows are as whole as ever.

mod support;

use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use nix::unistd::geteuid;
use support::live::{Killed, Tracing, is_stopped, wait, wait_until};
use support::programs::{numbers, program};
use support::{bpf_or_skip, storm_of};

const STOPPED: Duration = Duration::from_secs(2);

#[test]
fn while_proctop_is_stopped_nothing_is_lost_and_nothing_rewritten() {
    if !bpf_or_skip() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let list = directory.path().join("list");
    let path = program("restless");
    let count = storm_of(1000);

    let tracing = Tracing::start(&[]);
    tracing.signal(Signal::SIGSTOP);
    wait_until("all threads of proctop are stopped", || is_stopped(tracing.pid()));
    let begun = Instant::now();
    let told_before = tracing.text();
    let restless = std::process::Command::new(&path).arg(count.to_string()).arg("--list").arg(&list).spawn();
    let mut restless = Killed(restless.unwrap());
    let pid = restless.0.id();
    assert!(wait(&mut restless.0).success());
    thread::sleep(STOPPED.saturating_sub(begun.elapsed()));
    assert!(is_stopped(tracing.pid()) && tracing.text() == told_before, "it did not stand still");
    tracing.signal(Signal::SIGCONT);
    let events = tracing.stop();

    events.assert_nothing_lost();
    let parent = events.child_of_test(pid);
    let truth = numbers::<3>(&list);
    assert_eq!(truth.len(), count);
    // Forks are told in their order; a pid alone might have been used twice. Kernels that skip runs of the programs say
    // how many at most.
    let mut forks = events.of_children("fork", parent).peekable();
    let mut lacking = 0;
    for &[index, pid, code] in &truth {
        let Some(fork) = forks.next_if(|row| row.small("pid") == pid) else {
            lacking += 1;
            continue;
        };
        assert_eq!(fork.text("comm"), "restless");
        let told = ["exec", "exit"].map(|event| {
            let row = events.at_most_one(event, fork.id()).filter(|row| !row.is_inferred());
            lacking += u64::from(row.is_none());
            row
        });
        for row in [Some(fork)].into_iter().chain(told).flatten() {
            assert_eq!(row.parent(), Some(parent), "{row:?}");
            assert_eq!(row.small("uid"), geteuid().as_raw(), "{row:?}");
        }
        let [Some(exec), Some(exit)] = told else { continue };
        let argv =
            ["restless", "--child", &index.to_string(), &format!("the distinct text of child {index}")];
        assert_eq!(exec.texts("argv"), argv);
        assert_eq!(exec.text("filename"), path.to_str().unwrap());
        assert_eq!(exec.text("comm"), "restless");
        assert_eq!(exit.small("exit_code"), code);
        assert_eq!(exit.text("comm"), format!("changed-{index}"), "the name at its end");
        if code > 0 {
            assert_eq!(exit.texts("argv"), argv, "the row of a failure repeats them");
        }
    }
    assert_eq!(forks.next(), None, "it has no other child");
    let missed = events.missed_at_most();
    assert!(lacking <= missed, "{lacking} records are lacking, and at most {missed} were missed");
}
