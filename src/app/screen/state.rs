//! Files that proctop keeps for the user: what was copied, and what was typed. They are written by the thread that acts as
//! the invoking user, in that user's own directory: in one that others can write to, their names would be traps.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use crate::command::InvokingUser;
use crate::recording::{self, OutputFile, Owner};
use crate::text;

/// Where proctop keeps what is not worth a backup, as the XDG Base Directory Specification has it. Of another user than
/// the one who runs it nothing in the environment tells.
pub(super) fn directory(user: Option<&InvokingUser>) -> Option<PathBuf> {
    let state = match user {
        Some(user) => user.home.as_ref()?.join(".local/state"),
        None => {
            let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
            absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")))?
        }
    };
    Some(state.join("proctop"))
}

/// Writes a file, with the directories above it; tells where it is.
///
/// # Errors
/// Why not, in one line.
pub(super) fn write(
    path: &Path,
    owner: Option<Owner>,
    write: impl FnOnce(&mut OutputFile) -> io::Result<()>,
) -> Result<String, String> {
    let shown = text::sanitise(path.as_os_str().as_encoded_bytes()).into_owned();
    let failed = |error: io::Error| format!("cannot write to {shown}: {error}");
    if let Some(directory) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(failed)?;
    }
    let mut file = recording::create(path, owner).map_err(|error| error.to_string())?;
    // A pipe or a device would give away what only a file of the user's own is to hold.
    if !file.is_regular().map_err(failed)? {
        return Err(format!("cannot write to {shown}: something else is there"));
    }
    write(&mut file).map_err(failed)?;
    Ok(shown)
}
