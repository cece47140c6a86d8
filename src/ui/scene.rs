//! What drawing needs beside the view's own state.

use jiff::tz::TimeZone;
use rustc_hash::FxHashMap;

use crate::model::Model;
use crate::model::event::WaitStatus;

/// Where the events come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin<'a> {
    /// From the kernel, as they happen.
    Live,
    /// From the kernel until the tracing failed: nothing that happens is seen any more.
    Broken,
    /// From a file.
    Recording {
        /// The file's name; untrusted.
        name: &'a str,
        /// What is to be said about its end, such as "cut off".
        note: Option<&'a str>,
    },
}

/// What became of the command that is traced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It has not ended.
    Running,
    /// It ended so.
    Exited(WaitStatus),
}

/// The command that is traced.
#[derive(Clone, Copy)]
pub struct CommandView<'a> {
    /// Its command line.
    pub text: &'a str,
    /// What became of it.
    pub outcome: Outcome,
    /// What it has written, as a terminal shows it.
    pub screen: &'a vt100::Screen,
}

/// The world at the moment of a call. While the view is paused the application gives a frozen model and a frozen now.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// All that is known of the processes.
    pub model: &'a Model,
    /// Now in nanoseconds of the boot clock; for a recording the model's latest.
    pub now_ns: u64,
    /// The host's name; untrusted.
    pub host: &'a str,
    /// The kernel's release; untrusted.
    pub kernel: &'a str,
    /// The names of users by uid, as far as they are known; untrusted.
    pub users: &'a FxHashMap<u32, String>,
    /// Where the events come from.
    pub origin: Origin<'a>,
    /// The command that is traced, where one is.
    pub command: Option<CommandView<'a>>,
    /// Something that the user has to be told.
    pub notice: Option<&'a str>,
    /// Failed execs are told.
    pub failed_execs: bool,
    /// proctop runs in a pid namespace of its own: pids are those of this one.
    pub pid_namespace: bool,
    /// The zone for times of day.
    pub local: &'a TimeZone,
    /// How long the tracing has run, in nanoseconds; of a recording its length.
    pub elapsed_ns: u64,
}

impl Scene<'_> {
    /// Whether a command is traced and has not ended.
    pub fn command_runs(&self) -> bool {
        self.command.is_some_and(|command| command.outcome == Outcome::Running)
    }

    /// Whether nothing more will come: a recording, or a stream that has ended in order.
    pub fn is_over(&self) -> bool {
        self.origin != Origin::Live || self.model.account().is_some()
    }
}
