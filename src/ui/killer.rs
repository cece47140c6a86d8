//! From a process to the one that ended it.

use super::command_text;
use super::menu::process;
use super::mode::Pane;
use super::scene::Scene;
use super::view::{Request, Ui};
use crate::model::event::{Killer, ProcessId};
use crate::model::log::Entry;
use crate::model::process::Ending;
use crate::text;

impl Ui {
    /// Selects who sent the signal by which the selected process ended, in the log the line's; or says why not.
    pub(super) fn go_to_killer(&mut self, scene: &Scene<'_>) -> Request {
        let Some(of) = self.meant(scene) else { return self.tell_that_none_is_meant(scene) };
        let line = if self.focus == Pane::Log { self.log.current(scene.model) } else { None };
        let end = match line.map(|line| line.entry) {
            // It may be no longer kept.
            Some(Entry::Exit(ending, _)) => end_of(of, &ending),
            _ => end(scene, of),
        };
        self.go_to_cause(end, scene)
    }

    /// The same for this process.
    pub(super) fn go_to_killer_of(&mut self, of: ProcessId, scene: &Scene<'_>) -> Request {
        self.go_to_cause(end(scene, of), scene)
    }

    fn go_to_cause(&mut self, end: Result<End, String>, scene: &Scene<'_>) -> Request {
        self.told = match end {
            Err(why_not) => Some(why_not),
            Ok(End { by: Killer::Kernel(cause), .. }) => {
                Some(format!("the kernel ended it: {}", cause.name()))
            }
            Ok(End { of, by: Killer::Process { id, .. } }) if id == of => Some("it ended itself".to_owned()),
            Ok(End { by: Killer::Process { id, comm }, .. }) => {
                let refusal = self.show_process(id, scene).err();
                refusal.map(|reason| format!("{}({}) {reason}", command_text::comm(comm), id.pid))
            }
        };
        Request::Redraw
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

/// A process that somebody ended.
struct End {
    of: ProcessId,
    by: Killer,
}

/// How this process ended, or what to say of one that nobody ended.
fn end(scene: &Scene<'_>, of: ProcessId) -> Result<End, String> {
    let process = process(scene, of).ok_or("that process is no longer kept")?;
    match process.ending() {
        Some(ending) => end_of(of, &ending),
        None if process.is_zombie() => Err("it has ended, how was not seen".to_owned()),
        None => Err("it has not ended".to_owned()),
    }
}

fn end_of(of: ProcessId, ending: &Ending) -> Result<End, String> {
    match (ending.killed_by, ending.status) {
        (Some(by), _) => Ok(End { of, by }),
        (None, None) => Err("it has ended, how was not seen".to_owned()),
        (None, Some(status)) if status.signal().is_some() => {
            Err(format!("{}: who sent that is not known", text::status(status)))
        }
        (None, Some(status)) => Err(format!("it ended by itself: {}", text::status(status))),
    }
}
