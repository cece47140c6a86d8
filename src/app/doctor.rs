//! `proctop doctor`: what this kernel and this user allow, what is missing, and what to do.

use std::fmt::Write as _;
use std::time::Instant;

use nix::sys::resource::{Resource, getrlimit};

use super::error::Error;
use super::{stdout, verbose};
use crate::command::InvokingUser;
use crate::model::event::What;
use crate::text;
use crate::tracer::probe::{FLOOR, Facts, KERNEL_BTF, NEEDED, has, kernel_release, version};
use crate::tracer::{self, DEFAULT_RING_BYTES, Message, Tracer, Way, namespace};

/// Runs `proctop doctor`; the exit code tells whether tracing works.
pub(super) fn run(verbose: bool) -> Result<u8, Error> {
    verbose::to_stderr(verbose);
    let facts = Facts::gather();
    let mut report = String::new();
    let _ = writeln!(report, "proctop {} on Linux {}", env!("CARGO_PKG_VERSION"), facts.release);
    conditions(&mut report, &facts);
    let works = trial(&mut report);
    optional_rights(&mut report);
    surroundings(&mut report);
    let verdict =
        if works { "Tracing works." } else { "Tracing does not work here; see what is marked 'no' above." };
    let _ = writeln!(report, "{verdict}");
    stdout::print(report.as_bytes())?;
    Ok(u8::from(!works))
}

fn line(report: &mut String, mark: &str, what: &str, says: &str) {
    let _ = writeln!(report, "  {mark:<4} {what:<14} {says}");
}

fn check(report: &mut String, good: bool, what: &str, says: &str) {
    line(report, if good { "ok" } else { "no" }, what, says);
}

fn conditions(report: &mut String, facts: &Facts) {
    let (major, minor) = FLOOR;
    let recent = version(&facts.release).is_none_or(|found| found >= FLOOR);
    check(report, recent, "kernel", &format!("{} (needed: {major}.{minor} or newer)", facts.release));
    let btf = if facts.btf { KERNEL_BTF } else { "missing: boot a kernel with CONFIG_DEBUG_INFO_BTF=y" };
    check(report, facts.btf, "BTF", btf);
    for capability in NEEDED {
        let says = if has(capability) {
            "in effect".to_owned()
        } else {
            format!("missing: run by sudo, or once 'sudo setcap cap_bpf,cap_perfmon+ep {}'", facts.program)
        };
        check(report, has(capability), &capability.to_string(), &says);
    }
}

/// Arms for real, and counts what the snapshot holds.
fn trial(report: &mut String) -> bool {
    let begun = Instant::now();
    let options = tracer::Options {
        ring_bytes: DEFAULT_RING_BYTES,
        threads: false,
        failed_execs: true,
        after_arming: Box::new(|| ()),
    };
    let tracer = match Tracer::start(options) {
        Ok(tracer) => tracer,
        Err(error) => {
            check(report, false, "tracing", &error.to_string());
            return false;
        }
    };
    let armed = begun.elapsed();
    let says = format!("attached in {} ms", armed.as_millis());
    check(report, true, "programs", &says);
    check(report, true, "ring buffer", &format!("{} bytes", text::count(DEFAULT_RING_BYTES.into())));
    let listed = answers(report, &tracer);
    check(report, listed > 0, "snapshot", &format!("{listed} processes"));
    listed > 0
}

/// What the tracer tells first: how failed execs are seen, and the processes that run, whose number it returns.
fn answers(report: &mut String, tracer: &Tracer) -> usize {
    loop {
        match tracer.messages.recv() {
            Ok(Message::FailedExecs(Ok(way))) => {
                check(report, true, "failed execs", way.map_or("off", Way::describe));
            }
            Ok(Message::FailedExecs(Err(reason))) => line(report, "--", "failed execs", &reason),
            Ok(Message::Batch(events)) => {
                return events.iter().filter(|event| matches!(event.what, What::Snapshot(_))).count();
            }
            Ok(Message::Failed(_)) | Err(_) => return 0,
        }
    }
}

/// What works without these, and less well.
fn optional_rights(report: &mut String) {
    use caps::Capability::{CAP_KILL, CAP_SETGID, CAP_SETUID, CAP_SYS_NICE, CAP_SYS_PTRACE};
    for (capability, for_what) in [
        (CAP_SYS_PTRACE, "the program and directory of other users' processes that ran before"),
        (CAP_SETUID, "a command that runs as the user who called sudo"),
        (CAP_SETGID, "the same, with that user's groups"),
        (CAP_SYS_NICE, "time to run while every CPU has a fork storm of its own"),
        (CAP_KILL, "ending a command that became another user; signals to others' processes (F9)"),
    ] {
        let (mark, says) =
            if has(capability) { ("ok", for_what.into()) } else { ("--", format!("left out: {for_what}")) };
        line(report, mark, &capability.to_string(), &says);
    }
    let lists_again = version(&kernel_release()).is_some_and(|found| found < (5, 19));
    let log = if lists_again { "CAP_BPF (this kernel wants it for each new list)" } else { "none" };
    line(
        report,
        "info",
        "kept by log",
        &format!("{log}; to switch X on, the screen keeps CAP_BPF and CAP_PERFMON"),
    );
    line(report, "info", "", "on the screen and with a command CAP_KILL; with --drop-all nothing at all");
}

fn surroundings(report: &mut String) {
    if let Ok((soft, _)) = getrlimit(Resource::RLIMIT_MEMLOCK) {
        let says = if soft == nix::libc::RLIM_INFINITY {
            "no limit".to_owned()
        } else {
            format!("{} bytes (counts on kernels before 5.11 only)", text::count(soft))
        };
        line(report, "info", "memlock", &says);
    }
    let says = match namespace::own() {
        Some(_) => "nested: pids are those that you know; processes outside are marked",
        None => "the initial one",
    };
    line(report, "info", "pid space", says);
    let says = match InvokingUser::detect() {
        Ok(Some(user)) => {
            format!("{} (a command runs as this user)", user.name.unwrap_or(user.uid.to_string()))
        }
        Ok(None) => "you (a command runs as you)".to_owned(),
        Err(error) => error.to_string(),
    };
    line(report, "info", "caller", &says);
}
