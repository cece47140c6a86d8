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
    let bindings: Vec<&Bound> = bindings.filter(|bound| !bound.row.short.is_empty()).collect();
    let Some((way_out, others)) = bindings.split_last() else { return };
    let last = pieces(way_out);
    let mut at = 1;
    if !told.is_empty() {
        at = canvas.pieces(area, at, told) + 2;
    }
    let mut room = usize::from(area.width).saturating_sub(total_width(&last) + at);
    for binding in others {
        let pieces = pieces(binding);
        let needed = total_width(&pieces) + 2;
        if needed <= room {
            room -= needed;
            at = canvas.pieces(area, at, &pieces) + 2;
        }
    }
    canvas.pieces(area, at, &last);
}

fn pieces(bound: &Bound) -> Vec<Piece> {
    vec![Piece::new(bound.key_name(), Role::Strong), Piece::plain(format!(" {}", bound.row.short))]
}
