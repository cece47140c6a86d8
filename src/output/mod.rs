//! Events as lines: text for people, JSON and CSV for programs.
//!
//! [`Lines`] writes what it is given and decides nothing: which events appear, who a uid is and what a process
//! executed last are known to the consumer of the stream, which passes them in with each [`Line`].

mod csv;
#[cfg(test)]
mod fixture;
mod json;
#[cfg(test)]
mod storms;
mod text;

use std::io::{self, BufWriter, Write};
use std::str::FromStr;

use jiff::tz::TimeZone;

use crate::model::cgroups;
use crate::model::changes::Change;
use crate::model::event::{Comm, Event, Exit, Image, ProcessId, Source, Subject, What};
use crate::model::storm::Report;

pub use csv::COLUMNS;
pub use json::SCHEMA;

/// Lines are gathered to about this many bytes before they are written.
const BUFFER_BYTES: usize = 64 * 1024;

/// How events are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, clap::ValueEnum)]
pub enum Format {
    /// Aligned columns under a header
    #[default]
    Text,
    /// One JSON object per line
    Json,
    /// Comma-separated values with a header row
    Csv,
}

impl FromStr for Format {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "text" => Ok(Format::Text),
            "json" => Ok(Format::Json),
            "csv" => Ok(Format::Csv),
            _ => Err(format!("unknown format '{}': use text, json or csv", name.escape_debug())),
        }
    }
}

/// An event with what its consumer knows beside it.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// What happened.
    pub event: &'a Event,
    /// When, on the wall clock: nanoseconds since 1970, UTC.
    pub wall_ns: i64,
    /// The name of the effective user; `None` when the system has none for the uid.
    pub user: Option<&'a str>,
    /// What earlier events said of the process.
    pub context: Context<'a>,
}

/// What earlier events of the stream said of an event's process.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context<'a> {
    /// At an exit: the last image, for the arguments on the row of a failure. `None` when the process only forked
    /// and so never had one of its own, or when it is unknown.
    pub image: Option<&'a Image>,
    /// At an exit: no exec was printed for it, so that the arguments belong on its own line however it ended.
    pub alone: bool,
    /// At an exit: nanoseconds since the last exec. `None` when that was not seen.
    pub image_ns: Option<u64>,
    /// At an exit: how many execs of the process were seen.
    pub images: u32,
    /// The process, where the event itself does not tell it whole: of a failed exec, a thread, a change. A thread's
    /// bears the thread's comm.
    pub subject: Option<&'a Subject>,
    /// What of the process is not as it was: the line tells that, whatever event let it be concluded.
    pub change: Option<Change>,
    /// A storm begins or is over: the line tells that, whatever event let it be found. `subject` is who makes it.
    pub storm: Option<&'a Report>,
    /// At a change that is about a zombie: nanoseconds since its end, where that was seen.
    pub age_ns: Option<u64>,
    /// At a failed exec: how often the same name was tried in a row, as PATH has places; the event tells the last. At an
    /// exec: how often it was tried in vain before.
    pub tries: u32,
    /// Where its cgroup lies.
    pub cgroup: Option<&'a cgroups::Path>,
    /// The event was concluded (from a later snapshot), not seen. Of an exit only the process and the time when it
    /// was noticed are then known: its status, lifetime and costs in the event are not printed.
    pub inferred: bool,
}

impl<'a> Context<'a> {
    /// What an exit's line tells of what was executed: on that of a failure, and where nothing else does.
    fn image_of(&self, exit: &Exit) -> Option<&'a Image> {
        self.image.filter(|_| self.alone || !exit.status.success())
    }
}

/// The name of a line's kind, where it has one: what happened, or what that let be concluded.
fn name(line: &Line<'_>) -> Option<&'static str> {
    if line.context.storm.is_some() {
        return Some("storm");
    }
    if let Some(change) = line.context.change {
        return Some(change.name());
    }
    match &line.event.what {
        What::Snapshot(_) => Some("snapshot"),
        What::Fork(_) => Some("fork"),
        What::Exec(_) => Some("exec"),
        What::Exit(_) => Some("exit"),
        What::ExecFailed(_) => Some("exec_failed"),
        What::ThreadStart(_) => Some("thread_start"),
        What::ThreadEnd(_) => Some("thread_end"),
        What::Lost(_) => Some("lost"),
        What::End(_) => Some("end"),
        What::Clock { .. }
        | What::SnapshotEnd { .. }
        | What::Rename(_)
        | What::Cgroup(_)
        | What::Look(_)
        | What::Zombies(_) => None,
    }
}

/// Whom a line is about.
#[derive(Clone, Copy)]
enum Who<'a> {
    Known(&'a Subject),
    /// Its fork was lost: this is all that the event tells.
    Named(ProcessId, &'a Comm),
}

/// `None` for what concerns no process.
fn who<'a>(line: &Line<'a>) -> Option<Who<'a>> {
    let known = line.context.subject.map(Who::Known);
    match &line.event.what {
        _ if line.context.change.is_some() || line.context.storm.is_some() => known,
        What::Snapshot(snapshot) => Some(Who::Known(&snapshot.subject)),
        What::Fork(fork) => Some(Who::Known(&fork.subject)),
        What::Exec(exec) => Some(Who::Known(&exec.subject)),
        What::Exit(exit) => Some(Who::Known(&exit.subject)),
        What::ExecFailed(failed) => Some(known.unwrap_or(Who::Named(failed.id, &failed.comm))),
        What::ThreadStart(thread) | What::ThreadEnd(thread) => {
            Some(known.unwrap_or(Who::Named(thread.of, &thread.comm)))
        }
        _ => None,
    }
}

/// Writes events as lines in one [`Format`].
///
/// Whole lines are handed to the writer, about 64 KiB at a time; call [`flush`](Lines::flush) after each batch.
/// Errors are the writer's, among them `BrokenPipe` when the reader of a pipe is gone.
pub struct Lines<W: Write> {
    formatter: Formatter,
    out: BufWriter<W>,
}

enum Formatter {
    Text(text::TextLines),
    Json(json::JsonLines),
    Csv(Box<csv::CsvLines>),
}

impl<W: Write> Lines<W> {
    /// Lines in `format` to `out`; `zone` is that of the times in text (JSON and CSV are in UTC).
    pub fn new(out: W, format: Format, zone: TimeZone) -> Self {
        let formatter = match format {
            Format::Text => Formatter::Text(text::TextLines::new(zone)),
            Format::Json => Formatter::Json(json::JsonLines::new()),
            Format::Csv => Formatter::Csv(Box::new(csv::CsvLines::new())),
        };
        Self { formatter, out: BufWriter::with_capacity(BUFFER_BYTES, out) }
    }

    /// Writes what comes before all events: the header, or JSON's `start`. Call it once.
    pub fn start(&mut self, source: &Source) -> io::Result<()> {
        let line = match &mut self.formatter {
            Formatter::Text(_) => text::HEADER.as_bytes(),
            Formatter::Json(json) => json.start(source)?,
            Formatter::Csv(csv) => csv.start()?,
        };
        self.out.write_all(line)
    }

    /// Writes the line of one event, if the format has one for it.
    pub fn event(&mut self, line: &Line<'_>) -> io::Result<()> {
        let line = match &mut self.formatter {
            Formatter::Text(text) => text.event(line),
            Formatter::Json(json) => json.event(line)?,
            Formatter::Csv(csv) => csv.event(line)?,
        };
        self.out.write_all(line)
    }

    /// Hands everything to the writer and flushes that too.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// The writer itself; what was not flushed may not have reached it.
    pub fn get_ref(&self) -> &W {
        self.out.get_ref()
    }
}

/// Nanoseconds from the start of a process to an event of it; 0 where the stamps of two CPUs disagree.
fn lifetime_ns(event: &Event, start_ns: u64) -> u64 {
    event.time_ns.saturating_sub(start_ns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn format_names() {
        use clap::ValueEnum;
        for format in Format::value_variants() {
            let name = format.to_possible_value().unwrap();
            assert_eq!(name.get_name().parse(), Ok(*format));
        }
        assert_eq!(
            "xml\n".parse::<Format>(),
            Err("unknown format 'xml\\n': use text, json or csv".to_owned())
        );
    }

    /// A reader that goes away is the caller's to notice, and nothing is written twice.
    #[test]
    fn errors_reach_the_caller() {
        struct Gone;
        impl Write for Gone {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut lines = Lines::new(Gone, Format::Json, TimeZone::UTC);
        lines.start(&fixture::source()).unwrap();
        assert_eq!(lines.flush().unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }

    #[test]
    fn each_write_ends_with_a_whole_line() {
        struct WholeLines(usize);
        impl Write for WholeLines {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                assert!(bytes.ends_with(b"\n"));
                self.0 += 1;
                Ok(bytes.len())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        for format in [Format::Text, Format::Json, Format::Csv] {
            let mut lines = Lines::new(WholeLines(0), format, TimeZone::UTC);
            lines.start(&fixture::source()).unwrap();
            for _ in 0..3000 {
                lines.event(&fixture::line(&fixture::exec())).unwrap();
            }
            lines.flush().unwrap();
            assert!((2..100).contains(&lines.get_ref().0), "gathered: {}", lines.get_ref().0);
        }
    }
}
