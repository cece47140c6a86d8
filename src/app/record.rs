//! `proctop record`: events into a file, without a screen.

use std::fs::File;
use std::io::{self, IsTerminal, Write};

use super::error::Error;
use super::follow::{Flow, Sink, follow};
use super::live::Live;
use super::verbose;
use crate::cli::Record;
use crate::model::event::{Event, Lost, What};
use crate::recording::{self, Writer};
use crate::text;

/// Runs `proctop record` and returns the exit code.
pub(super) fn run(record: &Record) -> Result<u8, Error> {
    verbose::to_stderr(record.trace.verbose);
    let live = Live::arm(&record.trace, record.pid)?;
    let file = recording::create(&record.file, live.owner())?;
    let name = text::sanitise(record.file.as_os_str().as_encoded_bytes()).into_owned();
    let failed = |error| output_error(&name, error);
    let writer = Writer::new(file, &live.source).map_err(failed)?;
    let shows_progress = record.trace.command.is_empty() && io::stderr().is_terminal();
    let mut recorder = Recorder { writer, name, lost: Lost::default(), shows_progress };
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

struct Recorder {
    writer: Writer<File>,
    name: String,
    lost: Lost,
    shows_progress: bool,
}

impl Recorder {
    fn progress(&self) -> String {
        let Lost { dropped, missed_at_most } = self.lost;
        let missed =
            if missed_at_most > 0 { format!(" (≤ {missed_at_most} missed)") } else { String::new() };
        format!(
            "{} events, {} in {}, lost {}{missed}",
            text::count(self.writer.events()),
            text::bytes(self.writer.bytes_written()),
            self.name,
            text::count(dropped.total())
        )
    }

    /// Ends the file and says what is in it.
    fn close(mut self) -> Result<(), Error> {
        self.writer.flush().map_err(|error| output_error(&self.name, error))?;
        let line = self.progress();
        let erase = if self.shows_progress { "\r\x1b[K" } else { "" };
        let name = self.name;
        self.writer.finish().map_err(|error| output_error(&name, error))?;
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
        self.writer.write_batch(events).map_err(|error| output_error(&self.name, error))?;
        Ok(Flow::Continue)
    }

    /// What was recorded until now is in the file, whatever happens next.
    fn tick(&mut self) -> Result<Flow, Error> {
        self.writer.flush().map_err(|error| output_error(&self.name, error))?;
        if self.shows_progress {
            let _ = write!(io::stderr(), "\r\x1b[Kproctop: recording, Ctrl-C ends: {}", self.progress());
        }
        Ok(Flow::Continue)
    }
}
