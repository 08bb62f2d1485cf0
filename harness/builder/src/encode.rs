//! Calls the encoder.

use std::collections::BTreeSet;

use polyfill_encoder::{Adapter, Error, Errors, Growth, Input, Options, Region, Source};

use crate::case::{EncodeOptions, from_hex};
use crate::chain::Element;
use crate::features::Gated;
use crate::provider::provide;
use crate::sanitize::sanitized;
use crate::traced::traced;
use crate::trials::Job;

/// Component with facts about it.
pub(crate) struct Encoded {
    pub(crate) component: Vec<u8>,
    pub(crate) growth: Growth,
}

/// Encodes the component of a job, or returns all errors. Output for tests is always validated.
pub(crate) fn encode<'a>(
    job: &Job,
    main: Source<'a>,
    mut adapter: impl FnMut(&str) -> Option<Adapter<'a>>,
    left_out: impl Fn() -> Gated,
) -> Result<Encoded, String> {
    let named = job.stack.elements().filter_map(|element| match element {
        Element::Adapter(id) => adapter(id),
        Element::Interposer(modules) => Some(Adapter::interposer(modules)),
    });
    let adapters = named.collect();
    let adapters = match (job.sanitize, job.traced) {
        (true, _) => sanitized(adapters),
        (false, true) => traced(adapters),
        (false, false) => adapters,
    };
    let input = Input { main, adapters };
    let region = if job.options.realloc_via_memory_grow { Region::MemoryGrow } else { Region::Auto };
    let options = Options { region, ..Options::default() };
    let encoded = polyfill_encoder::encode(&input, &options).map_err(|errors| with_features(&errors, &left_out()))?;
    let component = provided(encoded.component, &job.options)?;
    Ok(Encoded { component, growth: encoded.plan.growth() })
}

/// Returns the errors, with the features that gate missing items.
fn with_features(errors: &Errors, left_out: &Gated) -> String {
    let features: BTreeSet<&str> = errors.iter().flat_map(|error| left_out.missed_by(error)).collect();
    if features.is_empty() {
        return errors.to_string();
    }
    let list = features.iter().map(|feature| format!("`{feature}`")).collect::<Vec<_>>().join(", ");
    format!(
        "{errors}\n  help: the WIT has `@unstable` items that are omitted: enable {list} with the key `features` next to `wit`, or with `encode.features` in the case"
    )
}

/// Composes the component with the case's provider, if it has one.
pub fn provided(component: Vec<u8>, options: &EncodeOptions) -> Result<Vec<u8>, String> {
    match options.provider.as_ref().and_then(|provider| provider.content.as_deref()) {
        None | Some("") => Ok(component),
        Some(digits) => provide(&component, &from_hex(digits).map_err(|error| error.to_string())?),
    }
}

/// Returns the problems of an adapter. Imports that another adapter serves are checked when the two are encoded
/// together.
pub(crate) fn check(adapter: &Adapter<'_>, is_served: impl Fn(&str) -> bool) -> Vec<String> {
    let of_others = |error: &Error| match error {
        Error::UnknownImport { import_module, .. } => is_served(import_module),
        _ => false,
    };
    let errors = polyfill_encoder::check(adapter);
    errors.iter().filter(|error| !of_others(error)).map(ToString::to_string).collect()
}
