//! `emit`: plan to a [`Frame`], bytes around main. Nothing is decided here, and nothing can fail; this is where indices are born.
//!
//! Order in the component: imports, core modules, the shim with the slots, early resource types, core instances in the
//! plan's order, the wrappers for main's task hook, the fixup that fills the slots and initialises, then lifts and exports.

mod core;
mod exports;
mod forward;
mod hooks;
mod imports;
mod live;
mod memory;
mod provenance;
mod types;

use foldhash::HashMap;
use wasm_encoder::{ComponentBuilder, ComponentExportKind};
use wit_parser::{InterfaceId, TypeId, WorldKey};

use crate::demand::Parts;
use crate::frame::Frame;
use crate::input::Options;
use crate::plan::{Canon, CoreRef, FuncRef, Kind, ModuleId, Plan};
use crate::world::World;
use provenance::Register;
use types::TypeMap;

/// Writes the component, but for main.
pub(crate) fn emit(plan: &Plan, world: &World, parts: &Parts<'_>, options: &Options) -> Frame {
    let mut emitter = Emitter::new(plan, world, options);
    let live = live::live(plan, world);
    imports::emit(&mut emitter, &live);
    core::modules(&mut emitter, parts);
    core::shim(&mut emitter);
    core::early_resources(&mut emitter);
    core::instances(&mut emitter);
    hooks::emit(&mut emitter);
    core::fixup(&mut emitter);
    exports::emit(&mut emitter);
    emitter.finish()
}

/// The component as far as it is written, and the indices of what is in it.
struct Emitter<'a> {
    plan: &'a Plan,
    world: &'a World,
    options: &'a Options,
    component: ComponentBuilder,
    /// Types at the component's root.
    types: TypeMap,
    /// Imported instances.
    imported: HashMap<InterfaceId, u32>,
    /// Exported instances.
    exported: HashMap<InterfaceId, u32>,
    /// Resources of exported interfaces, at the root.
    resources: HashMap<TypeId, u32>,
    /// Where each resource is in the plan.
    planned_resources: HashMap<TypeId, usize>,
    /// Where the lift of each exported function is in the plan.
    planned_lifts: HashMap<(Option<&'a WorldKey>, &'a str), usize>,
    /// Imported functions.
    functions: HashMap<FuncRef, u32>,
    /// Lowered functions: one for each set of options.
    lowered: HashMap<FuncRef, Vec<(Canon, u32)>>,
    /// Aliases of core exports.
    aliases: HashMap<(CoreRef, Kind), u32>,
    /// Core modules and their instances, by module id.
    core_modules: Vec<Option<u32>>,
    core_instances: Vec<Option<u32>>,
    /// The shim's instance, and the memory that it holds for main.
    shim: Option<u32>,
    hosted_memory: Option<u32>,
    /// The instances that hold the memories of isolated adapters, and what is aliased of them.
    own_memories: HashMap<ModuleId, u32>,
    own_aliases: HashMap<(ModuleId, &'static str), u32>,
    /// The instance that tells main's task hook.
    hooks: Option<u32>,
    /// Functions of that instance, by their position.
    callees: HashMap<usize, u32>,
    /// What each core index is.
    register: Register,
}

impl<'a> Emitter<'a> {
    fn new(plan: &'a Plan, world: &'a World, options: &'a Options) -> Self {
        let name = |function: &'a FuncRef| (function.key.as_ref(), function.name.as_str());
        Emitter {
            plan,
            world,
            options,
            component: ComponentBuilder::default(),
            types: TypeMap::default(),
            imported: HashMap::default(),
            exported: HashMap::default(),
            resources: HashMap::default(),
            planned_resources: plan.resources.iter().enumerate().map(|(place, r)| (r.id, place)).collect(),
            planned_lifts: plan.lifts.iter().enumerate().map(|(place, lift)| (name(&lift.function), place)).collect(),
            functions: HashMap::default(),
            lowered: HashMap::default(),
            aliases: HashMap::default(),
            core_modules: vec![None; plan.modules.len()],
            core_instances: vec![None; plan.modules.len()],
            shim: None,
            hosted_memory: None,
            own_memories: HashMap::default(),
            own_aliases: HashMap::default(),
            hooks: None,
            callees: HashMap::default(),
            register: Register::new(options.provenance),
        }
    }

    /// A name for debugging, if there are to be any.
    fn name<'n>(&self, name: &'n str) -> Option<&'n str> {
        self.debug_names().then_some(name)
    }

    /// Generated modules have names, too.
    fn debug_names(&self) -> bool {
        self.options.debug_names
    }

    /// The function that the component imports.
    fn function(&mut self, function: &FuncRef) -> u32 {
        if let Some(index) = self.functions.get(function) {
            return *index;
        }
        let instance = function.key.as_ref().map(|key| self.imported[&self.interface(key)]);
        // Functions at the root are entered when they are imported.
        let index =
            self.component.alias_export(instance.unwrap_or_default(), &function.name, ComponentExportKind::Func);
        self.functions.insert(function.clone(), index);
        index
    }

    fn interface(&self, key: &WorldKey) -> InterfaceId {
        match (key, self.world.imports().get(key)) {
            (_, Some(wit_parser::WorldItem::Interface { id, .. })) => *id,
            (WorldKey::Interface(id), _) => *id,
            (WorldKey::Name(name), _) => unreachable!("the plan names the interface `{name}`, which is not imported"),
        }
    }

    fn finish(mut self) -> Frame {
        if self.debug_names() {
            self.component.append_names();
        }
        let mut producers = wasm_encoder::ProducersSection::new();
        let mut field = wasm_encoder::ProducersField::new();
        field.value("polyfill-encoder", env!("CARGO_PKG_VERSION"));
        producers.field("processed-by", &field);
        self.component.raw_custom_section(&custom(&producers));
        if let Some(section) = self.register.section(self.plan) {
            self.component.raw_custom_section(&custom(&section));
        }
        let main = self.plan.order.iter().position(|id| *id == ModuleId::MAIN);
        Frame::of(self.component.finish(), main.unwrap_or_default())
    }
}

/// A section's contents with its header, for a builder that takes raw sections.
fn custom(section: &impl wasm_encoder::Encode) -> Vec<u8> {
    let mut bytes = Vec::new();
    section.encode(&mut bytes);
    bytes
}
