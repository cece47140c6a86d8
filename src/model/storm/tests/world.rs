//! A make-believe machine: processes that fork, execute and end at times that a test chooses, told in the order of those.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::Model;
use crate::model::event::*;
use crate::model::log::Entry;
use crate::model::storm::Report;

pub(super) const MS: u64 = 1_000_000;
pub(super) const S: u64 = 1_000 * MS;
/// When the tracing begins.
pub(super) const START: u64 = 1_000 * S;

/// Pseudo-random numbers, the same each time.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `n`.
    pub(super) fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n.max(1)
    }
}

#[derive(Clone, Copy)]
struct Known {
    id: ProcessId,
    parent: Option<ProcessId>,
    comm: Comm,
}

/// The machine. What is planned happens in the order of its times.
pub(super) struct Machine {
    pub(super) model: Model,
    planned: BTreeMap<(u64, u64), Event>,
    known: Vec<Known>,
    order: u64,
}

/// A process of the machine: its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Proc(pub(super) usize);

impl Machine {
    /// With init, from before the tracing.
    pub(super) fn new(history: usize) -> (Self, Proc) {
        let mut machine =
            Self { model: Model::new(history), planned: BTreeMap::new(), known: Vec::new(), order: 0 };
        let init = machine.listed(None, "systemd");
        (machine, init)
    }

    fn add(&mut self, parent: Option<Proc>, comm: Comm, start_ns: u64) -> Proc {
        let pid = u32::try_from(self.known.len() + 1).unwrap();
        let parent = parent.map(|parent| self.id(parent));
        self.known.push(Known { id: ProcessId::new(pid, start_ns), parent, comm });
        Proc(self.known.len() - 1)
    }

    pub(super) fn id(&self, process: Proc) -> ProcessId {
        self.known[process.0].id
    }

    fn subject(&self, process: Proc) -> Subject {
        let Known { id, parent, comm } = self.known[process.0];
        Subject { id, parent, comm, ..Subject::default() }
    }

    pub(super) fn plan(&mut self, time_ns: u64, what: What) {
        self.order += 1;
        self.planned.insert((time_ns, self.order), Event { time_ns, what });
    }

    /// It ran before the tracing.
    pub(super) fn listed(&mut self, parent: Option<Proc>, comm: &str) -> Proc {
        let start_ns = START - 100 * S + self.known.len() as u64;
        let process = self.add(parent, comm.into(), start_ns);
        let image =
            Some(Arc::new(Image { argv: format!("{comm}\0").into_bytes().into(), ..Image::default() }));
        let snapshot = Snapshot { subject: self.subject(process), image, ..Snapshot::default() };
        self.plan(START - S, What::Snapshot(snapshot));
        process
    }

    pub(super) fn list_is_complete(&mut self) {
        self.plan(START, What::SnapshotEnd { taken_ns: START });
    }

    pub(super) fn fork(&mut self, time_ns: u64, parent: Proc) -> Proc {
        let comm = self.known[parent.0].comm;
        let process = self.add(Some(parent), comm, time_ns);
        let fork = Fork { subject: self.subject(process), forked_by: None };
        self.plan(time_ns, What::Fork(fork));
        process
    }

    pub(super) fn exec(&mut self, time_ns: u64, process: Proc, comm: &str) {
        self.known[process.0].comm = comm.into();
        let image = Arc::new(Image { argv: format!("{comm}\0").into_bytes().into(), ..Image::default() });
        let exec = Exec { subject: self.subject(process), image, ..Exec::default() };
        self.plan(time_ns, What::Exec(exec));
    }

    pub(super) fn exit(&mut self, time_ns: u64, process: Proc, code: u8) {
        let subject = self.subject(process);
        let cpu_ns = time_ns.saturating_sub(subject.id.start_ns) / 2;
        let exit = Exit { subject, status: WaitStatus::exited(code), cpu_ns, ..Exit::default() };
        self.plan(time_ns, What::Exit(exit));
    }

    /// A child that executes this at once and ends after so long; its parent forks.
    pub(super) fn run(&mut self, at_ns: u64, parent: Proc, comm: &str, for_ns: u64) -> Proc {
        let child = self.fork(at_ns, parent);
        self.exec(at_ns + for_ns / 8, child, comm);
        self.exit(at_ns + for_ns, child, 0);
        child
    }

    /// `make -j2` of C files, from one time to another: in each of two places one file after the other.
    pub(super) fn build(&mut self, make: Proc, from_ns: u64, to_ns: u64, dice: &mut Dice) {
        for place in 0..2 {
            let mut at = from_ns + place * 3 * MS;
            while at < to_ns {
                let sh = self.fork(at, make);
                self.exec(at + MS / 2, sh, "sh");
                let mut then = at + MS;
                let gcc = self.fork(then, sh);
                self.exec(then + MS / 2, gcc, "gcc");
                then += MS;
                for (comm, least_ms, more_ms) in [("cc1", 6, 30), ("as", 2, 4)] {
                    let for_ns = (least_ms + dice.below(more_ms)) * MS;
                    self.run(then, gcc, comm, for_ns);
                    then += for_ns + MS / 4;
                }
                self.exit(then, gcc, 0);
                self.exit(then + MS / 4, sh, 0);
                at = then + MS / 2;
            }
        }
    }

    /// All that is planned up to then happens.
    pub(super) fn happen_until(&mut self, time_ns: u64) {
        while let Some(first) = self.planned.first_entry().filter(|first| first.key().0 <= time_ns) {
            let event = first.remove();
            self.model.apply(&event);
        }
    }

    pub(super) fn happen(&mut self) {
        self.happen_until(u64::MAX);
    }

    /// What the log tells of storms.
    pub(super) fn reports(&self) -> Vec<(u64, Report)> {
        let lines = self.model.log().iter_from(0);
        let reports = lines.filter_map(|(_, line)| match &line.entry {
            Entry::Storm(report) => Some((line.time_ns, Report::clone(report))),
            _ => None,
        });
        reports.collect()
    }

    /// Who makes the storm that goes on.
    pub(super) fn culprit(&self, now_ns: u64) -> Option<ProcessId> {
        Some(self.model.storms().current(now_ns)?.culprit?.subject.id)
    }

    pub(super) fn path(&self, now_ns: u64) -> String {
        let storm = self.model.storms().current(now_ns).expect("a storm");
        let culprit = storm.culprit.expect("somebody");
        crate::text::facts::culprit(Some(&culprit.subject), &culprit.path)
    }
}
