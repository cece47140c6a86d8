//! The state of the log's pane: which lines there are, and which part is on the screen.

use super::paint::scrolled_to;
use super::search::{Found, Search, Way, choose};
use crate::model::Model;
use crate::model::event::ProcessId;
use crate::model::log::{Entry, LogLine};
use crate::model::view::{Criteria, Lines};

/// What is under the cursor and on the screen.
#[derive(Clone, Copy, Debug)]
pub(super) struct LogPlace {
    cursor: Option<u64>,
    top: u64,
}

/// The state. Places are numbers of lines, which stay valid while old lines go.
#[derive(Debug, Default)]
pub(super) struct LogView {
    lines: Lines,
    /// The line under the cursor; `None` while the live end is followed.
    cursor: Option<u64>,
    /// The number of the first line on the screen.
    top: u64,
    height: usize,
}

impl LogView {
    /// The filter changed.
    pub(super) fn reset(&mut self) {
        self.lines.reset();
    }

    /// Judges new lines and moves the window along.
    pub(super) fn update(&mut self, model: &Model, criteria: &Criteria) {
        self.lines.update(model, criteria);
        self.settle();
    }

    /// Whether all lines have been judged; until then those that have been are shown.
    pub(super) fn is_complete(&self) -> bool {
        self.lines.is_complete()
    }

    pub(super) fn resize(&mut self, height: usize) {
        self.height = height;
        self.settle();
    }

    fn settle(&mut self) {
        let last_top = self.lines.len().saturating_sub(self.height.max(1));
        let top = match self.cursor_index() {
            None => last_top,
            Some(cursor) => {
                scrolled_to(self.lines.index(self.top), cursor, self.height, self.lines.len()).min(last_top)
            }
        };
        self.top = self.lines.number(top).unwrap_or(0);
    }

    fn cursor_index(&self) -> Option<usize> {
        let last = self.lines.len().checked_sub(1)?;
        self.cursor.map(|number| self.lines.index(number).min(last))
    }

    pub(super) const fn is_following(&self) -> bool {
        self.cursor.is_none()
    }

    /// How many lines there are.
    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    /// How many lines there are below the screen.
    pub(super) fn newer(&self) -> usize {
        self.lines.len().saturating_sub(self.lines.index(self.top) + self.height)
    }

    /// The lines on the screen, each with whether the cursor is on it.
    pub(super) fn visible<'a>(&'a self, model: &'a Model) -> impl Iterator<Item = (LogLine<'a>, bool)> {
        let top = self.lines.index(self.top);
        let cursor = self.cursor_index();
        (top..self.lines.len()).take(self.height).filter_map(move |index| {
            let line = model.log().get(self.lines.number(index)?)?;
            Some((line, Some(index) == cursor))
        })
    }

    /// The line under the cursor; while the end is followed, the last one.
    pub(super) fn current<'a>(&self, model: &'a Model) -> Option<LogLine<'a>> {
        let index = self.cursor_index().or_else(|| self.lines.len().checked_sub(1))?;
        model.log().get(self.lines.number(index)?)
    }

    /// Moves the cursor by so many lines; beyond the last one the end is followed again.
    pub(super) fn move_by(&mut self, lines: isize) {
        let Some(last) = self.lines.len().checked_sub(1) else { return };
        match self.cursor_index() {
            None if lines >= 0 => return,
            None => self.go_to((last + 1).saturating_add_signed(lines)),
            Some(cursor) if cursor.saturating_add_signed(lines) > last => self.cursor = None,
            Some(cursor) => self.go_to(cursor.saturating_add_signed(lines)),
        }
        self.settle();
    }

    /// Moves the window by so many lines, and the cursor with it; at the last line the end is followed again.
    pub(super) fn scroll_by(&mut self, lines: isize) {
        let last_top = self.lines.len().saturating_sub(self.height.max(1));
        let top = self.lines.index(self.top).saturating_add_signed(lines);
        if lines >= 0 && (self.cursor.is_none() || top >= last_top) {
            return self.live_end();
        }
        let Some(last) = self.lines.len().checked_sub(1) else { return };
        self.top = self.lines.number(top.min(last)).unwrap_or(0);
        self.go_to(self.cursor_index().unwrap_or(last).saturating_add_signed(lines));
        self.settle();
    }

    /// Moves the cursor to this line of the screen, if there is one.
    pub(super) fn go_to_line(&mut self, line: usize) {
        let index = self.lines.index(self.top) + line;
        if index < self.lines.len() {
            self.go_to_place(index);
        }
    }

    fn go_to(&mut self, index: usize) {
        self.cursor = self.lines.number(index.min(self.lines.len().saturating_sub(1)));
    }

    pub(super) fn first(&mut self) {
        self.go_to(0);
        self.settle();
    }

    pub(super) fn live_end(&mut self) {
        self.cursor = None;
        self.settle();
    }

    pub(super) const fn height(&self) -> usize {
        self.height
    }

    /// The time of the latest line that tells of an earlier time than this one.
    pub(super) fn latest_before(&self, model: &Model, before_ns: u64) -> Option<u64> {
        self.lines.latest_before(&model.log(), before_ns)
    }

    /// The time of the first line that tells of a later time than this one, even if it is not on the screen for that.
    pub(super) fn first_after(&self, model: &Model, after_ns: u64) -> Option<u64> {
        self.lines.first_after(&model.log(), after_ns)
    }

    /// For [`LogView::restore`].
    pub(super) const fn place(&self) -> LogPlace {
        LogPlace { cursor: self.cursor, top: self.top }
    }

    pub(super) fn restore(&mut self, place: LogPlace) {
        (self.cursor, self.top) = (place.cursor, place.top);
        self.settle();
    }

    /// Which line a search leads to from the cursor, as an index, and what it came to. Without one every line that is there
    /// is a match: the filter's.
    pub(super) fn look_for(
        &self,
        model: &Model,
        search: Option<&Search>,
        way: Way,
    ) -> (Option<usize>, Found) {
        let finds = |index: &usize| {
            let line = self.lines.number(*index).and_then(|number| model.log().get(number));
            line.is_some_and(|line| search.is_none_or(|search| search.finds_line(model.tree(), &line)))
        };
        let places: Vec<usize> = (0..self.lines.len()).filter(finds).collect();
        let from = self.cursor_index().unwrap_or(self.lines.len().saturating_sub(1));
        choose(&places, from, way)
    }

    /// The index of the latest line that tells an exec of this process.
    pub(super) fn last_exec(&self, model: &Model, of: ProcessId) -> Option<usize> {
        (0..self.lines.len()).rev().find(|&index| {
            let line = self.lines.number(index).and_then(|number| model.log().get(number));
            line.is_some_and(|line| line.id == of && matches!(line.entry, Entry::Exec(_)))
        })
    }

    /// Moves the cursor to a line by its index.
    pub(super) fn go_to_place(&mut self, index: usize) {
        self.go_to(index);
        self.settle();
    }
}
