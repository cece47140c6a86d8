//! What is wrong with a filter, and where.

use std::fmt;
use std::ops::Range;

/// How much of a user's text a message repeats.
const QUOTED_CHARS: usize = 40;

/// The first mistake in a filter's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// Where it begins: a byte offset on a character's boundary, at most the length of the text.
    pub at: usize,
    /// How many bytes it covers; 0 where something is missing.
    pub len: usize,
    /// Where it begins in characters, counted from 1, for people.
    pub column: usize,
    /// What is wrong and the way out: one printable line without the position.
    pub message: String,
}

impl ParseError {
    pub(super) fn new(text: &str, span: Range<usize>, message: impl Into<String>) -> Self {
        let before = text.get(..span.start).unwrap_or(text);
        let len = span.len().min(text.len() - before.len());
        Self { at: before.len(), len, column: before.chars().count() + 1, message: message.into() }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {}: {}", self.column, self.message)
    }
}

impl std::error::Error for ParseError {}

/// Text that a user gave, in single quotes for a message: one printable line, cut where it is long.
pub fn quote(text: &str) -> String {
    let mut quoted = String::from("'");
    for c in text.chars().take(QUOTED_CHARS) {
        push_printable(&mut quoted, c);
    }
    quoted.push_str(if text.chars().nth(QUOTED_CHARS).is_some() { "…'" } else { "'" });
    quoted
}

fn push_printable(to: &mut String, c: char) {
    match c {
        '\'' | '"' | '\\' => to.push(c),
        // Escapes what is invisible, changes direction or moves the cursor.
        _ => to.extend(c.escape_debug()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        let error = ParseError::new("größe:x", 0.."größe".len(), "unknown field");
        assert_eq!((error.at, error.len, error.column), (0, 7, 1));
        assert_eq!(ParseError::new("öö x", 5..6, "m").to_string(), "column 4: m");
        assert_eq!(ParseError::new("ab", 2..2, "m").column, 3);
    }

    #[test]
    fn quoted_text_stays_on_its_line() {
        assert_eq!(quote("a\n\x1b[31m\u{202e}b"), r"'a\n\u{1b}[31m\u{202e}b'");
        assert_eq!(quote(r#"it's "q" \"#), r#"'it's "q" \'"#);
        assert_eq!(quote(&"x".repeat(41)), format!("'{}…'", "x".repeat(40)));
        assert_eq!(quote(&"x".repeat(40)), format!("'{}'", "x".repeat(40)));
    }
}
