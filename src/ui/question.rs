//! The question what shall become of the running command.

use ratatui::layout::Rect;

use super::keymap::{Available, Context, Keymap};
use super::mode::{Mode, Pane};
use super::paint::{Canvas, Piece, line_of};
use super::scene::CommandView;
use super::theme::Role;
use crate::text;

/// Draws it over the lower end of the area.
pub(super) fn draw(
    area: Rect,
    command: &CommandView<'_>,
    (keymap, available): (&Keymap, Available),
    canvas: &mut Canvas<'_>,
) {
    let answers: Vec<_> = keymap
        .bindings(&Mode::Leaving, Pane::Tree, available)
        .filter(|bound| bound.row.context == Context::Leaving)
        .collect();
    let wanted = u16::try_from(answers.len() + 1).unwrap_or(u16::MAX);
    let height = wanted.min(area.height);
    let area = Rect { y: area.bottom() - height, height, ..area };
    canvas.clear(area);
    let line = text::sanitise(command.text.as_bytes());
    let question = Piece::new(format!("{} is still running", text::truncate(&line, 50)), Role::Notice);
    canvas.title(Rect { height: area.height.min(1), ..area }, true, &[question], &[]);
    for (index, answer) in answers.into_iter().enumerate() {
        let Some(on) = line_of(area, index + 1) else { break };
        let at = canvas.text(on, 2, &answer.key_name(), Role::Strong);
        canvas.text(on, at.max(5) + 1, &answer.help, Role::Plain);
    }
}
