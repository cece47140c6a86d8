//! (a2) Storms of a minute: whether anything is lost, what proctop takes, and whether it hears keys.

use std::thread;
use std::time::{Duration, Instant};

use super::Bench;
use super::keys::Keys;
use super::slowdown::lost;
use crate::kernel_side::Counters;
use crate::machine::{cpu_ns, pin, run_first};
use crate::results::Results;
use crate::storm::{Blowing, Kind, Length, Storm};
use crate::support::header_number;
use crate::tracer::{Tracer, Variant};
use crate::{Measured, failed};
use proctop::model::event::What;
use proctop::recording::Reader;

/// The names of these parts.
pub const ONE_CORE: &str = "one-core";
/// On every core.
pub const ALL_CORES: &str = "all-cores";
/// After the storm: until the screen has told of all of it.
const DRAIN: Duration = Duration::from_secs(2);
/// How often a key is typed.
const KEY_EVERY: Duration = Duration::from_millis(200);

/// One storm beside the screen, and one beside `record`, whose file is compared with the storm's list.
///
/// # Errors
/// When proctop or the storm can't be run.
pub fn one_core(bench: &Bench, results: &mut Results) -> Measured<()> {
    for variant in [Variant::Ui, Variant::Record] {
        let tracer = Tracer::start(variant, &bench.storms)?.ok_or("nothing runs")?;
        let counters = Counters::of(tracer.pid())?;
        let (before, cpu_before) = (counters.read()?, cpu_ns(tracer.pid())?);
        let storm = bench.storms.run(Kind::Vfork, Length::Seconds(bench.seconds), bench.storm_cpu)?;
        let cpu = cpu_ns(tracer.pid())? - cpu_before;
        thread::sleep(DRAIN);
        let (missing, expected) = lost(Kind::Vfork, storm.children.len(), &before, &counters.read()?);
        let name = variant.name();
        let mut add = |metric: &str, value: f64| results.add(ONE_CORE, name, metric, 0, value);
        add("seconds", storm.elapsed_ns as f64 / 1e9);
        add("events_per_s", expected as f64 / storm.elapsed_ns.max(1) as f64 * 1e9);
        add("cpu", cpu / storm.elapsed_ns.max(1) as f64);
        add("expected", expected as f64);
        add("lost", missing as f64);
        if let Tracer::Screen(pty) = &tracer {
            let shown = pty.with_screen(|screen| header_number(screen, "lost"));
            add("shown_lost", shown.ok_or("the screen does not say what was lost")? as f64);
        }
        tracer.stop()?;
        if matches!(variant, Variant::Record) {
            let wrong = wrongly_recorded(bench, &storm)?;
            results.add(ONE_CORE, name, "wrong_in_recording", 0, wrong as f64);
        }
    }
    Ok(())
}

/// How many entries of the storm's list are not in the recording, or not at their place, with their pid and code: forks and
/// exits each by themselves.
fn wrongly_recorded(bench: &Bench, storm: &Storm) -> Measured<u64> {
    let path = bench.storms.place("storm.ptop");
    let mut reader = Reader::open(&path).map_err(failed(path.display()))?;
    let (mut forks, mut exits) = (Follower::default(), Follower::default());
    while let Some(events) = reader.next_block().map_err(failed("the recording"))? {
        for event in &events {
            match &event.what {
                What::Fork(fork) if fork.subject.parent.is_some_and(|parent| parent.pid == storm.parent) => {
                    let pid = fork.subject.id.pid;
                    forks.meet(storm.children.get(forks.at).is_some_and(|&(wanted, _)| wanted == pid));
                }
                What::Exit(exit) if exit.subject.parent.is_some_and(|parent| parent.pid == storm.parent) => {
                    let told = exit.status.code().map(|code| (exit.subject.id.pid, code));
                    exits.meet(storm.children.get(exits.at).copied() == told);
                }
                _ => {}
            }
        }
    }
    Ok(forks.wrong(storm.children.len()) + exits.wrong(storm.children.len()))
}

/// Goes through a list beside what is told.
#[derive(Debug, Default)]
struct Follower {
    at: usize,
    right: usize,
}

impl Follower {
    fn meet(&mut self, is_right: bool) {
        self.at += 1;
        self.right += usize::from(is_right);
    }

    /// Those of the list that were not met, and those that were met beyond it.
    fn wrong(&self, expected: usize) -> u64 {
        (expected.max(self.at) - self.right) as u64
    }
}

/// A storm on each CPU at once beside the screen, which is to answer keys all the time.
///
/// # Errors
/// When proctop or the storms can't be run.
pub fn all_cores(bench: &Bench, results: &mut Results) -> Measured<()> {
    pin(&bench.cpus)?;
    let outcome = storms_and_keys(bench, results);
    run_first(false)?;
    bench.pin_away()?;
    outcome
}

fn storms_and_keys(bench: &Bench, results: &mut Results) -> Measured<()> {
    let mut tracer = Tracer::start(Variant::Ui, &bench.storms)?.ok_or("nothing runs")?;
    // with the thread that reads the terminal, which has just been started; not the storms, nor proctop
    run_first(true)?;
    let counters = Counters::of(tracer.pid())?;
    let (before, cpu_before) = (counters.read()?, cpu_ns(tracer.pid())?);
    let mut blowing = blow(bench)?;
    let begun = Instant::now();
    let Tracer::Screen(pty) = &mut tracer else { return Err("no screen".into()) };
    let mut keys = Keys::default();
    while still_blows(&mut blowing)? {
        let typed = Instant::now();
        let answered = keys.press(pty);
        results.add(ALL_CORES, "proctop", "key_ms", 0, answered);
        thread::sleep(KEY_EVERY.saturating_sub(typed.elapsed()));
    }
    let elapsed = begun.elapsed().as_secs_f64();
    let cpu = cpu_ns(tracer.pid())? - cpu_before;
    let storms = finish(blowing)?;
    if let Tracer::Screen(pty) = &mut tracer {
        keys.put_back(pty);
    }
    thread::sleep(DRAIN);
    let children = storms.iter().map(|storm| storm.children.len()).sum();
    let (missing, expected) = lost(Kind::Vfork, children, &before, &counters.read()?);
    let mut add = |metric: &str, value: f64| results.add(ALL_CORES, "proctop", metric, 0, value);
    add("seconds", elapsed);
    add("events_per_s", expected as f64 / elapsed);
    add("cpu", cpu / elapsed / 1e9);
    add("expected", expected as f64);
    add("lost", missing as f64);
    if let Tracer::Screen(pty) = &tracer {
        let shown = pty.with_screen(|screen| header_number(screen, "lost"));
        add("shown_lost", shown.ok_or("the screen does not say what was lost")? as f64);
    }
    tracer.stop().map(drop)
}

/// A storm on each CPU.
fn blow(bench: &Bench) -> Measured<Vec<Blowing>> {
    let length = Length::Seconds(bench.seconds);
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
    fn what_is_missing_wrong_or_too_much_in_a_recording_counts() {
        let follow = |met: &[bool]| {
            let mut follower = Follower::default();
            met.iter().for_each(|&is_right| follower.meet(is_right));
            follower.wrong(3)
        };
        assert_eq!(follow(&[true, true, true]), 0);
        assert_eq!(follow(&[true, true]), 1);
        assert_eq!(follow(&[true, false, true]), 1);
        assert_eq!(follow(&[true, true, true, false]), 1);
        assert_eq!(follow(&[]), 3);
    }
}
