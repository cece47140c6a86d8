//! The failures: every process that ended badly and every exec that failed, the latest first.

mod pane;

use super::search::{Found, Search, Way, choose};
use super::window::{Anchor, Window};
use crate::model::Model;
use crate::model::event::ProcessId;
use crate::model::log::LogLine;
use crate::model::process::NodeKey;
use crate::model::table::{Failed, Failure, Failures};
use crate::model::tree::Tree;
use crate::model::view::{Criteria, Outline};
pub(super) use pane::{FailuresPane, HARMLESS, rows};

/// What is selected: it stays selected wherever its row goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Selected {
    Process(ProcessId),
    /// A line of the log, and the process that it is about.
    Exec(u64, ProcessId),
}

/// What is selected and shown, for a search that is taken back.
#[derive(Debug)]
pub(super) struct FailuresPlace {
    selected: Option<Selected>,
    window: Window,
}

/// The state.
#[derive(Debug, Default)]
pub(super) struct FailuresView {
    rows: Failures,
    pub(super) window: Window,
    selected: Option<Selected>,
}

impl FailuresView {
    /// The process that is selected, or of which a failed exec is.
    pub(super) const fn selected(&self) -> Option<ProcessId> {
        match self.selected {
            Some(Selected::Process(id) | Selected::Exec(_, id)) => Some(id),
            None => None,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn is_complete(&self) -> bool {
        self.rows.is_complete()
    }

    /// The filter changed.
    pub(super) fn reset(&mut self) {
        self.rows.reset();
    }

    /// There is another model.
    pub(super) fn begin_anew(&mut self) {
        self.rows.begin_anew();
    }

    pub(super) fn resize(&mut self, height: usize) {
        self.window.resize(height, self.rows.len());
    }

    /// Brings the rows up to date with the tree's, and finds the selection in them again.
    pub(super) fn update(&mut self, model: &Model, outline: &Outline, criteria: &Criteria) {
        self.rows.update(model, outline, criteria);
        self.find_selection(model, outline);
    }

    /// Goes on with what takes long.
    pub(super) fn go_on(&mut self, model: &Model, outline: &Outline, criteria: &Criteria) {
        self.rows.go_on(model, outline, criteria);
        self.find_selection(model, outline);
    }

    fn find_selection(&mut self, model: &Model, outline: &Outline) {
        self.window.settle(self.rows.len(), self.selected_row(model.tree()));
        // What is selected may be among the rows that are coming.
        if self.is_complete() && outline.is_complete() {
            self.select(model);
        }
    }

    fn selected_row(&self, tree: &Tree) -> Option<usize> {
        let of = match self.selected? {
            Selected::Process(id) => Failed::Process(tree.find(id)?),
            Selected::Exec(number, _) => Failed::Exec(number),
        };
        self.rows.position(tree, of)
    }

    /// Selects what has the row; while there is none, that stays selected that was.
    fn select(&mut self, model: &Model) {
        let row = self.rows.rows(model.tree(), self.window.index..self.window.index + 1).pop();
        let selected = row.and_then(|row| match row {
            Failed::Process(key) => Some(Selected::Process(model.tree().get(key)?.id)),
            Failed::Exec(number) => Some(Selected::Exec(number, model.log().get(number)?.id)),
        });
        self.selected = selected.or(self.selected);
    }

    /// The rows on the screen, each with whether it is selected.
    pub(super) fn visible(&self, tree: &Tree) -> Vec<(Failed, bool)> {
        let rows = self.rows.rows(tree, self.window.rows()).into_iter().enumerate();
        rows.map(|(line, row)| (row, self.window.top + line == self.window.index)).collect()
    }

    /// What a process that failed has to do with other failures.
    pub(super) fn failure(&self, tree: &Tree, key: NodeKey) -> Option<Failure> {
        self.rows.failure(tree, key)
    }

    pub(super) fn go_to(&mut self, model: &Model, index: usize) {
        self.window.go_to(index, self.rows.len());
        self.select(model);
    }

    pub(super) fn move_by(&mut self, model: &Model, rows: isize) {
        self.go_to(model, self.window.index.saturating_add_signed(rows));
    }

    /// Moves the window by so many rows, and the selection with it.
    pub(super) fn scroll_by(&mut self, model: &Model, rows: isize) {
        self.window.scroll_by(rows, self.rows.len());
        self.select(model);
    }

    /// Selects the row in this line of the screen, if there is one.
    pub(super) fn go_to_line(&mut self, model: &Model, line: usize) {
        if self.window.top + line < self.rows.len() {
            self.go_to(model, self.window.top + line);
        }
    }

    /// To an end, and on with whatever is there.
    pub(super) fn go_to_end(&mut self, model: &Model, end: Anchor) {
        self.window.anchor = end;
        self.window.settle(self.rows.len(), None);
        self.select(model);
    }

    /// To a process; false when it has no row.
    pub(super) fn go_to_process(&mut self, model: &Model, id: ProcessId) -> bool {
        let key = model.tree().find(id);
        let index = key.and_then(|key| self.rows.position(model.tree(), Failed::Process(key)));
        if let Some(index) = index {
            self.go_to(model, index);
        }
        index.is_some()
    }

    /// A process that failed is selected; without one, the latest failure.
    pub(super) fn expect(&mut self, id: Option<ProcessId>) {
        self.window.anchor = Anchor::First;
        if let Some(id) = id {
            self.selected = Some(Selected::Process(id));
            self.window.expect_row();
        }
    }

    /// Which row a search leads to from the selected one, and what it came to. Without one every row is a match: the
    /// filter's.
    pub(super) fn look_for(
        &self,
        model: &Model,
        search: Option<&Search>,
        way: Way,
        now_ns: u64,
    ) -> (Option<usize>, Found) {
        let tree = model.tree();
        let finds = |search: &Search, row: Failed| match row {
            Failed::Process(key) => {
                let process = tree.get(key);
                process.is_some_and(|process| search.finds_process(tree, key, process, now_ns))
            }
            Failed::Exec(number) => {
                let line: Option<LogLine<'_>> = model.log().get(number);
                line.is_some_and(|line| search.finds_line(tree, &line))
            }
        };
        let rows = self.rows.rows(tree, 0..usize::MAX).into_iter().enumerate();
        let found = rows.filter(|&(_, row)| search.is_none_or(|search| finds(search, row)));
        let places: Vec<usize> = found.map(|(place, _)| place).collect();
        choose(&places, self.window.index, way)
    }

    /// For [`FailuresView::restore`].
    pub(super) fn place(&self) -> FailuresPlace {
        FailuresPlace { selected: self.selected, window: self.window }
    }

    pub(super) fn restore(&mut self, tree: &Tree, place: &FailuresPlace) {
        self.selected = place.selected;
        self.window = Window { height: self.window.height, ..place.window };
        self.window.settle(self.rows.len(), self.selected_row(tree));
    }
}
