//! The filter language: which processes, and which events, a user wants to see.
//!
//! ```text
//! cc1                          a word: comm or any argument contains it, case-insensitive
//! "two words"                  quoted: \" is a quote, \\ a backslash, any other backslash stands for itself
//! comm:cc1                     contains, case-insensitive (on numbers and names of things: is)
//! comm=cc1  file!=/bin/sh      exactly, or exactly not
//! argv~"-O[23]"                a regular expression; unquoted it may hold balanced parentheses
//! dur>=50ms cpu>1.5s rss<100M  < <= > >= on quantities; a bare duration is in milliseconds
//! exit!=0  sig=KILL            exit code 0 to 255; signal by name or number
//! user=root  uid>=1000         the effective user, by name or number
//! pid=1  ppid=1  under=4312    under: that process and its descendants
//! event=exec                   fork exec exit snapshot exec_failed thread_start thread_end lost, and changed: renamed
//!                              adopted session uid zombie reaped
//! state=zombie                 running exited zombie kernel
//! cwd:/tmp  tty=pts/3  sid=7   the working directory at the latest exec; the terminal, the session
//! cgroup:docker                the path of the cgroup, the id of the container, the unit
//! killer:bash  killer:oom      who sent the signal that ended it: comm or pid; `kernel` and the cause
//! errno=ENOENT  threads>8      why an exec failed, by name or number; the threads that it ever had
//! a b, a and b, a or b, not a, !a, (a or b) c
//! @slow                        a saved filter by its name, where there are any
//! ```
//!
//! `not` binds tightest, then `and`, then `or`. A comparison with something the subject does not have is false, also
//! under `!=`; `not` is plain negation, so `not exit=0` holds for what still runs and `exit!=0` does not. `exit` is the
//! exit code, which a process that died by a signal does not have; `exit!=0` alone includes those deaths. Where a
//! subject has several values (the comm of each image, each argument), `!=` says that none of them is equal.
//!
//! Everything is bounded: the text ([`MAX_TEXT_BYTES`]), the nesting, and the size and number of regular expressions.
//! Evaluation allocates nothing, but for the scratch space that a regular expression takes once for each thread.

pub mod complete;
mod error;
mod expr;
mod field;
mod lexer;
mod needle;
mod parser;
mod pattern;
mod subject;
mod suggest;
#[cfg(test)]
mod tests;
mod value;

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

pub use error::{ParseError, quote};
pub use expr::Part;
pub use field::{EventKind, State};
pub use parser::MAX_TEXT_BYTES;
use parser::Saved;
pub use subject::Subject;
pub(crate) use suggest::nearest;
pub use value::{parse_duration_ns, parse_size_bytes};

use expr::{Expr, Test};
use field::{Field, Operator};

/// A condition on processes and events. The default, also made of an empty text, holds for everything.
///
/// Cheap to clone. Two filters are equal when their texts are.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    text: String,
    /// `None` holds for everything.
    expr: Option<Arc<Expr>>,
}

impl Filter {
    /// Reads a filter; `names` turns a user's name into its uid.
    ///
    /// # Errors
    /// The first mistake in `text`, with its place.
    pub fn parse(text: &str, names: &dyn Fn(&str) -> Option<u32>) -> Result<Self, ParseError> {
        Self::parse_with(text, names, &BTreeMap::new())
    }

    /// As [`Filter::parse`], with saved filters by their names: `@name` stands for one of them. Where there are none, it
    /// is a word as any other.
    ///
    /// # Errors
    /// As [`Filter::parse`]; of a mistake in a saved filter the place is that of its name.
    pub fn parse_with(
        text: &str,
        names: &dyn Fn(&str) -> Option<u32>,
        saved: &BTreeMap<String, String>,
    ) -> Result<Self, ParseError> {
        let expr = parser::parse(text, names, Saved::Named(saved))?.map(Arc::new);
        Ok(Self { text: text.trim().to_owned(), expr })
    }

    /// As [`Filter::parse`], a filter that is to be saved: it can't name another one.
    ///
    /// # Errors
    /// As [`Filter::parse`].
    pub fn parse_saved(text: &str, names: &dyn Fn(&str) -> Option<u32>) -> Result<Self, ParseError> {
        let expr = parser::parse(text, names, Saved::Within)?.map(Arc::new);
        Ok(Self { text: text.trim().to_owned(), expr })
    }

    /// `comm:pattern`; a pattern that begins with `=` must be the whole comm, after `~` it is a regular expression.
    ///
    /// # Errors
    /// An empty pattern, an overlong one or an invalid regular expression, with its place in `pattern`.
    pub fn comm(pattern: &str) -> Result<Self, ParseError> {
        let (operator, value) = match pattern.split_at_checked(1) {
            Some(("=", rest)) => (Operator::Equal, rest),
            Some(("~", rest)) => (Operator::Matches, rest),
            _ => (Operator::Contains, pattern),
        };
        let at = pattern.len() - value.len();
        let fail = |message: String| Err(ParseError::new(pattern, at..pattern.len(), message));
        if value.is_empty() {
            return fail("the pattern is empty".into());
        }
        if pattern.len() > MAX_TEXT_BYTES {
            return fail(format!("a pattern has at most {MAX_TEXT_BYTES} bytes"));
        }
        match pattern::TextTest::new(operator, value) {
            Ok(test) => {
                let text = format!("{}{}{}", Field::Comm.name(), operator.symbol(), pattern::literal(value));
                Ok(Self::of(text, Test::Comm(test)))
            }
            Err(message) => fail(message),
        }
    }

    /// `dur>=`: lasted, or has lasted, at least so many nanoseconds. Zero restricts nothing.
    pub fn min_duration(ns: u64) -> Self {
        if ns == 0 {
            return Self::default();
        }
        let mut length = humantime::format_duration(std::time::Duration::from_nanos(ns)).to_string();
        length.retain(|c| c != ' ');
        Self::of(
            format!("dur>={length}"),
            Test::Number { field: Field::Dur, operator: Operator::AtLeast, value: ns },
        )
    }

    /// `uid=`: the effective user.
    pub fn user(uid: u32) -> Self {
        let test = Test::Number { field: Field::Uid, operator: Operator::Equal, value: uid.into() };
        Self::of(format!("uid={uid}"), test)
    }

    /// `under=`: the process `pid` and its descendants.
    pub fn under(pid: u32) -> Self {
        Self::of(format!("under={pid}"), Test::Under { pid, equal: true })
    }

    fn of(text: String, test: Test) -> Self {
        Self { text, expr: Some(Arc::new(Expr::Test(test))) }
    }

    /// Both. Its text is a filter again, though it may be longer than [`Filter::parse`] takes.
    #[must_use]
    pub fn and(a: Self, b: Self) -> Self {
        let (Some(left), Some(right)) = (&a.expr, &b.expr) else {
            return if a.is_empty() { b } else { a };
        };
        let text = format!("{} and {}", a.as_operand(), b.as_operand());
        let mut all = Vec::new();
        for side in [left, right] {
            match &**side {
                // Flat, so that no number of combinations makes evaluation recurse deeper.
                Expr::And(parts) => all.extend(parts.iter().cloned()),
                other => all.push(other.clone()),
            }
        }
        Self { text, expr: Some(Arc::new(Expr::And(all))) }
    }

    /// The text as one side of an `and`.
    fn as_operand(&self) -> String {
        match self.expr.as_deref() {
            Some(Expr::Or(_)) => format!("({})", self.text),
            _ => self.text.clone(),
        }
    }

    /// Whether `subject` satisfies the filter.
    pub fn matches<S: Subject + ?Sized>(&self, subject: &S) -> bool {
        self.expr.as_deref().is_none_or(|expr| expr.holds(subject))
    }

    /// Adds the places in a text of a process where something is that the filter looks for, to be marked; in no order,
    /// and they may overlap. There are none of what it wants absent.
    pub fn find_in(&self, part: Part, text: &[u8], found: &mut Vec<Range<usize>>) {
        if let Some(expr) = self.expr.as_deref() {
            expr.find_in(part, text, found);
        }
    }

    /// Whether `other` is this very filter, or neither asks for anything. Equal texts are not enough: a name may have
    /// got to mean another user.
    pub fn is_same(&self, other: &Self) -> bool {
        match (&self.expr, &other.expr) {
            (Some(own), Some(other)) => Arc::ptr_eq(own, other),
            (own, other) => own.is_none() && other.is_none(),
        }
    }

    /// Whether the answer for what lives can change with time alone.
    pub fn asks_for_duration(&self) -> bool {
        self.expr.as_deref().is_some_and(|expr| expr.any(Test::is_about_duration))
    }

    /// The lifetimes, in nanoseconds, at which the answer for what lives can become another one.
    pub fn durations(&self) -> Vec<u64> {
        let mut found = Vec::new();
        if let Some(expr) = &self.expr {
            expr.visit(&mut |test| found.extend(test.duration()));
        }
        // At the time itself, or right after it.
        found.iter().flat_map(|&ns: &u64| [ns, ns.saturating_add(1)]).collect()
    }

    /// Whether the answer depends on who the ancestors are.
    pub fn asks_for_ancestors(&self) -> bool {
        self.expr.as_deref().is_some_and(|expr| expr.any(|test| matches!(test, Test::Under { .. })))
    }

    /// Whether the answer depends on what is known of cgroups.
    pub fn asks_for_cgroup(&self) -> bool {
        self.expr.as_deref().is_some_and(|expr| expr.any(|test| matches!(test, Test::Cgroup(_))))
    }

    /// Whether the answer for a line of the log depends neither on images nor on what processes cost.
    pub fn is_about_heads(&self) -> bool {
        self.expr.as_deref().is_none_or(|expr| !expr.any(|test| !test.is_about_heads()))
    }

    /// Whether it takes a regular expression to answer.
    pub fn has_regex(&self) -> bool {
        self.expr.as_deref().is_some_and(|expr| expr.any(Test::has_regex))
    }

    /// True when everything matches because nothing is asked.
    pub const fn is_empty(&self) -> bool {
        self.expr.is_none()
    }

    /// The source, without surrounding blanks; `""` for the empty filter.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Filter {}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
