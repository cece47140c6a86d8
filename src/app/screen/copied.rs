//! The file that holds what was copied last, for terminals that take no copies. It is written by the thread that acts as the
//! invoking user, in that user's own directory: in one that others can write to, its name would be a trap.

use std::io::Write;
use std::path::Path;

use super::state;
use crate::recording::{OutputFile, Owner};

/// The file's name.
const NAME: &str = "copied";

/// Writes the file, with the directories above it; tells where it is.
///
/// # Errors
/// Why not, in one line.
pub(super) fn write(
    directory: Option<&Path>,
    owner: Option<Owner>,
    contents: &[u8],
) -> Result<String, String> {
    let directory = directory.ok_or("what was copied can't be written: no home directory is known")?;
    let write = |file: &mut OutputFile| file.begin().and_then(|()| file.write_all(contents));
    state::write(&directory.join(NAME), owner, write).map(|shown| format!("what was copied is in {shown}"))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
    use std::path::PathBuf;

    use nix::unistd::{Gid, Uid, geteuid};

    use super::super::state::directory;
    use super::*;
    use crate::app::screen::save::Saver;
    use crate::command::InvokingUser;

    const SOMEBODY: Owner = Owner { uid: 1000, gid: 1000 };

    fn user(home: &Path) -> InvokingUser {
        let (uid, gid) = (Uid::from_raw(1000), Gid::from_raw(1000));
        InvokingUser { uid, gid, groups: vec![gid], name: None, home: Some(home.to_owned()), shell: None }
    }

    /// A home of that user, and the thread that writes as them; `None` without the rights for that.
    fn start() -> Option<(tempfile::TempDir, Saver, PathBuf)> {
        if !geteuid().is_root() {
            eprintln!("not root: nothing to test");
            return None;
        }
        let home = tempfile::tempdir().unwrap();
        chown(home.path(), Some(1000), Some(1000)).unwrap();
        let directory = directory(Some(&user(home.path())));
        let saver = Saver::start(Ok(Some(SOMEBODY)), directory).unwrap();
        let path = home.path().join(".local/state/proctop/copied");
        Some((home, saver, path))
    }

    fn write(saver: &Saver, text: &str) -> String {
        saver.keep_copied(text.as_bytes().to_vec()).unwrap();
        saver.answers.recv().unwrap()
    }

    #[test]
    fn the_file_belongs_to_the_invoking_user_and_to_nobody_else() {
        let Some((_home, saver, path)) = start() else { return };
        for text in ["a long one", "short"] {
            assert_eq!(write(&saver, text), format!("what was copied is in {}", path.display()));
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
            let metadata = fs::metadata(&path).unwrap();
            assert_eq!((metadata.uid(), metadata.gid(), metadata.mode() & 0o777), (1000, 1000, 0o600));
            let directory = fs::metadata(path.parent().unwrap()).unwrap();
            assert_eq!((directory.uid(), directory.mode() & 0o777), (1000, 0o700));
        }
    }

    #[test]
    fn no_link_is_followed_and_no_right_is_lent() {
        let Some((home, saver, path)) = start() else { return };
        write(&saver, "x");
        let other = home.path().join("other");
        fs::write(&other, "precious").unwrap();
        fs::remove_file(&path).unwrap();
        symlink(&other, &path).unwrap();
        assert!(write(&saver, "y").contains("symbolic link"));
        fs::remove_file(&path).unwrap();
        // Root's own file there, which the user could not write.
        fs::write(&path, "root's").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(write(&saver, "z").contains("has no right"));
        let contents = [&other, &path].map(|path| fs::read_to_string(path).unwrap());
        assert_eq!(contents, ["precious", "root's"]);
    }

    #[test]
    fn without_a_home_there_is_no_file() {
        let nowhere = InvokingUser { home: None, ..user(Path::new("/")) };
        assert_eq!(directory(Some(&nowhere)), None);
        assert!(super::write(None, None, b"x").unwrap_err().contains("no home directory"));
    }
}
