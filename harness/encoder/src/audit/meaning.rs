//! Whether an import's names mean the source that the plan wires it to.

use wit_parser::{TypeDefKind, TypeId, WorldItem, WorldKey};

use super::Auditor;
use crate::names::{self, ImportName, Item};
use crate::plan::{CoreRef, Kind, MemoryRef, ModuleId, Source};
use crate::read::{Extern, Import};

impl Auditor<'_> {
    /// Whether `import` of `importer` means `source`. What a lower's function is like is judged elsewhere.
    pub(super) fn means(&self, importer: ModuleId, import: &Import, source: &Source) -> bool {
        if let Some(provider) = self.provider(importer, import) {
            return match source {
                Source::Export(core, kind) => {
                    core.module == provider && core.export == import.field && is_kind(*kind, &import.ty)
                }
                _ => false,
            };
        }
        let name = names::parse_import(&import.module, &import.field);
        match source {
            Source::HostedMemory => self.means_memory(importer, import, &MemoryRef::Hosted),
            Source::Export(core, Kind::Memory) => self.means_memory(importer, import, &MemoryRef::Export(core.clone())),
            Source::Export(..) | Source::Destructor(_) => false,
            Source::ThreadLocal(access) => {
                importer == ModuleId::MAIN && names::thread_local(&import.module, &import.field) == Some(*access)
            }
            Source::Lower(function, _) => {
                name.item == Item::Func(&function.name)
                    && !name.exported
                    && self.means_interface(&name, function.key.as_ref())
            }
            Source::ResourceNew(id, _) => match name.item {
                Item::ResourceNew(resource) => name.exported && self.means_resource(&name, resource, *id),
                _ => false,
            },
            Source::ResourceRep(id, _) => match name.item {
                Item::ResourceRep(resource) => name.exported && self.means_resource(&name, resource, *id),
                _ => false,
            },
            Source::ResourceDrop(id, _) => match name.item {
                Item::ResourceDrop(resource) => self.means_resource(&name, resource, *id),
                _ => false,
            },
        }
    }

    /// The module that an import names: an adapter, by its name, or main.
    fn provider(&self, importer: ModuleId, import: &Import) -> Option<ModuleId> {
        let named = |id: &ModuleId| *id != importer && self.name(*id) == import.module;
        let adapter = (1..self.plan.modules.len()).map(ModuleId).find(named);
        adapter.or_else(|| (importer != ModuleId::MAIN && import.module == names::MAIN).then_some(ModuleId::MAIN))
    }

    fn means_memory(&self, importer: ModuleId, import: &Import, memory: &MemoryRef) -> bool {
        let named = match (importer, &self.plan.hosted_memory) {
            (ModuleId::MAIN, None) => false,
            (ModuleId::MAIN, Some(hosted)) => hosted.module == import.module && hosted.field == import.field,
            _ => (import.module.as_str(), import.field.as_str()) == names::SHARED_MEMORY,
        };
        named && matches!(import.ty, Extern::Memory(_)) && self.memory().as_ref() == Some(memory)
    }

    fn means_interface(&self, name: &ImportName<'_>, key: Option<&WorldKey>) -> bool {
        let resolve = &self.world.resolve;
        let (Some(written), Some(key)) = (name.interface, key) else {
            return name.interface.is_none() && key.is_none();
        };
        let full = resolve.name_world_key(key);
        if written.standard {
            return track(&full).as_deref() == Some(written.name);
        }
        // Another version may stand in for the written one, but not if that one is there itself.
        let side = if name.exported { self.world.exports() } else { self.world.imports() };
        let is_written = |(key, item): (&WorldKey, &WorldItem)| {
            matches!(item, WorldItem::Interface { .. }) && resolve.name_world_key(key) == written.name
        };
        full == written.name || (!side.iter().any(is_written) && track(&full) == track(written.name))
    }

    fn means_resource(&self, name: &ImportName<'_>, resource: &str, id: TypeId) -> bool {
        let resolve = &self.world.resolve;
        let side = if name.exported { self.world.exports() } else { self.world.imports() };
        let is_resource = resolve.types.get(id).is_some_and(|ty| matches!(ty.kind, TypeDefKind::Resource));
        is_resource
            && side.iter().any(|(key, item)| match item {
                WorldItem::Interface { id: interface, .. } => {
                    let known = resolve.interfaces[*interface].types.get(resource);
                    known.is_some_and(|known| self.world.definition(*known) == id)
                        && self.means_interface(name, Some(key))
                }
                WorldItem::Type { id: known, .. } => {
                    name.interface.is_none()
                        && *key == WorldKey::Name(resource.to_string())
                        && self.world.definition(*known) == id
                }
                WorldItem::Function(_) => false,
            })
    }

    pub(super) fn source_name(&self, source: &Source) -> String {
        let resource = |built_in: &str, id: TypeId| {
            let name = self.world.resolve.types.get(id).and_then(|ty| ty.name.as_deref()).unwrap_or_default();
            format!("{built_in} of `{name}`")
        };
        match source {
            Source::Lower(function, _) => format!("the lowered function `{function}`"),
            Source::ResourceNew(id, _) => resource("resource.new", *id),
            Source::ResourceRep(id, _) => resource("resource.rep", *id),
            Source::ResourceDrop(id, _) => resource("resource.drop", *id),
            Source::Export(core, kind) => format!("the {} {}", kind_name(*kind), self.core_name(core)),
            Source::Destructor(core) => format!("the destructor {}", self.core_name(core)),
            Source::ThreadLocal(_) => "the base of main's thread-local storage".to_string(),
            Source::HostedMemory => self.memory_name(&MemoryRef::Hosted),
        }
    }
}

/// A reference to an export.
pub(super) fn core(module: ModuleId, export: &str) -> CoreRef {
    CoreRef { module, export: export.to_string() }
}

pub(super) fn is_kind(kind: Kind, ty: &Extern) -> bool {
    kind_name(kind) == ty.kind()
}

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Func => "func",
        Kind::Memory => "memory",
        Kind::Global => "global",
        Kind::Table => "table",
        Kind::Tag => "tag",
    }
}

/// An interface's name with its version cut to what compatible versions have in common: `1`, `0.2` or `0.0.3`.
pub(super) fn track(name: &str) -> Option<String> {
    let Some((interface, version)) = name.split_once('@') else { return Some(name.to_string()) };
    let version = semver::Version::parse(version).ok()?;
    let common = match (version.major, version.minor, version.patch) {
        _ if !version.pre.is_empty() => version.to_string(),
        (0, 0, patch) => format!("0.0.{patch}"),
        (0, minor, _) => format!("0.{minor}"),
        (major, ..) => major.to_string(),
    };
    Some(format!("{interface}@{common}"))
}
