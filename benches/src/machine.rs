//! What was measured on, and where on it.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::sys::time::TimeValLike as _;
use nix::time::{clock_getcpuclockid, clock_gettime};
use nix::unistd::{Pid, SysconfVar, sysconf};

use crate::{Measured, failed};

/// Above this part of one CPU the machine is not idle.
const IDLE: f64 = 0.10;

/// What the page says of the machine.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Machine {
    /// As `uname -r` says.
    pub kernel: String,
    /// Architecture, as `uname -m` says.
    pub architecture: String,
    /// How many CPUs there are.
    pub cpus: usize,
    /// The CPUs' model, where the kernel tells.
    pub model: String,
    /// The day, UTC.
    pub date: String,
    /// What else ran when it began, in parts of one CPU.
    pub busy: f64,
}

impl Machine {
    /// Looks; takes two seconds.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn look() -> Measured<Self> {
        let names = nix::sys::utsname::uname().map_err(failed("uname"))?;
        let text = |name: &std::ffi::OsStr| name.to_string_lossy().into_owned();
        let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        Ok(Self {
            kernel: text(names.release()),
            architecture: text(names.machine()),
            cpus: cpus()?.len(),
            model: model.map_or_else(String::new, |(_, model)| model.trim().to_owned()),
            date: jiff::Timestamp::now().strftime("%Y-%m-%d").to_string(),
            busy: busy(Duration::from_secs(2))?,
        })
    }

    /// Whether something else ran that may have spoilt the figures.
    pub fn is_busy(&self) -> bool {
        self.busy > IDLE
    }
}

/// The CPUs that this process may use.
///
/// # Errors
/// When the system does not tell.
pub fn cpus() -> Measured<Vec<usize>> {
    let set = sched_getaffinity(Pid::from_raw(1)).or_else(|_| sched_getaffinity(Pid::from_raw(0)));
    let set = set.map_err(failed("the CPUs"))?;
    Ok((0..CpuSet::count()).filter(|&cpu| set.is_set(cpu) == Ok(true)).collect())
}

/// This thread, and whatever it starts from now on, runs on these CPUs only.
///
/// # Errors
/// When the system refuses.
pub fn pin(cpus: &[usize]) -> Measured<()> {
    let mut set = CpuSet::new();
    for &cpu in cpus {
        set.set(cpu).map_err(failed("a CPU"))?;
    }
    sched_setaffinity(Pid::from_raw(0), &set).map_err(failed("pinning to CPUs"))
}

/// How busy all CPUs together are for so long, in parts of one.
fn busy(duration: Duration) -> Measured<f64> {
    let ticks = || -> Measured<(u64, u64)> {
        let text = fs::read_to_string("/proc/stat").map_err(failed("/proc/stat"))?;
        busy_ticks(&text).ok_or_else(|| "/proc/stat can't be read".to_owned())
    };
    let before = ticks()?;
    thread::sleep(duration);
    let after = ticks()?;
    let all = after.1.saturating_sub(before.1).max(1) as f64;
    Ok(after.0.saturating_sub(before.0) as f64 / all * cpus()?.len() as f64)
}

/// The time that a hypervisor has kept from all CPUs together since boot while they had something to do, in milliseconds.
///
/// # Errors
/// When the system does not tell.
pub fn stolen_ms() -> Measured<f64> {
    let text = fs::read_to_string("/proc/stat").map_err(failed("/proc/stat"))?;
    let ticks = stolen_ticks(&text).ok_or("/proc/stat can't be read")?;
    let a_second = sysconf(SysconfVar::CLK_TCK).ok().flatten().unwrap_or(100);
    Ok(ticks as f64 * 1e3 / a_second as f64)
}

/// The ticks of it, from /proc/stat.
fn stolen_ticks(text: &str) -> Option<u64> {
    text.lines().next()?.split_whitespace().nth(8)?.parse().ok()
}

/// Busy ticks and all ticks of all CPUs, from /proc/stat.
fn busy_ticks(text: &str) -> Option<(u64, u64)> {
    let numbers: Vec<u64> =
        text.lines().next()?.split_whitespace().skip(1).map_while(|word| word.parse().ok()).collect();
    // user nice system idle iowait irq softirq steal; guest times are in user's
    let all: u64 = numbers.iter().take(8).sum();
    let idle = numbers.get(3)? + numbers.get(4)?;
    Some((all.saturating_sub(idle), all))
}

/// The CPU time that a process has used until now, all its threads together, in nanoseconds.
///
/// # Errors
/// When it is gone.
pub fn cpu_ns(pid: u32) -> Measured<f64> {
    let pid = i32::try_from(pid).map_err(failed("a pid"))?;
    let clock = clock_getcpuclockid(Pid::from_raw(pid)).map_err(failed("the clock of a process"))?;
    let time = clock_gettime(clock).map_err(failed("the clock of a process"))?;
    Ok(time.num_nanoseconds() as f64)
}

/// A figure of /proc/PID/status in bytes, such as `RssAnon`.
///
/// # Errors
/// When the process is gone or has none.
pub fn status_bytes(pid: u32, name: &str) -> Measured<f64> {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).map_err(failed(name))?;
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<f64>().ok());
    kilobytes.map(|kilobytes| kilobytes * 1024.0).ok_or_else(|| format!("{name} is not told"))
}

/// The root of the work tree.
pub fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The release build of proctop: it lies beside this program.
pub fn proctop() -> PathBuf {
    let beside = std::env::current_exe().ok().and_then(|path| Some(path.parent()?.join("proctop")));
    beside.unwrap_or_else(|| PathBuf::from("proctop"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_for_disks_is_idle_and_guests_are_not_counted_twice() {
        let text = "cpu  10 1 5 100 20 2 3 4 7 0\ncpu0 1 1 1 1\n";
        assert_eq!(busy_ticks(text), Some((25, 145)));
        assert_eq!(busy_ticks("cpu x"), None);
        assert_eq!(stolen_ticks(text), Some(4));
    }

    #[test]
    fn the_own_clock_goes_on_with_work() {
        let pid = std::process::id();
        let before = cpu_ns(pid).unwrap();
        let mut sum = 0_u64;
        while cpu_ns(pid).unwrap() < before + 2e6 {
            sum = std::hint::black_box(sum + 1);
        }
        assert!(status_bytes(pid, "RssAnon").unwrap() > 10_000.0);
        assert!(status_bytes(pid, "Rss").is_err());
    }
}
