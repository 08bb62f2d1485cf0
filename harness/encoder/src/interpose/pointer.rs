//! Access to main's stack pointer: adds an exported function to main that returns it.
//!
//! New items are appended, so existing indices and code offsets do not change. A main module with a start function is
//! not changed, because it may call adapters before its exports can be called.

use wasm_encoder::{Encode, SectionId};
use wasmparser::{ExternalKind, GlobalType, KnownCustom, Name, Parser, Payload, TypeRef, ValType};

use crate::error::Error;
use crate::hoist::{HEADER, counted, sections};
use crate::read::{self, Module};

/// Name of the added export.
pub(super) const GETTER: &str = "polyfill:stack-pointer";

/// Name of the global, as an export or in the name section.
const STACK_POINTER: &str = "__stack_pointer";

/// Returns main with a function that returns its stack pointer, if the stack pointer is known.
pub(crate) fn readable<'a>(main: Module<'a>) -> Result<Module<'a>, Error> {
    if main.has_start || main.exports_function(GETTER) {
        return Ok(main);
    }
    // A malformed module is reported by a later stage.
    match readable_bytes(&main.bytes) {
        Ok(Some(bytes)) => {
            let Module { name, wit, decoded, layer, .. } = main;
            Ok(Module { wit, decoded, layer, ..read::read(&name, bytes)? })
        }
        Ok(None) | Err(_) => Ok(main),
    }
}

/// Returns the module with the added function, or `None` if the stack pointer is unknown.
fn readable_bytes(bytes: &[u8]) -> wasmparser::Result<Option<Vec<u8>>> {
    let facts = Facts::of(bytes)?;
    let Some(global) = facts.pointer() else { return Ok(None) };
    let sections = sections(bytes)?;
    let added = [SectionId::Type, SectionId::Function, SectionId::Export, SectionId::Code].map(|id| id as u8);
    let all_there = added.iter().all(|id| sections.iter().any(|section| section.id == *id));
    let code = sections.iter().find(|section| section.id == SectionId::Code as u8);
    let Some(code) = code.filter(|_| all_there) else { return Ok(None) };
    let (bodies, _) = counted(bytes, code)?;
    let length = |number: u32| {
        let mut encoded = Vec::new();
        number.encode(&mut encoded);
        encoded.len()
    };
    if length(bodies) != length(bodies.saturating_add(1)) {
        // The code would move by one byte, which would invalidate debug information.
        return Ok(None);
    }
    let mut out = bytes[..HEADER].to_vec();
    for section in &sections {
        let new = if section.id == SectionId::Type as u8 {
            vec![0x60, 0, 1, 0x7f]
        } else if section.id == SectionId::Function as u8 {
            encoded(&[&facts.types])
        } else if section.id == SectionId::Export as u8 {
            encoded(&[&GETTER, &0u32, &facts.functions])
        } else if section.id == SectionId::Code as u8 {
            let body = [vec![0, 0x23], encoded(&[&global]), vec![0x0b]].concat();
            encoded(&[&body.as_slice()])
        } else {
            out.extend_from_slice(&bytes[section.whole.clone()]);
            continue;
        };
        let (count, entries) = counted(bytes, section)?;
        let contents = [encoded(&[&count.saturating_add(1)]), entries.to_vec(), new].concat();
        out.push(section.id);
        contents.encode(&mut out);
    }
    Ok(Some(out))
}

fn encoded(parts: &[&dyn Encode]) -> Vec<u8> {
    let mut bytes = Vec::new();
    parts.iter().for_each(|part| part.encode(&mut bytes));
    bytes
}

/// Properties of a module.
#[derive(Default)]
struct Facts {
    /// Number of types and functions.
    types: u32,
    functions: u32,
    globals: Vec<GlobalType>,
    exported: Option<u32>,
    named: Option<u32>,
}

impl Facts {
    fn of(bytes: &[u8]) -> wasmparser::Result<Facts> {
        let mut facts = Facts::default();
        for payload in Parser::new(0).parse_all(bytes) {
            match payload? {
                Payload::TypeSection(types) => {
                    for group in types {
                        facts.types += group?.types().len() as u32;
                    }
                }
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        match import?.ty {
                            TypeRef::Func(_) | TypeRef::FuncExact(_) => facts.functions += 1,
                            TypeRef::Global(ty) => facts.globals.push(ty),
                            _ => {}
                        }
                    }
                }
                Payload::FunctionSection(functions) => {
                    facts.functions = facts.functions.saturating_add(functions.count())
                }
                Payload::GlobalSection(globals) => {
                    for global in globals {
                        facts.globals.push(global?.ty);
                    }
                }
                Payload::ExportSection(exports) => {
                    for export in exports {
                        let export = export?;
                        if export.kind == ExternalKind::Global && export.name == STACK_POINTER {
                            facts.exported = Some(export.index);
                        }
                    }
                }
                Payload::CustomSection(section) => {
                    let KnownCustom::Name(names) = section.as_known() else { continue };
                    for name in names.into_iter().map_while(Result::ok) {
                        let Name::Global(map) = name else { continue };
                        let mut map = map.into_iter().map_while(Result::ok);
                        facts.named = map.find(|naming| naming.name == STACK_POINTER).map(|naming| naming.index);
                    }
                }
                _ => {}
            }
        }
        Ok(facts)
    }

    /// Returns the index of the stack pointer global.
    fn pointer(&self) -> Option<u32> {
        let global = self.exported.or(self.named)?;
        let ty = self.globals.get(global as usize)?;
        (ty.mutable && ty.content_type == ValType::I32).then_some(global)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Name, input, and expected output, or `None` if the module is not changed.
    const CASES: &[(&str, &str, Option<&str>)] = &[
        (
            "an export",
            r#"(module (func (export "f")) (global (export "__stack_pointer") (mut i32) (i32.const 8)))"#,
            Some(
                r#"(module (type (func)) (type (func (result i32)))
                    (func (export "f")) (global (export "__stack_pointer") (mut i32) (i32.const 8))
                    (export "polyfill:stack-pointer" (func 1))
                    (func (type 1) global.get 0))"#,
            ),
        ),
        (
            "a name, after imports",
            r#"(module (import "a" "g" (global i64)) (import "a" "f" (func (param i32))) (func (export "h"))
                (global $__stack_pointer (mut i32) (i32.const 8)))"#,
            Some(
                r#"(module (type (func (param i32))) (type (func)) (type (func (result i32)))
                    (import "a" "g" (global i64)) (import "a" "f" (func (type 0)))
                    (func (export "h") (type 1))
                    (export "polyfill:stack-pointer" (func 2))
                    (func (type 2) global.get $__stack_pointer)
                    (global $__stack_pointer (mut i32) (i32.const 8)))"#,
            ),
        ),
        ("another type", r#"(module (func (export "f")) (global (export "__stack_pointer") i32 (i32.const 8)))"#, None),
        ("another name", r#"(module (func (export "f")) (global $sp (mut i32) (i32.const 8)))"#, None),
        ("no function", r#"(module (global (export "__stack_pointer") (mut i32) (i32.const 8)))"#, None),
    ];

    #[test]
    fn an_exported_function_returns_the_stack_pointer() {
        let print = |wasm: &[u8]| wasmprinter::print_bytes(wasm).expect("a module");
        for (what, before, after) in CASES {
            let found = readable_bytes(&wat::parse_str(before).expect("a module")).expect("well formed");
            if let Some(found) = &found {
                wasmparser::Validator::new().validate_all(found).unwrap_or_else(|error| panic!("{what}: {error}"));
            }
            let after = after.map(|text| print(&wat::parse_str(text).expect("a module")));
            assert_eq!(found.as_deref().map(print), after, "{what}");
        }
    }

    #[test]
    fn code_offsets_do_not_change() {
        let functions = |count: usize| {
            let pointer = r#"(global (export "__stack_pointer") (mut i32) (i32.const 8))"#;
            let text = format!("(module {} {pointer})", "(func)".repeat(count));
            readable_bytes(&wat::parse_str(text).expect("a module")).expect("well formed")
        };
        assert!(functions(126).is_some());
        assert_eq!(functions(127), None);
        assert!(functions(128).is_some());
    }

    #[test]
    fn malformed_modules_do_not_panic() {
        let good = wat::parse_str(CASES[1].1).expect("a module");
        for length in 0..good.len() {
            let _ = readable_bytes(&good[..length]);
        }
        for at in 0..good.len() {
            for value in [0, 1, 0x7f, 0x80, 0xff] {
                let mut bad = good.clone();
                bad[at] = value;
                let _ = readable_bytes(&bad);
            }
        }
    }
}
