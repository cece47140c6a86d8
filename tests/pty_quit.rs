//! All the ways out: the keys, the signals, the window that is closed, the suspension, and no terminal at all.

mod support;

use std::process::{Command, Stdio};

use nix::sys::signal::Signal;
use support::gate::Gate;
use support::live::{self, wait_until};
use support::process::{is_alive, signal, state, wait_for_file, wait_gone};
use support::pty::{Pty, key};
use support::screen::{self, PATIENCE, command, rows};
use support::{bpf_or_skip, root_or_skip};

/// A command that runs for long, and its pid.
fn long_command(script: &str) -> (Pty, u32) {
    let pty = Pty::watch(script);
    let row = pty.wait_for_row("the command", |row| row.state == "run");
    pty.wait_for_text("lost 0", PATIENCE);
    (pty, row.pid)
}

fn asks(pty: &Pty) {
    pty.wait_for_text("is still running", PATIENCE);
}

fn asks_no_more(pty: &Pty) {
    pty.wait_for(|screen| !screen.contents().contains("is still running"), PATIENCE);
}

#[test]
fn leaving_a_running_command_asks_and_esc_stays() {
    if !bpf_or_skip() {
        return;
    }
    let (mut pty, pid) = long_command("exec sleep 1000");
    for quit in ["q", key::CTRL_C, "\x1b[21~"] {
        for stay in [key::ESC, "q", key::CTRL_C] {
            pty.send(quit);
            asks(&pty);
            pty.send(stay);
            asks_no_more(&pty);
        }
    }
    // what means nothing there does nothing
    pty.send("q");
    asks(&pty);
    pty.send("xyj?/ ");
    pty.send("t");
    assert_eq!(pty.ends(), Some(128 + 15));
    wait_gone(pid);
}

#[test]
fn a_command_that_does_not_want_to_be_terminated_is_killed_the_second_time() {
    if !bpf_or_skip() {
        return;
    }
    let gate = Gate::new();
    let (mut pty, pid) = long_command(&format!(
        "trap '' TERM; sh -c 'trap \"\" TERM; echo deaf; {}'; echo on; sleep 1000",
        gate.wait()
    ));
    pty.send("o");
    pty.wait_in_pane("Output", "deaf");
    pty.send("q");
    asks(&pty);
    pty.send("t");
    asks_no_more(&pty);
    gate.open();
    pty.wait_in_pane("Output", "on");
    assert!(is_alive(pid));
    pty.send("q");
    asks(&pty);
    pty.send("t");
    assert_eq!(pty.ends(), Some(128 + 9));
    wait_gone(pid);
}

#[test]
fn a_command_that_is_left_running_lives_and_works() {
    if !bpf_or_skip() {
        return;
    }
    let (gate, directory) = (Gate::new(), tempfile::tempdir().unwrap());
    let file = directory.path().join("file");
    let script = format!(
        "echo before; {}; i=0; while [ $i -lt 20000 ]; do i=$((i+1)); echo line $i; done; echo works >{}; exec sleep 1000",
        gate.wait(),
        file.display()
    );
    let (mut pty, pid) = long_command(&script);
    pty.send("q");
    asks(&pty);
    pty.send("l");
    assert_eq!(pty.ends(), Some(0));
    let text = pty.screen_text();
    assert!(text.contains("before") && text.contains(&format!("runs on as process {pid}")), "{text}");
    assert!(is_alive(pid));
    drop(pty);
    // it prints more than any buffer holds, to a terminal that is no longer read by proctop, and goes on
    gate.open();
    assert_eq!(wait_for_file(&file), "works\n");
    assert!(is_alive(pid));
    signal(pid, Signal::SIGKILL);
    wait_gone(pid);
}

/// The rights to become the caller are gone when the command is left: none may be needed for it.
#[test]
fn a_callers_command_is_left_running_too_and_no_thread_keeps_rights() {
    if !root_or_skip() {
        return;
    }
    let mut command = screen::command(screen::watching(&[], "echo on; exec sleep 1000"));
    command.env("SUDO_UID", "12345").env("SUDO_GID", "12345");
    let mut pty = Pty::start(&command, 100, 30);
    let pid = pty.wait_for_row("sleep", |row| row.command == "sleep 1000").pid;
    for status in live::statuses(pty.pid()) {
        let rights = u64::from_str_radix(live::field(&status, "CapPrm"), 16).unwrap();
        // CAP_PERFMON and CAP_BPF, with which X is switched on
        let of_tracer = if live::field(&status, "Name") == "tracer" { 1 << 38 | 1 << 39 } else { 0 };
        assert_eq!(
            rights & !(1 << 5) & !of_tracer,
            0,
            "only CAP_KILL is left: {}",
            live::field(&status, "Name")
        );
    }
    pty.send("q");
    asks(&pty);
    pty.send("l");
    assert_eq!(pty.ends(), Some(0));
    drop(pty);
    assert!(is_alive(pid));
    signal(pid, Signal::SIGKILL);
    wait_gone(pid);
}

#[test]
fn without_a_command_the_keys_quit_at_once() {
    if !bpf_or_skip() {
        return;
    }
    for keys in ["q", key::CTRL_C, "\x1b[21~"] {
        let mut pty = Pty::proctop(&[], 80, 24);
        pty.wait_for(|screen| !rows(screen).is_empty(), PATIENCE);
        pty.send(keys);
        assert_eq!(pty.ends(), Some(0), "{keys:?}");
        assert_eq!(pty.screen_text().trim(), "");
    }
}

#[test]
fn signals_from_outside_restore_the_terminal() {
    if !bpf_or_skip() {
        return;
    }
    for sent in [Signal::SIGTERM, Signal::SIGHUP, Signal::SIGINT] {
        let mut pty = Pty::proctop(&[], 80, 24);
        pty.wait_for(|screen| !rows(screen).is_empty(), PATIENCE);
        pty.signal(sent);
        assert_eq!(pty.ends(), Some(128 + sent as i32), "{sent}");

        // a command does not outlive it
        let (mut pty, pid) = long_command("echo printed; exec sleep 1000");
        // by then it has printed
        pty.wait_for_row("what it became", |row| row.command == "sleep 1000");
        pty.signal(sent);
        assert_eq!(pty.ends(), Some(128 + sent as i32), "{sent} with a command");
        assert!(pty.screen_text().contains("printed"));
        wait_gone(pid);
    }
}

#[test]
fn signals_that_nobody_means_for_it_restore_the_terminal_too() {
    if !bpf_or_skip() {
        return;
    }
    for sent in [Signal::SIGQUIT, Signal::SIGALRM, Signal::SIGUSR1, Signal::SIGUSR2] {
        let mut pty = Pty::proctop(&[], 80, 24);
        pty.wait_for(|screen| !rows(screen).is_empty(), PATIENCE);
        pty.signal(sent);
        assert_eq!(pty.ends(), Some(128 + sent as i32), "{sent}");
        assert_eq!(pty.screen_text().trim(), "", "{sent}");
    }
}

#[test]
fn a_closed_window_ends_it_and_the_command() {
    if !bpf_or_skip() {
        return;
    }
    use std::os::unix::process::ExitStatusExt;

    let (pty, pid) = long_command("exec sleep 1000");
    let status = pty.hang_up(PATIENCE);
    assert_eq!((status.code(), status.signal()), (Some(128 + 1), None));
    wait_gone(pid);

    // nohup: the signal is ignored, the terminal is gone all the same
    let mut ignoring = Command::new("sh");
    ignoring.args(["-c", "trap '' HUP; exec \"$0\" -- sleep 1000"]).arg(support::proctop());
    let pty = Pty::start(&ignoring, 80, 24);
    let pid = pty.wait_for_row("the command", |row| row.state == "run").pid;
    let status = pty.hang_up(PATIENCE);
    assert_eq!((status.code(), status.signal()), (Some(128 + 1), None));
    wait_gone(pid);
}

/// Waits until proctop is stopped, with its terminal given back, and lets it go on.
#[track_caller]
fn stops_and_comes_back(pty: &mut Pty) {
    let pid = pty.pid();
    wait_until("the stop", || state(pid) == Some('T'));
    pty.wait_for(|screen| !screen.alternate_screen(), PATIENCE);
    pty.assert_restored();
    pty.signal(Signal::SIGCONT);
    pty.wait_for(|screen| screen.alternate_screen() && !rows(screen).is_empty(), PATIENCE);
    assert_ne!(state(pid), Some('T'));
    pty.send("?");
    pty.pane("Help");
    pty.send("q");
    pty.wait_for(|screen| rows(screen).len() == 1, PATIENCE);
}

#[test]
fn a_suspension_gives_the_terminal_back_and_takes_it_again() {
    if !bpf_or_skip() {
        return;
    }
    let gate = Gate::new();
    let (mut pty, pid) = long_command(&format!("{}; exec sleep 1000", gate.wait()));
    pty.send(key::CTRL_Z);
    stops_and_comes_back(&mut pty);
    pty.signal(Signal::SIGTSTP);
    stops_and_comes_back(&mut pty);
    // the command has not been stopped, and what it does is still seen
    gate.open();
    pty.wait_for_row("the next image", |row| row.pid == pid && row.command == "sleep 1000");
    assert_eq!(pty.quit_and_terminate(), Some(143));
}

#[test]
fn a_shell_gets_the_terminal_by_ctrl_z_and_fg_brings_the_screen_back() {
    if !bpf_or_skip() {
        return;
    }
    let mut shell = Command::new("bash");
    shell.args(["--norc", "--noprofile", "-i"]).env("PS1", "prompt> ").env("LC_ALL", "C.UTF-8");
    let mut pty = Pty::start(&shell, 100, 24);
    pty.wait_for_text("prompt>", PATIENCE);
    pty.send(format!("{} -- sleep 1000\r", support::proctop().display()));
    pty.wait_for_row("the command", |row| row.command == "sleep 1000");
    pty.send(key::CTRL_Z);
    pty.wait_for_text("Stopped", PATIENCE);
    pty.send("echo at-the-$((40+2))\r");
    pty.wait_for_text("at-the-42", PATIENCE);
    pty.send("fg\r");
    pty.wait_for_row("the command again", |row| row.command == "sleep 1000" && row.state == "run");
    pty.send("q");
    asks(&pty);
    pty.send("t");
    // the fourth: what is typed earlier, proctop may still read
    pty.wait_for(|screen| screen.contents().matches("prompt>").count() == 4, PATIENCE);
    pty.send("echo code-$?\r");
    pty.wait_for_text("code-143", PATIENCE);
    pty.send("exit 0\r");
    assert_eq!(pty.ends(), Some(0));
}

#[test]
fn without_a_terminal_there_is_a_line_with_the_way_out() {
    for arguments in [&[][..], &["--", "true"], &["-d", "10ms"]] {
        let out = command(arguments).stdin(Stdio::null()).output().expect("proctop runs");
        let complaint = String::from_utf8(out.stderr).expect("text");
        assert_eq!(out.status.code(), Some(2), "{complaint}");
        assert!(complaint.contains("needs a terminal") && complaint.contains("proctop log"), "{complaint}");
        assert_eq!((complaint.lines().count(), out.stdout.len()), (1, 0), "{complaint}");
    }
}

#[test]
fn a_command_that_can_not_be_started_leaves_the_terminal_alone() {
    if !bpf_or_skip() {
        return;
    }
    for (program, code) in [("/nowhere/nothing", 127), ("/etc/passwd", 126)] {
        let mut pty = Pty::proctop(&["--", program], 80, 24);
        assert_eq!(pty.ends(), Some(code));
        assert!(pty.screen_text().contains(program), "{}", pty.screen_text());
        assert!(!String::from_utf8_lossy(&pty.raw()).contains("\x1b[?1049h"), "the screen was never taken");
    }
}
