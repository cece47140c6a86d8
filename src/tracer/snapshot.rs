//! What runs already: the kernel's list of processes, with what /proc adds while they live.

use std::fs;
use std::io::Read;
use std::sync::Arc;

use libbpf_rs::Iter;
use nix::unistd::{SysconfVar, sysconf};

use super::decode::{Listed, SnapshotEntry, decode_listed};
use super::programs::Programs;
use crate::model::event::{Cgroup, Directory, Image, ProcessId};

/// The same cap as for the arguments of an exec event, in bytes.
const ARGV_BYTES: u64 = 64 << 10;

/// What runs, and where that is.
#[derive(Default)]
pub(super) struct List {
    /// Thread groups only, in the order of the kernel's task list.
    pub(super) processes: Vec<SnapshotEntry>,
    /// The cgroups that were not told before.
    pub(super) cgroups: Vec<Cgroup>,
}

/// Reads the kernel's list.
///
/// # Errors
/// When the iterator can't be created or read (since the rights for it are gone, for example).
pub(super) fn take(programs: &Programs<'_>) -> Result<List, libbpf_rs::Error> {
    let mut bytes = Vec::new();
    Iter::new(programs.listing())?.read_to_end(&mut bytes)?;
    let mut list = List::default();
    let mut rest = bytes.as_slice();
    // What follows a record that makes no sense can't be found.
    while let Ok((listed, length)) = decode_listed(rest) {
        match listed {
            Listed::Process(entry) => list.processes.push(entry),
            Listed::Cgroup(cgroup) => list.cgroups.push(cgroup),
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    Ok(list)
}

/// Adds file name, arguments and working directory from /proc to what started since `since_ns` (boot clock). That is for what started before
/// the tracer, and for those whose records were lost: there is no other place to have them from. The start time is read after the texts, so that they can't be those of a reused pid.
pub(super) fn add_images(entries: &mut [SnapshotEntry], since_ns: u64) {
    let tick_ns = sysconf(SysconfVar::CLK_TCK)
        .ok()
        .flatten()
        .and_then(|ticks| u64::try_from(ticks).ok())
        .and_then(|ticks| 1_000_000_000u64.checked_div(ticks))
        .unwrap_or(10_000_000);
    for snapshot in entries.iter_mut().map(|entry| &mut entry.snapshot) {
        if !snapshot.subject.kernel_thread && snapshot.subject.id.start_ns >= since_ns {
            snapshot.image = image(snapshot.subject.id, tick_ns);
        }
    }
}

fn image(id: ProcessId, tick_ns: u64) -> Option<Arc<Image>> {
    let directory = format!("/proc/{}", id.pid);
    let mut argv = Vec::new();
    fs::File::open(format!("{directory}/cmdline")).ok()?.take(ARGV_BYTES + 1).read_to_end(&mut argv).ok()?;
    let filename = fs::read_link(format!("{directory}/exe"))
        .map(|path| path.into_os_string().into_encoded_bytes())
        .unwrap_or_default();
    let cwd = directory_of(&directory);
    let started = start_ticks(&fs::read(format!("{directory}/stat")).ok()?)?;
    if started != id.start_ns / tick_ns {
        return None;
    }
    if argv.is_empty() && filename.is_empty() {
        // A zombie has none any more, which is not the same as an exec without arguments.
        return None;
    }
    let truncated = argv.len() as u64 > ARGV_BYTES;
    argv.truncate(ARGV_BYTES as usize);
    Some(Arc::new(Image {
        filename: filename.into(),
        argv: argv.into(),
        // /proc does not tell the whole length: at least one byte is missing.
        argv_truncated_bytes: truncated.into(),
        argv_unreadable: false,
        cwd,
    }))
}

fn directory_of(directory: &str) -> Option<Directory> {
    const DELETED: &[u8] = b" (deleted)";
    let path = fs::read_link(format!("{directory}/cwd")).ok()?.into_os_string().into_encoded_bytes();
    let living = path.strip_suffix(DELETED);
    Some(Directory { path: living.unwrap_or(&path).into(), deleted: living.is_some(), cut: false })
}

/// Field 22 of /proc/PID/stat: `start_boottime` in clock ticks. The comm before it may hold spaces and parentheses.
fn start_ticks(stat: &[u8]) -> Option<u64> {
    let after_comm = stat.get(stat.iter().rposition(|&b| b == b')')? + 1..)?;
    let field = after_comm.split(|&b| b == b' ').filter(|f| !f.is_empty()).nth(19)?;
    std::str::from_utf8(field).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn start_time_is_found_behind_a_hostile_comm() {
        let stat = b"12 (a) S 9 (b) S 1 12 12 0 -1 4194560 100 0 0 0 1 2 0 0 20 0 1 0 4711 1000 20 1844\n";
        assert_eq!(start_ticks(stat), Some(4711));
        assert_eq!(start_ticks(b"12 (a) S 1"), None);
        assert_eq!(start_ticks(b""), None);
    }
}
