//! Reads the lanes and the ring as one stream, in the order of time.
//!
//! What causes an event was handed over before that event was stamped: a child runs after the record of its fork is in
//! its place. So whoever takes, of everything that is there, only what is older than a time at which he had not yet
//! looked anywhere, takes no effect without its cause. What is younger waits for the next turn.

use std::os::fd::BorrowedFd;

use super::lanes::Lanes;
use super::ring::Ring;
use super::tally::Tally;
use crate::model::event::Event;

/// The bytes of records after which a turn ends early: long arguments must not make batches of any size.
const TURN_BYTES: usize = 1 << 20;

/// How far the clock that stamps the records may be behind ours: it can be read at any time, and for that is not exact
/// while the kernel adjusts it (`ktime_get_boot_fast_ns`). Far more than was ever seen.
pub(super) const CLOCKS_APART_NS: u64 = 50_000;

/// Both sources.
pub(super) struct Reader<'a> {
    ring: Ring<'a>,
    lanes: Lanes,
    /// What came out of the lanes.
    tally: Tally,
    page_bytes: u64,
}

impl<'a> Reader<'a> {
    /// `page_bytes` is the machine's page size.
    pub(super) fn new(ring: Ring<'a>, lanes: Lanes, page_bytes: u64) -> Self {
        Self { ring, lanes, tally: Tally::default(), page_bytes }
    }

    /// Reads at most `limit` records older than `until_ns` (boot clock), of about 1 MiB at most, and hands over what they
    /// say; the second value tells that more of them may be waiting.
    pub(super) fn drain(&mut self, limit: usize, until_ns: u64) -> (Vec<Event>, bool) {
        let mut events = Vec::new();
        let mut bytes = 0;
        self.lanes.begin();
        self.ring.fill();
        let is_cut = loop {
            if events.len() >= limit || bytes > TURN_BYTES {
                break true;
            }
            let of_ring = self.ring.next_ns().unwrap_or(u64::MAX);
            let of_lanes = self.lanes.next_ns().unwrap_or(u64::MAX);
            if of_ring.min(of_lanes) >= until_ns {
                break false;
            }
            if of_lanes < of_ring {
                let (tally, page_bytes) = (&mut self.tally, self.page_bytes);
                let event = self.lanes.take(|record| tally.decode(record, page_bytes)).flatten();
                events.extend(event);
            } else if let Some((event, size)) = self.ring.take() {
                events.push(event);
                bytes += size;
            }
        };
        self.lanes.end();
        (events, is_cut)
    }

    /// What was read so far, and how many records made no sense.
    pub(super) fn tally(&self) -> Tally {
        let mut all = self.tally.with(&self.ring.tally());
        all.malformed += self.lanes.malformed();
        all
    }

    /// Sleeps until a record comes: see [`Ring::sleep`].
    pub(super) fn sleep(&self, wake: BorrowedFd<'_>) {
        self.ring.sleep(wake, || !self.lanes.is_empty());
    }
}
