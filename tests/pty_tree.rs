//! The tree on the screen: what a command started, how each of it ended, and what goes on now.

mod support;

use std::process::{Command, Stdio};

use support::gate::Gate;
use support::live::Killed;
use support::programs::program;
use support::pty::Pty;
use support::screen::{PATIENCE, Row, command, rows, watching};
use support::{bpf_or_skip, root_or_skip};
use vt100::Color;

/// Three endings: one good, one bad, one violent.
const THREE_ENDINGS: &str = r#"ls /etc >/dev/null; sh -c "exit 3"; kill -9 $$"#;

fn is(row: &Row, command: &str, state: &str) -> bool {
    row.command.starts_with(command) && row.state == state
}

/// Waits for the three endings, in their order.
#[track_caller]
fn wait_for_three_endings(pty: &Pty) -> Vec<Row> {
    pty.wait_for_rows("three endings", |rows| {
        rows.len() == 3
            && is(&rows[0], "sh -c ", "SIGKILL")
            && is(&rows[1], "ls /etc", "exit 0")
            && is(&rows[2], "sh -c 'exit 3'", "exit 3")
    })
}

#[test]
fn every_ending_stands_on_its_row_and_the_exit_code_is_the_commands() {
    if !bpf_or_skip() {
        return;
    }
    let mut pty = Pty::proctop(&watching(&[], &format!("echo printed; {THREE_ENDINGS}")), 140, 30);
    // the one that ended well is dimmed once it has faded
    let rows = pty
        .wait_for_rows("three endings", |rows| rows.len() == 3 && rows[0].state == "SIGKILL" && rows[1].dim);
    assert!(is(&rows[1], "ls /etc", "exit 0"), "{rows:#?}");
    assert!(is(&rows[2], "sh -c 'exit 3'", "exit 3"), "{rows:#?}");
    assert_eq!((rows[0].kids.as_str(), rows[1].kids.as_str()), ("2", ""));
    assert_eq!([&rows[0].guides, &rows[1].guides, &rows[2].guides], ["▾", "├─", "└─"]);
    assert!(
        rows[1].dim && rows[1].colour == Color::Default,
        "an end without failure is dimmed: {:?}",
        rows[1]
    );
    for row in [&rows[0], &rows[2]] {
        assert_eq!((row.dim, row.colour), (false, Color::Idx(1)), "a failure is red: {row:?}");
    }
    for row in &rows {
        assert!(!row.life.is_empty() && !row.cpu.is_empty() && !row.rss.is_empty(), "{row:?}");
    }
    pty.wait_in_pane("Events", "SIGKILL");

    assert_eq!(pty.quit(), Some(128 + 9));
    assert_eq!(pty.screen_text().trim_end(), "printed", "what the command printed stays on the terminal");
}

#[test]
fn the_screen_holds_nothing_but_the_commands_own_processes() {
    if !bpf_or_skip() {
        return;
    }
    let gate = Gate::new();
    // others, at the same time
    let mut other = std::process::Command::new("sh");
    other.args(["-c", "for i in 1 2 3 4 5 6 7 8 9; do /bin/echo $i; done"]);
    let mut pty = Pty::watch(&format!("{}; true & wait", gate.wait()));
    pty.wait_for_rows("the command", |rows| rows.len() == 1);
    assert!(other.output().expect("sh runs").status.success());
    gate.open();
    let rows = pty.wait_for_rows("two endings", |rows| {
        rows.len() >= 2 && rows.iter().all(|row| row.state.starts_with("exit"))
    });
    assert_eq!(rows.len(), 2, "{rows:#?}");
    pty.wait_for_text("seen 2 ", PATIENCE);
    assert_eq!(pty.quit(), Some(0));
}

#[test]
fn a_living_row_ages_and_then_tells_its_end() {
    if !bpf_or_skip() {
        return;
    }
    let gate = Gate::new();
    let mut pty = Pty::watch(&format!("{}; exit 7", gate.wait()));
    let first = pty.wait_for_row("a living command", |row| row.state == "run" && row.life.contains('s'));
    assert_eq!((first.cpu.as_str(), first.rss.as_str()), ("", ""), "costs are known at the end");
    let second = pty.wait_for_row("an older command", |row| row.state == "run" && row.life != first.life);
    pty.wait_for_row("an even older one", |row| row.state == "run" && row.life != second.life);
    pty.wait_for_text("running", PATIENCE);

    gate.open();
    let ended = pty.wait_for_row("its end", |row| row.state == "exit 7");
    assert_eq!(ended.pid, first.pid);
    assert_eq!(ended.colour, Color::Idx(1));
    assert_eq!(pty.quit(), Some(7));
}

#[test]
fn ages_go_on_while_others_storm_of_whom_nothing_is_shown() {
    if !bpf_or_skip() {
        return;
    }
    let mut storm = Command::new(program("storm"));
    let _storm = Killed(storm.arg("1000000000").stdout(Stdio::null()).spawn().expect("storm runs"));
    let mut pty = Pty::watch("exec sleep 1001");
    let age = |row: &Row| row.life.strip_suffix('s').and_then(|age| age.parse::<f64>().ok());
    let is_older = |than: f64| move |row: &Row| row.command == "sleep 1001" && age(row) > Some(than);
    let row = pty.wait_for_row("an age of a second", is_older(1.0));
    pty.wait_for_row("a greater age", is_older(age(&row).unwrap_or(1.0)));
    assert_eq!(pty.quit_and_terminate(), Some(143));
}

#[test]
fn what_starts_later_appears_beneath_its_parent() {
    if !bpf_or_skip() {
        return;
    }
    let (fork, exec, end) = (Gate::new(), Gate::new(), Gate::new());
    let script = format!(
        "{}; ({}; exec sleep 1000) & child=$!; {}; kill $child; wait $child; exit 0",
        fork.wait(),
        exec.wait(),
        end.wait()
    );
    let mut pty = Pty::proctop(&watching(&[], &script), 160, 30);
    pty.wait_for_rows("the parent alone", |rows| rows.len() == 1);
    fork.open();
    let rows = pty.wait_for_rows("a child", |rows| rows.len() == 2);
    assert_eq!((rows[1].command.as_str(), rows[1].state.as_str()), ("(sh)", "run"), "it has only forked");
    assert_eq!((rows[0].kids.as_str(), rows[1].guides.as_str()), ("1", "└─"));
    exec.open();
    let slept = pty.wait_for_row("what it executed", |row| is(row, "sleep 1000", "run"));
    assert_eq!(slept.pid, rows[1].pid, "the same process");
    end.open();
    pty.wait_for_row("its end", |row| is(row, "sleep 1000", "SIGTERM"));
    pty.wait_for_row("the parent's", |row| row.state == "exit 0");
    assert_eq!(pty.quit(), Some(0));
}

#[test]
fn a_newborn_is_green_for_a_second() {
    if !bpf_or_skip() {
        return;
    }
    let gate = Gate::new();
    let mut pty = Pty::watch(&gate.wait());
    pty.wait_for_row("green", |row| row.colour == Color::Idx(2));
    pty.wait_for_row("no longer green", |row| row.state == "run" && row.colour == Color::Default && !row.dim);
    gate.open();
    pty.wait_for_row("its end", |row| row.state == "exit 0");
    assert_eq!(pty.quit(), Some(0));
}

#[test]
fn every_size_shows_what_fits() {
    if !bpf_or_skip() {
        return;
    }
    for (columns, lines) in [(80, 24), (200, 50), (300, 100)] {
        let mut pty = Pty::proctop(&watching(&[], THREE_ENDINGS), columns, lines);
        wait_for_three_endings(&pty);
        pty.wait_for_text("lost 0", PATIENCE);
        pty.wait_for_text("q Quit", PATIENCE);
        assert_eq!(pty.quit(), Some(128 + 9), "{columns}x{lines}");
    }
}

#[test]
fn a_tiny_screen_still_answers() {
    if !bpf_or_skip() {
        return;
    }
    for (columns, lines) in [(20, 5), (40, 8), (10, 3), (300, 2), (1, 50), (1, 1)] {
        let mut pty = Pty::proctop(&watching(&[], THREE_ENDINGS), columns, lines);
        if columns == 20 {
            pty.wait_for_text("q Quit", PATIENCE);
        }
        // whatever may be opened in the little room: nothing may break
        for keys in ["\r", "\t", "?", "j", "q", "/co", "\x15", "\r", "o", "jjkk", "G", "*", "\t"] {
            pty.send(keys);
        }
        // bring it to a size where the end can be seen
        pty.resize(80, 24);
        pty.wait_for(|screen| screen.contents().contains("SIGKILL"), PATIENCE);
        assert_eq!(pty.quit(), Some(128 + 9), "{columns}x{lines}");
        let text = pty.screen_text();
        assert!(!text.contains("panicked"), "{text}");
    }
}

#[test]
fn a_screen_that_grows_shows_more() {
    if !bpf_or_skip() {
        return;
    }
    let script = format!("for i in 1 2 3 4 5 6 7; do true & done; wait; {THREE_ENDINGS}");
    let mut pty = Pty::proctop(&watching(&[], &script), 60, 12);
    pty.wait_for(
        |screen| {
            screen.contents().contains("seen 10 ") || rows(screen).iter().any(|row| row.state == "exit 3")
        },
        PATIENCE,
    );
    let few = pty.rows().len();
    assert!((1..10).contains(&few), "{few}");
    pty.resize(100, 60);
    let rows = pty.wait_for_rows("all rows", |rows| rows.len() == 10);
    assert!(rows[0].state == "SIGKILL" && rows[9].state == "exit 3");
    pty.resize(60, 12);
    pty.wait_for_rows("few again", |rows| rows.len() == few);
    assert_eq!(pty.quit(), Some(128 + 9));
}

#[test]
fn a_pid_that_is_used_five_times_has_five_rows() {
    // choosing a pid needs a right of its own
    if !root_or_skip() {
        return;
    }
    let families = program("families");
    let mut pty = Pty::proctop(&["--", families.to_str().unwrap(), "same-pid", "5"], 100, 30);
    pty.wait_for_text(" exit 0 ", PATIENCE);
    let rows = pty.wait_for_rows("all of them", |rows| rows.len() == 6);
    assert_eq!((rows[0].kids.as_str(), rows[0].state.as_str()), ("5", "exit 0"));
    assert!(rows[1..].iter().all(|row| row.pid == rows[1].pid), "{rows:#?}");
    let states: Vec<_> = rows[1..].iter().map(|row| row.state.as_str()).collect();
    assert_eq!(states, ["exit 1", "exit 2", "exit 3", "exit 4", "exit 5"]);
    assert!(pty.screen_text().contains("live 0  seen 6 "), "{}", pty.screen_text());
    assert_eq!(pty.quit(), Some(0));
}

#[test]
fn what_others_wrote_over_the_screen_is_drawn_anew() {
    if !bpf_or_skip() {
        return;
    }
    let mut pty = Pty::watch(THREE_ENDINGS);
    wait_for_three_endings(&pty);
    let (mess, over_the_title) = ("\x1b[8;1Hkernel: some message", "\x1b[3;1Hanother");
    pty.scribble(&format!("{mess}{over_the_title}"));
    pty.wait_for(|screen| screen.contents().contains("some message") && rows(screen).is_empty(), PATIENCE);
    pty.send("\x0c");
    let all = wait_for_three_endings(&pty);
    assert_eq!(all.len(), 3);
    assert!(!pty.screen_text().contains("some message"));
    assert_eq!(pty.quit(), Some(128 + 9));
}

#[test]
fn colours_and_lines_are_for_terminals_that_have_them() {
    if !bpf_or_skip() {
        return;
    }
    let words = watching(&[], THREE_ENDINGS);
    let coloured = |pty: &Pty| {
        pty.with_screen(|screen| {
            let (lines, columns) = screen.size();
            let mut cells =
                (0..lines.get()).flat_map(|row| (0..columns.get()).map(move |column| (row, column)));
            cells.any(|(row, column)| {
                screen.cell(row, column).is_some_and(|cell| cell.fgcolor() != Color::Default)
            })
        })
    };
    let mut pty = Pty::proctop(&words, 100, 30);
    wait_for_three_endings(&pty);
    assert!(coloured(&pty));
    assert_eq!(pty.quit(), Some(128 + 9));

    let mut plain = command(&words);
    plain.env("NO_COLOR", "1").env("LC_ALL", "en_US.ISO-8859-1");
    let mut pty = Pty::start(&plain, 100, 30);
    pty.wait_for_text("`- sh -c 'exit 3'", PATIENCE);
    pty.wait_for_text("|- ls /etc", PATIENCE);
    assert!(!coloured(&pty));
    assert!(pty.screen_text().is_ascii(), "{}", pty.screen_text());
    assert_eq!(pty.quit(), Some(128 + 9));
}
