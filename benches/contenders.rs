//! The two encoders, asked for the same.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use polyfill_encoder::{Adapter, Input, Options, Prepared, Source};

use crate::inputs::PREVIEW1;

/// One of our encodings, everything from bytes.
pub fn cold(guest: &[u8], adapter: &[u8], validate: bool) -> Result<Vec<u8>, String> {
    let input = Input { main: main(guest), adapters: adapters(adapter).into() };
    polyfill_encoder::encode(&input, &options(validate))
        .map(|encoded| encoded.component)
        .map_err(|errors| errors.to_string())
}

/// Adapters, as many as a component is made with: one.
pub fn adapters(adapter: &[u8]) -> [Adapter<'_>; 1] {
    [Adapter::new(PREVIEW1, adapter)]
}

/// Prepares an adapter and its world.
pub fn prepare<'a>(adapters: &'a [Adapter<'a>], validate: bool) -> Prepared<'a> {
    Prepared::new(adapters, options(validate)).unwrap_or_else(|errors| panic!("{errors}"))
}

/// One of our encodings with a prepared adapter.
pub fn prepared(prepared: &Prepared<'_>, guest: &[u8]) -> Result<Vec<u8>, String> {
    prepared.encode(&main(guest)).map_err(|errors| errors.to_string())
}

/// The same, of a guest whose shape was not seen before: the name is a part of it.
pub fn prepared_anew(prepared: &Prepared<'_>, guest: &[u8]) -> Result<Vec<u8>, String> {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let name = format!("main {}", COUNT.fetch_add(1, Relaxed));
    prepared.encode(&Source { name, ..main(guest) }).map_err(|errors| errors.to_string())
}

/// One of the reference's encodings. It has nothing that could be prepared: its builder serves one guest.
pub fn reference(guest: &[u8], adapter: &[u8], validate: bool) -> Result<Vec<u8>, String> {
    wit_component::ComponentEncoder::default()
        .validate(validate)
        .module(guest)
        .and_then(|encoder| encoder.adapter(PREVIEW1, adapter)?.encode())
        .map_err(|error| format!("{error:#}"))
}

/// Both encoders are asked for no names, which is the reference library's default.
fn options(validate: bool) -> Options {
    Options { debug_names: false, validate, ..Options::default() }
}

fn main(wasm: &[u8]) -> Source<'_> {
    Source { name: "main".into(), wasm, wit: None }
}
