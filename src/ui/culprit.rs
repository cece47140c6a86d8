//! From a storm to the process that makes it.

use super::command_text;
use super::mode::{Mode, Pane};
use super::scene::Scene;
use super::view::Ui;
use crate::model::event::ProcessId;

impl Ui {
    /// Selects who makes the storm, or made the latest one, or says why not.
    pub(super) fn go_to_culprit(&mut self, scene: &Scene<'_>) {
        let latest = scene.model.storms().latest();
        match latest.and_then(|storm| storm.culprit).map(|culprit| culprit.subject.id) {
            Some(id) => self.leave_storms_for(id, scene),
            None => self.told = Some("nobody is known to make a storm".to_owned()),
        }
    }

    /// Selects a process in the tree, which has the keys then.
    pub(super) fn leave_storms_for(&mut self, id: ProcessId, scene: &Scene<'_>) {
        self.mode = Mode::Normal;
        self.focus = Pane::Tree;
        let refusal = self.show_process(id, scene).err();
        self.told = refusal.map(|reason| format!("{} {reason}", command_text::name(scene.model.tree(), id)));
    }
}
