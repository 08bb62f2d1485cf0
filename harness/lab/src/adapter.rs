//! Lookup of an adapter by name.

use std::path::Path;

use polyfill_builder::module::{self, ModuleError};
use polyfill_builder::{AdapterModule, BuildError, Suite, reference};
use thiserror::Error;

/// Error of an adapter lookup.
#[derive(Debug, Error)]
pub enum AdapterError {
    /// No release of that name was published.
    #[error(transparent)]
    Published(#[from] reference::Unknown),
    /// The file cannot be read or is not a module.
    #[error(transparent)]
    Module(#[from] ModuleError),
    /// The suite cannot be built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The suite has no adapter of that name, or it does not compile.
    #[error("adapter `{0}` not found: not a published adapter, a file, or an adapter of the suite that compiles")]
    None(String),
    /// The adapter implements another import module.
    #[error(
        "adapter `{name}` implements `{}`, and not `{}`, whose calls this command generates\n  help: name an adapter of \
         that import module",
        implements.join("`, `"),
        reference::IMPORT_MODULE
    )]
    OtherModule {
        /// Name of the adapter.
        name: String,
        /// Import modules that it implements.
        implements: Vec<String>,
    },
}

/// Returns a published adapter, the adapter in a file, or one of the suite's own adapters, for generated calls of preview1.
///
/// # Errors
///
/// Returns an error if no adapter has that name, its file is not a module, the suite cannot be built, or the adapter
/// implements another import module.
pub fn adapter(suite: &Suite, name: &str) -> Result<AdapterModule, AdapterError> {
    if let Some(published) = reference::find(name) {
        return Ok(AdapterModule::published(&published?));
    }
    let path = Path::new(name);
    if path.is_file() {
        let wasm = module::read(path)?;
        return Ok(AdapterModule::plain(vec![reference::IMPORT_MODULE.to_string()], wasm));
    }
    let found = suite.adapter(name)?.ok_or_else(|| AdapterError::None(name.to_string()))?;
    if !found.implements.iter().any(|pattern| polyfill_encoder::is_named(pattern, reference::IMPORT_MODULE)) {
        return Err(AdapterError::OtherModule { name: name.to_string(), implements: found.implements });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_in_text_form_is_read_as_a_module() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mine.wat");
        std::fs::write(&file, "(module (func (export \"sched_yield\") (result i32) i32.const 0))").unwrap();
        let found = adapter(&Suite::from_env(folder.path()), &file.display().to_string()).unwrap();
        assert!(found.wasm.starts_with(b"\0asm"), "{:?}", found.wasm);
        std::fs::write(&file, "(module oops)").unwrap();
        let error = adapter(&Suite::from_env(folder.path()), &file.display().to_string()).unwrap_err();
        assert!(error.to_string().contains("mine.wat:1:9"), "{error}");
    }
}
