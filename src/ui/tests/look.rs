//! Themes, and what flashes and fades.

use crossterm::event::KeyCode;
use insta::assert_snapshot;
use ratatui::style::{Color, Modifier};

use super::builder::*;
use super::keys::pids;
use crate::model::event::WaitStatus;
use crate::ui::{ColourLevel, Flash, Look, Origin, ThemeName, UiOptions};

fn screen(theme: ThemeName, colours: ColourLevel) -> Screen {
    let look = Look { theme, colours, ascii: false };
    Screen::with(UiOptions { look, ..UiOptions::default() }, 80, 24)
}

/// The screen's lines, beneath each a letter for each cell's style, and what the letters stand for.
pub(super) fn styled(screen: &mut Screen, world: &World) -> String {
    let text = screen.text(world);
    let buffer = screen.show(world).buffer().clone();
    const PLAIN: (Color, Color, Modifier) = (Color::Reset, Color::Reset, Modifier::empty());
    let mut styles = Vec::new();
    let mut shown = String::new();
    for (line, cells) in text.lines().zip(buffer.content.chunks(buffer.area.width.into())) {
        let letters: String = cells
            .iter()
            .map(|cell| {
                let style = (cell.fg, cell.bg, cell.modifier);
                if style == PLAIN {
                    return ' ';
                }
                let known = styles.iter().position(|known| *known == style);
                let index = known.unwrap_or_else(|| {
                    styles.push(style);
                    styles.len() - 1
                });
                char::from(b'a' + index as u8)
            })
            .collect();
        shown += &format!("|{line}\n:{}\n", letters.trim_end());
    }
    for (letter, (ink, paper, modifier)) in ('a'..).zip(styles) {
        let ink = if ink == Color::Reset { "default".to_owned() } else { ink.to_string() };
        let paper = if paper == Color::Reset { String::new() } else { format!(" on {paper}") };
        shown += &format!("{letter}: {ink}{paper} {modifier:?}\n");
    }
    shown
}

/// Whatever roles a screen can show at once.
fn everything() -> World {
    let mut world = build();
    world.lose(12, 0).notice = Some("a notice");
    world.exit(8170, WaitStatus::exited(0)).pass(100 * MS);
    world
}

#[test]
fn every_theme_on_the_terminal_that_it_is_for() {
    let world = everything();
    for (name, theme, colours) in [
        ("dark", ThemeName::Dark, ColourLevel::True),
        ("light", ThemeName::Light, ColourLevel::Indexed),
        ("sixteen", ThemeName::Sixteen, ColourLevel::True),
        ("mono", ThemeName::Mono, ColourLevel::True),
        ("no_colours", ThemeName::Dark, ColourLevel::None),
    ] {
        let mut screen = screen(theme, colours);
        screen.typed(&world, "jj/exit!=0 or pid=8170 or pid=8180");
        screen.code(&world, KeyCode::Enter);
        assert_snapshot!(format!("theme_{name}"), styled(&mut screen, &world));
    }
}

/// The style of the row with this pid.
fn style(screen: &mut Screen, world: &World, pid: u32) -> (Color, Modifier) {
    let index = pids(screen, world).iter().position(|&found| found == pid).expect("a row");
    let buffer = screen.show(world).buffer();
    let cell = &buffer[(6, 4 + u16::try_from(index).unwrap())];
    (cell.fg, cell.modifier)
}

#[test]
fn the_new_and_the_dead_flash_and_fade() {
    const PLAIN: Modifier = Modifier::empty();
    let mut world = build();
    let mut screen = Screen::new(80, 40);
    screen.typed(&world, "j");
    for (pid, ends) in [(9000, None), (9001, Some(0)), (9002, Some(3))] {
        world.fork(4312, pid);
        if let Some(code) = ends {
            world.exit(pid, WaitStatus::exited(code));
        }
    }
    let mut at = |world: &World| [9000, 9001, 9002].map(|pid| style(&mut screen, world, pid));
    let bold = Modifier::BOLD;
    assert_eq!(at(&world), [(Color::Green, bold), (Color::Magenta, bold), (Color::Red, bold)]);
    assert_eq!(at(world.pass(499 * MS))[0].1, bold);
    assert_eq!(at(world.pass(MS)), [(Color::Green, PLAIN), (Color::Magenta, PLAIN), (Color::Red, bold)]);
    assert_eq!(
        at(world.pass(500 * MS)),
        [(Color::Reset, PLAIN), (Color::Reset, Modifier::DIM), (Color::Red, PLAIN)]
    );
}

#[test]
fn the_next_frame_comes_when_something_fades() {
    let mut world = World::new(10);
    world.snapshot(1, 0, "init", "init").snapshot_end().pass(S);
    let flash = Flash { new_ns: 400 * MS, ended_ns: 100 * MS };
    let mut screen = Screen::with(UiOptions { flash, ..UiOptions::default() }, 80, 24);
    let mut next = |world: &World| {
        screen.show(world);
        screen.ui.next_tick_ns(&world.scene())
    };
    assert_eq!(next(&world), Some(S), "nobody is young");
    world.fork(1, 50);
    assert_eq!(next(&world), Some(200 * MS));
    assert_eq!(next(world.pass(30 * MS)), Some(170 * MS));
    assert_eq!(next(world.pass(170 * MS)), Some(200 * MS));
    world.exit(50, WaitStatus::exited(2));
    assert_eq!(next(&world), Some(100 * MS), "a failure does not fade before");
    assert_eq!(next(world.pass(100 * MS)), Some(700 * MS), "the next full second");
    world.fork(1, 51).fork(1, 52).exit(52, WaitStatus::exited(0));
    world.origin = Origin::Recording { name: "f", note: None };
    assert_eq!(next(&world), None, "of a recording time stands still");
    assert_eq!(style(&mut screen, &world, 52), (Color::Reset, Modifier::DIM));
}

#[test]
fn ages_are_drawn_as_often_as_they_change() {
    let mut world = World::new(10);
    world.snapshot(1, 0, "init", "init").snapshot_end().pass(250 * MS);
    let mut screen = Screen::new(120, 24);
    let mut next = |world: &World, keys: &str| {
        screen.typed(world, keys);
        screen.show(world);
        screen.ui.next_tick_ns(&world.scene())
    };
    assert_eq!(next(&world, ""), Some(750 * MS));
    world.fork(1, 50).pass(2 * S);
    assert_eq!(next(&world, ""), Some(250 * MS), "tenths of a second are seen");
    assert_eq!(next(world.pass(8 * S), ""), Some(750 * MS), "full ones are seen");
    for (keys, wanted) in [("3", 250), ("1", 750), ("s", 250), ("s", 750), ("d10ms", 250)] {
        assert_eq!(next(&world, keys), Some(wanted * MS), "{keys}");
    }
    screen.code(&world, KeyCode::Esc);
    screen.typed(&world, "Z");
    assert_eq!(screen.ui.next_tick_ns(&world.scene()), None, "in a pause");
}

#[test]
fn what_shall_not_flash_does_not() {
    let mut world = build();
    world.fork(4312, 9000).fork(4312, 9001).exit(9001, WaitStatus::exited(0));
    let flash = Flash { new_ns: 0, ended_ns: 0 };
    let mut screen = Screen::with(UiOptions { flash, ..UiOptions::default() }, 80, 40);
    screen.typed(&world, "j");
    assert_eq!(style(&mut screen, &world, 9000), (Color::Reset, Modifier::empty()));
    assert_eq!(style(&mut screen, &world, 9001), (Color::Reset, Modifier::DIM));
    let next = screen.ui.next_tick_ns(&world.scene());
    assert_eq!(next, Some(250 * MS), "for the ages alone");
}
