//! Whatever comes: no panic, and no control character on the screen.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use proptest::prelude::*;

use super::builder::*;
use super::facts::everything;
use crate::model::event::*;
use crate::ui::{self, Origin, Outcome, Request, UiOptions};

#[derive(Clone, Debug)]
enum Input {
    Key(KeyEvent),
    Mouse(MouseEvent, u16),
    Paste(String),
    Resize(u16, u16),
    Fork(u8, u8),
    Exec(u8, Vec<u8>),
    Exit(u8, u32),
    Fact(u8, u8, Vec<u8>),
    Marks(bool, bool),
    Lose(u64),
    Pass(u64),
    Origin(bool),
    Command(Option<bool>),
    Output(Vec<u8>),
}

fn key() -> impl Strategy<Value = KeyEvent> {
    let codes = prop_oneof![
        4 => proptest::sample::select("[]{}.30<vTLz?/\\cdxXKobihjklgGFZnN q*-+=t>:1mmyrepusPCw@\u{65e5}\u{301}".chars().collect::<Vec<_>>())
            .prop_map(KeyCode::Char),
        1 => any::<char>().prop_map(KeyCode::Char),
        3 => proptest::sample::select(vec![
            KeyCode::Enter, KeyCode::Esc, KeyCode::Tab, KeyCode::BackTab, KeyCode::Up, KeyCode::Down,
            KeyCode::Left, KeyCode::Right, KeyCode::PageUp, KeyCode::PageDown, KeyCode::Home, KeyCode::End,
            KeyCode::Backspace, KeyCode::Delete, KeyCode::F(1), KeyCode::F(9), KeyCode::F(3), KeyCode::F(4), KeyCode::F(10),
        ]),
    ];
    let modifiers = prop_oneof![
        8 => Just(KeyModifiers::NONE), 2 => Just(KeyModifiers::CONTROL), 1 => Just(KeyModifiers::ALT)
    ];
    (codes, modifiers).prop_map(|(code, modifiers)| KeyEvent::new(code, modifiers))
}

/// Anywhere, mostly on the screen; how long after the one before, in milliseconds.
fn mouse() -> impl Strategy<Value = (MouseEvent, u16)> {
    let kinds = proptest::sample::select(vec![
        MouseEventKind::Down(MouseButton::Left),
        MouseEventKind::Down(MouseButton::Left),
        MouseEventKind::Drag(MouseButton::Left),
        MouseEventKind::Drag(MouseButton::Left),
        MouseEventKind::Up(MouseButton::Left),
        MouseEventKind::Down(MouseButton::Right),
        MouseEventKind::Moved,
        MouseEventKind::ScrollUp,
        MouseEventKind::ScrollDown,
        MouseEventKind::ScrollLeft,
        MouseEventKind::ScrollRight,
    ]);
    let column = prop_oneof![6 => 0u16..120, 1 => any::<u16>()];
    let row = prop_oneof![6 => 0u16..40, 1 => any::<u16>()];
    let modifiers = prop_oneof![
        4 => Just(KeyModifiers::NONE), 1 => Just(KeyModifiers::CONTROL), 1 => Just(KeyModifiers::SHIFT)
    ];
    (kinds, column, row, modifiers, 0u16..600)
        .prop_map(|(kind, column, row, modifiers, ms)| (MouseEvent { kind, column, row, modifiers }, ms))
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..200),
        "[\\x1b\\[\\]0-9;mJH\u{202e}\u{200d}\u{301}\u{fe0f}\u{9b}日👨a \\n]{0,60}"
            .prop_map(String::into_bytes),
    ]
}

fn input() -> impl Strategy<Value = Input> {
    prop_oneof![
        8 => key().prop_map(Input::Key),
        6 => mouse().prop_map(|(event, ms)| Input::Mouse(event, ms)),
        1 => "[a-z:=!\u{202e}\u{1b}(\" ]{0,30}".prop_map(Input::Paste),
        1 => (0u16..220, 0u16..60).prop_map(|(width, height)| Input::Resize(width, height)),
        1 => (0u16..30, 0u16..12).prop_map(|(width, height)| Input::Resize(width, height)),
        6 => (any::<u8>(), any::<u8>()).prop_map(|(parent, pid)| Input::Fork(parent % 40, pid % 40)),
        4 => (any::<u8>(), bytes()).prop_map(|(pid, argv)| Input::Exec(pid % 40, argv)),
        4 => (any::<u8>(), any::<u32>()).prop_map(|(pid, status)| Input::Exit(pid % 40, status)),
        4 => (any::<u8>(), any::<u8>(), bytes()).prop_map(|(fact, pid, text)| Input::Fact(fact % 8, pid % 40, text)),
        1 => any::<(bool, bool)>().prop_map(|(failed_execs, namespace)| Input::Marks(failed_execs, namespace)),
        1 => any::<u64>().prop_map(Input::Lose),
        2 => (0u64..3 * S).prop_map(Input::Pass),
        1 => any::<bool>().prop_map(Input::Origin),
        1 => any::<Option<bool>>().prop_map(Input::Command),
        1 => bytes().prop_map(Input::Output),
    ]
}

fn take(world: &mut World, screen: &mut Screen, input: Input) {
    match input {
        Input::Key(key) => {
            if let Request::LookAt(instant) = screen.ui.on_key(key, &world.scene()) {
                world.model.look_at(instant);
            }
        }
        Input::Mouse(event, ms) => {
            screen.clock += Duration::from_millis(ms.into());
            if let Request::LookAt(instant) = screen.ui.on_mouse(event, screen.clock, &world.scene()) {
                world.model.look_at(instant);
            }
        }
        Input::Paste(text) => drop(screen.ui.on_paste(&text, &world.scene())),
        Input::Resize(width, height) => screen.resize(width, height),
        Input::Fork(parent, pid) => drop(world.fork(parent.into(), u32::from(pid) + 1)),
        Input::Exec(pid, argv) => exec(world, pid.into(), &argv),
        Input::Exit(pid, status) => drop(world.exit(pid.into(), WaitStatus(status))),
        Input::Fact(fact, pid, text) => tell(world, fact, pid.into(), &text),
        Input::Marks(failed_execs, namespace) => {
            (world.failed_execs, world.pid_namespace) = (failed_execs, namespace);
        }
        Input::Lose(count) => drop(world.lose(count, count / 2)),
        Input::Pass(ns) => drop(world.pass(ns)),
        Input::Origin(live) => world.origin = if live { Origin::Live } else { recording() },
        Input::Command(None) => world.outcome = None,
        Input::Command(Some(true)) => world.outcome = Some(Outcome::Running),
        Input::Command(Some(false)) => world.outcome = Some(Outcome::Exited(WaitStatus(9))),
        Input::Output(bytes) => world.screen.process(&bytes),
    }
}

fn recording() -> Origin<'static> {
    Origin::Recording { name: "\x1b]0;x\x07\u{202e}", note: Some("\n\u{9b}") }
}

/// The comm is as hostile as the arguments.
fn exec(world: &mut World, pid: u32, argv: &[u8]) {
    let subject = Subject { comm: Comm::from_bytes(argv), ..world.subject(pid) };
    let cwd = Some(Directory { path: argv.into(), deleted: true, cut: true });
    let image = Image { filename: argv.into(), argv: argv.into(), cwd, ..Image::default() };
    world.apply(What::Exec(Exec { subject, by_thread: None, image: image.into(), ..Exec::default() }));
}

/// What else may be told of a process, in whatever words.
fn tell(world: &mut World, fact: u8, pid: u32, text: &[u8]) {
    let (subject, comm) = (world.subject(pid), Comm::from_bytes(text));
    let number = text.iter().fold(0u32, |sum, &byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    let of = subject.id;
    world.apply(match fact {
        0 => What::ExecFailed(ExecFailed { id: of, comm, error: number, filename: text.into() }),
        1 => What::Rename(Rename { subject: Subject { comm, ..subject }, to: comm }),
        2 => What::Cgroup(Cgroup { id: 4242, path: text.into(), cut: number % 2 == 0 }),
        3 => What::ThreadStart(Thread { of, tid: number, comm, start_ns: of.start_ns, cpu_ns: 0 }),
        4 => What::ThreadEnd(Thread { of, tid: number, comm, start_ns: u64::MAX, cpu_ns: u64::MAX }),
        5 => What::Zombies((1..pid).map(|pid| world.id(pid)).collect()),
        6 => What::Look(Look {
            subject: Subject {
                parent: Some(world.id(number % 40)),
                uids: Uids { effective: number, real: pid },
                inner_pid: Some(number),
                outside: number % 2 == 0,
                ..subject
            },
            session: Session { id: number, tty: number },
        }),
        _ => What::Exit(Exit {
            subject,
            status: WaitStatus(9),
            killed_by: Some(Killer::Process { id: world.id(number % 40), comm }),
            usage: Usage { read_bytes: u64::MAX, minor_faults: number.into(), ..Usage::default() },
            ..Exit::default()
        }),
    });
}

fn is_harmless(symbol: &str) -> bool {
    // Most are of these, and there are very many.
    matches!(symbol.as_bytes(), [b' '..=b'~']) || crate::text::sanitise(symbol.as_bytes()) == symbol
}

/// How many inputs come in all where `PROCTOP_HOSTILE_INPUTS` does not say: a frame is drawn after each.
const INPUTS: u32 = 20_000;
/// How many come to one screen: between none and twice that.
const AVERAGE: u32 = 30;

fn config() -> ProptestConfig {
    let inputs = std::env::var("PROCTOP_HOSTILE_INPUTS").ok();
    let inputs = inputs.map_or(INPUTS, |inputs| inputs.parse().expect("PROCTOP_HOSTILE_INPUTS is a number"));
    ProptestConfig { cases: inputs.div_ceil(AVERAGE), failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn nothing_panics_and_nothing_controls_the_terminal(
        ascii in any::<bool>(),
        inputs in proptest::collection::vec(input(), 1..(2 * AVERAGE as usize)),
    ) {
        let mut world = World::new(12);
        world.snapshot(1, 0, "init", "init").snapshot_end();
        let look = ui::Look { ascii, ..ui::Look::default() };
        let mut screen = Screen::with(UiOptions { look, ..UiOptions::default() }, 80, 24);
        for input in inputs {
            take(&mut world, &mut screen, input);
            let buffer = screen.show(&world).buffer();
            for cell in &buffer.content {
                prop_assert!(is_harmless(cell.symbol()), "{:?}", cell.symbol());
                prop_assert!(!ascii || cell.symbol().is_ascii());
            }
            screen.ui.output_size(screen.ui.area());
        }
    }
}

/// The library that draws drops control characters on its own: that they are shown says that we sanitised them first.
#[test]
fn whatever_is_not_ours_is_shown_sanitised() {
    let mut world = build();
    world.host = "\x1b[1h";
    world.command = "\x1b[2c";
    world.notice = Some("\x1b[3n");
    world.users.insert(1000, "\x1b[4u".to_owned());
    world.outcome = Some(Outcome::Exited(WaitStatus(0)));
    world.origin = Origin::Recording { name: "\x1b[5r", note: Some("\x1b[6e") };
    exec(&mut world, 8180, b"\x1b[7m\0a\nb\0");
    let mut screen = Screen::new(200, 50);
    screen.typed(&world, "G");
    screen.code(&world, KeyCode::Enter);
    let mut text = screen.text(&world);
    screen.typed(&world, "/\u{2068}");
    text.push_str(&screen.text(&world));
    let shown = [
        "␛[1h",
        "␛[2c ✓ exit 0",
        "␛[3n",
        "␛[4u",
        "RECORDING ␛[5r (␛[6e)",
        r"$'\e[7m' $'a\nb'",
        "a␊b",
        "␛[7m  ",
        "Filter: ‹2068›",
    ];
    for part in shown {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

/// Every screen that the interface has, at every size up to a large one.
#[test]
fn all_sizes_are_drawn() {
    let mut world = everything();
    world.outcome = Some(Outcome::Running);
    world.notice = Some("a notice that is long enough for several lines on a narrow screen");
    world.failed_execs = true;
    world.pid_namespace = true;
    let keys = [
        "",
        "\n",
        "\t",
        "/dur>x",
        "\u{3}cc",
        "\u{3}cc\n",
        "?",
        "q",
        "i",
        "o",
        "F",
        "K*",
        "jjjjb\n",
        "G\n",
        "m",
        "mx\n",
        "/\t",
    ];
    for keys in keys {
        let mut screen = Screen::new(80, 24);
        for c in keys.chars() {
            let code = match c {
                '\n' => KeyCode::Enter,
                '\t' => KeyCode::Tab,
                '\u{3}' => KeyCode::F(3),
                c => KeyCode::Char(c),
            };
            screen.code(&world, code);
        }
        for (width, height) in (0..=300).step_by(23).flat_map(|w| (0..=100).step_by(3).map(move |h| (w, h))) {
            screen.resize(width, height);
            screen.show(&world);
        }
        for (width, height) in (0..=30).flat_map(|w| (0..=12).map(move |h| (w, h))) {
            screen.resize(width, height);
            screen.show(&world);
        }
    }
}
