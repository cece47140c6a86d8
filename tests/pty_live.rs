//! The whole machine on the screen: what ran before, storms, hostile text.

mod support;

use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use support::bpf_or_skip;
use support::live::Killed;
use support::process::wait_gone;
use support::programs::program;
use support::pty::Pty;
use support::screen::{PATIENCE, header_number, pane, rows};

/// A storm has to pass within this time.
const STORM: Duration = Duration::from_secs(120);

fn sleeping(seconds: &str) -> Killed {
    Killed(Command::new("sleep").arg(seconds).spawn().expect("sleep runs"))
}

/// The whole machine, with a filter if there is one.
fn machine(filter: &str, columns: u16, rows: u16) -> Pty {
    let pty = match filter {
        "" => Pty::proctop(&[], columns, rows),
        filter => Pty::proctop(&["-f", filter], columns, rows),
    };
    pty.wait_for_text("lost ", PATIENCE);
    pty
}

#[test]
fn the_first_frame_shows_what_ran_before() {
    if !bpf_or_skip() {
        return;
    }
    let child = sleeping("1001");
    let begun = Instant::now();
    // wide, so that the guides of any depth of nesting are whole
    let mut pty = Pty::proctop(&[], 200, 50);
    pty.wait_for(|screen| !rows(screen).is_empty(), PATIENCE);
    let took = begun.elapsed();
    let _ =
        writeln!(std::io::stderr(), "first useful frame after {took:?} (debug build, other tests beside)");
    assert!(took < Duration::from_secs(3), "{took:?}");
    let (seen, live) =
        pty.with_screen(|screen| (header_number(screen, "seen"), header_number(screen, "live")));
    assert!(seen >= live && live > Some(10), "the snapshot is in the first frame: {seen:?} {live:?}");

    let own = std::process::id();
    pty.send(format!("/pid={own} or pid={}\r", child.0.id()));
    let rows = pty.wait_for_rows("this test and its child", |rows| {
        rows.last().is_some_and(|row| row.command == "sleep 1001") && rows[0].dim
    });
    let at = rows.iter().position(|row| row.pid == own).expect("this test");
    assert_eq!((rows[at].state.as_str(), rows[at].dim), ("run", false));
    assert_eq!((rows[at + 1].pid, rows[at + 1].state.as_str()), (child.0.id(), "run"), "beneath its parent");
    assert!(rows[..at].iter().all(|row| row.dim), "ancestors only: {rows:#?}");
    assert_eq!(pty.quit(), Some(0));
}

#[test]
fn a_child_of_another_program_is_killed_before_the_users_eyes() {
    if !bpf_or_skip() {
        return;
    }
    let mut child = sleeping("1002");
    let pid = child.0.id();
    let mut pty = machine(&format!("pid={pid}"), 80, 24);
    pty.wait_for_row("the child", |row| row.pid == pid && row.state == "run");
    child.0.kill().unwrap();
    // nobody has collected it yet
    pty.wait_for_row("its end", |row| row.pid == pid && row.state == "SIGKILL");
    pty.wait_in_pane("Events", "SIGKILL");
    let status = child.0.wait().unwrap();
    assert_eq!(status.signal(), Some(9));
    assert_eq!(pty.quit(), Some(0));
}

#[test]
fn a_subtree_is_all_that_is_shown_of_the_machine() {
    if !bpf_or_skip() {
        return;
    }
    let (wanted, _other) = (sleeping("1003"), sleeping("1004"));
    let mut pty = Pty::proctop(&["-p", &wanted.0.id().to_string()], 80, 24);
    let rows = pty.wait_for_rows("the process", |rows| !rows.is_empty());
    assert_eq!(rows.len(), 1, "{rows:#?}");
    assert_eq!((rows[0].pid, rows[0].command.as_str()), (wanted.0.id(), "sleep 1003"));
    assert_eq!(pty.quit(), Some(0));

    let mut pty = Pty::proctop(&["-p", "4194303"], 80, 24);
    assert_eq!(pty.ends(), Some(2));
    pty.wait_for_text("there is no process 4194303 to watch", PATIENCE);
}

#[test]
fn a_storm_is_counted_whole_and_the_keys_answer_in_it() {
    if !bpf_or_skip() {
        return;
    }
    let storm = program("storm");
    let arguments = ["--history", "30000", "--", storm.to_str().unwrap(), "20000", "--codes"];
    let mut pty = Pty::proctop(&arguments, 100, 30);
    pty.wait_for(|screen| header_number(screen, "seen") > Some(100), PATIENCE);
    // while it goes on
    for _ in 0..5 {
        pty.send("?");
        pty.pane("Help");
        pty.escape(|screen| pane(screen, "Help").is_none());
        pty.send("\t\t");
    }
    pty.wait_for(|screen| header_number(screen, "live") == Some(0), STORM);
    let totals = pty.with_screen(|screen| (header_number(screen, "seen"), header_number(screen, "lost")));
    assert_eq!(totals, (Some(20_001), Some(0)), "{}", pty.screen_text());
    pty.send("g");
    let row = pty.wait_for_row("the storm", |row| row.kids == "20,000");
    assert_eq!(row.state, "exit 0");
    // codes are (i * 7 + 3) & 0xff: each of the 256 is there 78 times, and the first 32 once more
    let first_32 = (0..32).filter(|i| (i * 7 + 3) & 0xff == 3).count() as u64;
    pty.send("/exit=3\r");
    pty.wait_in_pane("Processes", &format!("{} of 20,001 match", 78 + first_32));
    pty.escape(|screen| pane(screen, "Processes").is_some_and(|lines| !lines[0].contains("match")));
    assert_eq!(pty.quit(), Some(0));
}

#[test]
fn hostile_text_is_shown_and_does_nothing() {
    if !bpf_or_skip() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let mut hostile = Killed(
        Command::new(program("hostile"))
            .args(["--ms", "600000"])
            .env("TMPDIR", directory.path())
            .spawn()
            .expect("hostile runs"),
    );
    let pid = hostile.0.id();
    let mut pty = machine(&format!("pid={pid}"), 200, 60);
    let row = pty.wait_for_row("its row", |row| row.pid == pid && row.command.starts_with("$'hostile"));
    assert!(row.command.contains(r"\e[2J") || row.command.contains(r"\x1b[2J"), "{row:?}");
    pty.send("G\r");
    pty.wait_in_pane("Details", "harmless");
    let details = pty.pane("Details").join("\n");
    assert!(details.contains("hostile␛[2J␛[H"), "{details}");
    assert!(details.contains("]0;owned by an argument"), "{details}");
    // its end goes to the log with the name that it gave itself
    hostile.0.kill().unwrap();
    hostile.0.wait().unwrap();
    wait_gone(pid);
    pty.wait_for_row("its end", |row| row.pid == pid && row.state == "SIGKILL");
    pty.wait_in_pane("Events", "SIGKILL");
    assert_eq!(pty.quit(), Some(0));
    assert_harmless(&pty.raw());
    let colours = b"\x1b[31;41;5m";
    assert!(!pty.raw().windows(colours.len()).any(|bytes| bytes == colours), "its colours");
}

#[test]
fn hostile_output_of_the_command_does_nothing_either() {
    if !bpf_or_skip() {
        return;
    }
    let script = r"printf '\033]0;owned by an argument\007\033]52;c;b3duZWQ=\033\\a\033[31;41;5mb\033[?1049l\033[?25lc\033P1$r\033\\'; \
        printf '\302\233?1000h\033[?1000h\033[?2004l\033c\033[6nstill'; exit 3";
    let mut pty = Pty::watch(script);
    pty.wait_for_row("its end", |row| row.state == "exit 3");
    pty.send("o");
    pty.wait_in_pane("Output", "still");
    assert_eq!(pty.quit(), Some(3));
    assert_harmless(&pty.raw());
    pty.wait_for_text("still", PATIENCE);
}

/// Nothing that hostile texts ask for is among the bytes that proctop has written.
#[track_caller]
fn assert_harmless(raw: &[u8]) {
    let has = |bytes: &[u8]| raw.windows(bytes.len()).any(|window| window == bytes);
    for (bytes, what) in [
        (&b"\x1b]"[..], "OSC: titles, clipboards"),
        (b"\x1bP", "DCS"),
        (b"\x1bc", "a reset"),
        (b"\x1b[6n", "a question"),
        (b"\xc2\x9b", "C1 as UTF-8"),
        (b"\xe2\x80\xae", "bidirectional override"),
        (b"\xe2\x81\xa6", "bidirectional isolation"),
        (b"\x07", "the bell"),
    ] {
        assert!(!has(bytes), "{what}: {}", bytes.escape_ascii());
    }
    assert!(std::str::from_utf8(raw).is_ok(), "all of it is UTF-8");
    // the screen is taken once and cleared by nobody but us, at that moment
    let count = |bytes: &[u8]| raw.windows(bytes.len()).filter(|window| *window == bytes).count();
    assert_eq!((count(b"\x1b[?1049h"), count(b"\x1b[?1049l")), (1, 1));
    // so is the mouse
    assert_eq!((count(b"\x1b[?1000h"), count(b"\x1b[?1000l")), (1, 1));
    assert!(count(b"\x1b[2J") <= 1, "the screen was cleared {} times", count(b"\x1b[2J"));
}

/// A frame begins with a synchronised update (mode 2026).
fn frames(pty: &Pty) -> usize {
    pty.raw().windows(8).filter(|bytes| bytes == b"\x1b[?2026h").count()
}

#[test]
fn nothing_is_drawn_when_nothing_has_changed() {
    if !bpf_or_skip() {
        return;
    }
    let mut pty = machine("comm=sleep", 100, 30);
    pty.send("Z");
    pty.wait_for_text("PAUSED", PATIENCE);
    let before = frames(&pty);
    for _ in 0..20 {
        assert!(Command::new(program("storm")).arg("100").stdout(Stdio::null()).status().unwrap().success());
        std::thread::sleep(Duration::from_millis(20));
    }
    let drawn = frames(&pty) - before;
    assert!(drawn <= 1, "{drawn} frames of a picture that stands still");
    pty.send("Z");
    pty.wait_for(|screen| !screen.contents().contains("PAUSED"), PATIENCE);
    assert!(frames(&pty) > before, "frames are counted");
    pty.quit();
}

#[test]
fn memory_is_small_at_the_start() {
    if !bpf_or_skip() {
        return;
    }
    let mut pty = machine("comm=sleep", 100, 30);
    pty.wait_for_text("lost 0", PATIENCE);
    let status = std::fs::read_to_string(format!("/proc/{}/status", pty.pid())).unwrap();
    let anonymous = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).expect("a line");
    let kilobytes: u64 = anonymous.trim().trim_end_matches(" kB").parse().unwrap();
    assert!((100..40 << 10).contains(&kilobytes), "{kilobytes} kB");
    pty.quit();
}
