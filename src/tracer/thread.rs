//! The tracer's thread.

use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crossbeam_channel::Sender;
use libbpf_rs::OpenObject;
use nix::unistd::{SysconfVar, sysconf};

use super::counters::{Counters, Sums};
use super::failed::Watch;
use super::look::Looks;
use super::priority::raise_priority;
use super::probe::StartError;
use super::programs::Programs;
use super::reader::{CLOCKS_APART_NS, Reader};
use super::requests::Requests;
use super::ring::Ring;
use super::snapshot::List;
use super::tally::Tally;
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
    requests: &Requests,
    armed: &Sender<Result<ProcessId, StartError>>,
    messages: &Sender<Message>,
) {
    raise_priority();
    let body = || trace(options, requests, armed, messages);
    if catch_unwind(AssertUnwindSafe(body)).is_err() {
        let _ = messages.send(Message::Failed("the tracer thread panicked; please report it".into()));
    }
}

fn trace(
    options: Options,
    requests: &Requests,
    armed: &Sender<Result<ProcessId, StartError>>,
    messages: &Sender<Message>,
) {
    let mut storage = MaybeUninit::<OpenObject>::uninit();
    let (mut fexit, mut tracepoint) = (MaybeUninit::uninit(), MaybeUninit::uninit());
    let started = Programs::arm(&mut storage, options.ring_bytes).and_then(|mut programs| {
        let shared = programs.take_shared().ok_or_else(|| refused("no shared data"))?;
        shared.threads.store(options.threads.into(), Ordering::Relaxed);
        // In front of the ring: whatever is mapped by then is kept from children.
        let lanes = programs.lanes().map_err(|e| refused(&e.to_string()))?;
        let ring =
            Ring::new(programs.ring(), shared.doorbell, page_bytes()).map_err(|e| refused(&e.to_string()))?;
        let reader = Reader::new(ring, lanes, page_bytes());
        let counters = programs.counters().map_err(|e| refused(&e.to_string()))?;
        // A switch stamps the scheduler's clock: the list's program compares it with ours.
        std::thread::sleep(Duration::from_micros(50));
        let taken_ns = clock::boot_ns();
        let list = snapshot::take(&programs).map_err(|e| refused(&e.to_string()))?;
        Ok((programs, counters, reader, taken_ns, list))
    });
    let (programs, counters, reader, taken_ns, mut list) = match started {
        Ok(parts) => parts,
        Err(error) => {
            let _ = armed.send(Err(error));
            return;
        }
    };
    let mut failed = Watch::new(&mut fexit, &mut tracepoint, options.ring_bytes);
    let answer = requests.wants_failed_execs().then(|| failed.watch(true, &programs));
    // Before the rights go: which file a process with rights executes is told only to who has them, too.
    snapshot::add_images(&mut list.processes, 0);
    (options.after_arming)();
    let own_id = list.processes.iter().find(|entry| entry.is_self).map(|entry| entry.snapshot.subject.id);
    let own_id = own_id.ok_or_else(|| refused("its list of processes lacks proctop itself"));
    let is_found = own_id.is_ok();
    let _ = armed.send(own_id);
    if !is_found {
        return;
    }
    let mut stream = Stream {
        reader,
        programs,
        counters,
        failed,
        messages,
        told: Told::default(),
        began_ns: taken_ns,
        checked: Instant::now(),
        looks: Looks::new(&list.processes),
    };
    if let Some(answer) = answer {
        let _ = messages.send(Message::FailedExecs(answer));
    }
    // A closed channel is the consumer's way to say that it has enough.
    let (Ok(()) | Err(Closed)) =
        stream.begin(list, taken_ns).and_then(|()| stream.follow(requests)).and_then(|()| stream.end());
}

fn refused(reason: &str) -> StartError {
    StartError::Refused { reason: reason.into() }
}

fn page_bytes() -> u64 {
    sysconf(SysconfVar::PAGE_SIZE).ok().flatten().and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or(4096)
}

/// Nobody listens any more: the stream goes no further.
struct Closed;

/// What the consumer has been told so far of the things that are looked at now and then.
#[derive(Default)]
struct Told {
    dropped: PerKind,
    misses: u64,
    wall_offset_ns: i64,
}

struct Stream<'a> {
    reader: Reader<'a>,
    programs: Programs<'a>,
    counters: Counters,
    failed: Watch<'a>,
    messages: &'a Sender<Message>,
    told: Told,
    /// When the first list was begun.
    began_ns: u64,
    checked: Instant,
    looks: Looks,
}

impl Stream<'_> {
    fn send(&self, events: Vec<Event>) -> Result<(), Closed> {
        if events.is_empty() {
            return Ok(());
        }
        self.messages.send(Message::Batch(events)).map_err(|_| Closed)
    }

    /// The clock and the snapshot.
    fn begin(&mut self, list: List, taken_ns: u64) -> Result<(), Closed> {
        let mut events = Vec::with_capacity(list.processes.len() + list.cgroups.len() + 2);
        self.tell_clock(&mut events);
        push_list(&mut events, list, taken_ns);
        self.send(events)
    }

    /// Reads until the end is asked for.
    fn follow(&mut self, requests: &Requests) -> Result<(), Closed> {
        loop {
            requests.take();
            if requests.wants_end() {
                return Ok(());
            }
            self.answer(requests)?;
            provoke::panic_if_asked("tracer");
            let until_ns = clock::boot_ns().saturating_sub(CLOCKS_APART_NS);
            let (events, is_cut) = self.reader.drain(TURN, until_ns);
            let is_quiet = events.is_empty();
            self.send(events)?;
            if self.checked.elapsed() >= CHECK {
                self.check()?;
            }
            match (is_cut, is_quiet) {
                (true, _) => {}
                (false, true) => self.reader.sleep(requests.fd()),
                (false, false) => Ring::nap(requests.fd(), NAP),
            }
        }
    }

    /// Begins or ends telling failed execs, where that is not what is wanted.
    fn answer(&mut self, requests: &Requests) -> Result<(), Closed> {
        let wanted = requests.wants_failed_execs();
        if wanted == self.failed.is_wanted() {
            return Ok(());
        }
        let answer = self.failed.watch(wanted, &self.programs);
        self.messages.send(Message::FailedExecs(answer)).map_err(|_| Closed)
    }

    /// Looks at the counters, the clock and what runs. After a loss, and now and then, the whole list is told, so that
    /// the consumer can heal.
    fn check(&mut self) -> Result<(), Closed> {
        self.checked = Instant::now();
        let mut events = Vec::new();
        self.tell_clock(&mut events);
        let lost = self.tell_loss(&self.counters.sums(), &mut events);
        if lost || self.looks.is_due() {
            self.look(lost, &mut events)?;
        }
        self.send(events)
    }

    /// The list is taken first and the ring read empty after it: what ended before the list was taken is told before
    /// the list, so that whatever the list lacks without an exit has ended unseen.
    fn look(&mut self, lost: bool, events: &mut Vec<Event>) -> Result<(), Closed> {
        let began = Instant::now();
        // A little early: a process bears its start time before it stands in the kernel's list, and must not be taken
        // for one that has left it.
        let taken_ns = clock::boot_ns().saturating_sub(LISTED_LATE_NS);
        // Without the rights to list again (older kernels) the tree stays as it is.
        let Ok(mut list) = snapshot::take(&self.programs) else { return Ok(()) };
        self.looks.looked(began.elapsed());
        self.drain_all(clock::boot_ns())?;
        if lost || self.looks.is_whole_due() {
            self.looks.told_whole();
            // Behind the list: that tells of those whose beginning was lost.
            let mut changes = Vec::new();
            self.looks.changes(&list.processes, taken_ns, &mut changes);
            if lost {
                snapshot::add_images(&mut list.processes, self.began_ns);
            }
            push_list(events, list, taken_ns);
            events.append(&mut changes);
        } else {
            push_cgroups(events, &mut list);
            self.looks.changes(&list.processes, taken_ns, events);
        }
        Ok(())
    }

    /// All that is older than this.
    fn drain_all(&mut self, until_ns: u64) -> Result<(), Closed> {
        if clock::boot_ns().saturating_sub(until_ns) < CLOCKS_APART_NS {
            std::thread::sleep(Duration::from_nanos(CLOCKS_APART_NS));
        }
        loop {
            let (read, is_cut) = self.reader.drain(TURN, until_ns);
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

    fn tell_loss(&mut self, sums: &Sums, events: &mut Vec<Event>) -> bool {
        let misses = self.programs.misses() + self.failed.misses();
        let lost = Lost {
            dropped: sums.dropped.since(&self.told.dropped),
            missed_at_most: misses.saturating_sub(self.told.misses),
        };
        self.told.dropped = sums.dropped;
        self.told.misses = misses;
        if lost == Lost::default() {
            return false;
        }
        events.push(Event { time_ns: clock::boot_ns(), what: What::Lost(lost) });
        true
    }

    /// Detaches, waits until no program runs any more, reads the rest and closes the account.
    fn end(&mut self) -> Result<(), Closed> {
        self.programs.detach();
        self.failed.detach();
        wait_for_grace_period();
        self.drain_all(u64::MAX)?;
        let sums = self.counters.sums();
        let mut events = Vec::new();
        self.tell_loss(&sums, &mut events);
        let Tally { delivered, malformed } = self.reader.tally();
        let account = Account {
            attempted: sums.attempted,
            delivered,
            dropped: sums.dropped,
            missed_at_most: self.told.misses,
            malformed,
        };
        events.push(Event { time_ns: clock::boot_ns(), what: What::End(account) });
        self.send(events)
    }
}

fn push_list(events: &mut Vec<Event>, mut list: List, taken_ns: u64) {
    push_cgroups(events, &mut list);
    for entry in list.processes {
        events.push(Event { time_ns: entry.time_ns, what: What::Snapshot(entry.snapshot) });
    }
    events.push(Event { time_ns: clock::boot_ns(), what: What::SnapshotEnd { taken_ns } });
}

fn push_cgroups(events: &mut Vec<Event>, list: &mut List) {
    let time_ns = clock::boot_ns();
    events.extend(list.cgroups.drain(..).map(|cgroup| Event { time_ns, what: What::Cgroup(cgroup) }));
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
