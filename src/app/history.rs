//! How many dead processes are kept where nobody says so: what the machine has room for.

use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::cli::DEFAULT_HISTORY;

/// What part of the memory that is free they may take.
const SHARE: u64 = 32;
/// Bytes of a dead process, its arguments and its row included, as `BENCHMARKS.md` and the example `model_costs` measure
/// them, on the safe side.
const BYTES_EACH: u64 = 512;

/// As many as was asked for, or as there is room for.
pub(super) fn kept(asked: Option<usize>) -> usize {
    asked.unwrap_or_else(|| {
        let meminfo = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let cgroup = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        for_room([available(&meminfo), limit(&cgroup, Path::new("/sys/fs/cgroup"))])
    })
}

/// For the smallest of these amounts in bytes, as far as they are known.
fn for_room(amounts: [Option<u64>; 2]) -> usize {
    let (least, most) = (*DEFAULT_HISTORY.start(), *DEFAULT_HISTORY.end());
    let Some(room) = amounts.into_iter().flatten().min() else { return least };
    usize::try_from(room / SHARE / BYTES_EACH).unwrap_or(most).clamp(least, most)
}

/// What the kernel believes that could be had without swapping, in bytes.
fn available(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// The lowest limit of memory of the cgroups (v2, mounted at `mount`) that `cgroup`, a `/proc/PID/cgroup`, names, in
/// bytes; `None` without one.
fn limit(cgroup: &str, mount: &Path) -> Option<u64> {
    let path = Path::new(cgroup.lines().find_map(|line| line.strip_prefix("0::"))?);
    let mut place = PathBuf::from(mount);
    let mut limits = vec![limit_of(&place)];
    for name in path.components() {
        // What lies outside of proctop's cgroup namespace begins with `..`: its root is what can be seen.
        if let Component::Normal(name) = name {
            place.push(name);
            limits.push(limit_of(&place));
        }
    }
    limits.into_iter().flatten().min()
}

/// Without a limit the file says `max`.
fn limit_of(place: &Path) -> Option<u64> {
    fs::read_to_string(place.join("memory.max")).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_history_is_sized_to_what_is_free() {
        let gib = |gib: u64| Some(gib << 30);
        assert_eq!(for_room([gib(8), None]), 524_288);
        assert_eq!(for_room([gib(8), gib(1)]), 65_536, "the narrower one counts");
        assert_eq!(for_room([gib(100), None]), *DEFAULT_HISTORY.end());
        assert_eq!(for_room([Some(1 << 20), None]), *DEFAULT_HISTORY.start());
        assert_eq!(for_room([None, None]), *DEFAULT_HISTORY.start());
        assert_eq!(kept(Some(7)), 7);
    }

    #[test]
    fn what_is_free_is_read_from_proc() {
        let meminfo = "MemTotal:       24683580 kB\nMemFree: 1 kB\nMemAvailable:   22306632 kB\n";
        assert_eq!(available(meminfo), Some(22_306_632 << 10));
        for strange in [
            "",
            "MemAvailable:",
            "MemAvailable: x kB",
            "MemAvailable: 5",
            "MemAvailable: 99999999999999999999 kB",
        ] {
            assert_eq!(available(strange), None, "{strange}");
        }
        assert!(
            available(&fs::read_to_string("/proc/meminfo").unwrap()).is_some_and(|bytes| bytes > 1 << 20)
        );
    }

    #[test]
    fn the_lowest_limit_on_the_way_counts() {
        let mount = tempfile::tempdir().unwrap();
        fs::create_dir_all(mount.path().join("a/b")).unwrap();
        let set =
            |place: &str, limit: &str| fs::write(mount.path().join(place).join("memory.max"), limit).unwrap();
        let of = |cgroup: &str| limit(cgroup, mount.path());
        assert_eq!(of("0::/a/b\n"), None);
        set("a/b", "max\n");
        assert_eq!(of("0::/a/b\n"), None);
        set("a", "1073741824\n");
        assert_eq!(of("1:cpu:/x\n0::/a/b\n"), Some(1 << 30));
        assert_eq!(of("0::/\n"), None);
        assert_eq!(of("0::/../../a\n"), Some(1 << 30));
        assert_eq!(of("1:memory:/a\n"), None);
    }
}
