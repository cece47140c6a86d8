//! What the kernel itself counts: the judge of accounts.

use std::fs;
use std::path::{Path, PathBuf};

use libbpf_rs::query::{MapInfoIter, ProgInfoIter};
use libbpf_rs::{MapCore, MapFlags, MapHandle};

/// How often the kernel has started a process or a thread, since boot.
pub fn started_ever() -> u64 {
    let text = fs::read_to_string("/proc/stat").expect("/proc is mounted");
    let line = text.lines().find_map(|line| line.strip_prefix("processes ")).expect("a count of processes");
    line.trim().parse().expect("a number")
}

/// What the kernel tells of the descriptors of a process, and where.
fn descriptors(pid: u32) -> Vec<(PathBuf, String)> {
    let entries = fs::read_dir(format!("/proc/{pid}/fdinfo")).expect("the process lives");
    let places = entries.filter_map(|entry| Some(entry.ok()?.path()));
    places.filter_map(|place| fs::read_to_string(&place).ok().map(|text| (place, text))).collect()
}

fn number(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')?.trim().parse().ok())
}

/// A BPF program that a process holds; from Linux 7.0 on there may be two, of which one is attached.
pub struct Program(Vec<PathBuf>);

impl Program {
    /// The one of that name: descriptors bear ids, and the kernel knows which have the name.
    ///
    /// # Panics
    /// If the process holds no such program, or nobody may ask for names.
    pub fn of(pid: u32, name: &str) -> Self {
        let steady = format!("{name}_steady");
        let named: Vec<u64> = ProgInfoIter::default()
            .filter(|program| program.name == name || program.name == steady.as_str())
            .map(|program| program.id.into())
            .collect();
        // a link bears the id of its program too
        let is_it = |text: &str| {
            text.contains("prog_type:") && number(text, "prog_id").is_some_and(|id| named.contains(&id))
        };
        let found = descriptors(pid).into_iter().filter(|(_, text)| is_it(text));
        let places: Vec<_> = found.map(|(place, _)| place).collect();
        assert!(!places.is_empty(), "process {pid} holds no program '{name}'");
        Self(places)
    }

    /// How often it ran and how often the kernel skipped it. Runs are counted while [`Statistics`] are on.
    pub fn runs_and_misses(&self) -> u64 {
        let of_one = |place: &PathBuf| {
            let text = fs::read_to_string(place).expect("it is still loaded");
            // before Linux 5.12 nothing is skipped
            number(&text, "run_cnt").expect("statistics") + number(&text, "recursion_misses").unwrap_or(0)
        };
        self.0.iter().map(of_one).sum()
    }
}

/// The counters of a proctop that runs: what its programs attempted to hand over and what was dropped, by kind.
pub struct Counters {
    map: MapHandle,
    cpus: u32,
}

impl Counters {
    /// # Panics
    /// If that process has none, or nobody may ask.
    pub fn of(pid: u32) -> Self {
        let held: Vec<u64> = descriptors(pid).iter().filter_map(|(_, text)| number(text, "map_id")).collect();
        let is_it = |map: &libbpf_rs::query::MapInfo| map.name == "counters" && held.contains(&map.id.into());
        let found = MapInfoIter::default().find(is_it).expect("proctop's counters");
        Self { map: MapHandle::from_map_id(found.id).expect("root may"), cpus: found.max_entries }
    }

    /// Attempted and dropped of each kind, forks first.
    pub fn read(&self) -> Vec<(u64, u64)> {
        let mut sums = Vec::new();
        for cpu in 0..self.cpus {
            let value =
                self.map.lookup(&cpu.to_ne_bytes(), MapFlags::ANY).expect("a map").expect("each CPU's");
            let words: Vec<u64> = value
                .chunks_exact(8)
                .map(|word| u64::from_ne_bytes(word.try_into().expect("eight bytes")))
                .collect();
            sums.resize(words.len() / 2, (0, 0));
            for (sum, pair) in sums.iter_mut().zip(words.chunks_exact(2)) {
                *sum = (sum.0 + pair[0], sum.1 + pair[1]);
            }
        }
        sums
    }
}

/// Statistics of BPF programs switched on, as long as this lives; without them the kernel counts no runs.
pub struct Statistics {
    before: String,
}

const SWITCH: &str = "/proc/sys/kernel/bpf_stats_enabled";

impl Statistics {
    /// # Panics
    /// Without the right to.
    pub fn switch_on() -> Self {
        let before = fs::read_to_string(Path::new(SWITCH)).expect("a kernel with BPF statistics");
        fs::write(SWITCH, "1").expect("root may");
        Self { before }
    }

    /// Whether they are still on: others may switch them off.
    pub fn are_on(&self) -> bool {
        fs::read_to_string(SWITCH).is_ok_and(|value| value.trim() == "1")
    }
}

impl Drop for Statistics {
    fn drop(&mut self) {
        let _ = fs::write(SWITCH, &self.before);
    }
}
