//! What is told of a storm: while it lasts, at its beginning and at its end.

use super::blame::Verdict;
use super::gauge::Course;
use super::lifetimes::Lifetimes;
use super::tables::End;
use crate::model::event::{Comm, ProcessId, Subject};
use crate::model::process::NodeKey;
use crate::model::tree::Tree;

/// The deepest process beneath which most of a storm's processes are, with what was counted beneath it since it was
/// found, and of what came before as far as that was still known.
#[derive(Clone, Debug)]
pub struct Culprit {
    pub(super) key: NodeKey,
    /// Its identity, parent, comm and user ids.
    pub subject: Subject,
    /// Of a hundred new processes so many were beneath it when it was looked last.
    pub share: u8,
    /// The comms that come beneath it again and again, outermost first.
    pub path: Vec<Comm>,
    /// Processes started.
    pub total: u64,
    /// Ends by a signal or with a code other than 0.
    pub failed: u64,
    /// CPU time of those that ended, in nanoseconds.
    pub cpu_ns: u64,
    /// Lifetimes of those that ended.
    pub lifetimes: Lifetimes,
}

impl Culprit {
    pub(super) fn new(tree: &Tree, verdict: Verdict) -> Option<Self> {
        let Verdict { culprit, share, path } = verdict;
        let subject = crate::model::changes::subject_of(tree.get(culprit)?);
        let lifetimes = Lifetimes::default();
        Some(Self { key: culprit, subject, share, path, total: 0, failed: 0, cpu_ns: 0, lifetimes })
    }

    /// It was found again.
    pub(super) fn renew(&mut self, tree: &Tree, verdict: Verdict) {
        if let Some(process) = tree.get(self.key) {
            self.subject = crate::model::changes::subject_of(process);
        }
        self.share = verdict.share;
        self.path = verdict.path;
    }

    pub(super) fn end(&mut self, end: &End) {
        let Some(lifetime_ns) = end.lifetime_ns else { return };
        let weight = u64::from(end.weight);
        self.failed = self.failed.saturating_add(if end.failed { weight } else { 0 });
        self.cpu_ns = self.cpu_ns.saturating_add(end.cpu_ns.saturating_mul(weight));
        self.lifetimes.add(lifetime_ns, end.weight);
    }
}

/// A storm and who makes it.
#[derive(Clone, Copy, Debug)]
pub struct Storm<'a> {
    /// Its times and rates.
    pub course: Course,
    /// `None` where no process is above most of it.
    pub culprit: Option<&'a Culprit>,
    /// How long it has been calm though it is not over yet, in nanoseconds; `None` while it is not calm.
    pub calm_ns: Option<u64>,
}

impl Storm<'_> {
    /// New processes per second beneath the culprit; without one, all.
    pub fn rate(&self) -> u32 {
        let share = self.culprit.map_or(100, |culprit| culprit.share);
        let rate = u64::from(self.course.rate) * u64::from(share) / 100;
        u32::try_from(rate).unwrap_or(u32::MAX)
    }

    /// CPU time of those that ended, of a hundred of the storm's time: 200 are two CPUs.
    pub fn cpu_percent(&self) -> u64 {
        let cpu_ns = self.culprit.map_or(0, |culprit| culprit.cpu_ns);
        let share = u128::from(cpu_ns) * 100 / u128::from(self.course.duration_ns().max(1));
        u64::try_from(share).unwrap_or(u64::MAX)
    }
}

/// A line of the log about a storm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// It begins here; otherwise it is over.
    pub begins: bool,
    /// Its times and rates; `course.rate` and `course.peak` are of all that is traced.
    pub course: Course,
    /// Who makes it.
    pub culprit: Option<Subject>,
    /// New processes per second beneath the culprit.
    pub rate: u32,
    /// The comms that come beneath the culprit again and again, outermost first.
    pub path: Vec<Comm>,
    /// Processes started beneath the culprit.
    pub total: u64,
    /// Those of them that ended by a signal or with a code other than 0.
    pub failed: u64,
    /// The median of the lifetimes of those that ended, in nanoseconds.
    pub lifetime_p50_ns: Option<u64>,
    /// CPU time of those that ended, in nanoseconds.
    pub cpu_ns: u64,
    /// The same of a hundred of the storm's time.
    pub cpu_percent: u64,
}

impl Report {
    pub(super) fn new(begins: bool, storm: Option<Storm<'_>>) -> Option<Self> {
        let storm = storm?;
        let culprit = storm.culprit;
        Some(Self {
            begins,
            course: storm.course,
            culprit: culprit.map(|culprit| culprit.subject),
            rate: storm.rate(),
            path: culprit.map(|culprit| culprit.path.clone()).unwrap_or_default(),
            total: culprit.map_or(0, |culprit| culprit.total),
            failed: culprit.map_or(0, |culprit| culprit.failed),
            lifetime_p50_ns: culprit.and_then(|culprit| culprit.lifetimes.quantile(50)),
            cpu_ns: culprit.map_or(0, |culprit| culprit.cpu_ns),
            cpu_percent: storm.cpu_percent(),
        })
    }

    /// Who it is about in a log.
    pub fn id(&self) -> ProcessId {
        self.culprit.map(|culprit| culprit.id).unwrap_or_default()
    }
}
