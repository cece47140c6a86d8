//! The kernel's own workers that carry every byte between the two ends of a terminal: what one end writes, a work item of
//! `system_unbound_wq` hands to the other (`tty_flip_buffer_push`, drivers/tty/tty_buffer.c). They have no priority, and wait for
//! seconds while each CPU has a storm, whoever watches.

//!
//! A process of its own raises them, and puts them back when nobody holds the other end of its standard input any more: whatever becomes of
//! the one that measures.

use std::io::{BufRead, BufReader, Read, Write, stdin, stdout};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdout, Command, Stdio};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::procfs::{self, Process};
use crate::{Measured, children, failed, priority};

/// The argument with which this program raises them, in a process of its own.
pub const RAISE: &str = "--raise";
/// How the workers of unbound queues are called.
const NAME: &str = "kworker/u";
/// How often is looked for new ones, in milliseconds.
const LOOK_EVERY: u8 = 100;
/// What is said when those that are there are raised.
const DONE: &str = "raised";
/// SCHED_OTHER, as [`Process::policy`] tells it.
const AS_EVERYBODY: u32 = 0;

/// The workers run first as long as this lives, those that come later, too.
pub struct Raised {
    raiser: Child,
    says: BufReader<ChildStdout>,
}

impl Raised {
    /// Raises them, by this program once more. To be called before a storm begins: chrt has to be heard.
    ///
    /// # Errors
    /// When the system refuses (CAP_SYS_NICE), or where none of them is to be seen.
    pub fn now(program: &Command) -> Measured<Self> {
        let mut command = Command::new(program.get_program());
        command.args(program.get_args()).stdin(Stdio::piped()).stdout(Stdio::piped());
        // a group of its own: Ctrl-C is not for it
        let mut raiser = command.process_group(0).spawn().map_err(failed(RAISE))?;
        children::spare(raiser.id().cast_signed());
        let says = raiser.stdout.take().ok_or("it has no output")?;
        let mut raised = Self { raiser, says: BufReader::new(says) };
        match raised.line()?.as_str() {
            DONE => Ok(raised),
            "" => Err("who raises them ended at once".into()),
            reason => Err(reason.to_owned()),
        }
    }

    /// Puts them back. Returns how many there were in the end.
    ///
    /// # Errors
    /// Why one of them could not be raised or put back.
    pub fn put_back(mut self) -> Measured<u64> {
        drop(self.raiser.stdin.take());
        let line = self.line()?;
        line.parse()
            .map_err(|_| if line.is_empty() { "it was not told how many there were".into() } else { line })
    }

    fn line(&mut self) -> Measured<String> {
        let mut line = String::new();
        self.says.read_line(&mut line).map_err(failed(RAISE))?;
        Ok(line.trim().to_owned())
    }
}

impl Drop for Raised {
    fn drop(&mut self) {
        drop(self.raiser.stdin.take());
        let _ = self.raiser.wait();
    }
}

/// What the process does that raises them: it says on the standard output whether it can, raises until the standard input ends, and puts
/// back.
pub fn raise_until_end_of_input() {
    let mut raised = Vec::new();
    let outcome = raise_for_long(&mut raised);
    let back = put_back(&raised);
    // where it can't be raised at all, the reason is all that is said; whoever asked may be gone
    let last = outcome.and(back).map_or_else(|reason| reason, |()| raised.len().to_string());
    let _ = writeln!(stdout(), "{last}");
}

fn raise_for_long(raised: &mut Vec<Process>) -> Measured<()> {
    // what this process starts must run in the storm, too: a chrt that waits for its end is of no use
    priority::raise(std::process::id().cast_signed())?;
    raise_all(raised)?;
    if raised.is_empty() {
        return Err(format!("no {NAME}* is to be seen here"));
    }
    writeln!(stdout(), "{DONE}").map_err(failed("the standard output"))?;
    let mut refused = Ok(());
    while !input_ended()? {
        refused = refused.and(raise_all(raised));
    }
    refused
}

/// Waits for a while; true when the other end is closed.
fn input_ended() -> Measured<bool> {
    let mut input = stdin();
    let mut ready = [PollFd::new(input.as_fd(), PollFlags::POLLIN)];
    match poll(&mut ready, PollTimeout::from(LOOK_EVERY)).map_err(failed("waiting"))? {
        0 => Ok(false),
        _ => input.read(&mut [0]).map(|length| length == 0).map_err(failed("the standard input")),
    }
}

/// Raises those that are as everybody.
fn raise_all(raised: &mut Vec<Process>) -> Measured<()> {
    let is_meant = |process: &Process| is_worker(process) && process.policy == AS_EVERYBODY;
    for worker in procfs::all()?.into_iter().filter(is_meant) {
        match priority::raise(worker.pid) {
            Ok(()) => raised.push(worker),
            // one that has ended needs nothing
            Err(reason) if is_still_there(&worker) => return Err(format!("{}: {reason}", worker.name)),
            Err(_) => {}
        }
    }
    Ok(())
}

fn put_back(raised: &[Process]) -> Measured<()> {
    let still = raised.iter().filter(|worker| is_still_there(worker));
    let back = |worker: &Process| {
        priority::put_back(worker.pid)
            .map_err(|reason| format!("{} (pid {}) keeps its priority: {reason}", worker.name, worker.pid))
    };
    still.map(back).fold(Ok(()), Measured::and)
}

fn is_still_there(worker: &Process) -> bool {
    procfs::one(worker.pid).is_some_and(|now| now.start == worker.start)
}

fn is_worker(process: &Process) -> bool {
    process.is_kernel && process.name.starts_with(NAME)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SCHED_RR.
    const FIRST: u32 = 2;

    #[test]
    fn workers_of_unbound_queues_are_meant_and_nobody_who_is_called_so() {
        let process = |name: &str, is_kernel| Process {
            pid: 48,
            name: name.into(),
            state: 'I',
            parent: 2,
            is_kernel,
            start: 33,
            policy: 0,
        };
        assert!(is_worker(&process("kworker/u8:1-events_unbound", true)));
        assert!(!is_worker(&process("kworker/u8:1-events_unbound", false)), "everybody may be called so");
        assert!(
            !is_worker(&process("kworker/1:2-events", true)) && !is_worker(&process("kworker/R-mld", true))
        );
    }

    #[test]
    fn who_can_not_raise_them_says_why() {
        let says = |text: &str| Raised::now(Command::new("echo").arg(text)).err();
        assert_eq!(says("Operation not permitted").as_deref(), Some("Operation not permitted"));
        assert_eq!(says("").as_deref(), Some("who raises them ended at once"));
    }

    #[test]
    fn they_are_raised_for_a_while_and_then_as_they_were() {
        let policies = || {
            let all = procfs::all().unwrap();
            all.into_iter().filter(is_worker).map(|worker| (worker.pid, worker.policy)).collect::<Vec<_>>()
        };
        let before = policies();
        let mut raised = Vec::new();
        // without the right it is refused, and in a container there is none of them
        if raise_all(&mut raised).is_ok() && !raised.is_empty() {
            assert!(policies().iter().any(|&(_, policy)| policy == FIRST));
            put_back(&raised).unwrap();
        }
        let after = policies();
        assert!(
            before.iter().all(|was| after.contains(was) || after.iter().all(|is| is.0 != was.0)),
            "{after:?}"
        );
    }
}
