//! The lines at the top: who and where, the state, the losses, the rates; in a storm who makes it.

use ratatui::layout::Rect;

use super::command_text;
use super::keymap::Keymap;
use super::paint::{Canvas, Piece, line_of, short_count, total_width};
use super::scene::{Origin, Outcome, Scene};
use super::scrub;
use super::storm_banner;
use super::theme::Role;
use crate::model::rates::{Counted, SECONDS};
use crate::text::{self, Align};

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Draws as many lines as the area has.
pub(super) fn draw(area: Rect, scene: &Scene<'_>, paused: bool, keymap: &Keymap, canvas: &mut Canvas<'_>) {
    let instant = scene.model.instant();
    let storm = storm_banner::storm(scene).filter(|_| instant.is_none());
    if let Some(line) = line_of(area, 0) {
        let right = fitting(state(scene, paused, area.width), area.width.into());
        let room = usize::from(area.width).saturating_sub(total_width(&right) + 2);
        match &storm {
            // Who makes a storm is more than who we are, and nothing moves for it.
            Some(storm) if area.height < 2 => {
                let width = u16::try_from(room + 1).unwrap_or(u16::MAX).min(line.width);
                storm_banner::draw(Rect { width, ..line }, storm, keymap, canvas);
            }
            _ => {
                canvas.pieces(line, 1, &identity(scene, room));
            }
        }
        canvas.pieces_right(line, 0, &right);
    }
    match (line_of(area, 1), &storm) {
        (Some(line), _) if instant.is_some() => scrub::draw(line, scene, keymap, canvas),
        (Some(line), Some(storm)) => storm_banner::draw(line, storm, keymap, canvas),
        (Some(line), None) => draw_rates(line, scene, canvas),
        (None, _) => {}
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

/// What goes where there is no room: the last of these first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Name,
    /// What is not as usual.
    State,
    /// What the user waits for.
    Command,
    Living,
    Seen,
    Host,
    Kernel,
}

/// Who and where, in at most so many columns.
fn identity(scene: &Scene<'_>, room: usize) -> Vec<Piece> {
    let mut pieces = all_pieces(scene, "  failed execs on");
    let needed: usize =
        pieces.iter().filter(|(rank, _)| *rank < Rank::Host).map(|(_, piece)| piece.width()).sum();
    if needed > room {
        pieces = all_pieces(scene, "  -x");
    }
    while pieces.iter().map(|(_, piece)| piece.width()).sum::<usize>() > room {
        let last = pieces.iter().map(|(rank, _)| *rank).max();
        pieces.retain(|(rank, _)| Some(*rank) != last);
    }
    pieces.into_iter().map(|(_, piece)| piece).collect()
}

/// `failed_execs` says that these are told, where they are.
fn all_pieces(scene: &Scene<'_>, failed_execs: &'static str) -> Vec<(Rank, Piece)> {
    let model = scene.model;
    let mut pieces = vec![(Rank::Name, Piece::new("proctop", Role::Strong))];
    if let Some(command) = scene.command {
        let line = text::sanitise(command.text.as_bytes());
        let (outcome, role) = match command.outcome {
            Outcome::Running => ("running".to_owned(), Role::Strong),
            Outcome::Exited(status) if status.success() => (command_text::outcome(status), Role::Plain),
            Outcome::Exited(status) => (command_text::outcome(status), Role::Failed),
        };
        pieces.push((Rank::Command, Piece::plain(format!("  {}", text::truncate(&line, 24)))));
        pieces.push((Rank::Command, Piece::new(format!(" {outcome}"), role)));
    }
    let living = text::count(model.tree().alive() as u64);
    pieces.push((Rank::Living, Piece::plain(format!("  live {living}"))));
    pieces.push((Rank::Seen, Piece::plain(format!("  seen {}", text::count(model.seen())))));
    if scene.failed_execs {
        pieces.push((Rank::State, Piece::new(failed_execs, Role::Notice)));
    }
    if scene.pid_namespace {
        pieces.push((Rank::State, Piece::new("  pid ns", Role::Notice)));
    }
    let host = text::sanitise(scene.host.as_bytes());
    let kernel = text::sanitise(scene.kernel.as_bytes());
    pieces.push((Rank::Host, Piece::plain(format!("  {}", text::truncate(&host, 30)))));
    pieces.push((Rank::Kernel, Piece::plain(format!(" · {}", text::truncate(&kernel, 30)))));
    pieces
}

fn state(scene: &Scene<'_>, paused: bool, width: u16) -> Vec<Piece> {
    let (state, role) = match scene.origin {
        _ if let Some(at_ns) = scene.model.instant() => (scrub::as_of(at_ns, scene, width), Role::Alarm),
        Origin::Recording { name, note } => {
            let name = text::sanitise(name.as_bytes());
            let note = note.map(|note| format!(" ({})", text::sanitise(note.as_bytes()))).unwrap_or_default();
            (format!("RECORDING {}{}", text::truncate(&name, 24), text::truncate(&note, 40)), Role::Strong)
        }
        Origin::Broken => ("TRACING ENDED".to_owned(), Role::Alarm),
        Origin::Live if paused => ("PAUSED".to_owned(), Role::Notice),
        Origin::Live if scene.is_over() => ("ENDED".to_owned(), Role::Strong),
        Origin::Live => ("LIVE".to_owned(), Role::Good),
    };
    let elapsed = elapsed(scene.elapsed_ns);
    let mut pieces = vec![Piece::new(format!(" {state}  "), role)];
    // What the way back leads to, then.
    if paused && scene.model.instant().is_some() {
        pieces.push(Piece::new("PAUSED  ", Role::Notice));
    }
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

/// The columns of the longest rate, `99,999/s`.
const RATE_WIDTH: usize = 8;
/// The columns of the longest label of a peak, `  peak 99,999/s`.
const PEAK_WIDTH: usize = 7 + RATE_WIDTH;

/// How the rates share the line. Labels and rates keep their places as far as there is room; bars take what is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Share {
    /// The columns that a rate is filled up to.
    rate: usize,
    /// The columns of bars, one for each second.
    bars: usize,
    /// The blanks before the next label.
    gap: usize,
    /// Whether the height of a full bar is told.
    peak: bool,
}

impl Share {
    fn new(width: usize) -> Self {
        let fixed: usize = 1 + SERIES.iter().map(|(_, label)| label.len() + 1 + RATE_WIDTH).sum::<usize>();
        let spare = width.saturating_sub(fixed) / SERIES.len();
        if spare == 0 {
            return Self { rate: 0, bars: 0, gap: 1, peak: false };
        }
        let peak = spare >= PEAK_WIDTH + 16;
        let gap = if spare >= 8 { 2 } else { 1 };
        let taken = 1 + gap + if peak { PEAK_WIDTH } else { 0 };
        Self { rate: RATE_WIDTH, bars: spare.saturating_sub(taken).min(SECONDS - 1), gap, peak }
    }
}

const SERIES: [(Counted, &str); 4] =
    [(Counted::Fork, "fork"), (Counted::Exec, "exec"), (Counted::Exit, "exit"), (Counted::Failed, "failed")];

fn draw_rates(line: Rect, scene: &Scene<'_>, canvas: &mut Canvas<'_>) {
    let share = Share::new(line.width.into());
    let mut at = 1;
    for (counted, label) in SERIES {
        let now = scene.model.rates().per_second(counted, scene.model.rates_ns(scene.now_ns));
        let alarming = counted == Counted::Failed && now > 0;
        let rate = rate(now);
        let rate = text::pad(&rate, share.rate, Align::Right);
        if at + label.len() + 1 + text::width(&rate) > line.width.into() {
            break;
        }
        at = canvas.text(line, at, label, Role::Label) + 1;
        at = canvas.text(line, at, &rate, if alarming { Role::Failed } else { Role::Plain });
        if share.bars > 0 {
            let role = if alarming { Role::Failed } else { Role::Spark };
            at = draw_history(line, at + 1, share, scene, (counted, role), canvas);
        }
        at += share.gap;
    }
}

fn draw_history(
    line: Rect,
    at: usize,
    share: Share,
    scene: &Scene<'_>,
    (counted, role): (Counted, Role),
    canvas: &mut Canvas<'_>,
) -> usize {
    let counts: Vec<u32> = scene.model.rates().history(counted, scene.now_ns, SECONDS).collect();
    let peak = counts.iter().copied().max().unwrap_or(0);
    let shown = counts.get(counts.len().saturating_sub(share.bars)..).unwrap_or_default();
    let end = canvas.text(line, at, &sparkline(shown, peak), role);
    if share.peak && peak > 0 {
        canvas.text(line, end, &format!("  peak {}", rate(peak)), Role::Faint);
    }
    if share.peak { end + PEAK_WIDTH } else { end }
}

/// Events per second in at most [`RATE_WIDTH`] columns.
fn rate(per_second: u32) -> String {
    format!("{}/s", short_count(per_second.into()))
}

/// Bars in proportion to the peak, which alone has the full height; a second without events is blank.
pub(super) fn sparkline(counts: &[u32], peak: u32) -> String {
    let bar = |&count: &u32| {
        let step = match u64::from(count) {
            0 => None,
            count if count >= peak.into() => Some(BARS.len() - 1),
            count => usize::try_from(count * (BARS.len() as u64 - 1) / u64::from(peak)).ok(),
        };
        step.and_then(|step| BARS.get(step)).copied().unwrap_or(' ')
    };
    counts.iter().map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_in_proportion_and_the_smallest_count_is_seen() {
        assert_eq!(sparkline(&[0, 1, 40, 80], 80), " ▁▄█");
        assert_eq!(sparkline(&[1000, 990, 1000, 900], 1000), "█▇█▇");
        assert_eq!(sparkline(&[500, 510], 4000), "▁▁", "the peak is out of sight");
        assert_eq!(sparkline(&[0, 0], 0), "  ");
        assert_eq!(sparkline(&[u32::MAX, 1], u32::MAX), "█▁");
        assert_eq!(sparkline(&[], 0), "");
    }

    #[test]
    fn rates_have_eight_columns() {
        assert_eq!([0, 35_699, 1_299_999].map(rate), ["0/s", "35,699/s", "1.2M/s"]);
        assert!([99_999, 999_999, u32::MAX].map(rate).iter().all(|rate| rate.len() <= RATE_WIDTH));
    }

    #[test]
    fn the_rates_share_every_width() {
        for width in 0..400 {
            let share = Share::new(width);
            let peak = if share.peak { PEAK_WIDTH } else { 0 };
            let each = 1 + RATE_WIDTH + usize::from(share.bars > 0) + share.bars + peak + share.gap;
            let all: usize =
                1 + SERIES.iter().map(|(_, label)| label.len() + each).sum::<usize>() - share.gap;
            assert!(share.rate == 0 || all <= width, "{width}: {all}");
        }
        assert_eq!(Share::new(80), Share { rate: RATE_WIDTH, bars: 4, gap: 1, peak: false });
        assert!(Share::new(200).peak && Share::new(200).bars >= 16);
    }

    #[test]
    fn elapsed_time_is_a_clock() {
        assert_eq!(elapsed(133_900_000_000), "00:02:13");
        assert_eq!(elapsed(360_000_000_000_000), "100:00:00");
    }
}
