//! The standard output, for what is said once and as a whole.

use std::io::{self, Write};

use super::error::Error;

/// Prints it. That nobody reads on is no failure; that there is no room is one.
pub(super) fn print(bytes: &[u8]) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    unless_abandoned(out.write_all(bytes).and_then(|()| out.flush()), "the standard output".to_owned())
}

/// The outcome of writing to `to`: who has seen enough misses nothing.
pub(super) fn unless_abandoned(written: io::Result<()>, to: String) -> Result<(), Error> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(|error| Error::Output { to, error, way_out: "write it elsewhere" }),
    }
}
