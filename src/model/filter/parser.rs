//! Recursive descent over the tokens: `or` of `and` of `not` of tests.

use std::collections::BTreeMap;
use std::ops::Range;

use super::error::{ParseError, quote};
use super::expr::{Expr, Test};
use super::field::{Field, Operator};
use super::lexer::{Lexer, Token, TokenKind};
use super::pattern::TextTest;
use super::value;

/// The longest text that is read as a filter, in bytes.
pub const MAX_TEXT_BYTES: usize = 4096;
/// How deep parentheses and negations may nest; bounds every recursion over the result.
const MAX_DEPTH: usize = 64;
/// How many regular expressions one text may hold, each of which may take megabytes.
const MAX_REGEXES: usize = 16;

/// How many bytes of saved filters one text may call in, each time counted.
const MAX_SAVED_BYTES: usize = 4 * MAX_TEXT_BYTES;

/// What `@name` means.
#[derive(Clone, Copy)]
pub(super) enum Saved<'a> {
    /// These filters.
    Named(&'a BTreeMap<String, String>),
    /// It stands in a saved filter itself: nothing, so that there are no circles.
    Within,
}

/// Reads a whole text; `None` when there is nothing in it.
pub(super) fn parse(
    text: &str,
    names: &dyn Fn(&str) -> Option<u32>,
    saved: Saved<'_>,
) -> Result<Option<Expr>, ParseError> {
    let mut parser =
        Parser { text, lexer: Lexer::new(text), next: None, names, saved, regexes: 0, saved_bytes: 0 };
    parser.whole(0)
}

impl Parser<'_> {
    fn whole(&mut self, depth: usize) -> Result<Option<Expr>, ParseError> {
        let text = self.text;
        if text.len() > MAX_TEXT_BYTES {
            let at = (0..=MAX_TEXT_BYTES).rfind(|&at| text.is_char_boundary(at)).unwrap_or(0);
            let message = format!("a filter has at most {MAX_TEXT_BYTES} bytes");
            return Err(ParseError::new(text, at..text.len(), message));
        }
        self.next = self.lexer.next()?;
        if self.next.is_none() {
            return Ok(None);
        }
        let expr = self.any_of(depth)?;
        match self.next.take() {
            None => Ok(Some(expr)),
            Some(token) => Err(ParseError::new(text, token.span, "this ')' closes nothing")),
        }
    }

    /// What the saved filter means whose name stands at `span`, after the `@`.
    fn saved(&mut self, name: &str, span: Range<usize>, depth: usize) -> Result<Expr, ParseError> {
        let Saved::Named(saved) = self.saved else {
            return Err(self.error(span, "a saved filter can't name another one"));
        };
        let Some(text) = saved.get(name) else {
            let known = saved.keys().map(|name| format!("@{name}")).collect::<Vec<_>>().join(" ");
            let known: String = known.chars().take(60).collect();
            let message = format!("unknown saved filter {}; there is {}", quote(name), quote(&known));
            return Err(self.error(span, message));
        };
        self.saved_bytes += text.len();
        if self.saved_bytes > MAX_SAVED_BYTES {
            return Err(self.error(span, format!("more than {MAX_SAVED_BYTES} bytes of saved filters")));
        }
        let mut inner = Parser {
            text,
            lexer: Lexer::new(text),
            next: None,
            names: self.names,
            saved: Saved::Within,
            regexes: self.regexes,
            saved_bytes: self.saved_bytes,
        };
        let expr = inner.whole(depth + 1);
        self.regexes = inner.regexes;
        match expr {
            Ok(Some(expr)) => Ok(expr),
            Ok(None) => Err(self.error(span, format!("the saved filter {} is empty", quote(name)))),
            Err(mistake) => Err(self.error(span, format!("in the saved filter {}, {mistake}", quote(name)))),
        }
    }

    /// Whether `@` has a meaning.
    fn has_saved(&self) -> bool {
        match self.saved {
            Saved::Named(saved) => !saved.is_empty(),
            Saved::Within => true,
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    lexer: Lexer<'a>,
    next: Option<Token>,
    names: &'a dyn Fn(&str) -> Option<u32>,
    saved: Saved<'a>,
    regexes: usize,
    saved_bytes: usize,
}

impl Parser<'_> {
    fn any_of(&mut self, depth: usize) -> Result<Expr, ParseError> {
        let mut parts = vec![self.all_of(depth)?];
        while self.next_is(&TokenKind::Or) {
            self.advance()?;
            parts.push(self.all_of(depth)?);
        }
        Ok(one_or(parts, Expr::Or))
    }

    fn all_of(&mut self, depth: usize) -> Result<Expr, ParseError> {
        let mut parts = vec![self.term(depth)?];
        loop {
            match self.next.as_ref().map(|token| &token.kind) {
                None | Some(TokenKind::Or | TokenKind::Close) => return Ok(one_or(parts, Expr::And)),
                Some(TokenKind::And) => {
                    self.advance()?;
                }
                Some(_) => {}
            }
            parts.push(self.term(depth)?);
        }
    }

    fn term(&mut self, depth: usize) -> Result<Expr, ParseError> {
        let Some(token) = self.advance()? else {
            return Err(self.missing(self.text.len()));
        };
        if depth >= MAX_DEPTH {
            let message = format!("more than {MAX_DEPTH} levels of parentheses and negations");
            return Err(self.error(token.span, message));
        }
        match token.kind {
            TokenKind::Open => self.group(&token.span, depth),
            TokenKind::Not => Ok(Expr::Not(Box::new(self.term(depth + 1)?))),
            TokenKind::Word(word)
                if self.has_saved()
                    && self.text.get(token.span.clone()).is_some_and(|text| text.starts_with('@')) =>
            {
                self.saved(word.get(1..).unwrap_or_default(), token.span, depth)
            }
            TokenKind::Word(word) => {
                let test = TextTest::new(Operator::Contains, &word);
                let test = test.map_err(|message| self.error(token.span.clone(), message))?;
                self.counted(Test::Word(test), token.span)
            }
            TokenKind::Comparison { field, operator, value, value_span } => {
                let test = self.test(field, operator, &value);
                let test = test.map_err(|message| self.error(value_span.clone(), message))?;
                self.counted(test, value_span)
            }
            TokenKind::Close | TokenKind::And | TokenKind::Or => Err(self.missing(token.span.start)),
        }
    }

    fn group(&mut self, open: &Range<usize>, depth: usize) -> Result<Expr, ParseError> {
        if self.next.is_none() {
            return Err(self.error(open.clone(), "this '(' is never closed"));
        }
        if let Some(Token { kind: TokenKind::Close, span }) = &self.next {
            return Err(self.error(open.start..span.end, "there is nothing in these parentheses"));
        }
        let inner = self.any_of(depth + 1)?;
        match self.advance()? {
            Some(Token { kind: TokenKind::Close, .. }) => Ok(inner),
            _ => Err(self.error(open.clone(), "this '(' is never closed")),
        }
    }

    fn test(&self, field: Field, operator: Operator, value: &str) -> Result<Test, String> {
        let equal = operator != Operator::Unequal;
        let number = |value: u64| Test::Number { field, operator, value };
        Ok(match field {
            Field::Comm => Test::Comm(TextTest::new(operator, value)?),
            Field::Argv => Test::Argv(TextTest::new(operator, value)?),
            Field::File => Test::File(TextTest::new(operator, value)?),
            Field::Dur | Field::Cpu => number(value::parse_duration_ns(value)?),
            Field::Rss => number(value::parse_size_bytes(value)?),
            Field::Exit => match value::exit_code(value)? {
                0 if operator == Operator::Unequal => Test::Failed,
                code => number(code.into()),
            },
            Field::Cwd => Test::Cwd(TextTest::new(operator, value)?),
            Field::Cgroup => Test::Cgroup(TextTest::new(operator, value)?),
            Field::Tty => Test::Tty(TextTest::new(operator, value)?),
            Field::Killer => {
                let pid = value.parse().ok().filter(|_| operator != Operator::Matches);
                Test::Killer { text: TextTest::new(operator, value)?, pid }
            }
            Field::Sid => number(value::session(value)?.into()),
            Field::Errno => number(value::errno(value)?.into()),
            Field::Threads => number(value::count(value)?.into()),
            Field::Sig => number(value::signal(value)?.into()),
            Field::Uid | Field::User => number(value::user(value, self.names)?.into()),
            Field::Pid | Field::Ppid => number(value::pid(value)?.into()),
            Field::Under => Test::Under { pid: value::pid(value)?, equal },
            Field::Event => Test::Event { kind: value::event(value)?, equal },
            Field::State => Test::State { state: value::state(value)?, equal },
        })
    }

    fn counted(&mut self, test: Test, span: Range<usize>) -> Result<Expr, ParseError> {
        self.regexes += usize::from(test.has_regex());
        if self.regexes > MAX_REGEXES {
            return Err(self.error(span, format!("more than {MAX_REGEXES} regular expressions")));
        }
        Ok(Expr::Test(test))
    }

    /// Takes the next token.
    fn advance(&mut self) -> Result<Option<Token>, ParseError> {
        let following = if self.next.is_some() { self.lexer.next()? } else { None };
        let token = std::mem::replace(&mut self.next, following);
        Ok(token)
    }

    fn next_is(&self, kind: &TokenKind) -> bool {
        self.next.as_ref().is_some_and(|token| token.kind == *kind)
    }

    /// An operand is missing at `at`.
    fn missing(&self, at: usize) -> ParseError {
        let before = self.text.get(..at).unwrap_or_default().trim_end();
        let word =
            before.rsplit(|c: char| c.is_whitespace() || matches!(c, '(' | ')')).next().unwrap_or_default();
        let message = if word.is_empty() {
            "a condition is missing here".into()
        } else {
            format!("a condition is missing after {}", quote(word))
        };
        self.error(at..at, message)
    }

    fn error(&self, span: Range<usize>, message: impl Into<String>) -> ParseError {
        ParseError::new(self.text, span, message)
    }
}

/// A list of one is its only member.
fn one_or(mut parts: Vec<Expr>, join: fn(Vec<Expr>) -> Expr) -> Expr {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            join(parts)
        }
        None => join(parts),
    }
}
