//! Failed execs: programs that are loaded and attached only while they are wanted.
//!
//! fexit on the two calls costs nothing elsewhere and is tried first; where it does not load, the exit of every system
//! call of the machine is looked at, for some 20 ns each.

use std::mem::MaybeUninit;
use std::os::fd::AsFd;

use libbpf_rs::skel::{OpenSkel, SkelBuilder};
use libbpf_rs::{Link, OpenObject};

use super::layout::{OpenProctopSkel, ProctopSkel, ProctopSkelBuilder};
use super::programs::{Programs, configure, misses_of, refused};

/// By which of the two ways failed execs are seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// fexit on execve and execveat alone.
    Fexit,
    /// The tracepoint at the exit of every system call.
    SystemCalls,
}

impl Way {
    /// In words, for the user.
    pub const fn describe(self) -> &'static str {
        match self {
            Way::Fexit => "by fexit on the two calls, at no cost elsewhere",
            Way::SystemCalls => "by the tracepoint of all system calls, which costs each of them some 20 ns",
        }
    }
}

/// The names of the two system calls' functions on this architecture (`SYSCALL_DEFINE` with wrappers).
#[cfg(target_arch = "x86_64")]
const TARGETS: Option<[&str; 2]> = Some(["__x64_sys_execve", "__x64_sys_execveat"]);
#[cfg(target_arch = "aarch64")]
const TARGETS: Option<[&str; 2]> = Some(["__arm64_sys_execve", "__arm64_sys_execveat"]);
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const TARGETS: Option<[&str; 2]> = None;

/// The programs, loaded when they are wanted for the first time.
pub(super) struct Watch<'obj> {
    state: State<'obj>,
    ring_bytes: u32,
    is_wanted: bool,
}

enum State<'obj> {
    /// Room for both ways.
    Unloaded(&'obj mut MaybeUninit<OpenObject>, &'obj mut MaybeUninit<OpenObject>),
    Loaded(Box<Loaded<'obj>>),
    Refused(String),
}

impl<'obj> Watch<'obj> {
    /// Nothing is loaded yet. The two places are for the programs of the two ways.
    pub(super) fn new(
        fexit: &'obj mut MaybeUninit<OpenObject>,
        tracepoint: &'obj mut MaybeUninit<OpenObject>,
        ring_bytes: u32,
    ) -> Self {
        Self { state: State::Unloaded(fexit, tracepoint), ring_bytes, is_wanted: false }
    }

    /// Whether failed execs are to be told now.
    pub(super) fn is_wanted(&self) -> bool {
        self.is_wanted
    }

    /// Begins or ends; tells how they are seen now.
    ///
    /// # Errors
    /// The kernel's words when it takes neither way: without CAP_BPF and CAP_PERFMON, for example.
    pub(super) fn watch(&mut self, wanted: bool, main: &Programs<'_>) -> Result<Option<Way>, String> {
        self.is_wanted = wanted;
        if !wanted {
            self.detach();
            return Ok(None);
        }
        self.state = match std::mem::replace(&mut self.state, State::Refused(String::new())) {
            State::Unloaded(fexit, tracepoint) => match Loaded::new(fexit, tracepoint, main, self.ring_bytes)
            {
                Ok(loaded) => State::Loaded(Box::new(loaded)),
                Err(reason) => State::Refused(reason),
            },
            State::Loaded(mut loaded) => match loaded.attach() {
                Ok(()) => State::Loaded(loaded),
                Err(error) => State::Refused(refused(&error).to_string()),
            },
            refusal @ State::Refused(_) => refusal,
        };
        match &self.state {
            State::Loaded(loaded) => Ok(Some(loaded.way)),
            State::Refused(reason) => Err(reason.clone()),
            State::Unloaded(..) => Ok(None),
        }
    }

    /// From here on they cost nothing any more.
    pub(super) fn detach(&mut self) {
        if let State::Loaded(loaded) = &mut self.state {
            loaded.links.clear();
        }
    }

    /// Runs that the kernel skipped (Linux ≥ 7.0). Of the tracepoint's nearly all would not have been an exec's: they
    /// are no measure of what is missing.
    pub(super) fn misses(&self) -> u64 {
        match &self.state {
            State::Loaded(loaded) if loaded.way == Way::Fexit => {
                let programs = &loaded.skeleton.progs;
                misses_of(&programs.on_execve_return) + misses_of(&programs.on_execveat_return)
            }
            _ => 0,
        }
    }
}

/// The loaded programs. They share every map with those that run all the time.
struct Loaded<'obj> {
    skeleton: ProctopSkel<'obj>,
    way: Way,
    links: Vec<Link>,
}

impl<'obj> Loaded<'obj> {
    /// The better of the two ways that this kernel can do, attached.
    fn new(
        fexit: &'obj mut MaybeUninit<OpenObject>,
        tracepoint: &'obj mut MaybeUninit<OpenObject>,
        main: &Programs<'_>,
        ring_bytes: u32,
    ) -> Result<Self, String> {
        if let Some(targets) = TARGETS
            && let Ok(mut loaded) = Self::load_one(fexit, main, ring_bytes, Some(targets))
            && loaded.attach().is_ok()
        {
            return Ok(loaded);
        }
        let mut loaded = Self::load_one(tracepoint, main, ring_bytes, None)
            .map_err(|error| refused(&error).to_string())?;
        loaded.attach().map_err(|error| refused(&error).to_string())?;
        Ok(loaded)
    }

    fn load_one(
        storage: &'obj mut MaybeUninit<OpenObject>,
        main: &Programs<'_>,
        ring_bytes: u32,
        targets: Option<[&str; 2]>,
    ) -> Result<Self, libbpf_rs::Error> {
        let mut open = ProctopSkelBuilder::default().open(storage)?;
        configure(&mut open, ring_bytes)?;
        share_maps(&mut open, main)?;
        choose_programs(&mut open, targets)?;
        let way = if targets.is_some() { Way::Fexit } else { Way::SystemCalls };
        Ok(Self { skeleton: open.load()?, way, links: Vec::new() })
    }

    fn attach(&mut self) -> Result<(), libbpf_rs::Error> {
        let programs = &self.skeleton.progs;
        self.links = match self.way {
            Way::Fexit => vec![programs.on_execve_return.attach()?, programs.on_execveat_return.attach()?],
            Way::SystemCalls => vec![programs.on_system_call.attach()?],
        };
        Ok(())
    }
}

/// What the programs write to, and all else that exists already, is that of the programs that run.
fn share_maps(open: &mut OpenProctopSkel<'_>, main: &Programs<'_>) -> Result<(), libbpf_rs::Error> {
    let (theirs, ours) = (&main.skeleton.maps, &mut open.maps);
    ours.records.reuse_fd(theirs.records.as_fd())?;
    ours.counters.reuse_fd(theirs.counters.as_fd())?;
    ours.lanes.reuse_fd(theirs.lanes.as_fd())?;
    ours.bss.reuse_fd(theirs.bss.as_fd())?;
    ours.failed_scratches.reuse_fd(theirs.failed_scratches.as_fd())?;
    ours.exec_scratches.reuse_fd(theirs.exec_scratches.as_fd())?;
    ours.path_scratches.reuse_fd(theirs.path_scratches.as_fd())?;
    ours.cost_scratches.reuse_fd(theirs.cost_scratches.as_fd())?;
    ours.told_cgroups.reuse_fd(theirs.told_cgroups.as_fd())?;
    ours.thread_counts.reuse_fd(theirs.thread_counts.as_fd())?;
    ours.blames.reuse_fd(theirs.blames.as_fd())
}

/// Only those of the way that is to be tried.
fn choose_programs(
    open: &mut OpenProctopSkel<'_>,
    targets: Option<[&str; 2]>,
) -> Result<(), libbpf_rs::Error> {
    let programs = &mut open.progs;
    for running in [
        &mut programs.on_fork,
        &mut programs.on_fork_steady,
        &mut programs.on_exec,
        &mut programs.on_exec_steady,
        &mut programs.on_exit,
        &mut programs.on_exit_steady,
        &mut programs.on_signal,
        &mut programs.on_rename,
        &mut programs.take_snapshot,
    ] {
        running.set_autoload(false);
    }
    programs.on_system_call.set_autoload(targets.is_none());
    if let Some([execve, execveat]) = targets {
        for (program, target) in
            [(&mut programs.on_execve_return, execve), (&mut programs.on_execveat_return, execveat)]
        {
            program.set_autoload(true);
            program.set_attach_target(0, Some(target.to_owned()))?;
        }
    }
    Ok(())
}
