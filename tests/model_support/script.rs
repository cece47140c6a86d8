//! Scenario files: a story line by line, then what must be shown of its end. See `tests/scenarios/README.md`.

use std::str::SplitWhitespace;
use std::sync::Arc;

use proctop::model::event::{
    Account, Comm, Event, Exec, Exit, Fork, Image, Lost, PerKind, ProcessId, Snapshot, What,
};
use proctop::model::scope::Scope;

use super::parse::{Names, Result, Words, length_ns, status, time_ns};

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
            _ => return Err("unknown event".into()),
        })
    }

    fn snapshot(&mut self, mut words: SplitWhitespace<'_>) -> Result<What> {
        let id = self.names.listed_id(words.next().ok_or("which pid?")?)?;
        let mut subject = self.names.subject(id);
        let words = Words::read(words, &mut subject, &self.names, &["zombie", "kthread", "uid"])?;
        subject.comm = Comm::from(words.only_plain()?);
        self.names.tell(subject);
        let image = (!words.program.is_empty()).then(|| image(&words.program));
        Ok(What::Snapshot(Snapshot { subject, zombie: words.zombie, image, ..Snapshot::default() }))
    }

    fn fork(&mut self, time_ns: u64, mut words: SplitWhitespace<'_>) -> Result<What> {
        let id = self.names.new_id(words.next().ok_or("which pid?")?, time_ns)?;
        let mut subject = self.names.subject(id);
        let words = Words::read(words, &mut subject, &self.names, &["by", "kthread", "uid"])?;
        subject.comm = Comm::from(words.only_plain()?);
        self.names.tell(subject);
        let forked_by = words.forked_by.map(|word| self.names.id(word)).transpose()?;
        Ok(What::Fork(Fork { subject, forked_by }))
    }

    fn exec(&mut self, mut words: SplitWhitespace<'_>) -> Result<What> {
        let id = self.names.id(words.next().ok_or("which pid?")?)?;
        let mut subject = self.names.subject(id);
        let file_name = |path: &str| Comm::from(path.rsplit('/').next().unwrap_or_default());
        let words = Words::read(words, &mut subject, &self.names, &["uid", "comm"])?;
        words.no_plain()?;
        if !words.has_comm {
            subject.comm = file_name(words.program.first().ok_or("which /program?")?);
        }
        self.names.tell(subject);
        Ok(What::Exec(Exec { subject, by_thread: None, image: image(&words.program), ..Exec::default() }))
    }

    fn exit(&mut self, mut words: SplitWhitespace<'_>) -> Result<What> {
        let id = self.names.id(words.next().ok_or("which pid?")?)?;
        let mut subject = self.names.subject(id);
        let words = Words::read(words, &mut subject, &self.names, &["cpu", "rss", "uid", "comm"])?;
        self.names.tell(subject);
        Ok(What::Exit(Exit {
            subject,
            status: status(words.only_plain()?)?,
            cpu_ns: words.cpu_ns,
            cpu_user_ns: words.cpu_ns,
            max_rss_bytes: words.max_rss_bytes,
            ..Exit::default()
        }))
    }
}

fn only<'a>(words: &mut SplitWhitespace<'a>) -> Result<&'a str> {
    match (words.next(), words.next()) {
        (Some(word), None) => Ok(word),
        (None, _) => Err("a word is missing".into()),
        (Some(_), Some(word)) => Err(format!("{word}: too much")),
    }
}

/// `/path argv0 argv1…`
fn image(program: &[&str]) -> Arc<Image> {
    let (filename, args) = program.split_first().map_or(("", program), |(first, rest)| (*first, rest));
    let argv: Vec<u8> = args.iter().flat_map(|arg| arg.bytes().chain([0])).collect();
    Arc::new(Image { filename: filename.as_bytes().into(), argv: argv.into(), ..Image::default() })
}

fn lost(words: SplitWhitespace<'_>) -> Result<Lost> {
    let mut dropped = PerKind::default();
    let mut missed_at_most = 0;
    for word in words {
        let (kind, count) = word.split_once('=').ok_or_else(|| format!("{word}: KIND=N"))?;
        let place = match kind {
            "fork" => &mut dropped.fork,
            "exec" => &mut dropped.exec,
            "exit" => &mut dropped.exit,
            "missed" => &mut missed_at_most,
            _ => return Err(format!("{kind}: unknown kind")),
        };
        *place = count.parse().map_err(|_| format!("{word}: not a number"))?;
    }
    Ok(Lost { dropped, missed_at_most })
}
