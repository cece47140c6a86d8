//! The command's side of the fork: everything between `fork` and `execve`.
//!
//! Another thread of the parent may have held any lock at the fork, so nothing here allocates, locks or panics: all
//! data is laid out by [`Plan`] before the fork, and only system calls follow.

use std::ffi::CString;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::libc::{self, c_char, c_int};
use nix::sys::signal::SigSet;
use nix::unistd::{Gid, Uid, getresgid, getresuid, setgroups, setresgid, setresuid, setsid};

/// Everything that the child needs, in the form in which the system calls want it.
pub(super) struct Plan {
    /// The paths to try, in the order of PATH.
    pub paths: Vec<CString>,
    /// The paths come from PATH, not from the user.
    pub searched: bool,
    /// The command and its arguments.
    pub argv: StringArray,
    /// The environment, `NAME=value` each.
    pub env: StringArray,
    /// As whom to run; `None` leaves all ids as they are.
    pub ids: Option<Ids>,
    /// The terminal that becomes the controlling one and standard input, output and error.
    pub terminal: Option<OwnedFd>,
}

/// The ids to take on.
pub(super) struct Ids {
    pub uid: Uid,
    pub gid: Gid,
    pub groups: Vec<Gid>,
}

/// Strings in the form of `argv`: an array of pointers with a null at its end.
pub(super) struct StringArray {
    pointers: Vec<*const c_char>,
    /// Owns what `pointers` points to; the heap blocks stay in place when the vector moves.
    _strings: Vec<CString>,
}

impl StringArray {
    pub(super) fn new(strings: Vec<CString>) -> Self {
        let pointers = strings.iter().map(|s| s.as_ptr()).chain([std::ptr::null()]).collect();
        Self { pointers, _strings: strings }
    }
}

/// What failed in the child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Stage {
    Terminal = 1,
    Groups,
    Group,
    User,
    Verify,
    Exec,
    /// The file is there; the interpreter that it names is not.
    Interpreter,
}

impl Stage {
    pub(super) fn from_byte(byte: u8) -> Option<Self> {
        use Stage::*;
        [Terminal, Groups, Group, User, Verify, Exec, Interpreter]
            .into_iter()
            .find(|stage| *stage as u8 == byte)
    }
}

/// A failure report: the stage's byte, then the errno in the machine's byte order.
pub(super) const REPORT_BYTES: usize = 5;

impl Plan {
    /// Becomes the command, or writes a report to `report` and ends.
    ///
    /// To be called only in the child of a fork, with all signals blocked.
    pub(super) fn run(&self, report: BorrowedFd<'_>) -> ! {
        let (stage, errno) = match self.prepare() {
            Ok(()) => self.exec(),
            Err(failure) => failure,
        };
        let [a, b, c, d] = (errno as c_int).to_ne_bytes();
        let bytes: [u8; REPORT_BYTES] = [stage as u8, a, b, c, d];
        // SAFETY: the buffer outlives the call; `_exit` runs no handlers of the parent's.
        unsafe {
            libc::write(report.as_raw_fd(), bytes.as_ptr().cast(), bytes.len());
            libc::_exit(127)
        }
    }

    fn prepare(&self) -> Result<(), (Stage, Errno)> {
        if let Some(terminal) = &self.terminal {
            take_terminal(terminal.as_raw_fd()).map_err(|errno| (Stage::Terminal, errno))?;
        }
        if let Some(ids) = &self.ids {
            ids.take_on()?;
        }
        reset_signals(self.terminal.is_some());
        Ok(())
    }

    /// Tries the paths as `execvp` does, with two differences: a file without `#!` is not handed to a shell, and a
    /// directory in PATH that this user may not search (one of root's, after sudo) does not make a command that is
    /// nowhere a forbidden one.
    fn exec(&self) -> (Stage, Errno) {
        let (mut denied, mut no_interpreter) = (false, false);
        for path in &self.paths {
            // SAFETY: the path and both arrays are ended by NUL or null and live as long as `self`.
            unsafe { libc::execve(path.as_ptr(), self.argv.pointers.as_ptr(), self.env.pointers.as_ptr()) };
            let errno = Errno::last();
            // SAFETY: as above.
            let there = unsafe { libc::access(path.as_ptr(), libc::F_OK) } == 0;
            match errno {
                Errno::EACCES => denied |= there || !self.searched,
                Errno::ENOENT => no_interpreter |= there,
                Errno::ENOTDIR | Errno::ESTALE | Errno::ENODEV | Errno::ETIMEDOUT => {}
                errno => return (Stage::Exec, errno),
            }
        }
        match (denied, no_interpreter) {
            (true, _) => (Stage::Exec, Errno::EACCES),
            (false, true) => (Stage::Interpreter, Errno::ENOENT),
            (false, false) => (Stage::Exec, Errno::ENOENT),
        }
    }
}

/// Makes `terminal` the controlling terminal of a new session and the three standard descriptors.
fn take_terminal(terminal: c_int) -> nix::Result<()> {
    setsid()?;
    // SAFETY: TIOCSCTTY takes a number; dup2 only changes this process's own descriptors, which exec replaces.
    unsafe {
        Errno::result(libc::ioctl(terminal, libc::TIOCSCTTY, 0))?;
        for fd in 0..=2 {
            Errno::result(libc::dup2(terminal, fd))?;
        }
        // dup2 onto itself would have left the flag: then the descriptor would not survive the exec.
        if terminal <= 2 {
            Errno::result(libc::fcntl(terminal, libc::F_SETFD, 0))?;
        }
    }
    Ok(())
}

impl Ids {
    /// Groups first, the user last: after that there is no right left to change groups.
    fn take_on(&self) -> Result<(), (Stage, Errno)> {
        setgroups(&self.groups).map_err(|errno| (Stage::Groups, errno))?;
        setresgid(self.gid, self.gid, self.gid).map_err(|errno| (Stage::Group, errno))?;
        setresuid(self.uid, self.uid, self.uid).map_err(|errno| (Stage::User, errno))?;
        // Ambient rights outlive the change of user where the securebits say so.
        // SAFETY: takes and changes numbers only.
        unsafe { libc::prctl(libc::PR_CAP_AMBIENT, libc::PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) };
        if self.verified() { Ok(()) } else { Err((Stage::Verify, Errno::EPERM)) }
    }

    fn verified(&self) -> bool {
        let user = getresuid().is_ok_and(|now| [now.real, now.effective, now.saved] == [self.uid; 3]);
        let group = getresgid().is_ok_and(|now| [now.real, now.effective, now.saved] == [self.gid; 3]);
        user && group && !self.uid.is_root()
    }
}

/// Gives the command the default action for each signal and an empty mask, as a shell would.
///
/// An ignored SIGHUP stays ignored without a new terminal: that is how `nohup proctop -- COMMAND` is meant.
fn reset_signals(new_terminal: bool) {
    for signal in 1..=libc::SIGRTMAX() {
        // SAFETY: all-zero bytes are a valid sigaction, the default action; both structures outlive the calls.
        // Errors are for SIGKILL and SIGSTOP, and for the two that the C library keeps for itself.
        unsafe {
            let default: libc::sigaction = std::mem::zeroed();
            let mut current: libc::sigaction = std::mem::zeroed();
            if libc::sigaction(signal, std::ptr::null(), &mut current) != 0 {
                continue;
            }
            let ignored = current.sa_sigaction == libc::SIG_IGN;
            if !(signal == libc::SIGHUP && ignored && !new_terminal) {
                libc::sigaction(signal, &default, std::ptr::null_mut());
            }
        }
    }
    // Last: a signal that was pending meets the default action and no handler of the parent's.
    let _ = SigSet::empty().thread_set_mask();
}
