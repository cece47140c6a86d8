//! `[table]`: the columns of the flat table, and the order of its rows.

use super::entry::{Entry, Text};
use super::error::ConfigError;
use crate::model::filter::{nearest, quote};
use crate::model::table::Column;
use crate::ui::TableColumns;

/// Takes the table in.
pub(super) fn read(table: &Entry<'_>, columns: &mut TableColumns) -> Result<(), ConfigError> {
    for entry in table.table()? {
        match entry.key() {
            "columns" => columns.shown = shown(&entry)?,
            "sort" => columns.sort = column(&entry.text()?)?,
            "invert" => columns.inverted = entry.boolean()?,
            _ => return Err(entry.unknown(&["columns", "sort", "invert"])),
        }
    }
    Ok(())
}

fn shown(entry: &Entry<'_>) -> Result<Vec<Column>, ConfigError> {
    let mut shown = Vec::new();
    for text in entry.texts()? {
        let column = column(&text)?;
        if shown.contains(&column) {
            return Err(text.error(format!("{} is there twice", quote(text.text))));
        }
        shown.push(column);
    }
    if shown.is_empty() {
        return Err(entry.error("a table needs a column"));
    }
    Ok(shown)
}

fn column(text: &Text<'_>) -> Result<Column, ConfigError> {
    TableColumns::named(text.text).ok_or_else(|| {
        let names = || Column::ALL.into_iter().map(TableColumns::name);
        let way_out = match nearest(text.text, names()) {
            Some(name) => format!("; did you mean '{name}'?"),
            None => format!("; there is {}", names().collect::<Vec<_>>().join(", ")),
        };
        text.error(format!("unknown column {}{way_out}", quote(text.text)))
    })
}
