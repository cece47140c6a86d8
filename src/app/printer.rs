//! What of a stream of events is printed: what matches, each with what is known of its process.

use std::io::{self, Write};

use super::searches::Searches;
use super::users::Users;
use crate::cli::Selection;
use crate::model::changes::{Change, subject_of};
use crate::model::event::{Account, Event, Exit, Source, Subject, What};
use crate::model::filter::{EventKind, Filter};
use crate::model::log::{Entry, LogLine};
use crate::model::process::NodeKey;
use crate::model::storm::Threshold;
use crate::model::{Effect, EventSubject, LineSubject, Model, ProcessSubject};
use crate::output::{Context, Line, Lines};

/// The dead whose ancestry and images a line may still ask for.
const HISTORY: usize = 4096;

/// Prints what matches.
pub(super) struct Printer<W: Write> {
    model: Model,
    users: Users,
    filter: Filter,
    min_duration_ns: u64,
    lines: Lines<W>,
    account: Option<Account>,
    searches: Searches,
}

impl<W: Write> Printer<W> {
    pub(super) fn new(lines: Lines<W>, selection: &Selection) -> Self {
        Self {
            model: Model::new(HISTORY),
            users: Users::default(),
            filter: selection.combined(),
            min_duration_ns: selection.min_duration_ns.unwrap_or(0),
            lines,
            account: None,
            searches: Searches::default(),
        }
    }

    /// Storms are found by this.
    pub(super) fn set_storm_threshold(&mut self, threshold: Threshold) {
        self.model.set_storm_threshold(threshold);
    }

    pub(super) fn lines(&self) -> &Lines<W> {
        &self.lines
    }

    /// The account, once the stream has ended in order.
    pub(super) fn account(&self) -> Option<&Account> {
        self.account.as_ref()
    }

    /// Prints what comes before all events.
    pub(super) fn start(&mut self, source: &Source) -> io::Result<()> {
        self.lines.start(source)
    }

    /// Prints a batch.
    pub(super) fn print(&mut self, events: &[Event]) -> io::Result<()> {
        events.iter().try_for_each(|event| self.event(event))?;
        self.lines.flush()
    }

    /// Whether a line is held back, since it is not known yet what becomes of it.
    pub(super) fn is_holding(&self) -> bool {
        !self.searches.is_empty()
    }

    /// Prints what is held back, as it is.
    pub(super) fn release(&mut self) -> io::Result<()> {
        if !self.is_holding() {
            return Ok(());
        }
        for failed in self.searches.take_all() {
            self.failed_exec(&failed)?;
        }
        self.lines.flush()
    }

    fn event(&mut self, event: &Event) -> io::Result<()> {
        let first_line = self.model.log().end();
        let effect = self.model.apply(event);
        if matches!(event.what, What::End(_)) {
            // Nothing comes behind the end.
            self.storms(first_line)?;
            return self.what_happened(event, effect, first_line);
        }
        self.what_happened(event, effect, first_line)?;
        self.storms(first_line)
    }

    /// Time has passed up to `now_ns` (boot clock) without anything that is still to be printed: a storm may be over.
    pub(super) fn pass_time(&mut self, now_ns: u64) -> io::Result<()> {
        let first_line = self.model.log().end();
        if self.model.pass_time(now_ns) {
            self.storms(first_line)?;
            self.lines.flush()?;
        }
        Ok(())
    }

    fn what_happened(&mut self, event: &Event, effect: Effect, first_line: u64) -> io::Result<()> {
        let tries = match &event.what {
            What::Exec(exec) => self.searches.take_found(exec.subject.id, self.model.log()),
            _ => 0,
        };
        for failed in self.searches.take_given_up(&self.model, event.time_ns) {
            self.failed_exec(&failed)?;
        }
        match &event.what {
            What::SnapshotEnd { .. } => {}
            What::Clock { .. } | What::Cgroup(_) => return Ok(()),
            What::Lost(_) => return self.line(event, None, Context::default()),
            What::End(account) => {
                self.release()?;
                self.account = Some(*account);
                return self.line(event, None, Context::default());
            }
            What::Snapshot(_) | What::Fork(_) | What::Exec(_) | What::Exit(_) => {
                if matches!(event.what, What::Exec(_)) {
                    // It tells of the parent, session and user, too, which may be others by then.
                    self.told_by_the_log(event, first_line)?;
                }
                if let Effect::News(Some(key)) = effect {
                    self.told(event, key, tries)?;
                }
            }
            What::ExecFailed(_)
            | What::ThreadStart(_)
            | What::ThreadEnd(_)
            | What::Rename(_)
            | What::Look(_)
            | What::Zombies(_) => self.told_by_the_log(event, first_line)?,
        }
        for key in self.model.concluded().to_vec() {
            self.concluded(key)?;
        }
        Ok(())
    }

    /// Storms that begin or are over, as the log has them from line `first` on: one that is short does both at once.
    fn storms(&mut self, first: u64) -> io::Result<()> {
        let is_storm = |line: &LogLine<'_>| matches!(line.entry, Entry::Storm(_));
        let lines = self.model.log().iter_from(first).map(|(_, line)| line).filter(is_storm);
        let told: Vec<_> = lines.filter_map(|line| line.detached()).collect();
        told.into_iter().try_for_each(|line| self.storm(&line))
    }

    fn storm(&mut self, line: &LogLine<'_>) -> io::Result<()> {
        let Entry::Storm(report) = &line.entry else { return Ok(()) };
        if self.min_duration_ns > 0 || !self.filter.matches(&LineSubject::new(self.model.tree(), line)) {
            return Ok(());
        }
        let what = What::Clock { wall_offset_ns: self.model.wall_offset_ns() };
        let event = Event { time_ns: line.time_ns, what };
        let subject = report.culprit.as_ref();
        self.line(&event, subject, Context { subject, storm: Some(report), ..Context::default() })
    }

    /// An event of a process, if it matches.
    fn told(&mut self, event: &Event, key: NodeKey, tries: u32) -> io::Result<()> {
        let Some(process) = self.model.tree().get(key) else { return Ok(()) };
        let (kind, subject) = match &event.what {
            What::Snapshot(snapshot) => (EventKind::Snapshot, &snapshot.subject),
            What::Fork(fork) => (EventKind::Fork, &fork.subject),
            What::Exec(exec) => (EventKind::Exec, &exec.subject),
            What::Exit(exit) => (EventKind::Exit, &exit.subject),
            _ => return Ok(()),
        };
        let long_enough = match kind {
            EventKind::Exit => process.lifetime_ns(event.time_ns) >= self.min_duration_ns,
            _ => self.min_duration_ns == 0,
        };
        let seen = ProcessSubject::new(self.model.tree(), key, process, event.time_ns);
        if !long_enough || !self.filter.matches(&EventSubject::new(seen, kind)) {
            return Ok(());
        }
        // It is shown at an exit alone: with a failure, or where nothing else is.
        let is_shown = kind == EventKind::Exit
            && (self.min_duration_ns > 0 || process.status().is_some_and(|status| !status.success()));
        let image = process.last_image().filter(|_| is_shown).map(|run| run.image.to_image());
        let cgroup = self.model.cgroups().path(process.cgroup_id()).cloned();
        let context = Context {
            image: image.as_ref(),
            image_ns: process.image_ns(event.time_ns),
            images: process.image_count(),
            alone: self.min_duration_ns > 0,
            cgroup: cgroup.as_deref(),
            tries,
            ..Context::default()
        };
        self.line(event, Some(subject), context)
    }

    /// What the model has made of an event stands in its log, from line `first` on: that is what there is to print.
    fn told_by_the_log(&mut self, event: &Event, first: u64) -> io::Result<()> {
        if let What::ExecFailed(failed) = &event.what
            && let Some(number) = self.model.search_line(failed.id)
        {
            let overflow = self.searches.hold(number, event.time_ns, self.model.log());
            return overflow.map_or(Ok(()), |failed| self.failed_exec(&failed));
        }
        let told: Vec<_> =
            self.model.log().iter_from(first).filter_map(|(_, line)| line.detached()).collect();
        told.iter().try_for_each(|line| self.minor(event, line, 1))
    }

    /// A search that was given up, or that nobody can wait for any longer.
    fn failed_exec(&mut self, line: &LogLine<'_>) -> io::Result<()> {
        let Entry::ExecFailed(search) = &line.entry else { return Ok(()) };
        let tries = search.tries;
        let event = Event { time_ns: line.time_ns, what: What::ExecFailed(search.event(line)) };
        self.minor(&event, line, tries)
    }

    /// What neither begins nor ends a process, if it matches; with a minimum duration nothing of that is printed.
    fn minor(&mut self, event: &Event, line: &LogLine<'_>, tries: u32) -> io::Result<()> {
        if self.min_duration_ns > 0 || !self.filter.matches(&LineSubject::new(self.model.tree(), line)) {
            return Ok(());
        }
        let change = match line.entry {
            Entry::Changed(change) => Some(change),
            Entry::ExecFailed(_) | Entry::ThreadStart(_) | Entry::ThreadEnd(_) => None,
            Entry::Fork(_) | Entry::Exec(_) | Entry::Exit(..) | Entry::Lost(_) | Entry::Storm(_) => {
                return Ok(());
            }
        };
        let process = self.model.tree().find(line.id).and_then(|key| self.model.tree().get(key));
        let subject = process.map(|process| {
            let LogLine { parent, comm, uids, .. } = *line;
            Subject { parent, comm, uids, ..subject_of(process) }
        });
        let ending = process.and_then(|process| process.ending()).filter(|ending| ending.status.is_some());
        let is_late = matches!(change, Some(Change::Zombie | Change::Reaped));
        let age_ns = ending
            .filter(|ending| is_late && ending.status.is_some())
            .map(|ending| event.time_ns.saturating_sub(ending.time_ns));
        let subject = subject.as_ref();
        self.line(event, subject, Context { subject, change, age_ns, tries, ..Context::default() })
    }

    /// An end that nobody saw, if it matches. With a minimum duration it doesn't: how long it lived is not known.
    fn concluded(&mut self, key: NodeKey) -> io::Result<()> {
        let Some((process, ending)) =
            self.model.tree().get(key).and_then(|process| Some((process, process.ending()?)))
        else {
            return Ok(());
        };
        let seen = ProcessSubject::new(self.model.tree(), key, process, ending.time_ns);
        if self.min_duration_ns > 0 || !self.filter.matches(&EventSubject::new(seen, EventKind::Exit)) {
            return Ok(());
        }
        let subject = subject_of(process);
        let event = Event { time_ns: ending.time_ns, what: What::Exit(Exit { subject, ..Exit::default() }) };
        self.line(&event, Some(&subject), Context { inferred: true, ..Context::default() })
    }

    fn line(&mut self, event: &Event, subject: Option<&Subject>, context: Context<'_>) -> io::Result<()> {
        let user = subject.and_then(|subject| self.users.name(subject.uids.effective));
        let boot_ns = i64::try_from(event.time_ns).unwrap_or(i64::MAX);
        let wall_ns = boot_ns.saturating_add(self.model.wall_offset_ns());
        self.lines.event(&Line { event, wall_ns, user, context })
    }
}

#[cfg(test)]
mod tests;
