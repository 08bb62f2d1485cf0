//! See `polyfill_differential::fuzz::world`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    polyfill_differential::fuzz::world(bytes);
});
