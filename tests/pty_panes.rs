//! The panes around the tree: details, log, help, pause.

mod support;

use support::bpf_or_skip;
use support::gate::Gate;
use support::process::wait_gone;
use support::pty::{Pty, key};
use support::screen::{PATIENCE, pane, rows, watching};
use vt100::Screen;

/// Makes a line of the details from its name and its value.
fn entry(name: &str, value: &str) -> String {
    format!("{name:<12}{value}")
}

/// The lines of a pane from the heading to the next empty line, without blanks around them.
fn section(lines: &[String], heading: &str) -> Vec<String> {
    let from = lines.iter().position(|line| line.trim() == heading);
    let from = from.unwrap_or_else(|| panic!("no {heading:?} in {lines:#?}"));
    let section = lines[from + 1..].iter().map(|line| line.trim().to_owned());
    section.take_while(|line| !line.is_empty()).collect()
}

#[test]
fn details_show_arguments_images_parents_ending_and_costs() {
    if !bpf_or_skip() {
        return;
    }
    let script = "sh -c 'exec env LANG=C sh -c \"exit 5\" a\\ word \"\" \"line
break\"'; exit 6";
    for (columns, rows) in [(160, 60), (90, 80)] {
        let mut pty = Pty::proctop(&watching(&[], script), columns, rows);
        pty.wait_for_row("the parent's end", |row| row.state == "exit 6");
        pty.send("G\r");
        let row = pty.wait_for_row("the selected child", |row| row.selected && row.state == "exit 5");
        pty.wait_in_pane("Details", &row.pid.to_string());
        let lines = pty.pane("Details");
        let has = |wanted: &str| lines.iter().any(|line| line.contains(wanted));
        for (name, value) in [
            (entry("state", "✗ exit 5"), ""),
            (entry("lifetime", &row.life), "image time "),
            (entry("cpu", &row.cpu), "system "),
            ("peak rss ".to_owned() + &row.rss, ""),
            ("comm sh".to_owned(), ""),
        ] {
            assert!(has(&name) && has(value), "{name} {value}: {lines:#?}");
        }

        let arguments = section(&lines, "Arguments");
        assert_eq!(
            arguments,
            ["0  sh", "1  -c", "2  exit 5", "3  a word", "4", "5  line␊break"],
            "one argument a line"
        );
        let history = section(&lines, "History");
        // long ones go on in the next lines, without a time
        let timed = history.iter().filter(|line| line.get(2..3) == Some(":"));
        let steps: Vec<&str> = timed.map(|line| line.get(12..).unwrap_or_default().trim()).collect();
        assert_eq!((steps.len(), steps[0]), (5, "fork"), "{history:#?}");
        let images = ["exec sh -c $'exec env", "exec env LANG=C sh -c", "exec sh -c 'exit 5'", "✗ exit 5"];
        for (step, wanted) in steps[1..].iter().zip(images) {
            assert!(step.starts_with('+') && step.contains(wanted), "{wanted}: {history:#?}");
        }
        let relatives = section(&lines, "Relatives");
        let parent = pty.rows()[0].pid;
        assert!(relatives.contains(&entry("children", "0")), "{relatives:#?}");
        assert!(relatives.iter().any(|line| line.starts_with(&entry("parents", &format!("{parent} sh -c")))));
        assert!(has("user") && has("root (0)"), "{lines:#?}");

        pty.send(key::ENTER);
        pty.wait_for(|screen| pane(screen, "Details").is_none(), PATIENCE);
        assert_eq!(pty.quit(), Some(6));
    }
}

#[test]
fn details_of_the_living_go_on_living() {
    if !bpf_or_skip() {
        return;
    }
    let gate = Gate::new();
    let mut pty = Pty::proctop(
        &watching(&[], &format!("{}; sleep 1000 & kill $!; wait; exit 4", gate.wait())),
        160,
        40,
    );
    pty.wait_for_row("the command", |row| row.state == "run");
    pty.send(key::ENTER);
    pty.wait_in_pane("Details", &entry("state", "runs"));
    let lifetime = |screen: &Screen| {
        let lines = pane(screen, "Details")?;
        lines.into_iter().find(|line| line.contains("lifetime"))
    };
    let first = pty.wait_for_some("a lifetime", lifetime, PATIENCE);
    pty.wait_for(|screen| lifetime(screen).is_some_and(|line| line != first), PATIENCE);
    gate.open();
    pty.wait_in_pane("Details", &entry("state", "✗ exit 4"));
    pty.wait_in_pane("Details", &entry("children", "1"));
    assert_eq!(pty.quit(), Some(4));
}

#[test]
fn the_log_stays_where_the_user_scrolled_until_the_live_end_is_asked_for() {
    if !bpf_or_skip() {
        return;
    }
    let more = Gate::new();
    let forty = "i=0; while [ $i -lt 40 ]; do i=$((i+1)); /bin/true $i; done";
    let mut pty = Pty::watch(&format!("{forty}; {}; i=40; /bin/true last; exit 0", more.wait()));
    pty.wait_for_text("seen 41 ", PATIENCE);
    pty.wait_in_pane("Events", "true 40");
    assert!(pty.pane("Events")[0].contains("following"));
    pty.send(key::TAB);
    pty.wait_for(|screen| pane(screen, "Events").is_some_and(|lines| lines[0].starts_with('━')), PATIENCE);
    pty.send(key::PAGE_UP);
    pty.wait_in_pane("Events", "to the end");
    let before = pty.pane("Events");
    assert!(!before[0].contains("following"), "{before:#?}");
    more.open();
    pty.wait_for_text("exit 0  live 0  seen 42 ", PATIENCE);
    let after = pty.pane("Events");
    assert_eq!(after[1..], before[1..], "the lines stand still");
    assert_ne!(after[0], before[0], "more of them are newer");
    pty.send("G");
    pty.wait_in_pane("Events", "true last");
    pty.wait_for(|screen| pane(screen, "Events").is_some_and(|lines| !lines[0].contains("newer")), PATIENCE);
    pty.send("g");
    pty.wait_in_pane("Events", "sh -c 'i=0; while");
    // Enter on a line shows the process of that line
    pty.send("jj\r");
    pty.wait_in_pane("Details", "true");
    assert_eq!(pty.quit(), Some(0));
}

#[test]
fn a_pause_freezes_the_picture_and_nothing_is_missed() {
    if !bpf_or_skip() {
        return;
    }
    let (go, done) = (Gate::new(), Gate::new());
    let script = format!("{}; /bin/true a; /bin/false b; {}; exit 0", go.wait(), done.wait());
    let mut pty = Pty::watch(&script);
    pty.wait_for_row("the command", |row| row.state == "run");
    pty.send("Z");
    pty.wait_for_text("PAUSED", PATIENCE);
    let frozen = pty.screen_text();
    go.open();
    // it has come so far, and events of it have been there for at least so long
    done.open();
    wait_gone(pty.rows()[0].pid);
    // whether keys are answered, and what still stands after that
    pty.send("?");
    pty.pane("Help");
    pty.escape(|screen| pane(screen, "Help").is_none());
    assert_eq!(
        pane_texts(&frozen, "Processes"),
        pane_texts(&pty.screen_text(), "Processes"),
        "the picture stands still"
    );
    pty.send("Z");
    let rows = pty.wait_for_rows("what went on", |rows| rows.len() == 3);
    let states: Vec<&str> = rows.iter().map(|row| row.state.as_str()).collect();
    assert_eq!(states, ["exit 0", "exit 0", "exit 1"]);
    pty.wait_for(|screen| !screen.contents().contains("PAUSED"), PATIENCE);
    assert_eq!(pty.quit(), Some(0));
}

/// The text from a pane's title on, without the header, whose words change by the command's end.
fn pane_texts(text: &str, title: &str) -> Vec<String> {
    text.lines().skip_while(|line| !line.contains(title)).take(20).map(str::to_owned).collect()
}

#[test]
fn the_help_lists_every_key_of_the_keymap() {
    if !bpf_or_skip() {
        return;
    }
    let gate = Gate::new();
    let mut pty = Pty::proctop(&watching(&[], &gate.wait()), 100, 150);
    pty.wait_for_rows("the command", |rows| rows.len() == 1);
    pty.send("?");
    pty.wait_for_text("Take the keyboard back", PATIENCE);
    let text = pty.screen_text();
    let mut seen = Vec::new();
    for binding in bindings() {
        // what stands in braces is replaced by a key
        for part in binding.split(['{', '}']).step_by(2) {
            assert!(text.contains(part), "{part:?} is not in the help:\n{text}");
        }
        seen.push(binding);
    }
    assert!(seen.len() > 30, "the keymap was read: {seen:?}");
    for keys in ["q", "?", "\r", key::F1, key::CTRL_C] {
        pty.send(keys);
        pty.wait_for(|screen| rows(screen).len() == 1, PATIENCE);
        pty.send("?");
        pty.wait_for_text("This help", PATIENCE);
    }
    pty.resize(80, 24);
    pty.wait_in_pane("Help", "more below");
    pty.send("G");
    pty.wait_for(
        |screen| pane(screen, "Help").is_some_and(|lines| !lines[0].contains("more below")),
        PATIENCE,
    );
    pty.send("q");
    assert_eq!(pty.quit_and_terminate(), Some(143));
}

/// The help texts of all bindings, read from the source of the keymap: those of the help screen itself are not shown, and
/// not how to move in the view of storms, which is the same.
fn bindings() -> Vec<String> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/src/ui/bindings");
    let files =
        std::fs::read_dir(directory).expect("the keymap's source").map(|file| file.expect("ours").path());
    let table: String =
        files.map(|path| std::fs::read_to_string(path).expect("the keymap's source")).collect();
    let is_shown = |binding: &&str| {
        let words = binding.split_whitespace().collect::<Vec<_>>().join("");
        // Those of other views are told there.
        let elsewhere = ["InHelp,", "Storms,Group::Moving,", "Table,", "Failures,", "Timeline,", "Columns,"];
        !elsewhere.iter().any(|context| words.starts_with(context))
    };
    let texts = table.split("Binding::new(").skip(1).filter(is_shown);
    texts.map(|binding| binding.split('"').nth(1).expect("a help text").to_owned()).collect()
}
