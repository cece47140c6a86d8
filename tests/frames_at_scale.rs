//! How long the screen takes with a million dead processes: a check to be run by hand, in a build for release, on a
//! machine that does nothing else.
//!
//! `cargo test --release --test frames_at_scale -- --ignored --nocapture`

use std::cmp::Reverse;
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::tz::TimeZone;
use proctop::model::Model;
use proctop::model::event::{Event, Exec, Exit, Fork, Image, ProcessId, Snapshot, Subject, WaitStatus, What};
use proctop::ui::{Origin, Request, Scene, Ui, UiOptions};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};
use rustc_hash::FxHashMap;

const KEPT: usize = 1_000_000;
const AREA: Rect = Rect { x: 0, y: 0, width: 200, height: 50 };

/// A machine that builds: many makes, each with shells, each of which runs a compiler.
struct Build {
    now_ns: u64,
    next: u32,
    makes: Vec<ProcessId>,
}

impl Build {
    fn begin(model: &mut Model) -> Self {
        let mut build = Self { now_ns: 1_000_000_000, next: 0, makes: Vec::new() };
        let init = ProcessId::new(1, 1);
        let subject = Subject { id: init, comm: "init".into(), ..Subject::default() };
        model.apply(&Event { time_ns: 1, what: What::Snapshot(Snapshot { subject, ..Snapshot::default() }) });
        model.apply(&Event { time_ns: 2, what: What::SnapshotEnd { taken_ns: 2 } });
        for _ in 0..200 {
            let make = build.fork(model, init, "make");
            build.exec(model, make, init, "make", "make\0-C\0lib\0");
            build.makes.push(make);
        }
        build
    }

    fn tell(&mut self, model: &mut Model, what: What) {
        self.now_ns += 5_000;
        model.apply(&Event { time_ns: self.now_ns, what });
    }

    fn fork(&mut self, model: &mut Model, parent: ProcessId, comm: &str) -> ProcessId {
        self.next += 1;
        let id = ProcessId::new(2 + self.next % 4_000_000, self.now_ns);
        let subject = Subject { id, parent: Some(parent), comm: comm.into(), ..Subject::default() };
        self.tell(model, What::Fork(Fork { subject, forked_by: None }));
        id
    }

    fn exec(&mut self, model: &mut Model, id: ProcessId, parent: ProcessId, comm: &str, argv: &str) {
        let subject = Subject { id, parent: Some(parent), comm: comm.into(), ..Subject::default() };
        let image = Arc::new(Image {
            filename: format!("/usr/bin/{comm}").into_bytes().into(),
            argv: argv.as_bytes().into(),
            ..Image::default()
        });
        self.tell(model, What::Exec(Exec { subject, by_thread: None, image, ..Exec::default() }));
    }

    fn exit(&mut self, model: &mut Model, id: ProcessId, parent: ProcessId, comm: &str, code: u8) {
        let subject = Subject { id, parent: Some(parent), comm: comm.into(), ..Subject::default() };
        let status = WaitStatus::exited(code);
        self.tell(model, What::Exit(Exit { subject, status, cpu_ns: 1000, ..Exit::default() }));
    }

    /// Eight events: a shell and its compiler.
    fn step(&mut self, model: &mut Model) {
        let n = self.next;
        let make = self.makes[n as usize * 7 % self.makes.len()];
        let shell = self.fork(model, make, "make");
        self.exec(model, shell, make, "sh", "sh\0-c\0cc -c a.c\0");
        let cc = self.fork(model, shell, "sh");
        self.exec(model, cc, shell, "cc1", &format!("cc1\0-O2\0src/file{n}.c\0-o\0file{n}.o\0"));
        self.now_ns += u64::from(n.wrapping_mul(2_654_435_761) % 97) * 1_000_000;
        self.exit(model, cc, shell, "cc1", u8::from(n.is_multiple_of(50)));
        self.exit(model, shell, make, "sh", u8::from(n.is_multiple_of(50)));
    }
}

fn scene<'a>(
    model: &'a Model,
    now_ns: u64,
    users: &'a FxHashMap<u32, String>,
    zone: &'a TimeZone,
) -> Scene<'a> {
    Scene {
        model,
        now_ns,
        host: "vm",
        kernel: "6.18",
        users,
        origin: Origin::Live,
        command: None,
        notice: None,
        failed_execs: false,
        pid_namespace: false,
        local: zone,
        elapsed_ns: now_ns,
    }
}

/// The time that this thread has had a CPU: what else the machine does is not counted.
#[derive(Clone, Copy)]
struct Stopwatch(Duration);

impl Stopwatch {
    fn now() -> Self {
        let now = nix::time::clock_gettime(nix::time::ClockId::CLOCK_THREAD_CPUTIME_ID);
        Self(now.map(Duration::from).unwrap_or_default())
    }

    fn elapsed(self) -> Duration {
        Self::now().0.saturating_sub(self.0)
    }
}

fn resident_bytes() -> usize {
    let told = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    told.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or(0) * 4096
}

fn shown(took: &mut [Duration]) -> String {
    took.sort_unstable();
    let at = |share: usize| took[(took.len() - 1) * share / 100];
    format!("median {:?}, p99 {:?}, most {:?}", at(50), at(99), at(100))
}

#[test]
#[ignore = "takes a build for release, and half a minute"]
fn a_million_dead_processes() {
    let (users, zone) = (FxHashMap::default(), TimeZone::UTC);
    let mut model = Model::new(KEPT);
    let mut build = Build::begin(&mut model);
    while model.tree().dead() < KEPT {
        build.step(&mut model);
    }
    let mut ui = Ui::new(UiOptions::default());
    let out = std::fs::File::options().write(true).open("/dev/null").unwrap();
    let backend = CrosstermBackend::new(std::io::BufWriter::new(out));
    let options = TerminalOptions { viewport: Viewport::Fixed(AREA) };
    let mut terminal = Terminal::with_options(backend, options).unwrap();
    let (began, before) = (Stopwatch::now(), resident_bytes());
    let first = scene(&model, build.now_ns, &users, &zone);
    ui.prepare(&first, AREA);
    while !ui.is_complete() {
        ui.go_on(&first);
    }
    let each = (resident_bytes() - before) / model.tree().len();
    eprintln!("all rows for the first time: {:?}, {each} bytes for each process", began.elapsed());

    let key = |code| KeyEvent::new(code, KeyModifiers::NONE);
    for filter in ["comm:cc1", "dur>50ms", "exit!=0", "file12", r"argv~file[0-9]*7\.c"] {
        let scene = scene(&model, build.now_ns, &users, &zone);
        ui.on_key(key(KeyCode::Esc), &scene);
        ui.on_key(key(KeyCode::Char('/')), &scene);
        let (began, mut longest) = (Stopwatch::now(), Duration::ZERO);
        ui.on_paste(filter, &scene);
        longest = longest.max(began.elapsed());
        let (mut right, mut pieces) = (None, 0);
        while !ui.is_complete() {
            if right.is_none() && ui.are_rows_complete() {
                ui.prepare(&scene, AREA);
                terminal.draw(|frame| ui.draw(&scene, frame)).unwrap();
                right = Some(began.elapsed());
            }
            let part = Stopwatch::now();
            ui.go_on(&scene);
            pieces += 1;
            longest = longest.max(part.elapsed());
        }
        eprintln!(
            "filter {filter}: {right:?} to the first right frame, {:?} until the whole log is judged, {longest:?} in the longest of {pieces} pieces",
            began.elapsed()
        );
        ui.on_key(key(KeyCode::Enter), &scene);
    }

    for (filter, view) in
        [("", '1'), ("comm:cc1", '1'), ("dur>50ms", '1'), ("exit!=0", '1'), ("", '3'), ("exit!=0", '3')]
    {
        let begin = scene(&model, build.now_ns, &users, &zone);
        ui.on_key(key(KeyCode::Esc), &begin);
        ui.on_key(key(KeyCode::Char('/')), &begin);
        ui.on_paste(filter, &begin);
        ui.on_key(key(KeyCode::Enter), &begin);
        ui.on_key(key(KeyCode::Char(view)), &begin);
        while !ui.is_complete() {
            ui.go_on(&begin);
        }
        let mut took = Vec::new();
        for frame in 0..400 {
            for _ in 0..1000 / 6 {
                build.step(&mut model);
            }
            let scene = scene(&model, build.now_ns, &users, &zone);
            let began = Stopwatch::now();
            let code = if frame % 7 == 6 { KeyCode::PageUp } else { KeyCode::PageDown };
            ui.on_key(key(code), &scene);
            ui.prepare(&scene, AREA);
            terminal.draw(|frame| ui.draw(&scene, frame)).unwrap();
            took.push(began.elapsed());
        }
        let what = if view == '3' { "a timeline" } else { "a frame" };
        eprintln!("{what} after 1,000 events and a scroll, filter {filter:?}: {}", shown(&mut took));
    }
}

/// Goes on until all is there: the time for all of it, and for the longest piece.
fn completed(ui: &mut Ui, scene: &Scene<'_>, keys: &[KeyCode]) -> (Duration, Duration) {
    let began = Stopwatch::now();
    for &code in keys {
        ui.on_key(KeyEvent::new(code, KeyModifiers::NONE), scene);
    }
    let mut longest = began.elapsed();
    while !ui.is_complete() {
        let part = Stopwatch::now();
        ui.go_on(scene);
        longest = longest.max(part.elapsed());
    }
    (began.elapsed(), longest)
}

#[test]
#[ignore = "takes a build for release, and half a minute"]
fn a_table_of_a_million() {
    let (users, zone) = (FxHashMap::default(), TimeZone::UTC);
    let mut model = Model::new(KEPT);
    let mut build = Build::begin(&mut model);
    while model.tree().dead() < KEPT {
        build.step(&mut model);
    }
    let mut ui = Ui::new(UiOptions::default());
    let first = scene(&model, build.now_ns, &users, &zone);
    ui.prepare(&first, AREA);
    completed(&mut ui, &first, &[]);
    let before = resident_bytes();
    let (whole, longest) = completed(&mut ui, &first, &[KeyCode::Char('t')]);
    let each = resident_bytes().saturating_sub(before) / model.tree().len();
    eprintln!(
        "the table for the first time: {whole:?}, {longest:?} in the longest piece, {each} bytes a row"
    );
    let mut last = String::new();
    for view in ["t", ">", ">", ">", ">", ">", ">", ">", ">", ">", ">", ">", "<<<<<<<<<<<", "f"] {
        let now = scene(&model, build.now_ns, &users, &zone);
        if view != "t" {
            let keys: Vec<KeyCode> = view.chars().map(KeyCode::Char).collect();
            let (whole, longest) = completed(&mut ui, &now, &keys);
            last = format!("; all after {whole:?}, {longest:?} in the longest piece");
        }
        let mut took = Vec::new();
        for frame in 0..200 {
            for _ in 0..1000 / 6 {
                build.step(&mut model);
            }
            let scene = scene(&model, build.now_ns, &users, &zone);
            let began = Stopwatch::now();
            let code = if frame % 7 == 6 { KeyCode::PageUp } else { KeyCode::PageDown };
            ui.on_key(KeyEvent::new(code, KeyModifiers::NONE), &scene);
            ui.prepare(&scene, AREA);
            took.push(began.elapsed());
        }
        eprintln!("{view}: rows after 1,000 events and a scroll: {}{last}", shown(&mut took));
    }

    for followed in [true, false] {
        let (mut took, mut longest) = (Duration::ZERO, Duration::ZERO);
        for _ in 0..200 {
            for _ in 0..1000 / 6 {
                build.step(&mut model);
            }
            let scene = scene(&model, build.now_ns, &users, &zone);
            let began = Stopwatch::now();
            if followed {
                ui.keep_up(&scene);
            }
            took += began.elapsed();
            longest = longest.max(began.elapsed());
        }
        let scene = scene(&model, build.now_ns, &users, &zone);
        let began = Stopwatch::now();
        ui.prepare(&scene, AREA);
        let first = began.elapsed();
        while !ui.is_complete() {
            ui.go_on(&scene);
        }
        eprintln!(
            "200,000 events without a frame, followed {followed}: {took:?}, {longest:?} at most; then {first:?} until \
             the next frame, {:?} until it is right",
            began.elapsed()
        );
    }
}

/// Every key in every view while 50,000 events come a second, among 100,000 processes: a thirtieth of a second's events,
/// a key, and all that it takes until the frame is right and written.
#[test]
#[ignore = "takes a build for release"]
fn every_key_among_a_hundred_thousand() {
    const STEPS: usize = 50_000 / 30 / 6;
    let (users, zone) = (FxHashMap::default(), TimeZone::UTC);
    let mut model = Model::new(100_000);
    let mut build = Build::begin(&mut model);
    while model.tree().dead() < 100_000 {
        build.step(&mut model);
    }
    let mut ui = Ui::new(UiOptions::default());
    let out = std::fs::File::options().write(true).open("/dev/null").unwrap();
    let backend = CrosstermBackend::new(std::io::BufWriter::new(out));
    let options = TerminalOptions { viewport: Viewport::Fixed(AREA) };
    let mut terminal = Terminal::with_options(backend, options).unwrap();
    let keys = [
        "j", "j", "k", "G", "g", " ", "*", "*", "x", "x", "F", "F", "n", "N", "[", "[", "{", "]", ".", "m",
        "\u{1b}", "?", "\u{1b}", ">", ">", ">", "<", "I", "I", "C", "\u{1b}", "b", "K", "K",
    ];
    let moves = [
        KeyCode::PageDown,
        KeyCode::PageDown,
        KeyCode::PageUp,
        KeyCode::Down,
        KeyCode::Tab,
        KeyCode::BackTab,
    ];
    let filters = ["/comm:cc1\n", "/exit!=0\n", "/file12\n", "\u{1b}"];
    let pressed = |text: &str| -> Vec<KeyCode> {
        let code = |c| match c {
            '\n' => KeyCode::Enter,
            '\u{1b}' => KeyCode::Esc,
            c => KeyCode::Char(c),
        };
        text.chars().map(code).collect()
    };
    let (mut all_keys, mut all_draws) = (Vec::new(), Vec::new());
    for view in ["1", "2", "3", "4", "5"] {
        let texts = keys.iter().chain(&filters).flat_map(|text| pressed(text));
        let codes: Vec<KeyCode> = pressed(view).into_iter().chain(texts).chain(moves).collect();
        let (mut took, mut draws) = (Vec::new(), Vec::new());
        let mut each = Vec::new();
        let mut instant = None;
        for code in codes.into_iter().chain([KeyCode::Esc; 3]) {
            (0..STEPS).for_each(|_| build.step(&mut model));
            model.look_at(instant);
            let began = Stopwatch::now();
            let now_ns = instant.unwrap_or(build.now_ns);
            let request =
                ui.on_key(KeyEvent::new(code, KeyModifiers::NONE), &scene(&model, now_ns, &users, &zone));
            if let Request::LookAt(at) = request {
                instant = at;
                model.look_at(at);
            }
            let scene = scene(&model, instant.unwrap_or(build.now_ns), &users, &zone);
            ui.prepare(&scene, AREA);
            while !ui.are_rows_complete() {
                ui.go_on(&scene);
            }
            let drawn = Stopwatch::now();
            ui.prepare(&scene, AREA);
            terminal.draw(|frame| ui.draw(&scene, frame)).unwrap();
            draws.push(drawn.elapsed());
            took.push(began.elapsed());
            each.push((began.elapsed(), code));
        }
        all_keys.extend(&took);
        all_draws.extend(&draws);
        eprintln!("view {view}: key to frame: {}; draw: {}", shown(&mut took), shown(&mut draws));
        each.sort_unstable_by_key(|&(took, _)| Reverse(took));
        each.truncate(6);
        eprintln!("    the slowest: {each:?}");
    }
    eprintln!("all: key to frame: {}; draw: {}", shown(&mut all_keys), shown(&mut all_draws));
}
