//! What the kernel itself tells: how long BPF programs ran, what proctop's counters say; and the programs that proctop's are
//! compared with.

use std::fs;
use std::path::Path;

use libbpf_rs::query::{MapInfoIter, ProgInfoIter};
use libbpf_rs::{Link, MapCore, MapFlags, MapHandle, Object, ObjectBuilder};

use crate::{Measured, failed};

/// Compiled by `build.rs`.
const OBJECT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/bench.bpf.o"));
/// Where the statistics of programs are switched on.
const SWITCH: &str = "/proc/sys/kernel/bpf_stats_enabled";

/// What a program came to since it was loaded; counted while [`Statistics`] are on, but for the misses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunTime {
    /// Its name, of which the kernel keeps 15 bytes.
    pub name: String,
    /// How long it ran.
    pub ns: u64,
    /// How often.
    pub runs: u64,
    /// How often the kernel skipped it, since it ran already on that CPU.
    pub misses: u64,
}

/// The numbers that follow this name in the fdinfo of a process, of which the text has to hold `mark`.
fn told_of_descriptors(pid: u32, mark: &str, name: &str) -> Measured<Vec<u32>> {
    let place = format!("/proc/{pid}/fdinfo");
    let entries = fs::read_dir(&place).map_err(failed(&place))?;
    let texts = entries.flatten().filter_map(|entry| fs::read_to_string(entry.path()).ok());
    Ok(texts.filter(|text| text.contains(mark)).filter_map(|text| number(&text, name)).collect())
}

fn number(text: &str, name: &str) -> Option<u32> {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')?.trim().parse().ok())
}

/// The programs that a process holds, by name.
///
/// # Errors
/// When the process is gone or nobody may ask.
pub fn run_times(pid: u32) -> Measured<Vec<RunTime>> {
    // a link's text bears the id of its program, but no type of a program
    let held = told_of_descriptors(pid, "prog_type:", "prog_id")?;
    let mut told: Vec<RunTime> = ProgInfoIter::default()
        .filter(|program| held.contains(&program.id))
        .map(|program| RunTime {
            name: program.name.to_string_lossy().into_owned(),
            ns: program.run_time_ns,
            runs: program.run_cnt,
            misses: program.recursion_misses,
        })
        .collect();
    told.sort_by(|one, other| one.name.cmp(&other.name));
    if told.is_empty() { Err(format!("process {pid} holds no program")) } else { Ok(told) }
}

/// How many programs a process has attached, its list of processes among them.
///
/// # Errors
/// When the process is gone or nobody may ask.
pub fn attached_by(pid: u32) -> Measured<usize> {
    told_of_descriptors(pid, "link_type:", "prog_id").map(|programs| programs.len())
}

/// The counters of a proctop that runs.
pub struct Counters {
    map: MapHandle,
    cpus: u32,
}

/// What was attempted and what was refused, of one kind of record, on all CPUs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Attempts.
    pub attempted: u64,
    /// Refusals.
    pub dropped: u64,
}

impl Counters {
    /// The counters that this process holds.
    ///
    /// # Errors
    /// While it holds none.
    pub fn of(pid: u32) -> Measured<Self> {
        let held = told_of_descriptors(pid, "map_type:", "map_id")?;
        let mut maps = MapInfoIter::default();
        let found = maps.find(|map| map.name == "counters" && held.contains(&map.id));
        let found = found.ok_or_else(|| format!("process {pid} has no counters"))?;
        let map = MapHandle::from_map_id(found.id).map_err(failed("the counters"))?;
        Ok(Self { map, cpus: found.max_entries })
    }

    /// The counts of forks, execs, exits and the other kinds, in the order of the records.
    ///
    /// # Errors
    /// When the map can't be read.
    pub fn read(&self) -> Measured<Vec<Count>> {
        let mut sums: Vec<Count> = Vec::new();
        for cpu in 0..self.cpus {
            let value = self.map.lookup(&cpu.to_ne_bytes(), MapFlags::ANY).map_err(failed("the counters"))?;
            add(&mut sums, &value.unwrap_or_default());
        }
        Ok(sums)
    }
}

/// Adds the counters of one CPU.
fn add(sums: &mut Vec<Count>, value: &[u8]) {
    let words: Vec<u64> =
        value.chunks_exact(8).map(|word| word.try_into().map_or(0, u64::from_ne_bytes)).collect();
    sums.resize(sums.len().max(words.len() / 2), Count::default());
    for (sum, pair) in sums.iter_mut().zip(words.chunks_exact(2)) {
        if let [attempted, dropped] = pair {
            sum.attempted += attempted;
            sum.dropped += dropped;
        }
    }
}

/// Programs of ours, attached as long as this lives.
pub struct Attached {
    _object: Object,
    _links: Vec<Link>,
}

impl Attached {
    /// Loads and attaches those whose names begin with this.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn all_that_begin_with(prefix: &str) -> Measured<Self> {
        let open = ObjectBuilder::default().open_memory(OBJECT);
        let mut open = open.map_err(failed("the programs to compare with"))?;
        for mut program in open.progs_mut() {
            let is_wanted = program.name().to_string_lossy().starts_with(prefix);
            program.set_autoload(is_wanted);
        }
        for mut map in open.maps_mut() {
            // room for a storm where something is handed over
            let is_needed = prefix == "floor_";
            if !is_needed {
                map.set_max_entries(4096).map_err(failed("a small ring"))?;
            }
        }
        let object = open.load().map_err(failed(format!("loading {prefix}*")))?;
        let is_wanted = |name: &std::ffi::OsStr| name.to_string_lossy().starts_with(prefix);
        let links = object
            .progs_mut()
            .filter(|program| is_wanted(program.name()))
            .map(|program| program.attach())
            .collect::<Result<_, _>>()
            .map_err(failed(format!("attaching {prefix}*")))?;
        Ok(Self { _object: object, _links: links })
    }
}

/// The kernel's statistics of BPF programs, on as long as this lives.
pub struct Statistics {
    before: String,
}

impl Statistics {
    /// Switches them on.
    ///
    /// # Errors
    /// Without the right to.
    pub fn switch_on() -> Measured<Self> {
        let before = Self::now()?;
        fs::write(SWITCH, "1").map_err(failed(SWITCH))?;
        Ok(Self { before })
    }

    /// How they are.
    ///
    /// # Errors
    /// On a kernel without them.
    pub fn now() -> Measured<String> {
        fs::read_to_string(Path::new(SWITCH)).map_err(failed(SWITCH))
    }

    /// Puts them back to how they were; for those who can't wait for the drop.
    pub fn restore(to: &str) {
        let _ = fs::write(SWITCH, to);
    }
}

impl Drop for Statistics {
    fn drop(&mut self) {
        Self::restore(&self.before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_of_all_cpus_are_added() {
        let value = |words: [u64; 4]| words.iter().flat_map(|word| word.to_ne_bytes()).collect::<Vec<_>>();
        let mut sums = Vec::new();
        add(&mut sums, &value([5, 1, 7, 0]));
        add(&mut sums, &value([1, 1, 0, 0]));
        assert_eq!(sums, [Count { attempted: 6, dropped: 2 }, Count { attempted: 7, dropped: 0 }]);
    }

    #[test]
    fn numbers_stand_behind_whole_names() {
        let text = "pos:\t0\nprog_type:\t26\nprog_id:\t148\n";
        assert_eq!((number(text, "prog_id"), number(text, "prog")), (Some(148), None));
    }
}
