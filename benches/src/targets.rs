//! What is to be reached, and how each figure comes out of the samples.

use crate::memory;
use crate::parts::full::ONE_CORE;
use crate::parts::{all_cores, culprits, cycle, models, paired, start};
use crate::results::Results;
use crate::stats::{mean, quantile};
use crate::verdict::{Bound, Target, Unit};

/// A long storm lasts a minute, in seconds.
const MINUTE: f64 = 60.0;

const SLOWDOWN: &str = "vfork+exit storm on one core, UI running: slowdown at most 1.02×";
const ONE_CORE_LOST: &str =
    "the same for 60 s: 0 lost, and `record` has every pid and code of the storm's own list";
const ALL_CORES_LOST: &str = "storm on all cores at once, 60 s, UI in a pty: 0 lost with the default ring";
const KEYS: &str = "keys answered within 100 ms throughout that (the slowest; the kernel's workers that carry keys to proctop run first, see below)";
const VFORK_SHARE: &str = "all programs together: at most 2.5 % of an untraced vfork+exit cycle";
const SPAWN_SHARE: &str = "at most 0.5 % of a spawn+exec+exit cycle with its whole argv";
const UI_CPU: &str = "own CPU at the full storm of one core: at most 20 % of one core with the UI";
const RECORD_CPU: &str = "at most 10 % for `record`";
const INGEST: &str =
    "model: at least 5 million events/s of a build at 1,000,000 retained, eviction and a filter active";
const INGEST_RATIO: &str = "cost per event at 1,000,000 retained at most 1.5× of that at 10,000";
const DEAD_BYTES: &str = "at most 256 bytes per retained dead process beside its argv";
const FRAME: &str =
    "frame at 200x50, 1,000,000 retained, filter on, after 1,000 events and a scroll: median at most 1.5 ms";
const FRAME_P99: &str = "the same: p99 at most 4 ms";
const FILTER: &str =
    "changing the filter on them: at most 100 ms to the first right frame (comm, duration, exit, substring)";
const REGEX: &str = "the same with a regular expression: at most 500 ms";
const BLOCKED: &str = "no key waits longer than 100 ms for such a change (the longest single step)";
const FIRST_FRAME: &str = "start to first useful frame: at most 100 ms";
const RSS: &str = "RssAnon at start: at most 20 MiB";
const IDLE: &str = "idle CPU: at most 0.3 %";
const CULPRITS: &str = "the banner names the right culprit within 2 s (shim, make, shell loop, five at random depth), and nobody in a \
                        normal `make -j2`: failed tests";

const fn at_most(
    number: &'static str,
    text: &'static str,
    part: &'static str,
    limit: f64,
    unit: Unit,
    figure: fn(&Results) -> Result<f64, String>,
) -> Target {
    Target { number, text, part, limit, bound: Bound::AtMost, unit, figure }
}

/// All.
pub const ALL: &[Target] = &[
    at_most("1", SLOWDOWN, paired::PART, 1.02, Unit::Times, |results| {
        // rounds that a failure has cut short prove nothing
        results.reason(paired::PART).map_or(Ok(()), |reason| Err(reason.to_owned()))?;
        median_of(&paired::ratios(results, "proctop"))
    }),
    at_most("1", ONE_CORE_LOST, ONE_CORE, 0.0, Unit::Count, |results| {
        let screen = after_a_minute(results, ONE_CORE, "proctop", &["lost", "shown_lost"])?;
        Ok(screen + after_a_minute(results, ONE_CORE, "proctop record", &["lost", "wrong_in_recording"])?)
    }),
    at_most("2", ALL_CORES_LOST, all_cores::PART, 0.0, Unit::Count, |results| {
        let minute = after_a_minute(results, all_cores::PART, all_cores::RAISED, &["lost", "shown_lost"])?;
        // nothing may be lost in the shorter one either
        let short =
            ["lost", "shown_lost"].map(|metric| results.values(all_cores::PART, all_cores::AS_IT_IS, metric));
        Ok(minute + short.iter().flatten().sum::<f64>())
    }),
    at_most("2", KEYS, all_cores::PART, 100.0, Unit::Milliseconds, |results| {
        after_a_minute(results, all_cores::PART, all_cores::RAISED, &[])?;
        if let Some(reason) = results.reason(all_cores::PRIORITY) {
            return Err(format!("not all could be raised that carries a key: {reason}"));
        }
        part_of(&results.values(all_cores::PART, all_cores::RAISED, "key_ms"), 1.0)
    }),
    at_most("3", VFORK_SHARE, cycle::PART, 0.025, Unit::Percent, |results| {
        median_of(&program_shares(results, "proctop", "vfork"))
    }),
    at_most("3", SPAWN_SHARE, cycle::PART, 0.005, Unit::Percent, |results| {
        median_of(&program_shares(results, "proctop", "spawn"))
    }),
    at_most("4", UI_CPU, ONE_CORE, 0.20, Unit::Percent, |results| {
        median_of(&results.values(ONE_CORE, "proctop", "cpu"))
    }),
    at_most("4", RECORD_CPU, ONE_CORE, 0.10, Unit::Percent, |results| {
        median_of(&results.values(ONE_CORE, "proctop record", "cpu"))
    }),
    Target {
        number: "5",
        text: INGEST,
        part: models::PART,
        limit: 5e6,
        bound: Bound::AtLeast,
        unit: Unit::MillionsPerSecond,
        figure: |results| Ok(1e9 / on_average(results, "ingest/1000000")?),
    },
    at_most("5", INGEST_RATIO, models::PART, 1.5, Unit::Times, |results| {
        Ok(on_average(results, "ingest/1000000")? / on_average(results, "ingest/10000")?)
    }),
    at_most("5", DEAD_BYTES, models::PART, 256.0, Unit::Bytes, |results| {
        let [forks, spawns, _] = memory::KINDS;
        let bytes = |kind| median_of(&results.values("memory", kind, "bytes_per_dead"));
        Ok(bytes(forks)?.max(bytes(spawns)?))
    }),
    at_most("6", FRAME, models::PART, 1.5, Unit::Milliseconds, |results| {
        Ok(modelled(results, "frame/200x50", 0.5)? / 1e6)
    }),
    at_most("6", FRAME_P99, models::PART, 4.0, Unit::Milliseconds, |results| {
        Ok(modelled(results, "frame/200x50", 0.99)? / 1e6)
    }),
    at_most("6", FILTER, models::PART, 100.0, Unit::Milliseconds, |results| {
        slowest(results, "filter", &["comm", "duration", "exit", "substring"])
    }),
    at_most("6", REGEX, models::PART, 500.0, Unit::Milliseconds, |results| {
        slowest(results, "filter", &["regex"])
    }),
    at_most("6", BLOCKED, models::PART, 100.0, Unit::Milliseconds, |results| {
        slowest(results, "filter-step", &["comm", "duration", "exit", "substring", "regex"])
    }),
    at_most("7", FIRST_FRAME, start::PART, 100.0, Unit::Milliseconds, |results| {
        median_of(&results.values(start::PART, "proctop", "first_frame_ms"))
    }),
    at_most("7", RSS, start::PART, 20.0 * 1_048_576.0, Unit::Mebibytes, |results| {
        median_of(&results.values(start::PART, "proctop", "rss_anon_bytes"))
    }),
    at_most("7", IDLE, start::PART, 0.003, Unit::Percent, |results| {
        median_of(&results.values(start::PART, "proctop", "idle_cpu"))
    }),
    at_most("8", CULPRITS, culprits::PART, 0.0, Unit::Count, |results| {
        let tests = results.variants(culprits::PART);
        let failed = tests.iter().flat_map(|test| results.values(culprits::PART, test, "failed"));
        if tests.is_empty() { Err("no test has told".into()) } else { Ok(failed.sum()) }
    }),
];

fn part_of(samples: &[f64], part: f64) -> Result<f64, String> {
    quantile(samples, part).ok_or_else(|| "there are no samples".to_owned())
}

fn median_of(samples: &[f64]) -> Result<f64, String> {
    part_of(samples, 0.5)
}

/// Some of what criterion measured, in nanoseconds for each element.
fn modelled(results: &Results, name: &str, part: f64) -> Result<f64, String> {
    part_of(&results.values(models::PART, name, "ns"), part).map_err(|_| format!("{name} was not measured"))
}

/// As [`modelled`], of all samples together: what now and then takes long is paid by all, and a median would hide it.
fn on_average(results: &Results, name: &str) -> Result<f64, String> {
    let samples = results.values(models::PART, name, "ns");
    mean(&samples).ok_or_else(|| format!("{name} was not measured"))
}

/// The largest median of a group, in milliseconds; all of them have to be there.
fn slowest(results: &Results, group: &str, names: &[&str]) -> Result<f64, String> {
    let medians = names.iter().map(|name| modelled(results, &format!("{group}/{name}"), 0.5));
    let medians: Vec<f64> = medians.collect::<Result<_, _>>()?;
    Ok(medians.into_iter().fold(0.0, f64::max) / 1e6)
}

/// The sum of these metrics of a long storm, if it was one.
fn after_a_minute(results: &Results, part: &str, variant: &str, metrics: &[&str]) -> Result<f64, String> {
    let value = |metric| median_of(&results.values(part, variant, metric));
    let seconds = value("seconds")?;
    if seconds < MINUTE {
        return Err(format!("the storm lasted only {seconds:.0} s"));
    }
    metrics.iter().map(|metric| value(metric)).sum()
}

/// The time of all programs for one process, less that of as many empty ones, as a part of the untraced cycle, round by round.
pub fn program_shares(results: &Results, variant: &str, kind: &str) -> Vec<f64> {
    let programs = format!("{kind}_programs_ns");
    let values = |variant, metric: &str| results.values(cycle::PART, variant, metric);
    // each has one sample in each round, in the order of the rounds
    let (own, empty) = (values(variant, &programs), values("empty", &programs));
    let untraced = values("untraced", &format!("{kind}_cycle_ns"));
    let shares = own.iter().zip(&empty).zip(&untraced);
    shares.map(|((own, empty), untraced)| (own - empty) / untraced).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::Verdict;

    fn judge(number: &str, which: usize, results: &Results) -> Verdict {
        ALL.iter().filter(|target| target.number == number).nth(which).unwrap().judge(results)
    }

    #[test]
    fn nothing_is_reached_by_an_empty_run() {
        for target in ALL {
            assert!(matches!(target.judge(&Results::default()), Verdict::NotMeasured(_)), "{}", target.text);
        }
    }

    #[test]
    fn a_slowdown_is_the_median_of_the_exact_rounds_and_not_of_those_that_are_seconds_apart() {
        let mut results = Results::default();
        results.add("slowdown", "alone", "vfork_ns", 0, 100.0);
        results.add("slowdown", "proctop", "vfork_ns", 0, 100.0);
        assert!(matches!(judge("1", 0, &results), Verdict::NotMeasured(_)));
        let add = |results: &mut Results, round, factor| {
            let alone = 100.0 + round as f64;
            for (metric, ns) in
                [("before_ns", alone - 1.0), ("with_ns", alone * factor), ("after_ns", alone + 1.0)]
            {
                results.add("paired", "proctop", metric, round, ns);
            }
        };
        for (round, factor) in [1.01, 1.5, 1.0].into_iter().enumerate() {
            add(&mut results, round, factor);
        }
        let Verdict::Pass(figure) = judge("1", 0, &results) else { panic!("1.01 is good enough") };
        assert!((figure - 1.01).abs() < 1e-9);
        results.excuse("paired", "proctop: it does not end");
        assert_eq!(judge("1", 0, &results), Verdict::NotMeasured("proctop: it does not end".into()));
        let mut results = Results::default();
        add(&mut results, 0, 1.021);
        assert!(matches!(judge("1", 0, &results), Verdict::Fail(_)));
    }

    #[test]
    fn one_lost_process_is_a_failure_and_a_short_storm_proves_nothing() {
        let mut results = Results::default();
        let add = |results: &mut Results, seconds, wrong| {
            *results = Results::default();
            for (variant, other) in [("proctop", "shown_lost"), ("proctop record", "wrong_in_recording")] {
                results.add("one-core", variant, "seconds", 0, seconds);
                results.add("one-core", variant, "lost", 0, 0.0);
                results.add("one-core", variant, other, 0, wrong);
                // only one of them
                if wrong > 0.0 {
                    results.add("one-core", variant, "lost", 1, 0.0);
                }
            }
        };
        add(&mut results, 60.5, 0.0);
        assert_eq!(judge("1", 1, &results), Verdict::Pass(0.0));
        add(&mut results, 60.5, 1.0);
        assert_eq!(judge("1", 1, &results), Verdict::Fail(2.0));
        add(&mut results, 6.0, 0.0);
        assert!(
            matches!(judge("1", 1, &results), Verdict::NotMeasured(reason) if reason.contains("only 6 s"))
        );
    }

    #[test]
    fn keys_are_judged_by_the_storm_in_which_the_workers_were_raised_and_by_no_other() {
        let mut results = Results::default();
        results.add("all-cores", "proctop as the kernel is", "key_ms", 0, 9000.0);
        results.add("all-cores", "proctop", "seconds", 0, 60.2);
        assert!(matches!(judge("2", 1, &results), Verdict::NotMeasured(_)));
        for ms in [20.0, 99.0, 3.0] {
            results.add("all-cores", "proctop", "key_ms", 0, ms);
        }
        assert_eq!(judge("2", 1, &results), Verdict::Pass(99.0));
        results.excuse("all-cores/priority", "Operation not permitted");
        assert!(
            matches!(judge("2", 1, &results), Verdict::NotMeasured(reason) if reason.ends_with("not permitted"))
        );
    }

    #[test]
    fn nothing_may_be_lost_in_the_shorter_storm_either() {
        let mut results = Results::default();
        for (metric, value) in [("seconds", 60.2), ("lost", 0.0), ("shown_lost", 0.0)] {
            results.add("all-cores", "proctop", metric, 0, value);
        }
        assert_eq!(judge("2", 0, &results), Verdict::Pass(0.0));
        results.add("all-cores", "proctop as the kernel is", "lost", 0, 2.0);
        assert_eq!(judge("2", 0, &results), Verdict::Fail(2.0));
    }

    #[test]
    fn the_share_of_programs_is_less_that_of_empty_ones() {
        let mut results = Results::default();
        for (variant, metric, value) in [
            ("proctop", "vfork_programs_ns", 700.0),
            ("empty", "vfork_programs_ns", 200.0),
            ("untraced", "vfork_cycle_ns", 10_000.0),
        ] {
            results.add("cycle", variant, metric, 0, value);
        }
        assert_eq!(program_shares(&results, "proctop", "vfork"), [0.05]);
        assert_eq!(judge("3", 0, &results), Verdict::Fail(0.05));
        assert!(matches!(judge("3", 1, &results), Verdict::NotMeasured(_)));
    }

    #[test]
    fn the_slowest_filter_counts_and_none_may_be_missing() {
        let mut results = Results::default();
        for name in ["comm", "duration", "exit"] {
            results.add("models", &format!("filter/{name}"), "ns", 0, 5e6);
        }
        assert!(matches!(judge("6", 2, &results), Verdict::NotMeasured(_)));
        results.add("models", "filter/substring", "ns", 0, 120e6);
        assert_eq!(judge("6", 2, &results), Verdict::Fail(120.0));
    }

    #[test]
    fn one_wrong_culprit_is_a_failure_and_no_test_is_no_proof() {
        let mut results = Results::default();
        results.add("culprits", "a_shell_loop", "failed", 0, 0.0);
        assert_eq!(judge("8", 0, &results), Verdict::Pass(0.0));
        results.add("culprits", "a_build", "failed", 0, 1.0);
        assert_eq!(judge("8", 0, &results), Verdict::Fail(1.0));
    }

    #[test]
    fn speed_is_good_when_it_is_high() {
        let mut results = Results::default();
        results.add("models", "ingest/1000000", "ns", 0, 150.0);
        results.add("models", "ingest/10000", "ns", 0, 120.0);
        assert!(matches!(judge("5", 0, &results), Verdict::Pass(_)));
        assert_eq!(judge("5", 1, &results), Verdict::Pass(1.25));
        // a median would not see it
        results.add("models", "ingest/1000000", "ns", 1, 150.0);
        results.add("models", "ingest/1000000", "ns", 2, 4500.0);
        assert!(matches!(judge("5", 0, &results), Verdict::Fail(_)));
        assert!(matches!(judge("5", 1, &results), Verdict::Fail(_)));
    }
}
