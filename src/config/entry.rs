//! A setting as it stands in the file: its name, its value, and where both are.

use std::ops::Range;

use clap::ValueEnum;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::ConfigError;
use crate::model::filter::{nearest, parse_duration_ns, quote};

/// A key with its value.
pub(super) struct Entry<'a> {
    source: &'a str,
    key: &'a str,
    key_at: usize,
    value: &'a Spanned<DeValue<'a>>,
}

/// A text with its place.
pub(super) struct Text<'a> {
    pub(super) text: &'a str,
    span: Range<usize>,
    source: &'a str,
}

impl Text<'_> {
    /// A mistake at its beginning.
    pub(super) fn error(&self, message: impl AsRef<str>) -> ConfigError {
        ConfigError::new(self.source, self.span.start, message)
    }

    /// A mistake at a byte of the text; at its beginning where escapes make the place uncertain.
    pub(super) fn error_at(&self, at: usize, message: impl AsRef<str>) -> ConfigError {
        let written = self.source.get(self.span.clone()).unwrap_or_default();
        let begins = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quotes| written.starts_with(quotes));
        let quotes = begins.map_or(0, str::len);
        let is_verbatim = written.get(quotes..quotes + self.text.len()) == Some(self.text);
        let offset = if is_verbatim { quotes + at } else { 0 };
        ConfigError::new(self.source, self.span.start + offset, message)
    }
}

impl<'a> Entry<'a> {
    /// What stands in a table, in the order of the file.
    pub(super) fn all_of(source: &'a str, table: &'a DeTable<'a>) -> Vec<Self> {
        let mut entries: Vec<Self> = table
            .iter()
            .map(|(key, value)| Self { source, key: key.get_ref(), key_at: key.span().start, value })
            .collect();
        entries.sort_by_key(|entry| entry.key_at);
        entries
    }

    pub(super) fn key(&self) -> &'a str {
        self.key
    }

    /// A mistake in its name.
    pub(super) fn key_error(&self, message: impl AsRef<str>) -> ConfigError {
        ConfigError::new(self.source, self.key_at, message)
    }

    /// A mistake in its value.
    pub(super) fn error(&self, message: impl AsRef<str>) -> ConfigError {
        ConfigError::new(self.source, self.value.span().start, message)
    }

    /// There is no such setting; `names` are those that there are.
    pub(super) fn unknown(&self, names: &[&'static str]) -> ConfigError {
        let meant = nearest(self.key, names.iter().copied());
        let way_out = match meant {
            Some(name) => format!("; did you mean '{name}'?"),
            None => format!("; there is {}", names.join(", ")),
        };
        self.key_error(format!("unknown setting {}{way_out}", quote(self.key)))
    }

    fn wanted(&self, wanted: &str) -> ConfigError {
        self.error(format!("{} takes {wanted}, not {}", quote(self.key), kind(self.value.get_ref())))
    }

    /// The entries of a table.
    pub(super) fn table(&self) -> Result<Vec<Entry<'a>>, ConfigError> {
        self.table_if_any().ok_or_else(|| self.wanted("a table"))
    }

    /// As [`Entry::table`], where it is one.
    pub(super) fn table_if_any(&self) -> Option<Vec<Entry<'a>>> {
        Some(Self::all_of(self.source, self.value.get_ref().as_table()?))
    }

    pub(super) fn boolean(&self) -> Result<bool, ConfigError> {
        self.value.get_ref().as_bool().ok_or_else(|| self.wanted("true or false"))
    }

    /// A number within a range; `None` for "auto".
    pub(super) fn count_or_auto(&self, range: Range<usize>) -> Result<Option<usize>, ConfigError> {
        let value = self.value.get_ref();
        if value.as_str() == Some("auto") {
            return Ok(None);
        }
        let integer = value.as_integer().ok_or_else(|| self.wanted("a whole number or \"auto\""))?;
        let number = usize::from_str_radix(integer.as_str(), integer.radix());
        number.ok().filter(|number| range.contains(number)).map(Some).ok_or_else(|| {
            self.error(format!("{} is a number from {} to {}", quote(self.key), range.start, range.end - 1))
        })
    }

    /// A duration in nanoseconds, from a text such as "1.5s" or from a number of milliseconds.
    pub(super) fn duration_ns(&self) -> Result<u64, ConfigError> {
        let value = self.value.get_ref();
        let integer =
            value.as_integer().filter(|integer| integer.radix() == 10).map(|integer| integer.as_str());
        let text = value.as_str().or(integer);
        let text = text.ok_or_else(|| self.wanted("a duration, as \"50ms\" or a number of milliseconds"))?;
        parse_duration_ns(text).map_err(|message| self.error(message))
    }

    /// One of several words.
    pub(super) fn choice<T: ValueEnum>(&self) -> Result<T, ConfigError> {
        let word = self.text()?.text;
        T::from_str(word, false).map_err(|_| {
            let names = T::value_variants().iter().filter_map(ValueEnum::to_possible_value);
            let names: Vec<String> = names.map(|value| value.get_name().to_owned()).collect();
            self.error(format!("{} is {}, not {}", quote(self.key), names.join(", "), quote(word)))
        })
    }

    pub(super) fn text(&self) -> Result<Text<'a>, ConfigError> {
        text_of(self.source, self.value).ok_or_else(|| self.wanted("a text in quotes"))
    }

    /// A text, or a list of some.
    pub(super) fn texts(&self) -> Result<Vec<Text<'a>>, ConfigError> {
        let wanted = || self.wanted("a text in quotes or a list of those");
        let Some(list) = self.value.get_ref().as_array() else {
            return Ok(vec![text_of(self.source, self.value).ok_or_else(wanted)?]);
        };
        list.iter().map(|value| text_of(self.source, value).ok_or_else(wanted)).collect()
    }
}

fn text_of<'a>(source: &'a str, value: &'a Spanned<DeValue<'a>>) -> Option<Text<'a>> {
    Some(Text { text: value.get_ref().as_str()?, span: value.span(), source })
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
