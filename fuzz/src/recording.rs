//! The bytes of a file that is said to be a recording.

use std::io::Read;

use proctop::model::event::{Event, Source, What};
use proctop::recording::format::MAX_EVENTS;
use proctop::recording::{CutReason, Ending, Reader};

use super::frame;

/// So many events are looked at: a bomb of thousands of full blocks would tell nothing more.
const EVENTS: usize = 1 << 17;
/// So many of them are written again.
const REWRITTEN: usize = 1 << 12;
/// So many ends of blocks are cut at.
const CUTS: usize = 6;

/// The fuzz target `recording`.
pub fn check(bytes: &[u8]) {
    read(bytes);
    let repaired = frame::repaired(bytes);
    if repaired != bytes {
        read(&repaired);
    }
}

/// How many events can be read, and how it ends; `None` where nothing can be read.
pub fn summary(bytes: &[u8]) -> Option<(usize, Ending)> {
    let mut reader = Reader::new(bytes).ok()?;
    let events = reader.by_ref().map(|block| block.expect("bytes can be read").len()).sum();
    Some((events, reader.ending()?))
}

fn read(bytes: &[u8]) {
    let mut reader = match Reader::new(bytes) {
        Ok(reader) => reader,
        Err(error) => {
            let text = error.to_string();
            assert!(text.lines().count() == 1 && !text.contains(char::is_control), "{text:?}");
            return;
        }
    };
    let source = reader.source().clone();
    let mut slow = Reader::new(Trickle(bytes, 0)).expect("it was one just now");
    let mut ends = vec![reader.offset()];
    let (mut seen, mut rewritten) = (0, Vec::new());
    while let Some(events) = reader.next_block().expect("bytes can be read") {
        assert!((1..=MAX_EVENTS as usize).contains(&events.len()));
        assert_eq!(slow.next_block().expect("bytes can be read").as_ref(), Some(&events));
        assert!(reader.offset() > ends[ends.len() - 1] && reader.offset() <= bytes.len() as u64);
        ends.push(reader.offset());
        seen += events.len();
        if seen > EVENTS {
            return;
        }
        if rewritten.len() < REWRITTEN {
            rewritten.extend(events);
        }
    }
    assert_eq!(slow.next_block().expect("bytes can be read"), None);
    assert_eq!(reader.ending(), slow.ending());
    assert!(reader.next_block().expect("bytes can be read").is_none(), "an end is an end");
    check_ending(bytes, &reader, rewritten.last());
    check_rewritten(&rewritten);
    for end in ends.iter().rev().take(CUTS) {
        for cut in [end.saturating_sub(1), *end, end + 1, bytes.len() as u64 / 2] {
            check_cut(bytes, cut, &source);
        }
    }
}

fn check_ending(bytes: &[u8], reader: &Reader<&[u8]>, last: Option<&Event>) {
    match reader.ending().expect("it has ended") {
        Ending::Clean => {
            assert_eq!(reader.offset(), bytes.len() as u64);
            assert!(last.is_some_and(|event| matches!(event.what, What::End(_))));
        }
        Ending::Cut { at_offset, unread_bytes, reason } => {
            assert_eq!((at_offset, at_offset + unread_bytes), (reader.offset(), bytes.len() as u64));
            assert_eq!(unread_bytes == 0, reason == CutReason::NoEnd);
            assert_ne!(reason, CutReason::Unreadable);
        }
    }
}

/// What was read can be written and is read again as the same.
fn check_rewritten(events: &[Event]) {
    let recording = frame::written(events);
    let again = Reader::new(&recording[..]).expect("a header");
    let again: Vec<Event> = again.flat_map(|block| block.expect("a block")).collect();
    assert_eq!(again, events);
}

/// Whatever is cut off, the blocks before it are those of the whole.
fn check_cut(bytes: &[u8], cut: u64, source: &Source) {
    let Some(part) = usize::try_from(cut).ok().and_then(|cut| bytes.get(..cut)) else { return };
    let Ok(mut cut) = Reader::new(part) else { return };
    assert_eq!(cut.source(), source);
    let mut whole = Reader::new(bytes).expect("it was one just now");
    while let Some(events) = cut.next_block().expect("bytes can be read") {
        assert_eq!(whole.next_block().expect("bytes can be read"), Some(events));
    }
    assert_eq!(cut.offset(), whole.offset());
    assert!(part.len() == bytes.len() || cut.offset() <= part.len() as u64);
}

/// Hands bytes out in small pieces, as a pipe may.
struct Trickle<'a>(&'a [u8], usize);

impl Read for Trickle<'_> {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        self.1 = self.1 % 5 + 1;
        let length = self.1.min(to.len()).min(self.0.len());
        let (now, later) = self.0.split_at(length);
        to[..length].copy_from_slice(now);
        self.0 = later;
        Ok(length)
    }
}
