//! In the table.

use crossterm::event::KeyCode;

use super::super::action::Action;
use super::super::keymap::Context::{Columns, Table};
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
    Binding::new(
        Table,
        Group::Table,
        &[Key::char('L')],
        Action::SortByLife,
        "Sort by lifetime: what took longest first",
    )
    .short("Longest"),
    Binding::new(Table, Group::Table, &[Key::char('P')], Action::SortByCpu, "Sort by CPU time"),
    Binding::new(Table, Group::Table, &[Key::char('M')], Action::SortByMemory, "Sort by peak memory"),
    Binding::new(Table, Group::Table, &[Key::char('I')], Action::Invert, "Sort the other way round"),
    Binding::new(
        Table,
        Group::Table,
        &[Key::char('C')],
        Action::Columns,
        "Choose the columns: {toggle-column} shows or hides one, {column-earlier} and {column-later} move it",
    )
    .short("Columns"),
    Binding::new(Columns, Group::Choosing, &[Key::of(KeyCode::Up), Key::char('k')], Action::Up, "Up"),
    Binding::new(Columns, Group::Choosing, &[Key::of(KeyCode::Down), Key::char('j')], Action::Down, "Down"),
    Binding::new(Columns, Group::Choosing, &[Key::char(' ')], Action::ToggleColumn, "Show or hide it")
        .short("Show or hide"),
    Binding::new(
        Columns,
        Group::Choosing,
        &[Key::char('<'), Key::of(KeyCode::Left), Key::char('h')],
        Action::ColumnEarlier,
        "Move it to the left",
    )
    .short("Left"),
    Binding::new(
        Columns,
        Group::Choosing,
        &[Key::char('>'), Key::of(KeyCode::Right), Key::char('l')],
        Action::ColumnLater,
        "Move it to the right",
    )
    .short("Right"),
    Binding::new(
        Columns,
        Group::Choosing,
        &[Key::char('y')],
        Action::CopyColumns,
        "Copy what the config file needs",
    )
    .short("Copy"),
    Binding::new(
        Columns,
        Group::Choosing,
        &[
            Key::of(KeyCode::Enter),
            Key::of(KeyCode::Esc),
            Key::char('q'),
            Key::char('C'),
            Key::of(KeyCode::F(10)),
            Key::ctrl('c'),
        ],
        Action::Cancel,
        "Close",
    )
    .short("Close"),
];
