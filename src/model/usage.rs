//! What a process used, and who ended it.

use serde::{Deserialize, Serialize};

use super::event::{Comm, ProcessId};

/// What all threads of a process used together, beside CPU time and memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Page faults that needed no storage.
    pub minor_faults: u64,
    /// Page faults that had to wait for storage.
    pub major_faults: u64,
    /// Times that a thread gave up the CPU to wait.
    pub voluntary_switches: u64,
    /// Times that a thread lost the CPU to another one.
    pub involuntary_switches: u64,
    /// Bytes read through system calls, from whatever file, pipe or socket (`rchar` of `/proc/PID/io`).
    pub read_bytes: u64,
    /// Bytes written through system calls (`wchar`).
    pub written_bytes: u64,
    /// Bytes that had to be fetched from storage (`read_bytes` of `/proc/PID/io`).
    pub storage_read_bytes: u64,
    /// Bytes that were caused to be sent to storage (`write_bytes`).
    pub storage_written_bytes: u64,
    /// Threads that it ever had, the leader among them, as far as was seen: of a process that ran before the tracing
    /// those that had ended by then are missing. 0 when unknown.
    pub threads: u32,
}

/// Who sent the signal by which a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Killer {
    /// A process; it may be the one that ended.
    Process {
        /// Which.
        id: ProcessId,
        /// Its comm when it sent the signal.
        comm: Comm,
    },
    /// The kernel did on its own.
    Kernel(Cause),
}

/// Why the kernel sent a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Cause {
    /// The process did what the hardware or the kernel does not allow: a bad address, an illegal instruction.
    Fault,
    /// Ctrl-C, Ctrl-\ or a hang-up of its terminal.
    Terminal,
    /// A timer that ran out (`alarm`, `setitimer`, `timer_create`).
    Timer,
    /// A limit of its own (`setrlimit`): CPU time or the size of a file.
    Rlimit,
    /// Memory ran out and it was chosen.
    Oom,
    /// Another reason.
    Other,
}

impl Cause {
    /// The name in outputs.
    pub const fn name(self) -> &'static str {
        match self {
            Cause::Fault => "fault",
            Cause::Terminal => "terminal",
            Cause::Timer => "timer",
            Cause::Rlimit => "rlimit",
            Cause::Oom => "oom",
            Cause::Other => "other",
        }
    }
}
