//! A make-believe machine for testing scripts: a directory with nothing on the PATH but what a test puts
//! there.

use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// What any system has; everything else is there only if a test says so.
const BASE: [&str; 17] = [
    "sh", "env", "sed", "tr", "paste", "dirname", "cat", "grep", "id", "install", "rm", "rmdir", "mkdir",
    "expand", "stat", "make", "chmod",
];

/// The machine: `bin` is its PATH, and its commands write what they were called with into a log.
pub struct Machine {
    directory: TempDir,
}

/// What a script did.
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Machine {
    /// With the tools that any system has, taken from this one.
    pub fn new() -> Self {
        let machine = Self { directory: tempfile::tempdir().expect("a temporary directory") };
        for directory in ["bin", "home/.cargo/bin", "work"] {
            fs::create_dir_all(machine.path(directory)).expect("a directory");
        }
        for tool in BASE {
            symlink(find(tool), machine.path("bin").join(tool)).expect("a link");
        }
        machine
    }

    /// A place on the machine.
    pub fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.directory.path().join(relative)
    }

    /// Puts a command there that logs its name and arguments and then does this (in shell language). `$ROOT`
    /// is the machine.
    pub fn command(&self, name: &str, script: &str) -> &Self {
        self.command_at(&format!("bin/{name}"), script)
    }

    /// As [`Machine::command`], at a place outside the PATH.
    pub fn command_at(&self, place: &str, script: &str) -> &Self {
        let path = self.path(place);
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let text = format!("#!/bin/sh\necho \"{name} $*\" >>\"$ROOT/log\"\n{script}\n");
        write_script(&path, &text);
        self
    }

    /// Takes a command away.
    pub fn without(&self, name: &str) -> &Self {
        fs::remove_file(self.path("bin").join(name)).expect("the command was there");
        self
    }

    /// The calls so far that begin with this, in order.
    pub fn calls(&self, beginning: &str) -> Vec<String> {
        let log = fs::read_to_string(self.path("log")).unwrap_or_default();
        log.lines().filter(|line| line.starts_with(beginning)).map(str::to_owned).collect()
    }

    /// A command that knows only this machine; its directory is `work`.
    pub fn prepare(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        // env -i, since a Command that forgets its environment would not tell so to the pty driver
        let mut command = Command::new("env");
        command.arg("-i").arg(format!("PATH={}", self.path("bin").display()));
        command.arg(format!("HOME={}", self.path("home").display()));
        command.arg(format!("ROOT={}", self.directory.path().display()));
        command.arg(program).current_dir(self.path("work"));
        command
    }

    /// Runs a prepared command, without a terminal.
    pub fn run(command: &mut Command) -> Ran {
        let Output { status, stdout, stderr } = command.stdin(Stdio::null()).output().expect("env runs");
        let text = |bytes| String::from_utf8(bytes).expect("readable output");
        Ran { code: status.code(), stdout: text(stdout), stderr: text(stderr) }
    }
}

/// Writes an executable script. Another process does it: were the file open for writing in this one, a child
/// that another test's thread forks at that moment would hold it open too, and executing it would fail ("text
/// file busy").
pub fn write_script(path: &Path, text: &str) {
    let mut writer = Command::new("sh")
        .args(["-c", r#"rm -f "$0" && cat >"$0" && chmod 755 "$0""#])
        .arg(path)
        .stdin(Stdio::piped())
        .spawn()
        .expect("sh runs");
    writer.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("the pipe is read");
    assert!(writer.wait().expect("sh ends").success(), "{} can't be written", path.display());
}

/// The place of a tool of this real machine.
pub fn find(tool: &str) -> PathBuf {
    let path = std::env::var_os("PATH").expect("a PATH");
    let place =
        std::env::split_paths(&path).map(|directory| directory.join(tool)).find(|place| place.exists());
    place.unwrap_or_else(|| panic!("{tool} is needed for this test"))
}
