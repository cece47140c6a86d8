//! A terminal of the command's own: what it prints comes out of a bounded channel, keys go in.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::{posix_openpt, unlockpt};
use nix::sys::stat::{Mode, fchmod};
use nix::sys::termios::{InputFlags, SetArg, tcgetattr, tcsetattr};
use nix::unistd::{Pid, Uid, fchown, pipe2, tcgetpgrp};

use super::{rights, sys};

/// The most bytes in one message of [`Pty::output`].
pub const CHUNK_BYTES: usize = 16 * 1024;

/// How many messages wait in [`Pty::output`] before the command is held up.
pub const CHUNKS_IN_FLIGHT: usize = 16;

/// How many bytes of input wait for the command to read them; beyond that [`Pty::send`] refuses.
pub const MAX_PENDING_INPUT: usize = 1024 * 1024;

/// How many times [`Pty::send`] takes input that the command has not begun to read.
const MAX_PENDING_SENDS: usize = 4096;

/// How long a full terminal is left alone before the next try.
const RETRY_INPUT_MS: u16 = 20;

/// The master side of the command's terminal, with a thread for each direction.
///
/// Dropping it, and all clones of its receiver, hangs the terminal up: the command gets SIGHUP.
#[derive(Debug)]
pub struct Pty {
    master: Arc<File>,
    output: Receiver<Vec<u8>>,
    input: Sender<Vec<u8>>,
    waiting: Arc<Waiting>,
    /// The threads poll the other end: closing this one ends them.
    _stop: OwnedFd,
}

/// The input that the command has not read.
#[derive(Debug, Default)]
struct Waiting {
    bytes: AtomicUsize,
    /// Nobody will read it any more.
    closed: AtomicBool,
}

/// Why keys were not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InputRefused {
    /// The command does not read, and [`MAX_PENDING_INPUT`] bytes wait already.
    #[error("the command does not read its input")]
    Full,
    /// No process holds the terminal any more (noticed when input waits for it).
    #[error("the command has closed its terminal")]
    Closed,
}

impl Pty {
    /// Opens a terminal of this size (0 counts as 1), its command's side owned by `owner`, and returns that side
    /// too. Both are close-on-exec.
    pub(super) fn open(rows: u16, cols: u16, owner: Option<Uid>) -> nix::Result<(Self, OwnedFd)> {
        let master = posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK)?;
        unlockpt(&master)?;
        let master = File::from(OwnedFd::from(master));
        let terminal = sys::open_pty_peer(master.as_fd())?;
        // The group stays the one that devpts is mounted with, which is `tty` where `write` and `mesg` work.
        fchown(&terminal, owner, None)?;
        fchmod(&terminal, Mode::from_bits_truncate(0o620))?;
        let mut modes = tcgetattr(&terminal)?;
        // So that Backspace erases a whole character: the pane and our keys speak UTF-8.
        modes.input_flags |= InputFlags::IUTF8;
        tcsetattr(&terminal, SetArg::TCSANOW, &modes)?;
        sys::set_window_size(master.as_fd(), rows.max(1), cols.max(1))?;
        Ok((Self::start(master)?, terminal))
    }

    fn start(master: File) -> nix::Result<Self> {
        let master = Arc::new(master);
        let (stopped, stop) = pipe2(OFlag::O_CLOEXEC)?;
        let stopped = Arc::new(stopped);
        let (output_sender, output) = bounded(CHUNKS_IN_FLIGHT);
        let (input, input_receiver) = bounded(MAX_PENDING_SENDS);
        let waiting = Arc::new(Waiting::default());
        let w = Arc::clone(&waiting);
        let (m, s) = (Arc::clone(&master), Arc::clone(&stopped));
        in_thread("command-output", move || copy_output(&m, &s, &output_sender))?;
        let m = Arc::clone(&master);
        in_thread("command-input", move || copy_input(&m, &stopped, &input_receiver, &w))?;
        Ok(Self { master, output, input, waiting, _stop: stop })
    }

    /// What the command prints, in pieces of at most [`CHUNK_BYTES`]. While it is full the command is held up.
    /// It closes when no process holds the terminal any more, which may be later than the command's end.
    pub const fn output(&self) -> &Receiver<Vec<u8>> {
        &self.output
    }

    /// Sends bytes to the command's keyboard, whole or not at all. Never blocks.
    ///
    /// # Errors
    /// See [`InputRefused`].
    pub fn send(&self, bytes: &[u8]) -> Result<(), InputRefused> {
        let bytes_waiting = &self.waiting.bytes;
        let before = bytes_waiting.fetch_add(bytes.len(), Ordering::Relaxed);
        let result = if self.waiting.closed.load(Ordering::Relaxed) {
            Err(InputRefused::Closed)
        } else if before.saturating_add(bytes.len()) > MAX_PENDING_INPUT {
            Err(InputRefused::Full)
        } else {
            self.input.try_send(bytes.to_vec()).map_err(|refused| match refused {
                TrySendError::Full(_) => InputRefused::Full,
                TrySendError::Disconnected(_) => InputRefused::Closed,
            })
        };
        if result.is_err() {
            bytes_waiting.fetch_sub(bytes.len(), Ordering::Relaxed);
        }
        result
    }

    /// Changes the size (0 counts as 1); the programs in the foreground get SIGWINCH.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn resize(&self, rows: u16, cols: u16) -> io::Result<()> {
        Ok(sys::set_window_size(self.master.as_fd(), rows.max(1), cols.max(1))?)
    }

    /// Hands the terminal to a small process that throws away what the command prints from now on,
    /// and ends with the last process on the terminal. Without it the command would be hung up when ours is gone. It
    /// runs as we do, since the right to become another user is gone by then, and with no more rights than are left.
    pub(super) fn hand_over(&self) -> io::Result<()> {
        // Shared with our own descriptor, but our threads wait before they read, and are about to end.
        let flags = OFlag::from_bits_truncate(fcntl(self.master.as_fd(), FcntlArg::F_GETFL)?);
        fcntl(self.master.as_fd(), FcntlArg::F_SETFL(flags & !OFlag::O_NONBLOCK))?;
        let mut keeper = Command::new("cat");
        keeper.stdin(self.master.try_clone()?).stdout(Stdio::null()).stderr(Stdio::null());
        // In a process group of its own, out of reach of our terminal's Ctrl-C.
        keeper.process_group(0).current_dir("/");
        keeper.spawn().map(drop)
    }

    /// The process group that has the keyboard.
    pub(super) fn foreground_group(&self) -> Option<Pid> {
        tcgetpgrp(self.master.as_fd()).ok().filter(|group| group.as_raw() > 1)
    }
}

fn in_thread(name: &str, body: impl FnOnce() + Send + 'static) -> nix::Result<()> {
    let body = move || {
        // These threads are started before the others give their rights up, and handle what a stranger prints.
        let _ = rights::keep_only(&[]);
        body();
    };
    let started = thread::Builder::new().name(name.to_owned()).spawn(body);
    started.map(drop).map_err(|e| Errno::from_raw(e.raw_os_error().unwrap_or(Errno::EAGAIN as i32)))
}

/// Waits until something can be said of `master`: ready for `events`, or hung up. `None` when the owner is gone.
fn ready(master: &File, events: PollFlags, stopped: &OwnedFd) -> Option<PollFlags> {
    loop {
        let mut fds = [PollFd::new(master.as_fd(), events), PollFd::new(stopped.as_fd(), PollFlags::empty())];
        match poll(&mut fds, PollTimeout::NONE) {
            Err(Errno::EINTR) => continue,
            Err(_) => return None,
            Ok(_) => {}
        }
        let [master, stop] = fds;
        return if stop.any() == Some(false) { master.revents() } else { None };
    }
}

fn retriable(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

/// Reads until the terminal is closed by all (EIO), or nobody wants the output.
fn copy_output(mut master: &File, stopped: &OwnedFd, output: &Sender<Vec<u8>>) {
    let mut buffer = vec![0; CHUNK_BYTES];
    while ready(master, PollFlags::POLLIN, stopped).is_some() {
        let chunk = match master.read(&mut buffer) {
            Ok(0) => return,
            Ok(n) => buffer.iter().take(n).copied().collect(),
            Err(e) if retriable(&e) => continue,
            Err(_) => return,
        };
        if output.send(chunk).is_err() {
            return;
        }
    }
}

/// Writes until the terminal is closed or the owner is gone.
fn copy_input(master: &File, stopped: &OwnedFd, input: &Receiver<Vec<u8>>, waiting: &Waiting) {
    for chunk in input {
        if !write_whole(master, stopped, &chunk) {
            break;
        }
        waiting.bytes.fetch_sub(chunk.len(), Ordering::Relaxed);
    }
    waiting.closed.store(true, Ordering::Relaxed);
}

fn write_whole(mut master: &File, stopped: &OwnedFd, mut rest: &[u8]) -> bool {
    while !rest.is_empty() {
        // Writing to a terminal that nobody holds is no error to the kernel, so look for the hang-up.
        if ready(master, PollFlags::POLLOUT, stopped).is_none_or(|found| found.contains(PollFlags::POLLHUP)) {
            return false;
        }
        match master.write(rest) {
            Ok(n) => rest = rest.get(n..).unwrap_or_default(),
            // A full terminal counts as ready for output though it takes nothing: do not spin.
            Err(e) if retriable(&e) => pause(stopped),
            Err(_) => return false,
        }
    }
    true
}

fn pause(stopped: &OwnedFd) {
    let _ = poll(&mut [PollFd::new(stopped.as_fd(), PollFlags::empty())], RETRY_INPUT_MS);
}
