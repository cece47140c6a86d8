//! Text onto the screen, clipped. Every text that comes here has been sanitised.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::theme::{Role, Theme};
use crate::text;

/// A piece of text with its style.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) text: String,
    pub(super) role: Role,
}

impl Piece {
    pub(super) fn new(text: impl Into<String>, role: Role) -> Self {
        Self { text: text.into(), role }
    }

    pub(super) fn plain(text: impl Into<String>) -> Self {
        Self::new(text, Role::Plain)
    }

    pub(super) fn width(&self) -> usize {
        text::width(&self.text)
    }
}

/// The columns of all of them.
pub(super) fn total_width(pieces: &[Piece]) -> usize {
    pieces.iter().map(Piece::width).sum()
}

/// Where a column of a line is on the screen.
fn column_in(line: Rect, at: usize) -> Option<u16> {
    let at = u16::try_from(at).ok().filter(|&at| at < line.width)?;
    Some(line.x + at)
}

/// The `index`-th line of an area.
pub(super) fn line_of(area: Rect, index: usize) -> Option<Rect> {
    let index = u16::try_from(index).ok().filter(|&index| index < area.height)?;
    Some(Rect { y: area.y + index, height: 1, ..area })
}

/// A screen to draw on, with its theme.
pub(super) struct Canvas<'a> {
    pub(super) buffer: &'a mut Buffer,
    pub(super) theme: Theme,
}

impl Canvas<'_> {
    /// Writes from column `at` of the one-line area on; cuts what does not fit with `…`. Returns the column after it.
    pub(super) fn text(&mut self, line: Rect, at: usize, text: &str, role: Role) -> usize {
        self.styled(line, at, text, self.theme.style(role))
    }

    /// As [`Canvas::text`], in any style.
    pub(super) fn styled(&mut self, line: Rect, at: usize, text: &str, style: Style) -> usize {
        let line = line.intersection(self.buffer.area);
        let room = usize::from(line.width).saturating_sub(at);
        if room == 0 || line.height == 0 {
            return at;
        }
        let x = line.x.saturating_add(u16::try_from(at).unwrap_or(u16::MAX));
        let (end, _) = self.buffer.set_stringn(x, line.y, text::truncate(text, room), room, style);
        usize::from(end.saturating_sub(line.x))
    }

    /// Writes pieces one after the other.
    pub(super) fn pieces(&mut self, line: Rect, at: usize, pieces: &[Piece]) -> usize {
        pieces.iter().fold(at, |at, piece| self.text(line, at, &piece.text, piece.role))
    }

    /// Writes pieces so that they end where the line ends, unless that is left of column `from`.
    pub(super) fn pieces_right(&mut self, line: Rect, from: usize, pieces: &[Piece]) {
        let start = usize::from(line.width).saturating_sub(total_width(pieces));
        self.pieces(line, start.max(from), pieces);
    }

    /// Gives cells that are written already another style on top.
    pub(super) fn overlay(&mut self, area: Rect, style: Style) {
        self.buffer.set_style(area, style);
    }

    /// Marks what a search has found, from column `from` of the line on up to `to`.
    pub(super) fn mark_match(&mut self, line: Rect, from: usize, to: usize) {
        let column = |at: usize| u16::try_from(at).unwrap_or(u16::MAX).min(line.width);
        let found = Rect { x: line.x + column(from), width: column(to).saturating_sub(column(from)), ..line };
        self.overlay(found.intersection(self.buffer.area), self.theme.found());
    }

    /// A vertical line goes through a column of the line: with `glyph` through what is blank, inverted through bars, and
    /// behind text.
    pub(super) fn rule(&mut self, line: Rect, at: usize, glyph: &str, role: Role) {
        let style = self.theme.style(role);
        let Some(x) = column_in(line, at) else { return };
        // The right half of a wide character is no blank.
        let is_covered = x > line.x
            && self.buffer.cell((x - 1, line.y)).is_some_and(|before| text::width(before.symbol()) > 1);
        let Some(cell) = self.buffer.cell_mut((x, line.y)) else { return };
        let is_bar = cell.symbol().starts_with(|c| matches!(c, '▀'..='▟'))
            || cell.modifier.contains(Modifier::REVERSED);
        match cell.symbol() {
            _ if is_covered => {}
            " " | "·" => {
                cell.reset();
                cell.set_symbol(glyph).set_style(style);
            }
            _ if is_bar => {
                if cell.symbol() == "█" {
                    cell.set_symbol(glyph);
                }
                cell.modifier.toggle(Modifier::REVERSED);
            }
            _ => {}
        }
    }

    /// Empties an area.
    pub(super) fn clear(&mut self, area: Rect) {
        let area = area.intersection(self.buffer.area);
        for position in area.positions() {
            if let Some(cell) = self.buffer.cell_mut(position) {
                cell.reset();
            }
        }
    }

    /// The rule above a pane with its title at the left and its state at the right.
    pub(super) fn title(&mut self, line: Rect, focused: bool, left: &[Piece], right: &[Piece]) {
        let (rule, role) = if focused { ("━", Role::Strong) } else { ("─", Role::Faint) };
        self.text(line, 0, &rule.repeat(line.width.into()), role);
        let room = usize::from(line.width).saturating_sub(4);
        let right_width = total_width(right) + 2;
        let (left_room, with_right) = title_room(line, right);
        let left_area = Rect { width: u16::try_from(left_room + 2).unwrap_or(u16::MAX), ..line };
        if room > 0 {
            let at = self.text(left_area, 1, " ", Role::Plain);
            let at = self.pieces(left_area.intersection(line), at, left);
            self.text(line, at, " ", Role::Plain);
        }
        if with_right {
            let at = usize::from(line.width) - right_width - 1;
            let at = self.text(line, at, " ", Role::Plain);
            let at = self.pieces(line, at, right);
            self.text(line, at, " ", Role::Plain);
        }
    }
}

/// The columns for what stands at the left of a title, and whether what stands at the right has room beside it.
fn title_room(line: Rect, right: &[Piece]) -> (usize, bool) {
    let room = usize::from(line.width).saturating_sub(4);
    let right_width = total_width(right) + 2;
    let with_right = !right.is_empty() && right_width + 12 <= room;
    (if with_right { room - right_width } else { room }, with_right)
}

/// Which of the pieces at the left of a title stands in this column of the screen.
pub(super) fn title_piece_at<'a>(
    line: Rect,
    left: &'a [Piece],
    right: &[Piece],
    column: u16,
) -> Option<&'a Piece> {
    // Behind the rule's first column and a blank.
    let at = usize::from(column.checked_sub(line.x)?).checked_sub(2)?;
    let (room, _) = title_room(line, right);
    let mut end = 0;
    left.iter().filter(|_| at < room).find(|piece| {
        end += piece.width();
        at < end
    })
}

/// A number in at most six columns: `99,999` `120K` `1.2M` `99G`. Cut, as all numbers are.
pub(super) fn short_count(n: u64) -> String {
    const UNITS: [(u64, &str); 5] = [
        (1_000_000_000_000_000, "P"),
        (1_000_000_000_000, "T"),
        (1_000_000_000, "G"),
        (1_000_000, "M"),
        (1_000, "K"),
    ];
    let unit = UNITS.into_iter().find(|(unit, _)| n >= *unit).filter(|_| n >= 100_000);
    match unit {
        None => text::count(n),
        Some((unit, name)) if n < 10 * unit => format!("{}.{}{name}", n / unit, n / (unit / 10) % 10),
        Some((unit, name)) => format!("{}{name}", n / unit),
    }
}

/// The first row of a window of `height` rows over `len`, so that `at` is inside, moved as little as possible.
pub(super) fn scrolled_to(top: usize, at: usize, height: usize, len: usize) -> usize {
    let height = height.max(1);
    let top = top.min(len.saturating_sub(height));
    if at < top {
        at
    } else if at >= top + height {
        at + 1 - height
    } else {
        top
    }
}

/// Cuts a text into lines of at most `columns` columns; an empty text is one empty line.
pub(super) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut rows = vec![String::new()];
    let mut used = 0;
    for c in text.chars() {
        let width = text::width(c.encode_utf8(&mut [0; 4]));
        if used + width > columns && used > 0 {
            rows.push(String::new());
            used = 0;
        }
        if let Some(row) = rows.last_mut() {
            row.push(c);
        }
        used += width;
    }
    rows
}

/// As [`wrap`], between words where that is possible.
pub(super) fn wrap_words(text: &str, columns: usize) -> Vec<String> {
    let mut rows = vec![String::new()];
    for word in text.split(' ') {
        let used = rows.last().map_or(0, |row| text::width(row));
        let fits = used + 1 + text::width(word) <= columns;
        match rows.last_mut() {
            Some(row) if used > 0 && fits => {
                row.push(' ');
                row.push_str(word);
            }
            last => {
                let mut pieces = wrap(word, columns).into_iter();
                if let Some(row) = last.filter(|_| used == 0) {
                    row.push_str(&pieces.next().unwrap_or_default());
                }
                rows.extend(pieces);
            }
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_counts_have_six_columns() {
        let cases = [
            (0, "0"),
            (99_999, "99,999"),
            (100_000, "100K"),
            (999_999, "999K"),
            (1_299_999, "1.2M"),
            (10_000_000, "10M"),
            (4_294_967_295, "4.2G"),
            (u64::MAX, "18446P"),
        ];
        for (n, shown) in cases {
            assert_eq!(short_count(n), shown);
            assert!(shown.len() <= 6);
        }
    }

    #[test]
    fn a_window_moves_no_more_than_it_must() {
        assert_eq!(scrolled_to(0, 5, 10, 100), 0);
        assert_eq!(scrolled_to(0, 10, 10, 100), 1);
        assert_eq!(scrolled_to(50, 49, 10, 100), 49);
        assert_eq!(scrolled_to(95, 99, 10, 100), 90);
        assert_eq!(scrolled_to(7, 0, 0, 0), 0);
    }

    #[test]
    fn long_values_go_on_in_the_next_line() {
        assert_eq!(wrap("abcdef", 4), ["abcd", "ef"]);
        assert_eq!(wrap("", 4), [""]);
        assert_eq!(wrap("日本語", 5), ["日本", "語"]);
        assert_eq!(wrap("日", 1), ["日"]);
        assert_eq!(wrap_words("a bc def", 4), ["a bc", "def"]);
        assert_eq!(wrap_words("ab cdefgh i", 4), ["ab", "cdef", "gh i"]);
        assert_eq!(wrap_words("", 4), [""]);
    }
}
