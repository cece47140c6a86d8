//! What is new flashes and fades: how a process looks, and when that changes by itself.

use super::theme::Role;
use crate::model::process::Process;

/// How long rows stand out, in nanoseconds; 0 is never. For half of that time they flash, then they fade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flash {
    /// From the birth on.
    pub new_ns: u64,
    /// From the end on.
    pub ended_ns: u64,
}

impl Default for Flash {
    fn default() -> Self {
        Self { new_ns: 1_000_000_000, ended_ns: 1_000_000_000 }
    }
}

/// How far a row has faded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Fresh,
    Fading,
    Settled,
}

impl Stage {
    fn new(age_ns: u64, whole_ns: u64) -> Self {
        match age_ns {
            age_ns if age_ns >= whole_ns => Stage::Settled,
            age_ns if age_ns >= whole_ns / 2 => Stage::Fading,
            _ => Stage::Fresh,
        }
    }
}

impl Flash {
    /// How a process looks: born just now, living, ended well or badly and just now or long ago.
    pub(super) fn role(self, process: Process<'_>, now_ns: u64) -> Role {
        let age_ns = now_ns.saturating_sub(self.since(process).0);
        match (&process.ending(), Stage::new(age_ns, self.since(process).1)) {
            (Some(ending), Stage::Settled) if ending.failed() => Role::Failed,
            (Some(ending), _) if ending.failed() => Role::FailedNow,
            (Some(_), Stage::Fresh) => Role::Died,
            (Some(_), Stage::Fading) => Role::DiedFading,
            (Some(_), Stage::Settled) => Role::Dead,
            (None, Stage::Fresh) => Role::New,
            (None, Stage::Fading) => Role::NewFading,
            (None, Stage::Settled) => Role::Plain,
        }
    }

    /// The next moment at which it looks otherwise, if nothing happens to it.
    pub(super) fn next_change_ns(self, process: Process<'_>, now_ns: u64) -> Option<u64> {
        let (since_ns, whole_ns) = self.since(process);
        let now = self.role(process, now_ns);
        [whole_ns / 2, whole_ns]
            .map(|after_ns| since_ns.saturating_add(after_ns))
            .into_iter()
            .find(|&at_ns| at_ns > now_ns && self.role(process, at_ns) != now)
    }

    /// When the latest happened to it, and how long that stands out.
    fn since(self, process: Process<'_>) -> (u64, u64) {
        match &process.ending() {
            Some(ending) => (ending.time_ns, self.ended_ns),
            None => (process.id.start_ns, self.new_ns),
        }
    }
}
