//! A terminal whose size changes all the time.

mod support;

use std::process::{Command, Stdio};

use nix::sys::signal::Signal;
use support::bpf_or_skip;
use support::live::Killed;
use support::programs::program;
use support::pty::{Pty, key};
use support::screen::{PATIENCE, rows};
use vt100::Screen;

/// Sizes, between 1x1 and 500x200.
const STEPS: u32 = 1000;
/// What is typed on the way: panes, help, a filter that is given up, folds.
const KEYS: [&str; 10] = ["?", "q", key::ENTER, key::TAB, "*", "/a", key::CTRL_C, "o", "G", "*"];

/// Everything that one sees of a cell: its place, text, colours, and whether it is bold, dim, underlined, inverse.
type Seen = (u16, u16, String, [vt100::Color; 2], [bool; 4]);

/// The text of a screen and its cells.
fn picture(screen: &Screen) -> (String, Vec<Seen>) {
    let (lines, columns) = screen.size();
    let (lines, columns) = (lines.get(), columns.get());
    let places = (0..lines).flat_map(|line| (0..columns).map(move |column| (line, column)));
    let seen = places.filter_map(|(line, column)| {
        let cell = screen.cell(line, column)?;
        // a blank that was written looks like one that was never written to
        let text = if cell.has_contents() { cell.contents() } else { " " }.to_owned();
        let attributes = [cell.bold(), cell.dim(), cell.underline(), cell.inverse()];
        Some((line, column, text, [cell.fgcolor(), cell.bgcolor()], attributes))
    });
    (screen.contents(), seen.collect())
}

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
    let picture = |pty: &Pty| pty.wait_for_some("a whole picture", |screen| Some(picture(screen)), PATIENCE);
    let before = picture(&pty);
    pty.scribble("\x1b[3;3Hscribbled");
    pty.wait_for_text("scribbled", PATIENCE);
    pty.send("\x0c");
    let is_whole = |text: &str| !text.contains("scribbled") && text.contains("q Quit");
    pty.wait_for(|screen| is_whole(&screen.contents()), PATIENCE);
    let after = picture(&pty);
    let differing: Vec<_> = before.1.iter().zip(&after.1).filter(|(before, after)| before != after).collect();
    assert!(before == after, "before:\n{}\nafter:\n{}\n{differing:?}", before.0, after.0);
    assert_eq!(pty.quit(), Some(0));
    assert!(!pty.screen_text().contains("panicked"), "{}", pty.screen_text());
}

#[test]
fn a_terminal_that_was_smaller_while_nobody_looked_is_drawn_anew() {
    if !bpf_or_skip() {
        return;
    }
    let mut pty = Pty::proctop(&[], 80, 24);
    pty.wait_for_text("q Quit", PATIENCE);
    // one signal for the two changes, after which the size is what it was
    pty.signal(Signal::SIGSTOP);
    pty.resize(1, 1);
    pty.resize(80, 24);
    pty.signal(Signal::SIGCONT);
    pty.wait_for(|screen| screen.contents().contains("q Quit") && !rows(screen).is_empty(), PATIENCE);
    assert_eq!(pty.quit(), Some(0));
}
