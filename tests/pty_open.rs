//! Recordings on the screen: the same picture as live, without any rights, and what is there of a cut one.

mod support;

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::sys::signal::Signal;
use support::bpf_or_skip;
use support::pty::{Pty, key};
use support::screen::{PATIENCE, Row, command, pane, watching};
use tempfile::TempDir;

const STORY: &str =
    "/bin/true; sh -c '/bin/false; exit 4'; env A=b /bin/true; sh -c 'kill -SEGV $$'; kill -TERM $$";

/// A recording of [`STORY`], and a copy of proctop beside it, that anybody may read.
struct Recorded {
    directory: TempDir,
}

impl Recorded {
    fn new() -> Self {
        Self::of(STORY, 128 + 15)
    }

    /// Of a script that ends with this code.
    fn of(script: &str, code: i32) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).expect("ours");
        let recorded = Self { directory };
        let file = recorded.file();
        let arguments = ["record", "-o", file.to_str().unwrap(), "--", "sh", "-c", script];
        let out = command(arguments).stdin(Stdio::null()).output().expect("proctop runs");
        let told = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(code), "{told}");
        assert!(told.contains("proctop: recorded") && told.contains("lost 0"), "{told}");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("ours");
        recorded
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn file(&self) -> PathBuf {
        self.path("story.ptop")
    }

    fn open(&self, name: &str) -> Pty {
        Pty::proctop(&["open", self.path(name).to_str().unwrap()], 100, 30)
    }
}

/// What does not differ from run to run.
fn essence(rows: &[Row]) -> Vec<[String; 4]> {
    rows.iter()
        .map(|row| [row.guides.clone(), row.command.clone(), row.state.clone(), row.kids.clone()])
        .collect()
}

/// All rows of the story, complete.
#[track_caller]
fn whole(pty: &Pty) -> Vec<Row> {
    pty.wait_for_rows("the whole story", |rows| rows.len() == 6 && rows[0].state == "SIGTERM")
}

/// The recording on a screen of which the caller ignores a signal.
fn open_ignoring(signal: &str, recorded: &Recorded) -> Pty {
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("trap '' {signal}; exec \"$0\" open \"$1\""));
    Pty::start(command.arg(support::proctop()).arg(recorded.file()), 80, 24)
}

/// Pid, state and lifetime of every exit in the recording, as `proctop log` tells them.
fn exits(file: &Path) -> Vec<(u32, String)> {
    let out = command(["log", "--format", "json", "--from", file.to_str().unwrap()])
        .output()
        .expect("proctop runs");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let text = String::from_utf8(out.stdout).expect("JSON");
    let lines = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"));
    lines
        .filter(|line| line["event"] == "exit")
        .map(|line| {
            let pid = u32::try_from(line["pid"].as_u64().expect("a pid")).expect("a pid");
            let state = match line["exit_code"].as_u64() {
                Some(code) => format!("exit {code}"),
                None => line["signal"].as_str().expect("a signal").to_owned(),
            };
            (pid, state)
        })
        .collect()
}

#[test]
fn a_recording_shows_what_was_seen_live() {
    if !bpf_or_skip() {
        return;
    }
    let recorded = Recorded::new();
    let mut live = Pty::proctop(&watching(&[], STORY), 100, 30);
    let live_rows = whole(&live);
    assert_eq!(live.quit(), Some(128 + 15));

    let mut pty = recorded.open("story.ptop");
    let rows = whole(&pty);
    assert_eq!(essence(&rows), essence(&live_rows));
    pty.wait_for_text("RECORDING story.ptop", PATIENCE);
    pty.wait_for_text("seen 6", PATIENCE);
    assert!(!pty.screen_text().contains("LIVE"));

    let mut told = exits(&recorded.file());
    let mut shown: Vec<(u32, String)> =
        rows.iter().map(|row| (row.pid, row.state.trim_end_matches('*').to_owned())).collect();
    told.sort_unstable();
    shown.sort_unstable();
    assert_eq!(shown, told, "log and screen tell the same");

    // time stands still, and the keys work
    let before = pty.screen_text();
    pty.send("/exit!=0\r");
    pty.wait_in_pane("Processes", "4 of 6 match");
    pty.escape(|screen| pane(screen, "Processes").is_some_and(|lines| !lines[0].contains("match")));
    assert_eq!(pty.screen_text(), before);
    pty.send(key::ENTER);
    pty.wait_in_pane("Details", "SIGTERM");
    pty.send("?");
    pty.pane("Help");
    assert!(!pty.screen_text().contains("Pause"), "there is nothing to pause");
    pty.send("q");
    assert_eq!(pty.quit(), Some(0));
}

#[test]
fn a_recording_needs_no_rights() {
    if !bpf_or_skip() {
        return;
    }
    let recorded = Recorded::new();
    // where anybody can execute it, whatever the work tree's rights; put there by another process, see write_script
    let copied = Command::new("install")
        .args(["-m", "755"])
        .arg(support::proctop())
        .arg(recorded.path("proctop"))
        .status()
        .expect("install (coreutils)");
    assert!(copied.success());
    let mut nobody = Command::new("setpriv");
    nobody
        .args(["--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"])
        .arg(recorded.path("proctop"))
        .arg("open")
        .arg(recorded.file())
        .env("LC_ALL", "C.UTF-8");
    let mut pty = Pty::start(&nobody, 100, 30);
    whole(&pty);
    let status = fs::read_to_string(format!("/proc/{}/status", pty.pid())).expect("it runs");
    assert!(
        status.contains("Uid:\t65534\t65534") && status.contains("CapPrm:\t0000000000000000"),
        "{status}"
    );
    assert_eq!(pty.quit(), Some(0));
}

#[test]
fn of_a_cut_recording_all_is_shown_that_is_there() {
    if !bpf_or_skip() {
        return;
    }
    // what is recorded goes to the file once a second: so the end is in another block, and not at the edge of one
    let recorded = Recorded::of("/bin/true; sleep 2.5; /bin/false", 1);
    let bytes = fs::metadata(recorded.file()).unwrap().len();
    let cut = |name: &str, to: u64| {
        fs::copy(recorded.file(), recorded.path(name)).unwrap();
        File::options().write(true).open(recorded.path(name)).unwrap().set_len(to).unwrap();
    };
    cut("tail.ptop", bytes - 1);
    let mut pty = recorded.open("tail.ptop");
    pty.wait_for(|screen| screen.contents().contains("RECORDING tail.ptop (cut off"), PATIENCE);
    pty.wait_for_row("what is in the first block", |row| row.command == "true" && row.state == "exit 0");
    let row = pty.wait_for_row("the sleep", |row| row.command == "sleep 2.5");
    assert_eq!(row.state, "run", "its end is cut off");
    assert_eq!(pty.quit(), Some(0));

    // any cut is survived: the notice, or one line to say that it is no recording at all
    for tenth in 0..10 {
        let name = format!("{tenth}.ptop");
        cut(&name, bytes * tenth / 10);
        let mut pty = recorded.open(&name);
        pty.wait_for(
            |screen| screen.contents().contains("RECORDING") || screen.contents().contains("proctop: "),
            PATIENCE,
        );
        if pty.with_screen(|screen| screen.alternate_screen()) {
            pty.wait_for(|screen| screen.contents().contains(&format!("RECORDING {name} (")), PATIENCE);
            assert_eq!(pty.quit(), Some(0), "{name}");
        } else {
            assert_eq!(pty.ends(), Some(2), "{name}");
        }
    }
}

#[test]
fn what_is_no_recording_is_refused_in_one_line() {
    let directory = tempfile::tempdir().unwrap();
    let foreign = directory.path().join("foreign");
    fs::write(&foreign, "#!/bin/sh\necho this is no recording, but long enough to look like something\n")
        .unwrap();
    for path in [foreign.as_path(), Path::new("/nowhere/at.all"), Path::new("/dev/null"), Path::new("/")] {
        let mut pty = Pty::proctop(&["open", path.to_str().unwrap()], 200, 10);
        assert_eq!(pty.ends(), Some(2), "{}", path.display());
        let text = pty.screen_text();
        assert_eq!(text.trim_end().lines().count(), 1, "{text}");
        assert!(text.starts_with("proctop: ") && text.contains(path.to_str().unwrap()), "{text}");
    }
    let out = command(["open", foreign.to_str().unwrap()]).stdin(Stdio::null()).output().unwrap();
    assert_eq!(out.status.code(), Some(2));
}

#[test]
fn a_closed_window_ends_it_even_where_the_signal_is_ignored() {
    if !bpf_or_skip() {
        return;
    }
    let recorded = Recorded::new();
    let pty = open_ignoring("HUP", &recorded);
    whole(&pty);
    // nothing is drawn any more by then, so nothing else would tell
    assert_eq!(pty.hang_up(PATIENCE).code(), Some(128 + 1));
}

#[test]
fn a_signal_that_is_ignored_from_the_beginning_stays_so() {
    let recorded = Recorded::new();
    let mut pty = open_ignoring("USR1", &recorded);
    whole(&pty);
    pty.signal(Signal::SIGUSR1);
    pty.send("?");
    pty.wait_for_text("Help", PATIENCE);
    pty.signal(Signal::SIGUSR2);
    assert_eq!(pty.ends(), Some(128 + 12), "that one was not");
}
