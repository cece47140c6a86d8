//! Who gets the keys.

use super::menu::Menu;
use super::prompt::Prompt;
use super::table::Chooser;

/// Exactly one of these at any time.
#[derive(Debug)]
pub(super) enum Mode {
    /// The panes.
    Normal,
    /// A line that is being edited.
    Prompt(Box<Prompt>),
    /// The help screen, scrolled down by so many lines.
    Help(usize),
    /// What can be done with one process.
    Menu(Menu),
    /// The list to choose the columns of the table from.
    Columns(Chooser),
    /// The storm view.
    Storms,
    /// The question what shall become of the running command.
    Leaving,
    /// The command's terminal.
    Keyboard,
}

/// A part of the screen that can have the focus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pane {
    /// The process tree.
    Tree,
    /// The event log.
    Log,
    /// What the command wrote.
    Output,
    /// The selected process in detail.
    Details,
}

/// What stands beneath the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lower {
    /// The event log.
    Log,
    /// What the command wrote.
    Output,
}

impl Lower {
    pub(super) const fn pane(self) -> Pane {
        match self {
            Lower::Log => Pane::Log,
            Lower::Output => Pane::Output,
        }
    }
}
