//! `make bench`: measures, prints the table, and writes `BENCHMARKS.md` with the samples beside it.
//!
//! `BENCH_ROUNDS` (25) and `BENCH_SECONDS` (60) make a shorter run, `BENCH_ONLY` names the parts that are wanted; the page of such a run says
//! so and is written beneath `target/`, and a target that was not measured is never reached. It refuses to measure beside another proctop or
//! a peer; `BENCH_ANYWAY=1` goes on. With `--alone` it only looks whether it would refuse.

use std::os::unix::fs::{MetadataExt, chown};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs, thread};

use proctop_bench::kernel_side::Statistics;
use proctop_bench::machine::{self, Machine, proctop, root};
use proctop_bench::memory;
use proctop_bench::parts::models::RETAINED;
use proctop_bench::parts::{self, Bench, Part};
use proctop_bench::report::{Run, page};
use proctop_bench::results::Results;
use proctop_bench::storm::Storms;
use proctop_bench::{Measured, children, failed, kernel_workers, others};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// Rounds of a whole run.
const ROUNDS: usize = 25;
/// Seconds of a long storm of a whole run.
const SECONDS: u32 = 60;
/// The argument with which this program only looks who else runs.
const ALONE: &str = "--alone";
/// Where the page and the samples of a run that is not a whole one go, beneath the place where cargo builds.
const PARTIAL: &str = "bench-partial";

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let outcome = match (arguments.next().as_deref(), arguments.next()) {
        (Some(RETAINED), Some(kind)) => memory::bytes_per_dead(&kind).map(|bytes| println!("{bytes}")),
        (Some(ALONE), None) => company().map(drop),
        (Some(kernel_workers::RAISE), None) => {
            kernel_workers::raise_until_end_of_input();
            Ok(())
        }
        _ => bench(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("bench: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn bench() -> Measured<()> {
    let (rounds, seconds) = (number("BENCH_ROUNDS", ROUNDS)?, number("BENCH_SECONDS", SECONDS)?);
    let wanted = wanted()?;
    let company = company()?;
    let storms = Storms::compile()?;
    children::adopt()?;
    end_on_signals(storms.place(""))?;
    // what is to be said of it is said where it is caught
    std::panic::set_hook(Box::new(|_| ()));
    let machine = Machine::look()?;
    if machine.is_busy() {
        eprintln!(
            "bench: the machine is not idle: something else takes {:.0} % of a CPU, and the figures will be worse",
            machine.busy * 100.0
        );
    }
    let cpus = machine::cpus()?;
    let bench = Bench {
        storms,
        // interrupts go to the first ones
        storm_cpu: cpus.last().copied().unwrap_or_default(),
        cpus,
        rounds,
        seconds,
        target: target(),
    };
    bench.pin_away()?;
    let mut results = Results::default();
    for part in parts::ALL {
        measure(part, &bench, &wanted, &mut results);
    }
    // what a part that failed has left
    children::kill_all();
    let run = Run { machine, rounds, partial: partial(rounds, seconds, &wanted, &company), notes: notes() };
    write_down(&run, &results, &bench.target)
}

/// Who runs beside this and spoils the figures, where it was told to measure nevertheless.
fn company() -> Measured<Vec<String>> {
    let others = others::running()?;
    if others.is_empty() || env::var("BENCH_ANYWAY").is_ok_and(|value| value == "1") {
        return Ok(others);
    }
    Err(format!(
        "{} runs already and would spoil every figure; end it first, or set BENCH_ANYWAY=1",
        others.join(", ")
    ))
}

/// A number of the environment, or this one.
fn number<T: std::str::FromStr>(name: &str, otherwise: T) -> Measured<T> {
    match env::var(name) {
        Ok(text) if !text.is_empty() => text.parse().map_err(|_| format!("{name} is no number: {text}")),
        _ => Ok(otherwise),
    }
}

/// The parts that are wanted; none: all.
fn wanted() -> Measured<Vec<String>> {
    let words = env::var("BENCH_ONLY").unwrap_or_default();
    let words: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
    match words.iter().find(|word| parts::ALL.iter().all(|part| part.name != word.as_str())) {
        Some(unknown) => {
            let known: Vec<_> = parts::ALL.iter().map(|part| part.name).collect();
            Err(format!("BENCH_ONLY: there is no part {unknown}, but: {}", known.join(" ")))
        }
        None => Ok(words),
    }
}

/// One part, whatever becomes of it: the driver of terminals panics when it waits in vain.
fn measure(part: &Part, bench: &Bench, wanted: &[String], results: &mut Results) {
    if !wanted.is_empty() && wanted.iter().all(|word| word != part.name) {
        results.excuse(part.name, "not wanted in this run (BENCH_ONLY)");
        return;
    }
    if let Some(reason) = obstacle(part) {
        eprintln!("bench: {}: {reason}", part.name);
        results.excuse(part.name, &reason);
        return;
    }
    eprintln!("bench: {}: {}", part.name, part.about);
    let outcome = catch_unwind(AssertUnwindSafe(|| (part.run)(bench, results)));
    let reason = match outcome {
        Ok(Ok(())) => return,
        Ok(Err(reason)) => reason,
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned().unwrap_or_else(|| "it panicked".into());
            eprintln!("{text}");
            let first = text.lines().next().unwrap_or_default();
            first.strip_suffix("; the screen:").unwrap_or(first).to_owned()
        }
    };
    eprintln!("bench: {}: {reason}", part.name);
    results.excuse(part.name, &reason);
}

/// Why a part can't be measured here.
fn obstacle(part: &Part) -> Option<String> {
    if !part.live {
        return None;
    }
    if !nix::unistd::geteuid().is_root() {
        return Some("it needs root, to load programs into the kernel".into());
    }
    let proctop = proctop();
    (!proctop.exists()).then(|| format!("{} is not there: `make bench` builds it", proctop.display()))
}

fn partial(rounds: usize, seconds: u32, wanted: &[String], company: &[String]) -> Option<String> {
    let mut why = Vec::new();
    if rounds < ROUNDS {
        why.push(format!("{rounds} rounds instead of {ROUNDS}"));
    }
    if seconds < SECONDS {
        why.push(format!("long storms of {seconds} s"));
    }
    if !wanted.is_empty() {
        why.push(format!("only {}", wanted.join(", ")));
    }
    if !company.is_empty() {
        why.push(format!("beside {}", company.join(", ")));
    }
    (!why.is_empty()).then(|| why.join("; "))
}

fn notes() -> String {
    fs::read_to_string(root().join("benches/NOTES.md")).unwrap_or_default()
}

/// Where cargo builds: this program lies in `release/` there.
fn target() -> PathBuf {
    let own = env::current_exe().unwrap_or_default();
    own.ancestors().nth(2).map_or_else(|| PathBuf::from("target"), Path::to_path_buf)
}

/// The page and the samples, as files of whom the work tree belongs to: this may run as root by sudo. Those of a whole run are not
/// overwritten by any other.
fn write_down(run: &Run, results: &Results, target: &Path) -> Measured<()> {
    let partial = target.join(PARTIAL);
    let (path, samples) = match run.partial {
        None => (root().join("BENCHMARKS.md"), root().join("benches/samples")),
        Some(_) => (partial.join("BENCHMARKS.md"), partial.join("samples")),
    };
    let page = page(run, results);
    println!("{page}");
    results.save(&samples)?;
    fs::write(&path, page).map_err(failed(path.display()))?;
    let owner = fs::metadata(root()).map_err(failed("the work tree"))?;
    let files = fs::read_dir(&samples).map_err(failed(samples.display()))?;
    let files = files.flatten().map(|entry| entry.path());
    let made = [path.clone(), samples.clone()].into_iter().chain(run.partial.is_some().then_some(partial));
    for path in files.chain(made) {
        chown(&path, Some(owner.uid()), Some(owner.gid())).map_err(failed(path.display()))?;
    }
    let kept = if run.partial.is_some() { "not a whole run, BENCHMARKS.md stays as it is; " } else { "" };
    eprintln!("bench: {kept}written: {} and {}/", path.display(), samples.display());
    Ok(())
}

/// Ctrl-C leaves nothing behind: what was started is killed, the kernel's statistics are as they were, and the storms' directory goes.
fn end_on_signals(directory: PathBuf) -> Measured<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).map_err(failed("signals"))?;
    let before = Statistics::now().ok();
    thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            children::kill_all();
            if let Some(before) = &before {
                Statistics::restore(before);
            }
            let _ = fs::remove_dir_all(directory);
            std::process::exit(128 + signal);
        }
    });
    Ok(())
}
