//! What the user asked for about a process and the view can't do itself: copies, and signals.

use super::App;
use crate::app::row;
use crate::command::signal_process;
use crate::model::event::ProcessId;
use crate::text;

/// The most bytes that are given to a terminal to be copied: what of base64 fits into the 100,000 bytes that several
/// terminals take of such a sequence.
const MOST_COPIED: usize = 74_994;

/// Whether this terminal is known to take no copies: the console of Linux, and what is none.
fn takes_no_copies() -> bool {
    let term = std::env::var("TERM").unwrap_or_default();
    matches!(term.as_str(), "" | "linux" | "dumb") || term.starts_with("vt")
}

impl App<'_> {
    /// Gives a text to the terminal, to be pasted elsewhere (OSC 52); where it takes none, to a file.
    pub(super) fn copy(&mut self, what: &str, text: String) {
        let bytes = text.into_bytes();
        let to_file = takes_no_copies() || bytes.len() > MOST_COPIED;
        if !to_file {
            // Should the terminal be gone, the next frame tells.
            let _ = self.screen.copy(&bytes);
            let length = text::bytes(bytes.len() as u64);
            self.picture.answer(&format!(
                "{what} copied ({length}), if this terminal lets programs copy; the menu can write it to a file"
            ));
        }
        self.copied = Some(bytes);
        if to_file {
            self.write_copied();
        }
    }

    pub(super) fn copy_row(&mut self, id: ProcessId) {
        let row = {
            let scene = self.picture.scene();
            let tree = scene.model.tree();
            let process = tree.find(id).and_then(|key| tree.get(key));
            let user = process.and_then(|process| scene.users.get(&process.uids().effective));
            row::json(scene.model, id, scene.now_ns, user.map(String::as_str))
        };
        match row {
            Some(row) => self.copy("row", row),
            None => self.picture.answer("that process is no longer kept"),
        }
    }

    /// Writes what was copied last to a file; the answer comes when that is done.
    pub(super) fn write_copied(&mut self) {
        let Some(copied) = self.copied.clone() else { return self.picture.answer("nothing was copied yet") };
        if let Err(refused) = self.saver.keep_copied(copied) {
            self.picture.answer(refused);
        }
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
