//! The recording format, version 2.
//!
//! A recording is one header and then any number of blocks, back to back, without padding. All integers of this
//! frame are unsigned and little-endian. `crc32` is CRC-32/ISO-HDLC, the one of zlib, gzip and PNG.
//!
//! # Header
//!
//! | offset | bytes | field |
//! |---|---|---|
//! | 0 | 8 | [`MAGIC`]: `89 50 54 4F 50 0D 0A 1A` (a transfer as text changes it) |
//! | 8 | 2 | version: [`VERSION`] |
//! | 10 | 2 | flags: version 2 knows none and writes 0; see below |
//! | 12 | 4 | `n`: length of the source, at most [`MAX_SOURCE`] |
//! | 16 | 4 | crc32 of bytes 8–15 and of the source |
//! | 20 | `n` | the source: one [`Source`], encoded as below |
//!
//! Flags 0–7 change the meaning of what follows: a reader that does not know one of them must refuse the file as a newer
//! one. Flags 8–15 may be ignored. The version grows with every change that a reader of the old one would get wrong,
//! which includes any change of a type in [`crate::model::event`].
//!
//! Version 1 is not read. It had no sessions, working directories, killers and costs, and eight kinds of events where there are
//! fifteen now: to read it, a second set of all these types would have to be kept, which no version below 1.0 promises. Such a
//! file is refused as an older one, by its name and with the way out; nothing of it is guessed at.
//!
//! # Block
//!
//! | offset | bytes | field |
//! |---|---|---|
//! | 0 | 4 | [`MARKER`]: `B1 42 4C 4B` |
//! | 4 | 4 | `n`: length of the payload, 1 to [`MAX_PAYLOAD`] |
//! | 8 | 4 | length of the events when decompressed, 1 to [`MAX_RAW`] |
//! | 12 | 4 | number of events, 1 to [`MAX_EVENTS`] |
//! | 16 | 4 | crc32 of bytes 4–15 and of the payload |
//! | 20 | `n` | payload: one zstd frame, without a dictionary |
//!
//! The payload decompresses to exactly the stated length, which the stated number of [`Event`]s fills exactly. No event
//! spans blocks, and no block needs another one to be read. The writer here closes a block at [`TARGET_RAW`]
//! bytes, when its events span [`MAX_SPAN_NS`], and whenever it is told to flush; a reader may not rely on that.
//!
//! # End
//!
//! The last event of a complete recording is [`What::End`](crate::model::event::What::End), and no byte follows its
//! block. Without it the recording was cut off or is still being written. A reader stops at the first block that is not
//! whole; what it has read before that is good.
//!
//! # Encoding of values
//!
//! [Postcard](https://postcard.jamesmunns.com/wire-format) of the types in [`crate::model::event`], that is:
//!
//! | type | bytes |
//! |---|---|
//! | `u8` | itself |
//! | `bool` | `00` or `01` |
//! | `u32`, `u64`, lengths | LEB128: seven bits a byte, lowest first, bit 7 set on all but the last |
//! | `i64` | zigzag (`0, −1, 1, −2, …` become `0, 1, 2, 3, …`), then as `u64` |
//! | `Option<T>` | `00`, or `01` and the `T` |
//! | `Box<[u8]>`, `Vec<T>`, `String` | the length, then the elements; `String` is UTF-8 |
//! | `[u8; 16]` (`Comm`) | its 16 bytes, padded with NUL |
//! | struct, newtype, `Arc<T>` | its fields in the order of their declaration, nothing between them |
//! | enum | the variant's number, from 0 in the order of declaration, as `u32`; then its fields |
//!
//! So an event is `time_ns`, then the number of what happened, then that one's fields. The enums:
//!
//! | enum | variants |
//! |---|---|
//! | `What` | 0 clock, 1 snapshot, 2 end of snapshot, 3 fork, 4 exec, 5 exit, 6 failed exec, 7 rename, 8 thread's start, 9 thread's end, 10 cgroup, 11 look, 12 zombies, 13 lost, 14 end |
//! | `Killer` | 0 a process, 1 the kernel |
//! | `Cause` | 0 fault, 1 terminal, 2 timer, 3 rlimit, 4 oom, 5 other |
//!
//! The types that version 2 added or changed, field by field:
//!
//! | type | fields |
//! |---|---|
//! | `Subject` | `id`, `parent`, `comm`, `uids`, `cgroup_id`, `kernel_thread`, `inner_pid: Option<u32>`, `outside` |
//! | `Image` | `filename`, `argv`, `argv_truncated_bytes`, `argv_unreadable`, `cwd: Option<Directory>` |
//! | `Directory` | `path`, `deleted`, `cut` |
//! | `Session` | `id: u32`, `tty: u32` (`major << 20 \| minor`) |
//! | `Snapshot` | `subject`, `session`, `threads: u32`, `zombie`, `image: Option<Image>` |
//! | `Exec` | `subject`, `session`, `by_thread: Option<u32>`, `image` |
//! | `Exit` | `subject`, `status: u32`, `cpu_ns`, `cpu_user_ns`, `cpu_system_ns`, `cpu_partial`, `max_rss_bytes`, `usage`, `killed_by: Option<Killer>` |
//! | `Usage` | eight `u64` in the order of [`Usage`](crate::model::event::Usage), then `threads: u32` |
//! | `Killer` | of a process: `id`, `comm`; of the kernel: `Cause` |
//! | `ExecFailed` | `id`, `comm`, `error: u32`, `filename` |
//! | `Rename` | `subject`, `to: Comm` |
//! | `Thread` | `of`, `tid: u32`, `comm`, `start_ns`, `cpu_ns` |
//! | `Cgroup` | `id: u64`, `path`, `cut` |
//! | `Look` | `subject`, `session` |
//! | zombies | `Vec<ProcessId>` |
//! | `PerKind` | a `u64` for each of fork, exec, exit, failed exec, rename, thread's start, thread's end, cgroup |

use crate::model::event::{Event, Source};

/// The first bytes of every recording.
pub const MAGIC: [u8; 8] = *b"\x89PTOP\r\n\x1a";
/// The version of the format that is written, and the only one that is read.
pub const VERSION: u16 = 2;
/// Flags that a reader must know to read on; version 2 has none.
pub const MUST_KNOW_FLAGS: u16 = 0x00ff;
/// The first bytes of every block.
pub const MARKER: [u8; 4] = *b"\xb1BLK";

/// The longest encoded source, in bytes: room for any command line that the kernel takes by default.
pub const MAX_SOURCE: u32 = 2 << 20;
/// The most bytes of events in a block. The kernel takes at most 6 MiB of arguments, so any single event fits.
pub const MAX_RAW: u32 = 8 << 20;
/// The most bytes of a payload: what zstd needs at worst for [`MAX_RAW`].
pub const MAX_PAYLOAD: u32 = MAX_RAW + MAX_RAW / 128;
/// The most events in a block.
pub const MAX_EVENTS: u32 = 1 << 16;
/// A block of at least so many bytes of events is closed: larger ones hardly compress better and lose more in a crash.
pub const TARGET_RAW: u32 = 128 << 10;
/// A block whose events span at least so many nanoseconds is closed.
pub const MAX_SPAN_NS: u64 = 1_000_000_000;

/// Bytes from the magic to where the version ends: what every version has in common.
pub(super) const PREAMBLE_LEN: usize = 10;
/// Bytes from behind the preamble to the source.
pub(super) const HEADER_REST_LEN: usize = 10;
/// Bytes of a block before its payload.
pub(super) const BLOCK_HEADER_LEN: usize = 20;

/// The bytes of a whole header. `None` if the source is longer than [`MAX_SOURCE`].
pub(super) fn encode_header(source: &Source) -> Option<Vec<u8>> {
    let source = postcard::to_stdvec(source).ok()?;
    let length = u32::try_from(source.len()).ok().filter(|&length| length <= MAX_SOURCE)?;
    let fields = [&VERSION.to_le_bytes()[..], &0_u16.to_le_bytes(), &length.to_le_bytes()].concat();
    let crc = header_crc(&fields, &source).to_le_bytes();
    Some([&MAGIC[..], &fields, &crc, &source].concat())
}

/// The checksum of a header: `fields` are the bytes from the version to the source's length.
pub(super) fn header_crc(fields: &[u8], source: &[u8]) -> u32 {
    checksum(&[fields, source])
}

/// The fields of a header behind its version, as they stand in the file: nothing is checked yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct HeaderRest {
    pub flags: u16,
    pub source_len: u32,
    pub crc: u32,
}

impl HeaderRest {
    /// Takes the fields apart.
    pub fn decode(bytes: &[u8; HEADER_REST_LEN]) -> Self {
        let [f0, f1, l0, l1, l2, l3, c0, c1, c2, c3] = *bytes;
        Self {
            flags: u16::from_le_bytes([f0, f1]),
            source_len: u32::from_le_bytes([l0, l1, l2, l3]),
            crc: u32::from_le_bytes([c0, c1, c2, c3]),
        }
    }

    /// Whether the checksum holds for these fields under this version and this source.
    pub fn matches(&self, version: u16, source: &[u8]) -> bool {
        let [v0, v1] = version.to_le_bytes();
        let [f0, f1] = self.flags.to_le_bytes();
        let [l0, l1, l2, l3] = self.source_len.to_le_bytes();
        header_crc(&[v0, v1, f0, f1, l0, l1, l2, l3], source) == self.crc
    }
}

/// What stands before a payload, behind the marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BlockHeader {
    pub payload_len: u32,
    pub raw_len: u32,
    pub events: u32,
    pub crc: u32,
}

impl BlockHeader {
    /// The header of this payload, with the right checksum.
    pub fn of(payload: &[u8], raw_len: u32, events: u32) -> Option<Self> {
        let payload_len = u32::try_from(payload.len()).ok()?;
        let mut header = Self { payload_len, raw_len, events, crc: 0 };
        header.crc = header.crc_with(payload);
        Some(header)
    }

    /// The bytes with the marker in front.
    pub fn encode(&self) -> [u8; BLOCK_HEADER_LEN] {
        let mut bytes = [0; BLOCK_HEADER_LEN];
        let words = [u32::from_le_bytes(MARKER), self.payload_len, self.raw_len, self.events, self.crc];
        for (to, word) in bytes.chunks_exact_mut(4).zip(words) {
            to.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    /// Takes the fields apart. `None` if the marker is not there.
    pub fn decode(bytes: &[u8; BLOCK_HEADER_LEN]) -> Option<Self> {
        let mut words = [0; BLOCK_HEADER_LEN / 4];
        for (word, chunk) in words.iter_mut().zip(bytes.chunks_exact(4)) {
            *word = u32::from_le_bytes(chunk.try_into().ok()?);
        }
        let [marker, payload_len, raw_len, events, crc] = words;
        (marker.to_le_bytes() == MARKER).then_some(Self { payload_len, raw_len, events, crc })
    }

    /// Whether all lengths are within the format's limits: to be asked before any is believed.
    pub fn within_limits(&self) -> bool {
        (1..=MAX_PAYLOAD).contains(&self.payload_len)
            && (1..=MAX_RAW).contains(&self.raw_len)
            && (1..=MAX_EVENTS).contains(&self.events)
    }

    /// Whether the checksum holds for these fields and this payload.
    pub fn matches(&self, payload: &[u8]) -> bool {
        self.crc_with(payload) == self.crc
    }

    fn crc_with(&self, payload: &[u8]) -> u32 {
        let (lengths, counts) = (self.payload_len.to_le_bytes(), self.raw_len.to_le_bytes());
        checksum(&[&lengths, &counts, &self.events.to_le_bytes(), payload])
    }
}

fn checksum(parts: &[&[u8]]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    parts.iter().for_each(|part| hasher.update(part));
    hasher.finalize()
}

/// Appends an event; on failure `to` is as before.
pub(super) fn encode_event(event: &Event, to: &mut Vec<u8>) -> Result<(), postcard::Error> {
    let before = to.len();
    postcard::to_io(event, &mut *to).map(drop).inspect_err(|_| to.truncate(before))
}

/// The events of a decompressed block. `None` unless there are exactly `count` of them in exactly these bytes.
pub(super) fn decode_events(mut bytes: &[u8], count: u32) -> Option<Vec<Event>> {
    // An event takes a byte at the very least, so a lying count reserves no more than the block is long.
    let mut events = Vec::with_capacity(bytes.len().min(count as usize));
    for _ in 0..count {
        let (event, rest) = postcard::take_from_bytes(bytes).ok()?;
        events.push(event);
        bytes = rest;
    }
    bytes.is_empty().then_some(events)
}
