//! What this is, in three lines, for who sees it for the first time.

use ratatui::layout::Rect;

use super::keymap::Keymap;
use super::paint::{Canvas, line_of};
use super::theme::Role;

/// The lines that it takes.
pub(super) const LINES: u16 = 3;

/// Each fits into 78 columns with the keys that there are by default.
const TEXT: [&str; LINES as usize] = [
    "Every process of this machine: who started it, what it runs, how it ended.",
    "{filter} filters as you type, {details} shows the selected one, {menu} what can be done.",
    "{help} has all keys, {quit} quits. Any key takes these lines away, for good.",
];

/// Draws as many of them as there is room for.
pub(super) fn draw(area: Rect, keymap: &Keymap, canvas: &mut Canvas<'_>) {
    for (index, text) in TEXT.iter().enumerate() {
        let Some(line) = line_of(area, index) else { break };
        canvas.text(line, 1, &keymap.with_keys(text), Role::Notice);
    }
}
