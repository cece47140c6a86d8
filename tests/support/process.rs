//! Other processes, seen from outside through /proc.

use std::fs;
use std::path::Path;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::live::wait_until;

/// The letter of its state, `R` `S` `T` `Z` …; `None` when there is no such process.
pub fn state(pid: u32) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // the comm before it may hold anything, parentheses too
    stat.rsplit_once(") ")?.1.chars().next()
}

/// Whether it runs: it is there, and not only as a zombie.
pub fn is_alive(pid: u32) -> bool {
    state(pid).is_some_and(|state| state != 'Z' && state != 'X')
}

/// The pids of a process's children, as this namespace knows them.
pub fn children(pid: u32) -> Vec<u32> {
    let list = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    list.split_whitespace().map(|pid| pid.parse().expect("a pid")).collect()
}

/// Waits until it has ended.
#[track_caller]
pub fn wait_gone(pid: u32) {
    wait_until(&format!("the end of process {pid}"), || !is_alive(pid));
}

/// Waits until there is such a file, and returns what is in it.
#[track_caller]
pub fn wait_for_file(path: &Path) -> String {
    wait_until(&format!("{}", path.display()), || fs::metadata(path).is_ok_and(|file| file.len() > 0));
    fs::read_to_string(path).expect("a readable file")
}

/// Sends it a signal.
pub fn signal(pid: u32, signal: Signal) {
    let pid = i32::try_from(pid).expect("a pid");
    kill(Pid::from_raw(pid), signal).expect("it can be signalled");
}
