//! `relay`: proxy component between a component and its host, which makes it possible to observe and answer every call.
//!
//! A registered function of an engine's linker cannot be wrapped. For each imported function of a component, the proxy
//! component therefore exports a function that forwards calls to an import of the same type. The embedder instantiates
//! the proxy component with the functions of the real host, and implements the imports of the component by calls of the
//! proxy component's exports.

mod borrows;
mod module;

use std::panic::{self, AssertUnwindSafe};

use thiserror::Error;
use wit_parser::decoding::{self, DecodedWasm};
use wit_parser::{Function, FunctionKind, Resolve, WorldId, WorldItem, WorldKey};

use crate::error::Errors;
use crate::input::{Input, Options, Source, Wit};
use crate::interpose;

/// Name of the core module of a proxy component, for example in backtraces.
pub const MODULE: &str = "polyfill:relay";

/// A proxy component in binary form and its functions.
#[derive(Clone, Debug)]
pub struct Relay {
    /// The component in binary form.
    pub component: Vec<u8>,
    /// Functions that it forwards.
    pub functions: Vec<Relayed>,
}

/// A function that a proxy component forwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relayed {
    /// Instance that it is imported from. `None` if the component imports the function directly.
    pub instance: Option<String>,
    /// Name of the function in the instance.
    pub function: String,
    /// Name of the proxy component's export, which has the same type.
    pub export: String,
}

/// A proxy component could not be generated.
#[derive(Clone, Debug, Error)]
pub enum RelayError {
    /// The binary is not a component.
    #[error("not a component: {0}")]
    Component(String),
    /// A function has a parameter type whose borrowed handles cannot be dropped.
    #[error("`{function}` has a `{found}` containing borrowed handles, which is not supported")]
    Type {
        /// Name of the function.
        function: String,
        /// Kind of the unsupported type: `map`, `future` or `stream`.
        found: &'static str,
    },
    /// The proxy component could not be encoded. This is a bug in the encoder.
    #[error("cannot encode the proxy component: {0}")]
    Encode(#[from] Errors),
}

/// Generates the proxy component for all imports of a component, except those through which interposition adapters
/// report.
///
/// Functions with an asynchronous type are omitted.
///
/// # Errors
///
/// Returns an error if the binary is not a component or if borrowed handles of a parameter type cannot be dropped.
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
    /// Import module of a core module for the same import.
    module: String,
    function: Function,
    export: String,
}

/// Decodes the world of a component. `wit-parser` expects the output of an encoder and panics on inconsistent
/// components.
fn decode(component: &[u8]) -> Result<(Resolve, WorldId), RelayError> {
    let decoded = panic::catch_unwind(AssertUnwindSafe(|| decoding::decode(component)));
    match decoded {
        Ok(Ok(DecodedWasm::Component(resolve, world))) => Ok((resolve, world)),
        Ok(Ok(DecodedWasm::WitPackage(..))) => Err(RelayError::Component("a WIT package".into())),
        Ok(Err(error)) => Err(RelayError::Component(format!("{error:#}"))),
        Err(_) => Err(RelayError::Component("its types are inconsistent".into())),
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
