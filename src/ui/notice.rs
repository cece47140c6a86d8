//! What the application has to tell the user, beneath the header.

use ratatui::layout::Rect;

use super::paint::{Canvas, line_of, wrap_words};
use super::theme::Role;
use crate::text;

/// The most lines that a notice takes.
const LINES: usize = 3;

/// The lines that a notice takes on a screen of this width.
pub(super) fn height(notice: &str, width: u16) -> u16 {
    u16::try_from(rows(notice, width).len().min(LINES)).unwrap_or(1)
}

/// Draws as much of it as there are lines.
pub(super) fn draw(area: Rect, notice: &str, canvas: &mut Canvas<'_>) {
    let mut rows = rows(notice, area.width);
    let height = usize::from(area.height);
    if rows.len() > height {
        // The end of the last line tells that there is more.
        let rest = rows.drain(height.saturating_sub(1)..).collect::<Vec<_>>().join(" ");
        rows.push(rest);
    }
    for (index, row) in rows.iter().enumerate() {
        let Some(line) = line_of(area, index) else { break };
        canvas.text(line, 1, row, Role::Notice);
    }
}

fn rows(notice: &str, width: u16) -> Vec<String> {
    wrap_words(&text::sanitise(notice.as_bytes()), usize::from(width).saturating_sub(2).max(1))
}
