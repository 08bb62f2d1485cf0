//! Composes a component with a provider component for some of its imports into one component. The result keeps the
//! remaining imports.
//!
//! The Canonical ABI of both components determines the encoding of strings and lists: a provider component covers
//! encodings that host functions do not use, such as UTF-16 strings.

use std::ops::Range;

use wasm_encoder::{
    Alias, Component, ComponentAliasSection, ComponentExportKind, ComponentExportSection, ComponentInstanceSection,
    ComponentSectionId, RawSection,
};
use wasmparser::{BinaryReaderError, ComponentAlias, ComponentExternalKind, Parser, Payload};

/// Indices of the two components in the outer one.
const MAIN: u32 = 0;
const PROVIDER: u32 = 1;

/// Import or export of a component.
struct Item {
    name: String,
    kind: ComponentExportKind,
}

/// Root level of a component.
#[derive(Default)]
struct Root<'a> {
    /// Leading sections: types, imports and aliases.
    head: Vec<(ComponentSectionId, &'a [u8])>,
    /// Number of functions and instances in the sections after that.
    functions: u32,
    instances: u32,
    imports: Vec<Item>,
    exports: Vec<Item>,
}

/// Returns the component with its imports satisfied by the provider's interfaces of the same name, ignoring versions.
/// The provider is text or binary, and must not import anything.
///
/// # Errors
///
/// Returns a message with the reason.
pub(crate) fn provide(component: &[u8], provider: &[u8]) -> Result<Vec<u8>, String> {
    let provider = wat::parse_bytes(provider).map_err(|error| format!("the provider: {error}"))?;
    let main = root(component).map_err(|message| format!("the component: {message}"))?;
    let gives = root(&provider).map_err(|message| format!("the provider: {message}"))?;
    if let Some(import) = gives.imports.first() {
        return Err(format!("the provider imports `{}`", import.name));
    }
    if let Some(export) = gives.exports.iter().find(|export| !main.imports.iter().any(|import| same(import, export))) {
        return Err(format!("the provider exports `{}`, which the component does not import", export.name));
    }

    let mut outer = Component::new();
    for (id, data) in &main.head {
        outer.section(&RawSection { id: *id as u8, data });
    }
    for data in [component, &provider] {
        outer.section(&RawSection { id: ComponentSectionId::Component as u8, data });
    }
    let mut spaces = Spaces { functions: main.functions, instances: main.instances };
    let provided = instance(&mut outer, &mut spaces, PROVIDER, &[]);
    let given = aliases(&mut outer, &mut spaces, provided, &gives.exports);
    // Imports are the first functions and instances.
    let mut imported = Spaces::default();
    let arguments = main.imports.iter().map(|import| {
        let own = imported.next(import.kind);
        let given = gives.exports.iter().zip(&given).find(|(export, _)| same(import, export));
        (import.name.as_str(), import.kind, given.map_or(own, |(_, index)| *index))
    });
    let arguments: Vec<_> = arguments.collect();
    let whole = instance(&mut outer, &mut spaces, MAIN, &arguments);
    let passed_on = aliases(&mut outer, &mut spaces, whole, &main.exports);
    let mut exports = ComponentExportSection::new();
    for (export, index) in main.exports.iter().zip(passed_on) {
        exports.export(&export.name, export.kind, index, None);
    }
    outer.section(&exports);
    Ok(outer.finish())
}

/// Next free indices.
#[derive(Default)]
struct Spaces {
    functions: u32,
    instances: u32,
}

impl Spaces {
    fn next(&mut self, kind: ComponentExportKind) -> u32 {
        let next = if kind == ComponentExportKind::Func { &mut self.functions } else { &mut self.instances };
        std::mem::replace(next, *next + 1)
    }
}

fn instance(
    outer: &mut Component,
    spaces: &mut Spaces,
    of: u32,
    arguments: &[(&str, ComponentExportKind, u32)],
) -> u32 {
    let mut section = ComponentInstanceSection::new();
    section.instantiate(of, arguments.iter().copied());
    outer.section(&section);
    spaces.next(ComponentExportKind::Instance)
}

fn aliases(outer: &mut Component, spaces: &mut Spaces, instance: u32, items: &[Item]) -> Vec<u32> {
    let mut section = ComponentAliasSection::new();
    for Item { name, kind } in items {
        section.alias(Alias::InstanceExport { instance, kind: *kind, name });
    }
    outer.section(&section);
    items.iter().map(|item| spaces.next(item.kind)).collect()
}

/// Returns true if the names are equal, ignoring versions.
fn same(import: &Item, export: &Item) -> bool {
    let unversioned = |item: &Item| item.name.split('@').next().map(str::to_string);
    import.kind == export.kind && unversioned(import) == unversioned(export)
}

fn root(bytes: &[u8]) -> Result<Root<'_>, String> {
    let data = |range: Range<u64>| bytes.get(range.start as usize..range.end as usize).unwrap_or_default();
    let wrong = |error: BinaryReaderError| error.to_string();
    let mut root = Root::default();
    let mut depth = 0_u32;
    let mut in_head = true;
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(wrong)?;
        match &payload {
            Payload::End(_) => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            Payload::ComponentTypeSection(section) if in_head => {
                root.head.push((ComponentSectionId::Type, data(section.range())));
            }
            Payload::ComponentAliasSection(section) if in_head => {
                for alias in section.clone() {
                    match alias.map_err(wrong)? {
                        ComponentAlias::InstanceExport { kind: ComponentExternalKind::Func, .. } => root.functions += 1,
                        ComponentAlias::InstanceExport { kind: ComponentExternalKind::Instance, .. } => {
                            root.instances += 1;
                        }
                        _ => {}
                    }
                }
                root.head.push((ComponentSectionId::Alias, data(section.range())));
            }
            Payload::ComponentImportSection(_) if !in_head => {
                return Err("its imports are not what it begins with".into());
            }
            Payload::ComponentImportSection(section) => {
                for import in section.clone() {
                    let import = import.map_err(wrong)?;
                    let item = item(import.name.name, import.ty.kind())?;
                    match item.kind {
                        ComponentExportKind::Func => root.functions += 1,
                        _ => root.instances += 1,
                    }
                    root.imports.push(item);
                }
                root.head.push((ComponentSectionId::Import, data(section.range())));
            }
            Payload::ComponentExportSection(section) => {
                for export in section.clone() {
                    let export = export.map_err(wrong)?;
                    root.exports.push(item(export.name.name, export.kind)?);
                }
            }
            Payload::Version { .. } | Payload::CustomSection(_) => {}
            _ => in_head = false,
        }
        if matches!(payload, Payload::ModuleSection { .. } | Payload::ComponentSection { .. }) {
            depth += 1;
        }
    }
    Ok(root)
}

fn item(name: &str, kind: ComponentExternalKind) -> Result<Item, String> {
    let kind = match kind {
        ComponentExternalKind::Func => ComponentExportKind::Func,
        ComponentExternalKind::Instance => ComponentExportKind::Instance,
        _ => return Err(format!("`{name}` is neither a function nor an interface")),
    };
    Ok(Item { name: name.to_string(), kind })
}
