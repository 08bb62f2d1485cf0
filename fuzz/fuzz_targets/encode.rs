//! See `polyfill_differential::fuzz::encode`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    polyfill_differential::fuzz::encode(bytes);
});
