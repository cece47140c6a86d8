//! Moving through the tree: folds, and a selection that stays on its process while rows come and go.

mod support;

use support::bpf_or_skip;
use support::gate::Gate;
use support::pty::{Pty, key};
use support::screen::{PATIENCE, Row, pane};

/// Shells beneath shells, all of them alive: root > a > (b, c), root > d.
const GENERATIONS: &str = "sh -c 'sleep 1001 & sleep 1002 & wait' & sh -c 'sleep 1003 & wait' & wait";

fn commands(rows: &[Row]) -> Vec<&str> {
    rows.iter().map(|row| row.command.as_str()).collect()
}

fn start() -> Pty {
    let pty = Pty::watch(GENERATIONS);
    pty.wait_for_rows("three generations", |rows| {
        rows.len() == 6 && rows.iter().all(|row| !row.command.starts_with('('))
    });
    pty
}

/// Waits for so many rows of which the selected one is at this place, folded or not.
#[track_caller]
fn wait_for(pty: &Pty, len: usize, selected: usize, folded: bool) -> Vec<Row> {
    let what = format!(
        "{len} rows, of which number {selected} is selected{}",
        if folded { " and folded" } else { "" }
    );
    pty.wait_for_rows(&what, |rows| {
        rows.len() == len
            && rows.iter().position(|row| row.selected) == Some(selected)
            && rows[selected].folded() == folded
    })
}

#[test]
fn folds_take_the_children_away_and_bring_them_back() {
    if !bpf_or_skip() {
        return;
    }
    let mut pty = start();
    pty.send("gj");
    let rows = wait_for(&pty, 6, 1, false);
    assert_eq!(rows[1].guides, "├─▾");
    pty.send(" ");
    let rows = wait_for(&pty, 4, 1, true);
    assert_eq!(commands(&rows)[2..], ["sh -c 'sleep 1003 & wait'", "sleep 1003"]);
    pty.send(" ");
    wait_for(&pty, 6, 1, false);
    pty.send("-");
    wait_for(&pty, 4, 1, true);
    pty.send("-");
    wait_for(&pty, 4, 1, true);
    pty.send("+");
    wait_for(&pty, 6, 1, false);
    pty.send(key::LEFT);
    wait_for(&pty, 4, 1, true);
    pty.send(key::LEFT);
    wait_for(&pty, 4, 0, false);
    pty.send("jl");
    wait_for(&pty, 6, 1, false);
    pty.send(key::RIGHT);
    wait_for(&pty, 6, 2, false);
    pty.send("*");
    wait_for(&pty, 1, 0, true);
    pty.send("*");
    wait_for(&pty, 6, 0, false);
    assert_eq!(pty.quit_and_terminate(), Some(143));
}

#[test]
fn the_selection_moves_by_lines_pages_and_to_the_ends() {
    if !bpf_or_skip() {
        return;
    }
    let mut pty = start();
    pty.send("g");
    for (keys, selected) in [
        (key::DOWN, 1),
        ("j", 2),
        ("k", 1),
        (key::UP, 0),
        (key::UP, 0),
        ("G", 5),
        ("\x15", 0),
        ("\x04", 5),
        ("\x1b[H", 0),
        ("\x1b[F", 5),
        (key::PAGE_UP, 0),
        (key::PAGE_DOWN, 5),
    ] {
        pty.send(keys);
        pty.wait_for_rows(&format!("number {selected} after {keys:?}"), |rows| {
            rows.iter().position(|row| row.selected) == Some(selected)
        });
    }
    assert_eq!(pty.quit_and_terminate(), Some(143));
}

#[test]
fn the_selection_stays_on_its_process_while_rows_appear_above_it() {
    if !bpf_or_skip() {
        return;
    }
    let more = Gate::new();
    let script = format!(
        "sh -c '{}; for i in 1 2 3 4 5 6 7 8; do /bin/true & done; wait; exec sleep 1001' & sleep 1002 & wait",
        more.wait()
    );
    let mut pty = Pty::watch(&script);
    pty.wait_for_row("the last", |row| row.command == "sleep 1002");
    pty.send("gG");
    let before = pty.wait_for_row("the selection", |row| row.selected && row.command == "sleep 1002");
    pty.send("F");
    pty.wait_in_pane("Processes", &format!("following {}", before.pid));
    pty.send("F");
    more.open();
    pty.wait_for_text("seen 11 ", PATIENCE);
    let after = pty.wait_for_rows("the same selection", |rows| {
        rows.iter().any(|row| row.selected && row.pid == before.pid)
            && rows.iter().filter(|row| row.command == "true" && row.state == "exit 0").count() > 5
    });
    let place = after.iter().position(|row| row.selected).expect("it is on the screen");
    assert!(after[..place].iter().any(|row| row.command == "true"), "they came above it: {after:#?}");
    // from there the keys go on
    pty.send("k");
    pty.wait_for_row("the row above", |row| row.selected && row.command == "true");
    pty.send("G");
    pty.wait_for_row("the last", |row| row.selected && row.pid == before.pid);
    assert_eq!(pty.quit_and_terminate(), Some(143));
}

#[test]
fn details_follow_the_selection() {
    if !bpf_or_skip() {
        return;
    }
    let mut pty = start();
    pty.send("G\r");
    let last = pty.wait_for_row("the last", |row| row.selected && row.command == "sleep 1003");
    pty.wait_for_text(&format!("Details  {}", last.pid), PATIENCE);
    pty.send("k");
    let above = pty.wait_for_row("the one above", |row| row.selected && row.pid != last.pid);
    pty.wait_for_text(&format!("Details  {}", above.pid), PATIENCE);
    pty.escape(|screen| pane(screen, "Details").is_none());
    assert_eq!(pty.quit_and_terminate(), Some(143));
}
