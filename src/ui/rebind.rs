//! Other keys for actions, as a config file asks for them.

use super::keymap::{Bound, Context, Keymap, are_together};
use super::keys::Key;
use crate::model::filter::{nearest, quote};

/// Where keys can be given: what is open to keys together, as the config file names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeySection {
    /// The panes.
    Screen,
    /// The details of a process.
    Details,
    /// A line that is being edited.
    Editing,
    /// The help.
    Help,
    /// The storm view.
    Storms,
    /// The timeline.
    Timeline,
    /// The list of what can be done with a process.
    Menu,
    /// The list of columns.
    Columns,
    /// The list of signals.
    Signals,
    /// The question whether to send one.
    Sending,
    /// The question what becomes of a running command.
    Question,
    /// The command's terminal.
    Keyboard,
}

impl KeySection {
    /// All of them.
    pub const ALL: &[KeySection] = &[
        KeySection::Screen,
        KeySection::Details,
        KeySection::Editing,
        KeySection::Help,
        KeySection::Storms,
        KeySection::Timeline,
        KeySection::Question,
        KeySection::Menu,
        KeySection::Columns,
        KeySection::Signals,
        KeySection::Sending,
        KeySection::Keyboard,
    ];

    /// Its name below `keys`; none for the panes.
    pub const fn name(self) -> Option<&'static str> {
        match self {
            KeySection::Screen => None,
            KeySection::Details => Some("details-pane"),
            KeySection::Editing => Some("editing"),
            KeySection::Help => Some("help-screen"),
            KeySection::Storms => Some("storm-view"),
            KeySection::Timeline => Some("timeline"),
            KeySection::Question => Some("question"),
            KeySection::Menu => Some("row-menu"),
            KeySection::Columns => Some("column-list"),
            KeySection::Signals => Some("signal-list"),
            KeySection::Sending => Some("signal-question"),
            KeySection::Keyboard => Some("keyboard"),
        }
    }

    const fn of(context: Context) -> Self {
        match context {
            Context::Always | Context::Panes | Context::Tree | Context::Table | Context::Failures => {
                KeySection::Screen
            }
            Context::Details => KeySection::Details,
            Context::Prompt => KeySection::Editing,
            Context::Help => KeySection::Help,
            Context::Storms => KeySection::Storms,
            Context::Timeline => KeySection::Timeline,
            Context::Leaving => KeySection::Question,
            Context::Menu => KeySection::Menu,
            Context::Columns => KeySection::Columns,
            Context::Signals => KeySection::Signals,
            Context::Sure => KeySection::Sending,
            Context::Keyboard => KeySection::Keyboard,
        }
    }
}

/// An action with its keys, as the config file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRow {
    /// Where the keys are its.
    pub section: KeySection,
    /// Its name.
    pub action: &'static str,
    /// Its keys.
    pub keys: Vec<String>,
    /// What it does.
    pub help: String,
}

/// Why keys can't be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyMistake {
    /// There is no such action.
    Action(String),
    /// The key with this number is none, or is not for this action.
    Key(usize, String),
}

impl Keymap {
    /// All actions in a section with their keys.
    pub fn rows(&self, section: KeySection) -> impl Iterator<Item = KeyRow> {
        self.bound.iter().filter(move |bound| bound.section() == section).map(move |bound| KeyRow {
            section,
            action: bound.row.action.name(),
            keys: bound.keys.iter().map(|key| key.spelling()).collect(),
            help: bound.help.clone(),
        })
    }

    /// Gives an action these keys instead of those that it has.
    ///
    /// # Errors
    /// For an action that is not there, and for what is no key or would keep a character from being typed.
    pub fn rebind(&mut self, section: KeySection, action: &str, keys: &[&str]) -> Result<(), KeyMistake> {
        let Some(found) = self.bound.iter().find(|bound| bound.is(section, action)) else {
            let here = self.bound.iter().filter(|bound| bound.section() == section);
            let meant = nearest(action, here.map(|bound| bound.row.action.name()));
            let hint = meant.map(|name| format!("; did you mean '{name}'?")).unwrap_or_default();
            return Err(KeyMistake::Action(format!("unknown action {}{hint}", quote(action))));
        };
        let context = found.row.context;
        let read = keys
            .iter()
            .enumerate()
            .map(|(number, text)| key_for(context, text).map_err(|message| KeyMistake::Key(number, message)));
        let read = read.collect::<Result<Vec<Key>, _>>()?;
        for bound in self.bound.iter_mut().filter(|bound| bound.is(section, action)) {
            bound.keys.clone_from(&read);
        }
        self.explain();
        Ok(())
    }

    /// The other action that has a key of this one, where both are open to keys.
    pub fn clash(&self, section: KeySection, action: &str, key: &str) -> Option<&'static str> {
        let key = Key::parse(key).ok()?;
        let own = self.bound.iter().find(|bound| bound.is(section, action))?;
        let is_rival = |other: &&Bound| {
            !other.is(section, action)
                && are_together(own.row.context, other.row.context)
                && other.keys.contains(&key)
        };
        self.bound.iter().find(is_rival).map(|other| other.row.action.name())
    }
}

impl Bound {
    const fn section(&self) -> KeySection {
        KeySection::of(self.row.context)
    }

    fn is(&self, section: KeySection, action: &str) -> bool {
        self.section() == section && self.row.action.name() == action
    }
}

/// Reads a key that is to hold there.
fn key_for(context: Context, text: &str) -> Result<Key, String> {
    let key = Key::parse(text)?;
    let while_typing = matches!(context, Context::Always | Context::Prompt | Context::Keyboard);
    if while_typing && key.is_typed() {
        return Err(format!("{} could not be typed any more; take a key with Ctrl or Alt", quote(text)));
    }
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_is_bound_twice() {
        let keymap = Keymap::default();
        for &section in KeySection::ALL {
            for row in keymap.rows(section) {
                for (index, key) in row.keys.iter().enumerate() {
                    assert_eq!(keymap.clash(section, row.action, key), None, "{key} of {}", row.action);
                    assert!(!row.keys[..index].contains(key), "{key} of {}", row.action);
                }
            }
        }
    }

    #[test]
    fn names_of_actions_are_told_apart() {
        for &section in KeySection::ALL {
            let names: Vec<&str> = Keymap::default().rows(section).map(|row| row.action).collect();
            for (index, name) in names.iter().enumerate() {
                assert!(!names[..index].contains(name), "{name} in {section:?}");
                // In one table there is no room for both.
                let is_section = KeySection::ALL.iter().any(|section| section.name() == Some(*name));
                assert!(!is_section, "{name} is a section, too");
            }
        }
    }

    #[test]
    fn an_action_gets_other_keys_in_its_section_only() {
        let keys_of = |keymap: &Keymap, section, action| {
            keymap.rows(section).find(|row| row.action == action).map(|row| row.keys)
        };
        let mut keymap = Keymap::default();
        let help_before = keys_of(&keymap, KeySection::Help, "up");
        assert_eq!(keymap.rebind(KeySection::Screen, "up", &["w", "Alt-Up"]), Ok(()));
        assert_eq!(keys_of(&keymap, KeySection::Screen, "up"), Some(vec!["w".into(), "Alt-Up".into()]));
        assert_eq!(keys_of(&keymap, KeySection::Help, "up"), help_before);
        // What mentions it goes along.
        assert_eq!(keymap.rebind(KeySection::Keyboard, "take-keyboard", &["F12"]), Ok(()));
        let give = keymap.rows(KeySection::Screen).find(|row| row.action == "give-keyboard").unwrap();
        assert!(give.help.ends_with("F12 takes it back"), "{}", give.help);
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_its_place() {
        let mut keymap = Keymap::default();
        let mut refusal = |section, action, keys: &[&str]| match keymap.rebind(section, action, keys) {
            Err(KeyMistake::Action(message)) => (None, message),
            Err(KeyMistake::Key(number, message)) => (Some(number), message),
            Ok(()) => panic!("{action} got {keys:?}"),
        };
        let unknown = "unknown action 'qiut'; did you mean 'quit'?";
        assert_eq!(refusal(KeySection::Screen, "qiut", &["x"]), (None, unknown.into()));
        assert_eq!(refusal(KeySection::Help, "quit", &["x"]), (None, "unknown action 'quit'".into()));
        assert_eq!(refusal(KeySection::Screen, "quit", &["q", "qq"]).0, Some(1));
        for (section, action) in [
            (KeySection::Editing, "accept"),
            (KeySection::Screen, "suspend"),
            (KeySection::Keyboard, "take-keyboard"),
        ] {
            let (number, message) = refusal(section, action, &["x"]);
            assert_eq!((number, message.contains("could not be typed")), (Some(0), true), "{message}");
        }
    }

    #[test]
    fn a_key_of_two_actions_is_found_where_both_are_open_to_keys() {
        let mut keymap = Keymap::default();
        keymap.rebind(KeySection::Screen, "follow", &["x"]).unwrap();
        assert_eq!(keymap.clash(KeySection::Screen, "follow", "x"), Some("hide-exited"));
        keymap.rebind(KeySection::Help, "page-down", &["x"]).unwrap();
        assert_eq!(keymap.clash(KeySection::Help, "page-down", "x"), None, "the help is another matter");
        keymap.rebind(KeySection::Editing, "cancel", &["Ctrl-z"]).unwrap();
        assert_eq!(keymap.clash(KeySection::Editing, "cancel", "Ctrl-z"), Some("suspend"));
    }
}
