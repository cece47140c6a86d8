//! What rows can be sorted by.

use std::cmp::Ordering;

use super::sorted::Row;
use crate::model::process::Process;
use crate::model::tree::Tree;

/// A column of the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Column {
    /// The pid.
    Pid,
    /// The pid of the latest parent.
    Ppid,
    /// The effective user, by number.
    User,
    /// The comm.
    Comm,
    /// When it began.
    #[default]
    Start,
    /// When it ended.
    End,
    /// How long it lived or has lived.
    Life,
    /// What it does or how it ended, the worst first.
    State,
    /// CPU time.
    Cpu,
    /// CPU time for its lifetime.
    CpuPercent,
    /// Peak resident set.
    Rss,
    /// Threads that it ever had.
    Threads,
    /// Page faults without storage.
    MinorFaults,
    /// Page faults that waited for storage.
    MajorFaults,
    /// Context switches.
    Switches,
    /// Bytes read through system calls.
    Read,
    /// Bytes written through system calls.
    Written,
    /// Children ever.
    Children,
    /// The path of its cgroup.
    Cgroup,
    /// The arguments.
    Command,
}

/// The rank of what is not known: the last.
const UNKNOWN: u64 = u64::MAX;

impl Column {
    /// All of them.
    pub const ALL: [Column; 20] = [
        Column::Pid,
        Column::Ppid,
        Column::User,
        Column::Comm,
        Column::Start,
        Column::End,
        Column::Life,
        Column::State,
        Column::Cpu,
        Column::CpuPercent,
        Column::Rss,
        Column::Threads,
        Column::MinorFaults,
        Column::MajorFaults,
        Column::Switches,
        Column::Read,
        Column::Written,
        Column::Children,
        Column::Cgroup,
        Column::Command,
    ];

    /// Whether the order of the living and the dead changes with time alone.
    pub fn ages(self) -> bool {
        self == Column::Life
    }

    /// The column's own order: numbers from the greatest down, ids and texts up, times from the latest back. Of a text
    /// only the beginning; [`Column::compare_texts`] decides between equals. Of a living process's lifetime the start.
    pub(super) fn rank(self, tree: &Tree, process: Process<'_>) -> u64 {
        match self {
            Column::Pid => process.id.pid.into(),
            Column::Ppid => process.latest_parent().map_or(UNKNOWN, |parent| parent.pid.into()),
            Column::User => process.uids().effective.into(),
            Column::Start => !process.id.start_ns,
            Column::End => most_first(process.end_ns()),
            Column::Life => match process.end_ns() {
                None => process.id.start_ns,
                Some(_) => !process.lifetime_ns(0),
            },
            Column::State => state(process),
            Column::Cpu => most_first(process.cpu_ns()),
            Column::CpuPercent => most_first(cpu_per_mille(process)),
            Column::Rss => most_first(process.max_rss_bytes()),
            Column::Children => most_first(Some(process.children())),
            Column::Threads
            | Column::MinorFaults
            | Column::MajorFaults
            | Column::Switches
            | Column::Read
            | Column::Written => most_first(self.used(process)),
            Column::Comm => beginning(process.comm().as_bytes()),
            Column::Cgroup => cgroup(tree, process).map_or(UNKNOWN, beginning),
            Column::Command => with_command(process, &mut |command| beginning(command)),
        }
    }

    fn used(self, process: Process<'_>) -> Option<u64> {
        let ending = process.ending().filter(|ending| ending.status.is_some())?;
        let usage = &ending.usage;
        Some(match self {
            Column::Threads if usage.threads == 0 => return None,
            Column::Threads => usage.threads.into(),
            Column::MinorFaults => usage.minor_faults,
            Column::MajorFaults => usage.major_faults,
            Column::Switches => usage.voluntary_switches.saturating_add(usage.involuntary_switches),
            Column::Read => usage.read_bytes,
            Column::Written => usage.written_bytes,
            _ => return None,
        })
    }

    pub(super) fn is_text(self) -> bool {
        matches!(self, Column::Comm | Column::Cgroup | Column::Command)
    }

    fn compare_texts(self, tree: &Tree, one: Process<'_>, other: Process<'_>) -> Ordering {
        match self {
            Column::Comm => one.comm().as_bytes().cmp(other.comm().as_bytes()),
            Column::Cgroup => {
                let (one, other) = (cgroup(tree, one), cgroup(tree, other));
                one.is_none().cmp(&other.is_none()).then_with(|| one.cmp(&other))
            }
            Column::Command => with_command(one, &mut |one| with_command(other, &mut |other| one.cmp(other))),
            _ => Ordering::Equal,
        }
    }

    /// Sorts rows of the same kind. All are of processes as they are now. Many come in an order of their own, or in runs
    /// that are sorted already: a stable sort makes use of that.
    pub(super) fn sort(self, tree: &Tree, rows: &mut [Row]) {
        if self.is_text() {
            rows.sort_by(|one, other| self.compare(tree, one, other));
        } else {
            rows.sort_by(Row::by_rank);
        }
    }

    /// The order of two rows of the same kind. Both are of processes as they are now.
    pub(super) fn compare(self, tree: &Tree, one: &Row, other: &Row) -> Ordering {
        let process = |row: &Row| tree.at_slot(row.slot).and_then(|key| tree.get(key));
        one.rank
            .cmp(&other.rank)
            .then_with(|| {
                if !self.is_text() {
                    return Ordering::Equal;
                }
                match (process(one), process(other)) {
                    (Some(one), Some(other)) => self.compare_texts(tree, one, other),
                    (one, other) => one.is_none().cmp(&other.is_none()),
                }
            })
            .then_with(|| one.by_age(other))
    }
}

fn most_first(value: Option<u64>) -> u64 {
    value.map_or(UNKNOWN, |value| (UNKNOWN - 1).saturating_sub(value))
}

/// CPU time for the lifetime, in thousandths: 1,000 is one CPU all the time. `None` when either is not known.
pub fn cpu_per_mille(process: Process<'_>) -> Option<u64> {
    let (cpu_ns, life_ns) = (process.cpu_ns()?, process.lifetime_ns(0));
    let per_mille = u128::from(cpu_ns) * 1000 / u128::from(life_ns).max(1);
    Some(u64::try_from(per_mille).unwrap_or(u64::MAX))
}

/// Ended by a signal, badly, unseen; zombies, the living, what ended well.
fn state(process: Process<'_>) -> u64 {
    let kind = |kind: u64, within: u64| kind << 32 | within;
    match (process.status(), process.is_alive()) {
        (Some(status), _) => match status.signal() {
            Some(signal) => kind(0, signal.into()),
            None if status.success() => kind(5, 0),
            None => kind(1, u64::from(u32::from_ne_bytes(status.0.to_ne_bytes()))),
        },
        (None, false) => kind(2, 0),
        (None, true) if process.is_zombie() => kind(3, 0),
        (None, true) => kind(4, 0),
    }
}

/// The first eight bytes, as a number that is in their order.
fn beginning(text: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    for (to, from) in bytes.iter_mut().zip(text) {
        *to = *from;
    }
    u64::from_be_bytes(bytes)
}

fn cgroup<'a>(tree: &'a Tree, process: Process<'_>) -> Option<&'a [u8]> {
    tree.cgroups().path(process.cgroup_id()).map(|path| &path.bytes[..])
}

/// What a row shows as the command: the arguments, of an absolute path the last part; the comm of what has none.
fn with_command<T>(process: Process<'_>, with: &mut dyn FnMut(&[u8]) -> T) -> T {
    match process.image() {
        Some((image, false)) if !image.argv.is_empty() && !process.is_kernel_thread() => {
            let argv = image.argv;
            let first = argv.split(|&byte| byte == 0).next().unwrap_or_default();
            let directory = first.iter().rposition(|&byte| byte == b'/').filter(|_| first.starts_with(b"/"));
            let shown = directory.map(|slash| slash + 1).filter(|&from| from < first.len()).unwrap_or(0);
            with(argv.get(shown..).unwrap_or_default())
        }
        _ => with(process.comm().as_bytes()),
    }
}
