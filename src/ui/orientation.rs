//! What this is, in three lines, for who sees it for the first time.

use ratatui::layout::Rect;

use super::keymap::Keymap;
use super::paint::{Canvas, line_of};
use super::scene::{Origin, Scene};
use super::theme::Role;

/// The lines that it takes.
pub(super) const LINES: u16 = 3;

/// What is seen, and what to do. Each line fits into 78 columns with the keys that there are by default.
const TEXT: [&str; LINES as usize] = [
    "Every process of {}: who started it, what it runs, how it ended.",
    "{filter} filters as you type, {details} shows the selected one, {menu} what can be done.",
    "{help} has all keys, {quit} quits. Any key takes these lines away, for good.",
];

/// Draws as many of them as there is room for.
pub(super) fn draw(area: Rect, scene: &Scene<'_>, keymap: &Keymap, canvas: &mut Canvas<'_>) {
    let whose = match scene.origin {
        Origin::Recording { .. } => "the recording",
        _ if scene.command.is_some() => "the command",
        _ => "this machine",
    };
    for (index, text) in TEXT.iter().enumerate() {
        let Some(line) = line_of(area, index) else { break };
        canvas.text(line, 1, &keymap.with_keys(&text.replace("{}", whose)), Role::Notice);
    }
}
