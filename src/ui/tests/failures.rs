//! The failures: what is listed, what is marked, and where one goes from there.

use crossterm::event::KeyCode;
use insta::assert_snapshot;
use ratatui::style::Color;

use super::builder::*;
use super::keys::selected;
use crate::model::event::*;
use crate::ui::views::View;
use crate::ui::{Look, UiOptions};

const SIZES: [(u16, u16); 5] = [(80, 24), (120, 40), (200, 50), (40, 10), (20, 5)];

/// The build, a test whose failure was expected, a search in vain and one that was killed.
pub(super) fn failures() -> World {
    let mut world = build();
    world.fork(4312, 8200).pass(MS).exec(8200, "sh configure").fork(8200, 8201).pass(MS);
    world.exec(8201, "grep -q main foo.c").pass(MS).exit(8201, WaitStatus::exited(1)).pass(MS);
    world.exit(8200, WaitStatus::exited(0)).fork(4312, 8210).pass(MS).exec(8210, "make-wrapper install");
    for place in ["/usr/local/bin/cargo", "/usr/bin/cargo"] {
        world.pass(MS).apply_failed(8210, 2, place);
    }
    world.pass(S).exit(8210, WaitStatus::exited(127));
    world.fork(4312, 8220).pass(MS).exec(8220, "sleep 1000").pass(30 * MS);
    let by = Killer::Process { id: world.id(4200), comm: "bash".into() };
    world.exit_by(8220, WaitStatus::signaled(9, false), Some(by)).pass(2 * S);
    world.exit(4312, WaitStatus::exited(2)).failed_execs = true;
    world
}

fn marked(screen: &mut Screen, world: &World, mark: char) -> Vec<String> {
    let text = screen.settled(world);
    let rows = text.lines().filter_map(|line| line.strip_prefix(mark));
    rows.filter_map(|row| row.split_whitespace().nth(1).map(str::to_owned)).collect()
}

#[test]
fn all_that_failed_is_listed() {
    let world = failures();
    for (width, height) in SIZES {
        let mut screen = Screen::new(width, height);
        screen.typed(&world, "f");
        assert_snapshot!(format!("failures_{width}x{height}"), screen.settled(&world));
    }
}

#[test]
fn the_cause_is_marked_and_what_was_expected_too() {
    let world = failures();
    let mut screen = Screen::new(120, 40);
    screen.typed(&world, "f");
    let causes = marked(&mut screen, &world, '●');
    assert!(causes.contains(&"cc1(8122)".to_owned()), "{causes:?}");
    assert!(!causes.iter().any(|who| ["cc(8121)", "make(4312)"].contains(&who.as_str())), "{causes:?}");
    assert_eq!(marked(&mut screen, &world, '○'), ["grep(8201)"]);
    let cause_of = |mark: char, screen: &mut Screen| marked(screen, &world, mark).len();
    screen.typed(&world, "/comm:cc");
    screen.code(&world, KeyCode::Enter);
    assert_eq!((cause_of('●', &mut screen), cause_of('○', &mut screen)), (1, 0), "filters hold here");
}

#[test]
fn from_a_failure_to_the_tree_and_to_its_details() {
    let world = failures();
    let mut screen = Screen::new(120, 40);
    screen.settled(&world);
    screen.typed(&world, "*f");
    assert_eq!(screen.ui.selected().map(|id| id.pid), Some(4312), "the latest");
    screen.code(&world, KeyCode::End);
    let first = screen.ui.selected().expect("a failure");
    assert_eq!(first.pid, 8122);
    screen.code(&world, KeyCode::Enter);
    assert!(screen.text(&world).contains("Details  8122"), "{}", screen.text(&world));
    screen.code(&world, KeyCode::Right);
    assert_eq!((screen.ui.view, selected(&screen)), (View::Tree, 8122), "unfolded");
    screen.typed(&world, "f");
    assert_eq!(screen.ui.selected(), Some(first), "and back");
    screen.typed(&world, "f");
    assert_eq!(screen.ui.view, View::Tree);
}

#[test]
fn to_whom_did_not_fail_it_goes_in_the_tree() {
    let world = failures();
    let mut screen = Screen::new(120, 40);
    screen.settled(&world);
    screen.typed(&world, "/killer=bash");
    screen.code(&world, KeyCode::Enter);
    screen.settled(&world);
    screen.typed(&world, "f");
    screen.settled(&world);
    assert_eq!(screen.ui.selected().map(|id| id.pid), Some(8220));
    screen.typed(&world, "b");
    assert_eq!((screen.ui.view, selected(&screen)), (View::Tree, 4200));
}

#[test]
fn a_failed_exec_is_a_row_and_is_searched() {
    let world = failures();
    let mut screen = Screen::new(120, 40);
    screen.settled(&world);
    screen.typed(&world, "f");
    let text = screen.settled(&world);
    let row = text.lines().find(|line| line.contains("ENOENT") && line.starts_with("  ")).expect("a row");
    assert!(row.contains("make-wrapper") && row.contains("cargo  in 2 places"), "{row}");
    screen.typed(&world, "/event=exec_failed");
    screen.code(&world, KeyCode::Enter);
    screen.settled(&world);
    assert_eq!(screen.ui.selected().map(|id| id.pid), Some(8210), "whose exec it was");
}

#[test]
fn who_sent_the_signal_is_told_where_there_is_hardly_room_and_a_cut_is_seen() {
    let world = failures();
    let row = |width| {
        let mut screen = Screen::new(width, 24);
        screen.typed(&world, "f");
        let text = screen.settled(&world);
        text.lines().find(|line| line.contains("sleep(8220)")).expect("a row").to_owned()
    };
    for width in [80, 99, 100, 120, 140] {
        let row = row(width);
        assert!(row.contains(" ✗ SIGKILL by bash(4200) ") && row.ends_with("sleep 1000"), "{width}: {row}");
    }
    assert!(row(60).contains(" ✗ SIGKILL by … "), "{}", row(60));
}

#[test]
fn a_search_that_came_to_an_end_is_no_failure_in_the_log() {
    let mut world = build();
    world.fork(4312, 8200).pass(MS);
    for place in ["/usr/local/bin/frob", "/opt/bin/frob"] {
        world.pass(MS).apply_failed(8200, 2, place);
    }
    let mut screen = Screen::new(120, 40);
    let tried = |screen: &mut Screen, world: &World| {
        let text = screen.settled(world);
        let line = text.lines().position(|line| line.contains("FAILED")).expect("a line");
        let cell = screen.show(world).buffer()[(13, line as u16)].clone();
        assert_eq!(cell.symbol(), "F");
        (text.lines().nth(line).map(str::to_owned).unwrap_or_default(), cell.fg)
    };
    let (line, colour) = tried(&mut screen, &world);
    assert!(line.ends_with("ENOENT  frob  in 2 places") && colour == Color::Red, "{line}");
    world.pass(MS).exec(8200, "frob --now");
    let (line, colour) = tried(&mut screen, &world);
    assert!(line.ends_with("○ ENOENT  frob  in 2 places, then found"), "{line}");
    assert_ne!(colour, Color::Red, "of a failure");
}

#[test]
fn where_there_is_nothing_it_says_what_will_be_there() {
    let mut world = World::new(100);
    world.snapshot_end().fork(1, 10);
    let mut screen = Screen::new(100, 24);
    screen.typed(&world, "f");
    assert!(screen.settled(&world).contains("Nothing has failed."), "{}", screen.text(&world));
    world.pass(MS).exit(10, WaitStatus::exited(1));
    screen.typed(&world, "x");
    assert!(screen.settled(&world).contains("these are hidden. x shows them"), "{}", screen.text(&world));
    screen.typed(&world, "x");
    assert_eq!(marked(&mut screen, &world, '●').len(), 1);
}

#[test]
fn without_lines_it_is_ascii() {
    let world = failures();
    let look = Look { ascii: true, ..Look::default() };
    let mut screen = Screen::with(UiOptions { look, ..UiOptions::default() }, 120, 40);
    screen.typed(&world, "f");
    let text = screen.settled(&world);
    assert!(text.is_ascii() && text.contains("* "), "{text}");
}

#[test]
fn the_help_fits_the_view() {
    let world = failures();
    let mut screen = Screen::new(120, 160);
    for (keys, here, elsewhere) in [
        ("?", "Fold everything", ["Sort by the next column", "where it went wrong"]),
        ("qt?", "Sort by the next column", ["Fold everything", "where it went wrong"]),
        ("qf?", "where it went wrong", ["Fold everything", "Sort by the next column"]),
    ] {
        screen.typed(&world, keys);
        let text = screen.settled(&world);
        assert!(text.contains(here) && !text.contains("more below"), "{here}: {text}");
        assert!(elsewhere.iter().all(|other| !text.contains(other)), "{here}: {text}");
    }
}
