//! `proctop record`: events into a file, without a screen.

use std::io::{self, IsTerminal, Write};

use super::error::Error;
use super::follow::{Flow, Sink, follow};
use super::live::Live;
use super::until::UntilStorm;
use super::verbose;
use crate::cli::Record;
use crate::model::event::{Event, Lost, Source, What};
use crate::recording::{self, OutputFile, Writer};
use crate::text;

/// Runs `proctop record` and returns the exit code.
pub(super) fn run(record: &Record) -> Result<u8, Error> {
    verbose::to_stderr(record.trace.verbose);
    let live = Live::arm(&record.trace, record.pid, false)?;
    let file = recording::create(&record.file, live.owner())?;
    let name = text::sanitise(record.file.as_os_str().as_encoded_bytes()).into_owned();
    let shows_progress = record.trace.command.is_empty() && io::stderr().is_terminal();
    let target = Target::new(file, &live.source).map_err(|error| output_error(&name, error, false))?;
    let mut recorder = Recorder { target, name, lost: Lost::default(), shows_progress };
    if let Some(until) = record.until {
        let mut sink = UntilStorm::new(recorder, until);
        let outcome = follow(live, &[], false, &mut sink)?;
        sink.into_begun()?.close()?;
        return Ok(outcome.code);
    }
    let outcome = follow(live, &record.trace.command, record.wait_all, &mut recorder)?;
    if !outcome.sink_failed {
        recorder.close()?;
    }
    Ok(outcome.code)
}

/// `has_begun`: whether the file holds anything.
fn output_error(name: &str, error: io::Error, has_begun: bool) -> Error {
    let way_out = if has_begun {
        "make room there or name another place; what was written can be opened"
    } else {
        "make room there or name another place"
    };
    Error::Output { to: name.into(), error, way_out }
}

/// The file. It is emptied when the first events come: a run that fails earlier costs nobody an older recording, and
/// leaves no new file behind.
struct Target {
    opened: Option<(OutputFile, Source)>,
    writer: Option<Writer<OutputFile>>,
}

impl Target {
    /// A pipe or a device has nothing to be spared, and is begun at once: what it can't take is known before a command
    /// runs.
    fn new(file: OutputFile, source: &Source) -> io::Result<Self> {
        let is_begun = !file.is_regular()?;
        let mut target = Self { opened: Some((file, source.clone())), writer: None };
        if is_begun {
            target.writer()?;
        }
        Ok(target)
    }

    fn writer(&mut self) -> io::Result<&mut Writer<OutputFile>> {
        if let Some((file, source)) = self.opened.take() {
            file.begin()?;
            self.writer = Some(Writer::new(file, &source)?);
        }
        self.writer.as_mut().ok_or_else(|| io::Error::other("the recording was not begun"))
    }
}

struct Recorder {
    target: Target,
    name: String,
    lost: Lost,
    shows_progress: bool,
}

impl Recorder {
    fn progress(&self) -> String {
        let written = |writer: &Writer<_>| (writer.events(), writer.bytes_written());
        let (events, bytes) = self.target.writer.as_ref().map_or((0, 0), written);
        let Lost { dropped, missed_at_most } = self.lost;
        let missed =
            if missed_at_most > 0 { format!(" (≤ {missed_at_most} missed)") } else { String::new() };
        format!(
            "{} events, {} in {}, lost {}{missed}",
            text::count(events),
            text::bytes(bytes),
            self.name,
            text::count(dropped.total())
        )
    }

    /// Does something with the file; a failure names it.
    fn write(&mut self, act: impl FnOnce(&mut Writer<OutputFile>) -> io::Result<()>) -> Result<(), Error> {
        let written = self.target.writer().and_then(act);
        written.map_err(|error| output_error(&self.name, error, self.target.writer.is_some()))
    }

    /// Ends the file and says what is in it.
    fn close(mut self) -> Result<(), Error> {
        self.write(Writer::flush)?;
        let line = self.progress();
        let erase = if self.shows_progress { "\r\x1b[K" } else { "" };
        if let Some(writer) = self.target.writer {
            writer.finish().map_err(|error| output_error(&self.name, error, true))?;
        }
        let _ = writeln!(io::stderr(), "{erase}proctop: recorded {line}");
        Ok(())
    }
}

impl Sink for Recorder {
    fn take(&mut self, events: &[Event]) -> Result<Flow, Error> {
        for event in events {
            if let What::Lost(lost) = &event.what {
                self.lost.dropped.add(&lost.dropped);
                self.lost.missed_at_most = self.lost.missed_at_most.saturating_add(lost.missed_at_most);
            }
        }
        self.write(|writer| writer.write_batch(events))?;
        Ok(Flow::Continue)
    }

    /// What was recorded until now is in the file, whatever happens next.
    fn tick(&mut self, _: u64) -> Result<Flow, Error> {
        self.write(Writer::flush)?;
        if self.shows_progress {
            let _ = write!(io::stderr(), "\r\x1b[Kproctop: recording, Ctrl-C ends: {}", self.progress());
        }
        Ok(Flow::Continue)
    }
}
