//! In the list of what can be done with a process, in that of signals, and at the question before one is sent.

use crossterm::event::KeyCode;

use super::super::action::Action;
use super::super::keymap::Context::{Menu, Signals, Sure};
use super::super::keymap::{Binding, Group, Needs};
use super::super::keys::Key;

pub(super) const MENU: &[Binding] = &[
    Binding::new(Menu, Group::Row, &[Key::char('c')], Action::ByComm, "Only this comm"),
    Binding::new(Menu, Group::Row, &[Key::char('p')], Action::ByParent, "Only what descends from its parent"),
    Binding::new(Menu, Group::Row, &[Key::char('u')], Action::ByUser, "Only this user"),
    Binding::new(
        Menu,
        Group::Row,
        &[Key::char('g')],
        Action::ByCgroup,
        "Only this cgroup: container, unit or path",
    ),
    Binding::new(
        Menu,
        Group::Row,
        &[Key::char('s')],
        Action::BySubtree,
        "Only this process and its descendants",
    ),
    Binding::new(Menu, Group::Row, &[Key::char('P')], Action::ToParent, "To its parent"),
    Binding::new(Menu, Group::Row, &[Key::char('C')], Action::ToChild, "To its first child"),
    Binding::new(Menu, Group::Row, &[Key::char('b')], Action::Killer, "To whom is to blame for its end"),
    Binding::new(Menu, Group::Row, &[Key::char('e')], Action::ToExec, "To its exec in the log"),
    Binding::new(
        Menu,
        Group::Row,
        &[Key::char('y')],
        Action::CopyCommand,
        "Copy its command line, quoted for a shell",
    ),
    Binding::new(Menu, Group::Row, &[Key::char('i')], Action::CopyPid, "Copy its pid"),
    Binding::new(Menu, Group::Row, &[Key::char('f')], Action::CopyPath, "Copy the path of its file"),
    Binding::new(Menu, Group::Row, &[Key::char('r')], Action::CopyRow, "Copy the row as JSON"),
    Binding::new(
        Menu,
        Group::Row,
        &[Key::char('w')],
        Action::WriteCopied,
        "Write what was copied last to a file, for terminals that don't take it",
    ),
    Binding::new(
        Menu,
        Group::Row,
        &[Key::char('x'), Key::of(KeyCode::F(9))],
        Action::SendSignal,
        "Send it a signal; asks which one, and whether",
    )
    .needs(Needs::Live),
    Binding::new(Menu, Group::Choosing, &[Key::of(KeyCode::Up), Key::char('k')], Action::Up, "Up"),
    Binding::new(Menu, Group::Choosing, &[Key::of(KeyCode::Down), Key::char('j')], Action::Down, "Down"),
    Binding::new(Menu, Group::Choosing, &[Key::of(KeyCode::Enter)], Action::Accept, "Choose").short("Choose"),
    Binding::new(
        Menu,
        Group::Choosing,
        &[Key::of(KeyCode::Esc), Key::char('q'), Key::char('m'), Key::ctrl('c')],
        Action::Cancel,
        "Close",
    )
    .short("Close"),
    Binding::new(Signals, Group::Choosing, &[Key::of(KeyCode::Up), Key::char('k')], Action::Up, "Up"),
    Binding::new(Signals, Group::Choosing, &[Key::of(KeyCode::Down), Key::char('j')], Action::Down, "Down"),
    Binding::new(Signals, Group::Choosing, &[Key::of(KeyCode::Enter)], Action::Accept, "Choose")
        .short("Choose"),
    Binding::new(
        Signals,
        Group::Choosing,
        &[Key::of(KeyCode::Esc), Key::char('q'), Key::ctrl('c')],
        Action::Cancel,
        "Close",
    )
    .short("Close"),
    Binding::new(Sure, Group::Choosing, &[Key::char('y')], Action::Accept, "Send it").short("Send it"),
    Binding::new(
        Sure,
        Group::Choosing,
        &[Key::char('n'), Key::of(KeyCode::Esc), Key::char('q'), Key::ctrl('c')],
        Action::Cancel,
        "Don't",
    )
    .short("Don't"),
];
