//! The kernel side's reader: the only place that knows libbpf.
//!
//! One thread owns all of it. It loads and attaches the programs, takes the snapshot, then reads the ring in bounded
//! turns and sends batches of events over a bounded channel. When the consumer is slow it blocks there, the ring fills,
//! and what no longer fits is counted by the kernel side: loss happens in that one place.

mod clock;
mod decode;
mod layout;
pub mod probe;
mod programs;
mod ring;
mod said;
#[cfg(test)]
mod seeds;
mod snapshot;
mod thread;

use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, bounded};
use nix::unistd::write;

pub use clock::{boot_ns, wall_offset_ns};
pub use decode::{Malformed, SnapshotEntry, decode, decode_snapshot};
pub use probe::StartError;
pub use said::listen;

use crate::model::event::{Event, ProcessId};

/// The default size of the ring in bytes. 1 MiB with a poll every 100 ms loses a quarter of a storm.
pub const DEFAULT_RING_BYTES: u32 = 16 << 20;

/// Batches in flight between the tracer and its consumer.
const CHANNEL_BATCHES: usize = 32;

/// How the tracer is to work.
pub struct Options {
    /// The ring's size: a power of two and a multiple of the page size, as the kernel wants it.
    pub ring_bytes: u32,
    /// Called in the tracer's thread once all is attached and the list of what runs already is complete, before the
    /// first message: the place to give up rights.
    pub after_arming: Box<dyn FnOnce() + Send>,
}

/// What the tracer sends.
#[derive(Debug)]
pub enum Message {
    /// Events in the order in which the ring held them. The last event of a stream that ends in order is `What::End`.
    Batch(Vec<Event>),
    /// The thread ended by a defect or because the kernel refused a read; nothing follows.
    Failed(String),
}

/// A running tracer. Dropping it ends the tracing.
pub struct Tracer {
    wake: Arc<OwnedFd>,
    thread: Option<JoinHandle<()>>,
    /// The messages.
    pub messages: Receiver<Message>,
    /// proctop itself, as the kernel knows it in the initial pid namespace.
    pub own_id: ProcessId,
}

impl Tracer {
    /// Loads and attaches in a new thread and returns when every process that starts from now on will be seen.
    ///
    /// # Errors
    /// Why tracing can't start: rights, kernel, limits.
    pub fn start(options: Options) -> Result<Self, StartError> {
        let thread_error = |reason: String| StartError::Thread { reason };
        let (sender, messages) = bounded(CHANNEL_BATCHES);
        let (armed, answer) = bounded(1);
        let wake = nix::sys::eventfd::EventFd::from_flags(
            nix::sys::eventfd::EfdFlags::EFD_CLOEXEC | nix::sys::eventfd::EfdFlags::EFD_NONBLOCK,
        )
        .map_err(|errno| thread_error(errno.to_string()))?;
        let wake = Arc::new(OwnedFd::from(wake));
        let theirs = Arc::clone(&wake);
        let thread = std::thread::Builder::new()
            .name("tracer".into())
            .spawn(move || thread::run(options, &theirs, &armed, &sender))
            .map_err(|error| thread_error(error.to_string()))?;
        match answer.recv() {
            Ok(Ok(own_id)) => Ok(Self { wake, thread: Some(thread), messages, own_id }),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(thread_error("it ended before it was ready".into())),
        }
    }

    /// One without a thread, that sends these messages.
    #[cfg(test)]
    pub(crate) fn of(messages: Receiver<Message>) -> Self {
        let wake = Arc::new(OwnedFd::from(nix::sys::eventfd::EventFd::new().expect("a descriptor")));
        Self { wake, thread: None, messages, own_id: ProcessId::default() }
    }

    /// Asks the tracer to detach, read what is still in the ring and send [`What::End`]; returns at once.
    ///
    /// [`What::End`]: crate::model::event::What::End
    pub fn finish(&self) {
        let _ = write(self.wake.as_fd(), &1u64.to_ne_bytes());
    }
}

impl Drop for Tracer {
    fn drop(&mut self) {
        self.finish();
        // The thread may be blocked on a full channel: without a receiver its next send ends it.
        let (_, nobody) = bounded(0);
        self.messages = nobody;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
