//! The rights that proctop needs, names when they are missing, and gives up when they are no longer needed.

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use support::events::Events;
use support::live::{
    Killed, Ran, Tracing, field, kernel_version, proctop_with, run, statuses, tracer_needs_no_rights, wait,
    wait_until,
};
use support::pty::Pty;
use support::screen::PATIENCE;
use support::{proctop, root_or_skip};
use tempfile::TempDir;

/// By number, since an older setpriv does not know their names.
const SYS_ADMIN: &str = "+cap_21";
const PERFMON: &str = "+cap_38";
const BPF: &str = "+cap_39";

/// Sets of capabilities as /proc/PID/status writes them.
const NONE: &str = "0000000000000000";
const ONLY_KILL: &str = "0000000000000020";
const ONLY_BPF: &str = "0000008000000000";

/// Mostly called nobody.
const UNPRIVILEGED: u32 = 65_534;

/// proctop with these arguments as root who may do nothing but this.
fn with_only(capabilities: &[&str], arguments: &[&str]) -> Ran {
    let set = [&["-all"], capabilities].concat().join(",");
    run(Command::new("setpriv").arg(format!("--bounding-set={set}")).arg(proctop()).args(arguments))
}

/// proctop with these arguments as a user who has been given these capabilities and nothing else.
fn as_user_with(capabilities: &[&str], program: &Path, arguments: &[&str]) -> Command {
    let set = [&["-all"], capabilities].concat().join(",");
    let mut command = Command::new("setpriv");
    command
        .arg(format!("--reuid={UNPRIVILEGED}"))
        .arg(format!("--regid={UNPRIVILEGED}"))
        .arg("--clear-groups");
    command.arg(format!("--inh-caps={set}")).arg(format!("--ambient-caps={set}"));
    command.arg(program).args(arguments);
    command
}

/// A copy where every user gets at it, which need not be so in a home directory.
fn public_copy() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let copy = directory.path().join("proctop");
    // written by another process: see `write_script`
    assert!(run(Command::new("cp").arg(proctop()).arg(&copy)).status.success());
    (directory, copy)
}

#[test]
fn exactly_the_missing_rights_are_named_with_the_way_out() {
    if !root_or_skip() {
        return;
    }
    let setcap = format!("'sudo setcap cap_bpf,cap_perfmon+ep {}'", proctop().display());
    for (given, missing) in [
        (&[][..], "(missing: CAP_BPF, CAP_PERFMON)"),
        (&[BPF], "(missing: CAP_PERFMON)"),
        (&[PERFMON], "(missing: CAP_BPF)"),
    ] {
        for arguments in [&["log"][..], &["record", "-o", "/dev/null"], &["log", "--", "echo", "ran"]] {
            let ran = with_only(given, arguments);
            let line = ran.one_line(1);
            for part in [missing, "'sudo proctop'", &setcap] {
                assert!(line.contains(part), "{part} is not in {line}");
            }
            assert!(ran.stdout.is_empty(), "nothing is printed and no command run: {ran:?}");
        }
    }
}

#[test]
fn the_right_of_which_they_were_split_off_suffices() {
    if !root_or_skip() {
        return;
    }
    let ran = with_only(&[SYS_ADMIN], &["log", "--format", "json", "-o", "-", "--", "false"]);
    assert_eq!((ran.code(), ran.stderr.as_str()), (Some(1), ""));
    let events = Events::parse(ran.stdout_text());
    assert_eq!(events.one("exit", events.command()).number("exit_code"), 1);
}

#[test]
fn a_user_with_both_rights_needs_no_root() {
    if !root_or_skip() {
        return;
    }
    let (_directory, copy) = public_copy();
    let arguments = ["log", "--format", "json", "-o", "-", "--", "sh", "-c", "exit 3"];
    let ran = run(&mut as_user_with(&[BPF, PERFMON], &copy, &arguments));
    assert_eq!((ran.code(), ran.stderr.as_str()), (Some(3), ""));
    let events = Events::parse(ran.stdout_text());
    let exit = events.one("exit", events.command());
    assert_eq!((exit.number("exit_code"), exit.small("uid")), (3, UNPRIVILEGED));

    let ran = run(&mut as_user_with(&[BPF], &copy, &["log"]));
    assert!(ran.one_line(1).contains("(missing: CAP_PERFMON)"));
}

#[test]
fn where_maps_count_as_locked_memory_a_limit_that_is_too_low_is_told() {
    if !root_or_skip() {
        return;
    }
    let (_directory, copy) = public_copy();
    let arguments = ["log", "-o", "/dev/null", "--", "sh", "-c", "exit 3"];
    let mut limited = Command::new("prlimit");
    let command = as_user_with(&[BPF, PERFMON], &copy, &arguments);
    limited.arg("--memlock=65536:65536").arg(command.get_program()).args(command.get_args());
    let ran = run(&mut limited);
    if kernel_version() < (5, 11) {
        let line = ran.one_line(1);
        assert!(line.contains("counts BPF memory as locked memory, and 65536 bytes"), "{line}");
        assert!(line.contains("sudo prlimit --memlock=unlimited"), "{line}");
    } else {
        assert_eq!((ran.code(), ran.stderr.as_str()), (Some(3), ""));
    }
}

#[test]
fn doctor_says_what_is_there_and_what_is_missing() {
    if !root_or_skip() {
        return;
    }
    let line = |ran: &Ran, mark: &str, what: &str| {
        let beginning = format!("  {mark:<4} {what:<14} ");
        let lines: Vec<_> = ran.stdout_text().lines().filter(|line| line.starts_with(&beginning)).collect();
        assert_eq!(lines.len(), 1, "{beginning}: {ran:?}");
        lines[0][beginning.len()..].to_owned()
    };
    let ran = run(&mut proctop_with(["doctor"]));
    assert_eq!((ran.code(), ran.stderr.as_str()), (Some(0), ""), "{ran:?}");
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    assert!(line(&ran, "ok", "kernel").starts_with(release.trim()));
    for what in ["BTF", "CAP_BPF", "CAP_PERFMON", "programs", "ring buffer", "snapshot"] {
        line(&ran, "ok", what);
    }
    assert!(ran.stdout_text().ends_with("Tracing works.\n"));

    for (given, marks) in [(&[][..], ["no", "no"]), (&[BPF], ["ok", "no"]), (&[PERFMON], ["no", "ok"])] {
        let ran = with_only(given, &["doctor"]);
        assert_eq!((ran.code(), ran.stderr.as_str()), (Some(1), ""), "{ran:?}");
        for (mark, what) in marks.into_iter().zip(["CAP_BPF", "CAP_PERFMON"]) {
            let says = line(&ran, mark, what);
            assert_eq!(says.contains("sudo setcap"), mark == "no", "{says}");
        }
        assert!(ran.stdout_text().contains("Tracing does not work here"), "{ran:?}");
    }
}

/// What every thread of a process may still do, as the kernel writes it.
fn rights(pid: u32) -> Vec<String> {
    let of_thread = |status: String| {
        let sets = ["CapInh", "CapPrm", "CapEff", "CapAmb"].map(|set| field(&status, set).to_owned());
        format!("{}: {}", field(&status, "Name"), sets.join(" "))
    };
    statuses(pid).into_iter().map(of_thread).collect()
}

/// Waits until every thread of a process has exactly these rights, and until these threads are there.
#[track_caller]
fn wait_for_rights(pid: u32, names: &[&str], wanted: impl Fn(&str) -> bool) {
    wait_until(&format!("the threads {names:?} and no rights: {:?}", rights(pid)), || {
        let threads = rights(pid);
        let is_there = |name: &&str| threads.iter().any(|sets| sets.starts_with(&format!("{name}: ")));
        names.iter().all(is_there) && threads.iter().all(|sets| wanted(sets))
    });
}

#[test]
fn whatever_it_does_no_thread_keeps_a_right_that_is_not_documented() {
    if !root_or_skip() {
        return;
    }
    // CAP_PERFMON and CAP_BPF, by which failed execs are switched on, and before 5.19 CAP_BPF to read
    let excused = |sets: &str| {
        if sets.starts_with("tracer: ") {
            sets.replace("000000c000000000", NONE).replace(ONLY_BPF, NONE)
        } else {
            sets.to_owned()
        }
    };
    let none = |sets: &str| excused(sets).matches(NONE).count() == 4;
    // on the screen only CAP_KILL stays, to signal whom the user chooses, and a command, which may become somebody else
    let only_kill = |sets: &str| none(&sets.replace("0000000000000020", NONE));
    let mut pty = Pty::proctop(&[], 80, 24);
    pty.wait_for_text("lost ", PATIENCE);
    wait_for_rights(pty.pid(), &["proctop", "tracer", "signals", "input", "hang-up", "pictures"], only_kill);
    let of_pictures = rights(pty.pid()).into_iter().find(|sets| sets.starts_with("pictures: "));
    assert!(of_pictures.as_ref().is_some_and(|sets| none(sets)), "{of_pictures:?}");
    assert_eq!(pty.quit(), Some(0));

    let mut pty = Pty::proctop(&["--drop-all"], 80, 24);
    pty.wait_for_text("lost ", PATIENCE);
    let no_right = |sets: &str| sets.matches(NONE).count() == 4;
    wait_for_rights(pty.pid(), &["proctop", "tracer", "signals", "input", "pictures"], no_right);
    assert_eq!(pty.quit(), Some(0));

    let mut pty = Pty::proctop(&["--", "sleep", "1000"], 80, 24);
    pty.wait_for_text("lost ", PATIENCE);
    wait_for_rights(pty.pid(), &["proctop", "tracer", "signals", "input", "command-wait"], only_kill);
    assert_eq!(pty.quit_and_terminate(), Some(143));

    let directory = tempfile::tempdir().unwrap();
    let mut record = proctop_with(["record", "-o"]);
    let record = record.arg(directory.path().join("recording")).stderr(Stdio::null()).stdin(Stdio::null());
    let record = Killed(record.spawn().unwrap());
    wait_for_rights(record.0.id(), &["proctop", "tracer", "signals"], none);
}

#[test]
fn once_armed_no_thread_has_any_right_left() {
    if !root_or_skip() {
        return;
    }
    let has_none = |sets: &String| {
        // before 5.19 reading needs CAP_BPF
        let excused = if sets.starts_with("tracer: ") && !tracer_needs_no_rights() { ONLY_BPF } else { NONE };
        sets.replace(excused, NONE).matches(NONE).count() == 4
    };
    let tracing = Tracing::start(&[]);
    let threads = rights(tracing.pid());
    for name in ["proctop: ", "tracer: "] {
        let thread = threads.iter().find(|sets| sets.starts_with(name)).expect(name);
        assert!(has_none(thread), "when the first line is there: {thread}");
    }
    // the thread that waits for signals gives its own up when it first runs
    let have_none = |pid| wait_until("no thread has a right", || rights(pid).iter().all(has_none));
    have_none(tracing.pid());
    assert!(rights(tracing.pid()).len() >= 3, "{threads:?}");
    // and without them it still tells what happens
    let ran = run(Command::new("sh").args(["-c", "exit 4"]));
    let events = tracing.stop();
    assert_eq!(events.one("exit", events.child_of_test(ran.pid)).number("exit_code"), 4);

    let mut log = proctop_with(["log", "-o", "/dev/null", "--", "sh", "-c", "read line"]);
    let mut log = Killed(log.stdin(Stdio::piped()).spawn().unwrap());
    let pid = log.0.id();
    wait_until("all threads", || rights(pid).iter().any(|sets| sets.starts_with("command-wait: ")));
    // CAP_KILL stays: the command may become somebody else, and is to get proctop's signals even then
    let only_kill = |sets: &String| has_none(&sets.replace(ONLY_KILL, NONE));
    wait_until("no thread has another right", || rights(pid).iter().all(only_kill));
    drop(log.0.stdin.take());
    wait(&mut log.0);
}

/// The command is the caller's own, so that no right is needed to signal it.
#[test]
fn with_drop_all_no_thread_keeps_any_right() {
    if !root_or_skip() {
        return;
    }
    let mut log =
        proctop_with(["log", "-x", "--drop-all", "-v", "-o", "/dev/null", "--", "sh", "-c", "read line"]);
    let mut log = Killed(log.stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap());
    let pid = log.0.id();
    wait_until("all threads", || rights(pid).iter().any(|sets| sets.starts_with("command-wait: ")));
    let has_none = |sets: &String| sets.matches("0000000000000000").count() == 4;
    wait_until("no thread has a right", || rights(pid).iter().all(has_none));
    drop(log.0.stdin.take());
    assert_eq!(wait(&mut log.0).code(), Some(1), "the command's own end: there was no line to read");
}

#[test]
fn doctor_says_how_failed_execs_are_seen_and_what_is_left_out() {
    if !root_or_skip() {
        return;
    }
    let ran = with_only(&[BPF, PERFMON], &["doctor"]);
    assert_eq!(ran.code(), Some(0), "these two suffice: {ran:?}");
    let text = ran.stdout_text();
    assert!(text.contains("  ok   failed execs   by "), "{text}");
    for capability in ["CAP_SYS_PTRACE", "CAP_SETUID", "CAP_SETGID", "CAP_SYS_NICE", "CAP_KILL"] {
        assert!(text.contains(&format!("  --   {capability:<14} left out: ")), "{text}");
    }
}
