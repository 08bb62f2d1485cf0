//! Equivalent encodings by the two encoders.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use polyfill_encoder::{Adapter, Input, Options, Prepared, Source};

use crate::inputs::PREVIEW1;

/// Encodes with this project's encoder, everything from bytes.
pub fn cold(guest: &[u8], adapter: &[u8], validate: bool) -> Result<Vec<u8>, String> {
    let input = Input { main: main(guest), adapters: adapters(adapter).into() };
    polyfill_encoder::encode(&input, &options(validate))
        .map(|encoded| encoded.component)
        .map_err(|errors| errors.to_string())
}

/// Returns the adapters of a component, of which there is one.
pub fn adapters(adapter: &[u8]) -> [Adapter<'_>; 1] {
    [Adapter::new(PREVIEW1, adapter)]
}

/// Prepares an adapter and its world.
pub fn prepare<'a>(adapters: &'a [Adapter<'a>], validate: bool) -> Prepared<'a> {
    Prepared::new(adapters, options(validate)).unwrap_or_else(|errors| panic!("{errors}"))
}

/// Encodes with this project's encoder and a prepared adapter.
pub fn prepared(prepared: &Prepared<'_>, guest: &[u8]) -> Result<Vec<u8>, String> {
    prepared.encode(&main(guest)).map_err(|errors| errors.to_string())
}

/// Encodes a guest of a new shape in the same way. The name is part of the shape.
pub fn prepared_anew(prepared: &Prepared<'_>, guest: &[u8]) -> Result<Vec<u8>, String> {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let name = format!("main {}", COUNT.fetch_add(1, Relaxed));
    prepared.encode(&Source { name, ..main(guest) }).map_err(|errors| errors.to_string())
}

/// Encodes with the reference. It has no preparation: its builder encodes one guest.
pub fn reference(guest: &[u8], adapter: &[u8], validate: bool) -> Result<Vec<u8>, String> {
    wit_component::ComponentEncoder::default()
        .validate(validate)
        .module(guest)
        .and_then(|encoder| encoder.adapter(PREVIEW1, adapter)?.encode())
        .map_err(|error| format!("{error:#}"))
}

/// Returns options without names, which the reference library omits by default.
fn options(validate: bool) -> Options {
    Options { debug_names: false, validate, ..Options::default() }
}

fn main(wasm: &[u8]) -> Source<'_> {
    Source { name: "main".into(), wasm, wit: None }
}
