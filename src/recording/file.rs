//! Opening the files that users name, as the user who named them.
//!
//! proctop mostly runs as root by `sudo`. A file that root creates at a path which someone else chose, or where someone
//! else may write, is the classic way to overwrite `/etc/shadow`. So outputs are created with the rights of the
//! invoking user, through no symbolic link, readable by nobody else (command lines hold secrets).

use std::fmt;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::unistd::{Gid, Uid, getegid, geteuid, setfsgid, setfsuid};

use super::error::OpenErrorKind;

/// Whose rights decide, and who owns what is created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The user id.
    pub uid: u32,
    /// The id of the user's primary group.
    pub gid: u32,
}

/// Why an output file was not created.
#[derive(Debug)]
pub struct CreateError {
    path: PathBuf,
    kind: CreateErrorKind,
}

/// The cases of [`CreateError`].
#[derive(Debug)]
#[non_exhaustive]
pub enum CreateErrorKind {
    /// The operating system refused.
    Io(io::Error),
    /// These rights do not suffice.
    Denied {
        /// The user id that was tried.
        uid: u32,
    },
    /// The directory that it should stand in does not exist.
    NoDirectory,
    /// It is a directory.
    Directory,
    /// It is a symbolic link.
    Link,
    /// It is a pipe that nobody reads, or a socket.
    NoReader,
    /// It is a block device or something else that does not take a stream of bytes.
    Special,
    /// This process may not act as the invoking user.
    Identity {
        /// The user id that was asked for.
        uid: u32,
    },
}

impl CreateError {
    pub(super) fn new(path: &Path, kind: CreateErrorKind) -> Self {
        Self { path: path.to_owned(), kind }
    }

    /// Which case it is.
    pub fn kind(&self) -> &CreateErrorKind {
        &self.kind
    }
}

impl fmt::Display for CreateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Debug quotes and escapes: the path stays on its line and moves no cursor.
        write!(f, "cannot write to {:?}: ", self.path)?;
        match &self.kind {
            CreateErrorKind::Io(error) => write!(f, "{error}; name another place"),
            CreateErrorKind::Denied { uid } => {
                write!(f, "user {uid} has no right to; name a place where that user may write")
            }
            CreateErrorKind::NoDirectory => f.write_str("its directory does not exist; create that first"),
            CreateErrorKind::Directory => f.write_str("it is a directory; name a file in it"),
            CreateErrorKind::Link => {
                f.write_str("it is a symbolic link; name the file itself or remove the link")
            }
            CreateErrorKind::NoReader => f.write_str("nobody reads from it; start its reader first"),
            CreateErrorKind::Special => {
                f.write_str("it is not a file, pipe or character device; name a file")
            }
            CreateErrorKind::Identity { uid } => {
                write!(f, "this process may not act as user {uid}; unset SUDO_UID, or run it as that user")
            }
        }
    }
}

impl std::error::Error for CreateError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            CreateErrorKind::Io(error) => Some(error),
            _ => None,
        }
    }
}

/// Opens a file for writing, and tells whether it was created for that; see [`super::create`].
pub(super) fn create_as(path: &Path, owner: Option<Owner>) -> Result<(File, bool), CreateErrorKind> {
    let identity = Identity::assume(owner)?;
    // Non-blocking: to open a pipe without a reader fails rather than hangs. std adds O_CLOEXEC.
    let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600).custom_flags(flags.bits());
    let opened = match options.open(path) {
        // To create it is asked for nevertheless: what is there may be somebody's trap, and the kernel then looks closer
        // (fs.protected_regular).
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            options.create_new(false).create(true).truncate(false).open(path).map(|file| (file, false))
        }
        opened => opened.map(|file| (file, true)),
    };
    drop(identity);
    let (file, is_new) = opened.map_err(|error| create_error(error, owner))?;
    let metadata = file.metadata().map_err(CreateErrorKind::Io)?;
    if metadata.is_file() {
        return Ok((file, is_new));
    }
    if is_stream(&metadata) {
        set_blocking(&file).map_err(CreateErrorKind::Io)?;
    } else {
        return Err(CreateErrorKind::Special);
    }
    Ok((file, false))
}

fn create_error(error: io::Error, owner: Option<Owner>) -> CreateErrorKind {
    match error.raw_os_error().map(Errno::from_raw) {
        Some(Errno::ELOOP) => CreateErrorKind::Link,
        Some(Errno::EISDIR) => CreateErrorKind::Directory,
        Some(Errno::ENOENT | Errno::ENOTDIR) => CreateErrorKind::NoDirectory,
        Some(Errno::ENXIO) => CreateErrorKind::NoReader,
        Some(Errno::EACCES | Errno::EPERM) => {
            CreateErrorKind::Denied { uid: owner.map_or_else(|| geteuid().as_raw(), |owner| owner.uid) }
        }
        _ => CreateErrorKind::Io(error),
    }
}

/// Whether both lead to one regular file, be it under one name or two: what is written to one is lost to who reads the other.
pub fn is_same_file(one: &Path, other: &Path) -> bool {
    let identity = |path: &Path| {
        let metadata = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
        Some((metadata.dev(), metadata.ino()))
    };
    identity(one).is_some_and(|one| identity(other) == Some(one))
}

/// Opens a recording for reading, with the rights that the process has. Links are followed: nothing is changed.
///
/// A named pipe that nobody writes to counts as empty rather than hangs, so start its writer first; the pipes of a
/// shell's `<(command)` have theirs.
///
/// # Errors
/// When the system refuses, and for directories.
pub fn open(path: &Path) -> Result<File, OpenErrorKind> {
    let flags = OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
    let file =
        OpenOptions::new().read(true).custom_flags(flags.bits()).open(path).map_err(OpenErrorKind::Io)?;
    let metadata = file.metadata().map_err(OpenErrorKind::Io)?;
    if metadata.is_dir() {
        return Err(OpenErrorKind::Directory);
    }
    if is_stream(&metadata) {
        set_blocking(&file).map_err(OpenErrorKind::Io)?;
    }
    Ok(file)
}

fn is_stream(metadata: &Metadata) -> bool {
    metadata.file_type().is_fifo() || metadata.file_type().is_char_device()
}

fn set_blocking(file: &File) -> io::Result<()> {
    let flags = OFlag::from_bits_retain(fcntl(file, FcntlArg::F_GETFL)?);
    fcntl(file, FcntlArg::F_SETFL(flags - OFlag::O_NONBLOCK))?;
    Ok(())
}

/// The calling thread's identity in the file system, changed while this lives.
///
/// When the file-system uid changes from 0 to another the kernel also takes `CAP_DAC_OVERRIDE` and its kin from the
/// thread's effective set, and it gives them back on return: so root's power over files is really gone meanwhile.
pub struct Identity {
    before: Option<(Uid, Gid)>,
}

impl Identity {
    /// Makes the calling thread act as `owner` towards files; without one, as it is.
    ///
    /// # Errors
    /// When the thread has no right to.
    pub fn assume(owner: Option<Owner>) -> Result<Self, CreateErrorKind> {
        let Some(owner) = owner else { return Ok(Self { before: None }) };
        let (uid, gid) = (Uid::from_raw(owner.uid), Gid::from_raw(owner.gid));
        if (uid, gid) == (geteuid(), getegid()) {
            return Ok(Self { before: None });
        }
        // The group first: afterwards there might be no right to change it.
        let gid_before = setfsgid(gid);
        let identity = Self { before: Some((setfsuid(uid), gid_before)) };
        // These calls report no failure. Asked for an id that is none, they change nothing and tell the current one.
        let now = (setfsuid(Uid::from_raw(u32::MAX)), setfsgid(Gid::from_raw(u32::MAX)));
        if now == (uid, gid) { Ok(identity) } else { Err(CreateErrorKind::Identity { uid: owner.uid }) }
    }
}

impl Drop for Identity {
    fn drop(&mut self) {
        if let Some((uid, gid)) = self.before {
            // The user first: with it the right to change the group comes back.
            setfsuid(uid);
            setfsgid(gid);
        }
    }
}

/// Makes the calling thread act as the owner in the file system for the rest of its life: what it creates is theirs, by
/// their rights, also when the right to change that has been given up. Supplementary groups stay as they are.
///
/// # Errors
/// When this process may not; nothing has changed then.
pub fn act_as(owner: Option<Owner>) -> Result<(), CreateErrorKind> {
    std::mem::forget(Identity::assume(owner)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};

    use nix::sys::stat::Mode;
    use nix::unistd::mkfifo;

    use super::super::create;
    use super::*;

    const SOMEBODY: Owner = Owner { uid: 1000, gid: 1000 };

    fn dir() -> tempfile::TempDir {
        tempfile::tempdir().expect("a temporary directory")
    }

    /// The text of the refusal, which must be one line.
    fn refusal(path: &Path, owner: Option<Owner>) -> String {
        let text = create(path, owner).expect_err("refused").to_string();
        assert_eq!(text.lines().count(), 1, "{text:?}");
        text
    }

    #[test]
    fn a_new_file_is_private() {
        let dir = dir();
        let path = dir.path().join("new.ptop");
        create(&path, None).unwrap().write_all(b"x").unwrap();
        assert_eq!(path.metadata().unwrap().mode() & 0o7777, 0o600);
    }

    #[test]
    fn an_existing_file_is_emptied_and_keeps_its_mode() {
        let dir = dir();
        let path = dir.path().join("old");
        std::fs::write(&path, "much that was there before").unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).unwrap();
        let mut file = create(&path, None).unwrap();
        assert!(!std::fs::read(&path).unwrap().is_empty(), "not yet");
        file.begin().unwrap();
        file.write_all(b"new").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        assert_eq!(path.metadata().unwrap().mode() & 0o777, 0o640);
    }

    #[test]
    fn a_symbolic_link_is_refused_and_its_target_is_untouched() {
        let dir = dir();
        let (target, link) = (dir.path().join("precious"), dir.path().join("link"));
        std::fs::write(&target, "kept").unwrap();
        symlink(&target, &link).unwrap();
        assert!(refusal(&link, None).contains("symbolic link"));
        assert_eq!(std::fs::read(&target).unwrap(), b"kept");
        symlink(dir.path().join("absent"), dir.path().join("dangling")).unwrap();
        assert!(refusal(&dir.path().join("dangling"), None).contains("symbolic link"));
        assert!(!dir.path().join("absent").exists());
    }

    #[test]
    fn what_is_no_file_is_refused_in_one_line() {
        let dir = dir();
        assert!(refusal(dir.path(), None).contains("it is a directory; name a file in it"));
        assert!(refusal(&dir.path().join("no/file"), None).contains("create that first"));
        assert!(refusal(&dir.path().join("a\nb\u{1b}[2J/x"), None).contains("a\\nb\\u{1b}[2J"));
        let fifo = dir.path().join("fifo");
        mkfifo(&fifo, Mode::S_IRWXU).unwrap();
        assert!(refusal(&fifo, None).contains("start its reader first"));
        let socket = dir.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        assert!(refusal(&socket, None).contains("nobody reads from it"));
    }

    #[test]
    fn devices_and_pipes_with_a_reader_are_taken_and_block() {
        create(Path::new("/dev/null"), None).unwrap().write_all(b"x").unwrap();
        let dir = dir();
        let fifo = dir.path().join("fifo");
        mkfifo(&fifo, Mode::S_IRWXU).unwrap();
        let mut reader = open(&fifo).unwrap();
        let mut writer = create(&fifo, None).unwrap();
        // More than a pipe holds: a non-blocking writer would fail, a non-blocking reader too.
        let much = vec![7; 1 << 20];
        let sender = std::thread::spawn(move || writer.write_all(&much));
        let mut got = Vec::new();
        reader.read_to_end(&mut got).unwrap();
        sender.join().unwrap().unwrap();
        assert_eq!(got.len(), 1 << 20);
    }

    #[test]
    fn to_read_refuses_directories_and_does_not_hang_on_a_silent_pipe() {
        let dir = dir();
        assert!(matches!(open(dir.path()), Err(OpenErrorKind::Directory)));
        assert!(matches!(open(&dir.path().join("absent")), Err(OpenErrorKind::Io(_))));
        let fifo = dir.path().join("fifo");
        mkfifo(&fifo, Mode::S_IRWXU).unwrap();
        assert_eq!(open(&fifo).unwrap().read(&mut [0; 8]).unwrap(), 0);
    }

    /// Only root can act as somebody else.
    fn root() -> bool {
        let root = geteuid().is_root();
        if !root {
            eprintln!("not root: nothing to test");
        }
        root
    }

    #[test]
    fn a_file_belongs_to_the_invoking_user_and_root_is_itself_again() {
        if !root() {
            return;
        }
        let dir = dir();
        chown(dir.path(), Some(SOMEBODY.uid), Some(SOMEBODY.gid)).unwrap();
        let path = dir.path().join("theirs");
        let _theirs = create(&path, Some(SOMEBODY)).unwrap();
        let metadata = path.metadata().unwrap();
        assert_eq!((metadata.uid(), metadata.gid()), (SOMEBODY.uid, SOMEBODY.gid));
        let path = dir.path().join("ours");
        let _ours = create(&path, None).unwrap();
        let metadata = path.metadata().unwrap();
        assert_eq!((metadata.uid(), metadata.gid()), (0, getegid().as_raw()), "the identity is restored");
    }

    #[test]
    fn what_the_invoking_user_may_not_write_is_refused_although_root_could() {
        if !root() {
            return;
        }
        let dir = dir();
        std::fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o755)).unwrap();
        let (new, old) = (dir.path().join("new"), dir.path().join("old"));
        std::fs::write(&old, "kept").unwrap();
        assert!(refusal(&new, Some(SOMEBODY)).contains("user 1000 has no right to"));
        assert!(refusal(&old, Some(SOMEBODY)).contains("user 1000 has no right to"));
        assert!(!new.exists());
        assert_eq!(std::fs::read(&old).unwrap(), b"kept");
        create(&new, None).expect("root can again after a refusal");
    }
}
