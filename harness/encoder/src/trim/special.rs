//! The globals and imports whose names mean something to the encoder.

use std::collections::{BTreeMap, BTreeSet};

use wasmparser::{ExternalKind, Import, SymbolInfo, TypeRef, ValType};

use crate::names::{MAIN, SHARED_MEMORY, WANTED_REALLOCS};

use super::error::Problem;
use super::live::Live;
use super::module::{Item, Module};

const STACK_POINTER: &str = "__stack_pointer";
const ALLOCATION_STATE: &str = "allocation_state";

/// Globals that are the encoder's business, as indices of the original module.
#[derive(Debug, Default)]
pub(super) struct Special {
    /// Where the stack ends, if live code has one.
    pub stack_pointer: Option<u32>,
    /// The global of the published adapters that says how far the allocation of the stack is, if live.
    pub allocation_state: Option<u32>,
}

impl Special {
    /// Finds them among the live globals.
    pub fn find(module: &Module<'_>, live: &Live, problems: &mut Vec<Problem>) -> Special {
        let mut find = |name| {
            let global = named_global(module, name).filter(|g| live.globals.contains(g))?;
            if is_mutable_i32(module, global) {
                return Some(global);
            }
            problems.push(Problem::SpecialGlobal { name, global });
            None
        };
        let special = Special { stack_pointer: find(STACK_POINTER), allocation_state: find(ALLOCATION_STATE) };
        if special.stack_pointer.is_none() {
            problems.extend(suspect(module, live));
        }
        special
    }
}

/// A global by the linker's symbol, by export, or by name.
fn named_global(module: &Module<'_>, wanted: &str) -> Option<u32> {
    let symbol = module.linking.symbols.iter().find_map(|symbol| match symbol {
        SymbolInfo::Global { index, name: Some(name), .. } if *name == wanted => Some(*index),
        _ => None,
    });
    let export = module.exports.get(wanted);
    let export = export.filter(|e| e.kind == ExternalKind::Global).map(|e| e.index);
    let named = module.names.globals.iter().find(|(_, name)| **name == wanted);
    symbol.or(export).or(named.map(|(index, _)| *index))
}

fn is_mutable_i32(module: &Module<'_>, global: u32) -> bool {
    module
        .globals
        .get(global as usize)
        .is_some_and(|global| global.own().is_some() && global.ty.mutable && global.ty.content_type == ValType::I32)
}

/// Without any names, a global that may be a stack pointer must not be left pointing into main's data.
fn suspect(module: &Module<'_>, live: &Live) -> Option<Problem> {
    if module.names.present || module.linking.present || live.memories.is_empty() {
        return None;
    }
    if module.exports.contains_key(STACK_POINTER) {
        return None;
    }
    let mut both = live.read.intersection(&live.written).copied();
    let global = both.find(|global| is_mutable_i32(module, *global))?;
    Some(Problem::UnknownStackPointer { global })
}

/// Is this the adapter's wish to allocate from main?
pub(super) fn is_realloc(import: &Import<'_>) -> bool {
    import.module == MAIN && WANTED_REALLOCS.contains(&import.name)
}

/// Problems of the imports that are needed.
pub(super) fn check_imports(module: &Module<'_>, live: &Live, problems: &mut Vec<Problem>) {
    check_functions(module, live, problems);
    check_memories(module, live, problems);
    let tables = imported(&module.tables, &live.tables).map(|import| (import, "table"));
    let globals = imported(&module.globals, &live.globals).map(|import| (import, "global"));
    let tags = imported(&module.tags, &live.tags).map(|import| (import, "tag"));
    for (number, found) in tables.chain(globals).chain(tags) {
        let Some(import) = module.imports.get(number) else { continue };
        problems.extend(match (import.module, import.name) {
            (MAIN, _) if found != "tag" => None,
            ("env", "__memory_base" | "__table_base") | ("GOT.mem" | "GOT.func", _) => {
                Some(Problem::PositionIndependent { what: import.name.to_string() })
            }
            _ => Some(refused(import, found)),
        });
    }
}

/// The numbers of the imports among the live entries of an index space.
fn imported<'m, T, D>(space: &'m [Item<T, D>], live: &'m BTreeSet<u32>) -> impl Iterator<Item = usize> + 'm {
    live.iter().filter_map(|index| space.get(*index as usize)?.import())
}

fn refused(import: &Import<'_>, found: &'static str) -> Problem {
    let (module, name) = (import.module.to_string(), import.name.to_string());
    Problem::Import { module, name, found }
}

fn check_functions(module: &Module<'_>, live: &Live, problems: &mut Vec<Problem>) {
    let mut seen = BTreeMap::new();
    for number in imported(&module.functions, &live.functions) {
        let Some(import) = module.imports.get(number) else { continue };
        let TypeRef::Func(index) = import.ty else { continue };
        let Some(ty) = module.types.get(index as usize) else { continue };
        if *seen.entry((import.module, import.name)).or_insert(ty) != ty {
            let (module, name) = (import.module.to_string(), import.name.to_string());
            problems.push(Problem::ImportedTwice { module, name });
        }
        let right = ty.params() == [ValType::I32; 4] && ty.results() == [ValType::I32];
        if is_realloc(import) && !right {
            problems.push(Problem::ReallocType { name: import.name.to_string() });
        }
    }
}

fn check_memories(module: &Module<'_>, live: &Live, problems: &mut Vec<Problem>) {
    for (count, index) in live.memories.iter().enumerate() {
        let Some(memory) = module.memories.get(*index as usize) else { continue };
        let import = memory.import().and_then(|number| module.imports.get(number));
        let Some(import) = import else {
            problems.push(Problem::OwnMemory { index: *index });
            continue;
        };
        let is_main = import.module == MAIN || (import.module, import.name) == SHARED_MEMORY;
        if !is_main || count > 0 {
            problems.push(refused(import, "memory"));
        }
        let found = match memory.ty {
            ty if ty.memory64 => Some("64-bit"),
            ty if ty.shared => Some("shared"),
            _ => None,
        };
        problems.extend(found.map(|found| Problem::MemoryKind { found }));
    }
}

/// Problems of static data that stays where the linker put it.
pub(super) fn check_data(module: &Module<'_>, live: &Live, problems: &mut Vec<Problem>) {
    let linking = &module.linking;
    if linking.dynamic {
        problems.push(Problem::PositionIndependent { what: "dylink.0".to_string() });
    }
    // Made by the linker for objects with position-independent code: addresses in globals, without relocations.
    let got =
        module.names.globals.iter().find(|(index, name)| name.starts_with("GOT.") && live.globals.contains(*index));
    problems.extend(got.map(|(_, name)| Problem::PositionIndependent { what: name.to_string() }));
    let mut bytes = 0;
    for (index, data) in (0..).zip(&module.data) {
        let named = live.data.contains(&index);
        if let wasmparser::DataKind::Active { memory_index, .. } = data.kind {
            // Even where no live code loads or stores, an import may be given an address.
            let used = live.memories.contains(&memory_index) || live.fixed_addresses;
            if named || (used && !linking.relocatable) {
                bytes += data.data.len() as u64;
            }
        }
    }
    let why = match (linking.relocatable, linking.present) {
        (true, _) => "code names data segments by their number",
        (false, true) => "there is no section `reloc.CODE`",
        (false, false) => "there is no section `linking`",
    };
    if bytes > 0 {
        problems.push(Problem::FixedData { bytes, why });
    }
}
