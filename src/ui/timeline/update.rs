//! What keys do in the timeline; whatever is no matter of time they do as in the tree.

use super::state::Zoom;
use crate::model::view::Node;
use crate::ui::action::Action;
use crate::ui::scene::Scene;
use crate::ui::view::{Request, Ui};

impl Ui {
    /// Tells whether it was something of the timeline.
    pub(in crate::ui) fn perform_in_timeline(&mut self, action: Action, scene: &Scene<'_>) -> bool {
        let quarter = i64::try_from(self.timeline.scale().columns / 4).unwrap_or(0).max(1);
        let view = &mut self.timeline;
        match action {
            Action::ZoomIn => view.zoom(Zoom::In),
            Action::ZoomOut => view.zoom(Zoom::Out),
            Action::WholeTime => view.whole(),
            Action::CursorLeft => view.move_cursor(-1),
            Action::CursorRight => view.move_cursor(1),
            Action::PanLeft => view.pan_by(-quarter),
            Action::PanRight => view.pan_by(quarter),
            Action::SetMark => view.set_mark(),
            Action::ZoomToProcess => self.zoom_to_selected(scene),
            Action::PathOf => self.name_path(),
            Action::PathNext => self.follow_path(true, scene),
            Action::PathPrevious => self.follow_path(false, scene),
            _ => return false,
        }
        true
    }

    /// To the latest that there is, and on with it: back to now, from wherever one is.
    pub(in crate::ui) fn end_of_timeline(&mut self, scene: &Scene<'_>) -> Request {
        self.timeline.follow_end();
        if scene.model.instant().is_some() { self.back_to_now() } else { Request::Redraw }
    }

    fn zoom_to_selected(&mut self, scene: &Scene<'_>) {
        let tree = scene.model.tree();
        match self.tree.selected().and_then(|id| tree.find(id)).and_then(|key| tree.get(key)) {
            Some(process) => self.timeline.zoom_to(self.timeline.life(process)),
            None => self.told = Some("no process is selected".to_owned()),
        }
    }

    fn name_path(&mut self) {
        match self.tree.selected() {
            Some(id) => self.timeline.path.toggle_pin(id),
            None => self.told = Some("no process is selected".to_owned()),
        }
    }

    /// Selects the next process on the critical path, or the one before.
    fn follow_path(&mut self, next: bool, scene: &Scene<'_>) {
        let tree = scene.model.tree();
        let selected = self.tree.selected_node(tree).and_then(|node| match node {
            Node::Process(key) => Some(key),
            Node::Group(_) => None,
        });
        if self.timeline.path.path().is_none() {
            self.told = Some("there is no critical path: nothing selected has ended".to_owned());
            return;
        }
        let found = self.timeline.path.beside(tree, selected, next).and_then(|key| tree.get(key));
        let Some(process) = found else {
            let end = if next { "end" } else { "beginning" };
            self.told = Some(format!("this is the {end} of the critical path"));
            return;
        };
        match self.show_process(process.id, scene) {
            Ok(()) => self.timeline.reveal(self.timeline.life(process)),
            Err(reason) => self.told = Some(format!("process {} {reason}", process.id.pid)),
        }
    }
}
