//! Keys, pastes, clicks and changes of size, as messages; and the terminal's own end.

use std::io;
use std::os::fd::AsFd;

use crossbeam_channel::{Receiver, bounded};
use crossterm::event::{Event, read};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::app::error::Error;

/// Input that waits; beyond that the terminal holds it.
const WAITING: usize = 64;

/// Begins to read the terminal; the channel closes when that is gone.
///
/// # Errors
/// When the thread can't be started.
pub(super) fn listen() -> Result<Receiver<Event>, Error> {
    let (sender, receiver) = bounded(WAITING);
    std::thread::Builder::new()
        .name("input".into())
        .spawn(move || {
            while let Ok(event) = read() {
                if sender.send(event).is_err() {
                    return;
                }
            }
        })
        .map_err(|error| Error::System { doing: "cannot read the keyboard", error })?;
    Ok(receiver)
}

/// A channel that closes when the terminal is gone. SIGHUP says that too, but may be ignored (`nohup`), and crossterm
/// takes the end of the input for a pause: its thread would read for ever.
///
/// # Errors
/// When the thread can't be started.
pub(super) fn hang_up() -> Result<Receiver<()>, Error> {
    let (sender, receiver) = bounded(0);
    std::thread::Builder::new()
        .name("hang-up".into())
        .spawn(move || {
            let terminal = io::stdout();
            // A hang-up is told whatever was asked for.
            let mut fds = [PollFd::new(terminal.as_fd(), PollFlags::empty())];
            while poll(&mut fds, PollTimeout::NONE) == Err(Errno::EINTR) {}
            drop(sender);
        })
        .map_err(|error| Error::System { doing: "cannot watch the terminal", error })?;
    Ok(receiver)
}
