//! See `polyfill_differential::fuzz::structured`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    polyfill_differential::fuzz::structured(bytes);
});
