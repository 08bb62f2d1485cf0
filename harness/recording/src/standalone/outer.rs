//! Composition of two components: the exports of the first satisfy the imports of the second.

use wasm_encoder::{ComponentBuilder, ComponentExportKind};
use wasmparser::{ComponentExternalKind, ComponentTypeRef, Parser, Payload};

use super::StandaloneError;

/// Composes a component that exports the exports of `main`, whose imports `player` satisfies.
pub(super) fn compose(replaying_host: &[u8], main: &[u8], names: &[String]) -> Result<Vec<u8>, StandaloneError> {
    let (imports, exports) = sides(main).map_err(|error| StandaloneError::Types(error.to_string()))?;
    let mut outer = ComponentBuilder::default();
    let replaying_host = outer.component_raw(Some("replaying_host"), replaying_host);
    let main = outer.component_raw(Some("main"), main);
    let replaying_host =
        outer.instantiate(Some("replaying_host"), replaying_host, Vec::<(String, ComponentExportKind, u32)>::new());
    let mut arguments = Vec::new();
    for (name, kind) in imports.iter().filter(|(name, _)| names.contains(name)) {
        arguments.push((name.clone(), *kind, outer.alias_export(replaying_host, name, *kind)));
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

/// Returns the imports and the exports of a component.
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
