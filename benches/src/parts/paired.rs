//! What a storm of vfork+exit pays for being watched, exactly: it goes on all the time while watchers come and go beside it, and the time
//! of a process beside one is compared with those right before it came and right after it went. What a machine with neighbours does
//! to a storm within seconds is in all three alike.

use std::ops::Range;
use std::thread;
use std::time::Duration;

use super::Bench;
use crate::Measured;
use crate::kernel_side::Attached;
use crate::results::Results;
use crate::stats::shuffled;
use crate::ticks::{Tick, cycle_ns, now_ns};
use crate::tracer::{SETTLE, Tracer, Variant};

/// The name of this part.
pub const PART: &str = "paired";
/// Rounds of it for each round of the other parts.
const MORE: usize = 2;
/// How long the storm is timed with a watcher, and without.
const PHASE: Duration = Duration::from_millis(250);
/// A round takes five or six seconds; a storm lasts no longer than so many, whatever happens.
const LONGEST: u32 = 40;

/// Of so many rounds one may be left out since the storm stood still in a phase of it, as where a hypervisor takes its CPU away.
const LEFT_OUT: usize = 10;
/// Under which it is noted that rounds were.
pub const INCOMPLETE: &str = "paired/rounds";

/// What comes and goes beside the storm.
#[derive(Clone, Copy, Debug)]
pub enum Beside {
    /// Nothing: the noise.
    Nothing,
    /// Programs at the same tracepoints as proctop's that do nothing, and nobody who reads: what being called costs.
    Empty,
    /// proctop.
    Own(Variant),
}

impl Beside {
    /// All.
    pub const ALL: [Self; 5] = [
        Self::Nothing,
        Self::Empty,
        Self::Own(Variant::Ui),
        Self::Own(Variant::Log),
        Self::Own(Variant::Record),
    ];

    /// Its name in samples and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nothing => Variant::Again.name(),
            Self::Empty => "empty programs",
            Self::Own(variant) => variant.name(),
        }
    }

    /// Starts it, and waits until it watches and has settled.
    fn start(self, bench: &Bench) -> Measured<Watcher> {
        let watcher = match self {
            Self::Nothing => Watcher::Nobody,
            Self::Empty => Watcher::Programs(Attached::all_that_begin_with("empty_")?),
            Self::Own(variant) => {
                // it settles in there
                let tracer = Tracer::start(variant, &bench.storms)?.ok_or("proctop does not run")?;
                return Ok(Watcher::Tracer(tracer));
            }
        };
        thread::sleep(SETTLE);
        Ok(watcher)
    }
}

/// What is there beside the storm.
enum Watcher {
    Nobody,
    Programs(Attached),
    Tracer(Tracer),
}

impl Watcher {
    /// Ends it, and waits until the kernel has tidied up.
    fn stop(self) -> Measured<()> {
        match self {
            Self::Nobody => (),
            Self::Programs(attached) => drop(attached),
            Self::Tracer(tracer) => drop(tracer.stop()?),
        }
        thread::sleep(SETTLE);
        Ok(())
    }
}

/// Measures.
///
/// # Errors
/// When a watcher or the storm can't be run, or too many rounds can't be timed.
pub fn run(bench: &Bench, results: &mut Results) -> Measured<()> {
    let rounds = bench.rounds * MORE;
    let mut left_out = 0;
    for round in 0..rounds {
        let order = shuffled(Beside::ALL.len(), round);
        let order: Vec<Beside> = order.iter().filter_map(|&index| Beside::ALL.get(index).copied()).collect();
        let storm = bench.storms.start_ticking(LONGEST, bench.storm_cpu)?;
        thread::sleep(SETTLE);
        let phases = watch(bench, &order)?;
        match timed(&storm.finish()?, &phases) {
            Ok(all) => {
                order.iter().zip(all).for_each(|(beside, timed)| timed.add(beside.name(), round, results));
            }
            Err(reason) => {
                left_out += 1;
                let note = format!("{left_out} of {rounds} rounds, the last one since {reason}");
                results.excuse(INCOMPLETE, &note);
                if left_out * LEFT_OUT > rounds {
                    return Err(format!("too many rounds can't be timed: {note}"));
                }
            }
        }
        eprint!("\r  round {} of {rounds}", round + 1);
    }
    eprintln!();
    Ok(())
}

/// The phases of a round by the clock of the ticks: one without before each that has a watcher, and one at the end.
fn watch(bench: &Bench, order: &[Beside]) -> Measured<Vec<Range<u64>>> {
    let mut phases = vec![phase()?];
    for beside in order {
        let watcher = beside.start(bench).map_err(|reason| format!("{}: {reason}", beside.name()))?;
        phases.push(phase()?);
        watcher.stop().map_err(|reason| format!("{}: {reason}", beside.name()))?;
        phases.push(phase()?);
    }
    // the last of them is not the last of the storm
    thread::sleep(SETTLE);
    Ok(phases)
}

fn phase() -> Measured<Range<u64>> {
    let begun = now_ns()?;
    thread::sleep(PHASE);
    Ok(begun..now_ns()?)
}

/// The time of a process beside a watcher, and without it, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Timed {
    before: f64,
    with: f64,
    after: f64,
}

impl Timed {
    fn add(self, name: &str, round: usize, results: &mut Results) {
        for (metric, ns) in [("before_ns", self.before), ("with_ns", self.with), ("after_ns", self.after)] {
            results.add(PART, name, metric, round, ns);
        }
    }
}

/// Each phase with a watcher, which is every other one, between its neighbours.
fn timed(ticks: &[Tick], phases: &[Range<u64>]) -> Measured<Vec<Timed>> {
    let cycle = |phase| cycle_ns(ticks, phase).ok_or_else(|| untimed(ticks, phase));
    let cycles: Vec<f64> = phases.iter().map(cycle).collect::<Result<_, _>>()?;
    let neighbours = cycles.windows(3).step_by(2);
    let timed = neighbours.filter_map(|three| match *three {
        [before, with, after] => Some(Timed { before, with, after }),
        _ => None,
    });
    Ok(timed.collect())
}

/// Why a phase has no time.
fn untimed(ticks: &[Tick], phase: &Range<u64>) -> String {
    let (Some(first), Some(last)) = (ticks.first(), ticks.last()) else {
        return "the storm never began".into();
    };
    let seconds = |ns: u64| (i128::from(ns) - i128::from(first.at_ns)) as f64 / 1e9;
    format!(
        "the storm did not go on from {:.3} to {:.3} s after it began: {} ticks in it, the last of all at {:.3} s",
        seconds(phase.start),
        seconds(phase.end),
        ticks.iter().filter(|tick| phase.contains(&tick.at_ns)).count(),
        seconds(last.at_ns)
    )
}

/// The time of a process beside this as a multiple of the mean of those before and after, round by round.
pub fn ratios(results: &Results, name: &str) -> Vec<f64> {
    let values = |metric| results.values(PART, name, metric);
    // they are added together
    let (before, with, after) = (values("before_ns"), values("with_ns"), values("after_ns"));
    let neighbours = before.iter().zip(&after).map(|(before, after)| (before + after) / 2.0);
    with.iter().zip(neighbours).map(|(with, without)| with / without).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tick each microsecond, each 64 processes or, between these, each 32.
    fn ticks(until: u64, slow: &Range<u64>) -> Vec<Tick> {
        let mut processes = 0;
        let tick = |at_us: u64| {
            processes += if slow.contains(&at_us) { 32 } else { 64 };
            Tick { processes, at_ns: at_us * 1000 }
        };
        (0..until).map(tick).collect()
    }

    #[test]
    fn each_watcher_stands_between_its_own_neighbours() {
        let phases = [1500..9500, 11_500..19_500, 21_500..29_500, 31_500..39_500, 41_500..49_500];
        let timed = timed(&ticks(60, &(10..21)), &phases).unwrap();
        let (fast, slow) = (1000.0 / 64.0, 1000.0 / 32.0);
        assert_eq!(
            timed,
            [
                Timed { before: fast, with: slow, after: fast },
                Timed { before: fast, with: fast, after: fast }
            ]
        );
        let mut results = Results::default();
        for (name, timed) in [("proctop", timed[0]), ("alone again", timed[1])] {
            timed.add(name, 0, &mut results);
        }
        assert_eq!(ratios(&results, "proctop"), [2.0]);
        assert_eq!(ratios(&results, "alone again"), [1.0]);
    }

    #[test]
    fn a_storm_that_ended_within_a_round_is_an_error() {
        let phases = [1500..9500, 11_500..19_500, 21_500..29_500];
        assert!(timed(&ticks(31, &(0..0)), &phases).is_ok());
        let reason = timed(&ticks(29, &(0..0)), &phases).unwrap_err();
        assert!(reason.ends_with(": 7 ticks in it, the last of all at 0.000 s"), "{reason}");
        assert_eq!(timed(&[], &phases), Err("the storm never began".into()));
    }

    #[test]
    fn a_drift_between_the_phases_without_is_halved() {
        let mut results = Results::default();
        Timed { before: 100.0, with: 121.0, after: 120.0 }.add("proctop", 0, &mut results);
        assert_eq!(ratios(&results, "proctop"), [1.1]);
    }
}
