//! Where the screen's events come from: the tracer or a recording. Both send the same messages.

use std::path::Path;

use crossbeam_channel::{Receiver, bounded};

use crate::app::error::Error;
use crate::model::event::Source;
use crate::recording::Reader;
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

/// Begins to read a recording.
///
/// # Errors
/// When it can't be opened, or is none.
pub(super) fn replay(path: &Path) -> Result<Replay, Error> {
    let mut reader = Reader::open(path)?;
    let source = reader.source().clone();
    let (sender, messages) = bounded(CHANNEL_BLOCKS);
    let (told, ending) = bounded(1);
    std::thread::Builder::new()
        .name("recording".into())
        .spawn(move || {
            let note = loop {
                match reader.next_block() {
                    Ok(Some(events)) => {
                        if sender.send(Message::Batch(events)).is_err() {
                            return;
                        }
                    }
                    Ok(None) => {
                        break reader
                            .ending()
                            .filter(|ending| !ending.is_clean())
                            .map(|ending| ending.to_string());
                    }
                    Err(error) => break Some(error.to_string()),
                }
            };
            let _ = told.send(note);
        })
        .map_err(|error| Error::System { doing: "cannot read the recording", error })?;
    Ok(Replay { source, messages, ending })
}
