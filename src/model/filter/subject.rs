//! What a filter asks of the thing that it judges.

use super::field::{EventKind, State};
use crate::model::event::{Killer, WaitStatus};

/// A process, or an event seen against its process.
///
/// `None`, or a visit of nothing, says that the subject does not have the thing: every comparison with it is false.
/// The visitors (`any_…`) hand values to `test` until it returns true and return whether it did; so nothing need be
/// collected. Text is bytes, because nothing makes it UTF-8.
pub trait Subject {
    /// Visits the comm of every image of the exec chain, the one before the first exec included.
    fn any_comm(&self, test: &mut dyn FnMut(&[u8]) -> bool) -> bool;

    /// Visits the arguments, `argv[0]` included, of the latest image: all at once, each with a NUL behind it, which the
    /// last one may lack.
    fn any_argv(&self, test: &mut dyn FnMut(&[u8]) -> bool) -> bool;

    /// Visits the filename of the latest image; not an unknown one.
    fn any_filename(&self, test: &mut dyn FnMut(&[u8]) -> bool) -> bool;

    /// Visits the working directory at the latest exec.
    fn any_cwd(&self, test: &mut dyn FnMut(&[u8]) -> bool) -> bool;

    /// Visits the path of the cgroup, and the id of the container or the name of the unit that it belongs to.
    fn any_cgroup(&self, test: &mut dyn FnMut(&[u8]) -> bool) -> bool;

    /// Visits the name of the controlling terminal.
    fn any_tty(&self, test: &mut dyn FnMut(&[u8]) -> bool) -> bool;

    /// The id of the session.
    fn sid(&self) -> Option<u32>;

    /// Who sent the signal that ended it.
    fn killer(&self) -> Option<&Killer>;

    /// Why an exec failed: the number of the error.
    fn errno(&self) -> Option<u32>;

    /// The threads that it ever had.
    fn threads(&self) -> Option<u32>;

    /// The process id; absent only where no process is concerned, as with losses.
    fn pid(&self) -> Option<u32>;

    /// The parent's process id.
    fn ppid(&self) -> Option<u32>;

    /// The effective user id.
    fn uid(&self) -> Option<u32>;

    /// The lifetime, or the age where the consumer counts that, in nanoseconds.
    fn duration_ns(&self) -> Option<u64>;

    /// How it ended; absent while it runs and where the end was not seen.
    fn status(&self) -> Option<WaitStatus>;

    /// CPU time in nanoseconds.
    fn cpu_ns(&self) -> Option<u64>;

    /// The largest resident set in bytes.
    fn max_rss_bytes(&self) -> Option<u64>;

    /// What has become of the process.
    fn state(&self) -> Option<State>;

    /// Whether it is the process `pid` or one of its descendants.
    fn is_under(&self, pid: u32) -> bool;

    /// What kind of event it is; absent when a process itself is judged.
    fn event(&self) -> Option<EventKind>;
}
