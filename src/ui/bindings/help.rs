//! In the help.

use crossterm::event::KeyCode;

use super::super::action::Action;
use super::super::keymap::Context::Help as InHelp;
use super::super::keymap::{Binding, Group};
use super::super::keys::Key;

pub(super) const HELP: &[Binding] = &[
    Binding::new(InHelp, Group::Moving, &[Key::of(KeyCode::Up), Key::char('k')], Action::Up, "Up")
        .short("Up"),
    Binding::new(InHelp, Group::Moving, &[Key::of(KeyCode::Down), Key::char('j')], Action::Down, "Down")
        .short("Down"),
    Binding::new(InHelp, Group::Moving, &[Key::of(KeyCode::PageUp)], Action::PageUp, "A page up"),
    Binding::new(
        InHelp,
        Group::Moving,
        &[Key::of(KeyCode::PageDown), Key::char(' ')],
        Action::PageDown,
        "A page down",
    ),
    Binding::new(
        InHelp,
        Group::Moving,
        &[Key::char('g'), Key::of(KeyCode::Home)],
        Action::First,
        "Beginning",
    ),
    Binding::new(InHelp, Group::Moving, &[Key::char('G'), Key::of(KeyCode::End)], Action::LiveEnd, "End"),
    Binding::new(
        InHelp,
        Group::Program,
        &[
            Key::of(KeyCode::Esc),
            Key::char('q'),
            Key::char('?'),
            Key::of(KeyCode::F(1)),
            Key::of(KeyCode::F(10)),
            Key::of(KeyCode::Enter),
            Key::ctrl('c'),
        ],
        Action::Back,
        "Close the help",
    )
    .short("Close"),
];
