//! Under sudo the command and the files belong to who called, not to root.

mod support;

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::sys::signal::Signal;
use support::events::Events;
use support::live::{
    AWAIT_SIGNALS, Killed, exists, field, proctop_with, run, signal, statuses, tracer_needs_no_rights, wait,
    wait_until,
};
use support::root_or_skip;
use tempfile::TempDir;

/// Nobody's, so that no home and no groups come with it.
const UID: u32 = 54_321;
const GID: u32 = 54_322;

/// proctop as it is started by sudo.
fn by_sudo(arguments: &[&str]) -> Command {
    let mut command = proctop_with(arguments);
    command.env("SUDO_UID", UID.to_string()).env("SUDO_GID", GID.to_string()).env("SUDO_USER", "caller");
    command
}

/// A directory of the caller's own.
fn own_directory() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    chown(directory.path(), Some(UID), Some(GID)).unwrap();
    directory
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a readable path")
}

#[test]
fn the_command_is_the_callers_and_has_no_rights() {
    if !root_or_skip() {
        return;
    }
    let directory = own_directory();
    let file = directory.path().join("events");
    let script = "cat /proc/self/status; env";
    let ran = run(&mut by_sudo(&["log", "--format", "json", "-o", text(&file), "--", "sh", "-c", script]));
    assert_eq!((ran.code(), ran.stderr.as_str()), (Some(0), ""));
    let (uid, gid, said) = (UID.to_string(), GID.to_string(), ran.stdout_text());
    for (name, id) in [("Uid", &uid), ("Gid", &gid)] {
        assert_eq!(field(said, name).split_whitespace().collect::<Vec<_>>(), [id; 4], "{name}");
    }
    assert_eq!(field(said, "Groups"), gid);
    for set in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
        assert_eq!(field(said, set), "0000000000000000", "{set}");
    }
    assert!(!said.contains("\nSUDO_"), "{said}");

    let events = Events::parse(&fs::read_to_string(&file).unwrap());
    let root = events.command();
    // the fork is proctop's own, the program is the caller's
    assert_eq!(events.one("fork", root).small("uid"), 0);
    assert_eq!(events.one("exec", root).small("uid"), UID);
    assert!(events.of("exit").all(|row| row.small("uid") == UID));
}

#[test]
fn files_are_the_callers_and_private() {
    if !root_or_skip() {
        return;
    }
    for subcommand in ["log", "record"] {
        let directory = own_directory();
        let file = directory.path().join("file");
        let ran = run(&mut by_sudo(&[subcommand, "-o", text(&file), "--", "true"]));
        assert_eq!(ran.code(), Some(0), "{ran:?}");
        let made = fs::metadata(&file).unwrap();
        assert_eq!((made.uid(), made.gid(), made.mode() & 0o7777), (UID, GID, 0o600), "{subcommand}");
        assert!(made.len() > 0);
    }
}

#[test]
fn where_the_caller_may_not_write_nothing_is_written_and_nothing_run() {
    if !root_or_skip() {
        return;
    }
    // root's directory, into which everybody may look
    let roots = tempfile::tempdir().unwrap();
    fs::set_permissions(roots.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let (new, old) = (roots.path().join("new"), roots.path().join("old"));
    fs::write(&old, "precious").unwrap();
    fs::set_permissions(&old, fs::Permissions::from_mode(0o644)).unwrap();
    let own = own_directory();
    let (link, dangling) = (own.path().join("link"), own.path().join("dangling"));
    symlink(&old, &link).unwrap();
    symlink(&new, &dangling).unwrap();
    for (file, said) in [
        (&new, format!("user {UID} has no right to")),
        (&old, format!("user {UID} has no right to")),
        (&link, "it is a symbolic link".to_owned()),
        (&dangling, "it is a symbolic link".to_owned()),
    ] {
        for subcommand in ["log", "record"] {
            let ran = run(&mut by_sudo(&[subcommand, "-o", text(file), "--", "echo", "ran"]));
            let line = ran.one_line(2);
            assert!(line.contains(&said) && line.contains(text(file)), "{line}");
            assert!(ran.stdout.is_empty(), "the command was run");
        }
    }
    assert!(!exists(&new));
    assert_eq!(fs::read_to_string(&old).unwrap(), "precious");
}

#[test]
fn a_caller_that_cannot_be_told_is_never_taken_for_root() {
    if !root_or_skip() {
        return;
    }
    for (uid, gid) in [("me", Some("1000")), ("", Some("1000")), ("4294967295", Some("1000")), ("1000", None)]
    {
        let mut log = proctop_with(["log", "--", "echo", "ran"]);
        log.env("SUDO_UID", uid);
        if let Some(gid) = gid {
            log.env("SUDO_GID", gid);
        }
        let ran = run(&mut log);
        assert!(ran.one_line(2).contains("refusing to run the command as root"), "{ran:?}");
        assert!(ran.stdout.is_empty());
    }
    // root who called sudo is root
    let mut log = proctop_with(["log", "-o", "/dev/null", "--", "id", "-u"]);
    assert_eq!(run(log.env("SUDO_UID", "0").env("SUDO_GID", "0")).stdout_text(), "0\n");
}

#[test]
fn a_signal_reaches_the_callers_command_too() {
    if !root_or_skip() {
        return;
    }
    let script = format!("trap 'exit 9' TERM; echo ready; {AWAIT_SIGNALS}");
    let mut log = by_sudo(&["log", "-o", "/dev/null", "--", "sh", "-c", &script]);
    let mut child = Killed(log.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap());
    let mut said = String::new();
    BufReader::new(child.0.stdout.take().unwrap()).read_line(&mut said).unwrap();
    assert_eq!(said, "ready\n");

    // of all rights only the one to signal another user's process is left, and where reading needs it CAP_BPF
    let left = if tracer_needs_no_rights() { 1 << 5 } else { 1 << 5 | 1 << 39 };
    let has_no_other = |status: &String| {
        ["CapPrm", "CapEff"].iter().all(|set| {
            let rights = u64::from_str_radix(field(status, set), 16).expect("a set of capabilities");
            rights & !left == 0
        })
    };
    let threads = statuses(child.0.id());
    let tracer = threads.iter().find(|status| field(status, "Name") == "tracer").expect("the tracer");
    assert!(has_no_other(tracer), "while the command runs: {tracer}");
    wait_until("no thread has another right", || statuses(child.0.id()).iter().all(has_no_other));
    signal(&child.0, Signal::SIGTERM);
    assert_eq!(wait(&mut child.0).code(), Some(9));
}

#[test]
fn the_directory_stays_the_callers() {
    if !root_or_skip() {
        return;
    }
    let directory = own_directory();
    let mut log = by_sudo(&["log", "-o", "events", "--", "sh", "-c", "pwd -P; : >made"]);
    let ran = run(log.current_dir(directory.path()));
    assert_eq!(ran.code(), Some(0), "{ran:?}");
    let real: PathBuf = directory.path().canonicalize().unwrap();
    assert_eq!(ran.stdout_text().trim_end(), text(&real));
    for name in ["events", "made"] {
        assert_eq!(fs::metadata(directory.path().join(name)).unwrap().uid(), UID, "{name}");
    }
}
