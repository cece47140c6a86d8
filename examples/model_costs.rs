//! What the model costs: `cargo run --release --example model_costs`.
//!
//! Prints the bytes that a dead process takes, as the difference of `RssAnon` between a million of them and none, and how
//! many events are taken in a second of CPU time. Nothing else should run meanwhile; ratios within one run mean more than
//! figures. `bytes` or `speed` behind it does one of the two; a kind (`forks`, `spawns`, `build`) behind that only this one.

#[path = "../benches/support/mix.rs"]
mod mix;

use std::time::{Duration, Instant};

use mix::{Kind, Mix};
use nix::time::ClockId;
use proctop::model::Model;
use proctop::model::event::{Event, What};

const MANY: usize = 1_000_000;
const FEW: usize = 10_000;
/// Processes of a batch: about as many events as the tracer hands over at once. They are made before and dropped after the
/// clock runs.
const BATCH: usize = 320;
/// Batches that are measured with each model, in turn.
const SAMPLES: usize = 1500;

fn main() {
    let args: Vec<_> = std::env::args().skip(1).collect();
    let wants = |at: usize, what: &str| args.get(at).is_none_or(|asked| asked == what);
    for (name, kind) in [("forks", Kind::Forks), ("spawns", Kind::Spawns), ("build", Kind::Build)] {
        if wants(1, name) && wants(0, "bytes") {
            bytes(name, kind);
        }
        if wants(1, name) && wants(0, "speed") {
            speed(name, kind);
        }
    }
}

fn bytes(name: &str, kind: Kind) {
    let mut mix = Mix::new(kind);
    let mut model = Model::new(MANY);
    Mix::list().iter().for_each(|event| {
        model.apply(event);
    });
    let mut argv = 0;
    let before = rss_anon();
    let mut longest = Duration::ZERO;
    while model.tree().dead() < MANY {
        let events = mix.batch(BATCH);
        argv += events.iter().map(argv_bytes).sum::<usize>();
        for event in &events {
            let begun = Instant::now();
            model.apply(event);
            longest = longest.max(begun.elapsed());
        }
        if model.tree().evicted() > 0 {
            break;
        }
    }
    let (after, dead) = (rss_anon(), model.tree().dead());
    let lines = model.log().end() - model.log().first();
    let each = (after.saturating_sub(before)) as f64 / dead as f64;
    let argv_each = argv as f64 / dead as f64;
    println!(
        "{name:<8} {dead} dead: {each:.0} bytes each, {argv_each:.0} of them arguments, so {:.0} beside; {lines} lines \
         of log; longest event {longest:?}",
        each - argv_each
    );
}

fn argv_bytes(event: &Event) -> usize {
    if let What::Exec(exec) = &event.what { exec.image.argv.len() } else { 0 }
}

/// One model with few and one with many, batch by batch in turn, so that what else the machine does hits both.
fn speed(name: &str, kind: Kind) {
    let mut models = [FEW, MANY].map(|history| Filled::new(history, kind));
    let mut samples = [Vec::new(), Vec::new()];
    for _ in 0..SAMPLES {
        for (model, samples) in models.iter_mut().zip(&mut samples) {
            samples.push(model.batch_ns());
        }
    }
    let sorted = samples.map(|mut samples| {
        samples.sort_by(f64::total_cmp);
        samples
    });
    for (what, at) in [("median", SAMPLES / 2), ("fastest tenth", SAMPLES / 10)] {
        let [few, many] = [0, 1].map(|model: usize| sorted[model][at]);
        println!(
            "{name:<8} {what}: {few:.0} ns an event with {FEW} kept, {many:.0} ns with {MANY}; {:.1} million events/s; \
             ratio {:.2}",
            1e3 / many,
            many / few
        );
    }
}

struct Filled {
    model: Model,
    mix: Mix,
}

impl Filled {
    /// Filled until dead are given up.
    fn new(history: usize, kind: Kind) -> Self {
        let (mut model, mut mix) = (Model::new(history), Mix::new(kind));
        Mix::list().iter().for_each(|event| {
            model.apply(event);
        });
        while model.tree().evicted() < 8 * BATCH as u64 {
            mix.batch(BATCH).iter().for_each(|event| {
                model.apply(event);
            });
        }
        Self { model, mix }
    }

    fn batch_ns(&mut self) -> f64 {
        let events = self.mix.batch(BATCH);
        let begun = cpu_time();
        for event in &events {
            self.model.apply(event);
        }
        (cpu_time() - begun).as_nanos() as f64 / events.len() as f64
    }
}

/// Of this thread: what others take of the CPU does not count.
fn cpu_time() -> Duration {
    Duration::from(ClockId::CLOCK_THREAD_CPUTIME_ID.now().expect("the thread has a clock"))
}

/// Anonymous memory of this process that is resident, in bytes.
fn rss_anon() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("proc is mounted");
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).expect("Linux 4.5 or later");
    line.trim().trim_end_matches("kB").trim().parse::<usize>().expect("a number") << 10
}
