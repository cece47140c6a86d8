//! Signals as messages.

use std::io;

use crossbeam_channel::{Receiver, bounded};
use signal_hook::iterator::Signals;

use super::error::Error;
use crate::command::rights;

/// Signals that wait to be looked at; more of them tell nothing new.
const WAITING: usize = 16;

/// A channel of the given signals, which from now on do nothing else to the process.
pub(super) fn listen(signals: &[i32]) -> Result<Receiver<i32>, Error> {
    let failed = |error: io::Error| Error::System { doing: "cannot receive signals", error };
    let mut incoming = Signals::new(signals).map_err(failed)?;
    let (sender, receiver) = bounded(WAITING);
    std::thread::Builder::new()
        .name("signals".into())
        .spawn(move || {
            // It may be started before the others give their rights up; it needs none.
            let _ = rights::keep_only(&[]);
            for signal in incoming.forever() {
                if let Err(crossbeam_channel::TrySendError::Disconnected(_)) = sender.try_send(signal) {
                    return;
                }
            }
        })
        .map_err(failed)?;
    Ok(receiver)
}
