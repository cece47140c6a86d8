//! A run on the live kernel: who called, the armed tracer, the command, and the rights that are kept.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use super::error::Error;
use crate::cli::Trace;
use crate::command::{self, Child, InvokingUser, Stdio, rights};
use crate::model::event::Source;
use crate::model::scope::Scope;
use crate::recording::Owner;
use crate::tracer::{self, Tracer};
use caps::{CapSet, Capability};
use nix::unistd::setgroups;

/// What a run on the live kernel consists of.
pub(super) struct Live {
    pub(super) tracer: Tracer,
    pub(super) source: Source,
    pub(super) scope: Scope,
    user: Option<InvokingUser>,
    drop_all: bool,
    /// Under the screen any process may be signalled.
    interactive: bool,
}

impl Live {
    /// Arms the tracer. With a command in `trace` only its descendants are of interest, with `pid` that subtree.
    /// With `interactive` failed execs can be switched on and off later.
    pub(super) fn arm(trace: &Trace, pid: Option<u32>, interactive: bool) -> Result<Self, Error> {
        let user = invoking_user()?;
        let kept = kept_by_tracer(interactive, trace.drop_all);
        let options = tracer::Options {
            ring_bytes: trace.ring_bytes,
            threads: trace.threads,
            failed_execs: trace.failed_execs,
            // Failing to give rights up is no reason not to trace: they were there before.
            after_arming: Box::new(move || drop(rights::keep_only(&kept))),
        };
        let (tracer, cpus) = Tracer::start_beside(options, cpus)?;
        let scope = match pid {
            Some(pid) => Scope::subtree_of(pid),
            None if trace.command.is_empty() => Scope::everything(),
            None => Scope::children_of(tracer.own_id),
        };
        Ok(Self {
            source: source(&trace.command, cpus),
            tracer,
            scope,
            user,
            drop_all: trace.drop_all,
            interactive,
        })
    }

    /// A run with these messages, of everything.
    #[cfg(test)]
    pub(super) fn of(tracer: Tracer) -> Self {
        let (source, scope) = (Source::default(), Scope::everything());
        Self { tracer, source, scope, user: None, drop_all: false, interactive: false }
    }

    /// On whose behalf root runs this.
    pub(super) const fn user(&self) -> Option<&InvokingUser> {
        self.user.as_ref()
    }

    /// Whose rights decide where files may be written.
    pub(super) fn owner(&self) -> Option<Owner> {
        self.user.as_ref().map(owner)
    }

    /// Starts the command as the invoking user. Tracing is armed: nothing of it is missed.
    pub(super) fn spawn(&self, command: &[OsString], stdio: Stdio) -> Result<Child, Error> {
        Ok(command::spawn(command, self.user.as_ref(), stdio)?)
    }

    /// Gives up the rights of this thread, and of all that it starts from now on, except to signal others' processes: the
    /// command, which may run as another user or become one, and under the screen any that the user chooses. With
    /// `--drop-all` that one goes, too.
    pub(super) fn drop_rights(&self) {
        // Behind the command's start, which it is not for, and while the right to it is there.
        tracer::raise_priority();
        let signals = (self.interactive || !self.source.command.is_empty()) && !self.drop_all;
        let kept: &[Capability] = if signals { &[Capability::CAP_KILL] } else { &[] };
        let _ = rights::keep_only(kept);
    }
}

/// Who called, with that user's groups as ours.
pub(super) fn invoking_user() -> Result<Option<InvokingUser>, Error> {
    let user = InvokingUser::detect()?;
    if let Some(user) = &user {
        // Files are created with this user's rights: root's own groups must not count there, and the user's must.
        setgroups(&user.groups).map_err(|errno| Error::System {
            doing: "cannot take the groups of the invoking user",
            error: errno.into(),
        })?;
    }
    Ok(user)
}

/// Whose the files are that are written for this user.
pub(super) fn owner(user: &InvokingUser) -> Owner {
    Owner { uid: user.uid.as_raw(), gid: user.gid.as_raw() }
}

/// What the tracer's thread still needs once all is attached.
///
/// To load and attach the programs of failed execs later takes the same two rights as to start. And before 5.19 every
/// call of bpf() needs CAP_BPF where unprivileged BPF is disabled, listing processes again included (since c8644cd0efe7
/// only loading and creating do).
fn kept_by_tracer(interactive: bool, drop_all: bool) -> Vec<Capability> {
    let lists_again = tracer::probe::version(&tracer::probe::kernel_release()) < Some((5, 19));
    let needed: &[Capability] = match (interactive, lists_again) {
        _ if drop_all => &[],
        (true, _) => &[Capability::CAP_BPF, Capability::CAP_PERFMON],
        (false, true) => &[Capability::CAP_BPF],
        (false, false) => &[],
    };
    let holds = |cap| caps::has_cap(None, CapSet::Effective, cap).unwrap_or(false);
    if needed.iter().all(|&cap| holds(cap)) {
        needed.to_vec()
    } else {
        // Who traces by CAP_SYS_ADMIN alone, which includes them, has nothing less that would do.
        vec![Capability::CAP_SYS_ADMIN]
    }
}

/// How many CPUs there are for us. The library looks through cgroups for that, which takes milliseconds.
fn cpus() -> u32 {
    std::thread::available_parallelism().map_or(1, |cpus| u32::try_from(cpus.get()).unwrap_or(u32::MAX))
}

fn source(command: &[OsString], cpus: u32) -> Source {
    let host = nix::unistd::gethostname().map(|name| name.to_string_lossy().into_owned());
    Source {
        host: host.unwrap_or_default(),
        kernel: tracer::probe::kernel_release(),
        proctop: env!("CARGO_PKG_VERSION").into(),
        wall_offset_ns: tracer::wall_offset_ns(),
        started_ns: tracer::boot_ns(),
        command: command.iter().map(|argument| argument.as_bytes().to_vec()).collect(),
        cpus,
    }
}
