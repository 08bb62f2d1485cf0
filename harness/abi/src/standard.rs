//! Descriptions of the standard ABIs that ship with this crate.

use std::sync::LazyLock;

use crate::model::Abi;
use crate::source::Source;
use crate::types::Kind;

const HINTS: (&str, &str) = ("wasi.toml", include_str!("../descriptions/wasi.toml"));

/// WITX files by name.
const FILES: [(&str, &str); 2] = [
    ("wasi_snapshot_preview1.witx", include_str!("../descriptions/wasi_snapshot_preview1.witx")),
    ("wasi_unstable.witx", include_str!("../descriptions/wasi_unstable.witx")),
];

static STANDARD: LazyLock<Abi> = LazyLock::new(|| {
    let parsed = FILES.map(|(path, text)| Abi::parse(&Source::single(path, text).with_hints(HINTS.0, HINTS.1)));
    let modules =
        parsed.into_iter().flat_map(|abi| abi.expect("the descriptions are valid: a test parses them").modules);
    Abi { modules: modules.collect() }
});

/// Returns the description of the import modules of WASI
/// [preview1](https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md) and
/// [preview0](https://github.com/WebAssembly/WASI/blob/main/legacy/preview0/docs.md).
pub fn standard() -> &'static Abi {
    &STANDARD
}

/// Returns the names of the error codes of preview1, by code.
pub fn errno() -> &'static [String] {
    let error =
        STANDARD.modules.iter().flat_map(|module| &module.functions).find_map(|function| function.error.as_ref());
    match error.map(|error| &*error.kind) {
        Some(Kind::Enum(names)) => names,
        _ => &[],
    }
}
