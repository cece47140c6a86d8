//! System calls that our libraries do not offer as safe functions, each wrapped into one.

use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use nix::errno::Errno;
use nix::libc;
use nix::unistd::Pid;

use crate::model::event::WaitStatus;

/// Waits until the child `pid` has ended, and leaves it unreaped.
///
/// # Errors
/// `ECHILD` when there is no such child, for example because another thread has reaped it.
pub(super) fn wait_without_reaping(pid: Pid) -> nix::Result<()> {
    loop {
        // SAFETY: all-zero bytes are a valid siginfo_t.
        let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
        let id = pid.as_raw().unsigned_abs();
        // SAFETY: `info` outlives the call.
        let result =
            Errno::result(unsafe { libc::waitid(libc::P_PID, id, &mut info, libc::WEXITED | libc::WNOWAIT) });
        match result {
            Err(Errno::EINTR) => {}
            other => return other.map(drop),
        }
    }
}

/// Collects the child `pid` if it has ended; `None` while it runs.
///
/// `nix::sys::wait::waitpid` would not do: it reaps a child that a real-time signal ended and then fails.
pub(super) fn reap(pid: Pid) -> nix::Result<Option<WaitStatus>> {
    loop {
        let mut status = 0;
        // SAFETY: `status` outlives the call.
        match Errno::result(unsafe { libc::waitpid(pid.as_raw(), &mut status, libc::WNOHANG) }) {
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
            Ok(0) => return Ok(None),
            Ok(_) => return Ok(Some(WaitStatus(status.cast_unsigned()))),
        }
    }
}

/// Makes sure that ended children wait to be collected: an ignored SIGCHLD, which a process may inherit, makes the
/// kernel throw their exit status away.
pub(super) fn keep_ended_children() -> nix::Result<()> {
    // SAFETY: all-zero bytes are a valid sigaction, which outlives the calls; no new handler is set.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        Errno::result(libc::sigaction(libc::SIGCHLD, std::ptr::null(), &mut action))?;
        if action.sa_sigaction == libc::SIG_IGN || action.sa_flags & libc::SA_NOCLDWAIT != 0 {
            if action.sa_sigaction == libc::SIG_IGN {
                action.sa_sigaction = libc::SIG_DFL;
            }
            action.sa_flags &= !libc::SA_NOCLDWAIT;
            Errno::result(libc::sigaction(libc::SIGCHLD, &action, std::ptr::null_mut()))?;
        }
    }
    Ok(())
}

/// Tells the kernel the size of a terminal; the foreground programs on it are told by SIGWINCH.
pub(super) fn set_window_size(terminal: BorrowedFd<'_>, rows: u16, cols: u16) -> nix::Result<()> {
    let size = libc::winsize { ws_row: rows, ws_col: cols, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: TIOCSWINSZ reads a winsize, which outlives the call.
    Errno::result(unsafe { libc::ioctl(terminal.as_raw_fd(), libc::TIOCSWINSZ, &size) }).map(drop)
}

/// A descriptor of a process: it goes on meaning that one when the pid is another's (pidfd_open(2), Linux 5.3).
pub(super) fn open_process(pid: Pid) -> nix::Result<OwnedFd> {
    // SAFETY: the call takes numbers, and returns a new descriptor (closed on exec), which nobody else owns.
    unsafe {
        let fd = Errno::result(libc::syscall(libc::SYS_pidfd_open, pid.as_raw(), 0))?;
        Ok(OwnedFd::from_raw_fd(i32::try_from(fd).map_err(|_| Errno::EBADF)?))
    }
}

/// Sends a signal to the process of a descriptor (pidfd_send_signal(2), Linux 5.1).
pub(super) fn signal_process(process: &OwnedFd, signal: i32) -> nix::Result<()> {
    let info: *const libc::siginfo_t = std::ptr::null();
    // SAFETY: a null pointer asks the kernel to fill in what kill(2) would; the descriptor is open.
    let sent = unsafe { libc::syscall(libc::SYS_pidfd_send_signal, process.as_raw_fd(), signal, info, 0) };
    Errno::result(sent).map(drop)
}

/// Opens the other side of a pty by its master, not by a path: right in every mount namespace.
pub(super) fn open_pty_peer(master: BorrowedFd<'_>) -> nix::Result<OwnedFd> {
    let flags = libc::O_RDWR | libc::O_NOCTTY | libc::O_CLOEXEC;
    // SAFETY: TIOCGPTPEER takes the open flags by value and returns a new descriptor, which nobody else owns.
    unsafe {
        let fd = Errno::result(libc::ioctl(master.as_raw_fd(), libc::TIOCGPTPEER, flags))?;
        Ok(OwnedFd::from_raw_fd(fd))
    }
}
