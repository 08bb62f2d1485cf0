//! Two components in one: the second one's imports are the first one's exports.

use wasm_encoder::{ComponentBuilder, ComponentExportKind};
use wasmparser::{ComponentExternalKind, ComponentTypeRef, Parser, Payload};

use super::FreezeError;

/// The component that exports what `main` exports, with `player` inside for its imports of those names.
pub(super) fn compose(player: &[u8], main: &[u8], names: &[String]) -> Result<Vec<u8>, FreezeError> {
    let (imports, exports) = sides(main).map_err(|error| FreezeError::Types(error.to_string()))?;
    let mut outer = ComponentBuilder::default();
    let player = outer.component_raw(Some("player"), player);
    let main = outer.component_raw(Some("main"), main);
    let player = outer.instantiate(Some("player"), player, Vec::<(String, ComponentExportKind, u32)>::new());
    let mut arguments = Vec::new();
    for (name, kind) in imports.iter().filter(|(name, _)| names.contains(name)) {
        arguments.push((name.clone(), *kind, outer.alias_export(player, name, *kind)));
    }
    let instance = outer.instantiate(Some("main"), main, arguments);
    for (name, kind) in &exports {
        let index = outer.alias_export(instance, name, *kind);
        outer.export(name, *kind, index, None);
    }
    Ok(outer.finish())
}

/// Names and kinds.
type Side = Vec<(String, ComponentExportKind)>;

/// What a component imports and what it exports.
fn sides(component: &[u8]) -> Result<(Side, Side), wasmparser::BinaryReaderError> {
    let (mut imports, mut exports) = (Side::new(), Side::new());
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(component) {
        match payload? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    let import = import?;
                    let kind = match import.ty {
                        ComponentTypeRef::Instance(_) => ComponentExportKind::Instance,
                        ComponentTypeRef::Func(_) => ComponentExportKind::Func,
                        ComponentTypeRef::Type(_) => ComponentExportKind::Type,
                        _ => continue,
                    };
                    imports.push((import.name.name.to_string(), kind));
                }
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                for export in section {
                    let export = export?;
                    let kind = match export.kind {
                        ComponentExternalKind::Instance => ComponentExportKind::Instance,
                        ComponentExternalKind::Func => ComponentExportKind::Func,
                        _ => continue,
                    };
                    exports.push((export.name.name.to_string(), kind));
                }
            }
            _ => {}
        }
    }
    Ok((imports, exports))
}
