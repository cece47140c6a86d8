//! Storms: when processes come faster than is normal, and who starts them.
//!
//! Nothing is done at a fork but to count it and, unless there are very many, to note it. Ten times a second of the events'
//! time, and whenever [`NOTED`] births are noted, they are looked at: each is counted in the tables of the hottest parents,
//! comms and paths, and kept for a while as one of the latest. Of what is beyond 1,280 births in a second only some are
//! noted, each of which stands for so many, at its end too (see [`Sampler`]). While there is a storm, [`Blame`] finds who
//! is above most of the latest, three times a second at first; from then on what is started beneath that one is counted
//! for the storm's own account.
//!
//! The work for an event is the same whatever came before, and so is the memory: tables of [`tables::ROWS`] rows, the
//! latest [`LATEST`] births, and [`FOLLOWED`] living processes.

mod blame;
mod gauge;
mod lifetimes;
mod namesakes;
mod report;
mod sampler;
pub mod tables;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::hash::Hash;

use rustc_hash::{FxHashMap, FxHashSet};

use super::event::{Comm, ProcessId};
use super::process::{Birth as Origin, NodeKey};
use super::tree::Tree;
use blame::{Birth, Blame, Verdict};
pub use gauge::{CALM_TENTHS, Course, DEFAULT_FLOOR, Gauge, TENTH_NS, Threshold, Turn};
pub use lifetimes::Lifetimes;
use namesakes::Namesakes;
pub use report::{Culprit, Report, Storm};
use sampler::Sampler;
use tables::{End, PATH, Path, Place, Table};

/// Births that are noted at most until they are looked at.
const NOTED: usize = 1024;
/// The latest births, among which the culprit is looked for.
const LATEST: usize = 1024;
/// How long a birth is one of the latest.
const LATEST_NS: u64 = 2_000_000_000;
/// Living processes that are followed to their ends at most. The ends of others are not counted.
const FOLLOWED: usize = 1 << 16;
/// Children from which on a parent has a row: most have one or two, and would drive out the others.
const CHILDREN: u64 = 4;
/// Tenths of a second from one look for the culprit to the next: while a storm is young, and later.
const BLAME_TENTHS: [u64; 2] = [3, 10];
/// The storm is young for so long.
const YOUNG_NS: u64 = 3_000_000_000;
/// Tenths of a second that a storm has not been high for when it is calm again: those in which a rate is counted.
const CALM_FROM_TENTHS: u64 = 10;
/// The most tenths of calm that are counted; what is over is told long before.
const CALM_COUNTED: u64 = 600;
/// Steps up in search of the culprit: more than there are on average from one birth that is looked at to the one before,
/// were all of them a chain.
const STEPS_TO_CULPRIT: usize = 256;
/// Steps up for the comms of a path.
const STEPS_UP: usize = 16;

/// In which row, and since when.
#[derive(Clone, Copy, Debug)]
struct Stay {
    place: Place,
    since_ns: u64,
}

/// Where a living process is counted.
#[derive(Clone, Copy, Debug)]
struct Counted {
    comm: Stay,
    path: Stay,
    /// It stands for so many.
    weight: u32,
    /// It is beneath the culprit.
    is_member: bool,
}

/// All that is known of storms.
#[derive(Clone, Debug)]
pub struct Storms {
    gauge: Gauge,
    sampler: Sampler,
    /// Births that were not looked at yet.
    noted: Vec<Birth>,
    noted_limit: usize,
    latest: VecDeque<Birth>,
    parents: Table<ProcessId>,
    comms: Table<Comm>,
    paths: Table<Path>,
    living: FxHashMap<NodeKey, Counted>,
    /// Those of the latest that are beneath the culprit.
    members: FxHashSet<NodeKey>,
    blame: Blame,
    blamed_tenth: u64,
    /// What was found the last time, where it was another one than the culprit.
    suspect: Option<NodeKey>,
    culprit: Option<Culprit>,
}

impl Storms {
    /// Nothing seen. `history` is how many dead the tree keeps: births are looked at before they can be forgotten.
    pub(super) fn new(history: usize) -> Self {
        Self {
            gauge: Gauge::new(Threshold::default()),
            sampler: Sampler::new(),
            noted: Vec::new(),
            noted_limit: (history / 2).clamp(1, NOTED),
            latest: VecDeque::new(),
            parents: Table::default(),
            comms: Table::default(),
            paths: Table::default(),
            living: FxHashMap::default(),
            members: FxHashSet::default(),
            blame: Blame::default(),
            blamed_tenth: 0,
            suspect: None,
            culprit: None,
        }
    }

    /// From now on storms begin there.
    pub(super) fn set_threshold(&mut self, threshold: Threshold) {
        self.gauge = Gauge::new(threshold);
    }

    /// The latest storm, which may be over.
    pub fn latest(&self) -> Option<Storm<'_>> {
        let course = *self.gauge.course()?;
        Some(Storm { course, culprit: self.culprit.as_ref(), calm_ns: self.calm_ns() })
    }

    /// The storm that goes on. Without any event since, it is over so long after its latest high rate or a loss.
    pub fn current(&self, now_ns: u64) -> Option<Storm<'_>> {
        self.latest().filter(|storm| !storm.course.over && now_ns < self.gauge.over_ns())
    }

    /// How long it has been calm in the storm that goes on, in nanoseconds: since its latest high rate, as far as the stream
    /// has come. `None` in the first second of that, where its latest rate is not below half of the threshold yet, and
    /// where many forks were lost lately.
    fn calm_ns(&self) -> Option<u64> {
        let course = self.gauge.course().filter(|course| !course.over)?;
        let since = |tenths: u64| course.latest_ns.saturating_add(tenths * TENTH_NS);
        let has_lost = self.gauge.over_ns() > since(CALM_TENTHS + 10);
        let has_passed = |&tenths: &u64| !self.gauge.is_due(since(tenths));
        let calm = (1..=CALM_COUNTED).take_while(has_passed).last().unwrap_or(0);
        (calm >= CALM_FROM_TENTHS && !has_lost).then_some(calm * TENTH_NS)
    }

    /// The rate at which a storm begins now, in new processes per second.
    pub fn limit(&self) -> u32 {
        self.gauge.limit()
    }

    /// The parents that started most.
    pub fn parents(&self) -> &Table<ProcessId> {
        &self.parents
    }

    /// The comms under which most was started.
    pub fn comms(&self) -> &Table<Comm> {
        &self.comms
    }

    /// The comms from ancestors down, under which most was started.
    pub fn paths(&self) -> &Table<Path> {
        &self.paths
    }

    /// So many forks were lost before `time_ns`. This comes before [`Storms::pass`].
    pub(super) fn lose(&mut self, time_ns: u64, forks: u64) {
        self.gauge.lose(time_ns, forks);
    }

    /// Time has passed up to `time_ns`; tells what is to be told of a storm, as long as there is more of that.
    pub(super) fn pass(&mut self, tree: &Tree, time_ns: u64) -> Option<Report> {
        if !self.gauge.is_due(time_ns) {
            return None;
        }
        self.look(tree);
        let turn = self.gauge.pass(time_ns);
        if turn == Some(Turn::Began) {
            self.begin(tree);
            self.blamed_tenth = time_ns / TENTH_NS;
        } else if self.gauge.is_stormy() && time_ns / TENTH_NS >= self.blamed_tenth + self.patience() {
            self.blame_again(tree);
            self.blamed_tenth = time_ns / TENTH_NS;
        }
        let report = turn.map(|turn| Report::new(turn == Turn::Began, self.latest()));
        report.flatten()
    }

    /// A process was forked. [`Storms::pass`] comes first.
    pub(super) fn born(&mut self, tree: &Tree, key: NodeKey, time_ns: u64) {
        self.gauge.count(time_ns);
        let Some(weight) = self.sampler.choose(time_ns) else { return };
        self.noted.push(Birth { key, parent: None, time_ns, weight });
        if self.noted.len() >= self.noted_limit {
            self.look(tree);
        }
    }

    /// A process executed a program: it is counted under that from now on, and taken back from where it was.
    pub(super) fn executed(&mut self, tree: &Tree, key: NodeKey, time_ns: u64) {
        let Some(before) = self.living.get(&key).copied() else { return };
        let Some(process) = tree.get(key) else { return };
        let (id, comm, weight) = (process.id, process.comm(), before.weight);
        let now = Counted { is_member: before.is_member, ..self.places(tree, key, time_ns, weight) };
        let who = Who { id, comm, weight };
        let comm = move_on(&mut self.comms, before.comm, now.comm, &who);
        let path = move_on(&mut self.paths, before.path, now.path, &who);
        self.living.insert(key, Counted { comm, path, ..now });
    }

    /// A process ended.
    pub(super) fn ended(&mut self, tree: &Tree, key: NodeKey) {
        let Some(counted) = self.living.remove(&key) else { return };
        if let Some(end) = end_of(tree, key, counted.weight) {
            self.count_end(tree, key, counted, &end);
        }
    }

    /// Looks at the births that were noted; also at the end of a stream, where no tenth comes that would.
    pub(super) fn look(&mut self, tree: &Tree) {
        let mut noted = std::mem::take(&mut self.noted);
        for birth in noted.drain(..) {
            self.take(tree, birth);
        }
        self.noted = noted;
    }

    fn take(&mut self, tree: &Tree, mut birth: Birth) {
        let Some(process) = tree.get(birth.key) else { return };
        let (id, comm, weight) = (process.id, process.comm(), birth.weight);
        let has_executed = process.image().is_some_and(|(_, inherited)| !inherited);
        birth.parent = tree.parent(birth.key);
        self.keep(birth);
        let mut counted = self.places(tree, birth.key, birth.time_ns, weight);
        enter(self.comms.get_mut(counted.comm.place), comm, birth.time_ns, weight);
        enter(self.paths.get_mut(counted.path.place), comm, birth.time_ns, weight);
        if let Some(parent) = birth.parent {
            self.count_parent(tree, parent, &birth);
        }
        counted.is_member = self.join(tree, &birth);
        match end_of(tree, birth.key, weight) {
            Some(end) => self.count_end(tree, birth.key, counted, &end),
            None if self.living.len() < FOLLOWED => {
                self.living.insert(birth.key, counted);
                self.for_namesakes(counted, |namesakes| namesakes.come(id, has_executed));
            }
            None => {}
        }
    }

    /// As one of the latest.
    fn keep(&mut self, birth: Birth) {
        if self.latest.len() >= LATEST
            && let Some(oldest) = self.latest.pop_front()
        {
            self.members.remove(&oldest.key);
        }
        self.latest.push_back(birth);
    }

    /// Counts a child of this one.
    fn count_parent(&mut self, tree: &Tree, parent: NodeKey, birth: &Birth) {
        let Some(process) = tree.get(parent).filter(|process| process.children() >= CHILDREN) else { return };
        let known = self.parents.find(&process.id);
        let place = known.unwrap_or_else(|| self.parents.place(process.id));
        let Some(row) = self.parents.get_mut(place) else { return };
        if known.is_none() && birth.weight == 1 {
            catch_up(row, tree, parent, birth.key);
        }
        enter(Some(&mut *row), process.comm(), birth.time_ns, birth.weight);
        if known.is_none() {
            row.has_come();
        }
    }

    fn count_end(&mut self, tree: &Tree, key: NodeKey, counted: Counted, end: &End) {
        self.comms.get_mut(counted.comm.place).into_iter().for_each(|row| row.end(end));
        self.paths.get_mut(counted.path.place).into_iter().for_each(|row| row.end(end));
        if let Some(process) = tree.get(key) {
            self.for_namesakes(counted, |namesakes| namesakes.end(process.id));
        }
        let parent = tree.parent(key).and_then(|parent| tree.get(parent));
        let place = parent.and_then(|parent| self.parents.find(&parent.id));
        place.and_then(|place| self.parents.get_mut(place)).into_iter().for_each(|row| row.end(end));
        if let Some(culprit) = self.culprit.as_mut().filter(|_| counted.is_member) {
            culprit.end(end);
        }
    }

    /// What is started beneath the culprit is the storm's; tells whether this is.
    fn join(&mut self, tree: &Tree, birth: &Birth) -> bool {
        if !self.gauge.is_stormy() || !self.is_beneath(tree, birth.key) {
            return false;
        }
        let Some(culprit) = &mut self.culprit else { return false };
        culprit.total = culprit.total.saturating_add(birth.weight.into());
        self.members.insert(birth.key);
        true
    }

    /// Whether a process is beneath the culprit, as far as that is near, or one of the latest that are.
    fn is_beneath(&self, tree: &Tree, key: NodeKey) -> bool {
        let Some(culprit) = &self.culprit else { return false };
        let above = std::iter::successors(tree.parent(key), |&key| tree.parent(key));
        let mut near = above.take(STEPS_TO_CULPRIT);
        near.any(|key| key == culprit.key || self.members.contains(&key))
    }

    /// In the rows of both names of a process.
    fn for_namesakes(&mut self, counted: Counted, mut does: impl FnMut(&mut Namesakes)) {
        self.comms.get_mut(counted.comm.place).into_iter().for_each(|row| does(row.namesakes()));
        self.paths.get_mut(counted.path.place).into_iter().for_each(|row| does(row.namesakes()));
    }

    /// The rows of a process as it is called now, from `since_ns` on.
    fn places(&mut self, tree: &Tree, key: NodeKey, since_ns: u64, weight: u32) -> Counted {
        let comm = tree.get(key).map(|process| process.comm()).unwrap_or_default();
        let comm = Stay { place: self.comms.place(comm), since_ns };
        let path = Stay { place: self.paths.place(path_of(tree, key)), since_ns };
        Counted { comm, path, weight, is_member: false }
    }

    /// How many tenths it takes until the culprit is looked for again.
    fn patience(&self) -> u64 {
        let [young, old] = BLAME_TENTHS;
        let age_ns = self.gauge.course().map_or(0, |course| course.duration_ns());
        if age_ns < YOUNG_NS || self.suspect.is_some() { young } else { old }
    }

    fn find_culprit(&mut self, tree: &Tree) -> Option<Verdict> {
        let course = self.gauge.course()?;
        // What came before it was normal, and says nothing of who makes it.
        let from_ns = course.latest_ns.saturating_sub(LATEST_NS).max(course.began_ns);
        let young_ns = course.began_ns.saturating_sub(LATEST_NS);
        let births = self.latest.iter().filter(|birth| birth.time_ns >= from_ns);
        self.blame.find(tree, births, young_ns)
    }

    fn begin(&mut self, tree: &Tree) {
        self.culprit = None;
        self.suspect = None;
        let verdict = self.find_culprit(tree);
        self.accuse(tree, verdict);
    }

    /// Another culprit takes the place of the one that was found when it is found twice in a row.
    fn blame_again(&mut self, tree: &Tree) {
        let found = self.find_culprit(tree);
        let key = found.as_ref().map(|verdict| verdict.culprit);
        let known = self.culprit.as_ref().map(|culprit| culprit.key);
        match (&mut self.culprit, found) {
            (Some(culprit), Some(verdict)) if key == known => {
                culprit.renew(tree, verdict);
                self.suspect = None;
            }
            (Some(_), found) if self.suspect == key && key.is_some() => self.accuse(tree, found),
            (None, found @ Some(_)) => self.accuse(tree, found),
            _ => self.suspect = key,
        }
    }

    fn accuse(&mut self, tree: &Tree, verdict: Option<Verdict>) {
        self.suspect = None;
        self.members.clear();
        self.culprit = verdict.and_then(|verdict| Culprit::new(tree, verdict));
        if let (Some(culprit), Some(course)) = (&mut self.culprit, self.gauge.course()) {
            let accused = culprit.key;
            let beneath: FxHashSet<NodeKey> = self.blame.beneath(accused).collect();
            let members = self.latest.iter().filter(|birth| beneath.contains(&birth.key));
            for birth in members.filter(|birth| birth.key != accused) {
                self.members.insert(birth.key);
                // What came before it was found.
                if birth.time_ns >= course.began_ns {
                    culprit.total = culprit.total.saturating_add(birth.weight.into());
                    if let Some(end) = end_of(tree, birth.key, birth.weight) {
                        culprit.end(&end);
                    }
                }
            }
        }
        let mut living = std::mem::take(&mut self.living);
        for (&key, counted) in &mut living {
            counted.is_member = self.members.contains(&key) || self.is_beneath(tree, key);
        }
        self.living = living;
    }
}

/// A process, or so many of which it stands for the others.
struct Who {
    id: ProcessId,
    comm: Comm,
    weight: u32,
}

/// A process executed a program, which may have given it another name; tells where it is counted.
fn move_on<K: Copy + Eq + Hash>(table: &mut Table<K>, before: Stay, now: Stay, who: &Who) -> Stay {
    let is_same = before.place == now.place;
    if let Some(row) = table.get_mut(before.place) {
        row.namesakes().leave(who.id);
        if !is_same {
            row.leave(before.since_ns, who.weight);
        }
    }
    let mut row = table.get_mut(now.place);
    if let Some(row) = &mut row {
        row.namesakes().come(who.id, true);
    }
    if is_same {
        return before;
    }
    enter(row, who.comm, now.since_ns, who.weight);
    now
}

/// Counts the beginning of a process, or that it goes on under another name.
fn enter<K>(row: Option<&mut tables::Row<K>>, comm: Comm, time_ns: u64, weight: u32) {
    if let Some(row) = row {
        row.comm = comm;
        row.begin(time_ns, weight);
    }
}

/// Counts the children that a parent had before it had a row, as far as they are kept: those before `first`. Those of them
/// that live are counted when they end, as all others.
fn catch_up<K>(row: &mut tables::Row<K>, tree: &Tree, parent: NodeKey, first: NodeKey) {
    let most = usize::try_from(CHILDREN - 1).unwrap_or(0);
    let id = tree.get(parent).map(|process| process.id);
    // Many before it: it had a row once, and they were counted in that.
    if tree.children(parent).take(most + 1).all(|child| child != first) {
        return;
    }
    for child in tree.children(parent).take(most).take_while(|&child| child != first) {
        let Some(process) = tree.get(child) else { continue };
        // Those of a child that is given up are its children now.
        if process.birth() != Origin::Forked || process.parent() != id {
            continue;
        }
        row.begin(process.id.start_ns, 1);
        if let Some(end) = end_of(tree, child, 1) {
            row.end(&end);
        }
    }
}

/// `None` while it lives, and of those that ran before the tracing.
fn end_of(tree: &Tree, key: NodeKey, weight: u32) -> Option<End> {
    let process = tree.get(key)?;
    let end_ns = process.end_ns()?;
    let is_seen = process.status().is_some() && process.birth() == Origin::Forked;
    Some(End {
        lifetime_ns: is_seen.then(|| process.lifetime_ns(end_ns)),
        failed: process.failed(),
        cpu_ns: process.cpu_ns().unwrap_or(0),
        weight,
    })
}

/// The comms from the nearest ancestors down to a process, each once where it comes several times in a row.
fn path_of(tree: &Tree, key: NodeKey) -> Path {
    let mut path = Path::default();
    let (mut used, mut last) = (0, None);
    let itself = tree.get(key).map(|process| process.comm());
    let above = tree.ancestors(key).map(|(_, process)| process.comm());
    for comm in itself.into_iter().chain(above.take(STEPS_UP)) {
        if last == Some(comm) {
            continue;
        }
        let Some(place) = path.get_mut(used) else { break };
        *place = comm;
        last = Some(comm);
        used += 1;
    }
    path.get_mut(..used.min(PATH)).unwrap_or_default().reverse();
    path
}
