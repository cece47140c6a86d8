//! Runs proctop on the live kernel: with a command, or beside what a test does.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use super::events::Events;
use super::proctop;

/// How long anything may take before a test gives up: long enough for a machine that does much else.
pub const LONG: Duration = Duration::from_secs(120);

/// What a program did that ran to its end.
#[derive(Debug)]
pub struct Ran {
    pub pid: u32,
    pub status: ExitStatus,
    pub stdout: Vec<u8>,
    pub stderr: String,
}

impl Ran {
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    #[track_caller]
    pub fn stdout_text(&self) -> &str {
        std::str::from_utf8(&self.stdout).expect("readable output")
    }

    /// Asserts this exit code and exactly one line on the standard error, and returns that.
    #[track_caller]
    pub fn one_line(&self, code: i32) -> &str {
        assert_eq!(self.code(), Some(code), "{self:?}");
        assert_eq!(self.stderr.lines().count(), 1, "{self:?}");
        assert!(self.stderr.starts_with("proctop: ") && self.stderr.ends_with('\n'), "{self:?}");
        self.stderr.trim_end()
    }
}

/// Runs a command to its end. Its streams are files, so that a process that it leaves behind keeps nobody waiting.
///
/// # Panics
/// If it can't be started or does not end in time.
#[track_caller]
pub fn run(command: &mut Command) -> Ran {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let [out, err] = ["out", "err"].map(|name| directory.path().join(name));
    command.stdout(File::create(&out).expect("a file")).stderr(File::create(&err).expect("a file"));
    let mut child =
        command.stdin(Stdio::null()).spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let status = wait(&mut child);
    let stderr = String::from_utf8(fs::read(err).expect("a file")).expect("readable messages");
    Ran { pid: child.id(), status, stdout: fs::read(out).expect("a file"), stderr }
}

/// `proctop` with these arguments.
pub fn proctop_with<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(proctop());
    // whoever calls the tests by sudo is not who calls proctop here
    command.args(arguments).env_remove("SUDO_UID").env_remove("SUDO_GID");
    command
}

/// Runs `proctop log --format json` with these options and this command, and returns what was told too.
#[track_caller]
pub fn log_command<S: AsRef<OsStr>>(options: &[&str], command: impl IntoIterator<Item = S>) -> (Ran, Events) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("events");
    let mut log = proctop_with(["log", "--format", "json", "-o"]);
    let ran = run(log.arg(&file).args(options).arg("--").args(command));
    let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("no events ({error}): {ran:?}"));
    (ran, Events::parse(&text))
}

/// In a shell: time for signals to come. Not for ever: where a test fails, nobody ends the command, and that may hold the streams open
/// on which somebody waits for the tests' own end.
pub const AWAIT_SIGNALS: &str = "i=0; while [ $i -lt 2400 ]; do sleep 0.05; i=$((i+1)); done";

/// `sh -c SCRIPT`, for [`log_command`].
pub fn sh(script: &str) -> [&str; 3] {
    ["sh", "-c", script]
}

/// Waits for the end of a child.
///
/// # Panics
/// If it does not come in time; the child is then killed.
#[track_caller]
pub fn wait(child: &mut Child) -> ExitStatus {
    let mut ended = None;
    let in_time = eventually(|| {
        ended = child.try_wait().expect("our own child");
        ended.is_some()
    });
    if !in_time {
        let _ = child.kill();
        let _ = child.wait();
        panic!("it does not end");
    }
    ended.expect("just seen")
}

/// Looks again and again until the condition holds; false when it does not in [`LONG`].
#[must_use]
pub fn eventually(mut condition: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + LONG;
    while !condition() {
        if Instant::now() > deadline {
            return false;
        }
        thread::sleep(Duration::from_millis(2));
    }
    true
}

/// As [`eventually`].
///
/// # Panics
/// With this text when it does not come to hold.
#[track_caller]
pub fn wait_until(what: &str, condition: impl FnMut() -> bool) {
    assert!(eventually(condition), "waited in vain: {what}");
}

/// A child that is killed when the test is over, however that ends.
pub struct Killed(pub Child);

impl Drop for Killed {
    fn drop(&mut self) {
        // errors mean that it has ended and was waited for
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Sends a signal to a child that was not waited for yet.
pub fn signal(child: &Child, signal: Signal) {
    kill(pid_of(child), signal).expect("our own child");
}

fn pid_of(child: &Child) -> Pid {
    Pid::from_raw(i32::try_from(child.id()).expect("a pid"))
}

/// `proctop log --format json` of the whole machine, while the test does something beside it.
pub struct Tracing {
    proctop: Killed,
    directory: TempDir,
}

impl Tracing {
    /// Starts it and waits until it is armed: from now on nothing is missed.
    #[track_caller]
    pub fn start(options: &[&str]) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let mut log = proctop_with(["log", "--format", "json", "-o"]);
        log.arg(directory.path().join("events")).args(options);
        let err = File::create(directory.path().join("err")).expect("a file");
        let child = log.stdin(Stdio::null()).stderr(err).spawn().expect("proctop starts");
        let mut tracing = Self { proctop: Killed(child), directory };
        let mut ended = None;
        wait_until("the first lines", || {
            ended = tracing.proctop.0.try_wait().expect("our own child");
            ended.is_some() || tracing.text().contains('\n')
        });
        assert_eq!(ended, None, "{}", tracing.complaints());
        tracing
    }

    pub fn pid(&self) -> u32 {
        self.proctop.0.id()
    }

    pub fn signal(&self, which: Signal) {
        signal(&self.proctop.0, which);
    }

    /// What was written so far; its last line may not be whole.
    pub fn text(&self) -> String {
        String::from_utf8(fs::read(self.file()).unwrap_or_default()).expect("UTF-8")
    }

    pub fn file(&self) -> PathBuf {
        self.directory.path().join("events")
    }

    fn complaints(&self) -> String {
        fs::read_to_string(self.directory.path().join("err")).expect("a file")
    }

    /// Ends it by Ctrl-C's signal and returns all that it told.
    ///
    /// # Panics
    /// If it does not end with 0 or complains.
    #[track_caller]
    pub fn stop(mut self) -> Events {
        self.signal(Signal::SIGINT);
        let status = wait(&mut self.proctop.0);
        assert_eq!((status.code(), self.complaints().as_str()), (Some(0), ""));
        Events::parse(&self.text())
    }
}

/// Whether every thread of a process is stopped.
pub fn is_stopped(pid: u32) -> bool {
    let states = statuses(pid).into_iter().map(|status| field(&status, "State").to_owned());
    states.collect::<Vec<_>>().iter().all(|state| state.starts_with("T"))
}

/// The text of `status` of every thread of a process.
pub fn statuses(pid: u32) -> Vec<String> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).expect("the process lives");
    // a thread may end between the listing and the reading
    tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("status")).ok()).collect()
}

/// A line of a `status` text.
#[track_caller]
pub fn field<'a>(status: &'a str, name: &str) -> &'a str {
    let value = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    value.unwrap_or_else(|| panic!("no '{name}' in {status}")).trim()
}

/// Field 22 of /proc/PID/stat: when the process started, in clock ticks of the boot clock.
pub fn start_ticks(pid: u32) -> u64 {
    let stat = fs::read(format!("/proc/{pid}/stat")).expect("the process lives");
    let after_comm = stat.iter().rposition(|&byte| byte == b')').expect("a comm") + 1;
    let fields = String::from_utf8(stat[after_comm..].to_vec()).expect("numbers");
    fields.split_whitespace().nth(19).and_then(|start| start.parse().ok()).expect("a start time")
}

/// Whether a path is there.
pub fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// The version of the running kernel: 6.1 is (6, 1).
pub fn kernel_version() -> (u32, u32) {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").expect("a release");
    let mut numbers = release.split(['.', '-']).map_while(|number| number.trim().parse().ok());
    numbers.next().zip(numbers.next()).expect("two numbers")
}

/// Whether the kernel lets a tracer go on that has no rights any more.
pub fn tracer_needs_no_rights() -> bool {
    kernel_version() >= (5, 19)
}
