//! The keys of the timeline.

use crossterm::event::KeyCode;

use super::super::action::Action;
use super::super::keymap::Context::Timeline;
use super::super::keymap::{Binding, Group};
use super::super::keys::Key;

pub(super) const TIMELINE: &[Binding] = &[
    Binding::new(
        Timeline,
        Group::Timeline,
        &[Key::of(KeyCode::Left), Key::char('h')],
        Action::CursorLeft,
        "The cursor a column back: it reads times; the window stands still",
    )
    .short("Cursor"),
    Binding::new(
        Timeline,
        Group::Timeline,
        &[Key::of(KeyCode::Right), Key::char('l')],
        Action::CursorRight,
        "The cursor a column on",
    ),
    Binding::new(
        Timeline,
        Group::Timeline,
        &[Key::char('v')],
        Action::SetMark,
        "Mark the cursor's time: durations are told from there; {back} takes both away",
    )
    .short("Mark"),
    Binding::new(
        Timeline,
        Group::Timeline,
        &[Key::char('+'), Key::char('=')],
        Action::ZoomIn,
        "Zoom in, around the cursor where there is one",
    )
    .short("In"),
    Binding::new(Timeline, Group::Timeline, &[Key::char('-')], Action::ZoomOut, "Zoom out").short("Out"),
    Binding::new(
        Timeline,
        Group::Timeline,
        &[Key::char('0')],
        Action::WholeTime,
        "Everything since the beginning",
    )
    .short("All"),
    Binding::new(
        Timeline,
        Group::Timeline,
        &[Key::char('z')],
        Action::ZoomToProcess,
        "The life of the selected process, from end to end",
    ),
    Binding::new(Timeline, Group::Timeline, &[Key::char('<'), Key::char('H')], Action::PanLeft, "Earlier"),
    Binding::new(Timeline, Group::Timeline, &[Key::char('>'), Key::char('L')], Action::PanRight, "Later"),
    Binding::new(
        Timeline,
        Group::Timeline,
        &[Key::char('p')],
        Action::PathNext,
        "To the next process on the critical path",
    )
    .short("Path"),
    Binding::new(
        Timeline,
        Group::Timeline,
        &[Key::char('P')],
        Action::PathPrevious,
        "To the one before on the critical path",
    ),
    Binding::new(
        Timeline,
        Group::Timeline,
        &[Key::char('C')],
        Action::PathOf,
        "The critical path of the selected process; again: of the whole",
    ),
    Binding::new(Timeline, Group::Timeline, &[Key::char(' ')], Action::ToggleFold, "Fold or unfold"),
    Binding::new(
        Timeline,
        Group::Timeline,
        &[Key::char('*')],
        Action::FoldAll,
        "Fold everything; again: unfold everything",
    ),
];
