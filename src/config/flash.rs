//! `[flash]`: how long rows stand out.

use super::entry::Entry;
use super::error::ConfigError;
use crate::ui::Flash;

/// Takes the table in.
pub(super) fn read(table: &Entry<'_>, flash: &mut Flash) -> Result<(), ConfigError> {
    for entry in table.table()? {
        match entry.key() {
            "new" => flash.new_ns = entry.duration_ns()?,
            "ended" => flash.ended_ns = entry.duration_ns()?,
            _ => return Err(entry.unknown(&["new", "ended"])),
        }
    }
    Ok(())
}
