//! (a2) Storms of a minute on one core: whether anything is lost, and what proctop takes.

use std::thread;
use std::time::Duration;

use super::Bench;
use super::slowdown::lost;
use crate::kernel_side::Counters;
use crate::machine::cpu_ns;
use crate::results::Results;
use crate::storm::{Kind, Length, Storm};
use crate::support::header_number;
use crate::tracer::{Tracer, Variant};
use crate::{Measured, failed};
use proctop::model::event::What;
use proctop::recording::Reader;

/// The name of this part.
pub const ONE_CORE: &str = "one-core";
/// After the storm: until the screen has told of all of it.
pub const DRAIN: Duration = Duration::from_secs(2);

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
