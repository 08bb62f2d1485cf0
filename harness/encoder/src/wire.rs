//! `wire`: determines the source and the canonical options of each import and of each lifted export.
//!
//! A wire is direct if everything that its source needs (instance, memory, realloc) exists before the importer is
//! instantiated. Otherwise it is an indirect call through the shim table, and the plan contains the reason.

use crate::bind::{ExportedFunction, Meaning, Side};
use crate::canon::{Abi, Direction};
use crate::error::{Error, Errors};
use crate::hooks;
use crate::input::Options;
use crate::memory;
use crate::names;
use crate::parts::{Part, Parts};
use crate::plan::{
    Canon, CoreRef, HostedMemory, IndirectReason, Kind, Lift, MemoryRef, ModuleId, OwnMemory, Plan, PlannedModule,
    Prepare, Resource, Slot, SlotId, Via, Wire, WireSource,
};
use crate::read::{Extern, Module};
use crate::roles;
use crate::start::Start;
use crate::thread_local;
use crate::world::World;
use foldhash::{HashMap, HashSet};
use wit_parser::{Function, TypeDefKind, TypeId, WorldKey};

/// Builds the plan.
///
/// # Errors
///
/// Returns an error for each lift or lower whose memory or realloc is missing or unsupported.
pub(crate) fn wire(
    modules: &[Module<'_>],
    world: &World,
    parts: &Parts<'_>,
    order: Vec<ModuleId>,
    options: &Options,
) -> Result<Plan, Errors> {
    let mut wiring = Wiring {
        world,
        parts,
        position: parts.ids().map(|id| order.iter().position(|other| *other == id)).collect(),
        abi: Abi::new(&world.resolve),
        hosted: hosted_memory(&parts.main.module),
        memories: Vec::new(),
        hook: hooks::hook(parts),
        thread_local: None,
        slots: Vec::new(),
        slot_of: HashMap::default(),
        isolated: parts.ids().map(|id| parts.get(id).is_some_and(|part| part.own_memory().is_some())).collect(),
        errors: Vec::new(),
    };
    let resources = wiring.resources();
    let mut wires = Vec::new();
    for id in &order {
        wiring.module(*id, &mut wires);
    }
    let lifts = wiring.lifts();
    let prepare = wiring.prepare(&order, &wires);
    let initialize = wiring.initialize(&order, prepare.as_ref());
    let Wiring { hosted, memories, hook, thread_local, slots, errors, .. } = wiring;
    Errors::check(errors)?;
    let hooks = hooks::hooks(hook, parts, &wires, &resources, &lifts);
    Ok(Plan {
        modules: modules.iter().zip(parts.ids()).map(|(module, id)| planned(module, parts.get(id))).collect(),
        order,
        hosted_memory: hosted,
        memories,
        slots,
        wires,
        resources,
        lifts,
        initialize,
        start: parts.main.start.clone(),
        prepare,
        hooks,
        thread_local,
        forwarding: options.forwarding,
    })
}

fn planned(module: &Module<'_>, part: Option<&Part<'_>>) -> PlannedModule {
    PlannedModule {
        name: module.name.clone(),
        implements: module.layer.implements.clone(),
        size: module.bytes.len(),
        trimmed: part.and_then(|part| part.trimmed.clone()),
        asked_by: part.map(|p| p.asked_by.iter().map(|(a, b)| (a.clone(), b.clone())).collect()).unwrap_or_default(),
    }
}

/// Returns the memory that main imports.
fn hosted_memory(main: &Module<'_>) -> Option<HostedMemory> {
    main.imports.iter().find_map(|import| match import.ty {
        Extern::Memory(ty) => Some(HostedMemory { module: import.module.clone(), field: import.field.clone(), ty }),
        _ => None,
    })
}

struct Wiring<'a> {
    world: &'a World,
    parts: &'a Parts<'a>,
    /// Position of each module in the order of instantiation.
    position: Vec<Option<usize>>,
    abi: Abi<'a>,
    hosted: Option<HostedMemory>,
    memories: Vec<OwnMemory>,
    /// Main's task hook.
    hook: Option<CoreRef>,
    /// Type of the thread-local storage base, if main imports access to it.
    thread_local: Option<wasmparser::ValType>,
    slots: Vec<Slot>,
    /// Shim table entry of each source that is called indirectly.
    slot_of: HashMap<WireSource, SlotId>,
    /// For each module, true if it has its own memory.
    isolated: Vec<bool>,
    errors: Vec<Error>,
}

impl Wiring<'_> {
    fn module(&mut self, id: ModuleId, wires: &mut Vec<Wire>) {
        let part = self.parts.used(id);
        self.own_memory(id, part);
        for (import, meaning) in part.module.imports.iter().zip(&part.bound.imports) {
            if let Meaning::ThreadLocal(_) = meaning {
                let address = thread_local::address(import);
                self.thread_local = Some(address.expect("the type of an access is checked when it is bound"));
            }
            let source = self.source(id, meaning);
            let via = match self.late(id, &source) {
                Some(why) => {
                    let Extern::Func(Some(ty)) = &import.ty else {
                        unreachable!("only a function of a plain type is imported before it exists")
                    };
                    Via::Slot(self.slot(import.field.clone(), ty.clone(), source.clone()), why)
                }
                None => Via::Direct,
            };
            wires.push(Wire {
                importer: id,
                module: import.module.clone(),
                field: import.name().to_string(),
                source,
                via,
            });
        }
    }

    fn source(&mut self, id: ModuleId, meaning: &Meaning) -> WireSource {
        match meaning {
            Meaning::Function(function, side) => {
                let world = self.world;
                let user = if *side == Side::Main { ModuleId::MAIN } else { id };
                let wit = meaning.lowered(world).expect("an import is bound to a function of the world");
                let canon = self.canon(user, wit, Direction::Lower, &function.to_string(), function.key.as_ref());
                WireSource::Lower(function.clone(), canon)
            }
            Meaning::ResourceNew(resource) => WireSource::ResourceNew(*resource, self.resource_name(*resource)),
            Meaning::ResourceRep(resource) => WireSource::ResourceRep(*resource, self.resource_name(*resource)),
            Meaning::ResourceDrop(resource) => WireSource::ResourceDrop(*resource, self.resource_name(*resource)),
            Meaning::Adapter(adapter, function) => WireSource::Export(CoreRef::new(*adapter, function), Kind::Func),
            Meaning::Main(export, kind) => WireSource::Export(CoreRef::new(ModuleId::MAIN, export), *kind),
            Meaning::Copy(copy) => WireSource::Copy(id, *copy),
            Meaning::ThreadLocal(access) => WireSource::ThreadLocal(*access),
            Meaning::Memory => match self.memory(id) {
                Some(MemoryRef::Export(core)) => WireSource::Export(core, Kind::Memory),
                Some(MemoryRef::Hosted) => WireSource::HostedMemory,
                Some(MemoryRef::Own(id)) => WireSource::OwnMemory(id),
                None => {
                    self.missing_memory(&self.parts.used(id).module.name, "the adapter works in main's memory");
                    WireSource::HostedMemory
                }
            },
        }
    }

    /// Returns the part of a source that does not exist yet when `importer` is instantiated.
    fn late(&self, importer: ModuleId, source: &WireSource) -> Option<IndirectReason> {
        let exists = |id: ModuleId| self.position[id.0] < self.position[importer.0];
        match source {
            WireSource::Lower(_, canon) => {
                if let Some((MemoryRef::Export(core), _)) = &canon.memory
                    && !exists(core.module)
                {
                    return Some(IndirectReason::Memory(core.module));
                }
                match &canon.realloc {
                    Some(_) if self.hook.is_some() => Some(IndirectReason::Hooks),
                    Some((core, _)) if !exists(core.module) => Some(IndirectReason::Realloc(core.module)),
                    _ => None,
                }
            }
            WireSource::Export(core, _) | WireSource::Destructor(core) if !exists(core.module) => {
                Some(IndirectReason::Instance(core.module))
            }
            _ => None,
        }
    }

    /// Returns the shim table entry for a source. Equal sources share an entry.
    fn slot(&mut self, name: String, ty: wasmparser::FuncType, source: WireSource) -> SlotId {
        if let Some(known) = self.slot_of.get(&source) {
            return *known;
        }
        let id = SlotId(self.slots.len());
        self.slot_of.insert(source.clone(), id);
        self.slots.push(Slot { name, ty, source });
        id
    }

    /// Returns the canonical options of a lift or lower for a module.
    fn canon(
        &mut self,
        id: ModuleId,
        function: &Function,
        direction: Direction,
        label: &str,
        key: Option<&wit_parser::WorldKey>,
    ) -> Canon {
        let needs = self.abi.needs(function, direction);
        let mut canon =
            Canon { encoding: needs.strings.then(|| self.world.encoding(id, key, &function.name)), ..Canon::default() };
        if let Some(reason) = needs.memory {
            match self.memory(id) {
                Some(memory) => {
                    let is_main = !matches!(memory, MemoryRef::Own(_));
                    let unsupported = is_main.then(|| memory::unsupported(&self.parts.main.module));
                    self.errors.extend(unsupported.flatten());
                    canon.memory = Some((memory, reason));
                }
                None => self.missing_memory(label, reason),
            }
        }
        if let Some(reason) = needs.realloc {
            match self.realloc(id, direction) {
                Some(realloc) => canon.realloc = Some((realloc, reason)),
                None => {
                    let module = self.parts.used(id).module.name.clone();
                    self.errors.push(Error::MissingRealloc { module, function: label.into(), reason: reason.into() });
                }
            }
        }
        canon
    }

    /// Adds the memory of an isolated adapter with the copy functions that the adapter imports.
    fn own_memory(&mut self, id: ModuleId, part: &Part<'_>) {
        let Some(ty) = part.own_memory() else { return };
        let mut copies = Vec::new();
        for meaning in &part.bound.imports {
            if let Meaning::Copy(copy) = meaning
                && !copies.contains(copy)
            {
                copies.push(*copy);
            }
        }
        let main = self.memory(ModuleId::MAIN).zip(roles::memory_of(&self.parts.main.module));
        let main = main.filter(|_| !copies.is_empty());
        self.memories.push(OwnMemory { module: id, ty, copies, main });
    }

    /// Returns the memory that a module works in: its own if it is isolated, otherwise main's.
    fn memory(&self, id: ModuleId) -> Option<MemoryRef> {
        if self.isolated(id) {
            return Some(MemoryRef::Own(id));
        }
        if self.hosted.is_some() {
            return Some(MemoryRef::Hosted);
        }
        let (name, _) = roles::exported_memory(&self.parts.main.module)?;
        Some(MemoryRef::Export(CoreRef::new(ModuleId::MAIN, name)))
    }

    fn isolated(&self, id: ModuleId) -> bool {
        self.isolated[id.0]
    }

    /// Returns the realloc for a module: its own, otherwise main's if both work in the same memory.
    fn realloc(&self, id: ModuleId, direction: Direction) -> Option<CoreRef> {
        let names = match direction {
            Direction::Lower => &names::IMPORT_REALLOCS,
            Direction::Lift => &names::EXPORT_REALLOCS,
        };
        let main = (!self.isolated(id)).then_some(ModuleId::MAIN);
        std::iter::once(id)
            .chain(main)
            .find_map(|id| roles::realloc_of(&self.parts.used(id).module, names).map(|name| CoreRef::new(id, name)))
    }

    fn missing_memory(&mut self, function: &str, reason: &str) {
        let main = &self.parts.main.module;
        let (module, hints) = (main.name.clone(), memory::near(main));
        let (function, reason) = (function.into(), reason.into());
        self.errors.push(Error::MissingMemory { module, function, reason, others: 0, hints });
    }

    /// Returns the resources of exported interfaces. If a module imports built-ins of a resource, the resource type is
    /// defined before the modules, and its destructor is called indirectly.
    fn resources(&mut self) -> Vec<Resource> {
        let mut resources = Vec::new();
        let (world, parts) = (self.world, self.parts);
        let destructors = parts.iter().flat_map(|(_, part)| part.bound.destructors.iter().rev());
        let destructors: HashMap<TypeId, &CoreRef> = destructors.map(|(resource, core)| (*resource, core)).collect();
        let asked: HashSet<TypeId> = parts
            .iter()
            .flat_map(|(_, part)| &part.bound.imports)
            .filter_map(|meaning| match meaning {
                Meaning::ResourceNew(r) | Meaning::ResourceRep(r) | Meaning::ResourceDrop(r) => Some(*r),
                _ => None,
            })
            .collect();
        for (_, interface) in world.exported_interfaces() {
            for id in world.resolve.interfaces[interface].types.values().copied() {
                if !matches!(world.resolve.types[id].kind, TypeDefKind::Resource) {
                    continue;
                }
                let name = self.resource_name(id);
                let dtor = destructors.get(&id).map(|core| (*core).clone());
                let early = asked.contains(&id);
                let slot = dtor.as_ref().filter(|_| early).map(|core| {
                    let ty = wasmparser::FuncType::new([wasmparser::ValType::I32], []);
                    self.slot(format!("dtor {name}"), ty, WireSource::Destructor(core.clone()))
                });
                resources.push(Resource { id, name, dtor, slot, early });
            }
        }
        resources
    }

    fn resource_name(&self, id: TypeId) -> String {
        let resolve = &self.world.resolve;
        let name = names::resource(resolve, id).to_string();
        match self.world.owner(id).and_then(|owner| self.world.interface_name(owner)) {
            Some(interface) => format!("{interface}#{name}"),
            None => name,
        }
    }

    fn lifts(&mut self) -> Vec<Lift> {
        let mut lifts = Vec::new();
        let parts = self.parts;
        let world = self.world;
        let mut known: HashMap<(Option<&WorldKey>, &str), (ModuleId, &ExportedFunction)> = HashMap::default();
        for (id, part) in parts.iter() {
            for exported in &part.bound.functions {
                let name = (exported.function.key.as_ref(), exported.function.name.as_str());
                known.entry(name).or_insert((id, exported));
            }
        }
        for (key, interface, function) in world.exported_functions() {
            let key = interface.map(|_| key);
            let exported = known.get(&(key, function.name.as_str())).copied();
            let (id, exported) = exported.expect("each function that the world exports is bound to an export");
            let label = exported.function.to_string();
            let mut canon = self.canon(id, function, Direction::Lift, &label, key);
            canon.post_return = exported.post_return.clone();
            lifts.push(Lift { function: exported.function.clone(), core: exported.core.clone(), canon });
        }
        lifts
    }

    /// Returns the initialization functions. Adapters are initialized before main, whose initialization may call them.
    fn initialize(&self, order: &[ModuleId], prepare: Option<&Prepare>) -> Vec<CoreRef> {
        let adapters = order.iter().filter(|id| **id != ModuleId::MAIN);
        let all = adapters.chain([&ModuleId::MAIN]).filter_map(|id| self.initializer(*id));
        all.filter(|core| prepare.is_none_or(|prepare| !prepare.initialize.contains(core))).collect()
    }

    fn initializer(&self, id: ModuleId) -> Option<CoreRef> {
        roles::initialize_of(&self.parts.used(id).module).map(|name| CoreRef::new(id, name))
    }

    /// Returns the actions before main's instantiation. A table entry can be filled if its source exists at this point.
    /// An adapter can be initialized if everything that it may call is ready.
    fn prepare(&self, order: &[ModuleId], wires: &[Wire]) -> Option<Prepare> {
        self.parts.main.start.as_ref().filter(|start| Start::is_early(start))?;
        let is_filled = |slot: &SlotId| self.late(ModuleId::MAIN, &self.slots[slot.0].source).is_none();
        let slots: Vec<SlotId> = (0..self.slots.len()).map(SlotId).filter(is_filled).collect();
        let filled: HashSet<SlotId> = slots.iter().copied().collect();

        let mut ready: Vec<ModuleId> = order.iter().copied().take_while(|id| *id != ModuleId::MAIN).collect();
        loop {
            let is_ready = |wire: &Wire| {
                let source = match &wire.source {
                    WireSource::Export(core, Kind::Func) => ready.contains(&core.module),
                    _ => true,
                };
                source && !matches!(&wire.via, Via::Slot(slot, _) if !filled.contains(slot))
            };
            let unready: HashSet<ModuleId> =
                wires.iter().filter(|wire| !is_ready(wire)).map(|wire| wire.importer).collect();
            let before = ready.len();
            ready.retain(|id| !unready.contains(id));
            if ready.len() == before {
                break;
            }
        }
        let initialize: Vec<CoreRef> = ready.iter().filter_map(|id| self.initializer(*id)).collect();
        (!slots.is_empty() || !initialize.is_empty()).then_some(Prepare { slots, initialize })
    }
}
