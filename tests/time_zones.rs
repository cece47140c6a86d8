//! Times of day are in the zone that `TZ` names.

mod support;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use support::screen::command;

/// Where the tests' own names of zones are.
const NAME: &str = "Area/City";

/// A zone that is always nine hours and a half ahead, in the format TZif of version 2 (RFC 9636): a block for old
/// readers, the same one again, and a rule for all time to come.
fn half_past_nine_ahead() -> Vec<u8> {
    let mut block = b"TZif2".to_vec();
    block.extend([0; 15]);
    // of indicators, leap seconds and transitions none; one type, whose name takes four bytes
    for count in [0_u32, 0, 0, 0, 1, 4] {
        block.extend(count.to_be_bytes());
    }
    block.extend((9 * 3600 + 1800_i32).to_be_bytes());
    block.extend([0, 0]);
    block.extend(b"XST\0");
    [block.repeat(2), b"\nXST-9:30\n".to_vec()].concat()
}

/// The times of day in a recording, in nanoseconds.
fn times(of: &mut Command) -> Vec<u64> {
    let out = of.stdin(Stdio::null()).output().expect("proctop runs");
    let told = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{told}");
    let text = String::from_utf8(out.stdout).expect("readable lines");
    let time = |line: &str| {
        let (clock, fraction) = line.split_whitespace().next()?.split_once('.')?;
        let seconds = clock.split(':').try_fold(0, |sum, part| Some(sum * 60 + part.parse::<u64>().ok()?))?;
        Some(seconds * 1_000_000_000 + format!("{fraction:0<9}").parse::<u64>().ok()?)
    };
    text.lines().skip(1).map(|line| time(line).unwrap_or_else(|| panic!("{line}"))).collect()
}

/// The log of a recording with this `TZ`, where the files of zones are in `directory`.
fn log(zone: &str, directory: &Path) -> Command {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("screenshots/recordings/build.ptop");
    let mut log = command(["log", "--from", file.to_str().expect("a readable path")]);
    log.env("TZ", zone).env("TZDIR", directory);
    log
}

#[test]
fn the_zone_may_be_a_name_a_file_or_a_rule() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join(NAME);
    fs::create_dir_all(file.parent().expect("a directory")).expect("ours");
    fs::write(&file, half_past_nine_ahead()).expect("ours");
    let of = |zone: &str| times(&mut log(zone, directory.path()));
    let day = 86_400 * 1_000_000_000;
    let ahead = (9 * 3600 + 1800) * 1_000_000_000;
    let wanted: Vec<_> = of("UTC0").into_iter().map(|time| (time + ahead) % day).collect();
    assert!(wanted.len() > 10, "{}", wanted.len());
    let path = file.to_str().expect("a readable path");
    for zone in [NAME, &format!(":{NAME}"), path, "XST-9:30"] {
        assert_eq!(of(zone), wanted, "TZ={zone}");
    }
}
