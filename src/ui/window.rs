//! The part of a list that is on the screen. Rows come and go above and beneath the selected one; that stays in its line.

use super::paint::scrolled_to;

/// What moves the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Anchor {
    /// Whichever row is the first.
    #[default]
    First,
    /// The selected row: it stays in its line.
    Row,
    /// The selected row: it stays in the middle.
    Middle,
    /// Whichever row is the last.
    Last,
}

/// The window.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Window {
    pub(super) anchor: Anchor,
    /// The selected row.
    pub(super) index: usize,
    /// The first row that is shown.
    pub(super) top: usize,
    pub(super) height: usize,
}

impl Window {
    /// There are so many rows now, and the selected one is found here; where it is gone its place stays selected.
    pub(super) fn settle(&mut self, len: usize, found: Option<usize>) {
        let last = len.saturating_sub(1);
        let line = self.index.saturating_sub(self.top);
        self.index = match self.anchor {
            Anchor::First => 0,
            Anchor::Row | Anchor::Middle => found.unwrap_or(self.index).min(last),
            Anchor::Last => last,
        };
        let top = match self.anchor {
            Anchor::First | Anchor::Last => self.index,
            Anchor::Row => self.index.saturating_sub(line),
            Anchor::Middle => self.index.saturating_sub(self.height / 2),
        };
        self.top = scrolled_to(top, self.index, self.height, len);
    }

    pub(super) fn resize(&mut self, height: usize, len: usize) {
        self.height = height;
        self.top = scrolled_to(self.top, self.index, height, len);
    }

    /// The user selects a row.
    pub(super) fn go_to(&mut self, index: usize, len: usize) {
        self.anchor = Anchor::Row;
        self.index = index.min(len.saturating_sub(1));
        self.top = scrolled_to(self.top, self.index, self.height, len);
    }

    /// The user moves the window by so many rows, and the selection with it: it keeps its line, but at an end of the rows,
    /// where the window stays and it goes on.
    pub(super) fn scroll_by(&mut self, rows: isize, len: usize) {
        self.top = self.top.saturating_add_signed(rows);
        self.go_to(self.index.saturating_add_signed(rows), len);
    }

    /// A row will be selected, wherever it turns out to be: then it is in the middle.
    pub(super) fn expect_row(&mut self) {
        (self.anchor, self.index, self.top) = (Anchor::Row, self.height / 2, 0);
    }

    /// Keeps the selected row in the middle, or no more.
    pub(super) fn toggle_middle(&mut self) {
        self.anchor = if self.anchor == Anchor::Middle { Anchor::Row } else { Anchor::Middle };
    }

    /// The rows that are shown.
    pub(super) fn rows(&self) -> std::ops::Range<usize> {
        self.top..self.top + self.height
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(anchor: Anchor, index: usize, top: usize) -> Window {
        Window { anchor, index, top, height: 10 }
    }

    fn settled(mut window: Window, len: usize, found: Option<usize>) -> (usize, usize) {
        window.settle(len, found);
        (window.index, window.top)
    }

    #[test]
    fn the_selected_row_stays_in_its_line() {
        assert_eq!(settled(window(Anchor::Row, 5, 2), 100, Some(25)), (25, 22));
        assert_eq!(settled(window(Anchor::Row, 5, 2), 100, Some(1)), (1, 0), "there is nothing above");
        assert_eq!(settled(window(Anchor::Row, 5, 2), 27, Some(25)), (25, 17), "nor beneath the last");
        assert_eq!(settled(window(Anchor::Row, 5, 2), 100, None), (5, 2), "its place");
        assert_eq!(settled(window(Anchor::Row, 5, 2), 3, None), (2, 0));
    }

    #[test]
    fn the_ends_and_the_middle_are_kept_to() {
        assert_eq!(settled(window(Anchor::First, 5, 2), 100, Some(25)), (0, 0));
        assert_eq!(settled(window(Anchor::Last, 5, 2), 100, Some(25)), (99, 90));
        assert_eq!(settled(window(Anchor::Middle, 5, 2), 100, Some(25)), (25, 20));
    }
}
