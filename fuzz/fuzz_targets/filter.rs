//! See `proctop_fuzz::filter`.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| proctop_fuzz::filter::check(text));
