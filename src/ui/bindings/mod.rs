//! The one table of keys: it decides what a key does, and the help screen and the footer are made from it. Each file here
//! has the part of a context. `mouse` is the table of the mouse.

mod always;
mod command;
mod details;
mod editing;
mod failures;
mod help;
mod menu;
mod mouse;
mod moving;
mod panes;
mod storms;
mod table;
mod time;
mod timeline;
mod tree;

use super::keymap::Binding;
pub(super) use mouse::MOUSE;

/// The table, in its parts. The first binding that matches counts; the footer shows them in this order.
const PARTS: &[&[Binding]] = &[
    table::TABLE,
    failures::FAILURES,
    time::TIME,
    // First: of the keys of a view the footer is to tell.
    timeline::TIMELINE,
    panes::PANES,
    details::DETAILS,
    tree::TREE,
    moving::MOVING,
    storms::STORMS,
    always::ALWAYS,
    editing::EDITING,
    help::HELP,
    menu::MENU,
    command::COMMAND,
];

/// The table.
pub(super) fn bindings() -> impl Iterator<Item = &'static Binding> {
    PARTS.iter().copied().flatten()
}
