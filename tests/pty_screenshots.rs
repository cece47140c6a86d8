//! Pictures for the README, from real runs. With `PROCTOP_SCREENSHOTS=DIR` they are written there (that is what
//! `make screenshots` does), else beside the other temporary files of the tests.

mod support;

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use nix::sys::signal::Signal;
use support::bpf_or_skip;
use support::process::{is_alive, signal, wait_for_file};
use support::pty::{Pty, key};
use support::screen::{PATIENCE, Row, command, pane, rows};
use support::svg;
use tempfile::TempDir;
use vt100::Screen;

/// The sources of a small program. All of them take the compiler some time; one is wrong.
const SOURCES: [&str; 6] = ["lexer", "parser", "eval", "table", "gc", "main"];
const WRONG: &str = "eval";

const MAKEFILE: &str = "\
CFLAGS = -O2 -Wall -Wextra
OBJECTS = lexer.o parser.o eval.o table.o gc.o main.o

calc: $(OBJECTS)
\t$(CC) -o $@ $(OBJECTS)

$(OBJECTS): calc.h
";

/// Functions that are easily written and hard to optimise.
fn source(name: &str) -> String {
    let mut text = String::from("#include \"calc.h\"\n\n");
    for index in 0..300 {
        text += &format!(
            "long {name}_{index}(const long *at, long n)\n{{\n\tlong sum = {index};\n\n\
             \tfor (long i = 0; i < n; i++)\n\t\tsum += at[i] * (i ^ {index}) + (sum >> {shift});\n\treturn sum;\n}}\n\n",
            shift = index % 13 + 1
        );
    }
    text += match name {
        "main" => "int main(void)\n{\n\treturn 0;\n}\n",
        WRONG => "long eval(const struct node *node)\n{\n\treturn node->value + node->depht;\n}\n",
        _ => "",
    };
    text
}

/// A C project that fails to build, in a directory of its own.
fn project() -> TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let write = |name: &str, text: &str| fs::write(directory.path().join(name), text).expect("ours");
    write("Makefile", MAKEFILE);
    write("calc.h", "struct node {\n\tlong value;\n};\n");
    for name in SOURCES {
        write(&format!("{name}.c"), &source(name));
    }
    directory
}

/// The scenes take turns: a storm would slow the build down, and the build would be in the picture of the storm.
static STAGE: Mutex<()> = Mutex::new(());

fn stage() -> MutexGuard<'static, ()> {
    STAGE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Draws the screen as it is now.
fn take(pty: &Pty, name: &str) {
    let wanted = std::env::var_os("PROCTOP_SCREENSHOTS").filter(|directory| !directory.is_empty());
    let directory =
        wanted.map_or_else(|| Path::new(env!("CARGO_TARGET_TMPDIR")).join("screenshots"), PathBuf::from);
    fs::create_dir_all(&directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    let file = directory.join(name).with_extension("svg");
    fs::write(&file, pty.with_screen(svg::picture))
        .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    // the tests of the kernel run as root; whose the directory is, theirs are the pictures
    if let Ok(owner) = fs::metadata(&directory) {
        let _ = chown(&file, Some(owner.uid()), Some(owner.gid()));
    }
}

fn is_failed_compiler(row: &Row) -> bool {
    row.state == "exit 1" && row.command.contains("cc1 ")
}

#[test]
fn a_build_that_fails() {
    if !bpf_or_skip() {
        return;
    }
    let _turn = stage();
    let project = project();
    let mut make = command(["--", "make", "-k", "-j2"]);
    // `make screenshots` is another make's business
    make.current_dir(project.path()).env_remove("MAKEFLAGS").env_remove("MAKELEVEL").env_remove("MFLAGS");
    let mut pty = Pty::start(&make, 120, 34);
    // while the failure is there already and others go on
    pty.wait_for_rows("a failure amid work", |rows| {
        let compiles = |row: &Row| row.state == "run" && row.command.contains("cc1 ");
        !rows.first().is_some_and(|make| make.life.ends_with("ms"))
            && rows.iter().any(is_failed_compiler)
            && rows.iter().filter(|row| compiles(row)).count() >= 2
    });
    take(&pty, "build");

    pty.wait_for_text("make -k -j2 exit 2", PATIENCE);
    pty.send("/comm:cc1 exit!=0\r");
    let rows = pty.wait_for_rows("the failed one", |rows| {
        rows.last().is_some_and(is_failed_compiler) && rows.len() < 5
    });
    pty.wait_in_pane("Processes", "1 of ");
    assert_eq!(rows.iter().filter(|row| !row.dim).count(), 1, "its ancestors are dimmed: {rows:#?}");
    assert!(rows[0].command.starts_with("make -k -j2") && rows[0].dim);
    pty.send("G");
    pty.wait_for_row("the selection", |row| row.selected && is_failed_compiler(row));
    // there is little to show
    pty.resize(120, 18);
    pty.wait_for(
        |screen| screen.contents().lines().nth(17).is_some_and(|footer| footer.contains("q Quit")),
        PATIENCE,
    );
    pty.wait_for_row("the selection", |row| row.selected && is_failed_compiler(row));
    take(&pty, "filter");
    pty.resize(120, 34);

    pty.send("/\x15\r");
    pty.wait_for(
        |screen| pane(screen, "Processes").is_some_and(|lines| !lines[0].contains("match")),
        PATIENCE,
    );
    // the call that started it: its arguments are those of the Makefile
    pty.send("k\r");
    pty.wait_for_row("the selection", |row| row.selected && row.command.starts_with("cc "));
    pty.wait_in_pane("Details", "exit 1");
    pty.wait_in_pane("Details", &format!("{WRONG}.c"));
    pty.wait_in_pane("Details", "History");
    pty.wait_in_pane("Details", "parents");
    take(&pty, "details");

    pty.send(key::ENTER);
    pty.send("o");
    pty.wait_in_pane("Output", "depht");
    take(&pty, "output");
    assert_eq!(pty.quit(), Some(2));
}

/// A script that does with processes what a shell can do without, for ever.
const SHELL_STORM: &str = r"echo $$ >pid
n=0
while [ $n -lt 100000 ]; do
    n=$(expr $n + 1)
    name=$(basename /srv/uploads/$n.log .log)
    echo $name | sed s/9/x/ | grep -q x
done";

/// The script at work: it stands beneath init, as a service does.
struct Storm {
    pid: u32,
    _directory: TempDir,
}

impl Storm {
    fn start() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        fs::write(directory.path().join("rename-uploads"), SHELL_STORM).expect("ours");
        let started = Command::new("setsid")
            .args(["--fork", "sh", "rename-uploads"])
            .current_dir(directory.path())
            .status()
            .expect("setsid (util-linux)");
        assert!(started.success());
        let pid = wait_for_file(&directory.path().join("pid")).trim().parse().expect("a pid");
        Self { pid, _directory: directory }
    }
}

impl Drop for Storm {
    fn drop(&mut self) {
        if is_alive(self.pid) {
            signal(self.pid, Signal::SIGKILL);
        }
    }
}

fn is_bar(c: char) -> bool {
    ('▁'..='█').contains(&c)
}

#[test]
fn a_shell_storm_on_the_whole_machine() {
    if !bpf_or_skip() {
        return;
    }
    let _turn = stage();
    let storm = Storm::start();
    let mut pty = Pty::proctop(&[], 80, 24);
    pty.wait_for(|screen| !rows(screen).is_empty(), PATIENCE);
    pty.send(format!("/pid={}\r", storm.pid));
    pty.wait_for_row("the script", |row| row.pid == storm.pid && row.command == "sh rename-uploads");
    pty.send("G");
    pty.wait_for_row("the script", |row| row.pid == storm.pid && row.selected);
    pty.send("/\x15\r");
    pty.wait_for(
        |screen| pane(screen, "Processes").is_some_and(|lines| !lines[0].contains("match")),
        PATIENCE,
    );
    // its row to the top: what moves the window moves it no further than it must
    for keys in [key::PAGE_DOWN, key::PAGE_DOWN, key::PAGE_UP, key::PAGE_UP] {
        pty.send(keys);
    }
    let names = ["expr", "basename", "sed", "grep"];
    pty.wait_for_row("the script", |row| row.pid == storm.pid && row.selected);
    for name in names {
        pty.wait_in_pane("Processes", &format!("▸ {name} ×"));
    }
    // long enough for bars to be there
    let bars = |screen: &Screen| screen.contents().lines().nth(1).map(|rates| rates.matches(is_bar).count());
    pty.wait_for(|screen| bars(screen) >= Some(16), PATIENCE);
    take(&pty, "storm");
    assert_eq!(pty.quit(), Some(0));
}
