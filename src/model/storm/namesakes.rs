//! Which process to show of a name that many have had: one that has it really.
//!
//! A child has its parent's name until it executes. So who executed under a name comes before who was only forked under it,
//! and who goes on under another name is struck out.

use crate::model::event::ProcessId;

/// Processes of each kind that are known at most.
const KNOWN: usize = 4;

/// A few that live, oldest first: the oldest are those that stay.
#[derive(Clone, Copy, Debug, Default)]
struct Few([Option<ProcessId>; KNOWN]);

impl Few {
    fn latest(&self) -> Option<ProcessId> {
        self.0.iter().rev().find_map(|&id| id)
    }

    /// Where there is no room the latest makes it, so that those who come and go do not drive out those who stay.
    fn push(&mut self, id: ProcessId) {
        let free = self.0.iter().position(Option::is_none).unwrap_or(KNOWN - 1);
        if let Some(place) = self.0.get_mut(free) {
            *place = Some(id);
        }
    }

    fn remove(&mut self, id: ProcessId) {
        let Some(at) = self.0.iter().position(|&known| known == Some(id)) else { return };
        if let Some(later) = self.0.get_mut(at..) {
            later.rotate_left(1);
        }
        if let Some(last) = self.0.last_mut() {
            *last = None;
        }
    }
}

/// Processes that have a name.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Namesakes {
    executed: Few,
    forked: Few,
    ended: Option<ProcessId>,
}

impl Namesakes {
    /// The latest that lives, executed before only forked; else the latest that ended.
    pub(super) fn best(&self) -> Option<ProcessId> {
        self.executed.latest().or(self.forked.latest()).or(self.ended)
    }

    /// It lives under this name.
    pub(super) fn come(&mut self, id: ProcessId, has_executed: bool) {
        if has_executed { &mut self.executed } else { &mut self.forked }.push(id);
    }

    /// It goes on under another name.
    pub(super) fn leave(&mut self, id: ProcessId) {
        self.executed.remove(id);
        self.forked.remove(id);
    }

    /// It ended under this name.
    pub(super) fn end(&mut self, id: ProcessId) {
        self.leave(id);
        self.ended = Some(id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_stays_is_found_again_when_all_the_others_have_gone() {
        let id = |pid: u32| ProcessId::new(pid, pid.into());
        let mut namesakes = Namesakes::default();
        namesakes.come(id(1), false);
        (2..20).for_each(|pid| namesakes.come(id(pid), false));
        assert_eq!(namesakes.best(), Some(id(19)), "the latest");
        (2..20).for_each(|pid| namesakes.leave(id(pid)));
        assert_eq!(namesakes.best(), Some(id(1)));
        namesakes.come(id(20), true);
        namesakes.come(id(21), false);
        assert_eq!(namesakes.best(), Some(id(20)), "an own program");
        namesakes.end(id(20));
        assert_eq!(namesakes.best(), Some(id(21)), "it lives");
        namesakes.leave(id(21));
        namesakes.leave(id(1));
        assert_eq!(namesakes.best(), Some(id(20)));
    }
}
