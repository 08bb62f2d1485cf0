//! Records the origin of each core index, and writes it as a section.

use std::collections::BTreeMap;

use crate::explain::Chains;
use crate::plan::{Canon, CoreRef, Kind, ModuleId, Plan, Via, WireSource};
use crate::provenance::{
    Code, CoreFunction, CoreInstance, CoreModule, Definition, Function, Origin, Provenance, SECTION, Use, VERSION,
};
use crate::trim::Functions;

/// Origin of a core module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Born {
    /// Main or an adapter.
    Module(ModuleId),
    Shim,
    /// The fixup that runs before main's instantiation.
    Prepare,
    Fixup,
    Hooks,
    /// Memory of an adapter.
    Memory(ModuleId),
    /// Access to main's memory for an adapter.
    Reach(ModuleId),
}

/// Origin of a core function.
pub(super) enum BornFunction {
    Source(WireSource),
    /// Function of the shim for a table entry.
    Slot(usize),
    /// Wrapped function of [`Born::Hooks`], with its index there.
    Hooked(usize, WireSource),
    /// Function of [`Born::Reach`].
    Reach(ModuleId, &'static str),
}

/// Recorded origins by index. Empty if provenance is disabled.
#[derive(Default)]
pub(super) struct Register {
    wanted: bool,
    modules: Vec<Born>,
    instances: Vec<BornInstance>,
    functions: Vec<BornFunction>,
}

enum BornInstance {
    Of(Born),
    Imports(Born, String),
}

impl Register {
    /// Creates an empty register, which records origins if `wanted` is set.
    pub fn new(wanted: bool) -> Register {
        Register { wanted, ..Register::default() }
    }

    /// Records the next core module.
    pub fn module(&mut self, born: Born) {
        if self.wanted {
            self.modules.push(born);
        }
    }

    /// Records the next core instance, which is an instance of a module.
    pub fn instance(&mut self, of: Born) {
        if self.wanted {
            self.instances.push(BornInstance::Of(of));
        }
    }

    /// Records the next core instance, which contains the imports of a module from one import module.
    pub fn imports(&mut self, importer: Born, module: &str) {
        if self.wanted {
            self.instances.push(BornInstance::Imports(importer, module.to_string()));
        }
    }

    /// Records the next core function.
    pub fn function(&mut self, born: impl FnOnce() -> BornFunction) {
        if self.wanted {
            self.functions.push(born());
        }
    }

    /// Returns the section, or `None` if provenance is disabled.
    pub fn section(&self, plan: &Plan) -> Option<wasm_encoder::CustomSection<'static>> {
        if !self.wanted {
            return None;
        }
        let writer = Writer { register: self, plan };
        let data = serde_json::to_vec(&writer.provenance()).expect("strings and numbers can be serialized");
        Some(wasm_encoder::CustomSection { name: SECTION.into(), data: data.into() })
    }
}

struct Writer<'r> {
    register: &'r Register,
    plan: &'r Plan,
}

impl Writer<'_> {
    fn provenance(&self) -> Provenance {
        let instances = self.register.instances.iter();
        Provenance {
            version: VERSION,
            core_modules: self.register.modules.iter().map(|born| self.module(*born)).collect(),
            core_instances: instances
                .map(|instance| match instance {
                    BornInstance::Of(born) => CoreInstance::Module { core_module: self.index(*born) },
                    BornInstance::Imports(born, module) => {
                        CoreInstance::Imports { core_module: self.index(*born), import_module: module.clone() }
                    }
                })
                .collect(),
            core_functions: self.register.functions.iter().map(|born| self.function(born)).collect(),
        }
    }

    fn module(&self, born: Born) -> CoreModule {
        let name = |id: ModuleId| self.plan.modules[id.0].name.clone();
        let origin = match born {
            Born::Module(ModuleId::MAIN) => Origin::Main { name: name(ModuleId::MAIN) },
            Born::Module(id) => {
                Origin::Adapter { name: name(id), implements: self.plan.modules[id.0].implements.clone() }
            }
            Born::Shim => Origin::Shim,
            Born::Prepare => Origin::Prepare,
            Born::Fixup => Origin::Fixup,
            Born::Hooks => Origin::Hooks,
            Born::Memory(id) => Origin::Memory { adapter: name(id) },
            Born::Reach(id) => Origin::Reach { adapter: name(id) },
        };
        let trimmed = match born {
            Born::Module(id) => self.plan.modules[id.0].trimmed.as_ref(),
            _ => None,
        };
        CoreModule { origin, functions: trimmed.map(|trimmed| functions(&trimmed.functions)) }
    }

    fn index(&self, born: Born) -> u32 {
        let found = self.register.modules.iter().position(|module| *module == born);
        found.expect("each instance is of a recorded module") as u32
    }

    fn instance(&self, born: Born) -> u32 {
        let found = self.register.instances.iter().position(|other| match other {
            BornInstance::Of(module) => *module == born,
            BornInstance::Imports(..) => false,
        });
        found.expect("each function is of a recorded instance") as u32
    }

    fn function(&self, born: &BornFunction) -> CoreFunction {
        match born {
            BornFunction::Source(source) => CoreFunction { what: self.what(source), uses: self.uses(source) },
            BornFunction::Slot(slot) => {
                let source = &self.plan.slots[*slot].source;
                let what = Definition::Slot {
                    core_instance: self.instance(Born::Shim),
                    slot: *slot as u32,
                    stands_for: self.plan.source(source),
                };
                CoreFunction { what, uses: self.slot_uses(*slot) }
            }
            BornFunction::Hooked(index, source) => {
                let what = Definition::Export { core_instance: self.instance(Born::Hooks), export: index.to_string() };
                CoreFunction { what, uses: self.uses(source) }
            }
            BornFunction::Reach(id, name) => {
                let what =
                    Definition::Export { core_instance: self.instance(Born::Reach(*id)), export: (*name).to_string() };
                CoreFunction { what, uses: vec![Use::Copy { adapter: self.plan.modules[id.0].name.clone() }] }
            }
        }
    }

    fn what(&self, source: &WireSource) -> Definition {
        let export =
            |born, export: &str| Definition::Export { core_instance: self.instance(born), export: export.into() };
        match source {
            WireSource::Lower(function, canon) => Definition::Lower {
                function: function.to_string(),
                memory: canon.memory.as_ref().map(|(_, why)| why.to_string()),
                realloc: canon.realloc.as_ref().map(|(_, why)| why.to_string()),
            },
            WireSource::ResourceNew(_, resource) => Definition::ResourceNew { resource: resource.clone() },
            WireSource::ResourceRep(_, resource) => Definition::ResourceRep { resource: resource.clone() },
            WireSource::ResourceDrop(_, resource) => Definition::ResourceDrop { resource: resource.clone() },
            WireSource::ThreadLocal(access) => export(Born::Shim, super::forward::thread_local(*access)),
            WireSource::Export(core, _) | WireSource::Destructor(core) => {
                export(Born::Module(core.module), &core.export)
            }
            WireSource::Copy(id, copy) => export(Born::Memory(*id), copy.field()),
            WireSource::HostedMemory | WireSource::OwnMemory(_) => unreachable!("only functions are recorded"),
        }
    }

    /// Returns the imports and the destructors that use a table entry.
    fn slot_uses(&self, slot: usize) -> Vec<Use> {
        let mut uses = Vec::new();
        for wire in &self.plan.wires {
            if let Via::Slot(through, why) = &wire.via
                && through.0 == slot
            {
                uses.push(Use::Import {
                    importer: self.plan.name(wire.importer).to_string(),
                    module: wire.module.clone(),
                    field: wire.field.clone(),
                    reason: Some(self.plan.why(why, wire.importer)),
                });
            }
        }
        for resource in self.plan.resources.iter().filter(|resource| resource.slot.is_some_and(|s| s.0 == slot)) {
            uses.push(Use::Destructor { resource: resource.name.clone() });
        }
        uses
    }

    /// Returns all uses of a source in the plan.
    fn uses(&self, source: &WireSource) -> Vec<Use> {
        let mut uses = Vec::new();
        for wire in self.plan.wires.iter().filter(|wire| wire.via == Via::Direct && wire.source == *source) {
            uses.push(Use::Import {
                importer: self.plan.name(wire.importer).to_string(),
                module: wire.module.clone(),
                field: wire.field.clone(),
                reason: None,
            });
        }
        let stands_for = |behind: &WireSource| match (behind, source) {
            (WireSource::Destructor(core), WireSource::Export(export, Kind::Func)) => core == export,
            (behind, source) => behind == source,
        };
        let slots = (0..).zip(&self.plan.slots).filter(|(_, slot)| stands_for(&slot.source));
        uses.extend(slots.map(|(slot, _)| Use::Slot { slot }));
        if let WireSource::Export(core, Kind::Func) = source {
            self.export_uses(core, &mut uses);
        }
        uses
    }

    fn export_uses(&self, core: &CoreRef, uses: &mut Vec<Use>) {
        let realloc = |canon: &Canon, function: String, uses: &mut Vec<Use>| {
            if let Some((realloc, reason)) = &canon.realloc
                && realloc == core
            {
                let known = Use::Realloc { function, reason: reason.to_string() };
                if !uses.contains(&known) {
                    uses.push(known);
                }
            }
        };
        for wire in &self.plan.wires {
            if let WireSource::Lower(function, canon) = &wire.source {
                realloc(canon, function.to_string(), uses);
            }
        }
        for lift in &self.plan.lifts {
            let function = lift.function.to_string();
            realloc(&lift.canon, function.clone(), uses);
            if lift.canon.post_return.as_ref() == Some(core) {
                uses.push(Use::PostReturn { function: function.clone() });
            }
            if lift.core == *core {
                uses.push(Use::Lift { function });
            }
        }
        for resource in &self.plan.resources {
            if resource.slot.is_none() && resource.dtor.as_ref() == Some(core) {
                uses.push(Use::Destructor { resource: resource.name.clone() });
            }
        }
        let prepared = self.plan.prepare.iter().flat_map(|prepare| &prepare.initialize);
        if self.plan.initialize.iter().chain(prepared).any(|function| function == core) {
            uses.push(Use::Initialize);
        }
    }
}

/// Returns the functions of a garbage-collected adapter, by new index.
fn functions(functions: &Functions) -> Vec<Function> {
    let chains = Chains::new(functions);
    let mut new: BTreeMap<u32, Function> = BTreeMap::new();
    for (index, name) in &functions.generated {
        let reason = "generated by the encoder".to_string();
        new.insert(*index, Function { name: name.to_string(), old_indices: Vec::new(), code: None, reason });
    }
    for kept in &functions.kept {
        let entry = new.entry(kept.to).or_insert_with(|| Function {
            name: kept.name.clone(),
            old_indices: Vec::new(),
            code: kept.code.as_ref().map(|(old, new)| Code { old: (old.start, old.end), new: (new.start, new.end) }),
            reason: chains.of(kept),
        });
        entry.old_indices.push(kept.from);
    }
    new.into_values().collect()
}
