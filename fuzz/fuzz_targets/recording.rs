//! See `proctop_fuzz::recording`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| proctop_fuzz::recording::check(bytes));
