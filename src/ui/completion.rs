//! Completion in the line where a filter is typed: what could stand at the cursor, one after the other.

use std::ops::Range;

use ratatui::layout::Rect;
use tui_input::Input;

use super::filters::FilterKind;
use super::paint::{Canvas, Piece, line_of, scrolled_to};
use super::prompt::{Prompt, Purpose};
use super::scene::Scene;
use super::theme::Role;
use crate::model::filter::complete::{self, Place, Values, Wanted};
use crate::model::values::{Seen, seen};
use crate::text;

/// The most that is offered.
const MOST: usize = 64;
/// The lines of the list.
const LINES: usize = 7;
/// The columns of a value in the list, at most.
const WIDEST: usize = 40;

/// What can be put in.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Candidate {
    /// As it is written into the line.
    insert: String,
    /// What is to be said about it; untrusted.
    about: String,
}

impl Candidate {
    fn new(insert: impl Into<String>, about: impl Into<String>) -> Self {
        Self { insert: insert.into(), about: about.into() }
    }

    fn of(seen: Seen, write: fn(&str) -> String) -> Self {
        let about = seen.of.unwrap_or_else(|| text::count(seen.processes));
        Self { insert: write(&seen.value), about }
    }
}

/// A choice under way: the list is on the screen.
#[derive(Debug)]
pub(super) struct Completion {
    /// The line as it was typed.
    before: Input,
    span: Range<usize>,
    candidates: Vec<Candidate>,
    chosen: usize,
}

/// Which candidate comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    Next,
    Previous,
}

impl Prompt {
    /// Puts in the first candidate, or another one where there is a choice already. False when there is none.
    pub(super) fn complete(&mut self, turn: Turn, scene: &Scene<'_>, saved: &Saved) -> bool {
        match &mut self.completion {
            Some(completion) => completion.turn(turn),
            None => self.completion = self.begin_completion(scene, saved),
        }
        let Some(completion) = &self.completion else { return false };
        self.input = completion.input();
        if completion.candidates.len() == 1 {
            self.completion = None;
        }
        true
    }

    /// Ends the choice and takes back what was put in. False when there is none.
    pub(super) fn take_completion_back(&mut self) -> bool {
        let completion = self.completion.take();
        let is_some = completion.is_some();
        if let Some(completion) = completion {
            self.input = completion.before;
        }
        is_some
    }

    fn begin_completion(&self, scene: &Scene<'_>, saved: &Saved) -> Option<Completion> {
        let text = self.input.value();
        let cursor = text.chars().take(self.input.cursor()).map(char::len_utf8).sum();
        let (span, candidates) = match self.purpose {
            Purpose::Filter(FilterKind::Expression, _) => {
                let place = complete::place(text, cursor)?;
                let candidates = candidates(&place, scene, saved);
                (place.span, candidates)
            }
            Purpose::Filter(FilterKind::Comm, _) => {
                let start = usize::from(text.starts_with('='));
                let typed = text.get(start..cursor).filter(|_| !text.starts_with('~'))?;
                // Here a comm stands for itself, but these two signs at its beginning don't.
                let values = values(Values::Comm, typed, scene, str::to_owned);
                let plain = |candidate: &Candidate| !candidate.insert.starts_with(['=', '~', ' ']);
                (start..text.len(), values.into_iter().filter(plain).collect())
            }
            Purpose::Filter(FilterKind::MinDuration, _) => {
                (0..text.len(), values(Values::Duration, text.get(..cursor)?, scene, str::to_owned))
            }
            Purpose::Picture(_) | Purpose::Instant => return None,
            Purpose::Search(_) => {
                (0..text.len(), values(Values::Comm, text.get(..cursor)?, scene, str::to_owned))
            }
        };
        let is_new = |candidate: &Candidate| text.get(span.clone()) != Some(&candidate.insert);
        let candidates: Vec<_> = candidates.into_iter().filter(is_new).take(MOST).collect();
        let before = self.input.clone();
        (!candidates.is_empty()).then_some(Completion { before, span, candidates, chosen: 0 })
    }
}

/// Saved filters by their names.
pub(super) type Saved = std::collections::BTreeMap<String, String>;

fn candidates(place: &Place, scene: &Scene<'_>, saved: &Saved) -> Vec<Candidate> {
    let typed = place.typed.as_str();
    match place.wanted {
        Wanted::Word => {
            let names = complete::names(typed).map(|(name, about)| Candidate::new(name, about));
            // Without a beginning every comm would fit, and hide the saved filters.
            let comms = if typed.is_empty() {
                Vec::new()
            } else {
                values(Values::Comm, typed, scene, complete::word)
            };
            let saved = if typed.is_empty() { saved_named("@", saved) } else { Vec::new() };
            names.chain(saved).chain(comms).collect()
        }
        Wanted::Quoted => values(Values::Comm, typed, scene, complete::word),
        Wanted::Saved => saved_named(typed, saved),
        Wanted::Value(of) => values(of, typed, scene, complete::literal),
    }
}

/// The saved filters whose names begin so, as far as they can be written.
fn saved_named(typed: &str, saved: &Saved) -> Vec<Candidate> {
    let writable = |name: &str| !name.is_empty() && complete::literal(name) == name;
    let named = saved.iter().filter(|(name, _)| writable(name));
    let named = named.map(|(name, text)| Candidate::new(format!("@{name}"), text.as_str()));
    named.filter(|candidate| candidate.insert.starts_with(typed)).collect()
}

/// What processes have, and after that what else there can be.
fn values(of: Values, typed: &str, scene: &Scene<'_>, write: fn(&str) -> String) -> Vec<Candidate> {
    let user = |uid: u32| scene.users.get(&uid).cloned().unwrap_or_else(|| uid.to_string());
    let signal = |signal: u8| text::signal_name(signal).trim_start_matches("SIG").to_owned();
    let seen = seen(scene.model.tree(), of, typed, MOST, &user, &signal);
    let mut candidates: Vec<_> = seen.into_iter().map(|seen| Candidate::of(seen, write)).collect();
    let typed = typed.to_ascii_lowercase();
    for value in complete::known(of) {
        let is_there = candidates.iter().any(|known| known.insert == value);
        if value.to_ascii_lowercase().starts_with(&typed) && !is_there {
            candidates.push(Candidate::new(value, ""));
        }
    }
    candidates
}

impl Completion {
    fn turn(&mut self, turn: Turn) {
        let last = self.candidates.len().saturating_sub(1);
        self.chosen = match turn {
            Turn::Next if self.chosen >= last => 0,
            Turn::Next => self.chosen + 1,
            Turn::Previous => self.chosen.checked_sub(1).unwrap_or(last),
        };
    }

    /// The line with the chosen candidate in its place, the cursor behind that.
    fn input(&self) -> Input {
        let text = self.before.value();
        let insert = self.candidates.get(self.chosen).map_or("", |candidate| &candidate.insert);
        let before = text.get(..self.span.start).unwrap_or_default();
        let after = text.get(self.span.end..).unwrap_or_default();
        let cursor = before.chars().count() + insert.chars().count();
        Input::new(format!("{before}{insert}{after}")).with_cursor(cursor)
    }

    /// Draws the list over the lower end of the area.
    pub(super) fn draw(&self, area: Rect, canvas: &mut Canvas<'_>) {
        let height = self.candidates.len().min(LINES).min(usize::from(area.height.saturating_sub(1)));
        let lines = u16::try_from(height + 1).unwrap_or(u16::MAX).min(area.height);
        let area = Rect { y: area.bottom() - lines, height: lines, ..area };
        if height == 0 {
            return;
        }
        canvas.clear(area);
        let of = format!("{} of {}", self.chosen + 1, self.candidates.len());
        let title = Rect { height: 1, ..area };
        canvas.title(title, false, &[Piece::new("Completion", Role::Strong)], &[Piece::plain(of)]);
        let top = scrolled_to(0, self.chosen, height, self.candidates.len());
        let shown = |candidate: &Candidate| text::sanitise(candidate.insert.as_bytes()).into_owned();
        let values: Vec<_> = self.candidates.iter().skip(top).take(height).collect();
        let widest = values.iter().map(|candidate| text::width(&shown(candidate))).max().unwrap_or(0);
        let column = widest.min(WIDEST);
        for (index, candidate) in values.into_iter().enumerate() {
            let Some(line) = line_of(area, index + 1) else { break };
            canvas.text(line, 2, &text::truncate(&shown(candidate), column), Role::Plain);
            let about = text::sanitise(candidate.about.as_bytes());
            canvas.text(line, column + 4, &about, Role::Faint);
            if top + index == self.chosen {
                canvas.text(line, 0, "▸", Role::Strong);
                canvas.overlay(line, canvas.theme.selection(true, Role::Plain));
            }
        }
    }
}
