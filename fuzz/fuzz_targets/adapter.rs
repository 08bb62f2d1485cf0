//! See `polyfill_differential::fuzz::adapter`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    polyfill_differential::fuzz::adapter(bytes);
});
