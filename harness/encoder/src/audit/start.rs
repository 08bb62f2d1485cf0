//! Modules that main's start function may call are instantiated before main and initialized, if possible.

use foldhash::{HashMap, HashSet};
use wasmparser::{ConstExpr, ElementItems, Operator, Parser, Payload, TypeRef};

use super::meaning::core;
use super::{Auditor, Violation, abi};
use crate::names;
use crate::plan::{CoreRef, Kind, MemoryRef, ModuleId, Via, WireSource};
use crate::read::{Extern, Import};

impl Auditor<'_> {
    pub(super) fn start(&mut self) {
        let plan = self.plan;
        self.adapters_start();
        let expected = self.start_calls();
        let found: Vec<String> = plan.start.iter().flat_map(|start| &start.calls).map(|(m, f)| item(m, f)).collect();
        if found != expected {
            let (expected, found) = (list(&expected), list(&found));
            self.report(Violation::StartCalls { expected, found });
        }
        let early = plan.start.as_ref().is_some_and(|start| start.is_early());
        let first = plan.order.first().copied();
        if !early {
            if first != Some(ModuleId::MAIN) {
                let first = first.map(|id| self.name(id));
                self.report(Violation::MainNotFirst { first });
            }
            if plan.prepare.is_some() {
                self.report(Violation::PreparedForNothing);
            }
            return;
        }
        self.before_main();
        self.prepared();
    }

    /// Modules that main requires are instantiated before it, unless they import items of main other than functions.
    fn before_main(&mut self) {
        let mut asked = vec![ModuleId::MAIN];
        let mut next = 0;
        while let Some(id) = asked.get(next).copied() {
            next += 1;
            let imports = self.module(id).map(|module| module.imports.as_slice()).unwrap_or_default();
            for provider in imports.iter().filter_map(|import| self.provider(id, import)) {
                if !asked.contains(&provider) && !self.takes_items(provider) {
                    asked.push(provider);
                }
            }
        }
        for (id, module) in self.embedded().filter(|(id, _)| *id != ModuleId::MAIN) {
            let module = module.name.clone();
            match (asked.contains(&id), self.comes_before(id, ModuleId::MAIN)) {
                (true, false) if self.waits(id) => {}
                (true, false) => self.report(Violation::AfterStart { module }),
                (false, true) => self.report(Violation::BeforeStart { module }),
                _ => {}
            }
        }
        let exports_memory = |name: &&str| matches!(self.export(&core(ModuleId::MAIN, name)), Some(Extern::Memory(_)));
        if names::MEMORIES.iter().any(exports_memory) && self.memory() != Some(MemoryRef::Hosted) {
            self.report(Violation::MemoryAfterStart);
        }
    }

    /// Returns true if an adapter has a start function, and imports from an adapter that is instantiated after main.
    fn waits(&self, id: ModuleId) -> bool {
        let module = self.module(id).filter(|module| module.has_start);
        let mut imports = module.into_iter().flat_map(|module| &module.imports);
        let after_main = |id: ModuleId| id != ModuleId::MAIN && self.comes_before(ModuleId::MAIN, id);
        imports.any(|import| self.provider(id, import).is_some_and(after_main))
    }

    /// Adapters that an adapter's start function may call must be instantiated before it.
    fn adapters_start(&mut self) {
        for (id, module) in self.embedded().filter(|(id, module)| *id != ModuleId::MAIN && module.has_start) {
            let functions = module.imports.iter().filter(|import| matches!(import.ty, Extern::Func(_)));
            let late = (0..).zip(functions).filter(|(_, import)| {
                let provider = self.provider(id, import).filter(|provider| *provider != ModuleId::MAIN);
                provider.is_some_and(|provider| !self.comes_before(provider, id))
            });
            let late: Vec<(u32, &Import)> = late.collect();
            if late.is_empty() {
                continue;
            }
            let Some(called) = Graph::read(&module.bytes).map(|graph| graph.called()) else { continue };
            for (_, import) in late.into_iter().filter(|(index, _)| called.contains(index)) {
                let (module, at) = (module.name.clone(), item(&import.module, import.name()));
                self.report(Violation::StartsTooEarly { module, at });
            }
        }
    }

    fn takes_items(&self, id: ModuleId) -> bool {
        let imports = self.module(id).map(|module| module.imports.as_slice()).unwrap_or_default();
        imports.iter().any(|import| import.module == names::MAIN && !matches!(import.ty, Extern::Func(_)))
    }

    /// Slots must be filled before main if and only if their sources exist before main.
    fn prepared(&mut self) {
        let plan = self.plan;
        let prepared = plan.prepare.as_ref().map(|prepare| prepare.slots.as_slice()).unwrap_or_default();
        let mut times: HashMap<usize, usize> = HashMap::default();
        for slot in prepared {
            *times.entry(slot.0).or_default() += 1;
        }
        for (index, slot) in plan.slots.iter().enumerate() {
            let late = self.needs(&slot.source).into_iter().find(|need| !self.is_there(need, ModuleId::MAIN));
            let at = format!("slot {index} (`{}`)", slot.name);
            match (late, times.get(&index).copied().unwrap_or_default()) {
                (None, 1) | (Some(_), 0) => {}
                (None, 0) => self.report(Violation::NotPrepared { at }),
                (Some(late), 1) => {
                    let item = self.why_name(&late);
                    self.report(Violation::PreparedTooEarly { at, item });
                }
                (_, times) => self.report(Violation::PreparedTwice { at, times }),
            }
        }
        for function in plan.prepare.iter().flat_map(|prepare| &prepare.initialize) {
            if !self.comes_before(function.module, ModuleId::MAIN) {
                let function = self.core_name(function);
                self.report(Violation::NotReady { function, at: "its own instance".to_string() });
                continue;
            }
            // The initializer may call any import of its module.
            let wires = plan.wires.iter().filter(|wire| wire.importer == function.module);
            for wire in wires {
                if matches!(&wire.via, Via::Slot(slot, _) if !times.contains_key(&slot.0)) {
                    let (function, at) = (self.core_name(function), item(&wire.module, &wire.field));
                    self.report(Violation::NotReady { function, at });
                }
            }
        }
    }

    /// Lists the imports that main's start function may call and that refer to an adapter or to main's memory.
    fn start_calls(&self) -> Vec<String> {
        let Some(main) = self.module(ModuleId::MAIN).filter(|main| main.has_start) else { return Vec::new() };
        let functions = main.imports.iter().filter(|import| matches!(import.ty, Extern::Func(_)));
        let mut sources: HashMap<(&str, &str), &WireSource> = HashMap::default();
        for wire in self.plan.wires.iter().filter(|wire| wire.importer == ModuleId::MAIN) {
            sources.entry((&wire.module, &wire.field)).or_insert(&wire.source);
        }
        let source = |import: &Import| sources.get(&(import.module.as_str(), import.name())).copied();
        let relevant: Vec<(u32, &Import)> =
            (0..).zip(functions).filter(|(_, import)| self.is_relevant(source(import))).collect();
        if relevant.is_empty() {
            return Vec::new();
        }
        let graph = Graph::read(&main.bytes).map(|graph| graph.called());
        let called = relevant.into_iter().filter(|(index, _)| graph.as_ref().is_none_or(|graph| graph.contains(index)));
        called.map(|(_, import)| item(&import.module, import.name())).collect()
    }

    fn is_relevant(&self, source: Option<&WireSource>) -> bool {
        match source {
            Some(WireSource::Export(CoreRef { .. }, Kind::Func)) => true,
            Some(WireSource::Lower(function, _)) => {
                let function = self.imported_function(function);
                function.is_some_and(|wit| abi::lower(&self.world.resolve, wit).memory.is_some())
            }
            _ => false,
        }
    }
}

fn item(module: &str, field: &str) -> String {
    format!("`{module}` `{field}`")
}

fn list(items: &[String]) -> String {
    if items.is_empty() { "nothing".to_string() } else { items.join(", ") }
}

/// Call graph of a module.
#[derive(Default)]
struct Graph {
    imported: u32,
    /// For each defined function, its direct calls and references, and true if it calls indirectly.
    functions: Vec<(Vec<u32>, bool)>,
    /// Functions referred to by tables and globals.
    held: Vec<u32>,
    start: Option<u32>,
}

impl Graph {
    /// Reads the call graph. Returns `None` if the module is malformed.
    fn read(bytes: &[u8]) -> Option<Graph> {
        let mut graph = Graph::default();
        for payload in Parser::new(0).parse_all(bytes) {
            match payload.ok()? {
                Payload::StartSection { func, .. } => graph.start = Some(func),
                Payload::ImportSection(imports) => {
                    let imports: Vec<_> = imports.into_imports().collect::<Result<_, _>>().ok()?;
                    let functions = imports.iter().filter(|i| matches!(i.ty, TypeRef::Func(_) | TypeRef::FuncExact(_)));
                    graph.imported = functions.count() as u32;
                }
                Payload::CodeSectionEntry(body) => {
                    let mut calls = (Vec::new(), false);
                    for operator in body.get_operators_reader().ok()? {
                        match operator.ok()? {
                            Operator::Call { function_index: function }
                            | Operator::ReturnCall { function_index: function }
                            | Operator::RefFunc { function_index: function } => calls.0.push(function),
                            Operator::CallIndirect { .. } | Operator::ReturnCallIndirect { .. } => calls.1 = true,
                            Operator::CallRef { .. } | Operator::ReturnCallRef { .. } => calls.1 = true,
                            _ => {}
                        }
                    }
                    graph.functions.push(calls);
                }
                Payload::ElementSection(elements) => {
                    for element in elements {
                        match element.ok()?.items {
                            ElementItems::Functions(functions) => {
                                graph.held.extend(functions.into_iter().collect::<Result<Vec<u32>, _>>().ok()?);
                            }
                            ElementItems::Expressions(_, expressions) => {
                                for expression in expressions {
                                    graph.hold(&expression.ok()?)?;
                                }
                            }
                        }
                    }
                }
                Payload::GlobalSection(globals) => {
                    for global in globals {
                        graph.hold(&global.ok()?.init_expr)?;
                    }
                }
                Payload::TableSection(tables) => {
                    for table in tables {
                        if let wasmparser::TableInit::Expr(expression) = table.ok()?.init {
                            graph.hold(&expression)?;
                        }
                    }
                }
                _ => {}
            }
        }
        Some(graph)
    }

    fn hold(&mut self, expression: &ConstExpr<'_>) -> Option<()> {
        for operator in expression.get_operators_reader() {
            if let Operator::RefFunc { function_index } = operator.ok()? {
                self.held.push(function_index);
            }
        }
        Some(())
    }

    /// Returns the functions that the start function may call, directly or indirectly. An indirect call may reach every
    /// function that tables and globals refer to.
    fn called(&self) -> HashSet<u32> {
        let mut called: HashSet<u32> = self.start.into_iter().collect();
        let mut held = Some(&self.held);
        let mut new: Vec<u32> = called.iter().copied().collect();
        while let Some(caller) = new.pop() {
            let own = caller.checked_sub(self.imported).and_then(|own| self.functions.get(own as usize));
            let Some((calls, gives)) = own else { continue };
            let given = if *gives { held.take() } else { None };
            for function in calls.iter().chain(given.into_iter().flatten()) {
                if called.insert(*function) {
                    new.push(*function);
                }
            }
        }
        called
    }
}
