//! When records are lost, that is counted exactly, said, and healed.

mod support;

use std::fs;
use std::process::{Command, Stdio};

use nix::sys::signal::Signal;
use support::bpf_or_skip;
use support::events::{Events, KINDS, Row};
use support::live::{Killed, Tracing, is_stopped, signal, wait, wait_until};
use support::programs::program;

/// Far too small for what comes, and large enough for what the machine does otherwise.
const SMALL_RING: [&str; 2] = ["--ring-size", "64K"];

/// A shell that becomes this when its standard input is closed: its own start is told before anything is lost.
fn waiting(command: &str) -> Killed {
    let script = format!("read line; exec {command}");
    Killed(
        Command::new("sh").args(["-c", &script]).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap(),
    )
}

fn has_line(text: &str, condition: impl Fn(&Row) -> bool) -> bool {
    // the last line may not be whole yet
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole.lines().map(Row::parse).any(|row| condition(&row))
}

fn is_about(row: &Row, event: &str, pid: u32) -> bool {
    row.is(event) && row.small("pid") == pid
}

#[test]
fn loss_is_counted_exactly_and_healed() {
    if !bpf_or_skip() {
        return;
    }
    let tracing = Tracing::start(&SMALL_RING);
    let mut storm = waiting(&format!("'{}' 5000", program("storm").display()));
    let mut doomed = Killed(Command::new("sleep").arg("1000").spawn().unwrap());
    let [storm_pid, doomed_pid] = [storm.0.id(), doomed.0.id()];
    let told = |pid| has_line(&tracing.text(), |row| is_about(row, "exec", pid));
    wait_until("their starts are told", || told(storm_pid) && told(doomed_pid));

    // nobody empties the ring: of 10,000 records nearly all are lost, and so is all that follows
    tracing.signal(Signal::SIGSTOP);
    wait_until("all threads of proctop are stopped", || is_stopped(tracing.pid()));
    drop(storm.0.stdin.take());
    assert!(wait(&mut storm.0).success());
    signal(&doomed.0, Signal::SIGKILL);
    wait(&mut doomed.0);
    let mut unseen = Killed(Command::new("sleep").arg("1000").spawn().unwrap());
    let unseen_pid = unseen.0.id();
    // execve lets the parent go on before it has given the new name
    wait_until("its name", || fs::read_to_string(format!("/proc/{unseen_pid}/comm")).unwrap() == "sleep\n");
    tracing.signal(Signal::SIGCONT);

    wait_until("the end of one is concluded", || {
        has_line(&tracing.text(), |row| is_about(row, "exit", doomed_pid))
    });
    signal(&unseen.0, Signal::SIGTERM);
    wait(&mut unseen.0);
    let events = tracing.stop();

    assert_counted(&events);
    assert!(events.account("attempted", "fork") >= 5000 && events.account("attempted", "exit") >= 5000);
    assert!(events.account("dropped", "fork") > 4000 && events.account("dropped", "exit") > 4000);

    // whose end was lost: concluded, once, and nothing made up
    let doomed = events.one("exit", events.child_of_test(doomed_pid));
    assert!(doomed.is_inferred(), "{doomed:?}");
    for unknown in ["exit_code", "signal", "lifetime_ns", "cpu_ns", "max_rss_bytes"] {
        assert_eq!(doomed.get(unknown), None, "{doomed:?}");
    }
    // whose birth was lost: found by the list, unless its exec still came through; and its end is seen again
    let is_found = |row: &&Row| row.small("pid") == unseen_pid;
    let found = events.of("snapshot").chain(events.of("exec")).find(is_found).expect("it is found");
    assert_eq!(found.text("comm"), "sleep");
    let end = events.one("exit", found.id());
    assert_eq!((end.text("signal"), end.is_inferred()), ("SIGTERM", false));
    assert_no_ghosts(&events, storm_pid);
}

/// The account is exact, and the losses that were told on the way are all of it.
fn assert_counted(events: &Events) {
    events.assert_account_closed();
    for kind in KINDS {
        let of_kind = |row: &Row| row.get("kinds").and_then(|kinds| kinds.get(kind)?.as_u64()).unwrap_or(0);
        let told: u64 = events.of("lost").map(of_kind).sum();
        assert_eq!(told, events.account("dropped", kind), "{kind}");
    }
    for row in events.of("lost") {
        let kinds = row.get("kinds").and_then(|kinds| kinds.as_object()).expect("kinds");
        assert_eq!(kinds.values().filter_map(|count| count.as_u64()).sum::<u64>(), row.number("count"));
    }
    for kind in ["fork", "exec"] {
        assert_eq!(events.of(kind).count() as u64, events.account("delivered", kind), "{kind}");
    }
}

/// Of the storm's children that were told of, each has ended exactly once.
fn assert_no_ghosts(events: &Events, storm_pid: u32) {
    let storm = events.child_of_test(storm_pid);
    let children: Vec<_> = events.of_children("fork", storm).map(Row::id).collect();
    assert!(!children.is_empty(), "the ring took some");
    for &child in &children {
        events.one("exit", child);
    }
    let exits: Vec<_> = events.of("exit").map(Row::id).collect();
    let mut once = exits.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), exits.len(), "somebody ended twice");
}
