//! What the user typed in former runs, in a file of the user's own. That there is none tells that this is the first run.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::save::Saver;
use super::state;
use crate::recording::{self, OutputFile, Owner};
use crate::ui::Ui;

/// The file's name.
const NAME: &str = "history";
/// The longest file that is read, in bytes: no line is longer than 4 KiB, and some hundreds are kept.
const MAX_BYTES: u64 = 4 << 20;
/// A file of so many bytes is written anew, without what is no longer kept of it.
const LONG_BYTES: u64 = 64 << 10;

/// What is remembered from former runs.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Memory {
    /// Untrusted.
    pub(super) typed: String,
    /// There is no file yet, but there can be one.
    pub(super) is_first: bool,
    /// There is more in the file than is worth keeping.
    pub(super) is_long: bool,
}

impl Memory {
    /// Reads the file in the directory `state` as the invoking user. Whatever is wrong with it, it is only not there:
    /// nobody waits for it.
    pub(super) fn read(state: Option<&Path>, owner: Option<Owner>) -> Self {
        let Some(path) = state.map(file) else { return Self::default() };
        match recording::read_own(&path, owner, MAX_BYTES) {
            Ok(Some(bytes)) => Self {
                is_long: bytes.len() as u64 > LONG_BYTES,
                typed: String::from_utf8_lossy(&bytes).into_owned(),
                is_first: false,
            },
            Ok(None) => Self { is_first: is_missing(&path), ..Self::default() },
            Err(_) => Self::default(),
        }
    }
}

/// What is still to be written.
#[derive(Debug, Default)]
pub(super) struct Pending {
    typed: String,
    anew: bool,
    /// There is something to write, if only the file itself.
    is_due: bool,
    is_orienting: bool,
}

impl Pending {
    /// For a screen that begins with this.
    pub(super) fn new(memory: &Memory, ui: &Ui) -> Self {
        let (anew, typed) = if memory.is_long { (true, ui.typed()) } else { (false, String::new()) };
        Self { typed, anew, is_due: anew, is_orienting: ui.is_orienting() }
    }

    /// Takes in what has come by a key.
    pub(super) fn gather(&mut self, ui: &mut Ui) {
        self.typed += &ui.take_newly_typed();
        let is_over = std::mem::replace(&mut self.is_orienting, ui.is_orienting()) && !ui.is_orienting();
        self.is_due |= is_over || !self.typed.is_empty();
    }

    /// Has it written if that is possible at the moment.
    pub(super) fn hand_to(&mut self, saver: &Saver) {
        if self.is_due && saver.remember(&self.typed, self.anew).is_ok() {
            *self = Self { is_orienting: self.is_orienting, ..Self::default() };
        }
    }
}

fn file(state: &Path) -> PathBuf {
    state.join(NAME)
}

/// It is not there, rather than out of reach.
fn is_missing(path: &Path) -> bool {
    path.symlink_metadata().is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}

/// Adds to the file, or puts this in the place of what is in it.
///
/// # Errors
/// Why not, in one line.
pub(super) fn write(
    state: Option<&Path>,
    owner: Option<Owner>,
    typed: &str,
    anew: bool,
) -> Result<String, String> {
    let state = state.ok_or("no home directory is known")?;
    let add = |out: &mut OutputFile| {
        if anew { out.begin() } else { out.append() }?;
        out.write_all(typed.as_bytes())?;
        out.keep();
        Ok(())
    };
    state::write(&file(state), owner, add)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_was_written_is_read_and_only_the_first_run_is_the_first() {
        let home = tempfile::tempdir().unwrap();
        let state = home.path().join("a/b");
        let read = || Memory::read(Some(&state), None);
        assert_eq!(read(), Memory { is_first: true, ..Memory::default() });
        write(Some(&state), None, "", false).unwrap();
        assert_eq!(read(), Memory::default());
        write(Some(&state), None, "filter\ta\n", false).unwrap();
        write(Some(&state), None, "filter\tb\n", false).unwrap();
        assert_eq!(read().typed, "filter\ta\nfilter\tb\n");
        assert_eq!(fs::metadata(state.join(NAME)).unwrap().permissions().mode() & 0o777, 0o600);
        write(Some(&state), None, &"x".repeat(70_000), false).unwrap();
        assert!(read().is_long);
        write(Some(&state), None, "filter\tb\n", true).unwrap();
        assert_eq!(read(), Memory { typed: "filter\tb\n".to_owned(), ..Memory::default() });
    }

    #[test]
    fn where_nothing_can_be_kept_no_run_is_the_first() {
        assert_eq!(Memory::read(None, None), Memory::default());
        assert_eq!(Memory::read(Some(Path::new("/dev/null/proctop")), None), Memory::default());
        assert!(write(Some(Path::new("/dev/null/proctop")), None, "x", false).is_err());
    }
}
