//! What stands in the tree's area. All views have one selection: whoever switches finds the process again.

use super::details::Subject;
use super::mode::{Mode, Pane};
use super::scene::Scene;
use super::tree_view::Scroll;
use super::view::Ui;
use super::window::Anchor;
use crate::model::event::ProcessId;
use crate::model::process::{NodeKey, Process};
use crate::model::view::Node;

/// One of the views.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum View {
    #[default]
    Tree,
    /// Every process in a row of its own, in the order of a column.
    Table,
    /// The tree's rows as bars over time.
    Timeline,
    /// Whatever failed, the latest first.
    Failures,
}

impl View {
    /// Whether its rows are those of the tree, with what is selected and folded there.
    pub(super) const fn has_tree_rows(self) -> bool {
        matches!(self, View::Tree | View::Timeline)
    }
}

impl Ui {
    /// The selected process, in whichever view.
    pub(super) fn selected(&self) -> Option<ProcessId> {
        match self.view {
            View::Tree | View::Timeline => self.tree.selected(),
            View::Table => self.table.selected(),
            View::Failures => self.failures.selected(),
        }
    }

    /// Whose row is selected, in whichever view.
    pub(super) fn subject(&self, scene: &Scene<'_>) -> Option<Subject> {
        if let Some(id) = self.selected() {
            return Some(Subject::Process(id));
        }
        match self.tree.selected_node(scene.model.tree()).filter(|_| self.view.has_tree_rows())? {
            Node::Group(key) => self.tree.facts(key).map(|facts| Subject::Group(key, facts)),
            Node::Process(_) => None,
        }
    }

    /// Shows this view, which has the keys then; where it is shown already, the tree.
    pub(super) fn switch_view(&mut self, view: View, scene: &Scene<'_>) {
        let next = if view == self.view { View::Tree } else { view };
        self.focus = Pane::Tree;
        if next == self.view {
            return;
        }
        // Nobody has chosen the row that is selected at first.
        let is_chosen = match self.view {
            View::Tree | View::Timeline => self.tree.is_chosen(),
            View::Table => self.table.is_chosen(),
            // One comes here to find something.
            View::Failures => true,
        };
        let selected = self.selected().filter(|_| is_chosen);
        let former = std::mem::replace(&mut self.view, next);
        if former.has_tree_rows() && next.has_tree_rows() {
            self.prepare(scene, self.area());
            return;
        }
        self.details_of = None;
        self.rows_changed();
        match next {
            View::Table => {
                if let Some(id) = selected {
                    self.table.expect(id);
                }
            }
            View::Failures => {
                let tree = scene.model.tree();
                let has_failed = |id: &ProcessId| {
                    tree.find(*id).and_then(|key| tree.get(key)).is_some_and(|process| process.failed())
                };
                self.failures.expect(selected.filter(has_failed));
            }
            View::Tree | View::Timeline => {}
        }
        self.prepare(scene, self.area());
        if let Some(id) = selected.filter(|_| next.has_tree_rows()) {
            // It has been a row: nothing hides it but what is folded.
            let _ = self.show_process(id, scene);
        }
    }

    /// From the storm view to this one.
    pub(super) fn leave_storms_to(&mut self, view: View, scene: &Scene<'_>) {
        self.mode = Mode::Normal;
        if view != self.view {
            self.switch_view(view, scene);
        }
    }

    /// The processes on the screen.
    pub(super) fn visible_processes<'a>(&self, scene: &Scene<'a>) -> Vec<Process<'a>> {
        let tree = scene.model.tree();
        let keys: Vec<NodeKey> = match self.view {
            View::Tree | View::Timeline => {
                let rows = self.tree.visible(tree).into_iter();
                rows.filter_map(|(row, _)| if let Node::Process(key) = row.of { Some(key) } else { None })
                    .collect()
            }
            View::Table => self.table.visible(tree).into_iter().map(|(key, _)| key).collect(),
            // They look the same for ever.
            View::Failures => Vec::new(),
        };
        keys.into_iter().filter_map(|key| tree.get(key)).collect()
    }

    /// Whether the rows of the view change their places with time alone.
    pub(super) fn view_ages(&self) -> bool {
        self.view == View::Table && self.table.sort().ages()
    }

    /// Brings the rows of the view up to date, once the tree's are.
    pub(super) fn update_view(&mut self, scene: &Scene<'_>) {
        match self.view {
            View::Tree | View::Timeline => {}
            View::Table => self.table.update(scene.model, self.tree.outline(), scene.now_ns),
            View::Failures => self.failures.update(scene.model, self.tree.outline(), &self.criteria),
        }
    }

    /// Whether the rows of the view are those that were asked for.
    pub(super) fn is_view_complete(&self) -> bool {
        match self.view {
            View::Tree | View::Timeline => self.tree.is_complete(),
            View::Table => self.tree.is_complete() && self.table.is_complete(),
            View::Failures => self.tree.is_complete() && self.failures.is_complete(),
        }
    }

    /// Goes on with what takes long in the view.
    pub(super) fn go_on_in_view(&mut self, scene: &Scene<'_>) {
        if !self.tree.is_complete() {
            self.tree.go_on(scene.model, scene.now_ns);
            self.find_match(scene);
            if self.tree.is_complete() {
                self.update_view(scene);
            }
            return;
        }
        match self.view {
            View::Tree | View::Timeline => {}
            View::Table => self.table.go_on(scene.model, self.tree.outline(), scene.now_ns),
            View::Failures => self.failures.go_on(scene.model, self.tree.outline(), &self.criteria),
        }
    }

    /// Selects a process where it has a row; tells whether it has.
    pub(super) fn select(&mut self, id: ProcessId, scene: &Scene<'_>) -> bool {
        let tree = scene.model.tree();
        match self.view {
            View::Tree | View::Timeline => self.tree.go_to_process(tree, id),
            View::Table => self.table.go_to_process(tree, id),
            View::Failures => self.failures.go_to_process(scene.model, id),
        }
    }

    /// Back to a process that was selected, as soon as it has a row again.
    pub(super) fn select_again(&mut self, id: ProcessId, scene: &Scene<'_>) {
        match self.view {
            View::Tree | View::Timeline => self.tree.return_to(scene.model.tree(), id),
            View::Table => self.table.return_to(scene.model.tree(), id),
            // A row that comes back is found again without that.
            View::Failures => {}
        }
    }

    /// Selects a process in a view that has no folds.
    pub(super) fn show_in_list(&mut self, id: ProcessId, scene: &Scene<'_>) -> Result<(), &'static str> {
        if self.select(id, scene) {
            self.details_of = None;
            return Ok(());
        }
        if self.view == View::Failures {
            // Whoever did not fail is in the tree.
            self.switch_view(View::Tree, scene);
            return self.show_process(id, scene);
        }
        Err("is hidden by what is shown: filters, x, K")
    }

    /// Keeps the selected process in the middle, or no more.
    pub(super) fn toggle_following(&mut self) {
        match self.view {
            View::Tree | View::Timeline => self.tree.set_scroll(match self.tree.scroll() {
                Scroll::Selected => Scroll::Still,
                Scroll::Still | Scroll::Tail => Scroll::Selected,
            }),
            View::Table => self.table.window.toggle_middle(),
            View::Failures => self.failures.window.toggle_middle(),
        }
    }

    /// Whether the selected process is kept in the middle.
    pub(super) fn is_following(&self) -> bool {
        match self.view {
            View::Tree | View::Timeline => self.tree.scroll() == Scroll::Selected,
            View::Table => self.table.window.anchor == Anchor::Middle,
            View::Failures => self.failures.window.anchor == Anchor::Middle,
        }
    }
}
