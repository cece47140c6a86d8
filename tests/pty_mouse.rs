//! The mouse in a terminal, as one sends it (SGR, mode 1006), over the recording of a real build.

mod support;

use std::path::Path;

use nix::sys::signal::Signal;
use support::pty::Pty;
use support::screen::{self, PATIENCE, Row, pane};
use vt100::{MouseProtocolEncoding, MouseProtocolMode, Screen};

const DOWN: u8 = 0;
const DRAG: u8 = 32;
const WHEEL_UP: u8 = 64;
const WHEEL_DOWN: u8 = 65;

/// The program on the recording in a terminal of so many lines, with the mouse switched on.
fn build(lines: u16) -> Pty {
    let recording = Path::new(env!("CARGO_MANIFEST_DIR")).join("screenshots/recordings/build.ptop");
    let pty = Pty::proctop(&["open", recording.to_str().expect("a path")], 120, lines);
    pty.wait_for_rows("the tree", |rows| rows.len() > 10);
    pty.with_screen(|screen| {
        assert_eq!(screen.mouse_protocol_mode(), MouseProtocolMode::ButtonMotion);
        assert_eq!(screen.mouse_protocol_encoding(), MouseProtocolEncoding::Sgr);
    });
    pty
}

/// Places are counted from 0 here, from 1 on the wire.
fn mouse(pty: &mut Pty, button: u8, (column, row): (usize, usize), end: char) {
    pty.send(format!("\x1b[<{button};{};{}{end}", column + 1, row + 1));
}

fn click(pty: &mut Pty, at: (usize, usize)) {
    mouse(pty, DOWN, at, 'M');
    mouse(pty, DOWN, at, 'm');
}

/// The line of the screen in which the text stands first, and its column.
fn place(screen: &Screen, text: &str) -> Option<(usize, usize)> {
    let contents = screen.contents();
    contents.lines().enumerate().find_map(|(row, line)| Some((line[..line.find(text)?].chars().count(), row)))
}

fn is_selected(pid: u32) -> impl Fn(&Row) -> bool {
    move |row| row.pid == pid && row.selected
}

#[test]
fn rows_are_clicked_folded_and_scrolled() {
    // Not all rows have room.
    let mut pty = build(26);
    let rows = pty.rows();
    let (_, top) = pty.with_screen(|screen| place(screen, "COMMAND")).expect("a heading");
    click(&mut pty, (30, top + 4));
    pty.wait_for_row("the fourth", is_selected(rows[3].pid));
    // A double click on a parent folds it, another one unfolds it.
    let parent = rows.iter().position(|row| row.guides.ends_with('▾') && row.command.contains("make"));
    let parent = parent.expect("somebody with children");
    let at = (60, top + 1 + parent);
    click(&mut pty, at);
    click(&mut pty, at);
    pty.wait_for_row("a folded one", |row| row.pid == rows[parent].pid && row.folded());
    std::thread::sleep(std::time::Duration::from_millis(500));
    click(&mut pty, at);
    click(&mut pty, at);
    pty.wait_for_row("an unfolded one", |row| row.pid == rows[parent].pid && !row.folded());
    // The wheel: in the tree, and in the log, each where the pointer is.
    let first = pty.rows()[0].pid;
    mouse(&mut pty, WHEEL_DOWN, (30, top + 4), 'M');
    pty.wait_for_rows("three rows further", |now| now[0].pid == rows[3].pid);
    mouse(&mut pty, WHEEL_UP, (30, top + 4), 'M');
    pty.wait_for_rows("where it was", |now| now[0].pid == first);
    mouse(&mut pty, WHEEL_UP, (30, 22), 'M');
    pty.wait_in_pane("Events", "3 newer");
    assert_eq!(pty.quit(), Some(0));
    assert!(is_switched_off(&pty));
}

#[test]
fn headings_sort_and_the_split_is_dragged() {
    let mut pty = build(40);
    let split = |screen: &Screen| place(screen, "Events");
    let (column, before) = pty.with_screen(split).expect("the log");
    mouse(&mut pty, DOWN, (column + 10, before), 'M');
    mouse(&mut pty, DRAG, (column + 10, before - 4), 'M');
    mouse(&mut pty, DRAG, (column + 10, before - 6), 'M');
    mouse(&mut pty, DOWN, (column + 10, before - 6), 'm');
    pty.wait_for(|screen| split(screen).is_some_and(|(_, row)| row == before - 6), PATIENCE);
    let table = pty.with_screen(|screen| place(screen, "t Table")).expect("a key in the footer");
    click(&mut pty, table);
    pty.wait_in_pane("Table", "▾START");
    for sorted in ["▾CPU", "▴CPU"] {
        let heading = pty.with_screen(|screen| place(screen, "CPU")).expect("a column");
        click(&mut pty, heading);
        pty.wait_in_pane("Table", sorted);
    }
    pty.signal(Signal::SIGTERM);
    assert_eq!(pty.ends(), Some(128 + 15));
    assert!(is_switched_off(&pty));
}

#[test]
fn whoever_wants_none_is_not_asked_for_a_mouse() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    std::fs::create_dir(directory.path().join("proctop")).expect("a directory");
    std::fs::write(directory.path().join("proctop/config.toml"), "mouse = false\n").expect("a file");
    let recording = Path::new(env!("CARGO_MANIFEST_DIR")).join("screenshots/recordings/build.ptop");
    let mut command = screen::command(["open", recording.to_str().expect("a path")]);
    command.env("XDG_CONFIG_HOME", directory.path());
    let mut pty = Pty::start(&command, 100, 30);
    pty.wait_for(|screen| pane(screen, "Processes").is_some(), PATIENCE);
    pty.with_screen(|screen| assert_eq!(screen.mouse_protocol_mode(), MouseProtocolMode::None));
    assert_eq!(pty.quit(), Some(0));
}

/// Whether what was switched on was switched off later.
fn is_switched_off(pty: &Pty) -> bool {
    let raw = pty.raw();
    let raw = String::from_utf8_lossy(&raw);
    ["1000", "1002", "1006"].iter().all(|mode| {
        let on = raw.rfind(&format!("\x1b[?{mode}h"));
        on.is_some() && raw.rfind(&format!("\x1b[?{mode}l")) > on
    })
}
