//! What happens to a process between its fork and its end, beside execs.

use rustc_hash::FxHashSet;

use super::event::{Cgroup, Comm, ExecFailed, Look, ProcessId, Rename, Session, Subject, Thread, Uids};
use super::log::{FailedExec, Other};
use super::node::Search;
use super::packed::Packed;
use super::process::{Ending, NodeKey, Process};
use super::{Effect, Model};

/// `ENOENT`: what all but the last place of a search answer.
const NO_SUCH_FILE: u32 = 2;
/// The longest time between two tries of one search. What comes later is another one.
pub const SEARCH_NS: u64 = 100_000_000;
/// The longest that a search takes: who tries again and again is told of again and again.
const WHOLE_SEARCH_NS: u64 = 1_000_000_000;

/// Something of a process that is not as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It took another comm without an exec.
    Renamed {
        /// The former one.
        from: Comm,
    },
    /// Its parent died, and another process is its parent now.
    Adopted,
    /// It is in another session than before.
    Session(Session),
    /// Its user ids are others.
    Uids {
        /// The former ones.
        from: Uids,
    },
    /// It ended a while ago and its parent does not reap it.
    Zombie,
    /// It was a zombie and has been reaped.
    Reaped,
}

impl Change {
    /// The name in outputs.
    pub const fn name(self) -> &'static str {
        match self {
            Change::Renamed { .. } => "renamed",
            Change::Adopted => "adopted",
            Change::Session(_) => "session",
            Change::Uids { .. } => "uid",
            Change::Zombie => "zombie",
            Change::Reaped => "reaped",
        }
    }
}

impl Model {
    pub(super) fn rename(&mut self, time_ns: u64, rename: &Rename) -> Effect {
        let Some(key) = self.place(&rename.subject) else { return Effect::Nothing };
        if self.tree.get(key).is_none_or(|node| !node.is_alive()) {
            return self.about_dead(key);
        }
        self.tree.rename(key, rename.to);
        self.tree.take_search(key);
        self.note(time_ns, key, Change::Renamed { from: rename.subject.comm });
        Effect::News(Some(key))
    }

    /// A look is older than what was told in between: of who executed since nothing is taken. Whoever is not known was
    /// lost, and is told of by the list that follows a loss: that knows more of it.
    pub(super) fn look(&mut self, time_ns: u64, look: &Look) -> Effect {
        let Some(key) = self.tree.find(look.subject.id) else { return Effect::Nothing };
        let Some(node) = self.tree.get(key) else { return Effect::Nothing };
        if !node.is_alive() {
            return self.look_at_dead(key, look.subject.parent);
        }
        if node.last_image_since_ns().is_some_and(|since| since > time_ns) {
            return Effect::Nothing;
        }
        // Names have events of their own, and one may have come since.
        let subject = Subject { comm: node.comm(), ..look.subject };
        let before = self.changes.len();
        self.refresh_and_note(time_ns, key, &subject, look.session);
        if self.changes.len() > before { Effect::News(Some(key)) } else { Effect::Known }
    }

    /// A zombie whose parent died waits for another one.
    fn look_at_dead(&mut self, key: NodeKey, parent: Option<ProcessId>) -> Effect {
        let Some(node) = self.tree.get(key) else { return Effect::Nothing };
        let adopted_by = parent.filter(|_| parent != node.parent());
        if parent.is_none() || node.adopted_by() == adopted_by {
            return self.about_dead(key);
        }
        self.tree.adopt(key, adopted_by);
        Effect::Known
    }

    /// Takes what an event says of a living process, and notes what is not as it was.
    pub(super) fn refresh_and_note(&mut self, time_ns: u64, key: NodeKey, subject: &Subject, now: Session) {
        let Some(node) = self.tree.get(key) else { return };
        let (parent, session, uids) = (node.latest_parent(), node.session(), node.uids());
        self.tree.refresh(key, subject, Some(now));
        if subject.parent != parent && subject.parent.is_some() {
            self.note(time_ns, key, Change::Adopted);
        }
        // 0 is no session that could be named: init's before it calls setsid, or one outside of proctop's namespace.
        if now.id != 0 && session.is_some_and(|session| session != now) {
            self.note(time_ns, key, Change::Session(now));
        }
        if uids != subject.uids {
            self.note(time_ns, key, Change::Uids { from: uids });
        }
    }

    /// `zombies` are all that there are: those that were and are not among them have been reaped.
    pub(super) fn zombies(&mut self, time_ns: u64, zombies: &[ProcessId]) -> Effect {
        let now: FxHashSet<NodeKey> = zombies.iter().filter_map(|&id| self.tree.find(id)).collect();
        let gone = std::mem::take(&mut self.zombies).into_iter().filter(|key| !now.contains(key));
        let mut gone: Vec<_> = gone.filter_map(|key| Some((self.tree.get(key)?.id, key))).collect();
        // The set's order would be an accident.
        gone.sort_unstable_by_key(|(id, _)| (id.start_ns, id.pid));
        for (_, key) in gone {
            self.mark_zombie(time_ns, key, false);
        }
        for &id in zombies {
            if let Some(key) = self.tree.find(id) {
                self.mark_zombie(time_ns, key, true);
            }
        }
        self.zombies = now;
        Effect::News(None)
    }

    /// One that was a zombie before the tracing began has ended then, which is all that is known of its end.
    fn mark_zombie(&mut self, time_ns: u64, key: NodeKey, zombie: bool) {
        if self.tree.get(key).is_none_or(|node| node.is_zombie() == zombie) {
            return;
        }
        self.tree.set_zombie(key, zombie);
        if !zombie {
            let ending = Ending::unseen(time_ns);
            self.tree.end(key, &ending, &Packed::of(&ending));
        }
        self.note(time_ns, key, if zombie { Change::Zombie } else { Change::Reaped });
    }

    /// Also tells of a process that is not known: all that is kept of that is the line.
    ///
    /// A name that is tried in one place after the other, as shells do with PATH, makes one line: while the process does
    /// nothing else, with no more than [`SEARCH_NS`] from one try to the next, and a second in all.
    pub(super) fn exec_failed(&mut self, time_ns: u64, failed: &ExecFailed) -> Effect {
        let filename = failed.filename.as_ref().into();
        let line = FailedExec { error: failed.error, filename, tries: 1, found: false };
        let is_search = failed.error == NO_SUCH_FILE;
        let key = self.tree.find(failed.id);
        let subject = match key.and_then(|key| self.tree.get(key)) {
            Some(node) => subject_of(node),
            None => Subject { id: failed.id, comm: failed.comm, ..Subject::default() },
        };
        let former = key.and_then(|key| self.tree.take_search(key)).filter(|_| is_search);
        let former = former.filter(|search| search.goes_on(time_ns));
        let continued = former.filter(|search| self.log.continue_failed(search.line, failed.id, &line));
        let number = continued.map_or(self.log.end(), |search| search.line);
        if let Some(key) = key {
            if continued.is_none() {
                self.tree.count_failed_execs(key, |count| count.saturating_add(1));
            }
            let first_ns = continued.map_or(time_ns, |search| search.first_ns);
            let search = Search { line: number, first_ns, latest_ns: time_ns };
            if is_search && self.tree.get(key).is_some_and(|node| node.is_alive()) {
                self.tree.set_search(key, search);
            }
        }
        if continued.is_none() {
            self.write_line(time_ns, key, &subject, Other::Failed(line));
        }
        Effect::News(key)
    }

    /// The line of the log that tells of what this process is looking for; `None` when it looks for nothing, or has come
    /// to an end with that.
    pub fn search_line(&self, id: ProcessId) -> Option<u64> {
        Some(self.tree.get(self.tree.find(id)?)?.search()?.line)
    }

    /// Whoever does something else has given up.
    pub(super) fn end_search(&mut self, id: ProcessId) {
        if let Some(key) = self.tree.find(id) {
            self.tree.take_search(key);
        }
    }

    /// An exec ends a search; where it is what was looked for, nothing has failed.
    pub(super) fn find_searched(&mut self, time_ns: u64, key: NodeKey, filename: &[u8]) {
        let Some(search) = self.tree.take_search(key).filter(|search| search.goes_on(time_ns)) else {
            return;
        };
        let Some(id) = self.tree.get(key).map(|node| node.id) else { return };
        if self.log.note_found(search.line, id, filename) {
            self.tree.count_failed_execs(key, |count| count.saturating_sub(1));
        }
    }

    pub(super) fn thread(&mut self, time_ns: u64, thread: &Thread, told: Other) -> Effect {
        let key = self.tree.find(thread.of);
        // Not at a thread's end: an exec ends all others before it is told.
        if matches!(told, Other::ThreadStart(_)) {
            self.end_search(thread.of);
        }
        let mut subject = match key.and_then(|key| self.tree.get(key)) {
            Some(node) => subject_of(node),
            None => Subject { id: thread.of, ..Subject::default() },
        };
        subject.comm = thread.comm;
        self.write_line(time_ns, key, &subject, told);
        Effect::News(key)
    }

    pub(super) fn cgroup(&mut self, cgroup: &Cgroup) -> Effect {
        self.tree.learn_cgroup(cgroup);
        Effect::News(None)
    }

    /// Remembers and logs a change that is in the tree already.
    fn note(&mut self, time_ns: u64, key: NodeKey, change: Change) {
        let Some(node) = self.tree.get(key) else { return };
        let subject = subject_of(node);
        self.changes.push((key, change));
        self.write_line(time_ns, Some(key), &subject, Other::Changed(change));
    }
}

impl Search {
    /// Whether what happens at `time_ns` can belong to it.
    fn goes_on(&self, time_ns: u64) -> bool {
        time_ns.saturating_sub(self.latest_ns) <= SEARCH_NS
            && time_ns.saturating_sub(self.first_ns) <= WHOLE_SEARCH_NS
    }
}

/// A process as an event would tell of it now.
pub fn subject_of(node: Process<'_>) -> Subject {
    Subject {
        id: node.id,
        parent: node.latest_parent(),
        comm: node.comm(),
        uids: node.uids(),
        cgroup_id: node.cgroup_id(),
        kernel_thread: node.is_kernel_thread(),
        inner_pid: node.inner_pid(),
        outside: node.is_outside(),
    }
}
