//! In every pane: what is shown, and what of the screen.

use crossterm::event::KeyCode;

use super::super::action::Action;
use super::super::keymap::Context::Panes;
use super::super::keymap::{Binding, Group, Needs};
use super::super::keys::Key;

pub(super) const PANES: &[Binding] = &[
    Binding::new(Panes, Group::Program, &[Key::char('?'), Key::of(KeyCode::F(1))], Action::Help, "This help")
        .short("Help"),
    Binding::new(
        Panes,
        Group::Showing,
        &[Key::char('/'), Key::char('\\'), Key::of(KeyCode::F(4))],
        Action::EditFilter,
        "Filter as you type, e.g. comm:cc1 exit!=0 user=root",
    )
    .short("Filter"),
    Binding::new(
        Panes,
        Group::Searching,
        &[Key::of(KeyCode::F(3))],
        Action::Search,
        "Search as you type, in the tree or in the log",
    )
    .short("Find"),
    Binding::new(
        Panes,
        Group::Views,
        &[Key::char('1')],
        Action::TreeView,
        "The tree; every view has the same process selected",
    ),
    Binding::new(
        Panes,
        Group::Views,
        &[Key::char('f'), Key::char('4')],
        Action::FailuresView,
        "Failures: whatever ended badly, with its cause marked; again: the tree",
    )
    .short("Failures"),
    Binding::new(
        Panes,
        Group::Views,
        &[Key::char('t'), Key::char('2')],
        Action::TableView,
        "The table: every process a row, in any order; again: the tree",
    )
    .short("Table"),
    Binding::new(
        Panes,
        Group::Views,
        &[Key::char('T'), Key::char('3')],
        Action::TimelineView,
        "The timeline: lives as bars over time, the critical path; again: the tree",
    )
    .short("Timeline"),
    Binding::new(
        Panes,
        Group::Searching,
        &[Key::char('n')],
        Action::SearchNext,
        "To the next match of the search, else of the filter; {back} ends them",
    )
    .short("Next")
    .needs(Needs::Search),
    Binding::new(Panes, Group::Searching, &[Key::char('N')], Action::SearchPrevious, "To the match before")
        .short("Previous")
        .needs(Needs::Search),
    Binding::new(
        Panes,
        Group::Showing,
        &[Key::char('x')],
        Action::HideExited,
        "Hide the exited, or show them",
    ),
    Binding::new(
        Panes,
        Group::Showing,
        &[Key::char('K')],
        Action::KernelThreads,
        "Show kernel threads, or hide them",
    ),
    Binding::new(Panes, Group::Panes, &[Key::of(KeyCode::Tab)], Action::NextPane, "To the next pane")
        .short("Pane"),
    Binding::new(
        Panes,
        Group::Panes,
        &[Key::of(KeyCode::BackTab)],
        Action::PreviousPane,
        "To the pane before",
    ),
    Binding::new(
        Panes,
        Group::Panes,
        &[Key::of(KeyCode::Enter)],
        Action::Details,
        "Details of the selected process; in the log, of the line's",
    )
    .short("Details"),
    Binding::new(
        Panes,
        Group::Row,
        &[Key::char('m')],
        Action::Menu,
        "Menu of what can be done with the selected process, by these keys",
    )
    .short("Menu"),
    Binding::new(Panes, Group::Panes, &[Key::char('o')], Action::Output, "The command's output, or the log")
        .short("Output")
        .needs(Needs::Command),
    Binding::new(Panes, Group::Showing, &[Key::char('Z')], Action::Pause, "Pause: the picture stands still")
        .short("Pause")
        .needs(Needs::Live),
    Binding::new(
        Panes,
        Group::Showing,
        &[Key::char('c')],
        Action::EditComm,
        "Only processes whose comm contains a text",
    )
    .short("Comm"),
    Binding::new(
        Panes,
        Group::Command,
        &[Key::char('i')],
        Action::GiveKeyboard,
        "Give the command the keyboard; {take-keyboard} takes it back",
    )
    .short("Type")
    .needs(Needs::Command),
];
