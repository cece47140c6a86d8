//! A small file of a user's own, read with that user's rights.

use std::fs::{self, File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use nix::fcntl::OFlag;

use super::file::{CreateErrorKind, Identity, Owner};

/// Reads a file of at most `max_bytes`; `None` where there is none that this user could see.
///
/// With `owner`, that user's rights and primary group decide, not those of root, as in [`super::create`]. Links are
/// followed with these rights, since people keep such files elsewhere and link to them; but what they lead to must then
/// be that user's or root's own, so that nobody else's file is taken for the user's word.
///
/// # Errors
/// One line without the path, when the system or these rights forbid it, and for what is no regular file, another user's
/// or too large.
pub fn read_own(path: &Path, owner: Option<Owner>, max_bytes: u64) -> Result<Option<Vec<u8>>, String> {
    let identity = Identity::assume(owner).map_err(|error| match error {
        CreateErrorKind::Identity { uid } => {
            format!("this process may not act as user {uid}; unset SUDO_UID, or run it as that user")
        }
        _ => "this process may not act as the user".to_owned(),
    })?;
    // Without O_NONBLOCK a named pipe hangs.
    let flags = OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
    let opened = OpenOptions::new().read(true).custom_flags(flags.bits()).open(path);
    // Where even its directory is closed it is not this user's: HOME still names another's, mostly.
    let is_unseen = opened.is_err() && fs::symlink_metadata(path).is_err();
    drop(identity);
    match opened {
        Ok(file) => contents(&file, owner, max_bytes).map(Some),
        Err(_) if is_unseen => Ok(None),
        Err(error) => Err(format!("{error}; check its permissions")),
    }
}

fn contents(file: &File, owner: Option<Owner>, max_bytes: u64) -> Result<Vec<u8>, String> {
    let metadata = file.metadata().map_err(|error| error.to_string())?;
    if !metadata.is_file() {
        return Err("it is not a regular file".to_owned());
    }
    if let Some(owner) = owner.filter(|owner| ![owner.uid, 0].contains(&metadata.uid())) {
        return Err(format!("it belongs to user {}, not to user {}", metadata.uid(), owner.uid));
    }
    let mut bytes = Vec::new();
    file.take(max_bytes.saturating_add(1)).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > max_bytes {
        return Err(format!("it has more than {max_bytes} bytes"));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, chown, symlink};

    use nix::sys::stat::Mode;
    use nix::unistd::{geteuid, mkfifo};

    use super::*;

    #[test]
    fn a_file_is_read_and_none_is_no_error() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        assert_eq!(read_own(&path, None, 10), Ok(None));
        fs::write(&path, "0123456789").unwrap();
        assert_eq!(read_own(&path, None, 10), Ok(Some(b"0123456789".to_vec())));
        assert_eq!(read_own(&path, None, 9), Err("it has more than 9 bytes".to_owned()));
        assert_eq!(read_own(&path.join("within"), None, 9), Ok(None));
    }

    #[test]
    fn what_is_no_regular_file_is_refused_and_does_not_hang() {
        let directory = tempfile::tempdir().unwrap();
        let pipe = directory.path().join("pipe");
        mkfifo(&pipe, Mode::S_IRWXU).unwrap();
        for path in [&pipe, directory.path(), Path::new("/dev/zero")] {
            assert_eq!(read_own(path, None, 9), Err("it is not a regular file".to_owned()), "{path:?}");
        }
    }

    #[test]
    fn the_rights_of_the_owner_decide_also_behind_links() {
        if !geteuid().is_root() {
            eprintln!("not root: nothing to test");
            return;
        }
        let owner = Some(Owner { uid: 1000, gid: 1000 });
        let directory = tempfile::tempdir().unwrap();
        fs::set_permissions(directory.path(), PermissionsExt::from_mode(0o755)).unwrap();
        let file = |name: &str, uid: u32, mode: u32| {
            let path = directory.path().join(name);
            fs::write(&path, name).unwrap();
            fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
            chown(&path, Some(uid), Some(uid)).unwrap();
            path
        };
        let own = file("own", 1000, 0o600);
        let secret = file("secret", 0, 0o600);
        let another = file("another", 1001, 0o644);
        let open = file("open", 0, 0o644);
        for (target, read) in [(&own, true), (&secret, false), (&another, false), (&open, true)] {
            let link = directory.path().join("link");
            let _ = fs::remove_file(&link);
            symlink(target, &link).unwrap();
            for path in [target, &link] {
                assert_eq!(read_own(path, owner, 99).is_ok(), read, "{path:?} to {target:?}");
            }
        }
        fs::set_permissions(directory.path(), PermissionsExt::from_mode(0o700)).unwrap();
        assert_eq!(read_own(&own, owner, 99), Ok(None), "out of reach");
        fs::set_permissions(directory.path(), PermissionsExt::from_mode(0o755)).unwrap();
        assert!(read_own(&secret, owner, 99).unwrap_err().contains("Permission denied"));
        assert!(read_own(&another, owner, 99).unwrap_err().contains("belongs to user 1001"));
        assert!(read_own(&secret, None, 99).is_ok(), "root is itself again");
    }
}
