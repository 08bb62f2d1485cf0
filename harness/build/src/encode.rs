//! The one place that calls the encoder.

use polyfill_encoder::{Adapter, Input, Options, Region, Source};

use crate::cells::Job;
use crate::memory;
use crate::stack::Element;

/// A component, and what is known of it.
pub(crate) struct Encoded {
    pub(crate) component: Vec<u8>,
    /// The bytes by which adapters grow main's memory at instantiation.
    pub(crate) grown: u64,
}

/// The component of a job, or all that is wrong. What is written down for tests is always validated.
pub(crate) fn encode<'a>(
    job: &Job,
    main: Source<'a>,
    mut adapter: impl FnMut(&str) -> Option<Adapter<'a>>,
) -> Result<Encoded, String> {
    let named = job.stack.elements().filter_map(|element| match element {
        Element::Adapter(id) => adapter(id),
        Element::Interposer(modules) => Some(Adapter::interposer(modules)),
    });
    let checks = if job.memory_check { memory::interposers(&job.stack) } else { Vec::new() };
    let input = Input { main, adapters: checks.into_iter().chain(named).collect() };
    let grow = job.options.realloc_via_memory_grow || job.memory_check;
    let region = if grow { Region::MemoryGrow } else { Region::Auto };
    let options = Options { region, ..Options::default() };
    match polyfill_encoder::encode(&input, &options) {
        Ok(encoded) => Ok(Encoded { component: encoded.component, grown: encoded.plan.grown_at_instantiation() }),
        Err(errors) => Err(errors.to_string()),
    }
}

/// What is wrong with an adapter that has others behind it.
pub(crate) fn check(adapter: &Adapter<'_>, others: &[Adapter<'_>]) -> Vec<String> {
    polyfill_encoder::check_in_front_of(adapter, others).iter().map(ToString::to_string).collect()
}
