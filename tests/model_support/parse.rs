//! The words of scenario lines.

use std::collections::HashMap;
use std::str::SplitWhitespace;
use std::time::Duration;

use proctop::model::event::{Cause, Comm, Killer, ProcessId, Session, Subject, Uids, WaitStatus};

/// Boot-clock time of `+0ms`; later than zero, so that stories can tell of what was before.
pub const ZERO_NS: u64 = 1_000_000_000;

const SIGNALS: [(&str, u8); 6] =
    [("SIGHUP", 1), ("SIGINT", 2), ("SIGABRT", 6), ("SIGKILL", 9), ("SIGSEGV", 11), ("SIGTERM", 15)];

pub type Result<T> = std::result::Result<T, String>;

pub fn length_ns(word: &str) -> Result<u64> {
    let length: Duration = humantime::parse_duration(word).map_err(|error| format!("{word}: {error}"))?;
    u64::try_from(length.as_nanos()).map_err(|error| format!("{word}: {error}"))
}

/// `+5ms`, or `-5ms` for what was before.
pub fn time_ns(word: &str) -> Result<u64> {
    match word.split_at_checked(1) {
        Some(("+", length)) => Ok(ZERO_NS.saturating_add(length_ns(length)?)),
        Some(("-", length)) => Ok(ZERO_NS.saturating_sub(length_ns(length)?)),
        _ => Err(format!("{word}: a time is +5ms or -5ms")),
    }
}

/// `0` to `255`, `SIGKILL`, `SIGSEGV+core`.
pub fn status(word: &str) -> Result<WaitStatus> {
    if let Ok(code) = word.parse() {
        return Ok(WaitStatus::exited(code));
    }
    let (name, core_dumped) = word.strip_suffix("+core").map_or((word, false), |name| (name, true));
    let (_, number) =
        SIGNALS.iter().find(|(known, _)| *known == name).ok_or_else(|| format!("{word}: no status"))?;
    Ok(WaitStatus::signaled(*number, core_dumped))
}

pub fn status_text(status: WaitStatus) -> String {
    let Some(signal) = status.signal() else { return format!("exit {}", status.code().unwrap_or_default()) };
    let name = SIGNALS.iter().find(|(_, number)| *number == signal).map_or("SIG?", |(name, _)| name);
    format!("{name}{}", if status.core_dumped() { "+core" } else { "" })
}

const CAUSES: [Cause; 6] =
    [Cause::Fault, Cause::Terminal, Cause::Timer, Cause::Rlimit, Cause::Oom, Cause::Other];

/// The identities of a story. `100` is the latest process with that pid; `100@-5ms` says when it started.
#[derive(Default)]
pub struct Names {
    latest: HashMap<u32, ProcessId>,
    /// What was last said of each.
    told: HashMap<ProcessId, Subject>,
    sessions: HashMap<ProcessId, Session>,
}

impl Names {
    pub fn id(&self, word: &str) -> Result<ProcessId> {
        if let Some((pid, start)) = word.split_once('@') {
            return Ok(ProcessId::new(number(pid)?, time_ns(start)?));
        }
        let pid = number(word)?;
        self.latest.get(&pid).copied().ok_or_else(|| format!("{word}: not told of before; say {word}@TIME"))
    }

    /// A process that may be new: without `@` it starts at `start_ns`.
    pub fn new_id(&self, word: &str, start_ns: u64) -> Result<ProcessId> {
        if word.contains('@') { self.id(word) } else { Ok(ProcessId::new(number(word)?, start_ns)) }
    }

    /// A process of a list: without `@` the one that is known, or one that has run since boot.
    pub fn listed_id(&self, word: &str) -> Result<ProcessId> {
        self.id(word).or_else(|_| self.new_id(word, 0))
    }

    /// What is said again unless the line says otherwise.
    pub fn subject(&self, id: ProcessId) -> Subject {
        self.told.get(&id).copied().unwrap_or(Subject { id, ..Subject::default() })
    }

    /// The same of the session.
    pub fn session(&self, id: ProcessId) -> Session {
        self.sessions.get(&id).copied().unwrap_or_default()
    }

    pub fn tell_session(&mut self, id: ProcessId, session: Session) {
        self.sessions.insert(id, session);
    }

    /// `oom` and the like, or a process that was told of.
    pub fn killer(&self, word: &str) -> Result<Killer> {
        if let Some(&cause) = CAUSES.iter().find(|cause| cause.name() == word) {
            return Ok(Killer::Kernel(cause));
        }
        let id = self.id(word)?;
        Ok(Killer::Process { id, comm: self.subject(id).comm })
    }

    pub fn tell(&mut self, subject: Subject) {
        self.latest.insert(subject.id.pid, subject.id);
        self.told.insert(subject.id, subject);
    }
}

pub fn number<T: std::str::FromStr>(word: &str) -> Result<T> {
    word.parse().map_err(|_| format!("{word}: not a number"))
}

/// What the words of a line after the pid say.
#[derive(Default)]
pub struct Words<'a> {
    /// Those that stand for themselves.
    pub plain: Vec<&'a str>,
    pub forked_by: Option<&'a str>,
    pub cpu_ns: u64,
    pub max_rss_bytes: u64,
    pub zombie: bool,
    pub has_comm: bool,
    pub killer: Option<&'a str>,
    pub threads: u32,
    pub tid: u32,
    pub errno: u32,
    pub sid: Option<u32>,
    pub tty: Option<u32>,
    pub cwd: Option<&'a str>,
    /// Everything after `/path`: a program and its arguments.
    pub program: Vec<&'a str>,
}

impl<'a> Words<'a> {
    /// Takes all words; those that say something of the subject change it. `allowed` names the keys of the line.
    pub fn read(
        words: SplitWhitespace<'a>,
        subject: &mut Subject,
        names: &Names,
        allowed: &[&str],
    ) -> Result<Self> {
        let mut read = Self::default();
        for word in words {
            if word.starts_with('/') || !read.program.is_empty() {
                read.program.push(word);
            } else if let Some(parent) = word.strip_prefix('<') {
                subject.parent = if parent == "-" { None } else { Some(names.id(parent)?) };
            } else if let Some((key, value)) = word.split_once('=') {
                permit(allowed, key)?;
                read.set(key, value, subject)?;
            } else if ["zombie", "kthread"].contains(&word) {
                permit(allowed, word)?;
                read.zombie |= word == "zombie";
                subject.kernel_thread |= word == "kthread";
            } else {
                read.plain.push(word);
            }
        }
        Ok(read)
    }

    fn set(&mut self, key: &str, value: &'a str, subject: &mut Subject) -> Result<()> {
        match key {
            "by" => self.forked_by = Some(value),
            "cpu" => self.cpu_ns = length_ns(value)?,
            "rss" => self.max_rss_bytes = number(value)?,
            "killer" => self.killer = Some(value),
            "threads" => self.threads = number(value)?,
            "tid" => self.tid = number(value)?,
            "errno" => self.errno = number(value)?,
            "sid" => self.sid = Some(number(value)?),
            "pts" if value == "-" => self.tty = Some(0),
            // The minor number of a pseudo terminal.
            "pts" => self.tty = Some(136 << 20 | number::<u32>(value)?),
            "cwd" => self.cwd = Some(value),
            "cgroup" => subject.cgroup_id = number(value)?,
            "comm" => (subject.comm, self.has_comm) = (Comm::from(value), true),
            "uid" => {
                let uid = number(value)?;
                subject.uids = Uids { effective: uid, real: uid };
            }
            _ => return Err(format!("{key}: unknown field")),
        }
        Ok(())
    }

    /// The session, as it was unless the line says otherwise.
    pub fn session(&self, before: Session) -> Session {
        Session { id: self.sid.unwrap_or(before.id), tty: self.tty.unwrap_or(before.tty) }
    }

    pub fn only_plain(&self) -> Result<&'a str> {
        match self.plain[..] {
            [word] => Ok(word),
            _ => Err(format!("one word expected, not {:?}", self.plain)),
        }
    }

    pub fn no_plain(&self) -> Result<()> {
        if self.plain.is_empty() { Ok(()) } else { Err(format!("{:?}: unknown words", self.plain)) }
    }
}

fn permit(allowed: &[&str], key: &str) -> Result<()> {
    if allowed.contains(&key) { Ok(()) } else { Err(format!("{key}: does not belong to this event")) }
}
