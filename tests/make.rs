//! The Makefile and the scripts behind it, with a cargo, a sudo and a proctop that only tell how they were
//! called.

mod support;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::Duration;

use support::machine::{Machine, Ran, find};
use support::pty::Pty;

/// Builds a proctop that tells its arguments, what make handed down to it, and whether it has a terminal.
const CARGO: &str = r#"
[ "$1" = build ] || exit 0
mkdir -p "$CARGO_TARGET_DIR/release"
cat >"$CARGO_TARGET_DIR/release/proctop" <<'END'
#!/bin/sh
echo "proctop $*" >>"$ROOT/log"
echo "proctop was called with ($*) and make's ($MAKEFLAGS$MAKELEVEL)"
exit ${PROCTOP_CODE:-0}
END
chmod +x "$CARGO_TARGET_DIR/release/proctop"
"#;

/// A copy of what the Makefile needs; nobody is root unless a test says so.
fn project() -> Machine {
    let machine = Machine::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR"));
    for name in ["Makefile", "LICENSE-MIT", "LICENSE-APACHE", "src", "scripts"] {
        symlink(source.join(name), machine.path("work").join(name)).unwrap();
    }
    // the set-up has tests of its own
    fs::remove_file(machine.path("work/scripts")).unwrap();
    fs::create_dir(machine.path("work/scripts")).unwrap();
    for name in ["run.sh", "as-root.sh", "fuzz.sh", "bench.sh", "bench-peers.sh"] {
        symlink(source.join("scripts").join(name), machine.path("work/scripts").join(name)).unwrap();
    }
    machine.command_at("work/scripts/setup.sh", "");
    // so have the emulated machines
    fs::create_dir(machine.path("work/scripts/kernels")).unwrap();
    for name in ["in-tests.sh", "run.sh"] {
        machine.command_at(&format!("work/scripts/kernels/{name}"), "");
    }
    machine
        .command("cargo", CARGO)
        .command("id", "echo 1000")
        .command("sudo", r#"[ "$1" != -n ] || shift; "$@""#);
    // ten seconds are over at once
    machine.command("timeout", r#"shift 4; "$@" || exit; exit 124"#);
    machine
}

fn make(machine: &Machine, arguments: &[&str]) -> Ran {
    Machine::run(machine.prepare("make").args(arguments))
}

fn make_with(machine: &Machine, variable: &str, arguments: &[&str]) -> Ran {
    Machine::run(machine.prepare("env").arg(variable).arg("make").args(arguments))
}

#[test]
fn plain_make_sets_up_and_builds_as_the_user() {
    let machine = project();
    let ran = make(&machine, &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(machine.calls("setup.sh"), ["setup.sh "]);
    assert_eq!(machine.calls("cargo"), ["cargo build --release --locked"]);
    assert!(machine.calls("sudo").is_empty());
    assert!(machine.path("work/target/release/proctop").exists());
}

#[test]
fn a_failed_set_up_ends_make_before_cargo() {
    for target in ["build", "run", "test", "test-kernels", "bench"] {
        let machine = project();
        machine.command_at("work/scripts/setup.sh", "exit 1");
        assert_eq!(make(&machine, &[target]).code, Some(2));
        assert!(machine.calls("cargo").is_empty());
    }
}

#[test]
fn run_without_a_terminal_prints_ten_seconds_of_log_and_ends_well() {
    let machine = project();
    let ran = make(&machine, &["run"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(machine.calls("sudo").len(), 1, "proctop runs by sudo, cargo does not");
    assert_eq!(
        machine.calls("timeout"),
        ["timeout --foreground --signal=INT --kill-after=5 10 target/release/proctop log"]
    );
    assert!(ran.stdout.ends_with("proctop was called with (log) and make's ()\n"), "{}", ran.stdout);

    let machine = project();
    machine.command("id", "echo 0");
    assert_eq!(make(&machine, &["run", "ARGS=-d 10ms -- sh -c 'exit 0'"]).code, Some(0));
    assert!(machine.calls("sudo").is_empty(), "root needs none");
    assert_eq!(machine.calls("proctop"), ["proctop log -d 10ms -- sh -c exit 0"]);
}

#[test]
fn run_fails_when_proctop_does() {
    let ran = make_with(&project(), "PROCTOP_CODE=1", &["run"]);
    assert_eq!(ran.code, Some(2), "make's own code for a recipe that failed");
    assert!(ran.stderr.contains("Error 1"), "{}", ran.stderr);
}

#[test]
fn run_passes_a_subcommand_as_it_is() {
    let machine = project();
    assert_eq!(make(&machine, &["run", "ARGS=doctor --verbose"]).code, Some(0));
    assert_eq!(machine.calls("proctop"), ["proctop doctor --verbose"]);
    assert!(machine.calls("timeout").is_empty());
}

#[test]
fn run_in_a_terminal_shows_the_screen() {
    for (arguments, call) in [("ARGS=", "proctop "), ("ARGS=-- make -j2", "proctop -- make -j2")] {
        let machine = project();
        let mut command = machine.prepare("make");
        let mut pty = Pty::start(command.args(["run", arguments]), 200, 24);
        assert!(pty.wait_exit(Duration::from_secs(20)).success(), "{}", pty.screen_text());
        assert_eq!(machine.calls("proctop"), [call]);
        assert_eq!(machine.calls("sudo").len(), 1);
        assert!(
            pty.screen_text().contains("and make's ()"),
            "a make beneath proctop is not ours: {}",
            pty.screen_text()
        );
    }
}

#[test]
fn test_checks_format_and_lints_and_hands_cargo_the_runner() {
    let machine = project();
    let ran = make(&machine, &["test"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(machine.calls("setup.sh"), ["setup.sh --tests"]);
    let runner = fs::canonicalize(machine.path("work")).unwrap().join("scripts/as-root.sh");
    assert_eq!(
        machine.calls("cargo"),
        [
            "cargo fmt --all --check".to_owned(),
            "cargo clippy --locked --all-targets -- -D warnings".to_owned(),
            "cargo clippy --locked --package proctop-fuzz --no-default-features -- -D warnings".to_owned(),
            "cargo clippy --locked --package proctop-bench --all-targets -- -D warnings".to_owned(),
            format!(
                "cargo test --locked --no-fail-fast --config target.\"cfg(unix)\".runner=[\"{}\"]",
                runner.display()
            ),
            "cargo test --locked --package proctop-bench --lib".to_owned(),
        ]
    );
    assert_eq!(machine.calls("in-tests.sh"), ["in-tests.sh 6.1"], "and another kernel");
    machine.command("cargo", "[ \"$1\" != test ] || echo \"of ${PROCTOP_HOSTILE_INPUTS:-few} inputs\"");
    assert!(make(&machine, &["test"]).stdout.contains("of 100000 inputs"));
    for step in ["fmt", "clippy", "test"] {
        machine.command("cargo", &format!("[ $1 != {step} ]"));
        assert_eq!(make(&machine, &["test"]).code, Some(2), "{step} fails");
    }
    machine.command("cargo", "").command_at("work/scripts/kernels/in-tests.sh", "exit 1");
    assert_eq!(make(&machine, &["test"]).code, Some(2), "the other kernel fails");
}

#[test]
fn test_kernels_sets_up_for_that_and_runs_those_that_are_named() {
    for (arguments, call) in
        [(&["test-kernels"][..], "run.sh "), (&["test-kernels", "KERNELS=6.1 7.0+"], "run.sh 6.1 7.0+")]
    {
        let machine = project();
        let ran = make(&machine, arguments);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert_eq!(machine.calls("setup.sh"), ["setup.sh --kernels"]);
        assert_eq!(machine.calls("run.sh"), [call]);
        assert!(machine.calls("sudo").is_empty(), "an emulated machine needs no rights in this one");
        machine.command_at("work/scripts/kernels/run.sh", "exit 1");
        assert_eq!(make(&machine, arguments).code, Some(2));
    }
}

/// A cargo whose `fuzz` has to be installed, and in which the target "events" fails.
const CARGO_FUZZ: &str = r#"
case "$*" in
    'fuzz --version') [ -e "$ROOT/cargo-fuzz" ] ;;
    install*) touch "$ROOT/cargo-fuzz" ;;
    *run\ events*) exit 77 ;;
esac
"#;

#[test]
fn fuzz_installs_what_it_needs_and_runs_every_target_whatever_becomes_of_another() {
    let machine = project();
    machine.command("cargo", CARGO_FUZZ).command("c++", "");
    symlink(find("touch"), machine.path("bin/touch")).unwrap();
    let ran = make_with(&machine, "FUZZ_SECONDS=5", &["fuzz"]);
    assert_eq!(ran.code, Some(2), "a target failed: {}", ran.stderr);
    assert!(ran.stderr.contains("fuzz: failed: events\n"), "{}", ran.stderr);
    assert_eq!(machine.calls("cargo install").len(), 1);
    let runs = machine.calls("cargo fuzz run");
    let targets: Vec<_> = runs.iter().filter_map(|run| run.split(' ').nth(3)).collect();
    assert_eq!(targets, ["decoder", "recording", "events", "filter"]);
    assert!(runs.iter().all(|run| run.contains(" -max_total_time=5 ")), "{runs:?}");
    // what is found does not get among the seeds
    assert!(runs.iter().all(|run| run.contains("work/target/fuzz/corpus/")), "{runs:?}");

    let ran = make(&machine, &["fuzz", "ARGS=filter"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!((machine.calls("cargo install").len(), machine.calls("cargo fuzz run").len()), (1, 5));
    assert!(machine.calls("cargo fuzz run")[4].contains("run filter ") && ran.stderr.contains("600 seconds"));

    let ran = make(machine.without("c++"), &["fuzz"]);
    assert!(ran.code == Some(2) && ran.stderr.contains("Install g++ or clang"), "{}", ran.stderr);
    assert_eq!(make(&machine, &["fuzz", "ARGS=none"]).code, Some(2));
}

#[test]
fn soak_runs_so_many_processes_as_are_asked_for_in_a_release_build() {
    let machine = project();
    machine.command("cargo", r#"echo "$SOAK_PROCESSES by cargo $*""#);
    for (arguments, count) in [(&["soak"][..], "1000000"), (&["soak", "SOAK_PROCESSES=7"], "7")] {
        let ran = make(&machine, arguments);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let line = ran.stdout.lines().last().unwrap_or_default();
        assert!(line.starts_with(&format!("{count} by cargo test --release --locked ")), "{}", ran.stdout);
        assert!(line.ends_with("as-root.sh\"] --test pty_soak -- --ignored --nocapture"), "{line}");
    }
    assert_eq!(machine.calls("setup.sh"), ["setup.sh --tests"; 2]);
}

/// A cargo that builds a bench which tells how it was called.
const CARGO_BENCH: &str = r#"
[ "$1" = build ] || { mkdir -p "$CARGO_TARGET_DIR/criterion"; exit 0; }
mkdir -p "$CARGO_TARGET_DIR/release" "$CARGO_TARGET_DIR/criterion/old"
cat >"$CARGO_TARGET_DIR/release/proctop-bench" <<'END'
#!/bin/sh
[ "${1-}" != --alone ] || exit "${BENCH_COMPANY:-0}"
echo "${BENCH_ROUNDS:-all} rounds of ${BENCH_ONLY:-all}, criterion left: $(ls target 2>&1 | grep -c criterion)"
END
chmod +x "$CARGO_TARGET_DIR/release/proctop-bench"
"#;

#[test]
fn bench_builds_all_and_then_measures_as_root_what_this_run_has_left() {
    for (variables, benches, said) in [
        ("BENCH_ROUNDS=", 1, "all rounds of all, criterion left: 1\n"),
        ("BENCH_ONLY=models start", 1, "all rounds of models start, criterion left: 1\n"),
        ("BENCH_ONLY=start", 0, "all rounds of start, criterion left: 0\n"),
    ] {
        let machine = project();
        machine.command("cargo", CARGO_BENCH);
        for tool in ["rm", "ls", "grep", "dirname"] {
            let place = machine.path("bin").join(tool);
            if !place.exists() {
                symlink(find(tool), place).unwrap();
            }
        }
        let ran = make_with(&machine, variables, &["bench"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), said), "{}", ran.stderr);
        assert_eq!(machine.calls("setup.sh"), ["setup.sh --tests"]);
        let build = "cargo build --release --locked --package proctop-ebpf --package proctop-bench";
        assert_eq!(machine.calls("cargo build"), [build]);
        assert_eq!(machine.calls("cargo bench").len(), benches);
        assert_eq!(machine.calls("cargo test").len(), usize::from(variables == "BENCH_ROUNDS="));
        assert_eq!(machine.calls("sudo env").len(), 1, "only what measures runs by sudo");
    }
}

#[test]
fn bench_measures_nothing_beside_another_tracer() {
    let machine = project();
    machine.command("cargo", CARGO_BENCH);
    for tool in ["rm", "dirname"] {
        let place = machine.path("bin").join(tool);
        if !place.exists() {
            symlink(find(tool), place).unwrap();
        }
    }
    let ran = make_with(&machine, "BENCH_COMPANY=1", &["bench"]);
    assert_ne!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(machine.calls("cargo bench").len() + machine.calls("cargo test").len(), 0);
}

/// A machine with apt, whose sources have all but `unpackaged`, and on which these are missing.
fn machine_of_peers(unpackaged: &str) -> Machine {
    let machine = project();
    machine.command("apt-get", "").command("apt-cache", &format!("[ \"$2\" != {unpackaged} ]"));
    machine.command("forkstat", "").command("strace", "").command("perf", "");
    machine
}

#[test]
fn bench_peers_installs_what_is_missing_and_lists_what_cannot_be_had() {
    let machine = machine_of_peers("extrace");
    let ran = make(&machine, &["bench-peers"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let installed: Vec<_> = machine
        .calls("apt-get install")
        .iter()
        .filter_map(|call| call.rsplit(' ').next().map(str::to_owned))
        .collect();
    assert_eq!(installed, ["libbpf-tools", "bpfcc-tools", "bpftrace"], "each once, {}", ran.stderr);
    assert!(
        ran.stderr.contains("not to be had from the package sources of this machine: extrace"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("installing bpftrace, for bpftrace: a one-liner"), "{}", ran.stderr);
    machine.command("apt-get", "[ \"$1\" != install ]");
    let ran = make(&machine, &["bench-peers"]);
    assert_eq!(ran.code, Some(0), "one that is refused is no failure: {}", ran.stderr);
    assert!(ran.stderr.contains("bpfcc-tools can't be installed"), "{}", ran.stderr);
}

#[test]
fn sudo_make_in_a_users_tree_is_refused() {
    let machine = project();
    machine.command("id", "echo 0").command("stat", "echo 1000");
    for target in ["build", "run", "test", "test-kernels", "bench", "fuzz", "clean"] {
        let ran = make_with(&machine, "SUDO_UID=1000", &[target]);
        assert_eq!(ran.code, Some(2), "{target}");
        assert!(ran.stderr.starts_with("make: run this without sudo"), "{}", ran.stderr);
    }
    let ran = make_with(&machine, "SUDO_UID=1000", &["install"]);
    assert!(ran.code == Some(2) && ran.stderr.contains("run `make` without sudo first"), "{}", ran.stderr);
    assert!(machine.calls("cargo").is_empty());

    assert_eq!(make(&machine, &[]).code, Some(0), "root who never was anybody else");
    machine.command("stat", "echo 0");
    assert_eq!(make_with(&machine, "SUDO_UID=1000", &[]).code, Some(0), "root's own tree");
}

#[test]
fn install_and_uninstall_keep_to_their_prefix() {
    let machine = project();
    let destination = format!("DESTDIR={}", machine.path("image").display());
    let ran = make(&machine, &["install", "PREFIX=/usr", &destination]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let binary = machine.path("image/usr/bin/proctop");
    assert_eq!(fs::metadata(&binary).unwrap().permissions().mode() & 0o777, 0o755);
    let licences = machine.path("image/usr/share/licenses/proctop");
    let mut names: Vec<_> =
        licences.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, ["LICENSE-APACHE", "LICENSE-MIT", "LICENSE-kernel-side"]);

    // by sudo: what is built is installed, and nothing is built as root
    machine.command("id", "echo 0").command("stat", "echo 1000");
    fs::remove_file(&binary).unwrap();
    let built = machine.calls("cargo").len();
    let ran = make_with(&machine, "SUDO_UID=1000", &["install", "PREFIX=/usr", &destination]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(binary.exists() && machine.calls("cargo").len() == built);

    for _ in 0..2 {
        let ran = make(&machine, &["uninstall", "PREFIX=/usr", &destination]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert!(!binary.exists() && !licences.exists());
    }
}

#[test]
fn help_names_every_target_that_users_call() {
    let ran = make(&project(), &["help"]);
    let names: Vec<&str> = ran.stdout.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(
        names,
        [
            "build",
            "run",
            "test",
            "test-kernels",
            "soak",
            "bench",
            "bench-peers",
            "fuzz",
            "screenshots",
            "recordings",
            "install",
            "uninstall",
            "clean",
            "help"
        ]
    );
}

/// Runs the test runner on a "test executable" of this name.
fn run_test(machine: &Machine, name: &str, variables: &[&str]) -> Ran {
    machine.command(
        name,
        r#"echo "${PROCTOP_REQUIRE_BPF:-none} ${RUST_BACKTRACE:-none} ${SOAK_PROCESSES:-none} ${SUDO_UID:-none} ${OTHER:-none}""#,
    );
    let mut command = machine.prepare("env");
    command
        .args(variables)
        .arg("scripts/as-root.sh")
        .arg(machine.path("bin").join(name))
        .args(["--quiet", "a b"]);
    Machine::run(&mut command)
}

#[test]
fn only_tests_that_need_the_kernel_run_as_root() {
    let machine = project();
    // cleans the environment as sudo does
    machine.command(
        "sudo",
        r#"[ "$1" != -n ] || exit 0; exec env -i "ROOT=$ROOT" "PATH=$PATH" SUDO_UID=1000 "$@""#,
    );
    for (name, by_sudo) in [
        ("live_storm-0123456789abcdef", true),
        ("pty_screen-0123456789abcdef", true),
        ("proctop-bench", true),
        ("setup-0123456789abcdef", false),
        ("proctop-live_0123456789abcdef", false),
        ("rust_out", false),
    ] {
        let before = machine.calls("sudo env").len();
        let ran = run_test(&machine, name, &["PROCTOP_REQUIRE_BPF=1", "SOAK_PROCESSES=7", "OTHER=x"]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert_eq!(machine.calls("sudo env").len() - before, usize::from(by_sudo), "{name}");
        // what the tests need survives, what is nobody's business does not, and no trace of sudo is left
        assert_eq!(ran.stdout, if by_sudo { "1 none 7 none none\n" } else { "1 none 7 none x\n" });
        assert_eq!(machine.calls(name), [format!("{name} --quiet a b")]);
    }
    machine.command("id", "echo 0");
    let before = machine.calls("sudo").len();
    assert_eq!(run_test(&machine, "live_storm-0", &[]).code, Some(0));
    assert_eq!(machine.calls("sudo").len(), before, "root needs none");
}

#[test]
fn without_sudo_live_tests_run_as_they_can() {
    let machine = project();
    machine.without("sudo");
    let ran = run_test(&machine, "live_storm-0", &["RUST_BACKTRACE=1"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), "none 1 none none none\n"));
    assert!(ran.stderr.contains("live_storm-0 runs without rights"), "{}", ran.stderr);
}
