//! Running the user's command: as the user who called, in the caller's terminal or in one of its own, and keeping
//! what it printed.
//!
//! The order that the rest of the program has to keep: find out who called ([`InvokingUser::detect`]), arm the
//! tracer, [`spawn`] the command, and only then give rights away ([`rights::keep_only`]): changing to another user
//! needs more of them than tracing does.

mod child;
mod exec;
mod guard;
pub mod identity;
pub mod keys;
pub mod output;
pub mod pty;
pub mod rights;
mod sanitise;
mod signal;
mod spawn;
mod sys;
#[cfg(test)]
mod tests;

pub use child::{Child, exit_code};
pub use identity::{IdentityError, InvokingUser};
pub use output::KeptOutput;
pub use pty::Pty;
pub use signal::{SignalError, signal_process};
pub use spawn::{SpawnError, Stdio, spawn};
