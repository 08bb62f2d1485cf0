//! Core modules from files, binary or text.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use thiserror::Error;
use wasmparser::{KnownCustom, MemoryType, Name, Payload, TypeRef};

use crate::system;

/// Error in reading a module.
#[derive(Debug, Error)]
pub enum ModuleError {
    /// The file cannot be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Cause.
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

/// Reads a `.wasm` or `.wat` file and returns the binary form. The format is detected from the content, not from the
/// name.
pub fn read(path: &Path) -> Result<Vec<u8>, ModuleError> {
    let bytes = system::read(path).map_err(|source| ModuleError::Read { path: path.to_path_buf(), source })?;
    to_binary(path, bytes)
}

/// As [`read`], for a file that was typed on the command line: it can be `/dev/stdin` or `/dev/fd/N`.
pub fn read_argument(path: &Path) -> Result<Vec<u8>, ModuleError> {
    let bytes = system::read_argument(path).map_err(|source| ModuleError::Read { path: path.to_path_buf(), source })?;
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

/// Returns the core modules of a component by name, with the modules that each imports from. Unreadable parts are
/// omitted.
pub fn importers(component: &[u8]) -> BTreeMap<String, BTreeSet<String>> {
    let mut importers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for payload in wasmparser::Parser::new(0).parse_all(component).map_while(Result::ok) {
        let Payload::ModuleSection { unchecked_range, .. } = payload else { continue };
        let range = unchecked_range.start as usize..unchecked_range.end as usize;
        let Some(wasm) = component.get(range) else { continue };
        if let Some(name) = name(wasm) {
            importers.entry(name).or_default().extend(facts(wasm).imports);
        }
    }
    importers
}

/// Returns a module's name from its name section.
fn name(wasm: &[u8]) -> Option<String> {
    wasmparser::Parser::new(0).parse_all(wasm).map_while(Result::ok).find_map(|payload| match payload {
        Payload::CustomSection(section) => match section.as_known() {
            KnownCustom::Name(names) => names.map_while(Result::ok).find_map(|name| match name {
                Name::Module { name, .. } => Some(name.to_string()),
                _ => None,
            }),
            _ => None,
        },
        _ => None,
    })
}

/// Returns true if a main is a command: it exports `_start`.
pub fn is_command(wasm: &[u8]) -> bool {
    facts(wasm).command
}

/// Returns the modules that a module imports functions from, sorted.
pub fn imports(wasm: &[u8]) -> Vec<String> {
    facts(wasm).imports
}

/// Returns true if an adapter imports main's `_start`, which only commands export.
pub(crate) fn wants_start(wasm: &[u8]) -> bool {
    let imports =
        wasmparser::Parser::new(0).parse_all(wasm).map_while(Result::ok).filter_map(|payload| match payload {
            Payload::ImportSection(section) => Some(section.into_imports().map_while(Result::ok)),
            _ => None,
        });
    imports.flatten().any(|import| import.module == "__main_module__" && import.name == "_start")
}

/// Facts about a module that determine the choice of adapters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    /// Modules that it imports functions from, sorted.
    pub(crate) imports: Vec<String>,
    /// True if it exports `_start`.
    pub(crate) command: bool,
    /// Initial size in bytes of its defined or imported memory.
    pub(crate) memory: u64,
}

/// Reads the facts. For a malformed module, contains only the parts that could be read; the encoder reports the error.
pub(crate) fn facts(wasm: &[u8]) -> Facts {
    let mut facts = Facts::default();
    for payload in wasmparser::Parser::new(0).parse_all(wasm) {
        match payload {
            Ok(Payload::ImportSection(section)) => {
                for import in section.into_imports().map_while(Result::ok) {
                    match import.ty {
                        TypeRef::Func(_) | TypeRef::FuncExact(_) => facts.imports.push(import.module.to_string()),
                        TypeRef::Memory(memory) => facts.memory = bytes(&memory),
                        _ => {}
                    }
                }
            }
            Ok(Payload::MemorySection(section)) => {
                facts.memory = section.into_iter().map_while(Result::ok).next().map_or(0, |memory| bytes(&memory));
            }
            Ok(Payload::ExportSection(section)) => {
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

fn bytes(memory: &MemoryType) -> u64 {
    memory.initial.saturating_mul(1 << memory.page_size_log2.unwrap_or(16).min(16))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_of_a_command() {
        let wasm = wat::parse_str(
            r#"(module (import "b" "f" (func)) (import "a" "g" (func)) (import "c" "m" (memory 2))
                 (func (export "_start")))"#,
        );
        let facts = facts(&wasm.unwrap());
        assert_eq!(facts, Facts { imports: vec!["a".into(), "b".into()], command: true, memory: 2 << 16 });
    }

    #[test]
    fn importers_of_a_component() {
        let wasm = wat::parse_str(
            r#"(component (core module $a (import "x" "f" (func)) (import "y" "g" (func)))
                 (core module $b) (core module (import "x" "f" (func))))"#,
        );
        let expected = [("a", vec!["x", "y"]), ("b", vec![])];
        let expected =
            expected.map(|(name, modules)| (name.to_string(), modules.into_iter().map(String::from).collect()));
        assert_eq!(importers(&wasm.unwrap()), expected.into());
        assert!(importers(b"garbage").is_empty());
    }

    #[test]
    fn garbage_has_no_facts() {
        assert_eq!(facts(b"\0asm\x01\0\0\0\x02\xff"), Facts::default());
    }
}
