//! `make bench`: measures, prints the table, and writes `BENCHMARKS.md` with the samples beside it.
//!
//! `BENCH_ROUNDS` (25) and `BENCH_SECONDS` (60) make a shorter run, `BENCH_ONLY` names the parts that are wanted; a page of such a run says
//! so, and a target that was not measured is never reached.

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
use proctop_bench::{Measured, failed};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// Rounds of a whole run.
const ROUNDS: usize = 25;
/// Seconds of a long storm of a whole run.
const SECONDS: u32 = 60;

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let outcome = match (arguments.next().as_deref(), arguments.next()) {
        (Some(RETAINED), Some(kind)) => memory::bytes_per_dead(&kind).map(|bytes| println!("{bytes}")),
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
    restore_on_signals()?;
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
        storms: Storms::compile()?,
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
    let run = Run { machine, rounds, partial: partial(rounds, seconds, &wanted), notes: notes() };
    write_down(&run, &results)
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

fn partial(rounds: usize, seconds: u32, wanted: &[String]) -> Option<String> {
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

/// The page and the samples, as files of whom the work tree belongs to: this may run as root by sudo.
fn write_down(run: &Run, results: &Results) -> Measured<()> {
    let (path, samples) = (root().join("BENCHMARKS.md"), root().join("benches/samples"));
    let page = page(run, results);
    println!("{page}");
    fs::write(&path, page).map_err(failed(path.display()))?;
    results.save(&samples)?;
    let owner = fs::metadata(root()).map_err(failed("the work tree"))?;
    let files = fs::read_dir(&samples).map_err(failed(samples.display()))?;
    let files = files.flatten().map(|entry| entry.path());
    for path in files.chain([path, samples.clone()]) {
        chown(&path, Some(owner.uid()), Some(owner.gid())).map_err(failed(path.display()))?;
    }
    eprintln!("bench: written: BENCHMARKS.md and benches/samples/");
    Ok(())
}

/// Ctrl-C leaves the kernel's statistics as they were; what was started ends by itself with its terminal or pipe, or hears it too.
fn restore_on_signals() -> Measured<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).map_err(failed("signals"))?;
    let before = Statistics::now().ok();
    thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            if let Some(before) = &before {
                Statistics::restore(before);
            }
            std::process::exit(128 + signal);
        }
    });
    Ok(())
}
