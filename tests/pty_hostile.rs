//! Whatever is typed, pasted, clicked and however the terminal's size changes: proctop goes on, is brought back to where it
//! began by Esc, and leaves a terminal as it found it.
//!
//! What is not among it: the keys that quit and suspend it, which others test, and live those that lead to a signal (`m`, F9).

mod support;

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use support::bpf_or_skip;
use support::pty::{Pty, key};
use support::screen::{PATIENCE, command, pane, watching};

const INPUTS: u32 = 1000;
/// So many of them, and it must be where it began when that is asked for.
const UNTIL_HOME: u32 = 250;
const CTRL_BRACKET: &str = "\x1d";
const CTRL_L: &str = "\x0c";

const CHARACTERS: &str =
    "[]{}.0123456789<>vTtfsLPMIzZ?/\\cdxXKobijkhlgGFBnN *-+=@:!&|\"'()~^,eyrpuwaCS日é\u{301}";
const OTHERS: [&str; 28] = [
    key::ENTER,
    key::ENTER,
    key::ENTER,
    key::ESC,
    key::ESC,
    key::TAB,
    key::TAB,
    key::BACKSPACE,
    key::UP,
    key::DOWN,
    key::DOWN,
    key::LEFT,
    key::RIGHT,
    key::PAGE_UP,
    key::PAGE_DOWN,
    key::F1,
    key::F3,
    key::F4,
    "\x1b[Z",
    "\x1b[H",
    "\x1b[F",
    "\x1b[3~",
    "\x1b[17~",
    "\x04",
    "\x15",
    CTRL_L,
    CTRL_BRACKET,
    "\x1bx",
];
const PASTES: [&str; 7] = [
    "comm:cc1 exit!=0",
    "dur>1ms and (comm:make or",
    "\u{202e}\u{1b}]0;title\u{7}\u{9b}31m",
    "\r\n\r\n",
    "日本語 👨‍👩‍👧 e\u{301}\u{301}\u{301}",
    "((((((((((((((((((((((((((((((((((((((((",
    "",
];

/// Numbers that look random, the same for the same seed (splitmix64).
struct Random(u64);

impl Random {
    /// Of the seed in `PROCTOP_SEED`, or of the time; the one that it is stands in the test's output.
    fn seeded() -> Self {
        let now =
            || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").subsec_nanos();
        let seed = std::env::var("PROCTOP_SEED").ok();
        let seed = seed.map_or_else(|| now().into(), |seed| seed.parse().expect("PROCTOP_SEED is a number"));
        println!("the same once more: PROCTOP_SEED={seed}");
        Self(seed)
    }

    fn below(&mut self, end: u16) -> u16 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        u16::try_from((mixed ^ (mixed >> 31)) % u64::from(end)).expect("below a u16")
    }

    fn one_of<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[usize::from(self.below(u16::try_from(of.len()).expect("few")))]
    }
}

/// The next input; what was sent is noted.
fn disturb(
    pty: &mut Pty,
    random: &mut Random,
    characters: &[char],
    size: &mut (u16, u16),
    sent: &mut String,
) {
    let bytes = match random.below(20) {
        0..=8 => {
            let at = random.below(u16::try_from(characters.len()).expect("few"));
            characters[usize::from(at)].to_string()
        }
        9..=13 => random.one_of(&OTHERS).to_owned(),
        14 => format!("\x1b[200~{}\x1b[201~", random.one_of(&PASTES)),
        15..=17 => mouse(random, *size),
        _ => {
            let tiny = random.below(4) == 0;
            let (columns, lines) = if tiny { (30, 10) } else { (200, 60) };
            *size = (random.below(columns) + 1, random.below(lines) + 1);
            write!(sent, " {}x{}", size.0, size.1).expect("memory");
            return pty.resize(size.0, size.1);
        }
    };
    write!(sent, " {bytes:?}").expect("memory");
    pty.send(bytes);
}

/// A report of the mouse as terminals send it (SGR), not in the last line, where the keys stand that quit.
fn mouse(random: &mut Random, (columns, lines): (u16, u16)) -> String {
    // left, middle, right, dragged with left, moved, wheel up and down, with Ctrl
    let button = [0, 0, 0, 1, 2, 32, 32, 35, 64, 65, 65, 16][usize::from(random.below(12))];
    let (column, line) = (random.below(columns + 3) + 1, random.below(lines.saturating_sub(3).max(1)) + 1);
    let end = if random.below(3) == 0 { 'm' } else { 'M' };
    format!("\x1b[<{button};{column};{line}{end}")
}

/// Back to the tree with nothing over it, by keys, as a user who is lost comes back; the frame is whole then.
fn come_home(pty: &mut Pty, origin: &str) {
    pty.resize(100, 30);
    pty.send(CTRL_BRACKET);
    let is_home = |screen: &str| {
        let lines: Vec<&str> = screen.lines().collect();
        let footer = lines.last().copied().unwrap_or_default();
        lines.len() == 30
            && lines[0].starts_with(" proctop  ")
            && lines[0].contains(origin)
            && footer.contains(" ? Help ")
            && footer.ends_with("q Quit")
            && !screen.contains(" match ")
    };
    let deadline = Instant::now() + PATIENCE;
    loop {
        // Whatever comes behind an Esc at once would be taken for a part of it.
        pty.send(key::ESC);
        std::thread::sleep(Duration::from_millis(120));
        pty.send("1");
        std::thread::sleep(Duration::from_millis(120));
        let screen = pty.screen_text();
        if is_home(&screen) && pty.with_screen(|screen| pane(screen, "Processes").is_some()) {
            break;
        }
        assert!(Instant::now() < deadline, "it does not come back:\n{screen}");
    }
    // What was drawn by changes alone is what is drawn when all is drawn anew, while nothing changes by itself.
    pty.scribble("\x1b[3;3Hscribbled");
    pty.wait_for_text("scribbled", PATIENCE);
    pty.send(CTRL_L);
    pty.wait_for(|screen| !screen.contents().contains("scribbled"), PATIENCE);
    pty.send("?");
    pty.pane("Help");
    pty.escape(|screen| pane(screen, "Help").is_none());
    pty.wait_for(|screen| is_home(&whole_text(screen)), PATIENCE);
}

fn whole_text(screen: &vt100::Screen) -> String {
    let columns = screen.size().1.get();
    screen.rows(0, columns).map(|row| row.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

/// All inputs, with a way home now and then.
fn endure(pty: &mut Pty, origin: &str, mut random: Random, and_these: &str) {
    let characters: Vec<char> = CHARACTERS.chars().chain(and_these.chars()).collect();
    let (mut size, mut sent) = ((100, 30), String::new());
    for input in 1..=INPUTS {
        disturb(pty, &mut random, &characters, &mut size, &mut sent);
        // Else many would be taken before anything of them is drawn.
        std::thread::sleep(Duration::from_millis(3));
        if input % UNTIL_HOME == 0 {
            println!("sent:{sent}");
            sent.clear();
            come_home(pty, origin);
            size = (100, 30);
        }
    }
}

#[test]
fn a_recording_endures_a_thousand_inputs() {
    let recording = Path::new(env!("CARGO_MANIFEST_DIR")).join("screenshots/recordings/build.ptop");
    let directory = tempfile::tempdir().expect("a directory");
    let mut open = command([Path::new("open"), &recording]);
    // Where pictures go.
    open.current_dir(directory.path());
    let mut pty = Pty::start(&open, 100, 30);
    pty.wait_for_text("make -k -j2", PATIENCE);
    endure(&mut pty, "RECORDING build.ptop", Random::seeded(), "mmm");
    assert_eq!(pty.quit(), Some(0));
}

#[test]
fn a_live_screen_endures_a_thousand_inputs() {
    if !bpf_or_skip() {
        return;
    }
    let directory = tempfile::tempdir().expect("a directory");
    let script = "while sleep 0.02; do sh -c '/bin/true; exit 3'; echo \"a line\"; done";
    let mut live = command(watching(&[], script));
    live.current_dir(directory.path());
    let mut pty = Pty::start(&live, 100, 30);
    pty.wait_for_row("the first end", |row| row.state == "exit 3");
    endure(&mut pty, " running  live ", Random::seeded(), "oii");
    assert_eq!(pty.quit_and_terminate(), Some(128 + 15));
}
