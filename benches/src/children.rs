//! What this program has started ends with it, however it ends.

use std::collections::HashSet;
use std::process::Command;
use std::sync::atomic::{AtomicI32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::prctl::set_child_subreaper;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::procfs::{self, Process};
use crate::{Measured, failed};

/// How long the killed may take to be gone.
const PATIENCE: Duration = Duration::from_secs(5);

/// Who is not killed; 0 is nobody.
static SPARED: AtomicI32 = AtomicI32::new(0);

/// The same command, killed by the kernel when the thread that starts it ends, be it by SIGKILL. setpriv (util-linux) asks for that and
/// then becomes the program: the pid is the program's. It does not hold for the program's own children.
pub fn bound(command: &Command) -> Command {
    let mut wrapped = Command::new("setpriv");
    wrapped.args(["--pdeathsig", "KILL", "--"]).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => wrapped.env(name, value),
            None => wrapped.env_remove(name),
        };
    }
    wrapped
}

/// From now on the children of those who end become this process's own, so that [`kill_all`] finds them.
///
/// # Errors
/// When the kernel refuses.
pub fn adopt() -> Measured<()> {
    set_child_subreaper(true).map_err(failed("prctl"))
}

/// Leaves this child alone: it ends by itself when this process is gone, and has something to do then.
pub fn spare(child: i32) {
    SPARED.store(child, Ordering::Relaxed);
}

/// Kills all that this process has started, and all that those have started, until there are none.
pub fn kill_all() {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        // the spared one and what that has started
        let mut all = procfs::all().unwrap_or_default();
        all.retain(|process| process.pid != SPARED.load(Ordering::Relaxed));
        let living = descendants(&all, std::process::id().cast_signed());
        if living.is_empty() {
            return;
        }
        for pid in living {
            // an error means that it has ended
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// The children of a process, their children, and so on, but for those that are dead and only wait to be waited for.
fn descendants(all: &[Process], of: i32) -> Vec<i32> {
    let mut family = HashSet::from([of]);
    loop {
        let before = family.len();
        family.extend(
            all.iter()
                .filter(|process| family.contains(&process.parent))
                .map(|process| process.pid)
                .collect::<Vec<_>>(),
        );
        if family.len() == before {
            break;
        }
    }
    let is_meant =
        |process: &&Process| process.pid != of && process.state != 'Z' && family.contains(&process.pid);
    all.iter().filter(is_meant).map(|process| process.pid).collect()
}

#[cfg(test)]
mod tests {
    use std::process::Stdio;

    use super::*;

    fn process(pid: i32, parent: i32, state: char) -> Process {
        Process { pid, name: String::new(), state, parent, is_kernel: false, start: 0, policy: 0 }
    }

    #[test]
    fn grandchildren_are_found_whatever_the_order_and_the_dead_are_not() {
        let all = [
            process(9, 8, 'S'),
            process(8, 7, 'Z'),
            process(7, 5, 'R'),
            process(6, 1, 'S'),
            process(5, 1, 'S'),
        ];
        assert_eq!(descendants(&all, 5), [9, 7]);
        assert!(descendants(&all, 9).is_empty());
    }

    #[test]
    fn a_bound_program_is_killed_with_the_thread_that_started_it() {
        let mut command = Command::new("sleep");
        command.arg("60").env("A", "b");
        let begun = Instant::now();
        let wait = move || {
            assert!(begun.elapsed() < Duration::from_secs(10), "the time is over");
            thread::sleep(Duration::from_millis(5));
        };
        let child = thread::spawn(move || {
            let child = bound(&command).stdin(Stdio::null()).spawn().unwrap();
            while procfs::one(child.id().cast_signed()).is_none_or(|process| process.name != "sleep") {
                wait();
            }
            child
        });
        let mut child = child.join().unwrap();
        while child.try_wait().unwrap().is_none() {
            wait();
        }
    }
}
