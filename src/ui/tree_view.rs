//! The state of the tree's pane: which rows there are, which one is selected, which part is on the screen.
//!
//! The selection and the top of the window belong to processes, not to places: rows come and go around them.

use rustc_hash::{FxHashMap, FxHashSet};

use super::paint::scrolled_to;
use crate::model::Model;
use crate::model::event::ProcessId;
use crate::model::process::NodeKey;
use crate::model::tree::Tree;
use crate::model::view::{Criteria, Row, Rows};

/// What moves the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scroll {
    /// Only the user: what is at the top stays at the top.
    Still,
    /// New rows: the end stays in sight.
    Tail,
    /// The selection: it stays in the middle.
    Selected,
}

/// The state.
#[derive(Debug)]
pub(super) struct TreeView {
    rows: Rows,
    /// The rows before, to find neighbours of what has gone.
    former: Rows,
    folded: FxHashSet<NodeKey>,
    selected: Option<ProcessId>,
    selected_index: usize,
    top: usize,
    height: usize,
    scroll: Scroll,
}

impl TreeView {
    pub(super) fn new() -> Self {
        Self {
            rows: Rows::default(),
            former: Rows::default(),
            folded: FxHashSet::default(),
            selected: None,
            selected_index: 0,
            top: 0,
            height: 1,
            scroll: Scroll::Still,
        }
    }

    pub(super) fn rows(&self) -> &[Row] {
        self.rows.as_slice()
    }

    /// How many rows match; the others are ancestors.
    pub(super) fn matched(&self) -> usize {
        self.rows.matched()
    }

    /// The rows on the screen, each with whether it is selected.
    pub(super) fn visible(&self) -> impl Iterator<Item = (Row, bool)> + '_ {
        let rows = self.rows().iter().enumerate().skip(self.top).take(self.height);
        rows.map(|(index, row)| (*row, index == self.selected_index && self.selected.is_some()))
    }

    pub(super) const fn selected(&self) -> Option<ProcessId> {
        self.selected
    }

    pub(super) const fn scroll(&self) -> Scroll {
        self.scroll
    }

    pub(super) fn set_scroll(&mut self, scroll: Scroll) {
        self.scroll = scroll;
        self.settle();
    }

    /// Computes the rows anew, and finds the selection and the top of the window in them again.
    pub(super) fn rebuild(&mut self, model: &Model, criteria: &Criteria, now_ns: u64) {
        let tree = model.tree();
        let was_visible = self.is_selection_visible();
        if self.folded.len() > tree.len() {
            self.folded.retain(|&key| tree.get(key).is_some());
        }
        std::mem::swap(&mut self.rows, &mut self.former);
        self.rows.rebuild(tree, criteria, &self.folded, now_ns);
        let mut places = Places::new(&self.rows);
        let anchored = self.scroll == Scroll::Still && self.top > 0;
        let top = if anchored { places.nearest(self.former.as_slice(), self.top) } else { None };
        let selected = self.find_selection(tree, &mut places);
        self.top = top.unwrap_or(0);
        self.select(tree, selected);
        if was_visible && self.scroll == Scroll::Still {
            self.reveal();
        }
        self.settle();
    }

    fn find_selection(&self, tree: &Tree, places: &mut Places<'_>) -> usize {
        let key = self.selected.and_then(|id| tree.find(id));
        if let Some(index) = key.and_then(|key| self.rows.position(key)) {
            return index;
        }
        let folded_away = key.and_then(|key| self.folded_ancestor(tree, key, places));
        let neighbour = || places.nearest(self.former.as_slice(), self.selected_index);
        folded_away.or_else(neighbour).unwrap_or(0)
    }

    /// The row that a process was folded into.
    fn folded_ancestor(&self, tree: &Tree, key: NodeKey, places: &mut Places<'_>) -> Option<usize> {
        let index = tree.ancestors(key).find_map(|(ancestor, _)| places.of(ancestor))?;
        self.rows().get(index).filter(|row| row.folded).map(|_| index)
    }

    /// The screen got another height.
    pub(super) fn resize(&mut self, height: usize) {
        let was_visible = self.is_selection_visible();
        self.height = height;
        if was_visible && self.scroll == Scroll::Still {
            self.reveal();
        }
        self.settle();
    }

    fn is_selection_visible(&self) -> bool {
        (self.top..self.top + self.height.max(1)).contains(&self.selected_index)
    }

    fn reveal(&mut self) {
        self.top = scrolled_to(self.top, self.selected_index, self.height, self.rows().len());
    }

    /// Puts the window where it belongs.
    fn settle(&mut self) {
        let last_top = self.rows().len().saturating_sub(self.height.max(1));
        self.top = match self.scroll {
            Scroll::Still => self.top.min(last_top),
            Scroll::Tail => last_top,
            Scroll::Selected => self.selected_index.saturating_sub(self.height / 2).min(last_top),
        };
    }

    fn select(&mut self, tree: &Tree, index: usize) {
        self.selected_index = index.min(self.rows().len().saturating_sub(1));
        // While there are no rows the process stays selected: a filter that is being edited may show it again.
        if let Some(row) = self.rows().get(self.selected_index) {
            self.selected = tree.get(row.key).map(|process| process.id);
        }
    }

    /// The user moves the selection to a row.
    fn go_to(&mut self, tree: &Tree, index: usize) {
        self.select(tree, index);
        self.scroll = Scroll::Still;
        self.reveal();
    }

    /// The user moves the selection by so many rows.
    pub(super) fn move_by(&mut self, tree: &Tree, rows: isize) {
        self.go_to(tree, self.selected_index.saturating_add_signed(rows));
    }

    /// To the first row.
    pub(super) fn first(&mut self, tree: &Tree) {
        self.go_to(tree, 0);
    }

    /// To the last row, and on with those that will follow.
    pub(super) fn live_end(&mut self, tree: &Tree) {
        self.go_to(tree, usize::MAX);
        self.set_scroll(Scroll::Tail);
    }

    /// To a process; false when it has no row.
    pub(super) fn go_to_process(&mut self, tree: &Tree, id: ProcessId) -> bool {
        let index = tree.find(id).and_then(|key| self.rows.position(key));
        if let Some(index) = index {
            self.go_to(tree, index);
        }
        index.is_some()
    }

    /// Back to a process, whatever moves the window.
    pub(super) fn return_to(&mut self, tree: &Tree, id: ProcessId) {
        let scroll = self.scroll;
        self.go_to_process(tree, id);
        self.set_scroll(scroll);
    }

    /// Off an ancestor that is there for others' sake, to the first row that matches.
    pub(super) fn go_to_match(&mut self, tree: &Tree) {
        let is_matched = self.selected_row().is_some_and(|row| row.matched);
        if let Some(index) = self.rows().iter().position(|row| row.matched).filter(|_| !is_matched) {
            self.select(tree, index);
            self.reveal();
            self.settle();
        }
    }

    fn selected_row(&self) -> Option<Row> {
        self.rows().get(self.selected_index).copied()
    }

    /// Folds or unfolds the selected row; tells whether anything changed.
    pub(super) fn set_folded(&mut self, folded: bool) -> bool {
        match self.selected_row() {
            Some(row) if row.parental && folded => self.folded.insert(row.key),
            Some(row) => !folded && self.folded.remove(&row.key),
            None => false,
        }
    }

    /// Folds what is unfolded and the other way round.
    pub(super) fn toggle_fold(&mut self) -> bool {
        self.selected_row().is_some_and(|row| self.set_folded(!row.folded))
    }

    /// Folds everything; unfolds everything where anything is folded.
    pub(super) fn toggle_all(&mut self, tree: &Tree) {
        if self.folded.is_empty() {
            let parental = tree.iter().map(|(key, _)| key).filter(|&key| tree.first_child(key).is_some());
            self.folded = parental.collect();
        } else {
            self.folded.clear();
        }
    }

    /// To the row of the parent.
    pub(super) fn go_to_parent(&mut self, tree: &Tree) {
        let parent = self.selected_row().and_then(|row| tree.parent(row.key));
        if let Some(index) = parent.and_then(|parent| self.rows.position(parent)) {
            self.go_to(tree, index);
        }
    }

    /// To the row of the first child.
    pub(super) fn go_to_child(&mut self, tree: &Tree) {
        let next = self.rows().get(self.selected_index + 1);
        if self.selected_row().zip(next).is_some_and(|(row, next)| next.depth > row.depth) {
            self.move_by(tree, 1);
        }
    }

    pub(super) const fn height(&self) -> usize {
        self.height
    }
}

/// Finds rows by process; the index of them is made when it is first needed.
struct Places<'a> {
    rows: &'a [Row],
    index: Option<FxHashMap<NodeKey, usize>>,
}

impl<'a> Places<'a> {
    fn new(rows: &'a Rows) -> Self {
        Self { rows: rows.as_slice(), index: None }
    }

    fn of(&mut self, key: NodeKey) -> Option<usize> {
        let make = || self.rows.iter().enumerate().map(|(index, row)| (row.key, index)).collect();
        self.index.get_or_insert_with(make).get(&key).copied()
    }

    /// Where that of the former rows is now that was nearest to `at`.
    fn nearest(&mut self, former: &[Row], at: usize) -> Option<usize> {
        // Mostly it is still where it was.
        let here = former.get(at)?.key;
        if self.rows.get(at).is_some_and(|row| row.key == here) {
            return Some(at);
        }
        if let Some(index) = self.of(here) {
            return Some(index);
        }
        let below = former.get(at + 1..).unwrap_or_default().iter();
        let mut above = former.get(..at).unwrap_or_default().iter().rev();
        for row in below {
            if let Some(index) = self.of(row.key) {
                return Some(index);
            }
            if let Some(index) = above.next().and_then(|row| self.of(row.key)) {
                return Some(index);
            }
        }
        above.find_map(|row| self.of(row.key))
    }
}
