//! Very many processes through a running screen: its memory stays flat once the history is full, nobody is shown as running who does
//! not run, and the account is exact.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use support::kernel::Counters;
use support::live::{Killed, eventually, field, wait_until};
use support::process::state;
use support::programs::program;
use support::pty::Pty;
use support::screen::{PATIENCE, header_number};
use support::{root_or_skip, tell_skipped};

/// What the memory may differ by between the first half and the second: at least so many bytes, or this part of it.
const FLAT: (u64, u64) = (256 << 10, 50);
/// What it may be beyond that for a moment, in bytes: on a busy machine events wait to be drawn.
const WAITING: u64 = 8 << 20;
/// The states of those that have not ended.
const RUNNING: [&str; 2] = ["run", "zombie"];
/// How long one process takes at most, tracing, drawing and a busy machine included.
const EACH: Duration = Duration::from_millis(10);

#[test]
fn thirty_thousand_processes_leave_no_trace() {
    if root_or_skip() {
        soak(30_000, 2000);
    }
}

/// `make soak` runs it, in a release build.
#[test]
#[ignore = "it takes minutes: make soak"]
fn as_many_processes_as_are_asked_for_leave_no_trace() {
    if !root_or_skip() {
        return;
    }
    match std::env::var("SOAK_PROCESSES").map(|count| count.parse()) {
        // what is not longer than ten histories tells little
        Ok(Ok(count)) => soak(count, (count / 10).min(20_000)),
        _ => tell_skipped("SOAK_PROCESSES says how many"),
    }
}

/// What was seen of the memory while it ran.
#[derive(Clone, Copy, Debug)]
struct Sample {
    /// Processes ever, as the screen tells.
    seen: u64,
    /// Anonymous memory in bytes: the ring, which is mapped twice, is not among it.
    bytes: u64,
}

fn soak(count: u64, history: u64) {
    let mut pty = Pty::proctop(&["--history", &history.to_string()], 200, 50);
    pty.wait_for_text("lost ", PATIENCE);
    let counters = Counters::of(pty.pid());
    let unforked = wait_for_balance(&pty, &counters, None);

    let mut storm = Command::new(program("storm"));
    storm.args([&count.to_string(), "--mode", "mix", "--codes"]).stdout(Stdio::null());
    let mut storm = Killed(storm.spawn().expect("storm runs"));
    let samples = watch(&pty, &mut storm.0, count);

    assert_flat(&samples, history);
    assert_counted(&mut pty, storm.0.id(), count);
    assert_nobody_is_stale(&mut pty);
    wait_for_balance(&pty, &counters, Some(unforked));
    assert_eq!(pty.quit(), Some(0));
}

fn number(pty: &Pty, word: &str) -> u64 {
    pty.wait_for_some(word, |screen| header_number(screen, word), PATIENCE)
}

/// Takes samples until the storm is over and the screen has told of all of it.
fn watch(pty: &Pty, storm: &mut Child, count: u64) -> Vec<Sample> {
    let deadline = Instant::now() + EACH * u32::try_from(count).expect("a count that makes sense");
    let before = number(pty, "seen");
    let mut samples = Vec::new();
    let mut told = Instant::now();
    loop {
        let ended = storm.try_wait().expect("our own child");
        let sample = Sample { seen: number(pty, "seen"), bytes: anonymous(pty.pid()) };
        samples.push(sample);
        if let Some(status) = ended.filter(|_| sample.seen >= before + count) {
            assert!(status.success(), "the storm: {status}");
            return samples;
        }
        assert!(Instant::now() < deadline, "{sample:?} of {count}, the storm: {ended:?}");
        if told.elapsed() > Duration::from_secs(10) {
            told = Instant::now();
            let _ = writeln!(std::io::stderr(), "soak: {sample:?}, lost {}", number(pty, "lost"));
        }
        thread::sleep(Duration::from_millis(50));
    }
}

fn anonymous(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("proctop lives");
    let kilobytes = field(&status, "RssAnon").trim_end_matches(" kB").parse::<u64>().expect("a number");
    kilobytes << 10
}

/// Once the history is full, and the log, which holds four lines for each of it, the second half of what follows takes no more memory
/// than the first.
fn assert_flat(samples: &[Sample], history: u64) {
    let [first, .., last] = samples else { panic!("too few: {samples:?}") };
    let full = first.seen + 3 * history;
    let middle = full.midpoint(last.seen);
    let (before, after): (Vec<Sample>, Vec<Sample>) =
        samples.iter().copied().filter(|sample| sample.seen >= full).partition(|sample| sample.seen < middle);
    assert!(before.len() >= 5 && after.len() >= 5, "too few: {before:?} {after:?}");
    let [before, after] = [before, after].map(|half| {
        let mut bytes: Vec<_> = half.into_iter().map(|sample| sample.bytes).collect();
        bytes.sort_unstable();
        (bytes[bytes.len() / 2], bytes[bytes.len() - 1])
    });
    let _ = writeln!(
        std::io::stderr(),
        "soak: {} processes; anonymous memory, median and most: {before:?}, then {after:?} bytes",
        last.seen
    );
    let flat = before.0 + FLAT.0.max(before.0 / FLAT.1);
    assert!(after.0 <= flat && after.1 <= before.1.max(flat) + WAITING, "{before:?} and then {after:?}");
}

/// Every one of the storm's children was seen, those included that are no longer kept, and nothing was lost.
fn assert_counted(pty: &mut Pty, storm: u32, count: u64) {
    pty.send(format!("/pid={storm}\r"));
    let row = pty.wait_for_row("the storm's end", |row| row.pid == storm && row.state != "run");
    assert_eq!((row.state.as_str(), row.kids.replace(',', "")), ("exit 0", count.to_string()));
    assert_eq!(number(pty, "lost"), 0, "{}", pty.screen_text());
    pty.escape(|screen| !screen.contents().contains(" match"));
}

/// Who is shown as running is there, and who is there is shown.
fn assert_nobody_is_stale(pty: &mut Pty) {
    // the exited hidden, kernel threads shown, and room for everybody
    pty.send("xK");
    pty.resize(200, 1000);
    let mut differ = String::new();
    let same = eventually(|| {
        let there = living();
        let shown: Vec<_> =
            pty.rows().into_iter().filter(|row| RUNNING.contains(&row.state.as_str())).collect();
        let pids: BTreeSet<_> = shown.iter().map(|row| row.pid).collect();
        let live = number(pty, "live");
        differ = format!(
            "{} rows and {live} live; shown and not there: {:?}; there and not shown: {:?}",
            shown.len(),
            pids.difference(&there).collect::<Vec<_>>(),
            there.difference(&pids).collect::<Vec<_>>()
        );
        // some sandboxes keep their init to themselves
        let others =
            |pids: &BTreeSet<u32>| pids.iter().copied().filter(|&pid| pid != 1).collect::<BTreeSet<_>>();
        pids.len() == shown.len() && pids.len() as u64 == live && others(&there) == others(&pids)
    });
    assert!(same, "{differ}");
    pty.resize(200, 50);
    pty.wait_for_text("q Quit", PATIENCE);
}

/// All processes of the machine that have not ended.
fn living() -> BTreeSet<u32> {
    let entries = fs::read_dir("/proc").expect("/proc is mounted");
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    pids.filter(|&pid| state(pid).is_some_and(|state| state != 'Z' && state != 'X')).collect()
}

/// Waits until what the screen tells is what the kernel side counted: those seen, without the forks that were handed over, are those
/// that were there before and do not become more. Returns their number; it is to be `expected`.
fn wait_for_balance(pty: &Pty, counters: &Counters, expected: Option<u64>) -> u64 {
    let mut unforked = 0;
    wait_until("a balanced account", || {
        let before = counters.read();
        let (seen, lost) = (number(pty, "seen"), number(pty, "lost"));
        let [(attempted, dropped), ..] = before;
        unforked = seen.wrapping_sub(attempted - dropped);
        // what is under way is not on the screen yet
        thread::sleep(Duration::from_millis(100));
        let is_quiet = before == counters.read() && seen == number(pty, "seen");
        let total: u64 = before.iter().map(|(_, dropped)| dropped).sum();
        is_quiet && lost == total && expected.is_none_or(|expected| unforked == expected)
    });
    unforked
}
