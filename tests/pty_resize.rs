//! A terminal whose size changes all the time.

mod support;

use std::process::{Command, Stdio};

use support::bpf_or_skip;
use support::live::Killed;
use support::programs::program;
use support::pty::{Pty, key};
use support::screen::{PATIENCE, rows};

/// Sizes, between 1x1 and 500x200.
const STEPS: u32 = 1000;
/// What is typed on the way: panes, help, a filter that is given up, folds.
const KEYS: [&str; 10] = ["?", "q", key::ENTER, key::TAB, "*", "/a", key::CTRL_C, "o", "G", "*"];

#[test]
fn a_screen_that_changes_its_size_a_thousand_times_in_a_storm_is_right_afterwards() {
    if !bpf_or_skip() {
        return;
    }
    let mut pty = Pty::proctop(&[], 80, 24);
    pty.wait_for_text("lost ", PATIENCE);
    // for as long as it takes, and where nobody else has anything to do: what changes the sizes is to get on
    let mut storm = Command::new("nice");
    storm.args(["-n", "19"]).arg(program("storm")).arg("1000000000").stdout(Stdio::null());
    let storm = Killed(storm.spawn().expect("storm runs"));
    for step in 0..STEPS {
        // all over: both steps have no common divisor with the range, and so the two extremes are among them
        let (columns, lines) = (step * 377 % 500 + 1, step * 77 % 200 + 1);
        pty.resize(u16::try_from(columns).unwrap(), u16::try_from(lines).unwrap());
        if step % 100 == 50 {
            pty.send(KEYS[step as usize / 100]);
        }
    }
    for (columns, lines) in [(500, 200), (1, 1), (500, 1), (1, 200), (500, 200)] {
        pty.resize(columns, lines);
    }
    // Those alike are one row each, so that there are few even on so large a screen.
    pty.wait_for(|screen| screen.contents().contains("q Quit") && rows(screen).len() > 3, PATIENCE);
    drop(storm);
    pty.resize(100, 30);
    pty.wait_for(|screen| screen.contents().contains("q Quit") && !rows(screen).is_empty(), PATIENCE);

    // what was drawn by changes alone is what is drawn when all is drawn anew
    pty.send("Z");
    pty.wait_for_text("PAUSED", PATIENCE);
    let picture = |pty: &Pty| {
        (pty.screen_text(), pty.with_screen(|screen| screen.rows_formatted(0, 100).collect::<Vec<_>>()))
    };
    let before = picture(&pty);
    pty.scribble("\x1b[3;3Hscribbled");
    pty.wait_for_text("scribbled", PATIENCE);
    pty.send("\x0c");
    let is_whole = |text: &str| !text.contains("scribbled") && text.contains("q Quit");
    pty.wait_for(|screen| is_whole(&screen.contents()), PATIENCE);
    let after = picture(&pty);
    assert!(before == after, "before:\n{}\nafter:\n{}", before.0, after.0);
    assert_eq!(pty.quit(), Some(0));
    assert!(!pty.screen_text().contains("panicked"), "{}", pty.screen_text());
}
