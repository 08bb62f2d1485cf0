//! `demand`: computes the required exports of all modules, and garbage-collects each adapter accordingly.
//!
//! Garbage collection removes imports of an adapter, so the exports that it requires from others are known only
//! afterwards. Adapters are garbage-collected, read and bound again until nothing new is required. Adapters that main
//! and the world do not need, directly or indirectly, are not part of the component.

use std::cell::RefCell;
use std::collections::VecDeque;

use foldhash::HashMap;
use indexmap::{IndexMap, IndexSet};

use crate::bind::{self, Binder, Bound, Meaning, Side};
use crate::canon::{Abi, Direction};
use crate::error::{Error, Errors};
use crate::hint;
use crate::input::{Form, Options, Region, ShadowStack};
use crate::memory;
use crate::names;
use crate::parts::{Part, Parts};
use crate::plan::{FuncRef, Kind, ModuleId};
use crate::read::{self, Extern, Module};
use crate::roles::{initialize_of, memory_of, realloc_of};
use crate::start::{self, Start};
use crate::trim::{self, MainRealloc, Request};
use crate::trim_cache::TrimCache;
use crate::world::World;

/// Computes the required exports of all adapters, starting from main and the world.
///
/// # Errors
///
/// Returns all errors of binding and garbage collection.
pub(crate) fn close<'a>(
    modules: &'a [Module<'a>],
    world: &'a World,
    options: &Options,
    trims: &TrimCache,
) -> Result<Parts<'a>, Errors> {
    let binder = Binder::new(world, modules);
    let mut errors = Vec::new();
    let asked = vec![IndexMap::new(); modules.len()];
    let mut closing = Closing {
        modules,
        world,
        asked,
        work: VecDeque::new(),
        waits: vec![false; modules.len()],
        options: options.clone(),
    };

    let exports = binder.exports(ModuleId::MAIN, &modules[0], &mut errors);
    let mut imports = binder.imports(ModuleId::MAIN, &modules[0], &mut errors);
    closing.world_asks(&binder, &mut errors);
    closing.module_asks(&modules[0], imports.iter().map(Option::as_ref), "main", &mut errors);

    let mut adapters: Vec<Option<Part<'a>>> = modules[1..].iter().map(|_| None).collect();
    let (module, start) = start::start(&modules[0], &mut imports, world);
    let realloc = main_realloc(&modules[0], options, start.as_ref());
    while let Some(id) = closing.next() {
        let part = closing.trimmed(&binder, id, realloc, trims, &mut errors);
        let Some(part) = part else { continue };
        let (_, chain) = part.asked_by.first().expect("only an adapter that something requires is garbage-collected");
        let chain = format!("adapter `{}`, required by {chain}", modules[id.0].name);
        closing.module_asks(&part.module, part.bound.imports.iter().map(Some), &chain, &mut errors);
        closing.main_offers(&part, &mut errors);
        adapters[id.0 - 1] = Some(part);
    }
    Errors::check(errors)?;
    let imports = imports.into_iter().collect::<Option<_>>().expect("an unresolved import is an error");
    let bound = Bound { imports, ..exports };
    let main = Part { module, bound, trimmed: None, asked_by: IndexMap::new(), start };
    Ok(Parts { main, adapters })
}

/// State of the fixpoint iteration.
struct Closing<'a> {
    modules: &'a [Module<'a>],
    world: &'a World,
    /// Required exports of each module, with the chain that first required them.
    asked: Vec<IndexMap<String, String>>,
    /// Adapters with new requirements.
    work: VecDeque<ModuleId>,
    /// For each module, true if it is in `work`.
    waits: Vec<bool>,
    options: Options,
}

impl<'a> Closing<'a> {
    /// Returns the next adapter with new requirements, in the order in which they were added.
    fn next(&mut self) -> Option<ModuleId> {
        let next = self.work.pop_front()?;
        self.waits[next.0] = false;
        Some(next)
    }

    fn ask(&mut self, id: ModuleId, export: &str, chain: &str, errors: &mut Vec<Error>) {
        if self.asked[id.0].contains_key(export) {
            return;
        }
        let adapter = &self.modules[id.0];
        if !adapter.exports_function(export) {
            let hinted = errors.len() < hint::MOST;
            let functions = if hinted { &adapter.exports[..] } else { &[] };
            let functions = functions.iter().filter(|e| matches!(e.ty, Extern::Func(_))).map(|e| e.name.as_str());
            errors.push(Error::AdapterLacks {
                adapter: adapter.name.clone(),
                function: export.to_string(),
                asked_by: chain.to_string(),
                hints: hint::near(export, functions),
            });
            return;
        }
        let asked = &mut self.asked[id.0];
        asked.insert(export.to_string(), chain.to_string());
        if let Some(initialize) = initialize_of(adapter).filter(|_| asked.len() == 1) {
            asked.insert(initialize.to_string(), "the component, which initializes it".into());
        }
        if !std::mem::replace(&mut self.waits[id.0], true) {
            self.work.push_back(id);
        }
    }

    /// Adds the exports that the world requires from adapters.
    fn world_asks(&mut self, binder: &Binder<'_>, errors: &mut Vec<Error>) {
        let mut abi = Abi::new(&self.world.resolve);
        for index in 1..self.modules.len() {
            let id = ModuleId(index);
            let module = &self.modules[index];
            let bound = binder.exports(id, module, errors);
            for function in &bound.functions {
                let chain = format!("the world, which exports `{}`", function.function);
                self.ask(id, &function.core.export, &chain, errors);
                if let Some(post) = &function.post_return {
                    self.ask(id, &post.export, &chain, errors);
                }
                if let Some(lifted) = lifted(self.world, &function.function)
                    && abi.needs(lifted, Direction::Lift).realloc.is_some()
                    && let Some(realloc) = realloc_of(module, &names::EXPORT_REALLOCS)
                {
                    let chain = format!("the canonical ABI, for the parameters of `{}`", lifted.name);
                    self.ask(id, realloc, &chain, errors);
                }
            }
            for (_, core) in &bound.destructors {
                self.ask(id, &core.export, "the world, as the destructor of a resource", errors);
            }
        }
    }

    /// Adds the functions that a module imports from adapters, and checks their types.
    fn module_asks<'m>(
        &mut self,
        module: &Module<'_>,
        meanings: impl Iterator<Item = Option<&'m Meaning>>,
        chain: &str,
        errors: &mut Vec<Error>,
    ) {
        for (import, meaning) in module.imports.iter().zip(meanings) {
            let Some(Meaning::Adapter(adapter, function)) = meaning else { continue };
            self.ask(*adapter, function, chain, errors);
            if let Some(Extern::Func(Some(offered))) = self.modules[adapter.0].export(function).map(|e| &e.ty)
                && import.ty != Extern::Func(Some(offered.clone()))
            {
                errors.push(bind::wrong_import(module, import, offered));
            }
        }
    }

    /// Garbage-collects an adapter. Roots are the exports required so far, and the reallocs for the results of its
    /// remaining imports.
    fn trimmed(
        &mut self,
        binder: &Binder<'_>,
        id: ModuleId,
        realloc: MainRealloc<'_>,
        trims: &TrimCache,
        errors: &mut Vec<Error>,
    ) -> Option<Part<'a>> {
        let adapter = &self.modules[id.0];
        let exports: IndexSet<String> = self.asked[id.0].keys().cloned().collect();
        let results = Results {
            world: self.world,
            binder,
            id,
            adapter,
            abi: RefCell::new(Abi::new(&self.world.resolve)),
            known: RefCell::default(),
        };
        let request = Request {
            name: &adapter.name,
            wasm: &adapter.whole(),
            exports: &exports,
            also: &|import| Some(results.realloc(import)?.0),
            form: form(adapter),
            realloc,
            stack: adapter.layer.stack.into(),
            reports: adapter.layer.reports,
            debug: self.options.debug_names,
            validate: self.options.validate,
        };
        let trimmed = trims.trim(id, &request).and_then(|trimmed| {
            let module = read::read(&adapter.name, trimmed.wasm.clone()).map_err(|error| vec![error])?;
            Ok((trimmed, Module { layer: adapter.layer.clone(), ..module }))
        });
        let (trimmed, module) = match trimmed {
            Ok(found) => found,
            Err(found) => {
                errors.extend(found);
                return None;
            }
        };
        let asked = &mut self.asked[id.0];
        for (realloc, function) in trimmed.also.iter().filter_map(|(import, also)| also.and(results.realloc(*import))) {
            let chain = || format!("the canonical ABI, for the results of `{function}`");
            asked.entry(realloc.to_string()).or_insert_with(chain);
        }
        let before = errors.len();
        let exports = binder.exports(id, &module, errors);
        let imports: Option<Vec<Meaning>> = binder.imports(id, &module, errors).into_iter().collect();
        let bound = Bound { imports: imports?, ..exports };
        let asked_by = self.asked[id.0].clone();
        (errors.len() == before).then(|| Part { module, bound, trimmed: Some(trimmed), asked_by, start: None })
    }

    /// Checks that main exports the items that an adapter imports from it.
    fn main_offers(&self, part: &Part<'_>, errors: &mut Vec<Error>) {
        let main = &self.modules[0];
        for (meaning, import) in part.bound.imports.iter().zip(&part.module.imports) {
            if let Meaning::Copy(copy) = meaning
                && memory_of(main).is_none()
            {
                let (name, adapter, hints) = (main.name.clone(), part.module.name.clone(), memory::near(main));
                errors.push(Error::NoMainMemory { main: name, adapter, copy: copy.field().into(), others: 0, hints });
            }
            if matches!(meaning, Meaning::Copy(_)) {
                errors.extend(memory::unsupported(main));
            }
            if part.own_memory().is_some() && *meaning == Meaning::Memory {
                continue;
            }
            if let (Meaning::Memory, Extern::Memory(wanted), Some(offered)) = (meaning, &import.ty, memory_of(main)) {
                if let Some(error) = memory::unsupported(main) {
                    errors.push(error);
                } else if memory::page(wanted) != memory::page(&offered) {
                    let (expected, found) = (memory::page(wanted), memory::page(&offered));
                    let (main, adapter) = (main.name.clone(), part.module.name.clone());
                    errors.push(Error::PageSize { main, adapter, expected, found });
                }
                continue;
            }
            let Meaning::Main(export, kind) = meaning else { continue };
            let offered = main.export(export);
            let fits = match (offered.map(|e| &e.ty), &import.ty) {
                (Some(Extern::Func(offered)), Extern::Func(wanted)) => offered == wanted,
                (Some(Extern::Global(offered)), Extern::Global(wanted)) => offered == wanted,
                (Some(Extern::Memory(_)), Extern::Memory(_)) => true,
                (Some(Extern::Table(offered)), Extern::Table(wanted)) => {
                    offered.element_type == wanted.element_type
                        && offered.initial >= wanted.initial
                        && wanted.maximum.is_none_or(|most| offered.maximum.is_some_and(|max| max <= most))
                }
                _ => false,
            };
            if fits {
                continue;
            }
            let known = if errors.len() < hint::MOST { &main.exports[..] } else { &[] };
            let mut hints = hint::near(export, known.iter().map(|e| e.name.as_str()));
            if *kind == Kind::Func && export == "_start" {
                hints = vec!["this adapter is for commands: use an adapter for reactors".into()];
            } else if offered.is_some() {
                hints = vec!["main exports an item of this name, but with a different type".into()];
            }
            errors.push(Error::MainLacks { adapter: part.module.name.clone(), item: export.clone(), hints });
        }
    }
}

/// Finds the reallocs that are needed for the results of an adapter's imports.
struct Results<'r, 'a> {
    world: &'a World,
    binder: &'r Binder<'r>,
    id: ModuleId,
    adapter: &'a Module<'a>,
    abi: RefCell<Abi<'a>>,
    /// Cache by import index.
    known: RefCell<HashMap<usize, Option<Realloc<'a>>>>,
}

/// Name of a realloc, and of the function whose results it allocates.
type Realloc<'a> = (&'static str, &'a str);

impl<'a> Results<'_, 'a> {
    /// Returns the realloc for the results of an import. `import` is the index among all imports of the adapter.
    fn realloc(&self, import: usize) -> Option<Realloc<'a>> {
        *self.known.borrow_mut().entry(import).or_insert_with(|| self.find(import))
    }

    fn find(&self, import: usize) -> Option<Realloc<'a>> {
        let abi = &mut *self.abi.borrow_mut();
        let import = self.adapter.imports.get(import)?;
        // Errors are reported later, when the import is bound.
        let meaning = self.binder.import(self.id, self.adapter, import, abi, false).ok()?;
        let function = meaning.lowered(self.world).filter(|_| matches!(meaning, Meaning::Function(_, Side::Own)))?;
        abi.needs(function, Direction::Lower).realloc?;
        Some((realloc_of(self.adapter, &names::IMPORT_REALLOCS)?, &function.name))
    }
}

/// Returns the WIT function of an export.
fn lifted<'w>(world: &'w World, function: &FuncRef) -> Option<&'w wit_parser::Function> {
    world.exported_function(function.key.as_ref(), &function.name)
}

/// Returns the form in which an adapter is garbage-collected.
pub(crate) fn form(module: &Module<'_>) -> trim::Form {
    match module.layer.form {
        Form::Auto => trim::form(&module.bytes),
        Form::Shared => trim::Form::Shared,
        Form::Isolated => trim::Form::Isolated,
    }
}

impl From<ShadowStack> for trim::ShadowStack {
    fn from(ShadowStack { size, guard, pointer, checked }: ShadowStack) -> Self {
        trim::ShadowStack { size, guard, pointer, checked }
    }
}

/// Returns the allocation method for adapter regions.
fn main_realloc(main: &Module<'_>, options: &Options, start: Option<&Start>) -> MainRealloc<'static> {
    match options.region {
        Region::MemoryGrow => MainRealloc::Grow,
        Region::Auto => match realloc_of(main, &names::MAIN_REALLOCS) {
            Some(name) if start.is_some_and(Start::is_early) => MainRealloc::Late(name),
            Some(name) => MainRealloc::Export(name),
            None => MainRealloc::Grow,
        },
    }
}
