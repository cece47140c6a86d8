//! What proctop remembers from one run to the next.

mod support;

use std::path::Path;

use support::pty::{Pty, key};
use support::screen::{PATIENCE, command};

const RECORDING: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/screenshots/recordings/build.ptop");
const ONCE: &str = "takes these lines away";

fn start(state: &Path) -> Pty {
    let mut command = command(["open", RECORDING]);
    command.env("XDG_STATE_HOME", state);
    let pty = Pty::start(&command, 80, 24);
    pty.wait_for_text("? Help", PATIENCE);
    pty
}

#[test]
fn the_first_start_says_what_this_is_and_only_the_first() {
    let state = tempfile::tempdir().expect("a temporary directory");
    let mut pty = start(state.path());
    for line in ["Every process of the recording", "/ filters as you type", "? has all keys, q quits", ONCE] {
        pty.wait_for_text(line, PATIENCE);
    }
    // The first key takes them away and does what it is for.
    pty.send("/");
    pty.wait_for(
        |screen| !screen.contents().contains(ONCE) && screen.contents().contains("Filter:"),
        PATIENCE,
    );
    pty.send("\x1b");
    pty.wait_for_text("? Help", PATIENCE);
    assert_eq!(pty.quit(), Some(0));

    let mut pty = start(state.path());
    assert!(!pty.screen_text().contains(ONCE), "{}", pty.screen_text());
    assert_eq!(pty.quit(), Some(0));
}

#[test]
fn what_was_typed_comes_back_in_the_next_run() {
    let state = tempfile::tempdir().expect("a temporary directory");
    for filter in ["comm:cc1 dur>1ms", "exit!=0"] {
        let mut pty = start(state.path());
        pty.send(format!("/{filter}\r"));
        pty.wait_for_text(filter, PATIENCE);
        assert_eq!(pty.quit(), Some(0));
    }
    let mut pty = start(state.path());
    pty.send("/");
    pty.wait_for_text("Filter:", PATIENCE);
    pty.send(key::UP);
    pty.wait_for_text("Filter: exit!=0", PATIENCE);
    pty.send(key::UP);
    pty.wait_for_text("Filter: comm:cc1 dur>1ms", PATIENCE);
    pty.send("\x1b");
    pty.wait_for_text("? Help", PATIENCE);
    assert_eq!(pty.quit(), Some(0));
    let kept = std::fs::read_to_string(state.path().join("proctop/history")).expect("a history");
    assert_eq!(kept, "filter\tcomm:cc1 dur>1ms\nfilter\texit!=0\n");
}

#[test]
fn columns_that_were_chosen_are_there_in_the_next_run() {
    let state = tempfile::tempdir().expect("a temporary directory");
    let mut pty = start(state.path());
    pty.send("t");
    pty.wait_for_text("START", PATIENCE);
    pty.send("C");
    pty.wait_for_text("Columns of the table", PATIENCE);
    pty.send(" \r");
    let is_chosen = |screen: &vt100::Screen| {
        let text = screen.contents();
        text.contains("Table  20") && text.contains("PPID") && !text.contains("START")
    };
    pty.wait_for(is_chosen, PATIENCE);
    assert_eq!(pty.quit(), Some(0));
    let mut pty = start(state.path());
    pty.send("t");
    pty.wait_for(is_chosen, PATIENCE);
    assert_eq!(pty.quit(), Some(0));
}
