//! Giving away the rights that are not needed, and naming those that are missing.

use caps::errors::CapsError;
use caps::{CapSet, Capability, CapsHashSet};

/// Keeps only `wanted` of the calling thread's rights, and only what it has of them: effective and permitted. The
/// inheritable and ambient sets become empty. Where `CAP_SETPCAP` is held, the bounding set is cut too, so that no
/// later exec brings a right back (not even of a set-user-id program: start the user's command before).
///
/// Capabilities belong to a thread. Threads started afterwards have the same; those started before do not change.
///
/// # Errors
/// When the kernel refuses; the thread may then have lost some of its rights.
pub fn keep_only(wanted: &[Capability]) -> Result<(), CapsError> {
    let permitted = caps::read(None, CapSet::Permitted)?;
    let keep: CapsHashSet = wanted.iter().copied().filter(|cap| permitted.contains(cap)).collect();
    // The bounding set first: cutting it needs a right that goes next.
    if caps::has_cap(None, CapSet::Effective, Capability::CAP_SETPCAP)? {
        for cap in caps::runtime::thread_all_supported().difference(&keep) {
            caps::drop(None, CapSet::Bounding, *cap)?;
        }
    }
    if caps::runtime::ambient_set_supported().is_ok() {
        caps::clear(None, CapSet::Ambient)?;
    }
    caps::clear(None, CapSet::Inheritable)?;
    // The effective set may never exceed the permitted one.
    caps::set(None, CapSet::Effective, &keep)?;
    caps::set(None, CapSet::Permitted, &keep)
}

/// Those of `needed` that the calling thread cannot use now, in the order given; all of them if the kernel does not
/// tell. `CAP_SYS_ADMIN` counts for `CAP_BPF` and `CAP_PERFMON`, which were split off from it.
pub fn missing(needed: &[Capability]) -> Vec<Capability> {
    let effective = caps::read(None, CapSet::Effective).unwrap_or_default();
    let admin = effective.contains(&Capability::CAP_SYS_ADMIN);
    let split_off = |cap| matches!(cap, Capability::CAP_BPF | Capability::CAP_PERFMON);
    let usable = |cap: &Capability| effective.contains(cap) || (admin && split_off(*cap));
    needed.iter().copied().filter(|cap| !usable(cap)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use Capability::{CAP_BPF, CAP_CHOWN, CAP_KILL, CAP_PERFMON, CAP_SETPCAP, CAP_SYS_ADMIN};
    use std::collections::HashSet;

    /// Runs in a thread of its own: what it gives away is gone for that thread only.
    fn in_thread(body: impl FnOnce() + Send + 'static) {
        std::thread::spawn(body).join().expect("the thread's assertions hold");
    }

    fn set(which: CapSet) -> CapsHashSet {
        caps::read(None, which).expect("readable")
    }

    fn had(cap: Capability) -> HashSet<Capability> {
        set(CapSet::Permitted).intersection(&HashSet::from([cap])).copied().collect()
    }

    #[test]
    fn only_the_wanted_rights_stay() {
        in_thread(|| {
            let kill = had(CAP_KILL);
            let can_bound = set(CapSet::Effective).contains(&CAP_SETPCAP);
            keep_only(&[CAP_KILL]).expect("giving away is allowed");
            assert_eq!(set(CapSet::Effective), kill);
            assert_eq!(set(CapSet::Permitted), kill);
            assert!(set(CapSet::Inheritable).is_empty() && set(CapSet::Ambient).is_empty());
            if can_bound {
                assert_eq!(set(CapSet::Bounding), kill);
            }
            let asked = [CAP_CHOWN, CAP_KILL];
            assert_eq!(missing(&asked), asked.into_iter().filter(|c| !kill.contains(c)).collect::<Vec<_>>());
        });
    }

    #[test]
    fn nothing_wanted_is_nothing_left_and_cannot_come_back() {
        in_thread(|| {
            keep_only(&[]).expect("giving away is allowed");
            assert!(set(CapSet::Permitted).is_empty());
            keep_only(&[CAP_KILL, CAP_BPF]).expect("twice, and asking for what is not there");
            assert!(set(CapSet::Permitted).is_empty());
            assert_eq!(missing(&[CAP_BPF, CAP_PERFMON]), [CAP_BPF, CAP_PERFMON]);
            assert!(caps::raise(None, CapSet::Effective, CAP_KILL).is_err());
        });
    }

    #[test]
    fn sys_admin_counts_for_what_was_split_off() {
        in_thread(|| {
            let admin = !had(CAP_SYS_ADMIN).is_empty();
            keep_only(&[CAP_SYS_ADMIN]).expect("giving away is allowed");
            assert_eq!(missing(&[CAP_BPF, CAP_PERFMON]).is_empty(), admin);
            assert!(missing(&[CAP_CHOWN]).contains(&CAP_CHOWN));
        });
    }
}
