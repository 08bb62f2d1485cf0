//! The modules of the component: main, and the adapters that are used.

use indexmap::IndexMap;
use wasmparser::MemoryType;

use crate::bind::{Bound, Meaning};
use crate::plan::ModuleId;
use crate::read::Module;
use crate::start::Start;
use crate::trim::Trimmed;

/// A module of the component.
#[derive(Debug)]
pub(crate) struct Part<'a> {
    /// The module as it will be embedded.
    pub module: Module<'a>,
    /// Resolved imports and exports.
    pub bound: Bound,
    /// Result of the garbage collection of an adapter.
    pub trimmed: Option<Trimmed>,
    /// Required exports, each with the chain of modules that require it.
    pub asked_by: IndexMap<String, String>,
    /// Main's start function, if it requires other modules to be instantiated before main.
    pub start: Option<Start>,
}

impl Part<'_> {
    /// Returns the type of an isolated adapter's own memory.
    pub fn own_memory(&self) -> Option<MemoryType> {
        let trimmed = self.trimmed.as_ref()?;
        // An adapter without a memory that only imports the size of main's memory gets an empty memory.
        let empty = MemoryType { memory64: false, shared: false, initial: 0, maximum: Some(0), page_size_log2: None };
        let copies = || self.bound.imports.iter().any(|meaning| matches!(meaning, Meaning::Copy(_)));
        trimmed.memory.or_else(|| copies().then_some(empty))
    }
}

/// All modules of the component.
#[derive(Debug)]
pub(crate) struct Parts<'a> {
    /// Main.
    pub main: Part<'a>,
    /// The adapters of the input. `None` for an adapter that is not used.
    pub adapters: Vec<Option<Part<'a>>>,
}

impl<'a> Parts<'a> {
    /// Returns the number of modules of the input: main and all adapters, used or not.
    pub fn len(&self) -> usize {
        1 + self.adapters.len()
    }

    /// Iterates over the ids of all modules of the input.
    pub fn ids(&self) -> impl Iterator<Item = ModuleId> + use<> {
        (0..self.len()).map(ModuleId)
    }

    /// Returns a module of the component. `None` for an adapter that is not used.
    pub fn get(&self, id: ModuleId) -> Option<&Part<'a>> {
        match id.0.checked_sub(1) {
            None => Some(&self.main),
            Some(adapter) => self.adapters.get(adapter)?.as_ref(),
        }
    }

    /// Returns a module that is known to be part of the component.
    pub fn used(&self, id: ModuleId) -> &Part<'a> {
        self.get(id).expect("the component has each module that another one imports from")
    }

    /// Iterates over the modules of the component.
    pub fn iter(&self) -> impl Iterator<Item = (ModuleId, &Part<'a>)> {
        let adapters = (1..).map(ModuleId).zip(&self.adapters);
        let used = adapters.filter_map(|(id, part)| Some((id, part.as_ref()?)));
        std::iter::once((ModuleId::MAIN, &self.main)).chain(used)
    }
}
