//! Descriptions of the standard ABIs that ship with this crate.

use std::ops::Deref;
use std::sync::{Arc, LazyLock};

use crate::error::AbiError;
use crate::model::{Abi, Module};
use crate::source::Source;
use crate::types::Kind;

const HINTS: (&str, &str) = ("wasi.toml", include_str!("../descriptions/wasi.toml"));

/// WITX files by name.
const FILES: [(&str, &str); 2] = [
    ("wasi_snapshot_preview1.witx", include_str!("../descriptions/wasi_snapshot_preview1.witx")),
    ("wasi_unstable.witx", include_str!("../descriptions/wasi_unstable.witx")),
];

/// Functions of published adapters that are not standard.
const ADDED: (&str, &str) = ("reference_adapters.witx", include_str!("../descriptions/reference_adapters.witx"));

static STANDARD: LazyLock<Descriptions> = LazyLock::new(|| {
    let parse = |source: &Source| Abi::parse(source).expect("a test parses the descriptions").modules;
    let mut modules: Vec<Module> =
        FILES.iter().flat_map(|(path, text)| parse(&Source::single(path, text).with_hints(HINTS.0, HINTS.1))).collect();
    for added in parse(&Source::single(ADDED.0, ADDED.1)) {
        let module = modules.iter_mut().find(|module| module.name == added.name);
        module.expect("a module of the standard").functions.extend(added.functions);
    }
    Descriptions(Arc::new(Abi { modules }))
});

/// Returns the description of the import modules of WASI
/// [preview1](https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md) and
/// [preview0](https://github.com/WebAssembly/WASI/blob/main/legacy/preview0/docs.md).
pub fn standard() -> &'static Abi {
    &STANDARD
}

/// Descriptions of all known import modules, shared. The default is [`standard()`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Descriptions(Arc<Abi>);

impl Default for Descriptions {
    fn default() -> Self {
        STANDARD.clone()
    }
}

impl Deref for Descriptions {
    type Target = Abi;

    fn deref(&self) -> &Abi {
        &self.0
    }
}

impl Descriptions {
    /// Parses descriptions and adds them to the standard ones.
    ///
    /// # Errors
    ///
    /// As for [`Abi::parse`].
    pub fn parse(sources: &[Source]) -> Result<Descriptions, AbiError> {
        let abis = sources.iter().map(Abi::parse).collect::<Result<Vec<Abi>, AbiError>>()?;
        Ok(Descriptions::with(abis))
    }

    /// Adds descriptions to the standard ones. A module that is described again replaces the earlier description.
    pub fn with(abis: impl IntoIterator<Item = Abi>) -> Descriptions {
        let mut all = Descriptions::default();
        for module in abis.into_iter().flat_map(|abi| abi.modules) {
            let modules = &mut Arc::make_mut(&mut all.0).modules;
            modules.retain(|known| known.name != module.name);
            modules.push(module);
        }
        all
    }
}

/// Returns the names of the error codes of preview1, by code.
fn errno() -> &'static [String] {
    let functions = STANDARD.modules.iter().flat_map(|module| &module.functions);
    match functions.filter_map(|function| function.error.as_ref()).map(|error| &*error.kind).next() {
        Some(Kind::Enum(names)) => names,
        _ => &[],
    }
}

/// Returns the name of an error code of preview1.
pub fn errno_name(number: u32) -> Option<&'static str> {
    errno().get(usize::try_from(number).ok()?).map(String::as_str)
}

/// Returns the error code of preview1 with a name.
pub fn errno_number(name: &str) -> Option<u32> {
    errno().iter().position(|known| known == name).and_then(|number| u32::try_from(number).ok())
}
