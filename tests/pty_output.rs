//! The command's own terminal: its output in a pane, the keyboard given to it, its size.

mod support;

use support::bpf_or_skip;
use support::gate::Gate;
use support::pty::{Pty, key};
use support::screen::{PATIENCE, command, pane, watching};
use vt100::{Cell, Color, Screen};

/// Gives the command's keyboard back.
const TAKE_BACK: &str = "\x1d";

const COLOURS: &str = "plain green bold-orange paper";

/// The cell where a word begins in the line of the screen that begins with `line`.
fn cell_of(screen: &Screen, line: &str, word: &str) -> Option<Cell> {
    let columns = screen.size().1.get();
    let row = screen.rows(0, columns).position(|text| text.starts_with(line))?;
    let column = line.find(word)?;
    screen.cell(u16::try_from(row).ok()?, u16::try_from(column).ok()?).cloned()
}

#[test]
fn the_output_stands_in_its_pane_in_its_colours() {
    if !bpf_or_skip() {
        return;
    }
    let script = r"printf 'plain \033[32mgreen \033[1;38;5;208mbold-orange\033[m \033[48;2;10;20;30mpaper\033[m\n'; \
        printf '\033]0;title\007'; echo wide: 日本; exit 2";
    // it shows any colour
    let mut pty = Pty::start(command(watching(&[], script)).env("COLORTERM", "truecolor"), 100, 30);
    pty.wait_for_row("its end", |row| row.state == "exit 2");
    assert!(!pty.screen_text().contains("bold-orange"), "the log stands there at first");
    pty.send("o");
    pty.wait_in_pane("Output", COLOURS);
    pty.wait_in_pane("Output", "wide: 日本");
    pty.wait_in_pane("Output", "exit 2");
    pty.with_screen(|screen| {
        let look = |word| cell_of(screen, COLOURS, word).unwrap_or_else(|| panic!("no {word:?}"));
        assert_eq!((look("plain").fgcolor(), look("plain").bold()), (Color::Default, false));
        assert_eq!(look("green").fgcolor(), Color::Idx(2));
        assert_eq!((look("bold-orange").fgcolor(), look("bold-orange").bold()), (Color::Idx(208), true));
        assert_eq!(look("paper").bgcolor(), Color::Rgb(10, 20, 30));
    });
    pty.send("o");
    pty.pane("Events");
    assert!(!pty.screen_text().contains("bold-orange"));

    assert_eq!(pty.quit(), Some(2));
    pty.wait_for_text(COLOURS, PATIENCE);
    let green = pty.with_screen(|screen| cell_of(screen, COLOURS, "green").map(|cell| cell.fgcolor()));
    assert_eq!(green, Some(Color::Idx(2)), "colours are kept on leaving");
    assert!(!pty.raw().windows(4).any(|bytes| bytes == b"\x1b]0;"), "the command's title never gets through");
}

#[test]
fn long_output_is_scrolled() {
    if !bpf_or_skip() {
        return;
    }
    let mut pty = Pty::watch("i=0; while [ $i -lt 500 ]; do i=$((i+1)); echo line-$i-; done; exit 0");
    pty.wait_for_row("its end", |row| row.state == "exit 0");
    pty.send("o");
    pty.wait_in_pane("Output", "line-500-");
    pty.send("\t");
    pty.wait_for(|screen| pane(screen, "Output").is_some_and(|lines| lines[0].starts_with('━')), PATIENCE);
    pty.send(key::PAGE_UP);
    pty.wait_in_pane("Output", "lines back");
    pty.send("g");
    pty.wait_in_pane("Output", "line-1-");
    pty.send("G");
    pty.wait_in_pane("Output", "line-500-");
    assert_eq!(pty.quit(), Some(0));
    pty.wait_for_text("line-500-", PATIENCE);
    let printed = String::from_utf8_lossy(&pty.raw()).into_owned();
    let printed = printed.rsplit("\x1b[?1049l").next().unwrap_or_default().to_owned();
    assert!(printed.contains("line-1-"), "all of it is printed on leaving");
}

#[test]
fn the_command_gets_the_keyboard_and_gives_it_back() {
    if !bpf_or_skip() {
        return;
    }
    let mut pty = Pty::watch("read x; echo got:$x; exec cat");
    pty.wait_for_row("the command", |row| row.state == "run");
    pty.send("i");
    pty.wait_in_pane("Output", "has the keyboard · Ctrl-] takes it back");
    // keys of proctop are but characters to the command
    pty.send("qx?o\r");
    pty.wait_in_pane("Output", "got:qx?o");
    pty.send("to cat");
    // its echo only
    pty.wait_in_pane("Output", "to cat");
    pty.send("\r");
    let twice = |screen: &Screen| screen.contents().matches("to cat").count() == 2;
    pty.wait_for(twice, PATIENCE);
    pty.send(TAKE_BACK);
    pty.wait_for(|screen| !screen.contents().contains("has the keyboard"), PATIENCE);
    pty.send("?");
    pty.pane("Help");
    pty.send("q");
    pty.wait_for(|screen| pane(screen, "Help").is_none(), PATIENCE);
    // its end of input, and so its end
    pty.send("i");
    pty.wait_in_pane("Output", "has the keyboard");
    pty.send("\x04");
    pty.wait_for_row("its end", |row| row.state == "exit 0");
    // who has ended needs no keyboard
    pty.wait_for(|screen| !screen.contents().contains("has the keyboard"), PATIENCE);
    assert_eq!(pty.quit(), Some(0));
    let text = pty.screen_text();
    assert!(text.contains("got:qx?o") && text.matches("to cat").count() == 2, "{text}");
}

#[test]
fn keys_reach_the_command_as_its_terminal_would_send_them() {
    if !bpf_or_skip() {
        return;
    }
    let keys = format!("a{}{}{}{}\x03é", key::UP, key::PAGE_DOWN, key::BACKSPACE, key::TAB);
    let script = format!(
        "stty -icanon -echo -isig; echo ready; dd bs=1 count={} 2>/dev/null | od -An -tx1; exit 0",
        keys.len()
    );
    let mut pty = Pty::watch(&script);
    pty.wait_for_row("the command", |row| row.command.starts_with("dd"));
    pty.send("i");
    pty.wait_in_pane("Output", "ready");
    pty.send(&keys);
    pty.wait_in_pane("Output", "61 1b 5b 41 1b 5b 36 7e 7f 09 03 c3 a9");
    pty.wait_for_row("its end", |row| row.state == "exit 0");
    assert_eq!(pty.quit(), Some(0));
}

#[test]
fn the_commands_terminal_has_the_size_of_the_pane() {
    if !bpf_or_skip() {
        return;
    }
    let gate = Gate::new();
    let script = format!(
        "stty size; trap 'echo size:$(stty size):' WINCH; while :; do {} && exit 0; done",
        gate.wait()
    );
    let mut pty = Pty::proctop(&watching(&[], &script), 100, 30);
    pty.wait_for_rows("the command", |rows| !rows.is_empty());
    pty.send("o");
    let lines = pty.pane("Output").len() - 1;
    pty.wait_in_pane("Output", &format!("{lines} 100"));
    for (columns, rows) in [(61, 20), (120, 40)] {
        pty.resize(columns, rows);
        let size = |screen: &Screen| {
            let pane = pane(screen, "Output")?;
            let size = format!("size:{} {columns}:", pane.len() - 1);
            pane.iter().any(|line| line.contains(&size)).then_some(())
        };
        pty.wait_for_some(&format!("the size for {columns}x{rows}"), size, PATIENCE);
    }
    gate.open();
    pty.wait_for_row("its end", |row| row.state == "exit 0");
    assert_eq!(pty.quit(), Some(0));
}

#[test]
fn a_paste_goes_where_the_keys_go() {
    if !bpf_or_skip() {
        return;
    }
    let mut pty = Pty::watch("exec cat");
    pty.wait_for_row("the command", |row| row.command == "cat");
    // in the panes a paste is no command, whatever is in it
    pty.send("\x1b[200~q/x\x1b[201~");
    pty.send("/");
    pty.wait_for_text("Filter:", PATIENCE);
    pty.send("\x1b[200~comm:cat\nor comm:dog\x1b[201~");
    pty.wait_for_text("Filter: comm:cat or comm:dog", PATIENCE);
    pty.wait_in_pane("Processes", "1 of 1 match");
    pty.send("\r");
    pty.send("i");
    pty.wait_in_pane("Output", "has the keyboard");
    pty.send("\x1b[200~pasted\x1b[201~\r");
    pty.wait_for(|screen| screen.contents().matches("pasted").count() == 2, PATIENCE);
    pty.send(TAKE_BACK);
    pty.wait_for(|screen| !screen.contents().contains("has the keyboard"), PATIENCE);
    assert_eq!(pty.quit_and_terminate(), Some(143));
}

#[test]
fn what_was_printed_survives_changes_of_size() {
    if !bpf_or_skip() {
        return;
    }
    let script =
        "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do printf 'line-%s %0100d end-%s\\n' $i 0 $i; done; exit 0";
    let mut pty = Pty::proctop(&watching(&[], script), 140, 40);
    // not the kernel's event: proctop itself has been told
    pty.wait_for_text("exit 0  live 0 ", PATIENCE);
    let all_lines = |screen: &Screen| {
        let lines = pane(screen, "Output").unwrap_or_default();
        let line = |n: i32| {
            lines
                .iter()
                .any(|line| line.starts_with(&format!("line-{n} ")) && line.ends_with(&format!("end-{n}")))
        };
        (1..=12).all(line)
    };
    pty.send("o");
    pty.wait_for(all_lines, PATIENCE);
    // the details take a part of the width
    pty.send(key::ENTER);
    pty.wait_in_pane("Details", "exit 0");
    pty.send(key::ENTER);
    pty.wait_for(|screen| pane(screen, "Details").is_none(), PATIENCE);
    pty.wait_for(all_lines, PATIENCE);
    // less height: the end is in sight
    pty.resize(140, 16);
    pty.wait_in_pane("Output", "end-12");
    pty.resize(140, 40);
    pty.wait_for(all_lines, PATIENCE);
    assert_eq!(pty.quit(), Some(0));
}

#[test]
fn a_long_paste_arrives_whole_and_at_once() {
    if !bpf_or_skip() {
        return;
    }
    let mut pty = Pty::watch("exec cat");
    pty.wait_for_row("the command", |row| row.command == "cat");
    pty.send("i");
    pty.wait_in_pane("Output", "has the keyboard");
    let lines: String = (1..=100).map(|n| format!("pasted line {n}, of some length\n")).collect();
    pty.send(format!("\x1b[200~{lines}\x1b[201~"));
    // no key is needed to push the rest through
    pty.wait_in_pane("Output", "pasted line 100, of some length");
    pty.send(TAKE_BACK);
    pty.wait_for(|screen| !screen.contents().contains("has the keyboard"), PATIENCE);
    assert_eq!(pty.quit_and_terminate(), Some(143));
}
