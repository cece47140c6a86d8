//! What a command line asks for, with everything read and checked.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use crossterm::event::KeyEvent;

use crate::model::filter::Filter;
use crate::model::storm::Threshold;
use crate::output::Format;
use crate::picture;
use crate::ui::{LookChoice, ThemeChoice, When};

/// The ended processes that are kept unless the user says how many: as many as there is room for.
pub const DEFAULT_HISTORY: RangeInclusive<usize> = 20_000..=1_000_000;

/// What proctop is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Invocation {
    /// The terminal UI on live events.
    Ui(Ui),
    /// Events as lines.
    Log(Log),
    /// A recording, without a screen.
    Record(Record),
    /// The terminal UI on a recording.
    Open(Open),
    /// What this kernel and this user allow.
    Doctor(Doctor),
    /// About the config file.
    Config(Config),
}

/// `proctop`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ui {
    /// What to trace.
    pub trace: Trace,
    /// What to show.
    pub selection: Selection,
    /// How many ended processes to keep, at least 1; `None`: as the config file says, else as many of [`DEFAULT_HISTORY`]
    /// as there is room for.
    pub history: Option<usize>,
    /// How to draw.
    pub look: LookOptions,
    /// When a storm begins.
    pub storm: Threshold,
}

/// `proctop log`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// Where the events come from.
    pub source: LogSource,
    /// What to print.
    pub selection: Selection,
    /// How to print it.
    pub format: Format,
    /// Where to print it.
    pub output: LogOutput,
    /// When a storm begins.
    pub storm: Threshold,
}

/// Where `proctop log` takes its events from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogSource {
    /// The kernel.
    Live {
        /// What to trace.
        trace: Trace,
        /// Go on until the command's descendants have ended too. Only with a command.
        wait_all: bool,
        /// Wait for a storm, and print nothing but that. Never together with a command.
        until: Option<Until>,
    },
    /// A recording.
    Recording(PathBuf),
}

/// Where `proctop log` prints its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogOutput {
    /// The standard output: the default without a command, `-o -` with one.
    Stdout,
    /// The standard error: the default with a command, whose output stays its own.
    Stderr,
    /// A file, created or emptied.
    File(PathBuf),
}

/// `proctop record`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The recording, created or emptied.
    pub file: PathBuf,
    /// What to trace.
    pub trace: Trace,
    /// Keep only this process and its descendants. Never together with a command; without either all is kept.
    pub pid: Option<u32>,
    /// Go on until the command's descendants have ended too. Only with a command.
    pub wait_all: bool,
    /// Wait for a storm, and record nothing but that. Never together with a command.
    pub until: Option<Until>,
}

/// `--until-storm`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Until {
    /// New processes per second from which on it is a storm, at least 1.
    pub rate: u32,
    /// What came so long before it is kept: nanoseconds.
    pub keep_ns: u64,
    /// Wait for it no longer than that: nanoseconds.
    pub timeout_ns: Option<u64>,
}

/// `proctop open`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// The recording.
    pub file: PathBuf,
    /// What to show.
    pub selection: Selection,
    /// How many ended processes to keep, at least 1; `None`: as the config file says, else as many of [`DEFAULT_HISTORY`]
    /// as there is room for.
    pub history: Option<usize>,
    /// How to draw.
    pub look: LookOptions,
    /// When a storm begins.
    pub storm: Threshold,
    /// A list of users as in passwd(5), instead of those of this machine.
    pub users: Option<PathBuf>,
    /// A picture to be drawn, instead of the terminal UI.
    pub still: Option<Still>,
}

/// `proctop open --svg`, `proctop open --text`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Still {
    /// The file to write, created or emptied; `None` for the standard output.
    pub file: Option<PathBuf>,
    /// How the screen is written down.
    pub format: picture::Format,
    /// Columns from 20 to 400, and rows from 5 to 200.
    pub size: (u16, u16),
    /// What is pressed first.
    pub keys: Vec<KeyEvent>,
    /// The user's filters by their names, where the keys may name one.
    pub saved_filters: BTreeMap<String, String>,
    /// How many screens are shown in turn, from 1 to 100; more than 1 only as SVG.
    pub frames: u16,
}

/// `proctop doctor`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doctor {
    /// Show libbpf's debug output.
    pub verbose: bool,
}

/// `proctop config`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Config {
    /// Where the file is looked for.
    Path,
    /// A file with all settings explained.
    Example,
}

/// How to draw; what is not given is as the config file says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LookOptions {
    /// `--theme`
    pub theme: Option<ThemeChoice>,
    /// `--color`
    pub colour: Option<When>,
    /// `--ascii`
    pub ascii: Option<When>,
}

impl LookOptions {
    /// What is asked for, with that of the config file for the rest.
    pub fn over(self, config: LookChoice) -> LookChoice {
        LookChoice {
            theme: self.theme.unwrap_or(config.theme),
            colour: self.colour.unwrap_or(config.colour),
            ascii: self.ascii.unwrap_or(config.ascii),
        }
    }
}

/// What to trace, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// The program to start and its arguments: only its descendants are of interest. Empty: the whole machine.
    pub command: Vec<OsString>,
    /// The size of the ring buffer: a power of two, at least a page, at most 1 GiB.
    pub ring_bytes: u32,
    /// `-x`: tell failed execs from the beginning on.
    pub failed_execs: bool,
    /// `-t`: tell the beginning and end of threads.
    pub threads: bool,
    /// Keep no rights at all once all is attached.
    pub drop_all: bool,
    /// Show libbpf's debug output.
    pub verbose: bool,
}

/// What to show or print of what is traced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// `-d`, in nanoseconds; 0 is everything. Not a part of [`Selection::combined`]: in `log` it means exits whose lifetime
    /// is at least that, on the screen the age of a living process counts too.
    pub min_duration_ns: Option<u64>,
    /// `-c` as it was written; [`Filter::comm`] takes it.
    pub comm: Option<String>,
    /// `-u`: the effective user.
    pub uid: Option<u32>,
    /// `-p`: that process and its descendants; at least 1. Never together with a command.
    pub pid: Option<u32>,
    /// All `-f`, which all must hold.
    pub filter: Filter,
    /// What `-c` stands for; empty without it.
    pub(super) comm_filter: Filter,
}

impl Selection {
    /// `-c`, `-u` and all `-f` in one filter; without `-d`, whose meaning the consumer decides, and without `-p`, which
    /// narrows the stream itself.
    pub fn combined(&self) -> Filter {
        let user = self.uid.map(Filter::user).unwrap_or_default();
        [user, self.filter.clone()].into_iter().fold(self.comm_filter.clone(), Filter::and)
    }
}
