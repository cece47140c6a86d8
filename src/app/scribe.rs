//! Who writes files for the user while the screen is shown: by then proctop has given up the right to act as that user, so a
//! thread that has become the user before does it.

use std::fs::DirBuilder;
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::command::{InvokingUser, rights};
use crate::recording::{self, Identity, Owner};

/// How long a file may take; its disk may be far away.
const PATIENCE: Duration = Duration::from_secs(2);
/// The file's name.
const COPIED: &str = "copied";

/// The writer. It has the rights of the invoking user and no others.
pub(super) struct Scribe {
    texts: Sender<Vec<u8>>,
    outcomes: Receiver<Result<PathBuf, String>>,
}

impl Scribe {
    /// Starts it. To be called before rights are given up, with the user's groups already taken; `None` when that fails.
    pub(super) fn start(user: Option<&InvokingUser>) -> Option<Self> {
        let owner = user.map(|user| Owner { uid: user.uid.as_raw(), gid: user.gid.as_raw() });
        let directory = directory(user);
        let (texts, to_write) = bounded::<Vec<u8>>(1);
        let (told, outcomes) = bounded(1);
        let write_all = move || {
            let identity = Identity::assume(owner).map_err(|_| "proctop may not act as you".to_owned());
            // Only after that: to become somebody takes a right.
            let _ = rights::keep_only(&[]);
            for text in to_write {
                let written = match (&identity, &directory) {
                    (Err(reason), _) => Err(reason.clone()),
                    (Ok(_), None) => Err("no home directory is known".to_owned()),
                    (Ok(_), Some(directory)) => write(directory, owner, &text),
                };
                if told.send(written).is_err() {
                    return;
                }
            }
        };
        std::thread::Builder::new().name("scribe".into()).spawn(write_all).ok()?;
        Some(Self { texts, outcomes })
    }

    /// Writes a text into the file and tells which that is.
    ///
    /// # Errors
    /// Why not, in one line.
    pub(super) fn write(&self, text: &[u8]) -> Result<PathBuf, String> {
        let slow = || "it takes too long".to_owned();
        // The outcome of one that took too long.
        while self.outcomes.try_recv().is_ok() {}
        self.texts.send_timeout(text.to_vec(), PATIENCE).map_err(|_| slow())?;
        self.outcomes.recv_timeout(PATIENCE).map_err(|_| slow())?
    }
}

/// Where programs keep what is not worth a backup, as the XDG Base Directory Specification has it. Of another user than
/// the one who runs it nothing in the environment tells.
fn directory(user: Option<&InvokingUser>) -> Option<PathBuf> {
    let state = match user {
        Some(user) => user.home.as_ref()?.join(".local/state"),
        None => {
            let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
            absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")))?
        }
    };
    Some(state.join("proctop"))
}

fn write(directory: &Path, owner: Option<Owner>, text: &[u8]) -> Result<PathBuf, String> {
    let path = directory.join(COPIED);
    let created = DirBuilder::new().recursive(true).mode(0o700).create(directory);
    created.map_err(|error| format!("{}: {error}", directory.display()))?;
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    let mut file = recording::create(&path, owner).map_err(|error| error.to_string())?;
    // A pipe or a device would give away what only a file of the user's own is to hold.
    if !file.is_regular().map_err(failed)? {
        return Err(format!("{}: there is something else", path.display()));
    }
    file.begin().and_then(|()| file.write_all(text)).map_err(failed)?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};

    use nix::unistd::{Gid, Uid, geteuid};

    use super::*;

    fn user(home: &Path, id: u32) -> InvokingUser {
        let (uid, gid) = (Uid::from_raw(id), Gid::from_raw(id));
        InvokingUser { uid, gid, groups: vec![gid], name: None, home: Some(home.to_owned()), shell: None }
    }

    #[test]
    fn the_file_belongs_to_the_invoking_user_and_to_nobody_else() {
        if !geteuid().is_root() {
            eprintln!("not root: nothing to test");
            return;
        }
        let home = tempfile::tempdir().unwrap();
        chown(home.path(), Some(1000), Some(1000)).unwrap();
        let scribe = Scribe::start(Some(&user(home.path(), 1000))).unwrap();
        for text in ["a long one", "short"] {
            let path = scribe.write(text.as_bytes()).unwrap();
            assert_eq!(path, home.path().join(".local/state/proctop/copied"));
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
            let metadata = fs::metadata(&path).unwrap();
            assert_eq!((metadata.uid(), metadata.gid(), metadata.mode() & 0o777), (1000, 1000, 0o600));
            let directory = fs::metadata(path.parent().unwrap()).unwrap();
            assert_eq!((directory.uid(), directory.mode() & 0o777), (1000, 0o700));
        }
    }

    #[test]
    fn no_link_is_followed_and_no_right_is_lent() {
        if !geteuid().is_root() {
            eprintln!("not root: nothing to test");
            return;
        }
        let home = tempfile::tempdir().unwrap();
        chown(home.path(), Some(1000), Some(1000)).unwrap();
        let scribe = Scribe::start(Some(&user(home.path(), 1000))).unwrap();
        let path = scribe.write(b"x").unwrap();
        let other = home.path().join("other");
        fs::write(&other, "precious").unwrap();
        fs::remove_file(&path).unwrap();
        symlink(&other, &path).unwrap();
        assert!(scribe.write(b"y").unwrap_err().contains("symbolic link"));
        fs::remove_file(&path).unwrap();
        // Root's own file there, which the user could not write.
        fs::write(&path, "root's").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(scribe.write(b"z").unwrap_err().contains("has no right"));
        assert_eq!(
            (fs::read_to_string(&other).unwrap(), fs::read_to_string(&path).unwrap()),
            ("precious".to_owned(), "root's".to_owned())
        );
    }

    #[test]
    fn without_a_home_there_is_no_file() {
        let nowhere = InvokingUser { home: None, ..user(Path::new("/"), 1000) };
        assert_eq!(directory(Some(&nowhere)), None);
    }
}
