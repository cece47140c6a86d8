//! Where libbpf's debug output goes under `--verbose`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::error::Error;
use crate::recording::{self, Owner};
use crate::text;
use crate::tracer;

/// To the standard error; without `--verbose` nothing is said.
pub(super) fn to_stderr(verbose: bool) {
    tracer::listen(verbose.then(|| Box::new(io::stderr()) as Box<dyn io::Write + Send>));
}

/// To a new file, since the screen owns the terminal; its path is returned.
pub(super) fn to_file(verbose: bool, owner: Option<Owner>) -> Result<Option<PathBuf>, Error> {
    if !verbose {
        tracer::listen(None);
        return Ok(None);
    }
    let path = std::env::temp_dir().join(format!("proctop-{}.log", std::process::id()));
    let file = recording::create(&path, owner)?;
    file.begin().map_err(|error| Error::System { doing: "cannot write libbpf's messages", error })?;
    tracer::listen(Some(Box::new(file)));
    Ok(Some(path))
}

/// Where the messages are found.
pub(super) fn name_file(path: &Path) -> String {
    format!("libbpf's messages go to {}", text::sanitise(path.as_os_str().as_encoded_bytes()))
}

/// The same on the standard error, where there will be no screen to tell it.
pub(super) fn tell_file(path: Option<&Path>) {
    if let Some(path) = path {
        let _ = writeln!(io::stderr(), "proctop: {}", name_file(path));
    }
}
