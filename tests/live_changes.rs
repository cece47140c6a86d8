//! What happens to a process between its fork and its end, for which the kernel has no event or only a small one.

mod support;

use support::events::{Events, Row};
use support::live::log_command;
use support::programs::{named_numbers, program};
use support::{bpf_or_skip, root_or_skip};

/// What was told of the child of `changes`, and the pids of its parent and of itself.
fn changes(arguments: &[&str]) -> (Events, u64, u64) {
    let path = program("changes");
    let (ran, events) = log_command(&[], [&[path.to_str().unwrap()], arguments].concat());
    assert_eq!(ran.code(), Some(0), "{ran:?}");
    let pids = named_numbers(ran.stdout_text());
    events.assert_nothing_lost();
    (events, pids["parent"], pids["child"])
}

/// The only line of this event.
#[track_caller]
fn the<'a>(events: &'a Events, event: &'a str, pid: u64) -> &'a Row {
    let rows: Vec<_> = events.of(event).filter(|row| row.number("pid") == pid).collect();
    let [row] = rows[..] else { panic!("not one '{event}': {rows:?}") };
    row
}

#[test]
fn a_new_name_is_told_and_one_that_exec_gave_is_not_told_twice() {
    if !bpf_or_skip() {
        return;
    }
    let (events, _, child) = changes(&["rename"]);
    let renamed = the(&events, "renamed", child);
    assert_eq!((renamed.text("comm"), renamed.text("from")), ("renamed", "changes"));
    assert_eq!(events.of("renamed").count(), 1, "the command's own exec is no renaming");
    assert_eq!(the(&events, "exit", child).text("comm"), "renamed");
}

#[test]
fn a_child_that_is_not_reaped_is_told_with_its_age_and_so_is_its_reaping() {
    if !bpf_or_skip() {
        return;
    }
    let (events, parent, child) = changes(&["zombie"]);
    let (zombie, reaped) = (the(&events, "zombie", child), the(&events, "reaped", child));
    assert_eq!(zombie.number("ppid"), parent, "who does not wait");
    let age = zombie.number("age_ns");
    assert!((1_000_000_000..4_000_000_000).contains(&age), "at the second look: {age}");
    assert!(reaped.number("age_ns") >= 3_300_000_000, "{reaped:?}");
    assert_eq!(events.of("exit").filter(|row| row.number("pid") == child).count(), 1);
}

#[test]
fn an_orphan_is_told_with_who_adopted_it_and_a_daemon_with_its_session() {
    if !bpf_or_skip() {
        return;
    }
    let (events, reaper, child) = changes(&["daemon"]);
    assert_eq!(the(&events, "adopted", child).number("ppid"), reaper);
    let session = the(&events, "session", child);
    assert_eq!((session.number("sid"), session.get("tty")), (child, None));
    assert_ne!(the(&events, "fork", child).number("ppid"), reaper, "its first parent");
}

#[test]
fn another_user_is_told() {
    if !root_or_skip() {
        return;
    }
    let (events, _, child) = changes(&["user", "12345"]);
    let changed = the(&events, "uid", child);
    assert_eq!((changed.number("uid"), changed.number("from_uid")), (12345, 0));
}

/// An exec tells of its process what a look would: after it there is no difference left to be found.
#[test]
fn what_an_exec_shows_to_have_changed_is_told_before_it() {
    if !root_or_skip() {
        return;
    }
    let (events, reaper, child) = changes(&["exec", "12345"]);
    let (adopted, session) = (the(&events, "adopted", child), the(&events, "session", child));
    assert_eq!((adopted.number("ppid"), session.number("sid")), (reaper, child));
    let uid = the(&events, "uid", child);
    assert_eq!((uid.number("uid"), uid.number("from_uid")), (12345, 0));
    let exec = events.of("exec").find(|row| row.number("pid") == child).expect("its exec");
    assert_eq!((exec.text("time"), exec.text("comm")), (uid.text("time"), "true"));
    assert_eq!(events.of("uid").count(), 1, "the command's own exec changed nothing");
}
