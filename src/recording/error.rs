//! What can be wrong with a recording, each in one line with the way out.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::format::VERSION;

/// Why nothing at all can be read from a recording.
#[derive(Debug)]
pub struct OpenError {
    path: Option<PathBuf>,
    kind: OpenErrorKind,
}

/// The cases of [`OpenError`].
#[derive(Debug)]
#[non_exhaustive]
pub enum OpenErrorKind {
    /// The operating system did not let us open or read it.
    Io(io::Error),
    /// It is a directory.
    Directory,
    /// There is not a single byte.
    Empty,
    /// It does not begin as recordings do.
    Foreign,
    /// Its format is newer than this program.
    Newer {
        /// The version of its format.
        version: u16,
    },
    /// Its format is older than what this program reads.
    Older {
        /// The version of its format.
        version: u16,
    },
    /// It ends within its header.
    Truncated,
    /// Its header contradicts its checksum or the format.
    Damaged,
}

impl OpenError {
    pub(super) fn new(path: Option<&Path>, kind: OpenErrorKind) -> Self {
        Self { path: path.map(Path::to_owned), kind }
    }

    /// Which case it is.
    pub fn kind(&self) -> &OpenErrorKind {
        &self.kind
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        name(self.path.as_deref(), f)?;
        match &self.kind {
            OpenErrorKind::Io(error) => {
                write!(f, ": cannot be read: {error}; check the path and its permissions")
            }
            OpenErrorKind::Directory => f.write_str(" is a directory; name the recording in it"),
            OpenErrorKind::Empty => {
                f.write_str(" is empty, not a proctop recording; make one with `proctop record -o FILE`")
            }
            OpenErrorKind::Foreign => {
                f.write_str(" is not a proctop recording; make one with `proctop record -o FILE`")
            }
            OpenErrorKind::Newer { version } if *version > VERSION => write!(
                f,
                " was recorded by a newer proctop (format {version}; this one reads {VERSION}): update proctop"
            ),
            OpenErrorKind::Newer { .. } => f.write_str(
                " was recorded by a newer proctop, with an extension that this one lacks: update proctop",
            ),
            OpenErrorKind::Older { version } => write!(
                f,
                " was recorded by an older proctop (format {version}; this one reads {VERSION}): record again, or open it \
                 with that version"
            ),
            OpenErrorKind::Truncated => {
                f.write_str(" was cut off before its first event: nothing in it can be read; record again")
            }
            OpenErrorKind::Damaged => f.write_str(
                " is damaged in its header: nothing in it can be read; copy it again from its origin",
            ),
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            OpenErrorKind::Io(error) => Some(error),
            _ => None,
        }
    }
}

/// The operating system failed to read on in the midst of a recording.
#[derive(Debug)]
pub struct ReadError {
    pub(super) path: Option<PathBuf>,
    pub(super) at_offset: u64,
    pub(super) source: io::Error,
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        name(self.path.as_deref(), f)?;
        let Self { at_offset, source, .. } = self;
        write!(f, ": cannot be read on at byte {at_offset}: {source}; copy it to a sound disk and open that")
    }
}

impl std::error::Error for ReadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

/// A path as an error shows it: quoted and escaped, so that it stays on its line and moves no cursor.
fn name(path: Option<&Path>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match path {
        Some(path) => write!(f, "{path:?}"),
        None => f.write_str("the input"),
    }
}

/// How a recording ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With [`What::End`](crate::model::event::What::End), and nothing behind it.
    Clean,
    /// Otherwise: everything before the offset was read, nothing from there on.
    Cut {
        /// Where the readable part ends, in bytes from the start of the recording.
        at_offset: u64,
        /// How many bytes there are from that offset on, as far as they could be counted.
        unread_bytes: u64,
        /// What was found there.
        reason: CutReason,
    },
}

impl Ending {
    /// Whether it is [`Ending::Clean`].
    pub const fn is_clean(&self) -> bool {
        matches!(self, Self::Clean)
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clean => f.write_str("complete"),
            Self::Cut { unread_bytes: 0, reason, at_offset } => write!(f, "{reason} (byte {at_offset})"),
            Self::Cut { at_offset, unread_bytes, reason } => {
                write!(f, "{reason}: {unread_bytes} bytes from byte {at_offset} on are not read")
            }
        }
    }
}

/// Why reading stopped before a clean end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CutReason {
    /// The last block is whole, but the stream's end is not there.
    NoEnd,
    /// The bytes end within a block.
    Truncated,
    /// The bytes are not a block.
    Garbage,
    /// A block states lengths beyond the format's limits.
    Limits,
    /// A block contradicts its checksum.
    Checksum,
    /// A block's checksum holds, but its content is not what it states.
    Content,
    /// Bytes follow the stream's end.
    AfterEnd,
    /// The operating system failed to read on; [`ReadError`] told why.
    Unreadable,
}

impl fmt::Display for CutReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoEnd => "cut off, or still being written",
            Self::Truncated => "cut off in the midst of a block, or still being written",
            Self::Garbage => "something else follows the last whole block",
            Self::Limits => "damaged: a block states impossible lengths",
            Self::Checksum => "damaged: a block's checksum is wrong",
            Self::Content => "damaged: a block's content is wrong",
            Self::AfterEnd => "something else follows the end of the recording",
            Self::Unreadable => "could not be read on",
        })
    }
}
