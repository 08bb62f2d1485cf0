//! Core modules of the suite's components.

use std::path::Path;
use std::sync::OnceLock;

use polyfill_builder::{CoreModules, Suite};
use polyfill_encoder::Wit;

use crate::trials::Missing;

/// Returns all guests and adapters, compiled if necessary.
pub fn all() -> &'static CoreModules {
    static MODULES: OnceLock<CoreModules> = OnceLock::new();
    MODULES
        .get_or_init(|| Suite::from_env(env!("CARGO_MANIFEST_DIR")).modules().unwrap_or_else(|error| panic!("{error}")))
}

/// Returns the module of a guest, unless its compiler is missing.
pub fn guest(name: &str) -> Result<&'static [u8], Missing> {
    all().guests[name].as_deref().map_err(|reason| Missing(format!("guest `{name}`: {reason}")))
}

/// Returns the module of an adapter.
pub fn adapter(id: &str) -> &'static [u8] {
    all().adapters[id].as_deref().unwrap_or_else(|reason| panic!("{id}: {reason}"))
}

/// Returns WIT of the suite for a module without a `component-type` section.
pub fn wit(folder: &str, world: &str) -> Wit {
    polyfill_builder::wit::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("wit").join(folder), Some(world))
        .unwrap_or_else(|error| panic!("{error}"))
}
