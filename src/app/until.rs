//! `--until-storm`: nothing is handed on until there is a storm; then that, and what came shortly before it.

use std::collections::VecDeque;
use std::io::{self, IsTerminal, Write};
use std::mem::size_of;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::error::Error;
use super::follow::{Flow, Sink};
use crate::cli::Until;
use crate::model::Model;
use crate::model::changes::subject_of;
use crate::model::event::{Cgroup, Event, Image, Snapshot, What};
use crate::model::process::Process;
use crate::model::storm::{Gauge, Threshold, Turn};
use crate::text;
use crate::tracer;

/// The most events that are kept from before a storm, and the most bytes of them, texts included.
const EVENTS_KEPT: usize = 1 << 20;
const BYTES_KEPT: usize = 256 << 20;

/// How far it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Waiting,
    Storm,
    /// Only the end of the stream is still wanted.
    Over,
}

/// Hands on to another sink what belongs to a storm.
pub(super) struct UntilStorm<S> {
    inner: S,
    until: Until,
    stage: Stage,
    gauge: Gauge,
    kept: Kept,
    begun_ns: u64,
}

impl<S: Sink> UntilStorm<S> {
    pub(super) fn new(inner: S, until: Until) -> Self {
        if io::stderr().is_terminal() {
            tell(&format!("waiting for a storm of {}/s, Ctrl-C ends", text::count(until.rate.into())));
        }
        Self {
            inner,
            until,
            stage: Stage::Waiting,
            gauge: Gauge::new(Threshold { floor: until.rate, adapts: false }),
            kept: Kept::new(until.keep_ns, EVENTS_KEPT, BYTES_KEPT),
            begun_ns: tracer::boot_ns(),
        }
    }

    /// The sink, to which there was something to hand on.
    ///
    /// # Errors
    /// When no storm has come.
    pub(super) fn into_begun(self) -> Result<S, Error> {
        if self.stage == Stage::Waiting { Err(self.no_storm()) } else { Ok(self.inner) }
    }

    fn no_storm(&self) -> Error {
        let waited_ns = tracer::boot_ns().saturating_sub(self.begun_ns);
        Error::NoStorm { rate: self.until.rate, waited: text::duration(waited_ns) }
    }

    /// Time has passed: the storm may have begun, and be over.
    fn pass(&mut self, time_ns: u64, passed: &mut Vec<Event>) {
        while let Some(turn) = self.gauge.pass(time_ns) {
            self.turn(turn, passed);
        }
    }

    fn turn(&mut self, turn: Turn, passed: &mut Vec<Event>) {
        match turn {
            Turn::Began if self.stage == Stage::Waiting => {
                self.stage = Stage::Storm;
                let rate = self.gauge.course().map_or(0, |course| course.rate);
                tell(&format!("a storm of {}/s; {}", text::count(rate.into()), self.kept));
                self.kept.take_into(passed);
            }
            Turn::Ended if self.stage == Stage::Storm => {
                self.stage = Stage::Over;
                let lasted_ns = self.gauge.course().map_or(0, |course| course.duration_ns());
                tell(&format!("the storm is over after {}", text::duration(lasted_ns)));
            }
            _ => {}
        }
    }

    fn hand_on(&mut self, passed: &[Event]) -> Result<Flow, Error> {
        let flow = if passed.is_empty() { Flow::Continue } else { self.inner.take(passed)? };
        Ok(if self.stage == Stage::Over && flow == Flow::Continue { Flow::Finish } else { flow })
    }
}

impl<S: Sink> Sink for UntilStorm<S> {
    fn take(&mut self, events: &[Event]) -> Result<Flow, Error> {
        let mut passed = Vec::new();
        for event in events {
            if let What::Lost(lost) = &event.what {
                self.gauge.lose(event.time_ns, lost.dropped.fork);
            }
            self.pass(event.time_ns, &mut passed);
            if let What::Fork(_) = event.what {
                self.gauge.count(event.time_ns);
            }
            match self.stage {
                Stage::Waiting => self.kept.push(event.clone()),
                Stage::Storm => passed.push(event.clone()),
                Stage::Over if matches!(event.what, What::End(_) | What::Lost(_)) => {
                    passed.push(event.clone())
                }
                Stage::Over => {}
            }
        }
        self.hand_on(&passed)
    }

    fn tick(&mut self, reached_ns: u64) -> Result<Flow, Error> {
        let mut passed = Vec::new();
        self.pass(reached_ns, &mut passed);
        let waited_ns = tracer::boot_ns().saturating_sub(self.begun_ns);
        match self.stage {
            Stage::Waiting if self.until.timeout_ns.is_some_and(|limit| waited_ns >= limit) => {
                Err(self.no_storm())
            }
            Stage::Waiting => Ok(Flow::Continue),
            Stage::Storm | Stage::Over => match self.hand_on(&passed)? {
                Flow::Continue => self.inner.tick(reached_ns),
                flow => Ok(flow),
            },
        }
    }

    fn is_holding(&self) -> bool {
        self.inner.is_holding()
    }

    fn release(&mut self) -> Result<Flow, Error> {
        self.inner.release()
    }
}

/// The latest events, and what was so before them.
struct Kept {
    events: VecDeque<Event>,
    bytes: usize,
    keep_ns: u64,
    most_events: usize,
    most_bytes: usize,
    /// As it was when the first of the events came.
    before: Model,
    /// When the latest of those came that went for want of room, and how many such there were.
    cut: VecDeque<u64>,
    latest_ns: u64,
}

impl Kept {
    fn new(keep_ns: u64, most_events: usize, most_bytes: usize) -> Self {
        Self {
            events: VecDeque::new(),
            bytes: 0,
            keep_ns,
            most_events,
            most_bytes,
            before: Model::new(0),
            cut: VecDeque::new(),
            latest_ns: 0,
        }
    }

    fn push(&mut self, event: Event) {
        self.latest_ns = self.latest_ns.max(event.time_ns);
        self.bytes = self.bytes.saturating_add(bytes(&event));
        self.events.push_back(event);
        let from_ns = self.latest_ns.saturating_sub(self.keep_ns);
        while let Some(oldest) = self.events.front() {
            let is_late = oldest.time_ns < from_ns;
            if !is_late && self.events.len() <= self.most_events && self.bytes <= self.most_bytes {
                break;
            }
            if !is_late {
                self.cut.push_back(oldest.time_ns);
            }
            self.bytes = self.bytes.saturating_sub(bytes(oldest));
            self.before.apply(oldest);
            self.events.pop_front();
        }
        while self.cut.front().is_some_and(|&time_ns| time_ns < from_ns) || self.cut.len() > self.most_events
        {
            self.cut.pop_front();
        }
    }

    /// A list of those that lived before the events, and the events.
    fn take_into(&mut self, passed: &mut Vec<Event>) {
        let before = std::mem::replace(&mut self.before, Model::new(0));
        if before.is_populated() {
            list(&before, passed);
        }
        passed.extend(self.events.drain(..));
        self.bytes = 0;
    }
}

impl std::fmt::Display for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (events, time) = (text::count(self.events.len() as u64), text::duration(self.keep_ns));
        write!(f, "with {events} events of the {time} before it")?;
        match self.cut.len() {
            0 => Ok(()),
            cut => write!(f, " ({} more did not fit)", text::count(cut as u64)),
        }
    }
}

/// What a process's memory takes for an event, roughly.
fn bytes(event: &Event) -> usize {
    let image = |image: &Image| image.filename.len() + image.argv.len();
    let text = match &event.what {
        What::Exec(exec) => image(&exec.image),
        What::Snapshot(snapshot) => snapshot.image.as_deref().map_or(0, image),
        What::Cgroup(cgroup) => cgroup.path.len(),
        What::ExecFailed(failed) => failed.filename.len(),
        What::Zombies(zombies) => zombies.len().saturating_mul(16),
        _ => 0,
    };
    size_of::<Event>().saturating_add(text)
}

/// What is so in a model, as the events that a stream begins with.
fn list(model: &Model, into: &mut Vec<Event>) {
    let time_ns = model.latest_ns();
    let mut tell = |what| into.push(Event { time_ns, what });
    tell(What::Clock { wall_offset_ns: model.wall_offset_ns() });
    let mut living: Vec<Process<'_>> =
        model.tree().iter().map(|(_, process)| process).filter(|process| process.is_alive()).collect();
    living.sort_unstable_by_key(|process| (process.id.start_ns, process.id.pid));
    let mut told = FxHashSet::default();
    for process in living {
        let id = process.cgroup_id();
        if let Some(path) = model.cgroups().path(id).filter(|_| told.insert(id)) {
            tell(What::Cgroup(Cgroup { id, path: path.bytes.clone(), cut: path.cut }));
        }
        tell(What::Snapshot(Snapshot {
            subject: subject_of(process),
            session: process.session().unwrap_or_default(),
            threads: 0,
            zombie: process.is_zombie(),
            image: process.image().map(|(image, _)| Arc::new(image.to_image())),
        }));
    }
    tell(What::SnapshotEnd { taken_ns: time_ns });
}

/// One line on the standard error. That nobody reads it is no failure.
fn tell(line: &str) {
    let _ = writeln!(io::stderr(), "proctop: {line}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::event::{Exec, Exit, Fork, ProcessId, Subject};

    const S: u64 = 1_000_000_000;

    fn at(time_ns: u64, what: What) -> Event {
        Event { time_ns, what }
    }

    fn subject(pid: u32, start_ns: u64) -> Subject {
        let parent = (pid > 1).then(|| ProcessId::new(1, 1));
        Subject { id: ProcessId::new(pid, start_ns), parent, comm: "sh".into(), ..Subject::default() }
    }

    fn fork(pid: u32, time_ns: u64) -> Event {
        at(time_ns, What::Fork(Fork { subject: subject(pid, time_ns), forked_by: None }))
    }

    fn listed() -> Vec<Event> {
        let snapshot = Snapshot { subject: subject(1, 1), ..Snapshot::default() };
        vec![
            at(S, What::Clock { wall_offset_ns: 7 }),
            at(S, What::Snapshot(snapshot)),
            at(S, What::SnapshotEnd { taken_ns: S }),
        ]
    }

    /// Takes whatever comes.
    #[derive(Default)]
    struct All(Vec<Event>);

    impl Sink for All {
        fn take(&mut self, events: &[Event]) -> Result<Flow, Error> {
            self.0.extend(events.iter().cloned());
            Ok(Flow::Continue)
        }

        fn tick(&mut self, _: u64) -> Result<Flow, Error> {
            Ok(Flow::Continue)
        }
    }

    fn until(keep_ns: u64) -> UntilStorm<All> {
        UntilStorm::new(All::default(), Until { rate: 100, keep_ns, timeout_ns: None })
    }

    /// Forks at this pace from one time to another.
    fn forks(pids: &mut std::ops::RangeFrom<u32>, from_ns: u64, to_ns: u64, per_second: u64) -> Vec<Event> {
        let times = (from_ns..to_ns).step_by(usize::try_from(S / per_second).unwrap());
        times.zip(pids).map(|(time_ns, pid)| fork(pid, time_ns)).collect()
    }

    #[test]
    fn what_was_so_before_is_a_list_and_what_came_shortly_before_is_there() {
        let mut sink = until(5 * S);
        let mut pids = 10..;
        sink.take(&listed()).unwrap();
        // One that lives on, and one that is dead when the storm comes.
        sink.take(&[fork(5, 2 * S), fork(6, 2 * S)]).unwrap();
        let exec = Exec { subject: Subject { comm: "httpd".into(), ..subject(5, 2 * S) }, ..Exec::default() };
        sink.take(&[at(3 * S, What::Exec(exec))]).unwrap();
        sink.take(&[at(4 * S, What::Exit(Exit { subject: subject(6, 2 * S), ..Exit::default() }))]).unwrap();
        sink.take(&forks(&mut pids, 90 * S, 100 * S, 10)).unwrap();
        assert!(sink.inner.0.is_empty() && sink.stage == Stage::Waiting);
        sink.take(&forks(&mut pids, 100 * S, 104 * S, 200)).unwrap();
        assert_eq!(sink.stage, Stage::Storm);
        let told = &sink.inner.0;
        assert!(matches!(told[0].what, What::Clock { wall_offset_ns: 7 }));
        let listed: Vec<_> = told
            .iter()
            .filter_map(|event| match &event.what {
                What::Snapshot(snapshot) => Some(snapshot.subject),
                _ => None,
            })
            .collect();
        assert_eq!((listed[0].id.pid, listed[1].id.pid, listed[1].comm), (1, 5, "httpd".into()));
        assert!(listed.iter().all(|subject| subject.id.pid != 6), "it is dead");
        let end = told.iter().position(|event| matches!(event.what, What::SnapshotEnd { .. })).unwrap();
        let first_ns = told[end + 1].time_ns;
        assert!((95 * S..=96 * S).contains(&first_ns), "5 s before it was found: {first_ns}");
        assert!(told[end + 1..].windows(2).all(|pair| pair[0].time_ns <= pair[1].time_ns));
        assert_eq!(told.last().map(|event| event.time_ns), Some(104 * S - S / 200));
        let mut model = Model::new(100_000);
        for event in told {
            model.apply(event);
        }
        assert_eq!(model.tree().roots().count(), 1, "all hang together");

        let calm = forks(&mut pids, 105 * S, 115 * S, 10);
        assert_eq!(sink.take(&calm).unwrap(), Flow::Finish);
        let handed_on = sink.inner.0.len();
        assert_eq!(sink.take(&calm).unwrap(), Flow::Finish);
        assert_eq!(sink.inner.0.len(), handed_on, "what is no storm is not wanted");
        sink.take(&[at(120 * S, What::End(Default::default()))]).unwrap();
        assert_eq!(sink.inner.0.len(), handed_on + 1);
        assert!(sink.into_begun().is_ok());
    }

    #[test]
    fn where_all_fits_the_stream_begins_as_it_did() {
        let mut sink = until(1000 * S);
        let mut pids = 10..;
        let begin = listed();
        sink.take(&begin).unwrap();
        sink.take(&forks(&mut pids, 2 * S, 4 * S, 200)).unwrap();
        assert_eq!(sink.inner.0[..3], begin);
        assert_eq!(sink.inner.0.len(), 3 + 400);
    }

    #[test]
    fn a_storm_of_half_a_second_is_handed_on_whole_and_is_the_end() {
        let mut sink = until(S);
        let mut pids = 10..;
        sink.take(&listed()).unwrap();
        sink.take(&forks(&mut pids, 2 * S, 2 * S + S * 2 / 5, 500)).unwrap();
        assert_eq!(sink.stage, Stage::Waiting, "its last tenth of a second is not over");
        assert_eq!(sink.tick(9 * S).unwrap(), Flow::Finish);
        assert_eq!(sink.inner.0.len(), 3 + 200);
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        let mut kept = Kept::new(10 * S, 50, usize::MAX);
        let mut pids = 10..;
        forks(&mut pids, 0, 10 * S, 10).into_iter().for_each(|event| kept.push(event));
        assert_eq!(kept.to_string(), "with 50 events of the 10.0s before it (50 more did not fit)");
        forks(&mut pids, 10 * S, 14 * S, 1).into_iter().for_each(|event| kept.push(event));
        // Those of the first three seconds are too old by now.
        assert_eq!(kept.to_string(), "with 50 events of the 10.0s before it (24 more did not fit)");
        forks(&mut pids, 20 * S, 40 * S, 1).into_iter().for_each(|event| kept.push(event));
        assert_eq!(kept.to_string(), "with 11 events of the 10.0s before it");
        let mut small = Kept::new(10 * S, 1000, 10 * size_of::<Event>());
        forks(&mut pids, 40 * S, 41 * S, 100).into_iter().for_each(|event| small.push(event));
        assert_eq!(small.to_string(), "with 10 events of the 10.0s before it (90 more did not fit)");
    }

    #[test]
    fn without_a_storm_there_is_an_error_and_nothing_was_handed_on() {
        let mut sink = until(S);
        sink.take(&listed()).unwrap();
        let error = sink.into_begun().err().expect("no storm");
        assert_eq!(error.exit_code(), 3);
        assert!(error.to_string().starts_with("proctop: no storm of 100/s came in "), "{error}");
    }
}
