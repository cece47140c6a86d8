//! The command beneath the screen: its terminal, its output, its end.

use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use crossbeam_channel::{Receiver, never};
use crossterm::event::KeyEvent;
use nix::sys::signal::Signal;

use crate::app::error::Error;
use crate::command::{Child, KeptOutput, exit_code, keys};
use crate::model::event::WaitStatus;
use crate::text;
use crate::ui::{CommandView, Outcome};

/// The command that the screen watches.
pub(super) struct Job {
    text: String,
    child: Child,
    output: KeptOutput,
    status: Option<WaitStatus>,
    size: (u16, u16),
    scrolled: usize,
    terminated: bool,
}

impl Job {
    pub(super) fn new(command: &[OsString], child: Child, (rows, cols): (u16, u16)) -> Self {
        Self {
            text: text::quote_args(command.iter().map(|argument| argument.as_bytes())),
            child,
            output: KeptOutput::new(rows, cols),
            status: None,
            size: (rows, cols),
            scrolled: 0,
            terminated: false,
        }
    }

    /// The channel that tells its end, and the one of what it prints.
    pub(super) fn channels(&self) -> Result<(Receiver<WaitStatus>, Receiver<Vec<u8>>), Error> {
        let ended = self
            .child
            .watch()
            .map_err(|error| Error::System { doing: "cannot wait for the command", error })?;
        Ok((ended, self.child.pty().map_or_else(never, |pty| pty.output().clone())))
    }

    pub(super) fn view(&self) -> CommandView<'_> {
        CommandView {
            text: &self.text,
            outcome: self.status.map_or(Outcome::Running, Outcome::Exited),
            screen: self.output.screen(),
        }
    }

    pub(super) fn on_end(&mut self, status: WaitStatus) {
        self.status = Some(status);
    }

    /// The exit code of the program, once the command has ended.
    pub(super) fn exit_code(&self) -> Option<u8> {
        self.status.map(exit_code)
    }

    pub(super) fn on_output(&mut self, bytes: &[u8]) {
        self.output.feed(bytes);
    }

    /// The next that it printed, if it comes soon.
    pub(super) fn read_output(&self, patience: Duration) -> Option<Vec<u8>> {
        self.child.pty()?.output().recv_timeout(patience).ok()
    }

    pub(super) fn resize(&mut self, size: (u16, u16)) {
        if size != self.size {
            self.size = size;
            self.output.resize(size.0, size.1);
            if let Some(pty) = self.child.pty() {
                // The command may be gone; its picture has the size anyway.
                let _ = pty.resize(size.0, size.1);
            }
        }
    }

    /// Scrolls by lines, back where positive.
    pub(super) fn scroll(&mut self, lines: i32) {
        let most = self.output.screen().scrollback_len();
        let by = usize::try_from(lines.unsigned_abs()).unwrap_or(usize::MAX);
        let to = if lines >= 0 { self.scrolled.saturating_add(by) } else { self.scrolled.saturating_sub(by) };
        self.scrolled = to.min(most);
        self.output.scroll_to(self.scrolled);
    }

    /// Hands a key on; what was not taken is told.
    pub(super) fn type_key(&mut self, key: &KeyEvent) -> Result<(), String> {
        let bytes = keys::encode_key(key, self.output.screen().application_cursor());
        self.send(&bytes)
    }

    pub(super) fn paste(&mut self, text: &str) -> Result<(), String> {
        let bytes = keys::encode_paste(text, self.output.screen().bracketed_paste());
        self.send(&bytes)
    }

    fn send(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.scrolled = 0;
        self.output.scroll_to(0);
        match self.child.pty() {
            Some(pty) if !bytes.is_empty() => pty.send(bytes).map_err(|refused| refused.to_string()),
            _ => Ok(()),
        }
    }

    /// Asks the command to end; the second time it has no choice.
    pub(super) fn terminate(&mut self) -> Result<(), String> {
        let sent = if self.terminated { self.child.signal(Signal::SIGKILL) } else { self.child.terminate() };
        self.terminated = true;
        sent.map(drop).map_err(|error| format!("the command could not be terminated: {error}"))
    }

    pub(super) fn signal(&self, signal: Signal) {
        let _ = self.child.signal(signal);
    }

    /// What it printed, for the terminal that proctop was called in.
    pub(super) fn print_output(&self) -> io::Result<()> {
        self.output.write_sanitised(&mut io::stdout().lock())
    }

    /// Lets the command run on without us; what it prints from now on is lost.
    pub(super) fn leave_running(self) -> io::Result<()> {
        self.child.leave_running()
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.pid()
    }
}
