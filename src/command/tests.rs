//! Real commands, real terminals, real users.

use std::ffi::OsString;
use std::fs;
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::time::{Duration, Instant};

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::sys::signal::{SigHandler, Signal, signal};
use nix::unistd::{Gid, Pid, Uid, geteuid};

use super::pty::{CHUNKS_IN_FLIGHT, InputRefused, MAX_PENDING_INPUT};
use super::spawn::spawn_from;
use super::{Child, InvokingUser, KeptOutput, SpawnError, Stdio, exit_code, spawn};

const PTY: Stdio = Stdio::Pty { rows: 24, cols: 80 };

/// A user whom no database knows.
const STRANGER: u32 = 54_321;

const PATIENCE: Duration = Duration::from_secs(20);

fn argv(args: &[&str]) -> Vec<OsString> {
    args.iter().map(OsString::from).collect()
}

fn sh(script: &str, stdio: Stdio) -> Child {
    spawn(&argv(&["sh", "-c", script]), None, stdio).expect("sh runs")
}

fn code_of(script: &str, stdio: Stdio) -> u8 {
    exit_code(sh(script, stdio).wait().expect("a status"))
}

fn error(args: &[&str]) -> SpawnError {
    spawn(&argv(args), None, Stdio::Inherit).expect_err("does not run")
}

/// All that the command prints on its terminal, until that is closed.
fn printed(child: &Child) -> String {
    let mut output = KeptOutput::new(24, 80);
    let chunks = child.pty().expect("a terminal").output();
    while let Ok(chunk) = chunks.recv_timeout(PATIENCE) {
        output.feed(&chunk);
    }
    let mut text = Vec::new();
    output.write_sanitised(&mut text).expect("a Vec takes all");
    String::from_utf8(text).expect("UTF-8")
}

/// Reads the command's terminal until `text` has come.
fn read_until(child: &Child, text: &str) -> String {
    let mut all = String::new();
    while !all.contains(text) {
        let chunk = child.pty().expect("a terminal").output().recv_timeout(PATIENCE).expect("more output");
        all.push_str(&String::from_utf8_lossy(&chunk));
    }
    all
}

fn shell_output(script: &str, user: Option<&InvokingUser>) -> String {
    let child = spawn(&argv(&["sh", "-c", script]), user, PTY).expect("sh runs");
    let text = printed(&child);
    child.wait().expect("a status");
    text
}

fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn has_ended(pid: &str) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat"))
        .map_or(true, |stat| stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('Z')))
}

/// Only root can become somebody else.
fn as_root() -> bool {
    let root = geteuid().is_root();
    if !root {
        eprintln!("not root: not tested");
    }
    root
}

fn user(uid: u32, gid: u32, groups: &[u32]) -> InvokingUser {
    let groups = groups.iter().copied().map(Gid::from_raw).collect();
    let found = InvokingUser::look_up(Uid::from_raw(uid), Gid::from_raw(gid));
    InvokingUser { groups, name: None, home: None, shell: None, ..found }
}

#[test]
fn codes_and_signals_become_exit_codes() {
    for stdio in [Stdio::Inherit, PTY] {
        assert_eq!(code_of("exit 0", stdio), 0);
        assert_eq!(code_of("exit 3", stdio), 3);
        assert_eq!(code_of("exit 255", stdio), 255);
        assert_eq!(code_of("kill -9 $$", stdio), 137);
        assert_eq!(code_of("kill -TERM $$", stdio), 143);
        assert_eq!(code_of("kill -35 $$", stdio), 163, "a real-time signal");
    }
}

#[test]
fn a_command_that_is_not_there_is_127() {
    let missing = error(&["no-such-command-'x'\n\x1b[31m", "arg"]);
    assert!(matches!(missing, SpawnError::NotFound { .. }));
    assert_eq!(missing.exit_code(), 127);
    let line = missing.to_string();
    assert!(
        line.starts_with("proctop: cannot run 'no-such-command-'x'\\n\\u{1b}[31m': command not found ("),
        "{line}"
    );
    assert!(line.contains("sh -c") && !line.contains(char::is_control), "{line}");
    assert_eq!(error(&["./no/such/file"]).exit_code(), 127);
    assert_eq!(error(&["/etc/passwd/x"]).exit_code(), 127);
    assert_eq!(error(&[""]).exit_code(), 127);
    assert_eq!(error(&[]).exit_code(), 127);
}

#[test]
fn a_file_that_cannot_be_executed_is_126() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = |name: &str, text: &str, mode: u32| {
        let path = dir.path().join(name);
        fs::write(&path, text).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("set");
        path.to_str().expect("UTF-8").to_owned()
    };
    for (path, says) in [
        (file("plain", "text", 0o644), "permission denied"),
        (file("noformat", "echo no first line", 0o755), "#!/bin/sh"),
        (file("nointerpreter", "#!/no/such/interpreter\n", 0o755), "interpreter does not exist"),
        (dir.path().to_str().expect("UTF-8").to_owned(), "it is a directory"),
    ] {
        let error = error(&[&path]);
        assert!(matches!(error, SpawnError::NotExecutable { .. }), "{error:?}");
        assert_eq!(error.exit_code(), 126);
        assert!(error.to_string().contains(says), "{error}");
    }
    assert_eq!(error(&["sh", "-c", "a\0b"]).exit_code(), 1);
}

#[test]
fn all_who_wait_learn_the_same_end() {
    let child = sh("read x; exit 7", PTY);
    let (one, two) = (child.watch().expect("a thread"), child.watch().expect("a thread"));
    assert_eq!(child.try_wait().expect("known"), None);
    assert!(one.try_recv().is_err());
    child.pty().expect("a terminal").send(b"\r").expect("taken");
    let status = child.wait().expect("a status");
    assert_eq!(status.code(), Some(7));
    assert_eq!(one.recv_timeout(PATIENCE), Ok(status));
    assert_eq!(two.recv_timeout(PATIENCE), Ok(status));
    assert_eq!(child.try_wait().expect("known"), Some(status));
    assert_eq!(child.wait().expect("known"), status);
    assert!(!child.terminate().expect("no error"), "nobody is signalled once it is collected");
}

#[test]
fn an_inherited_ignored_sigchld_does_not_lose_the_status() {
    if std::env::var_os("PROCTOP_TEST_SIGCHLD").is_some() {
        return assert_eq!(code_of("exit 9", Stdio::Inherit), 9);
    }
    let me = std::env::current_exe().expect("a test binary");
    let name = "command::tests::an_inherited_ignored_sigchld_does_not_lose_the_status";
    let status = Command::new("sh")
        .args(["-c", "trap '' CHLD; exec \"$0\" --exact \"$1\""])
        .arg(me)
        .arg(name)
        .env("PROCTOP_TEST_SIGCHLD", "1")
        .status()
        .expect("sh runs");
    assert!(status.success());
}

#[test]
fn terminate_ends_the_whole_group_of_a_terminal() {
    let child = sh("sleep 100 & echo pid=$!.; wait", PTY);
    let text = read_until(&child, ".");
    let background = text.trim().trim_start_matches("pid=").trim_end_matches('.').to_owned();
    assert!(!has_ended(&background), "{background}");
    assert!(child.terminate().expect("allowed"));
    assert_eq!(exit_code(child.wait().expect("a status")), 143);
    until("the background job ends too", || has_ended(&background));
}

#[test]
fn terminate_reaches_the_foreground_job_of_a_shell() {
    // The shell itself survives a SIGTERM; its job is in another group, which has the keyboard.
    let child = sh("trap : TERM; set -m; sh -c 'echo started; exec sleep 100'; echo after", PTY);
    read_until(&child, "started");
    assert!(child.terminate().expect("allowed"));
    read_until(&child, "after");
    assert_eq!(child.wait().expect("a status").code(), Some(0));
}

#[test]
fn terminate_without_a_terminal_ends_the_command_and_not_us() {
    let child = sh("kill -STOP $$; exit 3", Stdio::Inherit);
    until("it stops", || {
        fs::read_to_string(format!("/proc/{}/stat", child.pid())).is_ok_and(|stat| stat.contains(") T"))
    });
    assert!(child.terminate().expect("allowed"));
    assert_eq!(exit_code(child.wait().expect("a status")), 143);
}

#[test]
fn the_command_has_default_signals() {
    // SAFETY: ignoring is no handler; SIGINT and SIGPIPE are what the program itself ignores.
    unsafe {
        signal(Signal::SIGINT, SigHandler::SigIgn).expect("set");
        signal(Signal::SIGPIPE, SigHandler::SigIgn).expect("set");
    }
    let status = shell_output("grep -E 'Sig(Ign|Blk)' /proc/self/status", None);
    let sets: Vec<u64> = status
        .lines()
        .filter_map(|line| u64::from_str_radix(line.rsplit('\t').next()?, 16).ok())
        // 32 and 33 belong to the C library, which lets nobody change them.
        .map(|set| set & !(0b11 << 31))
        .collect();
    assert_eq!(sets, [0, 0], "{status}");
    let masks = nix::sys::signal::SigSet::thread_get_mask().expect("readable");
    assert!(!masks.contains(Signal::SIGTERM), "ours is restored");
}

#[test]
fn only_what_our_caller_handed_on_is_open_in_the_command() {
    let other = sh("sleep 100", PTY);
    let ours = fs::File::open("/proc/self/status").expect("opened");
    let handed_on = fcntl(&ours, FcntlArg::F_DUPFD(150)).expect("duplicated").to_string();
    let listing = shell_output("ls -l /proc/self/fd", None);
    other.terminate().expect("allowed");
    other.wait().expect("a status");
    let links = listing.lines().filter_map(|line| line.split_once(" -> "));
    let fds = links.filter(|(_, to)| !to.ends_with("/fd")).filter_map(|(fd, _)| fd.rsplit(' ').next());
    let fds: Vec<&str> = fds.collect();
    assert!(["0", "1", "2", &handed_on].iter().all(|fd| fds.contains(fd)), "{listing}");
    assert!(!fds.contains(&ours.as_raw_fd().to_string().as_str()), "{listing}");
    for fd in fds.iter().filter(|fd| fd.parse::<i32>().is_ok_and(|fd| fd > 2)) {
        let info = fs::read_to_string(format!("/proc/self/fdinfo/{fd}")).expect("ours without close-on-exec");
        let flags = info.lines().find_map(|line| line.strip_prefix("flags:")).map(str::trim).expect("flags");
        let flags = i32::from_str_radix(flags, 8).expect("octal");
        assert_eq!(flags & nix::libc::O_CLOEXEC, 0, "{fd}: {listing}");
    }
    let flags = FdFlag::from_bits_truncate(fcntl(&ours, FcntlArg::F_GETFD).expect("readable"));
    assert!(flags.contains(FdFlag::FD_CLOEXEC));
}

#[test]
fn as_a_user_whom_no_database_knows() {
    if !as_root() {
        return;
    }
    let stranger = user(STRANGER, 54_322, &[54_322, 54_323]);
    let script = "id -u; id -g; id -G; echo home=$HOME.; env | grep -c -E '^(SUDO_|USER=|LOGNAME=|HOME=|SHELL=)'; \
                  grep -E '^(Uid|Gid|CapEff|CapPrm)' /proc/self/status";
    let text = shell_output(script, Some(&stranger));
    let lines: Vec<&str> = text.lines().collect();
    let uids = ["54321"; 4].join("\t");
    let gids = ["54322"; 4].join("\t");
    assert_eq!(
        lines,
        [
            "54321",
            "54322",
            "54322 54323",
            "home=.",
            "0",
            &format!("Uid:\t{uids}"),
            &format!("Gid:\t{gids}"),
            "CapPrm:\t0000000000000000",
            "CapEff:\t0000000000000000",
        ]
    );
}

#[test]
fn as_a_user_with_a_home() {
    if !as_root() {
        return;
    }
    let mut known = user(1000, 1000, &[1000]);
    known.name = Some("dev".to_owned());
    known.home = Some("/home/of dev".into());
    known.shell = Some("/bin/dash".into());
    let text = shell_output("id -u; id -g; id -G; echo \"$HOME $USER $LOGNAME $SHELL\"", Some(&known));
    assert_eq!(text, "1000\n1000\n1000\n/home/of dev dev dev /bin/dash\n");
}

#[test]
fn the_command_never_runs_as_root_for_a_user() {
    if !as_root() {
        return;
    }
    let root = user(0, 0, &[0]);
    let dir = tempfile::tempdir().expect("a directory");
    let proof = dir.path().join("ran");
    let touch = argv(&["touch", proof.to_str().expect("UTF-8")]);
    let refused = spawn(&touch, Some(&root), Stdio::Inherit).expect_err("refused");
    assert_eq!(refused.exit_code(), 1);
    // The id that means "leave as it is".
    let unchanged = InvokingUser { uid: Uid::from_raw(u32::MAX), ..user(1000, 1000, &[1000]) };
    spawn(&touch, Some(&unchanged), Stdio::Inherit).expect_err("refused");
    assert!(!proof.exists());
}

#[test]
fn a_thread_without_the_rights_to_change_user_runs_nothing() {
    if !as_root() {
        return;
    }
    std::thread::spawn(|| {
        super::rights::keep_only(&[]).expect("giving away is allowed");
        let refused =
            spawn(&argv(&["true"]), Some(&user(1000, 1000, &[1000])), Stdio::Inherit).expect_err("refused");
        assert_eq!(refused.exit_code(), 1);
        assert!(refused.to_string().contains("CAP_SETGID"), "{refused}");
    })
    .join()
    .expect("the thread's assertions hold");
}

#[test]
fn a_directory_that_the_user_cannot_reach_does_not_stop_the_command() {
    if !as_root() {
        return;
    }
    let dir = tempfile::tempdir().expect("a directory");
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o700)).expect("set");
    let script = dir.path().join("script");
    fs::write(&script, "#!/bin/sh\n").expect("written");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("set");
    let stranger = user(STRANGER, STRANGER, &[STRANGER]);
    let denied = spawn(&argv(&[script.to_str().expect("UTF-8")]), Some(&stranger), Stdio::Inherit);
    assert_eq!(denied.expect_err("the user may not").exit_code(), 126);
    let me = std::env::current_exe().expect("a test binary");
    let name = "command::tests::inside_a_directory_that_the_user_cannot_reach";
    let inside = Command::new(me).args(["--exact", name, "--ignored"]).current_dir(dir.path()).status();
    assert!(inside.expect("the test binary runs").success());
}

#[test]
fn the_path_is_searched_with_the_users_rights() {
    if !as_root() {
        return;
    }
    let dir = tempfile::tempdir().expect("a directory");
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).expect("set");
    for (name, mode) in [("closed", 0o700), ("open", 0o755)] {
        let bin = dir.path().join(name);
        fs::create_dir(&bin).expect("created");
        let program = bin.join("program");
        fs::write(&program, format!("#!/bin/sh\ntest {name} = open\n")).expect("written");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("set");
        fs::set_permissions(&bin, fs::Permissions::from_mode(mode)).expect("set");
    }
    let stranger = user(STRANGER, STRANGER, &[STRANGER]);
    let program = argv(&["program"]);
    let run = |path: &str| {
        let path = OsString::from(path.replace('@', dir.path().to_str().expect("UTF-8")));
        spawn_from(Some(&path), &program, Some(&stranger), Stdio::Inherit)
    };
    let forbidden = run("@/closed").expect_err("the user does not see it");
    assert_eq!(forbidden.exit_code(), 127, "{forbidden}");
    let child = run("@/closed:@/none:@/open").expect("the one that the user may run");
    assert_eq!(child.wait().expect("a status").code(), Some(0));
    fs::set_permissions(dir.path().join("open/program"), fs::Permissions::from_mode(0o700)).expect("set");
    assert_eq!(run("@/closed:@/open").expect_err("forbidden").exit_code(), 126);
}

/// Needs a working directory of its own, which a thread does not have.
#[test]
#[ignore = "run by the test above, in a directory"]
fn inside_a_directory_that_the_user_cannot_reach() {
    let stranger = user(STRANGER, STRANGER, &[STRANGER]);
    let child = spawn(&argv(&["true"]), Some(&stranger), Stdio::Inherit).expect("true runs");
    assert_eq!(child.wait().expect("a status").code(), Some(0));
}

#[test]
fn the_terminal_is_the_commands_own() {
    let text = shell_output("test -t 0 && test -t 1 && test -t 2 && tty; ps -o tty= -p $$; echo $TERM", None);
    let lines: Vec<&str> = text.lines().collect();
    let [tty, controlling, term] = lines[..] else { panic!("{text}") };
    assert!(tty.starts_with("/dev/pts/"), "{text}");
    assert_eq!(format!("/dev/{controlling}"), tty);
    assert_eq!(term, "xterm-256color");
}

#[test]
fn the_terminal_belongs_to_the_user() {
    if !as_root() {
        return;
    }
    let stranger = user(STRANGER, STRANGER, &[STRANGER]);
    let text = shell_output(
        "stat -c '%u %a' $(tty); echo hello >$(tty); : </dev/tty && echo opened",
        Some(&stranger),
    );
    assert_eq!(text, format!("{STRANGER} 620\nhello\nopened\n"));
}

#[test]
fn the_terminal_can_be_resized_and_typed_at() {
    let child =
        spawn(&argv(&["sh", "-c", "stty size; read x; stty size; echo got=$x"]), None, PTY).expect("runs");
    read_until(&child, "24 80");
    let pty = child.pty().expect("a terminal");
    pty.resize(31, 117).expect("resized");
    pty.send(b"hell\x7flo\r").expect("taken");
    let rest = printed(&child);
    assert!(rest.contains("31 117\n") && rest.contains("got=hello\n"), "{rest}");
    assert_eq!(child.wait().expect("a status").code(), Some(0));
}

#[test]
fn backspace_erases_a_whole_character_and_ctrl_c_interrupts() {
    let child = sh("trap 'echo int; exit 5' INT; read x; echo got=$x.; read y", PTY);
    child.pty().expect("a terminal").send("a\u{fc}\x7fb\r".as_bytes()).expect("taken");
    let text = read_until(&child, "got=ab.");
    assert!(text.contains("got=ab."), "{text}");
    child.pty().expect("a terminal").send(b"\x03").expect("taken");
    read_until(&child, "int");
    assert_eq!(child.wait().expect("a status").code(), Some(5));
}

#[test]
fn a_command_that_prints_faster_than_we_read_waits_and_loses_nothing() {
    let child = sh("head -c 3000000 /dev/zero | tr '\\0' x", PTY);
    let output = child.pty().expect("a terminal").output();
    until("the channel fills", || output.len() == CHUNKS_IN_FLIGHT);
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(output.len(), CHUNKS_IN_FLIGHT);
    assert_eq!(child.try_wait().expect("known"), None, "it is held up");
    let mut total = 0;
    while let Ok(chunk) = output.recv_timeout(PATIENCE) {
        total += chunk.len();
    }
    assert_eq!(total, 3_000_000);
    assert_eq!(child.wait().expect("a status").code(), Some(0));
}

#[test]
fn input_that_nobody_reads_is_refused_and_never_blocks() {
    let child = sh("stty raw -echo; echo ready; sleep 100", PTY);
    read_until(&child, "ready");
    let pty = child.pty().expect("a terminal");
    let piece = vec![b'x'; 64 * 1024];
    let taken = (0..100).take_while(|_| pty.send(&piece).is_ok()).count();
    assert!((MAX_PENDING_INPUT / piece.len()..100).contains(&taken), "{taken}");
    assert_eq!(pty.send(&piece), Err(InputRefused::Full));
    child.terminate().expect("allowed");
    child.wait().expect("a status");
    until("a closed terminal says so", || pty.send(b"x") == Err(InputRefused::Closed));
}

#[test]
fn a_dropped_terminal_hangs_up() {
    let child = sh("exec sleep 100", PTY);
    let pid = Pid::from_raw(child.pid().cast_signed());
    drop(child);
    let status = nix::sys::wait::waitpid(pid, None).expect("ours");
    assert!(matches!(status, nix::sys::wait::WaitStatus::Signaled(_, Signal::SIGHUP, _)), "{status:?}");
}

#[test]
fn a_command_that_is_left_running_is_not_held_up_and_not_hung_up() {
    let dir = tempfile::tempdir().expect("a directory");
    let done = dir.path().join("done");
    let script = format!("read x; head -c 1000000 /dev/zero | tr '\\0' x; echo $x >{}", done.display());
    let child = sh(&script, PTY);
    let pid = Pid::from_raw(child.pid().cast_signed());
    child.pty().expect("a terminal").send(b"go\r").expect("taken");
    read_until(&child, "xxx");
    child.leave_running().expect("handed over");
    let status = nix::sys::wait::waitpid(pid, None).expect("ours");
    assert!(matches!(status, nix::sys::wait::WaitStatus::Exited(_, 0)), "{status:?}");
    assert_eq!(fs::read_to_string(done).expect("written"), "go\n");
}

#[test]
fn hostile_output_leaves_the_screen_and_the_print_intact() {
    let text = shell_output(
        "printf 'a\\033]0;t\\007\\033[31mb\\033[2J\\377\\r\\n'; head -c 100000 /dev/urandom",
        None,
    );
    assert!(text.starts_with("a\x1b[31mb\u{fffd}\n"), "{}", text.escape_debug().take(50).collect::<String>());
    assert!(!text.contains(['\x07', '\u{9b}', '\0']));
}
