//! The example: every setting with what it means and its default, so that the file is documented by itself.

use std::fmt::Write as _;
use std::time::Duration;

use crate::model::table::Column;
use crate::ui::{Flash, KeyRow, KeySection, Keymap, TableColumns};

/// Where it is explained what an action does.
const HELP_COLUMN: usize = 34;

const HEAD: &str = "\
# proctop's config file. 'proctop config --path' prints where it is looked for;
# 'proctop config --example > FILE' writes this one.
#
# All settings are here with their defaults, switched off: remove the # in front of one to change it.
# Options of the command line come first, then this file. It is about the screen: 'log' reads only the filters that
# its -f names, 'record' nothing.
";

const LOOK: &str = "\
# Colours: dark and light are for such backgrounds, 16 are the terminal's own, mono has none.
# auto is dark or light where the terminal says which (COLORFGBG), else 16. As --theme.
#theme = \"auto\"

# auto, always or never. auto draws no colours where NO_COLOR is set. As --color.
#color = \"auto\"

# Draw with ASCII only: auto, always or never. auto asks the locale. As --ascii.
#ascii = \"auto\"

# Click, wheel and drag; the section Mouse of the help tells what they do. With Shift held down most terminals select
# text all the same; with false they always do.
#mouse = true
";

const HISTORY: &str = "\
# Ended processes to keep; auto is as many as there is room for. As --history.
#history = \"auto\"
";

const SHOWN: &str = "\
# Show only what lived at least so long at first; a bare number is milliseconds. As -d.
#min-duration = \"0ms\"

# Begin with the exited hidden.
#hide-exited = false

# Begin with kernel threads shown.
#kernel-threads = false
";

const TABLE: &str = "\
[table]
# The columns of the flat table from left to right; the last of them go first where there is no room for all, and the
# command always stands last. C in the table helps to choose. There is:
";

const KEYS: &str = "\
[keys]
# A key or a list of keys for an action, instead of those that it has: a character, or a name as Ctrl-u, Alt-x, F5,
# Space, Enter, Esc, Tab, Shift-Tab, Backspace, Insert, Delete, Home, End, PgUp, PgDn, Up, Down, Left, Right.
";

const FILTERS: &str = "\
[filters]
# Filters by name, in the language of -f and /; @failed-compilers stands for this one:
#   failed-compilers = \"comm~^cc1 exit!=0\"
";

/// A config file that has every setting.
pub fn example() -> String {
    let mut text = format!("{HEAD}\n{LOOK}\n");
    let Flash { new_ns, ended_ns } = Flash::default();
    let _ = writeln!(text, "{HISTORY}\n{SHOWN}");
    let _ = writeln!(
        text,
        "[flash]\n# How long new rows stand out: they flash for half of the time, then they fade. 0 is never.\n\
         #new = \"{}\"\n# The same for rows that have ended.\n#ended = \"{}\"\n",
        duration(new_ns),
        duration(ended_ns)
    );
    text += TABLE;
    text += &table();
    text += KEYS;
    let keymap = Keymap::default();
    for &section in KeySection::ALL {
        if let Some(name) = section.name() {
            let _ = writeln!(text, "\n[keys.{name}]\n# {}.", about(section));
        }
        for row in keymap.rows(section) {
            let setting = format!("#{} = {}", row.action, keys(&row));
            let _ = writeln!(text, "{setting:<HELP_COLUMN$}  # {}", row.help);
        }
    }
    text + "\n" + FILTERS
}

/// The settings of the table.
fn table() -> String {
    let TableColumns { shown, sort, inverted } = TableColumns::default();
    let names = |columns: &[Column], quote: &str| {
        let names = columns.iter().map(|&column| format!("{quote}{}{quote}", TableColumns::name(column)));
        names.collect::<Vec<_>>()
    };
    let mut text = String::new();
    for line in lines(&names(&Column::ALL, "")) {
        let _ = writeln!(text, "#   {line}");
    }
    // A setting that goes on in the next line has its # in front of that, too.
    let _ = writeln!(text, "#columns = [{}]", lines(&names(&shown, "\"")).join(",\n#"));
    text += "# The column whose order the rows have at first: the newest, greatest or worst first; names from A to Z.\n";
    let _ = writeln!(text, "#sort = \"{}\"", TableColumns::name(sort));
    let _ = writeln!(text, "# The other way round.\n#invert = {inverted}\n");
    text
}

/// Names in lines of a readable length.
fn lines(names: &[String]) -> Vec<String> {
    names.chunks(10).map(|names| names.join(", ")).collect()
}

fn duration(ns: u64) -> humantime::FormattedDuration {
    humantime::format_duration(Duration::from_nanos(ns))
}

const fn about(section: KeySection) -> &'static str {
    match section {
        KeySection::Screen => "In the panes",
        KeySection::Details => "In the details of a process",
        KeySection::Editing => "While a filter or a search is typed",
        KeySection::Help => "In the help",
        KeySection::Storms => "In the view of storms",
        KeySection::Timeline => "In the timeline",
        KeySection::Menu => "In the list of what can be done with a process",
        KeySection::Columns => "In the list of the table's columns",
        KeySection::Signals => "In the list of signals",
        KeySection::Sending => "Where proctop asks whether to send a signal",
        KeySection::Question => "Where proctop asks what becomes of a running command",
        KeySection::Keyboard => "While the command has the keyboard",
    }
}

/// As TOML.
fn keys(row: &KeyRow) -> String {
    let quoted = |key: &String| match key.contains(['"', '\\']) {
        true => format!("'{key}'"),
        false => format!("\"{key}\""),
    };
    match row.keys.as_slice() {
        [key] => quoted(key),
        keys => format!("[{}]", keys.iter().map(quoted).collect::<Vec<_>>().join(", ")),
    }
}
