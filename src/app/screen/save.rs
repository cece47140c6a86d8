//! The screen into a file that the user names, by a thread which has that user's rights over files and no others.
//!
//! When the key is pressed proctop has given up its rights, and with them the one to act as the user who called. So the
//! thread becomes that user's in the file system before, gives up everything else, and waits. It is also why a slow disk
//! does not stop the screen.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};

use super::{copied, memory};
use crate::app::error::Error;
use crate::command::rights;
use crate::recording::{self, Owner};
use crate::text;

/// How long the end of proctop waits for files that are being written.
const LAST_WRITES: Duration = Duration::from_secs(1);

/// Hands screens to the thread that writes them.
pub(super) struct Saver {
    jobs: Sender<Job>,
    /// What became of each, for the user.
    pub(super) answers: Receiver<String>,
}

enum Job {
    /// The screen, into a file that the user names.
    Picture { name: String, contents: String },
    /// What was copied last.
    Copied(Vec<u8>),
    /// What was typed, to be added to what is remembered or to take its place.
    Typed { typed: String, anew: bool },
}

impl Saver {
    /// Starts the thread. To be called while the right to act as the owner is there; if that is not known, every picture
    /// is refused. What was copied goes to the directory `state`.
    ///
    /// # Errors
    /// When the thread can't be started.
    pub(super) fn start(owner: Result<Option<Owner>, Error>, state: Option<PathBuf>) -> Result<Self, Error> {
        // What the user asked for, and what was typed.
        let (jobs, waiting) = bounded::<Job>(2);
        // As many as there can be: two that wait, one that is written, one that was refused meanwhile.
        let (sender, answers) = bounded(4);
        let (ready, is_ready) = bounded::<()>(0);
        std::thread::Builder::new()
            .name("pictures".into())
            .spawn(move || {
                // Should that fail, no file can be created either, and then it is told.
                if let Ok(owner) = owner {
                    let _ = recording::act_as(owner);
                }
                let _ = rights::keep_only(&[]);
                drop(ready);
                for job in waiting {
                    let said = match &owner {
                        Ok(owner) => do_job(&job, *owner, state.as_deref()),
                        Err(error) => Err(error.to_string()),
                    };
                    // Nobody asked for that, so that nobody waits for an answer either.
                    let is_of_use = !matches!(job, Job::Typed { .. });
                    if is_of_use && sender.send(said.unwrap_or_else(|complaint| complaint)).is_err() {
                        return;
                    }
                }
            })
            .map_err(|error| Error::System { doing: "cannot write pictures", error })?;
        // It never sends: the end of the channel tells that it has no rights any more.
        let _ = is_ready.recv();
        Ok(Self { jobs, answers })
    }

    /// Asks for a file to be written.
    ///
    /// # Errors
    /// When that before has not been written yet; for the user.
    pub(super) fn save(&self, name: String, contents: String) -> Result<(), &'static str> {
        let refused = "the picture before is still being written";
        self.jobs.try_send(Job::Picture { name, contents }).map_err(|_| refused)
    }

    /// Asks for what was copied to be written.
    ///
    /// # Errors
    /// As [`Saver::save`].
    pub(super) fn keep_copied(&self, contents: Vec<u8>) -> Result<(), &'static str> {
        let refused = "the file before is still being written";
        self.jobs.try_send(Job::Copied(contents)).map_err(|_| refused)
    }

    /// Asks for what was typed to be kept.
    ///
    /// # Errors
    /// As [`Saver::save`].
    pub(super) fn remember(&self, typed: &str, anew: bool) -> Result<(), &'static str> {
        let refused = "the file before is still being written";
        // The last place is kept for what the user asks for.
        if !self.jobs.is_empty() {
            return Err(refused);
        }
        self.jobs.try_send(Job::Typed { typed: typed.to_owned(), anew }).map_err(|_| refused)
    }

    /// Waits until all is written, though not for long.
    pub(super) fn finish(self) {
        drop(self.jobs);
        let end = Instant::now() + LAST_WRITES;
        while self.answers.recv_deadline(end).is_ok() {}
    }
}

fn do_job(job: &Job, owner: Option<Owner>, state: Option<&Path>) -> Result<String, String> {
    match job {
        Job::Picture { name, contents } => write(name, contents, owner),
        Job::Copied(contents) => copied::write(state, owner, contents),
        Job::Typed { typed, anew } => memory::write(state, owner, typed, *anew),
    }
}

/// Writes a file that is not there yet, or to a pipe or device; tells where it is.
fn write(name: &str, contents: &str, owner: Option<Owner>) -> Result<String, String> {
    let path = std::path::absolute(name).unwrap_or_else(|_| PathBuf::from(name));
    let shown = text::sanitise(path.as_os_str().as_encoded_bytes()).into_owned();
    let failed = |error: io::Error| format!("cannot write to {shown}: {error}");
    let mut file = recording::create(&path, owner).map_err(|error| error.to_string())?;
    if !file.is_new() && file.is_regular().map_err(failed)? {
        return Err(format!("{shown} is there already; choose another name"));
    }
    file.write_all(contents.as_bytes()).and_then(|()| file.flush()).map_err(failed)?;
    Ok(format!("the screen is in {shown}"))
}
