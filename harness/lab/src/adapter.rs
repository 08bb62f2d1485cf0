//! The adapter of a side, by whatever name it goes.

use std::path::Path;

use polyfill_build::module::{self, ModuleError};
use polyfill_build::{AdapterModule, BuildError, Suite, reference};
use thiserror::Error;

/// An adapter that there is not.
#[derive(Debug, Error)]
pub enum AdapterError {
    /// No release of that name was published.
    #[error(transparent)]
    Published(#[from] reference::Unknown),
    /// Its file cannot be read, or is no module.
    #[error(transparent)]
    Module(#[from] ModuleError),
    /// The suite cannot be built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// Nobody has one of that name, or it does not compile.
    #[error("there is no adapter `{0}`: neither a published one, nor a file, nor one of the suite that compiles")]
    None(String),
}

/// A published adapter, one in a file, or one of the suite's own.
pub fn adapter(suite: &Suite, name: &str) -> Result<AdapterModule, AdapterError> {
    if let Some(published) = reference::find(name) {
        return Ok(AdapterModule::published(&published?));
    }
    let path = Path::new(name);
    if path.is_file() {
        let wasm = module::read(path)?;
        return Ok(AdapterModule::plain(vec![reference::IMPORT_MODULE.to_string()], wasm));
    }
    suite.adapter(name)?.ok_or_else(|| AdapterError::None(name.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_in_text_form_is_read_as_a_module() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mine.wat");
        std::fs::write(&file, "(module (func (export \"sched_yield\") (result i32) i32.const 0))").unwrap();
        let found = adapter(&Suite::new(folder.path()), &file.display().to_string()).unwrap();
        assert!(found.wasm.starts_with(b"\0asm"), "{:?}", found.wasm);
        std::fs::write(&file, "(module oops)").unwrap();
        let error = adapter(&Suite::new(folder.path()), &file.display().to_string()).unwrap_err();
        assert!(error.to_string().contains("mine.wat:1:9"), "{error}");
    }
}
