//! The measurements, one file each. Each adds its samples to the results.

pub mod all_cores;
pub mod culprits;
pub mod cycle;
pub mod full;
pub mod keys;
pub mod models;
pub mod paired;
pub mod slowdown;
pub mod start;

use std::path::PathBuf;

use crate::Measured;
use crate::results::Results;
use crate::storm::Storms;

/// What the measurements share.
pub struct Bench {
    /// The compiled storms.
    pub storms: Storms,
    /// The CPU of the storm.
    pub storm_cpu: usize,
    /// All CPUs.
    pub cpus: Vec<usize>,
    /// How many rounds of pairs.
    pub rounds: usize,
    /// How long the long storms last, in seconds.
    pub seconds: u32,
    /// Where cargo builds, and where criterion and the tests have left what they came to.
    pub target: PathBuf,
}

/// A measurement.
pub struct Part {
    /// Its name, as `BENCH_ONLY` takes it.
    pub name: &'static str,
    /// What it is, for whoever waits.
    pub about: &'static str,
    /// Whether it needs root and a kernel that lets programs in.
    pub live: bool,
    /// Measures.
    pub run: fn(&Bench, &mut Results) -> Measured<()>,
}

/// All, in the order in which they run.
pub const ALL: &[Part] = &[
    Part { name: "models", about: "what criterion measured before", live: false, run: models::run },
    Part { name: "culprits", about: "what the tests of the banner came to", live: false, run: culprits::run },
    Part { name: "start", about: "starts and idling", live: true, run: start::run },
    Part { name: "cycle", about: "time of the programs in the kernel", live: true, run: cycle::run },
    Part { name: "slowdown", about: "what storms pay", live: true, run: slowdown::run },
    Part { name: paired::PART, about: "what a storm pays, exactly", live: true, run: paired::run },
    Part { name: "one-core", about: "a long storm on one core", live: true, run: full::one_core },
    Part { name: "all-cores", about: "storms on every core", live: true, run: all_cores::run },
];

impl Bench {
    /// Keeps this program, and whatever it starts, away from the storm's CPU, where there is another one.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn pin_away(&self) -> Measured<()> {
        let others: Vec<usize> = self.cpus.iter().copied().filter(|&cpu| cpu != self.storm_cpu).collect();
        crate::machine::pin(if others.is_empty() { &self.cpus } else { &others })
    }
}
