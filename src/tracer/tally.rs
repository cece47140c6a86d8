//! Counts what was read.

use super::decode::decode;
use crate::model::event::{Event, PerKind};

/// Records that were read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    /// Those that made sense.
    pub(super) delivered: PerKind,
    /// Those that made none.
    pub(super) malformed: u64,
}

impl Tally {
    /// Decodes a record and counts it. `page_bytes` is the machine's page size.
    pub(super) fn decode(&mut self, bytes: &[u8], page_bytes: u64) -> Option<Event> {
        if let Ok((kind, event)) = decode(bytes, page_bytes) {
            *self.delivered.get_mut(kind) += 1;
            Some(event)
        } else {
            self.malformed += 1;
            None
        }
    }

    /// Both together.
    pub(super) fn with(mut self, other: &Self) -> Self {
        self.delivered.add(&other.delivered);
        self.malformed += other.malformed;
        self
    }
}
