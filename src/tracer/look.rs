//! Looking at what runs now and then, for what the kernel has no event for: adoption, sessions, user ids, zombies.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::decode::SnapshotEntry;
use crate::model::event::{Event, Look, ProcessId, Session, Uids, What};

/// How often it is looked, unless looking takes long.
const PERIOD: Duration = Duration::from_secs(1);
/// Looking takes at most this part of the time.
const SHARE: u32 = 100;
/// How often the whole list is told again, so that what went wrong unnoticed is put right.
const WHOLE_PERIOD: Duration = Duration::from_secs(60);
/// The most zombies that are told of.
const ZOMBIES_TOLD: usize = 4096;

/// What may change without an event.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Seen {
    parent: Option<ProcessId>,
    session: Session,
    uids: Uids,
}

/// What was seen the last time.
pub(super) struct Looks {
    seen: HashMap<ProcessId, Seen>,
    /// Those of the latest list, sorted.
    zombies: Vec<ProcessId>,
    told_zombies: Vec<ProcessId>,
    next: Instant,
    next_whole: Instant,
}

impl Looks {
    /// Begins with a list that was told whole.
    pub(super) fn new(entries: &[SnapshotEntry]) -> Self {
        let now = Instant::now();
        let mut looks = Self {
            seen: HashMap::new(),
            zombies: Vec::new(),
            told_zombies: Vec::new(),
            next: now + PERIOD,
            next_whole: now + WHOLE_PERIOD,
        };
        looks.remember(entries);
        // That list has told of them.
        looks.told_zombies.clone_from(&looks.zombies);
        looks
    }

    /// Whether it is time to look.
    pub(super) fn is_due(&self) -> bool {
        Instant::now() >= self.next
    }

    /// Whether it is time to tell the whole list.
    pub(super) fn is_whole_due(&self) -> bool {
        Instant::now() >= self.next_whole
    }

    /// The whole list was told.
    pub(super) fn told_whole(&mut self) {
        self.next_whole = Instant::now() + WHOLE_PERIOD;
    }

    /// When to look again, after a look that took so long.
    pub(super) fn looked(&mut self, took: Duration) {
        self.next = Instant::now() + PERIOD.max(took.saturating_mul(SHARE));
    }

    /// What is not as it was the last time. A process that was not there then is known from its events.
    pub(super) fn changes(&mut self, entries: &[SnapshotEntry], taken_ns: u64, events: &mut Vec<Event>) {
        for entry in entries {
            let subject = &entry.snapshot.subject;
            let changed = match self.seen.get(&subject.id) {
                Some(seen) => *seen != seen_in(entry),
                // Since its last event it may have changed: its parent died, it became a daemon. Of who is dead by now
                // the last event was the end, which told.
                None => !entry.snapshot.zombie,
            };
            if changed {
                let look = Look { subject: *subject, session: entry.snapshot.session };
                events.push(Event { time_ns: entry.time_ns, what: What::Look(look) });
            }
        }
        let before = std::mem::take(&mut self.zombies);
        self.remember(entries);
        // Every process is a zombie for a moment: only who still is at the next look is worth telling.
        let lasting: Vec<_> =
            self.zombies.iter().filter(|id| before.binary_search(id).is_ok()).copied().collect();
        if lasting != self.told_zombies {
            self.told_zombies.clone_from(&lasting);
            events.push(Event { time_ns: taken_ns, what: What::Zombies(lasting) });
        }
    }

    fn remember(&mut self, entries: &[SnapshotEntry]) {
        self.seen.clear();
        self.seen.extend(entries.iter().map(|entry| (entry.snapshot.subject.id, seen_in(entry))));
        // Not in the kernel's order but in one that stays: where there are too many, they are the same ones again.
        let zombies = entries.iter().filter(|entry| entry.snapshot.zombie);
        self.zombies = zombies.map(|entry| entry.snapshot.subject.id).collect();
        self.zombies.sort_unstable();
        self.zombies.truncate(ZOMBIES_TOLD);
    }
}

fn seen_in(entry: &SnapshotEntry) -> Seen {
    let subject = &entry.snapshot.subject;
    Seen { parent: subject.parent, session: entry.snapshot.session, uids: subject.uids }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::event::{Snapshot, Subject};

    fn entry(pid: u32, parent: u32, zombie: bool) -> SnapshotEntry {
        let parent = Some(ProcessId::new(parent, 1));
        let subject = Subject { id: ProcessId::new(pid, 10), parent, ..Subject::default() };
        SnapshotEntry {
            time_ns: 50,
            snapshot: Snapshot { subject, zombie, ..Snapshot::default() },
            is_self: false,
        }
    }

    /// The pids that a look tells of, and the zombies if it tells of any.
    fn told(looks: &mut Looks, entries: &[SnapshotEntry]) -> (Vec<u32>, Option<Vec<u32>>) {
        let mut events = Vec::new();
        looks.changes(entries, 60, &mut events);
        let (mut changed, mut zombies) = (Vec::new(), None);
        for event in events {
            match event.what {
                What::Look(look) => changed.push(look.subject.id.pid),
                What::Zombies(ids) => zombies = Some(ids.iter().map(|id| id.pid).collect()),
                other => panic!("{other:?}"),
            }
        }
        (changed, zombies)
    }

    #[test]
    fn only_what_changed_is_told() {
        let mut looks = Looks::new(&[entry(2, 1, false), entry(3, 2, false)]);
        assert_eq!(told(&mut looks, &[entry(2, 1, false), entry(3, 2, false)]), (vec![], None));
        assert_eq!(told(&mut looks, &[entry(2, 1, false), entry(3, 1, false)]), (vec![3], None), "adopted");
        assert_eq!(told(&mut looks, &[entry(3, 1, false), entry(4, 3, false)]), (vec![4], None), "new since");
        assert_eq!(told(&mut looks, &[entry(3, 1, false), entry(4, 3, false)]), (vec![], None));
    }

    #[test]
    fn a_zombie_is_told_when_it_lasts_and_when_it_goes() {
        let mut looks = Looks::new(&[entry(2, 1, false), entry(3, 2, false)]);
        let dead = [entry(3, 2, true), entry(2, 1, false)];
        assert_eq!(told(&mut looks, &dead), (vec![], None), "it may be reaped at once");
        assert_eq!(told(&mut looks, &dead), (vec![], Some(vec![3])));
        assert_eq!(told(&mut looks, &dead), (vec![], None));
        assert_eq!(told(&mut looks, &[entry(2, 1, false)]), (vec![], Some(vec![])));
    }
}
