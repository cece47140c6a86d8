//! With a command: what becomes of it, and who has the keyboard.

use crossterm::event::KeyCode;

use super::super::action::Action;
use super::super::keymap::Context::{Keyboard, Leaving};
use super::super::keymap::{Binding, Group, Needs};
use super::super::keys::Key;

pub(super) const COMMAND: &[Binding] = &[
    Binding::new(Leaving, Group::Command, &[Key::char('t')], Action::Terminate, "Terminate it and quit")
        .short("Terminate it")
        .needs(Needs::Command),
    Binding::new(
        Leaving,
        Group::Command,
        &[Key::char('l')],
        Action::LeaveRunning,
        "Quit and leave it running",
    )
    .short("Leave it running")
    .needs(Needs::Command),
    Binding::new(
        Leaving,
        Group::Command,
        &[Key::of(KeyCode::Esc), Key::char('q'), Key::ctrl('c')],
        Action::Cancel,
        "Stay",
    )
    .short("Stay")
    .needs(Needs::Command),
    Binding::new(
        Keyboard,
        Group::Command,
        &[Key::ctrl(']')],
        Action::TakeKeyboard,
        "Take the keyboard back from the command",
    )
    .short("Take the keyboard back")
    .needs(Needs::Command),
];
