//! The three filters that the user sets, and what they come to together.

use rustc_hash::FxHashMap;

use super::completion::Saved;
use crate::model::filter::{Filter, ParseError, parse_duration_ns};
use crate::model::view::Criteria;
use crate::text;

/// Which of the filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FilterKind {
    /// An expression of the filter language.
    Expression,
    /// A pattern for comm.
    Comm,
    /// A minimum duration.
    MinDuration,
}

/// All three, with the texts that the user typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Filters {
    expression: Filter,
    comm: Filter,
    comm_text: String,
    min_duration_ns: u64,
    min_duration_text: String,
}

impl Filters {
    pub(super) fn new(expression: Filter, min_duration_ns: u64) -> Self {
        let min_duration_text = if min_duration_ns == 0 { String::new() } else { exactly(min_duration_ns) };
        Self { expression, min_duration_ns, min_duration_text, ..Self::default() }
    }

    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The text to begin an edit with.
    pub(super) fn text(&self, kind: FilterKind) -> &str {
        match kind {
            FilterKind::Expression => self.expression.text(),
            FilterKind::Comm => &self.comm_text,
            FilterKind::MinDuration => &self.min_duration_text,
        }
    }

    /// Sets one of them from what the user typed; an empty text takes it away.
    pub(super) fn set(
        &mut self,
        kind: FilterKind,
        text: &str,
        users: &FxHashMap<u32, String>,
        saved: &Saved,
    ) -> Result<(), Mistake> {
        let trimmed = text.trim();
        match kind {
            FilterKind::Expression => {
                self.expression = Filter::parse_with(text, &|name| uid_of(users, name), saved)?;
            }
            FilterKind::Comm => {
                self.comm = if trimmed.is_empty() { Filter::default() } else { Filter::comm(trimmed)? };
                self.comm_text = trimmed.to_owned();
            }
            FilterKind::MinDuration => {
                self.min_duration_ns = if trimmed.is_empty() { 0 } else { duration(text, trimmed)? };
                self.min_duration_text = trimmed.to_owned();
            }
        }
        Ok(())
    }

    /// Puts them together into what the model is asked.
    pub(super) fn apply(&self, criteria: &mut Criteria) {
        criteria.filter = Filter::and(self.expression.clone(), self.comm.clone());
        criteria.min_duration_ns = self.min_duration_ns;
    }

    /// What is in force, each as a short text that is safe to show.
    pub(super) fn in_force(&self) -> Vec<String> {
        let mut parts = Vec::new();
        for filter in [&self.expression, &self.comm] {
            if !filter.is_empty() {
                parts.push(text::sanitise(filter.text().as_bytes()).into_owned());
            }
        }
        if self.min_duration_ns > 0 {
            parts.push(format!("≥ {}", exactly(self.min_duration_ns)));
        }
        parts
    }
}

/// A duration so that nothing of it is lost.
fn exactly(ns: u64) -> String {
    let mut text = humantime::format_duration(std::time::Duration::from_nanos(ns)).to_string();
    text.retain(|c| c != ' ');
    text
}

fn uid_of(users: &FxHashMap<u32, String>, name: &str) -> Option<u32> {
    users.iter().find(|(_, known)| *known == name).map(|(&uid, _)| uid)
}

fn duration(typed: &str, trimmed: &str) -> Result<u64, Mistake> {
    let at = typed.len() - typed.trim_start().len();
    parse_duration_ns(trimmed).map_err(|message| Mistake {
        at,
        len: trimmed.len(),
        message: text::sanitise(message.as_bytes()).into_owned(),
    })
}

/// What is wrong with a text, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mistake {
    /// The byte where it begins.
    pub(super) at: usize,
    /// The bytes that it covers.
    pub(super) len: usize,
    /// One printable line.
    pub(super) message: String,
}

impl From<ParseError> for Mistake {
    fn from(error: ParseError) -> Self {
        let message = text::sanitise(error.to_string().as_bytes()).into_owned();
        Self { at: error.at, len: error.len, message }
    }
}
