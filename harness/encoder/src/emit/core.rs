//! Core modules and instances: main, adapters, the shim, and the fixup that fills the shim's table.

use std::borrow::Cow;

use foldhash::fast::RandomState;
use foldhash::{HashMap, HashSet};
use indexmap::IndexMap;
use wasm_encoder::{CanonicalOption, ExportKind, ModuleArg, ValType};
use wit_parser::TypeId;

use super::forward::Filling;
use super::provenance::{Born, BornFunction};
use super::types::Scope;
use super::{Emitter, forward, hooks, memory};
use crate::frame::Frame;
use crate::input::Copies;
use crate::names::{self, MainMemoryOp, ThreadLocal};
use crate::parts::Parts;
use crate::plan::{Canon, CoreRef, Kind, MemoryRef, ModuleId, Resource, SlotId, Via, Wire, WireSource};
use crate::world::StringEncoding;

/// Embeds main and the adapters.
pub(super) fn modules(emitter: &mut Emitter<'_>, parts: &Parts<'_>) {
    for id in &emitter.plan.order {
        let part = parts.used(*id);
        let debug_name = emitter.name(&part.module.name);
        let bytes = match *id {
            // Main is inserted into the finished frame.
            ModuleId::MAIN => Cow::Borrowed(Frame::PLACE),
            _ => part.module.without_metadata(),
        };
        emitter.core_modules[id.0] = Some(emitter.component.core_module_raw(debug_name, &bytes));
        emitter.register.module(Born::Module(*id));
    }
}

/// Embeds and instantiates the shim, which contains indirect calls and main's imported memory.
pub(super) fn shim(emitter: &mut Emitter<'_>) {
    let plan = emitter.plan;
    if !plan.has_shim() {
        return;
    }
    let module = forward::shim(plan, emitter.debug_names());
    let (module_name, instance_name) = (emitter.name(forward::SHIM), emitter.name("shim"));
    let module = emitter.component.core_module(module_name, &module);
    emitter.shim = Some(emitter.component.core_instantiate::<[(&str, ModuleArg); 0]>(instance_name, module, []));
    emitter.register.module(Born::Shim);
    emitter.register.instance(Born::Shim);
}

/// Defines the types of exported resources that core modules use before their implementation exists.
pub(super) fn early_resources(emitter: &mut Emitter<'_>) {
    let plan = emitter.plan;
    for resource in plan.resources.iter().filter(|resource| resource.early) {
        emitter.type_id(resource.id);
    }
}

/// Defines the type of an exported resource.
pub(super) fn resource(emitter: &mut Emitter<'_>, id: TypeId) -> u32 {
    let resource = emitter.planned_resources.get(&id).copied();
    let resource: &Resource = resource.expect("the plan has each resource that the component defines");
    let dtor = match (resource.slot, &resource.dtor) {
        (Some(slot), _) => Some(slot_function(emitter, slot.0)),
        (None, Some(core)) => Some(hooks::callee(emitter, core)),
        (None, None) => None,
    };
    let debug_name = emitter.name(names::resource(&emitter.world.resolve, id));
    let index = emitter.component.type_resource(debug_name, ValType::I32, dtor);
    emitter.resources.insert(id, index);
    index
}

/// Wires of one module by import module, in the order of the module's imports.
type Groups<'p> = IndexMap<&'p str, Vec<&'p Wire>, RandomState>;

/// Instantiates main and the adapters in the order of the plan.
pub(super) fn instances(emitter: &mut Emitter<'_>) {
    let plan = emitter.plan;
    let mut wires: HashMap<ModuleId, Vec<&Wire>> = HashMap::default();
    for wire in &plan.wires {
        wires.entry(wire.importer).or_default().push(wire);
    }
    for id in &plan.order {
        if *id == ModuleId::MAIN {
            prepare(emitter);
        }
        own_memory(emitter, *id);
        let mut groups: Groups<'_> = Groups::default();
        for wire in wires.remove(id).unwrap_or_default() {
            groups.entry(&wire.module).or_default().push(wire);
        }
        let mut args = Vec::new();
        for (module, wires) in groups {
            let mut items: Vec<(&str, ExportKind, u32)> = Vec::new();
            let mut fields = HashSet::default();
            for wire in wires {
                let (kind, index) = item(emitter, wire);
                if fields.insert(wire.field.as_str()) {
                    items.push((&wire.field, kind, index));
                }
            }
            let debug_name = emitter.name(module);
            let bag = emitter.component.core_instantiate_exports(debug_name, items);
            emitter.register.imports(Born::Module(*id), module);
            args.push((module, ModuleArg::Instance(bag)));
        }
        let debug_name = emitter.name(&plan.modules[id.0].name);
        let module = emitter.core_modules[id.0].expect("each module of the order is embedded");
        emitter.core_instances[id.0] = Some(emitter.component.core_instantiate(debug_name, module, args));
        emitter.register.instance(Born::Module(*id));
    }
}

/// Fills table entries and initializes adapters before main's start function runs.
fn prepare(emitter: &mut Emitter<'_>) {
    let Some(prepare) = &emitter.plan.prepare else { return };
    let slots = prepare.slots.iter().map(|slot| slot.0).collect();
    let filling = Filling { name: forward::PREPARE, slots, initialize: &prepare.initialize, hooked: false };
    fill(emitter, &filling, "prepare", Born::Prepare);
}

/// Fills the other table entries and initializes the modules.
pub(super) fn fixup(emitter: &mut Emitter<'_>) {
    let plan = emitter.plan;
    let prepared: HashSet<SlotId> = plan.prepare.iter().flat_map(|prepare| prepare.slots.iter().copied()).collect();
    let slots: Vec<usize> = (0..plan.slots.len()).filter(|slot| !prepared.contains(&SlotId(*slot))).collect();
    if slots.is_empty() && plan.initialize.is_empty() {
        return;
    }
    let hooked = plan.hooks.is_some() && !plan.initialize.is_empty();
    let filling = Filling { name: forward::FIXUP, slots, initialize: &plan.initialize, hooked };
    fill(emitter, &filling, "fixup", Born::Fixup);
}

fn fill(emitter: &mut Emitter<'_>, filling: &Filling<'_>, instance_name: &str, born: Born) {
    let plan = emitter.plan;
    let mut items: Vec<(String, ExportKind, u32)> = Vec::new();
    for slot in &filling.slots {
        let (kind, index) = source(emitter, &plan.slots[*slot].source);
        items.push((slot.to_string(), kind, index));
    }
    for (name, kind) in forward::places(plan, &filling.slots) {
        let shim = emitter.shim();
        let place = emitter.component.core_alias_export(None, shim, &name, kind);
        items.push((name, kind, place));
    }
    for (i, function) in filling.initialize.iter().enumerate() {
        let index = export(emitter, function, Kind::Func);
        items.push((forward::initialize(i), ExportKind::Func, index));
    }
    if let Some(hooks) = plan.hooks.as_ref().filter(|_| filling.hooked) {
        let hook = export(emitter, &hooks.hook, Kind::Func);
        items.push((forward::HOOK.to_string(), ExportKind::Func, hook));
    }
    let module = forward::fixup(plan, filling, emitter.debug_names());
    let (module_name, instance_name) = (emitter.name(filling.name), emitter.name(instance_name));
    let module = emitter.component.core_module(module_name, &module);
    let bag = emitter.component.core_instantiate_exports(None, items.iter().map(|(n, k, i)| (n.as_str(), *k, *i)));
    emitter.component.core_instantiate(instance_name, module, [("", ModuleArg::Instance(bag))]);
    emitter.register.module(born);
    emitter.register.imports(born, "");
    emitter.register.instance(born);
}

fn item(emitter: &mut Emitter<'_>, wire: &Wire) -> (ExportKind, u32) {
    match &wire.via {
        Via::Direct => source(emitter, &wire.source),
        Via::Slot(slot, _) => (ExportKind::Func, slot_function(emitter, slot.0)),
    }
}

fn slot_function(emitter: &mut Emitter<'_>, slot: usize) -> u32 {
    let shim = emitter.shim();
    let debug_name = emitter.name(&emitter.plan.slots[slot].name);
    emitter.register.function(|| BornFunction::Slot(slot));
    emitter.component.core_alias_export(debug_name, shim, &slot.to_string(), ExportKind::Func)
}

fn source(emitter: &mut Emitter<'_>, source: &WireSource) -> (ExportKind, u32) {
    match source {
        WireSource::Lower(function, canon) => (ExportKind::Func, lower(emitter, function, canon)),
        WireSource::ResourceNew(id, _) => {
            let ty = emitter.type_id(*id);
            emitter.register.function(|| BornFunction::Source(source.clone()));
            (ExportKind::Func, emitter.component.resource_new(ty))
        }
        WireSource::ResourceRep(id, _) => {
            let ty = emitter.type_id(*id);
            emitter.register.function(|| BornFunction::Source(source.clone()));
            (ExportKind::Func, emitter.component.resource_rep(ty))
        }
        WireSource::ResourceDrop(id, _) => {
            let ty = emitter.type_id(*id);
            emitter.register.function(|| BornFunction::Source(source.clone()));
            (ExportKind::Func, emitter.component.resource_drop(ty))
        }
        WireSource::Export(core, kind) => (export_kind(*kind), export(emitter, core, *kind)),
        WireSource::Destructor(core) => (ExportKind::Func, hooks::callee(emitter, core)),
        WireSource::ThreadLocal(access) => (ExportKind::Func, thread_local(emitter, *access)),
        WireSource::HostedMemory => (ExportKind::Memory, hosted_memory(emitter)),
        WireSource::OwnMemory(id) => (ExportKind::Memory, of_own_memory(emitter, *id, memory::MEMORY, Kind::Memory)),
        WireSource::Copy(id, copy) => (ExportKind::Func, of_own_memory(emitter, *id, copy.field(), Kind::Func)),
    }
}

fn lower(emitter: &mut Emitter<'_>, function: &crate::plan::FuncRef, canon: &Canon) -> u32 {
    if let Some((_, index)) = emitter.lowered.get(function).and_then(|known| known.iter().find(|(c, _)| c == canon)) {
        return *index;
    }
    let index = emitter.function(function);
    let options = emitter.options(canon);
    let debug_name = emitter.name(&function.name);
    let lowered = emitter.component.lower_func(debug_name, index, options);
    emitter.register.function(|| BornFunction::Source(WireSource::Lower(function.clone(), canon.clone())));
    emitter.lowered.entry(function.clone()).or_default().push((canon.clone(), lowered));
    lowered
}

impl Emitter<'_> {
    /// Returns the memory, realloc and string encoding options of a lift or lower.
    pub(super) fn options(&mut self, canon: &Canon) -> Vec<CanonicalOption> {
        let mut options = Vec::new();
        if let Some((memory, _)) = &canon.memory {
            options.push(CanonicalOption::Memory(memory_index(self, memory)));
        }
        if let Some((realloc, _)) = &canon.realloc {
            options.push(CanonicalOption::Realloc(hooks::callee(self, realloc)));
        }
        match canon.encoding {
            // UTF-8 is the default if the option is absent.
            None | Some(StringEncoding::Utf8) => {}
            Some(StringEncoding::Utf16) => options.push(CanonicalOption::UTF16),
            Some(StringEncoding::CompactUtf16) => options.push(CanonicalOption::CompactUTF16),
        }
        options
    }
}

/// Returns an export of a core instance. Each export is aliased once.
pub(super) fn export(emitter: &mut Emitter<'_>, core: &CoreRef, kind: Kind) -> u32 {
    if let Some(index) = emitter.aliases.get(&(core.clone(), kind)) {
        return *index;
    }
    let instance = instance_of(emitter, core.module);
    let debug_name = emitter.name(&core.export);
    let index = emitter.component.core_alias_export(debug_name, instance, &core.export, export_kind(kind));
    if kind == Kind::Func {
        emitter.register.function(|| BornFunction::Source(WireSource::Export(core.clone(), kind)));
    }
    emitter.aliases.insert((core.clone(), kind), index);
    index
}

fn memory_index(emitter: &mut Emitter<'_>, memory: &MemoryRef) -> u32 {
    match memory {
        MemoryRef::Export(core) => export(emitter, core, Kind::Memory),
        MemoryRef::Hosted => hosted_memory(emitter),
        MemoryRef::Own(id) => of_own_memory(emitter, *id, memory::MEMORY, Kind::Memory),
    }
}

/// Embeds and instantiates the memory of an isolated adapter, with its copy functions.
fn own_memory(emitter: &mut Emitter<'_>, id: ModuleId) {
    let plan = emitter.plan;
    let Some(own) = plan.memories.iter().find(|memory| memory.module == id) else { return };
    let name = format!("memory of {}", plan.modules[id.0].name);
    let debug_name = emitter.name(&name);
    let main = own.main.as_ref().map(|(main, _)| memory_index(emitter, main));
    let mut args: Vec<(String, ExportKind, u32)> = Vec::new();
    args.extend(main.map(|index| (memory::MAIN.to_string(), ExportKind::Memory, index)));
    let module = match (emitter.options.copies, main) {
        (Copies::Loads, Some(_)) => {
            let reach_name = format!("reach to main from {}", plan.modules[id.0].name);
            let reach_name = emitter.name(&reach_name);
            let module = emitter.component.core_module(reach_name, &memory::reach(own, reach_name));
            emitter.register.module(Born::Reach(id));
            let reach = instantiate(emitter, module, reach_name, &args, Born::Reach(id));
            args.clear();
            for name in memory::reached() {
                let index = emitter.component.core_alias_export(None, reach, name, ExportKind::Func);
                emitter.register.function(|| BornFunction::Reach(id, name));
                args.push((name.to_string(), ExportKind::Func, index));
            }
            memory::copier(own, debug_name)
        }
        _ => memory::memory(own, debug_name),
    };
    let module = emitter.component.core_module(debug_name, &module);
    emitter.register.module(Born::Memory(id));
    let instance = instantiate(emitter, module, debug_name, &args, Born::Memory(id));
    emitter.own_memories.insert(id, instance);
}

fn instantiate(
    emitter: &mut Emitter<'_>,
    module: u32,
    debug_name: Option<&str>,
    args: &[(String, ExportKind, u32)],
    born: Born,
) -> u32 {
    let bag = (!args.is_empty()).then(|| {
        emitter.register.imports(born, "");
        emitter.component.core_instantiate_exports(None, args.iter().map(|(n, k, i)| (n.as_str(), *k, *i)))
    });
    emitter.register.instance(born);
    let args: Vec<(&str, ModuleArg)> = bag.into_iter().map(|bag| ("", ModuleArg::Instance(bag))).collect();
    emitter.component.core_instantiate(debug_name, module, args)
}

/// Returns an export of the module that defines an isolated adapter's memory. Each export is aliased once.
fn of_own_memory(emitter: &mut Emitter<'_>, id: ModuleId, name: &'static str, kind: Kind) -> u32 {
    if let Some(index) = emitter.own_aliases.get(&(id, name)) {
        return *index;
    }
    let instance = emitter.own_memories.get(&id).copied();
    let instance = instance.expect("the memory of an adapter is instantiated right before the adapter");
    let debug_name = emitter.name(name);
    let index = emitter.component.core_alias_export(debug_name, instance, name, export_kind(kind));
    if kind == Kind::Func
        && let Some(copy) = MainMemoryOp::ALL.into_iter().find(|copy| copy.field() == name)
    {
        emitter.register.function(|| BornFunction::Source(WireSource::Copy(id, copy)));
    }
    emitter.own_aliases.insert((id, name), index);
    index
}

fn hosted_memory(emitter: &mut Emitter<'_>) -> u32 {
    if let Some(index) = emitter.hosted_memory {
        return index;
    }
    let shim = emitter.shim();
    let debug_name = emitter.name("memory");
    let index = emitter.component.core_alias_export(debug_name, shim, forward::MEMORY, ExportKind::Memory);
    emitter.hosted_memory = Some(index);
    index
}

fn thread_local(emitter: &mut Emitter<'_>, access: ThreadLocal) -> u32 {
    let shim = emitter.shim();
    emitter.register.function(|| BornFunction::Source(WireSource::ThreadLocal(access)));
    emitter.component.core_alias_export(None, shim, forward::thread_local(access), ExportKind::Func)
}

fn instance_of(emitter: &Emitter<'_>, id: ModuleId) -> u32 {
    emitter.core_instances[id.0].expect("an export is used after the instantiation of its module")
}

fn export_kind(kind: Kind) -> ExportKind {
    match kind {
        Kind::Func => ExportKind::Func,
        Kind::Memory => ExportKind::Memory,
        Kind::Global => ExportKind::Global,
        Kind::Table => ExportKind::Table,
        Kind::Tag => ExportKind::Tag,
    }
}
