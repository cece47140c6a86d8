//! What integration tests share; each says `mod support;` and uses a part of it.
#![allow(dead_code, reason = "every test binary uses another part")]

pub mod events;
pub mod gate;
pub mod kernel;
pub mod live;
pub mod machine;
pub mod process;
pub mod programs;
pub mod pty;
pub mod screen;

use std::io::{self, Write};
use std::path::Path;
use std::thread;

use caps::{CapSet, Capability};

/// The binary of proctop that cargo built for these tests.
pub fn proctop() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_proctop"))
}

/// The number of processes of a storm: this, or a twentieth of it where `PROCTOP_SLOW_MACHINE` says that the machine is
/// emulated.
pub fn storm_of(count: usize) -> usize {
    if is_slow_machine() { count / 20 } else { count }
}

/// Whether `PROCTOP_SLOW_MACHINE` says that the machine is emulated.
pub fn is_slow_machine() -> bool {
    std::env::var_os("PROCTOP_SLOW_MACHINE").is_some()
}

/// Whether the test may go on to load BPF programs: `if !bpf_or_skip() { return; }`.
///
/// With `PROCTOP_REQUIRE_BPF` in the environment (CI) always true, so that a kernel that refuses fails the
/// test. Elsewhere false without the rights or without BTF; that is told on the terminal even though the test
/// then passes.
#[must_use]
pub fn bpf_or_skip() -> bool {
    let able = [Capability::CAP_BPF, Capability::CAP_PERFMON]
        .into_iter()
        .all(|capability| caps::has_cap(None, CapSet::Effective, capability).unwrap_or(false));
    let required = std::env::var_os("PROCTOP_REQUIRE_BPF").is_some_and(|value| !value.is_empty());
    let Some(reason) = reason_to_skip(required, able, Path::new("/sys/kernel/btf/vmlinux").exists()) else {
        return true;
    };
    tell_skipped(reason);
    false
}

/// Tells on the terminal that a test passes without having tested, and why.
pub fn tell_skipped(reason: &str) {
    let test = thread::current().name().unwrap_or("test").to_owned();
    // not eprintln!: what that prints in a test that passes is kept from the terminal
    let _ = writeln!(io::stderr(), "\n*** SKIPPED {test}: {reason} ***");
}

/// As [`bpf_or_skip`], for tests that change users or take rights away, too.
#[must_use]
pub fn root_or_skip() -> bool {
    if !bpf_or_skip() {
        return false;
    }
    let able = nix::unistd::geteuid().is_root();
    if !able {
        tell_skipped("it needs root; `make test` runs it so");
    }
    able
}

/// The decision of [`bpf_or_skip`]: why a live test can't run, if it can't and need not.
pub fn reason_to_skip(required: bool, able: bool, btf: bool) -> Option<&'static str> {
    match (required, able, btf) {
        (true, _, _) | (false, true, true) => None,
        (false, false, _) => Some("it needs CAP_BPF and CAP_PERFMON; `make test` runs it as root"),
        (false, true, false) => Some("it needs a kernel with BTF (/sys/kernel/btf/vmlinux)"),
    }
}
