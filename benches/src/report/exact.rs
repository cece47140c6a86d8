//! What a storm pays, by pairs that are right beside each other.

use super::one_cell;
use super::tables::spread;
use crate::parts::paired::{self, Beside};
use crate::results::Results;
use crate::stats::{median_interval, quantile};
use crate::verdict::Unit;

/// A line for each that came and went; nothing where it was not measured.
pub fn exact_slowdown(results: &Results) -> String {
    let rows: String = Beside::ALL.iter().filter_map(|beside| row(results, beside.name())).collect();
    let left_out = results
        .reason(paired::INCOMPLETE)
        .map_or_else(String::new, |note| format!("\nLeft out: {}.\n", one_cell(note)));
    if rows.is_empty() { left_out } else { format!("{}{rows}{left_out}", head(results)) }
}

fn head(results: &Results) -> String {
    let variants = results.variants(paired::PART);
    let rounds = variants.iter().map(|name| paired::ratios(results, name).len()).max().unwrap_or_default();
    let before = variants.iter().flat_map(|name| results.values(paired::PART, name, "before_ns"));
    let pace = quantile(&before.collect::<Vec<_>>(), 0.5).unwrap_or_default() / 1e3;
    format!(
        "\n## What a storm of vfork+exit pays, exactly\n\n\
         One storm goes on all the time on its core and tells when every 64th process was, while watchers come and go on the others: the time of \
         a process in the quarter of a second beside a watcher, against the mean of the quarter without one right before it came and of that \
         right after it went ({pace:.1} µs, median). So what the machine's neighbours do to a storm within seconds is in both. {rounds} rounds, shuffled; \
         \"alone again\" is the noise, \"empty programs\" do nothing at the same tracepoints as proctop's, and nobody reads. The interval is \
         that in which the median lies with 95 % confidence, by order statistics (binomial, as in the sign test). The target is judged by \
         \"proctop\", the screen.\n\n\
         | | vfork+exit | 95 % interval of the median |\n|---|---|---|\n"
    )
}

fn row(results: &Results, name: &str) -> Option<String> {
    let ratios = paired::ratios(results, name);
    if ratios.is_empty() {
        return None;
    }
    let interval = median_interval(&ratios).map_or_else(
        || "– (too few rounds)".to_owned(),
        |(lower, upper)| format!("{} to {}", Unit::Times.tell(lower), Unit::Times.tell(upper)),
    );
    Some(format!("| {name} | {} | {interval} |\n", spread(&ratios, Unit::Times)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exact_table_has_medians_and_how_far_to_believe_them_in_the_order_of_the_list() {
        let mut results = Results::default();
        let mut add = |name, round, ratio: f64| {
            for (metric, ns) in
                [("before_ns", 9_000.0), ("with_ns", 10_000.0 * ratio), ("after_ns", 11_000.0)]
            {
                results.add("paired", name, metric, round, ns);
            }
        };
        for round in 0..10 {
            add("proctop", round, 1.02 + round as f64 / 1000.0);
        }
        add("alone again", 0, 1.001);
        let text = exact_slowdown(&results);
        assert!(text.contains("(9.0 µs, median)") && text.contains(" 10 rounds, shuffled;"), "{text}");
        let rows = "|---|---|---|\n\
                    | alone again | 1.001× (1.001× to 1.001×) | – (too few rounds) |\n\
                    | proctop | 1.024× (1.022× to 1.027×) | 1.021× to 1.028× |\n";
        assert!(text.ends_with(rows), "{text}");
        results.excuse("paired/rounds", "1 of 50 rounds");
        assert!(exact_slowdown(&results).ends_with(&format!("{rows}\nLeft out: 1 of 50 rounds.\n")));
        assert_eq!(exact_slowdown(&Results::default()), "");
    }
}
