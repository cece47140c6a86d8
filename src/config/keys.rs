//! `[keys]`: other keys for actions, in the panes or in one of the tables within.

use super::entry::{Entry, Text};
use super::error::ConfigError;
use crate::model::filter::quote;
use crate::ui::{KeyMistake, KeySection, Keymap};

/// What the file gives to an action.
struct Given<'a> {
    section: KeySection,
    action: &'a str,
    keys: Vec<Text<'a>>,
}

/// Takes the table in. That two actions have the same key is found when all have theirs: they may have swapped.
pub(super) fn read(table: &Entry<'_>, keymap: &mut Keymap) -> Result<(), ConfigError> {
    let mut all = Vec::new();
    for entry in table.table()? {
        match section(&entry) {
            Some((section, entries)) => {
                for entry in &entries {
                    all.push(rebind(section, entry, keymap)?);
                }
            }
            None => all.push(rebind(KeySection::Screen, &entry, keymap)?),
        }
    }
    for given in &all {
        for key in &given.keys {
            if let Some(other) = keymap.clash(given.section, given.action, key.text) {
                let key_of = format!("{} is the key of '{other}', too", quote(key.text));
                return Err(key.error(format!("{key_of}; give '{other}' another one")));
            }
        }
    }
    Ok(())
}

/// A table within.
fn section<'a>(entry: &Entry<'a>) -> Option<(KeySection, Vec<Entry<'a>>)> {
    let section = KeySection::ALL.iter().copied().find(|section| section.name() == Some(entry.key()))?;
    Some((section, entry.table_if_any()?))
}

fn rebind<'a>(section: KeySection, entry: &Entry<'a>, keymap: &mut Keymap) -> Result<Given<'a>, ConfigError> {
    let keys = entry.texts()?;
    if keys.is_empty() {
        return Err(entry.error(format!("{} needs a key", quote(entry.key()))));
    }
    let texts: Vec<&str> = keys.iter().map(|key| key.text).collect();
    keymap.rebind(section, entry.key(), &texts).map_err(|mistake| match mistake {
        KeyMistake::Action(message) => entry.key_error(message),
        KeyMistake::Key(number, message) => match keys.get(number) {
            Some(key) => key.error(message),
            None => entry.error(message),
        },
    })?;
    Ok(Given { section, action: entry.key(), keys })
}
