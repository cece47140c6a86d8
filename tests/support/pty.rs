//! Drives a program in a pseudo-terminal: sends keys, reads the screen as a user would see it.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::num::NonZeroU16;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, Once, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::fcntl::{OFlag, open};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::{grantpt, posix_openpt, ptsname_r, unlockpt};
use nix::sys::signal::{Signal, kill};
use nix::sys::stat::Mode;
use nix::sys::termios::{Termios, tcgetattr};
use nix::unistd::Pid;
use vt100::{MouseProtocolMode, Screen};

/// What terminals send for keys that are not characters.
pub mod key {
    pub const ENTER: &str = "\r";
    pub const ESC: &str = "\x1b";
    pub const TAB: &str = "\t";
    pub const BACKSPACE: &str = "\x7f";
    pub const UP: &str = "\x1b[A";
    pub const DOWN: &str = "\x1b[B";
    pub const RIGHT: &str = "\x1b[C";
    pub const LEFT: &str = "\x1b[D";
    pub const PAGE_UP: &str = "\x1b[5~";
    pub const PAGE_DOWN: &str = "\x1b[6~";
    pub const F1: &str = "\x1bOP";
    pub const F3: &str = "\x1bOR";
    pub const F4: &str = "\x1bOS";
    pub const F9: &str = "\x1b[20~";
    pub const CTRL_C: &str = "\x03";
    pub const CTRL_Z: &str = "\x1a";
    pub const CTRL_BACKSLASH: &str = "\x1c";
}

/// A program that runs in a terminal of its own; killed when this is dropped.
pub struct Pty {
    child: Child,
    master: File,
    tty: PathBuf,
    modes_before: Termios,
    terminal: Arc<Terminal>,
    reader: Option<JoinHandle<()>>,
}

/// The side that the reading thread fills.
struct Terminal {
    state: Mutex<State>,
    changed: Condvar,
    stop: AtomicBool,
}

struct State {
    parser: vt100::Parser,
    raw: Vec<u8>,
    /// In the middle of a picture: a terminal that knows synchronised updates (mode 2026) would not show it yet.
    unfinished: bool,
    /// Nobody has the terminal open any more.
    closed: bool,
}

impl Pty {
    /// Starts the command as the leader of a session on a new terminal of this size, with
    /// `TERM=xterm-256color` unless it sets another. Of the command its program, arguments, directory and
    /// single variables count; its streams are the terminal.
    ///
    /// # Panics
    /// If there is no pseudo-terminal or no program; also on a size of 0.
    pub fn start(command: &Command, columns: u16, rows: u16) -> Self {
        let_signals_through();
        // Closed on exec from the very beginning, which openpty can't: a test that runs beside this one would
        // hand them to its child.
        let master =
            posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC).expect("a pseudo-terminal");
        grantpt(&master).and_then(|()| unlockpt(&master)).expect("a pseudo-terminal of our own");
        let tty = PathBuf::from(ptsname_r(&master).expect("the terminal's name"));
        let master = File::from(OwnedFd::from(master));
        let user_side: File = open(&tty, OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC, Mode::empty())
            .unwrap_or_else(|error| panic!("{}: {error}", tty.display()))
            .into();
        set_size(&tty, columns, rows);
        let modes_before = tcgetattr(&user_side).expect("the terminal's modes");

        let child = on_terminal(command, user_side).spawn().expect("setsid (util-linux) is needed");
        let state = State {
            parser: vt100::Parser::new(size(rows), size(columns), 0),
            raw: Vec::new(),
            unfinished: false,
            closed: false,
        };
        let terminal = Arc::new(Terminal {
            state: Mutex::new(state),
            changed: Condvar::new(),
            stop: AtomicBool::new(false),
        });
        let output = master.try_clone().expect("a second descriptor");
        let reader = thread::spawn({
            let terminal = Arc::clone(&terminal);
            move || terminal.read_all(output)
        });
        Self { child, master, tty, modes_before, terminal, reader: Some(reader) }
    }

    /// The process id of the program.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Types this; see [`key`] for what is not a character.
    pub fn send(&mut self, keys: impl AsRef<[u8]>) {
        self.master.write_all(keys.as_ref()).expect("the terminal takes keys");
    }

    /// Waits until the screen is as the condition wants it.
    ///
    /// # Panics
    /// With the screen's text when the time is over or the program has ended before.
    #[track_caller]
    pub fn wait_for(&self, condition: impl Fn(&Screen) -> bool, timeout: Duration) {
        self.wait_for_some("the condition", |screen| condition(screen).then_some(()), timeout);
    }

    /// Waits until this text can be read on the screen, in one line.
    ///
    /// # Panics
    /// As [`Pty::wait_for`] does.
    #[track_caller]
    pub fn wait_for_text(&self, text: &str, timeout: Duration) {
        let look = |screen: &Screen| text_of(screen).contains(text).then_some(());
        self.wait_for_some(&format!("{text:?}"), look, timeout);
    }

    /// Waits until there is something to be found on the screen, and returns it. Unfinished pictures are not
    /// looked at.
    ///
    /// # Panics
    /// As [`Pty::wait_for`] does; `what` is in the message.
    #[track_caller]
    pub fn wait_for_some<T>(&self, what: &str, look: impl Fn(&Screen) -> Option<T>, timeout: Duration) -> T {
        let deadline = Instant::now() + timeout;
        let mut state = self.terminal.lock();
        loop {
            let finished = !state.unfinished || state.closed;
            if let Some(found) = if finished { look(state.parser.screen()) } else { None } {
                return found;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || state.closed {
                let why = if state.closed { "the program ended first" } else { "the time is over" };
                panic!("waited for {what}, but {why}; the screen:\n{}", framed(state.parser.screen()));
            }
            state = self.terminal.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// The screen's text, a line per row, without blanks at their ends.
    pub fn screen_text(&self) -> String {
        text_of(self.state().parser.screen())
    }

    /// Looks at the screen more closely: colours, cursor, single cells. Call nothing of this terminal from
    /// within.
    pub fn with_screen<T>(&self, look: impl FnOnce(&Screen) -> T) -> T {
        look(self.state().parser.screen())
    }

    /// Every byte that the program has written so far.
    pub fn raw(&self) -> Vec<u8> {
        self.state().raw.clone()
    }

    /// Writes on the terminal as another program would that has it, too.
    pub fn scribble(&self, text: &str) {
        let written = std::fs::write(&self.tty, text);
        written.unwrap_or_else(|error| panic!("{}: {error}", self.tty.display()));
    }

    /// Gives the terminal a new size; the program gets SIGWINCH.
    pub fn resize(&self, columns: u16, rows: u16) {
        // both under the lock: what the program draws in answer must meet a screen of the new size
        let mut state = self.state();
        state.parser.set_size(size(rows), size(columns));
        set_size(&self.tty, columns, rows);
    }

    /// Sends a signal to the program alone. (Ctrl-C for all that run in the foreground is
    /// `send(key::CTRL_C)`.)
    pub fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.pid()).expect("a pid");
        kill(Pid::from_raw(pid), signal).expect("the program can be signalled");
    }

    /// Waits for the program's end, and for what it wrote until then.
    ///
    /// # Panics
    /// With the screen's text when the time is over.
    #[track_caller]
    pub fn wait_exit(&mut self, timeout: Duration) -> ExitStatus {
        let deadline = Instant::now() + timeout;
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("the program can be waited for") {
                break status;
            }
            if Instant::now() >= deadline {
                panic!("the program still runs; the screen:\n{}", self.with_screen(framed));
            }
            thread::sleep(Duration::from_millis(2));
        };
        // its last words may not be read yet; a child that it left behind may keep the terminal open for ever
        let open = |state: &mut State| !state.closed;
        drop(self.terminal.changed.wait_timeout_while(self.state(), Duration::from_millis(300), open));
        status
    }

    /// Takes the terminal away, as a closed window does, and waits for the program's end.
    ///
    /// # Panics
    /// When the time is over.
    #[track_caller]
    pub fn hang_up(mut self, timeout: Duration) -> ExitStatus {
        self.stop_reading();
        // the last descriptor of the terminal's other side
        self.master = File::open("/dev/null").expect("/dev/null can be read");
        self.wait_exit(timeout)
    }

    fn stop_reading(&mut self) {
        self.terminal.stop.store(true, Ordering::Relaxed);
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
    }

    /// Asserts that the terminal is as the program found it: no alternate screen, cursor shown, no mouse or
    /// paste reports, line discipline as before.
    #[track_caller]
    pub fn assert_restored(&self) {
        self.with_screen(|screen| {
            assert!(!screen.alternate_screen(), "the alternate screen was not left:\n{}", framed(screen));
            assert!(!screen.hide_cursor(), "the cursor is still hidden");
            assert_eq!(screen.mouse_protocol_mode(), MouseProtocolMode::None, "the mouse is still reported");
            assert!(!screen.bracketed_paste(), "pastes are still bracketed");
        });
        let modes = tcgetattr(&self.master).expect("the terminal's modes");
        assert!(modes == self.modes_before, "the line discipline was not restored: {modes:?}");
    }

    /// The state, with a whole picture if that comes soon.
    fn state(&self) -> MutexGuard<'_, State> {
        let unfinished = |state: &mut State| state.unfinished && !state.closed;
        let wait = Duration::from_secs(1);
        let state = self.terminal.changed.wait_timeout_while(self.terminal.lock(), wait, unfinished);
        state.unwrap_or_else(PoisonError::into_inner).0
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        // errors mean that it has ended already; what it left behind gets SIGHUP when the master is closed
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.stop_reading();
    }
}

impl State {
    fn take(&mut self, bytes: &[u8]) {
        const MODE: &[u8] = b"\x1b[?2026";
        self.parser.process(bytes);
        self.raw.extend_from_slice(bytes);
        // the sequence may have begun in the piece before
        let recent = self.raw.len().saturating_sub(bytes.len() + MODE.len());
        let recent = &self.raw[recent..];
        let last = recent.windows(MODE.len() + 1).rev().find(|window| window.starts_with(MODE));
        if let Some(last) = last {
            self.unfinished = last.ends_with(b"h");
        }
    }
}

impl Terminal {
    fn lock(&self) -> MutexGuard<'_, State> {
        // a condition that panics (an assertion within) must not hide its message behind another panic
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read_all(&self, mut output: File) {
        let mut buffer = [0; 65536];
        while !self.stop.load(Ordering::Relaxed) {
            // in slices, since nothing else would wake this thread when it is to stop
            let mut ready = [PollFd::new(output.as_fd(), PollFlags::POLLIN)];
            if poll(&mut ready, PollTimeout::from(50_u8)) == Ok(0) {
                continue;
            }
            match output.read(&mut buffer) {
                Ok(length) if length > 0 => {
                    self.lock().take(&buffer[..length]);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                // EIO: the last one closed the terminal
                _ => break,
            }
            self.changed.notify_all();
        }
        self.lock().closed = true;
        self.changed.notify_all();
    }
}

/// The same command, made the leader of a session that has this terminal. setsid (util-linux) does in the
/// child what would otherwise need `unsafe` here, and then becomes the program: the pid is the program's.
fn on_terminal(command: &Command, user_side: File) -> Command {
    let mut wrapped = Command::new("setsid");
    wrapped.arg("-c").arg("--").arg(command.get_program()).args(command.get_args());
    wrapped.env("TERM", "xterm-256color").env_remove("COLORTERM").env_remove("NO_COLOR");
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => wrapped.env(name, value),
            None => wrapped.env_remove(name),
        };
    }
    if let Some(directory) = command.get_current_dir() {
        wrapped.current_dir(directory);
    }
    let stream = || Stdio::from(user_side.try_clone().expect("a second descriptor"));
    wrapped.stdin(stream()).stdout(stream()).stderr(stream());
    wrapped
}

/// Makes the programs that this process starts die of Ctrl-C even where it ignores that itself, as shells
/// make their background jobs do: an ignored signal stays ignored across an exec, a handled one does not.
fn let_signals_through() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let status = std::fs::read_to_string("/proc/self/status").expect("/proc is mounted");
        let ignored = status
            .lines()
            .find_map(|line| line.strip_prefix("SigIgn:\t"))
            .expect("a mask of ignored signals");
        let ignored = u64::from_str_radix(ignored, 16).expect("a mask of ignored signals");
        for signal in [Signal::SIGHUP, Signal::SIGINT, Signal::SIGQUIT, Signal::SIGTERM, Signal::SIGTSTP] {
            if ignored & 1 << (signal as i32 - 1) != 0 {
                signal_hook::flag::register(signal as i32, Arc::default())
                    .expect("a signal that can be handled");
            }
        }
    });
}

/// By stty, because the system call has no safe wrapper.
fn set_size(tty: &Path, columns: u16, rows: u16) {
    let status = Command::new("stty")
        .arg("-F")
        .arg(tty)
        .args(["cols", &columns.to_string(), "rows", &rows.to_string()])
        .status()
        .expect("stty (coreutils) is needed");
    assert!(status.success(), "stty refused {columns}x{rows}");
}

fn size(cells: u16) -> NonZeroU16 {
    NonZeroU16::new(cells).expect("a terminal has at least one cell")
}

fn text_of(screen: &Screen) -> String {
    let columns = screen.size().1.get();
    let rows: Vec<String> = screen.rows(0, columns).map(|row| row.trim_end().to_owned()).collect();
    rows.join("\n")
}

fn framed(screen: &Screen) -> String {
    let rule = "-".repeat(usize::from(screen.size().1.get()));
    format!("{rule}\n{}\n{rule}", text_of(screen))
}
