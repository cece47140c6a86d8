//! The user's terminal: taken, given back, and given back also when something goes wrong.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::mem::ManuallyDrop;
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD;
use crossterm::cursor::Show;
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::execute;
use crossterm::queue;
use crossterm::style::Print;
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
    disable_raw_mode, enable_raw_mode,
};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Frame, Terminal};

use super::writer::{Pen, Writer};
use crate::app::error::Error;
use crate::command::output::panic_is_contained;

/// Whether the terminal is ours now.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// Whether a thread has panicked: its message stands on the terminal, which is not to be drawn over.
static PANICKED: AtomicBool = AtomicBool::new(false);
/// Held while a frame is written: a panic in another thread must not give the terminal back in the middle of it, since the
/// rest would be drawn over its message.
static FRAME: Mutex<()> = Mutex::new(());
/// How long a panic waits for that. The terminal may be one that nobody reads.
const END_OF_FRAME: Duration = Duration::from_secs(1);

/// Has the terminal tell clicks, the wheel, and moves while a button is held down (modes 1000 and 1002 of xterm), in decimal
/// numbers (1006). Not every move (1003): nobody asks for those, and they would come in thousands.
const TELL_MOUSE: &str = "\x1b[?1000h\x1b[?1002h\x1b[?1006h";
/// Does no harm where it was not asked for.
const FORGET_MOUSE: &str = "\x1b[?1006l\x1b[?1002l\x1b[?1000l";

thread_local! {
    /// Whether this thread holds [`FRAME`].
    static IS_DRAWING: Cell<bool> = const { Cell::new(false) };
}

/// The terminal while the screen is shown. Dropping it gives it back.
pub(super) struct Screen {
    writer: Writer,
    /// Never dropped itself: it would show the cursor once more, and panic where the terminal is gone and nobody can be
    /// told that this failed.
    terminal: ManuallyDrop<Terminal<CrosstermBackend<Pen>>>,
    /// Whether clicks are told.
    mouse: bool,
    taken: Instant,
    /// Whether nothing that was drawn can be relied upon any more.
    is_stale: bool,
}

impl Screen {
    /// Whether there is a terminal to take.
    ///
    /// # Errors
    /// [`Error::NoTerminal`].
    pub(super) fn check() -> Result<(), Error> {
        // Keys come from the standard input, or else from the controlling terminal.
        let has_keys = || io::stdin().is_terminal() || File::open("/dev/tty").is_ok();
        if io::stdout().is_terminal() && has_keys() { Ok(()) } else { Err(Error::NoTerminal) }
    }

    /// Takes the terminal, with or without its mouse.
    ///
    /// # Errors
    /// When it can't be switched or told.
    pub(super) fn enter(mouse: bool) -> Result<Self, Error> {
        restore_on_panic();
        let failed = |error: io::Error| Error::System { doing: "cannot use the terminal", error };
        let writer = Writer::start().map_err(failed)?;
        take(mouse).map_err(failed)?;
        let terminal = Terminal::new(CrosstermBackend::new(writer.pen())).map_err(|error| {
            give_back();
            failed(error)
        })?;
        Ok(Self {
            writer,
            terminal: ManuallyDrop::new(terminal),
            mouse,
            taken: Instant::now(),
            is_stale: false,
        })
    }

    /// How long the terminal has been taken, whatever the clock of the day does.
    pub(super) fn since_taken(&self) -> Duration {
        self.taken.elapsed()
    }

    /// The terminal's size as a rectangle.
    pub(super) fn area(&self) -> Rect {
        self.terminal.size().map_or(Rect::new(0, 0, 80, 24), |size| Rect::new(0, 0, size.width, size.height))
    }

    /// Whether the former frame is with the terminal: only then another one should be drawn.
    pub(super) fn is_ready(&self) -> bool {
        self.writer.is_ready()
    }

    /// Draws a frame.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub(super) fn draw(&mut self, paint: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        if self.is_stale {
            // Not clear(): that asks the terminal for the cursor's place, and the answer comes to the thread of the keys.
            let area = self.area();
            self.terminal.resize(area)?;
            self.is_stale = false;
        }
        self.terminal.draw(paint)?;
        queue!(self.terminal.backend_mut(), EndSynchronizedUpdate)?;
        self.writer.submit()
    }

    /// Gives the terminal bytes to be pasted elsewhere (OSC 52 of xterm). It does not say whether it takes them.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub(super) fn copy(&mut self, bytes: &[u8]) -> io::Result<()> {
        let out = self.terminal.backend_mut();
        write!(out, "\x1b]52;c;{}\x07", Base64Display::new(bytes, &STANDARD))?;
        self.writer.submit()
    }

    /// Has the next frame draw everything anew.
    pub(super) fn repaint(&mut self) {
        self.is_stale = true;
    }

    /// Gives the terminal back, stops as Ctrl-Z does it, and takes the terminal again when continued.
    ///
    /// # Errors
    /// When it can't be taken again.
    pub(super) fn suspend(&mut self) -> io::Result<()> {
        self.writer.finish(END_OF_FRAME);
        give_back();
        // Stops the process: the default action of the signal, whatever handler there is.
        signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGTSTP)?;
        take(self.mouse)?;
        self.repaint();
        Ok(())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.writer.finish(END_OF_FRAME);
        give_back();
    }
}

/// Writes what was drawn, unless the terminal is no longer ours.
///
/// # Errors
/// When the terminal is gone.
pub(super) fn write_frame(bytes: &[u8]) -> io::Result<()> {
    let _turn = Turn::take();
    if PANICKED.load(Ordering::SeqCst) || !TAKEN.load(Ordering::SeqCst) {
        return Ok(());
    }
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

/// The right to write a frame.
struct Turn(#[expect(dead_code, reason = "held, not used")] MutexGuard<'static, ()>);

impl Turn {
    fn take() -> Self {
        let turn = FRAME.lock().unwrap_or_else(PoisonError::into_inner);
        IS_DRAWING.set(true);
        Self(turn)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        IS_DRAWING.set(false);
    }
}

/// Waits until no other thread is in the middle of a frame, and keeps it from the next.
fn wait_for_end_of_frame() -> Option<MutexGuard<'static, ()>> {
    let begun = Instant::now();
    while !IS_DRAWING.get() && begun.elapsed() < END_OF_FRAME {
        match FRAME.try_lock() {
            Ok(turn) => return Some(turn),
            Err(TryLockError::Poisoned(turn)) => return Some(turn.into_inner()),
            Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(1)),
        }
    }
    None
}

fn take(mouse: bool) -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste)?;
    if mouse { execute!(io::stdout(), Print(TELL_MOUSE)) } else { Ok(()) }
}

/// Does nothing when the terminal is not ours; errors tell that it is gone.
fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let mut out = io::stdout();
        let _ = execute!(
            out,
            EndSynchronizedUpdate,
            Print(FORGET_MOUSE),
            DisableBracketedPaste,
            LeaveAlternateScreen,
            Show
        );
        let _ = disable_raw_mode();
    }
}

/// Whether a thread has panicked: the terminal was given back for its message, and there is no screen any more.
pub(super) fn is_lost() -> bool {
    PANICKED.load(Ordering::SeqCst)
}

/// A panic in any thread gives the terminal back before its message is printed.
fn restore_on_panic() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if panic_is_contained() {
            return;
        }
        let _no_frame = wait_for_end_of_frame();
        PANICKED.store(true, Ordering::SeqCst);
        give_back();
        usual(panic);
    }));
}
