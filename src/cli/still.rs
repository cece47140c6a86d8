//! The options that draw a picture of a recording without a terminal.

use std::collections::BTreeMap;
use std::path::Path;

use super::SavedFilters;
use super::args::StillArgs;
use super::error::CliError;
use super::invocation::Still;
use super::resolve::not_both;
use crate::model::filter::quote;
use crate::picture::Format;
use crate::ui::parse_keys;

const MIN_SIZE: (u16, u16) = (20, 5);
const MAX_SIZE: (u16, u16) = (400, 200);
const DEFAULT_SIZE: (u16, u16) = (120, 40);
const MAX_FRAMES: u16 = 100;

/// What is to be drawn, if anything.
pub(super) fn still(args: StillArgs, saved: SavedFilters<'_>) -> Result<Option<Still>, CliError> {
    not_both("--svg", args.svg.is_some(), "--text", args.text.is_some())?;
    not_both("--frames", args.frames.is_some(), "--text", args.text.is_some())?;
    let (file, format) = match (args.svg, args.text) {
        (Some(file), _) => (file, Format::Svg),
        (None, Some(file)) => (file, Format::Text),
        (None, None) => {
            let options = [
                ("--size", args.size.is_some()),
                ("--keys", args.keys.is_some()),
                ("--frames", args.frames.is_some()),
            ];
            return match options.iter().find(|(_, given)| *given) {
                Some((option, _)) => Err(CliError::usage(format!("{option} goes with --svg or --text"))),
                None => Ok(None),
            };
        }
    };
    let text = args.keys.unwrap_or_default();
    let keys = parse_keys(&text).map_err(|error| CliError::usage(format!("--keys: {error}")))?;
    // As with `-f`: nothing else of the config file counts, and without them it is not read.
    let saved_filters = if text.contains('@') { saved().map_err(CliError::usage)? } else { BTreeMap::new() };
    Ok(Some(Still {
        file: Some(file).filter(|file| file != Path::new("-")),
        format,
        size: args.size.unwrap_or(DEFAULT_SIZE),
        keys,
        saved_filters,
        frames: args.frames.unwrap_or(1),
    }))
}

/// Reads `--size`.
pub(super) fn size(text: &str) -> Result<(u16, u16), String> {
    let size =
        text.split_once('x').and_then(|(columns, rows)| Some((columns.parse().ok()?, rows.parse().ok()?)));
    match size {
        Some((columns, rows))
            if (MIN_SIZE.0..=MAX_SIZE.0).contains(&columns) && (MIN_SIZE.1..=MAX_SIZE.1).contains(&rows) =>
        {
            Ok((columns, rows))
        }
        _ => Err(format!(
            "{} is not a size from {}x{} to {}x{}, such as 120x40",
            quote(text),
            MIN_SIZE.0,
            MIN_SIZE.1,
            MAX_SIZE.0,
            MAX_SIZE.1
        )),
    }
}

/// Reads `--frames`.
pub(super) fn frames(text: &str) -> Result<u16, String> {
    match text.parse() {
        Ok(count @ 2..=MAX_FRAMES) => Ok(count),
        _ => Err(format!("{} is not a number from 2 to {MAX_FRAMES}", quote(text))),
    }
}
