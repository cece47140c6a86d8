//! The config file: what the user wants proctop's screen to be like, whenever it starts.
//!
//! It is TOML. Whatever is wrong in it is an error with its place, and nothing is ignored: a misspelt setting would be
//! one that silently does nothing. Each table has a file here that reads it: `general` the settings outside of tables,
//! `flash`, `table`, `keys` and `filters` those of their names. A further one is a further file, with its arm in [`Config::parse`]
//! and its text in `example`.
//!
//! Reads texts only: where the file is, and with whose rights it is opened, is the application's business; [`place`]
//! knows the paths.

mod entry;
mod error;
mod example;
mod filters;
mod flash;
mod general;
mod keys;
pub mod place;
mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use toml::de::DeTable;

use crate::ui::{Flash, Keymap, LookChoice, TableColumns};
use entry::Entry;
pub use error::ConfigError;
pub use example::example;

/// The longest file that is read, in bytes.
pub const MAX_BYTES: u64 = 256 << 10;

/// All settings. The default is what holds without a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    /// Theme, colours and characters.
    pub look: LookChoice,
    /// The mouse is the terminal's own: nothing is asked of it.
    pub without_mouse: bool,
    /// How many ended processes to keep, at least 1; `None`: as many as there is room for.
    pub history: Option<usize>,
    /// Only what lasted this long is shown at first, in nanoseconds; 0 is everything.
    pub min_duration_ns: u64,
    /// Begin with the exited hidden.
    pub hide_exited: bool,
    /// Begin with kernel threads shown.
    pub kernel_threads: bool,
    /// How long rows flash and fade.
    pub flash: Flash,
    /// The columns of the flat table, and the order of its rows.
    pub columns: TableColumns,
    /// The keys.
    pub keymap: Keymap,
    /// Filters by name; all of them are right.
    pub filters: BTreeMap<String, String>,
}

impl Config {
    /// Reads a file's contents; `users` turns a user's name into the uid, for filters.
    ///
    /// # Errors
    /// The first mistake, with its place.
    pub fn parse(contents: &[u8], users: &dyn Fn(&str) -> Option<u32>) -> Result<Self, ConfigError> {
        let text = text_of(contents)?;
        let table = DeTable::parse(text).map_err(|error| {
            let at = error.span().map_or(text.len(), |span| span.start);
            ConfigError::new(text, at, error.message())
        })?;
        let mut config = Self::default();
        for entry in Entry::all_of(text, table.get_ref()) {
            match entry.key() {
                "flash" => flash::read(&entry, &mut config.flash)?,
                "table" => table::read(&entry, &mut config.columns)?,
                "keys" => keys::read(&entry, &mut config.keymap)?,
                "filters" => filters::read(&entry, users, &mut config.filters)?,
                _ => general::read(&entry, &mut config)?,
            }
        }
        Ok(config)
    }
}

fn text_of(contents: &[u8]) -> Result<&str, ConfigError> {
    std::str::from_utf8(contents).map_err(|error| {
        let right = contents.get(..error.valid_up_to()).unwrap_or_default();
        let text = std::str::from_utf8(right).unwrap_or_default();
        ConfigError::new(text, text.len(), "this is not UTF-8, which the file has to be")
    })
}
