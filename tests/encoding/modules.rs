//! The core modules that the suite's components are made of.

use std::path::Path;
use std::sync::OnceLock;

use polyfill_build::{CoreModules, Suite};
use polyfill_encoder::Wit;

/// All guests and adapters, compiled if need be.
pub fn all() -> &'static CoreModules {
    static MODULES: OnceLock<CoreModules> = OnceLock::new();
    MODULES.get_or_init(|| Suite::new(env!("CARGO_MANIFEST_DIR")).modules().unwrap_or_else(|error| panic!("{error}")))
}

/// A guest's module; none if its compiler is missing here, which is a failure where every tool is required.
pub fn guest(name: &str) -> Option<&'static [u8]> {
    match &all().guests[name] {
        Ok(module) => Some(module),
        Err(reason) => {
            assert!(std::env::var_os("POLYFILL_REQUIRE").is_none_or(|value| value.is_empty()), "{name}: {reason}");
            println!("left out {name}: {reason}");
            None
        }
    }
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
