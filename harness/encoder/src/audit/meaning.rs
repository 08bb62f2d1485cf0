//! The source of each wire must match the names of the import.

use wit_parser::{TypeDefKind, TypeId, WorldItem, WorldKey};

use super::Auditor;
use crate::names::{self, ImportName, Item};
use crate::plan::{CoreRef, Kind, MemoryRef, ModuleId, WireSource};
use crate::read::{Extern, Import};

impl Auditor<'_> {
    /// Returns true if `source` matches `import` of `importer`. The type of a lowered function is checked separately.
    pub(super) fn means(&self, importer: ModuleId, import: &Import, source: &WireSource) -> bool {
        if let Some(provider) = self.provider(importer, import) {
            return match source {
                WireSource::Export(core, kind) => {
                    core.module == provider && core.export == import.field && is_kind(*kind, &import.ty)
                }
                _ => false,
            };
        }
        let name = names::parse_import(&import.module, &import.field);
        match source {
            WireSource::OwnMemory(id) => *id == importer && self.means_memory(importer, import, &MemoryRef::Own(*id)),
            WireSource::Copy(id, copy) => {
                let named = (import.module.as_str(), import.field.as_str()) == (names::MAIN_MEMORY, copy.field());
                *id == importer && named && self.own_memory(importer).is_some()
            }
            WireSource::HostedMemory => self.means_memory(importer, import, &MemoryRef::Hosted),
            WireSource::Export(core, Kind::Memory) => {
                self.means_memory(importer, import, &MemoryRef::Export(core.clone()))
            }
            WireSource::Export(..) | WireSource::Destructor(_) => false,
            WireSource::ThreadLocal(access) => {
                importer == ModuleId::MAIN && names::thread_local(&import.module, &import.field) == Some(*access)
            }
            WireSource::Lower(function, _) => {
                name.item == Item::Func(&function.name)
                    && !name.exported
                    && self.means_interface(&name, function.key.as_ref())
            }
            WireSource::ResourceNew(id, _) => match name.item {
                Item::ResourceNew(resource) => name.exported && self.means_resource(&name, resource, *id),
                _ => false,
            },
            WireSource::ResourceRep(id, _) => match name.item {
                Item::ResourceRep(resource) => name.exported && self.means_resource(&name, resource, *id),
                _ => false,
            },
            WireSource::ResourceDrop(id, _) => match name.item {
                Item::ResourceDrop(resource) => self.means_resource(&name, resource, *id),
                _ => false,
            },
        }
    }

    /// Returns the module that provides an imported function: main, or the first adapter for the import's module name
    /// that exports it.
    pub(super) fn provider(&self, importer: ModuleId, import: &Import) -> Option<ModuleId> {
        let by_adapter = importer != ModuleId::MAIN;
        if by_adapter && import.module == names::MAIN {
            return Some(self.reporter(importer, import).unwrap_or(ModuleId::MAIN));
        }
        if !matches!(import.ty, Extern::Func(_)) || (by_adapter && import.module == names::MAIN_MEMORY) {
            return None;
        }
        let serves = |id: ModuleId| self.module(id).is_some_and(|m| stands_for(&m.layer.implements, &import.module));
        let from = if by_adapter && serves(importer) { importer.0 + 1 } else { 1 };
        let layers = (from..self.parts.len()).map(ModuleId).filter(|id| *id != importer && serves(*id));
        let mut layers =
            layers.filter(|id| matches!(self.export(&core(*id, &import.field)), Some(Extern::Func(_)))).peekable();
        while let Some(layer) = layers.next() {
            let stands_for_main = self.module(layer).is_some_and(|module| module.layer.transparent);
            if !stands_for_main || !by_adapter || layers.peek().is_some() {
                return Some(layer);
            }
        }
        None
    }

    /// Finds the interposition adapter that reports calls of this function of main.
    fn reporter(&self, importer: ModuleId, import: &Import) -> Option<ModuleId> {
        let reports = |id: ModuleId| {
            let module = self.module(id);
            module.is_some_and(|m| m.layer.transparent && m.layer.implements.iter().any(|name| name == names::MAIN))
        };
        let from = if reports(importer) { importer.0 + 1 } else { 1 };
        let exports = |id: &ModuleId| matches!(self.export(&core(*id, &import.field)), Some(Extern::Func(_)));
        (from..self.parts.len()).map(ModuleId).find(|id| *id != importer && reports(*id) && exports(id))
    }

    /// Returns the module whose memory and realloc a lowered import uses: the importer, or main for imports on main's
    /// behalf.
    pub(super) fn user(&self, importer: ModuleId, import: &Import) -> ModuleId {
        let as_main = names::parse_import(&import.module, &import.field).in_main;
        let transparent = self.module(importer).is_some_and(|module| module.layer.transparent);
        // An interposition adapter reports from its own memory.
        let reports = import.module.starts_with("polyfill:interpose/");
        if as_main || (transparent && !reports) { ModuleId::MAIN } else { importer }
    }

    fn means_memory(&self, importer: ModuleId, import: &Import, memory: &MemoryRef) -> bool {
        let named = match (importer, &self.plan.hosted_memory) {
            (ModuleId::MAIN, None) => false,
            (ModuleId::MAIN, Some(hosted)) => hosted.module == import.module && hosted.field == import.field,
            _ => (import.module.as_str(), import.field.as_str()) == names::SHARED_MEMORY,
        };
        named && matches!(import.ty, Extern::Memory(_)) && self.memory_of(importer).as_ref() == Some(memory)
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
        // A compatible version can satisfy an import, unless the exact version exists.
        let is_there = || self.interface_names(name.exported).contains(written.name);
        full == written.name || (!is_there() && track(&full) == track(written.name))
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

    pub(super) fn source_name(&self, source: &WireSource) -> String {
        let resource = |built_in: &str, id: TypeId| {
            let name = self.world.resolve.types.get(id).and_then(|ty| ty.name.as_deref()).unwrap_or_default();
            format!("{built_in} of `{name}`")
        };
        match source {
            WireSource::Lower(function, _) => format!("the lowered function `{function}`"),
            WireSource::ResourceNew(id, _) => resource("resource.new", *id),
            WireSource::ResourceRep(id, _) => resource("resource.rep", *id),
            WireSource::ResourceDrop(id, _) => resource("resource.drop", *id),
            WireSource::Export(core, kind) => format!("the {} {}", kind_name(*kind), self.core_name(core)),
            WireSource::Destructor(core) => format!("the destructor {}", self.core_name(core)),
            WireSource::ThreadLocal(_) => "the base of main's thread-local storage".to_string(),
            WireSource::HostedMemory => self.memory_name(&MemoryRef::Hosted),
            WireSource::OwnMemory(id) => self.memory_name(&MemoryRef::Own(*id)),
            WireSource::Copy(id, copy) => format!("the copy function `{}` of `{}`", copy.field(), self.name(*id)),
        }
    }
}

/// Creates a reference to an export.
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

/// Returns true if one of the names and patterns matches an import module.
fn stands_for(implements: &[String], module: &str) -> bool {
    let interface = |name: &str| name.contains('@').then(|| track(name)).flatten();
    implements.iter().any(|name| {
        let compatible = interface(name).is_some_and(|track| interface(module) == Some(track));
        name == module || compatible || is_like(name.as_bytes(), module.as_bytes())
    })
}

/// Matches a text against a pattern in which `*` stands for any number of characters.
fn is_like(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        ([b'*', rest @ ..], text) => is_like(rest, text) || (!text.is_empty() && is_like(pattern, &text[1..])),
        ([first, pattern @ ..], [second, text @ ..]) => first == second && is_like(pattern, text),
        _ => false,
    }
}

/// Reduces the version of an interface name to its compatibility track: `1`, `0.2` or `0.0.3`.
pub(super) fn track(name: &str) -> Option<String> {
    let Some((interface, version)) = name.split_once('@') else { return Some(name.to_string()) };
    let version = semver::Version::parse(version).ok()?;
    let common = match (version.major, version.minor, version.patch) {
        (major, minor, patch) if !version.pre.is_empty() => format!("{major}.{minor}.{patch}-{}", version.pre),
        (0, 0, patch) => format!("0.0.{patch}"),
        (0, minor, _) => format!("0.{minor}"),
        (major, ..) => major.to_string(),
    };
    Some(format!("{interface}@{common}"))
}
