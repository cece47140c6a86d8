//! (b) How long all BPF programs run for one process of a storm, by the kernel's own statistics: proctop's, as many empty ones at
//! the same tracepoints, and ones that only reserve and submit.

use std::thread;
use std::time::Duration;

use super::Bench;
use crate::Measured;
use crate::kernel_side::{Attached, RunTime, Statistics, run_times};
use crate::results::Results;
use crate::stats::shuffled;
use crate::storm::{Kind, Length};
use crate::tracer::{Tracer, Variant};

/// The name of this part.
pub const PART: &str = "cycle";
/// What runs at the tracepoints.
const VARIANTS: [&str; 4] = ["untraced", "empty", "floor", "proctop"];
/// After programs were attached.
const SETTLE: Duration = Duration::from_millis(50);

fn length_of(kind: Kind) -> Length {
    match kind {
        Kind::Vfork => Length::Processes(20_000),
        Kind::Spawn => Length::Processes(600),
    }
}

/// Measures. proctop runs as `log`: its programs are the same as with the screen, and nobody draws beside the storm.
///
/// # Errors
/// When programs can't be attached or the storms can't be run.
pub fn run(bench: &Bench, results: &mut Results) -> Measured<()> {
    for round in 0..bench.rounds {
        for index in shuffled(VARIANTS.len(), round) {
            match VARIANTS.get(index).copied().unwrap_or_default() {
                "untraced" => untraced(bench, round, results)?,
                "proctop" => {
                    let _statistics = Statistics::switch_on()?;
                    let tracer = Tracer::start(Variant::Log, &bench.storms)?.ok_or("proctop does not run")?;
                    traced(bench, "proctop", tracer.pid(), round, results)?;
                    tracer.stop()?;
                }
                name => {
                    let _statistics = Statistics::switch_on()?;
                    for kind in Kind::ALL {
                        // anew for each, since the floor's ring has no reader
                        let _attached = Attached::all_that_begin_with(&format!("{name}_"))?;
                        thread::sleep(SETTLE);
                        one_storm(bench, name, kind, std::process::id(), round, results)?;
                    }
                }
            }
        }
        eprint!("\r  round {} of {}", round + 1, bench.rounds);
    }
    eprintln!();
    Ok(())
}

fn untraced(bench: &Bench, round: usize, results: &mut Results) -> Measured<()> {
    for kind in Kind::ALL {
        // what runs before a storm is not to be another thing than before those that are traced
        thread::sleep(SETTLE);
        let storm = bench.storms.run(kind, length_of(kind), bench.storm_cpu)?;
        results.add(PART, "untraced", &format!("{}_cycle_ns", kind.name()), round, storm.cycle_ns());
    }
    Ok(())
}

fn traced(bench: &Bench, name: &str, pid: u32, round: usize, results: &mut Results) -> Measured<()> {
    Kind::ALL.into_iter().try_for_each(|kind| one_storm(bench, name, kind, pid, round, results))
}

/// One storm, and how long the programs of a process ran meanwhile.
fn one_storm(
    bench: &Bench,
    name: &str,
    kind: Kind,
    pid: u32,
    round: usize,
    results: &mut Results,
) -> Measured<()> {
    let before = run_times(pid)?;
    let storm = bench.storms.run(kind, length_of(kind), bench.storm_cpu)?;
    let after = run_times(pid)?;
    let mut all = 0.0;
    for (program, ns, runs) in since(&before, &after) {
        let of_each = ns as f64 / storm.children.len().max(1) as f64;
        all += of_each;
        if runs > 0 {
            results.add(PART, name, &format!("{}_{program}_ns", kind.name()), round, ns as f64 / runs as f64);
        }
    }
    results.add(PART, name, &format!("{}_programs_ns", kind.name()), round, all);
    results.add(PART, name, &format!("{}_cycle_ns", kind.name()), round, storm.cycle_ns());
    Ok(())
}

/// How long and how often each program ran in between.
fn since<'a>(before: &[RunTime], after: &'a [RunTime]) -> Vec<(&'a str, u64, u64)> {
    after
        .iter()
        .map(|now| {
            let then = before.iter().find(|then| then.name == now.name).cloned().unwrap_or_default();
            (now.name.as_str(), now.ns.saturating_sub(then.ns), now.runs.saturating_sub(then.runs))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ran_before_is_not_counted() {
        let time = |name: &str, ns, runs| RunTime { name: name.into(), ns, runs, misses: 0 };
        let before = [time("on_fork", 100, 2)];
        let after = [time("on_exit", 30, 3), time("on_fork", 150, 3)];
        assert_eq!(since(&before, &after), [("on_exit", 30, 3), ("on_fork", 50, 1)]);
    }
}
