//! Why proctop ends early: one line for the user, and an exit code.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::command::{IdentityError, SpawnError};
use crate::config::ConfigError;
use crate::recording;
use crate::tracer::StartError;

/// A failure that ends the program.
#[derive(Debug, Error)]
pub(super) enum Error {
    #[error("proctop: {0}")]
    Start(#[from] StartError),
    #[error("{0}")]
    Identity(#[from] IdentityError),
    #[error("{0}")]
    Spawn(#[from] SpawnError),
    #[error("proctop: {0}")]
    Create(#[from] recording::CreateError),
    #[error("proctop: {0}")]
    Open(#[from] recording::OpenError),
    #[error("proctop: {0}")]
    Read(#[from] recording::ReadError),
    #[error("proctop: {path}:{error}")]
    Config { path: String, error: ConfigError },
    #[error("proctop: cannot read {path}: {reason}")]
    ConfigFile { path: String, reason: String },
    #[error("proctop: there is no place for a config file: {0}")]
    NoConfigPlace(&'static str),
    #[error("proctop: the screen needs a terminal; for lines instead of a screen use 'proctop log'")]
    NoTerminal,
    #[error("proctop: --keys: {0}")]
    Keys(&'static str),
    #[error("proctop: {0:?} is the recording itself; name another file")]
    OverRecording(PathBuf),
    #[error("proctop: cannot read the users in {path:?}: {error}; name a list such as /etc/passwd")]
    Users { path: PathBuf, error: io::Error },
    #[error("proctop: there is no process {0} to watch; 'ps -e' lists those that run")]
    NoProcess(u32),
    #[error("proctop: {path:?} has no process {pid}; 'proctop log --from' lists those that it has")]
    NotRecorded { pid: u32, path: PathBuf },
    #[error("proctop: no storm of {rate}/s came in {waited}; nothing was written")]
    NoStorm { rate: u32, waited: String },
    #[error("proctop: tracing ended: {0}; start proctop again")]
    Tracing(String),
    #[error("proctop: tracing ended: {0}; the command runs on, unseen")]
    Unseen(String),
    #[error("proctop: cannot write to {to}: {error}; {way_out}")]
    Output { to: String, error: io::Error, way_out: &'static str },
    #[error("proctop: {doing}: {error}")]
    System { doing: &'static str, error: io::Error },
}

impl Error {
    /// 2 for bad input, 3 for a storm that did not come, 127 and 126 for a command that can't be run, 1 for what failed at run time.
    pub(super) fn exit_code(&self) -> u8 {
        match self {
            Error::Identity(error) => error.exit_code(),
            Error::Spawn(error) => error.exit_code(),
            Error::NoStorm { .. } => 3,
            Error::Create(_)
            | Error::Open(_)
            | Error::Config { .. }
            | Error::ConfigFile { .. }
            | Error::NoConfigPlace(_)
            | Error::NoTerminal
            | Error::Keys(_)
            | Error::OverRecording(_)
            | Error::Users { .. }
            | Error::NoProcess(_)
            | Error::NotRecorded { .. } => 2,
            Error::Start(_)
            | Error::Read(_)
            | Error::Tracing(_)
            | Error::Unseen(_)
            | Error::Output { .. }
            | Error::System { .. } => 1,
        }
    }
}
