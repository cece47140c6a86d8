//! The state of the tree's pane: which rows there are, which one is selected, which part is on the screen.
//!
//! The selection and the top of the window belong to processes, not to places: rows come and go around them.

use std::ops::Range;

use rustc_hash::FxHashSet;

use super::paint::scrolled_to;
use super::places::Places;
use super::search::{Found, Search, Way, choose};
use crate::model::Model;
use crate::model::event::ProcessId;
use crate::model::process::NodeKey;
use crate::model::tree::Tree;
use crate::model::view::{Criteria, Folds, GroupFacts, GroupKey, Node, Outline, Row, Sample};

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

/// What the user has chosen: it stays chosen wherever its row goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Selected {
    Process(ProcessId),
    Group(GroupKey),
}

/// What is selected, shown and folded away.
#[derive(Debug)]
pub(super) struct TreePlace {
    selected: Option<Selected>,
    top: Option<Node>,
    scroll: Scroll,
    folds: Folds,
}

/// The state.
#[derive(Debug)]
pub(super) struct TreeView {
    rows: Outline,
    selected: Option<Selected>,
    selected_index: usize,
    top: usize,
    height: usize,
    scroll: Scroll,
}

impl TreeView {
    pub(super) fn new() -> Self {
        Self {
            rows: Outline::default(),
            selected: None,
            selected_index: 0,
            top: 0,
            height: 1,
            scroll: Scroll::Still,
        }
    }

    /// How many rows there are.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether the rows are those of the criteria; [`TreeView::go_on`] brings that nearer.
    pub(super) fn is_complete(&self) -> bool {
        self.rows.is_complete()
    }

    /// Whether the rows are to be brought up to date soon, although nobody looks.
    pub(super) fn is_behind(&self, model: &Model) -> bool {
        self.rows.is_behind(model.tree())
    }

    /// There is another model.
    pub(super) fn begin_anew(&mut self) {
        self.rows.begin_anew();
    }

    /// The rows, for views that show the same processes.
    pub(super) const fn outline(&self) -> &Outline {
        &self.rows
    }

    /// Whether the selected row may be one that the user has chosen: it is not the first.
    pub(super) const fn is_chosen(&self) -> bool {
        self.selected_index > 0
    }

    /// How many rows match; the others are ancestors.
    pub(super) fn matched(&self) -> usize {
        self.rows.matched()
    }

    /// The rows on the screen, each with whether it is selected.
    pub(super) fn visible(&self, tree: &Tree) -> Vec<(Row, bool)> {
        let rows = self.rows.rows(tree, self.top..self.top + self.height).into_iter();
        let is_selected = |index| self.top + index == self.selected_index && self.selected.is_some();
        rows.enumerate().map(|(index, row)| (row, is_selected(index))).collect()
    }

    /// The process whose row is selected.
    pub(super) const fn selected(&self) -> Option<ProcessId> {
        match self.selected {
            Some(Selected::Process(id)) => Some(id),
            Some(Selected::Group(_)) | None => None,
        }
    }

    /// Whose row is selected.
    pub(super) fn selected_node(&self, tree: &Tree) -> Option<Node> {
        match self.selected? {
            Selected::Process(id) => tree.find(id).map(Node::Process),
            Selected::Group(key) => Some(Node::Group(key)),
        }
    }

    /// What a group's row tells.
    pub(super) fn facts(&self, key: GroupKey) -> Option<GroupFacts> {
        self.rows.facts(key)
    }

    /// Members of a group that stand for all that ended within `ends`, at most so many.
    pub(super) fn sample(&self, tree: &Tree, key: GroupKey, ends: Range<u64>, most: u32) -> Sample {
        self.rows.sample(tree, key, ends, most)
    }

    /// Whether a process has a row of its own.
    pub(super) fn has_row(&self, key: NodeKey) -> bool {
        self.rows.position(key).is_some()
    }

    /// The selected process is not swallowed by a group while it is selected; true when there are other rows for that.
    pub(super) fn pin_selected(&mut self, tree: &Tree) -> bool {
        let key = self.selected().and_then(|id| tree.find(id));
        self.rows.pin(tree, key)
    }

    pub(super) const fn scroll(&self) -> Scroll {
        self.scroll
    }

    pub(super) fn set_scroll(&mut self, scroll: Scroll) {
        self.scroll = scroll;
        self.settle();
    }

    /// Brings the rows up to date, and finds the selection and the top of the window in them again.
    pub(super) fn update(&mut self, model: &Model, criteria: &Criteria, now_ns: u64) {
        self.change(model.tree(), |rows| rows.update(model.tree(), criteria, now_ns));
    }

    /// Goes on with what takes long.
    pub(super) fn go_on(&mut self, model: &Model, now_ns: u64) {
        self.change(model.tree(), |rows| rows.go_on(model.tree(), now_ns));
    }

    fn change(&mut self, tree: &Tree, change: impl FnOnce(&mut Outline)) {
        let was_visible = self.is_selection_visible();
        let around_top = Places::around(&self.rows, self.top, self.height);
        let around_selected = Places::around(&self.rows, self.selected_index, self.height);
        change(&mut self.rows);
        let anchored = self.scroll == Scroll::Still && self.top > 0;
        let top = if anchored { around_top.nearest(&self.rows, self.top) } else { None };
        let selected = self.find_selection(tree, &around_selected);
        self.top = top.unwrap_or(0);
        if self.rows.is_complete() {
            self.select(tree, selected);
        } else {
            // Whoever is selected may be among the rows that are coming.
            self.selected_index = selected.min(self.len().saturating_sub(1));
        }
        if was_visible && self.scroll == Scroll::Still {
            self.reveal();
        }
        self.settle();
    }

    fn find_selection(&self, tree: &Tree, former: &Places) -> usize {
        if self.selected.is_none() {
            // Not an ancestor that is shown for its sake.
            return self.rows.first_match().unwrap_or(0);
        }
        let node = self.selected_node(tree);
        if let Some(index) = node.and_then(|node| self.rows.position(node)) {
            return index;
        }
        let folded_away =
            node.filter(|&node| self.rows.is_kept(node)).and_then(|node| self.rows.nearest(node));
        let neighbour = || former.nearest(&self.rows, self.selected_index);
        folded_away.or_else(neighbour).unwrap_or(0)
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
        self.top = scrolled_to(self.top, self.selected_index, self.height, self.len());
    }

    /// Puts the window where it belongs.
    fn settle(&mut self) {
        let last_top = self.len().saturating_sub(self.height.max(1));
        self.top = match self.scroll {
            Scroll::Still => self.top.min(last_top),
            Scroll::Tail => last_top,
            Scroll::Selected => self.selected_index.saturating_sub(self.height / 2).min(last_top),
        };
    }

    fn select(&mut self, tree: &Tree, index: usize) {
        self.selected_index = index.min(self.len().saturating_sub(1));
        // While there are no rows the process stays selected: a filter that is being edited may show it again.
        if let Some(row) = self.selected_row(tree) {
            self.selected = match row.of {
                Node::Process(key) => tree.get(key).map(|process| Selected::Process(process.id)),
                Node::Group(key) => Some(Selected::Group(key)),
            };
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

    /// The user moves the window by so many rows, and the selection with it: it keeps its line, but at an end of the rows,
    /// where the window stays and it goes on.
    pub(super) fn scroll_by(&mut self, tree: &Tree, rows: isize) {
        if self.scroll == Scroll::Tail && rows >= 0 {
            return;
        }
        let last_top = self.len().saturating_sub(self.height.max(1));
        self.top = self.top.saturating_add_signed(rows).min(last_top);
        self.move_by(tree, rows);
    }

    /// Selects the row in this line of the screen, if there is one.
    pub(super) fn go_to_line(&mut self, tree: &Tree, line: usize) {
        if self.top + line < self.len() {
            self.go_to(tree, self.top + line);
        }
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
        tree.find(id).is_some_and(|key| self.go_to_node(tree, key))
    }

    /// To a process or a group; false when it has no row.
    pub(super) fn go_to_node(&mut self, tree: &Tree, node: impl Into<Node>) -> bool {
        let index = self.rows.position(node);
        if let Some(index) = index {
            self.go_to(tree, index);
        }
        index.is_some()
    }

    /// For [`TreeView::restore_folds`] and [`TreeView::restore`].
    pub(super) fn place(&self) -> TreePlace {
        TreePlace {
            selected: self.selected,
            top: self.rows.nodes(self.top..self.top + 1).pop(),
            scroll: self.scroll,
            folds: self.rows.folds().clone(),
        }
    }

    /// Folds what was folded; tells whether that changed anything.
    pub(super) fn restore_folds(&mut self, place: &TreePlace) -> bool {
        let changed = *self.rows.folds() != place.folds;
        if changed {
            self.rows.fold_only(place.folds.clone());
        }
        changed
    }

    /// Selects and shows what was selected and shown, as far as that has rows.
    pub(super) fn restore(&mut self, tree: &Tree, place: &TreePlace) {
        if let Some(top) = place.top.and_then(|top| self.rows.position(top)) {
            self.top = top;
        }
        self.selected = place.selected;
        if let Some(node) = self.selected_node(tree) {
            self.go_to_node(tree, node);
        }
        self.set_scroll(place.scroll);
    }

    /// Which process a search, or without one the filter, leads to from the selected one, and what it came to. What is
    /// folded away is searched too, in its place.
    pub(super) fn look_for(
        &self,
        tree: &Tree,
        search: Option<&Search>,
        way: Way,
        now_ns: u64,
    ) -> (Option<NodeKey>, Found) {
        let is_found = |key: &NodeKey| match search {
            None => self.rows.is_matched(*key),
            Some(search) => {
                let process = tree.get(*key);
                process.is_some_and(|process| search.finds_process(tree, *key, process, now_ns))
                    && self.rows.is_kept(*key)
            }
        };
        let selected = self.selected().and_then(|id| tree.find(id));
        let (mut places, mut keys, mut from) = (Vec::new(), Vec::new(), 0);
        for (place, key) in self.rows.all().enumerate() {
            if is_found(&key) {
                places.push(place);
                keys.push(key);
            }
            if Some(key) == selected {
                from = place;
            }
        }
        let (place, found) = choose(&places, from, way);
        let index = place.and_then(|place| places.binary_search(&place).ok());
        (index.and_then(|index| keys.get(index)).copied(), found)
    }

    /// Unfolds and opens whatever hides a process; tells whether that was anything.
    pub(super) fn uncover(&mut self, tree: &Tree, key: NodeKey) -> bool {
        let mut any = false;
        while self.rows.position(key).is_none() && self.rows.is_kept(key) {
            let above = self.rows.nearest(key).and_then(|index| self.rows.row_at(tree, index));
            let Some(above) = above.filter(|row| row.folded) else { break };
            if !self.rows.set_folded(above.of, false) {
                break;
            }
            any = true;
        }
        any
    }

    /// Back to a process, whatever moves the window.
    pub(super) fn return_to(&mut self, tree: &Tree, id: ProcessId) {
        let scroll = self.scroll;
        self.selected = Some(Selected::Process(id));
        self.go_to_process(tree, id);
        self.set_scroll(scroll);
    }

    /// Off an ancestor that is there for others' sake, to the first row that matches.
    pub(super) fn go_to_match(&mut self, tree: &Tree) {
        let is_matched = self.selected_row(tree).is_some_and(|row| row.matched);
        if let Some(index) = self.rows.first_match().filter(|_| !is_matched) {
            self.select(tree, index);
            self.reveal();
            self.settle();
        }
    }

    fn selected_row(&self, tree: &Tree) -> Option<Row> {
        self.rows.row_at(tree, self.selected_index)
    }

    /// Folds or unfolds the selected row; tells whether anything changed.
    pub(super) fn set_folded(&mut self, tree: &Tree, folded: bool) -> bool {
        match self.selected_row(tree) {
            Some(row) if row.parental || !folded => self.rows.set_folded(row.of, folded),
            _ => false,
        }
    }

    /// Folds what is unfolded and the other way round.
    pub(super) fn toggle_fold(&mut self, tree: &Tree) -> bool {
        self.selected_row(tree).is_some_and(|row| self.set_folded(tree, !row.folded))
    }

    /// Folds everything; unfolds everything where anything is folded.
    pub(super) fn toggle_all(&mut self, tree: &Tree) {
        let parental = tree.iter().map(|(key, _)| key).filter(|&key| tree.first_child(key).is_some());
        let folds = self.rows.folds();
        self.rows.fold_only(match folds.folded.is_empty() {
            true => Folds { folded: parental.collect(), opened: FxHashSet::default() },
            false => Folds { folded: FxHashSet::default(), opened: folds.opened.clone() },
        });
    }

    /// To the row of the parent.
    pub(super) fn go_to_parent(&mut self, tree: &Tree) {
        let parent = self.selected_row(tree).and_then(|row| self.rows.parent_of(tree, row.of));
        if let Some(index) = parent.and_then(|parent| self.rows.position(parent)) {
            self.go_to(tree, index);
        }
    }

    /// To the row of the first child.
    pub(super) fn go_to_child(&mut self, tree: &Tree) {
        let next = self.rows.row_at(tree, self.selected_index + 1);
        if self.selected_row(tree).zip(next).is_some_and(|(row, next)| next.depth > row.depth) {
            self.move_by(tree, 1);
        }
    }

    pub(super) const fn height(&self) -> usize {
        self.height
    }
}
