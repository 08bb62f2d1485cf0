//! Thread-local storage of main: `env` `__wasm_get_tls_base` and `__wasm_set_tls_base`, as wasm-ld writes them.
//!
//! A program with one thread needs no more than a global for the base, which the shim module keeps. (With threads it
//! would be a slot of each thread's context: asynchronous built-ins, which are refused.)

use wasmparser::{FuncType, ValType};

use crate::bind::wrong_import;
use crate::error::Error;
use crate::names::{self, ThreadLocal};
use crate::read::{Extern, Import, Module};

/// Whether an import has the type of its access. One global serves all, so the first import says how wide it is.
pub(crate) fn bind(module: &Module<'_>, import: &Import, access: ThreadLocal) -> Result<(), Error> {
    let ty = |address| match access {
        ThreadLocal::Get => FuncType::new([], [address]),
        ThreadLocal::Set => FuncType::new([address], []),
    };
    let others = module.imports.iter().take_while(|other| other.offset < import.offset);
    let first = others.filter(|other| names::thread_local(&other.module, &other.field).is_some()).find_map(address);
    let accepted = first.map_or(vec![ValType::I32, ValType::I64], |address| vec![address]);
    match accepted.iter().any(|address| import.ty == Extern::Func(Some(ty(*address)))) {
        true => Ok(()),
        false => Err(wrong_import(module, import, &ty(accepted[0]))),
    }
}

/// The one value that a function takes or gives.
pub(crate) fn address(import: &Import) -> Option<ValType> {
    match &import.ty {
        Extern::Func(Some(ty)) => ty.params().iter().chain(ty.results()).copied().next(),
        _ => None,
    }
}
