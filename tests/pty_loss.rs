//! Losses on the screen: said, and healed.

mod support;

use std::process::{Command, Stdio};

use nix::sys::signal::Signal;
use support::bpf_or_skip;
use support::live::{Killed, is_stopped, run, wait, wait_until};
use support::programs::program;
use support::pty::Pty;
use support::screen::{PATIENCE, header_number, rows};

#[test]
fn a_ring_of_4_kib_in_a_storm_loses_and_the_screen_says_how_much() {
    if !bpf_or_skip() {
        return;
    }
    let storm = program("storm");
    let arguments = ["--ring-size", "4K", "--", storm.to_str().unwrap(), "5000", "--mode", "vfork"];
    let mut pty = Pty::proctop(&arguments, 120, 30);
    pty.wait_for_text("lost 0 ", PATIENCE);
    pty.wait_for(|screen| header_number(screen, "lost") > Some(0), PATIENCE);
    // whoever is gone has ended: that is concluded from the list that follows a loss
    pty.wait_for_text(" exit 0 ", PATIENCE);
    pty.wait_for(|screen| header_number(screen, "live") == Some(0), PATIENCE);
    let number = |word| pty.with_screen(|screen| header_number(screen, word));
    let (seen, lost) = (number("seen").unwrap(), number("lost").unwrap());
    assert!((1..5000).contains(&seen), "{seen} seen");
    // a fork and an exit of each that was not seen, and the machine's other losses
    assert!(lost >= 2 * (5001 - seen), "{lost} lost, {seen} of 5,001 seen");
    let is_alarming = pty.with_screen(|screen| {
        let line = screen.contents().lines().next().unwrap_or_default().to_owned();
        let cells = line.split("lost ").next().unwrap_or_default().chars().count();
        let cell = screen.cell(0, u16::try_from(cells).unwrap()).expect("on the screen");
        cell.contents() == "l" && cell.bold() && cell.fgcolor() == vt100::Color::Idx(1)
    });
    assert!(is_alarming, "{}", pty.screen_text());
    assert!(pty.rows().iter().all(|row| row.state != "run"), "{:#?}", pty.rows());
    // Behind it may stand more endings that were concluded than there is room for.
    pty.send("/event=lost\r");
    pty.wait_in_pane("Events", "LOST");
    assert_eq!(pty.quit(), Some(0));
}

#[test]
fn a_screen_that_stood_still_through_a_storm_heals() {
    if !bpf_or_skip() {
        return;
    }
    let own = std::process::id();
    let mut doomed = Killed(Command::new("sleep").arg("1005").spawn().unwrap());
    let filter = format!("ppid={own} and comm=sleep");
    let mut pty = Pty::proctop(&["--ring-size", "64K", "-f", &filter], 120, 30);
    let pid = doomed.0.id();
    pty.wait_for_row("one that lives", |row| row.pid == pid && row.state == "run");

    pty.signal(Signal::SIGSTOP);
    wait_until("all threads of proctop are stopped", || is_stopped(pty.pid()));
    let storm = run(Command::new(program("storm")).args(["5000", "--mode", "fork"]));
    assert!(storm.status.success());
    doomed.0.kill().unwrap();
    wait(&mut doomed.0);
    let mut unseen = Killed(Command::new("sleep").arg("1006").stdin(Stdio::null()).spawn().unwrap());
    let unseen_pid = unseen.0.id();
    pty.signal(Signal::SIGCONT);

    // the ghost ends, the unknown appears, and nobody is there twice
    let healed = pty.wait_for_rows("a healed tree", |rows| {
        let state = |pid| rows.iter().find(|row| row.pid == pid).map(|row| row.state.as_str());
        state(pid) == Some("unseen") && state(unseen_pid) == Some("run")
    });
    for pid in [pid, unseen_pid] {
        assert_eq!(healed.iter().filter(|row| row.pid == pid).count(), 1, "{healed:#?}");
    }
    assert!(pty.with_screen(|screen| header_number(screen, "lost")) > Some(5000));
    // from then on it is seen as ever
    unseen.0.kill().unwrap();
    wait(&mut unseen.0);
    pty.wait_for_row("its end", |row| row.pid == unseen_pid && row.state == "SIGKILL");
    assert!(pty.with_screen(|screen| !rows(screen).is_empty()));
    assert_eq!(pty.quit(), Some(0));
}
