//! Keys arrive, whatever else comes with them.

mod support;

use nix::sys::signal::Signal;
use support::bpf_or_skip;
use support::pty::Pty;
use support::screen::{PATIENCE, pane};

#[test]
fn a_key_is_not_lost_to_a_change_of_size() {
    if !bpf_or_skip() {
        return;
    }
    let mut pty = Pty::watch("exec sleep 1000");
    pty.wait_for_rows("the command", |rows| rows.len() == 1);
    for _ in 0..100 {
        pty.signal(Signal::SIGWINCH);
        pty.send("?");
        pty.wait_for(|screen| pane(screen, "Help").is_some(), PATIENCE);
        pty.send("q");
        pty.wait_for(|screen| pane(screen, "Help").is_none(), PATIENCE);
    }
    assert_eq!(pty.quit_and_terminate(), Some(143));
}

#[test]
fn many_keys_at_once_are_all_taken() {
    if !bpf_or_skip() {
        return;
    }
    let mut pty = Pty::watch("exec sleep 1000");
    pty.wait_for_rows("the command", |rows| rows.len() == 1);
    pty.send("jk".repeat(1000) + "?");
    pty.wait_for(|screen| pane(screen, "Help").is_some(), PATIENCE);
    pty.send("q");
    pty.wait_for(|screen| pane(screen, "Help").is_none(), PATIENCE);
    assert_eq!(pty.quit_and_terminate(), Some(143));
}
