//! In the table.

use crossterm::event::KeyCode;

use super::super::action::Action;
use super::super::keymap::Context::Table;
use super::super::keymap::{Binding, Group};
use super::super::keys::Key;

pub(super) const TABLE: &[Binding] = &[
    Binding::new(
        Table,
        Group::Table,
        &[Key::char('>'), Key::of(KeyCode::F(6)), Key::of(KeyCode::Right), Key::char('l')],
        Action::SortNext,
        "Sort by the next column",
    )
    .short("Sort"),
    Binding::new(
        Table,
        Group::Table,
        &[Key::char('<'), Key::of(KeyCode::Left), Key::char('h')],
        Action::SortPrevious,
        "Sort by the column before",
    ),
    Binding::new(Table, Group::Table, &[Key::char('I')], Action::Invert, "Sort the other way round")
        .short("Invert"),
];
