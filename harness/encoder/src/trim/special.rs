//! Globals and imports with special meaning.

use std::collections::{BTreeMap, BTreeSet};

use wasmparser::{ExternalKind, Import, SymbolInfo, TypeRef, ValType};

use crate::names::{MAIN, MainMemoryOp, SHARED_MEMORY, WANTED_REALLOCS};

use super::MainRealloc;
use super::access::{self, UnknownAccess};
use super::error::Problem;
use super::form::Form;
use super::live::Live;
use super::module::{Item, Module, Origin};
use super::shape::{self, Shape};
use super::stack::ShadowStack;

const STACK_POINTER: &str = "__stack_pointer";
const ALLOCATION_STATE: &str = "allocation_state";

/// Globals that need special treatment, as indices of the original module.
#[derive(Debug, Default)]
pub(super) struct Special {
    /// Stack pointer, if live code uses one.
    pub stack_pointer: Option<u32>,
    /// Allocation state of the stack in the adapters published with wasmtime, if it is live.
    pub allocation_state: Option<u32>,
}

impl Special {
    /// Identifies the special globals among the live ones.
    pub fn find(
        module: &Module<'_>,
        live: &Live,
        form: Form,
        stack: ShadowStack,
        problems: &mut Vec<Problem>,
    ) -> Special {
        let mut find = |name| {
            let global = named_global(module, name).filter(|g| live.globals.contains(g))?;
            if is_mutable_i32(module, global) {
                return Some(global);
            }
            problems.push(Problem::SpecialGlobal { name, global });
            None
        };
        let (named, allocation_state) = (find(STACK_POINTER), find(ALLOCATION_STATE));
        let configured = stack.pointer.filter(|_| named_global(module, STACK_POINTER).is_none());
        let found = configured.map(|global| configured_pointer(module, global)).transpose();
        let found = found.unwrap_or_else(|problem| {
            problems.push(problem);
            None
        });
        let mut stack_pointer = named.or(found.filter(|global| live.globals.contains(global)));
        // The stack pointer is needed only if data moves or the stack is guarded.
        let matters = (form == Form::Shared || stack.guard) && !live.memories.is_empty();
        if stack_pointer.is_none() && configured.is_none() && matters && named_global(module, STACK_POINTER).is_none() {
            match shape::find(module, live, &unnamed(module, live)) {
                Shape::None => {}
                Shape::Pointer(global) => stack_pointer = Some(global),
                Shape::Unclear { global, found } => problems.push(Problem::UnknownStackPointer { global, found }),
            }
        }
        Special { stack_pointer, allocation_state }
    }
}

/// Finds a global by its symbol, export or name.
pub(super) fn named_global(module: &Module<'_>, wanted: &str) -> Option<u32> {
    let symbol = module.linking.symbols.iter().find_map(|symbol| match symbol {
        SymbolInfo::Global { index, name: Some(name), .. } if *name == wanted => Some(*index),
        _ => None,
    });
    let export = module.exports.get(wanted);
    let export = export.filter(|e| e.kind == ExternalKind::Global).map(|e| e.index);
    let named = module.names.globals.iter().find(|(_, name)| **name == wanted);
    symbol.or(export).or(named.map(|(index, _)| *index))
}

/// Validates the stack pointer that is set by option.
fn configured_pointer(module: &Module<'_>, global: u32) -> Result<u32, Problem> {
    if is_mutable_i32(module, global) {
        return Ok(global);
    }
    let found = match module.globals.get(global as usize) {
        None => format!("no such global among {}", module.globals.len()),
        Some(Item { origin: Origin::Import(_), .. }) => "an import".to_string(),
        Some(Item { ty, .. }) if ty.mutable => format!("(mut {})", ty.content_type),
        Some(Item { ty, .. }) => format!("an immutable {}", ty.content_type),
    };
    Err(Problem::StackPointerOption { global, found })
}

fn is_mutable_i32(module: &Module<'_>, global: u32) -> bool {
    module
        .globals
        .get(global as usize)
        .is_some_and(|global| global.own().is_some() && global.ty.mutable && global.ty.content_type == ValType::I32)
}

/// Returns the unnamed globals that may be the stack pointer: those that code reads, of type mutable i32, without a
/// symbol or an entry in the `name` section.
fn unnamed(module: &Module<'_>, live: &Live) -> Vec<u32> {
    let symbols = module.linking.symbols.iter().filter_map(|symbol| match symbol {
        SymbolInfo::Global { index, name: Some(_), .. } => Some(*index),
        _ => None,
    });
    let symbols: BTreeSet<u32> = symbols.collect();
    let is_named = |global: &u32| symbols.contains(global) || module.names.globals.contains_key(global);
    let read = live.read.iter().copied();
    read.filter(|global| is_mutable_i32(module, *global) && !is_named(global)).collect()
}

/// Returns true for imports of main's realloc.
pub(super) fn is_realloc(import: &Import<'_>) -> bool {
    import.module == MAIN && WANTED_REALLOCS.contains(&import.name)
}

/// Reports problems of the live imports.
pub(super) fn check_imports(
    module: &Module<'_>,
    live: &Live,
    form: Form,
    realloc: MainRealloc<'_>,
    problems: &mut Vec<Problem>,
) {
    check_functions(module, live, problems);
    if form == Form::Isolated {
        check_isolated(module, live, realloc, problems);
    }
    check_memories(module, live, form, problems);
    let tables = imported(&module.tables, &live.tables).map(|import| (import, "table"));
    let globals = imported(&module.globals, &live.globals).map(|import| (import, "global"));
    let tags = imported(&module.tags, &live.tags).map(|import| (import, "tag"));
    for (number, found) in tables.chain(globals).chain(tags) {
        let Some(import) = module.imports.get(number) else { continue };
        problems.extend(match (import.module, import.name) {
            (MAIN, name) if found != "tag" => {
                let name = name.to_string();
                (form == Form::Isolated).then_some(Problem::IsolatedImport { name, found })
            }
            ("env", "__memory_base" | "__table_base") | ("GOT.mem" | "GOT.func", _) => {
                Some(Problem::PositionIndependent { what: import.name.to_string() })
            }
            _ => Some(refused(import, found)),
        });
    }
}

/// Lists the import indices of the imported live entries of an index space.
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
        let name = import.name.to_string();
        match MainMemoryOp::of(import) {
            Some(Err(UnknownAccess)) => problems.push(Problem::UnknownAccess { name }),
            Some(Ok(access)) if !access.has_type(ty) => {
                let (expected, found) = (access.expected(), access::text(ty));
                problems.push(Problem::AccessType { name, expected, found });
            }
            _ => {}
        }
        let right = ty.params() == [ValType::I32; 4] && ty.results() == [ValType::I32];
        if is_realloc(import) && !right {
            problems.push(Problem::ReallocType { name: import.name.to_string() });
        }
    }
}

/// Reports function imports that are not available to an isolated adapter.
fn check_isolated(module: &Module<'_>, live: &Live, realloc: MainRealloc<'_>, problems: &mut Vec<Problem>) {
    for number in imported(&module.functions, &live.functions) {
        let Some(import) = module.imports.get(number) else { continue };
        let name = import.name.to_string();
        if is_realloc(import) && realloc == MainRealloc::Grow {
            problems.push(Problem::NoMainRealloc { name });
        } else if matches!(MainMemoryOp::of(import), Some(Ok(MainMemoryOp::Load | MainMemoryOp::Store)))
            && module.memories.is_empty()
        {
            problems.push(Problem::NoMemory { name });
        }
    }
}

fn check_memories(module: &Module<'_>, live: &Live, form: Form, problems: &mut Vec<Problem>) {
    for (count, &index) in live.memories.iter().enumerate() {
        let Some(memory) = module.memories.get(index as usize) else { continue };
        let import = memory.import().and_then(|number| module.imports.get(number));
        let shared = |import: &Import<'_>| (import.module, import.name) == SHARED_MEMORY;
        problems.extend(match (form, import) {
            (Form::Isolated, Some(import)) if import.module == MAIN => {
                Some(Problem::IsolatedImport { name: import.name.to_string(), found: "memory" })
            }
            (_, Some(import)) if import.module != MAIN && !shared(import) => Some(refused(import, "memory")),
            (Form::Shared, Some(import)) => (count > 0).then(|| refused(import, "memory")),
            (Form::Shared, None) => Some(Problem::OwnMemory { index }),
            (Form::Isolated, _) => (count > 0).then_some(Problem::SecondMemory { index }),
        });
        if form == Form::Shared && import.is_none() {
            continue;
        }
        let found = match memory.ty {
            ty if ty.memory64 => Some("64-bit"),
            ty if ty.shared => Some("shared"),
            _ => None,
        };
        problems.extend(found.map(|found| Problem::MemoryKind { found }));
    }
}

/// Reports problems of static data that stays at its linked address.
pub(super) fn check_data(module: &Module<'_>, live: &Live, form: Form, problems: &mut Vec<Problem>) {
    let linking = &module.linking;
    if linking.dynamic {
        problems.push(Problem::PositionIndependent { what: "dylink.0".to_string() });
    }
    // The linker creates such globals for position-independent code: they hold addresses without relocations.
    let got =
        module.names.globals.iter().find(|(index, name)| name.starts_with("GOT.") && live.globals.contains(*index));
    // They are valid if neither data nor table slots change.
    let got = got.filter(|_| form == Form::Shared || linking.relocatable);
    problems.extend(got.map(|(_, name)| Problem::PositionIndependent { what: name.to_string() }));
    let mut bytes = 0;
    for (index, data) in (0..).zip(&module.data) {
        let named = live.data.contains(&index);
        if let wasmparser::DataKind::Active { memory_index, .. } = data.kind {
            // Code that never loads or stores can still pass an address to an import.
            let used = live.memories.contains(&memory_index) || live.fixed_addresses;
            let stays = match form {
                Form::Shared => named || (used && !linking.relocatable),
                Form::Isolated => named && linking.relocatable,
            };
            if stays {
                bytes += data.data.len() as u64;
            }
        }
    }
    let why = match (linking.relocatable, linking.present) {
        (true, _) => "code refers to data segments by index",
        (false, true) => "it has no `reloc.CODE` section",
        (false, false) => "it has no `linking` section",
    };
    if bytes > 0 {
        problems.push(Problem::FixedData { bytes, why });
    }
}
