//! Rows that are kept in order are those that would be sorted anew.

mod model_support;

use std::cmp::Ordering;

use model_support::world::{World, steps};
use model_support::{chaos, criteria};
use proctop::model::event::Event;
use proctop::model::log::Entry;
use proctop::model::process::{NodeKey, Process};
use proctop::model::table::{Column, Failed, Failure, Failures, Table, cpu_per_mille};
use proctop::model::tree::Tree;
use proctop::model::view::{Criteria, Outline};
use proctop::model::{Model, ProcessSubject};
use proptest::prelude::*;

/// What happens between two looks at the rows.
#[derive(Clone, Debug)]
enum Turn {
    /// So many events come, and time passes.
    Events(u8, u16),
    /// Something else is asked for.
    Ask(Criteria),
    /// Another column, by its number.
    Sort(u8),
    Invert,
    /// The journal was not long enough.
    BeginAnew,
    /// Back to an instant, as a part of 256 of the time so far; or to now.
    LookAt(Option<u8>),
}

/// Each with whether all that takes long is waited for then, or the next one comes while it is under way.
fn turns() -> impl Strategy<Value = Vec<(Turn, bool)>> {
    let turn = prop_oneof![
        6 => (0..20u8, 0..300u16).prop_map(|(events, ns)| Turn::Events(events, ns)),
        2 => criteria::of_processes().prop_map(Turn::Ask),
        3 => any::<u8>().prop_map(Turn::Sort),
        1 => Just(Turn::Invert),
        1 => Just(Turn::BeginAnew),
        1 => prop::option::of(any::<u8>()).prop_map(Turn::LookAt),
    ];
    prop::collection::vec((turn, prop::bool::weighted(0.6)), 1..30)
}

struct Story {
    model: Model,
    outline: Outline,
    table: Table,
    failures: Failures,
    criteria: Criteria,
    column: Column,
    inverted: bool,
    now_ns: u64,
    /// No dead are given up.
    keeps_all: bool,
}

impl Story {
    fn new((history, pace): (usize, u32), now_ns: u64) -> Self {
        Self {
            model: Model::new(history),
            outline: Outline::default(),
            table: Table::with_pace(pace),
            failures: Failures::default(),
            criteria: Criteria::default(),
            column: Column::default(),
            inverted: false,
            now_ns,
            keeps_all: history >= 10_000,
        }
    }

    fn take(&mut self, turn: &Turn, events: &mut impl Iterator<Item = Event>) {
        match turn {
            Turn::Events(count, ns) => {
                self.now_ns += u64::from(*ns);
                for event in events.take((*count).into()) {
                    self.model.apply(&event);
                }
                if self.model.instant().is_some() {
                    // What is told late of the time before, of one's ancestors, is found when that is looked at anew.
                    self.outline.begin_anew();
                    self.table.begin_anew();
                    self.failures.begin_anew();
                }
            }
            Turn::LookAt(part) => {
                let (from, to) = (self.model.kept_from_ns(), self.model.latest_ns());
                self.model.look_at(part.map(|part| from + (to - from) / 256 * u64::from(part)));
            }
            Turn::Ask(criteria) => {
                self.criteria = criteria.clone();
                self.failures.reset();
            }
            Turn::Sort(number) => self.column = Column::ALL[usize::from(*number) % Column::ALL.len()],
            Turn::Invert => {
                self.inverted = !self.inverted;
                self.table.set_inverted(self.inverted);
            }
            Turn::BeginAnew => {
                self.outline.begin_anew();
                self.table.begin_anew();
                self.failures.begin_anew();
            }
        }
        let tree = self.model.tree();
        self.outline.update(tree, &self.criteria, self.now_ns);
        self.table.update(tree, &self.outline, self.column);
        self.failures.update(&self.model, &self.outline, &self.criteria);
    }

    /// Until all is there.
    fn wait(&mut self) {
        for _ in 0..1000 {
            if self.outline.is_complete() && self.table.is_complete() && self.failures.is_complete() {
                return;
            }
            let tree = self.model.tree();
            self.outline.go_on(tree, self.now_ns);
            if self.outline.is_complete() {
                self.table.update(tree, &self.outline, self.column);
                self.table.go_on(tree, &self.outline);
                self.failures.update(&self.model, &self.outline, &self.criteria);
                self.failures.go_on(&self.model, &self.outline, &self.criteria);
            }
        }
    }

    fn check(&self) -> Result<(), TestCaseError> {
        let Self { model, criteria, now_ns, .. } = self;
        let tree = model.tree();
        prop_assert!(self.outline.is_complete() && self.table.is_complete() && self.failures.is_complete());
        let shows = |key: NodeKey, process: Process<'_>| {
            (criteria.kernel_threads || !process.is_kernel_thread())
                && (!criteria.hide_exited || process.is_alive())
                && process.lifetime_ns(*now_ns) >= criteria.min_duration_ns
                && criteria.filter.matches(&ProcessSubject::new(tree, key, process, *now_ns))
        };
        let shown: Vec<(NodeKey, Process<'_>)> =
            tree.iter().filter(|&(key, process)| shows(key, process)).collect();
        let mut wanted = sorted(shown.clone(), self.column, tree, *now_ns);
        if self.inverted {
            wanted.reverse();
        }
        prop_assert_eq!(&self.table.keys(tree, 0..usize::MAX, *now_ns), &wanted, "by {:?}", self.column);
        prop_assert_eq!(self.table.len(), wanted.len());
        for (index, &key) in wanted.iter().enumerate() {
            prop_assert_eq!(self.table.position(tree, key, *now_ns), Some(index));
            let window = self.table.keys(tree, index..index + 2, *now_ns);
            prop_assert_eq!(&window[..], &wanted[index..(index + 2).min(wanted.len())]);
        }
        let failed = shown.into_iter().filter(|(_, process)| process.failed()).collect();
        let failed = sorted(failed, Column::End, tree, *now_ns);
        self.check_failures(&failed)?;
        for key in failed {
            let has_failed = |child: NodeKey| tree.get(child).is_some_and(|child| child.failed());
            let failure = self.failures.failure(tree, key);
            prop_assert!(failure.is_some());
            if self.keeps_all && tree.children(key).any(has_failed) {
                prop_assert_eq!(failure, Some(Failure::Consequence));
            }
        }
        Ok(())
    }
}

impl Story {
    /// Processes and failed execs are each in their order, and the rows are told apart wherever one begins.
    fn check_failures(&self, failed: &[NodeKey]) -> Result<(), TestCaseError> {
        let (tree, log) = (self.model.tree(), self.model.log());
        let rows = self.failures.rows(tree, 0..usize::MAX);
        prop_assert_eq!(rows.len(), self.failures.len());
        let processes = rows.iter().filter_map(|row| match row {
            Failed::Process(key) => Some(*key),
            Failed::Exec(_) => None,
        });
        prop_assert_eq!(processes.collect::<Vec<_>>(), failed);
        let execs = rows.iter().filter_map(|row| match row {
            Failed::Exec(number) => Some(*number),
            Failed::Process(_) => None,
        });
        let execs: Vec<u64> = execs.collect();
        prop_assert!(execs.windows(2).all(|two| two[0] > two[1]), "the latest first: {execs:?}");
        let told = (log.first()..log.end()).filter(|&number| {
            let line = log.get(number).filter(|line| {
                // What is still to come then has not failed.
                self.model.instant().is_none_or(|at_ns| line.time_ns <= at_ns)
            });
            line.is_some_and(|line| matches!(&line.entry, Entry::ExecFailed(failed) if !failed.found))
        });
        if self.criteria.filter.is_empty() && self.criteria.min_duration_ns == 0 {
            prop_assert!(told.into_iter().all(|number| execs.contains(&number)));
        }
        for (index, &row) in rows.iter().enumerate() {
            prop_assert_eq!(self.failures.position(tree, row), Some(index));
            prop_assert_eq!(self.failures.rows(tree, index..index + 1), vec![row]);
        }
        Ok(())
    }
}

/// Sorted the plain way.
fn sorted(mut all: Vec<(NodeKey, Process<'_>)>, column: Column, tree: &Tree, now_ns: u64) -> Vec<NodeKey> {
    all.sort_by(|&(_, one), &(_, other)| {
        let order = compare(column, tree, now_ns, one, other);
        order.then((other.id.start_ns, other.id.pid).cmp(&(one.id.start_ns, one.id.pid)))
    });
    all.into_iter().map(|(key, _)| key).collect()
}

fn compare(column: Column, tree: &Tree, now_ns: u64, one: Process<'_>, other: Process<'_>) -> Ordering {
    let most = |value: &dyn Fn(Process<'_>) -> Option<u64>| {
        let (one, other) = (value(one), value(other));
        one.is_none().cmp(&other.is_none()).then(other.cmp(&one))
    };
    let used = |value: fn(&proctop::model::event::Usage) -> u64| {
        most(&|process| Some(value(&process.ending().filter(|ending| ending.status.is_some())?.usage)))
    };
    let least = |value: &dyn Fn(Process<'_>) -> u64| value(one).cmp(&value(other));
    let text = |value: &dyn Fn(Process<'_>) -> Vec<u8>| value(one).cmp(&value(other));
    match column {
        Column::Pid => least(&|process| process.id.pid.into()),
        Column::Ppid => {
            least(&|process| process.latest_parent().map_or(u64::MAX, |parent| parent.pid.into()))
        }
        Column::User => least(&|process| process.uids().effective.into()),
        Column::Comm => text(&|process| process.comm().as_bytes().to_vec()),
        Column::Start => most(&|process| Some(process.id.start_ns)),
        Column::End => most(&|process| process.end_ns()),
        Column::Life => {
            let life = |process: Process<'_>| match process.end_ns() {
                Some(_) => i128::from(process.lifetime_ns(now_ns)),
                // It may begin in what is the future here.
                None => i128::from(now_ns) - i128::from(process.id.start_ns),
            };
            life(other).cmp(&life(one))
        }
        Column::State => least(&|process| match process.status() {
            Some(status) => match status.signal() {
                Some(signal) => signal.into(),
                None if status.success() => 1 << 40,
                None => (1 << 35) + u64::from(status.0),
            },
            None if !process.is_alive() => 1 << 36,
            None if process.is_zombie() => 1 << 37,
            None => 1 << 38,
        }),
        Column::Cpu => most(&|process| process.cpu_ns()),
        Column::CpuPercent => most(&cpu_per_mille),
        Column::Rss => most(&|process| process.max_rss_bytes()),
        Column::Threads => most(&|process| {
            let ending = process.ending().filter(|ending| ending.status.is_some())?;
            Some(u64::from(ending.usage.threads)).filter(|&threads| threads > 0)
        }),
        Column::MinorFaults => used(|usage| usage.minor_faults),
        Column::MajorFaults => used(|usage| usage.major_faults),
        Column::Switches => used(|usage| usage.voluntary_switches.saturating_add(usage.involuntary_switches)),
        Column::Read => used(|usage| usage.read_bytes),
        Column::Written => used(|usage| usage.written_bytes),
        Column::Children => most(&|process| Some(process.children())),
        Column::Cgroup => {
            let path = |process: Process<'_>| tree.cgroups().path(process.cgroup_id());
            let (one, other) = (path(one), path(other));
            one.is_none()
                .cmp(&other.is_none())
                .then_with(|| one.map(|path| &path.bytes).cmp(&other.map(|path| &path.bytes)))
        }
        Column::Command => text(&command),
    }
}

fn command(process: Process<'_>) -> Vec<u8> {
    let own = process.image().filter(|(image, inherited)| !inherited && !image.argv.is_empty());
    let Some((image, _)) = own.filter(|_| !process.is_kernel_thread()) else {
        return process.comm().as_bytes().to_vec();
    };
    let mut args: Vec<&[u8]> = image.argv.split(|&byte| byte == 0).collect();
    let name = args[0].rsplit(|&byte| byte == b'/').next().unwrap_or_default();
    if args[0].starts_with(b"/") && !name.is_empty() {
        args[0] = name;
    }
    args.join(&0)
}

fn check(
    events: Vec<Event>,
    turns: &[(Turn, bool)],
    settings: (usize, u32),
    now_ns: u64,
) -> Result<(), TestCaseError> {
    let mut story = Story::new(settings, now_ns);
    let mut events = events.into_iter();
    for (turn, waits) in turns {
        story.take(turn, &mut events);
        if *waits {
            story.wait();
            story.check()?;
        }
    }
    story.wait();
    story.check()?;
    Ok(())
}

/// How many of the dead are kept, and how many rows are made at a time: of few the sorted runs are merged row by row, of
/// many all at once.
fn settings() -> impl Strategy<Value = (usize, u32)> {
    (prop_oneof![Just(10_000usize), 0..20usize], prop_oneof![Just(8u32), 1..256u32])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nonsense_is_sorted(events in chaos::events(), turns in turns(), settings in settings()) {
        check(events, &turns, settings, 0)?;
    }

    #[test]
    fn true_stories_are_sorted(steps in steps(true), turns in turns(), settings in settings()) {
        let world = World::run(&steps);
        let now_ns = world.events.first().map_or(0, |event| event.time_ns);
        check(world.events, &turns, settings, now_ns)?;
    }
}
