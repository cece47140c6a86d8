//! Recordings that were cut, damaged, or forged.

use std::io::{self, Read};

use proptest::prelude::*;

use super::*;
use crate::recording::format::{
    BlockHeader, MAGIC, MARKER, MAX_EVENTS, MAX_PAYLOAD, MAX_RAW, MAX_SOURCE, VERSION, encode_header,
    header_crc,
};
use crate::recording::{CutReason, OpenErrorKind};

/// Three blocks: two events, one with random bytes, the end.
fn small() -> (Vec<u8>, Vec<Vec<Event>>) {
    let blocks = vec![vec![tick(1), exec(2, 40)], vec![exec(3, 90)], vec![tick(4), end(5)]];
    let lists: Vec<&[Event]> = blocks.iter().map(Vec::as_slice).collect();
    (record(&lists), blocks)
}

/// Where the header and each block ends.
fn boundaries(blocks: &[Vec<Event>]) -> Vec<usize> {
    let lists: Vec<&[Event]> = blocks.iter().map(Vec::as_slice).collect();
    (0..=lists.len()).map(|count| record(&lists[..count]).len()).collect()
}

fn header() -> Vec<u8> {
    encode_header(&source()).expect("a header")
}

/// A header and one block made of these parts, its checksum right.
fn forged(payload: &[u8], raw_len: u32, events: u32) -> Vec<u8> {
    let block = BlockHeader::of(payload, raw_len, events).expect("a block");
    [&header()[..], &block.encode(), payload].concat()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::bulk::compress(bytes, 3).expect("compressed")
}

/// The one-line text of a refusal.
fn refusal(bytes: &[u8]) -> String {
    let text = read(bytes).expect_err("refused").to_string();
    assert_eq!(text.lines().count(), 1, "{text:?}");
    text
}

#[test]
fn cut_at_every_byte_it_yields_the_whole_blocks_before_and_reports_the_cut() {
    let (recording, blocks) = small();
    let boundaries = boundaries(&blocks);
    for cut in 0..recording.len() {
        let part = &recording[..cut];
        let Some(whole) = boundaries.iter().rposition(|&boundary| boundary <= cut) else {
            let error = read(part).expect_err("no header");
            match cut {
                0 => assert!(matches!(error.kind(), OpenErrorKind::Empty)),
                _ => assert!(matches!(error.kind(), OpenErrorKind::Truncated), "{cut}: {error}"),
            }
            continue;
        };
        let (events, ending) = read(part).expect("a header");
        assert_eq!(events, blocks[..whole].concat(), "cut at {cut}");
        let at_offset = boundaries[whole] as u64;
        let unread_bytes = cut as u64 - at_offset;
        let reason = if unread_bytes == 0 { CutReason::NoEnd } else { CutReason::Truncated };
        assert_eq!(ending, Ending::Cut { at_offset, unread_bytes, reason }, "cut at {cut}");
    }
    assert_eq!(read(&recording).unwrap(), (blocks.concat(), Ending::Clean));
}

#[test]
fn garbage_behind_whole_blocks_is_reported_with_its_length() {
    let (recording, blocks) = small();
    let at_offset = recording.len() as u64;
    let longer = [&recording[..], b"xyz"].concat();
    let cut = Ending::Cut { at_offset, unread_bytes: 3, reason: CutReason::AfterEnd };
    assert_eq!(read(&longer).unwrap(), (blocks.concat(), cut));

    let unended = record(&[&blocks[0]]);
    for (garbage, reason) in [(3, CutReason::Garbage), (100_000, CutReason::Garbage)] {
        let longer = [&unended[..], &vec![b'x'; garbage]].concat();
        let cut = Ending::Cut { at_offset: unended.len() as u64, unread_bytes: garbage as u64, reason };
        assert_eq!(read(&longer).unwrap(), (blocks[0].clone(), cut));
    }
}

#[test]
fn a_flipped_bit_anywhere_stops_before_the_damaged_block() {
    let (recording, blocks) = small();
    let boundaries = boundaries(&blocks);
    for bit in 0..recording.len() * 8 {
        let mut damaged = recording.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        let Some(whole) = boundaries.iter().rposition(|&boundary| boundary <= bit / 8) else {
            read(&damaged).expect_err("every bit of the header counts");
            continue;
        };
        let (events, ending) = read(&damaged).expect("the header is sound");
        assert_eq!(events, blocks[..whole].concat(), "bit {bit}");
        let Ending::Cut { at_offset, unread_bytes, .. } = ending else { panic!("bit {bit}: {ending}") };
        assert_eq!(at_offset, boundaries[whole] as u64, "bit {bit}");
        assert_eq!(at_offset + unread_bytes, recording.len() as u64, "bit {bit}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_behind_a_header_never_panic(tail in vec(any::<u8>(), 0..400), marked: bool) {
        let marker: &[u8] = if marked { &MARKER } else { &[] };
        let (events, ending) = read(&[&header()[..], marker, &tail].concat()).unwrap();
        prop_assert!(events.is_empty() && !ending.is_clean());
    }

    #[test]
    fn random_content_under_a_right_checksum_never_panics(
        raw in vec(any::<u8>(), 1..200), count in 1..30_u32, compressed: bool,
    ) {
        let payload = if compressed { zstd(&raw) } else { raw.clone() };
        let (events, _) = read(&forged(&payload, raw.len() as u32, count)).unwrap();
        prop_assert!(events.is_empty() || events.len() == count as usize);
    }

    #[test]
    fn random_bytes_are_refused(bytes in vec(any::<u8>(), 0..100)) {
        prop_assert!(read(&bytes).is_err());
        prop_assert!(read(&[&MAGIC[..], &bytes].concat()).is_err());
    }
}

#[test]
fn impossible_lengths_are_refused_before_anything_is_read_or_reserved() {
    for (payload_len, raw_len, events) in [
        (u32::MAX, 100, 1),
        (MAX_PAYLOAD + 1, 100, 1),
        (10, MAX_RAW + 1, 1),
        (10, u32::MAX, 1),
        (10, 100, MAX_EVENTS + 1),
        (0, 100, 1),
        (10, 0, 1),
        (10, 100, 0),
    ] {
        let block = BlockHeader { payload_len, raw_len, events, crc: 0 }.encode();
        let bytes = [&header()[..], &block].concat();
        let mut reader = Reader::new(&bytes[..]).unwrap();
        assert!(reader.next_block().unwrap().is_none());
        let at_offset = header().len() as u64;
        let cut = Ending::Cut { at_offset, unread_bytes: 20, reason: CutReason::Limits };
        assert_eq!(reader.ending(), Some(cut), "{payload_len} {raw_len} {events}");
        assert!(reader.buffered() < 4096, "{}", reader.buffered());
    }
}

#[test]
fn a_promised_payload_that_is_not_there_reserves_nothing() {
    let block = BlockHeader { payload_len: MAX_PAYLOAD, raw_len: MAX_RAW, events: 1, crc: 0 }.encode();
    let bytes = [&header()[..], &block, b"short"].concat();
    let mut reader = Reader::new(&bytes[..]).unwrap();
    assert!(reader.next_block().unwrap().is_none());
    assert!(matches!(
        reader.ending(),
        Some(Ending::Cut { reason: CutReason::Truncated, unread_bytes: 25, .. })
    ));
    assert!(reader.buffered() < 64 << 10, "{}", reader.buffered());
}

#[test]
fn a_bomb_is_stopped_at_the_stated_length() {
    let bomb = zstd(&vec![0; 64 << 20]);
    let bytes = forged(&bomb, 1000, 1);
    let mut reader = Reader::new(&bytes[..]).unwrap();
    assert!(reader.next_block().unwrap().is_none());
    assert!(matches!(reader.ending(), Some(Ending::Cut { reason: CutReason::Content, .. })));
    assert!(reader.buffered() < bomb.len() + (64 << 10), "{}", reader.buffered());
}

#[test]
fn content_that_contradicts_the_statement_is_refused_whole() {
    let mut raw = postcard::to_stdvec(&tick(1)).unwrap();
    let one = raw.clone();
    raw.extend(&one);
    let ended = [postcard::to_stdvec(&end(1)).unwrap(), one.clone()].concat();
    // A claim of 2^63 bytes of argv with nothing behind it: an exec's fields up to the filename's length.
    let lying = [&[1, 4][..], &[0; 2], &[0], &[0; 16], &[0; 5], &[0xff; 9], &[1]].concat();
    for (raw, raw_len, events, why) in [
        (&raw, raw.len(), 1, "an event too many"),
        (&raw, raw.len(), 3, "an event too few"),
        (&raw, raw.len() + 1, 2, "shorter than stated"),
        (&raw, raw.len() - 1, 2, "longer than stated"),
        (&ended, ended.len(), 2, "an event after the end"),
        (&lying, lying.len(), 1, "a length beyond the block"),
    ] {
        let (events, ending) = read(&forged(&zstd(raw), raw_len as u32, events)).unwrap();
        assert!(events.is_empty(), "{why}");
        assert!(matches!(ending, Ending::Cut { reason: CutReason::Content, .. }), "{why}: {ending}");
    }
    let (events, _) = read(&forged(&zstd(&raw), raw.len() as u32, 2)).unwrap();
    assert_eq!(events, [tick(1), tick(1)], "the forgery itself is sound");
}

#[test]
fn what_is_no_recording_is_told_apart() {
    assert!(refusal(b"").contains("is empty, not a proctop recording"));
    assert!(refusal(b"#!/bin/sh\necho hello\n").contains("is not a proctop recording"));
    assert!(refusal(b"x").contains("is not a proctop recording"));
    let mut newer = header();
    newer[8] = 3;
    let text = "was recorded by a newer proctop (format 3; this one reads 2): update proctop";
    assert!(refusal(&newer).contains(text));
    assert!(refusal(&newer[..10]).contains(text), "whatever follows the version");
    let mut older = header();
    older[8] = 1;
    let text = "was recorded by an older proctop (format 1; this one reads 2): record again, or open it with that version";
    assert!(refusal(&older).ends_with(text), "{}", refusal(&older));
    assert!(refusal(&older[..10]).ends_with(text), "whatever follows the version");
    older[8] = 0;
    assert!(refusal(&older).contains("is damaged in its header"));
    assert!(refusal(&header()[..15]).contains("cut off before its first event"));
}

/// A header with these flags and this source, its checksum right.
fn forged_header(flags: u16, source_len: u32, source: &[u8]) -> Vec<u8> {
    let fields = [&VERSION.to_le_bytes()[..], &flags.to_le_bytes(), &source_len.to_le_bytes()].concat();
    let crc = header_crc(&fields, source).to_le_bytes();
    [&MAGIC[..], &fields, &crc, source].concat()
}

#[test]
fn a_forged_header_is_refused() {
    let encoded = postcard::to_stdvec(&source()).unwrap();
    let length = encoded.len() as u32;
    assert!(read(&forged_header(0, length, &encoded)).is_ok(), "the forgery itself is sound");
    assert!(read(&forged_header(0x0100, length, &encoded)).is_ok(), "a flag that may be ignored");
    assert!(refusal(&forged_header(1, length, &encoded)).contains("newer proctop"));
    assert!(refusal(&forged_header(0, MAX_SOURCE + 1, &encoded)).contains("damaged"));
    assert!(refusal(&forged_header(0, u32::MAX, &encoded)).contains("damaged"));
    assert!(refusal(&forged_header(0, MAX_SOURCE, &encoded)).contains("cut off"));
    assert!(refusal(&forged_header(0, length - 1, &encoded[..encoded.len() - 1])).contains("damaged"));
    let longer = [&encoded[..], b"x"].concat();
    assert!(refusal(&forged_header(0, length + 1, &longer)).contains("damaged"));
}

/// Fails like a bad disk once its bytes are read.
struct BadDisk<'a>(&'a [u8]);

impl Read for BadDisk<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        match self.0.read(to)? {
            0 => Err(io::Error::from_raw_os_error(nix::errno::Errno::EIO as i32)),
            count => Ok(count),
        }
    }
}

#[test]
fn a_bad_disk_is_an_error_after_what_could_be_read() {
    let (recording, blocks) = small();
    let cut = boundaries(&blocks)[1] + 7;
    let mut reader = Reader::new(BadDisk(&recording[..cut])).unwrap();
    assert_eq!(reader.next_block().unwrap().as_deref(), Some(&blocks[0][..]));
    let error = reader.next_block().unwrap_err().to_string();
    assert!(error.contains(&format!("cannot be read on at byte {}", cut - 7)), "{error}");
    assert!(reader.next_block().unwrap().is_none());
    let ending = reader.ending().unwrap();
    assert!(matches!(ending, Ending::Cut { reason: CutReason::Unreadable, unread_bytes: 7, .. }), "{ending}");
    assert!(Reader::new(BadDisk(&recording[..5])).unwrap_err().to_string().contains("cannot be read"));
}

#[test]
fn opening_by_path_names_the_path() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.ptop");
    let refusal = || Reader::open(&path).unwrap_err().to_string();
    assert!(refusal().contains("a.ptop\": cannot be read: No such file"), "{}", refusal());
    std::fs::write(&path, "hello, world").unwrap();
    assert!(
        refusal().ends_with("a.ptop\" is not a proctop recording; make one with `proctop record -o FILE`")
    );
    std::fs::write(&path, small().0).unwrap();
    let events: Result<Vec<_>, _> = Reader::open(&path).unwrap().collect();
    assert_eq!(events.unwrap(), small().1);
    assert!(Reader::open(dir.path()).unwrap_err().to_string().contains("is a directory"));
}
