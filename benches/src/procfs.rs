//! Who runs, as /proc tells it.

use std::fs;

use crate::{Measured, failed};

/// Of the flags of a process: it is a thread of the kernel (PF_KTHREAD, include/linux/sched.h).
const KERNEL_THREAD: u64 = 0x0020_0000;

/// A process, or a thread of the kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its id.
    pub pid: i32,
    /// Its comm; of a worker of the kernel with what it works at.
    pub name: String,
    /// `R`, `S`, `Z` and so on.
    pub state: char,
    /// Its parent's id.
    pub parent: i32,
    /// Whether it is the kernel's own.
    pub is_kernel: bool,
    /// When it started, in clock ticks since boot: with the id it is nobody else.
    pub start: u64,
    /// How it is scheduled, as `sched_setscheduler(2)` numbers it: 0 is SCHED_OTHER, 2 SCHED_RR.
    pub policy: u32,
}

/// All; who ends meanwhile may be missing.
///
/// # Errors
/// Without /proc.
pub fn all() -> Measured<Vec<Process>> {
    let entries = fs::read_dir("/proc").map_err(failed("/proc"))?;
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    Ok(pids.filter_map(one).collect())
}

/// This one, unless it is gone.
pub fn one(pid: i32) -> Option<Process> {
    // a comm may hold any bytes
    let text = fs::read(format!("/proc/{pid}/stat")).ok()?;
    parse(&String::from_utf8_lossy(&text))
}

/// A line of /proc/PID/stat; proc_pid_stat(5) numbers its fields.
fn parse(text: &str) -> Option<Process> {
    let (pid, rest) = text.split_once(" (")?;
    // the name may hold blanks and brackets
    let (name, rest) = rest.rsplit_once(") ")?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let field = |number: usize| fields.get(number - 3).copied();
    Some(Process {
        pid: pid.parse().ok()?,
        name: name.to_owned(),
        state: field(3)?.chars().next()?,
        parent: field(4)?.parse().ok()?,
        is_kernel: field(9)?.parse::<u64>().ok()? & KERNEL_THREAD != 0,
        start: field(22)?.parse().ok()?,
        policy: field(41)?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_whatever_the_name() {
        let line = "48 (kworker/u9:0) (x) I 2 0 0 0 -1 69238880 0 0 0 0 0 0 0 0 20 0 1 0 33 0 0 18446744073709551615 0 0 0 0 0 0 0 \
                    2147483647 0 0 0 0 17 1 0 2 0 0 0 0 0 0 0 0 0 0 0\n";
        let worker = Process {
            pid: 48,
            name: "kworker/u9:0) (x".into(),
            state: 'I',
            parent: 2,
            is_kernel: true,
            start: 33,
            policy: 2,
        };
        assert_eq!(parse(line), Some(worker));
        assert_eq!(parse("48 (x) I 2"), None);
    }

    #[test]
    fn this_very_process_is_among_all() {
        let own = one(std::process::id().cast_signed()).unwrap();
        assert!(!own.is_kernel && own.parent == std::os::unix::process::parent_id().cast_signed());
        assert!(all().unwrap().iter().any(|process| process.pid == own.pid && process.start == own.start));
    }
}
