//! Very many processes through a running screen: its memory stays flat once the history is full, nobody is shown as running who does
//! not run, and the account is exact.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::ops::RangeInclusive;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use support::kernel::Counters;
use support::live::{Killed, eventually, field, wait};
use support::process::{children, state};
use support::programs::program;
use support::pty::Pty;
use support::screen::{PATIENCE, header_number, pane};
use support::{root_or_skip, tell_skipped};
use vt100::Screen;

/// What the memory may differ by between the first half and the second: at least so many bytes, or this part of it.
const FLAT: (u64, u64) = (512 << 10, 50);
/// What it may be beyond that for a moment, in bytes: on a busy machine events wait to be drawn.
const WAITING: u64 = 8 << 20;
/// The states of those that have not ended.
const RUNNING: [&str; 2] = ["run", "zombie"];
/// How long one process takes at most, tracing, drawing and a busy machine included.
const EACH: Duration = Duration::from_millis(10);

/// Only the storm is watched, so that it does not matter what else the machine does.
#[test]
fn thirty_thousand_processes_leave_no_trace() {
    if root_or_skip() {
        soak(30_000, 2000, Watched::Storm);
    }
}

/// `make soak` runs it, in a release build. Nothing else should run then.
#[test]
#[ignore = "it takes minutes: make soak"]
fn as_many_processes_as_are_asked_for_leave_no_trace() {
    if !root_or_skip() {
        return;
    }
    match std::env::var("SOAK_PROCESSES").map(|count| count.parse()) {
        // what is not longer than ten histories tells little
        Ok(Ok(count)) => soak(count, (count / 10).min(20_000), Watched::Machine),
        _ => tell_skipped("SOAK_PROCESSES says how many"),
    }
}

/// What is on the screen.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Watched {
    Machine,
    Storm,
}

/// What was seen of the memory while it ran.
#[derive(Clone, Copy, Debug)]
struct Sample {
    /// Processes ever, as the screen tells.
    seen: u64,
    /// Anonymous memory in bytes: the ring, which is mapped twice, is not among it.
    bytes: u64,
}

fn soak(count: u64, history: u64, watched: Watched) {
    // goes on when a line comes, and then waits for its end
    let script = r#"read go; "$0" "$1" --mode mix --codes >/dev/null || exit 1; read end; exit 0"#;
    let mut shell = Command::new("sh");
    shell.args(["-c", script]).arg(program("storm")).arg(count.to_string()).stdin(Stdio::piped());
    let mut shell = Killed(shell.spawn().expect("sh runs"));
    let (pid, history) = (shell.0.id(), history.to_string());
    let (pid_text, mut arguments) = (pid.to_string(), vec!["--history", &history]);
    if watched == Watched::Storm {
        arguments.extend(["-p", &pid_text]);
    }
    let mut pty = Pty::proctop(&arguments, 200, 50);
    pty.wait_for_text("lost 0 ", PATIENCE);
    let counters = Counters::of(pty.pid());
    let before = (watched == Watched::Machine).then(|| unforked(&pty, &counters));

    let input = shell.0.stdin.as_mut().expect("a pipe");
    input.write_all(b"go\n").expect("the shell reads");
    let samples = watch(&pty, pid, count);
    assert_flat(&samples, history.parse().expect("a number"));
    assert_counted(&mut pty, pid, count);
    match before {
        None => assert_eq!(number(&pty, "seen"), count + 2, "the shell, the storm, its children"),
        Some(before) => {
            let after = unforked(&pty, &counters);
            let meet = before.start() <= after.end() && after.start() <= before.end();
            assert!(meet, "those whose fork was not handed over: {before:?}, then {after:?}");
        }
    }
    assert_nobody_is_stale(&mut pty, (watched == Watched::Storm).then_some(pid));
    assert_eq!(pty.quit(), Some(0));
    drop(shell.0.stdin.take());
    assert!(wait(&mut shell.0).success(), "each child has ended as it should");
}

fn number(pty: &Pty, word: &str) -> u64 {
    pty.wait_for_some(word, |screen| header_number(screen, word), PATIENCE)
}

/// Takes samples until the storm is over and the screen has told of all of it.
fn watch(pty: &Pty, shell: u32, count: u64) -> Vec<Sample> {
    let deadline = Instant::now() + EACH * u32::try_from(count).expect("a count that makes sense");
    let before = number(pty, "seen");
    let mut samples = Vec::new();
    let mut told = Instant::now();
    loop {
        let sample = Sample { seen: number(pty, "seen"), bytes: anonymous(pty.pid()) };
        samples.push(sample);
        // the storm and its children
        if sample.seen > before + count && children(shell).is_empty() {
            return samples;
        }
        assert!(Instant::now() < deadline, "{sample:?} of {count}, lost {}", number(pty, "lost"));
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
/// than the first took at its most: what waited then, on a busy machine, the allocator keeps for the next time.
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
    // A backlog of the second half alone is kept, too; a leak of more than so much for each process is seen in spite of that.
    let kept = WAITING.min((last.seen - middle) * 8);
    let slack = FLAT.0.max(before.0 / FLAT.1) + kept;
    assert!(
        after.0 <= before.1 + slack && after.1 <= before.1 + slack + WAITING,
        "{before:?} and then {after:?}"
    );
}

/// Every one of the storm's children was seen, those included that are no longer kept, and nothing was lost.
fn assert_counted(pty: &mut Pty, shell: u32, count: u64) {
    pty.send(format!("/ppid={shell}\r"));
    pty.wait_for_row("the storm's end", |row| row.command.starts_with("storm ") && row.state == "exit 0");
    // its row has no room for a great number
    pty.send("G\r");
    let told = |screen: &Screen| {
        let lines = pane(screen, "Details")?;
        let words = |line: &String| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let line = lines.iter().map(words).find(|words| words.iter().any(|word| word == "children"))?;
        let number = line.iter().skip_while(|word| *word != "children").nth(1)?.replace([',', ';'], "");
        (number == count.to_string()).then_some(())
    };
    pty.wait_for_some(&format!("{count} children"), told, PATIENCE);
    pty.escape(|screen| pane(screen, "Details").is_none());
    assert_eq!(number(pty, "lost"), 0, "{}", pty.screen_text());
    pty.escape(|screen| !screen.contents().contains(" match"));
}

/// Who is shown as running is there, and who is there is shown, of the whole machine or of one family.
fn assert_nobody_is_stale(pty: &mut Pty, family: Option<u32>) {
    // the exited hidden, kernel threads shown, and room for everybody
    pty.send("xK");
    pty.resize(200, 1000);
    let mut differ = String::new();
    let same = eventually(|| {
        let there = family.map_or_else(living, |pid| children(pid).into_iter().chain([pid]).collect());
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

/// How many were seen without that a fork of theirs was handed over: those that were there before. It lies between two numbers, since
/// screen and kernel can't be asked at once: the screen is late. Where nobody is started for a moment, these are the same.
fn unforked(pty: &Pty, counters: &Counters) -> RangeInclusive<u64> {
    let forked = || {
        let (attempted, dropped) = counters.read()[0];
        attempted - dropped
    };
    let (mut least, mut most) = (0, u64::MAX);
    for _ in 0..20 {
        let (before, seen) = (forked(), number(pty, "seen"));
        least = least.max(seen.saturating_sub(forked()));
        thread::sleep(Duration::from_millis(200));
        most = most.min(number(pty, "seen") - before);
        if least == most {
            break;
        }
    }
    least..=most
}
