//! Where the screen's events come from: the tracer or a recording. Both send the same messages.

use std::path::Path;

use crossbeam_channel::{Receiver, bounded};

use crate::app::error::Error;
use crate::app::part::Part;
use crate::model::event::Source;
use crate::tracer::Message;

/// Blocks in flight between the reader of a recording and the screen.
const CHANNEL_BLOCKS: usize = 4;

/// A recording being read in a thread of its own.
pub(super) struct Replay {
    pub(super) source: Source,
    pub(super) messages: Receiver<Message>,
    /// Comes when all has been read: what is to be said about the end, if anything.
    pub(super) ending: Receiver<Option<String>>,
}

/// Begins to read a recording, of which `pid` and its descendants are wanted, or all.
///
/// # Errors
/// When it can't be opened, is none, or has no such process.
pub(super) fn replay(path: &Path, pid: Option<u32>) -> Result<Replay, Error> {
    let mut part = Part::open(path, pid)?;
    let source = part.source().clone();
    let (sender, messages) = bounded(CHANNEL_BLOCKS);
    let (told, ending) = bounded(1);
    std::thread::Builder::new()
        .name("recording".into())
        .spawn(move || {
            let note = loop {
                match part.next_block() {
                    Ok(Some(events)) => {
                        if sender.send(Message::Batch(events)).is_err() {
                            return;
                        }
                    }
                    Ok(None) => break note(&part),
                    Err(error) => break Some(error.to_string()),
                }
            };
            let _ = told.send(note);
        })
        .map_err(|error| Error::System { doing: "cannot read the recording", error })?;
    Ok(Replay { source, messages, ending })
}

/// What is to be said about the end, if anything.
fn note(part: &Part) -> Option<String> {
    match part.ending() {
        Ok(ending) => ending.filter(|ending| !ending.is_clean()).map(|ending| ending.to_string()),
        Err(error) => Some(error.to_string().trim_start_matches("proctop: ").to_owned()),
    }
}
