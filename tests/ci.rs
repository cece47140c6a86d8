//! `.ci/run` on make-believe machines, with a make that only tells how it was called.

mod support;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::sys::signal::Signal;
use support::machine::{Machine, Ran, find, write_script};
use support::process::{is_alive, signal, wait_for_file};

/// A project without a repository, and this make. `timeout` sets no limit.
fn project(make: &str) -> Machine {
    let machine = Machine::new();
    for tool in ["bash", "git", "setsid", "sleep"] {
        symlink(find(tool), machine.path("bin").join(tool)).unwrap();
    }
    machine.without("make").command("make", make).command("timeout", r#"shift 2; exec "$@""#);
    fs::create_dir_all(machine.path("work/.ci")).unwrap();
    fs::create_dir(machine.path("work/scripts")).unwrap();
    machine.command_at("work/scripts/setup.sh", "");
    let script = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/run")).unwrap();
    write_script(&machine.path("work/.ci/run"), &script);
    machine
}

fn run(machine: &Machine) -> Ran {
    Machine::run(&mut machine.prepare(".ci/run"))
}

/// Makes it a repository in which `committed` holds "committed".
fn commit(machine: &Machine) {
    fs::write(machine.path("work/committed"), "committed\n").unwrap();
    for arguments in [
        &["init", "--quiet"][..],
        &["add", "committed", ".ci"],
        &[
            "-c",
            "user.name=t",
            "-c",
            "user.email=t@example.invalid",
            "commit",
            "--quiet",
            "--message",
            "first",
        ],
    ] {
        let ran = Machine::run(machine.prepare("git").args(arguments));
        assert_eq!(ran.code, Some(0), "{arguments:?}: {}", ran.stderr);
    }
}

#[test]
fn it_runs_make_test_on_what_is_committed_and_requires_bpf() {
    let machine = project(
        r#"echo "$PWD: CI=$CI BPF=$PROCTOP_REQUIRE_BPF target=${CARGO_TARGET_DIR##*/work/}"; cat committed; exit 7"#,
    );
    commit(&machine);
    fs::write(machine.path("work/committed"), "not committed\n").unwrap();
    for _ in 0..2 {
        let ran = run(&machine);
        assert_eq!(ran.code, Some(7), "make's own failure: {}", ran.stderr);
        assert!(ran.stderr.contains("NOT part of this run"), "{}", ran.stderr);
        let mut lines = ran.stdout.lines();
        let first = lines.next().unwrap_or_default();
        assert!(first.ends_with("work/target/ci/clone: CI=true BPF=1 target=target/ci/target"), "{first}");
        assert_eq!(lines.next(), Some("committed"));
    }
    assert_eq!(machine.calls("make"), ["make test", "make test"]);
    assert_eq!(machine.calls("timeout")[..1], ["timeout --kill-after=60 80m make test"]);
}

#[test]
fn without_a_repository_it_runs_in_place_and_says_so() {
    let machine = project("pwd");
    let ran = run(machine.without("git"));
    assert_eq!((ran.code, ran.stderr.lines().count()), (Some(0), 1), "{}", ran.stderr);
    assert!(ran.stderr.contains("there is no .git here"), "{}", ran.stderr);
    assert!(ran.stdout.ends_with("/work\n"), "{}", ran.stdout);
    assert!(machine.calls("setup.sh").is_empty());
}

#[test]
fn a_git_that_can_t_be_used_is_a_failure_and_nothing_is_tested() {
    let dubious = "echo \"fatal: detected dubious ownership in repository at '/x'\nand more\" >&2; exit 128";
    for (git, words) in [
        (None, "git is missing"),
        (Some(dubious), "git config --global --add safe.directory"),
        (Some("echo 'fatal: bad config\nand more' >&2; exit 128"), "only that is tested: fatal: bad config"),
    ] {
        let machine = project("");
        commit(&machine);
        machine.without("git");
        if let Some(git) = git {
            machine.command("git", git);
        }
        let ran = run(&machine);
        assert_eq!((ran.code, ran.stderr.lines().count()), (Some(1), 1), "{}", ran.stderr);
        assert!(ran.stderr.starts_with("ci: ") && ran.stderr.contains(words), "{}", ran.stderr);
        assert!(machine.calls("make").is_empty());
        // which may bring it
        assert_eq!(machine.calls("setup.sh").len(), usize::from(git.is_none()));
    }
}

#[test]
fn the_end_of_the_time_is_told() {
    let machine = project("");
    machine.command("timeout", "exit 124");
    let ran = run(&machine);
    assert_eq!(ran.code, Some(124));
    assert!(
        ran.stderr.ends_with("ci: make test took more than 80 minutes and was ended\n"),
        "{}",
        ran.stderr
    );
}

#[test]
fn tests_can_be_interrupted_as_everywhere() {
    let ran = run(&project("kill -INT $$; echo survived"));
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(130), ""));
}

/// Leaves processes behind: in its session without their environment, and in a session of their own.
const LEAVE: &str = r#"
env -i "$(command -v sleep)" 1000 & a=$!
setsid sleep 1000 & b=$!
echo $a $b >"$ROOT/left.new"
"#;

/// What make left, once it is there.
fn left(machine: &Machine) -> Vec<u32> {
    let text = wait_for_file(&machine.path("left"));
    text.split_whitespace().map(|pid| pid.parse().unwrap()).collect()
}

#[test]
fn nothing_that_tests_left_running_outlives_it() {
    let machine = project(&format!(r#"{LEAVE} cat "$ROOT/left.new" >"$ROOT/left"; exit 5"#));
    // this ends only when nobody holds its output open
    assert_eq!(run(&machine).code, Some(5));
    let left = left(&machine);
    assert!(left.len() == 2 && !left.iter().any(|&pid| is_alive(pid)), "{left:?}");
}

#[test]
fn nothing_outlives_its_abort_and_nobody_else_is_ended() {
    for (sent, code) in [(Signal::SIGTERM, 143), (Signal::SIGINT, 130), (Signal::SIGHUP, 129)] {
        let machine = project(&format!(r#"{LEAVE} cat "$ROOT/left.new" >"$ROOT/left"; exec sleep 1000"#));
        let mut bystander = Command::new("sleep").arg("1000").spawn().unwrap();
        let mut command = machine.prepare(".ci/run");
        let ci = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let left = left(&machine);
        assert!(left.iter().all(|&pid| is_alive(pid)), "{left:?}");
        signal(ci.id(), sent);
        let output = ci.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(code));
        assert!(!left.iter().any(|&pid| is_alive(pid)), "{left:?}");
        assert!(is_alive(bystander.id()));
        bystander.kill().unwrap();
        bystander.wait().unwrap();
    }
}
