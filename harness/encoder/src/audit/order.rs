//! Embedded modules, their instantiation and initialization, and the memory that main imports.

use wasmparser::{FuncType, MemoryType};

use super::meaning::core;
use super::{Auditor, Violation, type_name};
use crate::names::{self, MainMemoryOp};
use crate::plan::{HostedMemory, ModuleId, OwnMemory};
use crate::read::Extern;

impl Auditor<'_> {
    /// Each embedded module is required and instantiated once. Main is first, unless its start function calls adapters.
    pub(super) fn order(&mut self) {
        let plan = self.plan;
        self.start();
        for (id, module) in self.embedded() {
            let module = module.name.clone();
            if let Some(planned) = plan.modules.get(id.0).filter(|planned| planned.name != module) {
                self.report(Violation::Misnamed { module: module.clone(), planned: planned.name.clone() });
            }
            match plan.order.iter().filter(|other| **other == id).count() {
                0 => self.report(Violation::NeverInstantiated { module }),
                1 => {}
                times => self.report(Violation::InstantiatedTwice { module, times }),
            }
        }
        for id in &plan.order {
            if self.module(*id).is_none() {
                self.report(Violation::NotEmbedded { module: self.name(*id) });
            }
        }
        let asked = self.asked();
        for (id, module) in self.embedded() {
            if !asked.contains(&id) {
                self.report(Violation::NobodyAsks { module: module.name.clone() });
            }
        }
    }

    /// Lists the required modules: main, the exporters of the world's functions, and all modules that these import
    /// from.
    fn asked(&self) -> Vec<ModuleId> {
        let world = self.world;
        let mut asked = vec![ModuleId::MAIN];
        asked.extend(world.exported_functions().map(|(key, ..)| world.exporter(key)));
        for (key, interface) in world.exported_interfaces() {
            let holder = world.exporter(key);
            let resources = self.resources_of(interface).into_iter();
            let mut names = resources.flat_map(|id| names::destructors(&world.resolve, key, id));
            if names.any(|name| self.export(&core(holder, &name)).is_some()) {
                asked.push(holder);
            }
        }
        let mut next = 0;
        while let Some(id) = asked.get(next).copied() {
            next += 1;
            let imports = self.module(id).map(|module| module.imports.as_slice()).unwrap_or_default();
            for provider in imports.iter().filter_map(|import| self.provider(id, import)) {
                if !asked.contains(&provider) {
                    asked.push(provider);
                }
            }
        }
        asked
    }

    /// The plan hosts a memory if and only if main imports one.
    pub(super) fn hosted_memory(&mut self) {
        let imports = self.module(ModuleId::MAIN).map(|module| module.imports.as_slice()).unwrap_or_default();
        let expected = imports.iter().find_map(|import| match import.ty {
            Extern::Memory(ty) => Some(HostedMemory { module: import.module.clone(), field: import.field.clone(), ty }),
            _ => None,
        });
        if expected != self.plan.hosted_memory {
            let name = |memory: Option<&HostedMemory>| match memory {
                Some(memory) => {
                    format!("`{}` `{}` {}", memory.module, memory.field, type_name(&Extern::Memory(memory.ty)))
                }
                None => "none".to_string(),
            };
            let (expected, found) = (name(expected.as_ref()), name(self.plan.hosted_memory.as_ref()));
            self.report(Violation::HostedMemory { expected, found });
        }
    }

    /// Each isolated adapter has its memory and the access functions that it imports.
    pub(super) fn own_memories(&mut self) {
        let describe = |auditor: &Self, memory: &OwnMemory| {
            let main = match &memory.main {
                Some((main, ty)) => {
                    format!("{}, {}", auditor.memory_name(main), type_name(&Extern::Memory(*ty)))
                }
                None => "nothing".to_string(),
            };
            let copies: Vec<&str> = memory.copies.iter().map(|copy| copy.field()).collect();
            format!("{} with {:?} of {main}", type_name(&Extern::Memory(memory.ty)), copies)
        };
        for (id, module) in self.embedded() {
            let expected = self.own_memory(id).map(|ty| {
                let wanted = |copy: &MainMemoryOp| {
                    module.imports.iter().any(|i| i.module == names::MAIN_MEMORY && i.field == copy.field())
                };
                let copies: Vec<MainMemoryOp> = MainMemoryOp::ALL.into_iter().filter(wanted).collect();
                let main = self.memory().zip(self.main_memory_type()).filter(|_| !copies.is_empty());
                describe(self, &OwnMemory { module: id, ty, copies, main })
            });
            let found: Vec<String> = self
                .plan
                .memories
                .iter()
                .filter(|memory| memory.module == id)
                .map(|memory| {
                    let copies = MainMemoryOp::ALL.into_iter().filter(|copy| memory.copies.contains(copy)).collect();
                    describe(self, &OwnMemory { copies, ..memory.clone() })
                })
                .collect();
            if found != expected.iter().cloned().collect::<Vec<_>>() {
                let module = module.name.clone();
                let expected = expected.unwrap_or_else(|| "none".to_string());
                let found = if found.is_empty() { "none".to_string() } else { found.join(" and ") };
                self.report(Violation::OwnMemory { module, expected, found });
            }
        }
    }

    fn main_memory_type(&self) -> Option<MemoryType> {
        let main = self.module(ModuleId::MAIN)?;
        let items = main.imports.iter().map(|import| &import.ty);
        let exported = names::MEMORIES.iter().filter_map(|name| Some(&main.export(name)?.ty));
        items.chain(exported).find_map(|ty| match ty {
            Extern::Memory(ty) => Some(*ty),
            _ => None,
        })
    }

    /// Each module with an initializer is initialized once: adapters in instantiation order, then main.
    pub(super) fn initialize(&mut self) {
        let plan = self.plan;
        let nullary = Extern::Func(Some(FuncType::new([], [])));
        let prepared = plan.prepare.as_ref().map(|prepare| prepare.initialize.as_slice()).unwrap_or_default();
        let all = || prepared.iter().chain(&plan.initialize);
        for (id, module) in self.embedded() {
            let is_initializer = |name: &&&str| self.export(&core(id, name)) == Some(&nullary);
            let function = names::INITIALIZE.iter().find(is_initializer).map(|name| name.to_string());
            let called: Vec<&str> = all().filter(|core| core.module == id).map(|core| core.export.as_str()).collect();
            let module = module.name.clone();
            if called.len() > 1 {
                self.report(Violation::InitializedTwice { module, times: called.len() });
            } else if let Some(function) = function.filter(|function| !called.contains(&function.as_str())) {
                self.report(Violation::NeverInitialized { module, function });
            }
        }
        for function in all() {
            let is_name = names::INITIALIZE.contains(&function.export.as_str());
            if !is_name || self.export(function) != Some(&nullary) {
                self.report(Violation::NoInitializer { function: self.core_name(function) });
            }
        }
        let rank = |id: ModuleId| match plan.order.iter().position(|other| *other == id) {
            Some(position) if id != ModuleId::MAIN => position,
            _ => usize::MAX,
        };
        for pair in prepared.windows(2).chain(plan.initialize.windows(2)) {
            let (first, then) = (pair[0].module, pair[1].module);
            if rank(first) > rank(then) {
                let (module, adapter) = (self.name(first), self.name(then));
                self.report(Violation::InitializedTooEarly { module, adapter });
            }
        }
    }
}
