//! The timeline over a real recording, with the keys that a user would press.

mod support;

use std::fs;
use std::process::Stdio;

use support::bpf_or_skip;
use support::pty::{Pty, key};
use support::screen::{PATIENCE, command, pane, watching};

/// Two at a time: the second outlives the first, and makes room for the third. A daemon stays for a while.
const STORY: &str = "(sleep 0.7; exit 3) & (setsid sleep 0.9 &) ; sleep 0.2; wait; sleep 0.4; kill -TERM $$";

/// The time that a status line begins with, in milliseconds.
fn cursor_ms(line: &str) -> Option<f64> {
    let told = line.trim().strip_prefix('+')?.split_whitespace().next()?;
    match told.strip_suffix("ms") {
        Some(ms) => ms.parse().ok(),
        None => told.strip_suffix('s')?.parse::<f64>().ok().map(|s| s * 1000.0),
    }
}

#[test]
fn a_recording_over_time() {
    if !bpf_or_skip() {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("story.ptop");
    let arguments = ["record", "-o", file.to_str().unwrap(), "--", "sh", "-c", STORY];
    let out = command(arguments).stdin(Stdio::null()).output().expect("proctop runs");
    assert_eq!(out.status.code(), Some(128 + 15), "{}", String::from_utf8_lossy(&out.stderr));
    assert!(fs::metadata(&file).is_ok());

    let mut pty = Pty::proctop(&["open", file.to_str().unwrap()], 120, 30);
    pty.wait_for_text("RECORDING", PATIENCE);
    pty.send("3");
    pty.wait_in_pane("Timeline", "whole");
    pty.wait_in_pane("Timeline", "critical path 1.");
    let lines = pty.pane("Timeline");
    let shell = lines.iter().find(|line| line.contains('◆')).expect("a critical path");
    assert!(shell.contains("† 1."), "{lines:#?}");
    let failed = lines.iter().find(|line| line.contains("✗ exit 3")).expect("the subshell failed");
    assert!(failed.contains('◆'), "what failed took longest: {lines:#?}");
    // What was slept for at the end is on the path as well, and the daemon is not.
    let rows = lines.get(3..).unwrap_or_default();
    let has_path = |name: &str| rows.iter().filter(|row| row.contains(name)).all(|row| row.contains('◆'));
    assert!(has_path("sleep 0.7") && has_path("sleep 0.4"), "{lines:#?}");
    assert!(!rows.iter().any(|row| row.contains("─ sleep 0.9") && row.contains('◆')), "{lines:#?}");

    // The cursor reads times; zooming in leaves them where they are.
    pty.send(key::RIGHT);
    pty.wait_in_pane("Timeline", "shown alive");
    let first = cursor_ms(&pty.pane("Timeline")[1]).expect("a time");
    pty.send("v");
    pty.send(key::RIGHT);
    pty.send(key::RIGHT);
    pty.wait_in_pane("Timeline", " from +");
    let second = cursor_ms(&pty.pane("Timeline")[1]).expect("a time");
    assert!(first > 300.0 && second > first && second - first < 100.0, "{first} {second}");
    let column = |screen: &vt100::Screen| {
        let axis = pane(screen, "Timeline")?.into_iter().find(|line| line.contains("COMMAND"))?;
        axis.chars().position(|c| c == '▼')
    };
    let before = pty.with_screen(column).expect("a cursor");
    pty.send("+");
    pty.wait_in_pane("Timeline", "10ms a column");
    assert_eq!(pty.with_screen(column), Some(before));

    // Along the path, back to everything, and back to the tree with the same process selected.
    pty.escape(|screen| pane(screen, "Timeline").is_some_and(|lines| !lines[1].contains("alive")));
    pty.send("0gpp");
    pty.wait_in_pane("Timeline", "whole");
    pty.send("1");
    let row = pty.wait_for_row("the selected one", |row| row.selected);
    assert!(row.command.contains("sleep 0.7"), "{row:?}");
    assert_eq!(pty.quit(), Some(0));
}

#[test]
fn a_live_one_moves_until_somebody_looks() {
    if !bpf_or_skip() {
        return;
    }
    let mut pty = Pty::proctop(&watching(&[], "sleep 0.1; sleep 60"), 120, 30);
    pty.wait_for_rows("two sleeps", |rows| rows.len() == 3);
    pty.send("3.");
    pty.wait_in_pane("Timeline", " now  ");
    pty.wait_in_pane("Timeline", "▸ 2.");
    pty.send("<");
    pty.wait_for(
        |screen| pane(screen, "Timeline").is_some_and(|lines| !lines[0].contains(" now  ")),
        PATIENCE,
    );
    pty.send("0");
    pty.wait_in_pane("Timeline", "whole");
    assert_eq!(pty.quit_and_terminate(), Some(143));
}
