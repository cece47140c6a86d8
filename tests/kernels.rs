//! `scripts/kernels`: the tests on other kernels, with an emulator and an apt that only pretend, and what may be said of
//! their outcome.

mod support;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sys::signal::Signal;
use support::machine::{Machine, Ran, find};
use support::process::{signal, wait_for_file, wait_gone};

const EXPECTED: &str = "live_a one\nlive_a two\nlive_b three\n";
const CONSOLE: &str = "=== init";
/// What a machine tells in which all of these pass, with a terminal's line ends.
const PASSED: &str = "=== kernel 9.9.9-x\r\n=== begin live_a 1.00\r\ntest one ... ok\r\ntest two ... ok\r\n\
    === end live_a\r\n=== begin live_b 2.00\r\ntest three ... ok\r\n=== end live_b\r\n\
    === complaints of the kernel\r\n=== done 3.00\r\n";

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/kernels")
}

/// The lines of a list in `scripts/kernels`, without its comments.
fn list(name: &str) -> Vec<String> {
    let text = fs::read_to_string(scripts().join(name)).unwrap();
    text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

fn machine() -> Machine {
    let machine = Machine::new();
    for tool in [
        "bash", "awk", "cut", "sort", "comm", "wc", "head", "tail", "touch", "find", "mktemp", "timeout",
        "uname", "nproc", "mv",
    ] {
        symlink(find(tool), machine.path("bin").join(tool)).unwrap();
    }
    machine
}

/// Boots a make-believe kernel in an emulator that does this, in shell language: `$console` and `$line` are its two
/// serial lines.
fn boot(emulator: &str) -> (Machine, Ran) {
    let machine = machine();
    let serials = r#"for word; do case $word in file:*/console) console=${word#file:} ;; file:*) line=${word#file:} ;; esac; done"#;
    machine.command("qemu-system-x86_64", &format!("{serials}\n{emulator}"));
    fs::write(machine.path("work/expected"), EXPECTED).unwrap();
    fs::write(machine.path("work/passed"), PASSED).unwrap();
    let mut command = machine.prepare(scripts().join("boot.sh"));
    let ran = Machine::run(command.args(["vmlinuz-9.9.9-x", "guest.cpio", "expected", "out"]));
    (machine, ran)
}

fn row(machine: &Machine) -> String {
    let row = fs::read_to_string(machine.path("work/out/row")).unwrap();
    row.rsplit_once(' ').expect("the seconds come last").0.to_owned()
}

#[test]
fn a_machine_in_which_every_test_passes_is_a_row() {
    let (machine, ran) = boot(&format!("echo '{CONSOLE}' >$console; cat passed >$line"));
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    assert_eq!(row(&machine), "9.9.9-x 3 3 0");
    assert_eq!(machine.calls("qemu").len(), 1);
}

#[test]
fn whatever_is_not_so_is_a_failure_and_told() {
    for (edit, told) in [
        ("s/two ... ok/two ... FAILED/", "did not pass: live_a two\n"),
        ("/test three/d", "did not pass: live_b three\n"),
        ("s/test three/test one/", "did not pass: live_b three\n"),
        ("/=== done/d", "did not come to their end"),
        ("s/=== end live_a/*** SKIPPED one: no rights ***/", "skipped themselves"),
        ("s/=== done/WARNING: at kernel.bpf.verifier.c\\n&/", "complains: WARNING: at kernel.bpf.verifier.c"),
    ] {
        let (_machine, ran) = boot(&format!("echo '{CONSOLE}' >$console; sed '{edit}' passed >$line"));
        assert_eq!(ran.code, Some(1), "{edit}");
        assert!(ran.stderr.contains(told), "{edit}: {}", ran.stderr);
        assert!(ran.stderr.contains("the end of its told:"), "{}", ran.stderr);
    }
    let (_machine, ran) = boot(&format!("echo '{CONSOLE}' >$console; cat passed >$line; exit 124"));
    assert!(ran.code == Some(1) && ran.stderr.contains("the emulator ended with 124"), "{}", ran.stderr);
}

#[test]
fn of_a_repeated_test_the_last_word_counts() {
    let again = |first: &str, last: &str| {
        let edit = format!(
            "s/one ... ok/one ... {first}/; s/=== end live_a/=== again live_a one 1\\ntest one ... {last}\\n&/"
        );
        boot(&format!("echo '{CONSOLE}' >$console; sed '{edit}' passed >$line"))
    };
    let (machine, ran) = again("FAILED", "ok");
    assert_eq!((ran.code, row(&machine).as_str()), (Some(0), "9.9.9-x 3 3 1"), "{}", ran.stderr);
    let (machine, ran) = again("ok", "FAILED");
    assert_eq!((ran.code, row(&machine).as_str()), (Some(1), "9.9.9-x 2 3 1"), "{}", ran.stderr);
}

#[test]
fn a_boot_that_panics_gets_another_try_and_no_more_than_two() {
    let panics = "echo 'Kernel panic - not syncing' >$console; exit 1";
    let (machine, ran) = boot(&format!(
        "if [ ! -e tried ]; then echo >tried; {panics}; fi; echo '{CONSOLE}' >$console; cat passed >$line"
    ));
    assert_eq!((ran.code, row(&machine).as_str()), (Some(0), "9.9.9-x 3 3 0"), "{}", ran.stderr);
    assert!(ran.stderr.contains("boot 1 of 3 did not reach init"), "{}", ran.stderr);

    let (machine, ran) = boot(panics);
    assert_eq!((ran.code, row(&machine).as_str()), (Some(1), "none 0 3 0"));
    assert_eq!(machine.calls("qemu").len(), 3);
    assert!(ran.stderr.contains("\nKernel panic"), "its console is shown: {}", ran.stderr);
}

#[test]
fn an_abort_ends_the_emulator_too() {
    let machine = machine();
    machine.command("qemu-system-x86_64", "echo $$ >pid; exec sleep 1000");
    symlink(find("sleep"), machine.path("bin/sleep")).unwrap();
    fs::write(machine.path("work/expected"), EXPECTED).unwrap();
    let mut command = machine.prepare(scripts().join("boot.sh"));
    let mut boot = command.args(["vmlinuz-9.9.9-x", "guest.cpio", "expected", "out"]).spawn().unwrap();
    let emulator = wait_for_file(&machine.path("work/pid")).trim().parse().unwrap();
    signal(boot.id(), Signal::SIGTERM);
    assert_eq!(boot.wait().unwrap().code(), Some(143));
    wait_gone(emulator);
}

/// What sources.awk makes of these files.
fn sources(suites: &str, files: &[(&str, &str)]) -> String {
    let machine = machine();
    let mut command = machine.prepare("awk");
    command.arg("-v").arg(format!("suites={suites}")).args(["-v", "architecture=amd64", "-f"]);
    command.arg(scripts().join("sources.awk"));
    for (name, text) in files {
        fs::write(machine.path("work").join(name), text).unwrap();
        command.arg(name);
    }
    let ran = Machine::run(&mut command);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    ran.stdout
}

#[test]
fn other_suites_are_looked_for_where_the_machine_finds_its_own() {
    let debian = "# a comment\nTypes: deb deb-src\nURIs: http://one.invalid/debian\nSuites: bookworm bookworm-updates\n\
        Components: main contrib\nSigned-By: /keys/debian.gpg\n\nTypes: deb\nURIs: http://two.invalid/s\n\
        Suites: bookworm-security\nComponents: main\nSigned-By:\n -----BEGIN\n .\n AB\n";
    let expected = "Types: deb\nURIs: http://one.invalid/debian\nSuites: trixie trixie-backports\nComponents: main\n\
        Architectures: amd64\nSigned-By: /keys/debian.gpg\n\nTypes: deb\nURIs: http://two.invalid/s\n\
        Suites: trixie-security\nComponents: main\nArchitectures: amd64\nSigned-By:\n -----BEGIN\n .\n AB\n\n";
    let suites = "trixie trixie-security trixie-backports";
    assert_eq!(sources(suites, &[("debian.sources", debian)]), expected);
    assert_eq!(
        sources("sid", &[("debian.sources", debian)]).matches("Suites: sid\n").count(),
        1,
        "none of them is a security suite"
    );

    let lines = "deb http://one.invalid/debian bookworm main contrib # its own\n\
        deb [arch=amd64 signed-by=/k/a.gpg,/k/b.gpg] http://two.invalid/s bookworm-security main\n\
        deb-src http://three.invalid/debian bookworm main\n";
    let told = sources(suites, &[("sources.list", lines)]);
    let wanted = [
        "URIs: http://one.invalid/debian\nSuites: trixie trixie-backports\n",
        "Signed-By: /k/a.gpg /k/b.gpg\n",
    ];
    assert!(wanted.iter().all(|part| told.contains(part)) && !told.contains("three"), "{told}");
    assert_eq!(told.matches("URIs").count(), 2, "{told}");
}

#[test]
fn the_archives_of_others_and_those_switched_off_are_left_alone() {
    for (name, text) in [
        ("a.list", "deb http://x.invalid/apt cloud-sdk main\n"),
        ("b.list", "deb http://x.invalid/linux/debian bookworm stable\n"),
        ("c.list", "# deb http://x.invalid/debian bookworm main\n"),
        (
            "d.sources",
            "Enabled: no\nTypes: deb\nURIs: http://x.invalid/debian\nSuites: bookworm\nComponents: main\n",
        ),
        ("e.sources", "Types: deb-src\nURIs: http://x.invalid/debian\nSuites: bookworm\nComponents: main\n"),
        ("f.sources", "Types: deb\nURIs: http://x.invalid/u\nSuites: noble\nComponents: main\n"),
    ] {
        assert_eq!(sources("sid", &[(name, text)]), "", "{name}");
    }
}

/// An apt whose archive has these packages (names, one a line), and a dpkg-deb that finds a kernel in those named binary.
fn with_archive(packages: &str) -> Machine {
    let machine = machine();
    machine
        .command("dpkg", "echo amd64")
        .command("apt-config", r#"echo "list=$ROOT/sources.list parts=/none""#);
    machine.command(
        "apt-get",
        r#"case "$*" in *download*) for name; do :; done; : >"${name}_1_amd64.deb" ;; esac"#,
    );
    machine.command("apt-cache", &format!("printf '%s\\n' {packages}"));
    machine.command("dpkg-deb", r#"case "$*" in *image-6*) ;; *) echo ./boot/vmlinuz-x ;; esac"#);
    // tells its input as names, and its arguments as contents
    machine.command("tar", r#"[ "$1" = -t ] && exec cat; cat >/dev/null; echo "the kernel $2""#);
    fs::write(machine.path("sources.list"), "deb http://x.invalid/debian bookworm main\n").unwrap();
    machine
}

fn fetch(machine: &Machine, series: &str) -> Ran {
    Machine::run(machine.prepare(scripts().join("fetch.sh")).args(["cache", series]))
}

#[test]
fn the_newest_release_of_a_series_that_has_a_kernel_is_taken_and_kept() {
    let machine = with_archive(
        "linux-image-6.1.0-9-cloud-amd64 linux-image-6.17.3+deb13-cloud-amd64 linux-binary-6.19.4+deb13-cloud-amd64 \
         linux-image-6.19.4+deb13-cloud-amd64 linux-binary-6.19.10+deb13-cloud-amd64 linux-binary-6.19.20+deb13-arm64 \
         linux-binary-6.19.30+deb13-cloud-amd64-dbg linux-binary-6.20.1+deb13-cloud-amd64",
    );
    let kept = machine.path("work/cache/6.16-6.19/vmlinuz-6.19.10+deb13-cloud-amd64");
    let ran = fetch(&machine, "6.16-6.19");
    assert_eq!((ran.code, ran.stdout), (Some(0), format!("{}\n", kept.display())), "{}", ran.stderr);
    assert_eq!(fs::read_to_string(&kept).unwrap(), "the kernel ./boot/vmlinuz-x\n");
    for call in machine.calls("apt-get").iter().chain(&machine.calls("apt-cache")) {
        assert!(call.contains("-c "), "with our own configuration: {call}");
    }
    let left: Vec<_> =
        fs::read_dir(machine.path("work/cache")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "the kernel and apt's lists: {left:?}");

    // from now on without any apt
    machine.without("apt-get").without("apt-cache").without("dpkg");
    assert_eq!(fetch(&machine, "6.16-6.19").stdout, format!("{}\n", kept.display()));
}

#[test]
fn a_kernel_that_cannot_be_had_is_told_with_the_reason() {
    let machine = with_archive("linux-image-6.12.1+deb13-cloud-amd64");
    let ran = fetch(&machine, "6.12");
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "it has no kernel in it");
    assert!(ran.stderr.contains("no kernel 6.12: the archive has none"), "{}", ran.stderr);

    let ran = fetch(&machine, "2.4");
    assert!(ran.code == Some(1) && ran.stderr.contains("no kernel 2.4"), "{}", ran.stderr);

    fs::write(machine.path("sources.list"), "deb http://x.invalid/other noble main\n").unwrap();
    let ran = fetch(&machine, "6.1");
    assert!(ran.code == Some(1) && ran.stderr.contains("none of apt's sources"), "{}", ran.stderr);

    machine.without("apt-get");
    let ran = fetch(&machine, "6.1");
    assert!(ran.code == Some(1) && ran.stderr.contains("apt-get is missing"), "{}", ran.stderr);
}

/// `in-tests.sh` on a machine where run.sh ends with this code.
fn in_tests(has_apt: bool, set_up: u8, run: u8, variable: &str) -> Ran {
    let machine = machine();
    fs::create_dir_all(machine.path("work/scripts/kernels")).unwrap();
    let script = machine.path("work/scripts/kernels/in-tests.sh");
    symlink(scripts().join("in-tests.sh"), &script).unwrap();
    machine.command_at("work/scripts/setup.sh", &format!("exit {set_up}"));
    machine.command_at("work/scripts/kernels/run.sh", &format!("exit {run}"));
    if has_apt {
        machine.command("apt-get", "");
    }
    Machine::run(machine.prepare("env").arg(variable).arg(&script).arg("6.1"))
}

#[test]
fn in_tests_a_kernel_that_cannot_be_had_fails_only_where_it_is_required() {
    for required in ["CI=true", "PROCTOP_REQUIRE_BPF=1", "OTHER=1"] {
        for (has_apt, set_up, run) in [(false, 0, 0), (true, 1, 0), (true, 0, 3)] {
            let ran = in_tests(has_apt, set_up, run, required);
            let is_required = required != "OTHER=1";
            assert_eq!(
                ran.code,
                Some(i32::from(is_required)),
                "{required} {has_apt} {set_up} {run}: {}",
                ran.stderr
            );
            assert_eq!(ran.stderr.contains("*** SKIPPED"), !is_required, "{}", ran.stderr);
        }
        assert_eq!(in_tests(true, 0, 1, required).code, Some(1), "tests that fail always do");
        assert_eq!(in_tests(true, 0, 0, required).code, Some(0));
    }
}

/// `document.sh` with these rows.
fn document(rows: &[String]) -> Ran {
    let machine = machine();
    for (number, row) in rows.iter().enumerate() {
        let directory = machine.path("work").join(number.to_string());
        fs::create_dir(&directory).unwrap();
        fs::write(directory.join("row"), row).unwrap();
    }
    fs::write(machine.path("work/guest.skipped"), list("not-in-guest").join("\n") + "\n").unwrap();
    Machine::run(machine.prepare(scripts().join("document.sh")).arg("."))
}

/// The names of all series.
fn series() -> Vec<String> {
    list("series").iter().map(|line| line.split(' ').next().unwrap().to_owned()).collect()
}

#[test]
fn the_table_has_a_row_for_every_series_or_is_not_written() {
    let rows: Vec<String> = (0..series().len()).map(|number| format!("9.{number}-x 7 7 0 12\n")).collect();
    let ran = document(&rows);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    for (number, name) in series().iter().enumerate() {
        assert!(ran.stdout.contains(&format!("\n| {name} | 9.{number}-x | 7 of 7 |\n")), "{}", ran.stdout);
    }
    let ran = document(&rows[..rows.len() - 1]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains(&format!("no row for {}", series().last().unwrap())), "{}", ran.stderr);
}

#[test]
fn the_table_in_the_docs_is_of_these_series_and_all_of_it_passed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("docs/KERNELS.md")).unwrap();
    let rows: Vec<Vec<&str>> = text
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"))
        .map(|line| line.split(" | ").collect())
        .skip(1)
        .collect();
    let names: Vec<&str> = rows.iter().map(|row| row[0]).collect();
    assert_eq!(names, series(), "`make test-kernels` writes it");
    for row in &rows {
        let (passed, expected) = row[2].split_once(" of ").expect("two numbers");
        assert!(passed == expected && passed != "0", "{row:?}");
    }
    for line in list("not-in-guest") {
        let (what, why) = line.split_once(' ').expect("a reason");
        assert!(
            text.contains(&format!("- `{what}`: {}\n", why.trim())),
            "{what}: `make test-kernels` writes it"
        );
    }
}

#[test]
fn what_is_left_out_exists() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    for line in list("not-in-guest") {
        let what = line.split(' ').next().unwrap();
        let (binary, test) = what.split_once("::").unwrap_or((what, ""));
        let source = fs::read_to_string(tests.join(binary).with_extension("rs")).expect(binary);
        assert!(binary.starts_with("live_") && source.contains(&format!("fn {test}")), "{what}");
    }
}

/// The object that clang makes of the kernel side for an architecture, with the options of build.rs and libbpf's headers
/// from this directory, whose name gets into the object.
fn kernel_side(headers: &Path, architecture: &str) -> Vec<u8> {
    let object = headers.join("proctop.o");
    let mut clang = Command::new(std::env::var_os("CLANG").unwrap_or("clang".into()));
    clang.args(["-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter", "-mcpu=v3", "-g", "-O2", "-c"]);
    clang.args(["-target", "bpf", "-fno-stack-protector", &format!("-D__TARGET_ARCH_{architecture}"), "-I"]);
    clang.arg(headers).arg("-o").arg(&object);
    let ran = Machine::run(clang.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/bpf/proctop.bpf.c")));
    assert_eq!(ran.code, Some(0), "{architecture}: {}", ran.stderr);
    fs::read(object).unwrap()
}

/// Registers and system calls have names that only one architecture knows: none is used.
#[test]
fn the_kernel_side_is_the_same_object_on_every_architecture() {
    let headers = tempfile::tempdir().unwrap();
    fs::create_dir(headers.path().join("bpf")).unwrap();
    for (name, text) in libbpf_rs::libbpf_sys::API_HEADERS {
        fs::write(headers.path().join("bpf").join(name), text).unwrap();
    }
    let x86 = kernel_side(headers.path(), "x86");
    for architecture in ["arm64", "riscv"] {
        assert!(kernel_side(headers.path(), architecture) == x86, "{architecture}");
    }
}

#[test]
fn the_scripts_are_sound() {
    // a machine that has no shellcheck believes those that have
    if Command::new("shellcheck").arg("--version").output().is_err() {
        return;
    }
    let mut scripts: Vec<_> = fs::read_dir(scripts()).unwrap().map(|entry| entry.unwrap().path()).collect();
    scripts.retain(|path| path.extension().is_some_and(|name| name == "sh") || path.ends_with("init"));
    assert!(scripts.len() > 5);
    let ran = Machine::run(Command::new("shellcheck").args(scripts));
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""));
}
