//! Config files and what they come to.

use proptest::prelude::*;

use super::*;
use crate::model::table::Column;
use crate::ui::{KeySection, ThemeChoice, When};

const MS: u64 = 1_000_000;

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(text.as_bytes(), &|name| (name == "root").then_some(0))
}

fn keys(config: &Config, section: KeySection, action: &str) -> Vec<String> {
    config.keymap.rows(section).find(|row| row.action == action).map(|row| row.keys).unwrap_or_default()
}

/// The example with its settings switched on.
fn switched_on() -> String {
    let on =
        |line: &str| line.strip_prefix('#').filter(|rest| !rest.starts_with([' ', '\n'])).map(str::to_owned);
    example().split_inclusive('\n').map(|line| on(line).unwrap_or_else(|| line.to_owned())).collect()
}

#[test]
fn the_example_is_the_default_switched_off_and_on() {
    assert_eq!(parse(&example()), Ok(Config::default()));
    let text = switched_on();
    assert_eq!(parse(&text), Ok(Config::default()), "{text}");
    // Nothing is missing in it.
    for name in [
        "theme",
        "color",
        "ascii",
        "mouse",
        "history",
        "min-duration",
        "hide-exited",
        "kernel-threads",
        "new",
        "ended",
    ] {
        assert!(text.contains(&format!("\n{name} = ")), "{name}");
    }
    for &section in KeySection::ALL {
        for row in Config::default().keymap.rows(section) {
            assert!(text.contains(&format!("\n{} = ", row.action)), "{}", row.action);
        }
    }
    assert!(text.lines().all(|line| line.chars().count() <= 120));
}

/// Names in it are what users write: a change of one is a change for them.
#[test]
fn the_example_reads_well() {
    insta::assert_snapshot!("example", example());
}

#[test]
fn everything_can_be_set() {
    let config = parse(
        r##"
theme = "16"
color = "always"
ascii = "never"
history = 5_000
min-duration = 10
hide-exited = true
kernel-threads = true
flash = { new = "2s", ended = 0 }
[keys]
quit = ["Q", "F10"]
first = '\'
filter = '/'
"##,
    )
    .unwrap();
    let look = LookChoice { theme: ThemeChoice::Sixteen, colour: When::Always, ascii: When::Never };
    assert_eq!((config.look, config.history, config.min_duration_ns), (look, Some(5000), 10 * MS));
    assert_eq!(parse("history = 'auto'").map(|config| config.history), Ok(None));
    assert!(config.hide_exited && config.kernel_threads);
    assert_eq!(config.flash, Flash { new_ns: 2000 * MS, ended_ns: 0 });
    assert_eq!(keys(&config, KeySection::Screen, "quit"), ["Q", "F10"]);
    assert_eq!(keys(&config, KeySection::Screen, "down"), ["Down", "j"]);
}

#[test]
fn keys_may_swap_and_the_tables_within_are_apart() {
    let config = parse(
        "[keys]\nfollow = 'x'\nhide-exited = 'F'\n[keys.help-screen]\nback = 'x'\n[keys.question]\nterminate = 'x'\n",
    )
    .unwrap();
    assert_eq!(keys(&config, KeySection::Screen, "follow"), ["x"]);
    assert_eq!(keys(&config, KeySection::Help, "back"), ["x"]);
    assert_eq!(keys(&config, KeySection::Screen, "back"), ["Esc"]);
}

#[test]
fn filters_are_kept_by_name() {
    let config = parse("[filters]\nslow = ' dur>1s '\nroots-own = 'user=root'\n").unwrap();
    assert_eq!(
        config.filters.into_iter().collect::<Vec<_>>(),
        [("roots-own".to_owned(), "user=root".to_owned()), ("slow".to_owned(), "dur>1s".to_owned())]
    );
}

#[test]
fn mistakes_are_one_line_with_their_place() {
    for (text, error) in [
        ("theme = \"drak\"", "1:9: 'theme' is auto, dark, light, 16, mono, not 'drak'"),
        ("\n\n  color = 1", "3:11: 'color' takes a text in quotes, not a number"),
        ("thme = 'dark'", "1:1: unknown setting 'thme'; did you mean 'theme'?"),
        (
            "x = 1",
            "1:1: unknown setting 'x'; there is theme, color, ascii, mouse, history, min-duration, hide-exited, \
             kernel-threads, flash, table, keys, filters",
        ),
        ("history = 0", "1:11: 'history' is a number from 1 to 10000000"),
        ("history = -1", "1:11: 'history' is a number from 1 to 10000000"),
        ("history = 1e9", "1:11: 'history' takes a whole number or \"auto\", not a number"),
        ("hide-exited = 'yes'", "1:15: 'hide-exited' takes true or false, not a text"),
        (
            "min-duration = 'soon'",
            "1:16: 'soon' is not a duration; write 50ms, 1.5s, 2min or a number of milliseconds",
        ),
        ("flash = 1", "1:9: 'flash' takes a table, not a number"),
        ("[flash]\nnwe = 1", "2:1: unknown setting 'nwe'; did you mean 'new'?"),
        ("[keys]\nqiut = 'q'", "2:1: unknown action 'qiut'; did you mean 'quit'?"),
        (
            "[keys]\nquit = ['q', 'qq']",
            "2:14: 'qq' is no key; write one as x, Ctrl-x, Alt-x, F5, PgUp, Space or Enter",
        ),
        ("[keys]\nquit = []", "2:8: 'quit' needs a key"),
        ("[keys]\nquit = [1]", "2:8: 'quit' takes a text in quotes or a list of those, not a list"),
        (
            "[keys]\nfollow = 'x'",
            "2:10: 'x' is the key of 'hide-exited', too; give 'hide-exited' another one",
        ),
        (
            "[keys]\nup = 'é'\ndown = ['w', 'é']",
            "2:6: 'é' is the key of 'down', too; give 'down' another one",
        ),
        ("keys.editing.accept = 'x'", "1:23: 'x' could not be typed any more; take a key with Ctrl or Alt"),
        ("[filters]\nf = 'com:x'", "2:6: unknown field 'com'; did you mean 'comm'?"),
        (
            "[filters]\nf = \"é dur>soon\"",
            "2:12: 'soon' is not a duration; write 50ms, 1.5s, 2min or a number of milliseconds",
        ),
        ("[filters]\nf = \"\\u0061 com:x\"", "2:5: unknown field 'com'; did you mean 'comm'?"),
        ("[filters]\nf = ''", "2:5: the filter 'f' is empty"),
        (
            "[filters]\n'a b' = 'x'",
            "2:1: 'a b' is no name for a filter; take at most 32 letters, digits, - and _",
        ),
        ("a = 1\na = 2", "2:1: duplicate key"),
    ] {
        let found = parse(text).unwrap_err();
        assert_eq!(found.to_string(), error, "{text}");
    }
    let bytes = Config::parse(b"theme = '\xff'", &|_| None).unwrap_err();
    assert_eq!(bytes.to_string(), "1:10: this is not UTF-8, which the file has to be");
    let unfinished = parse("theme = \n").unwrap_err();
    assert_eq!((unfinished.line, unfinished.message.lines().count()), (1, 1), "{unfinished}");
}

#[test]
fn places_follow_the_environment_or_the_home() {
    use std::ffi::OsString;
    use std::path::{Path, PathBuf};
    let place = |environment: &[(&str, &str)]| {
        place::by_environment(&|name| {
            environment.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
        })
    };
    let own = Some(PathBuf::from("/home/u/.config/proctop/config.toml"));
    assert_eq!(place(&[("HOME", "/home/u")]), own);
    assert_eq!(place(&[("HOME", "/home/u"), ("XDG_CONFIG_HOME", "")]), own);
    assert_eq!(place(&[("HOME", "/home/u"), ("XDG_CONFIG_HOME", "relative")]), own);
    let elsewhere = Some(PathBuf::from("/x/proctop/config.toml"));
    assert_eq!(place(&[("HOME", "/home/u"), ("XDG_CONFIG_HOME", "/x")]), elsewhere);
    assert_eq!(place(&[]), None);
    assert_eq!(place(&[("HOME", "")]), None);
    assert_eq!(Some(place::by_home(Path::new("/home/u"))), own);
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes: Vec<u8>) {
        let _ = Config::parse(&bytes, &|_| None);
    }

    /// Whatever is cut or changed in a right file: it is read, or one line says what is wrong.
    #[test]
    fn damage_is_one_line(cut in 0_usize..8000, by in any::<char>()) {
        let mut text: Vec<char> = switched_on().chars().collect();
        let at = cut % text.len();
        text[at] = by;
        let damaged: String = text.into_iter().collect();
        if let Err(error) = parse(&damaged) {
            let shown = error.to_string();
            prop_assert!(!shown.chars().any(char::is_control), "{shown:?}");
            prop_assert!(error.line <= damaged.lines().count() + 1);
        }
    }
}

#[test]
fn the_table_has_columns_and_an_order() {
    let columns =
        parse("table = { columns = ['pid', 'cpu%', 'command'], sort = 'life', invert = true }").unwrap();
    let wanted = TableColumns {
        shown: vec![Column::Pid, Column::CpuPercent, Column::Command],
        sort: Column::Life,
        inverted: true,
    };
    assert_eq!(columns.columns, wanted);
    for (text, wanted) in [
        ("[table]\ncolumns = ['pid', 'lief']", "2:19: unknown column 'lief'; did you mean 'life'?"),
        ("[table]\ncolumns = ['pid', 'rss', 'pid']", "2:26: 'pid' is there twice"),
        ("[table]\ncolumns = []", "2:11: a table needs a column"),
        ("[table]\nsort = 7", "2:8: 'sort' takes a text in quotes, not a number"),
        ("[table]\nsrot = 'pid'", "2:1: unknown setting 'srot'; did you mean 'sort'?"),
    ] {
        assert_eq!(parse(text).unwrap_err().to_string(), wanted);
    }
}
