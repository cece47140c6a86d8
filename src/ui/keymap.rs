//! What a key does where: look-ups in the table of `bindings`.

use crossterm::event::KeyEvent;

use super::action::Action;
use super::bindings::BINDINGS;
use super::keys::Key;
use super::menu::Page;
use super::mode::{Mode, Pane};

/// Where a binding holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Context {
    /// Everywhere but in the command's terminal.
    Always,
    /// In every pane.
    Panes,
    /// In the tree and wherever else nothing else is bound.
    Tree,
    Prompt,
    Help,
    /// In the list of what can be done with a process.
    Menu,
    /// In the list of signals.
    Signals,
    /// At the question whether to send one.
    Sure,
    Leaving,
    Keyboard,
}

/// The section of the help screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    Moving,
    Folding,
    Showing,
    Searching,
    /// What follows from a row.
    Row,
    Panes,
    Program,
    Editing,
    /// In a menu.
    Choosing,
    Command,
}

impl Group {
    pub(super) const ALL: [Group; 9] = [
        Group::Moving,
        Group::Folding,
        Group::Showing,
        Group::Searching,
        Group::Row,
        Group::Panes,
        Group::Program,
        Group::Editing,
        Group::Command,
    ];

    pub(super) const fn title(self) -> &'static str {
        match self {
            Group::Moving => "Moving",
            Group::Folding => "Folding",
            Group::Showing => "What is shown",
            Group::Searching => "Searching",
            Group::Row => "With a process",
            Group::Panes => "Panes",
            Group::Program => "Program",
            Group::Editing => "While editing a filter",
            Group::Choosing => "In a menu",
            Group::Command => "With a command",
        }
    }
}

/// When a binding means something at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Needs {
    Nothing,
    /// Events that still come.
    Live,
    /// A command that is traced.
    Command,
    /// A search or a filter that is in force.
    Search,
}

/// What is there to be used.
#[derive(Clone, Copy, Debug)]
pub(super) struct Available {
    pub(super) live: bool,
    pub(super) command: bool,
    pub(super) search: bool,
}

/// One row of the table.
#[derive(Debug)]
pub(super) struct Binding {
    pub(super) context: Context,
    pub(super) group: Group,
    pub(super) keys: &'static [Key],
    pub(super) action: Action,
    pub(super) help: &'static str,
    /// The word in the footer; empty where it is not there.
    pub(super) short: &'static str,
    needs: Needs,
}

impl Binding {
    pub(super) const fn new(
        context: Context,
        group: Group,
        keys: &'static [Key],
        action: Action,
        help: &'static str,
    ) -> Self {
        Self { context, group, keys, action, help, short: "", needs: Needs::Nothing }
    }

    pub(super) const fn short(self, short: &'static str) -> Self {
        Self { short, ..self }
    }

    pub(super) const fn needs(self, needs: Needs) -> Self {
        Self { needs, ..self }
    }

    pub(super) fn is_available(&self, available: Available) -> bool {
        match self.needs {
            Needs::Nothing => true,
            Needs::Live => available.live,
            Needs::Command => available.command,
            Needs::Search => available.search,
        }
    }

    /// The names of all its keys.
    pub(super) fn key_names(&self) -> String {
        self.keys.iter().map(|key| key.name()).collect::<Vec<_>>().join(" ")
    }

    /// The name of its first key.
    pub(super) fn key_name(&self) -> String {
        self.keys.first().map(|key| key.name()).unwrap_or_default()
    }
}

/// The contexts that are asked in turn.
fn contexts(mode: &Mode, focus: Pane) -> &'static [Context] {
    match (mode, focus) {
        (Mode::Normal, Pane::Tree) => &[Context::Tree, Context::Panes, Context::Always],
        (Mode::Normal, _) => &[Context::Panes, Context::Always],
        (Mode::Prompt(_), _) => &[Context::Prompt, Context::Always],
        (Mode::Help(_), _) => &[Context::Help, Context::Always],
        (Mode::Menu(menu), _) => match menu.page {
            Page::All => &[Context::Menu, Context::Always],
            Page::Signals => &[Context::Signals, Context::Always],
            Page::Sure(_) => &[Context::Sure, Context::Always],
        },
        (Mode::Leaving, _) => &[Context::Leaving, Context::Always],
        (Mode::Keyboard, _) => &[Context::Keyboard],
    }
}

/// What a key does.
pub(super) fn action(mode: &Mode, focus: Pane, available: Available, key: KeyEvent) -> Option<Action> {
    bindings(mode, focus, available)
        .find(|binding| binding.keys.iter().any(|bound| bound.matches(key)))
        .map(|binding| binding.action)
}

/// The name of the key for an action.
pub(super) fn key_of(action: Action) -> String {
    let binding = BINDINGS.iter().find(|binding| binding.action == action);
    binding.map(|binding| binding.key_name()).unwrap_or_default()
}

/// What is bound there, in the order of the table.
pub(super) fn bindings(
    mode: &Mode,
    focus: Pane,
    available: Available,
) -> impl Iterator<Item = &'static Binding> {
    let contexts = contexts(mode, focus);
    BINDINGS
        .iter()
        .filter(move |binding| contexts.contains(&binding.context) && binding.is_available(available))
}

#[cfg(test)]
mod tests {
    use super::*;
    use Context::*;

    /// Contexts that are open to keys together.
    const TOGETHER: [&[Context]; 8] = [
        &[Panes, Tree, Always],
        &[Prompt, Always],
        &[Help, Always],
        &[Menu, Always],
        &[Signals, Always],
        &[Sure, Always],
        &[Leaving, Always],
        &[Keyboard],
    ];

    #[test]
    fn no_key_is_bound_twice() {
        for together in TOGETHER {
            let keys: Vec<Key> = BINDINGS
                .iter()
                .filter(|binding| together.contains(&binding.context))
                .flat_map(|binding| binding.keys)
                .copied()
                .collect();
            for (index, key) in keys.iter().enumerate() {
                assert!(!keys[..index].contains(key), "{} in {together:?}", key.name());
            }
        }
    }

    #[test]
    fn all_keys_have_names_and_all_bindings_help() {
        for binding in BINDINGS {
            assert!(!binding.help.is_empty() && !binding.keys.is_empty());
            assert!(
                binding.keys.iter().all(|key| *key == Key::char('?') || key.name() != "?"),
                "{binding:?}"
            );
        }
    }
}
