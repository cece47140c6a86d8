//! The page: verdicts and tables, made of the samples alone.

mod exact;
mod long;
mod tables;

use std::fmt::Write as _;

use crate::machine::Machine;
use crate::results::Results;
use crate::targets;
use crate::verdict::{Bound, Target, Verdict};

/// What a run was.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Run {
    /// What it ran on.
    pub machine: Machine,
    /// Rounds of shuffled pairs.
    pub rounds: usize,
    /// Why it is not a whole run, where it is none.
    pub partial: Option<String>,
    /// Kept by hand: what is to be said about figures that are not reached.
    pub notes: String,
}

/// The whole page, in Markdown.
pub fn page(run: &Run, results: &Results) -> String {
    let mut page = String::from("# Benchmarks\n\n");
    page.push_str(&head(run));
    page.push_str("\n## Targets\n\n| | target | figure | |\n|---|---|---|---|\n");
    for target in targets::ALL {
        page.push_str(&line(target, &target.judge(results)));
    }
    page.push_str(&tables::all(results));
    if !run.notes.trim().is_empty() {
        let _ = write!(page, "\n## Notes\n\n{}\n", run.notes.trim());
    }
    page
}

fn head(run: &Run) -> String {
    let Machine { kernel, architecture, cpus, model, date, busy } = &run.machine;
    let of_model = if model.is_empty() { String::new() } else { format!(" ({model})") };
    let mut text = format!(
        "`make bench` writes this file, and nobody else; the raw samples are in `benches/samples/`, a file for each part. Medians, \
         with quartiles in brackets; ratios are of two in the same shuffled round, {} rounds where a table says no other number.\n\n\
         Linux {kernel} {architecture}, {cpus} CPUs{of_model}, {date}.\n",
        run.rounds
    );
    if run.machine.is_busy() {
        let _ = write!(
            text,
            "\n**The machine was not idle when this began: something else took {:.0} % of a CPU. Figures mean little.**\n",
            busy * 100.0
        );
    }
    if let Some(why) = &run.partial {
        let _ = write!(text, "\n**Not a whole run: {why}.**\n");
    }
    text
}

/// A line of the table of targets.
fn line(target: &Target, verdict: &Verdict) -> String {
    let Target { number, text, unit, .. } = target;
    match verdict {
        Verdict::Pass(figure) => format!("| {number} | {text} | {} | PASS |\n", unit.tell(*figure)),
        Verdict::Fail(figure) => {
            let sign = if target.bound == Bound::AtMost { ">" } else { "<" };
            let told = unit.tell(*figure);
            // what looks like the limit is told to be beyond it
            let limit = unit.tell(target.limit);
            let told = if told == limit { format!("{told} ({sign} {limit})") } else { told };
            format!("| {number} | {text} | {told} | **FAIL** |\n")
        }
        Verdict::NotMeasured(reason) => {
            format!("| {number} | {text} | – | not measured: {} |\n", one_cell(reason))
        }
    }
}

/// Text of others, in a cell of a table.
fn one_cell(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    text.trim().replace('|', "/").replace('<', "‹").replace('>', "›")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run() -> Run {
        let machine = Machine {
            kernel: "6.18.0".into(),
            architecture: "x86_64".into(),
            cpus: 2,
            model: "Some CPU".into(),
            date: "2026-11-21".into(),
            busy: 0.01,
        };
        Run { machine, rounds: 25, partial: None, notes: String::new() }
    }

    fn slowdown(factor: f64) -> Results {
        let mut results = Results::default();
        for (metric, factor) in [("before_ns", 1.0), ("with_ns", factor), ("after_ns", 1.0)] {
            results.add("paired", "proctop", metric, 0, 12_000.0 * factor);
        }
        results
    }

    fn line_of<'a>(page: &'a str, text: &str) -> &'a str {
        page.lines().find(|line| line.contains(text)).unwrap_or_else(|| panic!("{text} is not in\n{page}"))
    }

    #[test]
    fn a_failure_is_written_as_one_and_what_was_not_measured_too() {
        let mut results = slowdown(1.05);
        let page = super::page(&run(), &results);
        let failed = line_of(&page, "slowdown at most 1.02×");
        assert!(failed.ends_with("| 1.050× | **FAIL** |"), "{failed}");
        assert!(!page.contains("PASS"), "{page}");
        assert!(line_of(&page, "RssAnon").contains("| – | not measured: there are no samples |"));
        results.excuse("start", "it needs root\n| at least");
        let page = super::page(&run(), &results);
        assert!(line_of(&page, "RssAnon").ends_with("not measured: it needs root / at least |"));

        let page = super::page(&run(), &slowdown(1.01));
        assert!(line_of(&page, "slowdown at most 1.02×").ends_with("| 1.010× | PASS |"));
    }

    #[test]
    fn a_figure_that_looks_like_its_limit_is_told_to_be_beyond() {
        let page = super::page(&run(), &slowdown(1.02004));
        assert!(line_of(&page, "slowdown at most").contains("1.020× (> 1.020×) | **FAIL**"));
    }

    #[test]
    fn the_head_says_on_what_and_whether_to_believe_it() {
        let page = super::page(&run(), &Results::default());
        assert!(page.contains("Linux 6.18.0 x86_64, 2 CPUs (Some CPU), 2026-11-21."), "{page}");
        assert!(!page.contains("not idle") && !page.contains("whole run") && !page.contains("## Notes"));
        let mut run = run();
        run.machine.busy = 0.5;
        run.partial = Some("3 rounds".into());
        run.notes = "1: why\n".into();
        let page = super::page(&run, &Results::default());
        assert!(page.contains("not idle when this began: something else took 50 % of a CPU"));
        assert!(page.contains("Not a whole run: 3 rounds.") && page.ends_with("\n## Notes\n\n1: why\n"));
    }
}
