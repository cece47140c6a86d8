//! Untrusted bytes to one line of text that a terminal only prints.
//!
//! | input | shown as |
//! |---|---|
//! | invalid UTF-8 | `�` for each maximal subpart, as the Unicode standard recommends |
//! | C0 controls, DEL | their picture: `␛` `␊` `␉` … `␡` |
//! | C1 controls | their number: `‹9b›` |
//! | bidi controls, line and paragraph separators, invisible characters | their number: `‹202e›` |
//! | ZWJ and ZWNJ | kept between letters of scripts that are written with them, else their number |
//! | combining marks | kept, [`MAX_MARKS`] on one base; what exceeds that is one `�` |
//! | a mark without a base | put on a dotted circle `◌` |
//!
//! Variation selectors count as invisible: terminals disagree on the width that they give to the character before.
//! Nothing is dropped without a trace, and sanitising twice changes nothing more.

use std::borrow::Cow;
use std::fmt::Write as _;

use unicode_width::UnicodeWidthChar;

/// The largest number of combining marks on one base: what living scripts need, too few to climb into other lines.
pub const MAX_MARKS: u8 = 4;

const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;
const DOTTED_CIRCLE: char = '\u{25cc}';

/// Makes `bytes` safe to print on one line; see the module's table. Plain text is borrowed.
pub fn sanitise(bytes: &[u8]) -> Cow<'_, str> {
    let text = std::str::from_utf8(bytes);
    if let Ok(text) = text
        && bytes.iter().all(|&b| matches!(b, 0x20..=0x7e))
    {
        return Cow::Borrowed(text);
    }
    let mut builder = Builder { out: String::with_capacity(bytes.len() + 16), marks: 0 };
    let mut chars = decode(bytes).peekable();
    while let Some(c) = chars.next() {
        builder.push(c, chars.peek().copied());
    }
    match text {
        Ok(text) if text == builder.out => Cow::Borrowed(text),
        _ => Cow::Owned(builder.out),
    }
}

/// The characters of `bytes`, invalid parts replaced.
fn decode(bytes: &[u8]) -> impl Iterator<Item = char> {
    bytes.utf8_chunks().flat_map(|chunk| {
        let invalid = (!chunk.invalid().is_empty()).then_some(REPLACEMENT);
        chunk.valid().chars().chain(invalid)
    })
}

struct Builder {
    out: String,
    /// Marks on the last base; `MAX_MARKS + 1` once the surplus has been shown.
    marks: u8,
}

impl Builder {
    fn push(&mut self, c: char, next: Option<char>) {
        if is_joiner(c) && self.out.chars().next_back().is_some_and(joins) && next.is_some_and(is_joined_base)
        {
            self.out.push(c);
        } else if is_mark(c) {
            self.push_mark(c);
        } else {
            self.marks = 0;
            self.push_base(c);
        }
    }

    fn push_base(&mut self, c: char) {
        match c {
            '\0'..='\x1f' => self.out.push(char::from_u32(0x2400 + u32::from(c)).unwrap_or(REPLACEMENT)),
            '\x7f' => self.out.push('\u{2421}'),
            _ if is_printable(c) => self.out.push(c),
            // Writing to a String cannot fail.
            _ => _ = write!(self.out, "‹{:02x}›", u32::from(c)),
        }
    }

    fn push_mark(&mut self, mark: char) {
        if self.out.is_empty() {
            self.out.push(DOTTED_CIRCLE);
        }
        match self.marks {
            0..MAX_MARKS => self.out.push(mark),
            MAX_MARKS => self.out.push(REPLACEMENT),
            _ => return,
        }
        self.marks += 1;
    }
}

/// Whether a terminal shows `c` as itself, in columns of its own or on its base, and moves nothing else.
pub(crate) fn is_printable(c: char) -> bool {
    !c.is_control() && !is_invisible(c)
}

/// A visible character without columns of its own: it is drawn on the one before.
pub(super) fn is_mark(c: char) -> bool {
    is_printable(c) && c.width() == Some(0)
}

/// Bidi controls, separators of lines, the characters that Unicode lets a renderer ignore, and the few signs that are
/// drawn around what follows (Prepended_Concatenation_Mark): they would swallow a character that is not theirs.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{600}'..='\u{605}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}' | '\u{8e2}' | '\u{110bd}'
        | '\u{110cd}' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{fffe}'..='\u{ffff}' | '\u{13430}'..='\u{1343f}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Zero-width non-joiner and joiner.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

/// Arabic, Syriac, the Indic scripts, Myanmar and Khmer: spelling in them needs the joiners.
fn joins(c: char) -> bool {
    matches!(c, '\u{620}'..='\u{6ff}' | '\u{710}'..='\u{77f}' | '\u{900}'..='\u{dff}'
        | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17d3}')
}

/// Only a base may follow a joiner: a mark there could itself be replaced.
fn is_joined_base(c: char) -> bool {
    joins(c) && is_printable(c) && !is_mark(c)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn table() {
        let cases: &[(&[u8], &str)] = &[
            (b"", ""),
            (b"ls -l /etc", "ls -l /etc"),
            ("Grüße 日本語 🦀".as_bytes(), "Grüße 日本語 🦀"),
            (b"\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
            (b"a\nb\tc\rd\0e\x7f", "a␊b␉c␍d␀e␡"),
            ("\u{9b}31m\u{85}".as_bytes(), "‹9b›31m‹85›"),
            (b"\x9b31m", "\u{fffd}31m"),
            (b"caf\xe9", "caf\u{fffd}"),
            (b"\xf0\x9f\xa6 \xe2\x82 \xff\xff", "\u{fffd} \u{fffd} \u{fffd}\u{fffd}"),
            (b"\xed\xa0\x80", "\u{fffd}\u{fffd}\u{fffd}"),
            ("abc\u{202e}fdp.exe".as_bytes(), "abc‹202e›fdp.exe"),
            ("a\u{200b}b\u{feff}c\u{2028}d\u{ad}e".as_bytes(), "a‹200b›b‹feff›c‹2028›d‹ad›e"),
            ("x\u{e0041}".as_bytes(), "x‹e0041›"),
            ("\u{70f} a\u{600}1".as_bytes(), "‹70f› a‹600›1"),
            ("❤\u{fe0f}".as_bytes(), "❤‹fe0f›"),
            ("e\u{301}".as_bytes(), "e\u{301}"),
            ("\u{301}e".as_bytes(), "\u{25cc}\u{301}e"),
            ("\n\u{301}".as_bytes(), "␊\u{301}"),
            ("می\u{200c}خواهم".as_bytes(), "می\u{200c}خواهم"),
            ("क्\u{200d}ष".as_bytes(), "क्\u{200d}ष"),
            ("a\u{200d}b".as_bytes(), "a‹200d›b"),
            ("ي\u{200c}\u{200c}ي".as_bytes(), "ي‹200c›‹200c›ي"),
            ("👩\u{200d}🔬".as_bytes(), "👩‹200d›🔬"),
        ];
        for (input, expected) in cases {
            assert_eq!(sanitise(input), *expected, "{}", input.escape_ascii());
        }
    }

    #[test]
    fn marks_beyond_the_limit_become_one_replacement() {
        let zalgo = format!("Z{}o", "\u{301}".repeat(1000));
        assert_eq!(sanitise(zalgo.as_bytes()), format!("Z{}\u{fffd}o", "\u{301}".repeat(MAX_MARKS.into())));
    }

    #[test]
    fn plain_text_is_borrowed() {
        for plain in ["", "make -j8", "日本語", "e\u{301}"] {
            assert!(matches!(sanitise(plain.as_bytes()), Cow::Borrowed(_)), "{plain}");
        }
        assert!(matches!(sanitise(b"\n"), Cow::Owned(_)));
    }

    /// What a terminal could act on: a list of its own, so that a gap in the code's tables shows.
    fn acts_on_a_terminal(c: char) -> bool {
        c.is_control()
            || matches!(u32::from(c), 0x202a..=0x202e | 0x2066..=0x2069 | 0x200e | 0x200f | 0x61c | 0x200b
                | 0x2028 | 0x2029 | 0x2060 | 0xfeff | 0xe0000..=0xe01ef)
    }

    /// Strings dense in what matters, which random bytes hardly ever hit.
    fn hostile() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..4),
            any::<char>().prop_map(|c| c.to_string().into_bytes()),
            proptest::sample::select(vec![
                "\u{202e}",
                "\u{2066}",
                "\u{200d}",
                "\u{200c}",
                "\u{301}",
                "\u{94d}",
                "क",
                "ي",
                "\x1b",
                "\u{9b}",
                "a",
                "\u{fe0f}",
                "👩",
                "\u{e0041}",
                "\u{1161}",
                "\u{fffd}",
            ])
            .prop_map(|s| s.as_bytes().to_vec()),
        ];
        proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn output_is_harmless_and_stable(bytes in hostile()) {
            let once = sanitise(&bytes).into_owned();
            prop_assert!(!once.chars().any(acts_on_a_terminal), "{once:?}");
            prop_assert!(!once.chars().next().is_some_and(is_mark));
            prop_assert_eq!(&sanitise(once.as_bytes()), &once);
            let most = once.chars().fold((0, 0), |(run, most), c| {
                let run = if is_mark(c) { run + 1 } else { 0 };
                (run, most.max(run))
            }).1;
            prop_assert!(most <= MAX_MARKS);
        }
    }
}
