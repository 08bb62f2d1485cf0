//! Damaged guests and adapters: the encoder returns errors, does not panic, and produces no invalid component.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::modules;
use polyfill_encoder::{Adapter, Input, Options, Source};
use polyfill_testing::Random;
use rayon::prelude::*;

/// Number of damaged inputs, half of them guests and half adapters.
const TRIES: u64 = 2000;

pub fn damaged_modules() {
    let modules = modules::all();
    // Large modules contain similar code. They would take most of the time without testing more.
    let small = |(_, module): &(&String, &'static Result<Vec<u8>, String>)| {
        module.as_ref().is_ok_and(|module| module.len() < 200_000)
    };
    let guests: Vec<_> = modules.guests.iter().filter(small).collect();
    let adapters: Vec<_> = modules.adapters.iter().filter(small).collect();
    assert!(guests.len() >= 30 && adapters.len() >= 4);

    let is_refused = |seed: &u64| {
        let mut random = Random((*seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let (guest_name, Ok(guest)) = guests[random.below(guests.len())] else { return false };
        let (adapter_name, Ok(adapter)) = adapters[random.below(adapters.len())] else { return false };
        let (guest, adapter) = match seed % 2 {
            0 => (damage(guest, &mut random), adapter.clone()),
            _ => (guest.clone(), damage(adapter, &mut random)),
        };
        let what = format!("seed {seed}: {guest_name} through {adapter_name}");
        !is_sound(&guest, &adapter, &what)
    };
    let refused = (0..TRIES).into_par_iter().filter(is_refused).count();
    println!("{TRIES} damaged inputs, {refused} rejected");
    assert!(refused > 0);
}

/// Returns true if the input was encoded, false if it was rejected.
fn is_sound(guest: &[u8], adapter: &[u8], what: &str) -> bool {
    let source = |name: &str, wasm| Source { name: name.into(), wasm, wit: None };
    let input = Input { main: source("main", guest), adapters: vec![Adapter::new("wasi_snapshot_preview1", adapter)] };
    let options = Options::default();
    let encoded = catch_unwind(AssertUnwindSafe(|| polyfill_encoder::encode(&input, &options)));
    match encoded.unwrap_or_else(|_| panic!("{what}: the encoder panicked")) {
        Err(errors) => {
            // An error message that reports an internal error is a failure.
            let message = errors.to_string();
            assert!(!message.contains("internal error in the plan"), "{what}: {message}");
            false
        }
        Ok(encoded) => {
            let mut validator = wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all());
            validator.validate_all(&encoded.component).unwrap_or_else(|error| panic!("{what}: {error}"));
            true
        }
    }
}

/// Damages bytes: flips a bit, overwrites some, removes a range, or truncates.
fn damage(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let at = random.below(bytes.len());
    match random.below(4) {
        0 => bytes.truncate(at),
        1 => drop(bytes.drain(at..(at + 1 + random.below(16)).min(bytes.len()))),
        2 => bytes[at] = random.below(256) as u8,
        _ => bytes[at] ^= 1 << random.below(8),
    }
    bytes
}
