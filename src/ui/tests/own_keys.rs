//! Keys that the user has chosen: they do what they are for, and are named wherever a key is named.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::builder::*;
use super::keys::selected;
use crate::ui::{KeySection, Keymap, Outcome, Request, UiOptions};

fn screen(keys: &[(KeySection, &str, &[&str])], width: u16, height: u16) -> Screen {
    let mut keymap = Keymap::default();
    for (section, action, keys) in keys {
        keymap.rebind(*section, action, keys).unwrap();
    }
    Screen::with(UiOptions { keymap, ..UiOptions::default() }, width, height)
}

#[test]
fn the_users_keys_do_what_they_are_for_and_the_former_do_nothing() {
    let world = build();
    let mut screen = screen(&[(KeySection::Screen, "down", &["w", "Ctrl-n"])], 80, 24);
    screen.typed(&world, "w");
    assert_eq!(selected(&screen), 80);
    screen.key(&world, KeyEvent::new(KeyCode::Char('n'), KeyModifiers::CONTROL));
    assert_eq!(selected(&screen), 4200);
    assert_eq!(screen.typed(&world, "j"), Request::None);
    assert_eq!(selected(&screen), 4200);
}

#[test]
fn footer_help_and_hints_name_the_users_keys() {
    let mut world = build();
    world.outcome = Some(Outcome::Running);
    let keys: [(KeySection, &str, &[&str]); 8] = [
        (KeySection::Screen, "help", &["F2"]),
        (KeySection::Screen, "filter", &["s"]),
        (KeySection::Screen, "back", &["Backspace"]),
        (KeySection::Screen, "live-end", &["E"]),
        (KeySection::Screen, "killer", &["B"]),
        (KeySection::Screen, "quit", &["Q"]),
        (KeySection::Question, "terminate", &["y"]),
        (KeySection::Keyboard, "take-keyboard", &["F12"]),
    ];
    let mut screen = screen(&keys, 120, 180);
    let has = |screen: &mut Screen, wanted: &str| {
        let text = screen.text(&world);
        assert!(text.contains(wanted), "no {wanted:?} in\n{text}");
    };
    for wanted in ["F2 Help", "s Filter", "Q Quit"] {
        has(&mut screen, wanted);
    }
    screen.code(&world, KeyCode::F(2));
    for wanted in ["  F2  This help", "  s  Filter as you type", "F12 takes it back", "B goes there"] {
        has(&mut screen, wanted);
    }
    screen.code(&world, KeyCode::Esc);
    screen.typed(&world, "scomm=nobody");
    screen.code(&world, KeyCode::Enter);
    has(&mut screen, "No process matches. Backspace clears the filters.");
    screen.code(&world, KeyCode::Backspace);
    screen.code(&world, KeyCode::Tab);
    screen.typed(&world, "kkk");
    has(&mut screen, "stands still · E to the end");
    screen.typed(&world, "Q");
    has(&mut screen, "y   Terminate it and quit");
    screen.code(&world, KeyCode::Esc);
    screen.typed(&world, "i");
    has(&mut screen, "F12 takes it back");
    assert_eq!(screen.ui.with_keys("{quit} and {terminate}"), "Q and y");
}
