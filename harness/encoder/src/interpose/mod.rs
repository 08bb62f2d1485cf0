//! `interpose`: generates interposition adapters, which forward every call and report it before and after.
//!
//! An interposition adapter is isolated: reports contain names and values from its own memory. Main's memory is passed
//! to the host in place.

mod module;
mod patch;
mod pointer;

use std::borrow::Cow;

use foldhash::HashMap;
use indexmap::IndexMap;
use wasmparser::{FuncType, ValType};
use wit_parser::Resolve;

use crate::error::Error;
use crate::input::{Adapter, Form, ShadowStack, Wit};
use crate::layers;
use crate::names;
use crate::read::{self, Extern, Layer, Module};
use crate::roles;
pub(crate) use pointer::readable;

/// The WIT package `polyfill:interpose`, which contains the host functions of interposition adapters.
pub const CALLS: &str = include_str!("calls.wit");

/// Name of the interface in that package.
pub(crate) use crate::names::REPORTS as INTERFACE;

/// Functions to forward, by name.
pub(crate) type Functions = IndexMap<String, FuncType>;

/// Generates an adapter for each import module that an interposition adapter covers, with the functions that `modules`
/// import from it. Of main's exports, only the realloc is covered: garbage collection may add an import of it to an
/// adapter.
pub(crate) fn layers(
    adapter: &Adapter<'_>,
    checks: bool,
    modules: &[Module<'_>],
) -> Result<Vec<Module<'static>>, Error> {
    let mut covered: IndexMap<&str, Functions> = IndexMap::new();
    let mut known: HashMap<&str, bool> = HashMap::default();
    for import in modules.iter().flat_map(|module| &module.imports) {
        let Extern::Func(Some(ty)) = &import.ty else { continue };
        let is_ours = || adapter.implements.iter().any(|name| layers::is_named(name, &import.module));
        let ours = *known.entry(&import.module).or_insert_with(is_ours);
        let built_in = names::parse_import(&import.module, &import.field).exported;
        if ours && !built_in && !names::is_reserved(&import.module) {
            covered.entry(&import.module).or_default().entry(import.field.clone()).or_insert_with(|| ty.clone());
        }
    }
    if let (Some(main), true) = (modules.first(), adapter.implements.iter().any(|name| name == names::MAIN))
        && let Some(realloc) = roles::realloc_of(main, &names::MAIN_REALLOCS)
        && let Some(ty) = main.export_func(realloc)
    {
        covered.entry(names::MAIN).or_default().insert(realloc.to_string(), ty.clone());
    }
    let memory = modules.first().is_some_and(|main| roles::memory_of(main).is_some());
    let stack_pointer = checks && modules.first().is_some_and(|main| main.exports_function(pointer::GETTER));
    let with = Capabilities { memory, patches: checks && memory, stack_pointer };
    covered.into_iter().map(|(name, functions)| layer(name, &functions, with)).collect()
}

/// Features of an interposition adapter in addition to forwarding and reporting calls.
#[derive(Clone, Copy)]
struct Capabilities {
    /// Passes main's memory to the host.
    memory: bool,
    /// Lets the host change main's memory.
    patches: bool,
    /// Reports main's stack pointer.
    stack_pointer: bool,
}

fn layer(implements: &str, functions: &Functions, with: Capabilities) -> Result<Module<'static>, Error> {
    let name = format!("interposer of {implements}");
    for (function, ty) in functions {
        if let Some(found) = ty.params().iter().chain(ty.results()).find(|ty| !is_number(**ty)) {
            let (function, found) = (function.clone(), found.to_string());
            return Err(Error::Interpose { module: implements.to_string(), function, found });
        }
    }
    let wasm = module::module(implements, functions, with);
    let layer = Layer {
        implements: vec![implements.to_string()],
        form: Form::Isolated,
        stack: ShadowStack::default(),
        transparent: true,
        reports: false,
        generated: true,
    };
    Ok(Module { wit: Some(Cow::Owned(wit()?)), layer, ..read::read(&name, wasm)? })
}

/// Returns the world of an interposition adapter.
fn wit() -> Result<Wit, Error> {
    let mut resolve = Resolve::default();
    let package = resolve.push_str("calls.wit", CALLS);
    let world = package.and_then(|package| resolve.select_world(&[package], Some("interposer")));
    match world {
        Ok(world) => Ok(Wit { resolve, world }),
        Err(error) => Err(Error::WorldConflict { module: INTERFACE.into(), message: format!("{error:#}") }),
    }
}

fn is_number(ty: ValType) -> bool {
    matches!(ty, ValType::I32 | ValType::I64 | ValType::F32 | ValType::F64)
}
