//! (a) What storms pay for being watched, what is lost, and what the watching takes itself.

use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use super::Bench;
use crate::children::bound;
use crate::kernel_side::{Count, Counters};
use crate::machine::cpu_ns;
use crate::peers::{self, Peer, Way, not_told};
use crate::results::Results;
use crate::stats::shuffled;
use crate::storm::{Kind, Length, Storm, read_list};
use crate::tracer::{Tracer, Variant};
use crate::{Measured, failed};

/// The name of this part.
pub const PART: &str = "slowdown";
/// After a storm: until whoever watches has taken in the rest.
const DRAIN: Duration = Duration::from_millis(250);
/// A peer that runs the storm itself makes it so much slower that it gets less of it.
const LESS: usize = 20;

fn count_of(kind: Kind) -> usize {
    match kind {
        Kind::Vfork => 20_000,
        Kind::Spawn => 500,
    }
}

/// Measures.
///
/// # Errors
/// When proctop or the storms can't be run; a peer that does not run is only noted.
pub fn run(bench: &Bench, results: &mut Results) -> Measured<()> {
    let mut variants: Vec<Variant> = Variant::OWN.to_vec();
    for peer in peers::ALL {
        match try_out(bench, peer) {
            Ok(()) => variants.push(Variant::Peer(peer)),
            Err(reason) => results.excuse(&format!("{PART}/{}", peer.name), &reason),
        }
    }
    for round in 0..bench.rounds {
        for index in shuffled(variants.len(), round) {
            let Some(&variant) = variants.get(index) else { continue };
            let outcome = measure(bench, variant, round, results);
            match (outcome, variant) {
                (Err(reason), Variant::Peer(peer)) => {
                    results.excuse(&format!("{PART}/{}", peer.name), &format!("in round {round}: {reason}"));
                    variants.retain(|other| other.name() != peer.name);
                    // the order of this round is no longer valid
                    break;
                }
                (outcome, _) => outcome.map_err(|reason| format!("{}: {reason}", variant.name()))?,
            }
        }
        eprint!("\r  round {} of {}", round + 1, bench.rounds);
    }
    eprintln!();
    Ok(())
}

/// Whether a peer is there and tells anything on this kernel.
fn try_out(bench: &Bench, peer: &'static Peer) -> Measured<()> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if !std::env::split_paths(&path).any(|directory| directory.join(peer.program).exists()) {
        return Err("not installed (`make bench-peers`)".into());
    }
    let mut trial = Results::default();
    let few = |_| 40;
    let said = measure_counts(bench, Variant::Peer(peer), 0, &mut trial, few)?;
    let told = trial.values(PART, peer.name, "told").iter().sum::<f64>();
    if told > 0.0 { Ok(()) } else { Err(format!("does not run on this kernel: {said}")) }
}

fn measure(bench: &Bench, variant: Variant, round: usize, results: &mut Results) -> Measured<()> {
    let less = matches!(variant, Variant::Peer(peer) if peer.way == Way::Around);
    let count = |kind| if less { count_of(kind) / LESS } else { count_of(kind) };
    measure_counts(bench, variant, round, results, count).map(drop)
}

/// Both storms under one run of the tracer. Returns the last line of what that wrote.
fn measure_counts(
    bench: &Bench,
    variant: Variant,
    round: usize,
    results: &mut Results,
    count: impl Fn(Kind) -> usize,
) -> Measured<String> {
    if let Variant::Peer(peer) = variant
        && peer.way == Way::Around
    {
        for kind in Kind::ALL {
            around(bench, peer, kind, count(kind), round, results)?;
        }
        return Ok(String::new());
    }
    let tracer = Tracer::start(variant, &bench.storms)?;
    if tracer.is_none() {
        thread::sleep(DRAIN);
    }
    let mut storms = Vec::new();
    for kind in Kind::ALL {
        let watch = tracer.as_ref().map(|tracer| Watch::begin(tracer, variant)).transpose()?;
        let storm = bench.storms.run(kind, Length::Processes(count(kind)), bench.storm_cpu)?;
        results.add(PART, variant.name(), &format!("{}_ns", kind.name()), round, storm.cycle_ns());
        // also where nobody watches: what comes before a storm is the same for all
        thread::sleep(DRAIN);
        if let Some(watch) = watch {
            watch.end(kind, &storm, variant.name(), round, results)?;
        }
        storms.push((kind, storm));
    }
    let Some(tracer) = tracer else { return Ok(String::new()) };
    let output = tracer.stop()?;
    if let Variant::Peer(peer) = variant {
        for (kind, storm) in &storms {
            let (missing, expected) = not_told(peer, &output, &[(*kind, &storm.children)]);
            tell(peer, *kind, (missing, expected), round, results);
        }
    }
    let last = output.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
    Ok(last.trim().chars().take(200).collect())
}

fn tell(peer: &Peer, kind: Kind, (missing, expected): (u64, u64), round: usize, results: &mut Results) {
    if expected > 0 {
        results.add(PART, peer.name, &format!("{}_lost", kind.name()), round, missing as f64);
        results.add(PART, peer.name, &format!("{}_expected", kind.name()), round, expected as f64);
        results.add(PART, peer.name, "told", round, (expected - missing) as f64);
    }
}

/// A tracer's clock and account when a storm begins.
struct Watch {
    pid: u32,
    cpu_ns: f64,
    counters: Option<(Counters, Vec<Count>)>,
}

impl Watch {
    fn begin(tracer: &Tracer, variant: Variant) -> Measured<Self> {
        let pid = tracer.pid();
        let counters = if variant.is_own() {
            let counters = Counters::of(pid)?;
            let before = counters.read()?;
            Some((counters, before))
        } else {
            None
        };
        Ok(Self { pid, cpu_ns: cpu_ns(pid)?, counters })
    }

    fn end(self, kind: Kind, storm: &Storm, name: &str, round: usize, results: &mut Results) -> Measured<()> {
        let used = cpu_ns(self.pid)? - self.cpu_ns;
        let share = used / storm.elapsed_ns.max(1) as f64;
        results.add(PART, name, &format!("{}_cpu", kind.name()), round, share);
        if let Some((counters, before)) = self.counters {
            let (missing, expected) = lost(kind, storm.children.len(), &before, &counters.read()?);
            results.add(PART, name, &format!("{}_lost", kind.name()), round, missing as f64);
            results.add(PART, name, &format!("{}_expected", kind.name()), round, expected as f64);
        }
        Ok(())
    }
}

/// What of a storm did not get into proctop's ring: refused, or never attempted. And how much it was.
pub fn lost(kind: Kind, children: usize, before: &[Count], after: &[Count]) -> (u64, u64) {
    let children = children as u64;
    let happened = peers::happened(kind);
    let of_kind = |what: &peers::What| {
        // the records' kinds begin with these, in this order
        let place = *what as usize;
        let (Some(before), Some(after)) = (before.get(place), after.get(place)) else { return children };
        let dropped = after.dropped.saturating_sub(before.dropped);
        let attempted = after.attempted.saturating_sub(before.attempted);
        // others may fork, too: that fewer were attempted than happened is certain, that more were is not wrong
        dropped.max(children.saturating_sub(attempted.saturating_sub(dropped)))
    };
    (happened.iter().map(of_kind).sum(), children * happened.len() as u64)
}

/// The storm run by the peer itself.
fn around(
    bench: &Bench,
    peer: &'static Peer,
    kind: Kind,
    count: usize,
    round: usize,
    results: &mut Results,
) -> Measured<()> {
    let (list, told) = (bench.storms.place("list-around"), bench.storms.place("output"));
    // bound as well: strace that is killed lets go of whom it traces
    let storm = bound(&bench.storms.command(kind, Length::Processes(count), bench.storm_cpu, &list));
    let mut command = Command::new(peer.program);
    command.args(peer.arguments).arg("-o").arg(&told).arg(storm.get_program()).args(storm.get_args());
    let mut command = bound(&command);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().map_err(failed(peer.program))?;
    let pid = child.id();
    let waiting = thread::spawn(move || child.wait_with_output());
    let mut used = 0.0;
    while !waiting.is_finished() {
        used = cpu_ns(pid).unwrap_or(used);
        thread::sleep(Duration::from_millis(5));
    }
    let output = waiting.join().map_err(|_| "a thread panicked".to_owned())?.map_err(failed(peer.program))?;
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    let elapsed_ns = String::from_utf8_lossy(&output.stdout).trim().parse().map_err(|_| said)?;
    let storm = Storm { parent: 0, elapsed_ns, children: read_list(&list)? };
    results.add(PART, peer.name, &format!("{}_ns", kind.name()), round, storm.cycle_ns());
    results.add(PART, peer.name, &format!("{}_cpu", kind.name()), round, used / elapsed_ns.max(1) as f64);
    let text = fs::read(&told).map_err(failed(told.display()))?;
    let missing = not_told(peer, &String::from_utf8_lossy(&text), &[(kind, &storm.children)]);
    tell(peer, kind, missing, round, results);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(numbers: [(u64, u64); 3]) -> Vec<Count> {
        numbers.into_iter().map(|(attempted, dropped)| Count { attempted, dropped }).collect()
    }

    #[test]
    fn what_was_refused_or_never_attempted_is_lost_and_others_forks_do_not_make_up_for_it() {
        let before = counts([(10, 1), (0, 0), (5, 0)]);
        let all = counts([(110, 1), (0, 0), (105, 0)]);
        assert_eq!(lost(Kind::Vfork, 100, &before, &all), (0, 200));
        let refused = counts([(150, 4), (0, 0), (145, 0)]);
        assert_eq!(lost(Kind::Vfork, 100, &before, &refused), (3, 200));
        let skipped = counts([(110, 1), (0, 0), (95, 0)]);
        assert_eq!(lost(Kind::Vfork, 100, &before, &skipped), (10, 200));
        assert_eq!(lost(Kind::Spawn, 100, &before, &all), (100, 300), "no exec at all");
        assert_eq!(lost(Kind::Vfork, 100, &[], &[]), (200, 200));
    }
}
