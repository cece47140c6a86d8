//! The long storms: what was lost in them, and how soon keys were answered.

use std::fmt::Write as _;

use super::one_cell;
use crate::parts::all_cores::{self, AS_IT_IS, ECHO_ALONE, ECHO_BESIDE, RAISED};
use crate::parts::full::ONE_CORE;
use crate::results::Results;
use crate::stats::quantile;
use crate::verdict::Unit;

/// Part and variant of each storm, and how it is called.
const STORMS: [(&str, &str, &str); 4] = [
    (ONE_CORE, "proctop", "one-core, proctop"),
    (ONE_CORE, "proctop record", "one-core, proctop record"),
    (all_cores::PART, RAISED, "all-cores, proctop, the kernel's workers raised"),
    (all_cores::PART, AS_IT_IS, "all-cores, proctop, the kernel as it is"),
];

/// How the storm is called in which the workers were to be raised, and were not.
const NOT_RAISED: &str = "all-cores, proctop, not all raised that should be (see below)";

const HEAD: &str = "\n## Long storms of vfork+exit\n\n\
    Lost: by the kernel side's account against the storms' own lists. CPU: of proctop while the storm lasts, as a part of one core.\n\n";

const KEYS: &str = "\n### Keys in a storm on all cores\n\n\
    Every byte between the two ends of a terminal is carried by the kernel's own workers (`kworker/u*`). They have no priority, and such a \
    storm keeps them waiting, whoever watches: \"bare echo\" is a byte typed into a terminal in which nothing runs, until the kernel echoes \
    it. The target is judged by the storm in which these workers run first (SCHED_RR), so that it is proctop that is measured. In all of them \
    whoever types and reads runs first as well.\n\n\
    | | keys | median | p99 | the slowest |\n|---|---|---|---|---|\n";

/// Each variant of the storms on all cores that has keys.
const TYPED: [(&str, &str); 4] = [
    (RAISED, "proctop, the kernel's workers raised (the target)"),
    (AS_IT_IS, "proctop, the kernel as it is"),
    (ECHO_BESIDE, "bare echo in that same storm"),
    (ECHO_ALONE, "bare echo, no tracer, the kernel as it is"),
];

/// A line for each storm, and the table of keys; nothing where there was no storm.
pub fn long_storms(results: &Results) -> String {
    let lines: String = STORMS.iter().filter_map(|storm| line(results, storm)).collect();
    if lines.is_empty() { lines } else { format!("{HEAD}{lines}{}", keys(results)) }
}

fn line(results: &Results, &(part, variant, name): &(&str, &str, &str)) -> Option<String> {
    let value = |metric: &str| results.values(part, variant, metric).last().copied();
    let (seconds, rate, cpu) = (value("seconds")?, value("events_per_s")?, value("cpu")?);
    let is_refused =
        variant == RAISED && part == all_cores::PART && results.reason(all_cores::PRIORITY).is_some();
    let name = if is_refused { NOT_RAISED } else { name };
    let (lost, expected) = (value("lost").unwrap_or_default(), value("expected").unwrap_or_default());
    let mut text = format!(
        "- {name}: {seconds:.0} s, {rate:.0} events/s, {lost:.0} of {expected:.0} lost, CPU {}",
        Unit::Percent.tell(cpu)
    );
    if let Some(shown) = value("shown_lost") {
        let _ = write!(text, ", the screen says \"lost {shown:.0}\"");
    }
    if let Some(wrong) = value("wrong_in_recording") {
        let _ = write!(text, ", {wrong:.0} entries of the storm's list missing or wrong in the recording");
    }
    if let (Some(stolen), Some(ms)) = (value("stolen"), value("slowest_stolen_ms")) {
        let _ = write!(
            text,
            ", a hypervisor kept {} of the CPUs' time ({} of all together while the slowest key waited)",
            Unit::Percent.tell(stolen),
            Unit::Milliseconds.tell(ms)
        );
    }
    text.push('\n');
    Some(text)
}

fn keys(results: &Results) -> String {
    let mut rows = String::new();
    for (variant, name) in TYPED {
        let keys = results.values(all_cores::PART, variant, "key_ms");
        let at = |part| quantile(&keys, part).map(|ms| Unit::Milliseconds.tell(ms));
        if let (Some(median), Some(p99), Some(slowest)) = (at(0.5), at(0.99), at(1.0)) {
            let _ = writeln!(rows, "| {name} | {} | {median} | {p99} | {slowest} |", keys.len());
        }
    }
    let refusal = results.reason(all_cores::PRIORITY).map_or_else(String::new, |reason| {
        format!("\nNot all could be raised, and the target was not judged: {}.\n", one_cell(reason))
    });
    if rows.is_empty() { refusal } else { format!("{KEYS}{rows}{refusal}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn storm(results: &mut Results, variant: &str, keys: &[f64]) {
        for (metric, value) in
            [("seconds", 60.0), ("events_per_s", 3e5), ("cpu", 0.2), ("lost", 1.0), ("expected", 9.0)]
        {
            results.add("all-cores", variant, metric, 0, value);
        }
        for &ms in keys {
            results.add("all-cores", variant, "key_ms", 0, ms);
        }
    }

    #[test]
    fn what_proctop_takes_stands_beside_what_the_bare_kernel_takes() {
        let mut results = Results::default();
        storm(&mut results, RAISED, &[3.0, 40.0, 4.0]);
        results.add("all-cores", RAISED, "stolen", 0, 0.031);
        results.add("all-cores", RAISED, "slowest_stolen_ms", 0, 30.0);
        storm(&mut results, AS_IT_IS, &[5.0, 9000.0, 6.0]);
        results.add("all-cores", ECHO_ALONE, "key_ms", 0, 8000.0);
        let text = long_storms(&results);
        assert!(
            text.contains("- all-cores, proctop, the kernel's workers raised: 60 s, 300000 events/s, 1 of 9 lost, CPU 20.00 %, a hypervisor kept 3.10 % of"),
            "{text}"
        );
        assert!(text.contains("raised (the target) | 3 | 4.00 ms | 39.28 ms | 40.00 ms |\n"), "{text}");
        assert!(
            text.contains("proctop, the kernel as it is | 3 | 6.00 ms | 8820.12 ms | 9000.00 ms |\n"),
            "{text}"
        );
        assert!(
            text.contains("no tracer, the kernel as it is | 1 | 8000.00 ms | 8000.00 ms | 8000.00 ms |\n"),
            "{text}"
        );
        assert!(!text.contains("that same storm |") && !text.contains("Not all could be raised"), "{text}");
    }

    #[test]
    fn what_was_not_allowed_is_said() {
        let mut results = Results::default();
        storm(&mut results, RAISED, &[]);
        results.excuse("all-cores/priority", "Operation not permitted");
        let text = long_storms(&results);
        assert!(
            text.ends_with(
                "Not all could be raised, and the target was not judged: Operation not permitted.\n"
            ),
            "{text}"
        );
        assert!(
            !text.contains("workers raised:")
                && text.contains("not all raised that should be (see below): 60 s"),
            "{text}"
        );
        assert_eq!(long_storms(&Results::default()), "");
    }
}
