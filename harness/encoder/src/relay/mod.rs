//! `relay`: a component that stands between another one and its host, so that every call can be seen and answered.
//!
//! An engine's linker does not let a function that is registered be wrapped. A relay exports a function for each one that
//! a component imports, and passes calls on to an import of the same type: whoever has the real host's functions
//! instantiates the relay with them, and answers the component's imports by calls of the relay's exports.

mod borrows;
mod module;

use std::panic::{self, AssertUnwindSafe};

use thiserror::Error;
use wit_parser::decoding::{self, DecodedWasm};
use wit_parser::{Function, FunctionKind, Resolve, WorldId, WorldItem, WorldKey};

use crate::error::Errors;
use crate::input::{Input, Options, Source, Wit};
use crate::interpose;

/// The name of a relay's core module, as backtraces have it.
pub const MODULE: &str = "polyfill:relay";

/// A relay in binary form, and what its exports are for.
#[derive(Clone, Debug)]
pub struct Relay {
    /// The component.
    pub component: Vec<u8>,
    /// Its functions.
    pub functions: Vec<Relayed>,
}

/// A function that a relay passes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relayed {
    /// The instance that it is imported from; none if it is imported by itself.
    pub instance: Option<String>,
    /// Its name there.
    pub function: String,
    /// The relay's export, which has the same type.
    pub export: String,
}

/// Why there is no relay for a component.
#[derive(Clone, Debug, Error)]
pub enum RelayError {
    /// These are not the bytes of a component.
    #[error("no component: {0}")]
    Component(String),
    /// A function has a type whose handles cannot be given back.
    #[error("`{function}` has a {found} with loans in it, which a relay cannot give back")]
    Type {
        /// The function.
        function: String,
        /// What is not supported: `map`, `future`, `stream`.
        found: &'static str,
    },
    /// A mistake of ours.
    #[error("the relay cannot be encoded: {0}")]
    Encode(#[from] Errors),
}

/// The relay for all that a component imports, but for what interposers report by.
///
/// Functions that are asynchronous in their type are left out.
pub fn relay(component: &[u8]) -> Result<Relay, RelayError> {
    let (mut resolve, world) = decode(component)?;
    let imported = functions(&resolve, world);
    let module = module::module(&resolve, &imported)?;
    let exports = imported.iter().map(|imported| {
        let function = Function {
            name: imported.export.clone(),
            kind: FunctionKind::Freestanding,
            docs: Default::default(),
            ..imported.function.clone()
        };
        (WorldKey::Name(imported.export.clone()), WorldItem::Function(function))
    });
    let exports = exports.collect();
    resolve.worlds[world].exports = exports;
    let main = Source { name: "relay".into(), wasm: &module, wit: Some(Wit { resolve, world }) };
    let options = Options { validate: cfg!(debug_assertions), ..Options::default() };
    let encoded = crate::encode(&Input { main, adapters: Vec::new() }, &options)?;
    let functions = imported.into_iter();
    let functions = functions.map(|Imported { instance, function, export, .. }| Relayed {
        instance,
        function: function.name,
        export,
    });
    Ok(Relay { component: encoded.component, functions: functions.collect() })
}

/// A function that the component imports.
struct Imported {
    instance: Option<String>,
    /// The import module of a core module that imports the same.
    module: String,
    function: Function,
    export: String,
}

/// The library takes components for what an encoder has written, and panics where they contradict themselves.
fn decode(component: &[u8]) -> Result<(Resolve, WorldId), RelayError> {
    let decoded = panic::catch_unwind(AssertUnwindSafe(|| decoding::decode(component)));
    match decoded {
        Ok(Ok(DecodedWasm::Component(resolve, world))) => Ok((resolve, world)),
        Ok(Ok(DecodedWasm::WitPackage(..))) => Err(RelayError::Component("a WIT package".into())),
        Ok(Err(error)) => Err(RelayError::Component(format!("{error:#}"))),
        Err(_) => Err(RelayError::Component("its types contradict themselves".into())),
    }
}

fn functions(resolve: &Resolve, world: WorldId) -> Vec<Imported> {
    let mut functions = Vec::new();
    let mut add = |instance: Option<String>, module: String, function: &Function| {
        if !function.kind.is_async() {
            let export = format!("relay{}", functions.len());
            functions.push(Imported { instance, module, function: function.clone(), export });
        }
    };
    for (key, item) in &resolve.worlds[world].imports {
        let name = resolve.name_world_key(key);
        match item {
            WorldItem::Interface { id, .. } if name != interpose::INTERFACE => {
                for function in resolve.interfaces[*id].functions.values() {
                    add(Some(name.clone()), name.clone(), function);
                }
            }
            WorldItem::Function(function) => add(None, crate::names::ROOT.into(), function),
            WorldItem::Interface { .. } | WorldItem::Type { .. } => {}
        }
    }
    functions
}
