//! What a filter's text means, and its evaluation.

use std::ops::Range;

use super::field::{EventKind, Field, Operator, State};
use super::pattern::TextTest;
use super::subject::Subject;
use crate::model::event::Killer;

/// A condition. Its depth is bounded by the parser, so recursion is safe.
#[derive(Clone, Debug)]
pub(super) enum Expr {
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Not(Box<Expr>),
    Test(Test),
}

impl Expr {
    pub(super) fn holds<S: Subject + ?Sized>(&self, subject: &S) -> bool {
        match self {
            Expr::And(parts) => parts.iter().all(|part| part.holds(subject)),
            Expr::Or(parts) => parts.iter().any(|part| part.holds(subject)),
            Expr::Not(inner) => !inner.holds(subject),
            Expr::Test(test) => test.holds(subject),
        }
    }

    /// Adds where in a text of a subject is what the condition looks for. What it wants absent is nowhere.
    pub(super) fn find_in(&self, part: Part, text: &[u8], found: &mut Vec<Range<usize>>) {
        match self {
            Expr::And(parts) | Expr::Or(parts) => {
                parts.iter().for_each(|each| each.find_in(part, text, found));
            }
            Expr::Not(_) => {}
            Expr::Test(Test::Word(test)) => test.find_in(text, found),
            Expr::Test(Test::Comm(test)) if part == Part::Comm => test.find_in(text, found),
            Expr::Test(Test::Argv(test)) if part == Part::Arg => test.find_in(text, found),
            Expr::Test(_) => {}
        }
    }

    /// Whether `asked` is true of one of the comparisons.
    pub(super) fn any(&self, asked: fn(&Test) -> bool) -> bool {
        match self {
            Expr::And(parts) | Expr::Or(parts) => parts.iter().any(|part| part.any(asked)),
            Expr::Not(inner) => inner.any(asked),
            Expr::Test(test) => asked(test),
        }
    }
}

/// A text of a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Its comm.
    Comm,
    /// One of its arguments.
    Arg,
}

impl Expr {
    /// Shows all comparisons to `see`.
    pub(super) fn visit(&self, see: &mut dyn FnMut(&Test)) {
        match self {
            Expr::And(parts) | Expr::Or(parts) => parts.iter().for_each(|part| part.visit(see)),
            Expr::Not(inner) => inner.visit(see),
            Expr::Test(test) => see(test),
        }
    }
}

/// One comparison.
#[derive(Clone, Debug)]
pub(super) enum Test {
    /// A bare word.
    Word(TextTest),
    Comm(TextTest),
    Argv(TextTest),
    File(TextTest),
    Cwd(TextTest),
    Cgroup(TextTest),
    Tty(TextTest),
    /// A process by its comm or, where that is a number, its pid; the kernel by its cause.
    Killer {
        text: TextTest,
        pid: Option<u32>,
    },
    /// One of the fields that [`number`] knows.
    Number {
        field: Field,
        operator: Operator,
        value: u64,
    },
    /// `exit!=0`: the one comparison of `exit` that includes deaths by signal.
    Failed,
    Under {
        pid: u32,
        equal: bool,
    },
    Event {
        kind: EventKind,
        equal: bool,
    },
    State {
        state: State,
        equal: bool,
    },
}

impl Test {
    /// Whether this needed a regular expression.
    pub(super) const fn has_regex(&self) -> bool {
        match self {
            Test::Word(test) | Test::Comm(test) | Test::Argv(test) | Test::File(test) => test.has_regex(),
            Test::Cwd(test) | Test::Cgroup(test) | Test::Tty(test) | Test::Killer { text: test, .. } => {
                test.has_regex()
            }
            _ => false,
        }
    }

    pub(super) const fn is_about_duration(&self) -> bool {
        matches!(self, Test::Number { field: Field::Dur, .. })
    }

    /// Whether no image is asked for, nor what a process cost.
    pub(super) const fn is_about_heads(&self) -> bool {
        match self {
            Test::Word(_) | Test::Argv(_) | Test::File(_) | Test::Cwd(_) | Test::Killer { .. } => false,
            Test::Number { field, .. } => !matches!(field, Field::Cpu | Field::Rss | Field::Threads),
            Test::Comm(_) | Test::Cgroup(_) | Test::Tty(_) | Test::Failed | Test::Under { .. } => true,
            Test::Event { .. } | Test::State { .. } => true,
        }
    }

    /// The duration that it is compared with.
    pub(super) const fn duration(&self) -> Option<u64> {
        match self {
            Test::Number { field: Field::Dur, value, .. } => Some(*value),
            _ => None,
        }
    }

    fn holds<S: Subject + ?Sized>(&self, subject: &S) -> bool {
        match self {
            Test::Word(word) => {
                word.holds(|test| subject.any_comm(test)) || word.holds_of_args(|test| subject.any_argv(test))
            }
            Test::Comm(comm) => comm.holds(|test| subject.any_comm(test)),
            Test::Argv(argv) => argv.holds_of_args(|test| subject.any_argv(test)),
            Test::File(file) => file.holds(|test| subject.any_filename(test)),
            Test::Cwd(cwd) => cwd.holds(|test| subject.any_cwd(test)),
            Test::Cgroup(cgroup) => cgroup.holds(|test| subject.any_cgroup(test)),
            Test::Tty(tty) => tty.holds(|test| subject.any_tty(test)),
            Test::Killer { text, pid } => {
                subject.killer().is_some_and(|killer| text.holds(|test| any_name(killer, *pid, test)))
            }
            Test::Number { field, operator, value } => {
                number(*field, subject).is_some_and(|found| operator.compare(found, *value))
            }
            Test::Failed => subject.status().is_some_and(|status| !status.success()),
            Test::Under { pid, equal } => subject.is_under(*pid) == *equal,
            Test::Event { kind, equal } => subject.event().is_some_and(|found| found.is(*kind) == *equal),
            Test::State { state, equal } => subject.state().is_some_and(|found| (found == *state) == *equal),
        }
    }
}

/// Visits what a killer is called; the pid that is asked for needs no text.
fn any_name(killer: &Killer, pid: Option<u32>, test: &mut dyn FnMut(&[u8]) -> bool) -> bool {
    match killer {
        Killer::Process { id, comm } => test(comm.as_bytes()) || pid == Some(id.pid),
        Killer::Kernel(cause) => test(b"kernel") || test(cause.name().as_bytes()),
    }
}

/// The value of a numeric field; `None` also for fields that are no numbers.
fn number<S: Subject + ?Sized>(field: Field, subject: &S) -> Option<u64> {
    match field {
        Field::Dur => subject.duration_ns(),
        Field::Cpu => subject.cpu_ns(),
        Field::Rss => subject.max_rss_bytes(),
        Field::Pid => subject.pid().map(u64::from),
        Field::Ppid => subject.ppid().map(u64::from),
        Field::Uid | Field::User => subject.uid().map(u64::from),
        Field::Exit => subject.status()?.code().map(u64::from),
        Field::Sig => subject.status()?.signal().map(u64::from),
        Field::Sid => subject.sid().map(u64::from),
        Field::Errno => subject.errno().map(u64::from),
        Field::Threads => subject.threads().map(u64::from),
        Field::Comm
        | Field::Argv
        | Field::File
        | Field::Under
        | Field::Event
        | Field::State
        | Field::Cwd
        | Field::Cgroup
        | Field::Tty
        | Field::Killer => None,
    }
}
