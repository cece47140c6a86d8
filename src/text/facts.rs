//! What happened to a process, in a few words that every output shares.

use super::{count, duration, sanitise, tty_name};
use crate::model::changes::Change;
use crate::model::event::{Comm, Killer, ProcessId, Subject};
use crate::model::storm::Report;

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

/// Who makes a storm, and the comms that come beneath it again and again: `make(4312) > sh > cc1`.
pub fn culprit(subject: Option<&Subject>, path: &[Comm]) -> String {
    let Some(subject) = subject else { return "many".to_owned() };
    let mut text = format!("{}({})", sanitise(subject.comm.as_bytes()), subject.id.pid);
    for comm in path {
        text.push_str(" > ");
        text.push_str(&sanitise(comm.as_bytes()));
    }
    text
}

/// `begins  make(4312) > sh > cc1  1,150/s`; at its end also how long it was, and what became of its processes.
pub fn storm(storm: &Report) -> String {
    let (who, rate) = (culprit(storm.culprit.as_ref(), &storm.path), count(storm.rate.into()));
    if storm.begins {
        return format!("begins  {who}  {rate}/s");
    }
    let mut text = format!("over  {who}  for {}", duration(storm.course.duration_ns()));
    if storm.culprit.is_some() {
        text.push_str(&format!("  {} processes  {} failed", count(storm.total), count(storm.failed)));
        if let Some(p50) = storm.lifetime_p50_ns {
            text.push_str(&format!("  p50 {}", duration(p50)));
        }
        text.push_str(&format!("  cpu {}%", storm.cpu_percent));
    }
    text.push_str(&format!("  peak {}/s of all", count(storm.course.peak.into())));
    text
}
