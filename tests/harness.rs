//! The tests' own tools are tested first: a driver or an oracle that errs would make every other test
//! worthless.

mod support;

use std::process::{Command, Output};
use std::time::Duration;

use nix::sys::signal::Signal;
use support::machine::write_script;
use support::programs::{named_numbers, numbers, program};
use support::pty::{Pty, key};
use support::reason_to_skip;

const LONG: Duration = Duration::from_secs(20);

fn sh(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    command
}

fn run(name: &str, arguments: &[&str]) -> Output {
    Command::new(program(name)).args(arguments).output().expect("a compiled program runs")
}

#[test]
fn live_tests_are_skipped_only_where_nobody_requires_them() {
    for able in [false, true] {
        for btf in [false, true] {
            assert_eq!(reason_to_skip(true, able, btf), None);
            assert_eq!(reason_to_skip(false, able, btf).is_none(), able && btf);
        }
    }
    assert!(reason_to_skip(false, false, true).is_some_and(|reason| reason.contains("CAP_BPF")));
    assert!(reason_to_skip(false, true, false).is_some_and(|reason| reason.contains("BTF")));
}

#[test]
fn pty_shows_what_a_program_writes_and_types_what_it_reads() {
    let mut pty = Pty::start(&Command::new("cat"), 40, 10);
    pty.send("hello\r");
    // once by the terminal's echo, once by cat
    pty.wait_for(|screen| screen.contents().matches("hello").count() == 2, LONG);
    pty.send("\x04");
    assert!(pty.wait_exit(LONG).success());
    assert_eq!(pty.screen_text().trim_end(), "hello\nhello");
    pty.assert_restored();
}

#[test]
fn pty_is_the_controlling_terminal_of_the_given_size() {
    let script = "stty size; tty; echo $TERM; echo pid=$$; (: </dev/tty) && echo controlling";
    let mut pty = Pty::start(&sh(script), 100, 30);
    let pid = format!("pid={}", pty.pid());
    assert!(pty.wait_exit(LONG).success());
    let text = pty.screen_text();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "30 100");
    assert!(lines[1].starts_with("/dev/pts/"), "{text}");
    assert_eq!(lines[2..5], ["xterm-256color", &pid, "controlling"]);
}

#[test]
fn pty_keeps_the_commands_directory_and_variables() {
    let mut command = sh("pwd; echo $GREETING:$TERM");
    command.current_dir("/usr").env("GREETING", "hi").env("TERM", "dumb");
    let mut pty = Pty::start(&command, 80, 24);
    pty.wait_exit(LONG);
    assert_eq!(pty.screen_text().trim_end(), "/usr\nhi:dumb");
}

#[test]
fn pty_resizes_and_tells_the_program() {
    let script = "trap 'stty size' WINCH; echo ready; while :; do sleep 0.05; done";
    let pty = Pty::start(&sh(script), 80, 24);
    pty.wait_for_text("ready", LONG);
    pty.resize(120, 5);
    pty.wait_for_text("5 120", LONG);
    assert_eq!(pty.with_screen(|screen| (screen.size().0.get(), screen.size().1.get())), (5, 120));
}

#[test]
fn pty_passes_signals_keys_and_exit_codes() {
    use std::os::unix::process::ExitStatusExt;

    let mut pty = Pty::start(
        &sh("trap 'echo got TERM; exit 7' TERM; echo ready; while :; do sleep 0.05; done"),
        80,
        24,
    );
    pty.wait_for_text("ready", LONG);
    pty.signal(Signal::SIGTERM);
    assert_eq!(pty.wait_exit(LONG).code(), Some(7));
    assert!(pty.screen_text().contains("got TERM"));

    let mut pty = Pty::start(&sh("echo ready; exec sleep 100"), 80, 24);
    pty.wait_for_text("ready", LONG);
    pty.send(key::CTRL_C);
    assert_eq!(pty.wait_exit(LONG).signal(), Some(Signal::SIGINT as i32));
}

#[test]
fn pty_passes_signals_even_where_the_tests_themselves_ignore_them() {
    let out = sh(r#"trap '' HUP INT QUIT TERM; exec "$0" --exact pty_passes_signals_keys_and_exit_codes"#)
        .arg(std::env::current_exe().unwrap())
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stdout));
    assert!(String::from_utf8_lossy(&out.stdout).contains("1 passed"));
}

#[test]
fn pty_keeps_the_raw_bytes_and_notices_an_unrestored_terminal() {
    let mut left = Pty::start(&sh(r"printf '\033[?1049h\033[?25lup\033[?25h\033[?1049l'"), 80, 24);
    left.wait_exit(LONG);
    assert_eq!(left.raw(), b"\x1b[?1049h\x1b[?25lup\x1b[?25h\x1b[?1049l");
    left.assert_restored();

    for (spoil, complaint) in [
        (r"printf '\033[?1049h'", "alternate screen"),
        (r"printf '\033[?25l'", "cursor"),
        (r"printf '\033[?1000h'", "mouse"),
        (r"printf '\033[?2004h'", "pastes"),
        ("stty raw -echo", "line discipline"),
    ] {
        let mut pty = Pty::start(&sh(spoil), 80, 24);
        assert!(pty.wait_exit(LONG).success());
        assert_panics(complaint, || pty.assert_restored());
    }
}

#[test]
fn pty_tells_what_was_on_the_screen_when_waiting_is_in_vain() {
    let pty = Pty::start(&sh("echo something else; exec sleep 100"), 80, 24);
    pty.wait_for_text("something", LONG);
    assert_panics("the time is over; the screen:\n", || pty.wait_for(|_| false, Duration::from_millis(50)));
    assert_panics("something else", || pty.wait_for_text("this", Duration::from_millis(50)));

    let ended = Pty::start(&sh("echo short"), 80, 24);
    assert_panics("the program ended first", || ended.wait_for_text("never", LONG));

    let mut hanging = Pty::start(&sh("echo hanging; exec sleep 100"), 80, 24);
    hanging.wait_for_text("hanging", LONG);
    assert_panics("still runs; the screen:\n", || {
        hanging.wait_exit(Duration::from_millis(50));
    });
}

#[test]
fn pty_kills_the_program_when_dropped() {
    let pty = Pty::start(&sh("echo ready; exec sleep 100"), 80, 24);
    pty.wait_for_text("ready", LONG);
    let process = format!("/proc/{}", pty.pid());
    assert!(std::fs::exists(&process).unwrap());
    drop(pty);
    assert!(!std::fs::exists(&process).unwrap());
}

#[test]
fn storm_lists_every_child_with_its_code() {
    let directory = tempfile::tempdir().unwrap();
    let list = directory.path().join("list");
    for mode in ["vfork", "fork", "spawn"] {
        let out = run("storm", &["300", "--mode", mode, "--codes", "--list", list.to_str().unwrap()]);
        assert!(out.status.success(), "{out:?}");
        let elapsed: u64 = String::from_utf8(out.stdout).unwrap().trim().parse().unwrap();
        assert!(elapsed > 300, "300 children in {elapsed} ns");
        let rows = numbers::<2>(&list);
        assert_eq!(rows.len(), 300);
        for (i, [pid, code]) in (0..).zip(rows) {
            assert!(pid > 1);
            assert_eq!(code, (i * 7 + 3) & 0xff, "child {i} in mode {mode}");
        }
    }
    assert!(run("storm", &["3", "--list", list.to_str().unwrap()]).status.success());
    assert!(numbers::<2>(&list).iter().all(|&[_, code]| code == 0), "without --codes all are 0");
}

#[test]
fn storm_spawns_a_given_program() {
    let directory = tempfile::tempdir().unwrap();
    let list = directory.path().join("list");
    let arguments = ["2", "--mode", "spawn", "--program", "/bin/false", "--list", list.to_str().unwrap()];
    assert!(run("storm", &arguments).status.success());
    let codes: Vec<u32> = numbers::<2>(&list).iter().map(|&[_, code]| code).collect();
    assert_eq!(codes, [1, 1]);
}

#[test]
fn restless_lists_every_child_by_index() {
    let directory = tempfile::tempdir().unwrap();
    let list = directory.path().join("list");
    let out = run("restless", &["250", "--jobs", "20", "--list", list.to_str().unwrap()]);
    assert!(out.status.success(), "{out:?}");
    let rows = numbers::<3>(&list);
    assert_eq!(rows.len(), 250);
    for (i, [index, pid, code]) in (0..).zip(rows) {
        assert!(pid > 1);
        assert_eq!((index, code), (i, i % 200));
    }
}

#[test]
fn threads_tells_what_wait4_said_of_every_order_of_endings() {
    for burner in ["leader", "helpers"] {
        for last in ["leader", "helper"] {
            let out = run("threads", &["--burner", burner, "--last", last, "--burn", "40", "--code", "9"]);
            assert!(out.status.success(), "{out:?}");
            let text = String::from_utf8(out.stdout).unwrap();
            let truth = named_numbers(&text);
            assert_eq!(truth["status"], 9 << 8, "{burner} {last}");
            assert!((40_000_000..2_000_000_000).contains(&truth["cpu_ns"]), "{burner} {last}: {text}");
            assert_eq!(truth["cpu_ns"], truth["user_ns"] + truth["system_ns"]);
            assert!(truth["max_rss_bytes"] >= 100_000 && truth["pid"] > 1, "{text}");
        }
    }
}

#[test]
fn hostile_shows_its_text_to_the_kernel_and_cleans_up() {
    let directory = tempfile::tempdir().unwrap();
    let mut child = Command::new(program("hostile"))
        .args(["--ms", "60000", "--code", "7"])
        .env("TMPDIR", directory.path())
        .spawn()
        .unwrap();
    let process = std::path::PathBuf::from(format!("/proc/{}", child.id()));
    let comm = wait_for_comm(&process, b"\x1b[2J\x1b]0;x\x07\n\x9b\xff\xe2\x80\n");
    let arguments = std::fs::read(process.join("cmdline")).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    comm.unwrap();
    assert_eq!(arguments.split(|&byte| byte == 0).count(), 12, "eleven arguments, each ended by NUL");
    for hostile in [
        &b"\x1b[2J"[..],
        b"\x1b]0;owned",
        b"one\nnew",
        b"\xe2\x80\xae",
        b"\xff\xfe",
        b"\x9b2J",
        b"\0\0harmless\0",
    ] {
        assert!(arguments.windows(hostile.len()).any(|part| part == hostile), "{}", hostile.escape_ascii());
    }
    assert_eq!(directory.path().read_dir().unwrap().count(), 0, "the link is removed");

    assert_eq!(run("hostile", &["--ms", "1", "--code", "7"]).status.code(), Some(7));
}

fn wait_for_comm(process: &std::path::Path, wanted: &[u8]) -> Result<(), String> {
    let deadline = std::time::Instant::now() + LONG;
    loop {
        let comm = std::fs::read(process.join("comm")).unwrap_or_default();
        if comm == wanted {
            return Ok(());
        }
        if std::time::Instant::now() > deadline {
            return Err(format!("the comm is {}", comm.escape_ascii()));
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn bigargs_hands_over_what_it_says() {
    // a shell that counts what it gets: argv[0] is "true", so it can't be told apart by its name
    let directory = tempfile::tempdir().unwrap();
    let counter = directory.path().join("counter");
    let script = "#!/bin/sh\nlast=\nfor last; do :; done\nprintf '%s %s %s' $# ${#1} \"$last\"\n";
    write_script(&counter, script);
    let counted = |mode| {
        let out = run("bigargs", &[mode, "--program", counter.to_str().unwrap()]);
        assert!(out.status.success(), "{out:?}");
        String::from_utf8(out.stdout).unwrap()
    };
    assert_eq!(counted("many"), "3840 31 argument 003840 of many, padded");
    let single = counted("single");
    assert!(single.starts_with("1 102399 0123456789"), "{}", single.get(..40).unwrap_or(&single));
    assert_eq!(counted("empty"), "0 0 ");
    assert_eq!(run("bigargs", &["many", "--program", "/nowhere"]).status.code(), Some(1));
}

#[test]
fn programs_explain_themselves() {
    for name in [
        "storm", "restless", "threads", "hostile", "bigargs", "execs", "deaths", "changes", "lazy", "thicket",
    ] {
        let out = run(name, &["--help"]);
        assert!(out.status.success());
        assert!(String::from_utf8(out.stdout).unwrap().starts_with(&format!("usage: {name} ")));
        let out = run(name, &["--nonsense"]);
        assert_eq!(out.status.code(), Some(2), "{name}");
        assert!(String::from_utf8(out.stderr).unwrap().starts_with("usage: "));
    }
}

/// Runs something that must panic, and looks for this in its message.
fn assert_panics(complaint: &str, body: impl FnOnce()) {
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(body)).expect_err(complaint);
    let message = panic.downcast_ref::<String>().cloned().unwrap_or_default();
    let message = if message.is_empty() {
        panic.downcast_ref::<&str>().copied().unwrap_or_default().to_owned()
    } else {
        message
    };
    assert!(message.contains(complaint), "the message has no {complaint:?}: {message}");
}
