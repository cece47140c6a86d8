//! What the model costs: `cargo run --release --example model_costs`.
//!
//! Prints the bytes that a dead process takes, as the difference of `RssAnon` between a million of them and none, and how
//! many events are taken in a second. Nothing else should run meanwhile; ratios within one run mean more than figures.

#[path = "../benches/support/mix.rs"]
mod mix;

use std::time::{Duration, Instant};

use mix::{Kind, Mix};
use proctop::model::Model;
use proctop::model::event::{Event, What};

const MANY: usize = 1_000_000;
const FEW: usize = 10_000;
/// Processes of a batch: their events are made before and dropped after the clock runs.
const BATCH: usize = 8_000;

fn main() {
    let asked = std::env::args().nth(1);
    let wants = |what: &str| asked.as_deref().is_none_or(|asked| asked == what);
    if wants("bytes") {
        for (name, kind) in
            [("fork, exit", Kind::Forks), ("fork, exec, exit", Kind::Spawns), ("a build", Kind::Build)]
        {
            bytes(name, kind);
        }
    }
    if wants("speed") {
        speed();
    }
}

fn bytes(name: &str, kind: Kind) {
    let mut mix = Mix::new(kind);
    // The first batch is made twice as long as the others, so that what their events take is there before.
    drop(mix.batch(2 * BATCH));
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
        "{name:<18} {dead} dead: {each:.0} bytes each, {argv_each:.0} of them arguments, so {:.0} beside; {lines} lines \
         of log; longest event {longest:?}",
        each - argv_each
    );
}

fn argv_bytes(event: &Event) -> usize {
    if let What::Exec(exec) = &event.what { exec.image.argv.len() } else { 0 }
}

/// One model with few and one with many, batch by batch in turn, so that what else the machine does hits both.
fn speed() {
    for kind in [Kind::Forks, Kind::Spawns, Kind::Build] {
        let mut few = Filled::new(FEW, kind);
        let mut many = Filled::new(MANY, kind);
        let mut samples = [Vec::new(), Vec::new()];
        for _ in 0..60 {
            samples[0].push(few.batch_ns());
            samples[1].push(many.batch_ns());
        }
        let [few, many] = samples.map(|mut sample| {
            sample.sort_by(f64::total_cmp);
            sample[sample.len() / 2]
        });
        println!(
            "{kind:?}: {FEW} kept: {few:.0} ns/event, {:.1} M/s; {MANY} kept: {many:.0} ns/event, {:.1} M/s; ratio {:.2}",
            1e3 / few,
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
        while model.tree().evicted() < BATCH as u64 {
            mix.batch(BATCH).iter().for_each(|event| {
                model.apply(event);
            });
        }
        Self { model, mix }
    }

    fn batch_ns(&mut self) -> f64 {
        let events = self.mix.batch(BATCH);
        let begun = Instant::now();
        for event in &events {
            self.model.apply(event);
        }
        begun.elapsed().as_nanos() as f64 / events.len() as f64
    }
}

/// Anonymous memory of this process that is resident, in bytes.
fn rss_anon() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("proc is mounted");
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).expect("Linux 4.5 or later");
    line.trim().trim_end_matches("kB").trim().parse::<usize>().expect("a number") << 10
}
