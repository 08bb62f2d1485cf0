//! Malformed inputs cause errors, but no panic and no invalid component.

use polyfill_encoder::{Adapter, Input, Options, Source};
use polyfill_testing::Random;
use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME as NAME, WASI_SNAPSHOT_PREVIEW1_PROXY_ADAPTER as ADAPTER,
};

/// Number of malformed variants of each input.
const TRIES: u64 = 1000;

#[test]
fn malformed_adapters_cause_no_panic() {
    let guest = guest();
    for seed in 0..TRIES {
        let adapter = damage(ADAPTER, seed);
        assert_sound(&guest, &adapter, seed);
        let source = Adapter::new(NAME, &adapter);
        let _ = polyfill_encoder::check(&source);
    }
}

#[test]
fn malformed_guests_cause_no_panic() {
    let guest = guest();
    for seed in 0..TRIES {
        assert_sound(&damage(&guest, seed), ADAPTER, seed);
    }
}

#[test]
fn truncated_inputs_cause_no_panic() {
    let guest = guest();
    for length in 0..guest.len() {
        assert_sound(&guest[..length], ADAPTER, length as u64);
    }
    for length in (0..ADAPTER.len()).step_by(97) {
        assert_sound(&guest, &ADAPTER[..length], length as u64);
    }
}

/// Encodes the input with validation. Panics if the encoder panics or if the component is invalid.
fn assert_sound(guest: &[u8], adapter: &[u8], seed: u64) {
    let source = |name: &str, wasm| Source { name: name.into(), wasm, wit: None };
    let input = Input { main: source("main", guest), adapters: vec![Adapter::new(NAME, adapter)] };
    let options = Options::default();
    let encoded = std::panic::catch_unwind(|| polyfill_encoder::encode(&input, &options));
    let Ok(encoded) = encoded else { panic!("seed {seed}: the encoder panics") };
    if let Ok(encoded) = encoded {
        let mut validator = wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all());
        if let Err(error) = validator.validate_all(&encoded.component) {
            panic!("seed {seed}: {error}");
        }
    }
}

fn guest() -> Vec<u8> {
    let text = format!(
        r#"(module $guest
            (import "{NAME}" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (import "{NAME}" "random_get" (func (param i32 i32) (result i32)))
            (import "{NAME}" "environ_get" (func (param i32 i32) (result i32)))
            (memory (export "memory") 1)
            (func (export "_start") (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
            (data (i32.const 0) "\10\00\00\00\05\00\00\00")
        )"#
    );
    wat::parse_str(text).unwrap()
}

/// Truncates the input, removes or overwrites some bytes, or flips a bit.
fn damage(bytes: &[u8], seed: u64) -> Vec<u8> {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut bytes = bytes.to_vec();
    match random.below(4) {
        0 => bytes.truncate(random.below(bytes.len())),
        1 => {
            let at = random.below(bytes.len());
            let end = (at + 1 + random.below(16)).min(bytes.len());
            bytes.drain(at..end);
        }
        2 => {
            for _ in 0..=random.below(4) {
                let at = random.below(bytes.len());
                bytes[at] = random.below(256) as u8;
            }
        }
        _ => {
            let at = random.below(bytes.len());
            bytes[at] ^= 1 << random.below(8);
        }
    }
    bytes
}
