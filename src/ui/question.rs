//! The question what shall become of the running command.

use ratatui::layout::Rect;

use super::action::Action;
use super::keymap::{Available, Bound, Context, Keymap};
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
    let answers = answers(keymap, available);
    let area = beneath(area, answers.len());
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

/// The answer in this line of the screen.
pub(super) fn answer_at(area: Rect, (keymap, available): (&Keymap, Available), y: u16) -> Option<Action> {
    let answers = answers(keymap, available);
    let area = beneath(area, answers.len());
    let line = usize::from(y.checked_sub(area.y)?.checked_sub(1)?);
    answers.get(line).filter(|_| y < area.bottom()).map(|bound| bound.row.action)
}

fn answers(keymap: &Keymap, available: Available) -> Vec<&Bound> {
    keymap
        .bindings(&Mode::Leaving, Pane::Tree, available)
        .filter(|bound| bound.row.context == Context::Leaving)
        .collect()
}

/// The lower end of an area, with room for the question and so many answers.
fn beneath(area: Rect, answers: usize) -> Rect {
    let height = u16::try_from(answers + 1).unwrap_or(u16::MAX).min(area.height);
    Rect { y: area.bottom() - height, height, ..area }
}
