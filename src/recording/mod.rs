//! Recordings: a stream of [`Event`](crate::model::event::Event)s in a file, and back.
//!
//! [`mod@format`] says how the bytes lie, precisely enough to write another reader. [`Writer`] puts events into any
//! [`std::io::Write`], [`Reader`] takes them out of any [`std::io::Read`] (a file, a pipe, a `&[u8]`), block by block in
//! bounded memory. [`mod@file`] opens the files safely, since whoever records is often root on someone else's behalf.
//!
//! A recording must be worth something whatever happened to it: full disk, power cut, a bad copy. So every block
//! stands alone under its own checksum; a reader yields all whole blocks before the first damage, then tells with
//! [`Reader::ending`] whether the stream ended in order and, if not, where and why it was cut.

pub mod error;
pub mod file;
pub mod format;
mod output_file;
mod reader;
mod user_file;
mod writer;

#[cfg(test)]
mod tests;

pub use error::{CutReason, Ending, OpenError, OpenErrorKind, ReadError};
pub use file::{CreateError, Owner, act_as, is_same_file};
pub use output_file::{OutputFile, create};
pub use reader::Reader;
pub use user_file::read_own;
pub use writer::Writer;
