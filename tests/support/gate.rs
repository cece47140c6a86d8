//! Tells a shell script when to go on, without any process that waits or polls for it.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use nix::fcntl::OFlag;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use tempfile::TempDir;

/// A place where a script waits: `read x <GATE`, which starts no process, returns when the test opens it.
pub struct Gate {
    fifo: PathBuf,
    _directory: TempDir,
}

impl Gate {
    pub fn new() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let fifo = directory.path().join("gate");
        mkfifo(&fifo, Mode::from_bits_truncate(0o666)).expect("a fifo");
        Self { fifo, _directory: directory }
    }

    pub fn path(&self) -> &Path {
        &self.fifo
    }

    /// The words of the shell that wait here.
    pub fn wait(&self) -> String {
        format!("read x <{}", self.fifo.display())
    }

    /// Lets the script go on that waits, or will wait, here.
    ///
    /// # Panics
    /// When none comes.
    #[track_caller]
    pub fn open(&self) {
        let deadline = Instant::now() + Duration::from_secs(60);
        // without O_NONBLOCK it would wait for ever for a script that has died
        let flags = OFlag::O_NONBLOCK.bits();
        loop {
            match OpenOptions::new().write(true).custom_flags(flags).open(&self.fifo) {
                Ok(mut fifo) => return fifo.write_all(b"\n").expect("the script reads"),
                Err(error) => assert!(Instant::now() < deadline, "no script waits at the gate: {error}"),
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
}
