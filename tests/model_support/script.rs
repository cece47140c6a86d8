//! Scenario files: a story line by line, then what must be shown of its end. See `tests/scenarios/README.md`.

use std::str::SplitWhitespace;
use std::sync::Arc;

use proctop::model::event::{
    Account, Cgroup, Comm, Directory, Event, Exec, ExecFailed, Exit, Fork, Image, Kind, Look, Lost, PerKind,
    ProcessId, Rename, Session, Snapshot, Subject, Thread, Usage, What,
};
use proctop::model::scope::Scope;

use super::parse::{Names, Result, Words, length_ns, number, status, time_ns};

/// A story and what is expected of it.
pub struct Script {
    pub events: Vec<Event>,
    pub history: usize,
    scope: Option<ScopeOf>,
    pub sections: Vec<Section>,
    /// The text up to the first section.
    pub story: String,
}

#[derive(Clone, Copy)]
enum ScopeOf {
    ChildrenOf(ProcessId),
    Pid(u32),
}

/// `== head`, and the lines beneath.
pub struct Section {
    pub head: String,
    pub body: String,
}

impl Script {
    pub fn parse(text: &str) -> Result<Self> {
        let story_end = text.find("\n== ").map_or(text.len(), |at| at + 1);
        let (story, rest) = text.split_at(story_end);
        let mut reader = Reader::default();
        for (index, line) in story.lines().enumerate() {
            reader.line(line).map_err(|error| format!("line {}: {error}", index + 1))?;
        }
        Ok(Self {
            events: reader.events,
            history: reader.history.unwrap_or(1000),
            scope: reader.scope,
            sections: sections(rest),
            story: story.to_owned(),
        })
    }

    /// A scope as the story wants it.
    pub fn scope(&self) -> Scope {
        match self.scope {
            None => Scope::everything(),
            Some(ScopeOf::ChildrenOf(id)) => Scope::children_of(id),
            Some(ScopeOf::Pid(pid)) => Scope::subtree_of(pid),
        }
    }
}

fn sections(text: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for line in text.lines() {
        match (line.strip_prefix("== "), sections.last_mut()) {
            (Some(head), _) => {
                sections.push(Section { head: head.trim_end().to_owned(), body: String::new() });
            }
            (None, Some(section)) if !line.trim().is_empty() => {
                section.body.push_str(line.trim_end());
                section.body.push('\n');
            }
            _ => {}
        }
    }
    sections
}

/// What the line of a process that is listed may say.
const SNAPSHOT: [&str; 8] = ["zombie", "kthread", "uid", "threads", "sid", "pts", "cwd", "cgroup"];

#[derive(Default)]
struct Reader {
    events: Vec<Event>,
    names: Names,
    history: Option<usize>,
    scope: Option<ScopeOf>,
}

impl Reader {
    fn line(&mut self, line: &str) -> Result<()> {
        let mut words = line.split_whitespace();
        match words.next() {
            None => Ok(()),
            Some(word) if word.starts_with('#') => Ok(()),
            Some("history") => {
                self.history = Some(only(&mut words)?.parse().map_err(|_| "history N".to_owned())?);
                Ok(())
            }
            Some("scope") => self.scope(words),
            Some(word) => {
                let time_ns = time_ns(word)?;
                let kind = words.next().ok_or("what happened?")?;
                let what = self.what(time_ns, kind, words).map_err(|error| format!("{kind}: {error}"))?;
                self.events.push(Event { time_ns, what });
                Ok(())
            }
        }
    }

    fn scope(&mut self, mut words: SplitWhitespace<'_>) -> Result<()> {
        self.scope = Some(match (words.next(), only(&mut words)?) {
            (Some("children-of"), id) => ScopeOf::ChildrenOf(self.names.id(id)?),
            (Some("pid"), pid) => ScopeOf::Pid(pid.parse().map_err(|_| "scope pid PID".to_owned())?),
            _ => return Err("scope children-of PID@TIME, or scope pid PID".into()),
        });
        Ok(())
    }

    fn what(&mut self, time_ns: u64, kind: &str, mut words: SplitWhitespace<'_>) -> Result<What> {
        Ok(match kind {
            "clock" => What::Clock {
                wall_offset_ns: i64::try_from(length_ns(only(&mut words)?)?)
                    .map_err(|error| error.to_string())?,
            },
            "listed" => What::SnapshotEnd { taken_ns: super::parse::time_ns(only(&mut words)?)? },
            "lost" => What::Lost(lost(words)?),
            "end" => match words.next() {
                None => What::End(Account::default()),
                Some(word) => return Err(format!("{word}: nothing follows")),
            },
            "snapshot" => self.snapshot(words)?,
            "fork" => self.fork(time_ns, words)?,
            "exec" => self.exec(words)?,
            "exit" => self.exit(words)?,
            "failed" => self.failed(words)?,
            "rename" => self.rename(words)?,
            "thread+" => What::ThreadStart(self.thread(words)?),
            "thread-" => What::ThreadEnd(self.thread(words)?),
            "look" => self.look(words)?,
            "zombies" => What::Zombies(words.map(|word| self.names.id(word)).collect::<Result<_>>()?),
            "cgroup" => cgroup(words)?,
            _ => return Err("unknown event".into()),
        })
    }

    fn snapshot(&mut self, mut words: SplitWhitespace<'_>) -> Result<What> {
        let id = self.names.listed_id(words.next().ok_or("which pid?")?)?;
        let mut subject = self.names.subject(id);
        let words = Words::read(words, &mut subject, &self.names, &SNAPSHOT)?;
        subject.comm = Comm::from(words.only_plain()?);
        let session = self.session(&words, id);
        self.names.tell(subject);
        let image = (!words.program.is_empty()).then(|| image(&words));
        Ok(What::Snapshot(Snapshot { subject, session, threads: words.threads, zombie: words.zombie, image }))
    }

    fn fork(&mut self, time_ns: u64, mut words: SplitWhitespace<'_>) -> Result<What> {
        let id = self.names.new_id(words.next().ok_or("which pid?")?, time_ns)?;
        let mut subject = self.names.subject(id);
        let words = Words::read(words, &mut subject, &self.names, &["by", "kthread", "uid", "cgroup"])?;
        subject.comm = Comm::from(words.only_plain()?);
        self.names.tell(subject);
        let forked_by = words.forked_by.map(|word| self.names.id(word)).transpose()?;
        Ok(What::Fork(Fork { subject, forked_by }))
    }

    fn exec(&mut self, mut words: SplitWhitespace<'_>) -> Result<What> {
        let id = self.names.id(words.next().ok_or("which pid?")?)?;
        let mut subject = self.names.subject(id);
        let file_name = |path: &str| Comm::from(path.rsplit('/').next().unwrap_or_default());
        let allowed = ["uid", "comm", "sid", "pts", "cwd", "cgroup"];
        let words = Words::read(words, &mut subject, &self.names, &allowed)?;
        words.no_plain()?;
        if !words.has_comm {
            subject.comm = file_name(words.program.first().ok_or("which /program?")?);
        }
        self.names.tell(subject);
        let session = self.session(&words, id);
        Ok(What::Exec(Exec { subject, session, by_thread: None, image: image(&words) }))
    }

    fn exit(&mut self, mut words: SplitWhitespace<'_>) -> Result<What> {
        let id = self.names.id(words.next().ok_or("which pid?")?)?;
        let mut subject = self.names.subject(id);
        let allowed = ["cpu", "rss", "uid", "comm", "killer", "threads"];
        let words = Words::read(words, &mut subject, &self.names, &allowed)?;
        self.names.tell(subject);
        Ok(What::Exit(Exit {
            subject,
            status: status(words.only_plain()?)?,
            cpu_ns: words.cpu_ns,
            cpu_user_ns: words.cpu_ns,
            max_rss_bytes: words.max_rss_bytes,
            usage: Usage { threads: words.threads, ..Usage::default() },
            killed_by: words.killer.map(|word| self.names.killer(word)).transpose()?,
            ..Exit::default()
        }))
    }

    /// No program as it is of an exec: the path alone.
    fn failed(&mut self, mut words: SplitWhitespace<'_>) -> Result<What> {
        let id = self.names.id(words.next().ok_or("which pid?")?)?;
        let mut subject = self.names.subject(id);
        let words = Words::read(words, &mut subject, &self.names, &["errno", "comm"])?;
        words.no_plain()?;
        let [filename] = words.program[..] else { return Err("one /path".into()) };
        let error = if words.errno == 0 { 2 } else { words.errno };
        let filename = filename.as_bytes().into();
        Ok(What::ExecFailed(ExecFailed { id, comm: subject.comm, error, filename }))
    }

    fn rename(&mut self, mut words: SplitWhitespace<'_>) -> Result<What> {
        let id = self.names.id(words.next().ok_or("which pid?")?)?;
        let subject = self.names.subject(id);
        let to = Comm::from(only(&mut words)?);
        self.names.tell(Subject { comm: to, ..subject });
        Ok(What::Rename(Rename { subject, to }))
    }

    fn thread(&mut self, mut words: SplitWhitespace<'_>) -> Result<Thread> {
        let of = self.names.id(words.next().ok_or("which pid?")?)?;
        let mut subject = self.names.subject(of);
        let words = Words::read(words, &mut subject, &self.names, &["tid", "comm", "cpu"])?;
        words.no_plain()?;
        Ok(Thread { of, tid: words.tid, comm: subject.comm, start_ns: 0, cpu_ns: words.cpu_ns })
    }

    fn look(&mut self, mut words: SplitWhitespace<'_>) -> Result<What> {
        let id = self.names.id(words.next().ok_or("which pid?")?)?;
        let mut subject = self.names.subject(id);
        let allowed = ["uid", "comm", "sid", "pts", "cgroup"];
        let words = Words::read(words, &mut subject, &self.names, &allowed)?;
        words.no_plain()?;
        self.names.tell(subject);
        let session = self.session(&words, id);
        Ok(What::Look(Look { subject, session }))
    }

    fn session(&mut self, words: &Words<'_>, id: ProcessId) -> Session {
        let session = words.session(self.names.session(id));
        self.names.tell_session(id, session);
        session
    }
}

fn only<'a>(words: &mut SplitWhitespace<'a>) -> Result<&'a str> {
    match (words.next(), words.next()) {
        (Some(word), None) => Ok(word),
        (None, _) => Err("a word is missing".into()),
        (Some(_), Some(word)) => Err(format!("{word}: too much")),
    }
}

/// `/path argv0 argv1…`, in `cwd=/path`
fn image(words: &Words<'_>) -> Arc<Image> {
    let program = &words.program[..];
    let (filename, args) = program.split_first().map_or(("", program), |(first, rest)| (*first, rest));
    let argv: Vec<u8> = args.iter().flat_map(|arg| arg.bytes().chain([0])).collect();
    let cwd = words.cwd.map(|path| Directory { path: path.as_bytes().into(), ..Directory::default() });
    Arc::new(Image { filename: filename.as_bytes().into(), argv: argv.into(), cwd, ..Image::default() })
}

/// `ID /path`
fn cgroup(mut words: SplitWhitespace<'_>) -> Result<What> {
    let id = number(words.next().ok_or("which id?")?)?;
    let path = only(&mut words)?.as_bytes().into();
    Ok(What::Cgroup(Cgroup { id, path, cut: false }))
}

fn lost(words: SplitWhitespace<'_>) -> Result<Lost> {
    let mut dropped = PerKind::default();
    let mut missed_at_most = 0;
    for word in words {
        let (kind, count) = word.split_once('=').ok_or_else(|| format!("{word}: KIND=N"))?;
        let known = Kind::ALL.into_iter().find(|known| known.name() == kind);
        let place = match known {
            Some(kind) => dropped.get_mut(kind),
            None if kind == "missed" => &mut missed_at_most,
            None => return Err(format!("{kind}: unknown kind")),
        };
        *place = count.parse().map_err(|_| format!("{word}: not a number"))?;
    }
    Ok(Lost { dropped, missed_at_most })
}
