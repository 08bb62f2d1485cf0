//! One binary in both forms, and detection of the form of a module.

use wasmtime::{Result, Val};

use super::exec::{Main, OLD, Running};
use super::support::{GROW, MAIN, good, isolated, text, trim_as, wat};
use crate::trim::{Form, Problem, form};

/// Copies data of main's memory to the stack, changes it, and copies it back.
const COPIES: &str = r#"
    (module
      (import "__main_memory__" "load" (func $load (param i32 i32 i32)))
      (import "__main_memory__" "store" (func $store (param i32 i32 i32)))
      (import "__main_memory__" "size" (func $size (result i32)))
      (import "env" "memory" (memory 2))
      (global $__stack_pointer (mut i32) (i32.const 65536))
      (func (export "size") (result i32) (call $size))
      (func (export "increment") (param $at i32) (result i32) (local $frame i32)
        (local.set $frame (i32.sub (global.get $__stack_pointer) (i32.const 16)))
        (call $load (local.get $frame) (local.get $at) (i32.const 4))
        (i32.store (local.get $frame) (i32.add (i32.load (local.get $frame)) (i32.const 1)))
        (call $store (local.get $at) (local.get $frame) (i32.const 4))
        (local.get $frame)))
"#;

const EXPORTS: [&str; 2] = ["size", "increment"];

fn increment(running: &mut Running) -> Result<i32> {
    running.main.write(&mut running.store, 100, &41i32.to_le_bytes())?;
    let frame = running.call1("increment", 100)?;
    let memory = running.main.data(&running.store);
    assert_eq!(memory[100..104], 42i32.to_le_bytes());
    assert!(memory[..100].iter().chain(&memory[104..1024]).all(|byte| *byte == OLD));
    Ok(frame)
}

#[test]
fn access_functions_work_in_both_forms() {
    let wasm = wat(COPIES);
    for realloc in [GROW, MAIN] {
        let trimmed = good(&wasm, &EXPORTS, realloc);
        let found = text(&trimmed.wasm);
        assert!(!found.contains("__main_memory__"), "{found}");
        let mut running = Running::new(&trimmed, Main::default());
        increment(&mut running).expect("no trap");
        let size = running.memory.data_size(&running.store) as i32;
        assert_eq!(running.call("size"), size);
        assert!(running.call1("increment", size - 3).is_err(), "beyond the end");
    }
    let trimmed = isolated(&wasm, &EXPORTS);
    let found = text(&trimmed.wasm);
    assert_eq!(found.matches(r#"(import "__main_memory__""#).count(), 3, "{found}");
    assert!(!found.contains("polyfill."), "{found}");
    let mut running = Running::isolated(&trimmed, Main::default());
    assert_eq!(increment(&mut running).expect("no trap"), 65536 - 16);
    assert_eq!(running.call("size"), 2 * 65536);
    assert_eq!(running.memory.data_size(&running.store), 2 * 65536);
}

#[test]
fn memory_size_is_capped_for_the_largest_memory() {
    let wasm = wat(r#"
        (module
          (import "__main_memory__" "size" (func $size (result i32)))
          (func (export "size") (result i32) (call $size)))
    "#);
    let mut running = Running::new(&good(&wasm, &["size"], GROW), Main::default());
    assert_eq!(running.call("size"), 2 * 65536);
    let memory = running.memory;
    memory.grow(&mut running.store, 65536 - 3).expect("addresses");
    assert_eq!(running.call("size"), -65536);
    memory.grow(&mut running.store, 1).expect("addresses");
    assert_eq!(running.call("size"), -1);
}

#[test]
fn access_function_can_be_called_indirectly() {
    let wasm = wat(r#"
        (module
          (type $copy (func (param i32 i32 i32)))
          (import "__main_memory__" "load" (func $load (type $copy)))
          (import "__main_memory__" "store" (func $store (type $copy)))
          (import "env" "memory" (memory 1))
          (table 2 funcref)
          (elem (i32.const 0) $load $store)
          (func (export "call") (param i32 i32)
            (call_indirect (type $copy) (i32.const 8) (local.get 1) (i32.const 1) (local.get 0))))
    "#);
    let trimmed = good(&wasm, &["call"], GROW);
    let mut running = Running::new(&trimmed, Main::default());
    running.main.write(&mut running.store, 5, b"x").expect("two pages");
    let call = running.instance.get_func(&mut running.store, "call").expect("the export");
    call.call(&mut running.store, &[Val::I32(1), Val::I32(5)], &mut []).expect("no trap");
    assert_eq!(running.main.data(&running.store)[8], b'x');
}

#[test]
fn access_functions_are_checked_by_name_and_type() {
    let text = r#"
        (module
          (import "__main_memory__" "load" (func $load (param i32 i64) (result i32)))
          (import "__main_memory__" "size" (func $size (param i32)))
          (import "__main_memory__" "grow" (func $grow))
          (import "__main_memory__" "store" (func $dead))
          (func (export "f")
            (drop (call $load (i32.const 0) (i64.const 0))) (call $size (i32.const 0)) (call $grow)))
    "#;
    for form in [Form::Shared, Form::Isolated] {
        let errors = trim_as(form, &wat(text), &["f"], MAIN).expect_err("wrong types");
        let messages: Vec<String> = errors.iter().map(|error| error.problem.to_string()).collect();
        let expected = [
            "imports `__main_memory__` `load` with the wrong type, expected (func (param i32 i32 i32)), \
             found (func (param i32 i64) (result i32))",
            "imports `__main_memory__` `size` with the wrong type, expected (func (result i32)), \
             found (func (param i32))",
            "imports `__main_memory__` `grow`, expected `load`, `store` or `size`",
        ];
        assert_eq!(messages[..3], expected, "{form:?}");
        // The isolated form also reports that the adapter has no memory to copy to.
        assert_eq!(messages.len(), if form == Form::Isolated { 4 } else { 3 }, "{messages:#?}");
    }
}

#[test]
fn form_depends_on_the_memory_that_is_used() {
    let load = "(func (drop (i32.load8_u (i32.const 0))))";
    for (text, expected) in [
        (format!("(module (memory 1) {load})"), Form::Isolated),
        (r#"(module (memory 1) (data (i32.const 8) "x") (func))"#.to_string(), Form::Isolated),
        ("(module (memory 1) (func (drop (memory.grow (i32.const 1)))))".to_string(), Form::Isolated),
        (r#"(module (memory 1) (data "passive") (func))"#.to_string(), Form::Shared),
        (format!(r#"(module (import "env" "memory" (memory 1)) {load})"#), Form::Shared),
        ("(module (func))".to_string(), Form::Shared),
    ] {
        assert_eq!(form(&wat(&text)), expected, "{text}");
    }
    assert_eq!(form(b"no module"), Form::Shared);
    let problems =
        trim_as(Form::Shared, &wat(&format!("(module (memory 1) (export \"f\" (func 0)) {load})")), &["f"], GROW);
    let problems = problems.expect_err("a memory of its own");
    assert!(matches!(problems[0].problem, Problem::OwnMemory { index: 0 }), "{problems:?}");
}
