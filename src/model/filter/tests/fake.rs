//! A subject that is whatever a test says, and what tests ask of it.

use super::super::*;
use crate::model::event::{Killer, WaitStatus};

pub(super) const MS: u64 = 1_000_000;

/// What a test says of a subject; everything else is missing.
#[derive(Clone, Debug, Default)]
pub(super) struct Fake {
    pub(super) comms: Vec<&'static str>,
    pub(super) args: Vec<&'static str>,
    pub(super) file: Option<&'static str>,
    pub(super) pid: Option<u32>,
    pub(super) ppid: Option<u32>,
    pub(super) uid: Option<u32>,
    pub(super) duration_ns: Option<u64>,
    pub(super) status: Option<WaitStatus>,
    pub(super) cpu_ns: Option<u64>,
    pub(super) rss: Option<u64>,
    pub(super) state: Option<State>,
    pub(super) above: Vec<u32>,
    pub(super) event: Option<EventKind>,
    pub(super) cwd: Option<&'static str>,
    pub(super) cgroup: Vec<&'static str>,
    pub(super) tty: Option<&'static str>,
    pub(super) sid: Option<u32>,
    pub(super) killer: Option<Killer>,
    pub(super) errno: Option<u32>,
    pub(super) threads: Option<u32>,
}

impl Subject for Fake {
    fn any_comm(&self, test: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        self.comms.iter().any(|comm| test(comm.as_bytes()))
    }
    fn any_argv(&self, test: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        test(self.args.iter().flat_map(|arg| [arg, "\0"]).collect::<String>().as_bytes())
    }
    fn any_filename(&self, test: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        self.file.is_some_and(|file| test(file.as_bytes()))
    }
    fn any_cwd(&self, test: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        self.cwd.is_some_and(|cwd| test(cwd.as_bytes()))
    }
    fn any_cgroup(&self, test: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        self.cgroup.iter().any(|name| test(name.as_bytes()))
    }
    fn any_tty(&self, test: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        self.tty.is_some_and(|tty| test(tty.as_bytes()))
    }
    fn sid(&self) -> Option<u32> {
        self.sid
    }
    fn killer(&self) -> Option<&Killer> {
        self.killer.as_ref()
    }
    fn errno(&self) -> Option<u32> {
        self.errno
    }
    fn threads(&self) -> Option<u32> {
        self.threads
    }
    fn pid(&self) -> Option<u32> {
        self.pid
    }
    fn ppid(&self) -> Option<u32> {
        self.ppid
    }
    fn uid(&self) -> Option<u32> {
        self.uid
    }
    fn duration_ns(&self) -> Option<u64> {
        self.duration_ns
    }
    fn status(&self) -> Option<WaitStatus> {
        self.status
    }
    fn cpu_ns(&self) -> Option<u64> {
        self.cpu_ns
    }
    fn max_rss_bytes(&self) -> Option<u64> {
        self.rss
    }
    fn state(&self) -> Option<State> {
        self.state
    }
    fn is_under(&self, pid: u32) -> bool {
        self.pid == Some(pid) || self.above.contains(&pid)
    }
    fn event(&self) -> Option<EventKind> {
        self.event
    }
}

pub(super) fn names(name: &str) -> Option<u32> {
    match name {
        "root" => Some(0),
        "dev" => Some(1000),
        _ => None,
    }
}

pub(super) fn parse(text: &str) -> Filter {
    Filter::parse(text, &names).unwrap_or_else(|error| panic!("{text}: {error}"))
}

pub(super) fn holds(text: &str, subject: &Fake) -> bool {
    parse(text).matches(subject)
}

/// Asserts which of the texts hold and which do not.
pub(super) fn check(subject: &Fake, yes: &[&str], no: &[&str]) {
    for text in yes {
        assert!(holds(text, subject), "{text} should hold for {subject:?}");
    }
    for text in no {
        assert!(!holds(text, subject), "{text} should not hold for {subject:?}");
    }
}

/// `sh -c` that became `cc1 -O2 "a file.c"`, ended with 1 after 50 ms.
pub(super) fn compiler() -> Fake {
    Fake {
        comms: vec!["make", "sh", "cc1"],
        args: vec!["cc1", "-O2", "A file.c", "(x)"],
        file: Some("/usr/lib/gcc/cc1"),
        pid: Some(8122),
        ppid: Some(8121),
        uid: Some(1000),
        duration_ns: Some(50 * MS),
        status: Some(WaitStatus::exited(1)),
        cpu_ns: Some(20 * MS),
        rss: Some(100 << 20),
        state: Some(State::Exited),
        above: vec![8121, 4312],
        event: Some(EventKind::Exit),
        cwd: Some("/home/dev/my tree"),
        cgroup: vec!["/system.slice/docker-0123.scope", "0123456789ab"],
        tty: Some("pts/3"),
        sid: Some(812),
        killer: None,
        errno: None,
        threads: Some(4),
    }
}
