//! Measures adapters: their full size, and their garbage-collected size for a guest that imports one function of
//! preview1.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use polyfill_encoder::{Adapter, Input, Options, Source};
use polyfill_reference::IMPORT_MODULE;
use serde::Serialize;
use wasmparser::{CompositeInnerType, ExternalKind, FuncType, Parser, Payload, TypeRef, ValType};

/// Functions of preview1.
pub const FUNCTIONS: [&str; 46] = [
    "args_get",
    "args_sizes_get",
    "clock_res_get",
    "clock_time_get",
    "environ_get",
    "environ_sizes_get",
    "fd_advise",
    "fd_allocate",
    "fd_close",
    "fd_datasync",
    "fd_fdstat_get",
    "fd_fdstat_set_flags",
    "fd_fdstat_set_rights",
    "fd_filestat_get",
    "fd_filestat_set_size",
    "fd_filestat_set_times",
    "fd_pread",
    "fd_prestat_dir_name",
    "fd_prestat_get",
    "fd_pwrite",
    "fd_read",
    "fd_readdir",
    "fd_renumber",
    "fd_seek",
    "fd_sync",
    "fd_tell",
    "fd_write",
    "path_create_directory",
    "path_filestat_get",
    "path_filestat_set_times",
    "path_link",
    "path_open",
    "path_readlink",
    "path_remove_directory",
    "path_rename",
    "path_symlink",
    "path_unlink_file",
    "poll_oneoff",
    "proc_exit",
    "proc_raise",
    "random_get",
    "sched_yield",
    "sock_accept",
    "sock_recv",
    "sock_send",
    "sock_shutdown",
];

/// Profile of the adapters of a configuration. Names are `module.field`, sorted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Profile {
    /// Names of the adapters, joined by `+`.
    pub adapter: String,
    /// Total size in bytes.
    pub size: usize,
    /// Imports of the adapters.
    pub imports: BTreeSet<String>,
    /// Exports of the adapters.
    pub exports: BTreeSet<String>,
    /// Garbage-collected adapters for a command that imports one function, by its name. Functions that the adapters
    /// lack are omitted.
    pub functions: BTreeMap<String, Kept>,
}

/// Garbage-collected adapters for one imported function.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// Remaining imports from WASI.
    pub imports: BTreeSet<String>,
    /// Number of functions with code.
    pub functions: usize,
    /// Bytes of code.
    pub code: usize,
    /// Reason that there is no component, if encoding failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl Profile {
    /// Measures a chain: its adapters, and their modules in the same order.
    pub(crate) fn of(name: &str, adapters: &[Adapter<'_>], wasm: &[&[u8]]) -> Profile {
        let facts: Vec<Facts> = wasm.iter().map(|wasm| Facts::of(wasm)).collect();
        let kept = |function: &&str| {
            // The first that has it is asked.
            let ty = facts.iter().find_map(|facts| facts.functions.get(*function))?;
            Some((function.to_string(), Kept::of(&guest(function, ty)?, adapters)))
        };
        Profile {
            adapter: name.to_string(),
            size: wasm.iter().map(|wasm| wasm.len()).sum(),
            imports: facts.iter().flat_map(|facts| facts.imports.iter().cloned()).collect(),
            exports: facts.iter().flat_map(|facts| facts.exports.iter().cloned()).collect(),
            functions: FUNCTIONS.iter().filter_map(kept).collect(),
        }
    }
}

impl Kept {
    fn of(guest: &[u8], adapters: &[Adapter<'_>]) -> Kept {
        let main = Source { name: "guest".to_string(), wasm: guest, wit: None };
        let input = Input { main, adapters: adapters.to_vec() };
        let mut kept = Kept::default();
        match polyfill_encoder::encode(&input, &Options { validate: false, ..Options::default() }) {
            Ok(encoded) => {
                for module in encoded.plan.kept() {
                    let facts = Facts::of(module.wasm);
                    kept.functions += facts.bodies;
                    kept.code += facts.code;
                    kept.imports.extend(facts.imports.into_iter().filter(|name| name.starts_with("wasi:")));
                }
            }
            Err(errors) => kept.error = Some(errors.to_string()),
        }
        kept
    }
}

/// Returns a command that imports one function and does nothing.
fn guest(function: &str, ty: &FuncType) -> Option<Vec<u8>> {
    let list = |word: &str, types: &[ValType]| {
        let mut text = String::new();
        for ty in types {
            // Writing to a text cannot fail.
            let _ = write!(text, " ({word} {ty})");
        }
        text
    };
    let (params, results) = (list("param", ty.params()), list("result", ty.results()));
    let text = format!(
        "(module (import \"{IMPORT_MODULE}\" \"{function}\" (func{params}{results})) (memory (export \"memory\") 1) \
         (func (export \"_start\")))"
    );
    wat::parse_str(text).ok()
}

/// Contents of a module.
#[derive(Default)]
struct Facts {
    imports: BTreeSet<String>,
    exports: BTreeSet<String>,
    /// Exported functions.
    functions: BTreeMap<String, FuncType>,
    bodies: usize,
    /// Bytes of the code section.
    code: usize,
}

impl Facts {
    /// Reads the contents. For a malformed module, contains only the parts that could be read.
    fn of(wasm: &[u8]) -> Facts {
        let mut facts = Facts::default();
        let (mut types, mut functions) = (Vec::new(), Vec::new());
        for payload in Parser::new(0).parse_all(wasm).map_while(Result::ok) {
            match payload {
                Payload::TypeSection(section) => {
                    for ty in section.into_iter().map_while(Result::ok).flat_map(|group| group.into_types()) {
                        types.push(match ty.composite_type.inner {
                            CompositeInnerType::Func(ty) => Some(ty),
                            _ => None,
                        });
                    }
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports().map_while(Result::ok) {
                        facts.imports.insert(format!("{}.{}", import.module, import.name));
                        if let TypeRef::Func(ty) | TypeRef::FuncExact(ty) = import.ty {
                            functions.push(ty);
                        }
                    }
                }
                Payload::FunctionSection(section) => functions.extend(section.into_iter().map_while(Result::ok)),
                Payload::ExportSection(section) => {
                    for export in section.into_iter().map_while(Result::ok) {
                        facts.exports.insert(export.name.to_string());
                        let ty = functions.get(export.index as usize).and_then(|ty| types.get(*ty as usize)?.clone());
                        if let (ExternalKind::Func | ExternalKind::FuncExact, Some(ty)) = (export.kind, ty) {
                            facts.functions.insert(export.name.to_string(), ty);
                        }
                    }
                }
                Payload::CodeSectionStart { count, size, .. } => {
                    (facts.bodies, facts.code) = (count as usize, size as usize)
                }
                _ => {}
            }
        }
        facts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(name: &str) -> Profile {
        let found = polyfill_reference::find(name).unwrap().unwrap();
        Profile::of(name, &[Adapter::new(IMPORT_MODULE, found.wasm())], &[found.wasm()])
    }

    #[test]
    fn a_published_adapter_has_all_functions() {
        let newest = profile("reference-command@50.0.1");
        assert_eq!(newest.functions.keys().map(String::as_str).collect::<Vec<_>>(), FUNCTIONS);
        assert_eq!((newest.size, newest.exports.len()), (51_854, 52));
        assert!(newest.functions.values().all(|kept| kept.error.is_none() && kept.code > 0), "{newest:?}");
        let imports = |function: &str| newest.functions[function].imports.iter().cloned().collect::<Vec<_>>().join(" ");
        assert!(imports("random_get").contains("wasi:random/random"), "{}", imports("random_get"));
        assert!(!imports("random_get").contains("wasi:filesystem/types"), "{}", imports("random_get"));
    }

    #[test]
    fn what_cannot_be_encoded_says_why() {
        let wasm = wat::parse_str(
            "(module (import \"a:b/c@1.0.0\" \"f\" (func)) (func (export \"sched_yield\") (result i32) call 0 i32.const 0))",
        );
        let wasm = wasm.unwrap();
        let profile = Profile::of("mine", &[Adapter::new(IMPORT_MODULE, &wasm)], &[&wasm]);
        assert_eq!(profile.functions.keys().collect::<Vec<_>>(), ["sched_yield"]);
        assert!(profile.functions["sched_yield"].error.is_some(), "{profile:?}");
    }
}
