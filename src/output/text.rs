//! Aligned columns for people, in the manner of `execsnoop` and `ps`.

use std::fmt::Write as _;

use jiff::tz::TimeZone;

use super::{Line, Who, lifetime_ns, who};
use crate::model::changes::Change;
use crate::model::event::{
    Account, Exec, ExecFailed, Exit, Fork, Image, Kind, PerKind, Snapshot, Subject, Thread, What,
};
use crate::model::log::base_name;
use crate::text::{
    Align, Stamps, bytes, count, duration, errno_name, facts, fit, push_args, quote_args, sanitise, status,
};

/// The line above all events.
pub(super) const HEADER: &str = "TIME         EVENT        PID    PPID    UID COMM             DETAIL\n";

const COMM_COLUMNS: usize = 16;

/// Makes the text line of an event, in a buffer that it uses again.
pub(super) struct TextLines {
    stamps: Stamps,
    line: String,
}

impl TextLines {
    pub(super) fn new(zone: TimeZone) -> Self {
        Self { stamps: Stamps::time_of_day(zone), line: String::new() }
    }

    /// Empty for events that have no line.
    pub(super) fn event(&mut self, line: &Line<'_>) -> &[u8] {
        self.line.clear();
        let out = &mut self.line;
        let time = self.stamps.show(line.wall_ns);
        let Some(label) = label(line) else { return &[] };
        columns(out, time, label, who(line));
        if let Some(storm) = line.context.storm {
            push_part(out, &facts::storm(storm));
        }
        match (line.context.change, &line.event.what) {
            (Some(change), _) => change_detail(out, &change, line),
            (None, What::Snapshot(snapshot)) => snapshot_detail(out, snapshot),
            (None, What::Fork(fork)) => fork_detail(out, fork, line.context.inferred),
            (None, What::Exec(exec)) => exec_detail(out, exec, line),
            (None, What::Exit(exit)) => exit_detail(out, exit, line),
            (None, What::ExecFailed(failed)) => failed_detail(out, failed, line.context.tries),
            (None, What::ThreadStart(thread)) => push_part(out, &format!("thread {}", thread.tid)),
            (None, What::ThreadEnd(thread)) => thread_detail(out, thread, line),
            (None, What::Lost(lost)) => push_lost(out, &lost.dropped, lost.missed_at_most),
            (None, What::End(account)) => end_detail(out, account),
            _ => {}
        }
        out.truncate(out.trim_end().len());
        out.push('\n');
        out.as_bytes()
    }
}

/// What the second column says; `None` for what has no line.
fn label(line: &Line<'_>) -> Option<&'static str> {
    if line.context.storm.is_some() {
        return Some("STORM");
    }
    if let Some(change) = line.context.change {
        return Some(match change {
            Change::Renamed { .. } => "RENAME",
            Change::Adopted => "ADOPTED",
            Change::Session(_) => "SESSION",
            Change::Uids { .. } => "UID",
            Change::Zombie => "ZOMBIE",
            Change::Reaped => "REAPED",
        });
    }
    match &line.event.what {
        What::Snapshot(_) => Some("SNAPSHOT"),
        What::Fork(_) => Some("FORK"),
        What::Exec(_) => Some("EXEC"),
        What::Exit(_) => Some("EXIT"),
        What::ExecFailed(_) => Some("EXECFAIL"),
        What::ThreadStart(_) => Some("THREAD+"),
        What::ThreadEnd(_) => Some("THREAD-"),
        What::Lost(_) => Some("LOST"),
        What::End(account) => is_incomplete(account).then_some("END"),
        _ => None,
    }
}

/// Everything before the detail. Writing to a String cannot fail.
fn columns(out: &mut String, time: &str, label: &str, who: Option<Who<'_>>) {
    let (id, comm, subject) = match who {
        Some(Who::Known(subject)) => (Some(subject.id), Some(&subject.comm), Some(subject)),
        Some(Who::Named(id, comm)) => (Some(id), Some(comm), None),
        None => (None, None, None),
    };
    _ = write!(out, "{time} {label:<8} ");
    number(out, 7, id.map(|id| id.pid));
    number(out, 7, subject.and_then(|subject| subject.parent).map(|parent| parent.pid));
    number(out, 6, subject.map(|subject| subject.uids.effective));
    let comm = comm.map_or("-".into(), |comm| sanitise(comm.as_bytes()));
    _ = write!(out, "{} ", fit(&comm, COMM_COLUMNS, Align::Left));
}

fn number(out: &mut String, columns: usize, number: Option<u32>) {
    _ = match number {
        Some(number) => write!(out, "{number:>columns$} "),
        None => write!(out, "{:>columns$} ", "-"),
    };
}

/// Appends one part of the detail, apart from the one before it. The columns end with one space.
fn push_part(out: &mut String, part: &str) {
    if !part.is_empty() {
        out.push_str(part);
        out.push_str("  ");
    }
}

fn snapshot_detail(out: &mut String, snapshot: &Snapshot) {
    if snapshot.zombie {
        push_part(out, "zombie");
    }
    if snapshot.subject.kernel_thread {
        push_part(out, "kernel thread");
    }
    if let Some(image) = &snapshot.image {
        push_image(out, image);
        push_file(out, image);
    }
    push_ruid(out, &snapshot.subject);
}

fn fork_detail(out: &mut String, fork: &Fork, inferred: bool) {
    if let Some(by) = fork.forked_by {
        push_part(out, &format!("forked by {}", by.pid));
    }
    if inferred {
        push_part(out, "(fork unseen)");
    }
}

fn exec_detail(out: &mut String, exec: &Exec, line: &Line<'_>) {
    push_image(out, &exec.image);
    push_file(out, &exec.image);
    push_ruid(out, &exec.subject);
    if let Some(thread) = exec.by_thread {
        push_part(out, &format!("(by thread {thread})"));
    }
    match line.context.tries {
        0 => {}
        1 => push_part(out, "(after 1 try elsewhere)"),
        tries => push_part(out, &format!("(after {tries} tries elsewhere)")),
    }
    if line.context.inferred {
        push_part(out, "(exec unseen)");
    }
}

/// A search along PATH is told by what was looked for, a single try by where.
fn failed_detail(out: &mut String, failed: &ExecFailed, tries: u32) {
    push_part(out, &errno_name(failed.error));
    let name = if tries > 1 { base_name(&failed.filename) } else { &failed.filename };
    if !name.is_empty() {
        push_part(out, &quote_args(std::iter::once(name)));
    }
    if tries > 1 {
        push_part(out, &format!("{tries} tries"));
    }
}

fn thread_detail(out: &mut String, thread: &Thread, line: &Line<'_>) {
    push_part(out, &format!("thread {}", thread.tid));
    push_part(out, &format!("lifetime {}", duration(lifetime_ns(line.event, thread.start_ns))));
    push_part(out, &format!("cpu {}", duration(thread.cpu_ns)));
}

fn change_detail(out: &mut String, change: &Change, line: &Line<'_>) {
    if let Some(subject) = line.context.subject {
        push_part(out, &facts::change(change, subject));
    }
    if let Some(age_ns) = line.context.age_ns {
        push_part(out, &format!("ended {} ago", duration(age_ns)));
    }
}

fn exit_detail(out: &mut String, exit: &Exit, line: &Line<'_>) {
    let context = &line.context;
    if context.inferred {
        push_part(out, "exit unseen");
        return;
    }
    push_part(out, &status(exit.status));
    if let Some(killer) = &exit.killed_by {
        push_part(out, &facts::killer(killer, exit.subject.id));
    }
    push_part(out, &format!("lifetime {}", duration(lifetime_ns(line.event, exit.subject.id.start_ns))));
    if let (2.., Some(image_ns)) = (context.images, context.image_ns) {
        push_part(out, &format!("{} images, last {}", context.images, duration(image_ns)));
    }
    let at_least = if exit.cpu_partial { "≥ " } else { "" };
    push_part(out, &format!("cpu {at_least}{}", duration(exit.cpu_ns)));
    if exit.max_rss_bytes > 0 {
        push_part(out, &format!("rss {}", bytes(exit.max_rss_bytes)));
    }
    if exit.usage.threads > 1 {
        push_part(out, &format!("{} threads", count(exit.usage.threads.into())));
    }
    if let Some(image) = context.image_of(exit) {
        push_image(out, image);
    }
}

/// The file, where the first argument does not name it: that can say anything.
fn push_file(out: &mut String, image: &Image) {
    let Some(name) = image.args().next() else { return };
    if !image.filename.is_empty() && name != &*image.filename {
        push_part(out, &format!("({})", quote_args(std::iter::once(&*image.filename))));
    }
}

/// The arguments, whole; where there are none, the file.
fn push_image(out: &mut String, image: &Image) {
    if image.argv.is_empty() && !image.filename.is_empty() {
        push_part(out, &quote_args(std::iter::once(&*image.filename)));
    } else if !image.argv.is_empty() {
        push_args(out, image.args());
        out.push_str("  ");
    }
    if image.argv_truncated_bytes > 0 {
        push_part(out, &format!("(+{} bytes cut)", image.argv_truncated_bytes));
    }
    if image.argv_unreadable {
        push_part(out, "(arguments unreadable)");
    }
}

fn push_ruid(out: &mut String, subject: &Subject) {
    if subject.uids.real != subject.uids.effective {
        push_part(out, &format!("(ruid {})", subject.uids.real));
    }
}

/// `12 fork, 3 exec (≤ 4 missed)`
fn push_lost(out: &mut String, dropped: &PerKind, missed_at_most: u64) {
    let kinds = Kind::ALL.into_iter().filter(|&kind| dropped.get(kind) > 0);
    let counts: Vec<_> = kinds.map(|kind| format!("{} {}", count(dropped.get(kind)), kind.name())).collect();
    out.push_str(&counts.join(", "));
    if missed_at_most > 0 {
        let missed = format!("≤ {} missed", count(missed_at_most));
        out.push_str(&if counts.is_empty() { missed } else { format!(" ({missed})") });
    }
    out.push_str("  ");
}

fn is_incomplete(account: &Account) -> bool {
    account.dropped.total() > 0 || account.missed_at_most > 0 || account.malformed > 0
}

fn end_detail(out: &mut String, account: &Account) {
    out.push_str("lost in all: ");
    push_lost(out, &account.dropped, account.missed_at_most);
    if account.malformed > 0 {
        push_part(out, &format!("{} unreadable", count(account.malformed)));
    }
    push_part(out, &format!("of {}", count(account.attempted.total())));
}

#[cfg(test)]
mod tests;
