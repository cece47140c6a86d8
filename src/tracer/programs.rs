//! The kernel side from open to detached: its maps, programs and counters.

use std::ffi::c_void;
use std::mem::{MaybeUninit, size_of};
use std::os::fd::{AsFd, AsRawFd};
use std::path::Path;
use std::sync::atomic::AtomicU32;

use libbpf_rs::libbpf_sys::{bpf_obj_get_info_by_fd, bpf_prog_info};
use libbpf_rs::skel::{OpenSkel, SkelBuilder};
use libbpf_rs::{ErrorKind, Link, MapCore, MapMut, OpenObject, ProgramMut};
use nix::errno::Errno;

use super::counters::Counters;
use super::lanes::{self, Lanes};
use super::layout::{OpenProctopSkel, ProctopSkel, ProctopSkelBuilder};
use super::probe::{self, StartError};
use super::{namespace, said, snapshot};

/// What the scheduler's tracepoints are attached by in the classic way. Only root may look there, as a rule.
const TRACEFS: &str = "/sys/kernel/tracing/events/sched";

/// The loaded and attached programs. Dropping it detaches and unloads them.
pub(super) struct Programs<'obj> {
    pub(super) skeleton: ProctopSkel<'obj>,
    links: Vec<Link>,
    /// Made once, while the rights are there; lists can be taken from it as often as needed.
    listing: Link,
}

/// Words that both sides read or write at any time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shared<'obj> {
    /// The flag that the reader sets before it sleeps.
    pub(super) doorbell: &'obj AtomicU32,
    /// Not 0: the beginnings and ends of threads are told.
    pub(super) threads: &'obj AtomicU32,
}

impl<'obj> Programs<'obj> {
    /// Loads and attaches; the events begin here.
    pub(super) fn arm(
        storage: &'obj mut MaybeUninit<OpenObject>,
        ring_bytes: u32,
    ) -> Result<Self, StartError> {
        probe::Facts::gather().verdict()?;
        let mut open = ProctopSkelBuilder::default().open(storage).map_err(|e| refused(&e))?;
        configure(&mut open, ring_bytes).map_err(|e| refused(&e))?;
        let skeleton = open.load().map_err(|error| why_not_loaded(&error, ring_bytes))?;
        let listing = skeleton.progs.take_snapshot.attach().map_err(|e| refused(&e))?;
        let mut armed = Self { skeleton, links: Vec::new(), listing };
        armed.learn_namespace().map_err(|e| refused(&e))?;
        armed.attach().map_err(|e| refused(&e))?;
        Ok(armed)
    }

    /// In a pid namespace of its own proctop's user knows other pids: a first list lets the kernel side find its depth.
    fn learn_namespace(&mut self) -> Result<(), libbpf_rs::Error> {
        let Some(inode) = namespace::own() else { return Ok(()) };
        if let Some(shared) = self.skeleton.maps.bss_data.as_deref_mut() {
            shared.own_namespace.inode = inode;
        }
        snapshot::take(self).map(drop)
    }

    fn attach(&mut self) -> Result<(), libbpf_rs::Error> {
        let programs = &self.skeleton.progs;
        // Exit first: of a process whose fork is seen the exit is seen too; and before that who ends it.
        self.links = vec![
            programs.on_signal.attach()?,
            attach_steady(&programs.on_exit_steady, &programs.on_exit)?,
            programs.on_rename.attach()?,
            attach_steady(&programs.on_exec_steady, &programs.on_exec)?,
            attach_steady(&programs.on_fork_steady, &programs.on_fork)?,
        ];
        Ok(())
    }

    /// No program runs again after the grace period that the caller waits for.
    pub(super) fn detach(&mut self) {
        self.links.clear();
    }

    pub(super) fn ring(&self) -> &MapMut<'obj> {
        &self.skeleton.maps.records
    }

    /// Maps the lanes.
    ///
    /// # Errors
    /// When the kernel does not let them be mapped.
    pub(super) fn lanes(&self) -> Result<Lanes, Errno> {
        let lanes = &self.skeleton.maps.lanes;
        let lane_bytes = self.skeleton.maps.rodata_data.as_ref().map_or(0, |constants| constants.lane_bytes);
        Lanes::map(lanes.as_fd(), lanes.max_entries() / lanes::PER_CPU, lane_bytes)
    }

    /// Maps the counters.
    ///
    /// # Errors
    /// When the kernel does not let them be mapped.
    pub(super) fn counters(&self) -> Result<Counters, Errno> {
        Counters::map(self.skeleton.maps.counters.as_fd(), self.skeleton.maps.counters.max_entries())
    }

    pub(super) fn listing(&self) -> &Link {
        &self.listing
    }

    /// The words that are shared with the kernel side. Can be taken once.
    pub(super) fn take_shared(&mut self) -> Option<Shared<'obj>> {
        let shared = self.skeleton.maps.bss_data.take()?;
        let (doorbell, threads): (*mut u32, *mut u32) =
            (&raw mut shared.reader_waits, &raw mut shared.threads_wanted);
        // SAFETY: the words lie in the mapping of `.bss`, which lives as long as the object ('obj); `take` gave up
        // the only other reference to it, and the kernel side accesses them as aligned words.
        Some(unsafe {
            Shared { doorbell: AtomicU32::from_ptr(doorbell), threads: AtomicU32::from_ptr(threads) }
        })
    }

    /// How often the kernel skipped one of the programs since it was already running on that CPU (Linux ≥ 7.0).
    pub(super) fn misses(&self) -> u64 {
        let programs = &self.skeleton.progs;
        let all = [
            &programs.on_fork,
            &programs.on_fork_steady,
            &programs.on_exec,
            &programs.on_exec_steady,
            &programs.on_exit,
            &programs.on_exit_steady,
            &programs.on_signal,
            &programs.on_rename,
        ];
        all.into_iter().filter(|program| program.autoload()).map(|program| misses_of(program)).sum()
    }
}

/// Attaches the program that nothing preempts where there is one and it can be, else the other.
fn attach_steady(steady: &ProgramMut<'_>, other: &ProgramMut<'_>) -> Result<Link, libbpf_rs::Error> {
    if steady.autoload()
        && let Ok(link) = steady.attach()
    {
        return Ok(link);
    }
    other.attach()
}

pub(super) fn misses_of(program: &ProgramMut<'_>) -> u64 {
    let mut info = bpf_prog_info::default();
    let mut bytes = size_of::<bpf_prog_info>() as u32;
    let fd = program.as_fd().as_raw_fd();
    let info_pointer: *mut bpf_prog_info = &raw mut info;
    // SAFETY: the kernel writes at most `bytes` bytes, the size of `info`, which is plain data and lives here.
    let result = unsafe { bpf_obj_get_info_by_fd(fd, info_pointer.cast::<c_void>(), &raw mut bytes) };
    if result == 0 { info.recursion_misses } else { 0 }
}

pub(super) fn configure(open: &mut OpenProctopSkel<'_>, ring_bytes: u32) -> Result<(), libbpf_rs::Error> {
    open.maps.records.set_max_entries(ring_bytes)?;
    let cpus = libbpf_rs::num_possible_cpus()?;
    let cpus = u32::try_from(cpus).unwrap_or(u32::MAX);
    open.maps.counters.set_max_entries(cpus)?;
    open.maps.exec_scratches.set_max_entries(cpus)?;
    open.maps.path_scratches.set_max_entries(cpus.saturating_mul(2))?;
    open.maps.failed_scratches.set_max_entries(cpus.saturating_mul(2))?;
    let lane_bytes = lanes::bytes_of_each(ring_bytes, cpus);
    open.maps.lanes.set_max_entries(cpus.saturating_mul(lanes::PER_CPU))?;
    open.maps.lanes.set_value_size(lanes::value_bytes(lane_bytes))?;
    if let Some(constants) = open.maps.rodata_data.as_deref_mut() {
        constants.cgroup_by_memory = !cgroup2_in_use();
        constants.lane_bytes = lane_bytes;
        constants.execve_number = u32::try_from(nix::libc::SYS_execve).unwrap_or(u32::MAX);
        constants.execveat_number = u32::try_from(nix::libc::SYS_execveat).unwrap_or(u32::MAX);
    }
    let programs = &mut open.progs;
    let has_steady = wants_steady(&probe::kernel_release(), Path::new(TRACEFS).exists());
    for steady in [&mut programs.on_fork_steady, &mut programs.on_exec_steady, &mut programs.on_exit_steady] {
        steady.set_autoload(has_steady);
    }
    // Loaded by itself when it is wanted.
    programs.on_system_call.set_autoload(false);
    Ok(())
}

/// Whether this kernel can preempt a task while a program runs at a tracepoint (since 7.0), and lets us have the programs
/// during which it does not (`src/bpf/steady.bpf.h`).
fn wants_steady(release: &str, has_tracefs: bool) -> bool {
    has_tracefs && probe::version(release).is_some_and(|version| version >= (7, 0))
}

/// On machines with a hybrid layout all processes are in the root of the v2 hierarchy: its line in /proc/self/cgroup
/// is `0::/` beside v1 lines. Then the id comes from v1's memory hierarchy.
fn cgroup2_in_use() -> bool {
    let Ok(text) = std::fs::read_to_string("/proc/self/cgroup") else { return true };
    !text.lines().any(|line| {
        line.split(':').nth(1).is_some_and(|controllers| controllers.split(',').any(|c| c == "memory"))
    })
}

fn why_not_loaded(error: &libbpf_rs::Error, ring_bytes: u32) -> StartError {
    let words = said::last_warnings();
    // The rights are there (the verdict), so EPERM for a map is the limit's. Asked first: under it even the probe fails.
    if error.kind() == ErrorKind::PermissionDenied
        && words.contains("failed to create")
        && let Some(refusal) = probe::memory_lock_refusal()
    {
        return refusal;
    }
    if !probe::ring_buffer_exists() {
        return StartError::NoRingBuffer;
    }
    if words.contains("map 'records'") {
        return StartError::RingRefused { bytes: ring_bytes, reason: one_line(&error.to_string()) };
    }
    refused(error)
}

pub(super) fn refused(error: &libbpf_rs::Error) -> StartError {
    let words = said::last_warnings();
    let separator = if words.is_empty() { "" } else { ": " };
    StartError::Refused { reason: one_line(&format!("{error:#}{separator}{words}")) }
}

fn one_line(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(400).collect();
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steady_programs_are_for_kernels_that_preempt_the_others() {
        let wants = |release| wants_steady(release, true);
        assert!(wants("7.0.13+deb13-cloud-amd64") && wants("8.1.0"));
        assert!(!wants("6.19.14") && !wants("5.10.0-46") && !wants(""));
        assert!(!wants_steady("7.3.4", false));
    }
}
