//! Who runs already and would spoil every figure: a proctop, one of its peers, or what an earlier run has left.

use crate::Measured;
use crate::peers;
use crate::procfs::{self, Process};

/// How many bytes of a name the kernel keeps as comm.
const COMM: usize = 15;
/// Our own: the programs that `make bench` starts, and itself.
const OWN: [&str; 3] = ["proctop", "proctop-bench", "storm"];

/// Those who run now, each as `name (pid 812)`.
///
/// # Errors
/// Without /proc.
pub fn running() -> Measured<Vec<String>> {
    let all = procfs::all()?;
    let found = spoilers(&all, std::process::id().cast_signed());
    Ok(found.into_iter().map(|process| format!("{} (pid {})", process.name, process.pid)).collect())
}

/// Of all processes those, but for this one. The dead that wait for their parents do nothing any more.
fn spoilers(all: &[Process], own: i32) -> Vec<&Process> {
    let names: Vec<&str> = OWN.into_iter().chain(peers::ALL.iter().map(|peer| peer.program)).collect();
    let is_named = |process: &Process| names.iter().any(|name| comm(name) == process.name);
    let is_one = |process: &&Process| {
        process.pid != own && process.state != 'Z' && !process.is_kernel && is_named(process)
    };
    all.iter().filter(is_one).collect()
}

fn comm(name: &str) -> &str {
    name.get(..COMM).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_tracer_is_named_and_this_program_is_not() {
        let process = |pid, name: &str, state| Process {
            pid,
            name: name.into(),
            state,
            parent: 1,
            is_kernel: false,
            start: 0,
            policy: 0,
        };
        let all = [
            process(5, "proctop-bench", 'R'),
            process(6, "proctop", 'S'),
            process(7, "proctop", 'Z'),
            process(8, "execsnoop-bpfcc", 'S'),
            process(9, "bash", 'S'),
            process(10, "proctop-bench", 'S'),
        ];
        let found: Vec<i32> = spoilers(&all, 5).into_iter().map(|process| process.pid).collect();
        assert_eq!(found, [6, 8, 10]);
        assert_eq!(comm("a-name-of-17-chars"), "a-name-of-17-ch");
    }
}
