//! How fast events are decoded and taken in: with few and with many retained, the oldest given up, and a screen with a filter that
//! is brought up to date as often as it would be drawn.

use std::fs;
use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput};
use proctop::model::event::Event;
use proctop_bench::machine::root;
use proctop_bench::mix::{Kind, Mix};
use proctop_bench::picture::{Filled, settle, view};

/// Processes of a batch: their events are made before and dropped after the clock runs.
const BATCH: usize = 8_000;
/// The shortest time from one frame to the next.
const FRAME: Duration = Duration::from_millis(33);
/// The page size of the records at hand.
const PAGE: u64 = 4096;

/// Records of a fork, an exec and an exit, as a kernel wrote them.
pub fn decode(criterion: &mut Criterion) {
    let mut records: Vec<(std::ffi::OsString, Vec<u8>)> = fs::read_dir(root().join("fuzz/seeds/decoder"))
        .expect("records")
        .flatten()
        .filter_map(|entry| Some((entry.file_name(), fs::read(entry.path()).ok()?)))
        .filter(|(_, record)| proctop::tracer::decode(record, PAGE).is_ok())
        .collect();
    records.sort();
    let mut group = criterion.benchmark_group("decode");
    group.throughput(Throughput::Elements(records.len() as u64));
    group.bench_function("record", |bencher| {
        bencher.iter(|| {
            for (_, record) in &records {
                let _ = black_box(proctop::tracer::decode(black_box(record), PAGE));
            }
        });
    });
    group.finish();
}

/// A model, and a view of it that is brought up to date as often as a screen is drawn, where there is one.
struct Ingest {
    filled: Filled,
    ui: Option<proctop::ui::Ui>,
    since_frame: Duration,
}

impl Ingest {
    fn take(&mut self, events: &[Event]) -> Duration {
        let begun = Instant::now();
        for some in events.chunks(1024) {
            self.filled.apply(some);
            if let Some(ui) = &mut self.ui {
                ui.keep_up(&self.filled.scene());
            }
            if let Some(ui) = &mut self.ui
                && self.since_frame + begun.elapsed() >= FRAME
            {
                settle(ui, &self.filled.scene());
                self.since_frame = Duration::ZERO.saturating_sub(begun.elapsed());
            }
        }
        let taken = begun.elapsed();
        self.since_frame += taken;
        taken
    }
}

/// A build's events, at few and at many retained, with a view under a filter (`ingest`) and without (`apply`).
pub fn ingest(criterion: &mut Criterion) {
    let events = Mix::new(Kind::Build).batch(BATCH).len() as u64;
    for history in [10_000, 1_000_000] {
        let mut ingest = Ingest { filled: Filled::with(history), ui: None, since_frame: Duration::ZERO };
        for name in ["apply", "ingest"] {
            if name == "ingest" {
                let mut ui = view("comm:cc1").expect("a filter");
                settle(&mut ui, &ingest.filled.scene());
                ingest.ui = Some(ui);
            }
            let mut group = criterion.benchmark_group(name);
            group.throughput(Throughput::Elements(events)).sample_size(40);
            group.warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(3));
            group.bench_function(BenchmarkId::from_parameter(history), |bencher| {
                bencher.iter_custom(|iterations| {
                    let batches = (0..iterations).map(|_| {
                        let events = ingest.filled.mix.batch(BATCH);
                        ingest.take(&events)
                    });
                    batches.sum()
                });
            });
            group.finish();
        }
    }
}
