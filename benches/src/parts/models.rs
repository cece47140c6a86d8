//! (c) What criterion has measured of the parts that need no kernel, and what the dead take of memory.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::Bench;
use crate::results::Results;
use crate::{Measured, failed};

/// The name of this part.
pub const PART: &str = "models";
/// The argument with which this program measures memory, in a process of its own.
pub const RETAINED: &str = "--retained";

/// Reads what `cargo bench` has left, and measures memory.
///
/// # Errors
/// When there is nothing.
pub fn run(bench: &Bench, results: &mut Results) -> Measured<()> {
    for kind in crate::memory::KINDS {
        let output =
            std::env::current_exe().and_then(|own| Command::new(own).args([RETAINED, kind]).output());
        let output = output.map_err(failed("this program once more"))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let bytes = text.trim().parse().map_err(failed(format!("{RETAINED} {kind}")))?;
        results.add("memory", kind, "bytes_per_dead", 0, bytes);
    }
    let found = benchmarks(&bench.target.join("criterion"))?;
    if found.is_empty() {
        return Err("criterion has measured nothing".into());
    }
    for (name, times) in found {
        for (round, ns) in times.into_iter().enumerate() {
            results.add(PART, &name, "ns", round, ns);
        }
    }
    Ok(())
}

/// The benchmarks in criterion's directory, by name: nanoseconds for each element, of each sample.
fn benchmarks(directory: &Path) -> Measured<Vec<(String, Vec<f64>)>> {
    let mut found = Vec::new();
    for group in directories(directory)? {
        for function in directories(&group)? {
            let read = |name: &str| fs::read_to_string(function.join("new").join(name)).ok();
            let (Some(about), Some(sample)) = (read("benchmark.json"), read("sample.json")) else { continue };
            let told = times(&about, &sample).ok_or_else(|| format!("{} is strange", function.display()))?;
            found.push(told);
        }
    }
    found.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(found)
}

fn directories(path: &Path) -> Measured<Vec<std::path::PathBuf>> {
    let entries = fs::read_dir(path).map_err(failed(format!("criterion's {}", path.display())))?;
    Ok(entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect())
}

/// The name and the nanoseconds for each element of each sample.
fn times(about: &str, sample: &str) -> Option<(String, Vec<f64>)> {
    let (about, sample): (Value, Value) =
        (serde_json::from_str(about).ok()?, serde_json::from_str(sample).ok()?);
    let name = about.get("full_id")?.as_str()?.to_owned();
    let elements = about.pointer("/throughput/Elements").and_then(Value::as_f64).unwrap_or(1.0).max(1.0);
    let numbers = |name: &str| -> Option<Vec<f64>> {
        sample.get(name)?.as_array()?.iter().map(Value::as_f64).collect()
    };
    let (iterations, nanoseconds) = (numbers("iters")?, numbers("times")?);
    let each =
        nanoseconds.iter().zip(&iterations).map(|(ns, iterations)| ns / iterations.max(1.0) / elements);
    Some((name, each.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_divided_by_iterations_and_by_elements() {
        let about = r#"{"group_id":"ingest","full_id":"ingest/10000","throughput":{"Elements":10}}"#;
        let sample = r#"{"sampling_mode":"Flat","iters":[1.0,2.0],"times":[100.0,400.0]}"#;
        assert_eq!(times(about, sample), Some(("ingest/10000".to_owned(), vec![10.0, 20.0])));
        let about = r#"{"full_id":"frame/200x50","throughput":null}"#;
        assert_eq!(times(about, sample).unwrap().1, [100.0, 200.0]);
        assert_eq!(times("{}", sample), None);
    }
}
