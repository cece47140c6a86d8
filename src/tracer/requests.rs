//! What the consumer asks of the running tracer, and how far that has come.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use nix::errno::Errno;
use nix::sys::eventfd::{EfdFlags, EventFd};
use nix::unistd::{read, write};

/// Wishes, and a descriptor that can be read while there are new ones.
#[derive(Debug)]
pub(super) struct Requests {
    wake: OwnedFd,
    finish: AtomicBool,
    failed_execs: AtomicBool,
    /// All that is older was sent.
    reached_ns: AtomicU64,
}

impl Requests {
    pub(super) fn new(failed_execs: bool) -> Result<Self, Errno> {
        let wake = EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK)?;
        let failed_execs = AtomicBool::new(failed_execs);
        let (finish, reached_ns) = (AtomicBool::new(false), AtomicU64::new(0));
        Ok(Self { wake: wake.into(), finish, failed_execs, reached_ns })
    }

    pub(super) fn finish(&self) {
        self.finish.store(true, Ordering::Release);
        self.ring();
    }

    pub(super) fn watch_failed_execs(&self, wanted: bool) {
        self.failed_execs.store(wanted, Ordering::Release);
        self.ring();
    }

    /// Can be read when something was asked for.
    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }

    /// Takes note of what was asked for: the descriptor can't be read until there is more.
    pub(super) fn take(&self) {
        let _ = read(&self.wake, &mut [0; 8]);
    }

    pub(super) fn wants_end(&self) -> bool {
        self.finish.load(Ordering::Acquire)
    }

    pub(super) fn wants_failed_execs(&self) -> bool {
        self.failed_execs.load(Ordering::Acquire)
    }

    /// All that is older was sent: an answer that nobody waits for.
    pub(super) fn set_reached(&self, time_ns: u64) {
        self.reached_ns.store(time_ns, Ordering::Release);
    }

    pub(super) fn reached_ns(&self) -> u64 {
        self.reached_ns.load(Ordering::Acquire)
    }

    fn ring(&self) {
        let _ = write(&self.wake, &1u64.to_ne_bytes());
    }
}
