//! Signals as messages.

use std::io;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};
use signal_hook::consts::{SIGINT, SIGTERM, SIGTSTP};
use signal_hook::iterator::Signals;

use super::error::Error;
use crate::command::rights;

/// Signals that wait to be looked at; more of them tell nothing new.
const WAITING: usize = 16;

/// How long a signal waits to be looked at before it ends the process by itself.
const PATIENCE: Duration = Duration::from_secs(2);

/// A channel of the given signals. If one is not taken from it in time, or there is nobody left to take it, it ends the
/// process. What was ignored when proctop started stays so, as `nohup` asks for SIGHUP; but for those that ask it to end or to stop.
pub(super) fn listen(signals: &[i32]) -> Result<Receiver<i32>, Error> {
    let failed = |error: io::Error| Error::System { doing: "cannot receive signals", error };
    let always = [SIGINT, SIGTERM, SIGTSTP];
    let wanted = signals.iter().filter(|&signal| always.contains(signal) || !is_ignored(*signal));
    let mut incoming = Signals::new(wanted).map_err(failed)?;
    let (sender, receiver) = bounded(WAITING);
    std::thread::Builder::new()
        .name("signals".into())
        .spawn(move || {
            // It may be started before the others give their rights up; it needs none.
            let _ = rights::keep_only(&[]);
            for signal in incoming.forever() {
                let is_taken = match sender.try_send(signal) {
                    Ok(()) => is_taken_in_time(&sender),
                    // Nobody listens any more: the process is about to end by itself, and should have by then.
                    Err(_) => {
                        std::thread::sleep(PATIENCE);
                        false
                    }
                };
                if !is_taken && signal != SIGTSTP {
                    end_at_once(signal);
                }
            }
        })
        .map_err(failed)?;
    Ok(receiver)
}

/// Whether somebody looks at what was sent. Who writes to a terminal or pipe that nobody reads does not.
fn is_taken_in_time(sender: &Sender<i32>) -> bool {
    let begun = Instant::now();
    while !sender.is_empty() {
        if begun.elapsed() > PATIENCE {
            return false;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    true
}

/// Ends the process as the signal would have done. The terminal's modes can be given back even where nobody reads it;
/// what would have to be written to it cannot.
fn end_at_once(signal: i32) -> ! {
    let _ = crossterm::terminal::disable_raw_mode();
    std::process::exit(128 | signal)
}

/// Whether the process ignores a signal: its bit in the line `SigIgn` of proc_pid_status(5).
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok()).unwrap_or(0);
    u32::try_from(signal - 1).is_ok_and(|bit| mask.checked_shr(bit).is_some_and(|mask| mask & 1 == 1))
}
