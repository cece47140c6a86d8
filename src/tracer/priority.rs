//! Being heard in a storm.

use nix::libc;
use nix::unistd::{SysconfVar, sysconf};

/// Lets the calling thread run before all that is not urgent, and those threads that it starts from now on, too; false
/// where that is not allowed (CAP_SYS_NICE). Whoever sleeps most of the time takes nothing from others by that.
///
/// The scheduler gives each forked child an earlier deadline than whoever waits (EEVDF, kernel/sched/fair.c), and a child
/// that is gone in microseconds leaves the clock of the queue as it was: while each CPU has a storm of its own, nobody
/// else there gets on for seconds. The lowest real-time priority is enough, and is bounded by the kernel as a whole. Not
/// where there is one CPU alone: whatever we take there, the storm would lose.
pub fn raise_priority() -> bool {
    let cpus = sysconf(SysconfVar::_NPROCESSORS_ONLN).ok().flatten().unwrap_or(1);
    if cpus < 2 {
        return false;
    }
    let lowest = libc::sched_param { sched_priority: 1 };
    // SAFETY: 0 is the calling thread, and the structure is read and not kept.
    unsafe { libc::sched_setscheduler(0, libc::SCHED_RR, &raw const lowest) == 0 }
}
