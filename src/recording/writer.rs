//! Events into a recording.

use std::io::{self, Write};

use zstd::bulk::Compressor;

use super::format::{BlockHeader, MAX_EVENTS, MAX_RAW, MAX_SPAN_NS, TARGET_RAW, encode_event, encode_header};
use crate::model::event::{Event, Source, What};

/// zstd's default: on a stream of execs higher levels gain a few per cent for several times the work.
const LEVEL: i32 = 3;

/// A pending block is below the target before an event joins it, so that both together stay within [`MAX_RAW`].
const MAX_EVENT: u32 = MAX_RAW - TARGET_RAW;

/// No event takes fewer bytes (time, variant, one field), so a block reaches its target before its count is too high.
const MIN_EVENT: u32 = 3;
const _: () = assert!(TARGET_RAW / MIN_EVENT < MAX_EVENTS);

/// Writes a recording, one whole block per call to the inner writer: no buffering beneath it is needed.
///
/// Events wait for their block to fill; [`Writer::flush`] hands them on at once. Call it when events pause, and
/// [`Writer::finish`] at the end: dropping a writer loses the block that is pending.
///
/// After an error (a full disk) every later call fails too: blocks behind a partly written one could not be found.
/// What was written before it stays readable.
#[derive(Debug)]
#[must_use = "a recording is complete only after finish()"]
pub struct Writer<W: Write> {
    to: W,
    compressor: Zstd,
    pending: Pending,
    events: u64,
    bytes: u64,
    state: State,
}

/// The events of the block to come.
#[derive(Debug, Default)]
struct Pending {
    raw: Vec<u8>,
    events: u32,
    first_ns: u64,
}

/// What may still be written.
#[derive(Clone, Copy, Debug)]
enum State {
    Open,
    Ended,
    Failed(io::ErrorKind),
}

struct Zstd(Compressor<'static>);

impl std::fmt::Debug for Zstd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Zstd")
    }
}

impl<W: Write> Writer<W> {
    /// Writes the header.
    ///
    /// # Errors
    /// Those of the inner writer; `InvalidInput` if the source's command exceeds [`super::format::MAX_SOURCE`].
    pub fn new(mut to: W, source: &Source) -> io::Result<Self> {
        let header = encode_header(source).ok_or_else(|| {
            invalid("the command is too long to be recorded; start it from a script and record that")
        })?;
        to.write_all(&header)?;
        Ok(Self {
            to,
            compressor: Zstd(Compressor::new(LEVEL)?),
            pending: Pending::default(),
            events: 0,
            bytes: header.len() as u64,
            state: State::Open,
        })
    }

    /// Adds one event, and writes the block if that completes it. [`What::End`] always does.
    ///
    /// # Errors
    /// Those of the inner writer; `InvalidInput` for an event after [`What::End`] or one of 8 MiB, which is not taken.
    pub fn write(&mut self, event: &Event) -> io::Result<()> {
        self.check_open()?;
        self.pending.push(event)?;
        self.events = self.events.saturating_add(1);
        let ended = matches!(event.what, What::End(_));
        if ended || self.pending.is_due(event.time_ns) {
            self.write_block()?;
        }
        if ended {
            self.state = State::Ended;
        }
        Ok(())
    }

    /// Adds events in their order.
    ///
    /// # Errors
    /// As [`Writer::write`]; the events before the failing one were taken.
    pub fn write_batch(&mut self, events: &[Event]) -> io::Result<()> {
        events.iter().try_for_each(|event| self.write(event))
    }

    /// Writes the pending block, however small, and flushes the inner writer.
    ///
    /// # Errors
    /// Those of the inner writer.
    pub fn flush(&mut self) -> io::Result<()> {
        self.check_not_failed()?;
        self.write_block()?;
        let flushed = self.to.flush();
        self.note_failure(flushed)
    }

    /// Writes what is pending and gives the inner writer back. The recording is a complete one only if its last event
    /// was [`What::End`].
    ///
    /// # Errors
    /// Those of the inner writer.
    pub fn finish(mut self) -> io::Result<W> {
        self.flush()?;
        Ok(self.to)
    }

    /// Events taken so far, those of the pending block among them.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Bytes handed to the inner writer so far: the header and all whole blocks.
    pub fn bytes_written(&self) -> u64 {
        self.bytes
    }

    fn check_open(&self) -> io::Result<()> {
        match self.state {
            State::Ended => Err(invalid("the recording has ended: no event can follow its end")),
            State::Open | State::Failed(_) => self.check_not_failed(),
        }
    }

    fn check_not_failed(&self) -> io::Result<()> {
        match self.state {
            State::Failed(kind) => {
                Err(io::Error::new(kind, "the recording stopped at an earlier write error"))
            }
            State::Open | State::Ended => Ok(()),
        }
    }

    fn note_failure(&mut self, result: io::Result<()>) -> io::Result<()> {
        result.inspect_err(|error| self.state = State::Failed(error.kind()))
    }

    fn write_block(&mut self) -> io::Result<()> {
        if self.pending.events == 0 {
            return Ok(());
        }
        let block = self.encode_block();
        let written = block.and_then(|block| self.to.write_all(&block).map(|()| block.len()));
        match written {
            Ok(length) => self.bytes = self.bytes.saturating_add(length as u64),
            Err(error) => return self.note_failure(Err(error)),
        }
        self.pending.clear();
        Ok(())
    }

    /// The pending events as a block, in one piece so that one call writes it.
    fn encode_block(&mut self) -> io::Result<Vec<u8>> {
        let Pending { raw, events, .. } = &self.pending;
        let payload = self.compressor.0.compress(raw)?;
        let raw_len = u32::try_from(raw.len()).map_err(io::Error::other)?;
        let header = BlockHeader::of(&payload, raw_len, *events)
            .filter(BlockHeader::within_limits)
            .ok_or_else(|| io::Error::other("a block exceeds the format's limits"))?;
        Ok([&header.encode()[..], &payload].concat())
    }
}

impl Pending {
    fn push(&mut self, event: &Event) -> io::Result<()> {
        let before = self.raw.len();
        encode_event(event, &mut self.raw).map_err(io::Error::other)?;
        if self.raw.len() - before > MAX_EVENT as usize {
            self.raw.truncate(before);
            return Err(invalid("an event of 8 MiB cannot be recorded; shorten its arguments"));
        }
        if self.events == 0 {
            self.first_ns = event.time_ns;
        }
        self.events += 1;
        Ok(())
    }

    fn is_due(&self, now_ns: u64) -> bool {
        self.raw.len() >= TARGET_RAW as usize || now_ns.saturating_sub(self.first_ns) >= MAX_SPAN_NS
    }

    fn clear(&mut self) {
        self.raw.clear();
        // One huge event must not hold its memory for the rest of the recording.
        self.raw.shrink_to(2 * TARGET_RAW as usize);
        self.events = 0;
    }
}

fn invalid(text: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, text)
}
