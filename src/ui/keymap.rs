//! What a key does where: look-ups in the table of `bindings`, with the keys that the user has given.
//! `rebind` gives them.

use crossterm::event::KeyEvent;

use super::action::Action;
use super::bindings::bindings;
use super::keys::Key;
use super::menu::Page;
use super::mode::{Mode, Pane};
use super::views::View;

/// Where a binding holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Context {
    /// Everywhere but in the command's terminal.
    Always,
    /// In every pane.
    Panes,
    /// In the tree.
    Tree,
    /// In the table, which stands in its place.
    Table,
    /// In the failures, which do, too.
    Failures,
    /// In the details.
    Details,
    Prompt,
    Help,
    /// In the list of what can be done with a process.
    Menu,
    /// In the list of signals.
    Signals,
    /// At the question whether to send one.
    Sure,
    Storms,
    /// In the timeline.
    Timeline,
    /// In the list of columns.
    Columns,
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
    Views,
    Table,
    Failures,
    /// Back and forth.
    Time,
    Timeline,
    Storms,
    Program,
    Editing,
    /// In a menu.
    Choosing,
    Command,
}

impl Group {
    pub(super) const ALL: &[Group] = &[
        Group::Views,
        Group::Table,
        Group::Failures,
        Group::Timeline,
        Group::Moving,
        Group::Folding,
        Group::Showing,
        Group::Searching,
        Group::Row,
        Group::Panes,
        Group::Time,
        Group::Storms,
        Group::Program,
        Group::Editing,
        Group::Choosing,
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
            Group::Views => "Views",
            Group::Table => "In the table",
            Group::Failures => "In the failures",
            Group::Time => "Back in time",
            Group::Timeline => "In the timeline",
            Group::Storms => "Storms",
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
    /// A storm of which it is known who makes or made it.
    Storm,
    /// Another instant than now is looked at, or a part of time.
    Instant,
}

impl Needs {
    /// What to tell whoever presses the key all the same; keys by `{action}`.
    fn why_not(self) -> &'static str {
        match self {
            Needs::Nothing => "",
            Needs::Live => "nothing more comes: there is nothing to stop and nobody to signal",
            Needs::Command => "there is no command: 'proctop -- COMMAND' runs one",
            Needs::Search => "nothing is searched for: {search} begins",
            Needs::Storm => "nobody is known to make a storm",
            Needs::Instant => "this is now",
        }
    }
}

/// What is there to be used.
#[derive(Clone, Copy, Debug)]
pub(super) struct Available {
    /// What stands in the tree's area.
    pub(super) view: View,
    pub(super) live: bool,
    pub(super) command: bool,
    pub(super) search: bool,
    pub(super) storm: bool,
    pub(super) instant: bool,
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
            Needs::Storm => available.storm,
            Needs::Instant => available.instant,
        }
    }
}

/// A row of the table with the keys that the user has given it.
#[derive(Clone, Debug)]
pub(super) struct Bound {
    pub(super) row: &'static Binding,
    pub(super) keys: Vec<Key>,
    /// What it does, with the keys of others that it mentions.
    pub(super) help: String,
}

impl Bound {
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
fn contexts(mode: &Mode, focus: Pane, view: View) -> &'static [Context] {
    match (mode, focus) {
        (Mode::Normal, Pane::Tree) => match view {
            View::Tree => &[Context::Tree, Context::Panes, Context::Always],
            View::Timeline => &[Context::Timeline, Context::Panes, Context::Always],
            View::Table => &[Context::Table, Context::Panes, Context::Always],
            View::Failures => &[Context::Failures, Context::Panes, Context::Always],
        },
        (Mode::Normal, Pane::Details) => &[Context::Details, Context::Panes, Context::Always],
        (Mode::Normal, _) => &[Context::Panes, Context::Always],
        (Mode::Prompt(_), _) => &[Context::Prompt, Context::Always],
        (Mode::Help(_), _) => &[Context::Help, Context::Always],
        (Mode::Menu(menu), _) => match menu.page {
            Page::All => &[Context::Menu, Context::Always],
            Page::Signals => &[Context::Signals, Context::Always],
            Page::Sure(_) => &[Context::Sure, Context::Always],
        },
        (Mode::Columns(_), _) => &[Context::Columns, Context::Always],
        (Mode::Storms, _) => &[Context::Storms, Context::Always],
        (Mode::Leaving, _) => &[Context::Leaving, Context::Always],
        (Mode::Keyboard, _) => &[Context::Keyboard],
    }
}

/// Contexts that are open to keys together.
const TOGETHER: &[&[Context]] = &[
    &[Context::Panes, Context::Timeline, Context::Always],
    &[Context::Panes, Context::Tree, Context::Always],
    &[Context::Panes, Context::Table, Context::Always],
    &[Context::Panes, Context::Failures, Context::Always],
    &[Context::Panes, Context::Details, Context::Always],
    &[Context::Prompt, Context::Always],
    &[Context::Help, Context::Always],
    &[Context::Storms, Context::Always],
    &[Context::Columns, Context::Always],
    &[Context::Menu, Context::Always],
    &[Context::Signals, Context::Always],
    &[Context::Sure, Context::Always],
    &[Context::Leaving, Context::Always],
    &[Context::Keyboard],
];

/// Whether a key can reach both.
pub(super) fn are_together(one: Context, other: Context) -> bool {
    TOGETHER.iter().any(|together| together.contains(&one) && together.contains(&other))
}

/// The table with the user's keys. The default has those of the table.
#[derive(Clone, Debug)]
pub struct Keymap {
    pub(super) bound: Vec<Bound>,
}

impl Default for Keymap {
    fn default() -> Self {
        let bound = |row: &'static Binding| Bound { row, keys: row.keys.to_vec(), help: String::new() };
        let mut keymap = Self { bound: bindings().map(bound).collect() };
        keymap.explain();
        keymap
    }
}

impl PartialEq for Keymap {
    fn eq(&self, other: &Self) -> bool {
        self.bound.iter().map(|bound| &bound.keys).eq(other.bound.iter().map(|bound| &bound.keys))
    }
}

impl Keymap {
    /// What a key does.
    pub(super) fn action(
        &self,
        mode: &Mode,
        focus: Pane,
        available: Available,
        key: KeyEvent,
    ) -> Option<Action> {
        self.bindings(mode, focus, available)
            .find(|bound| bound.keys.iter().any(|key_here| key_here.matches(key)))
            .map(|bound| bound.row.action)
    }

    /// Why a key does nothing that would do something at another time.
    pub(super) fn why_not(
        &self,
        mode: &Mode,
        focus: Pane,
        available: Available,
        key: KeyEvent,
    ) -> Option<String> {
        let contexts = contexts(mode, focus, available.view);
        let here = self.bound.iter().filter(|bound| contexts.contains(&bound.row.context));
        let mut unavailable = here.filter(|bound| !bound.row.is_available(available));
        let bound = unavailable.find(|bound| bound.keys.iter().any(|key_here| key_here.matches(key)))?;
        Some(self.with_keys(bound.row.needs.why_not()))
    }

    /// The name of the key for an action.
    pub(super) fn key_of(&self, action: Action) -> String {
        let bound = self.bound.iter().find(|bound| bound.row.action == action);
        bound.map(Bound::key_name).unwrap_or_default()
    }

    /// What is bound there, in the order of the table.
    pub(super) fn bindings(
        &self,
        mode: &Mode,
        focus: Pane,
        available: Available,
    ) -> impl Iterator<Item = &Bound> {
        let contexts = contexts(mode, focus, available.view);
        self.bound
            .iter()
            .filter(move |bound| contexts.contains(&bound.row.context) && bound.row.is_available(available))
    }

    /// A text in which each `{action}` is replaced by the name of its key.
    pub(super) fn with_keys(&self, text: &str) -> String {
        let mut parts = text.split('{');
        let mut shown = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (name, rest) = part.split_once('}').unwrap_or((part, ""));
            let named = self.bound.iter().find(|bound| bound.row.action.name() == name);
            shown += &named.map(Bound::key_name).unwrap_or_default();
            shown += rest;
        }
        shown
    }

    /// To be called when keys have changed.
    pub(super) fn explain(&mut self) {
        let help: Vec<String> = self.bound.iter().map(|bound| self.with_keys(bound.row.help)).collect();
        for (bound, help) in self.bound.iter_mut().zip(help) {
            bound.help = help;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn all_keys_have_names_and_all_bindings_help() {
        for bound in Keymap::default().bound {
            assert!(!bound.help.is_empty() && !bound.help.contains(['{', '}']), "{bound:?}");
            assert!(!bound.keys.is_empty());
            assert!(bound.keys.iter().all(|key| *key == Key::char('?') || key.name() != "?"), "{bound:?}");
        }
    }

    #[test]
    fn texts_name_actions_that_there_are() {
        let known = |name: &str| bindings().any(|row| row.action.name() == name);
        for row in bindings() {
            let mentioned = row.help.split('{').skip(1).filter_map(|part| part.split_once('}'));
            for (name, _) in mentioned {
                assert!(known(name), "{name} in {:?}", row.help);
            }
        }
        assert_eq!(Keymap::default().with_keys("{quit}, then {terminate}."), "q, then t.");
    }
}
