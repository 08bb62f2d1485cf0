//! Rejected adapters and their error messages.

use super::support::{GROW, MAIN, good, problems, trim, wat};
use crate::trim::{self, Form, Problem, ShadowStack};

#[track_caller]
fn message(text: &str, exports: &[&str], expected: &str) {
    let found = problems(text, exports);
    let messages: Vec<String> = found.iter().map(|problem| problem.to_string()).collect();
    assert!(messages.iter().any(|message| message.contains(expected)), "{messages:#?}");
}

#[test]
fn all_problems_are_reported() {
    let found = problems(
        r#"
        (module
          (import "env" "errno" (global $errno i32))
          (memory $own 1)
          (func (export "f") (result i32) global.get $errno i32.load))
        "#,
        &["f", "missing"],
    );
    assert!(matches!(found[0], Problem::NoExport { .. }), "{found:?}");
    assert!(matches!(found[1], Problem::OwnMemory { index: 0 }), "{found:?}");
    assert!(matches!(found[2], Problem::Import { found: "global", .. }), "{found:?}");
    assert_eq!(found.len(), 3);
}

#[test]
fn unreachable_items_are_not_checked() {
    let text = r#"
        (module
          (import "env" "errno" (global $errno i32))
          (memory $own 1)
          (data (i32.const 0) "static")
          (func (export "f") (result i32) global.get $errno i32.load)
          (func (export "g")))
    "#;
    assert_eq!(problems(text, &["g"]), []);
    // `check` validates all exports.
    assert_eq!(trim::check("adapter", &wat(text), Form::Shared, ShadowStack::default()).len(), 3);
}

#[test]
fn requested_exports_must_be_functions() {
    let text = r#"(module (global (export "g") i32 (i32.const 0)) (func (export "fd_write")))"#;
    message(text, &["g"], "export `g` is a global, expected a function");
    message(text, &["fd-write"], "no export `fd-write`\n  help: did you mean `fd_write`?");
}

#[test]
fn shared_form_requires_an_imported_32_bit_memory() {
    let f = r#"(func (export "f") (drop (i32.load (i32.const 0))))"#;
    message(&format!("(module (memory 1) {f})"), &["f"], "defines and uses memory 0");
    let other = format!(r#"(module (import "libc" "memory" (memory 1)) {f})"#);
    message(&other, &["f"], "imports memory `libc` `memory`");
    let shared = format!(r#"(module (import "env" "memory" (memory 1 2 shared)) {f})"#);
    message(&shared, &["f"], "works in a shared memory");
    let wide = r#"(module (import "env" "memory" (memory i64 1))
        (func (export "f") (drop (i32.load (i64.const 0)))))"#;
    message(wide, &["f"], "works in a 64-bit memory");
}

#[test]
fn static_data_needs_relocations() {
    let text = r#"
        (module
          (import "env" "memory" (memory 1))
          (data (i32.const 1024) "hello")
          (func (export "f") (result i32) i32.const 1024 i32.load8_u)
          (func (export "g")))
    "#;
    message(text, &["f"], "5 bytes of static data at fixed addresses");
    message(text, &["f"], "--emit-relocs");
    assert_eq!(problems(text, &["g"]), []);
}

#[test]
fn position_independent_code_is_rejected() {
    let text = r#"
        (module
          (import "env" "memory" (memory 1))
          (import "env" "__memory_base" (global $base i32))
          (func (export "f") (result i32) global.get $base i32.load))
    "#;
    message(text, &["f"], "position-independent code (`__memory_base`)");
}

#[test]
fn stack_pointer_of_a_stripped_adapter_is_identified_by_its_use() {
    let text = r#"
        (module
          (import "env" "memory" (memory 1))
          (global (mut i32) (i32.const 65536))
          (func (export "f")
            (global.set 0 (i32.sub (global.get 0) (i32.const 16)))
            (i32.store (global.get 0) (i32.const 1))
            (global.set 0 (i32.add (global.get 0) (i32.const 16)))))
    "#;
    // An exported global with the name is the stack pointer, too.
    let exported = text.replace("(global (mut", r#"(global (export "__stack_pointer") (mut"#);
    for text in [text, exported.as_str()] {
        let trimmed = trim(&wat(text), &["f"], GROW).expect("a good module");
        assert_eq!(trimmed.region.expect("a stack").stack_bytes, 65536);
    }
    // Compilers do not emit frames whose size is not a multiple of 16.
    message(&text.replace("(i32.const 16)", "(i32.const 12)"), &["f"], "cannot identify the stack pointer: global 0");
}

#[test]
fn named_global_is_not_taken_for_the_stack_pointer() {
    let text = r#"
        (module
          (import "env" "memory" (memory 1))
          (global $counter (mut i32) (i32.const 0))
          (func (export "f")
            (global.set $counter (i32.add (global.get $counter) (i32.const 1)))
            (i32.store (i32.const 0) (global.get $counter))))
    "#;
    let trimmed = trim(&wat(text), &["f"], MAIN).expect("a good module");
    assert_eq!(trimmed.region, None);
}

#[test]
fn stack_pointer_must_be_a_mutable_i32() {
    let text = r#"
        (module
          (global $__stack_pointer (mut i64) (i64.const 0))
          (func (export "f") (global.set $__stack_pointer (i64.const 0))))
    "#;
    message(text, &["f"], "global `__stack_pointer` (index 0) must be a mutable i32");
}

#[test]
fn import_of_mains_realloc_must_have_its_type() {
    let text = r#"
        (module
          (import "__main_module__" "cabi_realloc" (func $f (param i32)))
          (func (export "f") (call $f (i32.const 0))))
    "#;
    message(text, &["f"], "imports `__main_module__` `cabi_realloc` with the wrong type");
}

#[test]
fn imports_with_the_same_name_must_have_the_same_type() {
    let text = r#"
        (module
          (import "host" "f" (func $one)) (import "host" "f" (func $two (param i32)))
          (func (export "entry") (call $one) (call $two (i32.const 0))))
    "#;
    message(text, &["entry"], "imports function `host` `f` twice");
}

#[test]
fn malformed_modules_are_rejected() {
    for bytes in [&b""[..], b"\0asm", b"\0asm\x0d\0\x01\0", b"hello"] {
        let errors = trim(bytes, &["f"], GROW).expect_err("no module");
        assert!(matches!(errors[0].problem, Problem::Invalid { .. }), "{errors:?}");
        assert!(errors[0].to_string().starts_with("adapter `adapter`: not a valid core module"));
    }
}

#[test]
fn unsupported_features_are_reported_with_their_location() {
    let text = r#"(module (type $s (struct)) (func (export "f") (drop (struct.new $s))))"#;
    message(text, &["f"], "uses types of the garbage collection proposal (at byte");
    let text = r#"(module (tag $e) (func) (func $g try catch_all end) (func (export "f") (call $g)))"#;
    message(text, &["f"], "uses the feature `legacy_exceptions` (try instruction) (in function `g`, at byte");
}

#[test]
fn typed_references_and_constant_expressions_are_remapped() {
    let text = r#"
        (module
          (type $dead (func (param f64)))
          (type $t (func (result i32)))
          (type $takes (func (param (ref $t)) (result i32)))
          (global $unused i32 (i32.const 1))
          (global $base i32 (i32.const 3))
          (global $sum i32 (i32.add (global.get $base) (i32.const 4)))
          (elem declare func $x)
          (func $d (type $dead))
          (func $x (type $t) (global.get $sum))
          (func $call (type $takes) (call_ref $t (local.get 0)))
          (func (export "f") (result i64 i64)
            (i64.add128 (i64.extend_i32_u (call $call (ref.func $x))) (i64.const 2) (i64.const 3) (i64.const 4))))
    "#;
    let trimmed = good(&wat(text), &["f"], GROW);
    assert_eq!((trimmed.kept.functions, trimmed.kept.globals), (3, 2));
}

#[test]
fn addresses_passed_to_imports_refer_to_data() {
    let text = r#"
        (module
          (import "my-wasi" "print" (func $print (param i32 i32)))
          (import "env" "memory" (memory 1))
          (data (i32.const 1024) "hello")
          (func (export "f") (call $print (i32.const 1024) (i32.const 5)))
          (func (export "g") (call $print (i32.const 0) (i32.const 5))))
    "#;
    message(text, &["f"], "5 bytes of static data at fixed addresses");
    assert_eq!(problems(text, &["g"]), []);
}
