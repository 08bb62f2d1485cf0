//! `audit`: independent check of the plan.
//!
//! The audit shares no code with `bind`, `wire` or `canon`. These stages derive decisions from names; the audit checks
//! each decision of the plan against WIT, the parsed modules and the order of the plan. A bug passes only if it is made
//! twice, in two different ways. A violation is always a bug of the encoder, because invalid input is rejected by
//! earlier stages.
//!
//! | file | checks |
//! |---|---|
//! | `order` | embedded modules, their instantiation and initialization; the hosted memory |
//! | `start` | modules that main's start function may call are instantiated before main and initialized |
//! | `imports` | each import has one wire of its type, whose source exists in time |
//! | `meaning` | the source of a wire matches the names of the import |
//! | `slots` | source, type and use of each slot |
//! | `exports` | each function and resource of the world is exported, by the right core function |
//! | `options` | canonical options |
//! | `hooks` | notifications of main's task hook; the base of main's thread-local storage |
//! | `abi` | requirements of the canonical ABI on a function, derived from WIT |

mod abi;
mod exports;
mod hooks;
mod imports;
mod meaning;
mod options;
mod order;
mod slots;
mod start;
mod violation;

#[cfg(test)]
mod tests;

use std::cell::OnceCell;

use foldhash::HashSet;
use wasmparser::{FuncType, MemoryType};
use wit_parser::{Function, WorldItem, WorldKey};

use crate::names;
use crate::parts::Parts;
use crate::plan::{CoreRef, FuncRef, MemoryRef, ModuleId, Plan};
use crate::read::{Extern, Module};
use crate::world::World;

pub(crate) use violation::Violation;

/// Checks the plan against the world and the modules, and returns all violations.
pub(crate) fn audit(plan: &Plan, world: &World, parts: &Parts<'_>) -> Vec<Violation> {
    let mut auditor =
        Auditor { plan, world, parts, main_memory: OnceCell::new(), names: Default::default(), found: Vec::new() };
    auditor.order();
    auditor.imports();
    auditor.slots();
    auditor.lifts();
    auditor.resources();
    auditor.hosted_memory();
    auditor.own_memories();
    auditor.initialize();
    auditor.hooks();
    auditor.thread_local();
    auditor.found
}

struct Auditor<'a> {
    plan: &'a Plan,
    world: &'a World,
    parts: &'a Parts<'a>,
    main_memory: OnceCell<Option<MemoryRef>>,
    /// Names of the interfaces that the world imports, and of those that it exports.
    names: [OnceCell<HashSet<String>>; 2],
    found: Vec<Violation>,
}

impl<'a> Auditor<'a> {
    fn report(&mut self, violation: Violation) {
        self.found.push(violation);
    }

    /// Returns the module as it is embedded.
    fn module(&self, id: ModuleId) -> Option<&'a Module<'a>> {
        self.parts.get(id).map(|part| &part.module)
    }

    /// Iterates over all embedded modules.
    fn embedded(&self) -> impl Iterator<Item = (ModuleId, &'a Module<'a>)> + use<'a> {
        self.parts.iter().map(|(id, part)| (id, &part.module))
    }

    fn name(&self, id: ModuleId) -> String {
        let planned = || self.plan.modules.get(id.0).map(|module| &module.name);
        match self.module(id).map(|module| &module.name).or_else(planned) {
            Some(name) => name.clone(),
            None => format!("module {}", id.0),
        }
    }

    fn core_name(&self, core: &CoreRef) -> String {
        format!("`{}` of `{}`", core.export, self.name(core.module))
    }

    fn memory_name(&self, memory: &MemoryRef) -> String {
        match memory {
            MemoryRef::Export(core) => self.core_name(core),
            MemoryRef::Hosted => "the memory of the shim".to_string(),
            MemoryRef::Own(id) => format!("the isolated memory of `{}`", self.name(*id)),
        }
    }

    fn export(&self, core: &CoreRef) -> Option<&'a Extern> {
        self.module(core.module)?.export(&core.export).map(|export| &export.ty)
    }

    /// Returns true if `id` is instantiated before `importer`.
    fn comes_before(&self, id: ModuleId, importer: ModuleId) -> bool {
        let position = |wanted: ModuleId| self.plan.order.iter().position(|id| *id == wanted);
        matches!((position(id), position(importer)), (Some(first), Some(then)) if first < then)
    }

    /// Returns the type of an isolated adapter's own memory.
    fn own_memory(&self, id: ModuleId) -> Option<MemoryType> {
        let part = self.parts.get(id)?;
        let trimmed = part.trimmed.as_ref()?;
        let copies = || part.module.imports.iter().any(|import| import.module == names::MAIN_MEMORY);
        let empty = MemoryType { memory64: false, shared: false, initial: 0, maximum: Some(0), page_size_log2: None };
        trimmed.memory.or_else(|| copies().then_some(empty))
    }

    /// Returns the memory for the canonical options of a module: its own, or main's.
    fn memory_of(&self, id: ModuleId) -> Option<MemoryRef> {
        if self.own_memory(id).is_some() { Some(MemoryRef::Own(id)) } else { self.memory() }
    }

    /// Returns the names of the interfaces that the world imports or exports.
    fn interface_names(&self, exported: bool) -> &HashSet<String> {
        let side = if exported { self.world.exports() } else { self.world.imports() };
        self.names[usize::from(exported)].get_or_init(|| {
            let interfaces = side.iter().filter(|(_, item)| matches!(item, WorldItem::Interface { .. }));
            interfaces.map(|(key, _)| self.world.resolve.name_world_key(key)).collect()
        })
    }

    /// Returns main's memory, exported or imported by main.
    fn memory(&self) -> Option<MemoryRef> {
        self.main_memory.get_or_init(|| self.find_memory()).clone()
    }

    fn find_memory(&self) -> Option<MemoryRef> {
        let main = self.module(ModuleId::MAIN)?;
        if main.imports.iter().any(|import| matches!(import.ty, Extern::Memory(_))) {
            return Some(MemoryRef::Hosted);
        }
        let is_memory =
            |name: &&&str| main.exports.iter().any(|e| e.name == **name && matches!(e.ty, Extern::Memory(_)));
        let export = names::MEMORIES.iter().find(is_memory)?.to_string();
        Some(MemoryRef::Export(CoreRef { module: ModuleId::MAIN, export }))
    }

    /// Finds the world's import of this function.
    fn imported_function(&self, function: &FuncRef) -> Option<&'a Function> {
        self.function(function, self.world.imports())
    }

    /// Finds the world's export of this function.
    fn exported_function(&self, function: &FuncRef) -> Option<&'a Function> {
        self.function(function, self.world.exports())
    }

    fn function(
        &self,
        function: &FuncRef,
        side: &'a wit_parser::IndexMap<wit_parser::WorldKey, WorldItem>,
    ) -> Option<&'a Function> {
        let resolve = &self.world.resolve;
        if function.interface != function.key.as_ref().map(|key| resolve.name_world_key(key)) {
            return None;
        }
        match &function.key {
            Some(key) => match side.get(key)? {
                WorldItem::Interface { id, .. } => resolve.interfaces[*id].functions.get(&function.name),
                _ => None,
            },
            None => match side.get(&WorldKey::Name(function.name.clone()))? {
                WorldItem::Function(found) if found.name == function.name => Some(found),
                _ => None,
            },
        }
    }
}

/// Formats the type of a core item in the text format.
fn type_name(ty: &Extern) -> String {
    let limits = |initial: u64, maximum: Option<u64>| match maximum {
        Some(maximum) => format!("{initial} {maximum}"),
        None => initial.to_string(),
    };
    match ty {
        Extern::Func(Some(ty)) => signature(ty),
        Extern::Func(None) => "(func ...), not a plain function type".to_string(),
        Extern::Memory(ty) => format!("(memory {})", limits(ty.initial, ty.maximum)),
        Extern::Table(ty) => format!("(table {} {})", limits(ty.initial, ty.maximum), ty.element_type),
        Extern::Global(ty) if ty.mutable => format!("(global (mut {}))", ty.content_type),
        Extern::Global(ty) => format!("(global {})", ty.content_type),
        Extern::Tag(_) => "(tag)".to_string(),
    }
}

fn signature(ty: &FuncType) -> String {
    crate::read::signature(ty)
}
