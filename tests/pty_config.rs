//! The look of the screen and the config file, in a real terminal.

mod support;

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use support::pty::{Pty, key};
use support::screen::{PATIENCE, command, watching};
use support::{bpf_or_skip, proctop, root_or_skip, tell_skipped};
use tempfile::TempDir;
use vt100::Color;

/// Ends badly, so that there is something red, and leaves a row that is there to be read.
const SCRIPT: &str = "/bin/false; exit 3";

/// The user of these tests, whom the machine does not know.
const UID: u32 = 54_321;

/// A directory as XDG_CONFIG_HOME, with proctop's config file.
fn configured(config: &str) -> TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory");
    write_config(directory.path(), config);
    directory
}

fn write_config(directory: &Path, config: &str) -> PathBuf {
    let own = directory.join("proctop");
    fs::create_dir_all(&own).expect("ours");
    let file = own.join("config.toml");
    fs::write(&file, config).expect("ours");
    file
}

fn start(options: &[&str], environment: &[(&str, &str)]) -> Pty {
    let mut command = command(watching(options, SCRIPT));
    command.envs(environment.iter().copied());
    let pty = Pty::start(&command, 100, 30);
    pty.wait_for_text(" exit 3 ", PATIENCE);
    pty
}

/// The colours of all cells that have one.
fn colours(pty: &Pty) -> Vec<Color> {
    pty.with_screen(|screen| {
        let (lines, columns) = screen.size();
        let places = (0..lines.get()).flat_map(|row| (0..columns.get()).map(move |column| (row, column)));
        let colours = places.filter_map(|(row, column)| Some(screen.cell(row, column)?.fgcolor()));
        colours.filter(|colour| *colour != Color::Default).collect()
    })
}

#[test]
fn colours_are_asked_for_refused_and_those_of_the_terminal() {
    if !bpf_or_skip() {
        return;
    }
    let of = |options: &[&str], environment: &[(&str, &str)]| {
        let mut pty = start(options, environment);
        let colours = colours(&pty);
        assert_eq!(pty.quit(), Some(3));
        colours
    };
    assert_eq!(of(&[], &[("NO_COLOR", "1")]), []);
    assert_eq!(of(&["--color", "never"], &[("COLORTERM", "truecolor")]), []);
    let asked_for = of(&["--color", "always"], &[("NO_COLOR", "1")]);
    assert!(asked_for.contains(&Color::Idx(1)), "{asked_for:?}");
    let any = of(&["--theme", "dark"], &[("COLORTERM", "truecolor")]);
    assert!(!any.is_empty() && any.iter().all(|colour| matches!(colour, Color::Rgb(..))), "{any:?}");
    let indexed = of(&["--theme", "light"], &[]);
    assert!(
        !indexed.is_empty() && indexed.iter().all(|colour| matches!(colour, Color::Idx(16..))),
        "{indexed:?}"
    );
}

#[test]
fn the_command_line_comes_before_the_config_file() {
    if !bpf_or_skip() {
        return;
    }
    let home = configured("ascii = 'always'\ncolor = 'never'\nmin-duration = '1h'\n");
    let environment = [("XDG_CONFIG_HOME", home.path().to_str().unwrap())];
    let mut pty = start(&[], &environment);
    pty.wait_for_text("0 of 2 match  >", PATIENCE);
    assert!(pty.screen_text().is_ascii() && colours(&pty).is_empty(), "{}", pty.screen_text());
    assert_eq!(pty.quit(), Some(3));
    let mut pty = start(&["--ascii=never", "--color=always", "-d0"], &environment);
    pty.wait_for_text("└─ ", PATIENCE);
    assert!(!colours(&pty).is_empty());
    assert_eq!(pty.quit(), Some(3));
}

#[test]
fn a_key_of_the_users_own_works_and_is_named() {
    if !bpf_or_skip() {
        return;
    }
    let home = configured("[keys]\nquit = ['Q', 'F10']\nhelp = 'F2'\n");
    let mut pty = start(&[], &[("XDG_CONFIG_HOME", home.path().to_str().unwrap())]);
    pty.wait_for_text("F2 Help", PATIENCE);
    pty.wait_for_text("Q Quit", PATIENCE);
    // Neither does anything any more: the first would end it. F2 does.
    pty.send("q");
    pty.send(key::F1);
    pty.send("\x1bOQ");
    pty.wait_for_text("━ Help ━", PATIENCE);
    pty.escape(|screen| !screen.contents().contains("━ Help ━"));
    pty.send("Q");
    assert_eq!(pty.ends(), Some(3));
}

/// What proctop says when it ends at once, and that this is one line and exit code 2.
fn refusal(command: &Command) -> String {
    let mut pty = Pty::start(command, 200, 10);
    assert_eq!(pty.wait_exit(PATIENCE).code(), Some(2), "{}", pty.screen_text());
    let said = pty.screen_text().trim_end().to_owned();
    assert_eq!(said.lines().count(), 1, "{said}");
    said
}

#[test]
fn a_mistake_in_the_file_is_told_with_its_place() {
    let home = configured("theme = 'dark'\n\n[keys]\nquit = ['q', 'x']\n");
    let mut command = command(["--", "true"]);
    command.env("XDG_CONFIG_HOME", home.path());
    let said = refusal(&command);
    let place = home.path().join("proctop/config.toml:4:14");
    let mistake = "'x' is the key of 'hide-exited', too; give 'hide-exited' another one";
    assert_eq!(said, format!("proctop: {}: {mistake}", place.display()));
}

#[test]
fn the_example_and_the_place_are_printed() {
    let printed = |argument: &str, environment: &[(&str, &str)]| {
        let mut command = command(["config", argument]);
        let ran = command.envs(environment.iter().copied()).stdin(Stdio::null()).output().expect("it runs");
        assert!(ran.status.success() && ran.stderr.is_empty(), "{ran:?}");
        String::from_utf8(ran.stdout).expect("text")
    };
    assert_eq!(printed("--path", &[("XDG_CONFIG_HOME", "/x y")]), "/x y/proctop/config.toml\n");
    assert_eq!(printed("--example", &[]), proctop::config::example());
}

/// proctop as sudo starts it for a user with this home, whom only its own view of /etc/passwd knows.
fn by_sudo(home: &Path, arguments: &[&str]) -> Command {
    let passwd = home.join("passwd");
    let own = format!("root:x:0:0:root:/root:/bin/sh\ncaller:x:{UID}:{UID}::{}:/bin/sh\n", home.display());
    fs::write(&passwd, own).expect("ours");
    let mut words = vec!["-m", "sh", "-c", "mount --bind \"$0\" /etc/passwd && exec \"$@\""];
    words.extend([passwd.to_str().expect("text"), proctop().to_str().expect("text")]);
    let mut command = Command::new("unshare");
    command.args(words).args(arguments).env("LC_ALL", "C.UTF-8");
    let uid = UID.to_string();
    command.env("SUDO_UID", &uid).env("SUDO_GID", &uid).env("SUDO_USER", "caller");
    command
}

#[test]
fn under_sudo_the_file_is_the_callers_and_is_read_with_the_callers_rights() {
    if !root_or_skip() {
        return;
    }
    if !Command::new("unshare").args(["-m", "true"]).status().is_ok_and(|status| status.success()) {
        tell_skipped("it needs a mount namespace of its own");
        return;
    }
    let home = tempfile::tempdir().expect("a temporary directory");
    fs::set_permissions(home.path(), fs::Permissions::from_mode(0o755)).expect("ours");
    // What root's environment leads to is another's.
    let roots = configured("theme = 'broken'\n");
    let sudo = |arguments: &[&str]| {
        let mut command = by_sudo(home.path(), arguments);
        command.env("XDG_CONFIG_HOME", roots.path()).env("HOME", roots.path());
        command
    };
    let own = write_config(&home.path().join(".config"), "[keys]\nquit = ['Q']\n");
    let path = sudo(&["config", "--path"]).output().expect("it runs");
    assert_eq!(String::from_utf8_lossy(&path.stdout), format!("{}\n", own.display()), "{path:?}");

    chown(&own, Some(UID), Some(UID)).expect("root may");
    fs::set_permissions(&own, fs::Permissions::from_mode(0o600)).expect("ours");
    let mut pty = Pty::start(&sudo(&["--", "true"]), 100, 30);
    pty.wait_for_text("Q Quit", PATIENCE);
    pty.wait_for_text(" exit 0 ", PATIENCE);
    pty.send("Q");
    assert_eq!(pty.ends(), Some(0));

    // A link to what only root may read.
    let secret = roots.path().join("proctop/config.toml");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).expect("ours");
    fs::set_permissions(roots.path(), fs::Permissions::from_mode(0o755)).expect("ours");
    fs::remove_file(&own).expect("ours");
    symlink(&secret, &own).expect("ours");
    let said = refusal(&sudo(&["--", "true"]));
    assert!(said.contains("Permission denied") && !said.contains("theme"), "{said}");
}
