//! What stands at the cursor of a filter that is being typed, and what the language itself has for that place.

use std::ops::Range;

use nix::sys::signal::Signal;

use super::field::{EventKind, Field, Operator, State};
use super::lexer::name_len;
use super::pattern;
use super::value::LIKELY_ERRORS;

/// The part of the text that a completion replaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its bytes: to the end of the word or value, also where that is behind the cursor.
    pub span: Range<usize>,
    /// What of it stands before the cursor, without quotes.
    pub typed: String,
    /// What belongs there.
    pub wanted: Wanted,
}

/// What belongs at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The name of a field, or a word to look for.
    Word,
    /// A word to look for that is in quotes already.
    Quoted,
    /// The name of a saved filter; what was typed begins with `@`.
    Saved,
    /// A value.
    Value(Values),
}

/// The kinds of values that can be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    /// Names of programs.
    Comm,
    /// Files that were executed.
    File,
    /// Working directories.
    Cwd,
    /// Paths of cgroups, ids of containers, units.
    Cgroup,
    /// Terminals.
    Tty,
    /// Who sent deadly signals: comm, or the kernel's cause.
    Killer,
    /// Users, by name where they have one.
    User,
    /// Process ids.
    Pid,
    /// Exit codes.
    Exit,
    /// Signals, by name.
    Signal,
    /// Kinds of events.
    Event,
    /// States.
    State,
    /// Errors, by name.
    Errno,
    /// Lengths of time: examples.
    Duration,
    /// Sizes: examples.
    Size,
}

/// The place at the cursor (a byte offset); `None` where nothing can be offered, as in a regular expression.
pub fn place(text: &str, cursor: usize) -> Option<Place> {
    let cursor = (0..=cursor.min(text.len())).rfind(|&at| text.is_char_boundary(at)).unwrap_or(0);
    let word = Word::before(text, cursor);
    let end = word.end(text, cursor);
    let token = text.get(word.start..cursor)?;
    if token.is_empty() && end > cursor {
        // In front of another word something inserted would become a part of it.
        return None;
    }
    if token.starts_with('@') {
        return Some(Place { span: word.start..end, typed: token.to_owned(), wanted: Wanted::Saved });
    }
    let within = comparison(token).map(|(name, operator, at)| (name, operator, word.start + at));
    let Some((name, operator, at)) = within.or_else(|| before_blanks(text.get(..word.start)?)) else {
        let wanted = if token.starts_with('"') { Wanted::Quoted } else { Wanted::Word };
        return Some(Place { span: word.start..end, typed: unquoted(token), wanted });
    };
    let field = Field::by_name(name).ok().filter(|field| field.operators().contains(&operator))?;
    let values = field.values().filter(|_| operator != Operator::Matches)?;
    let typed = unquoted(text.get(at.max(word.start)..cursor)?);
    Some(Place { span: at..end, typed, wanted: Wanted::Value(values) })
}

/// A name and an operator at the beginning of a word, and where the value begins.
fn comparison(token: &str) -> Option<(&str, Operator, usize)> {
    let (name, rest) = token.split_at_checked(name_len(token)).filter(|(name, _)| !name.is_empty())?;
    let operator = Operator::at_start(rest)?;
    Some((name, operator, name.len() + operator.symbol().len()))
}

/// A name and an operator at the end of a text, with blanks behind them, in front of which the value begins.
fn before_blanks(text: &str) -> Option<(&str, Operator, usize)> {
    let compared = text.trim_end();
    let operator = Operator::at_end(compared).filter(|_| compared.len() < text.len())?;
    let named = compared.strip_suffix(operator.symbol())?.trim_end();
    let parts = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | '!');
    let name = named.rsplit(parts).next().filter(|name| name_len(name) == name.len())?;
    (!name.is_empty()).then_some((name, operator, compared.len()))
}

/// The word that is being written: where it begins, and whether the cursor is inside quotes.
#[derive(Clone, Copy)]
struct Word {
    start: usize,
    quoted: bool,
}

impl Word {
    fn before(text: &str, cursor: usize) -> Self {
        let mut word = Self { start: 0, quoted: false };
        let mut escaped = false;
        for (at, c) in text.char_indices().take_while(|&(at, _)| at < cursor) {
            let next = at + c.len_utf8();
            if word.quoted {
                word.quoted = escaped || c != '"';
                escaped = c == '\\' && !escaped;
                continue;
            }
            let token = text.get(word.start..at).unwrap_or_default();
            let is_regex = || comparison(token).is_some_and(|(_, operator, _)| operator == Operator::Matches);
            match c {
                '"' => (word.quoted, escaped) = (true, false),
                '(' | ')' if is_regex() => {}
                '(' | ')' => word.start = next,
                '!' if token.is_empty() => word.start = next,
                c if c.is_whitespace() => word.start = next,
                _ => {}
            }
        }
        word
    }

    /// Where the word ends whose beginning stands before the cursor.
    fn end(self, text: &str, cursor: usize) -> usize {
        let rest = text.get(cursor..).unwrap_or_default();
        let length = if self.quoted {
            let mut escaped = false;
            let closing = rest.char_indices().find(|&(_, c)| {
                let closes = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                closes
            });
            closing.map(|(at, _)| at + 1)
        } else {
            rest.find(|c: char| c.is_whitespace() || matches!(c, '(' | ')'))
        };
        cursor + length.unwrap_or(rest.len())
    }
}

/// A value as it is meant, though its quotes may not be closed yet.
fn unquoted(written: &str) -> String {
    let Some(inner) = written.strip_prefix('"') else { return written.to_owned() };
    let mut value = String::new();
    let mut chars = inner.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            '\\' => value.push(chars.next_if(|&next| matches!(next, '"' | '\\')).unwrap_or('\\')),
            c => value.push(c),
        }
    }
    value
}

/// The fields whose names begin with what was typed, in any case: each as it is written with its usual operator, and
/// what it is about.
pub fn names(typed: &str) -> impl Iterator<Item = (String, &'static str)> {
    let fields = Field::ALL.into_iter().filter(move |field| {
        field.name().get(..typed.len()).is_some_and(|head| head.eq_ignore_ascii_case(typed))
    });
    fields.map(|field| (format!("{}{}", field.name(), field.usual_operator().symbol()), field.about()))
}

/// What the language knows without having seen a process.
pub fn known(values: Values) -> Vec<&'static str> {
    match values {
        Values::Signal => {
            Signal::iterator().map(|signal| signal.as_str().trim_start_matches("SIG")).collect()
        }
        Values::Event => EventKind::ALL.map(EventKind::name).to_vec(),
        Values::State => State::ALL.map(State::name).to_vec(),
        Values::Errno => LIKELY_ERRORS.to_vec(),
        Values::Duration => vec!["10ms", "100ms", "1s", "10s", "1min"],
        Values::Size => vec!["10M", "100M", "1G"],
        _ => Vec::new(),
    }
}

/// A value as the language writes it, in quotes where it needs some.
pub fn literal(value: &str) -> String {
    pattern::literal(value)
}

/// A word to look for as the language writes it: in quotes also where it would mean something else.
pub fn word(value: &str) -> String {
    let means_more = ["and", "or", "not"].iter().any(|word| word.eq_ignore_ascii_case(value));
    match pattern::literal(value) {
        written if !written.starts_with('"') && (means_more || written.starts_with('@')) => {
            format!("\"{written}\"")
        }
        written => written,
    }
}

/// The comparison that holds for exactly this text, whatever bytes it has: `comm=cc1`.
pub fn exactly(field: &str, value: &[u8]) -> String {
    match std::str::from_utf8(value) {
        Ok(text) if !text.chars().any(char::is_control) => format!("{field}={}", pattern::literal(text)),
        _ => format!("{field}~{}", pattern::literal(&pattern::regex_of(value))),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::filter::Filter;

    /// `‸` is the cursor; the place as what was typed, what it replaces, and what belongs there.
    fn at(text: &str) -> Option<(String, String, Wanted)> {
        let cursor = text.find('‸').expect("a cursor");
        let text = text.replacen('‸', "", 1);
        let place = place(&text, cursor)?;
        Some((place.typed, text[place.span].to_owned(), place.wanted))
    }

    #[track_caller]
    fn check(text: &str, typed: &str, replaced: &str, wanted: Wanted) {
        assert_eq!(at(text), Some((typed.to_owned(), replaced.to_owned(), wanted)), "{text}");
    }

    #[test]
    fn the_cursor_is_in_a_word_a_value_or_nowhere() {
        let comm = Wanted::Value(Values::Comm);
        check("‸", "", "", Wanted::Word);
        check("co‸", "co", "co", Wanted::Word);
        check("a (not !co‸) b", "co", "co", Wanted::Word);
        check("c‸omm:x", "c", "comm:x", Wanted::Word);
        check("comm:‸", "", "", comm);
        check("COMM=cc‸1 b", "cc", "cc1", comm);
        check("a or comm:\"x y‸", "x y", "\"x y", comm);
        check("comm:\"x \\\"‸y\" or b", "x \"", "\"x \\\"y\"", comm);
        check("\"x ‸y\" b", "x ", "\"x y\"", Wanted::Quoted);
        check("a @sl‸ow", "@sl", "@slow", Wanted::Saved);
        check("dur>=1‸", "1", "1", Wanted::Value(Values::Duration));
        check("sig:K‸", "K", "K", Wanted::Value(Values::Signal));
        check("comm~(a|b) or st‸", "st", "st", Wanted::Word);
        check("a or comm: cc‸1 b", "cc", " cc1", comm);
        check("(comm = \"x‸", "x", " \"x", comm);
        check("!exit!=  ‸", "", "  ", Wanted::Value(Values::Exit));
        check("comm: dur>1‸", "1", "1", Wanted::Value(Values::Duration));
        check("comm: @sl‸", "@sl", "@sl", Wanted::Saved);
        check("comm: (c‸", "c", "c", Wanted::Word);
        check("comm:x= c‸", "c", "c", Wanted::Word);
        for nothing in ["‸comm:x", "comm~a‸", "comm~(a‸b)", "argv:‸", "nosuch:‸", "comm>‸"] {
            assert_eq!(at(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn names_come_with_the_operator_that_is_usual_for_them() {
        let found = |typed| names(typed).map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(found("c"), ["comm:", "cpu>", "cwd:", "cgroup:"]);
        assert_eq!(found("EX"), ["exit!="]);
        assert!(found("commx").is_empty() && found("日本").is_empty());
        assert_eq!(found("").len(), Field::ALL.len());
        assert!(names("").all(|(_, about)| !about.is_empty()));
    }

    #[test]
    fn what_the_language_knows_can_be_compared_with() {
        for field in Field::ALL {
            for value in field.values().map(known).unwrap_or_default() {
                let text = format!("{}{}{value}", field.name(), field.usual_operator().symbol());
                assert!(Filter::parse(&text, &|_| None).is_ok(), "{text}");
            }
        }
    }

    proptest! {
        #[test]
        fn whatever_is_typed_there_is_a_place_or_none(text in "[a-z:=~!@()\"\\\\ é日]{0,24}", cursor in 0usize..60) {
            if let Some(place) = place(&text, cursor) {
                prop_assert!(text.get(place.span.clone()).is_some());
                prop_assert!(place.span.start <= cursor.min(text.len()));
            }
        }

        /// In the place of what was begun, at the end of anything that a filter may begin with.
        #[test]
        fn what_is_inserted_parses(value in ".{1,15}", typed in "[a-z\"]{0,3}", before in "(|a |\\(x or |!)") {
            for (name, written) in [("comm:", literal(&value)), ("", word(&value))] {
                let text = format!("{before}{name}{typed}");
                let Some(place) = place(&text, text.len()) else { continue };
                let close = if before.contains('(') { ")" } else { "" };
                let completed = format!("{}{written}{close}", &text[..place.span.start]);
                prop_assert!(Filter::parse(&completed, &|_| None).is_ok(), "{completed:?}");
            }
        }

        #[test]
        fn an_exact_comparison_can_be_written_for_any_bytes(value in proptest::collection::vec(any::<u8>(), 0..15)) {
            let text = exactly("comm", &value);
            let filter = Filter::parse(&text, &|_| None);
            prop_assert!(filter.is_ok(), "{text:?}");
        }
    }
}
