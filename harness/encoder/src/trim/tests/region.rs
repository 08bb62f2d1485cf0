//! Allocation of an adapter's stack: generated code. `exec` tests its execution.

use super::support::{GROW, MAIN, good, same, text, wat};
use crate::trim::When;

/// A dead global comes first, so that indices change.
const ORDINARY: &str = r#"
    (module
      (import "env" "memory" (memory 1))
      (global $dead i64 (i64.const 0))
      (global $__stack_pointer (mut i32) (i32.const 1048576))
      (func $f (export "f") (result i32) global.get $__stack_pointer))
"#;

const PROTOCOL: &str = r#"
    (module
      (import "env" "memory" (memory 0))
      (global $dead i64 (i64.const 0))
      (global $__stack_pointer (mut i32) (i32.const 0))
      (global $dead_too i64 (i64.const 0))
      (global $allocation_state (mut i32) (i32.const 0))
      (func $f (export "f") (result i32)
        global.get $__stack_pointer
        global.get $allocation_state
        i32.add))
"#;

#[test]
fn region_is_allocated_by_mains_realloc_at_the_first_call() {
    let trimmed = good(&wat(ORDINARY), &["f"], MAIN);
    same(
        &trimmed.wasm,
        r#"
        (module $adapter
          (type (func (result i32)))
          (type (func (param i32 i32 i32 i32) (result i32)))
          (type (func (param i32)))
          (type (func))
          (import "env" "memory" (memory 0))
          (import "__main_module__" "main_realloc" (func $__main_module__#main_realloc (type 1)))
          (global $__stack_pointer (mut i32) (i32.const 0))
          (global $polyfill.region_state (mut i32) (i32.const 0))
          (export "f" (func $f))
          (func $f (type 0)
            call $polyfill.allocate_region
            global.get $__stack_pointer)
          (func $polyfill.realloc_by_memory_grow (type 1) (local i32 i32)
            local.get 0 local.get 1 i32.or if unreachable end
            memory.size i32.const 16 i32.shl local.tee 4
            i32.const 0 local.get 4 i32.sub local.get 2 i32.const 1 i32.sub i32.and local.tee 5
            i32.add local.set 4
            local.get 5 local.get 3 i32.add local.tee 5 local.get 3 i32.lt_u if unreachable end
            local.get 5 i32.const 16 i32.shr_u
            local.get 5 i32.const 65535 i32.and i32.const 0 i32.ne i32.add
            memory.grow i32.const -1 i32.eq if unreachable end
            local.get 4)
          (func $polyfill.place_region (type 2)
            local.get 0 i32.const 65536 i32.add local.set 0
            local.get 0 global.set $__stack_pointer)
          (func $polyfill.allocate_region (type 3) (local i32)
            global.get $polyfill.region_state i32.const 2 i32.eq if return end
            global.get $polyfill.region_state i32.const 1 i32.eq
            if
              i32.const 0 i32.const 0 i32.const 16 i32.const 65536
              call $polyfill.realloc_by_memory_grow local.set 0
              local.get 0 call $polyfill.place_region
              i32.const 2 global.set $polyfill.region_state
              return
            end
            i32.const 1 global.set $polyfill.region_state
            i32.const 0 i32.const 0 i32.const 16 i32.const 65536
            call $__main_module__#main_realloc local.set 0
            global.get $polyfill.region_state i32.const 2 i32.eq if return end
            local.get 0 i32.eqz if unreachable end
            local.get 0 call $polyfill.place_region
            i32.const 2 global.set $polyfill.region_state))
        "#,
    );
    let region = trimmed.region.expect("a region");
    assert_eq!((region.when, region.source.as_str()), (When::FirstCall, "main's `main_realloc`"));
}

#[test]
fn region_state_is_kept_in_the_adapters_allocation_state() {
    let trimmed = good(&wat(PROTOCOL), &["f"], MAIN);
    same(
        &trimmed.wasm,
        r#"
        (module $adapter
          (type (func (result i32)))
          (type (func (param i32 i32 i32 i32) (result i32)))
          (type (func (param i32)))
          (type (func))
          (import "env" "memory" (memory 0))
          (import "__main_module__" "main_realloc" (func $__main_module__#main_realloc (type 1)))
          (global $__stack_pointer (mut i32) (i32.const 0))
          (global $allocation_state (mut i32) (i32.const 0))
          (export "f" (func $f))
          (func $f (type 0)
            call $polyfill.allocate_region
            global.get $__stack_pointer
            global.get $allocation_state
            i32.add)
          (func $polyfill.place_region (type 2)
            local.get 0 i32.const 65536 i32.add local.set 0
            local.get 0 global.set $__stack_pointer)
          (func $polyfill.allocate_region (type 3) (local i32)
            global.get $allocation_state i32.const 0 i32.ne if return end
            i32.const 1 global.set $allocation_state
            i32.const 0 i32.const 0 i32.const 16 i32.const 65536
            call $__main_module__#main_realloc local.set 0
            local.get 0 i32.eqz if unreachable end
            local.get 0 call $polyfill.place_region
            i32.const 2 global.set $allocation_state))
        "#,
    );
}

#[test]
fn start_function_grows_memory_without_a_realloc() {
    let trimmed = good(&wat(PROTOCOL), &["f"], GROW);
    let found = text(&trimmed.wasm);
    let tail = found.split("(func $polyfill.start").nth(1).expect("a start function");
    assert!(found.contains("(start $polyfill.start)"), "{found}");
    assert!(tail.contains("global.set $allocation_state"), "{found}");
    assert!(!found.contains("__main_module__") && !found.contains("allocate_region"), "{found}");
    let region = trimmed.region.expect("a region");
    assert_eq!((region.when, region.source.as_str()), (When::Instantiation, "memory.grow"));
}

#[test]
fn own_start_function_runs_after_region_initialization() {
    let own = r#"(global $n (mut i32) (i32.const 0)) (func $own_start (global.set $n (i32.const 1)))
        (start $own_start) (func (export "g"))"#;
    let with_stack = format!("{} {own})", ORDINARY.trim_end().trim_end_matches(')'));
    let with_stack = with_stack.replace("global.get $__stack_pointer", "global.get $__stack_pointer)");
    for (realloc, caller) in [(MAIN, "$polyfill.allocate_region"), (GROW, "$polyfill.start")] {
        let found = text(&good(&wat(&with_stack), &["f"], realloc).wasm);
        let body = found.split(&format!("(func {caller} ")).nth(1).expect("the caller");
        let place = body.find("call $polyfill.place_region").expect("a placement");
        let start = body.find("call $own_start").expect("a call");
        assert!(place < start, "{found}");
        assert!(!found.contains("(start $own_start)"), "{found}");
    }
    // Without a region, the start function does not change.
    let found = text(&good(&wat(&format!("(module {own})")), &["g"], MAIN).wasm);
    assert!(found.contains("(start $own_start)") && !found.contains("polyfill."), "{found}");
}

#[test]
fn import_of_mains_realloc_is_renamed() {
    let wasm = wat(r#"
        (module
          (import "__main_module__" "cabi_realloc"
            (func $one (param i32 i32 i32 i32) (result i32)))
          (import "__main_module__" "canonical_abi_realloc"
            (func $two (param i32 i32 i32 i32) (result i32)))
          (import "__main_module__" "_start" (func $start))
          (func (export "f") (result i32)
            call $start
            (call $one (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 9))
            (call $two (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 9))
            i32.add))
    "#);
    let found = text(&good(&wasm, &["f"], MAIN).wasm);
    assert_eq!(found.matches(r#"(import "__main_module__""#).count(), 2, "{found}");
    assert!(found.contains(r#""main_realloc""#) && found.contains(r#""_start""#), "{found}");
    let found = text(&good(&wasm, &["f"], GROW).wasm);
    assert_eq!(found.matches(r#"(import "__main_module__""#).count(), 1, "{found}");
    assert_eq!(found.matches("call $polyfill.realloc_by_memory_grow").count(), 2, "{found}");
    assert!(found.contains(r#"(import "env" "memory""#), "{found}");
}

#[test]
fn region_is_allocated_by_memory_grow_at_instantiation() {
    let trimmed = good(&wat(ORDINARY), &["f"], GROW);
    let region = trimmed.region.expect("a region");
    assert_eq!((region.when, region.source.as_str()), (When::Instantiation, "memory.grow"));
    let found = text(&trimmed.wasm);
    assert!(!found.contains("__main_module__") && found.contains("(start "), "{found}");
}
