//! Storms: when processes come faster than is normal, and who starts them.
//!
//! Nothing is done at a fork but to note it. Ten times a second of the events' time, and whenever [`NOTED`] births are noted,
//! they are looked at: each is counted in the tables of the hottest parents, comms and paths, and kept for a while as one
//! of the latest. While there is a storm, [`Blame`] finds who is above most of the latest, about three times a second;
//! from then on all that is started beneath that one is counted for the storm's own account.
//!
//! The work for an event is the same whatever came before, and so is the memory: tables of [`tables::ROWS`] rows, the
//! latest [`LATEST`] births, and [`FOLLOWED`] living processes.

mod blame;
mod gauge;
mod lifetimes;
mod report;
pub mod tables;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use rustc_hash::{FxHashMap, FxHashSet};

use super::event::{Comm, ProcessId};
use super::process::{Birth as Origin, NodeKey};
use super::tree::Tree;
use blame::{Birth, Blame, Verdict};
pub use gauge::{CALM_TENTHS, Course, DEFAULT_FLOOR, Gauge, TENTH_NS, Threshold, Turn};
pub use lifetimes::Lifetimes;
pub use report::{Culprit, Report, Storm};
use tables::{End, PATH, Path, Place, Table};

/// Births that are noted at most until they are looked at.
const NOTED: usize = 1024;
/// The latest births, among which the culprit is looked for.
const LATEST: usize = 2048;
/// How long a birth is one of the latest.
const LATEST_NS: u64 = 2_000_000_000;
/// Living processes that are followed to their ends at most, for the tables and for the storm, each. The ends of others
/// are not counted.
const FOLLOWED: usize = 1 << 16;
/// Children from which on a parent has a row: most have one or two, and would drive out the others.
const CHILDREN: u64 = 4;
/// Tenths of a second from one look for the culprit to the next.
const BLAME_TENTHS: u64 = 3;
/// Steps up for the comms of a path.
const STEPS_UP: usize = 16;

/// Where a living process is counted.
#[derive(Clone, Copy, Debug)]
struct Counted {
    comm: Place,
    path: Place,
}

/// All that is known of storms.
#[derive(Clone, Debug)]
pub struct Storms {
    gauge: Gauge,
    /// Births that were not looked at yet.
    noted: Vec<Birth>,
    noted_limit: usize,
    latest: VecDeque<Birth>,
    parents: Table<ProcessId>,
    comms: Table<Comm>,
    paths: Table<Path>,
    living: FxHashMap<NodeKey, Counted>,
    /// Those beneath the culprit.
    members: FxHashSet<NodeKey>,
    /// Members that have ended since the last look: births noted since may still be theirs.
    gone: Vec<NodeKey>,
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
            noted: Vec::new(),
            noted_limit: (history / 2).clamp(1, NOTED),
            latest: VecDeque::new(),
            parents: Table::default(),
            comms: Table::default(),
            paths: Table::default(),
            living: FxHashMap::default(),
            members: FxHashSet::default(),
            gone: Vec::new(),
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
        Some(Storm { course, culprit: self.culprit.as_ref() })
    }

    /// The storm that goes on. Without any event since, it is over so long after its latest high rate.
    pub fn current(&self, now_ns: u64) -> Option<Storm<'_>> {
        self.latest().filter(|storm| {
            !storm.course.over
                && now_ns.saturating_sub(storm.course.latest_ns) < (CALM_TENTHS + 10) * TENTH_NS
        })
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

    /// Time has passed up to `time_ns`; tells what is to be told of a storm.
    pub(super) fn pass(&mut self, tree: &Tree, time_ns: u64) -> Option<Report> {
        if !self.gauge.is_due(time_ns) {
            return None;
        }
        self.look(tree);
        let turn = self.gauge.pass(time_ns);
        if turn == Some(Turn::Began) {
            self.begin(tree);
            self.blamed_tenth = time_ns / TENTH_NS;
        } else if self.gauge.is_stormy() && time_ns / TENTH_NS >= self.blamed_tenth + BLAME_TENTHS {
            self.blame_again(tree);
            self.blamed_tenth = time_ns / TENTH_NS;
        }
        let report = turn.map(|turn| Report::new(turn == Turn::Began, self.latest()));
        if turn == Some(Turn::Ended) {
            self.members.clear();
            self.gone.clear();
        }
        report.flatten()
    }

    /// A process was forked. [`Storms::pass`] comes first.
    pub(super) fn born(&mut self, tree: &Tree, key: NodeKey, time_ns: u64) {
        self.gauge.count(time_ns);
        self.noted.push(Birth { key, parent: None, time_ns });
        if self.noted.len() >= self.noted_limit {
            self.look(tree);
        }
    }

    /// A process executed a program: it is counted under that from now on.
    pub(super) fn executed(&mut self, tree: &Tree, key: NodeKey, time_ns: u64) {
        let Some(before) = self.living.get(&key).copied() else { return };
        let Some(process) = tree.get(key) else { return };
        let now = self.places(tree, key, process.comm());
        if now.comm != before.comm {
            self.comms.get_mut(before.comm).into_iter().for_each(|row| row.leave());
            enter(self.comms.get_mut(now.comm), process.id, process.comm(), time_ns);
        }
        if now.path != before.path {
            self.paths.get_mut(before.path).into_iter().for_each(|row| row.leave());
            enter(self.paths.get_mut(now.path), process.id, process.comm(), time_ns);
        }
        self.living.insert(key, now);
    }

    /// A process ended.
    pub(super) fn ended(&mut self, tree: &Tree, key: NodeKey) {
        let counted = self.living.remove(&key);
        let is_member = self.members.contains(&key);
        if counted.is_none() && !is_member {
            return;
        }
        let Some(end) = end_of(tree, key) else { return };
        if let Some(counted) = counted {
            self.count_end(tree, key, counted, &end);
        }
        if is_member {
            self.gone.push(key);
            if let Some(culprit) = &mut self.culprit {
                culprit.end(&end);
            }
        }
    }

    /// Looks at the births that were noted.
    fn look(&mut self, tree: &Tree) {
        let mut noted = std::mem::take(&mut self.noted);
        for birth in noted.drain(..) {
            self.take(tree, birth);
        }
        self.noted = noted;
        for key in self.gone.drain(..) {
            self.members.remove(&key);
        }
    }

    fn take(&mut self, tree: &Tree, mut birth: Birth) {
        let Some(process) = tree.get(birth.key) else { return };
        birth.parent = tree.parent(birth.key);
        if self.latest.len() >= LATEST {
            self.latest.pop_front();
        }
        self.latest.push_back(birth);
        let counted = self.places(tree, birth.key, process.comm());
        enter(self.comms.get_mut(counted.comm), process.id, process.comm(), birth.time_ns);
        enter(self.paths.get_mut(counted.path), process.id, process.comm(), birth.time_ns);
        if let Some(parent) = birth.parent {
            self.count_parent(tree, parent, birth.time_ns);
        }
        let end = end_of(tree, birth.key);
        match &end {
            Some(end) => self.count_end(tree, birth.key, counted, end),
            None if self.living.len() < FOLLOWED => drop(self.living.insert(birth.key, counted)),
            None => {}
        }
        self.join(tree, birth, end.as_ref());
    }

    /// Counts a child of this one.
    fn count_parent(&mut self, tree: &Tree, parent: NodeKey, time_ns: u64) {
        let Some(process) = tree.get(parent).filter(|process| process.children() >= CHILDREN) else { return };
        let place = self.parents.place(process.id);
        enter(self.parents.get_mut(place), process.id, process.comm(), time_ns);
    }

    fn count_end(&mut self, tree: &Tree, key: NodeKey, counted: Counted, end: &End) {
        self.comms.get_mut(counted.comm).into_iter().for_each(|row| row.end(end));
        self.paths.get_mut(counted.path).into_iter().for_each(|row| row.end(end));
        let parent = tree.parent(key).and_then(|parent| tree.get(parent));
        let place = parent.and_then(|parent| self.parents.find(&parent.id));
        place.and_then(|place| self.parents.get_mut(place)).into_iter().for_each(|row| row.end(end));
    }

    /// What is started beneath the culprit is the storm's.
    fn join(&mut self, tree: &Tree, birth: Birth, end: Option<&End>) {
        let Some(culprit) = &mut self.culprit else { return };
        let is_beneath = |key: NodeKey| key == culprit.key || self.members.contains(&key);
        if !self.gauge.is_stormy() || !birth.parent.is_some_and(is_beneath) {
            return;
        }
        culprit.total = culprit.total.saturating_add(1);
        let may_have_children = tree.first_child(birth.key).is_some();
        if (end.is_none() || may_have_children) && self.members.len() < FOLLOWED {
            self.members.insert(birth.key);
        }
        if let Some(end) = end {
            culprit.end(end);
            if may_have_children {
                self.gone.push(birth.key);
            }
        }
    }

    fn places(&mut self, tree: &Tree, key: NodeKey, comm: Comm) -> Counted {
        Counted { comm: self.comms.place(comm), path: self.paths.place(path_of(tree, key)) }
    }

    fn find_culprit(&mut self, tree: &Tree) -> Option<Verdict> {
        let course = self.gauge.course()?;
        let from_ns = course.latest_ns.saturating_sub(LATEST_NS);
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
            (Some(culprit), Some(verdict)) if key == known => culprit.renew(tree, verdict),
            (Some(_), found) if self.suspect == key && key.is_some() => self.accuse(tree, found),
            (None, found @ Some(_)) => self.accuse(tree, found),
            _ => self.suspect = key,
        }
    }

    fn accuse(&mut self, tree: &Tree, verdict: Option<Verdict>) {
        self.suspect = None;
        self.members.clear();
        self.gone.clear();
        self.culprit = verdict.and_then(|verdict| Culprit::new(tree, verdict));
        let (Some(culprit), Some(course)) = (&mut self.culprit, self.gauge.course()) else { return };
        self.members.extend(self.blame.beneath(culprit.key).take(FOLLOWED));
        self.members.remove(&culprit.key);
        // What came before it was found.
        for birth in self.latest.iter().filter(|birth| birth.time_ns >= course.began_ns) {
            if !self.members.contains(&birth.key) {
                continue;
            }
            culprit.total = culprit.total.saturating_add(1);
            if let Some(end) = end_of(tree, birth.key) {
                culprit.end(&end);
            }
        }
        let is_over = |key: &NodeKey| tree.get(*key).is_none_or(|process| !process.is_alive());
        self.gone.extend(self.members.iter().filter(|key| is_over(key)));
    }
}

/// Counts the beginning of a process, or that it goes on under another name.
fn enter<K>(row: Option<&mut tables::Row<K>>, process: ProcessId, comm: Comm, time_ns: u64) {
    if let Some(row) = row {
        row.process = process;
        row.comm = comm;
        row.begin(time_ns);
    }
}

/// `None` while it lives, and of those that ran before the tracing.
fn end_of(tree: &Tree, key: NodeKey) -> Option<End> {
    let process = tree.get(key)?;
    let end_ns = process.end_ns()?;
    let is_seen = process.status().is_some() && process.birth() == Origin::Forked;
    Some(End {
        lifetime_ns: is_seen.then(|| process.lifetime_ns(end_ns)),
        failed: process.failed(),
        cpu_ns: process.cpu_ns().unwrap_or(0),
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
