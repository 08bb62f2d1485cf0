//! The one place that calls the encoder.

use polyfill_encoder::{Input, Options, Region, Source, Wit};

use crate::case::EncodeOptions;

/// A module with what is known about it from outside.
pub(crate) struct Part<'a> {
    pub(crate) name: &'a str,
    pub(crate) wasm: &'a [u8],
    pub(crate) wit: Option<&'a Wit>,
}

/// The component, or all that is wrong. What is written down for tests is always validated.
pub(crate) fn encode(main: &Part<'_>, adapters: &[Part<'_>], options: &EncodeOptions) -> Result<Vec<u8>, String> {
    let input = Input { main: source(main), adapters: adapters.iter().map(source).collect() };
    let region = if options.realloc_via_memory_grow { Region::MemoryGrow } else { Region::Auto };
    let options = Options { region, ..Options::default() };
    polyfill_encoder::encode(&input, &options).map(|encoded| encoded.component).map_err(|errors| errors.to_string())
}

/// What is wrong with an adapter.
pub(crate) fn check(adapter: &Part<'_>) -> Vec<String> {
    polyfill_encoder::check(&source(adapter)).iter().map(ToString::to_string).collect()
}

fn source<'a>(part: &Part<'a>) -> Source<'a> {
    Source { name: part.name.to_string(), wasm: part.wasm, wit: part.wit.cloned() }
}
