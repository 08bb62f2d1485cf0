//! The two encoders, asked for the same.

use polyfill_encoder::{Adapter, Input, Options, Source};

use crate::inputs::PREVIEW1;

/// One of our encodings, everything from bytes.
pub fn cold(guest: &[u8], adapter: &[u8], validate: bool) -> Result<Vec<u8>, String> {
    let main = Source { name: "main".into(), wasm: guest, wit: None };
    let input = Input { main, adapters: vec![Adapter::new(PREVIEW1, adapter)] };
    polyfill_encoder::encode(&input, &options(validate))
        .map(|encoded| encoded.component)
        .map_err(|errors| errors.to_string())
}

/// What is known of an adapter before there is a guest.
pub struct Shop<'a> {
    adapter: &'a [u8],
    validate: bool,
}

/// Prepares an adapter.
pub fn prepare(adapter: &[u8], validate: bool) -> Shop<'_> {
    Shop { adapter, validate }
}

/// One of our encodings with a prepared adapter.
pub fn prepared(shop: &Shop<'_>, guest: &[u8]) -> Result<Vec<u8>, String> {
    cold(guest, shop.adapter, shop.validate)
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
