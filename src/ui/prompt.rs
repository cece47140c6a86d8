//! A line that is being edited.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_input::{Input, InputRequest};

use super::completion::Completion;
use super::edit::{BeforeFilter, BeforeSearch};
use super::filters::{FilterKind, Mistake};
use super::history::Recalled;
use super::mode::Mode;
use crate::model::filter::MAX_TEXT_BYTES;

/// What the line is for, with what a cancelled edit goes back to.
#[derive(Debug)]
pub(super) enum Purpose {
    /// One of the filters.
    Filter(FilterKind, BeforeFilter),
    /// A search.
    Search(BeforeSearch),
    /// The name of a file for the screen, with what had the keys before.
    Picture(Box<Mode>),
    /// An instant to look at.
    Instant,
}

/// An edit under way.
#[derive(Debug)]
pub(super) struct Prompt {
    pub(super) purpose: Purpose,
    pub(super) input: Input,
    /// What is wrong with the text as it stands.
    pub(super) mistake: Option<Mistake>,
    /// The choice of what to put in at the cursor.
    pub(super) completion: Option<Completion>,
    /// The line that was typed before and has come back.
    pub(super) recalled: Option<Recalled>,
}

impl Prompt {
    /// How many kinds of prompts there are.
    pub(super) const KINDS: usize = 6;
    /// What the kinds are called where their lines are kept.
    pub(super) const NAMES: [&str; Self::KINDS] =
        ["filter", "comm", "min-duration", "search", "picture", "instant"];

    /// The kind of filters.
    pub(super) const FILTER: usize = 0;

    /// Which of the kinds it is, below [`Prompt::KINDS`].
    pub(super) const fn kind(&self) -> usize {
        match self.purpose {
            Purpose::Filter(FilterKind::Expression, _) => Self::FILTER,
            Purpose::Filter(FilterKind::Comm, _) => 1,
            Purpose::Filter(FilterKind::MinDuration, _) => 2,
            Purpose::Search(_) => 3,
            Purpose::Picture(_) => 4,
            Purpose::Instant => 5,
        }
    }

    pub(super) fn new(purpose: Purpose, text: &str) -> Self {
        let input = Input::new(text.to_owned());
        Self { purpose, input, mistake: None, completion: None, recalled: None }
    }

    /// Takes in a key; tells whether the text changed, if the key meant anything.
    pub(super) fn on_key(&mut self, key: KeyEvent) -> Option<bool> {
        let request = request(key)?;
        let was_choosing = self.completion.take().is_some();
        let full = self.input.value().len() >= MAX_TEXT_BYTES;
        let changed = match request {
            InputRequest::InsertChar(_) | InputRequest::Yank if full => None,
            request => self.input.handle(request).map(|changed| changed.value),
        };
        changed.or(was_choosing.then_some(false))
    }

    /// Takes in pasted text, as much of it as a filter may have. Line ends become blanks.
    pub(super) fn on_paste(&mut self, text: &str) {
        self.completion = None;
        for c in text.chars() {
            if self.input.value().len() + c.len_utf8() > MAX_TEXT_BYTES {
                break;
            }
            let c = if c.is_whitespace() { ' ' } else { c };
            if !c.is_control() {
                self.input.handle(InputRequest::InsertChar(c));
            }
        }
    }

    pub(super) const fn label(&self) -> &'static str {
        match self.purpose {
            Purpose::Filter(FilterKind::Expression, _) => "Filter: ",
            Purpose::Filter(FilterKind::Comm, _) => "Comm contains: ",
            Purpose::Filter(FilterKind::MinDuration, _) => "Lived at least: ",
            Purpose::Search(_) => "Search: ",
            Purpose::Picture(_) => "Write the screen (.svg or .txt) to: ",
            Purpose::Instant => "Look at: ",
        }
    }

    /// The label where there is no room for it.
    pub(super) const fn sign(&self) -> &'static str {
        match self.purpose {
            Purpose::Filter(..) => "/ ",
            Purpose::Search(_) | Purpose::Picture(_) | Purpose::Instant => "> ",
        }
    }

    /// What it looks like, for one who has typed nothing.
    pub(super) const fn example(&self) -> &'static str {
        match self.purpose {
            Purpose::Filter(FilterKind::Expression, _) => {
                "comm:cc1 dur>50ms exit!=0 user=root (a or b) not c"
            }
            Purpose::Filter(FilterKind::Comm, _) => "cc1; =cc1 exactly, ~^cc a regular expression",
            Purpose::Filter(FilterKind::MinDuration, _) => "10ms, 1.5s; a bare number is milliseconds",
            Purpose::Picture(_) => "NAME.svg is a picture, NAME.txt is text",
            Purpose::Instant => "14:03:22, +12.5s from the start, -30s from the end, 50%",
            Purpose::Search(_) => "a part of a comm or of an argument, in any case",
        }
    }
}

/// What a key asks of the line: the keys of readline.
fn request(key: KeyEvent) -> Option<InputRequest> {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let alt = key.modifiers.contains(KeyModifiers::ALT);
    Some(match key.code {
        KeyCode::Left if control || alt => InputRequest::GoToPrevWord,
        KeyCode::Right if control || alt => InputRequest::GoToNextWord,
        KeyCode::Left => InputRequest::GoToPrevChar,
        KeyCode::Right => InputRequest::GoToNextChar,
        KeyCode::Home => InputRequest::GoToStart,
        KeyCode::End => InputRequest::GoToEnd,
        KeyCode::Backspace if alt => InputRequest::DeletePrevWord,
        KeyCode::Backspace => InputRequest::DeletePrevChar,
        KeyCode::Delete => InputRequest::DeleteNextChar,
        KeyCode::Char('a') if control => InputRequest::GoToStart,
        KeyCode::Char('e') if control => InputRequest::GoToEnd,
        KeyCode::Char('w') if control => InputRequest::DeletePrevWord,
        KeyCode::Char('u') if control => InputRequest::DeleteFromStart,
        KeyCode::Char('k') if control => InputRequest::DeleteTillEnd,
        KeyCode::Char('h') if control => InputRequest::DeletePrevChar,
        KeyCode::Char('b') if alt => InputRequest::GoToPrevWord,
        KeyCode::Char('f') if alt => InputRequest::GoToNextWord,
        KeyCode::Char(c) if !control && !alt && !c.is_control() => InputRequest::InsertChar(c),
        _ => return None,
    })
}
