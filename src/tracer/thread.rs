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
/// Who reads so late may find seconds missing behind what is there: the consumer was slow, or we were stopped.
const AWAY: Duration = Duration::from_millis(250);

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
        requests,
        messages,
        reached_ns: taken_ns,
        drained: Instant::now(),
        losses: Vec::new(),
        must_list: false,
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
        stream.begin(list, taken_ns).and_then(|()| stream.follow()).and_then(|()| stream.end());
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
    requests: &'a Requests,
    messages: &'a Sender<Message>,
    /// All that is older was sent. What has no record of its own is stamped with this: it must not be younger than
    /// events that are still to come, which may be a second old where the consumer is slow.
    reached_ns: u64,
    drained: Instant,
    /// Not sent yet: what is older goes before them.
    losses: Vec<Event>,
    /// Something was lost since the last list.
    must_list: bool,
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
        self.push_list(&mut events, list, taken_ns);
        self.send(events)
    }

    /// Reads at most `limit` records older than `until_ns` and sends them; tells how many, and whether more may be waiting.
    fn pass_on(&mut self, limit: usize, until_ns: u64) -> Result<(usize, bool), Closed> {
        if self.drained.elapsed() >= AWAY {
            // Before anything is taken and there is room again: all that is there came before what is missing.
            self.note_loss();
        }
        let (mut events, is_cut) = self.reader.drain(limit, until_ns);
        self.drained = Instant::now();
        let count = events.len();
        let reached_ns = reached(&events, is_cut, until_ns.min(clock::boot_ns()), &self.losses);
        let reached_ns = self.reached_ns.max(reached_ns);
        insert_losses(&mut self.losses, &mut events, reached_ns);
        self.send(events)?;
        self.reached_ns = reached_ns;
        self.requests.set_reached(self.reached_ns);
        Ok((count, is_cut))
    }

    /// Reads until the end is asked for.
    fn follow(&mut self) -> Result<(), Closed> {
        let requests = self.requests;
        loop {
            requests.take();
            if requests.wants_end() {
                return Ok(());
            }
            self.answer()?;
            provoke::panic_if_asked("tracer");
            let until_ns = clock::boot_ns().saturating_sub(CLOCKS_APART_NS);
            let (count, is_cut) = self.pass_on(TURN, until_ns)?;
            if self.checked.elapsed() >= CHECK {
                self.check()?;
            }
            match (is_cut, count == 0) {
                (true, _) => {}
                (false, true) => self.reader.sleep(requests.fd()),
                (false, false) => Ring::nap(requests.fd(), NAP),
            }
        }
    }

    /// Begins or ends telling failed execs, where that is not what is wanted.
    fn answer(&mut self) -> Result<(), Closed> {
        let wanted = self.requests.wants_failed_execs();
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
        self.note_loss();
        let has_lost = std::mem::take(&mut self.must_list);
        let looked = if has_lost || self.looks.is_due() { self.look()? } else { None };
        let mut events = Vec::new();
        self.tell_clock(&mut events);
        if let Some((list, taken_ns)) = looked {
            self.tell_looks(list, taken_ns, has_lost, &mut events);
        }
        self.send(events)
    }

    /// What runs, and as of when. The list is taken first and the ring read empty after it: what ended before the list was
    /// taken is told before the list, so that whatever the list lacks without an exit has ended unseen.
    fn look(&mut self) -> Result<Option<(List, u64)>, Closed> {
        let began = Instant::now();
        // A little early: a process bears its start time before it stands in the kernel's list, and must not be taken
        // for one that has left it.
        let taken_ns = clock::boot_ns().saturating_sub(LISTED_LATE_NS);
        // Without the rights to list again (older kernels) the tree stays as it is.
        let Ok(list) = snapshot::take(&self.programs) else { return Ok(None) };
        self.looks.looked(began.elapsed());
        self.drain_all(clock::boot_ns())?;
        Ok(Some((list, taken_ns)))
    }

    fn tell_looks(&mut self, mut list: List, taken_ns: u64, lost: bool, events: &mut Vec<Event>) {
        if lost || self.looks.is_whole_due() {
            self.looks.told_whole();
            // Behind the list: that tells of those whose beginning was lost.
            let mut changes = Vec::new();
            self.looks.changes(&list.processes, taken_ns, &mut changes);
            if lost {
                snapshot::add_images(&mut list.processes, self.began_ns);
            }
            self.push_list(events, list, taken_ns);
            events.append(&mut changes);
        } else {
            self.push_cgroups(events, &mut list);
            self.looks.changes(&list.processes, taken_ns, events);
        }
    }

    /// All that is older than this.
    fn drain_all(&mut self, until_ns: u64) -> Result<(), Closed> {
        if clock::boot_ns().saturating_sub(until_ns) < CLOCKS_APART_NS {
            std::thread::sleep(Duration::from_nanos(CLOCKS_APART_NS));
        }
        loop {
            if let (_, false) = self.pass_on(TURN, until_ns)? {
                return Ok(());
            }
        }
    }

    fn tell_clock(&mut self, events: &mut Vec<Event>) {
        const WORTH_TELLING_NS: u64 = 100_000;
        let wall_offset_ns = clock::wall_offset_ns();
        if wall_offset_ns.abs_diff(self.told.wall_offset_ns) >= WORTH_TELLING_NS {
            self.told.wall_offset_ns = wall_offset_ns;
            events.push(self.now(What::Clock { wall_offset_ns }));
        }
    }

    /// Notes what was lost since it was asked last, to be told at its place in the stream. Hands over the counters.
    fn note_loss(&mut self) -> Sums {
        let sums = self.counters.sums();
        let misses = self.programs.misses() + self.failed.misses();
        let lost = Lost {
            dropped: sums.dropped.since(&self.told.dropped),
            missed_at_most: misses.saturating_sub(self.told.misses),
        };
        self.told.dropped = sums.dropped;
        self.told.misses = misses;
        if lost != Lost::default() {
            self.must_list = true;
            self.losses.push(Event { time_ns: clock::boot_ns(), what: What::Lost(lost) });
        }
        sums
    }

    /// An event without a record.
    fn now(&self, what: What) -> Event {
        Event { time_ns: self.reached_ns, what }
    }

    fn push_list(&self, events: &mut Vec<Event>, mut list: List, taken_ns: u64) {
        self.push_cgroups(events, &mut list);
        for entry in list.processes {
            events.push(Event { time_ns: entry.time_ns, what: What::Snapshot(entry.snapshot) });
        }
        events.push(self.now(What::SnapshotEnd { taken_ns }));
    }

    fn push_cgroups(&self, events: &mut Vec<Event>, list: &mut List) {
        events.extend(list.cgroups.drain(..).map(|cgroup| self.now(What::Cgroup(cgroup))));
    }

    /// Detaches, waits until no program runs any more, reads the rest and closes the account.
    fn end(&mut self) -> Result<(), Closed> {
        self.programs.detach();
        self.failed.detach();
        wait_for_grace_period();
        self.drain_all(u64::MAX)?;
        let sums = self.note_loss();
        let mut events = std::mem::take(&mut self.losses);
        let Tally { delivered, malformed } = self.reader.tally();
        let account = Account {
            attempted: sums.attempted,
            delivered,
            dropped: sums.dropped,
            missed_at_most: self.told.misses,
            malformed,
        };
        events.push(self.now(What::End(account)));
        self.send(events)
    }
}

/// How far the stream is with these events, read up to `until_ns` unless they are cut. Behind the last of them nothing is
/// known where a loss was noted later: what is missing stands between.
fn reached(events: &[Event], is_cut: bool, until_ns: u64, losses: &[Event]) -> u64 {
    let is_known = !is_cut && losses.last().is_none_or(|loss| loss.time_ns <= until_ns);
    if is_known { until_ns } else { events.last().map_or(0, |event| event.time_ns) }
}

/// Puts the losses that were noted by `reached_ns` where they belong among events, in whose order they are.
fn insert_losses(losses: &mut Vec<Event>, events: &mut Vec<Event>, reached_ns: u64) {
    let noted = losses.partition_point(|loss| loss.time_ns <= reached_ns);
    for loss in losses.drain(..noted) {
        let place = events.partition_point(|event| event.time_ns < loss.time_ns);
        events.insert(place, loss);
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time_ns: u64) -> Event {
        Event { time_ns, what: What::Clock { wall_offset_ns: 0 } }
    }

    fn lost(time_ns: u64) -> Event {
        Event { time_ns, what: What::Lost(Lost::default()) }
    }

    #[test]
    fn a_loss_stands_behind_what_is_older_and_waits_for_it() {
        let mut losses = vec![lost(20), lost(45), lost(70)];
        let mut events = vec![at(10), at(30), at(40)];
        insert_losses(&mut losses, &mut events, 50);
        assert_eq!(events, [at(10), lost(20), at(30), at(40), lost(45)]);
        assert_eq!(losses, [lost(70)]);
    }

    #[test]
    fn the_stream_is_no_further_than_what_is_known() {
        let events = [at(10), at(30)];
        assert_eq!(reached(&events, false, 50, &[]), 50);
        assert_eq!(reached(&events, true, 50, &[]), 30);
        assert_eq!(reached(&events, false, 50, &[lost(40)]), 50);
        assert_eq!(
            reached(&events, false, 50, &[lost(51)]),
            30,
            "seconds may be missing behind the last one"
        );
        assert_eq!(reached(&[], true, 50, &[]), 0);
    }
}
