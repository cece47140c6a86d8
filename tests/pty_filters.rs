//! What is shown and what is not: filters, folds and hiding, typed and from the command line.

mod support;

use support::bpf_or_skip;
use support::gate::Gate;
use support::pty::{Pty, key};
use support::screen::{PATIENCE, Row, pane, watching};

/// A command with offspring of several names in two generations, which has ended but for two: itself, and a `sleep`
/// beneath a shell. Returns the screen with all rows of it.
struct Family {
    pty: Pty,
    gate: Gate,
}

/// Its commands as the tree shows them; the first one, the shell's script, is of no interest here.
const FAMILY: [&str; 5] = ["true", "false", "sh -c 'sleep 1000 & true; wait'", "sleep 1000", "true"];

impl Family {
    fn start(options: &[&str]) -> Self {
        let gate = Gate::new();
        let script = format!(
            "/bin/true; /bin/false; sh -c '/bin/sleep 1000 & /bin/true; wait' & {}; kill $!; wait; exit 0",
            gate.wait()
        );
        Self { pty: Pty::proctop(&watching(options, &script), 140, 40), gate }
    }

    /// All rows are there, and what is to end has ended.
    fn whole(options: &[&str]) -> Self {
        let family = Self::start(options);
        family.wait_for(&[0, 1, 2, 3, 4]);
        family
            .pty
            .wait_for_rows("all endings", |rows| rows.iter().filter(|row| row.state == "run").count() == 3);
        family
    }

    /// Waits until, beside the root, exactly these rows of the family are there.
    #[track_caller]
    fn wait_for(&self, wanted: &[usize]) -> Vec<Row> {
        let what = format!("the rows {wanted:?}");
        self.pty.wait_for_rows(&what, |rows| {
            rows.len() == 1 + wanted.len()
                && rows[0].command.starts_with("sh -c '/bin/true")
                // there may be a mark behind it: who adopted it
                && rows[1..].iter().zip(wanted).all(|(row, &index)| {
                    row.command.replace("/bin/", "").starts_with(FAMILY[index])
                })
        })
    }
}

fn dimmed(rows: &[Row]) -> Vec<bool> {
    rows.iter().map(|row| row.dim).collect()
}

#[test]
fn the_comm_filter_keeps_the_ancestors_dimmed() {
    if !bpf_or_skip() {
        return;
    }
    let mut family = Family::whole(&[]);
    family.pty.send("c");
    family.pty.wait_for_text("Comm contains:", PATIENCE);
    family.pty.send("sle");
    let rows = family.wait_for(&[2, 3]);
    assert_eq!(dimmed(&rows), [true, true, false], "{rows:#?}");
    family.pty.wait_in_pane("Processes", "1 of 6 match  comm:sle");
    family.pty.send("x\r");
    family.pty.wait_for_text("No process matches", PATIENCE);
    family.pty.wait_in_pane("Processes", "0 of 6 match  comm:slex");
    family.pty.send("c\x7f\r");
    family.wait_for(&[2, 3]);
    // the log shows that process's lines only
    let log = family.pty.pane("Events");
    assert!(log[0].contains("1 match"), "{log:#?}");
    assert!(log[1].contains("EXEC") && log[1].contains("sleep 1000"), "{log:#?}");

    family.pty.escape(|screen| pane(screen, "Processes").is_some_and(|lines| !lines[0].contains("match")));
    family.wait_for(&[0, 1, 2, 3, 4]);
    assert_eq!(family.pty.quit_and_terminate(), Some(143));
}

#[test]
fn an_edit_that_is_cancelled_leaves_what_was_in_force() {
    if !bpf_or_skip() {
        return;
    }
    let mut family = Family::whole(&[]);
    family.pty.send("c=false\r");
    family.wait_for(&[1]);
    family.pty.send("c\x15");
    family.wait_for(&[0, 1, 2, 3, 4]);
    family.pty.send("sleep");
    family.wait_for(&[2, 3]);
    family.pty.escape(|screen| screen.contents().contains("comm=false"));
    family.wait_for(&[1]);
    assert_eq!(family.pty.quit_and_terminate(), Some(143));
}

#[test]
fn a_minimum_duration_hides_the_short_and_shows_the_living_once_they_are_old_enough() {
    if !bpf_or_skip() {
        return;
    }
    let mut family = Family::whole(&[]);
    // a bare number is milliseconds
    family.pty.send("d");
    family.pty.wait_for_text("Lived at least:", PATIENCE);
    family.pty.send("9999999");
    family.pty.wait_for_text("No process matches", PATIENCE);
    // the long ones are older than this soon, however slow the machine; the short ones were never
    family.pty.send("\x151500ms\r");
    let rows = family.wait_for(&[2, 3]);
    assert!(rows.iter().all(|row| row.life.ends_with('s') && !row.life.ends_with("ms")), "{rows:#?}");
    family.pty.wait_in_pane("Processes", "≥ 1s500ms");
    family.pty.send("d");
    family.pty.wait_for_text("Lived at least: 1500ms", PATIENCE);
    family.pty.send(" parsecs");
    family.pty.wait_for_text("is not a duration", PATIENCE);
    family.wait_for(&[2, 3]);
    family.pty.send("\x15\r");
    family.wait_for(&[0, 1, 2, 3, 4]);
    assert_eq!(family.pty.quit_and_terminate(), Some(143));
}

#[test]
fn a_living_process_appears_when_its_age_passes_the_bound() {
    if !bpf_or_skip() {
        return;
    }
    let gate = Gate::new();
    let mut pty = Pty::proctop(&watching(&["-d", "3s"], &gate.wait()), 100, 30);
    pty.wait_in_pane("Processes", "0 of 1 match  ≥ 3s");
    let row = pty.wait_for_row("the old one", |row| row.state == "run");
    let life: f64 = row.life.trim_end_matches('s').parse().expect("seconds");
    assert!(life >= 3.0, "{row:?}");
    gate.open();
    pty.wait_for_row("its end", |row| row.state == "exit 0");
    assert_eq!(pty.quit(), Some(0));
}

#[test]
fn a_filter_acts_as_it_is_typed_and_tells_where_it_is_wrong() {
    if !bpf_or_skip() {
        return;
    }
    let mut family = Family::whole(&[]);
    let pty = &mut family.pty;
    pty.send("/comm:true");
    family.wait_for(&[0, 2, 4]);
    let pty = &mut family.pty;
    pty.send(" or comm:");
    pty.wait_in_pane("Processes", "comm:true");
    let caret = pty.wait_for_some(
        "a caret with the mistake",
        |screen| {
            let text = screen.contents();
            let line = text.lines().find(|line| line.trim_start().starts_with('^'))?;
            Some(line.chars().position(|c| c == '^').unwrap_or(0))
        },
        PATIENCE,
    );
    // " Filter: comm:true or comm:"
    assert!((19..=28).contains(&caret), "the position of the mistake: {caret}\n{}", pty.screen_text());
    // Enter does not take what is wrong
    pty.send(key::ENTER);
    family.wait_for(&[0, 2, 4]);
    family.pty.send("false");
    family.wait_for(&[0, 1, 2, 4]);
    family.pty.send(key::ENTER);
    family.pty.wait_for(|screen| !screen.contents().contains("Enter Keep"), PATIENCE);
    family.pty.wait_in_pane("Processes", "3 of 6 match  comm:true or comm:false");
    assert_eq!(family.pty.quit_and_terminate(), Some(143));
}

#[test]
fn the_exited_hide_and_come_back() {
    if !bpf_or_skip() {
        return;
    }
    let mut family = Family::whole(&[]);
    family.pty.send("x");
    family.wait_for(&[2, 3]);
    family.pty.wait_in_pane("Processes", "exited hidden");
    family.pty.send("x");
    family.wait_for(&[0, 1, 2, 3, 4]);
    family.pty.send("x");
    family.wait_for(&[2, 3]);
    family.gate.open();
    family.pty.wait_for_text("No process matches", PATIENCE);
    family.pty.send("x");
    family.wait_for(&[0, 1, 2, 3, 4]);
    assert_eq!(family.pty.quit(), Some(0));
}

#[test]
fn options_give_the_same_from_the_start() {
    if !bpf_or_skip() {
        return;
    }
    for (options, shown, title) in [
        (&["-c", "sle"][..], &[2, 3][..], "comm:sle"),
        (&["-c", "=false"], &[1], "comm=false"),
        (&["-d", "1500"], &[2, 3], "≥ 1s500ms"),
        (&["-f", "exit!=0"], &[1], "exit!=0"),
        (&["-f", "comm:true", "-f", "exit=0"], &[0, 2, 4], "comm:true"),
        (&["-c", "true", "-f", "state=zombie"], &[], "comm:true"),
    ] {
        let mut family = Family::start(options);
        if shown.is_empty() {
            family.pty.wait_for_text("0 of 6 match", PATIENCE);
            family.pty.wait_for_text("No process matches", PATIENCE);
        } else {
            family.wait_for(shown);
        }
        family.pty.wait_in_pane("Processes", title);
        family
            .pty
            .escape(|screen| pane(screen, "Processes").is_some_and(|lines| !lines[0].contains("match")));
        family.wait_for(&[0, 1, 2, 3, 4]);
        assert_eq!(family.pty.quit_and_terminate(), Some(143), "{options:?}");
    }
}
