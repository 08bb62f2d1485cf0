//! Diagnostics for imports that cannot be resolved: the reason and possible remedies.

use wit_parser::{WorldItem, WorldKey};

use crate::hint;
use crate::names;
use crate::plan::ModuleId;
use crate::read::{Extern, Import, Module};
use crate::world::World;

/// An import whose module is neither implemented by an adapter nor an interface of the world.
pub(crate) struct Unknown<'a> {
    pub world: &'a World,
    pub modules: &'a [Module<'a>],
    /// The importing module.
    pub id: ModuleId,
    /// True if the import belongs to an interface that the component exports.
    pub exported: bool,
    /// Interface name of the import, without the `[export]` prefix.
    pub interface: &'a str,
    pub import: &'a Import,
}

impl Unknown<'_> {
    /// Returns the reason why the import cannot be resolved.
    pub fn reason(&self) -> String {
        let interface = self.interface;
        if self.exported {
            format!("its world exports no interface `{interface}`")
        } else {
            "no adapter implements this module, and the world imports no interface of this name".to_string()
        }
    }

    /// Returns the hints of the most likely cause only.
    pub fn hints(&self) -> Vec<String> {
        let Import { module, field, .. } = self.import;
        if (module.as_str(), field.as_str()) == names::THREAD_SPAWN {
            return vec!["threads are not supported in components: build it for the target `wasm32-wasip1` instead of `wasm32-wasip1-threads`".to_string()];
        }
        let others = self.modules.iter().enumerate().skip(1).filter(|(index, _)| *index != self.id.0);
        let adapters: Vec<&str> =
            others.flat_map(|(_, module)| module.layer.implements.iter().map(String::as_str)).collect();
        // Adapters cannot serve built-ins of exported interfaces.
        let adapters = if self.exported { Vec::new() } else { adapters };
        let (exports, imports) = (self.world.export_names(), self.world.import_names());
        let [own, other] = if self.exported { [exports, imports] } else { [imports, exports] };
        let known = || adapters.iter().copied().chain(own.names());
        for hints in [
            hint::versions(self.interface, known()),
            self.endings(own.names()),
            self.other_side(other.names()),
            self.root_function(),
            hint::near(self.interface, known().chain(other.names())),
            self.not_in_world(),
        ] {
            if !hints.is_empty() {
                return hints;
            }
        }
        self.missing(&adapters)
    }

    /// Finds interfaces of the world whose last segment is the import's module. Import modules use the full interface
    /// name.
    fn endings<'n>(&self, names: impl Iterator<Item = &'n str>) -> Vec<String> {
        let mut found: Vec<&str> = names.filter(|name| self.is_meant(name)).collect();
        found.sort();
        found.dedup();
        let side = if self.exported { "exports" } else { "imports" };
        let module = &self.modules[self.id.0].name;
        let short = !self.interface.contains('/');
        let mut hints: Vec<String> = found.iter().map(|name| {
            let asked = names::in_side(name, self.exported);
            format!("its world {side} `{name}`: the import module of that interface is `{asked}`, so build `{module}` with bindings generated from this WIT")
        }).collect();
        if short && !hints.is_empty() && !self.exported {
            let name = self.interface;
            hints.push(format!("or declare the interface in the world itself: `import {name}: interface {{ .. }}`"));
        }
        hints
    }

    /// Returns true if `name` ends with the imported name, or equals it except for the version.
    fn is_meant(&self, name: &str) -> bool {
        let unversioned = name.split_once('@').map_or(name, |(interface, _)| interface);
        let last = unversioned.rsplit('/').next();
        let wanted = self.interface;
        name != wanted && (unversioned == wanted || (!wanted.contains('/') && last == Some(wanted)))
    }

    /// Finds the interface among the exports for an import, and among the imports for an export.
    fn other_side<'n>(&self, mut names: impl Iterator<Item = &'n str>) -> Vec<String> {
        let found = names.find(|name| *name == self.interface || self.is_meant(name));
        let hint = |name: &str| {
            if self.exported {
                format!(
                    "its world imports `{name}`, but does not export it: export it from the world, or import from `{name}`"
                )
            } else {
                let exported = names::in_side(name, true);
                format!(
                    "its world exports `{name}`, but does not import it: import it in the world; built-ins of its resources are imported from `{exported}`"
                )
            }
        };
        found.map(hint).into_iter().collect()
    }

    /// Finds a function of this name that the world imports directly, without an interface.
    fn root_function(&self) -> Vec<String> {
        let key = WorldKey::Name(self.import.field.clone());
        let is_function = matches!(self.world.imports().get(&key), Some(WorldItem::Function(_)));
        let wanted = is_function && !self.exported;
        let (field, root) = (&self.import.field, names::ROOT);
        let hint = format!("its world imports the function `{field}` directly: use the import module `{root}`");
        wanted.then_some(hint).into_iter().collect()
    }

    /// Finds interfaces that are part of the provided WIT but not of any world.
    fn not_in_world(&self) -> Vec<String> {
        let resolve = &self.world.resolve;
        let names = resolve
            .packages
            .iter()
            .flat_map(|(id, package)| package.interfaces.keys().map(move |name| resolve.id_of_name(id, name)));
        let mut found: Vec<String> = names.filter(|name| *name == self.interface || self.is_meant(name)).collect();
        found.sort();
        found.dedup();
        let side = if self.exported { "export" } else { "import" };
        found
            .iter()
            .map(|name| format!("the interface `{name}` is defined, but no world {side}s it: {side} it in the world"))
            .collect()
    }

    /// Returns general hints for an import without any similar name.
    fn missing(&self, adapters: &[&str]) -> Vec<String> {
        let module = &self.modules[self.id.0];
        let has_wit = module.wit.is_some() || !module.metadata.is_empty();
        let mut hints = Vec::new();
        if !adapters.is_empty() {
            let list: Vec<String> = adapters.iter().map(|name| format!("`{name}`")).collect();
            hints.push(format!("the available adapters are {}", list.join(", ")));
        }
        let (side, interface) = (if self.exported { "export" } else { "import" }, self.interface);
        match (has_wit, self.id == ModuleId::MAIN) {
            (true, _) if self.exported => hints.push(format!("export `{interface}` in the world of `{}`", module.name)),
            (true, true) if adapters.is_empty() => {
                hints
                    .push(format!("pass an adapter for it, or {side} `{interface}` in the world of `{}`", module.name));
            }
            (true, _) => {}
            (false, true) if self.exported || adapters.is_empty() => {
                let or = if self.exported { "provide" } else { "pass an adapter for it, or provide" };
                hints.push(format!("{or} WIT that {side}s `{interface}`: none was provided, and the module has no `component-type` section (tools such as `strip` remove it)"));
            }
            (false, true) => {}
            (false, false) => {
                hints.push(
                    "it has no `component-type` section: provide the WIT that it was compiled against".to_string(),
                );
            }
        }
        hints
    }
}

/// Returns hints for an import that is not a function.
pub(crate) fn not_a_function(import: &Import) -> Vec<String> {
    let hint = match &import.ty {
        Extern::Tag(_) => {
            "define the tag in the module itself: link the runtime for exceptions (libunwind, libc++abi) statically, or build without exceptions"
        }
        Extern::Global(_) => {
            "define the global in the module itself: link it as a plain module, without `-fPIC` and `-shared`"
        }
        Extern::Table(_) => "define the table in the module itself: link it without `--import-table`",
        Extern::Func(_) | Extern::Memory(_) => return Vec::new(),
    };
    vec![hint.to_string()]
}
