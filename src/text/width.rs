//! Columns on a terminal: measuring, cutting and aligning text that is already sanitised.
//!
//! The measure is that of the `unicode-width` crate for whole strings, the one that the screen is laid out by.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Which edge of its field a text keeps to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Spaces go after the text.
    Left,
    /// Spaces go before the text.
    Right,
}

/// The columns that `text` takes.
pub fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.width() }
}

/// At most `columns` columns of `text`; where something is cut, the last one is `…`. A wide character is never
/// split, so the result may be one column short.
pub fn truncate(text: &str, columns: usize) -> Cow<'_, str> {
    // No character takes more columns than bytes.
    if text.len() <= columns || width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let Some(room) = columns.checked_sub(1) else {
        return Cow::Borrowed("");
    };
    let mut kept = prefix(text, room);
    // Neighbours can widen each other (an emoji presentation selector), beyond the sum of their own widths.
    while width(kept) > room {
        let mut chars = kept.chars();
        chars.next_back();
        kept = chars.as_str();
    }
    Cow::Owned(format!("{kept}…"))
}

/// The longest beginning of `text` whose characters' own widths sum to at most `columns`.
fn prefix(text: &str, columns: usize) -> &str {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += c.width().unwrap_or(1);
        if used > columns {
            return text.get(..at).unwrap_or_default();
        }
    }
    text
}

/// `text` filled up with spaces to `columns`; longer text stays as it is.
pub fn pad(text: &str, columns: usize, align: Align) -> Cow<'_, str> {
    let missing = columns.saturating_sub(width(text));
    match align {
        _ if missing == 0 => Cow::Borrowed(text),
        Align::Left => Cow::Owned(format!("{text}{:missing$}", "")),
        Align::Right => Cow::Owned(format!("{:missing$}{text}", "")),
    }
}

/// `text` in exactly `columns` columns: [truncated](truncate), then [padded](pad).
pub fn fit(text: &str, columns: usize, align: Align) -> Cow<'_, str> {
    match truncate(text, columns) {
        Cow::Borrowed(text) => pad(text, columns, align),
        Cow::Owned(text) => Cow::Owned(pad(&text, columns, align).into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn truncate_table() {
        let cases = [
            ("make -j8", 8, "make -j8"),
            ("make -j8", 7, "make -…"),
            ("make", 1, "…"),
            ("make", 0, ""),
            ("", 0, ""),
            ("日本語", 6, "日本語"),
            ("日本語", 5, "日本…"),
            ("日本語", 4, "日…"),
            ("日本語", 2, "…"),
            ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…"),
            ("e\u{301}e\u{301}", 2, "e\u{301}e\u{301}"),
            ("☂\u{fe0f}☂\u{fe0f}", 3, "☂\u{fe0f}…"),
            ("☂\u{fe0f}☂\u{fe0f}", 2, "☂…"),
        ];
        for (text, columns, expected) in cases {
            assert_eq!(truncate(text, columns), expected, "{text} in {columns}");
        }
    }

    #[test]
    fn pad_and_fit() {
        assert_eq!(pad("12", 4, Align::Right), "  12");
        assert_eq!(pad("日", 4, Align::Left), "日  ");
        assert_eq!(pad("12345", 4, Align::Left), "12345");
        assert_eq!(fit("12345", 4, Align::Right), "123…");
        assert_eq!(fit("日本語", 4, Align::Left), "日… ");
        assert_eq!(fit("日本語", 4, Align::Right), " 日…");
    }

    proptest! {
        #[test]
        fn never_wider_than_asked(text in any::<String>(), columns in 0usize..20) {
            let cut = truncate(&text, columns);
            prop_assert!(width(&cut) <= columns, "{cut:?}");
            prop_assert_eq!(matches!(cut, Cow::Borrowed(t) if t == text), width(&text) <= columns);
        }

        #[test]
        fn sanitised_text_fits_exactly(bytes: Vec<u8>, columns in 0usize..20) {
            let text = super::super::sanitise(&bytes);
            for align in [Align::Left, Align::Right] {
                prop_assert_eq!(width(&fit(&text, columns, align)), columns);
            }
        }
    }
}
