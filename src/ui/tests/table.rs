//! The flat table: what it shows, in which order, and that the selection is everybody's.

use crossterm::event::KeyCode;
use insta::assert_snapshot;

use super::builder::*;
use super::keys::selected;
use crate::model::event::WaitStatus;
use crate::ui::views::View;
use crate::ui::{Look, Request, UiOptions};

const SIZES: [(u16, u16); 5] = [(80, 24), (120, 40), (200, 50), (40, 10), (20, 5)];

/// The pids in the table, from top to bottom.
fn pids(screen: &mut Screen, world: &World) -> Vec<u32> {
    let text = screen.settled(world);
    let lines = text.lines().skip_while(|line| !line.contains(" Table ")).skip(1);
    let mut lines = lines.skip_while(|line| line.contains('/'));
    let heading = lines.next().unwrap_or_default();
    let end = heading.find("PID").map(|at| heading[..at].chars().count() + 3).expect("a column of pids");
    let pid = |line: &str| {
        let before: String = line.chars().take(end).collect();
        before.split_whitespace().last()?.parse().ok()
    };
    lines.map_while(pid).collect()
}

#[test]
fn every_process_has_a_row() {
    let world = build();
    for (width, height) in SIZES {
        let mut screen = Screen::new(width, height);
        screen.typed(&world, "t");
        assert_snapshot!(format!("table_{width}x{height}"), screen.settled(&world));
    }
}

#[test]
fn a_filter_and_a_search_mark_what_they_find() {
    let world = build();
    let mut screen = Screen::new(120, 30);
    screen.typed(&world, "t/comm:cc1");
    screen.code(&world, KeyCode::Enter);
    assert_eq!(pids(&mut screen, &world), [8130, 8122]);
    assert!(screen.text(&world).contains("Table  2 of "), "{}", screen.text(&world));
    let buffer = screen.show(&world).buffer().clone();
    let found = screen.ui.theme.found();
    let marked = buffer.content.iter().filter(|cell| cell.style().patch(found) == cell.style()).count();
    assert!(marked >= 6, "both commands are marked: {marked}");
    screen.code(&world, KeyCode::Esc);
    screen.code(&world, KeyCode::F(3));
    screen.typed(&world, "cc1");
    screen.code(&world, KeyCode::Enter);
    assert_eq!(screen.ui.selected().map(|id| id.pid), Some(8130));
    screen.typed(&world, "n");
    assert_eq!(screen.ui.selected().map(|id| id.pid), Some(8122));
    assert!(screen.text(&world).contains("2 of "), "{}", screen.text(&world));
}

#[test]
fn any_column_sorts_and_the_selection_stays_on_its_process() {
    let world = build();
    let mut screen = Screen::new(200, 40);
    screen.typed(&world, "tjj");
    let process = screen.ui.selected();
    let by_start = pids(&mut screen, &world);
    assert_eq!(by_start.first(), Some(&8180), "the newest");
    screen.typed(&world, ">");
    let by_pid = pids(&mut screen, &world);
    let mut sorted = by_start.clone();
    sorted.sort_unstable();
    assert_eq!(by_pid, sorted);
    screen.typed(&world, "I");
    assert_eq!(pids(&mut screen, &world), sorted.into_iter().rev().collect::<Vec<_>>());
    screen.typed(&world, "<");
    assert_eq!(pids(&mut screen, &world), by_start, "another column begins in its own order");
    assert_eq!(screen.ui.selected(), process);
    for _ in 0..40 {
        screen.code(&world, KeyCode::F(6));
        assert_eq!(screen.ui.selected(), process);
    }
}

#[test]
fn views_share_the_selection() {
    let world = build();
    let mut screen = Screen::new(120, 30);
    // Folded away, and not chosen.
    screen.typed(&world, "*");
    screen.typed(&world, "t");
    assert_eq!(screen.ui.view, View::Table);
    screen.typed(&world, "t");
    assert_eq!((screen.ui.view, selected(&screen)), (View::Tree, 1), "nobody was chosen");
    screen.typed(&world, "2/comm:cc1");
    screen.code(&world, KeyCode::Enter);
    screen.typed(&world, "j");
    assert_eq!(screen.ui.selected().map(|id| id.pid), Some(8122));
    screen.code(&world, KeyCode::Esc);
    screen.typed(&world, "1");
    assert_eq!((screen.ui.view, selected(&screen)), (View::Tree, 8122), "unfolded");
    screen.typed(&world, "t");
    assert_eq!(screen.ui.selected().map(|id| id.pid), Some(8122));
}

#[test]
fn what_can_be_done_in_the_tree_can_be_done_here() {
    let world = build();
    let mut screen = Screen::new(140, 40);
    screen.typed(&world, "t/comm:cc1");
    screen.code(&world, KeyCode::Enter);
    screen.code(&world, KeyCode::Esc);
    screen.typed(&world, "jm");
    let pid = screen.ui.selected().map(|id| id.pid.to_string()).unwrap();
    assert_eq!(screen.typed(&world, "i"), Request::Copy { what: "pid", text: pid.clone() });
    screen.typed(&world, "mP");
    assert_eq!(screen.ui.selected().map(|id| id.pid), Some(4312), "to the parent");
    screen.code(&world, KeyCode::Enter);
    assert!(screen.text(&world).contains("Details  4312"), "{}", screen.text(&world));
    screen.code(&world, KeyCode::Esc);
    screen.typed(&world, "x");
    assert!(!pids(&mut screen, &world).contains(&8122), "the exited are hidden");
    screen.typed(&world, "F");
    assert!(screen.text(&world).contains("following 4312"), "{}", screen.text(&world));
}

#[test]
fn new_rows_do_not_move_the_selected_one() {
    let mut world = build();
    let mut screen = Screen::new(80, 24);
    screen.typed(&world, "tjjj");
    let line = |screen: &mut Screen, world: &World, pid: &str| {
        let text = screen.settled(world);
        text.lines().skip(4).position(|line| line.split_whitespace().nth(1) == Some(pid))
    };
    let pid = screen.ui.selected().map(|id| id.pid.to_string()).unwrap();
    assert_eq!(line(&mut screen, &world, &pid), Some(3));
    for pid in 9000..9005 {
        world.pass(MS).fork(4312, pid);
    }
    assert_eq!(line(&mut screen, &world, &pid), Some(3), "{}", screen.text(&world));
    screen.typed(&world, "g");
    world.pass(MS).fork(4312, 9100);
    assert_eq!(pids(&mut screen, &world).first(), Some(&9100), "the first row is whoever is the first");
}

#[test]
fn by_lifetime_the_living_pass_the_dead() {
    let mut world = World::new(100);
    world.snapshot_end().fork(1, 10).pass(50 * MS).exit(10, WaitStatus::exited(0)).fork(1, 11);
    let mut screen = Screen::new(120, 20);
    screen.settled(&world);
    screen.typed(&world, "t>>>>>");
    assert!(screen.text(&world).contains("by life"), "{}", screen.text(&world));
    assert_eq!(pids(&mut screen, &world), [10, 11]);
    world.pass(60 * MS);
    assert_eq!(pids(&mut screen, &world), [11, 10]);
}

#[test]
fn while_another_order_is_made_the_former_is_shown() {
    let mut world = World::new(100_000);
    world.snapshot_end();
    for pid in 10..10_000 {
        world.pass(1000).fork(1, pid);
    }
    let mut screen = Screen::new(120, 20);
    screen.settled(&world);
    screen.typed(&world, "t");
    let newest = pids(&mut screen, &world);
    assert_eq!(newest.first(), Some(&9999));
    screen.typed(&world, ">");
    assert!(!screen.ui.is_complete());
    let text = screen.text(&world);
    assert!(text.contains("looking through all…") && text.contains(" 9999 "), "{text}");
    screen.typed(&world, "j");
    assert_eq!(screen.ui.selected().map(|id| id.pid), Some(9998), "keys go on");
    assert_eq!(pids(&mut screen, &world).first(), Some(&9990), "the end of the table");
}

#[test]
fn without_lines_it_is_ascii() {
    let world = build();
    let look = Look { ascii: true, ..Look::default() };
    let mut screen = Screen::with(UiOptions { look, ..UiOptions::default() }, 120, 30);
    screen.typed(&world, "t");
    let text = screen.settled(&world);
    assert!(text.is_ascii() && text.contains("vSTART"), "{text}");
}

#[test]
fn columns_are_chosen_from_a_list() {
    let world = build();
    for (width, height) in SIZES {
        let mut screen = Screen::new(width, height);
        screen.typed(&world, "tC");
        assert_snapshot!(format!("columns_{width}x{height}"), screen.settled(&world));
    }
    let mut screen = Screen::new(80, 24);
    screen.typed(&world, "tC");
    // The start goes, and the pid moves behind the parent's.
    screen.typed(&world, " kk");
    screen.typed(&world, "ggC");
    assert!(!screen.settled(&world).contains("START"), "{}", screen.text(&world));
    screen.typed(&world, "C>");
    let request = screen.typed(&world, "y");
    let Request::Copy { text, .. } = request else { panic!("{request:?}") };
    assert!(text.starts_with("[table]\ncolumns = [\"ppid\", \"pid\", \"user\""), "{text}");
    screen.code(&world, KeyCode::Esc);
    let text = screen.settled(&world);
    let heading = text.lines().find(|line| line.contains("COMMAND")).unwrap();
    assert!(heading.find("PPID") < heading.find(" PID"), "{heading}");
    assert_eq!(screen.ui.view, View::Table);
}
