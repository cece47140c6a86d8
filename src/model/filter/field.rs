//! The names of the language: fields, operators and the words that some fields take as values.

use super::complete::Values;
use super::suggest;

/// What can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    /// The comm of any image of the exec chain.
    Comm,
    /// Any argument.
    Argv,
    /// The executed file's name.
    File,
    /// Lifetime or age.
    Dur,
    /// Exit code.
    Exit,
    /// The signal that ended it.
    Sig,
    /// The effective user as a number, or by name.
    Uid,
    /// The same; without an order.
    User,
    /// Process id.
    Pid,
    /// The parent's process id.
    Ppid,
    /// A process or a descendant of it.
    Under,
    /// The kind of an event.
    Event,
    /// What has become of the process.
    State,
    /// CPU time.
    Cpu,
    /// The largest resident set.
    Rss,
    /// The working directory.
    Cwd,
    /// Where its cgroup lies: the path, the container's id, the unit.
    Cgroup,
    /// The controlling terminal.
    Tty,
    /// The session.
    Sid,
    /// Who sent the signal that ended it.
    Killer,
    /// Why an exec failed.
    Errno,
    /// How many threads it had.
    Threads,
}

use Operator::{Above, AtLeast, AtMost, Below, Contains, Equal, Matches, Unequal};

impl Field {
    pub(super) const ALL: [Field; 22] = [
        Field::Comm,
        Field::Argv,
        Field::File,
        Field::Dur,
        Field::Exit,
        Field::Sig,
        Field::Uid,
        Field::User,
        Field::Pid,
        Field::Ppid,
        Field::Under,
        Field::Event,
        Field::State,
        Field::Cpu,
        Field::Rss,
        Field::Cwd,
        Field::Cgroup,
        Field::Tty,
        Field::Sid,
        Field::Killer,
        Field::Errno,
        Field::Threads,
    ];

    /// As it is written.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Field::Comm => "comm",
            Field::Argv => "argv",
            Field::File => "file",
            Field::Dur => "dur",
            Field::Exit => "exit",
            Field::Sig => "sig",
            Field::Uid => "uid",
            Field::User => "user",
            Field::Pid => "pid",
            Field::Ppid => "ppid",
            Field::Under => "under",
            Field::Event => "event",
            Field::State => "state",
            Field::Cpu => "cpu",
            Field::Rss => "rss",
            Field::Cwd => "cwd",
            Field::Cgroup => "cgroup",
            Field::Tty => "tty",
            Field::Sid => "sid",
            Field::Killer => "killer",
            Field::Errno => "errno",
            Field::Threads => "threads",
        }
    }

    /// The operators that make sense with it.
    pub(super) const fn operators(self) -> &'static [Operator] {
        match self {
            Field::Comm
            | Field::Argv
            | Field::File
            | Field::Cwd
            | Field::Cgroup
            | Field::Tty
            | Field::Killer => &[Contains, Equal, Unequal, Matches],
            Field::Dur | Field::Cpu | Field::Rss => &[Equal, Unequal, Below, AtMost, Above, AtLeast],
            Field::Exit | Field::Uid | Field::Pid | Field::Ppid | Field::Sid | Field::Threads => {
                &[Contains, Equal, Unequal, Below, AtMost, Above, AtLeast]
            }
            Field::Sig | Field::User | Field::Under | Field::Event | Field::State | Field::Errno => {
                &[Contains, Equal, Unequal]
            }
        }
    }

    /// The operator that it is mostly used with.
    pub(super) const fn usual_operator(self) -> Operator {
        match self {
            Field::Dur | Field::Cpu | Field::Rss | Field::Threads => Above,
            Field::Exit => Unequal,
            _ => Contains,
        }
    }

    /// What it is about, in a few words.
    pub(super) const fn about(self) -> &'static str {
        match self {
            Field::Comm => "name of the program",
            Field::Argv => "an argument",
            Field::File => "the executed file",
            Field::Dur => "lifetime or age",
            Field::Exit => "exit code; != 0 includes signals",
            Field::Sig => "the signal that ended it",
            Field::Uid | Field::User => "effective user",
            Field::Pid => "process id",
            Field::Ppid => "the parent's process id",
            Field::Under => "that process and its descendants",
            Field::Event => "kind of event, in the log",
            Field::State => "running, exited, zombie or kernel",
            Field::Cpu => "CPU time, at the end",
            Field::Rss => "peak memory, at the end",
            Field::Cwd => "working directory at the latest exec",
            Field::Cgroup => "path of the cgroup, container or unit",
            Field::Tty => "terminal",
            Field::Sid => "session",
            Field::Killer => "who sent the deadly signal",
            Field::Errno => "why an exec failed",
            Field::Threads => "threads it ever had",
        }
    }

    /// What to write behind such an operator where nothing is, as a hint.
    pub(super) const fn wanted(self, operator: Operator) -> &'static str {
        match self {
            Field::Comm
            | Field::Argv
            | Field::File
            | Field::Cwd
            | Field::Cgroup
            | Field::Tty
            | Field::Killer => match operator {
                Matches => "a regular expression belongs there",
                _ => "\"\" is the empty one",
            },
            Field::Dur | Field::Cpu => "write 50ms, 1.5s, 2min or a number of milliseconds",
            Field::Rss => "write 512K, 100M, 1.5G or a number of bytes",
            Field::Exit => "write a number from 0 to 255",
            Field::Sig => "write KILL, SIGKILL or a number from 1 to 126",
            Field::Uid | Field::User => "write a user's name or number",
            Field::Pid | Field::Ppid | Field::Under | Field::Sid => "write the number of a process",
            Field::Event => "write exec, exit, changed or another kind",
            Field::State => "write running, exited, zombie or kernel",
            Field::Errno => "write ENOENT or a number from 1 to 4095",
            Field::Threads => "write a number",
        }
    }

    /// The values that can be listed for it.
    pub(super) const fn values(self) -> Option<Values> {
        Some(match self {
            Field::Comm => Values::Comm,
            Field::File => Values::File,
            Field::Dur | Field::Cpu => Values::Duration,
            Field::Exit => Values::Exit,
            Field::Sig => Values::Signal,
            Field::Uid | Field::User => Values::User,
            Field::Pid | Field::Ppid | Field::Under => Values::Pid,
            Field::Event => Values::Event,
            Field::State => Values::State,
            Field::Rss => Values::Size,
            Field::Cwd => Values::Cwd,
            Field::Cgroup => Values::Cgroup,
            Field::Tty => Values::Tty,
            Field::Killer => Values::Killer,
            Field::Errno => Values::Errno,
            Field::Argv | Field::Sid | Field::Threads => return None,
        })
    }

    /// Finds a field by its name, in any case.
    ///
    /// # Errors
    /// A message that says what may have been meant.
    pub(super) fn by_name(name: &str) -> Result<Self, String> {
        if let Some(&field) = Self::ALL.iter().find(|field| field.name().eq_ignore_ascii_case(name)) {
            return Ok(field);
        }
        let way_out = match suggest::nearest(name, Self::ALL.map(Field::name)) {
            Some(meant) => format!("did you mean '{meant}'?"),
            None => "to search for this text, put it in double quotes".into(),
        };
        Err(format!("unknown field {}; {way_out}", super::quote(name)))
    }
}

/// How a field is compared with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    /// `:`; on anything but text the same as [`Operator::Equal`].
    Contains,
    /// `=`
    Equal,
    /// `!=`
    Unequal,
    /// `~`
    Matches,
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `>=`
    AtLeast,
}

impl Operator {
    /// Every operator, the longer before those that they begin with.
    const ALL: [Operator; 8] = [Unequal, AtMost, AtLeast, Contains, Equal, Matches, Below, Above];

    /// As it is written.
    pub(super) const fn symbol(self) -> &'static str {
        match self {
            Contains => ":",
            Equal => "=",
            Unequal => "!=",
            Matches => "~",
            Below => "<",
            AtMost => "<=",
            Above => ">",
            AtLeast => ">=",
        }
    }

    /// The operator that `text` begins with.
    pub(super) fn at_start(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operator| text.starts_with(operator.symbol()))
    }

    /// The operator that `text` ends with.
    pub(super) fn at_end(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operator| text.ends_with(operator.symbol()))
    }

    /// `found` against `wanted`, as numbers.
    pub(super) const fn compare(self, found: u64, wanted: u64) -> bool {
        match self {
            Contains | Equal | Matches => found == wanted,
            Unequal => found != wanted,
            Below => found < wanted,
            AtMost => found <= wanted,
            Above => found > wanted,
            AtLeast => found >= wanted,
        }
    }
}

/// The kinds of events that a filter tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// A process was created.
    Fork,
    /// A process executed a program.
    Exec,
    /// A process ended.
    Exit,
    /// A process was found to run already.
    Snapshot,
    /// An exec failed.
    ExecFailed,
    /// Any of the next six. Nothing is of this kind itself.
    Changed,
    /// A process took another comm without an exec.
    Renamed,
    /// A process got another parent.
    Adopted,
    /// A process is in another session or on another terminal.
    Session,
    /// A process has other user ids.
    Uid,
    /// A process ended and its parent does not reap it.
    Zombie,
    /// A zombie was reaped.
    Reaped,
    /// A thread began.
    ThreadStart,
    /// A thread ended.
    ThreadEnd,
    /// Records were lost.
    Lost,
    /// A storm began, or was over.
    Storm,
}

impl EventKind {
    /// Every kind.
    pub const ALL: [EventKind; 16] = [
        EventKind::Fork,
        EventKind::Exec,
        EventKind::Exit,
        EventKind::Snapshot,
        EventKind::ExecFailed,
        EventKind::Changed,
        EventKind::Renamed,
        EventKind::Adopted,
        EventKind::Session,
        EventKind::Uid,
        EventKind::Zombie,
        EventKind::Reaped,
        EventKind::ThreadStart,
        EventKind::ThreadEnd,
        EventKind::Lost,
        EventKind::Storm,
    ];

    /// The name in filters and outputs.
    pub const fn name(self) -> &'static str {
        match self {
            EventKind::Fork => "fork",
            EventKind::Exec => "exec",
            EventKind::Exit => "exit",
            EventKind::Snapshot => "snapshot",
            EventKind::ExecFailed => "exec_failed",
            EventKind::Changed => "changed",
            EventKind::Renamed => "renamed",
            EventKind::Adopted => "adopted",
            EventKind::Session => "session",
            EventKind::Uid => "uid",
            EventKind::Zombie => "zombie",
            EventKind::Reaped => "reaped",
            EventKind::ThreadStart => "thread_start",
            EventKind::ThreadEnd => "thread_end",
            EventKind::Lost => "lost",
            EventKind::Storm => "storm",
        }
    }
}

impl EventKind {
    /// Whether an event of this kind is one of those that were asked for.
    pub const fn is(self, asked: Self) -> bool {
        match asked {
            EventKind::Changed => matches!(
                self,
                EventKind::Changed
                    | EventKind::Renamed
                    | EventKind::Adopted
                    | EventKind::Session
                    | EventKind::Uid
                    | EventKind::Zombie
                    | EventKind::Reaped
            ),
            asked => self as u8 == asked as u8,
        }
    }
}

/// What has become of a process. The four exclude each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// A living process, whether on a CPU or asleep.
    Running,
    /// Ended, and not known to wait for its parent.
    Exited,
    /// Ended, but not yet reaped.
    Zombie,
    /// A living kernel thread.
    Kernel,
}

impl State {
    /// Every state.
    pub const ALL: [State; 4] = [State::Running, State::Exited, State::Zombie, State::Kernel];

    /// The name in filters.
    pub const fn name(self) -> &'static str {
        match self {
            State::Running => "running",
            State::Exited => "exited",
            State::Zombie => "zombie",
            State::Kernel => "kernel",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_found_by_its_name_in_any_case() {
        for field in Field::ALL {
            assert_eq!(Field::by_name(field.name()), Ok(field));
            assert_eq!(Field::by_name(&field.name().to_uppercase()), Ok(field));
        }
        assert_eq!(Field::by_name("com").unwrap_err(), "unknown field 'com'; did you mean 'comm'?");
        assert_eq!(
            Field::by_name("http").unwrap_err(),
            "unknown field 'http'; to search for this text, put it in double quotes"
        );
    }

    #[test]
    fn the_longest_operator_wins() {
        for operator in Operator::ALL {
            assert_eq!(Operator::at_start(operator.symbol()), Some(operator));
        }
        assert_eq!(Operator::at_start("!x"), None);
        assert_eq!(Operator::at_start(""), None);
    }
}
