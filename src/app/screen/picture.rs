//! What the screen shows: the model, live or frozen, with what else a scene consists of.

use jiff::tz::TimeZone;

use super::failed::FailedExecs;
use super::job::Job;
use crate::app::error::Error;
use crate::app::history;
use crate::app::users::Users;
use crate::cli::Open;
use crate::model::Model;
use crate::model::event::{Event, Source, What};
use crate::tracer;
use crate::ui::{Origin, Scene};

/// Everything that a [`Scene`] borrows from.
pub(super) struct Picture {
    pub(super) model: Model,
    frozen: Option<Box<Frozen>>,
    source: Source,
    users: Users,
    zone: TimeZone,
    /// Of a recording; `None` when live.
    pub(super) recording: Option<Recording>,
    /// What is to be told all the time.
    pub(super) notice: Option<String>,
    /// What is to be told until the next key.
    answer: Option<String>,
    pub(super) failed_execs: FailedExecs,
    in_pid_namespace: bool,
    /// Why the tracing ended before its time.
    pub(super) failure: Option<String>,
    pub(super) job: Option<Job>,
}

/// A recording's name, what is to be said about its end, and the time that is shown if it is not that.
pub(super) struct Recording {
    pub(super) name: String,
    pub(super) note: Option<String>,
    pub(super) now_ns: Option<u64>,
}

/// The model as it was when the user stopped the picture.
struct Frozen {
    model: Model,
    now_ns: u64,
}

impl Picture {
    pub(super) fn new(
        history: usize,
        source: Source,
        recording: Option<Recording>,
        job: Option<Job>,
    ) -> Self {
        Self {
            model: Model::new(history),
            frozen: None,
            source,
            users: Users::local(),
            zone: TimeZone::system(),
            recording,
            notice: None,
            answer: None,
            failed_execs: FailedExecs::Recorded,
            in_pid_namespace: false,
            failure: None,
            job,
        }
    }

    /// Of a recording, before its first event; `history` is how many ended processes are kept, if that was said.
    pub(super) fn recorded(options: &Open, history: Option<usize>, source: Source) -> Result<Self, Error> {
        let name = options.file.file_name().unwrap_or(options.file.as_os_str());
        let recording = Recording { name: name.to_string_lossy().into_owned(), note: None, now_ns: None };
        let mut picture = Self::new(history::kept(history), source, Some(recording), None);
        picture.model.set_storm_threshold(options.storm);
        if let Some(path) = &options.users {
            picture.users =
                Users::listed(path).map_err(|error| Error::Users { path: path.clone(), error })?;
        }
        Ok(picture)
    }

    /// When the tracing began, in nanoseconds of the boot clock.
    pub(super) fn started_ns(&self) -> u64 {
        self.source.started_ns
    }

    pub(super) fn apply(&mut self, events: &[Event]) {
        for event in events {
            self.model.apply(event);
            if let What::Fork(_) | What::Exec(_) | What::Exit(_) | What::Snapshot(_) | What::Look(_) =
                event.what
            {
                self.learn(event);
            }
        }
    }

    /// Nothing has come for a while, and nothing that is older than this is still to come. A storm that nothing follows
    /// is over all the same, and the log tells.
    pub(super) fn pass_time(&mut self, reached_ns: u64) {
        if !self.stands_still() {
            self.model.pass_time(reached_ns);
        }
    }

    fn learn(&mut self, event: &Event) {
        let subject = match &event.what {
            What::Fork(fork) => &fork.subject,
            What::Exec(exec) => &exec.subject,
            What::Exit(exit) => &exit.subject,
            What::Snapshot(snapshot) => &snapshot.subject,
            What::Look(look) => &look.subject,
            _ => return,
        };
        self.users.learn(subject.uids.effective);
        if subject.uids.real != subject.uids.effective {
            self.users.learn(subject.uids.real);
        }
    }

    /// Tells something until the next key; what was told and not read yet stays in front.
    pub(super) fn answer(&mut self, said: &str) {
        self.answer = Some(match self.answer.take() {
            Some(before) => format!("{before} · {said}"),
            None => said.to_owned(),
        });
    }

    /// Tells whether there was anything.
    pub(super) fn forget_answer(&mut self) -> bool {
        self.answer.take().is_some()
    }

    /// proctop runs in a pid namespace that is not the initial one.
    pub(super) fn enter_pid_namespace(&mut self) {
        self.in_pid_namespace = true;
        self.answer(
            "in a pid namespace: pids are those of this one; processes from outside of it are marked",
        );
    }

    /// Stops the picture, or lets it go on. Events go on in any case.
    pub(super) fn freeze(&mut self, frozen: bool) {
        let (now_ns, instant) = (self.clock_ns(), self.shown().instant());
        self.frozen = frozen.then(|| Box::new(Frozen { model: self.model.clone(), now_ns }));
        self.model.look_at(None);
        self.look_at(instant);
    }

    /// Shows the picture as of an instant, or as of now. Events go on in any case.
    pub(super) fn look_at(&mut self, instant: Option<u64>) {
        match &mut self.frozen {
            Some(frozen) => frozen.model.look_at(instant),
            None => self.model.look_at(instant),
        }
    }

    fn shown(&self) -> &Model {
        self.frozen.as_ref().map_or(&self.model, |frozen| &frozen.model)
    }

    /// Nothing more will come. A picture that was stopped shows the last that did.
    pub(super) fn fail(&mut self, reason: String) {
        self.frozen = None;
        self.failure = Some(reason);
    }

    /// Whether a command runs beneath.
    pub(super) fn has_running_job(&self) -> bool {
        self.job.as_ref().is_some_and(|job| job.exit_code().is_none())
    }

    pub(super) fn is_frozen(&self) -> bool {
        self.frozen.is_some()
    }

    fn clock_ns(&self) -> u64 {
        if let Some(now_ns) = self.recording.as_ref().and_then(|recording| recording.now_ns) {
            return now_ns;
        }
        if self.stands_still() { self.model.latest_ns() } else { tracer::boot_ns() }
    }

    /// A recording's time stands still at its end; so does a tracing's that has ended.
    fn stands_still(&self) -> bool {
        self.recording.is_some() || self.model.account().is_some() || self.failure.is_some()
    }

    pub(super) fn scene(&self) -> Scene<'_> {
        let (model, now_ns) = match &self.frozen {
            Some(frozen) => (&frozen.model, frozen.now_ns),
            None => (&self.model, self.clock_ns()),
        };
        let now_ns = model.instant().unwrap_or(now_ns);
        let origin = match &self.recording {
            Some(recording) => Origin::Recording { name: &recording.name, note: recording.note.as_deref() },
            None if self.failure.is_some() => Origin::Broken,
            None => Origin::Live,
        };
        Scene {
            model,
            now_ns,
            host: &self.source.host,
            kernel: &self.source.kernel,
            users: self.users.known(),
            origin,
            command: self.job.as_ref().map(Job::view),
            notice: self.answer.as_deref().or(self.notice.as_deref()).or(self.failure.as_deref()),
            failed_execs: self.failed_execs.are_told(),
            pid_namespace: self.in_pid_namespace,
            local: &self.zone,
            elapsed_ns: now_ns.saturating_sub(self.source.started_ns),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::event::{Fork, ProcessId, Subject};

    /// A storm of half a second, soon after the machine started, and nothing since.
    fn after_a_storm() -> Picture {
        const FROM_NS: u64 = 1_000_000_000;
        let mut picture = Picture::new(10, Source::default(), None, None);
        for number in 0..1000 {
            let time_ns = FROM_NS + u64::from(number) * 600_000;
            let subject = Subject { id: ProcessId::new(100 + number, time_ns), ..Subject::default() };
            let what = What::Fork(Fork { subject, ..Fork::default() });
            picture.apply(&[Event { time_ns, what }]);
        }
        picture
    }

    fn is_over(picture: &Picture) -> bool {
        picture.model.storms().latest().expect("a storm").course.over
    }

    #[test]
    fn a_storm_that_nothing_follows_is_over_unless_time_stands_still() {
        let mut picture = after_a_storm();
        assert!(!is_over(&picture));
        let lines = picture.model.log().end();
        picture.pass_time(tracer::boot_ns());
        assert!(is_over(&picture));
        assert_eq!(picture.model.log().end(), lines + 1);

        let mut failed = after_a_storm();
        failed.fail("no more records".into());
        failed.pass_time(tracer::boot_ns());
        assert!(!is_over(&failed));
    }

    #[test]
    fn a_failure_is_shown_and_time_stands_still() {
        let mut picture = Picture::new(10, Source::default(), None, None);
        picture.freeze(true);
        picture.fail("no more records".into());
        assert!(!picture.is_frozen());
        let scene = picture.scene();
        assert_eq!((scene.origin, scene.notice, scene.now_ns), (Origin::Broken, Some("no more records"), 0));
        assert!(scene.is_over());
        picture.notice = Some("another matter".into());
        assert_eq!(picture.scene().notice, Some("another matter"));
    }
}
