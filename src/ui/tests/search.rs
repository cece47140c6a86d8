//! Searching, seen on the screen.

use crossterm::event::KeyCode;
use ratatui::style::Modifier;

use super::builder::*;
use super::keys::{ALL, pids, selected};

fn search(screen: &mut Screen, world: &World, text: &str) {
    screen.code(world, KeyCode::F(3));
    screen.typed(world, text);
}

/// The last line, where the outcome stands once the prompt is closed.
fn footer(screen: &mut Screen, world: &World) -> String {
    screen.text(world).lines().last().unwrap_or_default().to_owned()
}

/// The lines of which something is underlined.
fn marked(screen: &mut Screen, world: &World) -> Vec<String> {
    let buffer = screen.show(world).buffer().clone();
    let lines = buffer.content.chunks(usize::from(buffer.area.width));
    let marked = lines.map(|cells| {
        let cells = cells.iter().filter(|cell| cell.modifier.contains(Modifier::UNDERLINED));
        cells.map(|cell| cell.symbol()).collect::<String>()
    });
    marked.filter(|line| !line.is_empty()).collect()
}

#[test]
fn the_selection_jumps_while_the_text_is_typed_and_escape_takes_it_back() {
    let world = build();
    let mut screen = Screen::new(80, 40);
    screen.typed(&world, "jj");
    screen.code(&world, KeyCode::F(3));
    screen.typed(&world, "C");
    // systemd's comm has no c; sshd, bash and make neither.
    assert_eq!(selected(&screen), 8121);
    screen.typed(&world, "C1");
    assert_eq!(selected(&screen), 8122);
    assert!(screen.text(&world).contains(" Search: CC1"));
    assert!(screen.text(&world).contains("1 of 2"));
    screen.typed(&world, "x");
    assert_eq!(selected(&screen), 4200);
    assert!(screen.text(&world).contains("no match"));
    screen.code(&world, KeyCode::Backspace);
    assert_eq!(selected(&screen), 8122);
    screen.code(&world, KeyCode::Esc);
    assert_eq!(selected(&screen), 4200);
    assert!(marked(&mut screen, &world).is_empty());
    screen.typed(&world, "n");
    assert!(screen.text(&world).contains("nothing is searched for: F3 begins"));
    assert_eq!(selected(&screen), 4200);
}

#[test]
fn a_search_goes_on_in_both_directions_and_around() {
    let world = build();
    let mut screen = Screen::new(80, 40);
    search(&mut screen, &world, "worker");
    screen.code(&world, KeyCode::Enter);
    assert_eq!(selected(&screen), 8161);
    // Arguments count as the comm does.
    search(&mut screen, &world, ".c");
    screen.code(&world, KeyCode::Enter);
    assert!(footer(&mut screen, &world).starts_with(" .c 1 of 3, wrapped  "));
    let mut steps = Vec::new();
    for key in ["n", "n", "n", "N", "N"] {
        screen.typed(&world, key);
        let outcome = footer(&mut screen, &world);
        let outcome = outcome.trim_start_matches(" .c ").split("  ").next().unwrap_or_default().to_owned();
        steps.push((selected(&screen), outcome));
    }
    let expected = [
        (8122, "2 of 3"),
        (8130, "3 of 3"),
        (8121, "1 of 3, wrapped"),
        (8130, "3 of 3, wrapped"),
        (8122, "2 of 3"),
    ];
    assert_eq!(steps, expected.map(|(pid, outcome)| (pid, outcome.to_owned())));
    assert_eq!(marked(&mut screen, &world), [".c", ".c", ".c"]);
    // Any other key ends the telling, Escape the search.
    screen.typed(&world, "j");
    assert!(!footer(&mut screen, &world).contains("2 of 3"));
    assert!(footer(&mut screen, &world).contains("n Next"));
    screen.code(&world, KeyCode::Esc);
    assert!(!footer(&mut screen, &world).contains("n Next"));
    assert!(marked(&mut screen, &world).is_empty());
}

#[test]
fn what_is_folded_away_is_unfolded_and_folded_again_by_escape() {
    let world = build();
    let mut screen = Screen::new(80, 40);
    screen.typed(&world, "*");
    assert_eq!(pids(&mut screen, &world), [1]);
    search(&mut screen, &world, "cc1");
    assert_eq!(selected(&screen), 8122);
    assert!(screen.text(&world).contains("1 of 2"));
    // What is beside the way stays folded.
    let seen = pids(&mut screen, &world);
    assert!(seen.contains(&8130) && seen.contains(&8160) && !seen.contains(&8161), "{seen:?}");
    screen.code(&world, KeyCode::Esc);
    assert_eq!(pids(&mut screen, &world), [1]);
    search(&mut screen, &world, "serve");
    screen.code(&world, KeyCode::Enter);
    assert_eq!(selected(&screen), 8161);
    assert!(!pids(&mut screen, &world).contains(&8122));
    assert_eq!(screen.ui.tree.len(), ALL.len() - 1);
}

#[test]
fn only_what_the_filters_let_through_is_found() {
    let world = build();
    let mut screen = Screen::new(80, 40);
    screen.typed(&world, "cmake");
    screen.code(&world, KeyCode::Enter);
    search(&mut screen, &world, "sleep");
    assert!(screen.text(&world).contains("no match"));
    screen.code(&world, KeyCode::Backspace);
    screen.code(&world, KeyCode::Esc);
    assert!(screen.text(&world).contains("comm:make"), "the filter stays");
    // Escape ends the search first, then it clears the filter.
    search(&mut screen, &world, "make");
    screen.code(&world, KeyCode::Enter);
    screen.code(&world, KeyCode::Esc);
    assert!(screen.text(&world).contains("comm:make"));
    screen.code(&world, KeyCode::Esc);
    assert_eq!(pids(&mut screen, &world), ALL);
}

#[test]
fn in_the_log_the_cursor_jumps_from_line_to_line() {
    let mut world = build();
    let mut screen = Screen::new(80, 24);
    screen.code(&world, KeyCode::Tab);
    let before = screen.text(&world);
    let current = |screen: &Screen, world: &World| {
        screen.ui.log.current(&world.model).map(|line| (line.id.pid, line.time_ns))
    };
    search(&mut screen, &world, "cc1");
    let first = current(&screen, &world).unwrap();
    assert_eq!(first.0, 8122);
    assert!(screen.text(&world).contains("wrapped"), "the live end was the place");
    screen.code(&world, KeyCode::Esc);
    assert_eq!(screen.text(&world), before);
    search(&mut screen, &world, "cc1");
    screen.code(&world, KeyCode::Enter);
    screen.typed(&world, "n");
    let next = current(&screen, &world).unwrap();
    assert!(next.1 > first.1);
    // It stands still while lines come.
    world.fork(4312, 9000);
    screen.show(&world);
    assert_eq!(current(&screen, &world).unwrap(), next);
    screen.typed(&world, "N");
    assert_eq!(current(&screen, &world).unwrap(), first);
    assert!(marked(&mut screen, &world).iter().any(|line| line == "cc1"));
}

#[test]
fn an_empty_search_changes_nothing() {
    let world = build();
    let mut screen = Screen::new(80, 40);
    search(&mut screen, &world, "make");
    screen.code(&world, KeyCode::Enter);
    assert_eq!(selected(&screen), 4312);
    screen.code(&world, KeyCode::F(3));
    screen.code(&world, KeyCode::Enter);
    screen.typed(&world, "gn");
    assert_eq!(selected(&screen), 4312, "the search before is still in force");
}

#[test]
fn the_part_that_was_found_is_marked_by_filters_too() {
    let world = build();
    let mut screen = Screen::new(80, 40);
    screen.typed(&world, "/comm:c1 or argv:foo");
    screen.code(&world, KeyCode::Enter);
    let tree: Vec<String> = marked(&mut screen, &world).into_iter().take(3).collect();
    assert_eq!(tree, ["foo", "c1foofoo", "c1"], "ancestors have nothing marked");
    let log = marked(&mut screen, &world).split_off(3);
    assert!(log.contains(&"c1c1foofoo".to_owned()), "{log:?}");
    // And what is searched for beside it.
    search(&mut screen, &world, "ar.");
    assert_eq!(marked(&mut screen, &world)[2], "c1ar.ar.");
    screen.code(&world, KeyCode::Esc);
    screen.code(&world, KeyCode::Esc);
    assert!(marked(&mut screen, &world).is_empty());
}

#[test]
fn without_a_search_the_matches_of_the_filter_are_gone_through() {
    let world = build();
    let mut screen = Screen::new(80, 40);
    screen.typed(&world, "/comm=cc1");
    screen.code(&world, KeyCode::Enter);
    assert!(footer(&mut screen, &world).contains("n Next"));
    let mut steps = Vec::new();
    for key in ["g", "n", "n", "n", "N"] {
        screen.typed(&world, key);
        steps.push(selected(&screen));
    }
    assert_eq!(steps, [1, 8122, 8130, 8122, 8130]);
    assert!(
        footer(&mut screen, &world).starts_with(" match 2 of 2, wrapped"),
        "{}",
        footer(&mut screen, &world)
    );
    screen.code(&world, KeyCode::Tab);
    screen.typed(&world, "n");
    let line = screen.ui.log.current(&world.model).map(|line| line.id.pid);
    assert_eq!(line, Some(8122), "in the log from line to line");
}
