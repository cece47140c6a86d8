//! (a3) A storm on every core at once: whether anything is lost, and how soon keys are answered. Every byte between the two ends of a
//! terminal is carried by the kernel's own workers, which such a storm keeps waiting, too. So there are three storms: one in which these
//! run first, which tells what proctop takes; one with the kernel as it is; and one without proctop.

use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use super::Bench;
use super::full::DRAIN;
use super::keys::Keys;
use super::slowdown::lost;
use crate::echo::Echo;
use crate::kernel_side::Counters;
use crate::kernel_workers::{self, Raised};
use crate::machine::{cpu_ns, pin, stolen_ms};
use crate::priority::run_first;
use crate::results::Results;
use crate::storm::{Blowing, Kind, Length, Storm};
use crate::support::{header_number, pty::Pty};
use crate::tracer::{Tracer, Variant};
use crate::{Measured, failed};

/// The name of this part.
pub const PART: &str = "all-cores";
/// proctop, while the kernel's workers run first: what targets are judged by.
pub const RAISED: &str = "proctop";
/// proctop, and the kernel as it is.
pub const AS_IT_IS: &str = "proctop as the kernel is";
/// A terminal without a program in that same storm.
pub const ECHO_BESIDE: &str = "bare echo beside proctop";
/// A terminal without a program in a storm that nobody watches.
pub const ECHO_ALONE: &str = "bare echo";
/// Of what there is a reason where the kernel's workers could not be raised.
pub const PRIORITY: &str = "all-cores/priority";
/// How often a key is typed.
const KEY_EVERY: Duration = Duration::from_millis(200);
/// How long the storms last that are only there to compare with, at most, in seconds.
const SHORT: u32 = 15;

/// Measures.
///
/// # Errors
/// When proctop or the storms can't be run. Where priorities can't be raised, that is only noted; there are no keys then to judge by.
pub fn run(bench: &Bench, results: &mut Results) -> Measured<()> {
    pin(&bench.cpus)?;
    let outcome = storms(bench, results);
    // where it was refused before, there is nothing to take back
    let back = run_first(false);
    bench.pin_away()?;
    outcome?;
    if results.reason(PRIORITY).is_none() { back } else { Ok(()) }
}

fn storms(bench: &Bench, results: &mut Results) -> Measured<()> {
    let short = bench.seconds.min(SHORT);
    with_workers_raised(bench, results)?;
    as_it_is(bench, short, results)?;
    nobody_watches(bench, short, results)
}

/// Says, here and on the page, what was not allowed.
fn refused(results: &mut Results, reason: &str) {
    eprintln!("bench: {PART}: not all could be raised that carries a key: {reason}");
    results.excuse(PRIORITY, reason);
}

fn with_workers_raised(bench: &Bench, results: &mut Results) -> Measured<()> {
    let mut tracer = Tracer::start(Variant::Ui, &bench.storms)?.ok_or("nothing runs")?;
    // with the thread that reads the terminal, which has just been started; not the storms, nor proctop
    let raised = run_first(true).and_then(|()| raise_workers());
    let keys = watched(bench, bench.seconds, RAISED, &mut tracer, results)?;
    match raised.and_then(Raised::put_back) {
        Ok(workers) => {
            results.add(PART, RAISED, "workers", 0, workers as f64);
            add_keys(results, RAISED, &keys);
        }
        Err(reason) => refused(results, &reason),
    }
    tracer.stop().map(drop)
}

fn raise_workers() -> Measured<Raised> {
    let own = std::env::current_exe().map_err(failed("this program"))?;
    Raised::now(Command::new(own).arg(kernel_workers::RAISE))
}

fn as_it_is(bench: &Bench, seconds: u32, results: &mut Results) -> Measured<()> {
    let mut tracer = Tracer::start(Variant::Ui, &bench.storms)?.ok_or("nothing runs")?;
    let echo = Echo::start(KEY_EVERY)?;
    look_first(results);
    let keys = watched(bench, seconds, AS_IT_IS, &mut tracer, results)?;
    add_keys(results, AS_IT_IS, &keys);
    add_keys(results, ECHO_BESIDE, &echo.finish()?);
    tracer.stop().map(drop)
}

fn nobody_watches(bench: &Bench, seconds: u32, results: &mut Results) -> Measured<()> {
    let echo = Echo::start(KEY_EVERY)?;
    look_first(results);
    let mut blowing = blow(bench, seconds)?;
    let until = Instant::now() + Duration::from_secs(seconds.into());
    while Instant::now() < until && still_blows(&mut blowing)? {
        thread::sleep(KEY_EVERY);
    }
    add_keys(results, ECHO_ALONE, &echo.finish()?);
    finish(blowing).map(drop)
}

/// The threads that were started since are raised as well.
fn look_first(results: &mut Results) {
    if results.reason(PRIORITY).is_none()
        && let Err(reason) = run_first(true)
    {
        refused(results, &reason);
    }
}

fn add_keys(results: &mut Results, variant: &str, keys: &[f64]) {
    for &ms in keys {
        results.add(PART, variant, "key_ms", 0, ms);
    }
}

/// A storm on each CPU at once beside the screen. Returns the milliseconds until each key was answered.
fn watched(
    bench: &Bench,
    seconds: u32,
    name: &str,
    tracer: &mut Tracer,
    results: &mut Results,
) -> Measured<Vec<f64>> {
    let pid = tracer.pid();
    let Tracer::Screen(pty) = tracer else { return Err("no screen".into()) };
    let counters = Counters::of(pid)?;
    let (before, cpu_before, stolen_before) = (counters.read()?, cpu_ns(pid)?, stolen_ms()?);
    let mut blowing = blow(bench, seconds)?;
    let begun = Instant::now();
    let mut keys = Keys::default();
    let answers = type_on(&mut keys, pty, &mut blowing, begun + Duration::from_secs(seconds.into()))?;
    let elapsed = begun.elapsed().as_secs_f64();
    let cpu = cpu_ns(pid)? - cpu_before;
    let stolen = (stolen_ms()? - stolen_before) / 1e3 / elapsed / bench.cpus.len() as f64;
    let storms = finish(blowing)?;
    let longest_ns = storms.iter().map(|storm| storm.elapsed_ns).max().unwrap_or_default().max(1);
    keys.put_back(pty);
    thread::sleep(DRAIN);
    let children = storms.iter().map(|storm| storm.children.len()).sum();
    let (missing, expected) = lost(Kind::Vfork, children, &before, &counters.read()?);
    let shown = pty.with_screen(|screen| header_number(screen, "lost"));
    let mut add = |metric: &str, value: f64| results.add(PART, name, metric, 0, value);
    add("seconds", elapsed);
    add("events_per_s", expected as f64 / longest_ns as f64 * 1e9);
    add("cpu", cpu / elapsed / 1e9);
    add("stolen", stolen);
    add("slowest_stolen_ms", stolen_of_slowest(&answers));
    add("expected", expected as f64);
    add("lost", missing as f64);
    add("shown_lost", shown.ok_or("the screen does not say what was lost")? as f64);
    Ok(answers.into_iter().map(|(ms, _)| ms).collect())
}

/// How long the hypervisor kept CPUs away while the slowest key waited, all together, in milliseconds.
fn stolen_of_slowest(answers: &[(f64, f64)]) -> f64 {
    answers.iter().copied().max_by(|one, other| one.0.total_cmp(&other.0)).map_or(0.0, |(_, stolen)| stolen)
}

/// Types while all storms blow: a storm that has blown for its time still has a list of millions to write, and that is another load. Returns for each key how long it took, and how
/// much of the CPUs a hypervisor kept meanwhile, in milliseconds.
fn type_on(
    keys: &mut Keys,
    pty: &mut Pty,
    blowing: &mut [Blowing],
    until: Instant,
) -> Measured<Vec<(f64, f64)>> {
    let mut answers = Vec::new();
    while Instant::now() < until && still_blows(blowing)? {
        let typed = Instant::now();
        let stolen = stolen_ms()?;
        answers.push((keys.press(pty), stolen_ms()? - stolen));
        thread::sleep(KEY_EVERY.saturating_sub(typed.elapsed()));
    }
    Ok(answers)
}

/// A storm on each CPU.
fn blow(bench: &Bench, seconds: u32) -> Measured<Vec<Blowing>> {
    let length = Length::Seconds(seconds);
    bench.cpus.iter().map(|&cpu| bench.storms.start(Kind::Vfork, length, cpu)).collect()
}

/// Whether all of them still run: once one is over, the machine is not as full.
fn still_blows(blowing: &mut [Blowing]) -> Measured<bool> {
    for storm in blowing {
        if storm.is_over()? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn finish(blowing: Vec<Blowing>) -> Measured<Vec<Storm>> {
    blowing.into_iter().map(Blowing::finish).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_stolen_is_told_of_the_slowest_key() {
        assert!((stolen_of_slowest(&[(3.0, 0.0), (140.0, 90.0), (20.0, 130.0)]) - 90.0).abs() < 1e-9);
        assert!(stolen_of_slowest(&[]).abs() < 1e-9);
    }
}
