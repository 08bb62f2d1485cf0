//! Main's memory: the reasons why a component cannot work with it, each told once and with a remedy.
//!
//! The canonical ABI lifts from and lowers to one memory of each module, unshared and with 32-bit addresses. Stages come
//! upon a memory of another kind, or upon none, at each import and export that needs one; [`once`] leaves one error.

use wasmparser::MemoryType;

use crate::demand::{self, Parts};
use crate::error::{Error, Errors};
use crate::input::{Options, Region};
use crate::names;
use crate::read::{Extern, Module};
use crate::trim::{MEMORY_GROW, Problem, TrimError, When};

/// The error for a memory of main's that the canonical ABI does not take; none if it takes it, or if there is no memory.
pub(crate) fn unsupported(main: &Module<'_>) -> Option<Error> {
    let ty = demand::memory_of(main)?;
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
        None => match main.imports.iter().find(|import| is_memory(&import.ty)) {
            Some(import) => (format!("imports `{}` `{}`", import.module, import.field), import.offset),
            None => return None,
        },
    };
    Some(Error::MemoryKind { module: main.name.clone(), item, offset, found, remedy })
}

/// The same errors with one for main's memory in place of those that follow from it.
pub(crate) fn once(main: &Module<'_>, errors: Errors) -> Errors {
    let unsupported = unsupported(main);
    let is_wide = demand::memory_of(main).is_some_and(|ty| ty.memory64);
    let (mut kept, mut missing, mut follows) = (Vec::new(), None::<(usize, usize)>, false);
    for error in errors {
        match &error {
            Error::MemoryKind { .. } => follows = true,
            // Pointers of another size.
            Error::WrongType { module, expected, found, .. } if is_wide && *module == main.name => {
                match is_widened(expected, found) {
                    true => follows = true,
                    false => kept.push(error),
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

/// Whether two types, as text, differ in `i64` for `i32` only.
fn is_widened(expected: &str, found: &str) -> bool {
    let word = |c: char| c == ' ' || c == ')';
    let (expected, found): (Vec<&str>, Vec<&str>) = (expected.split(word).collect(), found.split(word).collect());
    let same = |(expected, found): (&&str, &&str)| expected == found || (*expected, *found) == ("i32", "i64");
    expected.len() == found.len() && expected != found && expected.iter().zip(&found).all(same)
}

/// What there is in main in place of a memory exported as `memory`.
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
            vec![format!("it exports memories as {}: export the one it works in as `{wanted}`", others.join(", "))]
        }
        ([], 0) => vec![format!("it has no memory at all: define one, and export it as `{wanted}`")],
        ([], _) => vec![format!("it defines a memory that it does not export: export it as `{wanted}`")],
    }
}

/// The error for a memory of main's that has no room for the regions of adapters which grow it when they are
/// instantiated: each component would trap then.
pub(crate) fn full(parts: &Parts<'_>, options: &Options) -> Option<Error> {
    let main = &parts.first()?.as_ref()?.module;
    let ty = demand::memory_of(main)?;
    let page = page(&ty);
    let most = ty.maximum.unwrap_or((1 << 32) / page).min((1 << 32) / page);
    let mut pages = ty.initial;
    for part in parts.iter().flatten() {
        let Some(region) = part.trimmed.as_ref().and_then(|trimmed| trimmed.region.as_ref()) else { continue };
        if region.source != MEMORY_GROW || region.when != When::Instantiation {
            continue;
        }
        let bytes = (u64::from(region.stack_bytes) + u64::from(region.data_bytes)).max(1);
        pages = pages.saturating_add(bytes.div_ceil(page));
        if pages <= most {
            continue;
        }
        let realloc = demand::realloc_of(main, &names::MAIN_REALLOCS);
        let mut hints = match (realloc, options.region) {
            (Some(name), Region::MemoryGrow) => {
                vec![format!(
                    "let adapters take their memory from main's `{name}`: leave out `realloc-via-memory-grow`"
                )]
            }
            // Main's start function wants adapters before there is any realloc.
            (Some(_), Region::Auto) => Vec::new(),
            (None, _) => vec![format!("export a realloc from main, as `{}`", names::WANTED_REALLOCS[0])],
        };
        if pages <= (1 << 32) / page {
            hints.push(format!("link main with a larger maximum: `--max-memory={}` or more", pages * page));
        }
        hints.push("choose an adapter in the isolated form, which has a memory of its own".to_string());
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

/// The bytes of a page.
pub(crate) fn page(ty: &MemoryType) -> u64 {
    1 << ty.page_size_log2.unwrap_or(16).min(16)
}

#[cfg(test)]
mod tests {
    use super::is_widened;

    #[test]
    fn pointers_of_64_bits_are_recognised() {
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
