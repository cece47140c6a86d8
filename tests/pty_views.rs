//! The table and the failures in a terminal, over the recording of a real build: who has read no manual finds the command
//! that failed.

mod support;

use std::path::Path;

use support::pty::Pty;
use support::screen::{PATIENCE, pane};

/// The recording of a build in which one compiler call failed.
fn build(columns: u16, rows: u16) -> Pty {
    let recording = Path::new(env!("CARGO_MANIFEST_DIR")).join("screenshots/recordings/build.ptop");
    Pty::proctop(&["open", recording.to_str().expect("a path")], columns, rows)
}

#[test]
fn the_command_that_failed_is_found_by_the_keys_that_the_screen_names() {
    let mut pty = build(80, 24);
    pty.wait_for_text("f Failures", PATIENCE);
    pty.send("f");
    // The one with the mark is the first cause.
    pty.wait_in_pane("Failures", "● ");
    let failures = pty.pane("Failures");
    let causes: Vec<_> = failures.iter().filter(|line| line.starts_with('●')).collect();
    assert!(causes.len() == 1 && causes[0].contains("cc1("), "{failures:#?}");
    assert!(failures.iter().any(|line| line.starts_with("  ") && line.contains("make(")), "{failures:#?}");
    pty.send("G\r");
    pty.wait_in_pane("Details", "cc1");
    // Its arguments are long: what it compiled is further down.
    pty.send("\t\x1b[6~");
    pty.wait_in_pane("Details", "eval.c");
    // To it in the tree, among its family.
    pty.send("\t\x1b[C");
    pty.wait_for(|screen| pane(screen, "Processes").is_some(), PATIENCE);
    pty.wait_for_rows("the family", |rows| rows.iter().any(|row| row.command.starts_with("cc1 ")));
    assert_eq!(pty.quit(), Some(0));
}

#[test]
fn the_table_is_sorted_by_any_column_and_the_selection_goes_along() {
    let mut pty = build(120, 30);
    pty.wait_for_text("t Table", PATIENCE);
    pty.send("t");
    pty.wait_in_pane("Table", "▾START");
    let first = || pty.pane("Table").get(2).cloned().unwrap_or_default();
    assert!(first().contains("as --64 -o main.o"), "the newest: {}", first());
    // By lifetime: who took longest.
    for name in ["▴PID", "▴PPID", "▴USER", "▾STATE", "▾LIFE"] {
        pty.send(">");
        pty.wait_in_pane("Table", name);
    }
    let longest = pty.pane("Table");
    assert!(longest[2].contains(" make -k -j2"), "{longest:#?}");
    pty.send("j");
    pty.wait_in_pane("Table", "by life");
    pty.send("I");
    pty.wait_in_pane("Table", "▴LIFE");
    pty.send("t");
    pty.wait_for(|screen| pane(screen, "Processes").is_some(), PATIENCE);
    pty.send("2");
    pty.wait_in_pane("Table", "by life, inverted");
    assert_eq!(pty.quit(), Some(0));
}
