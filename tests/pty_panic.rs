//! A panic, in whatever thread: the terminal is given back, the message can be read, and the exit code is no success.

mod support;

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use support::bpf_or_skip;
use support::live::{Killed, LONG, run, wait, wait_until};
use support::process::wait_gone;
use support::programs::program;
use support::pty::{Pty, key};
use support::screen::{self, PATIENCE, rows};
use tempfile::TempDir;

/// Panics are asked for by a variable, which only builds with debug assertions know.
fn debug_or_skip() -> bool {
    if !cfg!(debug_assertions) {
        support::tell_skipped("this build knows no panics on demand");
    }
    cfg!(debug_assertions)
}

/// proctop that will panic at this place once the file is there.
fn panicking(arguments: &[&str], place: &str, directory: &TempDir) -> (Command, PathBuf) {
    let file = directory.path().join("panic");
    let mut command = screen::command(arguments);
    command.env("PROCTOP_PANIC", format!("{place} {}", file.display())).env("RUST_BACKTRACE", "0");
    (command, file)
}

fn now(file: &Path) {
    fs::write(file, "").expect("a file");
}

/// The lines of the whole message of a panic, as the usual hook prints it.
#[track_caller]
fn assert_readable(text: &str, place: &str) {
    let lines: Vec<_> = text.lines().collect();
    let at = lines.iter().position(|line| line.contains("panicked at src/")).expect("where it panicked");
    assert!(lines[at].starts_with("thread '"), "{text}");
    assert_eq!(lines[at + 1].trim(), format!("PROCTOP_PANIC asks for it: {place}"), "{text}");
}

#[test]
fn a_panic_while_a_frame_is_drawn_gives_the_terminal_back() {
    if !bpf_or_skip() || !debug_or_skip() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let (command, file) = panicking(&[], "ui", &directory);
    let mut pty = Pty::start(&command, 100, 30);
    pty.wait_for(|screen| screen.alternate_screen() && !rows(screen).is_empty(), PATIENCE);
    now(&file);
    assert_eq!(pty.ends(), Some(101));
    assert_readable(&pty.screen_text(), "ui");
}

#[test]
fn a_panic_of_the_tracer_gives_the_terminal_back_and_ends_the_screen() {
    if !bpf_or_skip() || !debug_or_skip() {
        return;
    }
    // a storm, so that there is a picture to be drawn over the message
    let mut storm = Command::new(program("storm"));
    let _storm = Killed(storm.args(["1000000"]).stdout(Stdio::null()).spawn().unwrap());
    for _ in 0..5 {
        let directory = tempfile::tempdir().unwrap();
        let (command, file) = panicking(&[], "tracer", &directory);
        let mut pty = Pty::start(&command, 200, 60);
        pty.wait_for(|screen| screen.alternate_screen() && !rows(screen).is_empty(), PATIENCE);
        now(&file);
        assert_eq!(pty.ends(), Some(1));
        let text = pty.screen_text();
        assert_readable(&text, "tracer");
        let last = text.trim_end().lines().last().unwrap_or_default();
        assert_eq!(
            last,
            "proctop: tracing ended: the tracer thread panicked; please report it; start proctop again"
        );
    }
}

#[test]
fn a_command_does_not_outlive_a_panic_unseen() {
    if !bpf_or_skip() || !debug_or_skip() {
        return;
    }
    for (place, code) in [("ui", 101), ("tracer", 1)] {
        let directory = tempfile::tempdir().unwrap();
        let (command, file) = panicking(&["--", "sleep", "1000"], place, &directory);
        let mut pty = Pty::start(&command, 100, 30);
        let pid = pty.wait_for_row("the command", |row| row.command == "sleep 1000").pid;
        now(&file);
        assert_eq!(pty.ends(), Some(code));
        assert_readable(&pty.screen_text(), place);
        // its terminal is gone
        wait_gone(pid);
    }
}

#[test]
fn a_log_whose_tracer_panics_says_so_and_fails() {
    if !bpf_or_skip() || !debug_or_skip() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let (mut command, file) = panicking(&["log", "-o", "/dev/null"], "tracer", &directory);
    now(&file);
    let ran = run(&mut command);
    assert_eq!(ran.code(), Some(1), "{ran:?}");
    assert_readable(&ran.stderr, "tracer");
    assert!(ran.stderr.ends_with("please report it; start proctop again\n"), "{}", ran.stderr);
}

#[test]
fn a_log_whose_tracer_panics_waits_for_its_command() {
    if !bpf_or_skip() || !debug_or_skip() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let recording = directory.path().join("recording");
    let script = "until [ -e $0/told ]; do sleep 0.01; done; sleep 0.2; echo done; exit 4";
    let place = directory.path().to_str().unwrap().to_owned();
    let arguments = ["record", "-o", recording.to_str().unwrap(), "--", "sh", "-c", script, &place];
    let (mut command, file) = panicking(&arguments, "tracer", &directory);
    let err = directory.path().join("err");
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(fs::File::create(&err).unwrap());
    let mut child = Killed(child.spawn().unwrap());
    let opened = || run(&mut screen::command(["log", "--from", recording.to_str().unwrap()]));
    wait_until("its first events", || opened().stdout_text().contains("sh -c"));
    now(&file);
    let said = || fs::read_to_string(&err).expect("a file");
    wait_until("the complaint", || said().contains("the command runs on, unseen"));
    fs::write(directory.path().join("told"), "").unwrap();
    assert_eq!(wait(&mut child.0).code(), Some(1));
    let mut out = String::new();
    child.0.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    assert_eq!(out, "done\n", "the command has run to its end");
    assert_readable(&said(), "tracer");
    assert!(!said().contains("left running"), "{}", said());
    // what was told until then can still be opened
    let ran = opened();
    assert_eq!(ran.code(), Some(0), "{ran:?}");
    assert!(ran.stdout_text().contains("sh -c"), "{ran:?}");
}

#[test]
fn nobody_who_does_not_ask_gets_a_panic() {
    if !bpf_or_skip() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    // and in a build that knows no such thing, nobody at all
    let place = if cfg!(debug_assertions) { "elsewhere" } else { "ui" };
    let (command, file) = panicking(&[], place, &directory);
    now(&file);
    let mut pty = Pty::start(&command, 100, 30);
    pty.wait_for(|screen| !rows(screen).is_empty(), PATIENCE);
    wait_until("a second of it", || pty.screen_text().contains("00:00:01"));
    pty.send(key::CTRL_C);
    assert_eq!(pty.wait_exit(LONG).code(), Some(0));
}
