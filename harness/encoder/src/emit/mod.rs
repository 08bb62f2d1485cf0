//! `emit`: writes the component of a plan as a [`Frame`]. Makes no decisions and cannot fail. Indices are assigned
//! here.
//!
//! Order of items in the component: imports; core modules; the shim; early resource types; core instances in the order
//! of the plan; wrappers for main's task hook; the fixup, which fills the shim's table and initializes the modules;
//! lifts and exports.

mod core;
mod exports;
mod forward;
mod hooks;
mod imports;
mod memory;
mod provenance;
mod types;
mod used_imports;

use foldhash::HashMap;
use wasm_encoder::{ComponentBuilder, ComponentExportKind};
use wit_parser::{InterfaceId, TypeId, WorldKey};

use crate::frame::Frame;
use crate::input::Options;
use crate::parts::Parts;
use crate::plan::{Canon, CoreRef, FuncRef, Kind, Lift, ModuleId, Plan, Resource};
use crate::world::World;
use provenance::Register;
use types::TypeMap;

/// Writes the component except main.
pub(crate) fn emit(plan: &Plan, world: &World, parts: &Parts<'_>, options: &Options) -> Frame {
    let mut emitter = Emitter::new(plan, world, options);
    let used = used_imports::used_imports(plan, world);
    imports::emit(&mut emitter, &used);
    core::modules(&mut emitter, parts);
    core::shim(&mut emitter);
    core::early_resources(&mut emitter);
    core::instances(&mut emitter);
    hooks::emit(&mut emitter);
    core::fixup(&mut emitter);
    exports::emit(&mut emitter);
    emitter.finish()
}

/// The component while it is written, and the indices of its items.
struct Emitter<'a> {
    plan: &'a Plan,
    world: &'a World,
    options: &'a Options,
    component: ComponentBuilder,
    /// Types at the root of the component.
    types: TypeMap,
    /// Imported instances.
    imported: HashMap<InterfaceId, u32>,
    /// Exported instances.
    exported: HashMap<InterfaceId, u32>,
    /// Resources of exported interfaces, at the root.
    resources: HashMap<TypeId, u32>,
    /// Planned resource of each resource type of exported interfaces.
    planned_resources: HashMap<TypeId, &'a Resource>,
    /// Planned lift of each exported function.
    planned_lifts: HashMap<(Option<&'a WorldKey>, &'a str), &'a Lift>,
    /// Imported functions.
    functions: HashMap<FuncRef, u32>,
    /// Lowered functions, one for each set of options.
    lowered: HashMap<FuncRef, Vec<(Canon, u32)>>,
    /// Aliases of core exports.
    aliases: HashMap<(CoreRef, Kind), u32>,
    /// Core modules and core instances, by module id.
    core_modules: Vec<Option<u32>>,
    core_instances: Vec<Option<u32>>,
    /// Instance of the shim, and its memory for main.
    shim: Option<u32>,
    hosted_memory: Option<u32>,
    /// Instances that define the memories of isolated adapters, and aliases of their exports.
    own_memories: HashMap<ModuleId, u32>,
    own_aliases: HashMap<(ModuleId, &'static str), u32>,
    /// Instance of the module that wraps functions for main's task hook.
    hooks: Option<u32>,
    /// Functions of that instance, by index among the wrapped functions.
    callees: HashMap<usize, u32>,
    /// Origin of each core index.
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
            planned_resources: plan.resources.iter().map(|resource| (resource.id, resource)).collect(),
            planned_lifts: plan.lifts.iter().map(|lift| (name(&lift.function), lift)).collect(),
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

    /// Returns the name if debug names are enabled.
    fn name<'n>(&self, name: &'n str) -> Option<&'n str> {
        self.debug_names().then_some(name)
    }

    /// Returns true if names are written for the component and for generated modules.
    fn debug_names(&self) -> bool {
        self.options.debug_names
    }

    /// Returns the index of an imported function.
    fn function(&mut self, function: &FuncRef) -> u32 {
        if let Some(index) = self.functions.get(function) {
            return *index;
        }
        let key = function.key.as_ref().expect("functions of the world itself are added when they are imported");
        let instance = self.imported[&self.interface(key)];
        let index = self.component.alias_export(instance, &function.name, ComponentExportKind::Func);
        self.functions.insert(function.clone(), index);
        index
    }

    /// Returns the instance of the shim.
    fn shim(&self) -> u32 {
        self.shim.expect("a plan that uses the shim has one, and it precedes all other instances")
    }

    fn interface(&self, key: &WorldKey) -> InterfaceId {
        match (key, self.world.imports().get(key)) {
            (_, Some(wit_parser::WorldItem::Interface { id, .. })) => *id,
            (WorldKey::Interface(id), _) => *id,
            (WorldKey::Name(name), _) => unreachable!("the plan uses the interface `{name}`, which is not imported"),
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
        // Core modules are embedded in the order of instantiation, before all generated modules.
        Frame::of(self.component.finish(), self.plan.position_of_main())
    }
}

/// Returns a section with its header but without its id, for a builder of raw sections.
fn custom(section: &impl wasm_encoder::Encode) -> Vec<u8> {
    let mut bytes = Vec::new();
    section.encode(&mut bytes);
    bytes
}
