//! What stands in the tree's area. All views have one selection: whoever switches finds the process again.

use super::mode::Pane;
use super::scene::Scene;
use super::view::Ui;

/// One of the views.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum View {
    #[default]
    Tree,
    /// The tree's rows as bars over time.
    Timeline,
}

impl Ui {
    /// Shows this view, which has the keys then; where it is shown already, the tree.
    pub(super) fn switch_view(&mut self, view: View, scene: &Scene<'_>) {
        self.view = if view == self.view { View::Tree } else { view };
        self.focus = Pane::Tree;
        self.prepare(scene, self.area());
    }
}
