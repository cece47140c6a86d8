//! The frame of a recording around bytes that a fuzzer made: it would not find a checksum by itself.

use proctop::model::event::{Event, Source};
use proctop::recording::Writer;
use proctop::recording::format::{MAGIC, MARKER, VERSION};

/// Bytes before a source, and before a payload.
const HEAD: usize = 20;

/// A recording of one block: these bytes, said to be so many events.
pub fn recording(raw: &[u8], events: u32) -> Vec<u8> {
    let mut recording = written(&[]);
    let payload = zstd::bulk::compress(raw, 1).expect("compressed");
    let lengths = [payload.len(), raw.len()].map(|length| u32::try_from(length).expect("a short input"));
    recording.extend(MARKER);
    recording.extend([lengths[0], lengths[1], events, 0].map(u32::to_le_bytes).as_flattened());
    recording.extend(payload);
    repaired(&recording)
}

/// The events as the writer writes them.
pub fn written(events: &[Event]) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new(), &Source::default()).expect("a header");
    writer.write_batch(events).expect("events that were read can be written");
    writer.finish().expect("a recording")
}

/// The same with the marks of a recording and all checksums right, as far as its lengths lead from block to block.
pub fn repaired(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    if let Some(marks) = bytes.get_mut(..10) {
        marks.copy_from_slice(&[&MAGIC[..], &VERSION.to_le_bytes()].concat());
    }
    let mut at = seal(&mut bytes, 0, 12, 8..16);
    while let Some(block) = at {
        if let Some(mark) = bytes.get_mut(block..block + 4) {
            mark.copy_from_slice(&MARKER);
        }
        at = seal(&mut bytes, block, 4, 4..16);
    }
    bytes
}

/// Puts the checksum right of what begins at `start`: its length stands `length_at` bytes behind that, and the fields
/// that are summed up with the content in `fields`. Returns where it ends.
fn seal(bytes: &mut [u8], start: usize, length_at: usize, fields: std::ops::Range<usize>) -> Option<usize> {
    let part = bytes.get_mut(start..)?;
    let length = part.get(length_at..length_at + 4)?.try_into().expect("four bytes");
    let end = HEAD.checked_add(u32::from_le_bytes(length) as usize)?;
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(part.get(fields)?);
    hasher.update(part.get(HEAD..end)?);
    part[HEAD - 4..HEAD].copy_from_slice(&hasher.finalize().to_le_bytes());
    Some(start + end)
}
