//! The line that shows where in time one is: what is kept from end to end, how much happened when, and the instant.

use ratatui::layout::Rect;

use super::action::Action;
use super::header::sparkline;
use super::instant::Span;
use super::keymap::Keymap;
use super::paint::{Canvas, Piece, total_width};
use super::scene::Scene;
use super::theme::Role;
use super::travel::span;
use crate::text::{self, Stamps};

/// The columns that are worth a bar.
const LEAST_BAR: usize = 8;

/// A screen so wide has room for the time of day.
const FOR_TIME: u16 = 40;

/// `AS OF 14:03:22.123 (-12.4s)`, or less where the screen is narrow.
pub(super) fn as_of(at_ns: u64, scene: &Scene<'_>, width: u16) -> String {
    let before_ns = scene.model.latest_ns().saturating_sub(at_ns);
    if width < FOR_TIME {
        return format!("AS OF -{}", text::duration(before_ns));
    }
    format!("AS OF {} (-{})", time_of_day(at_ns, scene), text::duration(before_ns))
}

/// What stands in the line, from left to right.
struct Parts {
    left: Vec<Piece>,
    /// The columns of the bar.
    bar: usize,
    right: Vec<Piece>,
    /// The way back, at the end of the line.
    keys: [Piece; 2],
}

impl Parts {
    /// The first column of the bar.
    fn before_bar(&self) -> usize {
        1 + total_width(&self.left)
    }
}

fn parts(line: Rect, at_ns: u64, scene: &Scene<'_>, keymap: &Keymap) -> Parts {
    let span = span(scene);
    let whole_seconds = |at_ns| time_of_day(at_ns, scene).chars().take("14:03:22".len()).collect::<String>();
    let now = if scene.is_over() { " to the end " } else { " back to live " };
    let keys = [Piece::new(keymap.key_of(Action::Present), Role::Strong), Piece::plain(now)];
    let offset = Piece::new(format!("{} ", from_start(at_ns, &span)), Role::Strong);
    let first = Piece::new(format!("{} ", whole_seconds(span.first_ns)), Role::Label);
    let last = Piece::new(format!(" {} ", whole_seconds(span.last_ns)), Role::Label);
    let width = usize::from(line.width);
    let room = width.saturating_sub(2 + total_width(&keys));
    let (mut left, mut right) = (vec![offset, first], vec![last]);
    while total_width(&left) + total_width(&right) + LEAST_BAR > room && left.pop().is_some() {
        right.clear();
    }
    let bar = room.saturating_sub(total_width(&left) + total_width(&right));
    Parts { left, bar, right, keys }
}

/// Draws it: how far from the start, the bar between its ends, and the way back.
pub(super) fn draw(line: Rect, scene: &Scene<'_>, keymap: &Keymap, canvas: &mut Canvas<'_>) {
    let Some(at_ns) = scene.model.instant() else { return };
    let parts = parts(line, at_ns, scene, keymap);
    let at = canvas.pieces(line, 1, &parts.left);
    draw_bar(line, (at, parts.bar), at_ns, scene, canvas);
    canvas.pieces(line, at + parts.bar, &parts.right);
    canvas.pieces_right(line, at, &parts.keys);
}

/// Whether a column of the screen is one of the bar's.
pub(super) fn is_bar(line: Rect, scene: &Scene<'_>, keymap: &Keymap, column: u16) -> bool {
    let Some(at_ns) = scene.model.instant() else { return false };
    let parts = parts(line, at_ns, scene, keymap);
    let first = usize::from(line.x) + parts.before_bar();
    (first..first + parts.bar).contains(&column.into())
}

/// Whether a column of the screen is one of the way back's.
pub(super) fn is_way_back(line: Rect, scene: &Scene<'_>, keymap: &Keymap, column: u16) -> bool {
    let Some(at_ns) = scene.model.instant() else { return false };
    let parts = parts(line, at_ns, scene, keymap);
    let first = usize::from(line.width).saturating_sub(total_width(&parts.keys)).max(parts.before_bar());
    usize::from(column) >= usize::from(line.x) + first
}

/// The instant in the middle of this column of the screen; of the bar's nearest one.
pub(super) fn instant_at(line: Rect, scene: &Scene<'_>, keymap: &Keymap, column: u16) -> Option<u64> {
    let parts = parts(line, scene.model.instant()?, scene, keymap);
    let at = usize::from(column).saturating_sub(usize::from(line.x) + parts.before_bar());
    let at = at.min(parts.bar.checked_sub(1)?);
    Some(begin_of(2 * at + 1, &span(scene), 2 * parts.bar))
}

/// In so many columns from `from` on; what is still to come is faint.
fn draw_bar(
    line: Rect,
    (from, columns): (usize, usize),
    at_ns: u64,
    scene: &Scene<'_>,
    canvas: &mut Canvas<'_>,
) {
    let span = span(scene);
    let counts = counts(scene, &span, columns);
    let peak = counts.iter().copied().max().unwrap_or(0);
    let here = column_of(at_ns, &span, columns);
    for (column, count) in counts.into_iter().enumerate() {
        let (bar, role) = match column {
            column if column == here => ("┃".to_owned(), Role::Alarm),
            column if count == 0 => ("─".to_owned(), if column < here { Role::Spark } else { Role::Faint }),
            column => (sparkline(&[count], peak), if column < here { Role::Spark } else { Role::Faint }),
        };
        canvas.text(line, from + column, &bar, role);
    }
}

/// The lines of the log in the time of each column: they stand in the order of time, so that it takes a look-up each.
fn counts(scene: &Scene<'_>, span: &Span, columns: usize) -> Vec<u32> {
    let log = scene.model.log();
    let numbers: Vec<u64> = (0..=columns).map(|column| log.end_at(begin_of(column, span, columns))).collect();
    let count = |pair: &[u64]| match pair {
        [from, to] => u32::try_from(to.saturating_sub(*from)).unwrap_or(u32::MAX),
        _ => 0,
    };
    numbers.windows(2).map(count).collect()
}

/// The last instant that belongs to the columns before this one.
fn begin_of(column: usize, span: &Span, columns: usize) -> u64 {
    let length = u128::from(span.last_ns.saturating_sub(span.first_ns));
    let part = length * column as u128 / columns.max(1) as u128;
    span.first_ns.saturating_add(u64::try_from(part).unwrap_or(u64::MAX))
}

fn column_of(at_ns: u64, span: &Span, columns: usize) -> usize {
    let length = u128::from(span.last_ns.saturating_sub(span.first_ns)).max(1);
    let part = u128::from(at_ns.saturating_sub(span.first_ns)) * columns as u128 / length;
    usize::try_from(part).unwrap_or(columns).min(columns.saturating_sub(1))
}

/// `+12.345678s`
fn from_start(at_ns: u64, span: &Span) -> String {
    let micros = at_ns.saturating_sub(span.begun_ns) / 1000;
    format!("+{}.{:06}s", micros / 1_000_000, micros % 1_000_000)
}

fn time_of_day(at_ns: u64, scene: &Scene<'_>) -> String {
    let at_ns = i64::try_from(at_ns).unwrap_or(i64::MAX);
    Stamps::time_of_day(scene.local.clone())
        .show(at_ns.saturating_add(scene.model.wall_offset_ns()))
        .to_owned()
}
