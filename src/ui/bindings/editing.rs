//! While a line is edited.

use crossterm::event::KeyCode;

use super::super::action::Action;
use super::super::keymap::Context::Prompt;
use super::super::keymap::{Binding, Group};
use super::super::keys::Key;

pub(super) const EDITING: &[Binding] = &[
    Binding::new(Prompt, Group::Editing, &[Key::of(KeyCode::Enter)], Action::Accept, "Keep it").short("Keep"),
    Binding::new(
        Prompt,
        Group::Editing,
        &[Key::of(KeyCode::Tab)],
        Action::Complete,
        "Complete a name or a value that exists; again: the next",
    )
    .short("Complete"),
    Binding::new(
        Prompt,
        Group::Editing,
        &[Key::of(KeyCode::BackTab)],
        Action::CompleteBack,
        "The one before",
    ),
    Binding::new(
        Prompt,
        Group::Editing,
        &[Key::of(KeyCode::Up), Key::ctrl('p')],
        Action::Older,
        "What was typed before; in a list up",
    )
    .short("History"),
    Binding::new(
        Prompt,
        Group::Editing,
        &[Key::of(KeyCode::Down), Key::ctrl('n')],
        Action::Newer,
        "What was typed after that; in a list down",
    ),
    Binding::new(
        Prompt,
        Group::Editing,
        &[Key::of(KeyCode::Esc), Key::ctrl('c')],
        Action::Cancel,
        "Back to what was in force before",
    )
    .short("Cancel"),
];
