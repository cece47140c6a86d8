//! The flat table: every process that is shown in a row of its own, in the order of any column.

mod chooser;
mod columns;
mod pane;
mod remembered;

use super::search::{Found, Search, Way, choose};
use super::window::{Anchor, Window};
use crate::model::Model;
use crate::model::event::ProcessId;
use crate::model::process::NodeKey;
use crate::model::table::{Column, Table};
use crate::model::tree::Tree;
use crate::model::view::Outline;
pub(super) use chooser::Chooser;
pub use columns::TableColumns;
pub(super) use pane::{TablePane, column_at, rows};

/// What is selected and shown, for a search that is taken back.
#[derive(Debug)]
pub(super) struct TablePlace {
    selected: Option<ProcessId>,
    window: Window,
}

/// The state.
#[derive(Debug)]
pub(super) struct TableView {
    rows: Table,
    pub(super) columns: TableColumns,
    pub(super) window: Window,
    selected: Option<ProcessId>,
    /// The moment that the rows are of.
    now_ns: u64,
}

impl TableView {
    pub(super) fn new(columns: TableColumns) -> Self {
        Self { rows: Table::default(), columns, window: Window::default(), selected: None, now_ns: 0 }
    }

    pub(super) const fn selected(&self) -> Option<ProcessId> {
        self.selected
    }

    /// Whether the user has chosen a process, and not just an end of the table.
    pub(super) fn is_chosen(&self) -> bool {
        matches!(self.window.anchor, Anchor::Row | Anchor::Middle)
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn is_complete(&self) -> bool {
        self.rows.is_complete()
    }

    /// There is another model.
    pub(super) fn begin_anew(&mut self) {
        self.rows.begin_anew();
    }

    pub(super) fn resize(&mut self, height: usize) {
        self.window.resize(height, self.rows.len());
    }

    /// Brings the rows up to date with the tree's, and finds the selection in them again.
    pub(super) fn update(&mut self, model: &Model, outline: &Outline, now_ns: u64) {
        self.now_ns = now_ns;
        self.rows.set_inverted(self.columns.inverted);
        self.rows.update(model.tree(), outline, self.columns.sort);
        self.find_selection(model.tree(), outline);
    }

    /// Goes on with what takes long.
    pub(super) fn go_on(&mut self, model: &Model, outline: &Outline, now_ns: u64) {
        self.now_ns = now_ns;
        self.rows.go_on(model.tree(), outline);
        self.find_selection(model.tree(), outline);
    }

    fn find_selection(&mut self, tree: &Tree, outline: &Outline) {
        let key = self.selected.and_then(|id| tree.find(id));
        self.window.settle(self.rows.len(), key.and_then(|key| self.position(tree, key)));
        // Whoever is selected may be among the rows that are coming.
        if self.is_complete() && outline.is_complete() {
            self.select(tree);
        }
    }

    fn position(&self, tree: &Tree, key: NodeKey) -> Option<usize> {
        self.rows.position(tree, key, self.now_ns)
    }

    /// Selects whoever has the row; while there is none, he stays selected who was.
    fn select(&mut self, tree: &Tree) {
        let key = self.rows.keys(tree, self.window.index..self.window.index + 1, self.now_ns).pop();
        if let Some(process) = key.and_then(|key| tree.get(key)) {
            self.selected = Some(process.id);
        }
    }

    /// The rows on the screen, each with whether it is selected.
    pub(super) fn visible(&self, tree: &Tree) -> Vec<(NodeKey, bool)> {
        let keys = self.rows.keys(tree, self.window.rows(), self.now_ns).into_iter().enumerate();
        keys.map(|(line, key)| (key, self.window.top + line == self.window.index)).collect()
    }

    pub(super) fn go_to(&mut self, tree: &Tree, index: usize) {
        self.window.go_to(index, self.rows.len());
        self.select(tree);
    }

    pub(super) fn move_by(&mut self, tree: &Tree, rows: isize) {
        self.go_to(tree, self.window.index.saturating_add_signed(rows));
    }

    /// Moves the window by so many rows, and the selection with it.
    pub(super) fn scroll_by(&mut self, tree: &Tree, rows: isize) {
        self.window.scroll_by(rows, self.rows.len());
        self.select(tree);
    }

    /// Selects the row in this line of the screen, if there is one.
    pub(super) fn go_to_line(&mut self, tree: &Tree, line: usize) {
        if self.window.top + line < self.rows.len() {
            self.go_to(tree, self.window.top + line);
        }
    }

    /// To an end, and on with whoever is there.
    pub(super) fn go_to_end(&mut self, tree: &Tree, end: Anchor) {
        self.window.anchor = end;
        self.window.settle(self.rows.len(), None);
        self.select(tree);
    }

    /// To a process; false when it has no row.
    pub(super) fn go_to_process(&mut self, tree: &Tree, id: ProcessId) -> bool {
        let index = tree.find(id).and_then(|key| self.position(tree, key));
        if let Some(index) = index {
            self.go_to(tree, index);
        }
        index.is_some()
    }

    /// A process is selected, whatever rows there will be.
    pub(super) fn expect(&mut self, id: ProcessId) {
        self.selected = Some(id);
        self.window.expect_row();
    }

    /// Back to a process that was selected.
    pub(super) fn return_to(&mut self, tree: &Tree, id: ProcessId) {
        if self.is_chosen() {
            self.selected = Some(id);
            self.go_to_process(tree, id);
        }
    }

    /// Sorts by the column so many further, or by one before.
    pub(super) fn sort_by(&mut self, steps: isize) {
        self.columns.step(steps);
        self.keep_place();
    }

    /// Sorts by this column; the other way round where the rows are sorted by it already.
    pub(super) fn sort_by_column(&mut self, column: Column) {
        self.columns.inverted = column == self.columns.sort && !self.columns.inverted;
        self.columns.sort = column;
        self.keep_place();
    }

    /// Sorts by this column, in its own order.
    pub(super) fn sort_on(&mut self, column: Column) {
        (self.columns.sort, self.columns.inverted) = (column, false);
        self.keep_place();
    }

    pub(super) fn invert(&mut self) {
        self.columns.inverted = !self.columns.inverted;
        self.keep_place();
    }

    /// In another order one looks at its beginning, unless one has chosen a process.
    fn keep_place(&mut self) {
        if self.window.anchor == Anchor::Last {
            self.window.anchor = Anchor::First;
        }
    }

    pub(super) fn sort(&self) -> Column {
        self.columns.sort
    }

    /// Which process a search leads to from the selected one, and what it came to. Without one every row is a match:
    /// the filter's.
    pub(super) fn look_for(&self, tree: &Tree, search: Option<&Search>, way: Way) -> (Option<usize>, Found) {
        let keys = self.rows.keys(tree, 0..usize::MAX, self.now_ns);
        let is_found = |key: NodeKey| {
            let process = tree.get(key);
            search.is_none_or(|search| {
                process.is_some_and(|process| search.finds_process(tree, key, process, self.now_ns))
            })
        };
        let places: Vec<usize> =
            keys.into_iter().enumerate().filter(|&(_, key)| is_found(key)).map(|(place, _)| place).collect();
        choose(&places, self.window.index, way)
    }

    /// For [`TableView::restore`].
    pub(super) fn place(&self) -> TablePlace {
        TablePlace { selected: self.selected, window: self.window }
    }

    pub(super) fn restore(&mut self, tree: &Tree, place: &TablePlace) {
        self.selected = place.selected;
        self.window = Window { height: self.window.height, ..place.window };
        let key = self.selected.and_then(|id| tree.find(id));
        self.window.settle(self.rows.len(), key.and_then(|key| self.position(tree, key)));
    }
}
