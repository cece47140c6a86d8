//! Storms on the live kernel: who makes them is named, whoever else is there; and no storm is seen in a build.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nix::sys::signal::Signal;
use support::bpf_or_skip;
use support::events::{Events, Row};
use support::live::{Killed, Tracing, log_command, proctop_with, run, wait, wait_until};
use support::machine::write_script;
use support::programs::program;

/// Below what the slowest of these makes on a machine that does much else, and above what everybody else does beneath
/// the same command.
const RATE: &str = "60";

/// Processes a second. Those who stand by at such a storm start 4 a second for each level.
const SWIFT: u64 = 150;
/// Seconds that such a storm is to last.
const LASTS: u64 = 4;
/// Runs of a storm that does not come about, since others want the CPUs.
const TRIES: usize = 5;

/// Whoever looks at the whole machine must not see what other tests do.
static ONE_STORM: Mutex<()> = Mutex::new(());

/// The storms, each with its two lines.
fn storms(events: &Events) -> Vec<(&Row, &Row)> {
    let lines: Vec<&Row> = events.of("storm").collect();
    let pairs = lines.chunks(2).map(|pair| match pair {
        [begin, end] => {
            assert_eq!((begin.text("state"), end.text("state")), ("begin", "end"));
            (*begin, *end)
        }
        _ => panic!("a storm that is not over: {lines:#?}"),
    });
    pairs.collect()
}

/// When processes were born, in nanoseconds since a moment.
fn births_since(events: &Events, since_ns: u64) -> impl Iterator<Item = u64> {
    events.of("fork").filter_map(move |row| row.get("start_ns")?.as_u64()?.checked_sub(since_ns))
}

/// How long processes came so fast that it is a storm, from the first quarter of a second of that to the last, since a
/// moment. In nanoseconds.
fn wild_ns(events: &Events, since_ns: u64) -> u64 {
    const QUARTER_NS: u64 = 250_000_000;
    let mut quarters = BTreeMap::<u64, u64>::new();
    for born_ns in births_since(events, since_ns) {
        *quarters.entry(born_ns / QUARTER_NS).or_default() += 1;
    }
    let mut wild = quarters.iter().filter(|(_, births)| **births >= SWIFT / 4).map(|(quarter, _)| *quarter);
    wild.next().map_or(0, |first| (wild.next_back().unwrap_or(first) - first + 1) * QUARTER_NS)
}

/// A storm of this kind at this depth: who made it and since when, and what was told of it. Whether it came about is the
/// machine's business: it is made again if it was hardly one.
fn storm(kind: &str, depth: u32) -> (u32, u64, Events) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let told = directory.path().join("told");
    // All are where they are to be before it begins, and older than it: a start of so many is a storm of its own.
    let made = format!("{depth} {kind} --after 3000 --for {}", LASTS * 1000);
    // Much of what comes after it is needed for the end to be told, more where events were lost: the command waits for it.
    let script = format!("{} {made} --tell {}; sleep 5", program("thicket").display(), told.display());
    for _ in 0..TRIES {
        let (ran, events) = log_command(&["--storm-rate", &SWIFT.to_string()], ["sh", "-c", &script]);
        assert_eq!(ran.code(), Some(0), "{ran:?}");
        let truth = fs::read_to_string(&told).expect("it told who it is");
        let (pid, began_ns) = truth.trim().split_once(' ').expect("a pid and a time");
        let (pid, began_ns) = (pid.parse().expect("a pid"), began_ns.parse().expect("a time"));
        if births_since(&events, began_ns).count() as u64 >= SWIFT * LASTS * 3 / 2 {
            return (pid, began_ns, events);
        }
    }
    panic!("{made}: no storm in {TRIES} runs");
}

/// Each kind of storm once, at a depth that differs from run to run.
#[test]
fn five_culprits_at_random_depth_are_named_within_two_seconds() {
    if !bpf_or_skip() {
        return;
    }
    let _alone = ONE_STORM.lock().unwrap_or_else(PoisonError::into_inner);
    let mut seed = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").subsec_nanos();
    for kind in ["fork", "vfork", "spawn", "pairs", "chain"] {
        seed = seed.wrapping_mul(1_103_515_245).wrapping_add(12_345);
        let depth = (seed >> 16) % 12;
        let (pid, began_ns, events) = storm(kind, depth);
        let what = format!("{kind} at depth {depth} by {pid} since {began_ns}");
        let storms = storms(&events);
        let [(begin, end)] = storms.as_slice() else { panic!("{what}: {storms:#?}") };
        for line in [begin, end] {
            assert_eq!((line.small("pid"), line.text("comm")), (pid, "thicket"), "{what}: {line:?}");
        }
        let found_ns = begin.number("began_ns") + begin.number("duration_ns");
        assert!(found_ns <= began_ns + 2_000_000_000, "{what}: found after {} ns", found_ns - began_ns);
        // Of its four seconds some may pass before it gets a CPU: bystanders and other tests want one, too.
        let (lasted_ns, wild_ns) = (end.number("duration_ns"), wild_ns(&events, began_ns));
        assert!(
            wild_ns > 0 && lasted_ns.abs_diff(wild_ns) <= 1_500_000_000,
            "{what}: {lasted_ns} of {wild_ns}"
        );

        // Of what it started nearly all is counted: what came before it was found as far as that was still known.
        if kind != "chain" {
            let own = events
                .of("fork")
                .filter(|row| row.get("ppid").and_then(|ppid| ppid.as_u64()) == Some(pid.into()));
            let own = own.count() as u64 * if kind == "pairs" { 2 } else { 1 };
            let total = end.number("total");
            // Of so many some stand for others.
            assert!(total <= own + own / 20 && total >= own / 2, "{what}: {total} of {own}");
        }
    }
}

/// A shell that does nothing but start programs, beneath others.
#[test]
fn a_shell_loop_is_the_shell() {
    if !bpf_or_skip() {
        return;
    }
    let script =
        "sh -c 'echo $$ >&3; i=0; while [ $i -lt 900 ]; do /bin/true; i=$((i+1)); done; true'; sleep 3";
    named(Path::new("/"), script, "sh", &["true"]);
}

/// What a pyenv-like shim does for one `python3`: 36 processes, beneath one another and beside each other.
#[test]
fn a_loop_over_a_shim_is_the_loop() {
    if !bpf_or_skip() {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let helper = "#!/bin/sh\nfor i in 1 2 3 4 5; do x=$(/bin/true $(basename /a/b)); done\n";
    write_script(&directory.path().join("helper"), helper);
    let shim = "#!/bin/sh\n./helper; ./helper\nx=$(./helper)\nexec /bin/true python3\n";
    write_script(&directory.path().join("shim"), shim);
    let looped = "#!/bin/sh\necho $$ >&3\nfor i in $(seq 30); do ./shim -c 'pass'; done\ntrue\n";
    write_script(&directory.path().join("looped"), looped);
    named(directory.path(), "./looped; sleep 3", "looped", &["true", "shim"]);
}

#[test]
fn a_recursive_make_is_the_one_at_the_top() {
    if !bpf_or_skip() {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    // Eighty times make in make, each with two recipes.
    let makefile = "\
TARGETS := $(shell seq 80)
all: $(TARGETS)
$(TARGETS):
\t@$(MAKE) -s again-1 again-2
again-%:
\t@/bin/true; /bin/true
";
    fs::write(directory.path().join("Makefile"), makefile).expect("a file");
    let script = "unset MAKEFLAGS MAKELEVEL MFLAGS; sh -c 'echo $$ >&3; exec make -s'; sleep 3";
    named(directory.path(), script, "make", &["make"]);
}

/// Runs a script that writes the pid of its culprit to descriptor 3, and asserts who was named.
#[track_caller]
fn named(directory: &Path, script: &str, comm: &str, next: &[&str]) {
    let files = tempfile::tempdir().expect("a temporary directory");
    let [told, lines] = ["told", "lines"].map(|name| files.path().join(name));
    let script = format!("cd '{}' && {script}", directory.display());
    let mut log = proctop_with(["log", "--format", "json", "--storm-rate", RATE, "-f", "event:storm", "-o"]);
    log.arg(&lines).args(["--", "sh", "-c", &format!("{{ {script}; }} 3>'{}'", told.display())]);
    let ran = run(&mut log);
    assert_eq!(ran.code(), Some(0), "{ran:?}");
    let pid = fs::read_to_string(&told).expect("it told who it is");
    let events = Events::parse(&fs::read_to_string(&lines).expect("lines"));
    let begin = events.of("storm").next().expect("a storm");
    assert_eq!(
        (begin.small("pid").to_string().as_str(), begin.text("comm")),
        (pid.trim(), comm),
        "{begin:?}"
    );
    let path = begin.texts("path");
    assert!(path[0] == comm && next.contains(&path[1]), "{begin:?}");
    let found_ns = begin.number("duration_ns");
    assert!(found_ns <= 2_000_000_000, "found after {found_ns}");
}

/// From its start to its end, at the rate that this machine is capable of.
#[test]
fn a_build_is_no_storm() {
    if !bpf_or_skip() {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    for number in 0..60 {
        let lines: String =
            (0..200).map(|line| format!("int f{number}_{line}(int a) {{ return a * {line}; }}\n")).collect();
        fs::write(directory.path().join(format!("f{number}.c")), format!("#include <stdio.h>\n{lines}"))
            .expect("a file");
    }
    let makefile = "all: $(patsubst %.c,%.o,$(wildcard *.c))\n%.o: %.c\n\tcc -O1 -c -o $@ $<\n";
    fs::write(directory.path().join("Makefile"), makefile).expect("a file");
    let script = format!("unset MAKEFLAGS MAKELEVEL MFLAGS; make -s -C '{}' -j2", directory.path().display());
    let (ran, events) = log_command(&[], ["sh", "-c", &script]);
    assert_eq!(ran.code(), Some(0), "{ran:?}");
    assert!(events.of("fork").count() > 180, "that was no build");
    assert_eq!(events.of("storm").count(), 0, "{:?}", events.of("storm").next());
}

/// A recording has no storms in it, and its reader finds the same.
#[test]
fn a_recording_s_reader_finds_the_same_storms() {
    if !bpf_or_skip() {
        return;
    }
    let _alone = ONE_STORM.lock().unwrap_or_else(PoisonError::into_inner);
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("storm.ptop");
    let script = format!("{} 2 vfork --for 1500; sleep 3", program("thicket").display());
    let ran = run(proctop_with(["record", "-o"]).arg(&file).args(["--", "sh", "-c", &script]));
    assert_eq!(ran.code(), Some(0), "{ran:?}");
    let read = || {
        let ran = run(proctop_with(["log", "--format", "json", "-f", "event:storm", "--from"]).arg(&file));
        assert_eq!(ran.code(), Some(0), "{ran:?}");
        ran.stdout_text().to_owned()
    };
    let (first, second) = (read(), read());
    assert_eq!(first, second);
    let events = Events::parse(&first);
    assert_eq!(storms(&events).len(), 1, "{first}");
}

/// The culprit is named among all that run.
#[test]
fn on_the_whole_machine_the_culprit_is_named() {
    if !bpf_or_skip() {
        return;
    }
    let _alone = ONE_STORM.lock().unwrap_or_else(PoisonError::into_inner);
    let tracing = Tracing::start(&["-f", "event:storm", "--storm-rate", "1500"]);
    let mut thicket = Command::new(program("thicket"));
    let thicket = thicket.args(["3", "vfork", "--for", "2500"]).stdout(Stdio::null());
    let thicket = Killed(thicket.spawn().expect("thicket runs"));
    thread::sleep(Duration::from_millis(6500));
    drop(thicket);
    let events = tracing.stop();
    let named = events.of("storm").filter(|row| row.get("comm").is_some());
    let named: Vec<_> = named.map(|row| (row.text("comm"), row.texts("path"))).collect();
    assert_eq!(named.first(), Some(&("thicket", vec!["thicket", "thicket"])), "{named:?}");
}

/// Stopped for longer than a storm must be calm to be over, proctop does not take what was lost for that.
#[test]
fn a_storm_of_which_seconds_are_lost_is_one() {
    if !bpf_or_skip() {
        return;
    }
    let _alone = ONE_STORM.lock().unwrap_or_else(PoisonError::into_inner);
    let options = ["-f", "event:storm or event:lost", "--storm-rate", "1500", "--ring-size", "64K"];
    let tracing = Tracing::start(&options);
    let mut thicket = Command::new(program("thicket"));
    let thicket = thicket.args(["1", "vfork", "--for", "8000"]).stdout(Stdio::null());
    let mut thicket = Killed(thicket.spawn().expect("thicket runs"));
    wait_until("the storm is told", || tracing.text().contains(r#""state":"begin""#));
    tracing.signal(Signal::SIGSTOP);
    thread::sleep(Duration::from_millis(3500));
    tracing.signal(Signal::SIGCONT);
    wait(&mut thicket.0);
    wait_until("its end is told", || tracing.text().contains(r#""state":"end""#));
    let events = tracing.stop();
    let lost: u64 = events.of("lost").map(|row| row.number("count")).sum();
    assert!(lost > 3000, "nothing to speak of was lost: {lost}");
    let storms = storms(&events);
    let [(_, end)] = storms.as_slice() else { panic!("{storms:#?}") };
    assert!((6_000_000_000..11_000_000_000).contains(&end.number("duration_ns")), "{end:#?}");
}
