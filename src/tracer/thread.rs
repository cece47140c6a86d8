//! The tracer's thread.

use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use crossbeam_channel::Sender;
use libbpf_rs::OpenObject;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::{SysconfVar, sysconf};

use super::decode::SnapshotEntry;
use super::probe::StartError;
use super::programs::{Counters, Programs};
use super::ring::Ring;
use super::{Message, Options, clock, snapshot};
use crate::model::event::{Account, Event, Lost, PerKind, ProcessId, What};
use crate::provoke;

/// Records of one turn; then the batch is sent, so that a storm can't keep the consumer waiting.
const TURN: usize = 1024;
/// How long records gather while there is traffic: the price of a wake-up is paid a hundred times a second at most.
const NAP: Duration = Duration::from_millis(10);
/// The longest time from a process's start to its place in the kernel's list, generously.
const LISTED_LATE_NS: u64 = 50_000_000;
/// How often the counters and the clock's offset are looked at.
const CHECK: Duration = Duration::from_secs(1);

/// Runs until it is asked to end, nobody listens any more, or something fails.
pub(super) fn run(
    options: Options,
    wake: &OwnedFd,
    armed: &Sender<Result<ProcessId, StartError>>,
    messages: &Sender<Message>,
) {
    let body = || trace(options, wake.as_fd(), armed, messages);
    let failure = match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(())) => return,
        Ok(Err(failure)) => failure,
        Err(_) => "the tracer thread panicked; please report it".into(),
    };
    let _ = messages.send(Message::Failed(failure));
}

fn trace(
    options: Options,
    wake: BorrowedFd<'_>,
    armed: &Sender<Result<ProcessId, StartError>>,
    messages: &Sender<Message>,
) -> Result<(), String> {
    let mut storage = MaybeUninit::<OpenObject>::uninit();
    let started = Programs::arm(&mut storage, options.ring_bytes).and_then(|mut programs| {
        let doorbell = programs.take_doorbell().ok_or_else(|| refused("no shared data"))?;
        let ring = Ring::new(programs.ring(), doorbell, page_bytes()).map_err(|e| refused(&e.to_string()))?;
        let taken_ns = clock::boot_ns();
        let entries = snapshot::take(&programs).map_err(|e| refused(&e.to_string()))?;
        Ok((programs, ring, taken_ns, entries))
    });
    let (programs, ring, taken_ns, mut entries) = match started {
        Ok(parts) => parts,
        Err(error) => {
            let _ = armed.send(Err(error));
            return Ok(());
        }
    };
    // Before the rights go: which file a process with rights executes is told only to who has them, too.
    snapshot::add_images(&mut entries, 0);
    (options.after_arming)();
    let own_id = entries.iter().find(|entry| entry.is_self).map(|entry| entry.snapshot.subject.id);
    let own_id = own_id.ok_or_else(|| refused("its list of processes lacks proctop itself"));
    let is_found = own_id.is_ok();
    let _ = armed.send(own_id);
    if !is_found {
        return Ok(());
    }
    let mut stream = Stream {
        ring,
        programs,
        messages,
        told: Told::default(),
        began_ns: taken_ns,
        checked: Instant::now(),
    };
    match stream.begin(entries, taken_ns).and_then(|()| stream.follow(wake)).and_then(|()| stream.end()) {
        // A closed channel is the consumer's way to say that it has enough.
        Ok(()) | Err(Stop::Closed) => Ok(()),
        Err(Stop::Unaccountable(reason)) => Err(reason),
    }
}

fn refused(reason: &str) -> StartError {
    StartError::Refused { reason: reason.into() }
}

fn page_bytes() -> u64 {
    sysconf(SysconfVar::PAGE_SIZE).ok().flatten().and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or(4096)
}

/// Why the stream goes no further.
enum Stop {
    /// Nobody listens any more.
    Closed,
    /// What was lost can no longer be told: that must not look like nothing lost.
    Unaccountable(String),
}

impl From<libbpf_rs::Error> for Stop {
    fn from(error: libbpf_rs::Error) -> Self {
        Stop::Unaccountable(format!("the kernel no longer tells what was lost: {error}"))
    }
}

/// What the consumer has been told so far of the things that are looked at now and then.
#[derive(Default)]
struct Told {
    dropped: PerKind,
    misses: u64,
    wall_offset_ns: i64,
}

struct Stream<'a> {
    ring: Ring<'a>,
    programs: Programs<'a>,
    messages: &'a Sender<Message>,
    told: Told,
    /// When the first list was begun.
    began_ns: u64,
    checked: Instant,
}

impl Stream<'_> {
    fn send(&self, events: Vec<Event>) -> Result<(), Stop> {
        if events.is_empty() {
            return Ok(());
        }
        self.messages.send(Message::Batch(events)).map_err(|_| Stop::Closed)
    }

    /// The clock and the snapshot; and a first look at the counters, which the rights that are left must allow.
    fn begin(&mut self, entries: Vec<SnapshotEntry>, taken_ns: u64) -> Result<(), Stop> {
        self.programs.counters()?;
        let mut events = Vec::with_capacity(entries.len() + 2);
        self.tell_clock(&mut events);
        push_snapshot(&mut events, entries, taken_ns);
        self.send(events)
    }

    /// Reads until `wake` can be read.
    fn follow(&mut self, wake: BorrowedFd<'_>) -> Result<(), Stop> {
        while !is_readable(wake) {
            provoke::panic_if_asked("tracer");
            let (events, is_cut) = self.ring.drain(TURN);
            let is_quiet = events.is_empty();
            self.send(events)?;
            if self.checked.elapsed() >= CHECK {
                self.check()?;
            }
            match (is_cut, is_quiet) {
                (true, _) => {}
                (false, true) => self.ring.sleep(wake),
                (false, false) => Ring::nap(wake, NAP),
            }
        }
        Ok(())
    }

    /// Looks at the counters and the clock; after a loss takes a new snapshot, so that the consumer can heal.
    fn check(&mut self) -> Result<(), Stop> {
        self.checked = Instant::now();
        let mut events = Vec::new();
        self.tell_clock(&mut events);
        let counters = self.programs.counters()?;
        let lost = self.tell_loss(&counters, &mut events);
        if lost {
            self.reconcile(&mut events)?;
        }
        self.send(events)
    }

    /// The list is taken first and the ring read empty after it: what ended before the list was taken is told before
    /// the list, so that whatever the list lacks without an exit has ended unseen.
    fn reconcile(&mut self, events: &mut Vec<Event>) -> Result<(), Stop> {
        // A little early: a process bears its start time before it stands in the kernel's list, and must not be taken
        // for one that has left it.
        let taken_ns = clock::boot_ns().saturating_sub(LISTED_LATE_NS);
        // Without the rights to list again (older kernels) the tree stays as it is.
        let Ok(mut entries) = snapshot::take(&self.programs) else { return Ok(()) };
        self.drain_all()?;
        snapshot::add_images(&mut entries, self.began_ns);
        push_snapshot(events, entries, taken_ns);
        Ok(())
    }

    fn drain_all(&mut self) -> Result<(), Stop> {
        loop {
            let (read, is_cut) = self.ring.drain(TURN);
            self.send(read)?;
            if !is_cut {
                return Ok(());
            }
        }
    }

    fn tell_clock(&mut self, events: &mut Vec<Event>) {
        const WORTH_TELLING_NS: u64 = 100_000;
        let wall_offset_ns = clock::wall_offset_ns();
        if wall_offset_ns.abs_diff(self.told.wall_offset_ns) >= WORTH_TELLING_NS {
            self.told.wall_offset_ns = wall_offset_ns;
            events.push(Event { time_ns: clock::boot_ns(), what: What::Clock { wall_offset_ns } });
        }
    }

    fn tell_loss(&mut self, counters: &Counters, events: &mut Vec<Event>) -> bool {
        let misses = self.programs.misses();
        let lost = Lost {
            dropped: counters.dropped.since(&self.told.dropped),
            missed_at_most: misses.saturating_sub(self.told.misses),
        };
        self.told.dropped = counters.dropped;
        self.told.misses = misses;
        if lost == Lost::default() {
            return false;
        }
        events.push(Event { time_ns: clock::boot_ns(), what: What::Lost(lost) });
        true
    }

    /// Detaches, waits until no program runs any more, reads the rest and closes the account.
    fn end(&mut self) -> Result<(), Stop> {
        self.programs.detach();
        wait_for_grace_period();
        self.drain_all()?;
        let counters = self.programs.counters()?;
        let mut events = Vec::new();
        self.tell_loss(&counters, &mut events);
        let (delivered, malformed) = self.ring.delivered();
        let account = Account {
            attempted: counters.attempted,
            delivered,
            dropped: counters.dropped,
            missed_at_most: self.told.misses,
            malformed,
        };
        events.push(Event { time_ns: clock::boot_ns(), what: What::End(account) });
        self.send(events)
    }
}

fn push_snapshot(events: &mut Vec<Event>, entries: Vec<SnapshotEntry>, taken_ns: u64) {
    for entry in entries {
        events.push(Event { time_ns: entry.time_ns, what: What::Snapshot(entry.snapshot) });
    }
    events.push(Event { time_ns: clock::boot_ns(), what: What::SnapshotEnd { taken_ns } });
}

fn is_readable(fd: BorrowedFd<'_>) -> bool {
    poll(&mut [PollFd::new(fd, PollFlags::POLLIN)], PollTimeout::ZERO).is_ok_and(|ready| ready > 0)
}

/// A detached program may still be running on another CPU; after an RCU grace period none is.
fn wait_for_grace_period() {
    // SAFETY: membarrier takes two integers and touches no memory of ours. MEMBARRIER_CMD_GLOBAL (1) waits for a
    // grace period (kernel/sched/membarrier.c: synchronize_rcu).
    let waited = unsafe { nix::libc::syscall(nix::libc::SYS_membarrier, 1, 0, 0) };
    if waited != 0 {
        std::thread::sleep(Duration::from_millis(20));
    }
}
