//! From arguments as they are written to an [`Invocation`]: values, what stands on both sides of the subcommand, and
//! what does not go together.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use nix::unistd::{SysconfVar, User, sysconf};

use super::args::{
    Cli, ConfigArgs, LogArgs, LookArgs, OpenArgs, RecordArgs, SelectionArgs, Sub, TracingArgs, UntilArgs,
    VerboseArg,
};
use super::error::CliError;
use super::invocation::{
    Config, Doctor, Invocation, Log, LogOutput, LogSource, LookOptions, Open, Record, Selection, Trace, Ui,
    Until,
};
use super::{SavedFilters, still};
use crate::model::MAX_HISTORY;
use crate::model::filter::{Filter, parse_size_bytes, quote};
use crate::model::storm::Threshold;
use crate::tracer::DEFAULT_RING_BYTES;

const MIN_RING_BYTES: u64 = 4 << 10;
const MAX_RING_BYTES: u64 = 1 << 30;
const MAX_STORM_RATE: u32 = 1_000_000_000;
/// What `--until-storm` keeps from before the storm unless the user says otherwise.
const DEFAULT_KEEP_NS: u64 = 10_000_000_000;

/// Puts an invocation together.
pub(super) fn invocation(mut cli: Cli, saved: SavedFilters<'_>) -> Result<Invocation, CliError> {
    let Some(subcommand) = cli.subcommand.take() else {
        return ui(cli, saved);
    };
    match subcommand {
        Sub::Log(args) => log(cli, args, saved),
        Sub::Record(args) => record(cli, args),
        Sub::Open(args) => open(cli, args, saved),
        Sub::Doctor(args) => doctor(&cli, &args),
        Sub::Config(args) => config(&cli, &args),
    }
}

fn ui(cli: Cli, saved: SavedFilters<'_>) -> Result<Invocation, CliError> {
    let trace = trace(cli.command.argv, &cli.tracing, cli.verbose.verbose)?;
    let selection = selection(cli.selection, saved)?;
    not_both("--pid", selection.pid.is_some(), "a command", !trace.command.is_empty())?;
    let history = cli.history.history;
    let look = look(cli.look, LookArgs::default())?;
    Ok(Invocation::Ui(Ui { trace, selection, history, look, storm: threshold(cli.storm.storm_rate) }))
}

fn log(cli: Cli, args: LogArgs, saved: SavedFilters<'_>) -> Result<Invocation, CliError> {
    refuse("log", &[("--history", cli.history.history.is_some())])?;
    refuse("log", &given_look(cli.look))?;
    let selection = selection(merge(cli.selection, args.selection)?, saved)?;
    let tracing = merge_tracing(&cli.tracing, &args.tracing)?;
    let verbose = cli.verbose.verbose || args.verbose.verbose;
    let storm_rate = once("--storm-rate", cli.storm.storm_rate, args.storm.storm_rate)?;
    let command = args.command.argv;
    let until = until(&args.until, &command)?;
    not_both("--storm-rate", storm_rate.is_some(), "--until-storm", until.is_some())?;
    let output = match args.output {
        None if command.is_empty() => LogOutput::Stdout,
        None => LogOutput::Stderr,
        Some(path) if path == Path::new("-") => LogOutput::Stdout,
        Some(path) => LogOutput::File(path),
    };
    not_both("--pid", selection.pid.is_some(), "a command", !command.is_empty())?;
    let source = if let Some(file) = args.from {
        for (option, given) in [
            ("a command", !command.is_empty()),
            ("--wait-all", args.wait_all.wait_all),
            ("--ring-size", tracing.ring_size.is_some()),
            ("--failed-exec", tracing.failed_exec),
            ("--threads", tracing.threads),
            ("--drop-all", tracing.drop_all),
            ("--verbose", verbose),
            ("--until-storm", until.is_some()),
        ] {
            not_both("--from", true, option, given)?;
        }
        LogSource::Recording(file)
    } else {
        let trace = trace(command, &tracing, verbose)?;
        LogSource::Live { wait_all: wait_all(args.wait_all.wait_all, &trace)?, trace, until }
    };
    let storm = match until {
        Some(Until { rate, .. }) => Threshold { floor: rate, adapts: false },
        None => threshold(storm_rate),
    };
    Ok(Invocation::Log(Log { source, selection, format: args.format, output, storm }))
}

fn record(cli: Cli, args: RecordArgs) -> Result<Invocation, CliError> {
    let outer = cli.selection;
    refuse(
        "record",
        &[
            ("--min-duration", outer.min_duration.is_some()),
            ("--comm", outer.comm.is_some()),
            ("--user", outer.user.is_some()),
            ("--filter", !outer.filter.is_empty()),
            ("--history", cli.history.history.is_some()),
            ("--storm-rate", cli.storm.storm_rate.is_some()),
        ],
    )?;
    refuse("record", &given_look(cli.look))?;
    let pid = once("--pid", outer.pid.pid, args.pid.pid)?;
    let tracing = merge_tracing(&cli.tracing, &args.tracing)?;
    let until = until(&args.until, &args.command.argv)?;
    let trace = trace(args.command.argv, &tracing, cli.verbose.verbose || args.verbose.verbose)?;
    not_both("--pid", pid.is_some(), "a command", !trace.command.is_empty())?;
    Ok(Invocation::Record(Record {
        file: recording_to(args.output)?,
        pid,
        wait_all: wait_all(args.wait_all.wait_all, &trace)?,
        trace,
        until,
    }))
}

fn open(cli: Cli, args: OpenArgs, saved: SavedFilters<'_>) -> Result<Invocation, CliError> {
    refuse("open", &given(&cli.tracing))?;
    refuse("open", &[("--verbose", cli.verbose.verbose)])?;
    let history = once("--history", cli.history.history, args.history.history)?;
    Ok(Invocation::Open(Open {
        file: args.file,
        selection: selection(merge(cli.selection, args.selection)?, saved)?,
        history,
        look: look(cli.look, args.look)?,
        storm: threshold(once("--storm-rate", cli.storm.storm_rate, args.storm.storm_rate)?),
        users: args.passwd,
        still: still::still(args.still, saved)?,
    }))
}

fn doctor(cli: &Cli, args: &VerboseArg) -> Result<Invocation, CliError> {
    refuse_all("doctor", cli)?;
    Ok(Invocation::Doctor(Doctor { verbose: cli.verbose.verbose || args.verbose }))
}

fn config(cli: &Cli, args: &ConfigArgs) -> Result<Invocation, CliError> {
    refuse_all("config", cli)?;
    refuse("config", &[("--verbose", cli.verbose.verbose)])?;
    Ok(Invocation::Config(if args.path { Config::Path } else { Config::Example }))
}

/// For a subcommand that has nothing to do with events.
fn refuse_all(subcommand: &str, cli: &Cli) -> Result<(), CliError> {
    let outer = &cli.selection;
    refuse(
        subcommand,
        &[
            ("--min-duration", outer.min_duration.is_some()),
            ("--comm", outer.comm.is_some()),
            ("--user", outer.user.is_some()),
            ("--pid", outer.pid.pid.is_some()),
            ("--filter", !outer.filter.is_empty()),
            ("--history", cli.history.history.is_some()),
            ("--storm-rate", cli.storm.storm_rate.is_some()),
        ],
    )?;
    refuse(subcommand, &given_look(cli.look))?;
    refuse(subcommand, &given(&cli.tracing))
}

/// Before the subcommand or behind it.
fn look(outer: LookArgs, inner: LookArgs) -> Result<LookOptions, CliError> {
    Ok(LookOptions {
        theme: once("--theme", outer.theme, inner.theme)?,
        colour: once("--color", outer.color, inner.color)?,
        ascii: once("--ascii", outer.ascii, inner.ascii)?,
    })
}

fn given_look(look: LookArgs) -> [(&'static str, bool); 3] {
    [("--theme", look.theme.is_some()), ("--color", look.color.is_some()), ("--ascii", look.ascii.is_some())]
}

fn trace(command: Vec<OsString>, tracing: &TracingArgs, verbose: bool) -> Result<Trace, CliError> {
    if command.first().is_some_and(|program| program.is_empty()) {
        return Err(CliError::usage("the command after '--' has an empty name"));
    }
    Ok(Trace {
        command,
        ring_bytes: tracing.ring_size.unwrap_or(DEFAULT_RING_BYTES),
        failed_execs: tracing.failed_exec,
        threads: tracing.threads,
        drop_all: tracing.drop_all,
        verbose,
    })
}

/// Options of tracing may stand before the subcommand and behind it.
fn merge_tracing(outer: &TracingArgs, inner: &TracingArgs) -> Result<TracingArgs, CliError> {
    Ok(TracingArgs {
        failed_exec: outer.failed_exec || inner.failed_exec,
        threads: outer.threads || inner.threads,
        drop_all: outer.drop_all || inner.drop_all,
        ring_size: once("--ring-size", outer.ring_size, inner.ring_size)?,
    })
}

/// The options of tracing with whether each was given.
fn given(tracing: &TracingArgs) -> [(&'static str, bool); 4] {
    [
        ("--ring-size", tracing.ring_size.is_some()),
        ("--failed-exec", tracing.failed_exec),
        ("--threads", tracing.threads),
        ("--drop-all", tracing.drop_all),
    ]
}

fn selection(args: SelectionArgs, saved: SavedFilters<'_>) -> Result<Selection, CliError> {
    let comm_filter = match &args.comm {
        None => Filter::default(),
        Some(pattern) => {
            Filter::comm(pattern).map_err(|error| CliError::usage(format!("--comm: {error}")))?
        }
    };
    // Only for them is the config file read: a mistake in it is none of a command line that does not want it.
    let names_one = args.filter.iter().any(|text| text.contains('@'));
    let saved = if names_one { saved().map_err(CliError::usage)? } else { BTreeMap::new() };
    let mut filter = Filter::default();
    for text in &args.filter {
        let next = Filter::parse_with(text, &|name| user_by_name(name).ok().flatten(), &saved);
        filter = Filter::and(filter, next.map_err(|error| CliError::usage(format!("--filter: {error}")))?);
    }
    Ok(Selection {
        min_duration_ns: args.min_duration,
        comm: args.comm,
        uid: args.user,
        pid: args.pid.pid,
        filter,
        comm_filter,
    })
}

/// Options before the subcommand and behind it, as if all stood in one place.
fn merge(outer: SelectionArgs, mut inner: SelectionArgs) -> Result<SelectionArgs, CliError> {
    inner.min_duration = once("--min-duration", outer.min_duration, inner.min_duration)?;
    inner.comm = once("--comm", outer.comm, inner.comm)?;
    inner.user = once("--user", outer.user, inner.user)?;
    inner.pid.pid = once("--pid", outer.pid.pid, inner.pid.pid)?;
    inner.filter.splice(0..0, outer.filter);
    Ok(inner)
}

fn once<T>(option: &str, outer: Option<T>, inner: Option<T>) -> Result<Option<T>, CliError> {
    match (outer, inner) {
        (Some(_), Some(_)) => Err(CliError::given_twice(option)),
        (outer, inner) => Ok(outer.or(inner)),
    }
}

fn refuse(subcommand: &str, options: &[(&str, bool)]) -> Result<(), CliError> {
    match options.iter().find(|(_, given)| *given) {
        Some((option, _)) => Err(CliError::no_such_option(Some(subcommand), option)),
        None => Ok(()),
    }
}

pub(super) fn not_both(one: &str, has_one: bool, other: &str, has_other: bool) -> Result<(), CliError> {
    if has_one && has_other {
        return Err(CliError::usage(format!("{one} and {other} do not go together")));
    }
    Ok(())
}

fn wait_all(given: bool, trace: &Trace) -> Result<bool, CliError> {
    if given && trace.command.is_empty() {
        return Err(CliError::usage("--wait-all needs a command, as in '--wait-all -- make'"));
    }
    Ok(given)
}

fn threshold(floor: Option<u32>) -> Threshold {
    floor.map_or_else(Threshold::default, |floor| Threshold { floor, ..Threshold::default() })
}

fn until(args: &UntilArgs, command: &[OsString]) -> Result<Option<Until>, CliError> {
    let Some(rate) = args.until_storm else {
        for (option, given) in [("--keep", args.keep.is_some()), ("--timeout", args.timeout.is_some())] {
            if given {
                return Err(CliError::usage(format!(
                    "{option} needs --until-storm, as in '--until-storm 500'"
                )));
            }
        }
        return Ok(None);
    };
    if !command.is_empty() {
        return Err(CliError::usage(
            "--until-storm and a command do not go together; start it beforehand and watch it by --pid",
        ));
    }
    Ok(Some(Until { rate, keep_ns: args.keep.unwrap_or(DEFAULT_KEEP_NS), timeout_ns: args.timeout }))
}

fn recording_to(path: PathBuf) -> Result<PathBuf, CliError> {
    if path == Path::new("-") {
        return Err(CliError::usage("--output: a recording needs a file; './-' is one of that name"));
    }
    Ok(path)
}

/// Reads `--user`.
pub(super) fn user(text: &str) -> Result<u32, String> {
    if let Ok(uid) = text.parse() {
        return Ok(uid);
    }
    match user_by_name(text) {
        Ok(Some(uid)) => Ok(uid),
        Ok(None) => Err(format!("unknown user {}; write a user's name or number", quote(text))),
        Err(error) => Err(format!("cannot look up user {}: {}; write the number", quote(text), error.desc())),
    }
}

fn user_by_name(name: &str) -> nix::Result<Option<u32>> {
    Ok(User::from_name(name)?.map(|user| user.uid.as_raw()))
}

/// Reads `--pid`; the kernel's own ids end far below `i32::MAX`.
pub(super) fn pid(text: &str) -> Result<u32, String> {
    match text.parse::<i32>().ok().and_then(|pid| u32::try_from(pid).ok()) {
        Some(pid) if pid > 0 => Ok(pid),
        _ => Err(format!("{} is not a process id; those are positive numbers", quote(text))),
    }
}

/// Reads `--history`.
pub(super) fn history(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count @ 1..=MAX_HISTORY) => Ok(count),
        _ => Err(format!("{} is not a number from 1 to {MAX_HISTORY}", quote(text))),
    }
}

/// Reads `--storm-rate` and `--until-storm`.
pub(super) fn storm_rate(text: &str) -> Result<u32, String> {
    match text.strip_suffix("/s").unwrap_or(text).parse() {
        Ok(rate @ 1..=MAX_STORM_RATE) => Ok(rate),
        _ => {
            Err(format!("{} is not a number of processes per second from 1 to {MAX_STORM_RATE}", quote(text)))
        }
    }
}

/// Reads `--ring-size`.
pub(super) fn ring_bytes(text: &str) -> Result<u32, String> {
    let page = sysconf(SysconfVar::PAGE_SIZE).ok().flatten().and_then(|bytes| u64::try_from(bytes).ok());
    ring_bytes_with(text, page.unwrap_or(MIN_RING_BYTES))
}

/// The kernel takes powers of two that are whole pages.
fn ring_bytes_with(text: &str, page_bytes: u64) -> Result<u32, String> {
    let bytes = parse_size_bytes(text)?;
    if !(MIN_RING_BYTES..=MAX_RING_BYTES).contains(&bytes) {
        return Err(format!("{} is not a size from 4K to 1G", quote(text)));
    }
    let rounded = bytes.max(page_bytes).next_power_of_two();
    u32::try_from(rounded).map_err(|_| format!("{} is too large a size", quote(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rings_are_powers_of_two_and_whole_pages() {
        for (text, page, bytes) in [
            ("16M", 4096, 16 << 20),
            ("4K", 4096, 4096),
            ("4097", 4096, 8192),
            ("20M", 4096, 32 << 20),
            ("1G", 4096, 1 << 30),
            ("4K", 65536, 65536),
            ("0.9G", 65536, 1 << 30),
        ] {
            assert_eq!(ring_bytes_with(text, page), Ok(bytes), "{text}");
        }
        for text in ["0", "4095", "1.1G", "1T"] {
            assert_eq!(ring_bytes_with(text, 4096), Err(format!("'{text}' is not a size from 4K to 1G")));
        }
    }
}
