//! An adapter in ordinary Rust: collections, formatting, statics, trait objects, locks and a panic.

use std::path::Path;

use wasmparser::{Parser, Payload};
use wasmtime::MemoryType;

use super::exec::{Main, OLD, Running};
use super::rustc;
use super::support::{GROW, MAIN, good, isolated, trim_with};
use crate::trim::{Form, ShadowStack, form};

const EXPORTS: [&str; 6] = ["bump", "shapes", "maps", "name", "upper", "deep"];

/// Linker options for adapters in the shared form.
const MOVABLE: [&str; 2] = ["-Clink-arg=--import-memory", "-Clink-arg=--emit-relocs"];

/// Compiles `ordinary.rs` like an adapter.
fn compiled(level: &str) -> Vec<u8> {
    linked(level, &MOVABLE)
}

fn linked(level: &str, options: &[&str]) -> Vec<u8> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/trim/tests/fixtures/ordinary.rs");
    let level = format!("-Copt-level={level}");
    let options: Vec<String> = options.iter().map(|option| (*option).to_string()).chain([level]).collect();
    rustc::module(&source, &options)
}

/// Address of a text in main's memory that an export changes.
const TEXT: usize = 256;

/// Runs a series of calls. Returns their results and the log.
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
fn compiled_code_works_after_relocation() {
    for level in ["0", "3"] {
        let wasm = compiled(level);
        let expected = untouched(&wasm);
        assert_eq!(expected.0[..3], [8, 10, 35]);
        assert!(expected.1.contains(&"square: 25".to_string()), "{expected:?}");
        // The same binary in the isolated form.
        let mut running = Running::isolated(&isolated(&wasm, &EXPORTS), Main::default());
        assert_eq!(results(&mut running), expected, "{level} isolated");
        untouched_main(&running);
        for realloc in [GROW, MAIN] {
            let trimmed = good(&wasm, &EXPORTS, realloc);
            let mut running = Running::new(&trimmed, Main::default());
            // `MAIN` allocates within two pages. A larger region would overlap other blocks.
            let size = trimmed.region.as_ref().map(|region| region.stack_bytes + region.data_bytes);
            if realloc == MAIN && size.is_some_and(|size| size > 120_000) {
                let memory = running.memory;
                memory.grow(&mut running.store, 4).expect("memory");
            }
            assert_eq!(results(&mut running), expected, "{level} {realloc:?}");
        }
    }
}

/// Runs a module as linked, with its own memory.
fn untouched(wasm: &[u8]) -> (Vec<i32>, Vec<String>) {
    let memory = MemoryType::new(64, None);
    results(&mut Running::module(wasm, Main::default(), Some(memory)).expect("an instance"))
}

/// Asserts that main's memory is unchanged except for the text.
fn untouched_main(running: &Running) {
    let memory = running.main.data(&running.store);
    assert_eq!(memory.len(), 2 * 65536);
    let old = |bytes: &[u8]| bytes.iter().all(|byte| *byte == OLD);
    assert!(old(&memory[..TEXT]) && old(&memory[TEXT + 15..]));
}

/// Removes the custom sections of a module.
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
fn isolated_adapters_work_without_relocations() {
    let movable = compiled("3");
    let expected = untouched(&movable);
    // Stripped; with its own memory; with its own memory and stripped; with its own memory and relocations.
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
fn stack_guard_traps_on_overflow_in_compiled_code() {
    let guard = ShadowStack { guard: true, ..ShadowStack::default() };
    let wasm = compiled("3");
    let expected = untouched(&wasm);
    let trimmed = |form| trim_with(guard, form, &wasm, &EXPORTS, GROW).unwrap_or_else(|errors| panic!("{errors:#?}"));
    // Frames are a little larger than 8 KiB.
    for (mut running, frames) in [
        (Running::new(&trimmed(Form::Shared), Main::default()), 7),
        (Running::isolated(&trimmed(Form::Isolated), Main::default()), 120),
    ] {
        assert_eq!(results(&mut running), expected);
        assert_eq!(running.call1("deep", frames - 1).expect("sufficient stack"), frames * (frames - 1) / 2);
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
    // The default stack of Rust has 1 MiB.
    let report = all.region.expect("a memory");
    assert_eq!(report.stack_bytes, 0, "a stack without live code");
}

#[test]
fn backtrace_of_a_panic_names_the_adapters_functions() {
    let trimmed = good(&compiled("3"), &EXPORTS, MAIN);
    let mut running = Running::new(&trimmed, Main::default());
    let error = running.call1("name", 7).expect_err("a panic");
    let trace = format!("{error:?}");
    assert!(trace.contains("adapter!") && trace.contains("panic_bounds_check"), "{trace}");
}

#[test]
fn single_small_export_produces_a_small_module() {
    let trimmed = good(&compiled("3"), &["bump"], GROW);
    assert!(trimmed.wasm.len() < 600, "{} bytes", trimmed.wasm.len());
    assert_eq!((trimmed.kept.functions, trimmed.kept.data_bytes), (1, 4));
    let region = trimmed.region.expect("static data");
    assert_eq!(region.stack_bytes, 0);
}
