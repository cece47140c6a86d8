//! Everywhere but in the command's terminal.

use super::super::action::Action;
use super::super::keymap::Context::Always;
use super::super::keymap::{Binding, Group};
use super::super::keys::Key;

pub(super) const ALWAYS: &[Binding] = &[
    Binding::new(Always, Group::Program, &[Key::ctrl('z')], Action::Suspend, "Suspend; fg comes back"),
    Binding::new(Always, Group::Program, &[Key::ctrl('l')], Action::Repaint, "Draw the screen anew"),
];
