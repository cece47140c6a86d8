//! The running command: its end, and signals to it.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use crossbeam_channel::{Receiver, bounded};
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::{Pid, getsid};

use super::pty::Pty;
use super::sys;
use crate::model::event::WaitStatus;

/// The exit code that a shell would give for this status: the code itself, or 128 and the signal's number.
pub fn exit_code(status: WaitStatus) -> u8 {
    match (status.code(), status.signal()) {
        (Some(code), _) => code,
        (None, Some(signal)) => 128 | signal,
        (None, None) => 1,
    }
}

/// The command, from [`super::spawn`]. Dropping it leaves the process running, but takes its [`Pty`] away; see
/// [`Child::leave_running`].
#[derive(Debug)]
pub struct Child {
    reaper: Arc<Reaper>,
    pty: Option<Pty>,
}

/// Collects the child exactly once, and knows whether that has happened: from then on the kernel may give the pid
/// to somebody else.
#[derive(Debug)]
struct Reaper {
    pid: Pid,
    ended: Mutex<Option<WaitStatus>>,
}

impl Child {
    pub(super) fn new(pid: Pid, pty: Option<Pty>) -> Self {
        Self { reaper: Arc::new(Reaper { pid, ended: Mutex::new(None) }), pty }
    }

    /// The process id. After the end it may name another process.
    pub fn pid(&self) -> u32 {
        self.reaper.pid.as_raw().unsigned_abs()
    }

    /// The command's own terminal, when it was started with one.
    pub const fn pty(&self) -> Option<&Pty> {
        self.pty.as_ref()
    }

    /// Waits for the end.
    ///
    /// # Errors
    /// When somebody else collected the child, so that its status is unknown.
    pub fn wait(&self) -> io::Result<WaitStatus> {
        self.reaper.wait()
    }

    /// How the command ended; `None` while it runs.
    ///
    /// # Errors
    /// As [`Child::wait`].
    pub fn try_wait(&self) -> io::Result<Option<WaitStatus>> {
        self.reaper.try_reap(&mut self.reaper.lock()).map_err(io::Error::from)
    }

    /// A channel that gets the status once when the command ends, from a thread that waits for it. It closes
    /// without a message if the status cannot be known.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub fn watch(&self) -> io::Result<Receiver<WaitStatus>> {
        let (sender, receiver) = bounded(1);
        let reaper = Arc::clone(&self.reaper);
        thread::Builder::new().name("command-wait".to_owned()).spawn(move || {
            if let Ok(status) = reaper.wait() {
                let _ = sender.send(status);
            }
        })?;
        Ok(receiver)
    }

    /// Lets go of the command and lets it run on, though its terminal is ours: what it prints from now on is lost.
    ///
    /// # Errors
    /// When the terminal cannot be handed over; the command is hung up then.
    pub fn leave_running(self) -> io::Result<()> {
        self.pty.as_ref().map_or(Ok(()), Pty::hand_over)
    }

    /// Asks the command to end: [`Child::signal`] with SIGTERM, and SIGCONT so that a stopped one can follow.
    ///
    /// # Errors
    /// As [`Child::signal`].
    pub fn terminate(&self) -> io::Result<bool> {
        let sent = self.signal(Signal::SIGTERM)?;
        self.signal(Signal::SIGCONT)?;
        Ok(sent)
    }

    /// Sends a signal; `false`, and nothing sent, when the command has been collected before.
    ///
    /// With a terminal of its own it goes to the command's process group and to the one in the terminal's
    /// foreground. Without one it goes to the command only: its process group is ours.
    ///
    /// # Errors
    /// When the kernel refuses, for example EPERM without `CAP_KILL`.
    pub fn signal(&self, signal: Signal) -> io::Result<bool> {
        let mut ended = self.reaper.lock();
        // The lock is held until the signal is sent: nobody can reap the child and free its pid in between.
        if ended.is_some() {
            return Ok(false);
        }
        let pid = self.reaper.pid;
        let result = match &self.pty {
            None => kill(pid, signal),
            Some(pty) => {
                if let Some(group) = pty.foreground_group().filter(|group| *group != pid) {
                    // A group that ended may have lent its number to strangers, but not within this session.
                    if getsid(Some(group)) == Ok(pid) {
                        let _ = killpg(group, signal);
                    }
                }
                killpg(pid, signal)
            }
        };
        match result {
            Ok(()) => Ok(true),
            // Collected behind our back; make it known rather than try again.
            Err(Errno::ESRCH) => self.reaper.try_reap(&mut ended).map(|_| false).map_err(io::Error::from),
            Err(errno) => Err(errno.into()),
        }
    }
}

impl Reaper {
    fn lock(&self) -> MutexGuard<'_, Option<WaitStatus>> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait(&self) -> io::Result<WaitStatus> {
        loop {
            // Without the lock, so that signals can be sent while we wait. ECHILD: another thread was faster.
            match sys::wait_without_reaping(self.pid) {
                Ok(()) | Err(Errno::ECHILD) => {}
                Err(errno) => return Err(errno.into()),
            }
            if let Some(status) = self.try_reap(&mut self.lock())? {
                return Ok(status);
            }
        }
    }

    fn try_reap(&self, ended: &mut Option<WaitStatus>) -> nix::Result<Option<WaitStatus>> {
        if ended.is_none() {
            *ended = sys::reap(self.pid)?;
        }
        Ok(*ended)
    }
}
