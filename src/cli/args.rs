//! The command line as it is written; what the help texts are made of.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::{resolve, still};
use crate::output::Format;
use crate::ui::{ThemeChoice, When};

/// The names of the subcommands.
pub(super) const SUBCOMMANDS: [&str; 5] = ["log", "record", "open", "doctor", "config"];

const EXAMPLES: &str = "\
Examples:
  sudo proctop                         every process of this machine, live
  sudo proctop -- make -j8             only what this command starts
  sudo proctop -f 'comm:cc1 dur>50ms'  only what matters
  sudo proctop log -d 10ms             exits after at least 10 ms, as lines
  sudo proctop log --format json | jq  events for scripts
  sudo proctop record -o build.ptop -- make
  proctop open build.ptop              look at it later, without privileges

Filters:
  comm:cc1  argv~\"-O[23]\"  file:/usr/bin  dur>50ms  cpu>1s  rss>100M  exit!=0
  sig=KILL  user=root  pid=7  ppid=7  under=7  state=zombie  event=exec
  cwd:/tmp  cgroup:docker  tty:pts  sid=7  killer:oom  errno=ENOENT  threads>8
  : contains, = is, != is not, ~ matches a regular expression; < <= > >=
  a word alone is looked for in comm and argv; and, or, not, ( ) combine";

const LOG_EXAMPLES: &str = "\
Examples:
  sudo proctop log -d 10ms             exits after at least 10 ms
  sudo proctop log -c cc1 -f 'exit!=0' what failed
  sudo proctop log --format json -o f -- make
  proctop log --from build.ptop        the events of a recording

With a command the lines go to the standard error unless -o says otherwise.";

const RECORD_EXAMPLES: &str = "\
Examples:
  sudo proctop record -o build.ptop -- make -j8
  sudo proctop record -o night.ptop    the whole machine, until Ctrl-C
  sudo proctop record -o web.ptop -p 812

A recording keeps everything unless -p or a command narrows it.";

const OPEN_EXAMPLES: &str = "\
Examples:
  proctop open build.ptop
  proctop open build.ptop -f 'exit!=0'
  proctop open build.ptop --svg build.svg --size 100x30 --keys '/exit!=0<Enter>G'

With --svg or --text no terminal is needed: the keys are pressed, and the screen
at the end of the recording is written. In --keys a name stands between < and >
as the help (?) shows it: <Enter> <Esc> <Tab> <Down> <PgDn> <Ctrl-u> <F4>; <lt>
is the key <. With --frames they are pressed at the first frame, and the last is the end.";

/// The life of every process on this machine, live
#[derive(Debug, Parser)]
#[command(
    name = "proctop",
    bin_name = "proctop",
    version,
    after_help = EXAMPLES,
    override_usage = "proctop [OPTIONS] [-- COMMAND...]\n       proctop [OPTIONS] <SUBCOMMAND>",
    subcommand_help_heading = "Subcommands",
    disable_help_subcommand = true
)]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) selection: SelectionArgs,
    #[command(flatten)]
    pub(super) history: HistoryArg,
    #[command(flatten)]
    pub(super) look: LookArgs,
    #[command(flatten)]
    pub(super) storm: StormArg,
    #[command(flatten)]
    pub(super) tracing: TracingArgs,
    #[command(flatten)]
    pub(super) verbose: VerboseArg,
    #[command(flatten)]
    pub(super) command: CommandArg,
    #[command(subcommand)]
    pub(super) subcommand: Option<Sub>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Sub {
    /// Print events as lines
    #[command(after_help = LOG_EXAMPLES)]
    Log(LogArgs),
    /// Record events to a file, without a screen
    #[command(after_help = RECORD_EXAMPLES)]
    Record(RecordArgs),
    /// Look at a recording; needs no privileges
    #[command(after_help = OPEN_EXAMPLES)]
    Open(OpenArgs),
    /// Say what this kernel and this user allow, and what to do
    Doctor(VerboseArg),
    /// Say where the config file is, or what can stand in it
    Config(ConfigArgs),
}

#[derive(Debug, Args)]
pub(super) struct LogArgs {
    /// How to print: text, json or csv
    #[arg(
        long,
        value_enum,
        value_name = "FORMAT",
        default_value_t,
        hide_default_value = true,
        hide_possible_values = true
    )]
    pub(super) format: Format,
    /// Print to this file; - is the standard output
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// Read a recording instead of the kernel
    #[arg(long, value_name = "FILE")]
    pub(super) from: Option<PathBuf>,
    #[command(flatten)]
    pub(super) selection: SelectionArgs,
    #[command(flatten)]
    pub(super) storm: StormArg,
    #[command(flatten)]
    pub(super) until: UntilArgs,
    #[command(flatten)]
    pub(super) wait_all: WaitAllArg,
    #[command(flatten)]
    pub(super) tracing: TracingArgs,
    #[command(flatten)]
    pub(super) verbose: VerboseArg,
    #[command(flatten)]
    pub(super) command: CommandArg,
}

#[derive(Debug, Args)]
pub(super) struct RecordArgs {
    /// The file to record to
    #[arg(short, long, value_name = "FILE", required = true)]
    pub(super) output: PathBuf,
    #[command(flatten)]
    pub(super) pid: PidArg,
    #[command(flatten)]
    pub(super) until: UntilArgs,
    #[command(flatten)]
    pub(super) wait_all: WaitAllArg,
    #[command(flatten)]
    pub(super) tracing: TracingArgs,
    #[command(flatten)]
    pub(super) verbose: VerboseArg,
    #[command(flatten)]
    pub(super) command: CommandArg,
}

#[derive(Debug, Args)]
pub(super) struct OpenArgs {
    /// The recording
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    #[command(flatten)]
    pub(super) selection: SelectionArgs,
    #[command(flatten)]
    pub(super) history: HistoryArg,
    #[command(flatten)]
    pub(super) look: LookArgs,
    #[command(flatten)]
    pub(super) storm: StormArg,
    #[command(flatten)]
    pub(super) still: StillArgs,
    /// Take the names of users from this list
    #[arg(long, value_name = "FILE")]
    pub(super) passwd: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct StillArgs {
    /// Write the screen as a picture; - is stdout
    #[arg(long, value_name = "FILE")]
    pub(super) svg: Option<PathBuf>,
    /// Write the screen as text; - is stdout
    #[arg(long, value_name = "FILE")]
    pub(super) text: Option<PathBuf>,
    /// Of the screen, to 400x200 [default: 120x40]
    #[arg(long, value_name = "COLSxROWS", value_parser = still::size)]
    pub(super) size: Option<(u16, u16)>,
    /// Press these first, as in '/cc1<Enter>G'
    #[arg(long, value_name = "KEYS")]
    pub(super) keys: Option<String>,
    /// Draw so many in turn, as an animation
    #[arg(long, value_name = "N", value_parser = still::frames, allow_negative_numbers = true)]
    pub(super) frames: Option<u16>,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct ConfigArgs {
    /// Print where the config file is looked for
    #[arg(long)]
    pub(super) path: bool,
    /// Print a config file with all settings explained
    #[arg(long)]
    pub(super) example: bool,
}

/// What the config file says, too; here it counts more.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(super) struct LookArgs {
    /// Colours: auto, dark, light, 16 or mono
    #[arg(long, value_enum, value_name = "NAME", hide_possible_values = true)]
    pub(super) theme: Option<ThemeChoice>,
    /// Draw colours: auto, always or never
    #[arg(long, alias = "colour", value_enum, value_name = "WHEN", hide_possible_values = true)]
    pub(super) color: Option<When>,
    /// Draw ASCII only: auto, always or never
    #[arg(
        long,
        value_enum,
        value_name = "WHEN",
        hide_possible_values = true,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "always"
    )]
    pub(super) ascii: Option<When>,
}

#[derive(Debug, Args)]
pub(super) struct SelectionArgs {
    /// Only what lasted this long: 10ms, 1.5s; bare: ms
    #[arg(
        short = 'd',
        long,
        value_name = "TIME",
        value_parser = crate::model::filter::parse_duration_ns,
        allow_negative_numbers = true
    )]
    pub(super) min_duration: Option<u64>,
    /// Only this command name: part, =exact or ~regex
    #[arg(short, long, value_name = "PATTERN")]
    pub(super) comm: Option<String>,
    /// Only this user: a name or a number
    #[arg(short, long, value_name = "USER", value_parser = resolve::user, allow_negative_numbers = true)]
    pub(super) user: Option<u32>,
    #[command(flatten)]
    pub(super) pid: PidArg,
    /// Only what this or a saved @NAME selects; all must
    #[arg(short, long, value_name = "EXPR")]
    pub(super) filter: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct PidArg {
    /// Only this process and its descendants
    #[arg(short, long, value_name = "PID", value_parser = resolve::pid, allow_negative_numbers = true)]
    pub(super) pid: Option<u32>,
}

#[derive(Debug, Args)]
pub(super) struct HistoryArg {
    /// Ended processes to keep [default: by free memory]
    #[arg(long, value_name = "N", value_parser = resolve::history, allow_negative_numbers = true)]
    pub(super) history: Option<usize>,
}

#[derive(Debug, Args)]
pub(super) struct StormArg {
    /// New processes/s that are a storm [default: 500]
    #[arg(long, value_name = "N", value_parser = resolve::storm_rate, allow_negative_numbers = true)]
    pub(super) storm_rate: Option<u32>,
}

#[derive(Debug, Args)]
pub(super) struct UntilArgs {
    /// Wait for a storm of N processes/s; end with it
    #[arg(long, value_name = "N", value_parser = resolve::storm_rate, allow_negative_numbers = true)]
    pub(super) until_storm: Option<u32>,
    /// So long before the storm, too [default: 10s]
    #[arg(
        long,
        value_name = "TIME",
        value_parser = crate::model::filter::parse_duration_ns,
        allow_negative_numbers = true
    )]
    pub(super) keep: Option<u64>,
    /// Wait no longer than that; then end with 3
    #[arg(
        long,
        value_name = "TIME",
        value_parser = crate::model::filter::parse_duration_ns,
        allow_negative_numbers = true
    )]
    pub(super) timeout: Option<u64>,
}

#[derive(Debug, Default, Args)]
pub(super) struct TracingArgs {
    /// Tell failed execs, too
    #[arg(short = 'x', long)]
    pub(super) failed_exec: bool,
    /// Tell the beginning and end of threads, too
    #[arg(short, long)]
    pub(super) threads: bool,
    /// Keep no rights: no later -x, no signals to others
    #[arg(long)]
    pub(super) drop_all: bool,
    /// Kernel buffer, 4K to 1G [default: 16M]
    #[arg(long, value_name = "SIZE", value_parser = resolve::ring_bytes, allow_negative_numbers = true)]
    pub(super) ring_size: Option<u32>,
}

#[derive(Debug, Args)]
pub(super) struct VerboseArg {
    /// Show libbpf's debug output
    #[arg(short, long)]
    pub(super) verbose: bool,
}

#[derive(Debug, Args)]
pub(super) struct WaitAllArg {
    /// Wait for the command's descendants, too
    #[arg(long)]
    pub(super) wait_all: bool,
}

#[derive(Debug, Args)]
pub(super) struct CommandArg {
    /// Start this and watch only its descendants
    #[arg(last = true, value_name = "COMMAND")]
    pub(super) argv: Vec<OsString>,
}
