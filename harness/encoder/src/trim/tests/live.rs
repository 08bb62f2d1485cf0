//! Reachability and index remapping.

use super::support::{GROW, good, same, text, trim, wat};

#[test]
fn only_reachable_items_are_kept() {
    let wasm = wat(r#"
        (module $original
          (type $dead (func (param f64)))
          (type $unary (func (param i32) (result i32)))
          (import "host" "dead" (func $dead_import (type $dead)))
          (import "host" "live" (func $live_import (type $unary)))
          (import "env" "memory" (memory 17))
          (global $dead_global (mut i64) (i64.const 1))
          (global $count (mut i32) (i32.const 7))
          (func $dead f64.const 0 call $dead_import)
          (func $helper (param $x i32) (result i32)
            local.get $x
            global.get $count
            i32.add
            call $live_import)
          (func $entry (export "entry") (param $x i32) (result i32) (local $unused i64)
            local.get $x
            call $helper)
          (func (export "other") call $dead))
    "#);
    let trimmed = good(&wasm, &["entry"], GROW);
    same(
        &trimmed.wasm,
        r#"
        (module $adapter
          (type (;0;) (func (param i32) (result i32)))
          (import "host" "live" (func $live_import (type 0)))
          (global $count (mut i32) (i32.const 7))
          (export "entry" (func $entry))
          (func $helper (param $x i32) (result i32)
            local.get $x
            global.get $count
            i32.add
            call $live_import)
          (func $entry (param $x i32) (result i32) (local $unused i64)
            local.get $x
            call $helper))
        "#,
    );
    assert_eq!((trimmed.kept.functions, trimmed.dropped.functions), (2, 2));
    assert_eq!((trimmed.kept.imports, trimmed.dropped.imports), (1, 2));
    assert_eq!(trimmed.region, None);
}

#[test]
fn output_does_not_depend_on_the_order_of_exports() {
    let wasm = wat(r#"
        (module
          (import "b" "x" (func $b)) (import "a" "x" (func $a))
          (func (export "two") call $a) (func (export "one") call $b))
    "#);
    let one = good(&wasm, &["one", "two"], GROW);
    let two = good(&wasm, &["two", "one"], GROW);
    assert_eq!(one.wasm, two.wasm);
    // A second pass changes nothing.
    assert_eq!(good(&one.wasm, &["one", "two"], GROW).wasm, one.wasm);
}

#[test]
fn mains_memory_is_imported_with_any_size() {
    let wasm = wat(r#"
        (module
          (import "env" "memory" (memory 17 100))
          (func (export "f") (result i32) i32.const 0 i32.load))
    "#);
    let found = text(&good(&wasm, &["f"], GROW).wasm);
    assert!(found.contains(r#"(import "env" "memory" (memory (;0;) 0))"#), "{found}");
}

#[test]
fn duplicate_imports_are_merged() {
    let wasm = wat(r#"
        (module
          (import "host" "f" (func $one)) (import "host" "f" (func $two))
          (func (export "entry") call $one call $two))
    "#);
    let found = text(&good(&wasm, &["entry"], GROW).wasm);
    assert_eq!(found.matches(r#"(import "host" "f""#).count(), 1, "{found}");
    assert_eq!(found.matches("call $one").count(), 2, "{found}");
}

#[test]
fn imported_function_can_be_exported() {
    let wasm = wat(r#"(module (import "host" "f" (func $f)) (export "g" (func $f)))"#);
    let found = text(&good(&wasm, &["g"], GROW).wasm);
    assert!(found.contains(r#"(export "g" (func $f))"#), "{found}");
}

#[test]
fn table_is_kept_if_it_is_used() {
    let wasm = wat(r#"
        (module
          (type $t (func (result i32)))
          (table $dead 1 externref)
          (table $live 4 funcref)
          (func $dead_callee)
          (func $callee (type $t) i32.const 1)
          (elem (table $live) (i32.const 2) func $callee)
          (func (export "call") (result i32) i32.const 2 call_indirect $live (type $t))
          (func (export "plain")))
    "#);
    let found = text(&good(&wasm, &["call"], GROW).wasm);
    assert!(found.contains("(table (;0;) 4 funcref)"), "{found}");
    assert!(found.contains("(elem (;0;) (i32.const 2) func $callee)"), "{found}");
    assert!(!found.contains("externref") && !found.contains("dead_callee"), "{found}");
    let found = text(&good(&wasm, &["plain"], GROW).wasm);
    assert!(!found.contains("table") && !found.contains("elem"), "{found}");
}

#[test]
fn referenced_functions_remain_declared() {
    let wasm = wat(r#"
        (module
          (func $dead) (func $target)
          (elem declare func $dead $target)
          (func (export "f") (result funcref) ref.func $target))
    "#);
    let found = text(&good(&wasm, &["f"], GROW).wasm);
    assert!(found.contains("(elem (;0;) declare func $target)"), "{found}");
}

#[test]
fn exceptions_and_vectors_are_supported() {
    let wasm = wat(r#"
        (module
          (tag $dead) (tag $oops (param i32))
          (func $thrower (param i32) local.get 0 throw $oops)
          (func (export "f") (result i32)
            (block $caught (result i32)
              (try_table (catch $oops $caught) i32.const 3 call $thrower)
              (i32x4.extract_lane 1 (v128.const i32x4 1 2 3 4)))))
    "#);
    let found = text(&good(&wasm, &["f"], GROW).wasm);
    assert!(found.contains("catch 0 ") && found.contains("throw 0"), "{found}");
    assert_eq!(found.matches("(tag ").count(), 1, "{found}");
}

#[test]
fn passive_data_is_supported_without_relocations() {
    let wasm = wat(r#"
        (module
          (import "env" "memory" (memory 1))
          (data $dead "dead") (data $live "live")
          (func (export "f") (param i32)
            local.get 0 i32.const 0 i32.const 4 memory.init $live
            data.drop $live))
    "#);
    let found = text(&good(&wasm, &["f"], GROW).wasm);
    assert!(found.contains(r#"(data (;0;) "live")"#), "{found}");
    assert!(!found.contains("dead"), "{found}");
}

#[test]
fn globals_of_main_can_be_imported() {
    let wasm = wat(r#"
        (module
          (import "__main_module__" "counter" (global $counter (mut i32)))
          (func (export "f") (result i32) global.get $counter))
    "#);
    let found = text(&good(&wasm, &["f"], GROW).wasm);
    assert!(found.contains(r#"(import "__main_module__" "counter" (global"#), "{found}");
}

#[test]
fn producers_section_is_kept_and_malformed_dwarf_is_dropped() {
    let wasm = wat(r#"
        (module
          (func (export "f"))
          (@producers (language "Rust" "2024"))
          (@custom ".debug_info" "x"))
    "#);
    let found = text(&trim(&wasm, &["f"], GROW).expect("a good module").wasm);
    assert!(found.contains(r#"(language "Rust" "2024")"#), "{found}");
    assert!(!found.contains("debug"), "{found}");
}
