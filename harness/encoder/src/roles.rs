//! Exports with a role: the memory, realloc and initialization function of a module.

use wasmparser::MemoryType;

use crate::names;
use crate::read::{Extern, Module};

/// Returns the first of `names` that the module exports as a realloc.
pub(crate) fn realloc_of<'n>(module: &Module<'_>, names: &[&'n str]) -> Option<&'n str> {
    use wasmparser::ValType::I32;
    names.iter().copied().find(|name| {
        module.export_func(name).is_some_and(|ty| ty.params() == [I32, I32, I32, I32] && ty.results() == [I32])
    })
}

/// Returns the name of a module's initialization function.
pub(crate) fn initialize_of(module: &Module<'_>) -> Option<&'static str> {
    names::INITIALIZE
        .iter()
        .copied()
        .find(|name| module.export_func(name).is_some_and(|ty| ty.params().is_empty() && ty.results().is_empty()))
}

/// Returns the name and type of the memory that main exports for the canonical ABI.
pub(crate) fn exported_memory(main: &Module<'_>) -> Option<(&'static str, MemoryType)> {
    names::MEMORIES.iter().find_map(|name| match main.export(name)?.ty {
        Extern::Memory(memory) => Some((*name, memory)),
        _ => None,
    })
}

/// Returns the type of main's exported memory, or of the memory that it imports.
pub(crate) fn memory_of(main: &Module<'_>) -> Option<MemoryType> {
    let exported = exported_memory(main).map(|(_, memory)| memory);
    exported.or_else(|| imported_memory(main))
}

/// Returns the type of the memory that main imports.
pub(crate) fn imported_memory(main: &Module<'_>) -> Option<MemoryType> {
    main.imports.iter().find_map(|import| match import.ty {
        Extern::Memory(memory) => Some(memory),
        _ => None,
    })
}
