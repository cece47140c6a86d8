//! What the user asked for about a process and the view can't do itself: copies, and signals.

use super::App;
use crate::app::row;
use crate::app::scribe::Scribe;
use crate::command::signal_process;
use crate::model::event::ProcessId;
use crate::text;

/// The most bytes that are given to a terminal to be copied: what of base64 fits into the 100,000 bytes that several
/// terminals take of such a sequence.
const MOST_COPIED: usize = 74_994;

/// Copies, and where they go.
pub(super) struct Copies {
    scribe: Option<Scribe>,
    last: Option<Vec<u8>>,
}

impl Copies {
    pub(super) const fn new(scribe: Option<Scribe>) -> Self {
        Self { scribe, last: None }
    }

    /// Writes what was copied last to a file; tells about it.
    fn write(&self) -> String {
        let Some(last) = &self.last else { return "nothing was copied yet".to_owned() };
        let written = match &self.scribe {
            Some(scribe) => scribe.write(last),
            None => Err("proctop may not act as you".to_owned()),
        };
        match written {
            Ok(path) => {
                format!("what was copied is in {}", text::sanitise(path.as_os_str().as_encoded_bytes()))
            }
            Err(reason) => format!("what was copied can't be written: {}", text::sanitise(reason.as_bytes())),
        }
    }
}

/// Whether this terminal is known to take no copies: the console of Linux, and what is none.
fn takes_no_copies() -> bool {
    let term = std::env::var("TERM").unwrap_or_default();
    matches!(term.as_str(), "" | "linux" | "dumb") || term.starts_with("vt")
}

impl App<'_> {
    /// Gives a text to the terminal, to be pasted elsewhere (OSC 52); where it takes none, to a file.
    pub(super) fn copy(&mut self, what: &str, text: String) {
        let bytes = text.into_bytes();
        let said = if takes_no_copies() || bytes.len() > MOST_COPIED {
            self.copies.last = Some(bytes);
            self.copies.write()
        } else {
            // Should the terminal be gone, the next frame tells.
            let _ = self.screen.copy(&bytes);
            let length = text::bytes(bytes.len() as u64);
            self.copies.last = Some(bytes);
            format!("{what} copied ({length}), if this terminal lets programs copy; m w writes it to a file")
        };
        self.picture.answer(&said);
    }

    pub(super) fn copy_row(&mut self, id: ProcessId) {
        let row = {
            let scene = self.picture.scene();
            let tree = scene.model.tree();
            let process = tree.find(id).and_then(|key| tree.get(key));
            let user = process.and_then(|process| scene.users.get(&process.uids.effective));
            row::json(scene.model, id, scene.now_ns, user.map(String::as_str))
        };
        match row {
            Some(row) => self.copy("row", row),
            None => self.picture.answer("that process is no longer kept"),
        }
    }

    pub(super) fn write_copied(&mut self) {
        let said = self.copies.write();
        self.picture.answer(&said);
    }

    /// Sends a signal to that process and to no other; tells what came of it.
    pub(super) fn signal(&mut self, id: ProcessId, signal: u8) {
        let name = text::signal_name(signal).into_owned();
        let said = match signal_process(id.pid, id.start_ns, signal) {
            Ok(()) => format!("{name} sent to {}", id.pid),
            Err(error) => format!("{name} not sent to {}: {error}", id.pid),
        };
        self.picture.answer(&said);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_copied_is_not_written() {
        assert_eq!(Copies::new(None).write(), "nothing was copied yet");
        let copies = Copies { scribe: None, last: Some(b"x".to_vec()) };
        assert!(copies.write().contains("can't be written"));
    }
}
