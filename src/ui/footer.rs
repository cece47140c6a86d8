//! The line at the bottom: the keys that matter now, made from the keymap.

use ratatui::layout::Rect;

use super::keymap::Bound;
use super::paint::{Canvas, Piece, total_width};
use super::theme::Role;

/// Draws something to be told, and after it as many keys as fit; the last one is the way out and always there.
pub(super) fn draw<'a>(
    area: Rect,
    told: &[Piece],
    bindings: impl Iterator<Item = &'a Bound>,
    canvas: &mut Canvas<'_>,
) {
    canvas.pieces(area, 1, told);
    for (at, bound) in places(area, told, bindings) {
        canvas.pieces(area, at, &pieces(bound));
    }
}

/// The key whose name, or what it does, stands in this column of the screen.
pub(super) fn key_at<'a>(
    area: Rect,
    told: &[Piece],
    bindings: impl Iterator<Item = &'a Bound>,
    column: u16,
) -> Option<&'a Bound> {
    let column = usize::from(column.checked_sub(area.x)?);
    let mut places = places(area, told, bindings).into_iter();
    places
        .find(|(at, bound)| (*at..at + total_width(&pieces(bound))).contains(&column))
        .map(|(_, bound)| bound)
}

/// Those that fit, each with its first column.
fn places<'a>(
    area: Rect,
    told: &[Piece],
    bindings: impl Iterator<Item = &'a Bound>,
) -> Vec<(usize, &'a Bound)> {
    let bindings: Vec<&Bound> = bindings.filter(|bound| !bound.row.short.is_empty()).collect();
    let Some((way_out, others)) = bindings.split_last() else { return Vec::new() };
    let width = usize::from(area.width);
    let mut at = if told.is_empty() { 1 } else { (1 + total_width(told)).min(width) + 2 };
    let mut room = width.saturating_sub(total_width(&pieces(way_out)) + at);
    let mut places = Vec::new();
    for &bound in others {
        let needed = total_width(&pieces(bound)) + 2;
        if needed <= room {
            room -= needed;
            places.push((at, bound));
            at += needed;
        }
    }
    places.push((at, *way_out));
    places
}

fn pieces(bound: &Bound) -> Vec<Piece> {
    vec![Piece::new(bound.key_name(), Role::Strong), Piece::plain(format!(" {}", bound.row.short))]
}
