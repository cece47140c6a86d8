//! What must hold of proctop's three readers of untrusted input, whatever they are given: each `check` panics where it
//! does not. The fuzz targets call them with what the fuzzer makes up, `tests/fuzz_corpus.rs` with the seeds.

pub mod decoder;
pub mod events;
pub mod filter;
mod frame;
pub mod recording;
