//! Raw samples by part, variant, metric and round, in memory and in files beside the page.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::{Measured, failed};

/// One measured number.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// What was measured with.
    pub variant: String,
    /// What was measured, with its unit at the end: `vfork_ns`.
    pub metric: String,
    /// Samples of one round were taken one after the other, and may be compared.
    pub round: usize,
    /// In the metric's unit.
    pub value: f64,
}

/// All that a run has measured, and why it has not measured the rest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Results {
    parts: BTreeMap<String, Vec<Sample>>,
    reasons: BTreeMap<String, String>,
}

impl Results {
    /// Adds a sample.
    pub fn add(&mut self, part: &str, variant: &str, metric: &str, round: usize, value: f64) {
        let sample = Sample { variant: variant.into(), metric: metric.into(), round, value };
        self.parts.entry(part.into()).or_default().push(sample);
    }

    /// Notes why a part, or `part/variant`, could not be measured.
    pub fn excuse(&mut self, what: &str, reason: &str) {
        self.reasons.insert(what.into(), reason.into());
    }

    /// Why a part, or `part/variant`, could not be measured, where it could not.
    pub fn reason(&self, what: &str) -> Option<&str> {
        self.reasons.get(what).map(String::as_str)
    }

    /// The samples in the order in which they were taken.
    pub fn values(&self, part: &str, variant: &str, metric: &str) -> Vec<f64> {
        self.samples(part, variant, metric).map(|sample| sample.value).collect()
    }

    fn samples(&self, part: &str, variant: &str, metric: &str) -> impl Iterator<Item = &Sample> {
        let is_wanted = move |sample: &&Sample| sample.variant == variant && sample.metric == metric;
        self.parts.get(part).into_iter().flatten().filter(is_wanted)
    }

    /// What `variant` came to as a multiple of what `base` came to in the same round, for each round that has both.
    pub fn ratios(&self, part: &str, metric: &str, variant: &str, base: &str) -> Vec<f64> {
        let bases: BTreeMap<usize, f64> =
            self.samples(part, base, metric).map(|sample| (sample.round, sample.value)).collect();
        let ratio = |sample: &Sample| Some(sample.value / bases.get(&sample.round).filter(|&&of| of > 0.0)?);
        self.samples(part, variant, metric).filter_map(ratio).collect()
    }

    /// The variants of a part, in the order in which they first came.
    pub fn variants(&self, part: &str) -> Vec<&str> {
        let mut variants = Vec::new();
        for sample in self.parts.get(part).into_iter().flatten() {
            if !variants.contains(&sample.variant.as_str()) {
                variants.push(sample.variant.as_str());
            }
        }
        variants
    }

    /// Writes a file for each part into the directory; files of parts that were not measured go.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn save(&self, directory: &Path) -> Measured<()> {
        fs::create_dir_all(directory).map_err(failed(directory.display()))?;
        for entry in fs::read_dir(directory).map_err(failed(directory.display()))?.flatten() {
            if entry.path().extension().is_some_and(|extension| extension == "csv") {
                fs::remove_file(entry.path()).map_err(failed(entry.path().display()))?;
            }
        }
        for (part, samples) in &self.parts {
            let path = directory.join(part).with_extension("csv");
            fs::write(&path, to_csv(samples)).map_err(failed(path.display()))?;
        }
        Ok(())
    }
}

/// Names hold no commas: they are our own.
fn to_csv(samples: &[Sample]) -> String {
    let mut text = String::from("round,variant,metric,value\n");
    for Sample { variant, metric, round, value } in samples {
        let _ = writeln!(text, "{round},{variant},{metric},{value}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_of_the_same_round_whatever_the_order() {
        let mut results = Results::default();
        results.add("p", "alone", "ns", 0, 10.0);
        results.add("p", "traced", "ns", 1, 44.0);
        results.add("p", "traced", "ns", 0, 11.0);
        results.add("p", "alone", "ns", 1, 40.0);
        results.add("p", "traced", "ns", 2, 99.0);
        results.add("p", "traced", "other", 0, 5.0);
        assert_eq!(results.ratios("p", "ns", "traced", "alone"), [1.1, 1.1], "round 2 has no base");
        assert_eq!(results.variants("p"), ["alone", "traced"]);
        assert!(results.ratios("p", "ns", "traced", "nobody").is_empty());
        assert!(results.values("q", "alone", "ns").is_empty());
    }

    #[test]
    fn a_part_is_a_file_and_one_of_an_earlier_run_does_not_stay() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("old.csv"), "").unwrap();
        fs::write(directory.path().join("README"), "").unwrap();
        let mut results = Results::default();
        results.add("new", "alone", "ns", 3, 2.5);
        results.save(directory.path()).unwrap();
        let text = fs::read_to_string(directory.path().join("new.csv")).unwrap();
        assert_eq!(text, "round,variant,metric,value\n3,alone,ns,2.5\n");
        assert!(!directory.path().join("old.csv").exists() && directory.path().join("README").exists());
    }
}
