//! A screen of 200x50 on a million dead: a frame after new events and a scroll, and a change of the filter.

use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, SamplingMode};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use proctop::ui::Ui;
use proctop_bench::picture::{Filled, Screen, press, settle, view};

const HISTORY: usize = 1_000_000;
/// Events before each frame.
const NEW: usize = 1_000;
/// Frames: one in a hundred is slower than p99.
const FRAMES: usize = 1_000;
/// Filters by what they are about. No two of a kind in a row find the same.
const FILTERS: [(&str, [&str; 2]); 5] = [
    ("comm", ["comm:cc1", "comm:as"]),
    ("duration", ["dur>1ms", "dur>2ms"]),
    ("exit", ["exit!=0", "exit=0"]),
    ("substring", ["argv:unit77", "argv:unit78"]),
    ("regex", ["argv~\"unit[0-9]*7\\.c\"", "argv~\"unit[0-9]*8\\.c\""]),
];

/// What a frame takes: the scroll, the rows, drawing, the difference, and writing it to a terminal. The events were taken in before.
fn frame(criterion: &mut Criterion, filled: &mut Filled) {
    let mut ui = view("comm:cc1").expect("a filter");
    let mut screen = Screen::open().expect("a terminal");
    let mut new = filled.mix.batch(NEW).into_iter();
    settle(&mut ui, &filled.scene());
    screen.show(&mut ui, &filled.scene()).expect("a frame");
    let mut group = criterion.benchmark_group("frame");
    group.sampling_mode(SamplingMode::Flat).sample_size(FRAMES).nresamples(2_000);
    group.warm_up_time(Duration::from_millis(100)).measurement_time(Duration::from_millis(100));
    let mut turn = 0;
    group.bench_function("200x50", |bencher| {
        bencher.iter_custom(|iterations| {
            let mut taken = Duration::ZERO;
            for _ in 0..iterations {
                if new.len() < NEW {
                    new = filled.mix.batch(100 * NEW).into_iter();
                }
                let events: Vec<_> = new.by_ref().take(NEW).collect();
                filled.apply(&events);
                turn += 1;
                let key = if turn % 40 < 20 { KeyCode::PageDown } else { KeyCode::PageUp };
                let begun = Instant::now();
                press(&mut ui, key, &filled.scene());
                while !ui.are_rows_complete() {
                    ui.go_on(&filled.scene());
                }
                screen.show(&mut ui, &filled.scene()).expect("a frame");
                taken += begun.elapsed();
            }
            taken
        });
    });
    group.finish();
}

/// From the paste that puts a filter in force to the frame that shows what it finds (`filter`), and the longest of the steps until
/// then, during which no other key is heard (`filter-step`).
fn filter(criterion: &mut Criterion, filled: &Filled) {
    type Sum = fn(&[Duration]) -> Duration;
    let sums: [(&str, Sum); 2] = [
        ("filter", |steps| steps.iter().sum()),
        ("filter-step", |steps| steps.iter().copied().max().unwrap_or_default()),
    ];
    let mut screen = Screen::open().expect("a terminal");
    for (group, sum) in sums {
        let mut group = criterion.benchmark_group(group);
        group.sampling_mode(SamplingMode::Flat).sample_size(10).nresamples(1_001);
        group.warm_up_time(Duration::from_millis(1)).measurement_time(Duration::from_millis(100));
        for (name, filters) in FILTERS {
            let mut ui = view("").expect("no filter");
            screen.show(&mut ui, &filled.scene()).expect("a frame");
            let mut turn = 0;
            group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
                bencher.iter_custom(|iterations| {
                    let changes = (0..iterations).map(|_| {
                        turn += 1;
                        sum(&change(&mut ui, filters[turn % 2], &mut screen, filled))
                    });
                    changes.sum()
                });
            });
        }
        group.finish();
    }
}

/// Puts a filter in the place of the one that is in force. Returns how long each step took until the frame was right.
fn change(ui: &mut Ui, to: &str, screen: &mut Screen, filled: &Filled) -> Vec<Duration> {
    let scene = filled.scene();
    press(ui, KeyCode::Char('/'), &scene);
    clear(ui, filled);
    settle(ui, &scene);
    let mut steps = Vec::new();
    let mut timed = |work: &mut dyn FnMut()| {
        let begun = Instant::now();
        work();
        steps.push(begun.elapsed());
    };
    timed(&mut || {
        ui.on_paste(to, &scene);
    });
    timed(&mut || {
        press(ui, KeyCode::Enter, &scene);
    });
    // the frame that would be drawn next, right or not
    timed(&mut || screen.show(ui, &scene).expect("a frame"));
    while !ui.are_rows_complete() {
        timed(&mut || ui.go_on(&scene));
        if ui.are_rows_complete() {
            timed(&mut || screen.show(ui, &scene).expect("a frame"));
        }
    }
    steps
}

/// As by Ctrl-U.
fn clear(ui: &mut Ui, filled: &Filled) {
    let key = KeyEvent::new(KeyCode::Char('u'), KeyModifiers::CONTROL);
    ui.on_key(key, &filled.scene());
}

/// Both, on one model.
pub fn screen(criterion: &mut Criterion) {
    let mut filled = Filled::with(HISTORY);
    frame(criterion, &mut filled);
    filter(criterion, &filled);
}
