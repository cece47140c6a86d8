//! The line in which a filter or a search is typed, and what is wrong with it beneath.

use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;

use super::filters::Mistake;
use super::paint::{Canvas, Piece, line_of, wrap_words};
use super::prompt::Prompt;
use super::theme::Role;
use crate::text;

/// The lines of a message that has no room beside its caret, at most.
const MESSAGE_LINES: usize = 3;
/// The columns that a prompt keeps for itself.
const LEAST_FIELD: u16 = 10;

/// The lines that a prompt takes on a screen of `width` columns.
pub(super) fn height(prompt: &Prompt, width: u16) -> u16 {
    let Some(mistake) = &prompt.mistake else { return 1 };
    let field = Field::new(Rect::new(0, 0, width, 1), prompt);
    match field.beside_caret(prompt, mistake) {
        Some(_) => 2,
        None => 2 + u16::try_from(message_lines(mistake, width.into()).len()).unwrap_or(1),
    }
}

fn message_lines(mistake: &Mistake, width: usize) -> Vec<String> {
    let room = width.saturating_sub(2).max(8);
    let mut lines = wrap_words(&mistake.message, room);
    lines.truncate(MESSAGE_LINES);
    lines
}

/// Columns left of the text, and what of the text is left of the screen.
struct Field {
    start: usize,
    scroll: usize,
    room: usize,
}

impl Field {
    fn new(area: Rect, prompt: &Prompt) -> Self {
        let width = usize::from(area.width);
        // On a narrow screen the text is worth more than its name.
        let start = if width >= 40 { text::width(prompt.label()) + 1 } else { 2 }.min(width);
        let room = width.saturating_sub(start + 1).max(1);
        let cursor = columns_before(prompt, prompt.input.cursor());
        Self { start, scroll: (cursor + 1).saturating_sub(room), room }
    }

    /// Where a message can stand beside the caret that marks its place.
    fn beside_caret(&self, prompt: &Prompt, mistake: &Mistake) -> Option<usize> {
        let caret = self.column(columns_before_byte(prompt, mistake.at));
        let needed = text::width(&mistake.message) + 1;
        match caret + 1 + needed <= self.start + self.room {
            true => Some(caret + 2),
            false => caret.checked_sub(needed),
        }
    }

    fn column(&self, columns: usize) -> usize {
        self.start + columns.saturating_sub(self.scroll).min(self.room)
    }
}

/// The columns of the first `chars` characters as they are shown.
fn columns_before(prompt: &Prompt, chars: usize) -> usize {
    let before: String = prompt.input.value().chars().take(chars).collect();
    text::width(&text::sanitise(before.as_bytes()))
}

fn columns_before_byte(prompt: &Prompt, at: usize) -> usize {
    let before = prompt.input.value().get(..at).unwrap_or(prompt.input.value());
    text::width(&text::sanitise(before.as_bytes()))
}

/// The area without what the outcome of a search takes at the right end of its first line.
fn beside(area: Rect, outcome: Option<&Piece>) -> Rect {
    let taken = outcome.map_or(0, |outcome| u16::try_from(outcome.width() + 2).unwrap_or(u16::MAX));
    let width = area.width.saturating_sub(taken);
    if width >= LEAST_FIELD { Rect { width, ..area } } else { area }
}

/// Draws the prompt, and what the search that is typed in it came to.
pub(super) fn draw(area: Rect, prompt: &Prompt, outcome: Option<&Piece>, canvas: &mut Canvas<'_>) {
    let whole = area;
    let area = beside(area, outcome);
    if let (Some(line), Some(outcome)) = (line_of(whole, 0), outcome)
        && area != whole
    {
        canvas.text(line, usize::from(area.width) + 1, &outcome.text, outcome.role);
    }
    let Some(line) = line_of(area, 0) else { return };
    let field = Field::new(area, prompt);
    let label = if field.start > 2 { prompt.label() } else { prompt.sign() };
    canvas.text(
        Rect { width: u16::try_from(field.start).unwrap_or(line.width), ..line },
        if field.start > 2 { 1 } else { 0 },
        label,
        Role::Label,
    );
    let value = text::sanitise(prompt.input.value().as_bytes());
    if value.is_empty() {
        canvas.text(line, field.start + 1, prompt.example(), Role::Faint);
    }
    canvas.text(line, field.start, &from_column(&value, field.scroll), Role::Strong);
    if let Some(mistake) = &prompt.mistake {
        draw_mistake(area, line, prompt, &field, mistake, canvas);
    }
}

fn draw_mistake(
    area: Rect,
    line: Rect,
    prompt: &Prompt,
    field: &Field,
    mistake: &Mistake,
    canvas: &mut Canvas<'_>,
) {
    let start = field.column(columns_before_byte(prompt, mistake.at));
    let end = field.column(columns_before_byte(prompt, mistake.at + mistake.len)).max(start + 1);
    let width = usize::from(line.width);
    let marked = Rect {
        x: line.x + u16::try_from(start.min(width)).unwrap_or(0),
        width: u16::try_from(end.min(width).saturating_sub(start)).unwrap_or(0),
        ..line
    };
    canvas.overlay(marked, canvas.theme.style(Role::Alarm).add_modifier(Modifier::UNDERLINED));
    let Some(below) = line_of(area, 1) else { return };
    if let Some(at) = field.beside_caret(prompt, mistake) {
        canvas.text(below, start, "^", Role::Alarm);
        canvas.text(below, at, &mistake.message, Role::Failed);
        return;
    }
    // The column is told in the message too, so that the caret can be spared.
    let first = if area.height > 2 { 2 } else { 1 };
    if first == 2 {
        canvas.text(below, start, "^", Role::Alarm);
    }
    for (index, text) in message_lines(mistake, width).iter().enumerate() {
        if let Some(line) = line_of(area, first + index) {
            canvas.text(line, 1, text, Role::Failed);
        }
    }
}

/// Where the cursor is on the screen.
pub(super) fn cursor(area: Rect, prompt: &Prompt, outcome: Option<&Piece>) -> Option<Position> {
    let area = beside(area, outcome);
    let line = line_of(area, 0).filter(|line| line.width > 0)?;
    let column = Field::new(area, prompt).column(columns_before(prompt, prompt.input.cursor()));
    let column = u16::try_from(column).unwrap_or(u16::MAX).min(line.width - 1);
    Some(Position::new(line.x + column, line.y))
}

/// The text without its first columns.
fn from_column(text: &str, columns: usize) -> String {
    let mut skipped = 0;
    let rest = text.chars().skip_while(|c| {
        let skip = skipped < columns;
        skipped += text::width(c.encode_utf8(&mut [0; 4]));
        skip
    });
    rest.collect()
}
