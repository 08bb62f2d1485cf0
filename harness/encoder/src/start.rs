//! `start`: what main's start function may call while main is being instantiated, and whether it can have that by then.
//!
//! Ordinarily main comes first, and what its imports stand for is put behind slots later. A start function runs before
//! that. So what it may call comes before main, where that is possible: adapters, and main's memory, which they and
//! lowered functions work in. Nothing changes for a start function that calls nothing of the kind.

use std::borrow::Cow;
use std::collections::BTreeSet;

use wasmparser::{ElementItems, Operator, Parser, Payload, TypeRef};

use crate::bind::{Bound, Meaning};
use crate::canon::{Abi, Direction};
use crate::demand;
use crate::hoist;
use crate::names;
use crate::read::{self, Extern, Import, Module};
use crate::world::World;

/// A start function of main that may call an adapter, or a function that works in main's memory.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Start {
    /// Such imports that it may call: module and field, as embedded.
    pub calls: Vec<(String, String)>,
    /// What is done about it.
    pub remedy: Remedy,
}

/// What is done for a start function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// What main imports comes before main.
    Early {
        /// Main's own memory is defined outside, too.
        hoisted: bool,
    },
    /// Nothing, and why.
    None(&'static str),
}

impl Start {
    /// What main imports comes before main.
    pub fn is_early(&self) -> bool {
        matches!(self.remedy, Remedy::Early { .. })
    }
}

/// Looks at main's start function; the module as it will be embedded, and what is done.
pub(crate) fn start<'a>(main: &Module<'a>, bound: &mut Bound, world: &World) -> (Module<'a>, Option<Start>) {
    let calls = calls(main, bound, world);
    if calls.is_empty() {
        return (main.clone(), None);
    }
    let (module, remedy) = remedy(main, bound);
    let module = module.unwrap_or_else(|| main.clone());
    (module, Some(Start { calls, remedy }))
}

/// The imports that the start function may call and that take an adapter, or main's memory.
fn calls(main: &Module<'_>, bound: &Bound, world: &World) -> Vec<(String, String)> {
    if !main.has_start {
        return Vec::new();
    }
    let mut abi = Abi::new(&world.resolve);
    let mut matters = |meaning: &Meaning| match meaning {
        Meaning::Adapter(..) => true,
        Meaning::Function(..) => demand::lowered(world, meaning)
            .is_some_and(|function| abi.needs(function, Direction::Lower).memory.is_some()),
        _ => false,
    };
    let functions = main.imports.iter().zip(&bound.imports).filter(|(import, _)| matches!(import.ty, Extern::Func(_)));
    let functions: Vec<(&Import, bool)> = functions.map(|(import, meaning)| (import, matters(meaning))).collect();
    if !functions.iter().any(|(_, matters)| *matters) {
        return Vec::new();
    }
    // Bodies that cannot be read may call anything; it is for the validation of the component to refuse them.
    let reached = reached(&main.bytes).ok();
    let may_call = |index: u32| reached.as_ref().is_none_or(|reached| reached.contains(&index));
    let called = (0..).zip(functions).filter(|(index, (_, matters))| *matters && may_call(*index));
    called.map(|(_, (import, _))| (import.module.clone(), import.name().to_string())).collect()
}

/// The functions that a module's start function may call, directly or not.
pub(crate) fn reached(bytes: &[u8]) -> wasmparser::Result<BTreeSet<u32>> {
    let mut functions = Functions::default();
    for payload in Parser::new(0).parse_all(bytes) {
        functions.read(payload?)?;
    }
    let mut reached = BTreeSet::new();
    let mut work: Vec<u32> = functions.start.into_iter().collect();
    while let Some(function) = work.pop() {
        if !reached.insert(function) {
            continue;
        }
        let Some(body) = function.checked_sub(functions.imported).and_then(|i| functions.bodies.get(i as usize)) else {
            continue;
        };
        for operator in body.get_operators_reader()? {
            match operator? {
                Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
                    work.push(function_index);
                }
                Operator::RefFunc { function_index } => work.push(function_index),
                Operator::CallIndirect { .. }
                | Operator::ReturnCallIndirect { .. }
                | Operator::CallRef { .. }
                | Operator::ReturnCallRef { .. } => work.append(&mut functions.referred),
                _ => {}
            }
        }
    }
    Ok(reached)
}

/// The functions of a module, as far as calls go.
#[derive(Default)]
struct Functions<'b> {
    imported: u32,
    start: Option<u32>,
    bodies: Vec<wasmparser::FunctionBody<'b>>,
    /// Those that elements, tables and globals refer to, until somebody calls one of them.
    referred: Vec<u32>,
}

impl<'b> Functions<'b> {
    fn read(&mut self, payload: Payload<'b>) -> wasmparser::Result<()> {
        match payload {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    let is_function = matches!(import?.ty, TypeRef::Func(_) | TypeRef::FuncExact(_));
                    self.imported += u32::from(is_function);
                }
            }
            Payload::GlobalSection(globals) => {
                for global in globals {
                    self.expression(&global?.init_expr)?;
                }
            }
            Payload::TableSection(tables) => {
                for table in tables {
                    if let wasmparser::TableInit::Expr(expression) = table?.init {
                        self.expression(&expression)?;
                    }
                }
            }
            Payload::ElementSection(elements) => {
                for element in elements {
                    match element?.items {
                        ElementItems::Functions(functions) => {
                            for function in functions {
                                self.referred.push(function?);
                            }
                        }
                        ElementItems::Expressions(_, expressions) => {
                            for expression in expressions {
                                self.expression(&expression?)?;
                            }
                        }
                    }
                }
            }
            Payload::StartSection { func, .. } => self.start = Some(func),
            Payload::CodeSectionEntry(body) => self.bodies.push(body),
            _ => {}
        }
        Ok(())
    }

    fn expression(&mut self, expression: &wasmparser::ConstExpr<'_>) -> wasmparser::Result<()> {
        for operator in expression.get_operators_reader() {
            if let Operator::RefFunc { function_index } = operator? {
                self.referred.push(function_index);
            }
        }
        Ok(())
    }
}

/// What can be done, and main as it is then, if that is not as it was.
fn remedy<'a>(main: &Module<'a>, bound: &mut Bound) -> (Option<Module<'a>>, Remedy) {
    if main.export(names::TASK_HOOK).is_some() {
        return (None, Remedy::None("main has a task hook, which cannot be told of anything before main exists"));
    }
    let imports_memory = main.imports.iter().any(|import| matches!(import.ty, Extern::Memory(_)));
    let exports_memory =
        names::MEMORIES.iter().any(|name| matches!(main.export(name).map(|e| &e.ty), Some(Extern::Memory(_))));
    // What main keeps to itself, nobody needs before main.
    if imports_memory || !exports_memory {
        return (None, Remedy::Early { hoisted: false });
    }
    if main.memories.len() != 1 {
        return (None, Remedy::None("main has several memories, and one alone can be defined outside of it"));
    }
    let (module, field) = names::SHARED_MEMORY;
    if main.imports.iter().any(|import| import.module == module && import.name() == field) {
        return (None, Remedy::None("main imports something else under the name that its memory would get"));
    }
    match hoisted(main) {
        Some(module) => {
            bound.imports.push(Meaning::Memory);
            (Some(module), Remedy::Early { hoisted: true })
        }
        None => (None, Remedy::None("main's memory cannot be defined outside of it")),
    }
}

fn hoisted<'a>(main: &Module<'a>) -> Option<Module<'a>> {
    let bytes = hoist::hoist(&main.whole()).ok()??;
    let (module, field) = names::SHARED_MEMORY;
    let memory = Import {
        module: module.to_string(),
        field: field.to_string(),
        unique: None,
        ty: Extern::Memory(*main.memories.first()?),
        offset: 0,
    };
    let read = read::read(&main.name, Cow::<'a, [u8]>::Owned(bytes)).ok()?;
    // Imports that were told apart keep the names that they came with, too.
    let imports = main.imports.iter().cloned().chain([memory]).collect();
    Some(Module { imports, wit: main.wit.clone(), layer: main.layer.clone(), ..read })
}
