//! How soon the kernel by itself answers a key: a terminal in which nothing runs echoes what is typed.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::fcntl::{OFlag, open};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::{grantpt, posix_openpt, ptsname_r, unlockpt};
use nix::sys::stat::Mode;

use crate::{Measured, failed};

/// How long an echo is waited for: longer than any storm lasts.
const PATIENCE: u32 = 120_000;

/// A terminal without a program; its line discipline is as it comes, and echoes.
struct Terminal {
    master: File,
    /// Open as long as the other end: a terminal that nobody has open echoes nothing.
    _user_side: OwnedFd,
}

/// A thread that types into one.
pub struct Echo {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Measured<Vec<f64>>>,
}

impl Echo {
    /// Types a byte each time when so much time is over.
    ///
    /// # Errors
    /// Without a pseudo-terminal.
    pub fn start(every: Duration) -> Measured<Self> {
        let mut terminal = Terminal::new().map_err(failed("a pseudo-terminal"))?;
        let stop = Arc::new(AtomicBool::new(false));
        let thread = thread::spawn({
            let stop = Arc::clone(&stop);
            move || {
                let mut answers = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let typed = Instant::now();
                    answers.push(terminal.type_one()?);
                    thread::sleep(every.saturating_sub(typed.elapsed()));
                }
                Ok(answers)
            }
        });
        Ok(Self { stop, thread })
    }

    /// Types no more; returns the milliseconds until each byte was echoed.
    ///
    /// # Errors
    /// When one was not, or not within two minutes.
    pub fn finish(self) -> Measured<Vec<f64>> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap_or_else(|_| Err("a thread panicked".into()))
    }
}

impl Terminal {
    fn new() -> nix::Result<Self> {
        let master = posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let name = ptsname_r(&master)?;
        let flags = OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
        let user_side = open(name.as_str(), flags, Mode::empty())?;
        Ok(Self { master: File::from(OwnedFd::from(master)), _user_side: user_side })
    }

    /// Types a byte. Returns the milliseconds until it came back.
    fn type_one(&mut self) -> Measured<f64> {
        let begun = Instant::now();
        self.master.write_all(b"x").map_err(failed("typing"))?;
        let mut ready = [PollFd::new(self.master.as_fd(), PollFlags::POLLIN)];
        let patience = PollTimeout::try_from(PATIENCE).map_err(failed("a time"))?;
        match poll(&mut ready, patience).map_err(failed("waiting for an echo"))? {
            0 => return Err("the kernel does not echo".into()),
            _ => self.master.read(&mut [0]).map_err(failed("reading an echo"))?,
        };
        Ok(begun.elapsed().as_secs_f64() * 1e3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_comes_back_once() {
        let mut terminal = Terminal::new().unwrap();
        for _ in 0..3 {
            assert!(terminal.type_one().unwrap() > 0.0);
        }
        let mut ready = [PollFd::new(terminal.master.as_fd(), PollFlags::POLLIN)];
        assert_eq!(poll(&mut ready, PollTimeout::from(50_u8)), Ok(0), "nothing is left over");
    }

    #[test]
    fn it_types_until_it_is_told_to_end() {
        let echo = Echo::start(Duration::from_millis(1)).unwrap();
        thread::sleep(Duration::from_millis(50));
        let answers = echo.finish().unwrap();
        assert!(answers.len() > 1 && answers.iter().all(|&ms| ms < 120_000.0), "{answers:?}");
    }
}
