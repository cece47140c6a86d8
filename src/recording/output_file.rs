//! A file that a user named to be written: as it was until the first byte, and gone again if that never comes.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::fcntl::{FcntlArg, OFlag, fcntl};

use super::file::{CreateError, Identity, Owner, create_as};

/// A file, pipe or character device that is open for writing.
///
/// When it goes and nothing was written, a file that was created for it is removed: a run that fails before its first
/// event leaves none behind. That takes the owner's rights; where proctop has given up the right to act as the owner,
/// the empty file stays.
#[derive(Debug)]
pub struct OutputFile {
    file: File,
    path: PathBuf,
    owner: Option<Owner>,
    /// It was created, and nothing is in it.
    is_new: bool,
}

/// Creates a file for writing with mode 0600, or opens the regular file that is there, whose mode and owner stay, and
/// whose contents stay until [`OutputFile::begin`]. Pipes with a reader and character devices such as `/dev/null` are
/// taken as they are.
///
/// With `owner`, that user's rights and primary group decide, not those of root; only the calling thread is affected, and
/// only meanwhile. Supplementary groups are those that the process has: the caller sees to it that they are the user's.
///
/// # Errors
/// When the system or the owner's rights forbid it, and for symbolic links, directories and block devices.
pub fn create(path: &Path, owner: Option<Owner>) -> Result<OutputFile, CreateError> {
    let (file, is_new) = create_as(path, owner).map_err(|kind| CreateError::new(path, kind))?;
    Ok(OutputFile { file, path: path.to_owned(), owner, is_new })
}

impl OutputFile {
    /// Empties it, if it is a regular file: right before the first byte, so that a run which fails earlier costs nobody
    /// what stood there.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn begin(&self) -> io::Result<()> {
        if self.is_regular()? { self.file.set_len(0) } else { Ok(()) }
    }

    /// From now on everything goes behind what is there, also behind what others write meanwhile.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn append(&self) -> io::Result<()> {
        let flags = OFlag::from_bits_retain(fcntl(&self.file, FcntlArg::F_GETFL)?);
        fcntl(&self.file, FcntlArg::F_SETFL(flags | OFlag::O_APPEND))?;
        Ok(())
    }

    /// It stays, whether or not anything is written.
    pub fn keep(&mut self) {
        self.is_new = false;
    }

    /// Whether it was created for this, and nothing was written yet.
    pub fn is_new(&self) -> bool {
        self.is_new
    }

    /// Whether it is a regular file: something that can hold what is to be spared.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn is_regular(&self) -> io::Result<bool> {
        Ok(self.file.metadata()?.is_file())
    }

    /// Whether the path still leads to it: meanwhile somebody may have put something else there.
    fn is_at_its_path(&self) -> io::Result<bool> {
        let (own, there) = (self.file.metadata()?, fs::symlink_metadata(&self.path)?);
        Ok((own.dev(), own.ino()) == (there.dev(), there.ino()))
    }
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.is_new &= written == 0;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for OutputFile {
    fn drop(&mut self) {
        if !self.is_new {
            return;
        }
        let Ok(_identity) = Identity::assume(self.owner) else { return };
        if self.is_at_its_path().unwrap_or(false) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, chown};

    use nix::unistd::geteuid;

    use super::*;

    #[test]
    fn a_file_that_was_created_in_vain_goes_again() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("new");
        let output = create(&path, None).unwrap();
        assert!(path.exists());
        output.begin().unwrap();
        drop(output);
        assert!(!path.exists());
        create(&path, None).unwrap().write_all(b"x").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"x");
    }

    #[test]
    fn what_was_there_stays_also_where_it_was_empty() {
        let directory = tempfile::tempdir().unwrap();
        for text in ["", "old"] {
            let path = directory.path().join("there");
            fs::write(&path, text).unwrap();
            drop(create(&path, None).unwrap());
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
    }

    #[test]
    fn what_somebody_else_put_in_its_place_stays() {
        let directory = tempfile::tempdir().unwrap();
        let (path, other) = (directory.path().join("new"), directory.path().join("other"));
        let output = create(&path, None).unwrap();
        fs::write(&other, "").unwrap();
        fs::rename(&other, &path).unwrap();
        drop(output);
        assert!(path.exists());
    }

    /// Root could remove it anywhere.
    #[test]
    fn it_is_removed_with_the_rights_of_its_owner() {
        if !geteuid().is_root() {
            eprintln!("not root: nothing to test");
            return;
        }
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("theirs");
        let owner = Owner { uid: 1000, gid: 1000 };
        for (mode, stays) in [(0o755, false), (0o555, true)] {
            chown(directory.path(), Some(owner.uid), Some(owner.gid)).unwrap();
            fs::set_permissions(directory.path(), PermissionsExt::from_mode(0o755)).unwrap();
            let output = create(&path, Some(owner)).unwrap();
            fs::set_permissions(directory.path(), PermissionsExt::from_mode(mode)).unwrap();
            drop(output);
            assert_eq!(path.exists(), stays, "{mode:o}");
        }
    }
}
