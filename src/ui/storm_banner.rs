//! The line that says who makes a storm, in the place of the rates while there is one.

use ratatui::layout::Rect;

use super::action::Action;
use super::keymap::Keymap;
use super::paint::{Canvas, Piece, total_width};
use super::scene::Scene;
use super::theme::Role;
use crate::model::storm::Storm;
use crate::text;

/// The storm that goes on.
pub(super) fn storm<'a>(scene: &'a Scene<'_>) -> Option<Storm<'a>> {
    scene.model.storms().current(scene.now_ns)
}

/// Draws it: who, how fast and for how long always; then the way to more; then what became of the processes.
pub(super) fn draw(line: Rect, storm: &Storm<'_>, keymap: &Keymap, canvas: &mut Canvas<'_>) {
    let width = usize::from(line.width);
    let pace = pace(storm);
    let keys = keys(storm, keymap);
    let least = "STORM  make(4312)".len() + text::width(&pace) + 4;
    let has_keys = least + total_width(&keys) + 12 <= width;
    let right = if has_keys { total_width(&keys) + 2 } else { 0 };
    let room = width.saturating_sub(right + text::width(&pace) + "STORM".len() + 6);
    let at = canvas.text(line, 1, "STORM", Role::Alarm) + 2;
    let at = canvas.text(line, at, &text::truncate(&who(storm), room), Role::Strong) + 2;
    let mut at = canvas.text(line, at, &pace, Role::Notice);
    for fact in facts(storm) {
        if at + 2 + text::width(&fact) + right <= width {
            at = canvas.text(line, at + 2, &fact, Role::Plain);
        }
    }
    if has_keys {
        canvas.pieces_right(line, at, &keys);
    }
}

/// `make(4312) > sh > cc1`
pub(super) fn who(storm: &Storm<'_>) -> String {
    let subject = storm.culprit.map(|culprit| &culprit.subject);
    let path = storm.culprit.map(|culprit| culprit.path.as_slice()).unwrap_or_default();
    text::facts::culprit(subject, path)
}

/// `1,150/s for 12s`; before it is sure that it is over: `calm for 1.2s after 12s`.
fn pace(storm: &Storm<'_>) -> String {
    let lasted = seconds(storm.course.duration_ns());
    match storm.calm_ns {
        Some(calm_ns) => format!("calm for {} after {lasted}", seconds(calm_ns)),
        None => format!("{}/s for {lasted}", text::count(storm.rate().into())),
    }
}

/// `peak 601/s of all, for 1.9s`: of a storm that is over, whose latest rate is that of its dying away.
pub(super) fn past(storm: &Storm<'_>) -> String {
    let peak = text::count(storm.course.peak.into());
    format!("peak {peak}/s of all, for {}", text::duration(storm.course.duration_ns()))
}

/// With a decimal below ten only: digits that change all the time are hard to read.
fn seconds(ns: u64) -> String {
    const SECOND_NS: u64 = 1_000_000_000;
    let has_whole_ones = (10 * SECOND_NS..60 * SECOND_NS).contains(&ns);
    if has_whole_ones { format!("{}s", ns / SECOND_NS) } else { text::duration(ns) }
}

/// What was counted beneath the culprit.
pub(super) fn facts(storm: &Storm<'_>) -> Vec<String> {
    let Some(culprit) = storm.culprit else { return Vec::new() };
    let mut facts = vec![format!("{} in all", text::count(culprit.total))];
    if culprit.failed > 0 {
        facts.push(format!("{} failed", text::count(culprit.failed)));
    }
    if let Some(p50) = culprit.lifetimes.quantile(50) {
        facts.push(format!("p50 {}", text::duration(p50)));
    }
    facts.push(format!("cpu {}%", storm.cpu_percent()));
    facts
}

fn keys(storm: &Storm<'_>, keymap: &Keymap) -> Vec<Piece> {
    let key = |action| Piece::new(keymap.key_of(action), Role::Strong);
    let mut keys = vec![key(Action::Storms), Piece::plain(" look ")];
    if storm.culprit.is_some() {
        keys.extend([Piece::plain(" "), key(Action::Culprit), Piece::plain(" go there ")]);
    }
    keys
}
