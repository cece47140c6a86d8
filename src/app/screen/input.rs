//! Keys, pastes and changes of size, as messages.

use crossbeam_channel::{Receiver, bounded};
use crossterm::event::{Event, read};

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
