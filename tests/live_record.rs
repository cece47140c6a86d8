//! `proctop record`, and what `proctop log --from` makes of the file, whatever became of it.

mod support;

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::sys::signal::Signal;
use nix::unistd::geteuid;
use support::events::{Events, Id, Row};
use support::live::{Killed, Ran, proctop_with, run, signal, wait, wait_until};
use support::machine::write_script;
use support::programs::{numbers, program};
use support::{bpf_or_skip, proctop, root_or_skip};
use tempfile::TempDir;

/// A small C project whose compiler calls are written down: "pid arguments".
const MAKEFILE: &str = "\
app: main.o sum.o
\t./cc-and-tell -o app main.o sum.o
%.o: %.c
\t./cc-and-tell -O1 -c -o $@ $<
broken: broken.o
";
const COMPILER: &str = r#"#!/bin/sh
echo "$$ $*" >>calls
exec cc "$@"
"#;

struct Build {
    directory: TempDir,
    file: PathBuf,
}

impl Build {
    /// Records a build of which one file does not compile.
    fn record() -> (Self, Ran) {
        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(directory.path().join(name), text).unwrap();
        write("Makefile", MAKEFILE);
        write("main.c", "int sum(int, int);\nint main(void) { return sum(40, 2) - 42; }\n");
        write("sum.c", "int sum(int a, int b) { return a + b; }\n");
        write("broken.c", "int broken(void) { return }\n");
        write_script(&directory.path().join("cc-and-tell"), COMPILER);
        let file = directory.path().join("build.ptop");
        let mut record = proctop_with(["record", "-o"]);
        record.arg(&file).args(["--", "make", "-j2", "-k", "app", "broken"]).current_dir(directory.path());
        // this may be called by make
        for variable in ["MAKEFLAGS", "MFLAGS", "MAKELEVEL"] {
            record.env_remove(variable);
        }
        let ran = run(&mut record);
        (Self { directory, file }, ran)
    }

    /// The compiler calls as they were written down.
    fn calls(&self) -> Vec<(u32, Vec<String>)> {
        let text = fs::read_to_string(self.directory.path().join("calls")).unwrap();
        let call = |line: &str| {
            let (pid, arguments) = line.split_once(' ').expect("pid and arguments");
            (pid.parse().expect("a pid"), arguments.split(' ').map(str::to_owned).collect())
        };
        text.lines().map(call).collect()
    }
}

/// `proctop log --format json --from FILE` with these options.
fn replay(file: &Path, options: &[&str]) -> Ran {
    run(proctop_with(["log", "--format", "json", "--from"]).arg(file).args(options))
}

#[track_caller]
fn replayed(file: &Path, options: &[&str]) -> Events {
    let ran = replay(file, options);
    assert_eq!((ran.code(), ran.stderr.as_str()), (Some(0), ""), "{options:?}");
    Events::parse(ran.stdout_text())
}

#[test]
fn a_recorded_build_tells_every_compiler_call() {
    if !bpf_or_skip() {
        return;
    }
    let (build, ran) = Build::record();
    assert_eq!(ran.code(), Some(2), "make fails where a file does not compile: {ran:?}");
    assert!(ran.stderr.contains("proctop: recorded ") && ran.stderr.contains(", lost 0"), "{ran:?}");
    let app = run(&mut Command::new(build.directory.path().join("app")));
    assert!(app.status.success(), "the build is a good one");

    let events = replayed(&build.file, &[]);
    assert_eq!(events.start().texts("command"), ["make", "-j2", "-k", "app", "broken"]);
    let calls = build.calls();
    assert_eq!(calls.len(), 4, "{calls:?}");
    for (pid, arguments) in &calls {
        let execs: Vec<_> = events.of("exec").filter(|row| row.small("pid") == *pid).collect();
        let [told, compiler] = execs[..] else { panic!("{execs:?}") };
        assert_eq!(told.text("filename"), "./cc-and-tell");
        assert_eq!(compiler.texts("argv"), [&["cc".to_owned()], &arguments[..]].concat());
        let exit = events.one("exit", compiler.id());
        let broken = arguments.iter().any(|argument| argument == "broken.c");
        assert_eq!(exit.small("exit_code"), u32::from(broken), "{arguments:?}");
        assert!(exit.number("lifetime_ns") > exit.number("image_ns") && exit.number("image_ns") > 0);
        // the driver has others do the work
        assert!(events.of_children("exec", compiler.id()).count() > 0, "{arguments:?}");
    }
    let root = events.one("exit", events.command());
    assert_eq!((root.text("comm"), root.small("exit_code")), ("make", 2));
    // nobody is left, and nobody else is in it
    let ids = |event| events.of(event).map(Row::id).collect::<HashSet<Id>>();
    assert_eq!(ids("fork"), ids("exit"));
    assert_eq!(events.of("fork").count(), ids("fork").len());
    assert!(events.of("fork").skip(1).all(|row| ids("fork").contains(&row.parent().unwrap())));
}

fn without_images(mut rows: Vec<Row>) -> Vec<Row> {
    for row in &mut rows {
        for field in ["filename", "argv", "cwd"] {
            row.remove(field);
        }
    }
    rows
}

#[test]
fn options_select_from_a_recording_what_they_say() {
    if !bpf_or_skip() {
        return;
    }
    let (build, _) = Build::record();
    let all = replayed(&build.file, &[]);
    let rows_of_processes = |events: &Events| -> Vec<Row> {
        let marks = ["start", "end", "lost"];
        events.rows().iter().filter(|row| marks.iter().all(|mark| !row.is(mark))).cloned().collect()
    };
    let everything = rows_of_processes(&all);
    let select = |options: &[&str], wanted: &dyn Fn(&Row) -> bool| {
        let told = rows_of_processes(&replayed(&build.file, options));
        let truth: Vec<Row> = everything.iter().filter(|row| wanted(row)).cloned().collect();
        // under -d no exec is printed, so that every exit carries the arguments
        let [told, truth] =
            [told, truth].map(|rows| if options.contains(&"-d") { without_images(rows) } else { rows });
        assert!(!truth.is_empty() && truth.len() < everything.len(), "{options:?} prove nothing");
        assert!(told == truth, "{options:?}: {} of {} rows\n{told:#?}", told.len(), truth.len());
    };

    select(&["-f", "event=exit exit!=0"], &|row| row.is("exit") && row.get("exit_code") != Some(&0.into()));
    select(&["-f", "event=exec", "-f", "argv:main.c"], &|row| {
        row.is("exec") && row.texts("argv").iter().any(|argument| argument.contains("main.c"))
    });
    let mut lifetimes: Vec<_> = all.of("exit").map(|row| row.number("lifetime_ns")).collect();
    lifetimes.sort_unstable();
    let median = lifetimes[lifetimes.len() / 2];
    let duration = format!("{median}ns");
    select(&["-d", &duration], &|row| row.is("exit") && row.number("lifetime_ns") >= median);

    // the compiler proper; a fork still bears its parent's name
    let is_cc1 = |row: &Row| row.text("comm").contains("cc1");
    let cc1: HashSet<Id> = all.of("exec").filter(|row| is_cc1(row)).map(Row::id).collect();
    assert_eq!(cc1.len(), 3);
    select(&["-c", "cc1"], &|row| cc1.contains(&row.id()) && !row.is("fork"));

    let (pid, _) = build.calls().into_iter().find(|(_, args)| args.contains(&"main.c".to_owned())).unwrap();
    let root = all.of("fork").find(|row| row.small("pid") == pid).expect("its fork").id();
    let mut subtree = HashSet::from([root]);
    for fork in all.of("fork").filter(|fork| fork.parent().is_some()) {
        if subtree.contains(&fork.parent().unwrap()) {
            subtree.insert(fork.id());
        }
    }
    assert!(subtree.len() >= 2);
    select(&["-f", &format!("under={pid}")], &|row| subtree.contains(&row.id()));

    let uid = geteuid().as_raw().to_string();
    assert_eq!(rows_of_processes(&replayed(&build.file, &["-u", &uid])), everything);
    assert!(rows_of_processes(&replayed(&build.file, &["-u", "54321"])).is_empty());
}

/// A recording of the whole machine while a storm of 3000 went by; the storm's pid, and its list of "pid code".
fn recorded_storm() -> (TempDir, PathBuf, u32, Vec<[u32; 2]>) {
    let directory = tempfile::tempdir().unwrap();
    let [file, list, err] = ["file", "list", "err"].map(|name| directory.path().join(name));
    let mut record = proctop_with(["record", "-o"]);
    record.arg(&file).stdin(Stdio::null()).stderr(fs::File::create(&err).unwrap());
    let mut record = Killed(record.spawn().unwrap());
    // the snapshot is written within a second
    let armed = || replay(&file, &[]).stdout_text().contains("\"snapshot\"");
    wait_until("the first block", || file.exists() && armed());
    let storm = run(Command::new(program("storm")).args(["3000", "--codes", "--list"]).arg(&list));
    signal(&record.0, Signal::SIGINT);
    assert_eq!(wait(&mut record.0).code(), Some(0));
    let said = fs::read_to_string(err).unwrap();
    assert!(said.starts_with("proctop: recorded ") && said.lines().count() == 1, "{said}");
    (directory, file, storm.pid, numbers(&list))
}

#[test]
fn the_totals_of_a_recording_are_those_of_its_account() {
    if !bpf_or_skip() {
        return;
    }
    let (_directory, file, pid, truth) = recorded_storm();
    let events = replayed(&file, &[]);
    events.assert_nothing_lost();
    for kind in ["fork", "exec", "exit"] {
        let told = events.of(kind).filter(|row| !row.is_inferred()).count() as u64;
        assert_eq!(told, events.account("delivered", kind), "{kind}");
    }
    let storm = events.child_of_test(pid);
    let told = events.of_children("exit", storm).map(|row| [row.small("pid"), row.small("exit_code")]);
    assert!(told.eq(truth), "the list of wait4");
}

#[test]
fn of_a_recording_that_was_cut_off_all_whole_blocks_are_read() {
    if !bpf_or_skip() {
        return;
    }
    let (directory, file, ..) = recorded_storm();
    let whole = replayed(&file, &[]);
    let bytes = fs::read(&file).unwrap();
    let cut = directory.path().join("cut");
    let mut lengths = HashSet::new();
    for part in [bytes.len() / 2, bytes.len() * 3 / 4, bytes.len() - 1] {
        fs::write(&cut, &bytes[..part]).unwrap();
        let ran = replay(&cut, &[]);
        let line = ran.one_line(0);
        assert!(line.contains("cut off"), "{line}");
        let rows: Vec<_> = ran.stdout_text().lines().map(Row::parse).collect();
        assert!(rows.len() > 1 && rows.len() < whole.rows().len(), "{} rows", rows.len());
        assert!(rows == whole.rows()[..rows.len()], "not the beginning of the whole");
        lengths.insert(rows.len());
    }
    assert!(lengths.len() > 1, "more bytes, more blocks: {lengths:?}");
}

#[test]
fn what_is_no_recording_is_told_in_one_line() {
    if !bpf_or_skip() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    let recorded = path("recorded");
    assert!(run(proctop_with(["record", "-o"]).arg(&recorded).args(["--", "true"])).status.success());
    let good = fs::read(&recorded).unwrap();
    // byte 8 is the format's version
    let newer = [&good[..8], &[good[8] + 1], &good[9..]].concat();
    for (name, bytes, part) in [
        ("foreign", &b"root:x:0:0:root:/root:/bin/sh\n"[..], "is not a proctop recording"),
        ("empty", b"", "is empty"),
        ("newer", &newer, "a newer proctop"),
        ("head", &good[..30], "cut off before its first event"),
    ] {
        fs::write(path(name), bytes).unwrap();
        let ran = replay(&path(name), &[]);
        let line = ran.one_line(2);
        assert!(line.contains(part) && line.contains(name), "{line}");
        assert!(ran.stdout.is_empty());
    }
    for (place, part) in [(directory.path().to_owned(), "is a directory"), (path("none"), "No such file")] {
        assert!(replay(&place, &[]).one_line(2).contains(part), "{part}");
    }
    let ran = replay(&recorded, &["-p", "4194305"]);
    assert!(ran.one_line(2).contains("has no process 4194305"), "{ran:?}");
}

#[test]
fn a_recording_that_may_not_be_read_is_told_and_one_that_may_needs_no_rights() {
    if !root_or_skip() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    assert_eq!(run(proctop_with(["record", "-o"]).arg(&file).args(["--", "false"])).code(), Some(1));
    let without_rights = || {
        let mut log = Command::new("setpriv");
        log.arg("--bounding-set=-all").arg(proctop()).args(["log", "--format", "json", "--from"]);
        run(log.arg(&file))
    };
    let ran = without_rights();
    assert_eq!((ran.code(), ran.stderr.as_str()), (Some(0), ""));
    assert_eq!(Events::parse(ran.stdout_text()).of("exit").count(), 1);
    std::os::unix::fs::chown(&file, Some(54_321), Some(54_322)).unwrap();
    let line = without_rights();
    assert!(line.one_line(2).contains("Permission denied"), "{line:?}");
}
