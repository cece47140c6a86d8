//! The help screen, made from the keymap.

use ratatui::layout::Rect;

use super::bindings::BINDINGS;
use super::keymap::{Available, Context, Group};
use super::layout;
use super::paint::{Canvas, Piece, line_of};
use super::theme::Role;
use crate::text::{self, Align};

/// The columns for the names of keys.
const KEYS_WIDTH: usize = 12;

/// What the marks mean.
const LEGEND: [(&str, &str); 7] = [
    ("run", "it lives; green: for less than a second"),
    ("exit 3", "ended with that code; red where it is not 0"),
    ("SIGSEGV*", "ended by that signal; *: with a core dump"),
    ("exit unseen", "it is gone, and how was not seen"),
    ("(sh)", "has only forked; [sh]: a kernel thread"),
    ("↑1", "its parent died, and 1 adopted it"),
    ("+9 gone", "descendants that are no longer kept"),
];

/// All lines.
fn lines(available: Available) -> Vec<Vec<Piece>> {
    let mut lines = Vec::new();
    for group in Group::ALL {
        let mut rows = rows(group, available).peekable();
        if rows.peek().is_some() {
            lines.push(vec![Piece::new(group.title(), Role::Strong)]);
            lines.extend(rows);
            lines.push(Vec::new());
        }
    }
    lines.push(vec![Piece::new("In the tree", Role::Strong)]);
    lines.extend(LEGEND.iter().map(|(mark, meaning)| row(mark, meaning)));
    lines
}

fn rows(group: Group, available: Available) -> impl Iterator<Item = Vec<Piece>> {
    BINDINGS
        .iter()
        .filter(move |binding| binding.group == group && binding.context != Context::Help)
        .filter(move |binding| binding.is_available(available))
        .map(|binding| row(&binding.key_names(), binding.help))
}

fn row(left: &str, right: &str) -> Vec<Piece> {
    let left = text::pad(left, KEYS_WIDTH, Align::Right).into_owned();
    vec![Piece::new(format!("{left}  "), Role::Label), Piece::plain(right)]
}

/// How far the help can be scrolled down in this area.
pub(super) fn last_top(area: Rect, available: Available) -> usize {
    lines(available).len().saturating_sub(layout::content(area).height.into())
}

/// Draws over whatever is in the area.
pub(super) fn draw(area: Rect, top: usize, available: Available, canvas: &mut Canvas<'_>) {
    canvas.clear(area);
    let lines = lines(available);
    let content = layout::content(area);
    let below = lines.len().saturating_sub(top + usize::from(content.height));
    let position = if below == 0 { Vec::new() } else { vec![Piece::plain(format!("{below} more below"))] };
    canvas.title(layout::title(area), true, &[Piece::new("Help", Role::Strong)], &position);
    for (index, line) in lines.iter().skip(top).enumerate() {
        let Some(on) = line_of(content, index) else { break };
        canvas.pieces(on, 1, line);
    }
}
