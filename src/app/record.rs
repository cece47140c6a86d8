//! `proctop record`: events into a file, without a screen.

use std::fs::File;
use std::io::{self, IsTerminal, Write};

use super::error::Error;
use super::follow::{Flow, Sink, follow};
use super::live::Live;
use super::verbose;
use crate::cli::Record;
use crate::model::event::{Event, Lost, Source, What};
use crate::recording::{self, Writer};
use crate::text;

/// Runs `proctop record` and returns the exit code.
pub(super) fn run(record: &Record) -> Result<u8, Error> {
    verbose::to_stderr(record.trace.verbose);
    let live = Live::arm(&record.trace, record.pid, false)?;
    let file = recording::create(&record.file, live.owner())?;
    let name = text::sanitise(record.file.as_os_str().as_encoded_bytes()).into_owned();
    let shows_progress = record.trace.command.is_empty() && io::stderr().is_terminal();
    let target = Target::new(file, &live.source).map_err(|error| output_error(&name, error))?;
    let mut recorder = Recorder { target, name, lost: Lost::default(), shows_progress };
    let outcome = follow(live, &record.trace.command, record.wait_all, &mut recorder)?;
    if !outcome.sink_failed {
        recorder.close()?;
    }
    Ok(outcome.code)
}

fn output_error(name: &str, error: io::Error) -> Error {
    Error::Output {
        to: name.into(),
        error,
        way_out: "make room there or name another place; what was written can be opened",
    }
}

/// The file. It is emptied when the first events come: a run that fails earlier costs nobody an older recording.
enum Target {
    Opened(File, Source),
    Written(Writer<File>),
}

impl Target {
    /// A pipe or a device has nothing to be spared, and is begun at once: what it can't take is known before a command
    /// runs.
    fn new(file: File, source: &Source) -> io::Result<Self> {
        Ok(if file.metadata()?.is_file() {
            Target::Opened(file, source.clone())
        } else {
            Target::Written(Writer::new(file, source)?)
        })
    }

    fn writer(&mut self) -> io::Result<&mut Writer<File>> {
        if let Target::Opened(file, source) = self {
            recording::empty(file)?;
            *self = Target::Written(Writer::new(file.try_clone()?, source)?);
        }
        match self {
            Target::Written(writer) => Ok(writer),
            Target::Opened(..) => Err(io::Error::other("the recording was not begun")),
        }
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
        let (events, bytes) = match &self.target {
            Target::Opened(..) => (0, 0),
            Target::Written(writer) => (writer.events(), writer.bytes_written()),
        };
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
    fn write(&mut self, act: impl FnOnce(&mut Writer<File>) -> io::Result<()>) -> Result<(), Error> {
        self.target.writer().and_then(act).map_err(|error| output_error(&self.name, error))
    }

    /// Ends the file and says what is in it.
    fn close(mut self) -> Result<(), Error> {
        self.write(Writer::flush)?;
        let line = self.progress();
        let erase = if self.shows_progress { "\r\x1b[K" } else { "" };
        if let Target::Written(writer) = self.target {
            writer.finish().map_err(|error| output_error(&self.name, error))?;
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
    fn tick(&mut self) -> Result<Flow, Error> {
        self.write(Writer::flush)?;
        if self.shows_progress {
            let _ = write!(io::stderr(), "\r\x1b[Kproctop: recording, Ctrl-C ends: {}", self.progress());
        }
        Ok(Flow::Continue)
    }
}
