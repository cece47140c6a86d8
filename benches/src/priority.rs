//! Who runs before others, by chrt (util-linux): the system call has no safe wrapper.

use std::process::Command;

use crate::{Measured, failed};

/// As everybody is scheduled.
const AS_EVERYBODY: [&str; 3] = ["-o", "-p", "0"];

/// Lets all threads of this process run before all others (SCHED_RR), or no longer; what it starts from now on is as everybody. For
/// whoever only looks: with a storm on every CPU the kernel leaves a terminal unread for seconds, and that is not what is measured.
///
/// # Errors
/// When the system refuses (CAP_SYS_NICE), or without chrt.
pub fn run_first(first: bool) -> Measured<()> {
    let how = if first { ["-R", "-a", "-r", "-p", "1"] } else { ["-R", "-a", "-o", "-p", "0"] };
    chrt(&how, std::process::id().cast_signed())
}

/// Gives a thread the lowest real-time priority, and all that it starts from now on.
///
/// # Errors
/// As [`run_first`].
pub fn raise(thread: i32) -> Measured<()> {
    chrt(&["-r", "-p", "1"], thread)
}

/// Makes a thread as everybody is; how nice it is stays.
///
/// # Errors
/// As [`run_first`].
pub fn put_back(thread: i32) -> Measured<()> {
    chrt(&AS_EVERYBODY, thread)
}

fn chrt(how: &[&str], thread: i32) -> Measured<()> {
    let output = Command::new("chrt").args(how).arg(thread.to_string()).output();
    let output = output.map_err(failed("chrt (util-linux)"))?;
    let refusal = || String::from_utf8_lossy(&output.stderr).trim().to_owned();
    output.status.success().then_some(()).ok_or_else(refusal)
}
