//! Where what the screen waits for comes from.

use crossbeam_channel::{Receiver, never};
use crossterm::event::Event as Input;
use signal_hook::consts::{SIGALRM, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGUSR1, SIGUSR2};

use super::input;
use super::job::Job;
use super::save::Saver;
use crate::app::error::Error;
use crate::app::signals;
use crate::model::event::WaitStatus;
use crate::tracer::Message;

/// All that would end or stop the process without the terminal being given back, and that somebody may send.
const TAKEN: [i32; 8] = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGALRM, SIGUSR1, SIGUSR2, SIGTSTP];

/// What is waited for.
pub(super) struct Channels {
    pub(super) messages: Receiver<Message>,
    pub(super) replayed: Receiver<Option<String>>,
    pub(super) input: Receiver<Input>,
    pub(super) hang_up: Receiver<()>,
    pub(super) signals: Receiver<i32>,
    pub(super) ended: Receiver<WaitStatus>,
    pub(super) output: Receiver<Vec<u8>>,
    pub(super) saved: Receiver<String>,
}

impl Channels {
    pub(super) fn new(
        messages: Receiver<Message>,
        replayed: Receiver<Option<String>>,
        job: Option<&Job>,
        saver: &Saver,
    ) -> Result<Self, Error> {
        let (ended, output) = job.map_or_else(|| Ok((never(), never())), Job::channels)?;
        let signals = signals::listen(&TAKEN)?;
        // The terminal is made raw before its keys are read; what was typed until then waits in the kernel.
        let (input, hang_up, saved) = (never(), input::hang_up()?, saver.answers.clone());
        Ok(Self { messages, replayed, input, hang_up, signals, ended, output, saved })
    }
}
