//! Starting the command.

use std::ffi::{CString, OsStr, OsString};
use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::signal::SigSet;
use nix::unistd::{ForkResult, Pid, fork, geteuid, pipe2};

use super::child::Child;
use super::exec::{Ids, Plan, REPORT_BYTES, Stage, StringArray};
use super::identity::InvokingUser;
use super::pty::Pty;
use super::sys;

/// Where `execvp` looks when there is no PATH.
const DEFAULT_PATH: &str = "/bin:/usr/bin";

/// What the terminal of a command's own emulates: the pane is drawn and its keys are encoded as xterm does it.
const PTY_TERM: &str = "xterm-256color";

/// What the command's standard input, output and error are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stdio {
    /// Those of this process; the command stays in its process group, so Ctrl-C reaches both.
    Inherit,
    /// A terminal of its own, which is also its controlling terminal.
    Pty {
        /// Height in characters; 0 counts as 1.
        rows: u16,
        /// Width in characters; 0 counts as 1.
        cols: u16,
    },
}

/// Why the command does not run. One line that begins with the program's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpawnError {
    /// There is no such command.
    #[error("proctop: cannot run '{}': {reason}", shown(.name))]
    NotFound {
        /// The command as it was given.
        name: OsString,
        /// What was looked for, and the way out.
        reason: String,
    },
    /// It is there, and the kernel refuses to execute it.
    #[error("proctop: cannot run '{}': {reason}", shown(.name))]
    NotExecutable {
        /// The command as it was given.
        name: OsString,
        /// What the kernel objects to, and the way out.
        reason: String,
    },
    /// Something else went wrong before the command could be executed.
    #[error("proctop: cannot run '{}': {reason}", shown(.name))]
    Failed {
        /// The command as it was given.
        name: OsString,
        /// What failed, and the way out.
        reason: String,
    },
}

impl SpawnError {
    /// The exit code that shells give: 127 not found, 126 not executable, otherwise 1.
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::NotFound { .. } => 127,
            Self::NotExecutable { .. } => 126,
            Self::Failed { .. } => 1,
        }
    }
}

fn shown(name: &OsStr) -> String {
    name.to_string_lossy()
        .chars()
        .flat_map(|c| if c == '\'' { vec![c] } else { c.escape_debug().collect() })
        .collect()
}

/// Starts `argv`, looked up in our own PATH, and returns when it has been executed.
///
/// With `user`, and when this process is root, the command runs with that user's ids, groups and HOME, or not at
/// all. The working directory is kept. The command gets default signal actions and none of our descriptors that
/// are close-on-exec; those that our caller handed on without that flag it gets, as under `env`.
///
/// # Errors
/// See [`SpawnError`]. Nothing of the command runs then.
pub fn spawn(argv: &[OsString], user: Option<&InvokingUser>, stdio: Stdio) -> Result<Child, SpawnError> {
    spawn_from(std::env::var_os("PATH").as_deref(), argv, user, stdio)
}

/// [`spawn`] with the PATH to look the command up in.
pub(super) fn spawn_from(
    path: Option<&OsStr>,
    argv: &[OsString],
    user: Option<&InvokingUser>,
    stdio: Stdio,
) -> Result<Child, SpawnError> {
    let name = argv.first().cloned().unwrap_or_default();
    let fail = |doing: &str, errno: Errno| SpawnError::Failed {
        name: name.clone(),
        reason: format!("{doing}: {}", errno.desc()),
    };
    // Whoever is not root runs the command as they are: that is never root.
    let user = user.filter(|_| geteuid().is_root());
    let (pty, terminal) = match stdio {
        Stdio::Inherit => (None, None),
        Stdio::Pty { rows, cols } => {
            let open =
                Pty::open(rows, cols, user.map(|u| u.uid)).map_err(|e| fail("cannot open a terminal", e))?;
            (Some(open.0), Some(open.1))
        }
    };
    let plan = plan(path, argv, user, terminal)?;
    sys::keep_ended_children().map_err(|errno| fail("cannot watch for its end", errno))?;
    let pid = fork_and_exec(&plan)
        .map_err(|errno| fail("cannot start a process", errno))?
        .map_err(|(stage, errno)| explain(name.clone(), stage, errno))?;
    // The child holds the terminal now; as long as we did too, its end would not be seen.
    drop(plan);
    Ok(Child::new(pid, pty))
}

fn plan(
    path: Option<&OsStr>,
    argv: &[OsString],
    user: Option<&InvokingUser>,
    terminal: Option<OwnedFd>,
) -> Result<Plan, SpawnError> {
    let name = argv.first().cloned().unwrap_or_default();
    if name.is_empty() {
        return Err(SpawnError::NotFound {
            name,
            reason: "no command is named (give one after --)".to_owned(),
        });
    }
    let has_nul =
        || SpawnError::Failed { name: name.clone(), reason: "an argument holds a NUL byte".to_owned() };
    let args: Option<Vec<CString>> = argv.iter().map(|arg| CString::new(arg.as_bytes()).ok()).collect();
    let env = environment(std::env::vars_os(), user, terminal.is_some());
    Ok(Plan {
        paths: candidates(&name, path),
        searched: !is_path(&name),
        argv: StringArray::new(args.ok_or_else(has_nul)?),
        env: StringArray::new(env),
        ids: user.map(|u| Ids { uid: u.uid, gid: u.gid, groups: u.groups.clone() }),
        terminal,
    })
}

fn is_path(name: &OsStr) -> bool {
    name.as_bytes().contains(&b'/')
}

/// The paths that `execvp` would try for `name`.
fn candidates(name: &OsStr, path: Option<&OsStr>) -> Vec<CString> {
    if is_path(name) {
        return CString::new(name.as_bytes()).into_iter().collect();
    }
    let path = path.unwrap_or_else(|| OsStr::new(DEFAULT_PATH));
    let within = |dir: &[u8]| match dir {
        b"" => CString::new(name.as_bytes()),
        dir => CString::new([dir, b"/", name.as_bytes()].concat()),
    };
    path.as_bytes().split(|&b| b == b':').filter_map(|dir| within(dir).ok()).collect()
}

/// The command's environment: ours, made that of `user`, and of a terminal of the command's own.
fn environment(
    ours: impl Iterator<Item = (OsString, OsString)>,
    user: Option<&InvokingUser>,
    pty: bool,
) -> Vec<CString> {
    let mut set: Vec<(&str, Option<OsString>)> = Vec::new();
    if let Some(user) = user {
        let name = || user.name.as_ref().map(OsString::from);
        set.push(("HOME", user.home.as_ref().map(|p| p.clone().into_os_string())));
        set.push(("USER", name()));
        set.push(("LOGNAME", name()));
        set.push(("SHELL", user.shell.as_ref().map(|p| p.clone().into_os_string())));
    }
    if pty {
        set.push(("TERM", Some(PTY_TERM.into())));
        set.push(("LINES", None));
        set.push(("COLUMNS", None));
    }
    let replaced = |key: &OsStr| set.iter().any(|(name, _)| key == *name);
    let of_sudo = |key: &OsStr| user.is_some() && key.as_bytes().starts_with(b"SUDO_");
    let kept = ours.filter(|(key, _)| !replaced(key) && !of_sudo(key));
    let new = set.iter().filter_map(|(name, value)| Some((OsString::from(name), value.clone()?)));
    kept.chain(new)
        .filter_map(|(key, value)| CString::new([key.as_bytes(), b"=", value.as_bytes()].concat()).ok())
        .collect()
}

/// Forks and lets the child carry out `plan`. The inner error is what the child reported.
fn fork_and_exec(plan: &Plan) -> nix::Result<Result<Pid, (Stage, Errno)>> {
    let (reports, report) = pipe2(OFlag::O_CLOEXEC)?;
    // A signal that came between fork and exec would run our handlers in the child, and they write to our pipes.
    let before = SigSet::all().thread_swap_mask(nix::sys::signal::SigmaskHow::SIG_SETMASK)?;
    // SAFETY: the child calls nothing but `Plan::run`, which only makes system calls, and never returns.
    let forked = unsafe { fork() };
    if let Ok(ForkResult::Child) = forked {
        plan.run(report.as_fd());
    }
    let restored = before.thread_set_mask();
    let ForkResult::Parent { child } = forked? else { return Err(Errno::EINVAL) };
    restored?;
    drop(report);
    Ok(match read_report(reports) {
        None => Ok(child),
        Some(failure) => {
            let _ = sys::wait_without_reaping(child).and_then(|()| sys::reap(child));
            Err(failure)
        }
    })
}

/// What the child reported; `None` when the pipe was closed by a successful exec.
fn read_report(reports: OwnedFd) -> Option<(Stage, Errno)> {
    let mut bytes = [0; REPORT_BYTES];
    File::from(reports).read_exact(&mut bytes).ok()?;
    let [stage, a, b, c, d] = bytes;
    Some((Stage::from_byte(stage)?, Errno::from_raw(i32::from_ne_bytes([a, b, c, d]))))
}

fn explain(name: OsString, stage: Stage, errno: Errno) -> SpawnError {
    let failed = |doing: &str| {
        format!("{doing}: {} (proctop must be root, with CAP_SETUID and CAP_SETGID)", errno.desc())
    };
    let reason = match stage {
        Stage::Exec => return explain_exec(name, errno),
        Stage::Interpreter => {
            let reason =
                "its interpreter does not exist (check its #! line, or install its loader)".to_owned();
            return SpawnError::NotExecutable { name, reason };
        }
        Stage::Terminal => format!("cannot give it a terminal: {}", errno.desc()),
        Stage::Groups => failed("cannot take on the calling user's groups"),
        Stage::Group => failed("cannot take on the calling user's group"),
        Stage::User => failed("cannot become the calling user"),
        Stage::Verify => "it would run with other rights than the calling user's".to_owned(),
    };
    SpawnError::Failed { name, reason }
}

fn explain_exec(name: OsString, errno: Errno) -> SpawnError {
    let reason = match errno {
        Errno::ENOENT | Errno::ENOTDIR if is_path(&name) => {
            return SpawnError::NotFound { name, reason: "no such file (check the path)".to_owned() };
        }
        Errno::ENOENT => {
            let hint = "check the name; a shell's builtin or alias needs: sh -c";
            let reason = format!("command not found ({hint} '{}')", shown(&name));
            return SpawnError::NotFound { name, reason };
        }
        Errno::EACCES if is_path(&name) && Path::new(&name).is_dir() => {
            "it is a directory (name a file in it)".to_owned()
        }
        Errno::EACCES => {
            "permission denied (the user who called must be allowed to execute it: chmod +x)".to_owned()
        }
        Errno::ENOEXEC => format!(
            "not a program for this machine (a script needs a first line like #!/bin/sh, or: sh {})",
            shown(&name)
        ),
        other => other.desc().to_owned(),
    };
    SpawnError::NotExecutable { name, reason }
}
