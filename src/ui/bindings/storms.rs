//! In the storm view.

use crossterm::event::KeyCode;

use super::super::action::Action;
use super::super::keymap::Context::Storms;
use super::super::keymap::{Binding, Group, Needs};
use super::super::keys::Key;

pub(super) const STORMS: &[Binding] = &[
    Binding::new(
        Storms,
        Group::Storms,
        &[Key::of(KeyCode::Tab)],
        Action::NextPane,
        "In the view: the next table",
    )
    .short("Table"),
    Binding::new(
        Storms,
        Group::Storms,
        &[Key::of(KeyCode::BackTab)],
        Action::PreviousPane,
        "In the view: the table before",
    ),
    Binding::new(
        Storms,
        Group::Storms,
        &[Key::char('>'), Key::of(KeyCode::F(6)), Key::of(KeyCode::Right), Key::char('l')],
        Action::SortNext,
        "In the view: sort by the next column",
    )
    .short("Sort"),
    Binding::new(
        Storms,
        Group::Storms,
        &[Key::char('<'), Key::of(KeyCode::Left), Key::char('h')],
        Action::SortPrevious,
        "In the view: sort by the column before",
    ),
    Binding::new(
        Storms,
        Group::Storms,
        &[Key::char('I')],
        Action::Invert,
        "In the view: sort the other way round",
    )
    .short("Invert"),
    Binding::new(
        Storms,
        Group::Storms,
        &[Key::of(KeyCode::Enter)],
        Action::Accept,
        "In the view: to that process in the tree; of a comm or path to the latest",
    )
    .short("Go there"),
    Binding::new(Storms, Group::Moving, &[Key::char('S')], Action::SavePicture, "Write the screen to a file"),
    Binding::new(Storms, Group::Moving, &[Key::char('B')], Action::Culprit, "To who makes the storm")
        .short("Culprit")
        .needs(Needs::Storm),
    Binding::new(Storms, Group::Moving, &[Key::char('Z')], Action::Pause, "Pause")
        .short("Pause")
        .needs(Needs::Live),
    Binding::new(Storms, Group::Moving, &[Key::of(KeyCode::Up), Key::char('k')], Action::Up, "Up"),
    Binding::new(Storms, Group::Moving, &[Key::of(KeyCode::Down), Key::char('j')], Action::Down, "Down"),
    Binding::new(Storms, Group::Moving, &[Key::of(KeyCode::PageUp)], Action::PageUp, "A page up"),
    Binding::new(Storms, Group::Moving, &[Key::of(KeyCode::PageDown)], Action::PageDown, "A page down"),
    Binding::new(Storms, Group::Moving, &[Key::ctrl('u')], Action::HalfPageUp, "Half a page up"),
    Binding::new(Storms, Group::Moving, &[Key::ctrl('d')], Action::HalfPageDown, "Half a page down"),
    Binding::new(
        Storms,
        Group::Moving,
        &[Key::char('g'), Key::of(KeyCode::Home)],
        Action::First,
        "Beginning",
    ),
    Binding::new(Storms, Group::Moving, &[Key::char('G'), Key::of(KeyCode::End)], Action::LiveEnd, "End"),
    Binding::new(Storms, Group::Moving, &[Key::char('?'), Key::of(KeyCode::F(1))], Action::Help, "Help")
        .short("Help"),
    Binding::new(Storms, Group::Moving, &[Key::char('1')], Action::TreeView, "The tree"),
    Binding::new(
        Storms,
        Group::Moving,
        &[Key::char('T'), Key::char('3')],
        Action::TimelineView,
        "The timeline",
    ),
    Binding::new(Storms, Group::Moving, &[Key::char('t'), Key::char('2')], Action::TableView, "The table"),
    Binding::new(
        Storms,
        Group::Moving,
        &[Key::char('f'), Key::char('4')],
        Action::FailuresView,
        "The failures",
    ),
    Binding::new(
        Storms,
        Group::Moving,
        &[
            Key::of(KeyCode::Esc),
            Key::char('s'),
            Key::char('5'),
            Key::char('q'),
            Key::of(KeyCode::F(10)),
            Key::ctrl('c'),
        ],
        Action::Back,
        "Close the view",
    )
    .short("Close"),
];
