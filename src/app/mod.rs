//! Wiring: the only place that sees all the others.

mod doctor;
mod error;
mod follow;
mod history;
mod live;
mod log;
mod part;
mod printer;
mod record;
mod row;
mod screen;
mod searches;
mod settings;
mod signals;
mod stdout;
mod until;
mod users;
mod verbose;

use std::io::Write;
use std::process::ExitCode;

use crate::cli::{self, Invocation};
use error::Error;

/// Runs proctop with the arguments of the process.
pub fn main() -> ExitCode {
    let invocation = match cli::parse(std::env::args_os(), &settings::saved_filters) {
        Ok(invocation) => invocation,
        Err(error) => return ExitCode::from(error.report()),
    };
    let result = match &invocation {
        Invocation::Ui(options) => screen::live(options),
        Invocation::Open(options) => screen::open(options),
        Invocation::Log(options) => log::run(options),
        Invocation::Record(options) => record::run(options),
        Invocation::Doctor(options) => doctor::run(options.verbose),
        Invocation::Config(wanted) => settings::run(*wanted),
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            complain(&error);
            ExitCode::from(error.exit_code())
        }
    }
}

/// One line on the standard error. That nobody reads it is no further failure.
fn complain(error: &Error) {
    let _ = writeln!(std::io::stderr(), "{error}");
}
