//! The reader's end of the ring buffer, and sleep without a wake-up for each record.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::os::fd::BorrowedFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use libbpf_rs::libbpf_sys::{ring__avail_data_size, ring_buffer__ring};
use libbpf_rs::{AsRawLibbpf, MapCore, RingBuffer, RingBufferBuilder};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::tally::Tally;
use crate::model::event::Event;

/// The first sleep, in milliseconds: the safety net for a doorbell that was set too late to be seen by a program that was
/// just running. When it is over without any record, the doorbell is seen by all.
const FIRST_SLEEP_MS: u16 = 50;
/// And then, in milliseconds: there are other things to look at once a second.
const LONG_SLEEP_MS: u16 = 950;

/// How many records are read ahead, and after how many bytes of them no more is read: arguments may be long.
const AHEAD: usize = 1024;
const AHEAD_BYTES: usize = 1 << 20;

/// What has been read and not yet been taken, with the size of its record.
#[derive(Default)]
struct Inbox {
    events: VecDeque<(Event, usize)>,
    bytes: usize,
    tally: Tally,
}

/// The ring with its doorbell.
pub(super) struct Ring<'a> {
    buffer: RingBuffer<'static>,
    inbox: Rc<RefCell<Inbox>>,
    doorbell: &'a AtomicU32,
}

impl<'a> Ring<'a> {
    /// Maps the ring. `page_bytes` is the machine's page size.
    pub(super) fn new(
        map: &dyn MapCore,
        doorbell: &'a AtomicU32,
        page_bytes: u64,
    ) -> Result<Self, libbpf_rs::Error> {
        let inbox = Rc::new(RefCell::new(Inbox::default()));
        let mut builder = RingBufferBuilder::new();
        let to = Rc::clone(&inbox);
        // A panic must not cross the C code that calls this. A negative answer ends the reading after this record.
        builder.add(map, move |bytes| {
            let received = catch_unwind(AssertUnwindSafe(|| receive(&to, bytes, page_bytes)));
            if received.is_ok_and(|has_room| has_room) { 0 } else { -1 }
        })?;
        let buffer = builder.build()?;
        keep_from_children();
        Ok(Self { buffer, inbox, doorbell })
    }

    /// Reads ahead, where nothing is waiting from before.
    pub(super) fn fill(&self) {
        if self.inbox.borrow().events.is_empty() {
            self.inbox.borrow_mut().bytes = 0;
            self.buffer.consume_raw_n(AHEAD);
        }
    }

    /// The time of the next record.
    pub(super) fn next_ns(&self) -> Option<u64> {
        self.inbox.borrow().events.front().map(|(event, _)| event.time_ns)
    }

    /// Takes the next record and reads ahead after the last one; with the size that the record had.
    pub(super) fn take(&self) -> Option<(Event, usize)> {
        let taken = self.inbox.borrow_mut().events.pop_front();
        self.fill();
        taken
    }

    /// What was read so far, taken or not.
    pub(super) fn tally(&self) -> Tally {
        self.inbox.borrow().tally
    }

    /// Sleeps until a record comes, `wake` can be read, or about a second is over. Returns at once when there is something
    /// to read, in the ring or elsewhere, and soon when something came at the very moment when it fell asleep.
    pub(super) fn sleep(&self, wake: BorrowedFd<'_>, is_elsewhere: impl Fn() -> bool) {
        self.doorbell.store(1, Ordering::SeqCst);
        for patience in [FIRST_SLEEP_MS, LONG_SLEEP_MS] {
            if self.next_ns().is_some() || self.bytes_waiting() > 0 || is_elsewhere() {
                break;
            }
            // SAFETY: the descriptor belongs to `buffer`, which outlives this call.
            let buffer = unsafe { BorrowedFd::borrow_raw(self.buffer.epoll_fd()) };
            let mut both = [PollFd::new(buffer, PollFlags::POLLIN), PollFd::new(wake, PollFlags::POLLIN)];
            if poll(&mut both, PollTimeout::from(patience)) != Ok(0) {
                break;
            }
        }
        self.doorbell.store(0, Ordering::SeqCst);
    }

    /// Lets records gather for `time`; ends early when `wake` can be read.
    pub(super) fn nap(wake: BorrowedFd<'_>, time: Duration) {
        let timeout = PollTimeout::try_from(time).unwrap_or(PollTimeout::ZERO);
        let mut only = [PollFd::new(wake, PollFlags::POLLIN)];
        let _: Result<i32, Errno> = poll(&mut only, timeout);
    }

    fn bytes_waiting(&self) -> u64 {
        // SAFETY: the pointer is that of the live `buffer`, which has exactly one ring; both calls only read.
        unsafe {
            let ring = ring_buffer__ring(self.buffer.as_libbpf_object().as_ptr(), 0);
            if ring.is_null() { 0 } else { ring__avail_data_size(ring) as u64 }
        }
    }
}

/// Keeps the mapped ring out of processes that this one forks: its pages would count as their memory, and the peak of a
/// command that needs less would be that of its fork.
fn keep_from_children() {
    let Ok(maps) = std::fs::read_to_string("/proc/self/maps") else { return };
    for line in maps.lines().filter(|line| line.ends_with("anon_inode:bpf-map")) {
        let Some((start, end)) = line.split(' ').next().and_then(|range| range.split_once('-')) else {
            continue;
        };
        let (Ok(start), Ok(end)) = (usize::from_str_radix(start, 16), usize::from_str_radix(end, 16)) else {
            continue;
        };
        // SAFETY: the range is a mapping of ours that stays as it is; only what a fork copies changes.
        let _ = unsafe {
            nix::libc::madvise(start as *mut nix::libc::c_void, end - start, nix::libc::MADV_DONTFORK)
        };
    }
}

/// Takes a record in; false when enough has been read ahead.
fn receive(inbox: &RefCell<Inbox>, bytes: &[u8], page_bytes: u64) -> bool {
    let mut inbox = inbox.borrow_mut();
    inbox.bytes = inbox.bytes.saturating_add(bytes.len());
    if let Some(event) = inbox.tally.decode(bytes, page_bytes) {
        inbox.events.push_back((event, bytes.len()));
    }
    inbox.bytes <= AHEAD_BYTES
}
