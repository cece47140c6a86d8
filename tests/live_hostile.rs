//! Text that wants to do harm: told to programs byte by byte, and to people as something that does nothing.

mod support;

use std::fs;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use support::bpf_or_skip;
use support::events::Row;
use support::live::{Killed, Tracing, proctop_with, run, signal, wait, wait_until};
use support::programs::program;

const COMM: &[u8] = b"\x1b[2J\x1b]0;x\x07\n\x9b\xff\xe2\x80";

/// The bytes of a text: those beside it where it is not UTF-8.
fn bytes(text: &Value, encoded: Option<&Value>) -> Vec<u8> {
    let text = text.as_str().expect("a text");
    match encoded {
        Some(encoded) => {
            let bytes = STANDARD.decode(encoded.as_str().expect("base64")).expect("base64");
            assert_eq!(String::from_utf8_lossy(&bytes), text);
            bytes
        }
        None => text.as_bytes().to_vec(),
    }
}

fn text_bytes(row: &Row, name: &str) -> Vec<u8> {
    bytes(row.get(name).expect("a text"), row.get(&format!("{name}_b64")))
}

fn argv_bytes(row: &Row) -> Vec<u8> {
    let list = |name: &str| row.get(name).and_then(Value::as_array).expect("a list");
    let (texts, encoded) = (list("argv"), list("argv_b64"));
    assert_eq!(texts.len(), encoded.len());
    let arguments = texts.iter().zip(encoded).map(|(text, encoded)| bytes(text, Some(encoded)));
    arguments.flat_map(|argument| [argument, vec![0]].concat()).collect()
}

#[test]
fn json_tells_every_byte() {
    if !bpf_or_skip() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let tracing = Tracing::start(&[]);
    let mut hostile = Command::new(program("hostile"));
    hostile.args(["--ms", "1000000"]).env("TMPDIR", directory.path());
    let mut hostile = Killed(hostile.spawn().unwrap());
    let process = format!("/proc/{}", hostile.0.id());
    let truth = |name: &str| fs::read(format!("{process}/{name}")).expect("it lives");
    wait_until("its hostile name", || truth("comm").starts_with(COMM));
    let argv = truth("cmdline");
    let pid = hostile.0.id();
    signal(&hostile.0, nix::sys::signal::Signal::SIGTERM);
    wait(&mut hostile.0);
    // every line is JSON, or this panics
    let events = tracing.stop();

    let id = events.child_of_test(pid);
    let exec = events.of_process("exec", id).nth(1).expect("the hostile exec");
    assert_eq!(argv_bytes(exec), argv);
    let filename = format!("{}/\x1b[2J\n", directory.path().display()).into_bytes();
    let filename = [&filename[..], b"\xff\xe2\x80\xae\x1b]0;file\x07", pid.to_string().as_bytes()].concat();
    assert_eq!(text_bytes(exec, "filename"), filename);
    assert_eq!(text_bytes(exec, "comm"), b"\x1b[2J\n\xff\xe2\x80\xae\x1b]0;fi");
    let exit = events.one("exit", id);
    assert_eq!(text_bytes(exit, "comm"), COMM);
    assert_eq!(argv_bytes(exit), argv, "a death by signal repeats them");
}

#[test]
fn text_and_csv_hold_nothing_that_acts() {
    if !bpf_or_skip() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("recording");
    let mut record = proctop_with(["record", "-o"]);
    record.arg(&file).arg("--").arg(program("hostile")).args(["--ms", "1", "--code", "7"]);
    assert_eq!(run(record.env("TMPDIR", directory.path())).code(), Some(7));

    let text = run(proctop_with(["log", "--from"]).arg(&file));
    assert_eq!((text.code(), text.stderr.as_str()), (Some(0), ""));
    // header, fork, two execs, rename, exit: no line more
    assert_eq!(text.stdout_text().lines().count(), 6, "{}", text.stdout_text());
    assert!(text.stdout_text().contains("harmless"));
    assert_tame(text.stdout_text());

    let csv = run(proctop_with(["log", "--format", "csv", "--from"]).arg(&file));
    let mut reader = csv::Reader::from_reader(&csv.stdout[..]);
    let columns = reader.headers().unwrap().len();
    let rows: Vec<_> = reader.records().collect::<Result<_, _>>().expect("CSV");
    assert!(rows.len() >= 4 && rows.iter().all(|row| row.len() == columns), "{rows:?}");
}

/// No control character but the line's end, nothing that turns the direction of text or hides in it.
fn assert_tame(text: &str) {
    for c in text.chars().filter(|&c| c != '\n') {
        let turns = matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
        assert!(!c.is_control() && !turns, "{} in {text:?}", c.escape_unicode());
    }
}

#[test]
fn complaints_hold_nothing_that_acts() {
    if !bpf_or_skip() {
        return;
    }
    let hostile = "\x1b[2J\x1b]0;x\x07\nproctop: \u{202e}no\u{9b}31m";
    for arguments in [
        &["log", "--", hostile][..],
        &["log", "-c", hostile, "-f", hostile],
        &["log", "-o", hostile, hostile],
        &["log", "--from", hostile],
        &["record", "-o", "/nowhere/\x1b[2J\nx", "--", "true"],
        &[hostile],
    ] {
        let ran = run(&mut proctop_with(arguments));
        let code = ran.code().expect("an exit code");
        assert!(code == 2 || code == 127, "{ran:?}");
        assert_tame(ran.one_line(code));
    }
}

#[test]
fn survivors_are_named_tamely() {
    if !bpf_or_skip() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let ready = "until grep -q 2J /proc/$!/comm; do :; done; echo $!";
    let script = format!(r#""$0" --ms 1000000 >/dev/null 2>&1 & {ready}"#);
    let mut log = proctop_with(["log", "-o", "/dev/null", "--", "sh", "-c", &script]);
    let ran = run(log.arg(program("hostile")).env("TMPDIR", directory.path()));
    let pid: i32 = ran.stdout_text().trim().parse().expect("a pid");
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL).unwrap();
    let line = ran.one_line(0);
    assert!(line.contains("the command left running: ") && line.contains(&format!("({pid})")), "{line}");
    assert_tame(line);
}
