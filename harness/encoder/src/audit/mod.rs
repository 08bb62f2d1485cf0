//! `audit`: an independent judge of the plan.
//!
//! It shares no code with `bind`, `wire` or `canon`. What they worked out forwards, from names to meanings and from
//! meanings to decisions, is checked backwards here: a decision is taken from the plan, and the audit asks whether WIT,
//! the modules as they were read, and the plan's own order bear it out. A mistake has to be made twice, in two ways, to
//! pass. A violation is always a mistake of the encoder: bad input is refused by the stages before.
//!
//! | file | what is judged |
//! |---|---|
//! | `order` | who is embedded, when it is instantiated and initialised; the hosted memory |
//! | `start` | what main's start function may call comes before main, and is ready |
//! | `imports` | each import has a wire of its type, and the wire comes in time |
//! | `meaning` | a wire's source is what the import's names mean |
//! | `slots` | what stands behind a slot, and who uses it |
//! | `exports` | each function and resource of the world is exported, by the right core function |
//! | `options` | canonical options |
//! | `hooks` | what main's task hook is told; the base of main's thread-local storage |
//! | `abi` | what the canonical ABI asks of a function, from WIT alone |

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

use crate::demand::{Part, Parts};
use crate::names;
use crate::plan::{CoreRef, FuncRef, MemoryRef, ModuleId, Plan};
use crate::read::{Extern, Module};
use crate::world::World;

pub(crate) use violation::Violation;

/// Everything in the plan that the world and the modules contradict.
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
    parts: &'a [Option<Part<'a>>],
    main_memory: OnceCell<Option<MemoryRef>>,
    /// The names of the interfaces that the world imports, and of those that it exports.
    names: [OnceCell<HashSet<String>>; 2],
    found: Vec<Violation>,
}

impl<'a> Auditor<'a> {
    fn report(&mut self, violation: Violation) {
        self.found.push(violation);
    }

    /// The module as it will be embedded.
    fn module(&self, id: ModuleId) -> Option<&'a Module<'a>> {
        self.parts.get(id.0)?.as_ref().map(|part| &part.module)
    }

    /// All modules that will be embedded.
    fn embedded(&self) -> impl Iterator<Item = (ModuleId, &'a Module<'a>)> + use<'a> {
        let parts = self.parts.iter().enumerate();
        parts.filter_map(|(index, part)| Some((ModuleId(index), &part.as_ref()?.module)))
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
            MemoryRef::Own(id) => format!("the own memory of `{}`", self.name(*id)),
        }
    }

    fn export(&self, core: &CoreRef) -> Option<&'a Extern> {
        self.module(core.module)?.export(&core.export).map(|export| &export.ty)
    }

    /// Whether `id` is instantiated earlier than `importer`.
    fn comes_before(&self, id: ModuleId, importer: ModuleId) -> bool {
        let position = |wanted: ModuleId| self.plan.order.iter().position(|id| *id == wanted);
        matches!((position(id), position(importer)), (Some(first), Some(then)) if first < then)
    }

    /// The memory of its own that an isolated adapter has.
    fn own_memory(&self, id: ModuleId) -> Option<MemoryType> {
        let part = self.parts.get(id.0)?.as_ref()?;
        let trimmed = part.trimmed.as_ref()?;
        let copies = || part.module.imports.iter().any(|import| import.module == names::MAIN_MEMORY);
        let empty = MemoryType { memory64: false, shared: false, initial: 0, maximum: Some(0), page_size_log2: None };
        trimmed.memory.or_else(|| copies().then_some(empty))
    }

    /// The memory that canonical options of a module name: main's, if it has none of its own.
    fn memory_of(&self, id: ModuleId) -> Option<MemoryRef> {
        if self.own_memory(id).is_some() { Some(MemoryRef::Own(id)) } else { self.memory() }
    }

    /// The names of the interfaces that the world imports or exports.
    fn interface_names(&self, exported: bool) -> &HashSet<String> {
        let side = if exported { self.world.exports() } else { self.world.imports() };
        self.names[usize::from(exported)].get_or_init(|| {
            let interfaces = side.iter().filter(|(_, item)| matches!(item, WorldItem::Interface { .. }));
            interfaces.map(|(key, _)| self.world.resolve.name_world_key(key)).collect()
        })
    }

    /// Main's memory, whether main has it or is given it.
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

    /// The function that the world imports under this reference.
    fn imported_function(&self, function: &FuncRef) -> Option<&'a Function> {
        self.function(function, self.world.imports())
    }

    /// The function that the world exports under this reference.
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

/// The type of a core item in WAT's words.
fn type_name(ty: &Extern) -> String {
    let limits = |initial: u64, maximum: Option<u64>| match maximum {
        Some(maximum) => format!("{initial} {maximum}"),
        None => initial.to_string(),
    };
    match ty {
        Extern::Func(Some(ty)) => signature(ty),
        Extern::Func(None) => "(func ...), not of the plain kind".to_string(),
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
