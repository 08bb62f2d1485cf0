//! Errors for valid modules that are not supported: the construct and the function that contains it.

use wasmparser::{KnownCustom, Name, Parser, Payload, TypeRef, Validator, WasmFeatures};

use super::error::Problem;

/// Distinguishes invalid modules from valid modules that use unsupported features.
pub(super) fn named(wasm: &[u8], problem: Problem) -> Problem {
    let Problem::Invalid { offset, message } = &problem else { return problem };
    // Problems without an offset concern the output, not the input.
    if *offset == 0
        || !Parser::is_core_wasm(wasm)
        || Validator::new_with_features(WasmFeatures::all()).validate_all(wasm).is_err()
    {
        return problem;
    }
    let (function, what) = (function_at(wasm, *offset), construct(message));
    Problem::Unsupported { what, function, offset: *offset }
}

/// Extracts the unsupported construct from a message of the validator.
fn construct(message: &str) -> String {
    for end in [" support is not enabled", " proposal not supported", " not supported"] {
        if let Some(what) = message.strip_suffix(end) {
            return match what {
                "gc" => "types of the garbage collection proposal".to_string(),
                what => format!("the feature `{what}`"),
            };
        }
    }
    if let Some((what, instruction)) = message.split_once(" feature required for ") {
        return format!("the feature `{what}` ({instruction})");
    }
    format!("a feature that is not enabled ({message})")
}

/// Names the function whose body contains an offset: by its name, its export, or its index.
fn function_at(wasm: &[u8], offset: u64) -> Option<String> {
    let (mut count, mut found) = (0u32, None);
    let (mut exported, mut named) = (None, None);
    let mut exports = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.ok()? {
            Payload::ImportSection(imports) => {
                let imports = imports.into_imports().flatten();
                count += imports.filter(|i| matches!(i.ty, TypeRef::Func(_) | TypeRef::FuncExact(_))).count() as u32;
            }
            Payload::ExportSection(section) => exports.extend(section.into_iter().flatten()),
            Payload::CodeSectionEntry(body) => {
                if body.range().contains(&offset) {
                    found = Some(count);
                    let export = exports.iter().find(|e| super::is_function(e) && e.index == count);
                    exported = export.map(|export| export.name.to_string());
                }
                count += 1;
            }
            Payload::CustomSection(section) => {
                let KnownCustom::Name(names) = section.as_known() else { continue };
                for name in names.into_iter().flatten() {
                    let Name::Function(functions) = name else { continue };
                    let name = functions.into_iter().flatten().find(|naming| Some(naming.index) == found);
                    named = name.map(|naming| naming.name.to_string()).or(named);
                }
            }
            _ => {}
        }
    }
    found.map(|index| named.or(exported).unwrap_or_else(|| index.to_string()))
}
