//! The lines at the top: who and where, the state, the losses, the rates.

use ratatui::layout::Rect;

use super::paint::{Canvas, Piece, line_of, total_width};
use super::scene::{Origin, Outcome, Scene};
use super::theme::Role;
use crate::model::rates::{Counted, SECONDS};
use crate::text::{self, Align};

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Draws as many lines as the area has.
pub(super) fn draw(area: Rect, scene: &Scene<'_>, paused: bool, canvas: &mut Canvas<'_>) {
    if let Some(line) = line_of(area, 0) {
        let right = fitting(state(scene, paused), area.width.into());
        let room = usize::from(area.width).saturating_sub(total_width(&right) + 2);
        canvas.pieces(line, 1, &fitting(identity(scene), room));
        canvas.pieces_right(line, 0, &right);
    }
    if let Some(line) = line_of(area, 1) {
        draw_rates(line, scene, canvas);
    }
}

/// The pieces from the left that fit.
fn fitting(pieces: Vec<Piece>, mut room: usize) -> Vec<Piece> {
    pieces
        .into_iter()
        .take_while(|piece| {
            let fits = piece.width() <= room;
            room = room.saturating_sub(piece.width());
            fits
        })
        .collect()
}

fn identity(scene: &Scene<'_>) -> Vec<Piece> {
    let model = scene.model;
    let host = text::sanitise(scene.host.as_bytes());
    let kernel = text::sanitise(scene.kernel.as_bytes());
    let mut pieces = vec![
        Piece::new("proctop", Role::Strong),
        Piece::plain(format!("  live {}", text::count(model.tree().alive() as u64))),
        Piece::plain(format!("  seen {}", text::count(model.seen()))),
        Piece::plain(format!("  {}", text::truncate(&host, 30))),
        Piece::plain(format!(" · {}", text::truncate(&kernel, 30))),
    ];
    if let Some(command) = scene.command {
        let line = text::sanitise(command.text.as_bytes());
        let (outcome, role) = match command.outcome {
            Outcome::Running => ("running".to_owned(), Role::Strong),
            Outcome::Exited(status) if status.success() => (text::status(status), Role::Plain),
            Outcome::Exited(status) => (text::status(status), Role::Failed),
        };
        // What the user waits for goes before who they are.
        pieces.insert(1, Piece::plain(format!("  {}", text::truncate(&line, 24))));
        pieces.insert(2, Piece::new(format!(" {outcome}"), role));
    }
    pieces
}

fn state(scene: &Scene<'_>, paused: bool) -> Vec<Piece> {
    let (state, role) = match scene.origin {
        Origin::Recording { name, note } => {
            let name = text::sanitise(name.as_bytes());
            let note = note.map(|note| format!(" ({})", text::sanitise(note.as_bytes()))).unwrap_or_default();
            (format!("RECORDING {}{}", text::truncate(&name, 24), text::truncate(&note, 40)), Role::Strong)
        }
        Origin::Live if paused => ("PAUSED".to_owned(), Role::Notice),
        Origin::Live if scene.is_over() => ("ENDED".to_owned(), Role::Strong),
        Origin::Live => ("LIVE".to_owned(), Role::New),
    };
    let elapsed = elapsed(scene.elapsed_ns);
    let mut pieces = vec![Piece::new(format!(" {state}  "), role)];
    pieces.extend(losses(scene));
    pieces.push(Piece::plain(format!("  {elapsed} ")));
    pieces
}

fn losses(scene: &Scene<'_>) -> Vec<Piece> {
    let (lost, missed) = scene.model.lost_total();
    let role = if lost > 0 || missed > 0 { Role::Alarm } else { Role::Plain };
    let mut pieces = vec![Piece::new(format!("lost {}", text::count(lost)), role)];
    if missed > 0 {
        pieces.push(Piece::new(format!(" ≤ {} missed", text::count(missed)), role));
    }
    pieces
}

/// `00:02:13`; hours go on beyond 99.
fn elapsed(ns: u64) -> String {
    let seconds = ns / 1_000_000_000;
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

fn draw_rates(line: Rect, scene: &Scene<'_>, canvas: &mut Canvas<'_>) {
    const SERIES: [(Counted, &str); 4] = [
        (Counted::Fork, "fork"),
        (Counted::Exec, "exec"),
        (Counted::Exit, "exit"),
        (Counted::Failed, "failed"),
    ];
    let rates: Vec<u32> =
        SERIES.iter().map(|(counted, _)| scene.model.rates().per_second(*counted, scene.now_ns)).collect();
    let texts: Vec<String> = rates.iter().map(|&rate| format!("{}/s", text::count(rate.into()))).collect();
    // A label, a blank and seven columns of rate keep their places, if there is room; bars take what is left.
    let fixed: usize = SERIES.iter().map(|(_, label)| label.len() + 8).sum::<usize>() + 1;
    let spare = usize::from(line.width).checked_sub(fixed).map(|spare| spare / SERIES.len());
    let bars = spare.unwrap_or(0).saturating_sub(3).min(SECONDS - 1);
    let mut at = 1;
    for (((counted, label), &now), rate) in SERIES.into_iter().zip(&rates).zip(&texts) {
        let alarming = counted == Counted::Failed && now > 0;
        let rate = text::pad(rate, if spare >= Some(1) { 7 } else { 0 }, Align::Right);
        let needed = label.len() + 1 + text::width(&rate);
        if at + needed > line.width.into() {
            break;
        }
        at = canvas.text(line, at, label, Role::Label) + 1;
        at = canvas.text(line, at, &rate, if alarming { Role::Failed } else { Role::Plain });
        if bars > 0 {
            let spark = sparkline(scene.model.rates().history(counted, scene.now_ns, bars));
            at = canvas.text(line, at + 1, &spark, if alarming { Role::Failed } else { Role::Spark });
        }
        at += if bars > 0 { 2 } else { 1 };
    }
}

/// Bars of the height of the largest; a second without events is blank.
fn sparkline(counts: impl Iterator<Item = u32>) -> String {
    let counts: Vec<u32> = counts.collect();
    let largest = counts.iter().copied().max().unwrap_or(0).max(1);
    let bar = |count: u32| {
        let step = (u64::from(count) * BARS.len() as u64).div_ceil(largest.into());
        let index = usize::try_from(step).ok().and_then(|step| step.checked_sub(1));
        index.and_then(|index| BARS.get(index)).copied().unwrap_or(' ')
    };
    counts.into_iter().map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_in_proportion_and_the_smallest_count_is_seen() {
        assert_eq!(sparkline([0, 1, 40, 80].into_iter()), " ▁▄█");
        assert_eq!(sparkline([0, 0].into_iter()), "  ");
        assert_eq!(sparkline([u32::MAX, 1].into_iter()), "█▁");
        assert_eq!(sparkline([].into_iter()), "");
    }

    #[test]
    fn elapsed_time_is_a_clock() {
        assert_eq!(elapsed(133_900_000_000), "00:02:13");
        assert_eq!(elapsed(360_000_000_000_000), "100:00:00");
    }
}
