//! `proctop log`: events as lines, from the kernel or from a recording.

use std::io::{self, Write};
use std::os::fd::AsFd;
use std::path::Path;

use jiff::tz::TimeZone;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::error::Error;
use super::follow::{Flow, Sink, follow};
use super::live::Live;
use super::part::Part;
use super::printer::Printer;
use super::until::UntilStorm;
use super::verbose;
use crate::cli::{Log, LogOutput, LogSource, Until};
use crate::model::event::{Account, Event, Kind, Source};
use crate::output::Lines;
use crate::recording::{self, OutputFile, Owner, is_same_file};
use crate::text;

/// Runs `proctop log` and returns the exit code.
pub(super) fn run(log: &Log) -> Result<u8, Error> {
    match &log.source {
        LogSource::Live { trace, wait_all, until } => {
            verbose::to_stderr(trace.verbose);
            let live = Live::arm(trace, log.selection.pid, false)?;
            let mut sink = LineSink::new(log, live.owner(), live.source.clone())?;
            if let Some(until) = until {
                return until_storm(live, *until, sink);
            }
            let outcome = follow(live, &trace.command, *wait_all, &mut sink);
            let is_writable = outcome.as_ref().map_or(true, |outcome| !outcome.sink_failed);
            // Also when the tracing failed: what was held back had been told by the kernel.
            let released = if is_writable { sink.release() } else { Ok(Flow::Enough) };
            let outcome = outcome?;
            released?;
            if trace.verbose {
                sink.tell_account();
            }
            Ok(outcome.code)
        }
        LogSource::Recording(path) => replay(log, path),
    }
}

/// Prints a storm, with what came before it, once there is one.
fn until_storm(live: Live, until: Until, sink: LineSink) -> Result<u8, Error> {
    let mut sink = UntilStorm::new(sink, until);
    let outcome = follow(live, &[], false, &mut sink)?;
    sink.into_begun()?.release()?;
    Ok(outcome.code)
}

fn replay(log: &Log, path: &Path) -> Result<u8, Error> {
    let mut part = Part::open(path, log.selection.pid)?;
    if is_same_file(place_of(&log.output), path) {
        return Err(Error::OverRecording(path.to_owned()));
    }
    let mut sink = LineSink::new(log, None, part.source().clone())?;
    let mut flow = Flow::Continue;
    while flow == Flow::Continue {
        let Some(events) = part.next_block()? else { break };
        flow = sink.take(&events)?;
    }
    if flow == Flow::Continue {
        sink.release()?;
    }
    if let Some(ending) = part.ending()?.filter(|ending| !ending.is_clean()) {
        let _ = writeln!(io::stderr(), "proctop: {ending}");
    }
    Ok(0)
}

/// Where in the file system the lines go.
fn place_of(output: &LogOutput) -> &Path {
    match output {
        LogOutput::Stdout => Path::new("/dev/stdout"),
        LogOutput::Stderr => Path::new("/dev/stderr"),
        LogOutput::File(path) => path,
    }
}

/// Lines to where they belong.
struct LineSink {
    printer: Printer<Output>,
    to: String,
    /// Until the header is written: before the first events, so that an early failure prints nothing else.
    source: Option<Source>,
}

/// Where lines go.
enum Output {
    Stdout(io::Stdout),
    Stderr(io::Stderr),
    File(OutputFile),
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Output::Stdout(out) => out.write(bytes),
            Output::Stderr(out) => out.write(bytes),
            Output::File(out) => out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Output::Stdout(out) => out.flush(),
            Output::Stderr(out) => out.flush(),
            Output::File(out) => out.flush(),
        }
    }
}

impl Output {
    fn create(output: &LogOutput, owner: Option<Owner>) -> Result<(Self, String), Error> {
        Ok(match output {
            LogOutput::Stdout => (Output::Stdout(io::stdout()), "the standard output".into()),
            LogOutput::Stderr => (Output::Stderr(io::stderr()), "the standard error".into()),
            LogOutput::File(path) => {
                let name = text::sanitise(path.as_os_str().as_encoded_bytes()).into_owned();
                (Output::File(recording::create(path, owner)?), name)
            }
        })
    }

    /// Comes right before the first byte.
    fn begin(&self) -> io::Result<()> {
        match self {
            Output::File(file) => file.begin(),
            Output::Stdout(_) | Output::Stderr(_) => Ok(()),
        }
    }

    /// Whether whoever read it is gone. A pipe tells without being written to.
    fn is_abandoned(&self) -> bool {
        let Output::Stdout(out) = self else { return false };
        let mut fds = [PollFd::new(out.as_fd(), PollFlags::empty())];
        let _ = poll(&mut fds, PollTimeout::ZERO);
        let [fd] = &fds;
        fd.revents().is_some_and(|events| events.contains(PollFlags::POLLERR))
    }
}

impl LineSink {
    fn new(log: &Log, owner: Option<Owner>, source: Source) -> Result<Self, Error> {
        let (output, to) = Output::create(&log.output, owner)?;
        let lines = Lines::new(output, log.format, TimeZone::system());
        let mut printer = Printer::new(lines, &log.selection);
        printer.set_storm_threshold(log.storm);
        Ok(Self { printer, to, source: Some(source) })
    }

    fn flow(&self, written: io::Result<()>) -> Result<Flow, Error> {
        match written {
            Ok(()) => Ok(Flow::Continue),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Flow::Enough),
            Err(error) => Err(Error::Output {
                to: self.to.clone(),
                error,
                way_out: "make room there or name another place with -o",
            }),
        }
    }

    fn tell_account(&self) {
        if let Some(account) = self.printer.account() {
            let _ = writeln!(io::stderr(), "proctop: {}", account_text(account));
        }
    }
}

/// All kinds of which there was any, each as attempted/delivered/dropped.
fn account_text(account: &Account) -> String {
    let Account { attempted, delivered, dropped, missed_at_most, malformed } = account;
    let counts = |kind| [attempted, delivered, dropped].map(|of| of.get(kind));
    let kinds = Kind::ALL.into_iter().map(|kind| (kind.name(), counts(kind)));
    let kinds = kinds.filter(|(_, counts)| counts.iter().any(|&count| count > 0));
    let kinds: Vec<_> = kinds.map(|(name, [a, b, c])| format!("{name} {a}/{b}/{c}")).collect();
    let kinds = if kinds.is_empty() { String::new() } else { format!(" ({})", kinds.join(", ")) };
    format!(
        "account: attempted {} = delivered {} + dropped {}{kinds}, missed at most {missed_at_most}, malformed \
         {malformed}",
        attempted.total(),
        delivered.total(),
        dropped.total(),
    )
}

impl Sink for LineSink {
    fn take(&mut self, events: &[Event]) -> Result<Flow, Error> {
        let printer = &mut self.printer;
        let header = match self.source.take() {
            Some(source) => printer.lines().get_ref().begin().and_then(|()| printer.start(&source)),
            None => Ok(()),
        };
        let written = header.and_then(|()| printer.print(events));
        self.flow(written)
    }

    fn tick(&mut self, reached_ns: u64) -> Result<Flow, Error> {
        if self.printer.lines().get_ref().is_abandoned() {
            return Ok(Flow::Enough);
        }
        let written = self.printer.pass_time(reached_ns);
        self.flow(written)
    }

    fn is_holding(&self) -> bool {
        self.printer.is_holding()
    }

    fn release(&mut self) -> Result<Flow, Error> {
        let written = self.printer.release();
        self.flow(written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::event::PerKind;

    #[test]
    fn the_account_lists_what_there_was() {
        let per_kind = |fork, cgroup| PerKind { fork, cgroup, ..PerKind::default() };
        let account = Account {
            attempted: per_kind(7, 2),
            delivered: per_kind(4, 2),
            dropped: per_kind(3, 0),
            missed_at_most: 5,
            malformed: 0,
        };
        assert_eq!(
            account_text(&account),
            "account: attempted 9 = delivered 6 + dropped 3 (fork 7/4/3, cgroup 2/2/0), missed at most 5, malformed 0"
        );
        let none = "account: attempted 0 = delivered 0 + dropped 0, missed at most 0, malformed 0";
        assert_eq!(account_text(&Account::default()), none);
    }
}
