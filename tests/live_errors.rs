//! What can't be done is said in one line that names the way out.

mod support;

use std::fs;
use std::process::Command;

use support::live::{proctop_with, run};
use support::{bpf_or_skip, proctop, root_or_skip};

/// The only line that proctop says for these arguments, after which it ends with 2.
#[track_caller]
fn complaint(arguments: &[&str]) -> String {
    let ran = run(&mut proctop_with(arguments));
    assert!(ran.stdout.is_empty(), "{ran:?}");
    ran.one_line(2).to_owned()
}

#[test]
fn the_screen_needs_a_terminal() {
    for arguments in [&[][..], &["--", "true"], &["-c", "sh"]] {
        assert_eq!(
            complaint(arguments),
            "proctop: the screen needs a terminal; for lines instead of a screen use 'proctop log'"
        );
    }
}

#[test]
fn a_filter_that_makes_no_sense_is_told_with_the_place() {
    for (arguments, parts) in [
        (&["log", "-f", "comm:x and"][..], ["--filter: column 11:", "'and'"]),
        (&["log", "-f", "com:x"], ["--filter: column 1:", "did you mean 'comm'?"]),
        (&["log", "-f", "exit!=0", "-f", "a or dur>soon"], ["--filter: column 10:", "duration"]),
        (&["log", "-c", "~["], ["--comm: column 2:", "regular expression"]),
        (&["record", "-o", "/dev/null", "-c", "x"], ["'record' has no option", "'log'"]),
    ] {
        let line = complaint(arguments);
        assert!(parts.iter().all(|part| line.contains(part)), "{arguments:?}: {line}");
    }
}

#[test]
fn options_that_make_no_sense_are_told() {
    for (arguments, part) in [
        (&["log", "--nonsense"][..], "'--nonsense'"),
        (&["log", "--formt", "json"], "did you mean '--format'?"),
        (&["log", "--format", "xml"], "text, json, csv"),
        (&["log", "-d", "soon"], "--min-duration: 'soon'"),
        (&["log", "-p", "0"], "--pid: '0'"),
        (&["log", "-u", "no-such-user-here"], "unknown user 'no-such-user-here'"),
        (&["log", "--ring-size", "1K"], "from 4K to 1G"),
        (&["log", "--wait-all"], "--wait-all needs a command"),
        (&["log", "make"], "proctop log -- make"),
        (&["record", "--", "true"], "--output"),
        (&["recrod"], "did you mean 'record'"),
        (&["log", "--from", "x", "--", "true"], "--from and a command"),
    ] {
        let line = complaint(arguments);
        assert!(line.contains(part) && line.contains("see 'proctop --help'"), "{arguments:?}: {line}");
    }
}

#[test]
fn the_lines_of_a_recording_are_not_written_over_it() {
    let directory = tempfile::tempdir().unwrap();
    let [copy, link] = ["copy.ptop", "link.ptop"].map(|name| directory.path().join(name));
    fs::copy("screenshots/recordings/build.ptop", &copy).unwrap();
    fs::hard_link(&copy, &link).unwrap();
    let before = fs::read(&copy).unwrap();
    let from = copy.to_str().unwrap();
    for over in [&copy, &link] {
        let line = complaint(&["log", "--from", from, "-o", over.to_str().unwrap()]);
        assert!(line.contains("is the recording itself; name another file"), "{line}");
    }
    for arguments in
        [&["log", "--from", from][..], &["open", from, "--text", "-"], &["open", from, "--svg", "-"]]
    {
        let behind = fs::OpenOptions::new().append(true).open(&link).unwrap();
        let ran = proctop_with(arguments).stdout(behind).output().unwrap();
        assert_eq!(ran.status.code(), Some(2), "{ran:?}");
    }
    assert_eq!(fs::read(&copy).unwrap(), before);
}

/// In this recording of a command nobody ran before: make is 32, and 34 a shell that it starts.
#[test]
fn a_recording_is_searched_for_the_pid() {
    let file = "screenshots/recordings/build.ptop";
    for (pid, named) in [("32", "make -k -j2"), ("34", "sed")] {
        let log = proctop_with(["log", "--from", file, "-f", "event=exec", "-p", pid]).output().unwrap();
        let lines = String::from_utf8(log.stdout).unwrap();
        assert!(log.status.success() && lines.contains(named), "{lines}");
        assert_eq!(lines.contains("lexer.c"), pid == "32", "{lines}");
        let drawn = proctop_with(["open", file, "-p", pid, "--text", "-"]).output().unwrap();
        assert!(drawn.status.success(), "{drawn:?}");
        assert!(String::from_utf8(drawn.stdout).unwrap().contains(named));
    }
    for arguments in [&["log", "--from", file][..], &["open", file, "--text", "-"]] {
        let line = complaint(&[arguments, &["-p", "33"]].concat());
        assert!(line.contains("build.ptop\" has no process 33; 'proctop log --from' lists"), "{line}");
    }
}

#[test]
fn what_there_is_no_room_for_is_told() {
    if !fs::exists("/dev/full").unwrap() {
        return;
    }
    for arguments in
        [&["--help"][..], &["--version"], &["log", "--help"], &["config", "--example"], &["doctor"]]
    {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let ran = proctop_with(arguments).stdout(full).output().unwrap();
        let said = String::from_utf8(ran.stderr).unwrap();
        assert_eq!(ran.status.code(), Some(1), "{arguments:?}: {said}");
        assert!(said.contains("cannot write to the standard output") && said.lines().count() == 1, "{said}");
    }
}

#[test]
fn places_that_cannot_be_written_to_are_told() {
    if !bpf_or_skip() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let there = directory.path().to_str().unwrap();
    let pipe = directory.path().join("pipe");
    assert!(run(Command::new("mkfifo").arg(&pipe)).status.success());
    for subcommand in ["log", "record"] {
        for (place, part) in [
            (format!("{there}/no/file"), "its directory does not exist"),
            (there.to_owned(), "it is a directory"),
            (pipe.to_str().unwrap().to_owned(), "nobody reads from it"),
        ] {
            let line = complaint(&[subcommand, "-o", &place, "--", "true"]);
            assert!(line.contains(part) && line.contains(&place), "{line}");
        }
    }
}

#[test]
fn a_disk_that_gets_full_is_told_and_the_command_runs_on() {
    if !bpf_or_skip() || !fs::exists("/dev/full").unwrap() {
        return;
    }
    let script = "i=0; while [ $i -lt 300 ]; do /bin/true; i=$((i+1)); done; echo done; exit 3";
    let ran = run(&mut proctop_with(["log", "-o", "/dev/full", "--", "sh", "-c", script]));
    assert_eq!(ran.stdout_text(), "done\n", "{ran:?}");
    let line = ran.one_line(1);
    assert!(line.contains("cannot write to /dev/full") && line.contains("make room"), "{line}");

    // a limit of 4 KiB, the signal that comes with it ignored, is as good as a full disk
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("recording");
    let limited = r#"trap '' XFSZ; ulimit -f 8; exec "$@""#;
    let mut record = Command::new("sh");
    record.args(["-c", limited, "sh"]).arg(proctop()).args(["record", "-o"]).arg(&file);
    let ran = run(record.args(["--", "sh", "-c", script]));
    assert_eq!(ran.stdout_text(), "done\n", "{ran:?}");
    let line = ran.one_line(1);
    assert!(line.contains("make room") && line.contains("what was written can be opened"), "{line}");
    let ran = run(proctop_with(["log", "--from"]).arg(&file));
    assert_eq!(ran.code(), Some(0), "{ran:?}");
    assert!(ran.one_line(0).contains("cut off"), "{ran:?}");
}

/// A disk of 64 KiB, and what does not compress until it is full.
#[test]
fn a_recording_that_fills_its_disk_can_be_read_up_to_there() {
    if !root_or_skip() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    // arguments as hostile as they come, so that zstd can't help
    let noise =
        "i=0; while [ $i -lt 60 ]; do /bin/true $(head -c 3000 /dev/urandom | od -An -tx1); i=$((i+1)); done";
    let script = r#"
        mount -t tmpfs -o size=64k disk "$1" || exit 99
        "$0" record -o "$1/recording" -- sh -c "$2; echo done; exit 3"
        echo "code $?"
        "$0" log --format json --from "$1/recording"
        echo "code $?"
    "#;
    let mut alone = Command::new("unshare");
    alone.args(["--mount", "--propagation", "private", "sh", "-c", script]).arg(proctop());
    let ran = run(alone.arg(directory.path()).arg(noise).env_remove("SUDO_UID").env_remove("SUDO_GID"));
    assert_ne!(ran.code(), Some(99), "{ran:?}");
    let mut said = ran.stderr.lines();
    let (full, cut) = (said.next().unwrap_or_default(), said.next().unwrap_or_default());
    assert!(
        full.contains("No space left on device") && full.contains("what was written can be opened"),
        "{full}"
    );
    assert!(cut.contains("cut off") && said.next().is_none(), "{cut}");
    let rows: Vec<_> = ran.stdout_text().lines().collect();
    let [first @ .., last] = &rows[..] else { panic!("{ran:?}") };
    assert_eq!((&first[..2], *last), (&["done", "code 1"][..], "code 0"));
    let execs = first.iter().filter(|row| row.contains(r#""event":"exec""#)).count();
    assert!(execs > 3 && execs < 120, "{execs} execs are in a part of the whole");
}

/// What a run leaves behind that fails before its first event: nothing new, and what was old as it was.
#[test]
fn a_run_that_fails_early_leaves_its_output_as_it_was() {
    if !bpf_or_skip() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let [new, old] = ["new", "old"].map(|name| directory.path().join(name));
    fs::write(&old, "old").unwrap();
    for subcommand in ["log", "record"] {
        for (rest, code) in
            [(["--", "no-such-command-here"], 127), (["--", "/etc"], 126), (["-p", "4194305"], 2)]
        {
            for place in [&new, &old] {
                let ran = run(proctop_with([subcommand, "-o"]).arg(place).args(rest));
                assert_eq!((ran.code(), ran.stderr.lines().count()), (Some(code), 1), "{ran:?}");
            }
            assert!(!new.exists(), "{subcommand} {rest:?}");
            assert_eq!(fs::read_to_string(&old).unwrap(), "old", "{subcommand} {rest:?}");
        }
    }
}

/// As above, by sudo: the file is the user's, and so is the directory.
#[test]
fn a_file_that_a_user_has_got_in_vain_goes_too() {
    if !root_or_skip() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    std::os::unix::fs::chown(directory.path(), Some(54_321), Some(54_321)).unwrap();
    let new = directory.path().join("new");
    let mut record = proctop_with(["record", "-o"]);
    record.arg(&new).args(["--", "no-such-command-here"]).env("SUDO_UID", "54321").env("SUDO_GID", "54321");
    let ran = run(&mut record);
    assert_eq!((ran.code(), ran.stderr.lines().count()), (Some(127), 1), "{ran:?}");
    assert!(!new.exists());
}

#[test]
fn a_recording_without_room_for_its_first_byte_does_not_begin() {
    if !bpf_or_skip() || !fs::exists("/dev/full").unwrap() {
        return;
    }
    let ran = run(&mut proctop_with(["record", "-o", "/dev/full", "--", "echo", "ran"]));
    assert!(ran.one_line(1).contains("cannot write to /dev/full"), "{ran:?}");
    assert!(ran.stdout.is_empty(), "the command was run");
}

#[test]
fn a_process_that_does_not_exist_is_told() {
    if !bpf_or_skip() {
        return;
    }
    // beyond the largest pid that any kernel gives
    let nobody = "4194305";
    for arguments in [&["log", "-p", nobody][..], &["record", "-o", "/dev/null", "-p", nobody]] {
        let line = complaint(arguments);
        assert!(line.contains(&format!("there is no process {nobody}")), "{line}");
    }
}
