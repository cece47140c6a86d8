//! Tests of text: contains, equals, matches a regular expression.

use std::fmt::Write as _;
use std::ops::Range;

use regex::bytes::{Regex, RegexBuilder};

use super::field::Operator;
use super::needle::Needle;
use crate::model::event::args_of;

/// The most memory that one compiled regular expression may take, in bytes; the same again for its cache.
const REGEX_BYTES: usize = 1 << 20;
/// The most places that are looked for in one text: more than a screen has room for.
const MAX_FOUND: usize = 64;
/// How deep groups of a regular expression may nest.
const REGEX_NESTING: u32 = 50;

/// A test that a text field applies to each of its values.
#[derive(Clone, Debug)]
pub(super) struct TextTest {
    pattern: Pattern,
    /// Holds when there are values and none fits.
    negated: bool,
}

impl TextTest {
    /// Prepares a comparison with `value`.
    ///
    /// # Errors
    /// What is wrong with the regular expression, in one line.
    pub(super) fn new(operator: Operator, value: &str) -> Result<Self, String> {
        let pattern = match operator {
            Operator::Matches => Pattern::Regex(compile(value)?),
            Operator::Contains => Pattern::contains(value)?,
            _ => Pattern::Exact(value.as_bytes().into()),
        };
        Ok(Self { pattern, negated: operator == Operator::Unequal })
    }

    /// Whether this needed a regular expression, which is what takes memory.
    pub(super) const fn has_regex(&self) -> bool {
        matches!(self.pattern, Pattern::Regex(_))
    }

    /// Adds where in one value is what the test looks for; nothing for one that wants something absent.
    pub(super) fn find_in(&self, text: &[u8], found: &mut Vec<Range<usize>>) {
        if !self.negated {
            self.pattern.find_in(text, found);
        }
    }

    /// Whether the values that `visit` hands out satisfy the test.
    pub(super) fn holds(&self, visit: impl FnOnce(&mut dyn FnMut(&[u8]) -> bool) -> bool) -> bool {
        if !self.negated {
            return visit(&mut |text| self.pattern.fits(text));
        }
        let mut present = false;
        let found = visit(&mut |text| {
            present = true;
            self.pattern.fits(text)
        });
        present && !found
    }

    /// Whether the arguments that `visit` hands out all at once, as in [`Image::argv`], satisfy the test.
    ///
    /// [`Image::argv`]: crate::model::event::Image::argv
    pub(super) fn holds_of_args(&self, visit: impl FnOnce(&mut dyn FnMut(&[u8]) -> bool) -> bool) -> bool {
        match &self.pattern {
            // What has no NUL in it reaches from no argument into the next.
            Pattern::Contains(needle) if needle.is_plain() => {
                visit(&mut |argv| needle.find_in(argv).is_some())
            }
            _ => self.holds(|test| visit(&mut |argv| args_of(argv).any(&mut *test))),
        }
    }
}

#[derive(Clone, Debug)]
enum Pattern {
    /// ASCII, found in any case.
    Contains(Needle),
    Exact(Box<[u8]>),
    Regex(Regex),
}

impl Pattern {
    fn contains(value: &str) -> Result<Self, String> {
        if value.is_ascii() {
            return Ok(Pattern::Contains(Needle::new(value)));
        }
        compile(&format!("(?i){}", regex::escape(value))).map(Pattern::Regex)
    }

    fn find_in(&self, text: &[u8], found: &mut Vec<Range<usize>>) {
        match self {
            Pattern::Contains(needle) => {
                let mut at = 0;
                while let Some(start) = text.get(at..).and_then(|rest| needle.find_in(rest)) {
                    if needle.is_empty() || found.len() >= MAX_FOUND {
                        return;
                    }
                    found.push(at + start..at + start + needle.len());
                    at += start + needle.len();
                }
            }
            Pattern::Exact(exact) if text == &**exact => found.push(0..text.len()),
            Pattern::Exact(_) => {}
            Pattern::Regex(regex) => {
                let room = MAX_FOUND.saturating_sub(found.len());
                found.extend(regex.find_iter(text).map(|found| found.range()).take(room));
            }
        }
    }

    fn fits(&self, text: &[u8]) -> bool {
        match self {
            Pattern::Contains(needle) => needle.find_in(text).is_some(),
            Pattern::Exact(exact) => text == &**exact,
            Pattern::Regex(regex) => regex.is_match(text),
        }
    }
}

/// A regular expression that these bytes alone fit.
pub(super) fn regex_of(bytes: &[u8]) -> String {
    let mut regex = String::from("(?-u)^");
    for &byte in bytes {
        match byte {
            b if b.is_ascii_alphanumeric() => regex.push(char::from(b)),
            // Writing to a String cannot fail.
            b => _ = write!(regex, "\\x{b:02x}"),
        }
    }
    regex.push('$');
    regex
}

fn compile(pattern: &str) -> Result<Regex, String> {
    let built = RegexBuilder::new(pattern)
        .size_limit(REGEX_BYTES)
        .dfa_size_limit(REGEX_BYTES)
        .nest_limit(REGEX_NESTING)
        .build();
    built.map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => "the regular expression is too large".into(),
        other => {
            // The crate explains over several lines with a picture; its last line says what is wrong.
            let text = other.to_string();
            let reason = text.lines().rev().find_map(|line| line.strip_prefix("error: "));
            format!("bad regular expression: {}", reason.unwrap_or("not understood"))
        }
    })
}

/// `value` as the language writes it: bare where that is certain to be read back, else quoted.
pub(super) fn literal(value: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_-./+@,".contains(c);
    if !value.is_empty() && value.chars().all(plain) {
        return value.to_owned();
    }
    let mut quoted = String::from("\"");
    for c in value.chars() {
        if matches!(c, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fits(operator: Operator, value: &str, texts: &[&[u8]]) -> bool {
        TextTest::new(operator, value).unwrap().holds(|test| texts.iter().any(|text| test(text)))
    }

    #[test]
    fn contains_ignores_case_also_beyond_ascii() {
        assert!(fits(Operator::Contains, "CC1", &[b"xcc1plus"]));
        assert!(fits(Operator::Contains, "", &[b""]));
        assert!(!fits(Operator::Contains, "", &[]));
        assert!(!fits(Operator::Contains, "cc1", &[b"cc", b"1"]));
        assert!(fits(Operator::Contains, "GRÖSSE", &["die größse".as_bytes(), "Grösse".as_bytes()]));
        assert!(fits(Operator::Contains, "é.", &["\u{c9}.".as_bytes()]), "the dot stands for itself");
        assert!(!fits(Operator::Contains, "é.", &["éx".as_bytes()]));
        assert!(fits(Operator::Contains, "b", b"\xff\xfeB".chunks(3).collect::<Vec<_>>().as_slice()));
    }

    #[test]
    fn what_is_looked_for_is_found_at_its_places() {
        let found = |operator, value: &str, text: &[u8]| {
            let mut found = Vec::new();
            TextTest::new(operator, value).unwrap().find_in(text, &mut found);
            found
        };
        assert_eq!(found(Operator::Contains, "aB", b"xabABa"), [1..3, 3..5]);
        assert_eq!(found(Operator::Contains, "\u{e9}", "\u{c9}x\u{e9}".as_bytes()), [0..2, 3..5]);
        assert_eq!(found(Operator::Matches, "-O[0-9]", b"-O2 -O3"), [0..3, 4..7]);
        assert_eq!(found(Operator::Equal, "sh", b"sh").first(), Some(&(0..2)));
        assert!(found(Operator::Equal, "sh", b"bash").is_empty());
        assert!(found(Operator::Unequal, "sh", b"sh").is_empty());
        assert!(found(Operator::Contains, "", b"abc").is_empty());
        assert_eq!(found(Operator::Contains, "a", &[b'a'; 1000]).len(), MAX_FOUND);
        assert_eq!(found(Operator::Matches, "x*", &[b'a'; 1000]).len(), MAX_FOUND);
    }

    #[test]
    fn equality_minds_case_and_all_of_the_text() {
        assert!(fits(Operator::Equal, "sh", &[b"bash", b"sh"]));
        assert!(!fits(Operator::Equal, "sh", &[b"bash", b"SH"]));
    }

    #[test]
    fn inequality_needs_a_value_and_no_equal_one() {
        assert!(fits(Operator::Unequal, "sh", &[b"bash"]));
        assert!(!fits(Operator::Unequal, "sh", &[b"bash", b"sh"]));
        assert!(!fits(Operator::Unequal, "sh", &[]));
    }

    #[test]
    fn regular_expressions_see_bytes() {
        assert!(fits(Operator::Matches, "^cc1(plus)?$", &[b"cc1plus"]));
        assert!(!fits(Operator::Matches, "^CC", &[b"cc1"]));
        assert!(fits(Operator::Matches, r"(?-u)\xff$", &[b"a\xff"]));
    }

    #[test]
    fn bad_and_huge_regular_expressions_are_refused_in_one_line() {
        let refuse = |text: &str| TextTest::new(Operator::Matches, text).unwrap_err();
        assert_eq!(refuse("a("), "bad regular expression: unclosed group");
        assert_eq!(refuse(r"\w{1000}{1000}"), "the regular expression is too large");
        assert!(refuse(&format!("{}{}", "(".repeat(2000), ")".repeat(2000))).starts_with("bad regular"));
        assert!(refuse("\n(").lines().count() == 1);
    }

    fn fits_plainly(args: &[Vec<u8>], part: &[u8]) -> bool {
        let holds = |arg: &Vec<u8>| arg.windows(part.len()).any(|some| some.eq_ignore_ascii_case(part));
        args.iter().any(|arg| part.is_empty() || holds(arg))
    }

    proptest! {
        #[test]
        fn bytes_alone_fit_the_regular_expression_of_them(bytes in proptest::collection::vec(any::<u8>(), 0..9)) {
            let regex = regex_of(&bytes);
            prop_assert!(fits(Operator::Matches, &regex, &[&bytes]));
            prop_assert!(!fits(Operator::Matches, &regex, &[&[&bytes[..], b"x"].concat()]));
            prop_assert!(!fits(Operator::Matches, &regex, &[&[b"x", &bytes[..]].concat()]));
        }

        /// Also of what begins in one argument and ends in the next.
        #[test]
        fn arguments_that_are_joined_say_what_each_of_them_does(
            args in prop::collection::vec(prop::collection::vec(1..=255u8, 0..60), 0..6),
            (from, length) in (0..200usize, 0..50usize),
            other in any::<bool>(),
            is_terminated in any::<bool>(),
        ) {
            let mut argv: Vec<u8> = args.iter().flat_map(|arg| [&arg[..], b"\0"].concat()).collect();
            if !is_terminated && args.last().is_some_and(|last| !last.is_empty()) {
                argv.pop();
            }
            let from = from.min(argv.len());
            let part = &argv[from..(from + length).min(argv.len())];
            let mut value: String = part.iter().map(|byte| char::from(byte & 0x7f)).collect();
            value.extend(other.then_some('~'));
            let (naive, argv) = (fits_plainly(&args, value.as_bytes()), &argv);
            let test = TextTest::new(Operator::Contains, &value).unwrap();
            prop_assert_eq!(test.holds_of_args(|test| test(argv)), naive, "{:?}", value);
            let unequal = TextTest::new(Operator::Unequal, &value).unwrap();
            let is_one = args.iter().any(|arg| arg == value.as_bytes());
            prop_assert_eq!(unequal.holds_of_args(|test| test(argv)), !args.is_empty() && !is_one);
        }

        #[test]
        fn contains_is_what_lower_casing_both_would_say(text in "[aAbB]{0,12}", part in "[aAbB]{0,4}") {
            let expected = text.to_ascii_lowercase().contains(&part.to_ascii_lowercase());
            prop_assert_eq!(fits(Operator::Contains, &part, &[text.as_bytes()]), expected);
        }
    }
}
