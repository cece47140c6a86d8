//! The tables behind the verdicts.

use std::fmt::Write as _;

use super::exact::exact_slowdown;
use super::long::long_storms;
use super::one_cell;
use crate::parts::{cycle, models, slowdown, start};
use crate::peers;
use crate::results::Results;
use crate::stats::{Spread, mean, quantile};
use crate::targets::program_shares;
use crate::verdict::Unit;

/// All of them; what was not measured has none.
pub fn all(results: &Results) -> String {
    let tables = [storms, missing_peers, exact_slowdown, programs, long_storms, modelled, starting];
    tables.map(|table| table(results)).concat()
}

/// `1.234× (1.200× to 1.260×)`, or a dash.
pub(super) fn spread(samples: &[f64], unit: Unit) -> String {
    Spread::of(samples).map_or_else(
        || "–".to_owned(),
        |Spread { median, lower, upper, .. }| {
            format!("{} ({} to {})", unit.tell(median), unit.tell(lower), unit.tell(upper))
        },
    )
}

fn storms(results: &Results) -> String {
    let variants = results.variants(slowdown::PART);
    if variants.is_empty() {
        return String::new();
    }
    let mut text = String::from(
        "\n## What storms pay\n\n\
         A storm pinned to one core, whoever watches on the others: the time of a process in it against that in the storm of the same round \
         that nobody watches. The two are seconds apart, within which a storm on a machine with neighbours changes its pace by more than a good \
         watcher takes: \"alone again\" is that noise. These ratios are for comparing the peers, in both kinds of storms; what vfork+exit pays \
         for proctop is measured more exactly in the next section, and the target is judged by that. strace gets a twentieth of the processes. \
         CPU: of the watcher while the storm lasts and 250 ms longer, as a part of the storm's time. Lost: in all rounds \
         together, of what it is to tell (forks, execs, exits: as far as it tells of such), by the storm's own list; proctop's by the \
         kernel side's account.\n\n\
         | | vfork+exit | spawn+exec+exit | CPU (vfork) | CPU (spawn) | lost (vfork) | lost (spawn) |\n|---|---|---|---|---|---|---|\n",
    );
    // in the order of the list, not in that in which they were shuffled
    let known = crate::tracer::Variant::OWN.iter().map(|variant| variant.name());
    for name in known.chain(peers::ALL.iter().map(|peer| peer.name)).filter(|name| variants.contains(name)) {
        let ratio = |kind: &str| match name {
            "alone" => {
                let cycles = results.values(slowdown::PART, name, &format!("{kind}_ns"));
                quantile(&cycles, 0.5).map_or_else(|| "–".into(), |ns| format!("{:.1} µs each", ns / 1e3))
            }
            _ => spread(&results.ratios(slowdown::PART, &format!("{kind}_ns"), name, "alone"), Unit::Times),
        };
        let cpu = |kind: &str| {
            let shares = results.values(slowdown::PART, name, &format!("{kind}_cpu"));
            quantile(&shares, 0.5).map_or_else(String::new, |share| Unit::Percent.tell(share))
        };
        let _ = writeln!(
            text,
            "| {name} | {} | {} | {} | {} | {} | {} |",
            ratio("vfork"),
            ratio("spawn"),
            cpu("vfork"),
            cpu("spawn"),
            lost(results, name, "vfork"),
            lost(results, name, "spawn")
        );
    }
    text
}

fn lost(results: &Results, name: &str, kind: &str) -> String {
    let sum = |metric: &str| {
        results.values(slowdown::PART, name, &format!("{kind}_{metric}")).iter().sum::<f64>().round() as u64
    };
    match (sum("lost"), sum("expected")) {
        (_, 0) => String::new(),
        (lost, expected) => format!("{lost} of {expected}"),
    }
}

fn missing_peers(results: &Results) -> String {
    let reasons = peers::ALL.iter().filter_map(|peer| {
        let reason = results.reason(&format!("{}/{}", slowdown::PART, peer.name))?;
        Some(format!("- {}: {}\n", peer.name, one_cell(reason)))
    });
    let reasons: String = reasons.collect();
    if reasons.is_empty() { reasons } else { format!("\nNot measured, or not to the end:\n\n{reasons}") }
}

fn programs(results: &Results) -> String {
    let variants = results.variants(cycle::PART);
    if variants.is_empty() {
        return String::new();
    }
    let mut text = String::from(
        "\n## Programs in the kernel\n\n\
         Nanoseconds of all programs together for one process of a storm, by `kernel.bpf_stats_enabled`; \"empty\" are as many programs at \
         the same tracepoints that do nothing, \"floor\" ones that only reserve and submit records of the same size. The share is of the untraced \
         cycle, less the empty ones.\n\n\
         | | vfork+exit | share | spawn+exec+exit | share |\n|---|---|---|---|---|\n",
    );
    for name in ["empty", "floor", "proctop"] {
        let ns = |kind: &str| {
            let values = results.values(cycle::PART, name, &format!("{kind}_programs_ns"));
            Spread::of(&values).map_or_else(String::new, |Spread { median, lower, upper, .. }| {
                format!("{median:.0} ns ({lower:.0} to {upper:.0})")
            })
        };
        let share = |kind: &str| {
            if name == "empty" {
                String::new()
            } else {
                spread(&program_shares(results, name, kind), Unit::Percent)
            }
        };
        let (vfork, spawn) = (share("vfork"), share("spawn"));
        let _ = writeln!(text, "| {name} | {} | {vfork} | {} | {spawn} |", ns("vfork"), ns("spawn"));
    }
    text.push_str("\nEach program of proctop, nanoseconds a run:\n\n");
    for program in ["on_fork", "on_exec", "on_exit", "on_signal", "on_rename"] {
        let median = |kind: &str| {
            let values = results.values(cycle::PART, "proctop", &format!("{kind}_{program}_ns"));
            quantile(&values, 0.5).map_or_else(|| "–".into(), |ns| format!("{ns:.0}"))
        };
        let _ = writeln!(text, "- `{program}`: {} (vfork), {} (spawn)", median("vfork"), median("spawn"));
    }
    text
}

fn modelled(results: &Results) -> String {
    let mut text = String::new();
    for name in results.variants(models::PART) {
        let samples = results.values(models::PART, name, "ns");
        let at = |part| quantile(&samples, part).map_or_else(|| "–".into(), duration);
        let mean = mean(&samples).map_or_else(|| "–".into(), duration);
        let _ =
            writeln!(text, "| {name} | {} | {} to {} | {} | {mean} |", at(0.5), at(0.25), at(0.75), at(0.99));
    }
    if !text.is_empty() {
        text.insert_str(
            0,
            "\n## Model and screen (criterion)\n\n| | median | quartiles | p99 | mean |\n|---|---|---|---|---|\n",
        );
    }
    for kind in results.variants("memory") {
        let bytes = results.values("memory", kind, "bytes_per_dead");
        if let Some(bytes) = quantile(&bytes, 0.5) {
            let _ = write!(
                text,
                "\nRssAnon per retained dead process, of a million ({kind}): {bytes:.0} bytes.\n"
            );
        }
    }
    text
}

fn duration(ns: f64) -> String {
    match ns {
        ns if ns < 1e3 => format!("{ns:.0} ns"),
        ns if ns < 1e6 => format!("{:.1} µs", ns / 1e3),
        ns => format!("{:.2} ms", ns / 1e6),
    }
}

fn starting(results: &Results) -> String {
    let values = |metric| results.values(start::PART, "proctop", metric);
    let frames = values("first_frame_ms");
    if frames.is_empty() {
        return String::new();
    }
    format!(
        "\n## Start\n\nFirst useful frame of {} starts: {}. RssAnon 0.2 s later: {}. CPU of an idle screen: {}.\n",
        frames.len(),
        spread(&frames, Unit::Milliseconds),
        spread(&values("rss_anon_bytes"), Unit::Mebibytes),
        quantile(&values("idle_cpu"), 0.5).map_or_else(|| "–".into(), |share| Unit::Percent.tell(share))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_storms_has_ratios_losses_and_why_somebody_is_missing() {
        let mut results = Results::default();
        for round in 0..3 {
            for (name, ns) in [("forkstat", 15_000.0), ("alone", 10_000.0), ("proctop", 10_100.0)] {
                results.add("slowdown", name, "vfork_ns", round, ns);
            }
            results.add("slowdown", "forkstat", "vfork_lost", round, 7.0);
            results.add("slowdown", "forkstat", "vfork_expected", round, 100.0);
            results.add("slowdown", "proctop", "vfork_cpu", round, 0.125);
        }
        results.excuse("slowdown/extrace", "not installed");
        let text = all(&results);
        assert!(text.contains("| alone | 10.0 µs each | – |  |  |  |  |\n| proctop | 1.010× (1.010× to 1.010×) | – | 12.50 % |"), "{text}");
        assert!(text.contains("| forkstat | 1.500× (1.500× to 1.500×) | – |  |  | 21 of 300 |  |"), "{text}");
        assert!(text.contains("\n- extrace: not installed\n"), "{text}");
        assert_eq!(all(&Results::default()), "");
    }
}
