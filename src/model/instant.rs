//! Looking back: the model as it was at an instant, of what it keeps. What it is told meanwhile is taken in all the same.

use super::Model;
use super::event::ProcessId;
use super::process::Process;

impl Model {
    /// From now on processes, their numbers and the lines under criteria are as of this instant of the boot clock, or as of
    /// now again. It may be any: what happened before [`Model::kept_from_ns`] is not complete. Takes time in proportion to
    /// the processes that are kept.
    pub fn look_at(&mut self, instant: Option<u64>) {
        self.tree.look_at(instant, self.seen);
    }

    /// The instant that is looked at, boot clock; `None` is now.
    pub fn instant(&self) -> Option<u64> {
        self.tree.instant()
    }

    /// A process with all that is known of it by now, whatever instant is looked at; `None` where it is not kept.
    pub fn present(&self, id: ProcessId) -> Option<Process<'_>> {
        self.tree.latest(id).map(|(_, process)| process)
    }

    /// From this instant on all that happened is kept, of the processes: the beginning, or the latest end of one that was
    /// given up. Boot clock, in nanoseconds.
    pub fn kept_from_ns(&self) -> u64 {
        self.begun_ns.unwrap_or(0).max(self.tree.forgotten_ns()).min(self.latest_ns)
    }

    /// Does something with the model as it is now, whatever instant is looked at.
    pub(super) fn in_the_present<T>(&mut self, act: impl FnOnce(&mut Self) -> T) -> T {
        self.tree.set_present(true);
        let done = act(self);
        self.tree.set_present(false);
        done
    }
}
