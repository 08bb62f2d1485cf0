//! Runs `polyfill_differential::fuzz::structured` under libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    polyfill_differential::fuzz::structured(bytes);
});
