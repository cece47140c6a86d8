//! The kernel side's reader: the only place that knows libbpf.
//!
//! One thread owns all of it. It loads and attaches the programs, takes the snapshot, then reads the ring in bounded
//! turns and sends batches of events over a bounded channel. When the consumer is slow it blocks there, the ring fills,
//! and what no longer fits is counted by the kernel side: loss happens in that one place.

mod clock;
mod counters;
mod decode;
mod failed;
mod lanes;
mod layout;
mod look;
pub mod namespace;
mod priority;
pub mod probe;
mod programs;
mod reader;
mod requests;
mod ring;
mod said;
#[cfg(test)]
mod seeds;
mod snapshot;
mod tally;
mod thread;

use std::sync::Arc;
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, bounded};

pub use clock::{boot_ns, wall_offset_ns};
pub use decode::{Listed, Malformed, SnapshotEntry, decode, decode_listed};
pub use failed::Way;
pub use priority::raise_priority;
pub use probe::StartError;
pub use said::listen;

use requests::Requests;

use crate::model::event::{Event, ProcessId};

/// The default size of the ring in bytes. 1 MiB with a poll every 100 ms loses a quarter of a storm.
pub const DEFAULT_RING_BYTES: u32 = 16 << 20;

/// Batches in flight between the tracer and its consumer.
const CHANNEL_BATCHES: usize = 32;

/// How the tracer is to work.
pub struct Options {
    /// The ring's size: a power of two and a multiple of the page size, as the kernel wants it.
    pub ring_bytes: u32,
    /// Tell the beginnings and ends of threads.
    pub threads: bool,
    /// Tell failed execs from the beginning on.
    pub failed_execs: bool,
    /// Called in the tracer's thread once all is attached and the list of what runs already is complete, before the
    /// first message: the place to give up rights.
    pub after_arming: Box<dyn FnOnce() + Send>,
}

/// What the tracer sends.
#[derive(Debug)]
pub enum Message {
    /// Events in the order of their times, as far as one causes another. The last event of a stream that ends in order is `What::End`.
    Batch(Vec<Event>),
    /// Whether failed execs are told from here on, and how; or why they can't be.
    FailedExecs(Result<Option<Way>, String>),
    /// The thread ended by a defect or because the kernel refused a read; nothing follows.
    Failed(String),
}

/// A running tracer. Dropping it ends the tracing.
pub struct Tracer {
    requests: Arc<Requests>,
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
        Self::start_beside(options, || ()).map(|(tracer, ())| tracer)
    }

    /// As [`Tracer::start`], which takes some fifty milliseconds; something else is done meanwhile.
    ///
    /// # Errors
    /// As there.
    pub fn start_beside<T>(options: Options, meanwhile: impl FnOnce() -> T) -> Result<(Self, T), StartError> {
        let thread_error = |reason: String| StartError::Thread { reason };
        let (sender, messages) = bounded(CHANNEL_BATCHES);
        let (armed, answer) = bounded(1);
        let requests =
            Requests::new(options.failed_execs).map_err(|errno| thread_error(errno.to_string()))?;
        let requests = Arc::new(requests);
        let theirs = Arc::clone(&requests);
        let thread = std::thread::Builder::new()
            .name("tracer".into())
            .spawn(move || thread::run(options, &theirs, &armed, &sender))
            .map_err(|error| thread_error(error.to_string()))?;
        let done = meanwhile();
        match answer.recv() {
            Ok(Ok(own_id)) => Ok((Self { requests, thread: Some(thread), messages, own_id }, done)),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(thread_error("it ended before it was ready".into())),
        }
    }

    /// One without a thread, that sends these messages.
    #[cfg(test)]
    pub(crate) fn of(messages: Receiver<Message>) -> Self {
        let requests = Arc::new(Requests::new(false).expect("a descriptor"));
        Self { requests, thread: None, messages, own_id: ProcessId::default() }
    }

    #[cfg(test)]
    pub(crate) fn pretend_to_have_reached(&self, time_ns: u64) {
        self.requests.set_reached(time_ns);
    }

    /// No fork, exec or exit that is older than this (boot clock, nanoseconds) is still to come but for microseconds, once what [`Tracer::messages`] holds
    /// now is taken in. It stands still while the tracer waits for its consumer or for a CPU, and lags a second at
    /// most while nothing happens; 0 before the first list was sent.
    pub fn reached_ns(&self) -> u64 {
        self.requests.reached_ns()
    }

    /// Asks the tracer to detach, read what is still in the ring and send [`What::End`]; returns at once.
    ///
    /// [`What::End`]: crate::model::event::What::End
    pub fn finish(&self) {
        self.requests.finish();
    }

    /// Asks the tracer to begin, or to end, telling failed execs; returns at once. A [`Message::FailedExecs`] answers.
    pub fn watch_failed_execs(&self, wanted: bool) {
        self.requests.watch_failed_execs(wanted);
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
