//! Signals as messages.

use std::io;

use crossbeam_channel::{Receiver, bounded};
use signal_hook::consts::SIGHUP;
use signal_hook::iterator::Signals;

use super::error::Error;
use crate::command::rights;

/// Signals that wait to be looked at; more of them tell nothing new.
const WAITING: usize = 16;

/// A channel of the given signals, which from now on do nothing else to the process. SIGHUP stays ignored where it was
/// when proctop started: so `nohup` asks for it.
pub(super) fn listen(signals: &[i32]) -> Result<Receiver<i32>, Error> {
    let failed = |error: io::Error| Error::System { doing: "cannot receive signals", error };
    let wanted = signals.iter().filter(|&&signal| signal != SIGHUP || !is_ignored(signal));
    let mut incoming = Signals::new(wanted).map_err(failed)?;
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

/// Whether the process ignores a signal: its bit in the line `SigIgn` of proc_pid_status(5).
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok()).unwrap_or(0);
    u32::try_from(signal - 1).is_ok_and(|bit| mask.checked_shr(bit).is_some_and(|mask| mask & 1 == 1))
}
