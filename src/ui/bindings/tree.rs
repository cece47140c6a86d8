//! In the tree.

use crossterm::event::KeyCode;

use super::super::action::Action;
use super::super::keymap::Context::Tree;
use super::super::keymap::{Binding, Group};
use super::super::keys::Key;

pub(super) const TREE: &[Binding] = &[
    Binding::new(Tree, Group::Folding, &[Key::char(' ')], Action::ToggleFold, "Fold or unfold").short("Fold"),
    Binding::new(Tree, Group::Folding, &[Key::char('-')], Action::Fold, "Fold"),
    Binding::new(Tree, Group::Folding, &[Key::char('+'), Key::char('=')], Action::Unfold, "Unfold"),
    Binding::new(
        Tree,
        Group::Folding,
        &[Key::char('*')],
        Action::FoldAll,
        "Fold everything; again: unfold everything",
    ),
    Binding::new(
        Tree,
        Group::Folding,
        &[Key::of(KeyCode::Left), Key::char('h')],
        Action::Left,
        "Fold, or go to the parent",
    ),
    Binding::new(
        Tree,
        Group::Folding,
        &[Key::of(KeyCode::Right), Key::char('l')],
        Action::Right,
        "Unfold, or go to the first child",
    ),
];
