//! A storm that tells when its processes were, so that what is done beside it can be timed by them; and what a process took in a
//! phase of it.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::time::{ClockId, clock_gettime};
use nix::unistd::Pid;

use crate::children::bound;
use crate::storm::succeeded;
use crate::{Measured, failed};

/// How long a storm may take to begin: it touches its memory first.
const BEGIN: Duration = Duration::from_secs(20);

/// When a storm had come to so many processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tick {
    /// So many processes had ended.
    pub processes: u64,
    /// `CLOCK_MONOTONIC`, in nanoseconds.
    pub at_ns: u64,
}

/// A storm that runs and keeps its ticks. It is killed where it is dropped without having been ended.
pub struct Ticking {
    child: Option<Child>,
    place: PathBuf,
}

impl Ticking {
    /// Starts a storm that is told by its command line to write its ticks there, and waits until it goes.
    ///
    /// # Errors
    /// When it can't be, or does not begin.
    pub fn start(command: &Command, place: PathBuf) -> Measured<Self> {
        // those of another storm must not be taken for this one's
        let _ = fs::remove_file(&place);
        let mut command = bound(command);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let child = command.spawn().map_err(failed("storm"))?;
        let mut storm = Self { child: Some(child), place };
        storm.wait_until_it_goes()?;
        Ok(storm)
    }

    /// The place for the ticks is there from the moment that it goes.
    fn wait_until_it_goes(&mut self) -> Measured<()> {
        let begun = Instant::now();
        while !self.place.exists() {
            let status = self.child.as_mut().map(Child::try_wait).transpose().map_err(failed("storm"))?;
            if let Some(Some(status)) = status {
                return Err(format!("the storm did not begin: {status}"));
            }
            if begun.elapsed() > BEGIN {
                return Err("the storm does not begin".into());
            }
            thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// Ends it; returns its ticks.
    ///
    /// # Errors
    /// When it told of a failure, or its ticks can't be read.
    pub fn finish(mut self) -> Measured<Vec<Tick>> {
        let child = self.child.take().ok_or("the storm was not started")?;
        let pid = i32::try_from(child.id()).map_err(failed("a pid"))?;
        // an error means that it has ended
        let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
        let output = child.wait_with_output().map_err(failed("storm"))?;
        succeeded("storm", &output)?;
        read(&self.place)
    }
}

impl Drop for Ticking {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // an error means that it has ended
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn read(path: &Path) -> Measured<Vec<Tick>> {
    let text = fs::read_to_string(path).map_err(failed(path.display()))?;
    parse(&text).ok_or_else(|| format!("{} has no ticks", path.display()))
}

/// Ticks in their order, or none.
fn parse(text: &str) -> Option<Vec<Tick>> {
    let tick = |line: &str| {
        let (processes, at_ns) = line.split_once(' ')?;
        Some(Tick { processes: processes.parse().ok()?, at_ns: at_ns.parse().ok()? })
    };
    let ticks: Vec<Tick> = text.lines().map(tick).collect::<Option<_>>()?;
    let is_in_order =
        ticks.is_sorted_by(|one, next| one.processes < next.processes && one.at_ns <= next.at_ns);
    is_in_order.then_some(ticks)
}

/// The clock of the ticks, in nanoseconds.
///
/// # Errors
/// When the system does not tell.
pub fn now_ns() -> Measured<u64> {
    let time = clock_gettime(ClockId::CLOCK_MONOTONIC).map_err(failed("the clock"))?;
    let seconds = u64::try_from(time.tv_sec()).map_err(failed("the clock"))?;
    let below = u64::try_from(time.tv_nsec()).map_err(failed("the clock"))?;
    Ok(seconds * 1_000_000_000 + below)
}

/// How long each process took from the first tick within a phase to the last one in it, in nanoseconds. `None` of a phase that the ticks
/// don't reach around, since the storm did not last throughout it, or with fewer than two of them.
pub fn cycle_ns(ticks: &[Tick], phase: &Range<u64>) -> Option<f64> {
    let first = ticks.partition_point(|tick| tick.at_ns < phase.start);
    let beyond = ticks.partition_point(|tick| tick.at_ns < phase.end);
    if first == 0 || beyond >= ticks.len() {
        return None;
    }
    let (first, last) = (ticks.get(first)?, ticks.get(beyond.checked_sub(1)?)?);
    let processes = last.processes.checked_sub(first.processes).filter(|&processes| processes > 0)?;
    Some(last.at_ns.checked_sub(first.at_ns)? as f64 / processes as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storm::Storms;

    /// A tick each 64 processes that take so long each, one after the other.
    fn ticks(cycles: &[u64]) -> Vec<Tick> {
        let mut at_ns = 1000;
        let rest = cycles.iter().enumerate().map(|(index, cycle)| {
            at_ns += 64 * cycle;
            Tick { processes: 64 * (index as u64 + 1), at_ns }
        });
        [Tick { processes: 0, at_ns: 1000 }].into_iter().chain(rest).collect()
    }

    #[test]
    fn a_phase_is_timed_by_the_ticks_within_it() {
        // at 1000, 1640, 2280, 3560, 4840, 5480
        let ticks = ticks(&[10, 10, 20, 20, 10]);
        assert_eq!(cycle_ns(&ticks, &(1001..2281)), Some(10.0));
        assert_eq!(cycle_ns(&ticks, &(2280..4841)), Some(20.0));
        assert_eq!(cycle_ns(&ticks, &(2000..4000)), Some(20.0), "from 2280 to 3560");
        assert_eq!(cycle_ns(&ticks, &(1001..3561)), Some(15.0), "from 1640 to 3560");
    }

    #[test]
    fn a_phase_without_two_ticks_or_beyond_the_storm_has_no_time() {
        let ticks = ticks(&[10, 10, 20, 20, 10]);
        assert_eq!(cycle_ns(&ticks, &(2281..3500)), None, "no tick");
        assert_eq!(cycle_ns(&ticks, &(2281..3600)), None, "one tick");
        assert_eq!(cycle_ns(&ticks, &(2000..2000)), None, "no time");
        assert_eq!(cycle_ns(&ticks, &(900..3000)), None, "it began within");
        assert_eq!(cycle_ns(&ticks, &(3000..5481)), None, "it ended within");
        assert_eq!(cycle_ns(&ticks, &(9000..9900)), None, "it was over");
        assert_eq!(cycle_ns(&[], &(0..9900)), None);
    }

    #[test]
    fn ticks_that_are_cut_off_or_out_of_order_are_none() {
        let tick = |processes, at_ns| Tick { processes, at_ns };
        assert_eq!(parse("0 5\n64 905\n"), Some(vec![tick(0, 5), tick(64, 905)]));
        assert_eq!(parse("0 5\n64"), None);
        assert_eq!(parse("0 5\n64 4\n"), None);
        assert_eq!(parse("64 5\n64 9\n"), None);
    }

    #[test]
    fn a_storm_ticks_by_our_clock_until_it_is_to_end() {
        let storms = Storms::compile().unwrap();
        let cpu = crate::machine::cpus().unwrap()[0];
        let started = now_ns().unwrap();
        let storm = storms.start_ticking(60, cpu).unwrap();
        thread::sleep(Duration::from_millis(50));
        let begun = now_ns().unwrap();
        thread::sleep(Duration::from_millis(200));
        let ended = now_ns().unwrap();
        thread::sleep(Duration::from_millis(50));
        let ticks = storm.finish().unwrap();
        assert!(ticks.iter().enumerate().all(|(index, tick)| tick.processes == index as u64 * 64));
        assert!(ticks[0].at_ns > started && ticks.last().unwrap().at_ns < started + 30_000_000_000);
        let cycle = cycle_ns(&ticks, &(begun..ended)).unwrap();
        assert!((500.0..3e6).contains(&cycle), "{cycle}");
        assert!(storms.start_ticking(60, 100_000).is_err());
    }
}
