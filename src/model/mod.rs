//! Pure state: events in, tree, log and rates out. No clock, no I/O, no terminal: time enters inside the events, and
//! as an argument where something ages. Whatever is true of the model can be tested by replaying events.

pub mod account;
pub mod cgroups;
pub mod changes;
pub mod critical;
pub mod event;
pub mod filter;
pub mod log;
pub mod process;
pub mod rates;
pub mod scope;
pub mod storm;
pub mod table;
pub mod tree;
pub mod tty;
pub mod usage;
pub mod values;
pub mod view;

#[cfg(test)]
mod costs;
mod hash;
mod instant;
mod node;
mod outline;
mod packed;
mod recent;
mod roll_call;
mod steps;
mod store;
mod subject;
mod watch;

use rustc_hash::FxHashSet;

use cgroups::Cgroups;
use changes::Change;
use event::{Account, Event, Exec, Exit, Fork, Lost, PerKind, ProcessId, Snapshot, Subject, What};
use log::{Log, LogLines, Other};
use packed::Packed;
use process::{Birth, Ending, NodeKey, Process};
use rates::{Counted, Rates};
use roll_call::{Presence, RollCall};
use storm::Storms;
pub use subject::{EventSubject, LineSubject, ProcessSubject};
use tree::Tree;

/// The most dead processes that a user can ask for.
pub const MAX_HISTORY: usize = 10_000_000;
/// The lines of the event log for each dead process that may be kept: a fork, an exec, an exit and one to spare.
const LINES_PER_PROCESS: usize = 4;
/// The most lines of the event log, however many dead are kept.
const LINES_KEPT: usize = 1 << 17;
/// Bytes of arguments that the tree and the log keep at most, each,
const TEXT_LIMIT: usize = 64 << 20;
/// or so many for each dead process that may be kept, where that is more.
const TEXT_PER_PROCESS: usize = 512;
/// The most zombies of which the reaping is noticed; of those beyond it the next whole list tells.
const ZOMBIES_KEPT: usize = 1 << 16;
/// `PID_MAX_LIMIT` of include/linux/threads.h. A greater pid is none, and bounds what a hostile recording can ask for.
const LARGEST_PID: u32 = 1 << 22;

/// What an event did to the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It told something new, of a process where there is a key.
    News(Option<NodeKey>),
    /// A list named a process that was known, with what is so now.
    Known,
    /// It told what was known (a second record of the same exit) or nonsense.
    Nothing,
}

/// All that is known.
#[derive(Clone, Debug)]
pub struct Model {
    tree: Tree,
    log: LogLines,
    rates: Rates,
    lost: Lost,
    account: Option<Account>,
    wall_offset_ns: i64,
    latest_ns: u64,
    snapshots: u32,
    /// When the first list was begun.
    first_list_ns: u64,
    /// When the last one was looked at of whom the first list tells.
    listed_ns: u64,
    /// The time of the first event that told something.
    begun_ns: Option<u64>,
    seen: u64,
    version: u64,
    concluded: Vec<NodeKey>,
    /// What the last event changed.
    changes: Vec<(NodeKey, Change)>,
    /// Those that the latest word of zombies, and lists since, named.
    zombies: FxHashSet<NodeKey>,
    roll_call: RollCall,
    storms: Storms,
}

impl Model {
    /// An empty model that keeps `history` dead processes, and four lines of the log for each (131,072 at most).
    pub fn new(history: usize) -> Self {
        let text = history.saturating_mul(TEXT_PER_PROCESS).max(TEXT_LIMIT);
        let lines = history.saturating_mul(LINES_PER_PROCESS).clamp(1000, LINES_KEPT);
        Self {
            tree: Tree::new(history, text),
            log: LogLines::new(lines, text),
            rates: Rates::new(),
            lost: Lost::default(),
            account: None,
            wall_offset_ns: 0,
            latest_ns: 0,
            snapshots: 0,
            first_list_ns: 0,
            listed_ns: 0,
            begun_ns: None,
            seen: 0,
            version: 0,
            concluded: Vec::new(),
            changes: Vec::new(),
            zombies: FxHashSet::default(),
            roll_call: RollCall::default(),
            storms: Storms::new(history),
        }
    }

    /// The processes.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The event log.
    pub fn log(&self) -> Log<'_> {
        Log::new(&self.log, &self.tree.store)
    }

    /// Totals and rates.
    pub fn rates(&self) -> &Rates {
        &self.rates
    }

    /// All that was lost so far.
    pub fn lost(&self) -> &Lost {
        &self.lost
    }

    /// The account, once the stream has ended in order.
    pub fn account(&self) -> Option<&Account> {
        self.account.as_ref()
    }

    /// Nanoseconds to add to the boot clock for wall time since 1970 (UTC).
    pub fn wall_offset_ns(&self) -> i64 {
        self.wall_offset_ns
    }

    /// The latest time that an event told, boot clock: "now" for a recording.
    pub fn latest_ns(&self) -> u64 {
        self.latest_ns
    }

    /// Processes ever, those of the snapshot included.
    pub fn seen(&self) -> u64 {
        self.tree.seen_then().unwrap_or(self.seen)
    }

    /// Changes with every event that told something.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Whether the first snapshot is complete.
    pub fn is_populated(&self) -> bool {
        self.snapshots > 0
    }

    /// The processes whose end the last event let conclude.
    pub fn concluded(&self) -> &[NodeKey] {
        &self.concluded
    }

    /// What the last event changed of processes beside their beginning, image and end.
    pub fn changes(&self) -> &[(NodeKey, Change)] {
        &self.changes
    }

    /// The cgroups whose paths are known.
    pub fn cgroups(&self) -> &Cgroups {
        self.tree.cgroups()
    }

    /// Takes in one event. Events come in the order of the stream; contradictory ones do no harm.
    ///
    /// Whoever the event is about stays until the next one, also when no dead are to be kept: the keys in the answer
    /// and in [`Model::concluded`] can be looked up.
    pub fn apply(&mut self, event: &Event) -> Effect {
        self.in_the_present(|model| model.take_in(event))
    }

    fn take_in(&mut self, event: &Event) -> Effect {
        self.tree.begin_event();
        self.concluded.clear();
        self.changes.clear();
        let effect = match &event.what {
            What::Clock { wall_offset_ns } => {
                self.wall_offset_ns = *wall_offset_ns;
                Effect::News(None)
            }
            What::Snapshot(snapshot) => self.snapshot(event.time_ns, snapshot),
            What::SnapshotEnd { taken_ns } => self.snapshot_end(*taken_ns),
            What::Fork(fork) => self.fork(event.time_ns, fork),
            What::Exec(exec) => self.exec(event.time_ns, exec),
            What::Exit(exit) => self.exit(event.time_ns, exit),
            What::ExecFailed(failed) => self.exec_failed(event.time_ns, failed),
            What::Rename(rename) => self.rename(event.time_ns, rename),
            What::ThreadStart(thread) => self.thread(event.time_ns, thread, Other::ThreadStart(*thread)),
            What::ThreadEnd(thread) => self.thread(event.time_ns, thread, Other::ThreadEnd(*thread)),
            What::Cgroup(cgroup) => self.cgroup(cgroup),
            What::Look(look) => self.look(event.time_ns, look),
            What::Zombies(zombies) => self.zombies(event.time_ns, zombies),
            What::Lost(lost) => self.lose(event.time_ns, lost),
            What::End(account) => {
                self.account = Some(*account);
                Effect::News(None)
            }
        };
        if effect != Effect::Nothing {
            // A stamp far ahead of the others would stop all clocks; stamps of CPUs differ by microseconds.
            self.latest_ns = self.latest_ns.max(event.time_ns);
            self.begun_ns = self.begun_ns.or(Some(event.time_ns).filter(|&time_ns| time_ns > 0));
            self.version += 1;
        }
        let about = if let Effect::News(key) = effect { key } else { None };
        self.watch_for_storms(event, about);
        self.tree.enforce_limits(about);
        effect
    }

    fn snapshot(&mut self, time_ns: u64, snapshot: &Snapshot) -> Effect {
        let subject = &snapshot.subject;
        let known = self.tree.find(subject.id).is_some();
        let Some(key) = self.place(subject) else { return Effect::Nothing };
        if self.snapshots == 0 {
            self.listed_ns = self.listed_ns.max(time_ns);
        }
        let generation = self.snapshots + 1;
        let Some(node) = self.tree.get(key).filter(Process::is_alive) else { return self.about_dead(key) };
        // Records that were made after the list may be told before it.
        let executed_since = node.last_image_since_ns().is_some_and(|since| since > time_ns);
        let has_image = node.image_count() > node.images_dropped();
        self.tree.set_listed(key, generation);
        self.tree.set_zombie(key, snapshot.zombie);
        if snapshot.zombie && self.zombies.len() < ZOMBIES_KEPT {
            self.zombies.insert(key);
        }
        if !executed_since {
            self.tree.refresh(key, subject, Some(snapshot.session));
        }
        if let Some(image) = snapshot.image.as_ref().filter(|_| !has_image) {
            self.tree.push_image(key, None, subject.comm, image);
        }
        if known { Effect::Known } else { Effect::News(Some(key)) }
    }

    /// Whoever should have been in the list and was not has ended unseen.
    fn snapshot_end(&mut self, taken_ns: u64) -> Effect {
        if self.snapshots == 0 {
            self.first_list_ns = taken_ns;
        }
        self.snapshots += 1;
        let (tree, generation) = (&self.tree, self.snapshots);
        let missing = self.roll_call.close(taken_ns, |id| match living(tree, id) {
            Some(_) if tree.is_listed(id, generation) => Presence::Listed,
            Some(_) => Presence::Unlisted,
            None => Presence::Gone,
        });
        for id in missing {
            if let Some(key) = self.tree.find(id) {
                self.conclude_end(key, taken_ns);
            }
        }
        Effect::News(None)
    }

    fn conclude_end(&mut self, key: NodeKey, time_ns: u64) {
        let ending = Ending::unseen(time_ns);
        let costs = Packed::of(&ending);
        if self.tree.end(key, &ending, &costs) {
            self.concluded.push(key);
            self.log_end(key, time_ns, &ending, &costs);
        }
    }

    /// The place of a process that an event tells of; it may be the first that is heard of it. `None` when it is none
    /// or ended so long ago that it is no longer kept.
    fn place(&mut self, subject: &Subject) -> Option<NodeKey> {
        match self.tree.find(subject.id) {
            Some(key) => Some(key),
            None if self.can_be_born(subject.id) => {
                // All is armed when the first list is begun: who started earlier ran before the tracing.
                let ran_before = self.snapshots == 0 || subject.id.start_ns < self.first_list_ns;
                let birth = if ran_before { Birth::Snapshot } else { Birth::Unseen };
                self.born(subject, birth)
            }
            None => None,
        }
    }

    /// Nothing dead rises, not even when it is no longer kept; and nobody joins a full tree.
    fn can_be_born(&self, id: ProcessId) -> bool {
        is_plausible(id) && !self.tree.gave_up(id)
    }

    /// News only if this very event brought it in, as one whose pid another one has by now.
    fn about_dead(&self, key: NodeKey) -> Effect {
        if self.concluded.contains(&key) { Effect::News(Some(key)) } else { Effect::Nothing }
    }

    /// Makes room for a process that was not known. Pids are unique: of two that have the same one, the older has ended.
    fn born(&mut self, subject: &Subject, birth: Birth) -> Option<NodeKey> {
        let former = self.tree.living(subject.id.pid);
        let former_start = former.and_then(|former| self.tree.get(former)).map(|former| former.id.start_ns);
        let successor_start = former_start.filter(|&start_ns| start_ns > subject.id.start_ns);
        if let Some(former) = former.filter(|_| successor_start.is_none()) {
            self.conclude_end(former, subject.id.start_ns);
        }
        let key = self.tree.insert(subject, birth)?;
        self.seen += 1;
        let tree = &self.tree;
        self.roll_call.join(subject.id, tree.alive(), |id| living(tree, id).is_none());
        if let Some(start_ns) = successor_start {
            self.conclude_end(key, start_ns);
        }
        Some(key)
    }

    fn fork(&mut self, time_ns: u64, fork: &Fork) -> Effect {
        let subject = &fork.subject;
        let key = match self.tree.find(subject.id) {
            Some(key) if self.tree.get(key).is_some_and(|node| node.birth() == Birth::Forked) => {
                return Effect::Nothing;
            }
            // It was in the snapshot already: attached first, listed second. Its parent may have died in between.
            Some(key) => {
                self.tree.move_beneath(key, subject.parent);
                key
            }
            None if !self.can_be_born(subject.id) => return Effect::Nothing,
            None => match self.born(subject, Birth::Forked) {
                Some(key) => key,
                None => return Effect::Nothing,
            },
        };
        self.tree.set_forked(key, fork.forked_by);
        if let Some(by) = fork.forked_by {
            self.end_search(by);
        }
        if self.tree.inherit(key, subject.parent) {
            // All its execs are still to be told of.
            self.tree.forget_listed_image(key);
        }
        self.rates.count(Counted::Fork, time_ns);
        let head = self.tree.head(time_ns, Some(key), subject);
        self.log.fork(&head, fork.forked_by, &mut self.tree.store);
        Effect::News(Some(key))
    }

    fn exec(&mut self, time_ns: u64, exec: &Exec) -> Effect {
        let Some(key) = self.place(&exec.subject) else { return Effect::Nothing };
        if self.tree.get(key).is_none_or(|node| !node.is_alive()) {
            return self.about_dead(key);
        }
        if time_ns >= self.listed_ns.max(self.first_list_ns) {
            self.refresh_and_note(time_ns, key, &exec.subject, exec.session);
        } else {
            // The list that told of it may be younger than this.
            self.tree.refresh(key, &exec.subject, Some(exec.session));
        }
        if time_ns < self.first_list_ns {
            // What /proc showed after that is this image or one that is still to be told of.
            self.tree.forget_listed_image(key);
        }
        self.find_searched(time_ns, key, &exec.image.filename);
        self.tree.push_image(key, Some(time_ns), exec.subject.comm, &exec.image);
        self.rates.count(Counted::Exec, time_ns);
        let head = self.tree.head(time_ns, Some(key), &exec.subject);
        if let Some(image) = self.tree.last_image(key) {
            self.log.exec(&head, image, &mut self.tree.store);
        }
        Effect::News(Some(key))
    }

    fn exit(&mut self, time_ns: u64, exit: &Exit) -> Effect {
        let Some(key) = self.place(&exit.subject) else { return Effect::Nothing };
        let ending = Ending {
            time_ns,
            status: Some(exit.status),
            cpu_ns: exit.cpu_ns,
            cpu_user_ns: exit.cpu_user_ns,
            cpu_system_ns: exit.cpu_system_ns,
            cpu_partial: exit.cpu_partial,
            max_rss_bytes: exit.max_rss_bytes,
            usage: exit.usage,
            killed_by: exit.killed_by,
        };
        let costs = Packed::of(&ending);
        if !self.tree.end(key, &ending, &costs) {
            return Effect::Nothing;
        }
        self.tree.refresh(key, &exit.subject, None);
        self.rates.count(Counted::Exit, time_ns);
        if ending.failed() {
            self.rates.count(Counted::Failed, time_ns);
        }
        self.log_end(key, time_ns, &ending, &costs);
        Effect::News(Some(key))
    }

    fn lose(&mut self, time_ns: u64, lost: &Lost) -> Effect {
        self.lost.dropped.add(&lost.dropped);
        self.lost.missed_at_most = self.lost.missed_at_most.saturating_add(lost.missed_at_most);
        self.storms.lose(time_ns, lost.dropped.fork);
        let nobody = Subject::default();
        self.write_line(time_ns, None, &nobody, Other::Lost(*lost));
        Effect::News(None)
    }

    fn write_line(&mut self, time_ns: u64, key: Option<NodeKey>, subject: &Subject, told: Other) {
        let head = self.tree.head(time_ns, key, subject);
        self.log.other(&head, told, &mut self.tree.store);
    }

    fn log_end(&mut self, key: NodeKey, time_ns: u64, ending: &Ending, costs: &Packed) {
        let Some(head) = self.tree.head_of(time_ns, key) else { return };
        let image = self.tree.last_image(key);
        self.log.exit(&head, ending, costs, image, &mut self.tree.store);
    }

    /// Everything that was lost, in one number: exact drops, and runs that may have been missed.
    pub fn lost_total(&self) -> (u64, u64) {
        (self.lost.dropped.total(), self.lost.missed_at_most)
    }

    /// Records lost by kind.
    pub fn lost_by_kind(&self) -> &PerKind {
        &self.lost.dropped
    }
}

/// A process, unless it has ended or is not known.
fn living(tree: &Tree, id: ProcessId) -> Option<Process<'_>> {
    tree.get(tree.find(id)?).filter(Process::is_alive)
}

fn is_plausible(id: ProcessId) -> bool {
    (1..=LARGEST_PID).contains(&id.pid)
}
