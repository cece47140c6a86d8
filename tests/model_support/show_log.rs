//! Lines of the event log as text.

use std::fmt::Write;

use proctop::model::Model;
use proctop::model::changes::Change;
use proctop::model::event::{ImageRef, Killer, Kind, Session};
use proctop::model::log::{Entry, LogLine};
use proctop::model::tty::TtyName;
use proctop::model::view::{Criteria, Lines};

use super::parse::{Result, status_text};
use super::show::{length, moment};

/// Every line.
pub fn all(model: &Model) -> String {
    model.log().iter_from(0).map(|(_, line)| show(&line)).collect()
}

/// Those that the criteria let through.
pub fn lines(model: &Model, criteria: &Criteria) -> Result<String> {
    let mut lines = Lines::default();
    lines.update(model, criteria);
    let mut text = String::new();
    for index in 0..lines.len() {
        let number = lines.number(index).ok_or("a line without a number")?;
        let line = model.log().get(number).ok_or("a line that is not kept")?;
        let _ = write!(text, "{}", show(&line));
    }
    let _ = writeln!(text, "{} lines", lines.len());
    Ok(text)
}

pub fn args(image: ImageRef<'_>) -> String {
    image.args().map(|arg| arg.escape_ascii().to_string()).collect::<Vec<_>>().join(" ")
}

/// What was before, or what there is now that no other part of the line says.
fn change(change: &Change) -> String {
    match change {
        Change::Renamed { from } => format!(" from={}", from.as_bytes().escape_ascii()),
        Change::Session(now) => format!(" {}", session(*now)),
        Change::Uids { from } => format!(" from={}/{}", from.effective, from.real),
        Change::Adopted | Change::Zombie | Change::Reaped => String::new(),
    }
}

pub fn session(session: Session) -> String {
    match TtyName::of(session.tty) {
        Some(tty) => format!("{} on {}", session.id, tty.as_str()),
        None => session.id.to_string(),
    }
}

pub fn killer(killer: &Killer) -> String {
    match killer {
        Killer::Process { id, comm } => format!("{}({})", comm.as_bytes().escape_ascii(), id.pid),
        Killer::Kernel(cause) => cause.name().to_owned(),
    }
}

fn show(line: &LogLine<'_>) -> String {
    let who = format!("{} {}", line.id.pid, line.comm.as_bytes().escape_ascii());
    let parent = line.parent.map_or("-".into(), |parent| parent.pid.to_string());
    let told = match &line.entry {
        Entry::Fork(None) => format!("fork {who} <{parent}"),
        Entry::Fork(Some(by)) => format!("fork {who} <{parent} by={}", by.pid),
        Entry::Exec(image) => format!("exec {who} <{parent} {}", args(*image)),
        Entry::Exit(ending, image) => {
            let status = ending.status.map_or("exit unseen".into(), status_text);
            let image = image.map(|image| format!(" ran {}", args(image))).unwrap_or_default();
            let life = length(ending.time_ns.saturating_sub(line.id.start_ns));
            let killer = ending.killed_by.map(|by| format!(" by {}", killer(&by))).unwrap_or_default();
            format!("{status}{killer} {who} <{parent} life {life}{image}")
        }
        Entry::ExecFailed(failed) => {
            let found = if failed.found { " found" } else { "" };
            let (error, tries) = (failed.error, failed.tries);
            format!("failed {who} errno={error} tries={tries}{found} {}", failed.filename.escape_ascii())
        }
        Entry::Changed(changed) => format!("{} {who} <{parent}{}", changed.name(), change(changed)),
        Entry::ThreadStart(thread) => format!("thread+ {who} tid={}", thread.tid),
        Entry::ThreadEnd(thread) => format!("thread- {who} tid={}", thread.tid),
        Entry::Lost(lost) => {
            let all = [Kind::Fork, Kind::Exec, Kind::Exit];
            let shown = |kind: &Kind| all.contains(kind) || lost.dropped.get(*kind) > 0;
            let kinds = Kind::ALL.into_iter().filter(shown);
            let kinds: Vec<_> =
                kinds.map(|kind| format!("{}={}", kind.name(), lost.dropped.get(kind))).collect();
            format!("lost {} missed={}", kinds.join(" "), lost.missed_at_most)
        }
        Entry::Storm(storm) => {
            format!("storm {who} {} {}/s", if storm.begins { "begins" } else { "over" }, storm.rate)
        }
    };
    format!("{} {told}\n", moment(line.time_ns))
}
