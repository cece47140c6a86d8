//! `[filters]`: filters by name.

use std::collections::BTreeMap;

use super::entry::Entry;
use super::error::ConfigError;
use crate::model::filter::{Filter, quote};

/// The longest name, in characters.
const MAX_NAME: usize = 32;

/// Takes the table in; `users` turns a user's name into the uid.
pub(super) fn read(
    table: &Entry<'_>,
    users: &dyn Fn(&str) -> Option<u32>,
    filters: &mut BTreeMap<String, String>,
) -> Result<(), ConfigError> {
    for entry in table.table()? {
        let name = entry.key();
        let is_name = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
        if name.is_empty() || name.chars().count() > MAX_NAME || !name.chars().all(is_name) {
            return Err(entry.key_error(format!(
                "{} is no name for a filter; take at most {MAX_NAME} letters, digits, - and _",
                quote(name)
            )));
        }
        let written = entry.text()?;
        let filter = Filter::parse_saved(written.text, users)
            .map_err(|error| written.error_at(error.at, &error.message))?;
        if filter.is_empty() {
            return Err(entry.error(format!("the filter {} is empty", quote(name))));
        }
        filters.insert(name.to_owned(), filter.text().to_owned());
    }
    Ok(())
}
