//! Errors for main's memory: each cause is reported once and with a remedy.
//!
//! The canonical ABI lifts from and lowers to one memory of each module, which must be unshared and have 32-bit
//! addresses. Each import and export that needs a memory reports an unsupported or missing one; [`once`] merges these
//! errors into one.

use wasmparser::MemoryType;

use crate::error::{Error, Errors};
use crate::input::{Options, Region};
use crate::names;
use crate::parts::Parts;
use crate::read::{Extern, Module};
use crate::roles;
use crate::trim::{MEMORY_GROW, Problem, TrimError, When};

/// Returns the error for an unsupported memory of main. Returns `None` if the memory is supported or if main has no
/// memory.
pub(crate) fn unsupported(main: &Module<'_>) -> Option<Error> {
    let ty = roles::memory_of(main)?;
    let (found, remedy) = match (ty.memory64, ty.shared) {
        (false, false) => return None,
        (true, shared) => (
            if shared { "a shared 64-bit memory" } else { "a 64-bit memory" },
            "build it for 32-bit addresses: target `wasm32-wasip1` or `wasm32-unknown-unknown`, not `wasm64-..`",
        ),
        (false, true) => (
            "a shared memory",
            "build it without threads: target `wasm32-wasip1`, not `wasm32-wasip1-threads`, and without `-pthread` and `--shared-memory`",
        ),
    };
    let is_memory = |ty: &Extern| matches!(ty, Extern::Memory(_));
    let exported = names::MEMORIES.iter().filter_map(|name| main.export(name)).find(|export| is_memory(&export.ty));
    let (item, offset) = match exported {
        Some(export) => (format!("exports `{}`", export.name), export.offset),
        None => {
            let import = main.imports.iter().find(|import| is_memory(&import.ty))?;
            (format!("imports `{}` `{}`", import.module, import.field), import.offset)
        }
    };
    Some(Error::MemoryKind { module: main.name.clone(), item, offset, found, remedy })
}

/// Replaces all errors that follow from main's memory by one error.
pub(crate) fn once(main: &Module<'_>, errors: Errors) -> Errors {
    let unsupported = unsupported(main);
    let is_wide = roles::memory_of(main).is_some_and(|ty| ty.memory64);
    let (mut kept, mut missing, mut follows) = (Vec::new(), None::<(usize, usize)>, false);
    for error in errors {
        match &error {
            Error::MemoryKind { .. } => follows = true,
            // Pointers of another size follow from a 64-bit memory.
            Error::WrongType { module, expected, found, .. } if is_wide && *module == main.name => {
                if is_widened(expected, found) {
                    follows = true;
                } else {
                    kept.push(error);
                }
            }
            Error::Trim(TrimError { problem: Problem::MemoryKind { .. }, .. }) => {
                follows |= unsupported.is_some();
                kept.push(error);
            }
            Error::MissingMemory { .. } | Error::NoMainMemory { .. } => match &mut missing {
                Some((_, others)) => *others += 1,
                None => {
                    missing = Some((kept.len(), 0));
                    kept.push(error);
                }
            },
            _ => kept.push(error),
        }
    }
    if let Some((at, count)) = missing
        && let Some(Error::MissingMemory { others, .. } | Error::NoMainMemory { others, .. }) = kept.get_mut(at)
    {
        *others = count;
    }
    kept.splice(..0, unsupported.filter(|_| follows));
    Errors::of(kept)
}

/// Returns true if two types in text form differ only in `i64` for `i32`.
fn is_widened(expected: &str, found: &str) -> bool {
    let word = |c: char| c == ' ' || c == ')';
    let (expected, found): (Vec<&str>, Vec<&str>) = (expected.split(word).collect(), found.split(word).collect());
    let same = |(expected, found): (&&str, &&str)| expected == found || (*expected, *found) == ("i32", "i64");
    expected.len() == found.len() && expected != found && expected.iter().zip(&found).all(same)
}

/// Returns hints for a main module that exports no memory as `memory`, based on its actual memories and exports.
pub(crate) fn near(main: &Module<'_>) -> Vec<String> {
    let [wanted, _] = names::MEMORIES;
    let exported = main.exports.iter().filter(|export| matches!(export.ty, Extern::Memory(_)));
    let others: Vec<String> = exported.map(|export| format!("`{}`", export.name)).collect();
    let taken = names::MEMORIES.iter().find_map(|name| main.export(name));
    if let Some(export) = taken {
        return vec![format!(
            "its export `{}` is a {}: export the memory under that name",
            export.name,
            export.ty.kind()
        )];
    }
    match (others.as_slice(), main.memories.len()) {
        ([other], _) => vec![format!("it exports its memory as {other}: export it as `{wanted}`")],
        ([_, _, ..], _) => {
            vec![format!("it exports memories as {}: export the one that it uses as `{wanted}`", others.join(", "))]
        }
        ([], 0) => vec![format!("it has no memory: define one, and export it as `{wanted}`")],
        ([], _) => vec![format!("it defines a memory that it does not export: export it as `{wanted}`")],
    }
}

/// Returns the error for a memory of main that has no room for the regions of adapters that grow it during
/// instantiation. Every instantiation of such a component would trap.
pub(crate) fn full(parts: &Parts<'_>, options: &Options) -> Option<Error> {
    let main = &parts.main.module;
    let ty = roles::memory_of(main)?;
    let page = page(&ty);
    let most = ty.maximum.unwrap_or((1 << 32) / page).min((1 << 32) / page);
    let mut pages = ty.initial;
    for part in parts.adapters.iter().flatten() {
        let Some(region) = part.trimmed.as_ref().and_then(|trimmed| trimmed.region.as_ref()) else { continue };
        if region.source != MEMORY_GROW || region.when != When::Instantiation {
            continue;
        }
        let bytes = (u64::from(region.stack_bytes) + u64::from(region.data_bytes)).max(1);
        pages = pages.saturating_add(bytes.div_ceil(page));
        if pages <= most {
            continue;
        }
        let realloc = roles::realloc_of(main, &names::MAIN_REALLOCS);
        let mut hints = match (realloc, options.region) {
            (Some(name), Region::MemoryGrow) => {
                vec![format!(
                    "let adapters allocate their memory with main's `{name}`: remove `realloc-via-memory-grow`"
                )]
            }
            // `memory.grow` is used despite the realloc: main's start function calls adapters before the realloc is
            // available.
            (Some(_), Region::Auto) => Vec::new(),
            (None, _) => vec![format!("export a realloc from main, as `{}`", names::WANTED_REALLOCS[0])],
        };
        if pages <= (1 << 32) / page {
            hints.push(format!("link main with a larger maximum: `--max-memory={}` or more", pages * page));
        }
        hints.push("use the adapter in isolated form, which has its own memory".to_string());
        return Some(Error::MemoryFull {
            main: main.name.clone(),
            adapter: part.module.name.clone(),
            bytes,
            initial: ty.initial,
            maximum: most,
            hints,
        });
    }
    None
}

/// Returns the page size in bytes.
pub(crate) fn page(ty: &MemoryType) -> u64 {
    1 << ty.page_size_log2.unwrap_or(16).min(16)
}

#[cfg(test)]
mod tests {
    use super::is_widened;

    #[test]
    fn types_with_64_bit_pointers_are_recognized() {
        for (expected, found, widened) in [
            ("(func (param i32 i32) (result i32))", "(func (param i32 i64) (result i32))", true),
            ("(func (param i32 i32) (result i32))", "(func (param i64 i64) (result i64))", true),
            ("(func (param i32 i32))", "(func (param i32 i32))", false),
            ("(func (param i32 i32))", "(func (param i64))", false),
            ("(func (param i64))", "(func (param i32))", false),
            ("(func (param i32 f32))", "(func (param i64 f64))", false),
        ] {
            assert_eq!(is_widened(expected, found), widened, "{expected} {found}");
        }
    }
}
