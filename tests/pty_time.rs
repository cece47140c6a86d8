//! Back in time in a real terminal: over a recording, and while a storm runs.

mod support;

use std::time::{Duration, Instant};

use support::bpf_or_skip;
use support::pty::Pty;
use support::screen::{PATIENCE, header_number, watching};
use vt100::Screen;

/// So many programs are started one after the other, too fast to be followed.
const STARTED: u64 = 1500;
/// A key has its effect within this time, on a machine that has other work, too.
const AT_ONCE: Duration = Duration::from_secs(3);

fn top(screen: &Screen) -> String {
    screen.contents().lines().next().unwrap_or_default().to_owned()
}

/// What the header says of the instant: `16:34:29.839 (-5.6ms)`.
fn as_of(screen: &Screen) -> Option<String> {
    let top = top(screen);
    let (_, after) = top.split_once("AS OF ")?;
    Some(after.split("  ").next().unwrap_or_default().to_owned())
}

/// Types a key and waits for another instant.
#[track_caller]
fn goes(pty: &mut Pty, key: &str) -> String {
    let before = pty.with_screen(as_of);
    let begun = Instant::now();
    pty.send(key);
    let now = pty.wait_for_some(
        &format!("another instant after {key}"),
        |screen| as_of(screen).filter(|now| Some(now) != before.as_ref()),
        PATIENCE,
    );
    assert!(begun.elapsed() < AT_ONCE, "{key} took {:?}", begun.elapsed());
    now
}

#[test]
fn a_recording_is_looked_at_as_it_was_and_back_at_its_end() {
    let mut pty = Pty::proctop(&["open", "screenshots/recordings/build.ptop"], 110, 40);
    let make = |state: &'static str| move |row: &support::screen::Row| row.pid == 32 && row.state == state;
    let dead = pty.wait_for_row("make has failed", make("exit 2"));
    assert_eq!((dead.cpu.is_empty(), dead.kids.as_str()), (false, "7"));
    goes(&mut pty, "[");
    let running = pty.wait_for_row("make runs still", make("run"));
    assert_eq!((running.cpu.as_str(), running.rss.as_str()), ("", ""), "costs are told at the end");
    assert!(running.command.starts_with("make -k -j2"));
    pty.send("@+300ms\r");
    // the compilers are still to come, or run
    let early = pty.wait_for_rows("the beginning", |rows| rows.len() < 10);
    assert!(early.iter().any(|row| row.state == "run") && early.iter().all(|row| row.pid < 45), "{early:#?}");
    assert!(pty.pane("Events").last().is_some_and(|line| !line.contains("exit 2")));
    pty.send(".");
    pty.wait_for_row("make has failed again", make("exit 2"));
    assert!(pty.with_screen(top).contains("RECORDING build.ptop"));
    assert_eq!(pty.quit(), Some(0));
}

#[test]
fn nothing_is_lost_while_the_past_of_a_storm_is_looked_at() {
    if !bpf_or_skip() {
        return;
    }
    // at the end it waits for the keyboard that it does not get
    let storm = format!("i=0; while [ $i -lt {STARTED} ]; do /bin/true; i=$((i+1)); done; read wait");
    let mut pty = Pty::proctop(&watching(&[], &storm), 160, 40);
    let seen = |screen: &Screen| header_number(screen, "seen");
    pty.wait_for(|screen| seen(screen) > Some(STARTED / 10), PATIENCE);
    goes(&mut pty, "[");
    let then = pty.with_screen(seen);
    for key in ["{", "{", "}", "[", "]", "{"] {
        goes(&mut pty, key);
    }
    let further_back = pty.with_screen(seen);
    assert!(further_back < then, "{further_back:?} {then:?}");
    pty.send(".");
    pty.wait_for(|screen| as_of(screen).is_none() && seen(screen) > then, PATIENCE);
    goes(&mut pty, "{");
    // the storm goes on to its end meanwhile: the shell and all that it started
    pty.send(".");
    pty.wait_for(|screen| seen(screen) == Some(STARTED + 1), PATIENCE);
    assert!(pty.with_screen(top).contains("lost 0"), "{}", pty.with_screen(top));
    assert_eq!(pty.quit_and_terminate(), Some(128 + 15));
}
