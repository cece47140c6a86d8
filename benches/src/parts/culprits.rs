//! Whether the right one is named: what `tests/live_storms.rs` came to, which `make bench` runs before.

use std::fs;

use super::Bench;
use crate::results::Results;
use crate::{Measured, failed};

/// The name of this part.
pub const PART: &str = "culprits";
/// Where the tests' output is, beneath the place where cargo builds.
const OUTPUT: &str = "culprits.log";

/// Reads what the tests have said.
///
/// # Errors
/// When they were not run, or could not look.
pub fn run(bench: &Bench, results: &mut Results) -> Measured<()> {
    let path = bench.target.join(OUTPUT);
    let text = fs::read(&path).map_err(failed("the tests' output"))?;
    for (name, is_good) in outcomes(&String::from_utf8_lossy(&text))? {
        results.add(PART, &name, "failed", 0, f64::from(u8::from(!is_good)));
    }
    Ok(())
}

/// Each test and whether it passed. One that skipped itself has not looked.
fn outcomes(output: &str) -> Measured<Vec<(String, bool)>> {
    if let Some(line) = output.lines().find(|line| line.contains("*** SKIPPED")) {
        return Err(line.trim_matches(['*', ' ']).to_owned());
    }
    if !output.lines().any(|line| line.starts_with("test result: ")) {
        return Err("its tests did not come to their end".into());
    }
    let outcome = |line: &str| {
        let (name, said) = line.strip_prefix("test ")?.split_once(" ... ")?;
        (said != "ignored").then(|| (name.to_owned(), said == "ok"))
    };
    Ok(output.lines().filter_map(outcome).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_that_failed_or_did_not_look_are_not_taken_for_good() {
        let output = "running 2 tests\ntest a ... ok\ntest b ... FAILED\n\ntest result: FAILED. 1 passed\n";
        assert_eq!(outcomes(output), Ok(vec![("a".into(), true), ("b".into(), false)]));
        assert!(outcomes("running 2 tests\ntest a ... ok\n").is_err(), "b was not told of");
        let skipped = "\n*** SKIPPED a: it needs root ***\ntest a ... ok\n\ntest result: ok. 1 passed\n";
        assert_eq!(outcomes(skipped), Err("SKIPPED a: it needs root".into()));
    }
}
