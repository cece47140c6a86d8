//! Who ended a process: the sender of the signal, or the reason why the kernel sent it.

mod support;

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use serde_json::{Value, json};
use support::bpf_or_skip;
use support::events::{Events, Row};
use support::live::log_command;
use support::programs::{named_numbers, program};

/// The exit of the victim, which ended as waitpid said, and the pid of who killed it; 0 for the kernel.
struct Death {
    events: Events,
    victim: u32,
    killer: u32,
}

impl Death {
    #[track_caller]
    fn of(way: &str, told_by: impl FnOnce(&str) -> (support::live::Ran, Events)) -> Self {
        let (ran, events) = told_by(program("deaths").to_str().expect("a path"));
        assert_eq!(ran.code(), Some(0), "{way}: {ran:?}");
        let truth = named_numbers(ran.stdout_text());
        let small = |name: &str| u32::try_from(truth[name]).expect("a pid");
        let status = i32::try_from(truth["status"]).expect("a status");
        let death = Self { events, victim: small("victim"), killer: small("killer") };
        death.exit().assert_ended(ExitStatus::from_raw(status));
        death.events.assert_nothing_lost();
        death
    }

    #[track_caller]
    fn plain(way: &str) -> Self {
        Self::of(way, |program| log_command(&[], [program, way]))
    }

    fn exit(&self) -> &Row {
        let exits: Vec<_> = self.events.of("exit").filter(|row| row.small("pid") == self.victim).collect();
        let [exit] = exits[..] else { panic!("not one exit of {}: {exits:?}", self.victim) };
        exit
    }

    #[track_caller]
    fn killed_by(&self) -> &Value {
        self.exit().get("killed_by").unwrap_or_else(|| panic!("nobody is named: {:?}", self.exit()))
    }

    /// Which process the kernel side named is known by its pid and its start.
    #[track_caller]
    fn assert_by_process(&self, way: &str) {
        let forks: Vec<_> = self.events.of("fork").filter(|row| row.small("pid") == self.killer).collect();
        let [fork] = forks[..] else { panic!("{way}: not one fork of {}", self.killer) };
        let expected = json!({"pid": self.killer, "start_ns": fork.number("start_ns"), "comm": "deaths"});
        assert_eq!(self.killed_by(), &expected, "{way}");
    }
}

#[test]
fn a_process_that_sent_the_signal_is_named() {
    if !bpf_or_skip() {
        return;
    }
    for way in ["kill", "quick", "abort", "pipe", "parent", "handled"] {
        let death = Death::plain(way);
        assert_ne!(death.killer, 0);
        death.assert_by_process(way);
    }
}

#[test]
fn what_the_kernel_did_is_blamed_on_nobody() {
    if !bpf_or_skip() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    for (way, cause) in [
        ("fault", "fault"),
        ("core", "fault"),
        ("alarm", "timer"),
        ("timer", "timer"),
        ("cpu", "rlimit"),
        ("cpu-hard", "rlimit"),
        ("size", "rlimit"),
        ("ctrl-c", "terminal"),
        ("hang-up", "terminal"),
    ] {
        let death = Death::of(way, |program| {
            // for the core
            let script = format!("cd {} && exec {program} {way}", directory.path().display());
            log_command(&[], ["sh", "-c", &script])
        });
        assert_eq!(death.killer, 0);
        assert_eq!(death.killed_by(), &json!({"kernel": cause}), "{way}");
    }
}

#[test]
fn a_shell_that_kills_is_named_and_an_exit_names_nobody() {
    if !bpf_or_skip() {
        return;
    }
    let (_, events) = log_command(&[], ["sh", "-c", "sleep 60 & kill -9 $!; wait $!; exit 3"]);
    let root = events.command();
    let sleep = events.of_children("exit", root).next().expect("one child");
    assert_eq!(sleep.get("killed_by"), Some(&json!({"pid": root.0, "start_ns": root.1, "comm": "sh"})));
    assert_eq!(events.one("exit", root).get("killed_by"), None);
}
