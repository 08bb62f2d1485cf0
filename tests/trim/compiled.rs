//! An adapter that is ordinary Rust: collections, formatting, statics, trait objects, locks and a panic.

use std::path::Path;

use wasmparser::{Parser, Payload};
use wasmtime::MemoryType;

use crate::exec::{Main, OLD, Running};
use crate::rustc;
use crate::support::{GROW, MAIN, good, isolated, trim_with};
use crate::trim::{Form, Stack, form};

const EXPORTS: [&str; 6] = ["bump", "shapes", "maps", "name", "upper", "deep"];

/// How adapters are linked that can share main's memory.
const MOVABLE: [&str; 2] = ["-Clink-arg=--import-memory", "-Clink-arg=--emit-relocs"];

/// Compiles `ordinary.rs` the way that adapters are compiled.
fn compiled(level: &str) -> Vec<u8> {
    linked(level, &MOVABLE)
}

fn linked(level: &str, options: &[&str]) -> Vec<u8> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/trim/ordinary/ordinary.rs");
    let level = format!("-Copt-level={level}");
    let options: Vec<String> = options.iter().map(|option| (*option).to_string()).chain([level]).collect();
    rustc::module(&source, &options)
}

/// Where main has a text that an export changes.
const TEXT: usize = 256;

/// What a series of calls returns and logs.
fn results(running: &mut Running) -> (Vec<i32>, Vec<String>) {
    let mut results = Vec::new();
    running.main.write(&mut running.store, TEXT, b"main's own text").expect("two pages");
    let calls =
        [("bump", 1), ("bump", 2), ("shapes", 5), ("maps", 10), ("maps", 11), ("name", 2), ("upper", 256), ("deep", 2)];
    for (name, parameter) in calls {
        results.push(running.call1(name, parameter).expect("no trap"));
    }
    assert_eq!(&running.main.data(&running.store)[TEXT..TEXT + 15], b"MAIN'S OWN text");
    (results, running.store.data().log.clone())
}

#[test]
fn ordinary_code_works_where_it_is_put() {
    for level in ["0", "3"] {
        let wasm = compiled(level);
        let expected = untouched(&wasm);
        assert_eq!(expected.0[..3], [8, 10, 35]);
        assert!(expected.1.contains(&"square: 25".to_string()), "{expected:?}");
        // The same bytes, in a memory of its own.
        let mut running = Running::isolated(&isolated(&wasm, &EXPORTS), Main::default());
        assert_eq!(results(&mut running), expected, "{level} isolated");
        untouched_main(&running);
        for realloc in [GROW, MAIN] {
            let trimmed = good(&wasm, &EXPORTS, realloc);
            let mut running = Running::new(&trimmed, Main::default());
            // `MAIN` hands out a block within two pages: the region must fit, or a block of main's is overwritten.
            let size = trimmed.region.as_ref().map(|region| region.stack_bytes + region.data_bytes);
            if realloc == MAIN && size.is_some_and(|size| size > 120_000) {
                let memory = running.memory;
                memory.grow(&mut running.store, 4).expect("memory");
            }
            assert_eq!(results(&mut running), expected, "{level} {realloc:?}");
        }
    }
}

/// What a module does as it was linked, alone in a memory.
fn untouched(wasm: &[u8]) -> (Vec<i32>, Vec<String>) {
    let memory = MemoryType::new(64, None);
    results(&mut Running::module(wasm, Main::default(), Some(memory)).expect("an instance"))
}

/// Nothing of main changed but the text.
fn untouched_main(running: &Running) {
    let memory = running.main.data(&running.store);
    assert_eq!(memory.len(), 2 * 65536);
    let old = |bytes: &[u8]| bytes.iter().all(|byte| *byte == OLD);
    assert!(old(&memory[..TEXT]) && old(&memory[TEXT + 15..]));
}

/// A module without its custom sections.
pub fn stripped(wasm: &[u8]) -> Vec<u8> {
    let mut stripped = wasm_encoder::Module::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload.expect("a good module");
        let is_custom = matches!(payload, Payload::CustomSection(_));
        if let Some((id, range)) = payload.as_section().filter(|_| !is_custom) {
            let data = &wasm[range.start as usize..range.end as usize];
            stripped.section(&wasm_encoder::RawSection { id, data });
        }
    }
    stripped.finish()
}

#[test]
fn isolated_code_needs_no_relocations() {
    let movable = compiled("3");
    let expected = untouched(&movable);
    // With a memory that it defines, with neither names nor relocations, and with relocations but a memory of its own.
    for (wasm, found) in [
        (stripped(&movable), Form::Shared),
        (linked("3", &[]), Form::Isolated),
        (stripped(&linked("3", &[])), Form::Isolated),
        (linked("3", &MOVABLE[1..]), Form::Isolated),
    ] {
        assert_eq!(form(&wasm), found);
        let trimmed = isolated(&wasm, &EXPORTS);
        let mut running = Running::isolated(&trimmed, Main::default());
        assert_eq!(results(&mut running), expected);
        untouched_main(&running);
    }
}

#[test]
fn a_guard_tells_overflow_from_other_traps() {
    let guard = Stack { guard: true, ..Stack::default() };
    let wasm = compiled("3");
    let expected = untouched(&wasm);
    let trimmed = |form| trim_with(guard, form, &wasm, &EXPORTS, GROW).unwrap_or_else(|errors| panic!("{errors:#?}"));
    // Frames have 8 KiB and a little.
    for (mut running, frames) in [
        (Running::new(&trimmed(Form::Shared), Main::default()), 7),
        (Running::isolated(&trimmed(Form::Isolated), Main::default()), 120),
    ] {
        assert_eq!(results(&mut running), expected);
        assert_eq!(running.call1("deep", frames - 1).expect("as deep as that"), frames * (frames - 1) / 2);
        let error = running.call1("deep", 300).expect_err("no stack left");
        let trace = format!("{error:?}");
        let first = trace.lines().find(|line| line.contains("adapter!")).unwrap_or_default();
        assert!(first.contains("polyfill.stack_overflow") && trace.contains("deep"), "{trace}");
    }
}

#[test]
fn relocations_make_an_isolated_adapter_smaller() {
    let all = isolated(&linked("3", &[]), &["bump"]);
    let some = isolated(&compiled("3"), &["bump"]);
    assert_eq!((some.kept.functions, some.kept.data_bytes), (1, 4));
    assert!(all.kept.data_bytes > 1_000 && some.wasm.len() < 400, "{} and {} bytes", all.wasm.len(), some.wasm.len());
    let report = some.region.expect("a memory");
    assert!(report.source.starts_with("own memory, "), "{report:?}");
    // A megabyte of stack is what Rust asks of the linker.
    let report = all.region.expect("a memory");
    assert_eq!(report.stack_bytes, 0, "without code that uses it, no stack");
}

#[test]
fn a_panic_shows_the_adapters_functions() {
    let trimmed = good(&compiled("3"), &EXPORTS, MAIN);
    let mut running = Running::new(&trimmed, Main::default());
    let error = running.call1("name", 7).expect_err("a panic");
    let trace = format!("{error:?}");
    assert!(trace.contains("adapter!") && trace.contains("panic_bounds_check"), "{trace}");
}

#[test]
fn one_small_export_is_small() {
    let trimmed = good(&compiled("3"), &["bump"], GROW);
    assert!(trimmed.wasm.len() < 600, "{} bytes", trimmed.wasm.len());
    assert_eq!((trimmed.kept.functions, trimmed.kept.data_bytes), (1, 4));
    let region = trimmed.region.expect("static data");
    assert_eq!(region.stack_bytes, 0);
}
