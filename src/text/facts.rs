//! What happened to a process, in a few words that every output shares.

use super::{sanitise, tty_name};
use crate::model::changes::Change;
use crate::model::event::{Killer, ProcessId, Subject};

/// Who ended a process: `by bash(4312)`, `by itself`, `by the kernel: fault`.
pub fn killer(killer: &Killer, victim: ProcessId) -> String {
    match killer {
        Killer::Process { id, .. } if *id == victim => "by itself".to_owned(),
        Killer::Process { id, comm } => format!("by {}({})", sanitise(comm.as_bytes()), id.pid),
        Killer::Kernel(cause) => format!("by the kernel: {}", cause.name()),
    }
}

/// A change, of a process as it is after that: `renamed, was sh`, `adopted by 1`, `session 812 on pts/3`.
pub fn change(change: &Change, after: &Subject) -> String {
    match change {
        Change::Renamed { from } => format!("renamed, was {}", sanitise(from.as_bytes())),
        Change::Adopted => match after.parent {
            Some(parent) => format!("adopted by {}", parent.pid),
            None => "has no parent any more".to_owned(),
        },
        Change::Session(session) => match tty_name(session.tty) {
            Some(tty) => format!("session {} on {tty}", session.id),
            None => format!("session {} without a terminal", session.id),
        },
        Change::Uids { from } if from.effective != after.uids.effective => {
            format!("uid {}, was {}", after.uids.effective, from.effective)
        }
        Change::Uids { from } => format!("ruid {}, was {}", after.uids.real, from.real),
        Change::Zombie => match after.parent {
            Some(parent) => format!("zombie: {} does not reap it", parent.pid),
            None => "zombie: nobody reaps it".to_owned(),
        },
        Change::Reaped => "reaped at last".to_owned(),
    }
}
