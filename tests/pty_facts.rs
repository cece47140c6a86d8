//! What the kernel tells beside forks, execs and exits, on the screen: failed execs, who ended a process, zombies,
//! kernel threads.

mod support;

use std::fs;
use std::process::{Command, Stdio};

use support::bpf_or_skip;
use support::live::Killed;
use support::programs::program;
use support::pty::Pty;
use support::screen::{PATIENCE, Row, command, pane, watching};
use vt100::Screen;

/// Tries a program that is not there, and then another name along PATH, again and again.
const FAILING: &str = "while :; do /nowhere/prog; env PATH=/nowhere/a:/nowhere/b:/nowhere/c frob; sleep 0.1; done \
                       2>/dev/null";

fn header(screen: &Screen) -> String {
    screen.contents().lines().next().unwrap_or_default().to_owned()
}

/// The latest events tell a failed exec.
fn tells_failed(screen: &Screen) -> bool {
    pane(screen, "Events").is_some_and(|lines| lines.iter().any(|line| line.contains(" FAILED ")))
}

#[test]
fn a_key_switches_failed_execs_on_and_off() {
    if !bpf_or_skip() {
        return;
    }
    let mut pty = Pty::proctop(&watching(&[], FAILING), 120, 50);
    // two rounds at least, and nothing of that kind
    pty.wait_for_rows("rounds", |rows| rows.iter().filter(|row| row.command == "sleep 0.1").count() >= 2);
    pty.with_screen(|screen| assert!(!tells_failed(screen) && !header(screen).contains("failed execs")));

    pty.send("X");
    pty.wait_for_text("failed execs are told, seen by ", PATIENCE);
    pty.wait_for(|screen| header(screen).contains("  failed execs on  "), PATIENCE);
    pty.wait_in_pane("Events", "ENOENT  /nowhere/prog");
    pty.wait_in_pane("Events", "ENOENT  frob  in 3 places");

    pty.send("X");
    pty.wait_for_text("failed execs are no longer told", PATIENCE);
    pty.wait_for(|screen| !header(screen).contains("failed execs on") && !tells_failed(screen), PATIENCE);
    // and once more: what was loaded is attached again
    pty.send("X");
    pty.wait_in_pane("Events", "ENOENT  /nowhere/prog");
    assert_eq!(pty.quit_and_terminate(), Some(143));
}

#[test]
fn an_option_has_failed_execs_from_the_start() {
    if !bpf_or_skip() {
        return;
    }
    // on a screen that has no room for the words
    let mut pty = Pty::proctop(&watching(&["-x"], "/nowhere/prog 2>/dev/null; exec sleep 1000"), 60, 24);
    pty.wait_for_text("failed execs are told, seen by ", PATIENCE);
    pty.wait_for(|screen| header(screen).contains("  -x"), PATIENCE);
    pty.wait_in_pane("Events", "ENOENT  /nowhere/prog");
    // the notice was for those who had not read it
    pty.send("j");
    pty.wait_for(|screen| !screen.contents().contains("failed execs are told"), PATIENCE);
    // the question has no room for its words in one line
    pty.send("qt");
    assert_eq!(pty.ends(), Some(143));
    // whatever the kernel refused on the way
    assert!(!pty.raw().windows(7).any(|bytes| bytes == b"libbpf:"), "on the terminal: {}", pty.screen_text());
}

#[test]
fn what_libbpf_says_goes_to_a_file_from_the_start() {
    if !bpf_or_skip() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let mut verbose = command(["-v", "--", "sleep", "1000"]);
    let mut pty = Pty::start(verbose.env("TMPDIR", directory.path()), 120, 24);
    pty.wait_for_text("libbpf's messages go to ", PATIENCE);
    assert_eq!(pty.quit_and_terminate(), Some(143));
    let file = fs::read_dir(directory.path()).unwrap().next().expect("a file").unwrap();
    let said = fs::read_to_string(file.path()).unwrap();
    assert!(said.contains("proctop_bpf"), "the loading is the first of it: {said}");
    assert!(!pty.raw().windows(7).any(|bytes| bytes == b"libbpf:"), "on the terminal: {}", pty.screen_text());
}

#[test]
fn who_gave_the_rights_up_is_told_so() {
    if !bpf_or_skip() {
        return;
    }
    let mut pty = Pty::proctop(&["--drop-all", "-f", "comm=nobody"], 120, 24);
    pty.wait_for_text("lost 0", PATIENCE);
    pty.send("X");
    pty.wait_for_text("failed execs can't be switched on: --drop-all gave up the rights", PATIENCE);
    pty.with_screen(|screen| assert!(!header(screen).contains("failed execs")));
    assert_eq!(pty.quit(), Some(0));
}

#[test]
fn a_recording_holds_what_it_holds() {
    if !bpf_or_skip() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("r.ptop");
    let recorded =
        command(["record", "-x", "-o", file.to_str().unwrap(), "--", "sh", "-c", "/nowhere/prog; true"])
            .stdin(Stdio::null())
            .output()
            .unwrap();
    assert!(recorded.status.success(), "{recorded:?}");
    let mut pty = Pty::proctop(&["open", file.to_str().unwrap()], 120, 24);
    pty.wait_in_pane("Events", "ENOENT  /nowhere/prog");
    pty.send("X");
    pty.wait_for_text("a recording holds what was recorded", PATIENCE);
    pty.wait_in_pane("Events", "ENOENT  /nowhere/prog");
    assert_eq!(pty.quit(), Some(0));
}

#[test]
fn a_killed_process_tells_its_killer_and_a_key_leads_there() {
    if !bpf_or_skip() {
        return;
    }
    // It is killed once it is what it is to be, not while it is still the shell's fork.
    let script = "sleep 1000 & until [ \"$name\" = sleep ]; do read name </proc/$!/comm; done; \
                  exec 3>&2 2>/dev/null; sh -c \"kill -9 $!; exec sleep 1001\"";
    let mut pty = Pty::proctop(&watching(&[], script), 160, 50);
    let victim = pty.wait_for_row("the victim", |row| row.state == "SIGKILL");
    let is_killer = |row: &Row| row.command == "sleep 1001";
    let killer = pty.wait_for_row("the killer, by now another program", is_killer);
    assert_eq!(victim.command, format!("sleep 1000  by sh({})", killer.pid));
    pty.wait_in_pane("Events", &format!("by sh({})  sleep 1000", killer.pid));

    pty.send("g");
    pty.wait_for_row("the first", |row| row.selected && row.pid != victim.pid);
    pty.send("j\r");
    pty.wait_in_pane("Details", &format!("state       ✗ SIGKILL by sh({})   b goes there", killer.pid));
    pty.wait_in_pane("Details", &format!("SIGKILL by sh({})", killer.pid));
    pty.send("b");
    pty.wait_for_row("the killer selected", |row| row.selected && is_killer(row));
    pty.wait_in_pane("Details", &format!("Details  {}", killer.pid));
    pty.send("b");
    pty.wait_for_text("it has not ended", PATIENCE);
    assert_eq!(pty.quit_and_terminate(), Some(143));
}

#[test]
fn a_zombie_is_marked_with_its_age_until_it_is_reaped() {
    if !bpf_or_skip() {
        return;
    }
    let lazy = program("lazy");
    let words = ["--", lazy.to_str().unwrap(), "8000", "7"];
    let mut pty = Pty::proctop(&words, 160, 50);
    let is_zombie = |row: &Row| row.state == "exit 7" && row.command.contains("  zombie ");
    let row = pty.wait_for_row("the zombie", is_zombie);
    assert!(row.command.ends_with("s: parent does not wait"), "{row:?}");
    let older = |later: &Row| is_zombie(later) && later.command != row.command;
    pty.wait_for_row("the same, a moment later", older);
    pty.wait_in_pane("Events", "ZOMBIE");
    pty.wait_in_pane("Events", &format!("its parent lazy({}) does not wait", pty.rows()[0].pid));
    pty.send("g");
    pty.send("j\r");
    pty.wait_in_pane("Details", "zombie      for ");

    pty.wait_in_pane("Events", "REAPED");
    let after = |screen: &Screen| {
        let lines = pane(screen, "Events")?;
        let line = lines.into_iter().find(|line| line.contains("REAPED"))?;
        line.split("after ").nth(1)?.trim().trim_end_matches('s').parse::<f64>().ok()
    };
    // seen at the next look, once a second
    let seconds = pty.wait_for_some("after how long", after, PATIENCE);
    assert!((7.5..12.0).contains(&seconds), "{seconds}");
    pty.wait_for_row("no zombie", |row| row.state == "exit 7" && !row.command.contains("zombie"));
    assert_eq!(pty.quit_and_terminate(), Some(143));
}

#[test]
fn a_key_shows_kernel_threads() {
    if !bpf_or_skip() {
        return;
    }
    let child = Killed(Command::new("sleep").arg("1005").spawn().expect("sleep runs"));
    let filter = format!("comm=kthreadd or pid={}", child.0.id());
    let mut pty = Pty::proctop(&["-f", &filter], 100, 30);
    pty.wait_for_row("the child", |row| row.pid == child.0.id());
    assert!(pty.rows().iter().all(|row| row.command != "[kthreadd]"));
    pty.send("K");
    pty.wait_for_row("the kernel's", |row| row.command == "[kthreadd]");
    pty.wait_in_pane("Processes", "with kernel threads");
    pty.send("K");
    pty.wait_for_rows("without it", |rows| {
        !rows.is_empty() && rows.iter().all(|row| row.command != "[kthreadd]")
    });
    assert_eq!(pty.quit(), Some(0));
}
