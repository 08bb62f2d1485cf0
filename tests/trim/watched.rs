//! Adapters that tell of their writes to certain bytes.

use wasmparser::{Validator, WasmFeatures};

use crate::exec::{Main, Running};
use crate::support::{GROW, MAIN, reporting, text, wat};
use crate::trim::{Form, Stack, watch};

/// What is watched.
const FIRST: i32 = 1000;
const END: i32 = 1002;

/// Instructions that write, with an address in the place of `@`, and how many bytes they write.
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

/// Of each instruction, a function that does it at its parameter, and gives that back.
fn module(writes: &[(&str, i32)]) -> Vec<u8> {
    let functions = (0..).zip(writes).map(|(number, (write, _)): (u32, _)| {
        let write = match write.contains("store") && !write.contains("call") {
            // What is added to the address counts.
            true => write.replacen(' ', " offset=4 ", 1).replace('@', "(i32.sub (local.get 0) (i32.const 4))"),
            false => write.replace('@', "(local.get 0)"),
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
    let watched = watch(wasm, &ranges).expect("it can be read").expect("it can be watched");
    Validator::new_with_features(WasmFeatures::all()).validate_all(&watched).expect("what is written is valid");
    watched
}

#[test]
fn each_write_to_what_is_watched_is_told_before_it_happens() {
    let names = exports(WRITES.len());
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let trimmed = reporting(Stack::default(), Form::Shared, &module(WRITES), &names, GROW);
    let mut plain = Running::module(&trimmed.wasm, Main::default(), None).expect("an instance");
    let mut running = Running::module(&watched(&trimmed.wasm), Main::default(), None).expect("an instance");
    for (name, (write, length)) in names.iter().zip(WRITES) {
        // It ends before, ends in it, begins in it, begins behind; and the same somewhere else.
        let before = FIRST - length;
        let told = [before + 1, FIRST, END - 1, 70_000];
        for at in [before, before + 1, FIRST, END - 1, END, 70_000 - length, 70_000, 70_001] {
            running.call1(name, at).expect("no trap");
            plain.call1(name, at).expect("no trap");
            let expected = if told.contains(&at) { vec![(at as u32, *length as u32)] } else { Vec::new() };
            assert_eq!(std::mem::take(&mut running.store.data_mut().writes), expected, "{write} at {at}");
        }
    }
    assert!(running.main.data(&running.store) == plain.main.data(&plain.store), "it writes what it wrote before");
    assert!(plain.store.data().writes.is_empty(), "nothing is watched unless that is asked for");
}

#[test]
fn nothing_is_a_write_that_has_no_bytes() {
    let writes = [("(memory.fill @ (i32.const 7) (i32.const 0))", 0)];
    let trimmed = reporting(Stack::default(), Form::Shared, &module(&writes), &["0"], GROW);
    let mut running = Running::module(&watched(&trimmed.wasm), Main::default(), None).expect("an instance");
    running.call1("0", FIRST + 1).expect("no trap");
    assert_eq!(running.store.data().writes, []);
}

#[test]
fn of_an_isolated_adapter_what_it_copies_to_mains_memory_is_told() {
    let writes = [WRITES[2], WRITES[WRITES.len() - 1]];
    let trimmed = reporting(Stack::default(), Form::Isolated, &module(&writes), &["0", "1"], MAIN);
    let own = wasmtime::MemoryType::new(1, None);
    let mut running = Running::module(&watched(&trimmed.wasm), Main::default(), Some(own)).expect("an instance");
    // The same address in its own memory is no news.
    running.call1("0", FIRST).expect("no trap");
    assert_eq!(running.store.data().writes, []);
    running.call1("1", FIRST - 4).expect("no trap");
    assert_eq!(running.store.data().writes, [(FIRST as u32 - 4, 5)]);
}

#[test]
fn who_does_not_report_cannot_be_watched() {
    let plain =
        wat(r#"(module (import "env" "memory" (memory 1)) (func $polyfill.watched_write (param i32 i32 i32)))"#);
    assert_eq!(watch(&plain, &[0..9, 20..21]).expect("it can be read"), None);
    // Nor is there anything of it in such a module.
    let trimmed = crate::support::good(&module(WRITES), &["0"], GROW);
    assert!(!text(&trimmed.wasm).contains("watched"));
}
