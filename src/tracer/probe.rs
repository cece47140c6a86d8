//! What this kernel and this user allow, asked before anything is loaded, so that a refusal can name its cause.
//!
//! The questions ([`Facts::gather`]) are apart from the judgement ([`Facts::verdict`]), which is pure.

use std::path::Path;

use caps::{CapSet, Capability};
use libbpf_rs::MapType;
use nix::libc::RLIM_INFINITY;
use nix::sys::resource::{Resource, getrlimit};
use thiserror::Error;

/// The kernel's own types, from which the programs learn its layouts (CONFIG_DEBUG_INFO_BTF).
pub const KERNEL_BTF: &str = "/sys/kernel/btf/vmlinux";

/// The first release that is supported: with iterators, `tp_btf`, CAP_BPF and settled start times on the boot clock.
pub const FLOOR: (u32, u32) = (5, 10);

/// What both loading and attaching need, since Linux 5.8.
pub const NEEDED: [Capability; 2] = [Capability::CAP_BPF, Capability::CAP_PERFMON];

/// Why tracing can't start. Each message is one line that ends with the way out.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StartError {
    /// Capabilities are missing.
    #[error(
        "tracing needs CAP_BPF and CAP_PERFMON (missing: {missing}): run 'sudo proctop', or once \
         'sudo setcap cap_bpf,cap_perfmon+ep {program}'"
    )]
    NoRights {
        /// The missing ones by name.
        missing: String,
        /// The path of the program for the setcap line.
        program: String,
    },
    /// The kernel is older than the floor.
    #[error(
        "Linux {release} is too old: proctop needs 5.10 or newer; 'proctop open FILE' works on any kernel"
    )]
    KernelTooOld {
        /// As `uname -r` says.
        release: String,
    },
    /// The kernel carries no BTF.
    #[error(
        "this kernel has no BTF ({KERNEL_BTF} is missing): boot a kernel built with CONFIG_DEBUG_INFO_BTF=y, as \
         the distributions' own are"
    )]
    NoBtf,
    /// The kernel has no BPF ring buffer.
    #[error(
        "this kernel offers no BPF ring buffer (since Linux 5.8, CONFIG_BPF_SYSCALL=y): boot another kernel, or \
         see 'proctop doctor'"
    )]
    NoRingBuffer,
    /// The ring can't be had at this size.
    #[error("the kernel gave no ring of {bytes} bytes ({reason}): try a smaller one, --ring-size 4M")]
    RingRefused {
        /// The size that was asked for.
        bytes: u32,
        /// What the kernel said.
        reason: String,
    },
    /// The memory of the maps does not fit in the limit of locked memory, which counts before Linux 5.11.
    #[error(
        "Linux {release} counts BPF memory as locked memory, and {limit} bytes of it are too few: run 'sudo prlimit \
         --memlock=unlimited --pid $$' in this shell first, or 'sudo proctop'"
    )]
    MemoryLocked {
        /// As `uname -r` says.
        release: String,
        /// The limit (RLIMIT_MEMLOCK, soft) in bytes.
        limit: u64,
    },
    /// Loading or attaching failed for another reason.
    #[error("the kernel refused the tracing programs: {reason}; 'proctop doctor' shows what it allows")]
    Refused {
        /// The kernel's or libbpf's words, on one line.
        reason: String,
    },
    /// The tracer's thread could not be started or ended at once.
    #[error("the tracer thread did not start: {reason}; look at the limits of this user (ulimit -u)")]
    Thread {
        /// The system's words.
        reason: String,
    },
}

/// What was found out about the kernel and the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// As `uname -r` says.
    pub release: String,
    /// Whether [`KERNEL_BTF`] is there.
    pub btf: bool,
    /// Those of [`NEEDED`] that this thread lacks.
    pub missing: Vec<Capability>,
    /// The path of this program.
    pub program: String,
}

impl Facts {
    /// Asks the kernel; takes microseconds.
    pub fn gather() -> Self {
        let program = std::env::current_exe().map(|path| path.display().to_string());
        Self {
            release: kernel_release(),
            btf: Path::new(KERNEL_BTF).exists(),
            missing: NEEDED.into_iter().filter(|&cap| !has(cap)).collect(),
            program: program.unwrap_or_else(|_| "/path/to/proctop".into()),
        }
    }

    /// Whether tracing can start, as far as these facts tell.
    ///
    /// # Errors
    /// The first obstacle, the one that no right can remove before those that one can.
    pub fn verdict(&self) -> Result<(), StartError> {
        if version(&self.release).is_some_and(|found| found < FLOOR) {
            return Err(StartError::KernelTooOld { release: self.release.clone() });
        }
        if !self.btf {
            return Err(StartError::NoBtf);
        }
        if !self.missing.is_empty() {
            let names: Vec<_> = self.missing.iter().map(ToString::to_string).collect();
            return Err(StartError::NoRights { missing: names.join(", "), program: self.program.clone() });
        }
        Ok(())
    }
}

/// `uname -r`.
pub fn kernel_release() -> String {
    nix::sys::utsname::uname()
        .map_or_else(|_| String::new(), |name| name.release().to_string_lossy().into_owned())
}

/// Major and minor number of a release such as `6.18.44-cloud`.
pub fn version(release: &str) -> Option<(u32, u32)> {
    let mut numbers = release.split(|c: char| !c.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// Whether this thread has a capability in effect.
pub fn has(capability: Capability) -> bool {
    // CAP_SYS_ADMIN includes what was split off from it in 5.8 (include/linux/capability.h: bpf_capable, perfmon_capable).
    let effective = |cap| caps::has_cap(None, CapSet::Effective, cap).unwrap_or(false);
    effective(capability) || (NEEDED.contains(&capability) && effective(Capability::CAP_SYS_ADMIN))
}

/// The limit of locked memory, where it is in the way: before 5.11 maps counted against
/// it, and one that does not fit is refused with EPERM.
pub fn memory_lock_refusal() -> Option<StartError> {
    let release = kernel_release();
    let (limit, _) = getrlimit(Resource::RLIMIT_MEMLOCK).ok()?;
    let counts = version(&release).is_some_and(|found| found < (5, 11));
    (counts && limit != RLIM_INFINITY).then_some(StartError::MemoryLocked { release, limit })
}

/// Whether the kernel can make a BPF ring buffer; needs the rights.
pub fn ring_buffer_exists() -> bool {
    MapType::RingBuf.is_supported().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        Facts {
            release: "6.18.44".into(),
            btf: true,
            missing: Vec::new(),
            program: "/usr/bin/proctop".into(),
        }
    }

    #[test]
    fn versions_are_read() {
        assert_eq!(version("6.18.44-cloud-amd64"), Some((6, 18)));
        assert_eq!(version("5.10.0-28"), Some((5, 10)));
        assert_eq!(version("7.3-rc1"), Some((7, 3)));
        assert_eq!(version("weird"), None);
    }

    #[test]
    fn each_obstacle_is_named_in_one_line_with_the_way_out() {
        assert_eq!(facts().verdict(), Ok(()));
        let said = |facts: Facts| facts.verdict().expect_err("an obstacle").to_string();
        let line = said(Facts { missing: NEEDED.to_vec(), ..facts() });
        assert_eq!(
            line,
            "tracing needs CAP_BPF and CAP_PERFMON (missing: CAP_BPF, CAP_PERFMON): run 'sudo proctop', or once \
             'sudo setcap cap_bpf,cap_perfmon+ep /usr/bin/proctop'"
        );
        let line = said(Facts { missing: vec![Capability::CAP_PERFMON], ..facts() });
        assert!(line.contains("(missing: CAP_PERFMON)"), "{line}");
        let line = said(Facts { release: "4.19.0".into(), ..facts() });
        assert!(line.contains("Linux 4.19.0 is too old") && line.contains("5.10"), "{line}");
        let line = StartError::MemoryLocked { release: "5.10.0".into(), limit: 65536 }.to_string();
        assert!(line.contains("65536 bytes") && line.contains("prlimit --memlock=unlimited"), "{line}");
        let line = said(Facts { btf: false, ..facts() });
        assert!(line.contains(KERNEL_BTF) && !line.contains('\n'), "{line}");
    }
}
