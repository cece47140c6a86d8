//! In every pane: moving, and the way out, which the footer has last.

use crossterm::event::KeyCode;

use super::super::action::Action;
use super::super::keymap::Context::Panes;
use super::super::keymap::{Binding, Group, Needs};
use super::super::keys::Key;

pub(super) const MOVING: &[Binding] = &[
    Binding::new(
        Panes,
        Group::Showing,
        &[Key::char('F')],
        Action::Follow,
        "Keep the selected process in the middle",
    )
    .short("Follow"),
    Binding::new(
        Panes,
        Group::Showing,
        &[Key::char('X')],
        Action::FailedExecs,
        "Tell failed execs, too, or no more (-x)",
    )
    .short("Failed-execs"),
    Binding::new(Panes, Group::Moving, &[Key::of(KeyCode::Up), Key::char('k')], Action::Up, "Up"),
    Binding::new(Panes, Group::Moving, &[Key::of(KeyCode::Down), Key::char('j')], Action::Down, "Down"),
    Binding::new(Panes, Group::Moving, &[Key::of(KeyCode::PageUp)], Action::PageUp, "A page up"),
    Binding::new(Panes, Group::Moving, &[Key::of(KeyCode::PageDown)], Action::PageDown, "A page down"),
    Binding::new(Panes, Group::Moving, &[Key::ctrl('u')], Action::HalfPageUp, "Half a page up"),
    Binding::new(Panes, Group::Moving, &[Key::ctrl('d')], Action::HalfPageDown, "Half a page down"),
    Binding::new(
        Panes,
        Group::Moving,
        &[Key::char('g'), Key::of(KeyCode::Home)],
        Action::First,
        "To the beginning",
    ),
    Binding::new(
        Panes,
        Group::Moving,
        &[Key::char('G'), Key::of(KeyCode::End)],
        Action::LiveEnd,
        "To the live end, and stay with it",
    ),
    Binding::new(
        Panes,
        Group::Moving,
        &[Key::char('b')],
        Action::Killer,
        "To whom is to blame: who sent the signal that ended it",
    ),
    Binding::new(
        Panes,
        Group::Views,
        &[Key::char('s'), Key::char('5')],
        Action::Storms,
        "The storm view: who starts most, by parent, comm and path",
    )
    .short("Storm"),
    Binding::new(
        Panes,
        Group::Showing,
        &[Key::char('d')],
        Action::EditMinDuration,
        "Only what lived at least so long, e.g. 10ms or 1.5s",
    )
    .short("Min-dur"),
    Binding::new(
        Panes,
        Group::Storms,
        &[Key::char('B')],
        Action::Culprit,
        "To the process that makes the storm, or made the latest",
    )
    .short("Culprit")
    .needs(Needs::Storm),
    Binding::new(
        Panes,
        Group::Program,
        &[Key::of(KeyCode::Esc)],
        Action::Back,
        "Close what lies on top; then end the search; then clear the filters; then the tree",
    ),
    Binding::new(
        Panes,
        Group::Program,
        &[Key::char('q'), Key::of(KeyCode::F(10)), Key::ctrl('c')],
        Action::Quit,
        "Quit; asks what becomes of a running command",
    )
    .short("Quit"),
    Binding::new(
        Panes,
        Group::Program,
        &[Key::char('S')],
        Action::SavePicture,
        "Write the screen to a file: .svg is a picture, .txt text",
    ),
    Binding::new(
        Panes,
        Group::Row,
        &[Key::of(KeyCode::F(9))],
        Action::SendSignal,
        "Send the selected process a signal; asks which one, and whether",
    )
    .needs(Needs::Live),
];
