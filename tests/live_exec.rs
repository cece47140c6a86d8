//! What processes execute, in usual and unusual ways.

mod support;

use std::path::Path;
use std::process::ExitStatus;

use support::bpf_or_skip;
use support::events::Row;
use support::live::{log_command, sh};
use support::machine::write_script;
use support::programs::{named_numbers, program};

/// What of the arguments is handed over at most, in bytes.
const CAP: u64 = 64 << 10;

fn path_of(name: &str) -> String {
    program(name).into_os_string().into_string().expect("a readable path")
}

/// How many bytes the arguments of a row take in memory, each with its NUL; the last may be cut.
fn bytes(row: &Row) -> u64 {
    row.texts("argv").iter().map(|argument| argument.len() as u64 + 1).sum()
}

#[test]
fn one_process_may_execute_many_programs() {
    if !bpf_or_skip() {
        return;
    }
    let (ran, events) = log_command(&[], sh(r#"exec env A=1 sh -c 'exec sleep 0.05'"#));
    assert_eq!(ran.code(), Some(0));
    let id = events.command();
    let execs: Vec<_> = events.of_process("exec", id).collect();
    let argv: Vec<_> = execs.iter().map(|row| row.texts("argv")).collect();
    assert_eq!(
        argv,
        [
            vec!["sh", "-c", "exec env A=1 sh -c 'exec sleep 0.05'"],
            vec!["env", "A=1", "sh", "-c", "exec sleep 0.05"],
            vec!["sh", "-c", "exec sleep 0.05"],
            vec!["sleep", "0.05"],
        ]
    );
    assert_eq!(execs.iter().map(|row| row.text("comm")).collect::<Vec<_>>(), ["sh", "env", "sh", "sleep"]);
    let exit = events.one("exit", id);
    assert_eq!(exit.number("images"), 4);
    assert!(exit.number("image_ns") >= 50_000_000 && exit.number("image_ns") < exit.number("lifetime_ns"));
    assert_eq!((events.of("fork").count(), events.of("exit").count()), (1, 1), "all in one process");
}

#[test]
fn a_script_is_told_by_its_name_and_by_what_its_interpreter_got() {
    if !bpf_or_skip() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let script = directory.path().join("a script");
    write_script(&script, "#!/bin/sh -e\nexit 5\n");
    let script = script.to_str().unwrap();
    let (ran, events) = log_command(&[], [script, "--flag", "", "two words"]);
    assert_eq!(ran.code(), Some(5));
    let exec = events.one("exec", events.command());
    assert_eq!(exec.text("filename"), script);
    assert_eq!(exec.texts("argv"), ["/bin/sh", "-e", script, "--flag", "", "two words"]);
    assert_eq!(exec.text("comm"), "a script");
    let exit = events.one("exit", events.command());
    assert_eq!(exit.texts("argv"), exec.texts("argv"), "the row of a failure repeats them");
}

#[test]
fn an_exec_by_a_thread_is_no_exit() {
    if !bpf_or_skip() {
        return;
    }
    let (ran, events) = log_command(&[], [&path_of("execs"), "thread", "/bin/sh", "renamed", "-c", "exit 6"]);
    assert_eq!(ran.code(), Some(6), "{ran:?}");
    let truth = named_numbers(ran.stdout_text());
    let id = events.command();
    assert_eq!(u64::from(id.0), truth["pid"]);
    assert_ne!(truth["pid"], truth["thread"]);

    let execs: Vec<_> = events.of_process("exec", id).collect();
    let [first, second] = execs[..] else { panic!("{execs:?}") };
    assert_eq!((first.text("comm"), first.get("by_thread")), ("execs", None));
    assert_eq!(second.texts("argv"), ["renamed", "-c", "exit 6"]);
    assert_eq!(second.number("by_thread"), truth["thread"]);
    events.one("exit", id).assert_ended(std::os::unix::process::ExitStatusExt::from_raw(6 << 8));
    let told = |event| events.of(event).count();
    assert_eq!(
        (told("fork"), told("exit")),
        (1, 1),
        "neither the old leader nor the thread ended as a process"
    );
    events.assert_nothing_lost();
}

#[test]
fn an_exec_by_an_open_file_is_told() {
    if !bpf_or_skip() {
        return;
    }
    let shell = Path::new("/bin/sh").canonicalize().unwrap();
    let (directory, name) =
        (shell.parent().unwrap().to_str().unwrap(), shell.file_name().unwrap().to_str().unwrap());
    let by_file = vec!["fd", shell.to_str().unwrap(), "zero", "-c", "exit 7", "one"];
    let by_directory = vec!["at", directory, name, "zero", "-c", "exit 7", "one"];
    for (arguments, filename_end) in [(by_file, String::new()), (by_directory, format!("/{name}"))] {
        let execs = path_of("execs");
        let (ran, events) = log_command(&[], [execs.as_str()].into_iter().chain(arguments));
        assert_eq!(ran.code(), Some(7), "{ran:?}");
        let exec = events.of_process("exec", events.command()).nth(1).expect("the second exec");
        assert_eq!(exec.texts("argv"), ["zero", "-c", "exit 7", "one"]);
        // the kernel's own word for a path that was never spelled out
        let filename = exec.text("filename");
        assert!(filename.starts_with("/dev/fd/") && filename.ends_with(&filename_end), "{filename}");
        assert_eq!(events.one("exit", events.command()).number("exit_code"), 7);
    }
}

#[test]
fn an_exec_without_arguments_is_told() {
    if !bpf_or_skip() {
        return;
    }
    let (ran, events) = log_command(&[], [&path_of("bigargs"), "empty"]);
    assert_eq!(ran.code(), Some(0), "{ran:?}");
    let exec = events.of_process("exec", events.command()).nth(1).expect("the second exec");
    assert_eq!(exec.text("filename"), "/bin/true");
    // from Linux 5.18 on the kernel makes up an empty one
    let argv = exec.texts("argv");
    assert!(argv.is_empty() || argv == [""], "{exec:?}");
    assert_eq!((exec.get("argv_unreadable"), exec.get("argv_truncated_bytes")), (None, None));
}

#[test]
fn what_is_cut_from_huge_arguments_is_counted_to_the_byte() {
    if !bpf_or_skip() {
        return;
    }
    for (mode, size) in [("single", 102_405), ("many", 122_885)] {
        let (ran, events) = log_command(&[], [&path_of("bigargs"), mode]);
        assert_eq!(ran.code(), Some(0), "{ran:?}");
        let exec = events.of_process("exec", events.command()).nth(1).expect("the second exec");
        assert_eq!(exec.number("argv_truncated_bytes"), size - CAP, "{mode}");
        // a last argument that is cut has no NUL, though `bytes` counts one
        let kept = bytes(exec);
        assert!(kept == CAP || kept == CAP + 1, "{mode}: {kept}");
        let argv = exec.texts("argv");
        assert_eq!(argv[0], "true");
        if mode == "single" {
            let expected: String = ('0'..='9').cycle().take(65_536 - 5).collect();
            assert!(argv[1..] == [expected.as_str()], "{} arguments", argv.len());
        } else {
            let whole = (1..).map(|i| format!("argument {i:06} of many, padded"));
            assert!(argv[1..argv.len() - 1].iter().zip(whole).all(|(told, truth)| *told == truth));
            assert_eq!(argv.len(), 1 + 65_531_usize.div_ceil(32));
        }
    }
}

#[test]
fn arguments_at_the_cap_are_whole() {
    if !bpf_or_skip() {
        return;
    }
    // "/bin/true", NUL, the argument, NUL
    let fits = "x".repeat(CAP as usize - 11);
    let (_, events) = log_command(&[], ["/bin/true", &fits]);
    let exec = events.one("exec", events.command());
    assert!(exec.texts("argv") == ["/bin/true", &fits], "the argument is not whole");
    assert_eq!(exec.get("argv_truncated_bytes"), None);

    let (_, events) = log_command(&[], ["/bin/true", &format!("{fits}y")]);
    let exec = events.one("exec", events.command());
    assert!(exec.texts("argv") == ["/bin/true", &format!("{fits}y")], "only the NUL is cut");
    assert_eq!(exec.number("argv_truncated_bytes"), 1);
}

#[test]
fn a_vfork_with_exec_is_one_process() {
    if !bpf_or_skip() {
        return;
    }
    // glibc's posix_spawn is vfork and exec
    let storm = path_of("storm");
    let (ran, events) = log_command(&[], [storm.as_str(), "1", "--mode", "spawn", "--program", "/bin/false"]);
    assert_eq!(ran.code(), Some(0), "{ran:?}");
    let parent = events.command();
    let children: Vec<_> = events.of_children("fork", parent).collect();
    let [fork] = children[..] else { panic!("{children:?}") };
    assert_eq!(events.one("exec", fork.id()).texts("argv"), ["/bin/false"]);
    let exit = events.one("exit", fork.id());
    exit.assert_ended(<ExitStatus as std::os::unix::process::ExitStatusExt>::from_raw(1 << 8));
    assert_eq!(exit.parent(), Some(parent));
}
