//! Adapters that report their writes to watched ranges.

use wasmparser::{Validator, WasmFeatures};

use super::exec::{Main, Running};
use super::support::{GROW, MAIN, reporting, text, wat};
use crate::trim::{Form, ShadowStack, watch};

/// Watched range.
const FIRST: i32 = 1000;
const END: i32 = 1002;

/// Instructions that write, with a placeholder `@` for the address, and the number of bytes that they write.
const WRITES: &[(&str, i32)] = &[
    ("(i32.store8 @ (i32.const 7))", 1),
    ("(i32.store16 @ (i32.const 7))", 2),
    ("(i32.store @ (i32.const 7))", 4),
    ("(i64.store8 @ (i64.const 7))", 1),
    ("(i64.store16 @ (i64.const 7))", 2),
    ("(i64.store32 @ (i64.const 7))", 4),
    ("(i64.store @ (i64.const 7))", 8),
    ("(f32.store @ (f32.const 7))", 4),
    ("(f64.store @ (f64.const 7))", 8),
    ("(v128.store @ (v128.const i32x4 7 7 7 7))", 16),
    ("(v128.store8_lane 3 @ (v128.const i32x4 7 7 7 7))", 1),
    ("(v128.store16_lane 3 @ (v128.const i32x4 7 7 7 7))", 2),
    ("(v128.store32_lane 3 @ (v128.const i32x4 7 7 7 7))", 4),
    ("(v128.store64_lane 1 @ (v128.const i32x4 7 7 7 7))", 8),
    ("(memory.fill @ (i32.const 7) (i32.const 5))", 5),
    ("(memory.copy @ (i32.const 64) (i32.const 5))", 5),
    ("(call $store @ (i32.const 64) (i32.const 5))", 5),
];

/// Builds a module with a function for each instruction, which writes at its parameter and returns it.
fn module(writes: &[(&str, i32)]) -> Vec<u8> {
    let functions = (0..).zip(writes).map(|(number, (write, _)): (u32, _)| {
        let write = if write.contains("store") && !write.contains("call") {
            // The offset of the instruction is part of the address.
            write.replacen(' ', " offset=4 ", 1).replace('@', "(i32.sub (local.get 0) (i32.const 4))")
        } else {
            write.replace('@', "(local.get 0)")
        };
        format!("(func (export \"{number}\") (param i32) (result i32) {write} (local.get 0))\n")
    });
    wat(&format!(
        r#"(module
          (import "__main_memory__" "store" (func $store (param i32 i32 i32)))
          (import "env" "memory" (memory 1))
          {})"#,
        functions.collect::<String>()
    ))
}

fn exports(count: usize) -> Vec<String> {
    (0..count).map(|number| number.to_string()).collect()
}

fn watched(wasm: &[u8]) -> Vec<u8> {
    let ranges = [(FIRST as u32)..(END as u32), 70_000..70_001];
    let watched = watch(wasm, &ranges).expect("a valid module").expect("a module with reports");
    Validator::new_with_features(WasmFeatures::all()).validate_all(&watched).expect("the output is valid");
    watched
}

#[test]
fn writes_to_watched_ranges_are_reported() {
    let names = exports(WRITES.len());
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let trimmed = reporting(ShadowStack::default(), Form::Shared, &module(WRITES), &names, GROW);
    let mut plain = Running::module(&trimmed.wasm, Main::default(), None).expect("an instance");
    let mut running = Running::module(&watched(&trimmed.wasm), Main::default(), None).expect("an instance");
    for (name, (write, length)) in names.iter().zip(WRITES) {
        // Writes that end before, end in, begin in and begin after the range, and writes at another address.
        let before = FIRST - length;
        let reported = [before + 1, FIRST, END - 1, 70_000];
        for at in [before, before + 1, FIRST, END - 1, END, 70_000 - length, 70_000, 70_001] {
            running.call1(name, at).expect("no trap");
            plain.call1(name, at).expect("no trap");
            let expected = if reported.contains(&at) { vec![(at as u32, *length as u32)] } else { Vec::new() };
            assert_eq!(std::mem::take(&mut running.store.data_mut().writes), expected, "{write} at {at}");
        }
    }
    assert!(
        running.main.data(&running.store) == plain.main.data(&plain.store),
        "the contents of the memory do not change"
    );
    assert!(plain.store.data().writes.is_empty(), "nothing is reported without watchpoints");
}

#[test]
fn empty_writes_are_not_reported() {
    let writes = [("(memory.fill @ (i32.const 7) (i32.const 0))", 0)];
    let trimmed = reporting(ShadowStack::default(), Form::Shared, &module(&writes), &["0"], GROW);
    let mut running = Running::module(&watched(&trimmed.wasm), Main::default(), None).expect("an instance");
    running.call1("0", FIRST + 1).expect("no trap");
    assert_eq!(running.store.data().writes, []);
}

#[test]
fn copies_to_mains_memory_by_an_isolated_adapter_are_reported() {
    let writes = [WRITES[2], WRITES[WRITES.len() - 1]];
    let trimmed = reporting(ShadowStack::default(), Form::Isolated, &module(&writes), &["0", "1"], MAIN);
    let own = wasmtime::MemoryType::new(1, None);
    let mut running = Running::module(&watched(&trimmed.wasm), Main::default(), Some(own)).expect("an instance");
    // Writes to the same address of its own memory are not reported.
    running.call1("0", FIRST).expect("no trap");
    assert_eq!(running.store.data().writes, []);
    running.call1("1", FIRST - 4).expect("no trap");
    assert_eq!(running.store.data().writes, [(FIRST as u32 - 4, 5)]);
}

#[test]
fn adapter_without_reports_cannot_be_watched() {
    let plain =
        wat(r#"(module (import "env" "memory" (memory 1)) (func $polyfill.watched_write (param i32 i32 i32)))"#);
    assert_eq!(watch(&plain, &[0..9, 20..21]).expect("a valid module"), None);
    // Such a module contains none of the generated functions.
    let trimmed = super::support::good(&module(WRITES), &["0"], GROW);
    assert!(!text(&trimmed.wasm).contains("watched"));
}
