//! What `make bench` measures, and how it is written down: every part puts raw samples into [`results::Results`]; the verdicts and
//! the page are made of these alone.

#![warn(missing_docs)]

pub mod children;
pub mod echo;
pub mod kernel_side;
pub mod kernel_workers;
pub mod machine;
pub mod memory;
#[path = "../support/mix.rs"]
pub mod mix;
pub mod others;
pub mod parts;
pub mod peers;
pub mod picture;
pub mod priority;
pub mod procfs;
pub mod report;
pub mod results;
pub mod stats;
pub mod storm;
pub mod support;
pub mod targets;
pub mod ticks;
pub mod tracer;
pub mod verdict;

/// What a measurement comes to; otherwise why it could not be made.
pub type Measured<T> = Result<T, String>;

/// An error of the system in words, with what was being done.
pub fn failed<E: std::fmt::Display>(doing: impl std::fmt::Display) -> impl FnOnce(E) -> String {
    move |error| format!("{doing}: {error}")
}
