//! A run without a screen: events go to a sink until the command has ended, or the user has enough.

use std::ffi::OsString;
use std::io::{self, Write};
use std::time::Duration;

use crossbeam_channel::{Receiver, after, never, select, tick};
use nix::sys::signal::Signal;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use super::error::Error;
use super::live::Live;
use super::signals;
use crate::command::{Child, Stdio, exit_code};
use crate::model::changes::SEARCH_NS;
use crate::model::event::{Event, WaitStatus, What};
use crate::text;
use crate::tracer::{Message, Way};

/// How often a sink may look after its own affairs.
const TICK: Duration = Duration::from_secs(1);
/// How long a sink may hold something back while nothing comes.
const HELD: Duration = Duration::from_nanos(SEARCH_NS);
/// The survivors that are named; of more their number is told.
const SURVIVORS_NAMED: usize = 5;

/// Whether a sink wants more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    Continue,
    /// Nobody reads any more: end quietly.
    Enough,
    /// What is on its way is wanted, to the end of the stream, and nothing beyond.
    Finish,
}

/// Where events go.
pub(super) trait Sink {
    /// Takes a batch.
    fn take(&mut self, events: &[Event]) -> Result<Flow, Error>;
    /// Comes once a second. No fork, exec or exit older than `reached_ns` (boot clock) is still to come.
    fn tick(&mut self, reached_ns: u64) -> Result<Flow, Error>;
    /// Whether something is held back until more is known of it.
    fn is_holding(&self) -> bool {
        false
    }
    /// Comes when nothing has come for a while: there is no more to wait for.
    fn release(&mut self) -> Result<Flow, Error> {
        Ok(Flow::Continue)
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    /// The exit code of the program: the command's own, where there is one.
    pub(super) code: u8,
    /// The sink failed while the command ran; the user has been told.
    pub(super) sink_failed: bool,
}

/// Runs until the command has ended; without one until Ctrl-C.
pub(super) fn follow(
    live: Live,
    command: &[OsString],
    wait_all: bool,
    sink: &mut dyn Sink,
) -> Result<Outcome, Error> {
    // From here on Ctrl-C is the command's: the terminal sends it to both.
    let signals = signals::listen(&[SIGINT, SIGTERM, SIGHUP])?;
    let child = match command {
        [] => None,
        command => Some(live.spawn(command, Stdio::Inherit)?),
    };
    live.drop_rights();
    let ended = match &child {
        Some(child) => {
            child.watch().map_err(|error| Error::System { doing: "cannot wait for the command", error })?
        }
        None => never(),
    };
    Run::new(live, sink, child, wait_all).until_done(&signals, &ended)
}

struct Run<'a> {
    live: Live,
    sink: &'a mut dyn Sink,
    child: Option<Child>,
    wait_all: bool,
    status: Option<WaitStatus>,
    muted: bool,
    failed: bool,
    /// All that is older was taken in.
    reached_ns: u64,
    /// The tracing has failed while the command ran: that is waited for, and nothing else.
    unseen: bool,
}

impl<'a> Run<'a> {
    fn new(live: Live, sink: &'a mut dyn Sink, child: Option<Child>, wait_all: bool) -> Self {
        let (muted, failed, reached_ns, unseen) = (false, false, 0, false);
        Self { live, sink, child, wait_all, status: None, muted, failed, reached_ns, unseen }
    }

    fn until_done(mut self, signals: &Receiver<i32>, ended: &Receiver<WaitStatus>) -> Result<Outcome, Error> {
        let ticks = tick(TICK);
        let mut messages = self.live.tracer.messages.clone();
        let mut ended = ended.clone();
        loop {
            let silence = if self.sink.is_holding() && !self.muted { after(HELD) } else { never() };
            select! {
                recv(silence) -> _ => {
                    let flow = self.sink.release();
                    self.judge(flow)?;
                }
                recv(messages) -> message => match message {
                    Ok(Message::Batch(events)) => {
                        if self.take(events)? {
                            return Ok(self.conclude());
                        }
                    }
                    Ok(Message::FailedExecs(answer)) => tell_refusal(answer),
                    Ok(Message::Failed(reason)) => {
                        messages = never();
                        self.lose_sight(reason)?;
                    }
                    Err(_) => {
                        messages = never();
                        self.lose_sight("the tracer thread is gone".into())?;
                    }
                },
                recv(signals) -> signal => self.on_signal(signal.unwrap_or(SIGTERM)),
                recv(ended) -> status => {
                    self.status = Some(status.unwrap_or_default());
                    ended = never();
                    self.finish_if_all_ended();
                }
                recv(ticks) -> _ => {
                    // Whatever was not told until now, the command's fork itself, was lost.
                    if self.status.is_some() && self.nobody_lives() {
                        self.live.tracer.finish();
                    }
                    self.tick(&messages)?;
                }
            }
            let is_over =
                if self.unseen { self.status.is_some() } else { self.muted && self.child.is_none() };
            if is_over {
                return Ok(self.conclude());
            }
        }
    }

    /// True when that was the last of the stream.
    fn take(&mut self, events: Vec<Event>) -> Result<bool, Error> {
        let is_populated = events.iter().any(|event| matches!(event.what, What::SnapshotEnd { .. }));
        let is_last = events.last().is_some_and(|event| matches!(event.what, What::End(_)));
        let mut passed = Vec::with_capacity(events.len());
        self.live.scope.filter(events, &mut passed);
        if let Some(pid) = self.live.scope.wanted_pid().filter(|_| is_populated)
            && !self.live.scope.found_any()
        {
            return Err(Error::NoProcess(pid));
        }
        if !self.muted {
            let flow = self.sink.take(&passed);
            self.judge(flow)?;
        }
        if self.wait_all && self.status.is_some() {
            self.finish_if_all_ended();
        }
        Ok(is_last)
    }

    fn tick(&mut self, messages: &Receiver<Message>) -> Result<(), Error> {
        // In this order: what was sent by then is either here or taken in.
        let reached_ns = self.live.tracer.reached_ns();
        if messages.is_empty() {
            self.reached_ns = reached_ns;
        }
        let flow = if self.muted { Ok(Flow::Continue) } else { self.sink.tick(self.reached_ns) };
        self.judge(flow)
    }

    /// A sink that fails ends the run, unless a command runs: that goes on to its end, and the failure is told now.
    fn judge(&mut self, flow: Result<Flow, Error>) -> Result<(), Error> {
        match flow {
            Ok(Flow::Continue) => {}
            Ok(Flow::Enough) => self.muted = true,
            Ok(Flow::Finish) => self.live.tracer.finish(),
            Err(error) if self.child.is_none() => return Err(error),
            Err(error) => {
                super::complain(&error);
                self.muted = true;
                self.failed = true;
            }
        }
        Ok(())
    }

    /// The tracing has failed. That ends the run, unless a command runs: it is the user's, goes on to its end, and the
    /// failure is told now. In any case the sink gets the chance to bring in what it has.
    fn lose_sight(&mut self, reason: String) -> Result<(), Error> {
        self.tick(&never())?;
        if self.child.is_none() {
            return Err(Error::Tracing(reason));
        }
        let is_running = self.status.is_none();
        super::complain(&if is_running { Error::Unseen(reason) } else { Error::Tracing(reason) });
        self.unseen = true;
        Ok(())
    }

    /// Before the events have told of the command nobody seems to live: it may have ended before its fork is read. Behind
    /// that, a survivor is told of before its parent's end.
    fn finish_if_all_ended(&self) {
        let all_ended = self.live.scope.found_any() && self.nobody_lives();
        if !self.wait_all || all_ended {
            self.live.tracer.finish();
        }
    }

    fn nobody_lives(&self) -> bool {
        self.live.scope.living().next().is_none()
    }

    fn on_signal(&self, signal: i32) {
        match &self.child {
            Some(child) if self.status.is_none() => {
                // Ctrl-C has reached the command by itself.
                if signal != SIGINT {
                    let _ = Signal::try_from(signal).map(|signal| child.signal(signal));
                }
            }
            _ => self.live.tracer.finish(),
        }
    }

    /// Names whom the command left behind, and tells the exit code.
    fn conclude(&self) -> Outcome {
        // Who lives is not known where nothing is heard.
        if self.child.is_some() && !self.wait_all && !self.unseen {
            self.name_survivors();
        }
        let code = match self.status {
            _ if self.failed || self.unseen => 1,
            Some(status) => exit_code(status),
            None => 0,
        };
        Outcome { code, sink_failed: self.failed }
    }

    fn name_survivors(&self) {
        let mut left: Vec<_> = self.live.scope.living().collect();
        if left.is_empty() {
            return;
        }
        left.sort_unstable();
        let named = left.iter().take(SURVIVORS_NAMED);
        let named: Vec<_> =
            named.map(|(id, comm)| format!("{}({})", text::sanitise(comm.as_bytes()), id.pid)).collect();
        let more = left.len().saturating_sub(SURVIVORS_NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let _ = writeln!(
            std::io::stderr(),
            "proctop: the command left running: {}{more}; --wait-all waits for them",
            named.join(", ")
        );
    }
}

/// Failed execs were asked for (`-x`): that there are none to come must not look like none that failed.
fn tell_refusal(answer: Result<Option<Way>, String>) {
    if let Err(reason) = answer {
        let _ = writeln!(
            io::stderr(),
            "proctop: failed execs can't be told: {reason}; 'proctop doctor' says why"
        );
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use crossbeam_channel::{Sender, unbounded};

    use super::*;
    use crate::tracer::Tracer;

    #[derive(Default)]
    struct Taken {
        events: usize,
        ticks: usize,
        reached_ns: u64,
    }

    impl Sink for Taken {
        fn take(&mut self, events: &[Event]) -> Result<Flow, Error> {
            self.events += events.len();
            Ok(Flow::Continue)
        }

        fn tick(&mut self, reached_ns: u64) -> Result<Flow, Error> {
            self.reached_ns = reached_ns;
            self.ticks += 1;
            Ok(Flow::Continue)
        }
    }

    /// A run of `script` (of nothing where it is empty) whose tracing tells of one event and then does `fail`.
    fn broken(script: &str, fail: impl FnOnce(Sender<Message>)) -> (Result<Outcome, Error>, Taken) {
        let (sender, messages) = unbounded();
        let what = What::Clock { wall_offset_ns: 1 };
        sender.send(Message::Batch(vec![Event { time_ns: 1, what }])).expect("the other end is here");
        fail(sender);
        let live = Live::of(Tracer::of(messages));
        let command: Vec<OsString> =
            if script.is_empty() { Vec::new() } else { ["sh", "-c", script].map(OsString::from).into() };
        let mut sink = Taken::default();
        let outcome = follow(live, &command, false, &mut sink);
        (outcome, sink)
    }

    #[test]
    fn time_passes_no_further_than_what_was_taken_in() {
        let (sender, messages) = unbounded();
        let tracer = Tracer::of(messages.clone());
        tracer.pretend_to_have_reached(7);
        sender.send(Message::Batch(Vec::new())).expect("the other end is here");
        let mut sink = Taken::default();
        let mut run = Run::new(Live::of(tracer), &mut sink, None, false);
        run.tick(&messages).expect("it takes everything");
        assert_eq!(run.reached_ns, 0, "something is still to be taken in");
        messages.recv().expect("it is here");
        run.tick(&messages).expect("it takes everything");
        assert_eq!((run.reached_ns, sink.reached_ns), (7, 7));
    }

    fn failure(sender: Sender<Message>) {
        sender.send(Message::Failed("a test".into())).expect("the other end is here");
    }

    /// What it leaves behind tells that it was waited for.
    fn script(mark: &Path) -> String {
        format!("sleep 0.3; echo >'{}'; exit 7", mark.display())
    }

    #[test]
    fn a_command_is_waited_for_when_the_tracing_fails() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        for fail in [failure as fn(_), drop] {
            let mark = directory.path().join("mark");
            let (outcome, taken) = broken(&script(&mark), fail);
            assert_eq!(outcome.expect("an exit code"), Outcome { code: 1, sink_failed: false });
            assert!(fs::exists(&mark).expect("readable"), "the command was not waited for");
            assert!(taken.events == 1 && taken.ticks > 0, "what was told is kept");
            fs::remove_file(mark).expect("it is there");
        }
    }

    #[test]
    fn without_a_command_a_failure_of_the_tracing_ends_the_run() {
        let (outcome, taken) = broken("", failure);
        let error = outcome.expect_err("a failure");
        assert_eq!(error.to_string(), "proctop: tracing ended: a test; start proctop again");
        assert_eq!((error.exit_code(), taken.events, taken.ticks), (1, 1, 1));
    }
}
