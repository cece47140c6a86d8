//! `proctop log -- COMMAND`: the command's streams, exit code and descendants are its own.

mod support;

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use support::bpf_or_skip;
use support::events::{Events, Row};
use support::live::{
    AWAIT_SIGNALS, Killed, Ran, eventually, exists, log_command, proctop_with, run, sh, wait, wait_until,
};
use support::programs::program;

const JSON: [&str; 3] = ["log", "--format", "json"];

#[test]
fn the_command_has_the_streams_of_the_caller() {
    if !bpf_or_skip() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let [out, err, events] = ["out", "err", "events"].map(|name| directory.path().join(name));
    let mut log = proctop_with(JSON);
    log.arg("-o").arg(&events).args(["--", "sh", "-c", "cat; echo complaint >&2"]);
    log.stdin(Stdio::piped()).stdout(File::create(&out).unwrap()).stderr(File::create(&err).unwrap());
    let mut log = Killed(log.spawn().unwrap());
    log.0.stdin.take().unwrap().write_all(b"from the caller\n").unwrap();
    assert!(wait(&mut log.0).success());
    assert_eq!(fs::read_to_string(out).unwrap(), "from the caller\n");
    assert_eq!(fs::read_to_string(err).unwrap(), "complaint\n");
    let events = Events::parse(&fs::read_to_string(events).unwrap());
    assert!(events.of("exec").any(|row| row.texts("argv") == ["cat"]));
}

#[test]
fn events_go_to_the_standard_error_unless_told_otherwise() {
    if !bpf_or_skip() {
        return;
    }
    let told = |text: &str| Events::parse(text).of("exec").any(|row| row.texts("argv") == ["true", "a mark"]);
    let command = ["--", "sh", "-c", "echo its own; env true 'a mark'"];

    let ran = run(proctop_with(JSON).args(command));
    assert_eq!((ran.code(), ran.stdout_text()), (Some(0), "its own\n"));
    assert!(told(&ran.stderr));

    let ran = run(proctop_with(JSON).args(["-o", "-"]).args(command));
    assert_eq!((ran.code(), ran.stderr.as_str()), (Some(0), ""));
    let (own, events): (Vec<_>, Vec<_>) = ran.stdout_text().lines().partition(|line| *line == "its own");
    assert_eq!(own.len(), 1);
    assert!(told(&events.join("\n")));
}

#[test]
fn nobody_else_appears() {
    if !bpf_or_skip() {
        return;
    }
    // a storm beside it, from before the command starts until after it has ended
    let directory = tempfile::tempdir().unwrap();
    let mark = directory.path().join("mark");
    let mut beside = Command::new("sh");
    beside.args(["-c", r#"while :; do /bin/true; : >"$0"; done"#]).arg(&mark);
    let beside = Killed(beside.spawn().unwrap());
    wait_until("the neighbour's first child", || exists(&mark));
    let (ran, events) =
        log_command(&[], sh("for i in 1 2 3 4 5 6 7 8; do (sh -c 'exit 1'); done; sleep 0.2"));
    drop(beside);

    assert_eq!(ran.code(), Some(0));
    let root = events.command();
    let mut family = vec![root];
    for fork in events.of("fork").skip(1) {
        let parent = fork.parent().expect("a parent");
        assert!(family.contains(&parent), "a stranger: {fork:?}");
        family.push(fork.id());
    }
    for row in events.rows().iter().filter(|row| row.is("exec") || row.is("exit")) {
        assert!(family.contains(&row.id()), "a stranger: {row:?}");
    }
    assert_eq!(events.of("snapshot").count(), 0, "none of them ran before");
    assert!(events.of("exit").filter(|row| row.get("exit_code") == Some(&1.into())).count() >= 8);
    // but the account is of all that the kernel handed over
    assert!(events.account("delivered", "fork") > events.of("fork").count() as u64);
}

#[test]
fn who_outlives_the_command_is_named() {
    if !bpf_or_skip() {
        return;
    }
    // the left one tells its pid; its streams are not those of the test
    let script = "sleep 1000 >/dev/null 2>&1 & echo $!
        until [ \"$(cat /proc/$!/comm)\" = sleep ]; do :; done; exit 4";
    let (ran, events) = log_command(&[], sh(script));
    let left: u32 = ran.stdout_text().trim().parse().unwrap();
    kill(Pid::from_raw(left.cast_signed()), Signal::SIGKILL).expect("it lives");
    let line = ran.one_line(4);
    assert_eq!(line, format!("proctop: the command left running: sleep({left}); --wait-all waits for them"));
    assert!(events.of("exit").all(|row| row.small("pid") != left));
}

#[test]
fn wait_all_waits_for_all_and_tells_their_ends() {
    if !bpf_or_skip() {
        return;
    }
    let script = "(sleep 0.2; exit 9) >/dev/null 2>&1 & echo $!; exit 4";
    // more than once: the command may be over before anything of it has been read, or after
    for _ in 0..8 {
        let (ran, events) = log_command(&["--wait-all"], sh(script));
        assert_eq!((ran.code(), ran.stderr.as_str()), (Some(4), ""));
        let left: u32 = ran.stdout_text().trim().parse().unwrap();
        let exit = events.of("exit").find(|row| row.small("pid") == left).expect("the survivor's end");
        assert_eq!(exit.small("exit_code"), 9);
        assert_eq!(events.of("exit").count(), events.of("fork").count(), "everybody has ended");
    }
}

#[test]
fn the_command_runs_on_when_nobody_reads_its_events() {
    if !bpf_or_skip() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let proof = directory.path().join("proof");
    let script = r#"i=0; while [ $i -lt 200 ]; do /bin/true; i=$((i+1)); done; echo done >"$0"; exit 5"#;
    for (options, to_stdout) in [(&["-o", "-"][..], true), (&[], false)] {
        let _ = fs::remove_file(&proof);
        let mut log = proctop_with(JSON);
        log.args(options).args(["--", "sh", "-c", script]).arg(&proof).stdin(Stdio::null());
        let (reader, writer) = std::io::pipe().unwrap();
        match to_stdout {
            true => log.stdout(writer).stderr(Stdio::null()),
            false => log.stdout(Stdio::null()).stderr(writer),
        };
        let mut child = Killed(log.spawn().unwrap());
        drop(log);
        // as `head -1`: the first line, and no more
        let mut first = String::new();
        BufReader::with_capacity(64, reader).read_line(&mut first).unwrap();
        assert!(Row::parse(&first).is("start"), "{first}");
        assert_eq!(wait(&mut child.0).code(), Some(5), "to stdout: {to_stdout}");
        assert_eq!(fs::read_to_string(&proof).unwrap(), "done\n");
    }
}

/// `proctop log` with its standard output read by this; what it did after its reader had taken one line and gone.
fn log_for_one_line(arguments: &[&str]) -> Ran {
    let directory = tempfile::tempdir().unwrap();
    let err = directory.path().join("err");
    let (reader, writer) = std::io::pipe().unwrap();
    let mut log = proctop_with(arguments);
    log.stdin(Stdio::null()).stdout(writer).stderr(File::create(&err).unwrap());
    let mut child = Killed(log.spawn().unwrap());
    drop(log);
    let mut first = Vec::new();
    BufReader::with_capacity(64, reader).read_until(b'\n', &mut first).unwrap();
    let status = wait(&mut child.0);
    Ran { pid: child.0.id(), status, stdout: first, stderr: fs::read_to_string(err).unwrap() }
}

#[test]
fn output_into_head_ends_quietly() {
    if !bpf_or_skip() {
        return;
    }
    let nobody = format!("pid={}", u32::MAX);
    for arguments in [
        &["log"][..],
        &["log", "--format", "csv"],
        // after its first line nothing is ever printed again: only a look at the pipe tells
        &["log", "--format", "json", "-f", nobody.as_str()],
        &["log", "-f", nobody.as_str()],
    ] {
        let ran = log_for_one_line(arguments);
        assert_eq!((ran.code(), ran.stderr.as_str()), (Some(0), ""), "{arguments:?}");
        assert!(ran.stdout.ends_with(b"\n"), "{arguments:?}");
    }
}

#[test]
fn streams_that_were_closed_from_the_beginning_do_no_harm() {
    if !bpf_or_skip() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    // the first file that is opened would get the number of a stream
    for closed in [">&-", "2>&-", "<&-", "<&- >&- 2>&-"] {
        let file = directory.path().join("events");
        let script = format!(
            r#"exec "$0" log --format json -o "$1" -- sh -c 'echo out; echo err >&2; exit 3' {closed}"#
        );
        let ran = run(Command::new("sh").args(["-c", &script]).arg(support::proctop()).arg(&file));
        assert_eq!(ran.code(), Some(3), "{closed}: {ran:?}");
        let events = Events::parse(&fs::read_to_string(&file).unwrap());
        assert_eq!(events.one("exit", events.command()).number("exit_code"), 3, "{closed}");
        fs::remove_file(&file).unwrap();
    }
}

#[test]
fn a_signal_to_proctop_reaches_the_command() {
    if !bpf_or_skip() {
        return;
    }
    for (signal, name) in [(Signal::SIGTERM, "TERM"), (Signal::SIGHUP, "HUP")] {
        let script = format!("trap 'echo got {name}; exit 9' {name}; echo ready; {AWAIT_SIGNALS}");
        let mut log = proctop_with(["log", "-o", "/dev/null", "--", "sh", "-c", &script]);
        let mut child = Killed(log.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap());
        let mut lines = BufReader::new(child.0.stdout.take().unwrap());
        let mut said = String::new();
        lines.read_line(&mut said).unwrap();
        assert_eq!(said, "ready\n");
        support::live::signal(&child.0, signal);
        assert_eq!(wait(&mut child.0).code(), Some(9), "{name}");
        lines.read_to_string(&mut said).unwrap();
        assert_eq!(said, format!("ready\ngot {name}\n"));
    }
}

#[test]
fn a_signal_ends_a_log_without_a_command_in_order() {
    if !bpf_or_skip() {
        return;
    }
    let path = program("storm");
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("events");
        let mut log = proctop_with(JSON);
        let mut child = Killed(log.arg("-o").arg(&file).stdin(Stdio::null()).spawn().unwrap());
        let begun = eventually(|| fs::read_to_string(&file).is_ok_and(|text| text.contains('\n')));
        assert!(begun, "{signal}");
        let ran = run(Command::new(&path).arg("100"));
        support::live::signal(&child.0, signal);
        assert_eq!(wait(&mut child.0).code(), Some(0), "{signal}");
        let events = Events::parse(&fs::read_to_string(&file).unwrap());
        assert_eq!(events.of_children("exit", events.child_of_test(ran.pid)).count(), 100, "{signal}");
        events.assert_account_closed();
    }
}

/// A write that nobody reads blocks for ever; a signal has to end that.
#[test]
fn a_signal_ends_a_log_whose_output_is_stuck() {
    if !bpf_or_skip() {
        return;
    }
    let mut log = Killed(proctop_with(JSON).stdout(Stdio::piped()).spawn().unwrap());
    let pid = log.0.id();
    // what fills the pipe; the reader's end stays open, in this process, and is never read
    let storm = || {
        assert!(Command::new(program("storm")).arg("500").stdout(Stdio::null()).status().unwrap().success())
    };
    let waits_to_write =
        || fs::read_to_string(format!("/proc/{pid}/wchan")).is_ok_and(|place| place.contains("pipe_write"));
    wait_until("the pipe is full", || {
        storm();
        waits_to_write()
    });
    kill(Pid::from_raw(i32::try_from(pid).unwrap()), Signal::SIGTERM).unwrap();
    assert_eq!(wait(&mut log.0).code(), Some(128 + 15));
}

#[test]
fn the_command_has_no_share_in_proctops_priority() {
    if !bpf_or_skip() {
        return;
    }
    let (ran, _) = log_command(&[], sh("read all </proc/self/stat; set -- $all; shift 40; echo $1"));
    // proc_pid_stat(5): the scheduling policy; 0 is SCHED_OTHER.
    assert_eq!(ran.stdout_text(), "0\n", "{ran:?}");
}
