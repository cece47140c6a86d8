//! Events out of a recording, whatever became of it.

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use zstd::bulk::Decompressor;

use super::error::{CutReason, Ending, OpenError, OpenErrorKind, ReadError};
use super::file;
use super::format::{
    BLOCK_HEADER_LEN, BlockHeader, HEADER_REST_LEN, HeaderRest, MAGIC, MARKER, MAX_SOURCE, MUST_KNOW_FLAGS,
    PREAMBLE_LEN, VERSION, decode_events,
};
use crate::model::event::{Event, Source, What};

/// Reads a recording block by block. Nothing in it is trusted: memory is bounded by the limits of [`super::format`],
/// whatever it states, and only blocks that are whole and undamaged yield events.
///
/// Works on any reader: `Reader::new(&bytes[..])` is the entry for fuzzing. As an iterator it yields whole blocks.
pub struct Reader<R = File> {
    from: BufReader<R>,
    path: Option<PathBuf>,
    source: Source,
    /// Where the next block begins.
    offset: u64,
    ended: bool,
    ending: Option<Ending>,
    decompressor: Decompressor<'static>,
    /// The block at hand as it stands in the file, as far as it was read.
    block: Vec<u8>,
    raw: Vec<u8>,
}

/// Why there is no next block: an ending, or the system's failure.
enum Stop {
    Cut(CutReason),
    Io(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Reader<File> {
    /// Opens a recording by its path; see [`file::open`] for what is accepted.
    ///
    /// # Errors
    /// When it cannot be opened, is no recording, is of a newer format or has no whole header.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        let path = path.as_ref();
        let fail = |kind| OpenError::new(Some(path), kind);
        let file = file::open(path).map_err(fail)?;
        let mut reader = Self::begin(file).map_err(fail)?;
        reader.path = Some(path.to_owned());
        Ok(reader)
    }
}

impl<R: Read> Reader<R> {
    /// Reads the header. The reader is buffered here.
    ///
    /// # Errors
    /// When it is no recording, is of a newer format, has no whole header or cannot be read.
    pub fn new(from: R) -> Result<Self, OpenError> {
        Self::begin(from).map_err(|kind| OpenError::new(None, kind))
    }

    fn begin(from: R) -> Result<Self, OpenErrorKind> {
        let mut from = BufReader::new(from);
        let (source, offset) = read_header(&mut from)?;
        Ok(Self {
            from,
            path: None,
            source,
            offset,
            ended: false,
            ending: None,
            decompressor: Decompressor::new().map_err(OpenErrorKind::Io)?,
            block: Vec::new(),
            raw: Vec::new(),
        })
    }

    /// Where the events come from.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// How the recording ended; `None` until there is no further block. After an error it is a cut.
    pub fn ending(&self) -> Option<Ending> {
        self.ending
    }

    /// How many bytes have been read as whole blocks, with the header: for a progress display.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The events of the next whole block (never an empty list), or `None` when there is no further one; then
    /// [`Reader::ending`] tells why. Damage is an ending, not an error.
    ///
    /// On a cut, what remains is read through once to count it; on a pipe that takes until its writers close it.
    ///
    /// # Errors
    /// When the operating system fails to read. The reader has ended then.
    pub fn next_block(&mut self) -> Result<Option<Vec<Event>>, ReadError> {
        if self.ending.is_some() {
            return Ok(None);
        }
        match self.read_block() {
            Ok(Some(events)) => return Ok(Some(events)),
            Ok(None) if self.ended => self.ending = Some(Ending::Clean),
            Ok(None) => self.ending = Some(self.cut(0, CutReason::NoEnd)),
            Err(Stop::Cut(reason)) => {
                let seen = self.block.len() as u64;
                // Bytes that cannot be read cannot be counted either; the cut itself is what matters.
                let rest = io::copy(&mut self.from, &mut io::sink()).unwrap_or(0);
                self.ending = Some(self.cut(seen.saturating_add(rest), reason));
            }
            Err(Stop::Io(source)) => {
                self.ending = Some(self.cut(self.block.len() as u64, CutReason::Unreadable));
                return Err(ReadError { path: self.path.clone(), at_offset: self.offset, source });
            }
        }
        Ok(None)
    }

    /// Bytes that the buffers hold at the moment.
    #[cfg(test)]
    pub(super) fn buffered(&self) -> usize {
        self.block.capacity() + self.raw.capacity()
    }

    fn cut(&self, unread_bytes: u64, reason: CutReason) -> Ending {
        Ending::Cut { at_offset: self.offset, unread_bytes, reason }
    }

    /// Reads one block into `self.block`; on failure that is what was consumed of it.
    fn read_block(&mut self) -> Result<Option<Vec<Event>>, Stop> {
        self.block.clear();
        read_up_to(&mut self.from, BLOCK_HEADER_LEN as u64, &mut self.block)?;
        if self.block.is_empty() {
            return Ok(None);
        }
        if self.ended {
            return Err(Stop::Cut(CutReason::AfterEnd));
        }
        let header = self.block_header().map_err(Stop::Cut)?;
        read_up_to(&mut self.from, header.payload_len.into(), &mut self.block)?;
        let events = self.decode_payload(&header).map_err(Stop::Cut)?;
        self.offset = self.offset.saturating_add(self.block.len() as u64);
        Ok(Some(events))
    }

    fn block_header(&self) -> Result<BlockHeader, CutReason> {
        let bytes = self.block.as_slice();
        let Ok(bytes) = bytes.try_into() else {
            let marked = bytes.iter().zip(MARKER).all(|(&byte, marker)| byte == marker);
            return Err(if marked { CutReason::Truncated } else { CutReason::Garbage });
        };
        let header = BlockHeader::decode(bytes).ok_or(CutReason::Garbage)?;
        if header.within_limits() { Ok(header) } else { Err(CutReason::Limits) }
    }

    fn decode_payload(&mut self, header: &BlockHeader) -> Result<Vec<Event>, CutReason> {
        let payload = self.block.get(BLOCK_HEADER_LEN..).unwrap_or_default();
        if payload.len() < header.payload_len as usize {
            return Err(CutReason::Truncated);
        }
        if !header.matches(payload) {
            return Err(CutReason::Checksum);
        }
        // zstd writes into the capacity and never beyond it: a bomb ends there.
        let raw_len = header.raw_len as usize;
        self.raw.clear();
        self.raw.reserve_exact(raw_len);
        let length = self.decompressor.decompress_to_buffer(payload, &mut self.raw);
        if length.ok() != Some(raw_len) {
            return Err(CutReason::Content);
        }
        let events = decode_events(&self.raw, header.events).ok_or(CutReason::Content)?;
        let end = events.iter().position(|event| matches!(event.what, What::End(_)));
        if end.is_some_and(|end| end + 1 < events.len()) {
            return Err(CutReason::Content);
        }
        self.ended = end.is_some();
        Ok(events)
    }
}

impl<R: Read> Iterator for Reader<R> {
    type Item = Result<Vec<Event>, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_block().transpose()
    }
}

impl<R> fmt::Debug for Reader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Reader");
        shown.field("path", &self.path).field("source", &self.source).field("offset", &self.offset);
        shown.field("ending", &self.ending).finish_non_exhaustive()
    }
}

/// The source, and the length of the header.
fn read_header(from: &mut impl Read) -> Result<(Source, u64), OpenErrorKind> {
    let mut read = |length: usize| {
        let mut part = Vec::new();
        read_up_to(from, length as u64, &mut part).map(|()| part).map_err(OpenErrorKind::Io)
    };
    let preamble = read(PREAMBLE_LEN)?;
    let version = check_preamble(&preamble)?;
    let rest: [u8; HEADER_REST_LEN] =
        read(HEADER_REST_LEN)?.try_into().map_err(|_| OpenErrorKind::Truncated)?;
    let rest = HeaderRest::decode(&rest);
    if rest.source_len > MAX_SOURCE {
        return Err(OpenErrorKind::Damaged);
    }
    let source = read(rest.source_len as usize)?;
    if source.len() < rest.source_len as usize {
        return Err(OpenErrorKind::Truncated);
    }
    if !rest.matches(version, &source) {
        return Err(OpenErrorKind::Damaged);
    }
    if rest.flags & MUST_KNOW_FLAGS != 0 {
        return Err(OpenErrorKind::Newer { version });
    }
    match postcard::take_from_bytes(&source) {
        Ok((source, [])) => {
            Ok((source, (PREAMBLE_LEN + HEADER_REST_LEN) as u64 + u64::from(rest.source_len)))
        }
        _ => Err(OpenErrorKind::Damaged),
    }
}

/// The version, if these are a recording's first bytes and this program reads that version.
fn check_preamble(bytes: &[u8]) -> Result<u16, OpenErrorKind> {
    if bytes.is_empty() {
        return Err(OpenErrorKind::Empty);
    }
    if bytes.iter().zip(MAGIC).any(|(&byte, magic)| byte != magic) {
        return Err(OpenErrorKind::Foreign);
    }
    let Some(&[low, high]) = bytes.get(MAGIC.len()..) else {
        return Err(OpenErrorKind::Truncated);
    };
    match u16::from_le_bytes([low, high]) {
        VERSION => Ok(VERSION),
        version if version > VERSION => Err(OpenErrorKind::Newer { version }),
        // There never was a version 0.
        0 => Err(OpenErrorKind::Damaged),
        version => Err(OpenErrorKind::Older { version }),
    }
}

/// Appends up to `length` bytes, fewer only at the end of the input. Grows with what is there, not with what is
/// promised.
fn read_up_to(from: &mut impl Read, length: u64, to: &mut Vec<u8>) -> io::Result<()> {
    from.by_ref().take(length).read_to_end(to).map(drop)
}
