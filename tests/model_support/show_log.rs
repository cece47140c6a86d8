//! Lines of the event log as text.

use std::fmt::Write;

use proctop::model::Model;
use proctop::model::event::Image;
use proctop::model::log::{Entry, LogLine};
use proctop::model::view::{Criteria, Lines};

use super::parse::{Result, status_text};
use super::show::{length, moment};

/// Every line.
pub fn all(model: &Model) -> String {
    model.log().iter_from(0).map(|(_, line)| show(line)).collect()
}

/// Those that the criteria let through.
pub fn lines(model: &Model, criteria: &Criteria) -> Result<String> {
    let mut lines = Lines::default();
    lines.update(model, criteria);
    let mut text = String::new();
    for index in 0..lines.len() {
        let number = lines.number(index).ok_or("a line without a number")?;
        let line = model.log().get(number).ok_or("a line that is not kept")?;
        let _ = write!(text, "{}", show(line));
    }
    let _ = writeln!(text, "{} lines", lines.len());
    Ok(text)
}

pub fn args(image: &Image) -> String {
    image.args().map(|arg| arg.escape_ascii().to_string()).collect::<Vec<_>>().join(" ")
}

fn show(line: &LogLine) -> String {
    let who = format!("{} {}", line.id.pid, line.comm.as_bytes().escape_ascii());
    let parent = line.parent.map_or("-".into(), |parent| parent.pid.to_string());
    let told = match &line.entry {
        Entry::Fork(None) => format!("fork {who} <{parent}"),
        Entry::Fork(Some(by)) => format!("fork {who} <{parent} by={}", by.pid),
        Entry::Exec(image) => format!("exec {who} <{parent} {}", args(image)),
        Entry::Exit(ending, image) => {
            let status = ending.status.map_or("exit unseen".into(), status_text);
            let image = image.as_deref().map(|image| format!(" ran {}", args(image))).unwrap_or_default();
            let life = length(ending.time_ns.saturating_sub(line.id.start_ns));
            format!("{status} {who} <{parent} life {life}{image}")
        }
        Entry::ExecFailed(failed) => {
            format!(
                "failed {who} error={} tries={} {}",
                failed.error,
                failed.tries,
                failed.filename.escape_ascii()
            )
        }
        Entry::Changed(change) => format!("{} {who} <{parent}", change.name()),
        Entry::ThreadStart(thread) => format!("thread+ {who} tid={}", thread.tid),
        Entry::ThreadEnd(thread) => format!("thread- {who} tid={}", thread.tid),
        Entry::Lost(lost) => {
            let dropped = &lost.dropped;
            let (fork, exec, exit) = (dropped.fork, dropped.exec, dropped.exit);
            format!("lost fork={fork} exec={exec} exit={exit} missed={}", lost.missed_at_most)
        }
    };
    format!("{} {told}\n", moment(line.time_ns))
}
