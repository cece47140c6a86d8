//! From a process to the one that ended it.

use super::command_text;
use super::mode::Pane;
use super::scene::Scene;
use super::view::Ui;
use crate::model::event::{Killer, ProcessId};
use crate::model::log::Entry;

impl Ui {
    /// Selects who sent the signal by which a process ended, or says why not.
    pub(super) fn go_to_killer(&mut self, killer: Option<(ProcessId, Killer)>, scene: &Scene<'_>) {
        self.told = match killer {
            None => Some("nobody is known to have ended it".to_owned()),
            Some((_, Killer::Kernel(cause))) => Some(format!("the kernel ended it: {}", cause.name())),
            Some((victim, Killer::Process { id, .. })) if id == victim => Some("it ended itself".to_owned()),
            Some((_, Killer::Process { id, comm })) => {
                let refusal = self.show_process(id, scene).err();
                refusal.map(|reason| format!("{}({}) {reason}", command_text::comm(comm), id.pid))
            }
        };
    }

    /// Whose end the selected row or line is about, and who caused it.
    pub(super) fn killer(&self, scene: &Scene<'_>) -> Option<(ProcessId, Killer)> {
        if self.focus == Pane::Log {
            let line = self.log.current(scene.model)?;
            if let Entry::Exit(ending, _) = &line.entry {
                return Some((line.id, ending.killed_by?));
            }
            return killer_of(scene, line.id);
        }
        killer_of(scene, self.details_of.or(self.selected())?)
    }

    /// Selects a process, unfolding whatever hides it.
    pub(super) fn show_process(&mut self, id: ProcessId, scene: &Scene<'_>) -> Result<(), &'static str> {
        let tree = scene.model.tree();
        let key = tree.find(id).ok_or("is not in the tree")?;
        if !self.view.has_tree_rows() {
            return self.show_in_list(id, scene);
        }
        if self.tree.uncover(tree, key) {
            self.rows_changed();
            self.prepare(scene, self.area());
        }
        if !self.tree.go_to_node(tree, key) {
            return Err("is hidden by what is shown: filters, x, K");
        }
        self.details_of = None;
        Ok(())
    }
}

/// A process and who ended it, where somebody did.
pub(super) fn killer_of(scene: &Scene<'_>, id: ProcessId) -> Option<(ProcessId, Killer)> {
    let tree = scene.model.tree();
    Some((id, *tree.get(tree.find(id)?)?.killed_by()?))
}
