use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use serde_json::Value;

use super::super::fixture::*;
use super::super::{Context, Format};
use super::*;
use crate::model::cgroups;
use crate::model::event::{Cause, Comm, Directory, Event, Killer, Kind, PerKind, Uids, WaitStatus};

fn json(event: &Event) -> String {
    printed(Format::Json, &line(event))
}

fn json_with(event: &Event, context: Context<'_>) -> String {
    printed(Format::Json, &Line { context, ..line(event) })
}

fn parsed(text: &str) -> Value {
    assert!(text.ends_with('\n') && text.lines().count() == 1, "{text:?}");
    serde_json::from_str(text).unwrap()
}

#[test]
fn one_line_per_event() {
    insta::assert_snapshot!(
        [
            printed_start(Format::Json, &source()),
            json(&snapshot()),
            json(&fork()),
            json(&exec()),
            json(&exit(WaitStatus::exited(3))),
            json(&lost()),
            json(&end(1)),
        ]
        .concat(),
        @r#"
    {"event":"start","time":"2026-11-21T09:13:07.123456789Z","schema":1,"version":"0.1.0","host":"vm","kernel":"6.18.44","boot_time":"2026-11-21T09:13:02.123456789Z","cpus":2,"command":["make","-j8"]}
    {"event":"snapshot","time":"2026-11-21T09:13:07.123456789Z","pid":8122,"uid":0,"ruid":1000,"user":"dev","comm":"sudo","start_ns":5000000000,"argv":["sudo","id"]}
    {"event":"fork","time":"2026-11-21T09:13:07.123456789Z","pid":8122,"ppid":8121,"ppid_start_ns":4000000000,"uid":1000,"user":"dev","comm":"sh","start_ns":5000000000}
    {"event":"exec","time":"2026-11-21T09:13:07.123456789Z","pid":8122,"ppid":8121,"ppid_start_ns":4000000000,"uid":1000,"user":"dev","comm":"ls","start_ns":5000000000,"filename":"/usr/bin/ls","argv":["ls","-l","/my etc"],"cgroup_id":42}
    {"event":"exit","time":"2026-11-21T09:13:07.123456789Z","pid":8122,"ppid":8121,"ppid_start_ns":4000000000,"uid":1000,"user":"dev","comm":"ls","start_ns":5000000000,"exit_code":3,"lifetime_ns":12345678,"cpu_ns":3000000,"cpu_user_ns":1000000,"cpu_system_ns":2000000,"max_rss_bytes":4299161,"minor_faults":0,"major_faults":0,"voluntary_switches":0,"involuntary_switches":0,"read_bytes":0,"written_bytes":0,"storage_read_bytes":0,"storage_written_bytes":0}
    {"event":"lost","time":"2026-11-21T09:13:07.123456789Z","count":15,"kinds":{"fork":12,"exec":3},"missed_at_most":4}
    {"event":"end","time":"2026-11-21T09:13:07.123456789Z","attempted":{"fork":2000,"exec":10,"exit":2000,"exec_failed":0,"rename":0,"thread_start":0,"thread_end":0,"cgroup":0},"delivered":{"fork":1999,"exec":10,"exit":2000,"exec_failed":0,"rename":0,"thread_start":0,"thread_end":0,"cgroup":0},"dropped":{"fork":1,"exec":0,"exit":0,"exec_failed":0,"rename":0,"thread_start":0,"thread_end":0,"cgroup":0},"missed_at_most":0}
    "#
    );
    for quiet in silent() {
        assert_eq!(json(&quiet), "");
    }
}

#[test]
fn exits_say_what_is_known() {
    let image = image(b"/usr/bin/ls", b"ls\0-l\0");
    let context = Context { image: Some(&image), image_ns: Some(10), images: 2, ..Context::default() };
    let tail = |text: String| text.split_once("\"start_ns\":5000000000,").unwrap().1.to_owned();
    let inferred = Context { inferred: true, ..context };
    let mut bare = exit(WaitStatus::signaled(9, false));
    if let What::Exit(exit) = &mut bare.what {
        (exit.cpu_partial, exit.max_rss_bytes) = (true, 0);
    }
    insta::assert_snapshot!(
        [
            tail(json_with(&exit(WaitStatus::exited(0)), context)),
            tail(json_with(&exit(WaitStatus::signaled(11, true)), context)),
            tail(json(&bare)),
            tail(json_with(&exit(WaitStatus::exited(0)), inferred)),
        ]
        .concat(),
        @r#"
    "exit_code":0,"lifetime_ns":12345678,"image_ns":10,"images":2,"cpu_ns":3000000,"cpu_user_ns":1000000,"cpu_system_ns":2000000,"max_rss_bytes":4299161,"minor_faults":0,"major_faults":0,"voluntary_switches":0,"involuntary_switches":0,"read_bytes":0,"written_bytes":0,"storage_read_bytes":0,"storage_written_bytes":0}
    "signal":"SIGSEGV","core_dumped":true,"lifetime_ns":12345678,"image_ns":10,"images":2,"cpu_ns":3000000,"cpu_user_ns":1000000,"cpu_system_ns":2000000,"max_rss_bytes":4299161,"minor_faults":0,"major_faults":0,"voluntary_switches":0,"involuntary_switches":0,"read_bytes":0,"written_bytes":0,"storage_read_bytes":0,"storage_written_bytes":0,"filename":"/usr/bin/ls","argv":["ls","-l"]}
    "signal":"SIGKILL","core_dumped":false,"lifetime_ns":12345678,"cpu_ns":3000000,"cpu_user_ns":1000000,"cpu_system_ns":2000000,"cpu_partial":true,"minor_faults":0,"major_faults":0,"voluntary_switches":0,"involuntary_switches":0,"read_bytes":0,"written_bytes":0,"storage_read_bytes":0,"storage_written_bytes":0}
    "inferred":true}
    "#
    );
}

/// What a line has beyond the subject's usual fields.
fn beyond_the_subject(text: &str) -> String {
    let (_, tail) = text.split_once("\"start_ns\":5000000000,").unwrap();
    tail.trim_end().to_owned()
}

#[test]
fn where_it_ran() {
    let docker = path_of("/system.slice/docker-ID.scope");
    let unit = cgroups::Path { cut: true, ..path_of("/system.slice/ssh.service") };
    let slice = path_of("/user.slice");
    let [docker, unit, slice] =
        [&docker, &unit, &slice].map(|path| Context { cgroup: Some(path), ..Context::default() });
    let mut listed = snapshot();
    if let What::Snapshot(snapshot) = &mut listed.what {
        (snapshot.session, snapshot.threads) = (session(), 3);
        let cwd = Some(Directory { path: b"/root"[..].into(), deleted: false, cut: false });
        snapshot.image = Some(Arc::new(Image { cwd, ..image(b"/bin/sudo", b"sudo\0") }));
    }
    let id = "0123456789abcdef".repeat(4);
    let inside = format!(
        r#""inner_pid":7,"outside":true,"filename":"/bin/x","argv":["x"],"cwd":"/my dir","cwd_deleted":true,"cwd_cut":true,"sid":812,"tty":"pts/3","cgroup_id":42,"cgroup":"/system.slice/docker-{id}.scope","container":"0123456789ab","container_engine":"docker"}}"#
    );
    assert_eq!(beyond_the_subject(&json_with(&exec_inside(), docker)), inside);
    let listed = beyond_the_subject(&json_with(&listed, unit));
    assert_eq!(
        listed,
        r#""filename":"/bin/sudo","argv":["sudo"],"cwd":"/root","sid":812,"tty":"pts/3","threads":3,"cgroup":"/system.slice/ssh.service","cgroup_cut":true,"unit":"ssh.service"}"#
    );
    let nowhere = parsed(&json_with(&exec_inside(), slice));
    assert_eq!((nowhere.get("container"), nowhere.get("unit")), (None, None));
    let without = parsed(&json(&exec()));
    for name in ["cwd", "cgroup", "sid", "tty", "inner_pid", "outside", "path_tries"] {
        assert_eq!(without.get(name), None, "{name}");
    }
}

#[test]
fn who_ended_it_and_what_it_cost() {
    let by = |killer| parsed(&json(&killed_by(killer)));
    let line = by(bash());
    assert_eq!(line["killed_by"], serde_json::json!({"pid": 4312, "start_ns": 77, "comm": "bash"}));
    let costs = [
        "minor_faults",
        "major_faults",
        "voluntary_switches",
        "involuntary_switches",
        "read_bytes",
        "written_bytes",
        "storage_read_bytes",
        "storage_written_bytes",
        "threads",
    ];
    for (name, number) in costs.into_iter().zip(1..) {
        assert_eq!(line[name], number, "{name}");
    }
    let causes = [Cause::Fault, Cause::Terminal, Cause::Timer, Cause::Rlimit, Cause::Oom, Cause::Other];
    for (cause, name) in causes.into_iter().zip(["fault", "terminal", "timer", "rlimit", "oom", "other"]) {
        assert_eq!(by(Killer::Kernel(cause))["killed_by"], serde_json::json!({"kernel": name}));
    }
    let hostile = Killer::Process { id: ProcessId::new(1, 1), comm: Comm::from_bytes(b"\x1b\xff") };
    assert_eq!(by(hostile)["killed_by"]["comm_b64"], STANDARD.encode(b"\x1b\xff"));
    assert_eq!(parsed(&json(&exit(WaitStatus::signaled(9, false)))).get("killed_by"), None);
    let inferred = Context { inferred: true, ..Context::default() };
    let unseen = parsed(&json_with(&killed_by(bash()), inferred));
    assert_eq!((unseen.get("killed_by"), unseen.get("threads")), (None, None));
}

#[test]
fn failed_execs() {
    let subject = subject(b"sh");
    let known = Context { subject: Some(&subject), tries: 3, ..Context::default() };
    let head = r#"{"event":"exec_failed","time":"2026-11-21T09:13:07.123456789Z","pid":8122,"#;
    let parent = r#""ppid":8121,"ppid_start_ns":4000000000,"uid":1000,"user":"dev","#;
    let tail = r#""comm":"sh","start_ns":5000000000,"errno":"ENOENT","filename":"/bin/no""#;
    assert_eq!(json_with(&failed(b"/bin/no"), known), format!("{head}{parent}{tail},\"tries\":3}}\n"));
    assert_eq!(json(&failed(b"/bin/no")), format!("{head}{tail}}}\n"), "of one that is not known");
    let odd = parsed(&json(&failed(b"/\xff")));
    assert_eq!(odd["filename_b64"], STANDARD.encode(b"/\xff"));
    assert_eq!(parsed(&json(&failed(b""))).get("filename"), None, "unknown is not empty");
    let found = parsed(&json_with(&exec(), Context { tries: 2, ..Context::default() }));
    assert_eq!((&found["path_tries"], found.get("tries")), (&2.into(), None));
}

#[test]
fn threads() {
    let [start, end] = thread();
    let subject = subject(b"worker");
    let known = Context { subject: Some(&subject), ..Context::default() };
    insta::assert_snapshot!([json_with(&start, known), json_with(&end, known), json(&end)].concat(), @r#"
    {"event":"thread_start","time":"2026-11-21T09:13:07.123456789Z","pid":8122,"ppid":8121,"ppid_start_ns":4000000000,"uid":1000,"user":"dev","comm":"worker","start_ns":5000000000,"tid":8130,"thread_start_ns":5002345678}
    {"event":"thread_end","time":"2026-11-21T09:13:07.123456789Z","pid":8122,"ppid":8121,"ppid_start_ns":4000000000,"uid":1000,"user":"dev","comm":"worker","start_ns":5000000000,"tid":8130,"thread_start_ns":5002345678,"lifetime_ns":10000000,"cpu_ns":4000000}
    {"event":"thread_end","time":"2026-11-21T09:13:07.123456789Z","pid":8122,"comm":"worker","start_ns":5000000000,"tid":8130,"thread_start_ns":5002345678,"lifetime_ns":10000000,"cpu_ns":4000000}
    "#);
}

#[test]
fn changes_of_a_process() {
    let look = &silent()[4];
    let all = changes();
    let lines: Vec<_> = all.iter().map(|change| json_with(look, changed(change))).collect();
    insta::assert_snapshot!(lines.concat(), @r#"
    {"event":"renamed","time":"2026-11-21T09:13:07.123456789Z","pid":8122,"ppid":8121,"ppid_start_ns":4000000000,"uid":1000,"user":"dev","comm":"new","start_ns":5000000000,"from":"old"}
    {"event":"adopted","time":"2026-11-21T09:13:07.123456789Z","pid":8122,"ppid":1,"ppid_start_ns":7,"uid":1000,"user":"dev","comm":"new","start_ns":5000000000}
    {"event":"session","time":"2026-11-21T09:13:07.123456789Z","pid":8122,"ppid":8121,"ppid_start_ns":4000000000,"uid":1000,"user":"dev","comm":"new","start_ns":5000000000,"sid":812,"tty":"pts/3"}
    {"event":"uid","time":"2026-11-21T09:13:07.123456789Z","pid":8122,"ppid":8121,"ppid_start_ns":4000000000,"uid":1000,"user":"dev","comm":"new","start_ns":5000000000,"from_uid":0,"from_ruid":1000}
    {"event":"zombie","time":"2026-11-21T09:13:07.123456789Z","pid":8122,"ppid":8121,"ppid_start_ns":4000000000,"uid":1000,"user":"dev","comm":"new","start_ns":5000000000,"age_ns":3000000000}
    {"event":"reaped","time":"2026-11-21T09:13:07.123456789Z","pid":8122,"ppid":8121,"ppid_start_ns":4000000000,"uid":1000,"user":"dev","comm":"new","start_ns":5000000000,"age_ns":3000000000}
    "#);
    let from = Change::Renamed { from: Comm::from_bytes(b"\xff") };
    let line = parsed(&json_with(look, Context { change: Some(from), ..changed(&all[0]) }));
    assert_eq!(line["from_b64"], STANDARD.encode(b"\xff"));
}

#[test]
fn a_loss_is_told_by_all_its_kinds() {
    let mut dropped = PerKind::default();
    for (kind, n) in Kind::ALL.into_iter().zip(1..) {
        *dropped.get_mut(kind) = n;
    }
    let line = parsed(&json(&event(What::Lost(Lost { dropped, missed_at_most: 0 }))));
    assert_eq!(
        line["kinds"],
        serde_json::json!({"fork": 1, "exec": 2, "exit": 3, "exec_failed": 4, "rename": 5, "thread_start": 6,
            "thread_end": 7, "cgroup": 8})
    );
    assert_eq!((&line["count"], line.get("missed_at_most")), (&36.into(), None));
}

#[test]
fn a_start_after_the_exit_is_a_lifetime_of_zero() {
    let mut event = exit(WaitStatus::exited(0));
    event.time_ns = 1;
    assert_eq!(parsed(&json(&event))["lifetime_ns"], 0);
}

#[test]
fn rare_fields() {
    let mut by_other = fork();
    if let What::Fork(fork) = &mut by_other.what {
        fork.forked_by = Some(ProcessId::new(123, 7));
        fork.subject.kernel_thread = true;
    }
    let mut odd =
        exec_of(Image { argv_truncated_bytes: 123, argv_unreadable: true, ..image(b"/bin/x", b"") });
    if let What::Exec(exec) = &mut odd.what {
        exec.by_thread = Some(8130);
    }
    let mut nobody = snapshot();
    if let What::Snapshot(snapshot) = &mut nobody.what {
        (snapshot.zombie, snapshot.image) = (true, None);
    }
    let (by_other, odd) = (parsed(&json(&by_other)), parsed(&json(&odd)));
    assert_eq!(by_other["forked_by"], serde_json::json!({"pid": 123, "start_ns": 7}));
    assert_eq!(by_other["kernel_thread"], true);
    assert_eq!((&odd["argv_truncated_bytes"], &odd["by_thread"]), (&123.into(), &8130.into()));
    assert_eq!(odd["argv_unreadable"], true);
    assert_eq!(odd.get("argv"), None, "unknown is not empty");
    assert_eq!(parsed(&json(&exec_of(image(b"/bin/x", b""))))["argv"], serde_json::json!([]));
    let nobody = parsed(&printed(Format::Json, &Line { user: None, ..line(&nobody) }));
    assert_eq!(nobody["zombie"], true);
    assert_eq!((nobody.get("user"), nobody.get("argv"), nobody.get("ppid")), (None, None, None));
}

#[test]
fn bytes_stand_beside_text_that_is_not_utf8() {
    let text = json(&hostile());
    assert!(!text.trim_end().contains(|c: char| c.is_control() || c == '\u{202e}'), "{text:?}");
    assert!(text.contains(r#""gpj\u202e.exe","\u009b2J""#), "{text}");
    let line = parsed(&text);
    assert_eq!(line["comm"], "\u{1b}[2J\n\u{fffd},\"x");
    assert_eq!(line["comm_b64"], STANDARD.encode(b"\x1b[2J\n\xff,\"x"));
    assert_eq!(line["filename_b64"], STANDARD.encode(b"/tmp/\xff\x1b[2J"));
    assert_eq!(line["argv"][2], "gpj\u{202e}.exe");
    assert_eq!(line["argv"][4], "caf\u{fffd}");
    assert_eq!(line["argv_b64"][1], STANDARD.encode(b"a\nb"));
    assert_eq!(line["argv_b64"][4], STANDARD.encode(b"caf\xe9"));
}

#[test]
fn escapes_beyond_the_first_plane_are_pairs() {
    let text = json(&exec_of(image(b"/x", "a\u{e0041}é\u{7f}\0".as_bytes())));
    assert!(text.contains(r#"["a\udb40\udc41é\u007f"]"#), "{text}");
    assert_eq!(parsed(&text)["argv"][0], "a\u{e0041}é\u{7f}");
}

prop_compose! {
    fn subjects()(pid: u32, start_ns: u64, parent: Option<(u32, u64)>, comm: Vec<u8>, uids: (u32, u32), cgroup_id: u64)
        -> Subject
    {
        Subject {
            id: ProcessId { pid, start_ns },
            parent: parent.map(|(pid, start_ns)| ProcessId { pid, start_ns }),
            comm: Comm::from_bytes(&comm),
            uids: Uids { effective: uids.0, real: uids.1 },
            cgroup_id,
            kernel_thread: false,
            ..Subject::default()
        }
    }
}

prop_compose! {
    fn images()(filename: Vec<u8>, argv: Vec<u8>, text: String, truncated: u64) -> Image {
        let argv = [argv.as_slice(), text.as_bytes(), &[0]].concat();
        Image { argv_truncated_bytes: truncated, ..image(&filename, &argv) }
    }
}

fn events() -> impl Strategy<Value = Event> {
    let exec = (subjects(), images())
        .prop_map(|(subject, image)| What::Exec(Exec { subject, image: Arc::new(image), ..Exec::default() }));
    let exit = (subjects(), any::<u32>(), any::<u64>()).prop_map(|(subject, status, cpu_ns)| {
        What::Exit(Exit { subject, status: WaitStatus(status), cpu_ns, ..Exit::default() })
    });
    let fork = subjects().prop_map(|subject| What::Fork(Fork { subject, forked_by: subject.parent }));
    let snapshot = (subjects(), proptest::option::of(images())).prop_map(|(subject, image)| {
        What::Snapshot(Snapshot { subject, image: image.map(Arc::new), ..Snapshot::default() })
    });
    (any::<u64>(), prop_oneof![exec, exit, fork, snapshot])
        .prop_map(|(time_ns, what)| Event { time_ns, what })
}

/// The bytes that a field stands for: from `…_b64` where there is one.
fn bytes_of(text: &Value, b64: Option<&Value>) -> Vec<u8> {
    match b64 {
        Some(b64) => STANDARD.decode(b64.as_str().unwrap()).unwrap(),
        None => text.as_str().unwrap().as_bytes().to_vec(),
    }
}

proptest! {
    #[test]
    fn any_event_reads_back(event in events(), wall_ns: i64, image in images()) {
        let context = Context { image: Some(&image), image_ns: Some(1), images: 1, ..Context::default() };
        let text = printed(Format::Json, &Line { event: &event, wall_ns, user: None, context });
        prop_assert!(!text.trim_end_matches('\n').contains(char::is_control));
        let line = parsed(&text);
        let (subject, image) = match &event.what {
            What::Exec(exec) => (&exec.subject, Some(&*exec.image)),
            What::Exit(exit) => (&exit.subject, (!exit.status.success()).then_some(&image)),
            What::Fork(fork) => (&fork.subject, None),
            What::Snapshot(snapshot) => (&snapshot.subject, snapshot.image.as_deref()),
            _ => unreachable!("not generated"),
        };
        prop_assert_eq!(&line["pid"], subject.id.pid);
        prop_assert_eq!(&line["start_ns"], subject.id.start_ns);
        prop_assert_eq!(line.get("ppid").and_then(Value::as_u64), subject.parent.map(|p| p.pid.into()));
        prop_assert_eq!(bytes_of(&line["comm"], line.get("comm_b64")), subject.comm.as_bytes());
        prop_assert_eq!(line.get("argv").is_some(), image.is_some());
        if let Some(image) = image {
            let b64 = |index: usize| line.get("argv_b64").map(|list| &list[index]);
            let argv = line["argv"].as_array().unwrap().iter().enumerate();
            let argv: Vec<_> = argv.map(|(index, text)| bytes_of(text, b64(index))).collect();
            prop_assert_eq!(argv, image.args().map(<[u8]>::to_vec).collect::<Vec<_>>());
        }
    }
}
