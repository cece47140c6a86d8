//! Four storms at once, and an account that leaves nothing open: every attempt was delivered or counted as dropped, and every process
//! and thread that the kernel has ever started was seen by the fork program, or counted as missed.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use libbpf_rs::query::ProgInfoIter;
use support::events::KINDS;
use support::live::{Killed, Tracing, wait, wait_until};
use support::programs::{numbers, program};
use support::{bpf_or_skip, root_or_skip};
use tempfile::TempDir;

const STORMS: usize = 4;
const EACH: usize = 5000;

/// Storms that run at the same time.
struct Storms {
    running: Vec<Killed>,
    directory: TempDir,
}

impl Storms {
    fn start(modes: [&str; STORMS]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let start = |index: usize| {
            let mut storm = Command::new(program("storm"));
            storm.args([&EACH.to_string(), "--codes", "--mode", modes[index], "--list"]);
            storm.arg(directory.path().join(index.to_string())).stdout(Stdio::null());
            Killed(storm.spawn().expect("storm runs"))
        };
        Self { running: (0..STORMS).map(start).collect(), directory }
    }

    /// The pid and the "pid code" list of each, once all are over.
    fn truth(mut self) -> Vec<(u32, Vec<[u32; 2]>)> {
        let directory = self.directory.path();
        let each = self.running.iter_mut().enumerate().map(|(index, storm)| {
            assert!(wait(&mut storm.0).success());
            (storm.0.id(), numbers(&directory.join(index.to_string())))
        });
        each.collect()
    }
}

#[test]
fn of_four_storms_at_once_everything_is_told_and_the_account_is_closed() {
    if !bpf_or_skip() {
        return;
    }
    let _turn = turn();
    let tracing = Tracing::start(&[]);
    let truth = Storms::start(["vfork", "fork", "vfork", "spawn"]).truth();
    let events = tracing.stop();

    events.assert_nothing_lost();
    for kind in KINDS {
        let least = if kind == "exec" { EACH } else { EACH * STORMS };
        assert!(events.account("delivered", kind) >= least as u64, "{kind}: {:?}", events.end());
    }
    for (storm, list) in truth {
        let parent = events.child_of_test(storm);
        assert_eq!(list.len(), EACH);
        let forks = events.of_children("fork", parent).map(|row| row.small("pid"));
        assert!(forks.eq(list.iter().map(|&[pid, _]| pid)), "the forks of {storm} are not those of its list");
        let exits = events.of_children("exit", parent).map(|row| [row.small("pid"), row.small("exit_code")]);
        assert!(exits.eq(list), "the exits of {storm} are not those of its list");
    }
}

/// Statistics of BPF programs switched on, as long as this lives; without them the kernel counts no runs.
struct Statistics {
    before: String,
}

impl Statistics {
    const SWITCH: &str = "/proc/sys/kernel/bpf_stats_enabled";

    fn switch_on() -> Self {
        let before = fs::read_to_string(Self::SWITCH).expect("a kernel with BPF statistics");
        fs::write(Self::SWITCH, "1").expect("root may");
        Self { before }
    }

    fn are_on() -> bool {
        fs::read_to_string(Self::SWITCH).is_ok_and(|value| value.trim() == "1")
    }
}

impl Drop for Statistics {
    fn drop(&mut self) {
        let _ = fs::write(Self::SWITCH, &self.before);
    }
}

/// How often the kernel has started a process or a thread, since boot.
fn started_ever() -> u64 {
    let text = fs::read_to_string("/proc/stat").expect("/proc is mounted");
    let line = text.lines().find_map(|line| line.strip_prefix("processes ")).expect("a count of processes");
    line.trim().parse().expect("a number")
}

/// Where the kernel tells of the fork program that a process holds: its descriptors bear the ids, the ids the names.
fn fork_program(pid: u32) -> PathBuf {
    let id_of = |place: &Path| number(&fs::read_to_string(place).ok()?, "prog_id");
    let named: Vec<u64> = ProgInfoIter::default()
        .filter(|program| program.name == "on_fork")
        .map(|program| program.id.into())
        .collect();
    let descriptors = fs::read_dir(format!("/proc/{pid}/fdinfo")).expect("proctop lives");
    let places = descriptors.filter_map(|entry| Some(entry.ok()?.path()));
    // links bear a program's id, too
    let is_it = |place: &PathBuf| {
        fs::read_to_string(place).is_ok_and(|text| text.contains("prog_type:"))
            && id_of(place).is_some_and(|id| named.contains(&id))
    };
    places.into_iter().find(is_it).expect("proctop's fork program")
}

/// A line of a descriptor's information.
fn number(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')?.trim().parse().ok())
}

/// What the fork program has run and what the kernel has skipped of it: one for each process and each thread.
fn runs_and_misses(program: &Path) -> u64 {
    let text = fs::read_to_string(program).expect("it is still loaded");
    // before Linux 5.12 nothing is skipped
    number(&text, "run_cnt").expect("statistics") + number(&text, "recursion_misses").unwrap_or(0)
}

/// How many have been started for whom the program was not run, nor counted as skipped. That is a difference of two numbers which
/// can't be read at once; read while nobody is started in between, it is too large only for a fork that is under way, which the kernel
/// counts before it runs the program. So the least of some is the true one.
fn unseen(program: &Path) -> u64 {
    let mut least = u64::MAX;
    for _ in 0..20 {
        let mut found = None;
        wait_until("a moment in which nobody is started", || {
            let (before, seen, after) = (started_ever(), runs_and_misses(program), started_ever());
            found = (before == after).then(|| before.checked_sub(seen).expect("one run for each at most"));
            found.is_some()
        });
        least = least.min(found.unwrap_or(u64::MAX));
        thread::sleep(Duration::from_millis(2));
    }
    least
}

/// The tests of this file take turns: what one starts would keep the other from its quiet moment.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn the_fork_program_ran_or_was_missed_for_every_process_and_thread_of_the_machine() {
    if !root_or_skip() {
        return;
    }
    let _turn = turn();
    let _statistics = Statistics::switch_on();
    let tracing = Tracing::start(&[]);
    let on_fork = fork_program(tracing.pid());
    let (unseen_before, started_before, runs_before) =
        (unseen(&on_fork), started_ever(), runs_and_misses(&on_fork));

    let storms = Storms::start(["vfork", "vfork", "vfork", "fork"]);
    // and threads, which count but are no processes
    let swarm = Command::new(program("swarm")).args(["100", "--threads", "8"]).status();
    assert!(swarm.expect("swarm runs").success());
    storms.truth();

    let least = (EACH * STORMS + 100 * 8) as u64;
    assert!(started_ever() - started_before >= least);
    let unseen_after = unseen(&on_fork);
    assert!(Statistics::are_on(), "somebody else switched them off: nothing is known");
    assert!(runs_and_misses(&on_fork) - runs_before >= least);
    assert_eq!(unseen_after, unseen_before, "starts that were neither seen nor missed");
    tracing.stop().assert_nothing_lost();
}
