//! What holds for every text and every condition.

use proptest::prelude::*;

use super::super::*;
use super::fake::{Fake, compiler, holds, names, parse};

/// A condition, written out with parentheses only where they are needed, and what it means.
#[derive(Clone, Debug)]
enum Condition {
    Leaf(&'static str, bool),
    Not(Box<Condition>),
    And(Vec<Condition>, bool),
    Or(Vec<Condition>),
}

impl Condition {
    fn meaning(&self) -> bool {
        match self {
            Condition::Leaf(_, meaning) => *meaning,
            Condition::Not(inner) => !inner.meaning(),
            Condition::And(parts, _) => parts.iter().all(Condition::meaning),
            Condition::Or(parts) => parts.iter().any(Condition::meaning),
        }
    }

    /// `binding`: 0 under `or` or nothing, 1 under `and`, 2 under `not`.
    fn written(&self, binding: u8) -> String {
        let join = |parts: &[Condition], by: &str, level| {
            parts.iter().map(|part| part.written(level)).collect::<Vec<_>>().join(by)
        };
        let (text, own) = match self {
            Condition::Leaf(text, _) => ((*text).to_owned(), 3),
            Condition::Not(inner) => (format!("not {}", inner.written(2)), 3),
            Condition::And(parts, true) => (join(parts, " and ", 1), 1),
            Condition::And(parts, false) => (join(parts, " ", 1), 1),
            Condition::Or(parts) => (join(parts, " or ", 1), 0),
        };
        if own < binding { format!("({text})") } else { text }
    }
}

fn conditions() -> impl Strategy<Value = Condition> {
    let leaf = prop_oneof![
        Just(Condition::Leaf("cc1", true)),
        Just(Condition::Leaf("comm=ld", false)),
        Just(Condition::Leaf("exit!=0", true)),
        Just(Condition::Leaf("argv~\"(-O3|g)$\"", false)),
        Just(Condition::Leaf("dur >= 50ms", true)),
        Just(Condition::Leaf("user=root", false)),
    ];
    leaf.prop_recursive(5, 40, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|c| Condition::Not(Box::new(c))),
            (prop::collection::vec(inner.clone(), 2..4), any::<bool>())
                .prop_map(|(v, word)| Condition::And(v, word)),
            prop::collection::vec(inner, 2..4).prop_map(Condition::Or),
        ]
    })
}

/// Pieces of the language in any order: far likelier to get deep into the parser than any characters.
fn almost_filters() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "(", ")", "!", "not ", "and ", "or ", " ", "\"", "\\", "comm", "dur", "exit", "sig", "user", ":",
        "=", "~", "!=", "<", ">=", "0", "5ms", "KILL", "[", "é", "x", "\u{2003}", "\0", "-", "&&",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn reads_or_explains(text: &str) -> Result<(), TestCaseError> {
    match Filter::parse(text, &names) {
        Ok(filter) => {
            filter.matches(&compiler());
            prop_assert_eq!(filter.text(), text.trim());
        }
        Err(error) => {
            prop_assert!(text.get(error.at..error.at + error.len).is_some(), "{:?} in {:?}", error, text);
            prop_assert_eq!(error.to_string().lines().count(), 1);
            prop_assert!(!error.message.chars().any(char::is_control), "{:?}", error);
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_with_a_place(text in any::<String>()) {
        reads_or_explains(&text)?;
    }

    #[test]
    fn near_misses_are_read_or_refused_with_a_place(text in almost_filters()) {
        reads_or_explains(&text)?;
    }

    #[test]
    fn what_is_written_is_what_is_meant(condition in conditions()) {
        prop_assert_eq!(holds(&condition.written(0), &compiler()), condition.meaning());
    }

    #[test]
    fn combinations_mean_what_their_text_says(a in conditions(), b in conditions()) {
        let both = Filter::and(parse(&a.written(0)), parse(&b.written(0)));
        let expected = a.meaning() && b.meaning();
        prop_assert_eq!(both.matches(&compiler()), expected);
        prop_assert_eq!(holds(both.text(), &compiler()), expected, "{}", both);
    }

    #[test]
    fn any_literal_is_read_back(value in ".{1,40}") {
        let text = format!("file={}", pattern::literal(&value));
        let leaked: &'static str = Box::leak(value.into_boxed_str());
        let subject = Fake { file: Some(leaked), ..Fake::default() };
        prop_assert!(holds(&text, &subject), "{}", text);
    }

    #[test]
    fn any_minimum_is_read_back(ns in 1u64..) {
        let text = Filter::min_duration(ns);
        let with = |duration_ns| Fake { duration_ns: Some(duration_ns), ..Fake::default() };
        prop_assert!(holds(text.text(), &with(ns)) && !holds(text.text(), &with(ns - 1)), "{}", text);
    }
}
