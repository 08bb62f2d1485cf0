//! `start`: determines the imports that main's start function may call, and whether they can be available before main.
//!
//! By default, main is instantiated first, and its imports are indirect calls whose targets are set later. A start
//! function runs before that. Therefore the adapters that it may call are instantiated before main if possible, and
//! main's memory, which they and lowered functions need, is defined outside of main. Nothing changes if the start
//! function calls neither.

use std::borrow::Cow;
use std::collections::BTreeSet;

use wasmparser::{ElementItems, Operator, Parser, Payload, TypeRef};

use crate::bind::Meaning;
use crate::canon::{Abi, Direction};
use crate::hoist;
use crate::names;
use crate::read::{self, Extern, Import, Module};
use crate::roles;
use crate::world::World;

/// A start function of main that may call an adapter or a function that needs main's memory.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Start {
    /// Module and field (as embedded) of these imports.
    pub calls: Vec<(String, String)>,
    /// Method by which the calls are made possible.
    pub remedy: Remedy,
}

/// Method by which the calls of a start function are made possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// The imports are instantiated before main.
    Early {
        /// True if main's memory is also defined outside of main.
        hoisted: bool,
    },
    /// Not possible, with the reason.
    None(&'static str),
}

impl Start {
    /// Returns true if main's imports are instantiated before main.
    pub fn is_early(&self) -> bool {
        matches!(self.remedy, Remedy::Early { .. })
    }
}

/// Analyzes main's start function. Returns the module as it will be embedded, and the result of the analysis.
///
/// `meanings` are those of main's imports. If main's memory is hoisted, its import is added to them.
pub(crate) fn start<'a>(
    main: &Module<'a>,
    meanings: &mut Vec<Option<Meaning>>,
    world: &World,
) -> (Module<'a>, Option<Start>) {
    let calls = calls(main, meanings, world);
    if calls.is_empty() {
        return (main.clone(), None);
    }
    let (module, remedy) = remedy(main, meanings);
    let module = module.unwrap_or_else(|| main.clone());
    (module, Some(Start { calls, remedy }))
}

/// Returns the imports that the start function may call and that need an adapter or main's memory.
fn calls(main: &Module<'_>, meanings: &[Option<Meaning>], world: &World) -> Vec<(String, String)> {
    if !main.has_start {
        return Vec::new();
    }
    let mut abi = Abi::new(&world.resolve);
    let mut matters = |meaning: &Option<Meaning>| match meaning {
        Some(Meaning::Adapter(..)) => true,
        Some(meaning @ Meaning::Function(..)) => {
            meaning.lowered(world).is_some_and(|function| abi.needs(function, Direction::Lower).memory.is_some())
        }
        _ => false,
    };
    let functions = main.imports.iter().zip(meanings).filter(|(import, _)| matches!(import.ty, Extern::Func(_)));
    let functions: Vec<(&Import, bool)> = functions.map(|(import, meaning)| (import, matters(meaning))).collect();
    if !functions.iter().any(|(_, matters)| *matters) {
        return Vec::new();
    }
    // If bodies cannot be read, every import is assumed to be called. Validation of the component rejects such bodies
    // later.
    let reached = reached(&main.bytes).ok();
    let may_call = |index: u32| reached.as_ref().is_none_or(|reached| reached.contains(&index));
    let called = (0..).zip(functions).filter(|(index, (_, matters))| *matters && may_call(*index));
    called.map(|(_, (import, _))| (import.module.clone(), import.name().to_string())).collect()
}

/// Returns the functions that a module's start function may call, directly or indirectly.
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

/// Functions of a module, for the call graph.
#[derive(Default)]
struct Functions<'b> {
    imported: u32,
    start: Option<u32>,
    bodies: Vec<wasmparser::FunctionBody<'b>>,
    /// Functions that elements, tables and globals refer to. Emptied at the first indirect call, which may reach all of
    /// them.
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

/// Determines the remedy. Returns the new main if it has to be changed.
fn remedy<'a>(main: &Module<'a>, meanings: &mut Vec<Option<Meaning>>) -> (Option<Module<'a>>, Remedy) {
    if main.export(names::TASK_HOOK).is_some() {
        return (None, Remedy::None("main has a task hook, which cannot be called before main is instantiated"));
    }
    // A memory that main does not export is not needed by other modules.
    if roles::imported_memory(main).is_some() || roles::exported_memory(main).is_none() {
        return (None, Remedy::Early { hoisted: false });
    }
    if main.memories.len() != 1 {
        return (
            None,
            Remedy::None("main has several memories, but only a single memory can be defined outside of main"),
        );
    }
    let (module, field) = names::SHARED_MEMORY;
    if main.imports.iter().any(|import| import.module == module && import.name() == field) {
        return (None, Remedy::None("main imports another item under the name that its memory would have"));
    }
    match hoisted(main) {
        Some(module) => {
            meanings.push(Some(Meaning::Memory));
            (Some(module), Remedy::Early { hoisted: true })
        }
        None => (None, Remedy::None("main's memory cannot be defined outside of main")),
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
    // Renamed duplicate imports keep their original names in the list.
    let imports = main.imports.iter().cloned().chain([memory]).collect();
    Some(Module { imports, wit: main.wit.clone(), layer: main.layer.clone(), ..read })
}
