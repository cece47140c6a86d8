//! proctop: the life of every process on a Linux machine, live in the terminal, from the kernel through eBPF.
//!
//! `ARCHITECTURE.md` shows the data's way through these modules.

#![warn(missing_docs)]

pub mod app;
pub mod cli;
pub mod command;
pub mod config;
pub mod model;
pub mod output;
pub mod picture;
mod provoke;
pub mod recording;
pub mod text;
pub mod tracer;
pub mod ui;
