//! When the writer writes, and what it does when it cannot.

use std::io::{self, ErrorKind, Write};

use super::*;
use crate::recording::format::{MAX_RAW, TARGET_RAW};

fn writer() -> Writer<Vec<u8>> {
    Writer::new(Vec::new(), &source()).expect("a header")
}

/// The number of events in each block.
fn blocks(bytes: &[u8]) -> Vec<usize> {
    Reader::new(bytes).unwrap().map(|block| block.unwrap().len()).collect()
}

#[test]
fn a_block_is_written_once_its_events_span_a_second() {
    let mut writer = writer();
    let before = writer.bytes_written();
    writer.write(&tick(5_000_000_000)).unwrap();
    writer.write(&tick(4_000_000_000)).unwrap();
    writer.write(&tick(5_999_999_999)).unwrap();
    assert_eq!(writer.bytes_written(), before, "stamps may go back, and a second is not over");
    writer.write(&tick(6_000_000_000)).unwrap();
    assert!(writer.bytes_written() > before);
    assert_eq!(blocks(&writer.finish().unwrap()), [4]);
}

#[test]
fn a_flush_writes_what_is_pending_and_nothing_twice() {
    let mut writer = writer();
    writer.write_batch(&[tick(1), tick(2)]).unwrap();
    writer.flush().unwrap();
    let written = writer.bytes_written();
    writer.flush().unwrap();
    assert_eq!(writer.bytes_written(), written, "no empty block");
    assert_eq!(writer.events(), 2);
    let bytes = writer.finish().unwrap();
    assert_eq!(bytes.len() as u64, written);
    assert_eq!(blocks(&bytes), [2]);
}

#[test]
fn large_blocks_are_closed_at_the_target() {
    let mut writer = writer();
    let per_block = TARGET_RAW as usize / 1000;
    for _ in 0..3 * per_block {
        writer.write(&exec(1, 1000)).unwrap();
    }
    let blocks = blocks(&writer.finish().unwrap());
    assert!((3..=4).contains(&blocks.len()), "{blocks:?}");
    assert!(blocks[0] <= per_block && blocks[0] > per_block * 9 / 10, "{blocks:?}");
}

#[test]
fn blocks_of_the_smallest_events_stay_within_the_count() {
    let mut writer = writer();
    for _ in 0..100_000 {
        writer.write(&Event { time_ns: 0, what: What::SnapshotEnd { taken_ns: 0 } }).unwrap();
    }
    let blocks = blocks(&writer.finish().unwrap());
    assert_eq!(blocks.iter().sum::<usize>(), 100_000, "the reader takes every block: {blocks:?}");
}

#[test]
fn an_event_with_the_largest_arguments_of_any_kernel_fits_whatever_is_pending() {
    let mut writer = writer();
    let pending = exec(1, TARGET_RAW as usize - 1000);
    let events = [pending, exec(1, 6 << 20), exec(1, 5), end(1)];
    writer.write_batch(&events).unwrap();
    assert_eq!(read(&writer.finish().unwrap()).unwrap(), (events.to_vec(), Ending::Clean));
}

#[test]
fn an_event_beyond_the_limit_is_refused_and_the_recording_goes_on() {
    let mut writer = writer();
    writer.write(&tick(1)).unwrap();
    let error = writer.write(&exec(2, MAX_RAW as usize)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    writer.write(&end(3)).unwrap();
    assert_eq!(writer.events(), 2);
    assert_eq!(read(&writer.finish().unwrap()).unwrap(), (vec![tick(1), end(3)], Ending::Clean));
}

#[test]
fn nothing_follows_the_end() {
    let mut writer = writer();
    writer.write(&end(1)).unwrap();
    let written = writer.bytes_written();
    assert_eq!(writer.write(&tick(2)).unwrap_err().kind(), ErrorKind::InvalidInput);
    let bytes = writer.finish().unwrap();
    assert_eq!(bytes.len() as u64, written, "the end was written at once");
    assert_eq!(read(&bytes).unwrap(), (vec![end(1)], Ending::Clean));
}

#[test]
fn a_command_beyond_the_limit_is_refused_at_the_start() {
    let source = Source { command: vec![vec![b'x'; 3 << 20]], ..source() };
    assert_eq!(Writer::new(Vec::new(), &source).unwrap_err().kind(), ErrorKind::InvalidInput);
}

/// A disk with room for so many bytes.
#[derive(Debug)]
struct Disk<'a> {
    room: usize,
    bytes: &'a mut Vec<u8>,
}

impl Write for Disk<'_> {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        let count = from.len().min(self.room - self.bytes.len());
        if count == 0 {
            return Err(ErrorKind::StorageFull.into());
        }
        self.bytes.extend(&from[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_full_disk_is_an_error_and_leaves_the_whole_blocks_readable() {
    let one = record(&[&[exec(1, 500)]]).len();
    let mut bytes = Vec::new();
    let mut writer = Writer::new(Disk { room: one + 100, bytes: &mut bytes }, &source()).unwrap();
    writer.write(&exec(1, 500)).unwrap();
    writer.flush().unwrap();
    writer.write(&exec(2, 500)).unwrap();
    assert_eq!(writer.flush().unwrap_err().kind(), ErrorKind::StorageFull);
    assert_eq!(
        writer.write(&tick(3)).unwrap_err().kind(),
        ErrorKind::StorageFull,
        "and so is every later call"
    );
    assert_eq!(writer.bytes_written(), one as u64);
    assert_eq!(writer.finish().unwrap_err().kind(), ErrorKind::StorageFull);
    let (events, ending) = read(&bytes).unwrap();
    assert_eq!(events, [exec(1, 500)]);
    assert!(matches!(ending, Ending::Cut { unread_bytes: 100, .. }), "{ending}");
}

#[test]
fn both_ends_can_move_to_a_thread_of_their_own() {
    fn movable<T: Send>() {}
    movable::<Writer<std::fs::File>>();
    movable::<Reader<std::fs::File>>();
}
