//! See `proctop_fuzz::decoder`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| proctop_fuzz::decoder::check(bytes));
