//! The user's config file: found, read with the user's rights, and what of it the command line changes.

use std::collections::BTreeMap;
use std::path::PathBuf;

use nix::unistd::User;

use super::error::Error;
use super::live::{invoking_user, owner};
use super::stdout;
use crate::cli::{self, LookOptions, Selection};
use crate::command::InvokingUser;
use crate::config::{self, Config, MAX_BYTES, place};
use crate::recording;
use crate::text;
use crate::ui::{Look, UiOptions};

/// Runs `proctop config` and returns the exit code.
pub(super) fn run(wanted: cli::Config) -> Result<u8, Error> {
    let out = match wanted {
        cli::Config::Example => config::example().into_bytes(),
        cli::Config::Path => {
            let path = path(InvokingUser::detect()?.as_ref())?;
            // As it is: a script may use it.
            [path.into_os_string().as_encoded_bytes(), b"\n"].concat()
        }
    };
    stdout::print(&out)?;
    Ok(0)
}

/// Where the file is looked for.
fn path(caller: Option<&InvokingUser>) -> Result<PathBuf, Error> {
    match caller {
        // The environment is root's.
        Some(user) => match &user.home {
            Some(home) if home.is_absolute() => Ok(place::by_home(home)),
            _ => Err(Error::NoConfigPlace("who called sudo has no home")),
        },
        None => place::by_environment(&|name| std::env::var_os(name))
            .ok_or(Error::NoConfigPlace("neither XDG_CONFIG_HOME nor HOME is an absolute path")),
    }
}

/// The settings of who called; the defaults where there is no file.
pub(super) fn load() -> Result<Config, Error> {
    // Whoever can't be told has no file; what has to know who it is complains itself.
    let Ok(caller) = invoking_user() else { return Ok(Config::default()) };
    let Ok(path) = path(caller.as_ref()) else { return Ok(Config::default()) };
    let shown = || text::sanitise(path.as_os_str().as_encoded_bytes()).into_owned();
    let contents = recording::read_own(&path, caller.as_ref().map(owner), MAX_BYTES)
        .map_err(|reason| Error::ConfigFile { path: shown(), reason })?;
    let users = |name: &str| User::from_name(name).ok().flatten().map(|user| user.uid.as_raw());
    Config::parse(&contents.unwrap_or_default(), &users)
        .map_err(|error| Error::Config { path: shown(), error })
}

/// The filters that the user has saved, by their names.
///
/// # Errors
/// In one line, when the file can't be read or has a mistake.
pub(super) fn saved_filters() -> Result<BTreeMap<String, String>, String> {
    let complaint = |error: Error| error.to_string().trim_start_matches("proctop: ").to_owned();
    load().map(|config| config.filters).map_err(complaint)
}

/// How the screen begins: as the command line says, else as the config file does, on a terminal with this environment.
pub(super) fn ui_options(
    config: Config,
    selection: &Selection,
    look: LookOptions,
    variable: &dyn Fn(&str) -> Option<String>,
) -> UiOptions {
    UiOptions {
        filter: selection.combined(),
        min_duration_ns: selection.min_duration_ns.unwrap_or(config.min_duration_ns),
        hide_exited: config.hide_exited,
        kernel_threads: config.kernel_threads,
        saved_filters: config.filters,
        look: Look::new(look.over(config.look), variable),
        flash: config.flash,
        keymap: config.keymap,
        columns: config.columns,
        ..UiOptions::default()
    }
}
