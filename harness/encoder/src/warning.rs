//! Warnings: problems of an input that can be encoded, but probably not into the intended component.

use wasmparser::{Operator, Parser, Payload, TypeRef};

use crate::bind::Meaning;
use crate::error::remedy;
use crate::hint;
use crate::layers;
use crate::names;
use crate::parts::Parts;
use crate::plan::ModuleId;
use crate::read::{Extern, Module};
use crate::world::World;

/// A problem that does not prevent encoding.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Warning {
    /// The component exports nothing although the module exports functions.
    #[error(
        "the component of `{module}` exports nothing: {reason}\n  dropped:  {}{}", shown(.exports), remedy(.hints)
    )]
    ExportsDropped {
        /// Name of the module.
        module: String,
        /// Reason why nothing is exported.
        reason: String,
        /// Functions that the module exports and the component does not.
        exports: Vec<String>,
        /// Possible remedies.
        hints: Vec<String>,
    },
    /// An adapter is not used by any module.
    #[error("adapter `{adapter}` is not used: {reason}{}", remedy(.hints))]
    UnusedAdapter {
        /// Name of the adapter.
        adapter: String,
        /// Reason why it is not used.
        reason: String,
        /// Possible remedies.
        hints: Vec<String>,
    },
    /// A module uses an instruction of the legacy exception-handling proposal.
    #[error(
        "`{module}` uses the legacy exception instruction `{instruction}` (at byte {offset:#x}), which engines that implement the final proposal reject\n  help: build it with `try_table` instead: `-mllvm -wasm-use-legacy-eh=false` for clang and Rust, or `wasm-opt --translate-to-exnref`"
    )]
    LegacyExceptions {
        /// Name of the module.
        module: String,
        /// First such instruction.
        instruction: &'static str,
        /// Offset of the instruction from the start of the module, in bytes.
        offset: u64,
    },
}

/// Returns all warnings for a successful encoding.
pub(crate) fn find(modules: &[Module<'_>], world: &World, parts: &Parts<'_>) -> Vec<Warning> {
    let mut warnings: Vec<Warning> = exports_dropped(modules, world, parts).into_iter().collect();
    for (index, module) in modules.iter().enumerate().skip(1) {
        if parts.get(ModuleId(index)).is_none() && !module.layer.generated && !module.layer.transparent {
            warnings.push(unused(modules, parts, index));
        }
    }
    warnings.extend(modules.first().and_then(legacy_exceptions));
    warnings
}

/// Returns a warning with main's dropped exports if the component exports nothing.
fn exports_dropped(modules: &[Module<'_>], world: &World, parts: &Parts<'_>) -> Option<Warning> {
    let main = modules.first()?;
    if world.exported_functions().next().is_some() || world.exported_interfaces().next().is_some() {
        return None;
    }
    let taken = |name: &str| {
        let meanings = parts.iter().flat_map(|(_, part)| &part.bound.imports);
        meanings.into_iter().any(|meaning| matches!(meaning, Meaning::Main(export, _) if export == name))
    };
    let functions = main.exports.iter().filter(|export| matches!(export.ty, Extern::Func(_)));
    let dropped = functions.map(|export| export.name.as_str()).filter(|name| !names::has_meaning(name) && !taken(name));
    let exports: Vec<String> = dropped.map(str::to_string).collect();
    if exports.is_empty() {
        return None;
    }
    let is_command = exports.iter().any(|export| export == names::START);
    let has_wit = main.wit.is_some() || !main.metadata.is_empty();
    let reason = if has_wit {
        "the world of the module exports nothing"
    } else {
        "no WIT was provided, and the module has no `component-type` section"
    };
    let mut hints = Vec::new();
    if is_command {
        hints.push(format!(
            "`{}` is called by a command adapter: pass one, for example `--adapt reference-command`",
            names::START
        ));
    }
    if !is_command || exports.len() > 1 {
        let hint = if has_wit {
            "provide WIT whose world exports them"
        } else {
            "provide WIT whose world exports them (`--wit PATH[#WORLD]`), or embed it in a `component-type` section"
        };
        hints.push(hint.to_string());
    }
    Some(Warning::ExportsDropped { module: main.name.clone(), reason: reason.to_string(), exports, hints })
}

/// Returns the warning for an unused adapter, with the reason.
fn unused(modules: &[Module<'_>], parts: &Parts<'_>, index: usize) -> Warning {
    let module = &modules[index];
    let implements = &module.layer.implements;
    // Only modules that are part of the component count: imports of other unused adapters are not required.
    let importers = parts.iter().map(|(id, _)| &modules[id.0]);
    let imports: Vec<(&str, &str)> = importers
        .flat_map(|importer| importer.imports.iter().map(move |import| (importer.name.as_str(), import)))
        .filter(|(_, import)| matches!(import.ty, Extern::Func(_)) && !names::is_reserved(&import.module))
        .map(|(importer, import)| (importer, import.module.as_str()))
        .collect();
    let wanted = |name: &&String| imports.iter().any(|(_, import)| layers::is_named(name, import));
    let list = implements.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or ");
    let (reason, hints) = if implements.iter().any(|name| wanted(&name)) {
        let reason = format!("imports from {list} are served by an adapter in front of it, or are not needed");
        (reason, vec!["remove it, or move it to the front".to_string()])
    } else if let Some((importer, import, name)) = other_version(implements, &imports) {
        let reason = format!("it implements `{name}`, but `{importer}` imports `{import}`, an incompatible version");
        (reason, vec![format!("pass an adapter that implements `{import}`, or build `{importer}` against `{name}`")])
    } else {
        let near = implements.iter().flat_map(|name| hint::near(name, imports.iter().map(|(_, import)| *import)));
        let mut hints: Vec<String> = near.collect();
        if hints.is_empty() {
            hints.push("remove it, or specify the import module that it implements, as in `--adapt NAME=FILE`".into());
        }
        (format!("nothing imports {list}"), hints)
    };
    Warning::UnusedAdapter { adapter: module.name.clone(), reason, hints }
}

/// Finds an import of another version of an implemented interface. Returns the importer, the import module, and the
/// name that the adapter implements.
fn other_version<'m>(implements: &'m [String], imports: &[(&'m str, &'m str)]) -> Option<(&'m str, &'m str, &'m str)> {
    let interface = |name: &'m str| name.split_once('@').map_or(name, |(interface, _)| interface);
    implements.iter().filter(|name| name.contains('/')).find_map(|name| {
        let same = imports.iter().find(|(_, import)| interface(import) == interface(name));
        same.map(|(importer, import)| (*importer, *import, name.as_str()))
    })
}

/// Finds the first legacy exception instruction of a module.
fn legacy_exceptions(module: &Module<'_>) -> Option<Warning> {
    let mut tags = false;
    for payload in Parser::new(0).parse_all(&module.bytes) {
        match payload.ok()? {
            Payload::ImportSection(imports) => {
                tags |= imports.into_imports().flatten().any(|import| matches!(import.ty, TypeRef::Tag(_)));
            }
            Payload::TagSection(_) => tags = true,
            // A module without tags cannot throw. Most modules have none and are skipped here.
            Payload::CodeSectionStart { .. } if !tags => return None,
            Payload::CodeSectionEntry(body) => {
                for operator in body.get_operators_reader().ok()?.into_iter_with_offsets() {
                    let (operator, offset) = operator.ok()?;
                    let instruction = match operator {
                        Operator::Try { .. } => "try",
                        Operator::Rethrow { .. } => "rethrow",
                        Operator::Delegate { .. } => "delegate",
                        _ => continue,
                    };
                    return Some(Warning::LegacyExceptions { module: module.name.clone(), instruction, offset });
                }
            }
            _ => {}
        }
    }
    None
}

/// Formats at most 10 names and the number of the others.
fn shown(names: &[String]) -> String {
    const MOST: usize = 10;
    let first = names.iter().take(MOST).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(MOST) {
        0 => first,
        more => format!("{first}, and {more} more"),
    }
}
