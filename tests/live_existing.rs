//! What ran before proctop: it is listed, and its end is told with its whole life.

mod support;

use std::collections::HashSet;
use std::fs;
use std::io::Write;
use std::process::{Child, Command, Stdio};

use nix::time::{ClockId, clock_gettime};
use nix::unistd::{SysconfVar, sysconf};
use support::bpf_or_skip;
use support::events::{Events, Id, Row};
use support::live::{Killed, Tracing, run, start_ticks, wait, wait_until};
use support::programs::program;

fn boot_ns() -> u64 {
    let now = clock_gettime(ClockId::CLOCK_BOOTTIME).unwrap();
    u64::try_from(now.tv_sec() * 1_000_000_000 + now.tv_nsec()).unwrap()
}

fn shell(script: &str) -> Killed {
    let mut command = Command::new("sh");
    Killed(command.args(["-c", script, "a name"]).stdin(Stdio::piped()).spawn().unwrap())
}

fn say(child: &mut Child, line: &str) {
    child.stdin.as_mut().unwrap().write_all(line.as_bytes()).unwrap();
}

fn listed(events: &Events, pid: u32) -> &Row {
    let rows: Vec<_> = events.of("snapshot").filter(|row| row.small("pid") == pid).collect();
    assert_eq!(rows.len(), 1, "{pid}: {rows:?}");
    rows[0]
}

/// Whether the kernel's name of a process is this by now.
fn is_named(pid: u32, comm: &str) -> bool {
    fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|text| text.trim_end() == comm)
}

#[test]
fn who_ran_before_is_listed_and_ends_with_its_whole_lifetime() {
    if !bpf_or_skip() {
        return;
    }
    let before_start = boot_ns();
    let mut old = shell("read line; exit 5");
    let (pid, after_start) = (old.0.id(), boot_ns());
    let ticks = start_ticks(pid);
    let tracing = Tracing::start(&[]);
    let before_end = boot_ns();
    drop(old.0.stdin.take());
    assert_eq!(wait(&mut old.0).code(), Some(5));
    let after_end = boot_ns();
    let events = tracing.stop();

    let row = listed(&events, pid);
    assert_eq!(row.texts("argv"), ["sh", "-c", "read line; exit 5", "a name"]);
    assert_eq!(row.text("filename"), fs::canonicalize("/bin/sh").unwrap().to_str().unwrap());
    assert_eq!((row.text("comm"), row.small("ppid")), ("sh", std::process::id()));
    assert_eq!(row.get("zombie"), None);

    let exit = events.one("exit", row.id());
    assert_eq!(exit.number("exit_code"), 5);
    let lifetime = exit.number("lifetime_ns");
    assert!(
        before_end - after_start <= lifetime && lifetime <= after_end - before_start,
        "{lifetime} is not between {} and {}",
        before_end - after_start,
        after_end - before_start
    );
    let tick_ns = 1_000_000_000 / u64::try_from(sysconf(SysconfVar::CLK_TCK).unwrap().unwrap()).unwrap();
    assert_eq!(exit.number("start_ns") / tick_ns, ticks, "as /proc/PID/stat says");
    assert_eq!(exit.get("image_ns"), None, "its exec was not seen");
    assert_eq!(events.of("fork").filter(|fork| fork.id() == row.id()).count(), 0);
}

#[test]
fn a_zombie_is_listed_as_one_and_does_not_end_again() {
    if !bpf_or_skip() {
        return;
    }
    let mut zombie = Killed(Command::new("true").spawn().unwrap());
    let pid = zombie.0.id();
    let state = || fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    wait_until("the zombie", || support::live::field(&state(), "State").starts_with('Z'));
    let tracing = Tracing::start(&[]);
    assert!(wait(&mut zombie.0).success());
    let events = tracing.stop();
    let row = listed(&events, pid);
    assert_eq!(row.get("zombie"), Some(&true.into()));
    assert_eq!((row.get("argv"), row.get("filename")), (None, None), "it has none any more");
    assert_eq!(events.of_process("exit", row.id()).count(), 0);
}

#[test]
fn the_list_is_that_of_the_machine() {
    if !bpf_or_skip() {
        return;
    }
    let pids = || -> Vec<u32> {
        let entries = fs::read_dir("/proc").unwrap();
        entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect()
    };
    let before = pids();
    let tracing = Tracing::start(&[]);
    let after = pids();
    let events = tracing.stop();
    let told: HashSet<_> =
        events.of("snapshot").chain(events.of("fork")).map(|row| row.small("pid")).collect();
    // some sandboxes keep their init to themselves
    for pid in before.iter().filter(|&&pid| pid != 1 && after.contains(&pid)) {
        assert!(told.contains(pid), "{pid}");
    }
    let kernel = listed(&events, 2);
    assert_eq!(kernel.get("ppid"), None, "the idle task is no process");
    assert_eq!((kernel.text("comm"), kernel.get("kernel_thread")), ("kthreadd", Some(&true.into())));
    assert_eq!((kernel.get("argv"), kernel.get("filename")), (None, None));
}

#[test]
fn of_a_pid_its_subtree_is_told_and_nobody_else() {
    if !bpf_or_skip() {
        return;
    }
    // an old root with an old child, that start others while proctop looks on
    let mut root =
        shell("exec 3<&0; sh -c 'read a; (exit 6); exit 5' <&3 & read b; sh -c '(exit 8); exit 7'; wait");
    let pid = root.0.id();
    let children = || -> Vec<u32> {
        let entries = fs::read_dir("/proc").unwrap();
        let all = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        let parent = |child: u32| {
            let status = fs::read_to_string(format!("/proc/{child}/status")).ok()?;
            support::live::field(&status, "PPid").parse::<u32>().ok()
        };
        all.filter(|&child| parent(child) == Some(pid)).collect()
    };
    let mut child = 0;
    wait_until("the old child", || {
        children().first().is_some_and(|&found| {
            child = found;
            fs::read(format!("/proc/{found}/cmdline")).is_ok_and(|text| text.starts_with(b"sh\0-c\0read a"))
        })
    });

    let tracing = Tracing::start(&["-p", &pid.to_string()]);
    assert!(run(Command::new(program("storm")).arg("200")).status.success(), "a stranger");
    say(&mut root.0, "to one\nto the other\n");
    drop(root.0.stdin.take());
    assert!(wait(&mut root.0).success());
    let events = tracing.stop();

    let mut snapshots: Vec<_> = events.of("snapshot").map(|row| row.small("pid")).collect();
    snapshots.sort_unstable();
    let mut family = vec![pid, child];
    family.sort_unstable();
    assert_eq!(snapshots, family);
    let mut ids: Vec<Id> = events.of("snapshot").map(Row::id).collect();
    for fork in events.of("fork") {
        assert!(ids.contains(&fork.parent().expect("a parent")), "a stranger: {fork:?}");
        ids.push(fork.id());
    }
    let mut codes: Vec<_> = events.of("exit").map(|row| row.small("exit_code")).collect();
    codes.sort_unstable();
    assert_eq!(codes, [0, 5, 6, 7, 8], "the root, its old child, and three new ones");
    assert!(events.of("exit").all(|row| ids.contains(&row.id())));
}

#[test]
fn a_name_that_was_changed_before_is_listed_as_it_is() {
    if !bpf_or_skip() {
        return;
    }
    // a process whose name and arguments are not what it was started with
    let old = shell("printf renamed >/proc/$$/comm; read line");
    let pid = old.0.id();
    wait_until("its new name", || is_named(pid, "renamed"));
    let events = Tracing::start(&[]).stop();
    assert_eq!(listed(&events, pid).text("comm"), "renamed");
}
