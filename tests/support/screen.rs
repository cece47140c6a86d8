//! proctop in a terminal, and its screen read as a user reads it: the rows of the tree, the lines of a pane.

use std::process::Command;
use std::time::Duration;

use vt100::Screen;

use super::proctop;
use super::pty::{Pty, key};

/// How long anything may take on a loaded machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A row of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub pid: u32,
    /// Without its sign.
    pub state: String,
    pub life: String,
    pub cpu: String,
    pub rss: String,
    pub kids: String,
    /// The lines of the tree left of the command, with the mark for folding: `│ └─▾`.
    pub guides: String,
    /// The command with the marks behind it, its program without the directory.
    pub command: String,
    /// It is there for a descendant's sake only, or dead: all of it is drawn dim.
    pub dim: bool,
    /// It stands out as the selected one, in the focused pane or in another.
    pub selected: bool,
    /// The colour of its values.
    pub colour: vt100::Color,
}

impl Row {
    pub fn folded(&self) -> bool {
        self.guides.ends_with('▸')
    }
}

/// The command line `proctop ARGUMENTS`, under a locale and a user that tests can rely on.
pub fn command<S: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(proctop());
    command.args(arguments).env("LC_ALL", "C.UTF-8").env("TZ", "UTC").env("XDG_CONFIG_HOME", "/nonexistent");
    // A place that can hold nothing: nobody's history, and no first run.
    command.env("XDG_STATE_HOME", "/dev/null");
    for name in ["SUDO_UID", "SUDO_GID", "SUDO_USER", "LANG", "COLORFGBG"] {
        command.env_remove(name);
    }
    command
}

/// The words of `proctop [OPTIONS] -- sh -c SCRIPT`.
pub fn watching<'a>(options: &[&'a str], script: &'a str) -> Vec<&'a str> {
    [options, &["--", "sh", "-c", script]].concat()
}

impl Pty {
    /// Starts `proctop ARGUMENTS` in a terminal of this size.
    pub fn proctop(arguments: &[&str], columns: u16, rows: u16) -> Self {
        Self::start(&command(arguments), columns, rows)
    }

    /// Starts `proctop -- sh -c SCRIPT` in a terminal of 100 columns and 30 rows.
    pub fn watch(script: &str) -> Self {
        Self::proctop(&watching(&[], script), 100, 30)
    }

    /// The rows of the tree that are on the screen.
    pub fn rows(&self) -> Vec<Row> {
        self.with_screen(rows)
    }

    /// Waits until a row of the tree is as wanted, and returns it.
    #[track_caller]
    pub fn wait_for_row(&self, what: &str, wanted: impl Fn(&Row) -> bool) -> Row {
        self.wait_for_some(what, |screen| rows(screen).into_iter().find(&wanted), PATIENCE)
    }

    /// Waits until all rows of the tree together are as wanted, and returns them.
    #[track_caller]
    pub fn wait_for_rows(&self, what: &str, wanted: impl Fn(&[Row]) -> bool) -> Vec<Row> {
        self.wait_for_some(what, |screen| Some(rows(screen)).filter(|rows| wanted(rows)), PATIENCE)
    }

    /// Waits until the commands in the tree are these, from top to bottom.
    #[track_caller]
    pub fn wait_for_commands(&self, wanted: &[&str]) -> Vec<Row> {
        self.wait_for_rows(&format!("the commands {wanted:?}"), |rows| {
            rows.iter().map(|row| row.command.as_str()).eq(wanted.iter().copied())
        })
    }

    /// Waits until the text stands in the pane with this title, the title included.
    #[track_caller]
    pub fn wait_in_pane(&self, title: &str, text: &str) {
        let found =
            |screen: &Screen| pane(screen, title)?.iter().any(|line| line.contains(text)).then_some(());
        self.wait_for_some(&format!("{text:?} in the pane {title:?}"), found, PATIENCE);
    }

    /// The lines of the pane with this title, the title included.
    #[track_caller]
    pub fn pane(&self, title: &str) -> Vec<String> {
        self.wait_for_some(&format!("the pane {title:?}"), |screen| pane(screen, title), PATIENCE)
    }

    /// Types `q`, where no command runs any more, and waits for the end: the exit code. The terminal must be
    /// restored.
    #[track_caller]
    pub fn quit(&mut self) -> Option<i32> {
        // its end is seen by the kernel's event first, and then by proctop that waits for it
        let waits =
            |screen: &Screen| screen.contents().lines().next().unwrap_or_default().contains(" running ");
        self.wait_for(|screen| !waits(screen), PATIENCE);
        self.send("q");
        self.ends()
    }

    /// As [`Pty::quit`], where the command still runs: it is terminated.
    #[track_caller]
    pub fn quit_and_terminate(&mut self) -> Option<i32> {
        self.send("q");
        self.wait_for_text("is still running", PATIENCE);
        self.send("t");
        self.ends()
    }

    /// Waits for the end: the exit code. The terminal must be restored.
    #[track_caller]
    pub fn ends(&mut self) -> Option<i32> {
        let code = self.wait_exit(PATIENCE).code();
        self.assert_restored();
        code
    }

    /// Types Esc, as a user does: what follows comes later, and so is not taken for a part of one key.
    pub fn escape(&mut self, seen: impl Fn(&Screen) -> bool) {
        self.send(key::ESC);
        self.wait_for(seen, PATIENCE);
    }
}

/// The screen's lines, with blanks at their ends.
fn lines(screen: &Screen) -> Vec<Vec<String>> {
    let (rows, columns) = screen.size();
    let text = |row, column| match screen.cell(row, column) {
        Some(cell) if cell.has_contents() => cell.contents().to_owned(),
        Some(cell) if cell.is_wide_continuation() => String::new(),
        _ => " ".to_owned(),
    };
    (0..rows.get()).map(|row| (0..columns.get()).map(|column| text(row, column)).collect()).collect()
}

fn is_rule(cell: &str) -> bool {
    matches!(cell, "─" | "━")
}

/// Where the pane with this title is: the row and the column of its title, and the column after it.
fn title_of(lines: &[Vec<String>], title: &str) -> Option<(usize, usize, usize)> {
    lines.iter().enumerate().find_map(|(row, cells)| {
        (0..cells.len()).find_map(|start| {
            let begins = is_rule(&cells[start]) && (start == 0 || cells[start - 1] == "│");
            let named = cells[start..].iter().skip(2).map(String::as_str).collect::<String>();
            let end = cells[start..].iter().position(|cell| cell == "│").map_or(cells.len(), |at| start + at);
            (begins && named.starts_with(title)).then_some((row, start, end))
        })
    })
}

/// The lines of the pane with this title, its title first, without blanks at their ends. `None` when it is not on
/// the screen.
pub fn pane(screen: &Screen, title: &str) -> Option<Vec<String>> {
    let lines = lines(screen);
    let (row, start, end) = title_of(&lines, title)?;
    let text = |cells: &Vec<String>| cells[start..end].concat().trim_end().to_owned();
    // the last line of the screen is the footer's
    let below = lines[..lines.len() - 1].iter().skip(row + 1).take_while(|cells| !is_rule(&cells[start]));
    Some(std::iter::once(&lines[row]).chain(below).map(text).collect())
}

/// The number behind a word in the first line of the screen.
pub fn header_number(screen: &Screen, word: &str) -> Option<u64> {
    let text = screen.contents();
    let mut words = text.lines().next()?.split_whitespace().skip_while(|&at| at != word);
    words.nth(1)?.replace(',', "").parse().ok()
}

/// The names of the columns that stand at the left of their values.
const LEFT_ALIGNED: [&str; 2] = ["USER", "STATE"];

/// The rows of the tree that are on the screen.
pub fn rows(screen: &Screen) -> Vec<Row> {
    let lines = lines(screen);
    let Some((title, start, end)) = title_of(&lines, "Processes") else { return Vec::new() };
    let heading = Heading::new(&lines[title + 1][start..end]);
    let below = lines[..lines.len() - 1].iter().enumerate().skip(title + 2);
    let below = below.take_while(|(_, cells)| !is_rule(&cells[start]));
    below
        .filter_map(|(row, cells)| {
            let cells = &cells[start..end];
            let value = |name| heading.value(name, cells);
            let pid = value("PID").parse().ok()?;
            let command = cells[heading.command..].concat();
            let split = command.find(|c| !"│├└─▾▸… ".contains(c)).unwrap_or(command.len());
            let (guides, command) = command.split_at(split);
            let first = |from: usize| {
                let column = (from..end).find(|&column| !matches!(cells[column].as_str(), " " | "│"))?;
                screen.cell(u16::try_from(row).ok()?, u16::try_from(start + column).ok()?)
            };
            let pid_cell = first(0)?;
            let command_cell = first(heading.command + guides.chars().count());
            Some(Row {
                pid,
                state: without_sign(&value("STATE")).to_owned(),
                life: value("LIFE"),
                cpu: value("CPU"),
                rss: value("RSS"),
                kids: value("KIDS"),
                guides: guides.trim_end().to_owned(),
                command: without_directory(command.trim_end()).to_owned(),
                dim: pid_cell.dim() && command_cell.is_none_or(|cell| cell.dim()),
                selected: pid_cell.inverse() || pid_cell.underline(),
                colour: pid_cell.fgcolor(),
            })
        })
        .collect()
}

/// An ending without the sign in front of it, which must be the right one.
fn without_sign(state: &str) -> &str {
    let (sign, ending) = state.split_once(' ').unwrap_or(("", state));
    match sign {
        "✓" if ending == "exit 0" => ending,
        "✗" if ending != "exit 0" => ending,
        "?" => ending,
        _ => state,
    }
}

/// A command line whose program is named by its last part only.
fn without_directory(command: &str) -> &str {
    let program = command.split(' ').next().unwrap_or_default();
    let directory = program.rfind('/').filter(|_| program.starts_with('/'));
    directory.map_or(command, |slash| &command[slash + 1..])
}

/// Where the columns of the tree are.
struct Heading {
    /// Name, first column and the column after the last, of the name itself.
    names: Vec<(String, usize, usize)>,
    command: usize,
}

impl Heading {
    fn new(cells: &[String]) -> Self {
        let text = cells.concat();
        let mut names = Vec::new();
        let mut at = 0;
        for word in text.split(' ') {
            if !word.is_empty() {
                names.push((word.to_owned(), at, at + word.len()));
            }
            at += word.len() + 1;
        }
        let command = names.iter().find(|(name, ..)| name == "COMMAND").map_or(cells.len(), |named| named.1);
        Self { names, command }
    }

    /// What stands in a row under this name; empty where there is no such column.
    fn value(&self, name: &str, cells: &[String]) -> String {
        let Some(index) = self.names.iter().position(|(known, ..)| known == name) else {
            return String::new();
        };
        let is_left = |index: usize| LEFT_ALIGNED.contains(&self.names[index].0.as_str());
        let (_, start, end) = self.names[index];
        if !is_left(index) {
            // it ends where its name ends; what is before may be a left-aligned value
            let from = index.checked_sub(1).map_or(0, |before| self.names[before].2);
            let text = cells[from..end].concat();
            return text.rsplit(' ').next().unwrap_or_default().to_owned();
        }
        let (_, next_start, next_end) = self.names[index + 1];
        let text = cells[start..if is_left(index + 1) { next_start } else { next_end }].concat();
        let text = if is_left(index + 1) { &text } else { text.rsplit_once(' ').map_or("", |(own, _)| own) };
        text.trim().to_owned()
    }
}
