//! Whole screens. Read a changed snapshot before it is accepted.

use crossterm::event::KeyCode;
use insta::assert_snapshot;
use ratatui::style::Modifier;

use super::builder::*;
use crate::model::event::WaitStatus;
use crate::ui::{ColourLevel, Look, Origin, Outcome, Request, UiOptions};

const SIZES: [(u16, u16); 5] = [(80, 24), (120, 40), (200, 50), (40, 10), (20, 5)];

fn frame(world: &World, width: u16, height: u16, keys: &str) -> String {
    let mut screen = Screen::new(width, height);
    screen.typed(world, keys);
    screen.text(world)
}

#[test]
fn a_build_at_all_sizes() {
    let world = build();
    for (width, height) in SIZES {
        assert_snapshot!(format!("build_{width}x{height}"), frame(&world, width, height, ""));
    }
}

#[test]
fn a_filter_keeps_the_ancestors() {
    let world = build();
    for (width, height) in SIZES {
        let mut screen = Screen::new(width, height);
        screen.typed(&world, "/comm:cc1 exit!=0");
        screen.code(&world, KeyCode::Enter);
        assert_snapshot!(format!("filter_{width}x{height}"), screen.text(&world));
    }
}

#[test]
fn a_search_says_what_it_came_to() {
    let world = build();
    for (width, height) in SIZES {
        let mut screen = Screen::new(width, height);
        screen.code(&world, KeyCode::F(3));
        screen.typed(&world, "C1");
        assert_snapshot!(format!("search_{width}x{height}"), screen.text(&world));
        screen.code(&world, KeyCode::Enter);
        screen.typed(&world, "nn");
        assert_snapshot!(format!("searched_{width}x{height}"), screen.text(&world));
    }
}

#[test]
fn a_mistake_in_a_filter_is_shown_where_it_is() {
    let world = build();
    for (width, height) in SIZES {
        assert_snapshot!(
            format!("mistake_{width}x{height}"),
            frame(&world, width, height, "/comm:cc1 dur>fast")
        );
    }
}

#[test]
fn details_stand_beside_or_beneath() {
    let world = build();
    for (width, height) in SIZES {
        let mut screen = Screen::new(width, height);
        // The one that failed and had two images.
        screen.typed(&world, "jjjj");
        screen.code(&world, KeyCode::Enter);
        assert_snapshot!(format!("details_{width}x{height}"), screen.text(&world));
    }
}

#[test]
fn the_log_has_the_keys() {
    let world = build();
    for (width, height) in SIZES {
        let mut screen = Screen::new(width, height);
        screen.code(&world, KeyCode::Tab);
        screen.typed(&world, "kkk");
        assert_snapshot!(format!("log_{width}x{height}"), screen.text(&world));
    }
}

#[test]
fn help_is_made_from_the_keymap() {
    let world = build();
    for (width, height) in SIZES {
        assert_snapshot!(format!("help_{width}x{height}"), frame(&world, width, height, "?"));
    }
}

#[test]
fn losses_and_a_notice_are_told() {
    let mut world = build();
    world.lose(1204, 3).notice = Some("the snapshot took 3 s");
    for (width, height) in SIZES {
        assert_snapshot!(format!("loss_{width}x{height}"), frame(&world, width, height, ""));
    }
}

#[test]
fn a_tracing_that_failed_is_told_also_in_a_pause() {
    let mut world = build();
    let mut screen = Screen::new(80, 24);
    screen.typed(&world, "Z");
    world.origin = Origin::Broken;
    assert!(screen.text(&world).lines().next().unwrap().contains("TRACING ENDED"));
    assert!(!screen.ui.needs_ticks(&world.scene()));
}

#[test]
fn a_pause_is_told() {
    let world = build();
    let mut screen = Screen::new(80, 24);
    assert_eq!(screen.typed(&world, "Z"), Request::Pause(true));
    assert!(!screen.ui.needs_ticks(&world.scene()));
    assert!(screen.text(&world).lines().next().unwrap().contains("PAUSED"));
    assert_eq!(screen.typed(&world, "Z"), Request::Pause(false));
    assert!(screen.ui.needs_ticks(&world.scene()));
    assert!(screen.text(&world).lines().next().unwrap().contains("LIVE"));
}

#[test]
fn the_output_of_a_command_is_a_pane() {
    let mut world = build();
    world.outcome = Some(Outcome::Running);
    world.screen.process(b"cc -c foo.c\r\n\x1b[31mfoo.c:1: error\x1b[0m \xe6\x97\xa5\r\n$ ");
    for (width, height) in SIZES {
        assert_snapshot!(format!("output_{width}x{height}"), frame(&world, width, height, "o"));
        assert_snapshot!(format!("keyboard_{width}x{height}"), frame(&world, width, height, "i"));
    }
    world.outcome = Some(Outcome::Exited(WaitStatus::exited(2)));
    assert_snapshot!("output_of_an_ended_command", frame(&world, 80, 24, "o"));
}

#[test]
fn quitting_asks_what_becomes_of_the_command() {
    let mut world = build();
    world.outcome = Some(Outcome::Running);
    for (width, height) in SIZES {
        assert_snapshot!(format!("question_{width}x{height}"), frame(&world, width, height, "q"));
    }
}

#[test]
fn a_recording_says_what_it_is() {
    let mut world = build();
    world.origin = Origin::Recording { name: "build.ptop", note: Some("cut off") };
    assert_snapshot!("recording", frame(&world, 80, 24, ""));
    assert!(!Screen::new(80, 24).ui.needs_ticks(&world.scene()));
}

#[test]
fn ascii_is_enough() {
    let world = build();
    let mut screen = Screen::with(
        UiOptions { look: Look { ascii: true, ..Look::default() }, ..UiOptions::default() },
        80,
        24,
    );
    let text = screen.text(&world);
    assert!(text.is_ascii());
    assert_snapshot!("ascii", text);
}

#[test]
fn colours_can_be_switched_off() {
    let world = build();
    let cells = |colours, has: fn(&ratatui::buffer::Cell) -> bool| {
        let look = Look { colours, ..Look::default() };
        let mut screen = Screen::with(UiOptions { look, ..UiOptions::default() }, 80, 24);
        screen.show(&world).buffer().content.iter().filter(|cell| has(cell)).count()
    };
    let coloured = |cell: &ratatui::buffer::Cell| cell.fg != ratatui::style::Color::Reset;
    assert_eq!(cells(ColourLevel::None, coloured), 0);
    assert!(cells(ColourLevel::Ansi, coloured) > 20);
}

#[test]
fn what_matches_and_has_ended_does_not_look_like_an_ancestor() {
    let world = build();
    let style = |screen: &mut Screen, pid: &str| {
        let buffer = screen.show(&world).buffer().clone();
        let rows = buffer.content.chunks(usize::from(buffer.area.width)).skip(4);
        let text =
            |cells: &[ratatui::buffer::Cell]| cells.iter().map(|cell| cell.symbol()).collect::<String>();
        let row = rows.into_iter().find(|cells| text(cells).trim_start().starts_with(pid)).unwrap();
        row[6].style().add_modifier
    };
    let mut screen = Screen::new(80, 40);
    screen.typed(&world, "j");
    let dead = style(&mut screen, "8130 ");
    screen.typed(&world, "/exit=0 or comm=bash");
    screen.code(&world, KeyCode::Enter);
    assert!(dead.contains(Modifier::DIM));
    let dim = Modifier::DIM | Modifier::ITALIC;
    assert!(!style(&mut screen, "8130 ").intersects(dim));
    assert_eq!(style(&mut screen, "4312 "), dim);
}
