//! Values that processes of the tree have, to choose from while a filter is typed.

use rustc_hash::FxHashMap;

use super::event::Killer;
use super::filter::Subject;
use super::filter::complete::Values;
use super::process::{NodeKey, Process};
use super::subject::ProcessSubject;
use super::tree::Tree;

/// The most processes that are looked at.
const MOST_PROCESSES: usize = 100_000;
/// The most different values that are told apart.
const MOST_VALUES: usize = 4096;
/// Longer ones are nothing to choose from a list.
const MOST_BYTES: usize = 256;

/// A value and how many processes have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// As a filter takes it, but for quotes.
    pub value: String,
    /// How many processes have it, among those that were looked at.
    pub processes: u64,
    /// Of a process id: the comm. Untrusted.
    pub of: Option<String>,
}

/// The values that contain what was `typed`, in any case: those that begin with it first, then the more frequent ones. At
/// most `limit`. Only text that can be read and typed is told; `user` names a uid, `signal` a signal.
///
/// Takes time in proportion to the processes that are kept, up to a bound.
pub fn seen(
    tree: &Tree,
    values: Values,
    typed: &str,
    limit: usize,
    user: &dyn Fn(u32) -> String,
    signal: &dyn Fn(u8) -> String,
) -> Vec<Seen> {
    let mut counts = Counts::new(typed);
    for (key, process) in tree.iter().take(MOST_PROCESSES) {
        counts.add(tree, key, process, values, user, signal);
    }
    counts.ranked(limit)
}

/// Values and their frequencies.
struct Counts {
    typed: String,
    texts: FxHashMap<Box<[u8]>, Count>,
    /// The number of the process that is looked at.
    at: u64,
}

/// How many processes have a value.
#[derive(Default)]
struct Count {
    processes: u64,
    /// The last of them: one that has it twice, as images of the same comm, counts once.
    last: u64,
    /// The comm of that, where it is told.
    of: Option<String>,
}

impl Counts {
    fn new(typed: &str) -> Self {
        Self { typed: typed.to_lowercase(), texts: FxHashMap::default(), at: 0 }
    }

    fn add(
        &mut self,
        tree: &Tree,
        key: NodeKey,
        process: Process<'_>,
        values: Values,
        user: &dyn Fn(u32) -> String,
        signal: &dyn Fn(u8) -> String,
    ) {
        self.at += 1;
        // Ages are of no interest here.
        let subject = ProcessSubject::new(tree, key, process, 0);
        let mut count = |text: &[u8]| {
            self.count(text);
            false
        };
        let status = subject.status();
        let number = match values {
            Values::Comm => {
                subject.any_comm(&mut count);
                None
            }
            Values::File => {
                subject.any_filename(&mut count);
                None
            }
            Values::Cwd => {
                subject.any_cwd(&mut count);
                None
            }
            Values::Cgroup => {
                subject.any_cgroup(&mut count);
                None
            }
            Values::Tty => {
                subject.any_tty(&mut count);
                None
            }
            Values::Killer => return self.count_killer(subject.killer()),
            Values::Pid => return self.count_pid(process),
            Values::User => subject.uid().map(user),
            Values::Exit => status.and_then(|status| status.code()).map(|code| code.to_string()),
            Values::Signal => status.and_then(|status| status.signal()).map(signal),
            Values::State => subject.state().map(|state| state.name().to_owned()),
            Values::Event | Values::Errno | Values::Duration | Values::Size => None,
        };
        if let Some(text) = number {
            self.count(text.as_bytes());
        }
    }

    fn count_killer(&mut self, killer: Option<&Killer>) {
        match killer {
            Some(Killer::Process { comm, .. }) => self.count(comm.as_bytes()),
            Some(Killer::Kernel(cause)) => {
                self.count(b"kernel");
                self.count(cause.name().as_bytes());
            }
            None => {}
        }
    }

    fn count_pid(&mut self, process: Process<'_>) {
        let pid = process.id.pid.to_string();
        if !pid.starts_with(&self.typed) {
            return;
        }
        self.count(pid.as_bytes());
        if let Some(count) = self.texts.get_mut(pid.as_bytes()) {
            count.of = Some(String::from_utf8_lossy(process.comm().as_bytes()).into_owned());
        }
    }

    fn count(&mut self, text: &[u8]) {
        if let Some(count) = self.texts.get_mut(text) {
            count.processes += u64::from(count.last != self.at);
            count.last = self.at;
        } else if self.texts.len() < MOST_VALUES && self.is_offered(text) {
            self.texts.insert(text.into(), Count { processes: 1, last: self.at, of: None });
        }
    }

    fn is_offered(&self, text: &[u8]) -> bool {
        let fits = |text: &str| self.typed.is_empty() || text.to_lowercase().contains(&self.typed);
        let is_one_line = |text: &&str| !text.trim().is_empty() && !text.chars().any(char::is_control);
        text.len() <= MOST_BYTES && std::str::from_utf8(text).ok().filter(is_one_line).is_some_and(fits)
    }

    fn ranked(self, limit: usize) -> Vec<Seen> {
        let seen = self.texts.into_iter().filter_map(|(text, count)| {
            let value = String::from_utf8(text.into()).ok()?;
            Some(Seen { value, processes: count.processes, of: count.of })
        });
        let mut seen: Vec<Seen> = seen.collect();
        let begins = |seen: &Seen| seen.value.to_lowercase().starts_with(&self.typed);
        seen.sort_by_cached_key(|seen| {
            (!begins(seen), std::cmp::Reverse(seen.processes), number(&seen.value), seen.value.clone())
        });
        seen.truncate(limit);
        seen
    }
}

/// So that 9 comes before 10.
fn number(text: &str) -> u64 {
    text.parse().unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::Model;
    use std::sync::Arc;

    use super::super::event::{
        Comm, Event, Exec, Exit, Fork, Image, ProcessId, Subject as Who, Uids, WaitStatus, What,
    };
    use super::*;

    fn model(comms: &[&[u8]]) -> Model {
        let mut model = Model::new(1000);
        for (pid, comm) in (1..).zip(comms) {
            let uids = Uids { effective: pid % 2, real: 0 };
            let subject = Who {
                id: ProcessId::new(pid, pid.into()),
                comm: Comm::from_bytes(comm),
                uids,
                ..Who::default()
            };
            model.apply(&Event { time_ns: 1, what: What::Fork(Fork { subject, forked_by: None }) });
            let status = if pid % 2 == 0 { WaitStatus::exited(2) } else { WaitStatus::signaled(9, false) };
            let image = Arc::new(Image { argv: (*b"x").into(), ..Image::default() });
            let exec = Exec { subject, image, ..Exec::default() };
            model.apply(&Event { time_ns: 5, what: What::Exec(exec) });
            model.apply(&Event { time_ns: 9, what: What::Exit(Exit { subject, status, ..Exit::default() }) });
        }
        model
    }

    fn listed(model: &Model, values: Values, typed: &str) -> Vec<String> {
        let seen =
            seen(model.tree(), values, typed, 5, &|uid| format!("u{uid}"), &|signal| format!("S{signal}"));
        seen.into_iter().map(|seen| format!("{} {}", seen.value, seen.processes)).collect()
    }

    #[test]
    fn the_frequent_come_first_but_after_those_that_begin_with_what_was_typed() {
        let model = model(&[b"cc1", b"sh", b"cc1", b"gcc", b"gcc", b"gcc", b"acc"]);
        assert_eq!(listed(&model, Values::Comm, ""), ["gcc 3", "cc1 2", "acc 1", "sh 1"]);
        assert_eq!(listed(&model, Values::Comm, "CC"), ["cc1 2", "gcc 3", "acc 1"]);
        assert!(listed(&model, Values::Comm, "nosuch").is_empty());
        assert_eq!(listed(&model, Values::User, ""), ["u1 4", "u0 3"]);
        assert_eq!(listed(&model, Values::Signal, ""), ["S9 4"]);
        assert_eq!(listed(&model, Values::Exit, ""), ["2 3"]);
        assert_eq!(listed(&model, Values::State, "e"), ["exited 7"]);
        assert_eq!(listed(&model, Values::Pid, "").len(), 5);
        assert!(listed(&model, Values::Duration, "").is_empty());
    }

    #[test]
    fn what_nobody_can_type_is_not_offered() {
        let model = model(&[b"\xff", b"a\x1b[1m", b"", b" ", "日本".as_bytes(), b"a b"]);
        assert_eq!(listed(&model, Values::Comm, ""), ["a b 1", "日本 1"]);
    }

    #[test]
    fn no_more_values_are_told_apart_than_the_bound() {
        let comms: Vec<String> = (0..MOST_VALUES + 100).map(|n| format!("c{n}")).collect();
        let mut counts = Counts::new("");
        comms.iter().for_each(|comm| counts.count(comm.as_bytes()));
        assert_eq!(counts.texts.len(), MOST_VALUES);
        assert_eq!(counts.ranked(7).len(), 7);
    }
}
