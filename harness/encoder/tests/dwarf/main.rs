//! DWARF of an adapter stays correct after its code has moved: each instruction has the same functions and lines as
//! before.

mod compile;
mod lookup;
mod malformed;
mod rustc;

use polyfill_encoder::{Adapter, Encoded, Input, Options, Region, Source, Wit, encode};

use compile::{Debuginfo, adapter};
use lookup::{Core, Frame};

/// Imports all functions of the adapter except one. With `realloc`, the adapter region is allocated by main.
const MAIN: &str = r#"(module
    (import "lines" "areas" (func (param i32) (result i32)))
    (import "lines" "bump" (func (param i32) (result i32)))
    (import "lines" "length" (func (param i32) (result i32)))
    (memory (export "memory") 17)
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 0)
)"#;

/// Encodes main and the adapter.
fn encoded(main: &[u8], adapter: &[u8], region: Region) -> Encoded {
    let mut resolve = wit_parser::Resolve::default();
    let package =
        resolve.push_str("nothing.wit", "package test:nothing; world nothing {}").expect("the test's own WIT");
    let world = resolve.select_world(&[package], None).expect("one world");
    let wit = Some(Wit { resolve, world });
    let main = Source { name: "main".into(), wasm: main, wit };
    let adapters = vec![Adapter::new("lines", adapter)];
    let options = Options { region, ..Options::default() };
    encode(&Input { main, adapters }, &options).unwrap_or_else(|errors| panic!("{errors}"))
}

/// Returns the adapter as it is embedded in a component, and the plan as text.
fn trimmed(adapter: &[u8], region: Region) -> (Vec<u8>, String) {
    let main = wat::parse_str(MAIN).expect("the test's own module");
    let encoded = encoded(&main, adapter, region);
    let module = lookup::module(&encoded.component, "lines").expect("the component must contain the adapter");
    (module, encoded.plan.to_string())
}

#[test]
fn every_instruction_keeps_its_lines() {
    for (level, debuginfo) in [("0", Debuginfo::Full), ("3", Debuginfo::Full), ("3", Debuginfo::Lines)] {
        let old = adapter(level, debuginfo);
        let old_core = Core::read(&old);
        for region in [Region::Auto, Region::MemoryGrow] {
            let (new, plan) = trimmed(&old, region);
            assert!(plan.contains("relocated with the code"), "{plan}");
            let new_core = Core::read(&new);
            let mut compared = 0;
            for (name, instructions) in &new_core.functions {
                // Code that the encoder generates has no source.
                let Some(before) = old_core.functions.get(name) else {
                    assert!(name.starts_with("polyfill."), "{name}");
                    continue;
                };
                let kept = lookup::without_prologue(instructions);
                assert_eq!(before.len(), kept.len(), "{name}: an instruction for each");
                for (old, new) in before.iter().zip(kept) {
                    assert_eq!(old.code, new.code, "{name}");
                    let (old, new) = (old_core.frames(old.offset), new_core.frames(new.offset));
                    assert_eq!(old, new, "{name}, level {level}, {debuginfo:?}");
                    compared += usize::from(!old.is_empty());
                }
            }
            assert!(compared > 500, "{compared} instructions with a line, level {level}, {debuginfo:?}");
            assert!(new_core.functions.keys().all(|name| !name.contains("only_for_unused")));
        }
    }
}

#[test]
fn marked_calls_have_their_source_lines() {
    let source = include_str!("lines.rs");
    for debuginfo in [Debuginfo::Full, Debuginfo::Lines] {
        let (new, _) = trimmed(&adapter("3", debuginfo), Region::Auto);
        let core = Core::read(&new);
        for (caller, function, callee, depth) in
            [("bump", "bump", "count", 0), ("areas", "areas", "shapes", 0), ("twice", "bump", "count", 1)]
        {
            let marker = format!("// line: {caller} -> {callee}");
            let line = 1 + source.lines().position(|line| line.ends_with(&marker)).expect("no such marker") as u32;
            let calls = core.calls(function, callee);
            let found: Vec<_> = calls.iter().map(|offset| core.frames(*offset)).collect();
            let right = |frames: &Vec<Frame>| {
                frames.len() == depth + 1
                    && frames[0].line == line
                    && frames[0].file.ends_with("dwarf/lines.rs")
                    && frames[0].function.contains(caller)
            };
            assert!(found.iter().any(right), "{marker}, line {line}: {found:#?}");
        }
    }
}

#[test]
fn dropped_functions_have_no_debug_information() {
    let old = adapter("3", Debuginfo::Full);
    let (new, _) = trimmed(&old, Region::Auto);
    let (before, after) = (Core::read(&old), Core::read(&new));
    assert!(before.debug_functions().iter().any(|name| name.contains("only_for_unused")));
    assert!(after.debug_functions().iter().all(|name| !name.contains("only_for_unused")));
    // Addresses of static data are unknown before the region is allocated.
    assert!(before.static_addresses() > 0);
    assert_eq!(after.static_addresses(), 0);
    // All remaining ranges refer to existing code.
    after.check_ranges();
}

#[test]
fn debug_sections_of_main_are_unchanged() {
    // Any module with DWARF can be used as main.
    let main = adapter("3", Debuginfo::Lines);
    let bytes = compile::as_main(&main);
    let mut encoded_main = Core::sections(&bytes);
    encoded_main.retain(|(name, _)| name.starts_with(".debug_"));
    assert!(encoded_main.len() >= 4, "{}", encoded_main.len());
    let encoded = encoded(&bytes, &main, Region::Auto);
    let found = lookup::module(&encoded.component, "main").expect("the component must contain main");
    let mut found = Core::sections(&found);
    found.retain(|(name, _)| name.starts_with(".debug_"));
    assert!(found == encoded_main);
}
