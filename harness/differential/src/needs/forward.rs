//! Follows a core function through generated modules to the function that is finally called.

use std::collections::HashMap;

use super::component::Component;
use super::core::{Func, Instance, InstanceId, Item, ModuleId};
use super::generated::{self, Forward, Generated, Name};
use super::{CoreName, NeedsError};

/// Maximum number of forwarding steps, longer than any real chain.
const LONGEST_CHAIN: usize = 64;

/// Core modules of a component, with the generated ones parsed.
pub(super) struct Modules<'c, 'a> {
    component: &'c Component<'a>,
    generated: HashMap<ModuleId, Generated>,
}

/// Items that are followed through imports to their definition.
#[derive(Clone, Copy)]
enum Sort {
    Table,
    Global,
}

impl<'c, 'a> Modules<'c, 'a> {
    /// Parses the generated modules of a component.
    pub fn read(component: &'c Component<'a>) -> Result<Self, NeedsError> {
        let mut generated = HashMap::new();
        for (id, module) in component.modules.iter().enumerate() {
            if let (true, Some(bytes)) = (module.is_generated(), module.bytes) {
                generated.insert(id, generated::read(bytes)?);
            }
        }
        Ok(Modules { component, generated })
    }

    /// Returns the module that owns a core item.
    pub fn owner(&self, item: &Item) -> String {
        match item {
            Item::Other(instance, _) => self.label(*instance),
            Item::Func(func) => self.name(func).module,
        }
    }

    /// Returns the function that is finally called.
    pub fn name(&self, func: &Func) -> CoreName {
        self.follow(func, 0)
    }

    fn follow(&self, func: &Func, steps: usize) -> CoreName {
        let (instance, name) = match func {
            Func::Lower => return CoreName::new("(canon)".into(), "lower"),
            Func::Builtin => return CoreName::new("(canon)".into(), "builtin"),
            Func::Export(instance, name) => (*instance, name),
        };
        let next = self.facts(instance).and_then(|facts| facts.exports.get(name));
        let found = next.and_then(|index| self.follow_index(instance, *index, steps));
        found.unwrap_or_else(|| CoreName::new(self.label(instance), name))
    }

    /// Follows a function of a generated module. Returns `None` if it does not forward calls.
    fn follow_index(&self, instance: InstanceId, index: u32, steps: usize) -> Option<CoreName> {
        if steps > LONGEST_CHAIN {
            return None;
        }
        let facts = self.facts(instance)?;
        if let Some(import) = facts.functions.get(index as usize) {
            let func = match self.import(instance, import)? {
                Item::Func(func) => func,
                // The importing module specifies that the item is a function.
                Item::Other(from, name) => Func::Export(from, name),
            };
            return Some(self.follow(&func, steps + 1));
        }
        let own = (index as usize).checked_sub(facts.functions.len())?;
        let (forward, notices) = facts.forwards.get(own)?;
        let mut found = match (*forward)? {
            Forward::Function(other) => self.follow_index(instance, other, steps + 1),
            Forward::Entry(table, entry) => {
                let table = self.defined(instance, Sort::Table, table, 0)?;
                self.filled(steps, |filler, facts| {
                    let found = facts.entries.iter().find(|(other, at, _)| {
                        *at == entry && self.defined(filler, Sort::Table, *other, 0) == Some(table)
                    });
                    found.map(|(_, _, function)| *function)
                })
            }
            Forward::Global(global) => {
                let global = self.defined(instance, Sort::Global, global, 0)?;
                self.filled(steps, |filler, facts| {
                    let found = facts
                        .settings
                        .iter()
                        .find(|(other, _)| self.defined(filler, Sort::Global, *other, 0) == Some(global));
                    found.map(|(_, function)| *function)
                })
            }
        }?;
        found.notices.splice(0..0, notices.iter().copied());
        Some(found)
    }

    /// Returns the function that instances store at the place that `find` selects. The last instance wins, as at run
    /// time.
    fn filled(&self, steps: usize, find: impl Fn(InstanceId, &Generated) -> Option<u32>) -> Option<CoreName> {
        let instances = (0..self.component.instances.len()).rev();
        let (filler, function) = instances.into_iter().find_map(|id| Some((id, find(id, self.facts(id)?)?)))?;
        self.follow_index(filler, function, steps + 1)
    }

    /// Returns the definition of a table or global of a generated module.
    fn defined(&self, instance: InstanceId, sort: Sort, index: u32, steps: usize) -> Option<(InstanceId, u32)> {
        let facts = self.facts(instance)?;
        let imports = match sort {
            Sort::Table => &facts.tables,
            Sort::Global => &facts.globals,
        };
        let Some(import) = imports.get(index as usize) else { return Some((instance, index)) };
        let Item::Other(from, name) = self.import(instance, import)? else { return None };
        let index = *self.facts(from)?.exports.get(&name)?;
        if steps > LONGEST_CHAIN { None } else { self.defined(from, sort, index, steps + 1) }
    }

    /// Returns the argument of an instance for an import.
    fn import(&self, instance: InstanceId, (module, field): &Name) -> Option<Item> {
        let Instance::Of(_, args) = &self.component.instances[instance] else { return None };
        let (_, given) = args.iter().find(|(name, _)| name == module)?;
        match &self.component.instances[*given] {
            Instance::Bag(items) => Some(items.iter().find(|(name, _)| name == field)?.1.clone()),
            Instance::Of(..) => Some(Item::Other(*given, field.clone())),
        }
    }

    fn facts(&self, instance: InstanceId) -> Option<&Generated> {
        match &self.component.instances[instance] {
            Instance::Of(module, _) => self.generated.get(module),
            Instance::Bag(_) => None,
        }
    }

    fn label(&self, instance: InstanceId) -> String {
        match &self.component.instances[instance] {
            Instance::Of(module, _) => self.component.modules[*module].label(*module),
            Instance::Bag(_) => "(items)".into(),
        }
    }
}

impl CoreName {
    fn new(module: String, export: &str) -> CoreName {
        CoreName { module, export: export.to_string(), notices: Vec::new() }
    }
}
