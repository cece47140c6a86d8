//! The settings outside of tables.

use super::Config;
use super::entry::Entry;
use super::error::ConfigError;
use crate::model::MAX_HISTORY;

/// All names of the first level, those of tables included.
const NAMES: [&str; 12] = [
    "theme",
    "color",
    "ascii",
    "mouse",
    "history",
    "min-duration",
    "hide-exited",
    "kernel-threads",
    "flash",
    "table",
    "keys",
    "filters",
];

/// Takes a setting in.
pub(super) fn read(entry: &Entry<'_>, config: &mut Config) -> Result<(), ConfigError> {
    match entry.key() {
        "theme" => config.look.theme = entry.choice()?,
        "color" => config.look.colour = entry.choice()?,
        "ascii" => config.look.ascii = entry.choice()?,
        "mouse" => config.without_mouse = !entry.boolean()?,
        "history" => config.history = entry.count_or_auto(1..MAX_HISTORY + 1)?,
        "min-duration" => config.min_duration_ns = entry.duration_ns()?,
        "hide-exited" => config.hide_exited = entry.boolean()?,
        "kernel-threads" => config.kernel_threads = entry.boolean()?,
        _ => return Err(entry.unknown(&NAMES)),
    }
    Ok(())
}
