//! `proctop log` in a terminal: Ctrl-C is the command's where there is one.

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use support::bpf_or_skip;
use support::events::Events;
use support::live::{AWAIT_SIGNALS, LONG, proctop_with, wait_until};
use support::pty::{Pty, key};

/// `proctop log`, its events in a file, in a terminal.
fn log(file: &Path, script: Option<&str>) -> Pty {
    let mut command: Command = proctop_with(["log", "--format", "json", "-o"]);
    command.arg(file);
    if let Some(script) = script {
        command.args(["--", "sh", "-c", script]);
    }
    Pty::start(&command, 80, 24)
}

fn events(file: &Path) -> Events {
    Events::parse(&fs::read_to_string(file).unwrap())
}

#[test]
fn ctrl_c_goes_to_the_command_and_its_code_is_returned() {
    if !bpf_or_skip() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("events");
    // two of them, so that a proctop that ends by the first is found out
    let script = format!("trap 'trap \"exit 7\" INT; echo once' INT; echo ready; {AWAIT_SIGNALS}");
    let mut pty = log(&file, Some(&script));
    pty.wait_for_text("ready", LONG);
    pty.send(key::CTRL_C);
    pty.wait_for_text("once", LONG);
    pty.send(key::CTRL_C);
    assert_eq!(pty.wait_exit(LONG).code(), Some(7));
    pty.assert_restored();
    let events = events(&file);
    assert_eq!(events.one("exit", events.command()).number("exit_code"), 7);
}

#[test]
fn a_command_that_dies_of_ctrl_c_is_told_so() {
    if !bpf_or_skip() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("events");
    let mut pty = log(&file, Some("echo ready; exec sleep 1000"));
    pty.wait_for_text("ready", LONG);
    pty.send(key::CTRL_C);
    assert_eq!(pty.wait_exit(LONG).code(), Some(130));
    let events = events(&file);
    assert_eq!(events.one("exit", events.command()).text("signal"), "SIGINT");
}

#[test]
fn ctrl_c_ends_a_log_without_a_command() {
    if !bpf_or_skip() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("events");
    let mut pty = log(&file, None);
    wait_until("the first lines", || fs::read_to_string(&file).is_ok_and(|text| text.contains('\n')));
    pty.send(key::CTRL_C);
    assert_eq!(pty.wait_exit(LONG).code(), Some(0));
    assert_eq!(pty.screen_text().trim_end(), "^C");
    events(&file).assert_account_closed();
}

#[test]
fn the_command_has_the_terminal() {
    if !bpf_or_skip() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("events");
    let script =
        "for fd in 0 1 2; do [ -t $fd ] || exit 1; done; read line; echo \"<$line>\" >/dev/tty; exit 3";
    let mut pty = log(&file, Some(script));
    pty.send("typed\r");
    pty.wait_for_text("<typed>", LONG);
    assert_eq!(pty.wait_exit(LONG).code(), Some(3));
}
