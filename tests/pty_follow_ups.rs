//! From a row on: completion, copies that can be pasted and run, signals to the right process.

mod support;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use support::gate::Gate;
use support::pty::{Pty, key};
use support::screen::{PATIENCE, command, watching};
use support::{bpf_or_skip, root_or_skip};

/// What was given to the terminal last to be pasted elsewhere.
fn copied(pty: &Pty) -> Vec<u8> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let raw = pty.raw();
        let begin = b"\x1b]52;c;";
        let found = raw.windows(begin.len()).rposition(|window| window == begin).and_then(|at| {
            let rest = &raw[at + begin.len()..];
            rest.iter().position(|&byte| byte == 7).map(|end| rest[..end].to_vec())
        });
        if let Some(found) = found {
            return STANDARD.decode(found).expect("base64");
        }
        assert!(Instant::now() < deadline, "nothing was copied; the screen:\n{}", pty.screen_text());
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A process that lives until it is killed, and then is reaped.
struct Sleeper(Child);

impl Sleeper {
    fn start() -> Self {
        let mut sleep = Command::new("sleep");
        Self(sleep.arg("1000").stdin(Stdio::null()).spawn().expect("sleep starts"))
    }

    fn pid(&self) -> u32 {
        self.0.id()
    }

    fn is_alive(&mut self) -> bool {
        self.0.try_wait().expect("its status").is_none()
    }

    fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        self.kill();
    }
}

#[test]
fn a_value_is_completed_and_filtered_by() {
    if !bpf_or_skip() {
        return;
    }
    let gate = Gate::new();
    let script = format!("sh -c 'exit 3'; /bin/true; sleep 1000 & {}; kill $!; exit 0", gate.wait());
    let mut pty = Pty::proctop(&watching(&[], &script), 120, 40);
    pty.wait_for_row("sleep", |row| row.command == "sleep 1000");
    pty.send("/com\t");
    pty.wait_for_text("Filter: comm:", PATIENCE);
    pty.send("sle\t");
    pty.wait_for_text("Filter: comm:sleep", PATIENCE);
    pty.send(" or exi\t\t");
    pty.wait_for_text("Filter: comm:sleep or exit!=", PATIENCE);
    pty.send(key::ENTER);
    pty.wait_in_pane("Processes", "comm:sleep or exit!=");
    pty.wait_for_rows("the root, the failed one and the sleeper", |rows| {
        rows.len() == 3 && rows[1].state == "exit 3" && rows[2].command.starts_with("sleep")
    });
    gate.open();
    assert_eq!(pty.quit(), Some(0));
}

/// Three keys, and a shell.
#[test]
fn a_command_line_is_copied_and_run_again() {
    if !bpf_or_skip() {
        return;
    }
    let directory = tempfile::tempdir().expect("a directory");
    let out = directory.path().join("out");
    // Another file at each run: the copy must do again what the first one did.
    let argument = "it's $HOME \"quoted\"\tand\nmore \\ *";
    let script = format!(
        "/bin/sh -c 'printf %s \"$1\" >> \"$2\"' name '{}' {}; exit 0",
        argument.replace('\'', "'\\''"),
        out.display()
    );
    let mut pty = Pty::proctop(&watching(&[], &script), 120, 40);
    pty.wait_for_row("its end", |row| row.command.contains("printf") && row.state == "exit 0");
    pty.send("Gk");
    pty.send("j");
    pty.wait_for_row("the selection", |row| row.selected && row.command.starts_with("sh -c 'printf"));
    pty.send("my");
    pty.wait_for_text("command line copied", PATIENCE);
    let line = copied(&pty);
    let ran = Command::new("bash").arg("-c").arg(String::from_utf8(line).unwrap()).status().expect("bash");
    assert!(ran.success());
    assert_eq!(fs::read_to_string(&out).unwrap(), argument.repeat(2));
    pty.send("mr");
    pty.wait_for_text("row copied", PATIENCE);
    let row: serde_json::Value = serde_json::from_slice(&copied(&pty)).expect("JSON");
    assert_eq!((&row["event"], &row["exit_code"]), (&"exit".into(), &0.into()));
    assert_eq!(row["argv"][4], argument);
    pty.send("mi");
    pty.wait_for_text("pid copied", PATIENCE);
    assert_eq!(copied(&pty), row["pid"].to_string().as_bytes());
    assert_eq!(pty.quit(), Some(0));
}

/// Root runs it, and the file is the invoking user's, though proctop has given up the right to be that user.
#[test]
fn where_the_terminal_takes_no_copies_there_is_a_file_of_the_users_own() {
    if !root_or_skip() {
        return;
    }
    let Some((uid, home)) = somebody_with_a_home() else {
        support::tell_skipped(
            "there is no user but root who has a home directory of their own, without such a file",
        );
        return;
    };
    let file = home.join(".local/state/proctop/copied");
    let mut with_sudo = command(["--", "sh", "-c", "/bin/true; exit 0"]);
    with_sudo.env("SUDO_UID", uid.to_string()).env("SUDO_GID", uid.to_string()).env("TERM", "linux");
    let mut pty = Pty::start(&with_sudo, 140, 30);
    pty.wait_for_row("its end", |row| row.command == "true" && row.state == "exit 0");
    pty.send("jmy");
    pty.wait_for_text("what was copied is in", PATIENCE);
    let metadata = fs::symlink_metadata(&file).expect("the file");
    assert_eq!((metadata.uid(), metadata.is_file(), metadata.mode() & 0o777), (uid, true, 0o600));
    assert_eq!(fs::read_to_string(&file).unwrap(), "/bin/true");
    assert!(!pty.raw().windows(4).any(|window| window == b"\x1b]52"));
    fs::remove_file(&file).unwrap();
    // What was typed is kept there, too, and that there was a first run.
    let history = file.with_file_name("history");
    let metadata = fs::symlink_metadata(&history).expect("the history");
    assert_eq!((metadata.uid(), metadata.is_file(), metadata.mode() & 0o777), (uid, true, 0o600));
    fs::remove_file(&history).unwrap();
    fs::remove_dir(file.parent().unwrap()).unwrap();
    assert_eq!(pty.quit(), Some(0));
}

/// A user who owns their home and has never had such a file.
fn somebody_with_a_home() -> Option<(u32, std::path::PathBuf)> {
    let users = fs::read_to_string("/etc/passwd").ok()?;
    users.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        let (uid, gid): (u32, u32) = (fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?);
        let home = Path::new(fields.get(5)?);
        let owner = fs::metadata(home).ok()?.uid();
        let has_none = !home.join(".local/state/proctop").exists();
        (uid == gid && uid >= 1000 && owner == uid && has_none).then(|| (uid, home.to_owned()))
    })
}

#[test]
fn a_signal_is_sent_to_the_selected_process_only() {
    if !bpf_or_skip() {
        return;
    }
    let (mut meant, mut other) = (Sleeper::start(), Sleeper::start());
    let mut pty = Pty::proctop(&["-p", &meant.pid().to_string()], 120, 30);
    pty.wait_for_row("the sleeper", |row| row.pid == meant.pid());
    pty.send(key::F9);
    pty.wait_for_text(&format!("Which signal for sleep({})?", meant.pid()), PATIENCE);
    pty.send("j\r");
    pty.wait_for_text(&format!("Send SIGKILL to sleep({})?", meant.pid()), PATIENCE);
    assert!(meant.is_alive(), "not before the answer");
    pty.send("y");
    pty.wait_for_text(&format!("SIGKILL sent to {}", meant.pid()), PATIENCE);
    use std::os::unix::process::ExitStatusExt;
    assert_eq!(meant.0.wait().expect("its end").signal(), Some(9));
    assert!(other.is_alive());
    pty.wait_for_row("its end, and whose signal it was", |row| {
        row.state == "SIGKILL" && row.command.contains("by proctop")
    });
    assert_eq!(pty.quit(), Some(0));
}

/// The picture stands still and shows somebody whose pid has gone to another process meanwhile.
#[test]
fn who_got_the_pid_meanwhile_is_not_hit() {
    if !root_or_skip() {
        return;
    }
    let mut first = Sleeper::start();
    let pid = first.pid();
    let mut pty = Pty::proctop(&["-p", &pid.to_string()], 120, 30);
    pty.wait_for_row("the sleeper", |row| row.pid == pid);
    pty.send("Z");
    pty.wait_for_text("PAUSED", PATIENCE);
    first.kill();
    let Some(mut heir) = heir_of(pid) else {
        support::tell_skipped("no process got the pid that was wanted for it");
        return;
    };
    pty.send(key::F9);
    pty.send("j\ry");
    pty.wait_for_text(&format!("SIGKILL not sent to {pid}: it has ended"), PATIENCE);
    assert!(heir.is_alive());
    kill(Pid::from_raw(i32::try_from(pid).unwrap()), Signal::SIGTERM).expect("the pid is the heir's");
    pty.send("Z");
    assert_eq!(pty.quit(), Some(0));
}

/// A new process with this pid: the kernel is told which one it gave last. Others fork meanwhile, so it may take several
/// attempts.
fn heir_of(pid: u32) -> Option<Sleeper> {
    (0..200).find_map(|_| {
        fs::write("/proc/sys/kernel/ns_last_pid", (pid - 1).to_string()).ok()?;
        let heir = Sleeper::start();
        (heir.pid() == pid).then_some(heir)
    })
}
