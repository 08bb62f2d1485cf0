//! Each function and resource that the world exports is exported once, by the right core function.

use foldhash::HashMap;
use wasmparser::{FuncType, ValType};
use wit_parser::{InterfaceId, TypeDefKind, TypeId, WorldKey};

use super::meaning::core;
use super::{Auditor, Violation, abi};
use crate::names;
use crate::plan::{CoreRef, FuncRef, Lift, ModuleId, Resource, WireSource};
use crate::read::Extern;

impl Auditor<'_> {
    pub(super) fn lifts(&mut self) {
        let (plan, world) = (self.plan, self.world);
        let mut lifts: HashMap<(Option<&WorldKey>, &str), usize> = HashMap::default();
        for lift in &plan.lifts {
            *lifts.entry((lift.function.key.as_ref(), &lift.function.name)).or_default() += 1;
        }
        for (key, interface, function) in world.exported_functions() {
            let key = interface.map(|_| key);
            let at = match key {
                Some(key) => format!("export `{}#{}`", world.resolve.name_world_key(key), function.name),
                None => format!("export `{}`", function.name),
            };
            match lifts.get(&(key, function.name.as_str())).copied().unwrap_or_default() {
                0 => self.report(Violation::NeverLifted { at }),
                1 => {}
                times => self.report(Violation::LiftedTwice { at, times }),
            }
        }
        for lift in &plan.lifts {
            self.lift(lift);
        }
    }

    fn lift(&mut self, lift: &Lift) {
        let at = format!("export `{}`", lift.function);
        let Some(wit) = self.exported_function(&lift.function) else {
            let function = lift.function.to_string();
            self.report(Violation::NoSuchFunction { at, function });
            return;
        };
        let contract = abi::lift(&self.world.resolve, wit);
        let expected = self.lifted_from(&lift.function);
        if lift.core != expected {
            let (expected, found) = (self.core_name(&expected), self.core_name(&lift.core));
            self.report(Violation::LiftedFrom { at, expected, found });
            return;
        }
        self.has_type(&at, "function", &lift.core, &contract.ty);
        let holder = lift.core.module;
        let encoding = self.world.encoding(holder, lift.function.key.as_ref(), &lift.function.name);
        self.options(&at, holder, &contract, encoding, &lift.canon, &names::EXPORT_REALLOCS);
        self.post_return(at, lift, &contract.ty);
    }

    /// Returns the core function that must implement an exported function.
    fn lifted_from(&self, function: &FuncRef) -> CoreRef {
        let holder = match &function.key {
            Some(key) => self.world.exporter(key),
            None => self.world.exporter(&WorldKey::Name(function.name.clone())),
        };
        let names = names::func_exports(&self.world.resolve, function.key.as_ref(), &function.name);
        self.first_export(holder, &names).unwrap_or_else(|| core(holder, &names[0]))
    }

    fn first_export(&self, holder: ModuleId, names: &[String]) -> Option<CoreRef> {
        names.iter().map(|name| core(holder, name)).find(|core| self.export(core).is_some())
    }

    /// "canon lift": `post-return` takes the core function's flat results. It is set if and only if the module exports
    /// one.
    fn post_return(&mut self, at: String, lift: &Lift, function: &FuncType) {
        let expected = core(lift.core.module, &names::post_return(&lift.core.export));
        let option = "post-return";
        match (self.export(&expected), &lift.canon.post_return) {
            (None, None) => {}
            (Some(_), None) => {
                let why = "the module exports such a function";
                self.report(Violation::OptionMissing { at, option, why });
            }
            (_, Some(found)) if *found != expected => {
                let (expected, found) = (self.core_name(&expected), self.core_name(found));
                self.report(Violation::OptionWrong { at, option, expected, found });
            }
            (_, Some(found)) => {
                let ty = FuncType::new(function.results().iter().copied(), []);
                self.has_type(&at, option, found, &ty);
            }
        }
    }

    pub(super) fn resources(&mut self) {
        let (plan, world) = (self.plan, self.world);
        let mut known = Vec::new();
        for (key, interface) in world.exported_interfaces() {
            for id in self.resources_of(interface) {
                known.push(id);
                let name = names::resource(&world.resolve, id);
                let at = format!("resource `{}#{name}`", world.resolve.name_world_key(key));
                let planned: Vec<&Resource> = plan.resources.iter().filter(|resource| resource.id == id).collect();
                match planned.len() {
                    0 => self.report(Violation::NoResource { at: at.clone() }),
                    1 => {}
                    times => self.report(Violation::ResourceTwice { at: at.clone(), times }),
                }
                for resource in planned {
                    self.resource(&at, key, resource);
                }
            }
        }
        for resource in plan.resources.iter().filter(|resource| !known.contains(&resource.id)) {
            self.report(Violation::ResourceUnknown { at: format!("resource `{}`", resource.name) });
        }
    }

    pub(super) fn resources_of(&self, interface: InterfaceId) -> Vec<TypeId> {
        let resolve = &self.world.resolve;
        let is_resource = |id: &TypeId| matches!(resolve.types[*id].kind, TypeDefKind::Resource);
        resolve.interfaces[interface].types.values().copied().filter(is_resource).collect()
    }

    fn resource(&mut self, at: &str, key: &WorldKey, resource: &Resource) {
        let holder = self.world.exporter(key);
        let names = names::destructors(&self.world.resolve, key, resource.id);
        let is_function = |core: &CoreRef| matches!(self.export(core), Some(Extern::Func(_)));
        let expected = self.first_export(holder, &names).filter(is_function);
        if resource.dtor != expected {
            let name = |core: &Option<CoreRef>| core.as_ref().map_or("none".into(), |core| self.core_name(core));
            let (expected, found) = (name(&expected), name(&resource.dtor));
            self.report(Violation::WrongDestructor { at: at.to_string(), expected, found });
            return;
        }
        let early = self.has_importers(resource.id);
        if resource.early != early {
            self.report(Violation::ResourceTime { at: at.to_string(), early: resource.early });
        }
        let Some(dtor) = &resource.dtor else {
            if resource.slot.is_some() {
                self.report(Violation::DestructorSlotUnneeded { at: at.to_string() });
            }
            return;
        };
        // "canon resource.drop": a destructor takes the representation.
        self.has_type(at, "destructor", dtor, &FuncType::new([ValType::I32], []));
        match (early, resource.slot) {
            (true, None) => self.report(Violation::DestructorWithoutSlot { at: at.to_string() }),
            (false, Some(_)) => self.report(Violation::DestructorSlotUnneeded { at: at.to_string() }),
            _ => {}
        }
        self.destructor_slot(at, resource, &WireSource::Destructor(dtor.clone()));
    }

    /// Returns true if a module imports a built-in of a resource. The imports check that wires refer to the right
    /// resource.
    fn has_importers(&self, id: TypeId) -> bool {
        self.plan.wires.iter().any(|wire| match &wire.source {
            WireSource::ResourceNew(used, _) | WireSource::ResourceRep(used, _) | WireSource::ResourceDrop(used, _) => {
                *used == id
            }
            _ => false,
        })
    }
}
