//! Back in time and forth.

use super::super::action::Action;
use super::super::keymap::Context::Panes;
use super::super::keymap::{Binding, Group, Needs};
use super::super::keys::Key;

pub(super) const TIME: &[Binding] = &[
    Binding::new(
        Panes,
        Group::Time,
        &[Key::char('.')],
        Action::Present,
        "Back to now, or to the end; in the timeline on with it",
    )
    .short("Back to now")
    .needs(Needs::Instant),
    Binding::new(
        Panes,
        Group::Time,
        &[Key::char('[')],
        Action::Earlier,
        "Back in time: to before the latest of the events that are shown",
    ),
    Binding::new(Panes, Group::Time, &[Key::char(']')], Action::Later, "On to the next of these events"),
    Binding::new(
        Panes,
        Group::Time,
        &[Key::char('{')],
        Action::FarEarlier,
        "Back by a quarter of all that is kept; each turn halves the step",
    ),
    Binding::new(Panes, Group::Time, &[Key::char('}')], Action::FarLater, "On by such a step"),
    Binding::new(
        Panes,
        Group::Time,
        &[Key::char('@')],
        Action::GoToTime,
        "To an instant: 14:03:22, +12.5s from the start, -30s from the end, 50%",
    ),
];
