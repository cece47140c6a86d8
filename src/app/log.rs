//! `proctop log`: events as lines, from the kernel or from a recording.

use std::io::{self, Write};
use std::os::fd::AsFd;

use jiff::tz::TimeZone;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::error::Error;
use super::follow::{Flow, Sink, follow};
use super::live::Live;
use super::users::Users;
use super::verbose;
use crate::cli::{Log, LogOutput, LogSource, Selection};
use crate::model::event::{Account, Event, Exit, Source, Subject, What};
use crate::model::filter::{EventKind, Filter};
use crate::model::process::NodeKey;
use crate::model::scope::Scope;
use crate::model::{Effect, EventSubject, Model, ProcessSubject};
use crate::output::{Context, Line, Lines};
use crate::recording::{self, OutputFile, Owner, Reader};
use crate::text;

/// The dead whose ancestry and images a line may still ask for.
const HISTORY: usize = 4096;

/// Runs `proctop log` and returns the exit code.
pub(super) fn run(log: &Log) -> Result<u8, Error> {
    match &log.source {
        LogSource::Live { trace, wait_all } => {
            verbose::to_stderr(trace.verbose);
            let live = Live::arm(trace, log.selection.pid)?;
            let mut printer = Printer::new(log, live.owner(), live.source.clone())?;
            let outcome = follow(live, &trace.command, *wait_all, &mut printer)?;
            printer.tell_account(trace.verbose);
            Ok(outcome.code)
        }
        LogSource::Recording(path) => replay(log, path),
    }
}

fn replay(log: &Log, path: &std::path::Path) -> Result<u8, Error> {
    let mut reader = Reader::open(path)?;
    let mut printer = Printer::new(log, None, reader.source().clone())?;
    let mut scope = log.selection.pid.map_or_else(Scope::everything, Scope::subtree_of);
    let mut flow = Flow::Continue;
    while flow == Flow::Continue {
        let Some(events) = reader.next_block()? else { break };
        let mut passed = Vec::new();
        scope.filter(events, &mut passed);
        flow = printer.take(&passed)?;
    }
    match (scope.wanted_pid(), reader.ending()) {
        (Some(pid), Some(_)) if !scope.found_any() => return Err(Error::NoProcess(pid)),
        (_, Some(ending)) if !ending.is_clean() => {
            let _ = writeln!(io::stderr(), "proctop: {ending}");
        }
        _ => {}
    }
    Ok(0)
}

/// Prints what matches.
struct Printer {
    model: Model,
    users: Users,
    filter: Filter,
    min_duration_ns: u64,
    lines: Lines<Output>,
    to: String,
    account: Option<Account>,
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

impl Printer {
    fn new(log: &Log, owner: Option<Owner>, source: Source) -> Result<Self, Error> {
        let (output, to) = Output::create(&log.output, owner)?;
        let Selection { min_duration_ns, .. } = log.selection;
        Ok(Self {
            model: Model::new(HISTORY),
            users: Users::default(),
            filter: log.selection.combined(),
            min_duration_ns: min_duration_ns.unwrap_or(0),
            lines: Lines::new(output, log.format, TimeZone::system()),
            to,
            account: None,
            source: Some(source),
        })
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

    fn print(&mut self, event: &Event) -> io::Result<()> {
        let effect = self.model.apply(event);
        match &event.what {
            What::SnapshotEnd { .. } => {}
            What::Clock { .. } => return Ok(()),
            What::Lost(_) => return self.line(event, None, Context::default()),
            What::End(account) => {
                self.account = Some(*account);
                return self.line(event, None, Context::default());
            }
            What::Snapshot(_) | What::Fork(_) | What::Exec(_) | What::Exit(_) => {
                if let Effect::News(Some(key)) = effect {
                    self.told(event, key)?;
                }
            }
        }
        for key in self.model.concluded().to_vec() {
            self.concluded(key)?;
        }
        Ok(())
    }

    /// An event of a process, if it matches.
    fn told(&mut self, event: &Event, key: NodeKey) -> io::Result<()> {
        let Some(process) = self.model.tree().get(key) else { return Ok(()) };
        let (kind, subject) = match &event.what {
            What::Snapshot(snapshot) => (EventKind::Snapshot, &snapshot.subject),
            What::Fork(fork) => (EventKind::Fork, &fork.subject),
            What::Exec(exec) => (EventKind::Exec, &exec.subject),
            What::Exit(exit) => (EventKind::Exit, &exit.subject),
            _ => return Ok(()),
        };
        let long_enough = match kind {
            EventKind::Exit => process.lifetime_ns(event.time_ns) >= self.min_duration_ns,
            _ => self.min_duration_ns == 0,
        };
        let seen = ProcessSubject::new(self.model.tree(), key, process, event.time_ns);
        if !long_enough || !self.filter.matches(&EventSubject::new(seen, kind)) {
            return Ok(());
        }
        let run = process.images.last().cloned();
        let context = Context {
            image: run.as_ref().map(|run| &*run.image),
            image_ns: process.image_ns(event.time_ns),
            images: process.image_count(),
            alone: self.min_duration_ns > 0,
            inferred: false,
        };
        self.line(event, Some(subject), context)
    }

    /// An end that nobody saw, if it matches. With a minimum duration it doesn't: how long it lived is not known.
    fn concluded(&mut self, key: NodeKey) -> io::Result<()> {
        let Some((process, ending)) =
            self.model.tree().get(key).and_then(|process| Some((process, process.ending?)))
        else {
            return Ok(());
        };
        let seen = ProcessSubject::new(self.model.tree(), key, process, ending.time_ns);
        if self.min_duration_ns > 0 || !self.filter.matches(&EventSubject::new(seen, EventKind::Exit)) {
            return Ok(());
        }
        let subject = Subject {
            id: process.id,
            parent: process.adopted_by.or(process.parent),
            comm: process.comm,
            uids: process.uids,
            cgroup_id: process.cgroup_id,
            kernel_thread: process.kernel_thread,
        };
        let event = Event { time_ns: ending.time_ns, what: What::Exit(Exit { subject, ..Exit::default() }) };
        self.line(&event, Some(&subject), Context { inferred: true, ..Context::default() })
    }

    fn line(&mut self, event: &Event, subject: Option<&Subject>, context: Context<'_>) -> io::Result<()> {
        let user = subject.and_then(|subject| self.users.name(subject.uids.effective));
        let boot_ns = i64::try_from(event.time_ns).unwrap_or(i64::MAX);
        let wall_ns = boot_ns.saturating_add(self.model.wall_offset_ns());
        self.lines.event(&Line { event, wall_ns, user, context })
    }

    fn tell_account(&self, verbose: bool) {
        let Some(account) = self.account.filter(|_| verbose) else { return };
        let Account { attempted, delivered, dropped, missed_at_most, malformed } = account;
        let _ = writeln!(
            io::stderr(),
            "proctop: account: attempted {} = delivered {} + dropped {} (fork {}/{}/{}, exec {}/{}/{}, exit \
             {}/{}/{}), missed at most {missed_at_most}, malformed {malformed}",
            attempted.total(),
            delivered.total(),
            dropped.total(),
            attempted.fork,
            delivered.fork,
            dropped.fork,
            attempted.exec,
            delivered.exec,
            dropped.exec,
            attempted.exit,
            delivered.exit,
            dropped.exit,
        );
    }
}

impl Sink for Printer {
    fn take(&mut self, events: &[Event]) -> Result<Flow, Error> {
        let begin = |source| self.lines.get_ref().begin().and_then(|()| self.lines.start(&source));
        let header = self.source.take().map_or(Ok(()), begin);
        let written = header
            .and_then(|()| events.iter().try_for_each(|event| self.print(event)))
            .and_then(|()| self.lines.flush());
        self.flow(written)
    }

    fn tick(&mut self) -> Result<Flow, Error> {
        Ok(if self.lines.get_ref().is_abandoned() { Flow::Enough } else { Flow::Continue })
    }
}
