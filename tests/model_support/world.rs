//! A small machine: it forks, executes and ends processes as a kernel does, and tells of that, with losses where wanted.

use std::collections::HashMap;
use std::sync::Arc;

use proctop::model::event::{
    Comm, Event, Exec, Exit, Fork, Image, Lost, ProcessId, Snapshot, Subject, WaitStatus, What,
};
use proptest::prelude::*;

use super::parse::ZERO_NS;

/// Pids are as few as that, so that they come back soon.
const PIDS: u32 = 14;

/// One thing that happens; `pick` chooses who.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    pub op: Op,
    pub pick: u8,
    /// Nobody tells of it.
    pub is_lost: bool,
}

#[derive(Clone, Copy, Debug)]
pub enum Op {
    Fork,
    Exec,
    Exit(u8),
    Kill,
    /// The latest exit is told again.
    ExitAgain,
    /// A list is taken, to be told at the next `TellList`.
    TakeList,
    TellList,
}

pub fn steps(with_losses: bool) -> impl Strategy<Value = Vec<Step>> {
    let op = prop_oneof![
        8 => Just(Op::Fork),
        4 => Just(Op::Exec),
        4 => any::<u8>().prop_map(Op::Exit),
        2 => Just(Op::Kill),
        1 => Just(Op::ExitAgain),
        1 => Just(Op::TakeList),
        1 => Just(Op::TellList),
    ];
    let is_lost = prop::bool::weighted(if with_losses { 0.2 } else { 0.0 });
    let step = (op, any::<u8>(), is_lost).prop_map(|(op, pick, is_lost)| Step { op, pick, is_lost });
    prop::collection::vec(step, 0..200)
}

/// What is true of a process.
#[derive(Clone, Debug)]
pub struct Truth {
    pub subject: Subject,
    /// The parent at its fork.
    pub born_of: Option<ProcessId>,
    pub status: Option<WaitStatus>,
    pub is_end_told: bool,
    pub is_birth_told: bool,
    /// The programs it executed.
    pub images: Vec<Comm>,
}

#[derive(Default)]
pub struct World {
    now_ns: u64,
    pub all: HashMap<ProcessId, Truth>,
    /// In the order of birth.
    pub living: Vec<ProcessId>,
    pub events: Vec<Event>,
    taken: Option<(u64, Vec<Subject>)>,
    latest_exit: Option<Event>,
}

impl World {
    /// Lives through `steps`; a list closes the story, so that everything lost can be healed.
    pub fn run(steps: &[Step]) -> Self {
        let mut world = Self { now_ns: ZERO_NS, ..Self::default() };
        world.be_born(ProcessId::new(1, 1), None, true);
        world.take_list();
        world.tell_list(0);
        for step in steps {
            world.now_ns += 10;
            world.step(*step);
        }
        world.now_ns += 10;
        world.tell(What::Lost(Lost::default()), false);
        world.take_list();
        world.tell_list(0);
        world
    }

    fn step(&mut self, step: Step) {
        let Some(&id) = self.living.get(usize::from(step.pick) % self.living.len().max(1)) else { return };
        match step.op {
            Op::Fork => self.fork(id, step.is_lost),
            Op::Exec => self.exec(id, step.pick, step.is_lost),
            Op::Exit(code) if id.pid != 1 => self.exit(id, WaitStatus::exited(code), step.is_lost),
            Op::Kill if id.pid != 1 => self.exit(id, WaitStatus::signaled(9, false), step.is_lost),
            Op::ExitAgain => self.events.extend(self.latest_exit.clone()),
            Op::TakeList => self.take_list(),
            Op::TellList => self.tell_list(usize::from(step.pick)),
            Op::Exit(_) | Op::Kill => {}
        }
    }

    fn tell(&mut self, what: What, is_lost: bool) {
        if !is_lost {
            self.events.push(Event { time_ns: self.now_ns, what });
        }
    }

    fn be_born(&mut self, id: ProcessId, parent: Option<&Subject>, is_birth_told: bool) -> Subject {
        let born_of = parent.map(|parent| parent.id);
        let comm = parent.map_or("init".into(), |parent| parent.comm);
        let subject = Subject { id, parent: born_of, comm, ..Subject::default() };
        let truth =
            Truth { subject, born_of, status: None, is_end_told: false, is_birth_told, images: Vec::new() };
        self.all.insert(id, truth);
        self.living.push(id);
        subject
    }

    fn fork(&mut self, parent: ProcessId, is_lost: bool) {
        let is_free = |pid: &u32| self.living.iter().all(|id| id.pid != *pid);
        let Some(pid) = (2..PIDS).find(is_free) else { return };
        let parent = self.all[&parent].subject;
        let subject = self.be_born(ProcessId::new(pid, self.now_ns), Some(&parent), !is_lost);
        self.now_ns += 1;
        self.tell(What::Fork(Fork { subject, forked_by: None }), is_lost);
    }

    fn exec(&mut self, id: ProcessId, pick: u8, is_lost: bool) {
        let name = ["sh", "cc1", "ls"][usize::from(pick / 16) % 3];
        let truth = self.all.get_mut(&id).expect("it lives");
        truth.subject.comm = name.into();
        if !is_lost {
            truth.images.push(name.into());
        }
        let argv = format!("{name}\0").into_bytes().into();
        let image = Arc::new(Image { filename: name.as_bytes().into(), argv, ..Image::default() });
        let subject = truth.subject;
        self.tell(What::Exec(Exec { subject, by_thread: None, image, ..Exec::default() }), is_lost);
    }

    fn exit(&mut self, id: ProcessId, status: WaitStatus, is_lost: bool) {
        let truth = self.all.get_mut(&id).expect("it lives");
        truth.status = Some(status);
        truth.is_end_told = !is_lost;
        let subject = truth.subject;
        self.living.retain(|&other| other != id);
        let exit = Exit { subject, status, cpu_ns: 1, cpu_user_ns: 1, ..Exit::default() };
        self.tell(What::Exit(exit), is_lost);
        if !is_lost {
            self.latest_exit = self.events.last().cloned();
        }
        let init = ProcessId::new(1, 1);
        let is_orphan = |other: &&mut Truth| other.status.is_none() && other.subject.parent == Some(id);
        for orphan in self.all.values_mut().filter(is_orphan) {
            orphan.subject.parent = Some(init);
        }
    }

    fn take_list(&mut self) {
        let subjects = self.living.iter().map(|id| self.all[id].subject).collect();
        self.taken = Some((self.now_ns, subjects));
    }

    /// Tells the list that was taken last, in an order of its own.
    fn tell_list(&mut self, rotated: usize) {
        let Some((taken_ns, mut subjects)) = self.taken.take() else { return };
        let middle = rotated % subjects.len().max(1);
        subjects.rotate_left(middle);
        for subject in subjects {
            let snapshot = Snapshot { subject, zombie: false, image: None, ..Snapshot::default() };
            self.events.push(Event { time_ns: taken_ns, what: What::Snapshot(snapshot) });
        }
        self.tell(What::SnapshotEnd { taken_ns }, false);
    }
}
