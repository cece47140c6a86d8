//! What is done once the screen is left.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use super::End;
use super::job::Job;
use super::picture::Picture;
use crate::app::error::Error;
use crate::tracer::Tracer;

/// How long the last output of a command that has ended is waited for: after each piece, and in all.
const LAST_WORDS: Duration = Duration::from_millis(100);
const ALL_LAST_WORDS: Duration = Duration::from_secs(1);

/// 128 and the signal's number, as shells have it.
pub(super) fn signal_code(signal: i32) -> u8 {
    u8::try_from(signal).map_or(1, |signal| 128 | signal)
}

/// The screen is left. That the tracing had failed is told last.
pub(super) fn finish(end: End, mut picture: Picture, tracer: Tracer) -> Result<u8, Error> {
    drop(tracer);
    let code = match picture.job.take() {
        Some(job) => leave(job, end)?,
        None => {
            if let End::Signal(signal) = end {
                signal_code(signal)
            } else {
                0
            }
        }
    };
    picture.failure.map_or(Ok(code), |reason| Err(Error::Tracing(reason)))
}

/// What the command printed stays on the terminal, and its exit code is ours.
fn leave(mut job: Job, end: End) -> Result<u8, Error> {
    gather_last_words(&mut job);
    // Nobody who reads it is no failure.
    let _ = job.print_output();
    match (end, job.exit_code()) {
        (_, Some(code)) => Ok(code),
        (End::Signal(signal), None) => Ok(signal_code(signal)),
        (End::Quit | End::LeaveRunning, None) => {
            let pid = job.pid();
            job.leave_running()
                .map_err(|error| Error::System { doing: "cannot leave the command", error })?;
            let _ = writeln!(
                io::stderr(),
                "proctop: the command runs on as process {pid}; what it prints from now on is lost"
            );
            Ok(0)
        }
    }
}

/// What the command printed and was not read yet.
fn gather_last_words(job: &mut Job) {
    let begun = Instant::now();
    while begun.elapsed() < ALL_LAST_WORDS {
        match job.read_output(LAST_WORDS) {
            Some(bytes) => job.on_output(&bytes),
            None => break,
        }
    }
}
