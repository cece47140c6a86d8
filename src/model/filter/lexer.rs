//! Cuts a filter's text into tokens. A comparison is one token, because what a value may hold depends on its operator.

use std::ops::Range;

use super::error::{ParseError, quote};
use super::field::{Field, Operator};

/// A token and the bytes that it was made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) span: Range<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    Open,
    Close,
    And,
    Or,
    Not,
    /// A bare or quoted word.
    Word(String),
    /// A field, an operator that goes with it and a value; whether that fits is for the parser to say.
    Comparison {
        field: Field,
        operator: Operator,
        value: String,
        value_span: Range<usize>,
    },
}

pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// The next token; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Token>, ParseError> {
        self.skip_blanks();
        let start = self.at;
        let Some(first) = self.rest().chars().next() else {
            return Ok(None);
        };
        let kind = match first {
            '(' => self.single(TokenKind::Open),
            ')' => self.single(TokenKind::Close),
            '!' if !self.rest().starts_with("!=") => self.single(TokenKind::Not),
            '"' => TokenKind::Word(self.quoted()?),
            _ => match Operator::at_start(self.rest()) {
                Some(operator) => {
                    let symbol = operator.symbol();
                    let message = format!(
                        "no field before '{symbol}'; to search for it, put the text in double quotes"
                    );
                    return Err(self.error(start..start + symbol.len(), message));
                }
                None => self.comparison_or_word()?,
            },
        };
        Ok(Some(Token { kind, span: start..self.at }))
    }

    fn comparison_or_word(&mut self) -> Result<TokenKind, ParseError> {
        let name = self.at..self.at + name_len(self.rest());
        if !name.is_empty() {
            let after = self.text.get(name.end..).unwrap_or_default();
            let operator_at = self.text.len() - after.trim_start().len();
            if let Some(operator) = Operator::at_start(after.trim_start()) {
                return self.comparison(name, operator, operator_at);
            }
            if is_negated(after.trim_start()) {
                let field = self.field(name)?;
                return Err(self.unknown_operator(field, operator_at));
            }
        }
        self.word()
    }

    fn field(&self, name: Range<usize>) -> Result<Field, ParseError> {
        let written = self.text.get(name.clone()).unwrap_or_default();
        Field::by_name(written).map_err(|message| self.error(name, message))
    }

    fn comparison(
        &mut self,
        name: Range<usize>,
        operator: Operator,
        operator_at: usize,
    ) -> Result<TokenKind, ParseError> {
        let field = self.field(name.clone())?;
        self.at = operator_at + operator.symbol().len();
        // `a > b`, `a >b` and `a>b`; behind `a> ` may come what stands for itself.
        let spaced = operator_at > name.end;
        let next = if spaced { self.rest().trim_start() } else { self.rest() };
        if next.starts_with(['=', '<', '>', '~', ':']) {
            return Err(self.unknown_operator(field, operator_at));
        }
        if !field.operators().contains(&operator) {
            let message = format!("'{}' does not go with {}", operator.symbol(), takes(field, "; it"));
            return Err(self.error(operator_at..self.at, message));
        }
        if spaced || self.value_follows() {
            self.skip_blanks();
        }
        let value_at = self.at;
        let value = match self.rest().starts_with('"') {
            true => self.quoted()?,
            false => self.bare(operator == Operator::Matches)?.to_owned(),
        };
        if self.at == value_at {
            let written = self.text.get(name.start..value_at).unwrap_or_default().trim();
            let message = format!("no value after {}; {}", quote(written), field.wanted(operator));
            return Err(self.error(value_at..value_at, message));
        }
        Ok(TokenKind::Comparison { field, operator, value, value_span: value_at..self.at })
    }

    /// Whether a value comes, after blanks as a rule: in `comm: dur>5ms` and `comm: or x` it was forgotten.
    fn value_follows(&self) -> bool {
        let next = self.rest().trim_start();
        let word =
            next.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')')).next().unwrap_or_default();
        let joins =
            ["and", "or", "not", "&&", "&", "||", "|"].iter().any(|join| join.eq_ignore_ascii_case(word));
        let behind = next.get(name_len(next)..).unwrap_or_default().trim_start();
        let compares = Operator::at_start(behind).is_some() || is_negated(behind);
        !(word.is_empty() || word.starts_with(['!', '@']) || joins || compares)
    }

    /// More operator characters than any operator has, or an operator that `!` does not turn into its opposite, from
    /// `start` on.
    fn unknown_operator(&self, field: Field, start: usize) -> ParseError {
        let rest = self.text.get(start..).unwrap_or_default();
        let written = rest.find(|c| !"=<>~:!".contains(c)).and_then(|end| rest.get(..end)).unwrap_or(rest);
        let way_out = match meant(written.trim_start_matches('!')) {
            Some(meant) if written.starts_with('!') => self.opposite(field, meant, start + written.len()),
            Some(meant) if field.operators().contains(&meant) => format!("write '{}'", meant.symbol()),
            Some(_) => takes(field, ""),
            None => "put the value in double quotes".into(),
        };
        self.error(start..start + written.len(), format!("unknown operator {}; {way_out}", quote(written)))
    }

    /// How to write that a comparison does not hold; its value begins at `at`, or after blanks.
    fn opposite(&self, field: Field, operator: Operator, at: usize) -> String {
        let value = match self.value_at(at) {
            "" => "…",
            value => value,
        };
        let name = field.name();
        let is_text = field.operators().contains(&Operator::Matches);
        match operator {
            Operator::Equal => format!("write {}", quote(&format!("{name}!={value}"))),
            Operator::Contains | Operator::Matches if !is_text => {
                format!("write {}", quote(&format!("{name}!={value}")))
            }
            _ if field.operators().contains(&operator) => {
                format!("write {}", quote(&format!("not {name}{}{value}", operator.symbol())))
            }
            _ => takes(field, ""),
        }
    }

    /// The value from `at` on as it is written; nothing where there is none.
    fn value_at(&self, at: usize) -> &'a str {
        let mut ahead = Lexer { text: self.text, at };
        ahead.skip_blanks();
        let start = ahead.at;
        let is_read = match ahead.rest().starts_with('"') {
            true => ahead.quoted().is_ok(),
            false => ahead.bare(false).is_ok(),
        };
        self.text.get(start..ahead.at).filter(|_| is_read).unwrap_or_default()
    }

    fn word(&mut self) -> Result<TokenKind, ParseError> {
        let start = self.at;
        let word = self.bare(false)?;
        let kind = match word {
            _ if word.eq_ignore_ascii_case("and") => TokenKind::And,
            _ if word.eq_ignore_ascii_case("or") => TokenKind::Or,
            _ if word.eq_ignore_ascii_case("not") => TokenKind::Not,
            "&&" | "&" => return Err(self.error(start..self.at, format!("write 'and' for '{word}'"))),
            "||" | "|" => return Err(self.error(start..self.at, format!("write 'or' for '{word}'"))),
            _ => TokenKind::Word(word.to_owned()),
        };
        Ok(kind)
    }

    /// Text up to a blank or a parenthesis; in a regular expression, balanced parentheses and those after a
    /// backslash are part of it.
    fn bare(&mut self, regex: bool) -> Result<&'a str, ParseError> {
        let start = self.at;
        let mut depth = 0usize;
        let mut escaped = false;
        let mut end = self.text.len();
        for (offset, c) in self.rest().char_indices() {
            let literal = escaped;
            escaped = regex && c == '\\' && !literal;
            let ends = match c {
                _ if c.is_whitespace() => true,
                '(' | ')' if literal => false,
                '(' if regex => {
                    depth += 1;
                    false
                }
                ')' if depth > 0 => {
                    depth -= 1;
                    false
                }
                '"' if !literal => {
                    let at = start + offset;
                    return Err(
                        self.error(at..at + 1, "a quote in the middle; put all of the text in quotes")
                    );
                }
                _ => matches!(c, '(' | ')'),
            };
            if ends {
                end = start + offset;
                break;
            }
        }
        self.at = end;
        Ok(self.text.get(start..end).unwrap_or_default())
    }

    /// A quoted string; the quote that opens it comes next.
    fn quoted(&mut self) -> Result<String, ParseError> {
        let start = self.at;
        let mut value = String::new();
        let mut chars = self.rest().char_indices().skip(1).peekable();
        while let Some((offset, c)) = chars.next() {
            match c {
                '"' => {
                    self.at = start + offset + 1;
                    return self.after_quote().map(|()| value);
                }
                // Any other backslash stands for itself, so that regular expressions need no doubling.
                '\\' => match chars.next_if(|&(_, next)| matches!(next, '"' | '\\')) {
                    Some((_, next)) => value.push(next),
                    None => value.push('\\'),
                },
                _ => value.push(c),
            }
        }
        Err(self.error(start..self.text.len(), "this quote is never closed"))
    }

    fn after_quote(&self) -> Result<(), ParseError> {
        match self.rest().chars().next() {
            Some(c) if !c.is_whitespace() && !matches!(c, '(' | ')') => {
                Err(self.error(self.at..self.at + c.len_utf8(), "a space must follow the closing quote"))
            }
            _ => Ok(()),
        }
    }

    const fn single(&mut self, kind: TokenKind) -> TokenKind {
        self.at += 1;
        kind
    }

    fn skip_blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn error(&self, span: Range<usize>, message: impl Into<String>) -> ParseError {
        ParseError::new(self.text, span, message)
    }
}

/// Whether `text` begins with `!` in front of an operator.
fn is_negated(text: &str) -> bool {
    text.starts_with('!') && text.trim_start_matches('!').starts_with(['=', '<', '>', '~', ':'])
}

/// The operator that is written so, here or in another language.
fn meant(written: &str) -> Option<Operator> {
    match written {
        "==" | ":=" | "=:" => Some(Operator::Equal),
        "=~" | ":~" | "~=" | "~~" => Some(Operator::Matches),
        "=<" => Some(Operator::AtMost),
        "=>" => Some(Operator::AtLeast),
        "<>" => Some(Operator::Unequal),
        _ => Operator::at_start(written).filter(|operator| operator.symbol() == written),
    }
}

/// `'comm' takes : = != ~`, with something between the two.
fn takes(field: Field, between: &str) -> String {
    let known = field.operators().iter().map(|known| known.symbol()).collect::<Vec<_>>().join(" ");
    format!("'{}'{between} takes {known}", field.name())
}

/// The length of the name that `text` begins with. `-` belongs to it, so that `min-dur>5` is an unknown field and not
/// a word to search for.
pub(super) fn name_len(text: &str) -> usize {
    if !text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        return 0;
    }
    text.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '-')).unwrap_or(text.len())
}
