//! `--until-storm` on the live kernel: what is kept, what is written, and the exit codes.

mod support;

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use support::bpf_or_skip;
use support::events::Events;
use support::live::{Killed, Ran, proctop_with, run, wait, wait_until};
use support::programs::program;

/// Above what else goes on here; a storm of vforks is far above it, whatever else goes on.
const RATE: &str = "1500";

/// A storm is one for whoever waits for one at that time.
static ONE_STORM: Mutex<()> = Mutex::new(());

/// Starts this, and tells when it is armed: it has its file open then, but nothing in it yet.
fn start(arguments: &[&str], file: &Path) -> Child {
    let mut command = proctop_with(arguments);
    let child = command.arg("-o").arg(file).stdin(Stdio::null()).stderr(Stdio::piped());
    let mut child = child.spawn().expect("proctop starts");
    wait_until("the file", || file.exists() || child.try_wait().expect("our own child").is_some());
    child
}

fn spawn_thicket(arguments: &[&str]) -> Killed {
    let mut thicket = Command::new(program("thicket"));
    Killed(thicket.args(arguments).stdout(Stdio::null()).spawn().expect("thicket runs"))
}

/// Waits for its end: the code and the lines on the standard error.
fn end(child: Child) -> (Option<i32>, Vec<String>) {
    let mut child = child;
    let status = wait(&mut child);
    let mut text = String::new();
    std::io::Read::read_to_string(&mut child.stderr.take().expect("a pipe"), &mut text).expect("UTF-8");
    (status.code(), text.lines().map(str::to_owned).collect())
}

/// What a mark looks like among execs.
fn mark(name: &str) {
    assert!(Command::new("/bin/true").arg(name).status().expect("true runs").success());
}

fn has_mark(events: &Events, name: &str) -> bool {
    events.of("exec").any(|row| row.texts("argv").last() == Some(&name))
}

fn replay(file: &Path) -> Ran {
    run(proctop_with(["log", "--format", "json", "--storm-rate", RATE, "--from"]).arg(file))
}

#[test]
fn a_recording_has_the_storm_and_what_came_shortly_before_it() {
    if !bpf_or_skip() {
        return;
    }
    let _alone = ONE_STORM.lock().unwrap_or_else(PoisonError::into_inner);
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("storm.ptop");
    let mut sleeper = Command::new("sleep");
    let sleeper = Killed(sleeper.arg("1003").spawn().expect("sleep runs"));
    let recorder = start(&["record", "--until-storm", RATE, "--keep", "4s"], &file);
    mark("long-before");
    thread::sleep(Duration::from_secs(7));
    mark("shortly-before");
    assert_eq!(fs::metadata(&file).expect("a file").len(), 0, "nothing is written until there is a storm");
    let thicket = spawn_thicket(&["1", "vfork", "--for", "2500", "--after", "500"]);
    let (code, lines) = end(recorder);
    mark("long-after");
    drop(thicket);

    assert_eq!(code, Some(0), "{lines:#?}");
    assert!(
        lines[0].starts_with("proctop: a storm of ") && lines[0].contains(" events of the 4.0s before it"),
        "{lines:#?}"
    );
    assert!(lines[1].starts_with("proctop: the storm is over after "), "{lines:#?}");
    assert!(lines[2].starts_with("proctop: recorded "), "{lines:#?}");
    let ran = replay(&file);
    assert_eq!((ran.code(), ran.stderr.as_str()), (Some(0), ""), "a recording that ended in order");
    let events = Events::parse(ran.stdout_text());
    assert!(has_mark(&events, "shortly-before"));
    assert!(!has_mark(&events, "long-before") && !has_mark(&events, "long-after"));
    let listed = |comm: &str| events.of("snapshot").any(|row| row.text("comm") == comm);
    assert!(listed("sleep"), "who ran before is listed");
    drop(sleeper);
    let storms: Vec<_> = events.of("storm").map(|row| row.text("state").to_owned()).collect();
    assert_eq!(storms, ["begin", "end"], "a reader finds the storm");
    let storm = events.of("storm").next().expect("one");
    assert_eq!(storm.text("comm"), "thicket");
    assert!(events.of("fork").count() > 2000);
}

#[test]
fn lines_are_those_of_the_storm() {
    if !bpf_or_skip() {
        return;
    }
    let _alone = ONE_STORM.lock().unwrap_or_else(PoisonError::into_inner);
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("lines");
    let log = start(
        &["log", "--format", "json", "--until-storm", RATE, "--timeout", "60s", "-f", "event:storm"],
        &file,
    );
    thread::sleep(Duration::from_secs(1));
    let thicket = spawn_thicket(&["2", "vfork", "--for", "5000"]);
    let (code, lines) = end(log);
    drop(thicket);
    assert_eq!((code, lines.len()), (Some(0), 2), "{lines:#?}");
    let events = Events::parse(&fs::read_to_string(&file).expect("lines"));
    let states: Vec<_> = events.of("storm").map(|row| (row.text("state"), row.number("threshold"))).collect();
    assert_eq!(states, [("begin", 1500), ("end", 1500)]);
}

#[test]
fn without_a_storm_the_code_is_3_and_no_file_is_left() {
    if !bpf_or_skip() {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    for format in [&["record"][..], &["log"]] {
        let file = directory.path().join("none");
        let wanted = ["--until-storm", "100000000", "--timeout", "1500ms", "-o"];
        let ran = run(proctop_with(format).args(wanted).arg(&file));
        let line = ran.one_line(3);
        assert!(line.starts_with("proctop: no storm of 100000000/s came in "), "{line}");
        assert!(!file.exists(), "{format:?} left a file");
    }
    let ran = run(&mut proctop_with(["log", "--until-storm", "100000000", "--timeout", "1s"]));
    assert!(ran.one_line(3).ends_with("; nothing was written") && ran.stdout.is_empty(), "{ran:?}");
}

/// Ctrl-C while it waits: no storm has come.
#[test]
fn ctrl_c_while_it_waits_is_no_storm_either() {
    if !bpf_or_skip() {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("none");
    let log = start(&["log", "--until-storm", "100000000"], &file);
    thread::sleep(Duration::from_millis(500));
    support::live::signal(&log, nix::sys::signal::Signal::SIGINT);
    let (code, lines) = end(log);
    assert_eq!((code, lines.len()), (Some(3), 1), "{lines:#?}");
    assert!(!file.exists());
}
