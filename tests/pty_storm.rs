//! A storm on the screen: its line, the view, and the way to who makes it.

mod support;

use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use support::bpf_or_skip;
use support::live::{Killed, wait};
use support::programs::program;
use support::pty::{Pty, key};
use support::screen::{PATIENCE, header_number};

/// Above what else goes on here, the thirty of those who stand by; and far below what a storm makes, which is a tenth of its
/// rate where others keep each CPU busy.
const RATE: &str = "200";

/// One storm at a time: the other one would be the greater.
static ONE_STORM: Mutex<()> = Mutex::new(());

fn second_line(screen: &vt100::Screen) -> String {
    screen.contents().lines().nth(1).unwrap_or_default().to_owned()
}

#[test]
fn a_storm_is_announced_and_keys_lead_to_its_culprit() {
    if !bpf_or_skip() {
        return;
    }
    let _turn = ONE_STORM.lock().unwrap_or_else(PoisonError::into_inner);
    let directory = tempfile::tempdir().expect("a temporary directory");
    let told = directory.path().join("told");
    let mut pty = Pty::proctop(&["--storm-rate", RATE], 100, 30);
    pty.wait_for_text("LIVE", PATIENCE);
    pty.wait_for(|screen| second_line(screen).starts_with(" fork "), PATIENCE);
    let mut thicket = Command::new(program("thicket"));
    let thicket = thicket.args(["3", "vfork", "--for", "60000", "--tell"]).arg(&told).stdout(Stdio::null());
    let thicket = Killed(thicket.spawn().expect("thicket runs"));

    pty.wait_for(|screen| second_line(screen).starts_with(" STORM  thicket("), PATIENCE);
    let truth = std::fs::read_to_string(&told).expect("it told who it is");
    let pid: u32 = truth.split(' ').next().and_then(|pid| pid.parse().ok()).expect("a pid");
    let named = format!(" STORM  thicket({pid}) > thicket");
    pty.wait_for(|screen| second_line(screen).starts_with(&named), PATIENCE);
    pty.wait_for(|screen| second_line(screen).contains("/s for "), PATIENCE);

    // The one that started most stands on top.
    pty.send("s");
    pty.wait_for_text("[Parents]", PATIENCE);
    let row = format!("thicket({pid})");
    let is_first = |screen: &vt100::Screen| {
        let text = screen.contents();
        let mut lines = text.lines().skip_while(|line| !line.contains("NAME"));
        lines.nth(1).is_some_and(|line| line.trim_start().starts_with(&row))
    };
    pty.wait_for(is_first, PATIENCE);
    pty.send(key::TAB);
    pty.wait_for_text("[Comms]", PATIENCE);
    pty.wait_for(
        |screen| screen.contents().lines().any(|line| line.trim_start().starts_with("thicket ")),
        PATIENCE,
    );
    pty.send("\x1b[Z");
    pty.wait_for(is_first, PATIENCE);
    pty.send(key::ENTER);
    pty.wait_for_row("the culprit, selected", |row| row.pid == pid && row.selected);

    // From anywhere else too, and where it was folded away.
    pty.send("*g");
    pty.wait_for_rows("all folded", |rows| rows.iter().all(|row| row.pid != pid));
    pty.send("B");
    pty.wait_for_row("the culprit again", |row| row.pid == pid && row.selected);

    // The line goes with the storm.
    drop(thicket);
    assert!(Command::new("kill").args(["-KILL", &pid.to_string()]).status().expect("kill runs").success());
    pty.wait_for(|screen| second_line(screen).starts_with(" fork "), PATIENCE);
    pty.send("/event:storm\r");
    pty.wait_in_pane("Events", "over  thicket(");
    assert_eq!(pty.quit(), Some(0));
}

/// Without a priority of its own proctop gets no time for seconds while each CPU has a storm of its own.
#[test]
fn a_storm_on_every_cpu_loses_nothing_and_the_screen_follows() {
    if !bpf_or_skip() {
        return;
    }
    const EACH: u64 = 60_000;
    let _turn = ONE_STORM.lock().unwrap_or_else(PoisonError::into_inner);
    let cpus = std::thread::available_parallelism().map_or(1, usize::from);
    let mut pty = Pty::proctop(&[], 120, 30);
    pty.wait_for_text("lost 0 ", PATIENCE);
    let storms: Vec<_> = (0..cpus)
        .map(|cpu| {
            let mut command = Command::new(program("storm"));
            command.args([&EACH.to_string(), "--mode", "vfork", "--cpu", &cpu.to_string()]);
            command.stdout(Stdio::null()).spawn().unwrap()
        })
        .collect();
    for mut storm in storms {
        assert!(wait(&mut storm).success());
    }
    let all = EACH * cpus as u64;
    pty.wait_for(|screen| header_number(screen, "seen") >= Some(all), PATIENCE);
    assert_eq!(pty.with_screen(|screen| header_number(screen, "lost")), Some(0), "{}", pty.screen_text());
    assert_eq!(pty.quit(), Some(0));
}
