//! See `proctop_fuzz::events`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| proctop_fuzz::events::check(bytes));
