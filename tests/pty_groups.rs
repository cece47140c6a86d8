//! A real storm on the screen: its children in one row, which opens and closes.

mod support;

use support::bpf_or_skip;
use support::programs::program;
use support::pty::Pty;
use support::screen::{PATIENCE, watching};

const CHILDREN: usize = 600;

#[test]
fn the_children_of_a_storm_are_a_row_that_opens_and_closes() {
    if !bpf_or_skip() {
        return;
    }
    let storm = format!("exec {} {CHILDREN} --mode mix --codes", program("storm").display());
    let mut pty = Pty::proctop(&watching(&[], &storm), 140, 30);
    let failed = (0..CHILDREN).filter(|i| (i * 7 + 3) & 0xff != 0).count();
    pty.wait_in_pane("Processes", &format!("▸ storm ×{CHILDREN}  p50 "));
    let pane = pty.pane("Processes").join("\n");
    assert!(pane.contains(&format!("{failed} failed")), "{pane}");
    assert_eq!(pty.rows().len(), 1, "beside it there is the storm itself: {pane}");

    pty.send("jl");
    let rows = pty.wait_for_rows("members", |rows| rows.len() > 5);
    assert!(rows[1..].iter().all(|row| row.state.starts_with("exit ")), "{rows:#?}");
    let codes: Vec<_> = rows[1..4].iter().map(|row| row.state.as_str()).collect();
    assert_eq!(codes, ["exit 3", "exit 10", "exit 17"], "in the order of their ends: {}", pty.screen_text());
    assert!(pty.pane("Processes").join("\n").contains(&format!("▾ storm ×{CHILDREN}")));

    pty.send("h");
    pty.wait_for_rows("the row alone", |rows| rows.len() == 1);
    pty.send("/exit=3\r");
    // Codes come again after 256 children.
    let same = (0..CHILDREN).filter(|i| (i * 7 + 3) & 0xff == 3).count();
    pty.wait_in_pane("Processes", &format!("▸ storm ×{same}  p50 "));
    pty.wait_for_text("match", PATIENCE);
    pty.send("\x1b");
    pty.wait_in_pane("Processes", &format!("▸ storm ×{CHILDREN}"));
    assert_eq!(pty.quit(), Some(0));
}
