//! Where a process ran: its directory, cgroup, session, terminal and pid namespace.

mod support;

use std::fs;
use std::path::Path;

use support::events::{Events, Row};
use support::live::{log_command, proctop_with, run, sh};
use support::{bpf_or_skip, root_or_skip};

/// The exec of `true` that a script ends with.
#[track_caller]
fn exec_of_true(events: &Events) -> &Row {
    let execs: Vec<_> = events.of("exec").filter(|row| row.text("comm") == "true").collect();
    let [exec] = execs[..] else { panic!("{execs:?}") };
    exec
}

/// Runs a script that prints where it is and then executes `true`; what it printed is the truth.
#[track_caller]
fn cwd_of(script: &str) -> (String, Events) {
    let (ran, events) = log_command(&[], sh(script));
    assert_eq!(ran.code(), Some(0), "{ran:?}");
    (ran.stdout_text().trim_end().to_owned(), events)
}

#[test]
fn the_directory_is_the_one_that_pwd_says() {
    if !bpf_or_skip() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().display();
    for script in [
        "cd /; pwd -P; exec true".to_owned(),
        "cd /usr/lib; pwd -P; exec true".to_owned(),
        "cd /proc/self/fd; cd /proc/sys/kernel; pwd -P; exec true".to_owned(),
        format!("mkdir '{place}/a b' && cd '{place}/a b' && pwd -P; exec true"),
        format!(
            "cd {place}; for i in 1 2 3 4 5 6 7 8; do mkdir -p d/d/d/d/d/d; cd d/d/d/d/d/d; done; pwd -P; exec true"
        ),
    ] {
        let (pwd, events) = cwd_of(&script);
        let exec = exec_of_true(&events);
        assert_eq!(exec.text("cwd"), pwd, "{script}");
        assert_eq!((exec.get("cwd_deleted"), exec.get("cwd_cut")), (None, None), "{script}");
    }
}

#[test]
fn a_directory_that_is_too_deep_or_gone_says_so() {
    if !bpf_or_skip() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().display();
    let (pwd, events) = cwd_of(&format!(
        "cd {place}; for i in $(seq 20); do mkdir -p w/x/y/z; cd w/x/y/z; done; pwd -P; exec true"
    ));
    let exec = exec_of_true(&events);
    let kept = exec.text("cwd");
    assert_eq!(exec.get("cwd_cut"), Some(&true.into()));
    assert_eq!(kept.split('/').count(), 64, "{kept}");
    assert!(pwd.ends_with(&format!("/{kept}")), "the end of it: {kept}");

    let (pwd, events) =
        cwd_of(&format!("mkdir {place}/gone; cd {place}/gone; pwd -P; rmdir ../gone; exec true"));
    let exec = exec_of_true(&events);
    assert_eq!((exec.text("cwd"), exec.get("cwd_deleted")), (pwd.as_str(), Some(&true.into())));
}

#[test]
fn mounts_are_crossed_and_a_changed_root_is_the_root() {
    if !root_or_skip() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().display();
    let (ran, events) = log_command(
        &[],
        [
            "unshare",
            "-m",
            "sh",
            "-c",
            &format!(
                "mkdir {place}/m && mount -t tmpfs none {place}/m && mkdir -p {place}/m/x/y && cd {place}/m/x/y && pwd -P; exec true"
            ),
        ],
    );
    assert_eq!(exec_of_true(&events).text("cwd"), ran.stdout_text().trim_end());

    let (ran, events) = log_command(
        &[],
        [
            "unshare",
            "-m",
            "sh",
            "-c",
            &format!(
                "mkdir {place}/root && mount --rbind / {place}/root && exec chroot {place}/root sh -c 'cd /usr/bin; pwd -P; exec true'"
            ),
        ],
    );
    assert_eq!(ran.stdout_text().trim_end(), "/usr/bin", "{ran:?}");
    assert_eq!(exec_of_true(&events).text("cwd"), "/usr/bin", "as the process sees it");
}

#[test]
fn the_cgroup_is_the_one_that_proc_says() {
    if !bpf_or_skip() {
        return;
    }
    let (ran, events) = log_command(&[], sh("cat /proc/self/cgroup; exec true"));
    let line = |wanted: &dyn Fn(&str) -> bool| {
        let mut lines = ran.stdout_text().lines().map(|line| line.splitn(3, ':').collect::<Vec<_>>());
        lines.find(|parts| parts.get(1).is_some_and(|name| wanted(name))).map(|parts| parts[2].to_owned())
    };
    // a hybrid layout has its processes in v1's hierarchies
    let memory = line(&|name| name.split(',').any(|controller| controller == "memory"));
    let expected = memory.or_else(|| line(&|name| name.is_empty())).expect("a cgroup");
    assert_eq!(exec_of_true(&events).text("cgroup"), expected);
}

#[test]
fn a_cgroup_that_is_new_is_told_with_its_container() {
    if !root_or_skip() {
        return;
    }
    let v1 = Path::new("/sys/fs/cgroup/memory");
    let root = if v1.is_dir() { v1 } else { Path::new("/sys/fs/cgroup") };
    let id = format!("{:064x}", std::process::id());
    let docker = root.join("docker");
    let had_docker = docker.is_dir();
    let place = docker.join(&id);
    fs::create_dir_all(&place).expect("a cgroup can be made");
    let script = format!("echo $$ >{}/cgroup.procs; exec true", place.display());
    let (ran, events) = log_command(&[], sh(&script));
    let _ = fs::remove_dir(&place);
    if !had_docker {
        let _ = fs::remove_dir(&docker);
    }
    assert_eq!(ran.code(), Some(0), "{ran:?}");
    let exec = exec_of_true(&events);
    assert_eq!(exec.text("cgroup"), format!("/docker/{id}"));
    assert_eq!((exec.text("container_engine"), exec.text("container")), ("docker", &id[..12]));
}

#[test]
fn session_and_terminal_are_those_that_the_process_sees() {
    if !bpf_or_skip() {
        return;
    }
    // fields 6 and 7 of stat: session and terminal
    let (ran, events) =
        log_command(&[], ["setsid", "-w", "sh", "-c", "cut -d' ' -f6,7 /proc/self/stat; exec true"]);
    let said: Vec<u64> = ran.stdout_text().split_whitespace().map(|field| field.parse().unwrap()).collect();
    let exec = exec_of_true(&events);
    assert_eq!((exec.number("sid"), exec.get("tty")), (said[0], None), "{said:?}");
    assert_eq!(exec.number("sid"), exec.number("pid"), "it made a session of its own");

    let (ran, events) = log_command(&[], ["script", "-qec", "sh -c 'tty; exec true'", "/dev/null"]);
    let tty =
        ran.stdout_text().lines().find_map(|line| line.trim().strip_prefix("/dev/")).expect("a terminal");
    assert_eq!(exec_of_true(&events).text("tty"), tty);
}

#[test]
fn a_nested_process_bears_both_its_pids() {
    if !root_or_skip() {
        return;
    }
    let (ran, events) = log_command(
        &[],
        ["unshare", "-pf", "--mount-proc", "sh", "-c", "echo $$; (exec true); sh -c 'echo $$'"],
    );
    let inner: Vec<u64> = ran.stdout_text().split_whitespace().map(|pid| pid.parse().unwrap()).collect();
    let nested: Vec<_> = events.of("exec").filter(|row| row.get("inner_pid").is_some()).collect();
    let of = |pid: u64| nested.iter().any(|row| row.number("inner_pid") == pid && row.number("pid") > 2);
    assert!(inner == [1, inner[1]] && of(1) && of(inner[1]), "{inner:?} among {nested:?}");
    assert_eq!(nested.len(), 3, "sh, true and sh: {nested:?}");
}

#[test]
fn inside_of_a_pid_namespace_pids_are_those_that_its_users_know() {
    if !root_or_skip() {
        return;
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut inside = std::process::Command::new("unshare");
    inside.args(["-pf", "--mount-proc"]);
    let log = proctop_with(["log", "--format", "json", "-o"]);
    inside.arg(log.get_program()).args(log.get_args()).arg(file.path());
    inside.args(["--", "sh", "-c", "echo $$; sh -c 'echo $$ $PPID; exit 3'; kill -9 $$"]);
    let ran = run(inside.env_remove("SUDO_UID").env_remove("SUDO_GID"));
    assert_eq!(ran.code(), Some(137), "{ran:?}");
    let said: Vec<u32> = ran.stdout_text().split_whitespace().map(|pid| pid.parse().unwrap()).collect();
    let [shell, child, parent] = said[..] else { panic!("{said:?}") };
    assert_eq!(shell, parent);
    let events = Events::parse(&fs::read_to_string(file.path()).unwrap());
    let exits: Vec<_> = events.of("exit").map(|row| (row.small("pid"), row.small("ppid"))).collect();
    // proctop itself is the namespace's first process
    assert_eq!(exits, [(child, shell), (shell, 1)], "{ran:?}");
    let killed = events.of("exit").last().and_then(|row| row.get("killed_by")).expect("by itself");
    assert_eq!(killed.get("pid"), Some(&shell.into()));
    assert!(events.of("exec").all(|row| row.get("inner_pid").is_none() && row.get("outside").is_none()));
}
