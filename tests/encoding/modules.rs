//! The core modules that the suite's components are made of.

use std::path::Path;
use std::sync::OnceLock;

use polyfill_build::{CoreModules, Suite};
use polyfill_encoder::Wit;

use crate::trials::Missing;

/// All guests and adapters, compiled if need be.
pub fn all() -> &'static CoreModules {
    static MODULES: OnceLock<CoreModules> = OnceLock::new();
    MODULES.get_or_init(|| Suite::new(env!("CARGO_MANIFEST_DIR")).modules().unwrap_or_else(|error| panic!("{error}")))
}

/// A guest's module, unless its compiler is missing here.
pub fn guest(name: &str) -> Result<&'static [u8], Missing> {
    all().guests[name].as_deref().map_err(|reason| Missing(format!("guest `{name}`: {reason}")))
}

/// An adapter's module.
pub fn adapter(id: &str) -> &'static [u8] {
    all().adapters[id].as_deref().unwrap_or_else(|reason| panic!("{id}: {reason}"))
}

/// WIT of the suite, for a module that brings none.
pub fn wit(folder: &str, world: &str) -> Wit {
    polyfill_build::wit::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("wit").join(folder), Some(world))
        .unwrap_or_else(|error| panic!("{error}"))
}
