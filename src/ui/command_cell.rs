//! A process's command with what was found in it, and what is worth a mark behind it.

use ratatui::layout::Rect;

use super::command_text::{self, Naming};
use super::marks::{Columns, Marks};
use super::paint::{Canvas, short_count};
use super::search::Search;
use super::theme::Role;
use crate::model::event::Killer;
use crate::model::filter::Filter;
use crate::model::process::{Birth, Process};
use crate::text;

/// What is drawn.
pub(super) struct CommandCell<'a> {
    pub(super) process: Process<'a>,
    /// The filter that let it through; an empty one for what is shown for another's sake.
    pub(super) filter: &'a Filter,
    /// The search that finds it.
    pub(super) search: Option<&'a Search>,
    pub(super) now_ns: u64,
    /// Tells who ended it.
    pub(super) blames: bool,
}

impl CommandCell<'_> {
    /// Draws it from column `at` to the end of the line; the roles are those of the command and of the marks.
    pub(super) fn draw(&self, line: Rect, at: usize, (role, beside): (Role, Role), canvas: &mut Canvas<'_>) {
        let room = usize::from(line.width).saturating_sub(at);
        let marks = marks(self.process, self.now_ns);
        let command = command_text::command(self.process, Naming::Base, room);
        let left = room.saturating_sub(text::width(&command));
        let marks_width = text::width(&marks);
        let marks = match self.blames {
            true => marks + &blame(self.process, left.saturating_sub(marks_width)),
            false => marks,
        };
        // A long command leaves them half of the room.
        let kept = text::width(&marks).min(left.max(room / 2));
        let after = canvas.text(line, at, &text::truncate(&command, room - kept), role);
        for found in self.found(room) {
            canvas.mark_match(line, at + found.start, (at + found.end).min(after));
        }
        canvas.text(line, after, &marks, beside);
    }

    /// The columns of the command in which something was found.
    fn found(&self, room: usize) -> Vec<Columns> {
        let (filter, search) = (self.filter, self.search);
        if search.is_none() && filter.is_empty() {
            return Vec::new();
        }
        let nothing = Filter::default();
        let found = Marks { filter, search }.in_command(self.process, Naming::Base, room);
        let is_shown = search.is_none() || Marks { filter: &nothing, search }.is_found(self.process, room);
        // What a search found elsewhere, as in the name of an image before, is told by marking everything.
        if is_shown { found } else { std::iter::once(0..room).collect() }
    }
}

/// What is worth a mark behind the command.
fn marks(process: Process<'_>, now_ns: u64) -> String {
    let mut marks = String::new();
    if process.is_zombie() {
        marks.push_str(&zombie(process, now_ns));
    }
    if process.is_outside() {
        marks.push_str("  outside");
    }
    if let Some(adopter) = process.adopted_by() {
        marks.push_str(&format!("  ↑{}", adopter.pid));
    }
    if process.birth() == Birth::Unseen {
        marks.push_str("  fork unseen");
    }
    let folded = &process.folded();
    if folded.processes > 0 {
        marks.push_str(&format!("  +{} gone", short_count(folded.processes)));
        if folded.failed > 0 {
            marks.push_str(&format!(", {} failed", short_count(folded.failed)));
        }
    }
    marks
}

/// How long it has been dead is known when its end was seen.
fn zombie(process: Process<'_>, now_ns: u64) -> String {
    let age = process.ending().map(|ending| text::duration(now_ns.saturating_sub(ending.time_ns)));
    match age {
        Some(age) => format!("  zombie {age}: parent does not wait"),
        None => "  zombie: parent does not wait".to_owned(),
    }
}

/// Between the command and who ended it.
const GAP: &str = "  ";
/// The columns in which something of that can be read.
const LEAST_BLAME: usize = 6;

/// Who ended it, as far as there is room for that.
fn blame(process: Process<'_>, room: usize) -> String {
    let Some(killer) = process.ending().and_then(|ending| ending.killed_by) else { return String::new() };
    let whole = text::facts::killer(&killer, process.id);
    let short = match killer {
        Killer::Process { id, comm } if id != process.id => format!("by {}", command_text::comm(comm)),
        _ => whole.clone(),
    };
    let room = room.saturating_sub(GAP.len());
    if let Some(blame) = [&whole, &short].into_iter().find(|blame| text::width(blame) <= room) {
        return format!("{GAP}{blame}");
    }
    if room < LEAST_BLAME { String::new() } else { format!("{GAP}{}", text::truncate(&short, room)) }
}
