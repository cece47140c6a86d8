//! In the details of a process.

use crossterm::event::KeyCode;

use super::super::action::Action;
use super::super::keymap::Context::Details;
use super::super::keymap::{Binding, Group};
use super::super::keys::Key;

pub(super) const DETAILS: &[Binding] = &[
    Binding::new(
        Details,
        Group::Panes,
        &[Key::of(KeyCode::Right), Key::char('l')],
        Action::NextTab,
        "In the details: the next page (arguments, execs, family, cost, signals)",
    )
    .short("Page"),
    Binding::new(
        Details,
        Group::Panes,
        &[Key::of(KeyCode::Left), Key::char('h')],
        Action::PreviousTab,
        "In the details: the page before",
    ),
];
