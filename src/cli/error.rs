//! Why there is nothing to do: help was asked for, or the command line makes no sense.

use std::error::Error;
use std::fmt;

use clap::CommandFactory;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::args::{Cli, SUBCOMMANDS};
use crate::model::filter::{nearest, quote};

/// A command line that leads to no [`super::Invocation`].
#[derive(Debug)]
pub struct CliError {
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// Help or the version, with its styling, for the standard output.
    Requested(clap::Error),
    /// What is wrong and the way out: one printable line.
    Usage(String),
}

impl CliError {
    /// The code to end with: 0 for help and the version, 2 for what makes no sense.
    pub const fn exit_code(&self) -> u8 {
        match self.kind {
            Kind::Requested(_) => 0,
            Kind::Usage(_) => 2,
        }
    }

    /// Prints help and the version to the standard output, a complaint as one line to the standard error, and returns
    /// the exit code: 1 where there is no room for the help. That nobody reads it is no failure.
    pub fn report(&self) -> u8 {
        use std::io::Write;
        let mut stderr = std::io::stderr();
        if let Kind::Requested(help) = &self.kind {
            match help.print().and_then(|()| std::io::stdout().flush()) {
                Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                    let _ = writeln!(stderr, "proctop: cannot write to the standard output: {error}");
                    return 1;
                }
                _ => {}
            }
        } else {
            let _ = writeln!(stderr, "{self}");
        }
        self.exit_code()
    }

    pub(super) fn usage(message: impl Into<String>) -> Self {
        // Whatever the message repeats of the arguments, it stays one line and commands no terminal.
        Self { kind: Kind::Usage(message.into().replace(char::is_control, "?")) }
    }

    pub(super) fn given_twice(option: &str) -> Self {
        Self::usage(format!("{option} is given twice"))
    }

    pub(super) fn no_such_option(subcommand: Option<&str>, option: &str) -> Self {
        Self::usage(match subcommand {
            Some("record") if owners(option) == ["log", "open"] => {
                format!(
                    "'record' has no option '{option}', since it keeps everything; give it to 'open' or 'log'"
                )
            }
            Some(subcommand) => format!("'{subcommand}' has no option {}", quote(option)),
            None => format!("unknown option {}", quote(option)),
        })
    }

    /// Turns the parser's several lines into one.
    pub(super) fn from_clap(error: clap::Error) -> Self {
        let argument = text_of(&error, ContextKind::InvalidArg).unwrap_or_default();
        // Without the name of its value.
        let option = argument.split(' ').next().unwrap_or_default();
        let value = text_of(&error, ContextKind::InvalidValue).unwrap_or_default();
        match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Self { kind: Kind::Requested(error) },
            ErrorKind::UnknownArgument if argument.len() > 1 && argument.starts_with('-') => {
                unknown_option(&error, &argument)
            }
            ErrorKind::UnknownArgument => unexpected_word(&error, &argument),
            ErrorKind::InvalidValue if value.is_empty() => Self::usage(format!("no value for '{argument}'")),
            ErrorKind::InvalidValue => invalid_value(&error, option, &value),
            ErrorKind::ValueValidation => {
                let reason = error.source().map_or_else(|| quote(&value), ToString::to_string);
                Self::usage(format!("{option}: {reason}"))
            }
            ErrorKind::ArgumentConflict => conflict(&error, option),
            ErrorKind::MissingRequiredArgument => {
                let subcommand = subcommand_of(&error).unwrap_or("proctop");
                Self::usage(format!("'{subcommand}' needs {argument}"))
            }
            ErrorKind::TooManyValues => Self::usage(format!("{option} takes no value")),
            ErrorKind::InvalidUtf8 => Self::usage("an option's value is not valid UTF-8"),
            _ => {
                let text = error.to_string();
                let first = text.lines().next().unwrap_or_default();
                Self::usage(first.strip_prefix("error: ").unwrap_or(first))
            }
        }
    }
}

fn unknown_option(error: &clap::Error, option: &str) -> CliError {
    if let Some(meant) = text_of(error, ContextKind::SuggestedArg) {
        return CliError::usage(format!("unknown option {}; did you mean '{meant}'?", quote(option)));
    }
    let subcommand = subcommand_of(error);
    let owners = if subcommand.is_none() { owners(option) } else { Vec::new() };
    if owners.is_empty() {
        return CliError::no_such_option(subcommand, option);
    }
    CliError::usage(format!("'{option}' goes with '{}'; write it behind that word", owners.join("' and '")))
}

/// The subcommands that have this option.
fn owners(option: &str) -> Vec<&'static str> {
    let has = |command: &clap::Command| {
        command.get_arguments().any(|arg| {
            arg.get_long().is_some_and(|long| option.strip_prefix("--") == Some(long))
                || arg
                    .get_short()
                    .is_some_and(|short| option.strip_prefix('-') == Some(short.to_string().as_str()))
        })
    };
    let command = Cli::command();
    SUBCOMMANDS.into_iter().filter(|name| command.find_subcommand(name).is_some_and(has)).collect()
}

/// A word where there is none to be: most likely a command without its `--`.
fn unexpected_word(error: &clap::Error, word: &str) -> CliError {
    let shown = quote(word);
    // What needs escaping or cutting is not offered for typing.
    let typed = if shown == format!("'{word}'") { word } else { "COMMAND" };
    CliError::usage(match subcommand_of(error) {
        Some(subcommand @ ("log" | "record")) => {
            format!("unexpected word {shown}; to run it as a command: proctop {subcommand} -- {typed}")
        }
        Some(_) => format!("unexpected word {shown}"),
        None if word == "help" => "'help' is not a subcommand; did you mean '--help'?".into(),
        None => match nearest(word, SUBCOMMANDS) {
            Some(meant) => {
                format!("{shown} is not a subcommand; did you mean '{meant}' or 'proctop -- {typed}'?")
            }
            None => format!("{shown} is not a subcommand; to run it as a command: proctop -- {typed}"),
        },
    })
}

fn invalid_value(error: &clap::Error, option: &str, value: &str) -> CliError {
    let way_out = match (text_of(error, ContextKind::SuggestedValue), error.get(ContextKind::ValidValue)) {
        (Some(meant), _) => format!("; did you mean '{meant}'?"),
        (None, Some(ContextValue::Strings(valid))) => format!("; there is {}", valid.join(", ")),
        (None, _) => String::new(),
    };
    CliError::usage(format!("{option}: unknown value {}{way_out}", quote(value)))
}

/// An option that was given before, or another one that rules it out.
fn conflict(error: &clap::Error, option: &str) -> CliError {
    let prior = text_of(error, ContextKind::PriorArg).unwrap_or_default();
    match prior.split(' ').next() {
        Some(prior) if !prior.is_empty() && prior != option => {
            CliError::usage(format!("{option} and {prior} exclude each other"))
        }
        _ => CliError::given_twice(option),
    }
}

fn text_of(error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) => Some(texts.join(" and ")),
        _ => None,
    }
}

/// The subcommand whose arguments were wrong; told by nothing but the usage line that comes with the error.
fn subcommand_of(error: &clap::Error) -> Option<&'static str> {
    let Some(ContextValue::StyledStr(usage)) = error.get(ContextKind::Usage) else {
        return None;
    };
    let usage = usage.to_string();
    let word = usage.split_whitespace().skip_while(|&word| word != "proctop").nth(1)?;
    SUBCOMMANDS.into_iter().find(|&name| name == word)
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Requested(help) => help.fmt(f),
            Kind::Usage(message) => {
                let joint = if message.ends_with('?') { "" } else { ";" };
                write!(f, "proctop: {message}{joint} see 'proctop --help'")
            }
        }
    }
}

impl Error for CliError {}
