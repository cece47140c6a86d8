//! Writes to the terminal in a thread of its own: one that does not read, since it is stopped, slow, or starved by the
//! very storm that is looked at, keeps neither events nor keys waiting. Meanwhile no frame is drawn.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};

use super::terminal;

/// Gathers what is drawn.
pub(super) struct Pen(Rc<RefCell<Vec<u8>>>);

/// What has been drawn and not yet been handed over, and the thread's state.
pub(super) struct Writer {
    pending: Rc<RefCell<Vec<u8>>>,
    frames: Sender<Vec<u8>>,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    /// A frame is being written.
    busy: AtomicBool,
    /// The terminal takes nothing any more.
    gone: AtomicBool,
}

impl Writer {
    /// Starts the thread.
    ///
    /// # Errors
    /// When there can be no other thread.
    pub(super) fn start() -> io::Result<Self> {
        let (frames, to_write) = bounded(1);
        let state = Arc::<State>::default();
        let theirs = Arc::clone(&state);
        thread::Builder::new().name("terminal".into()).spawn(move || write_all(&to_write, &theirs))?;
        Ok(Self { pending: Rc::default(), frames, state })
    }

    /// Draws for this writer.
    pub(super) fn pen(&self) -> Pen {
        Pen(Rc::clone(&self.pending))
    }

    /// Whether the former frame is with the terminal.
    pub(super) fn is_ready(&self) -> bool {
        !self.state.busy.load(Ordering::SeqCst)
    }

    /// Hands over what was drawn; while the thread is busy it stays for the next time.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub(super) fn submit(&self) -> io::Result<()> {
        if self.state.gone.load(Ordering::SeqCst) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        if !self.pending.borrow().is_empty() && self.is_ready() {
            self.state.busy.store(true, Ordering::SeqCst);
            let frame = self.pending.take();
            self.frames.send(frame).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        }
        Ok(())
    }

    /// Waits for the end of the frame that is being written, but not for ever.
    pub(super) fn finish(&self, patience: Duration) {
        let begun = Instant::now();
        while !self.is_ready() && begun.elapsed() < patience {
            thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Write for Pen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    /// Frames go as a whole, by [`Writer::submit`].
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write_all(frames: &Receiver<Vec<u8>>, state: &State) {
    for frame in frames {
        if terminal::write_frame(&frame).is_err() {
            state.gone.store(true, Ordering::SeqCst);
        }
        state.busy.store(false, Ordering::SeqCst);
    }
}
