//! Streams of events and the lines that are made of them.

use std::sync::Arc;

use jiff::tz::TimeZone;
use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::model::event::*;
use crate::output::Format;

const MS: u64 = 1_000_000;
const INIT: ProcessId = ProcessId::new(1, 1);
const SHELL: ProcessId = ProcessId::new(10, 2);

fn at(ms: u64, what: What) -> Event {
    Event { time_ns: ms * MS, what }
}

fn subject(id: ProcessId, comm: &str) -> Subject {
    let uids = Uids { effective: 4_000_000_000, real: 4_000_000_000 };
    Subject { id, parent: Some(INIT), comm: comm.into(), uids, cgroup_id: 5, ..Subject::default() }
}

fn fork(ms: u64, id: ProcessId) -> Event {
    at(ms, What::Fork(Fork { subject: subject(id, "sh"), forked_by: None }))
}

fn failed(ms: u64, id: ProcessId, error: u32, filename: &str) -> Event {
    let filename = filename.as_bytes().into();
    at(ms, What::ExecFailed(ExecFailed { id, comm: "sh".into(), error, filename }))
}

fn exec(ms: u64, id: ProcessId, filename: &str) -> Event {
    let image = Image { filename: filename.as_bytes().into(), argv: b"x\0"[..].into(), ..Image::default() };
    at(ms, What::Exec(Exec { subject: subject(id, "x"), image: Arc::new(image), ..Exec::default() }))
}

fn exit(ms: u64, id: ProcessId) -> Event {
    at(ms, What::Exit(Exit { subject: subject(id, "sh"), ..Exit::default() }))
}

fn end(ms: u64) -> Event {
    at(ms, What::End(Account::default()))
}

fn printer(filter: &str, min_duration_ns: Option<u64>) -> Printer<Vec<u8>> {
    let mut selection = Selection::default();
    selection.filter = Filter::parse(filter, &|_| None).unwrap();
    selection.min_duration_ns = min_duration_ns;
    Printer::new(Lines::new(Vec::new(), Format::Json, TimeZone::UTC), &selection)
}

fn printed(printer: &Printer<Vec<u8>>) -> Vec<Value> {
    let text = std::str::from_utf8(printer.lines().get_ref()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn lines_of(filter: &str, events: &[Event]) -> Vec<Value> {
    let mut printer = printer(filter, None);
    printer.print(events).unwrap();
    printed(&printer)
}

/// Each line in short: what happened to whom, and the file with the tries that it stands for.
fn short(lines: &[Value]) -> Vec<String> {
    let text = |line: &Value, name: &str| line.get(name).and_then(Value::as_str).map(str::to_owned);
    let number = |line: &Value, name: &str| line.get(name).map(|number| format!("{name}={number}"));
    let line = |line: &Value| {
        let parts = [
            text(line, "event"),
            line.get("pid").map(Value::to_string),
            text(line, "errno"),
            text(line, "filename"),
            number(line, "tries"),
            number(line, "path_tries"),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    };
    lines.iter().map(line).collect()
}

#[test]
fn a_search_in_vain_is_one_line_before_what_comes_next() {
    let events = [
        fork(0, SHELL),
        failed(1, SHELL, 2, "/usr/local/bin/nope"),
        failed(2, SHELL, 2, "/usr/bin/nope"),
        failed(3, SHELL, 2, "/bin/nope"),
        exit(4, SHELL),
        end(5),
    ];
    let lines = lines_of("", &events);
    assert_eq!(short(&lines), ["fork 10", "exec_failed 10 ENOENT /bin/nope tries=3", "exit 10", "end"]);
    assert_eq!(lines[1]["time"], "1970-01-01T00:00:00.003000000Z", "the last try's");
    assert_eq!(lines[1]["ppid"], 1);
    assert_eq!(lines[1]["uid"], 4_000_000_000u32);
    let ends = [
        fork(4, ProcessId::new(11, 9)),
        at(4, What::Rename(Rename { subject: subject(SHELL, "sh"), to: "new".into() })),
    ];
    for (index, next) in ends.into_iter().enumerate() {
        let mut events = events[..4].to_vec();
        let mut next = next;
        if let What::Fork(fork) = &mut next.what {
            fork.subject.parent = Some(SHELL);
        }
        events.push(next);
        let lines = short(&lines_of("", &events));
        assert_eq!(lines[1], "exec_failed 10 ENOENT /bin/nope tries=3", "{index}: {lines:?}");
        assert_eq!(lines.len(), 3, "{lines:?}");
    }
}

#[test]
fn a_storm_is_told_when_it_begins_and_when_it_is_over() {
    let mut events = vec![fork(0, SHELL), exec(1, SHELL, "/bin/x")];
    for number in 0..3000u32 {
        let mut child = fork(1000 + u64::from(number), ProcessId::new(100 + number, number.into()));
        if let What::Fork(fork) = &mut child.what {
            fork.subject.id.start_ns = child.time_ns;
            fork.subject.parent = Some(SHELL);
        }
        events.push(child);
    }
    events.push(end(9000));
    let lines = lines_of("event:storm", &events);
    assert_eq!(lines.last().map(|line| &line["event"]), Some(&"end".into()), "nothing is behind it");
    events.insert(events.len() - 1, exit(9000, SHELL));
    let storms = lines_of("event:storm", &events);
    let told: Vec<_> = storms.iter().filter(|line| line["event"] == "storm").collect();
    assert_eq!(told.len(), 2, "{storms:#?}");
    assert_eq!((told[0]["state"].as_str(), told[1]["state"].as_str()), (Some("begin"), Some("end")));
    for line in &told {
        assert_eq!((&line["pid"], &line["start_ns"], &line["comm"]), (&10.into(), &2.into(), &"x".into()));
    }
    assert_eq!(told[1]["total"], 3000);
    assert_eq!(told[1]["duration_ns"], 3_000_000_000u64);
    assert!(lines_of("event:fork", &events).iter().all(|line| line["event"] != "storm"));

    let mut quiet = printer("event:storm", None);
    quiet.print(&events[..events.len() - 2]).unwrap();
    quiet.pass_time(4500 * MS).unwrap();
    assert_eq!(printed(&quiet).len(), 1);
    quiet.pass_time(9000 * MS).unwrap();
    assert_eq!(printed(&quiet).len(), 2, "time alone ends it");
}

#[test]
fn of_a_short_storm_both_lines_are_told() {
    let forks = (0..800u32).map(|number| {
        let mut child = fork(1000 + u64::from(number) / 2, ProcessId::new(100 + number, number.into()));
        if let What::Fork(fork) = &mut child.what {
            fork.subject.id.start_ns = child.time_ns;
        }
        child
    });
    let mut quiet = printer("event:storm", None);
    quiet.print(&forks.collect::<Vec<_>>()).unwrap();
    assert_eq!(printed(&quiet).len(), 0);
    quiet.pass_time(9000 * MS).unwrap();
    let states: Vec<_> = printed(&quiet).iter().map(|line| line["state"].clone()).collect();
    assert_eq!(states, ["begin", "end"]);
}

#[test]
fn a_search_that_finds_belongs_to_the_exec() {
    let mut events = vec![
        fork(0, SHELL),
        failed(1, SHELL, 2, "/usr/local/bin/x"),
        failed(2, SHELL, 2, "/usr/bin/x"),
        exec(3, SHELL, "/bin/x"),
        exec(4, SHELL, "/bin/x"),
        end(200),
    ];
    let expected = ["fork 10", "exec 10 /bin/x path_tries=2", "exec 10 /bin/x", "end"];
    assert_eq!(short(&lines_of("", &events)), expected);
    assert_eq!(short(&lines_of("event:exec", &events))[..2], expected[1..3]);
    assert_eq!(short(&lines_of("event:exec_failed", &events)), ["end"]);
    // Found too late, or something else: that failed.
    events[3] = exec(103, SHELL, "/bin/x");
    let late = ["fork 10", "exec_failed 10 ENOENT /usr/bin/x tries=2", "exec 10 /bin/x"];
    assert_eq!(short(&lines_of("", &events))[..3], late);
    events[3] = exec(3, SHELL, "/bin/y");
    let other = ["fork 10", "exec_failed 10 ENOENT /usr/bin/x tries=2", "exec 10 /bin/y"];
    assert_eq!(short(&lines_of("", &events))[..3], other);
}

#[test]
fn only_what_is_a_search_is_put_together() {
    let events = [
        fork(0, SHELL),
        failed(1, SHELL, 2, "/a/x"),
        failed(2, SHELL, 2, "/b/y"),
        failed(3, SHELL, 2, "/b/y"),
        failed(4, SHELL, 13, "/c/y"),
        failed(5, SHELL, 2, "/d/y"),
        failed(200, SHELL, 2, "/e/y"),
        end(201),
    ];
    assert_eq!(
        short(&lines_of("", &events)),
        [
            "fork 10",
            "exec_failed 10 ENOENT /a/x tries=1",
            "exec_failed 10 ENOENT /b/y tries=2",
            "exec_failed 10 EACCES /c/y tries=1",
            "exec_failed 10 ENOENT /d/y tries=1",
            "exec_failed 10 ENOENT /e/y tries=1",
            "end",
        ]
    );
}

/// Who tries for ever is not waited for as long.
#[test]
fn a_search_without_end_is_told_of_now_and_then() {
    let tries = (0..60).map(|n| failed(50 * n, SHELL, 2, ["/a/x", "/b/x"][n as usize % 2]));
    let events: Vec<_> = std::iter::once(fork(0, SHELL)).chain(tries).chain([end(3000)]).collect();
    let lines = short(&lines_of("event:exec_failed", &events));
    let (whole, rest) = ("exec_failed 10 ENOENT /a/x tries=21", "exec_failed 10 ENOENT /b/x tries=18");
    assert_eq!(lines, [whole, "exec_failed 10 ENOENT /b/x tries=21", rest, "end"]);
}

#[test]
fn nothing_waits_for_long() {
    let other = ProcessId::new(11, 9);
    let mut printer = printer("event:exec_failed", None);
    let tell = |printer: &mut Printer<Vec<u8>>, event| {
        printer.print(&[event]).unwrap();
        printed(printer).len()
    };
    tell(&mut printer, fork(0, SHELL));
    assert_eq!(tell(&mut printer, failed(1, SHELL, 2, "/a/x")), 0);
    assert!(printer.is_holding());
    assert_eq!(tell(&mut printer, fork(101, other)), 0, "there may be more to come");
    assert_eq!(tell(&mut printer, exit(102, other)), 1, "not after a tenth of a second");
    assert!(!printer.is_holding());
    assert_eq!(tell(&mut printer, failed(110, SHELL, 2, "/b/x")), 1);
    printer.release().unwrap();
    assert_eq!(printed(&printer).len(), 2, "nor when it is silent");
    printer.release().unwrap();
    assert_eq!(printed(&printer).len(), 2);
}

#[test]
fn few_wait_and_all_are_told() {
    let ids: Vec<_> = (0..300).map(|n| ProcessId::new(100 + n, 10)).collect();
    let mut printer = printer("event:exec_failed", None);
    for &id in &ids {
        printer.print(&[fork(0, id), failed(1, id, 2, "/a/x")]).unwrap();
    }
    assert_eq!(printed(&printer).len(), 300 - 256);
    printer.print(&[end(2)]).unwrap();
    let pids: Vec<_> = printed(&printer).iter().filter_map(|line| line["pid"].as_u64()).collect();
    assert_eq!(pids, (100..400).collect::<Vec<_>>());
}

#[test]
fn failed_execs_obey_the_filter_and_the_minimum() {
    let events = [
        fork(0, SHELL),
        failed(1, SHELL, 2, "/a/gone"),
        failed(2, SHELL, 13, "/b/denied"),
        exit(50, SHELL),
        end(60),
    ];
    let denied = "exec_failed 10 EACCES /b/denied tries=1";
    for filter in ["errno=EACCES", "file=denied", "event:exec_failed comm:sh not errno=2", "errno!=ENOENT"] {
        assert_eq!(short(&lines_of(filter, &events)), [denied, "end"], "{filter}");
    }
    assert_eq!(short(&lines_of("errno=EPERM", &events)), ["end"]);
    let mut slow = printer("", Some(10 * MS));
    slow.print(&events).unwrap();
    assert_eq!(short(&printed(&slow)), ["exit 10", "end"]);
}

#[test]
fn who_is_not_known_is_told_of_at_once_and_as_far_as_it_is_known() {
    let stranger = ProcessId::new(77, 5);
    let thread = Thread { of: stranger, tid: 78, comm: "worker".into(), start_ns: MS, cpu_ns: 5 };
    let mut printer = printer("", None);
    let events = [failed(1, stranger, 2, "/a/x"), failed(2, stranger, 2, "/b/x")];
    printer.print(&events).unwrap();
    assert_eq!(printed(&printer).len(), 2);
    printer.print(&[at(3, What::ThreadEnd(thread))]).unwrap();
    let lines = printed(&printer);
    assert_eq!(short(&lines)[1], "exec_failed 77 ENOENT /b/x tries=1");
    assert_eq!(
        (&lines[2]["pid"], &lines[2]["tid"], &lines[2]["comm"]),
        (&77.into(), &78.into(), &"worker".into())
    );
    assert_eq!((&lines[2]["lifetime_ns"], &lines[2]["cpu_ns"]), (&(2 * MS).into(), &5.into()));
    for line in &lines {
        assert_eq!((line.get("uid"), line.get("ppid")), (None, None), "{line}");
    }
}

#[test]
fn threads_are_told_of_with_their_process() {
    let thread = Thread { of: SHELL, tid: 11, comm: "worker".into(), start_ns: MS, cpu_ns: 0 };
    let events = [fork(0, SHELL), at(1, What::ThreadStart(thread)), at(3, What::ThreadEnd(thread)), end(4)];
    let lines = lines_of("event:thread_start or event:thread_end", &events);
    assert_eq!(short(&lines), ["thread_start 10", "thread_end 10", "end"]);
    assert_eq!(
        (&lines[0]["ppid"], &lines[0]["comm"], &lines[0]["tid"]),
        (&1.into(), &"worker".into(), &11.into())
    );
    assert_eq!(lines_of("under=1 event:thread_end", &events).len(), 1, "nobody knows that 1 is above");
    assert_eq!(lines_of("under=10 event:thread_end", &events).len(), 2);
}

/// A process of which everything changes that can.
fn changes() -> Vec<Event> {
    let rename = Rename { subject: subject(SHELL, "sh"), to: "daemon".into() };
    let session = Session { id: 10, tty: 136 << 20 | 3 };
    let renamed = Subject { comm: "daemon".into(), ..subject(SHELL, "sh") };
    let adopted = Subject { parent: Some(ProcessId::new(3, 3)), uids: Uids::default(), ..renamed };
    let first = Look { subject: renamed, session: Session { id: 9, tty: 0 } };
    let second = Look { subject: adopted, session };
    vec![
        fork(0, SHELL),
        at(1, What::Rename(rename)),
        at(2, What::Look(first)),
        at(3, What::Look(second)),
        at(4, What::Look(second)),
        exit(10, SHELL),
        at(1010, What::Zombies(vec![SHELL])),
        at(2010, What::Zombies(vec![])),
        end(2011),
    ]
}

#[test]
fn changes_are_told_each_in_a_line() {
    let lines = lines_of("event:changed", &changes());
    let expected = ["renamed 10", "adopted 10", "session 10", "uid 10", "zombie 10", "reaped 10", "end"];
    assert_eq!(short(&lines), expected);
    let field = |index: usize, name: &str| lines[index].get(name).cloned().unwrap_or(Value::Null);
    assert_eq!((field(0, "from"), field(0, "comm")), ("sh".into(), "daemon".into()));
    assert_eq!((field(1, "ppid"), field(1, "ppid_start_ns")), (3.into(), 3.into()));
    assert_eq!((field(2, "sid"), field(2, "tty")), (10.into(), "pts/3".into()));
    assert_eq!((field(3, "from_uid"), field(3, "uid")), (4_000_000_000u32.into(), 0.into()));
    assert_eq!((field(3, "from_ruid"), field(3, "ruid")), (Value::Null, Value::Null));
    assert_eq!((field(4, "age_ns"), field(5, "age_ns")), ((1000 * MS).into(), (2000 * MS).into()));
    for line in lines.iter().take(6) {
        assert_eq!((&line["pid"], &line["start_ns"]), (&10.into(), &2.into()), "{line}");
    }
}

/// What an exec shows to have changed has lines of its own in front of it; an exec that changes nothing has none.
#[test]
fn an_exec_tells_of_changes() {
    let adopted = |ms| {
        let mut event = exec(ms, SHELL, "/bin/x");
        if let What::Exec(exec) = &mut event.what {
            exec.subject.parent = Some(ProcessId::new(1, 0));
            exec.subject.uids = Uids::default();
        }
        event
    };
    let events = [fork(1, SHELL), exec(2, SHELL, "/bin/x"), adopted(3), adopted(4), end(5)];
    let told =
        ["fork 10", "exec 10 /bin/x", "adopted 10", "uid 10", "exec 10 /bin/x", "exec 10 /bin/x", "end"];
    assert_eq!(short(&lines_of("", &events)), told);
    let lines = lines_of("event:changed", &events);
    assert_eq!(short(&lines), ["adopted 10", "uid 10", "end"]);
    assert_eq!((&lines[1]["uid"], &lines[1]["from_uid"]), (&0.into(), &4_000_000_000u32.into()));
}

#[test]
fn a_kind_of_change_can_be_asked_for() {
    for name in ["renamed", "adopted", "session", "uid", "zombie", "reaped"] {
        assert_eq!(
            short(&lines_of(&format!("event={name}"), &changes())),
            [format!("{name} 10"), "end".into()]
        );
    }
    assert_eq!(short(&lines_of("state:zombie", &changes())), ["zombie 10", "end"]);
    assert_eq!(lines_of("sid=10 tty:pts event:session", &changes()).len(), 2);
    let mut slow = printer("event:changed", Some(MS));
    slow.print(&changes()).unwrap();
    assert_eq!(short(&printed(&slow)), ["end"]);
}

#[test]
fn a_line_says_where_the_process_ran() {
    let path = b"/system.slice/x.service"[..].into();
    let cgroup = at(0, What::Cgroup(Cgroup { id: 5, path, cut: false }));
    let events = [cgroup, exec(1, SHELL, "/bin/x"), exit(2, SHELL), end(3)];
    let lines = lines_of("cgroup=x.service", &events);
    assert_eq!(short(&lines), ["exec 10 /bin/x", "exit 10", "end"]);
    assert_eq!(
        (&lines[0]["cgroup"], &lines[0]["unit"]),
        (&"/system.slice/x.service".into(), &"x.service".into())
    );
    assert_eq!(lines_of("cgroup:docker", &events).len(), 1);
}

/// After a loss a look may come before the list: the list's line, which knows more, is the one that is printed.
#[test]
fn who_was_lost_is_told_of_by_the_list() {
    let look = Look { subject: subject(SHELL, "sh"), session: Session { id: 10, tty: 0 } };
    let image = Image { argv: b"sh\0"[..].into(), ..Image::default() };
    let listed = Snapshot { subject: look.subject, image: Some(Arc::new(image)), ..Snapshot::default() };
    let lines = lines_of("", &[at(1, What::Look(look)), at(1, What::Snapshot(listed)), end(2)]);
    assert_eq!(short(&lines), ["snapshot 10", "end"]);
    assert_eq!(lines[0]["argv"][0], "sh");
}

fn any_event() -> impl Strategy<Value = (u64, What)> {
    let id = (0..3u32).prop_map(|n| ProcessId::new(20 + n, 5));
    let names = ["/a/x", "/b/x", "/c/x", "/a/y", "/b/y"];
    let name = prop::sample::select(names.to_vec());
    let time = prop_oneof![8 => 0..5u64, 1 => 0..250u64];
    let error = prop_oneof![6 => Just(2u32), 1 => Just(13)];
    let what = (id, name, error, 0..12u8).prop_map(|(id, name, error, pick)| match pick {
        0 => fork(0, ProcessId { start_ns: id.start_ns + 1000, ..id }).what,
        1 => exit(0, id).what,
        2 | 3 => exec(0, id, name).what,
        4 => fork(0, id).what,
        _ => failed(0, id, error, name).what,
    });
    (time, what)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Each failed exec is in one line, be it that of its search or that of the exec which ended it well.
    #[test]
    fn no_try_is_lost_or_told_twice(steps in prop::collection::vec(any_event(), 0..120), batch in 1..20usize) {
        let mut now_ms = 0;
        let mut events: Vec<_> = steps.into_iter().map(|(pause, what)| {
            now_ms += pause;
            at(now_ms, what)
        }).collect();
        events.push(end(now_ms));
        let at_once = lines_of("", &events);
        let mut printer = printer("", None);
        for batch in events.chunks(batch) {
            printer.print(batch).unwrap();
        }
        prop_assert_eq!(&printed(&printer), &at_once, "it matters where a batch ends");
        let sum = |name: &str| at_once.iter().filter_map(|line| line.get(name)?.as_u64()).sum::<u64>();
        let failed = events.iter().filter(|event| matches!(event.what, What::ExecFailed(_))).count() as u64;
        prop_assert_eq!(sum("tries") + sum("path_tries"), failed);
        // What waits does so for its turn in time, not longer.
        let position = |name: &str| at_once.iter().position(|line| line["event"] == name);
        prop_assert_eq!(position("end"), Some(at_once.len() - 1));
    }
}
