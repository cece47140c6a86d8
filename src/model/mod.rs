//! Pure state: events in, tree, log and rates out. No clock, no I/O, no terminal.

pub mod event;
pub mod filter;
