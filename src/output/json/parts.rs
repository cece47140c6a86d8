//! What the lines are made of: text and numbers that may be absent, and the small objects within a line.

use std::io::{self, Write};

use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::ser::Formatter;

use crate::model::event::{Killer, Kind, PerKind};
use crate::text::sanitise::is_printable;

/// Escapes what JSON allows in a string but a terminal could act on: DEL, C1 and bidi controls, the invisible.
pub(super) struct TerminalSafe;

impl Formatter for TerminalSafe {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        if fragment.bytes().all(|b| b < 0x7f) {
            return writer.write_all(fragment.as_bytes());
        }
        let mut rest = fragment;
        while let Some((at, c)) = rest.char_indices().find(|&(_, c)| !is_printable(c)) {
            let (before, after) = rest.split_at(at);
            writer.write_all(before.as_bytes())?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = after.strip_prefix(c).unwrap_or_default();
        }
        writer.write_all(rest.as_bytes())
    }
}

pub(super) fn flag<M: SerializeMap>(map: &mut M, name: &'static str, set: bool) -> Result<(), M::Error> {
    if set { map.serialize_entry(name, &true) } else { Ok(()) }
}

pub(super) fn nonzero<M: SerializeMap>(map: &mut M, name: &'static str, n: u64) -> Result<(), M::Error> {
    if n > 0 { map.serialize_entry(name, &n) } else { Ok(()) }
}

pub(super) fn text<M: SerializeMap>(
    map: &mut M,
    name: &'static str,
    name_b64: &'static str,
    bytes: &[u8],
) -> Result<(), M::Error> {
    map.serialize_entry(name, &Lossy(bytes))?;
    if std::str::from_utf8(bytes).is_err() { map.serialize_entry(name_b64, &Base64(bytes)) } else { Ok(()) }
}

pub(super) fn texts<'a, M: SerializeMap>(
    map: &mut M,
    name: &'static str,
    name_b64: &'static str,
    list: impl Iterator<Item = &'a [u8]> + Clone,
) -> Result<(), M::Error> {
    map.serialize_entry(name, &List(list.clone().map(Lossy)))?;
    if list.clone().any(|bytes| std::str::from_utf8(bytes).is_err()) {
        map.serialize_entry(name_b64, &List(list.map(Base64)))?;
    }
    Ok(())
}

struct List<I>(I);

impl<I: Iterator<Item: Serialize> + Clone> Serialize for List<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.clone())
    }
}

struct Lossy<'a>(&'a [u8]);

impl Serialize for Lossy<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&String::from_utf8_lossy(self.0))
    }
}

struct Base64<'a>(&'a [u8]);

impl Serialize for Base64<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&Base64Display::new(self.0, &STANDARD))
    }
}

/// `{"fork":12,"exec":3}`
pub(super) struct Counts<'a> {
    pub(super) of: &'a PerKind,
    pub(super) zeros: bool,
}

impl Serialize for Counts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let counts = Kind::ALL.iter().map(|&kind| (kind.name(), self.of.get(kind)));
        serializer.collect_map(counts.filter(|&(_, n)| self.zeros || n > 0))
    }
}

/// As `ProcessId`, but its JSON does not follow changes of the recording's format.
#[derive(serde::Serialize)]
pub(super) struct Id {
    pub(super) pid: u32,
    pub(super) start_ns: u64,
}

/// `{"pid":…,"start_ns":…,"comm":…}` or `{"kernel":"oom"}`
pub(super) struct KilledBy(pub(super) Killer);

impl Serialize for KilledBy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self.0 {
            Killer::Process { id, comm } => {
                map.serialize_entry("pid", &id.pid)?;
                map.serialize_entry("start_ns", &id.start_ns)?;
                text(&mut map, "comm", "comm_b64", comm.as_bytes())?;
            }
            Killer::Kernel(cause) => map.serialize_entry("kernel", cause.name())?,
        }
        map.end()
    }
}
