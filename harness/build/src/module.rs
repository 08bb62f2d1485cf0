//! Core modules from files, binary or text.

use std::path::{Path, PathBuf};

use thiserror::Error;

/// A file that is no module.
#[derive(Debug, Error)]
pub enum ModuleError {
    /// The file cannot be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The text format has an error; the message shows path, line and column.
    #[error("{message}")]
    Text {
        /// The file.
        path: PathBuf,
        /// The parser's message.
        message: String,
    },
    /// Neither the binary format's magic number nor text.
    #[error(
        "`{}`: neither a WebAssembly binary (it does not start with `\\0asm`) nor text (it is not UTF-8)",
        path.display()
    )]
    Neither {
        /// The file.
        path: PathBuf,
    },
}

/// Reads a `.wasm` or `.wat` file; gives its binary form. What it is is told from its content, not from its name.
pub fn read(path: &Path) -> Result<Vec<u8>, ModuleError> {
    let bytes = std::fs::read(path).map_err(|source| ModuleError::Read { path: path.to_path_buf(), source })?;
    to_binary(path, bytes)
}

pub(crate) fn to_binary(path: &Path, bytes: Vec<u8>) -> Result<Vec<u8>, ModuleError> {
    if bytes.starts_with(b"\0asm") {
        return Ok(bytes);
    }
    let Ok(text) = String::from_utf8(bytes) else {
        return Err(ModuleError::Neither { path: path.to_path_buf() });
    };
    wat::parse_str(&text).map_err(|mut error| {
        error.set_path(path);
        ModuleError::Text { path: path.to_path_buf(), message: error.to_string() }
    })
}

/// What the choice of adapters needs to know about a module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    /// The modules it imports from, sorted.
    pub(crate) imports: Vec<String>,
    /// Whether it exports `_start`.
    pub(crate) command: bool,
}

/// Reads the facts. A malformed module has those that could be read: the encoder has the say on it.
pub(crate) fn facts(wasm: &[u8]) -> Facts {
    let mut facts = Facts::default();
    for payload in wasmparser::Parser::new(0).parse_all(wasm) {
        match payload {
            Ok(wasmparser::Payload::ImportSection(section)) => {
                let imports = section.into_imports().map_while(Result::ok);
                facts.imports.extend(imports.map(|import| import.module.to_string()));
            }
            Ok(wasmparser::Payload::ExportSection(section)) => {
                facts.command |= section.into_iter().map_while(Result::ok).any(|export| export.name == "_start");
            }
            Ok(_) => {}
            Err(_) => break,
        }
    }
    facts.imports.sort();
    facts.imports.dedup();
    facts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_of_a_command() {
        let wasm =
            wat::parse_str(r#"(module (import "b" "f" (func)) (import "a" "g" (func)) (func (export "_start")))"#);
        let facts = facts(&wasm.unwrap());
        assert_eq!(facts, Facts { imports: vec!["a".into(), "b".into()], command: true });
    }

    #[test]
    fn garbage_has_no_facts() {
        assert_eq!(facts(b"\0asm\x01\0\0\0\x02\xff"), Facts::default());
    }
}
