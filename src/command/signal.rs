//! Signals to processes that are not ours: to the very one that is meant, never to another that has its pid by now.

use std::fs;
use std::io;

use nix::errno::Errno;
use nix::unistd::{Pid, SysconfVar, sysconf};

use super::sys;

/// The process could not be signalled; nothing was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignalError {
    /// It has ended; its pid may be another's by now.
    #[error("it has ended")]
    Ended,
    /// It has ended, and its parent has not reaped it: no signal reaches it any more.
    #[error("it has ended, and its parent does not wait for it")]
    Zombie,
    /// Who it is could not be made sure.
    #[error("it can't be made sure that it is still that process: {0}")]
    Unsure(String),
    /// proctop itself is not to be stopped or killed from within: its terminal would stay as it is.
    #[error("that is proctop itself; q ends it")]
    Ourselves,
    /// The rights do not suffice.
    #[error(
        "not permitted: it belongs to another user, and CAP_KILL is not there (given up by --drop-all, or never had)"
    )]
    NotPermitted,
    /// The kernel refuses for another reason.
    #[error("{0}")]
    Refused(Errno),
}

/// Sends a signal to the process `pid` (in our pid namespace) that began at `start_ns` of the boot clock.
///
/// A descriptor of the process is taken first (`pidfd_open`), then its start time is compared, then the signal goes through
/// the descriptor: whoever gets the pid meanwhile is not hit. /proc tells start times in ticks of a hundredth of a second
/// (proc_pid_stat(5), field 22), so a process that began in the same tick with the same pid would pass for it; pids would
/// have to go round within that time.
///
/// # Errors
/// [`SignalError`]; nothing was sent then.
pub fn signal_process(pid: u32, start_ns: u64, signal: u8) -> Result<(), SignalError> {
    if pid == std::process::id() {
        return Err(SignalError::Ourselves);
    }
    let id = i32::try_from(pid).ok().filter(|&pid| pid > 0).ok_or(SignalError::Ended)?;
    let process = sys::open_process(Pid::from_raw(id)).map_err(refused)?;
    let stat = match fs::read(format!("/proc/{pid}/stat")) {
        Ok(stat) => stat,
        Err(error) if is_missing(&error) => return Err(SignalError::Ended),
        Err(error) => return Err(SignalError::Unsure(error.to_string())),
    };
    let (state, start) =
        state_and_start(&stat).ok_or_else(|| SignalError::Unsure("/proc is unreadable".to_owned()))?;
    if Some(start) != ticks(start_ns) {
        return Err(SignalError::Ended);
    }
    if matches!(state, b'Z' | b'X') {
        return Err(SignalError::Zombie);
    }
    sys::signal_process(&process, signal.into()).map_err(refused)
}

fn refused(errno: Errno) -> SignalError {
    match errno {
        Errno::ESRCH => SignalError::Ended,
        Errno::EPERM => SignalError::NotPermitted,
        errno => SignalError::Refused(errno),
    }
}

/// A process that ends while its file is read makes ESRCH of it.
fn is_missing(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(Errno::ESRCH as i32)
}

/// The state and the start time in ticks out of /proc/PID/stat. The comm, in parentheses, may hold anything.
fn state_and_start(stat: &[u8]) -> Option<(u8, u64)> {
    let after_comm = stat.iter().rposition(|&byte| byte == b')')? + 1;
    let mut fields = std::str::from_utf8(stat.get(after_comm..)?).ok()?.split_whitespace();
    let state = *fields.next()?.as_bytes().first()?;
    // The state is the third field, the start the twenty-second.
    let start = fields.nth(18)?.parse().ok()?;
    Some((state, start))
}

/// Nanoseconds as the kernel makes ticks of them (`nsec_to_clock_t`).
fn ticks(ns: u64) -> Option<u64> {
    let hertz = u64::try_from(sysconf(SysconfVar::CLK_TCK).ok()??).ok()?;
    ns.checked_div(1_000_000_000_u64.checked_div(hertz)?)
}

#[cfg(test)]
mod tests {
    use std::process::{Child, Command};

    use nix::libc::{SIGKILL, SIGTERM};

    use super::*;
    use crate::tracer::boot_ns;

    fn sleeper() -> Child {
        Command::new("sleep").arg("1000").spawn().expect("sleep starts")
    }

    /// When it began, as far as /proc tells.
    fn start_ns(pid: u32) -> u64 {
        let stat = fs::read(format!("/proc/{pid}/stat")).expect("its stat");
        state_and_start(&stat).expect("a start").1 * 10_000_000
    }

    #[test]
    fn only_who_began_at_that_time_is_signalled() {
        let mut child = sleeper();
        let (pid, start) = (child.id(), start_ns(child.id()));
        let kill = u8::try_from(SIGKILL).unwrap();
        assert!(start <= boot_ns());
        for other in [0, start - 10_000_000, start + 10_000_000, u64::MAX] {
            assert_eq!(signal_process(pid, other, kill), Err(SignalError::Ended));
        }
        assert!(child.try_wait().unwrap().is_none(), "it lives");
        assert_eq!(signal_process(pid, start + 9_999_999, u8::try_from(SIGTERM).unwrap()), Ok(()));
        use std::os::unix::process::ExitStatusExt;
        // Not reaped yet: its file says that it is a zombie.
        let zombie = || signal_process(pid, start, kill) == Err(SignalError::Zombie);
        let begun = std::time::Instant::now();
        while !zombie() && begun.elapsed().as_secs() < 20 {
            std::thread::yield_now();
        }
        assert!(zombie());
        assert_eq!(child.wait().unwrap().signal(), Some(SIGTERM));
        assert_eq!(signal_process(pid, start, kill), Err(SignalError::Ended));
    }

    #[test]
    fn nobody_else_and_not_proctop_itself() {
        let own = std::process::id();
        assert_eq!(signal_process(own, start_ns(own), 9), Err(SignalError::Ourselves));
        for none in [0, u32::MAX, 1 << 31] {
            assert_eq!(signal_process(none, 0, 9), Err(SignalError::Ended));
        }
    }

    #[test]
    fn a_comm_may_look_like_fields() {
        let rest = "S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20";
        let stat = format!("7 (a) Z (b\n) {rest}");
        assert_eq!(state_and_start(stat.as_bytes()), Some((b'S', 4711)));
        for broken in
            ["", "7 (a", "7 (a) S 1 2", "7 (a)", ") S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 x"]
        {
            assert_eq!(state_and_start(broken.as_bytes()), None, "{broken}");
        }
    }
}
