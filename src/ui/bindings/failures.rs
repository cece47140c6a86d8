//! In the list of failures.

use crossterm::event::KeyCode;

use super::super::action::Action;
use super::super::keymap::Context::Failures;
use super::super::keymap::{Binding, Group};
use super::super::keys::Key;

pub(super) const FAILURES: &[Binding] = &[Binding::new(
    Failures,
    Group::Failures,
    &[Key::of(KeyCode::Right), Key::char('l')],
    Action::ToTree,
    "To it in the tree, among its family; {details} shows its details here",
)
.short("Tree")];
