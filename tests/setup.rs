//! `scripts/setup.sh` on machines of every kind, make-believe ones: this is how the package managers that the
//! test machine lacks are looked at.

mod support;

use std::path::Path;

use support::machine::{Machine, Ran};

const ALL: &str = "clang,libelf,zlib,pkg-config,cc,libc,make";
const APT: &str = "env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends";

/// What only the tests need.
const TEST_TOOLS: [&str; 4] = ["git", "bash", "setsid", "setpriv"];

/// What only the tests on other kernels need.
const KERNEL_TOOLS: [&str; 2] = ["qemu-system-x86_64", "cpio"];

/// Headers are there unless their name is in `$ROOT/no-headers`.
const CC: &str = r#"! { [ -e "$ROOT/no-headers" ] && grep -q -f "$ROOT/no-headers"; }"#;

/// A machine that lacks nothing.
fn complete() -> Machine {
    let machine = Machine::new();
    machine.command("cc", CC).command("clang", "").command("pkg-config", "");
    for tool in TEST_TOOLS.into_iter().chain(KERNEL_TOOLS) {
        machine.command(tool, "");
    }
    machine.command("rustc", "echo rustc 1.95.0 '(0123456 2026-01-01)'");
    machine.command("cargo", "echo cargo 1.88.0-nightly");
    machine
}

fn setup(machine: &Machine, arguments: &[&str]) -> Ran {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/setup.sh");
    Machine::run(machine.prepare(script).args(arguments))
}

/// The commands of a dry run on a machine whose package lists are up to date.
fn dry_run(manager: &str, who: &str, missing: &str) -> String {
    let machine = Machine::new();
    machine.command("apt-cache", "").command("pacman", "");
    let ran = setup(&machine, &["--dry-run", "--manager", manager, "--as", who, "--missing", missing]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(
        machine.calls("sudo").is_empty() && machine.calls("pacman -S ").is_empty(),
        "a dry run runs nothing"
    );
    ran.stdout
}

#[test]
fn names_the_packages_as_each_distribution_does() {
    let apt = format!("{APT} clang libelf-dev zlib1g-dev pkg-config gcc libc6-dev make\n");
    assert_eq!(dry_run("apt", "root", ALL), apt);
    let dnf =
        "dnf install -y clang elfutils-libelf-devel zlib-devel pkgconf-pkg-config gcc glibc-devel make\n";
    assert_eq!(dry_run("dnf", "root", ALL), dnf);
    let pacman = "pacman -S --needed --noconfirm clang libelf zlib pkgconf gcc glibc make\n";
    assert_eq!(dry_run("pacman", "root", ALL), pacman);
    for (manager, line) in [("apt", apt.as_str()), ("dnf", dnf), ("pacman", pacman)] {
        assert_eq!(dry_run(manager, "sudo", ALL), format!("sudo {line}"));
    }
}

#[test]
fn installs_only_what_is_missing() {
    assert_eq!(dry_run("apt", "root", "clang,libelf"), format!("{APT} clang libelf-dev\n"));
    assert_eq!(dry_run("dnf", "sudo", "zlib"), "sudo dnf install -y zlib-devel\n");
    assert_eq!(dry_run("pacman", "root", "pkg-config"), "pacman -S --needed --noconfirm pkgconf\n");
    for manager in ["apt", "dnf", "pacman"] {
        assert_eq!(dry_run(manager, "root", ""), "");
    }
}

#[test]
fn says_in_a_line_each_what_it_installs_and_why() {
    let ran = setup(
        &Machine::new(),
        &["--dry-run", "--manager", "dnf", "--as", "root", "--missing", "clang,libelf"],
    );
    let lines: Vec<&str> = ran.stderr.lines().collect();
    assert_eq!(
        lines,
        [
            "setup: installing clang, for clang: it compiles the programs that the kernel runs for proctop",
            "setup: installing elfutils-libelf-devel, for the headers of libelf: libbpf reads the compiled programs with it",
        ]
    );
}

#[test]
fn fetches_the_package_lists_only_where_they_do_not_know_the_packages() {
    let machine = Machine::new();
    machine.command("apt-cache", "exit 100").command("pacman", "exit 1");
    let dry = |manager, who| {
        setup(&machine, &["--dry-run", "--manager", manager, "--as", who, "--missing", "clang"]).stdout
    };
    assert_eq!(dry("apt", "sudo"), format!("sudo apt-get update -q\nsudo {APT} clang\n"));
    assert_eq!(dry("pacman", "root"), "pacman -Sy --noconfirm\npacman -S --needed --noconfirm clang\n");
    assert_eq!(dry("dnf", "root"), "dnf install -y clang\n", "dnf fetches them by itself");
}

#[test]
fn without_root_and_sudo_it_says_what_to_run_as_root() {
    for (manager, line) in [
        ("apt", format!("apt-get update -q && {APT} libelf-dev")),
        ("dnf", "dnf install -y elfutils-libelf-devel".to_owned()),
        ("pacman", "pacman -Sy --noconfirm && pacman -S --needed --noconfirm libelf".to_owned()),
    ] {
        let ran =
            setup(&complete(), &["--dry-run", "--manager", manager, "--as", "user", "--missing", "libelf"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
        assert!(ran.stderr.contains(&format!("As root, run: {line}\n")), "{}", ran.stderr);
    }
}

#[test]
fn an_unknown_package_manager_gets_the_names() {
    let machine = complete();
    machine.without("clang");
    let ran = setup(&machine, &[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
    assert!(ran.stderr.contains("setup: missing: clang: it compiles"), "{}", ran.stderr);
    assert!(ran.stderr.contains("no apt-get, dnf or pacman"), "{}", ran.stderr);

    let ran = setup(&machine, &["--manager", "none", "--missing", "libelf,zlib"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("as Debian calls them: libelf-dev zlib1g-dev\n"), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("as Fedora calls them: elfutils-libelf-devel zlib-devel\n"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_complete_machine_is_left_alone_and_hears_nothing() {
    let machine = complete();
    for manager in ["apt-get", "apt-cache", "dnf", "pacman", "sudo"] {
        machine.command(manager, "exit 1");
    }
    for arguments in [&[][..], &["--tests", "--kernels"]] {
        let ran = setup(&machine, arguments);
        assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (Some(0), "", ""));
    }
    for manager in ["apt", "dnf", "pacman", "sudo"] {
        assert!(machine.calls(manager).is_empty());
    }
    assert_eq!(machine.calls("cc").len(), 2, "one look at all headers is enough");
}

#[test]
fn looks_for_every_need_by_itself() {
    for (header, package) in [
        ("gelf.h", "elfutils-libelf-devel"),
        ("libelf.h", "elfutils-libelf-devel"),
        ("zlib.h", "zlib-devel"),
        ("stdio.h", "glibc-devel"),
    ] {
        let machine = complete();
        std::fs::write(machine.path("no-headers"), header).unwrap();
        let ran = setup(&machine, &["--dry-run", "--manager", "dnf", "--as", "root"]);
        assert_eq!((ran.code, ran.stdout), (Some(0), format!("dnf install -y {package}\n")), "{header}");
    }
    for (command, package) in [("clang", "clang"), ("pkg-config", "pkgconf-pkg-config"), ("make", "make")] {
        let machine = complete();
        let ran = setup(machine.without(command), &["--dry-run", "--manager", "dnf", "--as", "root"]);
        assert_eq!((ran.code, ran.stdout), (Some(0), format!("dnf install -y {package}\n")));
    }
    // without a compiler the headers are looked for as files of this real machine: only the compiler is
    // certain
    let machine = complete();
    let ran = setup(machine.without("cc"), &["--dry-run", "--manager", "dnf", "--as", "root"]);
    assert!(ran.stdout.split_whitespace().any(|word| word == "gcc"), "{}", ran.stdout);
}

#[test]
fn finds_the_manager_and_the_way_to_root() {
    for (command, line) in [("apt-get", "apt-get"), ("dnf", "dnf install"), ("pacman", "pacman -S ")] {
        let machine = complete();
        machine
            .without("clang")
            .command(command, "")
            .command("apt-cache", "")
            .command("id", "echo 1000")
            .command("sudo", "");
        let ran = setup(&machine, &["--dry-run"]);
        assert!(ran.stdout.starts_with("sudo ") && ran.stdout.contains(line), "{command}: {}", ran.stdout);
        machine.command("id", "echo 0");
        let ran = setup(&machine, &["--dry-run"]);
        assert!(!ran.stdout.contains("sudo") && ran.stdout.contains(line), "{command}: {}", ran.stdout);
    }
}

#[test]
fn missing_rust_is_explained_and_nothing_is_installed() {
    for tool in ["rustc", "cargo"] {
        let machine = complete();
        machine.without(tool).without("clang").command("dnf", "").command("id", "echo 0");
        let ran = setup(&machine, &[]);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
        assert!(
            ran.stderr.starts_with(&format!("setup: Rust is missing ({tool} 1.88 or newer)")),
            "{}",
            ran.stderr
        );
        assert!(
            ran.stderr.contains("https://sh.rustup.rs") && ran.stderr.contains("dnf install cargo"),
            "{}",
            ran.stderr
        );
        assert!(machine.calls("dnf").is_empty(), "Rust comes first: the user has to act");
    }
    for (manager, line) in
        [("apt", "apt-get install cargo"), ("dnf", "dnf install cargo"), ("pacman", "pacman -S rust")]
    {
        let ran = setup(&Machine::new(), &["--dry-run", "--manager", manager, "--missing", "rust,clang"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
        assert!(ran.stderr.contains(line), "{}", ran.stderr);
    }
}

#[test]
fn rust_that_is_too_old_or_does_not_run_is_explained() {
    let machine = complete();
    for (version, is_old) in [
        ("1.87.0", true),
        ("0.99.0", true),
        ("1.9.0", true),
        ("1.88.0", false),
        ("1.100.0", false),
        ("2.0.0", false),
    ] {
        machine.command("cargo", &format!("echo cargo {version}"));
        let ran = setup(&machine, &[]);
        assert_eq!(ran.code, Some(i32::from(is_old)), "{version}: {}", ran.stderr);
        assert_eq!(ran.stderr.contains(&format!("too old: cargo is {version}, proctop needs 1.88")), is_old);
    }
    // as rustup's stand-ins do where no toolchain is chosen
    machine.command("rustup", "").command("cargo", "exit 1");
    let ran = setup(&machine, &[]);
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.stderr.contains("does not run") && ran.stderr.contains("rustup default stable"),
        "{}",
        ran.stderr
    );
}

#[test]
fn rust_that_the_shell_does_not_know_yet_is_found() {
    let machine = complete();
    machine.without("cargo").without("rustc");
    machine.command_at("home/.cargo/bin/cargo", "echo cargo 1.95.0");
    machine.command_at("home/.cargo/bin/rustc", "echo rustc 1.95.0");
    assert_eq!(setup(&machine, &[]).code, Some(0));
}

#[test]
fn formatter_and_lints_are_wanted_for_tests_only() {
    for (missing, other) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        let machine = complete();
        machine.command("cargo", &format!("[ $1 != {missing} ] && echo cargo 1.95.0"));
        assert_eq!(setup(&machine, &[]).code, Some(0));
        let ran = setup(&machine, &["--tests"]);
        assert_eq!(ran.code, Some(1));
        assert!(ran.stderr.contains(&format!("Rust's {other} is missing")), "{}", ran.stderr);
    }
}

#[test]
fn the_tools_of_the_tests_are_wanted_for_tests_only() {
    for tool in TEST_TOOLS {
        let machine = complete();
        machine.without(tool).command("apt-cache", "").command("pacman", "");
        assert_eq!(setup(&machine, &[]).stderr, "");
        let package = if tool.starts_with("set") { "util-linux" } else { tool };
        for (manager, install) in
            [("apt", APT), ("dnf", "dnf install -y"), ("pacman", "pacman -S --needed --noconfirm")]
        {
            let ran = setup(&machine, &["--tests", "--dry-run", "--manager", manager, "--as", "root"]);
            assert_eq!((ran.code, ran.stdout), (Some(0), format!("{install} {package}\n")), "{}", ran.stderr);
            assert!(ran.stderr.starts_with(&format!("setup: installing {package}, for {package}")));
        }
    }
    let ran = setup(&complete(), &["--dry-run", "--manager", "dnf", "--as", "root", "--missing", "git"]);
    assert_eq!(ran.code, Some(2), "not without --tests: {}", ran.stderr);
}

#[test]
fn the_tools_for_other_kernels_are_wanted_for_these_only() {
    for (tool, apt, dnf) in
        [("qemu-system-x86_64", "qemu-system-x86", "qemu-system-x86-core"), ("cpio", "cpio", "cpio")]
    {
        let machine = complete();
        machine.without(tool).command("apt-cache", "").command("pacman", "");
        assert_eq!(setup(&machine, &["--tests"]).stderr, "");
        for (manager, install) in [
            ("apt", format!("{APT} {apt}")),
            ("dnf", format!("dnf install -y {dnf}")),
            ("pacman", format!("pacman -S --needed --noconfirm {apt}")),
        ] {
            let ran = setup(&machine, &["--kernels", "--dry-run", "--manager", manager, "--as", "root"]);
            assert_eq!((ran.code, ran.stdout), (Some(0), format!("{install}\n")), "{}", ran.stderr);
        }
    }
    let ran = setup(
        &complete(),
        &["--dry-run", "--tests", "--manager", "dnf", "--as", "root", "--missing", "cpio"],
    );
    assert_eq!(ran.code, Some(2), "not without --kernels: {}", ran.stderr);
}

/// Lacks clang; its apt-get "installs" by putting the command there, if the script lets it.
fn lacking_clang(apt_get: &str) -> Machine {
    let machine = complete();
    machine.without("clang").command("apt-cache", "").command("id", "echo 0").command("apt-get", apt_get);
    machine
}

const INSTALL_CLANG: &str =
    r#"cp() { cat "$1" >"$2" && chmod +x "$2"; }; cp "$ROOT/bin/pkg-config" "$ROOT/bin/clang""#;

#[test]
fn really_installs_and_is_content_the_second_time() {
    let machine = lacking_clang(INSTALL_CLANG);
    let ran = setup(&machine, &[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""), "{}", ran.stderr);
    assert!(ran.stderr.ends_with("setup: everything is there now\n"), "{}", ran.stderr);
    let installed = ["apt-get install -y -q --no-install-recommends clang"];
    assert_eq!(machine.calls("apt-get"), installed);
    assert_eq!(setup(&machine, &[]).stderr, "");
    assert_eq!(machine.calls("apt-get"), installed, "nothing more");
}

#[test]
fn tries_again_with_fresh_lists_when_the_old_ones_name_what_is_gone() {
    let script = format!(
        r#"case $1 in update) >"$ROOT/fresh" ;; *) [ -e "$ROOT/fresh" ] || exit 100; {INSTALL_CLANG} ;; esac"#
    );
    let machine = lacking_clang(&script);
    assert_eq!(setup(&machine, &[]).code, Some(0));
    let calls: Vec<String> = machine
        .calls("apt-get")
        .iter()
        .filter_map(|line| line.split(' ').nth(1).map(str::to_owned))
        .collect();
    assert_eq!(calls, ["install", "update", "install"]);
}

#[test]
fn an_installation_that_fails_or_does_not_help_is_a_failure() {
    let ran = setup(&lacking_clang("exit 100"), &[]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("install these by hand, then run this again: clang\n"), "{}", ran.stderr);

    let ran = setup(&lacking_clang("exit 0"), &[]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.ends_with("setup: still missing after the installation: clang\n"), "{}", ran.stderr);
}

#[test]
fn wrong_options_are_refused() {
    for arguments in [
        &["--nonsense"][..],
        &["--manager"],
        &["--manager", "zypper"],
        &["--as", "me"],
        &["--missing", "coffee"],
    ] {
        let ran = setup(&complete(), arguments);
        assert_eq!(ran.code, Some(2), "{arguments:?}: {}", ran.stderr);
        assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    }
}
