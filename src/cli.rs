//! The command line: arguments in, an [`Invocation`] or one line of complaint out.
//!
//! Options that several subcommands share may stand before or after the subcommand's name; where an option has no
//! meaning it is refused, never ignored.

mod args;
mod error;
mod invocation;
mod resolve;
mod still;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ffi::OsString;

use clap::Parser;

pub use error::CliError;
pub use invocation::{
    Config, DEFAULT_HISTORY, Doctor, Invocation, Log, LogOutput, LogSource, LookOptions, Open, Record,
    Selection, Still, Trace, Ui, Until,
};

/// Tells the filters that the user has saved, by their names, or in one line why they can't be had.
pub type SavedFilters<'a> = &'a dyn Fn() -> Result<BTreeMap<String, String>, String>;

/// Reads a command line. `args` begins with the program's name, as [`std::env::args_os`] does.
///
/// Looks users up in the system's database, and asks for the saved filters where `-f @name` may mean one of them, or
/// `--keys`; does nothing else to the outside.
///
/// # Errors
/// Requests for help and the version, and whatever makes no sense, the saved filters among it. The caller is to
/// [`CliError::report`] them.
pub fn parse(
    args: impl IntoIterator<Item = OsString>,
    saved: SavedFilters<'_>,
) -> Result<Invocation, CliError> {
    let args: Vec<OsString> = args.into_iter().collect();
    let cli = args::Cli::try_parse_from(&args).map_err(CliError::from_clap)?;
    // The parser does not tell an empty command from none.
    if args.iter().skip(1).position(|arg| arg == "--").is_some_and(|at| at + 2 == args.len()) {
        return Err(CliError::usage(
            "nothing follows '--'; write the command there, as in 'proctop -- make'",
        ));
    }
    resolve::invocation(cli, saved)
}
