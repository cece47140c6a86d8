//! What filters ask, answered for a process of the tree and for a line of the log.

use super::cgroups::Owner;
use super::changes::Change;
use super::event::{Comm, ImageRef, Killer, WaitStatus};
use super::filter::{EventKind, State, Subject};
use super::log::{Entry, LogLine, base_name};
use super::process::{Ending, ImageRun, NodeKey, Process};
use super::tree::Tree;
use super::tty::TtyName;

/// A process of the tree at a moment.
#[derive(Clone, Copy, Debug)]
pub struct ProcessSubject<'a> {
    tree: &'a Tree,
    key: NodeKey,
    process: Process<'a>,
    now_ns: u64,
}

impl<'a> ProcessSubject<'a> {
    /// `now_ns` (boot clock) is what the age of a living process counts to.
    pub fn new(tree: &'a Tree, key: NodeKey, process: Process<'a>, now_ns: u64) -> Self {
        Self { tree, key, process, now_ns }
    }
}

impl Subject for ProcessSubject<'_> {
    fn any_comm(&self, test: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        any_comm(&self.process, test)
    }

    fn any_argv(&self, test: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        self.process.image().is_some_and(|(image, _)| test(image.argv))
    }

    fn any_filename(&self, test: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        self.process.image().is_some_and(|(image, _)| !image.filename.is_empty() && test(image.filename))
    }

    fn any_cwd(&self, test: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        self.process.image().is_some_and(|(image, _)| any_cwd(&image, test))
    }

    fn any_cgroup(&self, test: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        let Some(path) = self.tree.cgroups().path(self.process.cgroup_id()) else { return false };
        let owner = match path.owner() {
            Some(Owner::Container { id, .. }) => Some(id),
            Some(Owner::Unit(unit)) => Some(unit),
            None => None,
        };
        test(&path.bytes) || owner.is_some_and(|owner| test(owner.as_bytes()))
    }

    fn any_tty(&self, test: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        let name = self.process.session().and_then(|session| TtyName::of(session.tty));
        name.is_some_and(|name| test(name.as_str().as_bytes()))
    }

    fn sid(&self) -> Option<u32> {
        self.process.session().map(|session| session.id).filter(|&id| id > 0)
    }

    fn killer(&self) -> Option<&Killer> {
        self.process.killed_by()
    }

    /// Only the event tells that.
    fn errno(&self) -> Option<u32> {
        None
    }

    fn threads(&self) -> Option<u32> {
        threads(&self.process.ending()?)
    }

    fn pid(&self) -> Option<u32> {
        Some(self.process.id.pid)
    }

    fn ppid(&self) -> Option<u32> {
        self.process.latest_parent().map(|parent| parent.pid)
    }

    fn uid(&self) -> Option<u32> {
        Some(self.process.uids().effective)
    }

    fn duration_ns(&self) -> Option<u64> {
        Some(self.process.lifetime_ns(self.now_ns))
    }

    fn status(&self) -> Option<WaitStatus> {
        self.process.status()
    }

    fn cpu_ns(&self) -> Option<u64> {
        self.process.cpu_ns()
    }

    fn max_rss_bytes(&self) -> Option<u64> {
        self.process.max_rss_bytes()
    }

    fn state(&self) -> Option<State> {
        Some(match &self.process {
            process if process.is_zombie() => State::Zombie,
            process if !process.is_alive() => State::Exited,
            process if process.is_kernel_thread() => State::Kernel,
            _ => State::Running,
        })
    }

    fn is_under(&self, pid: u32) -> bool {
        self.process.id.pid == pid
            || self.tree.ancestors(self.key).any(|(_, ancestor)| ancestor.id.pid == pid)
    }

    fn event(&self) -> Option<EventKind> {
        None
    }
}

/// An event at the moment when it is told, seen against its process.
#[derive(Clone, Copy, Debug)]
pub struct EventSubject<'a> {
    process: ProcessSubject<'a>,
    kind: EventKind,
}

impl<'a> EventSubject<'a> {
    /// `process` at the time of the event.
    pub fn new(process: ProcessSubject<'a>, kind: EventKind) -> Self {
        Self { process, kind }
    }

    fn ends(&self) -> bool {
        self.kind == EventKind::Exit
    }
}

/// As the process, but only an exit tells a lifetime and an ending.
impl Subject for EventSubject<'_> {
    fn any_comm(&self, test: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        self.process.any_comm(test)
    }

    fn any_argv(&self, test: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        self.process.any_argv(test)
    }

    fn any_filename(&self, test: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        self.process.any_filename(test)
    }

    fn any_cwd(&self, test: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        self.process.any_cwd(test)
    }

    fn any_cgroup(&self, test: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        self.process.any_cgroup(test)
    }

    fn any_tty(&self, test: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        self.process.any_tty(test)
    }

    fn sid(&self) -> Option<u32> {
        self.process.sid()
    }

    fn killer(&self) -> Option<&Killer> {
        self.process.killer().filter(|_| self.ends())
    }

    fn errno(&self) -> Option<u32> {
        None
    }

    fn threads(&self) -> Option<u32> {
        self.process.threads().filter(|_| self.ends())
    }

    fn pid(&self) -> Option<u32> {
        self.process.pid()
    }

    fn ppid(&self) -> Option<u32> {
        self.process.ppid()
    }

    fn uid(&self) -> Option<u32> {
        self.process.uid()
    }

    fn duration_ns(&self) -> Option<u64> {
        self.process.duration_ns().filter(|_| self.ends() && self.process.status().is_some())
    }

    fn status(&self) -> Option<WaitStatus> {
        self.process.status().filter(|_| self.ends())
    }

    fn cpu_ns(&self) -> Option<u64> {
        self.process.cpu_ns().filter(|_| self.ends())
    }

    fn max_rss_bytes(&self) -> Option<u64> {
        self.process.max_rss_bytes().filter(|_| self.ends())
    }

    fn state(&self) -> Option<State> {
        self.process.state()
    }

    fn is_under(&self, pid: u32) -> bool {
        self.process.is_under(pid)
    }

    fn event(&self) -> Option<EventKind> {
        Some(self.kind)
    }
}

/// A line of the log, with its process while that is kept. It is judged by what was so at the line's time: the same
/// however much later.
#[derive(Clone, Copy, Debug)]
pub struct LineSubject<'a> {
    line: &'a LogLine<'a>,
    process: Option<ProcessSubject<'a>>,
}

impl<'a> LineSubject<'a> {
    /// Looks the line's process up.
    pub fn new(tree: &'a Tree, line: &'a LogLine<'a>) -> Self {
        let known = tree.latest(line.id);
        let process = known.map(|(key, process)| ProcessSubject::new(tree, key, process, line.time_ns));
        Self { line, process }
    }

    fn is_about_a_process(&self) -> bool {
        !matches!(self.line.entry, Entry::Lost(_)) && self.line.id.pid != 0
    }

    fn ending(&self) -> Option<&'a Ending> {
        match &self.line.entry {
            Entry::Exit(ending, _) => Some(ending),
            _ => None,
        }
    }

    /// The comms of the exec chain up to the line.
    fn comms(&self) -> impl Iterator<Item = Comm> + use<'a> {
        let (process, time_ns) = (self.process.map(|subject| subject.process), self.line.time_ns);
        let comms = process.into_iter().flat_map(|process| process.image_comms());
        comms
            .filter(move |(since_ns, _)| since_ns.is_none_or(|since_ns| since_ns <= time_ns))
            .map(|(_, comm)| comm)
    }

    /// The exec chain up to the line.
    fn runs(&self) -> impl Iterator<Item = ImageRun<'a>> + use<'a> {
        let (process, time_ns) = (self.process.map(|subject| subject.process), self.line.time_ns);
        let runs = process.into_iter().flat_map(|process| process.images());
        runs.filter(move |run| run.since_ns.is_none_or(|since_ns| since_ns <= time_ns))
    }

    /// What ran at a line that tells no image of its own.
    fn image_before(&self) -> Option<ImageRef<'a>> {
        let inherited = self.process.and_then(|subject| subject.process.inherited());
        self.runs().last().map(|run| run.image).or(inherited)
    }

    fn image(&self) -> Option<ImageRef<'a>> {
        match &self.line.entry {
            Entry::Exec(image) | Entry::Exit(_, Some(image)) => Some(*image),
            _ => None,
        }
    }
}

impl Subject for LineSubject<'_> {
    fn any_comm(&self, test: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        self.is_about_a_process()
            && (test(self.line.comm.as_bytes())
                || self.comms().any(|comm| comm != self.line.comm && test(comm.as_bytes())))
    }

    fn any_argv(&self, test: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        self.image().or_else(|| self.image_before()).is_some_and(|image| test(image.argv))
    }

    /// Of a failed exec the name without its directory: of a search that is what all its places have in common.
    fn any_filename(&self, test: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        if let Entry::ExecFailed(failed) = &self.line.entry {
            return !failed.filename.is_empty() && test(base_name(&failed.filename));
        }
        let image = self.image().or_else(|| self.image_before());
        image.is_some_and(|image| !image.filename.is_empty() && test(image.filename))
    }

    fn any_cwd(&self, test: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        self.image().or_else(|| self.image_before()).is_some_and(|image| any_cwd(&image, test))
    }

    /// No line keeps it: where the process was when it was last told of.
    fn any_cgroup(&self, test: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        self.process.is_some_and(|process| process.any_cgroup(test))
    }

    fn any_tty(&self, test: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        match self.line.entry {
            Entry::Changed(Change::Session(session)) => {
                TtyName::of(session.tty).is_some_and(|name| test(name.as_str().as_bytes()))
            }
            _ => self.process.is_some_and(|process| process.any_tty(test)),
        }
    }

    fn sid(&self) -> Option<u32> {
        match self.line.entry {
            Entry::Changed(Change::Session(session)) => Some(session.id).filter(|&id| id > 0),
            _ => self.process?.sid(),
        }
    }

    fn killer(&self) -> Option<&Killer> {
        self.ending()?.killed_by.as_ref()
    }

    fn errno(&self) -> Option<u32> {
        match &self.line.entry {
            Entry::ExecFailed(failed) => Some(failed.error),
            _ => None,
        }
    }

    fn threads(&self) -> Option<u32> {
        threads(self.ending()?)
    }

    fn pid(&self) -> Option<u32> {
        self.is_about_a_process().then_some(self.line.id.pid)
    }

    fn ppid(&self) -> Option<u32> {
        self.line.parent.map(|parent| parent.pid)
    }

    fn uid(&self) -> Option<u32> {
        self.is_about_a_process().then_some(self.line.uids.effective)
    }

    fn duration_ns(&self) -> Option<u64> {
        Some(seen(self.ending())?.time_ns.saturating_sub(self.line.id.start_ns))
    }

    fn status(&self) -> Option<WaitStatus> {
        self.ending()?.status
    }

    fn cpu_ns(&self) -> Option<u64> {
        seen(self.ending()).map(|ending| ending.cpu_ns)
    }

    fn max_rss_bytes(&self) -> Option<u64> {
        seen(self.ending()).map(|ending| ending.max_rss_bytes)
    }

    fn state(&self) -> Option<State> {
        Some(match self.line.entry {
            Entry::Lost(_) | Entry::Storm(_) => return None,
            Entry::Changed(Change::Zombie) => State::Zombie,
            Entry::Exit(..) | Entry::Changed(Change::Reaped) => State::Exited,
            _ => State::Running,
        })
    }

    fn is_under(&self, pid: u32) -> bool {
        self.is_about_a_process()
            && (self.line.id.pid == pid || self.process.is_some_and(|process| process.is_under(pid)))
    }

    fn event(&self) -> Option<EventKind> {
        Some(match self.line.entry {
            Entry::Fork(_) => EventKind::Fork,
            Entry::Exec(_) => EventKind::Exec,
            Entry::Exit(..) => EventKind::Exit,
            Entry::ExecFailed(_) => EventKind::ExecFailed,
            Entry::Changed(change) => kind_of(&change),
            Entry::ThreadStart(_) => EventKind::ThreadStart,
            Entry::ThreadEnd(_) => EventKind::ThreadEnd,
            Entry::Lost(_) => EventKind::Lost,
            Entry::Storm(_) => EventKind::Storm,
        })
    }
}

/// The kind of event that a change is.
const fn kind_of(change: &Change) -> EventKind {
    match change {
        Change::Renamed { .. } => EventKind::Renamed,
        Change::Adopted => EventKind::Adopted,
        Change::Session(_) => EventKind::Session,
        Change::Uids { .. } => EventKind::Uid,
        Change::Zombie => EventKind::Zombie,
        Change::Reaped => EventKind::Reaped,
    }
}

fn any_cwd(image: &ImageRef<'_>, test: &mut dyn FnMut(&[u8]) -> bool) -> bool {
    image.cwd.is_some_and(|cwd| test(cwd.path))
}

fn threads(ending: &Ending) -> Option<u32> {
    Some(ending.usage.threads).filter(|&threads| threads > 0)
}

/// An ending that was only concluded tells neither a lifetime nor costs.
fn seen(ending: Option<&Ending>) -> Option<&Ending> {
    ending.filter(|ending| ending.status.is_some())
}

/// Every image of the chain; before the first exec there is the comm that was inherited.
fn any_comm(process: &Process<'_>, test: &mut dyn FnMut(&[u8]) -> bool) -> bool {
    let latest = process.comm();
    test(latest.as_bytes()) || process.image_comms().any(|(_, comm)| comm != latest && test(comm.as_bytes()))
}
